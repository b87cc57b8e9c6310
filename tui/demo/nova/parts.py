"""What belongs to a server: its history, volumes, interfaces, security groups, addresses, consoles."""

from __future__ import annotations

from tui.demo.clock import micro
from tui.demo.nova.listing import visible
from tui.demo.nova.view import addresses
from tui.demo.records import InstanceAction, Json, Port, SecurityRule, Server
from tui.demo.rest import Answer, Call, Refusal, Routes, reply


def add_routes(routes: Routes, base: str) -> None:
    """Let the paths of a server's parts be found."""
    one = f"{base}/servers/{{server}}"
    routes.add("GET", f"{one}/os-instance-actions", actions)
    routes.add("GET", f"{one}/os-instance-actions/{{request}}", action)
    routes.add("GET", f"{one}/os-volume_attachments", volumes)
    routes.add("GET", f"{one}/os-interface", interfaces)
    routes.add("GET", f"{one}/os-interface/{{port}}", interface)
    routes.add("GET", f"{one}/os-security-groups", security_groups)
    routes.add("GET", f"{one}/ips", lambda call: reply({"addresses": addresses(visible(call), extended=False)}))
    routes.add("POST", f"{one}/remote-consoles", remote_consoles)


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
        body["updated_at"] = micro(record.finish or record.start)
    return body


def actions(call: Call) -> Answer:
    """`GET …/os-instance-actions`, newest first."""
    server = _even_deleted(call)
    return reply({"instanceActions": [_action(call, server, record) for record in reversed(server.history)]})


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
                body["events"] = [_event(call, server, record)]
            return reply({"instanceAction": body})
    raise Refusal(404, f"Action for request_id {call.params['request']} on instance {server.id} not found")


def _event(call: Call, server: Server, record: InstanceAction) -> Json:
    result = None if record.finish is None else "Error" if record.message else "Success"
    body: Json = {
        "event": record.event,
        "start_time": micro(record.start),
        "finish_time": micro(record.finish),
        "result": result,
    }
    if call.admin:
        body["traceback"] = server.fault.details if record.message and server.fault else None
    if call.microversion >= 62 and call.admin:
        body["host"] = server.host
    if call.microversion >= 62:
        body["hostId"] = ""
    if call.microversion >= 84 and call.admin:
        body["details"] = None
    return body


def volumes(call: Call) -> Answer:
    """`GET …/os-volume_attachments`."""
    server = visible(call)
    rows = []
    for index, volume in enumerate(server.volumes):
        row: Json = {"serverId": server.id, "volumeId": volume, "device": f"/dev/vd{chr(97 + index)}"}
        if call.microversion < 89:
            row["id"] = volume
        if call.microversion >= 70:
            row["tag"] = None
        if call.microversion >= 79:
            row["delete_on_termination"] = False
        if call.microversion >= 89:
            row |= {"attachment_id": server.id[:24] + volume[-12:], "bdm_uuid": volume[:24] + server.id[-12:]}
        rows.append(row)
    return reply({"volumeAttachments": rows})


def _interface(call: Call, port: Port) -> Json:
    body: Json = {
        "port_state": port.status,
        "fixed_ips": [{"subnet_id": s.id, "ip_address": a} for s, a in port.fixed],
        "port_id": port.id,
        "net_id": port.network.id,
        "mac_addr": port.mac,
    }
    if call.microversion >= 70:
        body["tag"] = None
    return body


def interfaces(call: Call) -> Answer:
    """`GET …/os-interface`."""
    return reply({"interfaceAttachments": [_interface(call, port) for port in visible(call).ports]})


def interface(call: Call) -> Answer:
    """`GET …/os-interface/{port}`."""
    server = visible(call)
    for port in server.ports:
        if port.id == call.params["port"]:
            return reply({"interfaceAttachment": _interface(call, port)})
    raise Refusal(404, f"Instance {server.id} does not have a port with id {call.params['port']}")


def _rule(rule: SecurityRule, names: dict[str, str]) -> Json:
    """A rule in the old spelling that Nova keeps."""
    group: Json = {}
    if rule.remote_group is not None:
        group = {"name": names.get(rule.remote_group, ""), "tenant_id": rule.project_id}
    return {
        "id": rule.id,
        "parent_group_id": rule.group_id,
        "ip_protocol": rule.protocol,
        "from_port": rule.low,
        "to_port": rule.high,
        "ip_range": {"cidr": rule.prefix} if rule.prefix else {},
        "group": group,
    }


def security_groups(call: Call) -> Answer:
    """`GET …/os-security-groups`."""
    server = visible(call)
    names = {group.id: group.name for group in call.place.groups.values()}
    found = {group.id: group for port in server.ports for group in port.groups}
    rows = [
        {
            "id": group.id,
            "name": group.name,
            "tenant_id": group.project_id,
            "description": group.description,
            "rules": [_rule(rule, names) for rule in group.rules if rule.direction == "ingress"],
        }
        for group in found.values()
    ]
    return reply({"security_groups": rows})


def remote_consoles(call: Call) -> Answer:
    """`POST …/remote-consoles`: a URL at which a console would answer."""
    server = visible(call)
    if call.microversion < 6:
        raise Refusal(404, "The resource could not be found.")
    wanted = call.json().get("remote_console") or {}
    kind = wanted.get("type", "novnc")
    url = f"http://127.0.0.1:6080/vnc_lite.html?path=%3Ftoken%3D{server.id}"
    return reply({"remote_console": {"protocol": wanted.get("protocol", "vnc"), "type": kind, "url": url}})
