"""`os-instance-actions`: what was done to a server, with the events of each action."""

from __future__ import annotations

from tui.demo.clock import micro, parse_time
from tui.demo.history import events_of
from tui.demo.nova.listing import visible
from tui.demo.nova.view import host_id
from tui.demo.records import ActionEvent, InstanceAction, Json, Server
from tui.demo.rest import Answer, Call, Refusal, Routes, reply


def add_routes(routes: Routes, base: str) -> None:
    """Let the paths be found."""
    one = f"{base}/servers/{{server}}/os-instance-actions"
    routes.add("GET", one, actions)
    routes.add("GET", f"{one}/{{request}}", action)


def _action(call: Call, server: Server, record: InstanceAction) -> Json:
    body: Json = {
        "action": record.action,
        "instance_uuid": server.id,
        "request_id": record.request_id,
        "user_id": record.user_id,
        "project_id": record.project_id,
        "start_time": micro(record.start),
        "message": record.message,
    }
    if call.microversion >= 58:
        body["updated_at"] = micro(_updated(record))
    return body


def _updated(record: InstanceAction) -> int:
    return max([record.finish or record.start, *(event.finish or event.start for event in record.events)])


def actions(call: Call) -> Answer:
    """`GET …/os-instance-actions`, newest first; pages and `changes-since` from 2.58 on."""
    server = _even_deleted(call)
    records = server.history[::-1]
    if call.microversion >= 58:
        since = parse_time(call.first("changes-since") or "") or 0
        records = [record for record in records if _updated(record) >= since]
        marker = call.first("marker")
        if marker is not None:
            places = [i for i, record in enumerate(records) if record.request_id == marker]
            if not places:
                raise Refusal(400, f"marker [{marker}] not found")
            records = records[places[0] + 1 :]
        limit = call.first("limit")
        records = records[: int(limit)] if limit is not None and limit.isdigit() else records
    return reply({"instanceActions": [_action(call, server, record) for record in records]})


def _even_deleted(call: Call) -> Server:
    """From 2.21 on the history of a deleted server can be read too."""
    server = call.place.known(call.params["server"]) if call.microversion >= 21 else None
    if server is not None and (call.admin or server.project_id == call.scope.project_id):
        return server
    return visible(call)


def action(call: Call) -> Answer:
    """`GET …/os-instance-actions/{request}`: one action with its events."""
    server = _even_deleted(call)
    for record in server.history:
        if record.request_id == call.params["request"]:
            body = _action(call, server, record)
            if call.admin or call.microversion >= 51:
                body["events"] = [_event(call, server, event) for event in events_of(server, record)]
            return reply({"instanceAction": body})
    raise Refusal(404, f"Action {call.params['request']} not found")


def _event(call: Call, server: Server, event: ActionEvent) -> Json:
    body: Json = {
        "event": event.name,
        "start_time": micro(event.start),
        "finish_time": micro(event.finish),
        "result": event.result,
    }
    if call.admin:
        body["traceback"] = event.trace
    if call.microversion >= 62 and call.admin:
        body["host"] = event.host
    if call.microversion >= 62:
        body["hostId"] = host_id(event.host, server.project_id)
    if call.microversion >= 84 and call.admin:
        body["details"] = event.trace.strip().splitlines()[-1].partition(": ")[2] if event.trace else None
    return body
