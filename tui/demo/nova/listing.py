"""`GET /servers` and `/servers/detail`: filters, order, pages, and what has changed since a moment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice

import msgspec

from tui.demo.clock import parse_time
from tui.demo.nova.filters import FILTERS, KNOWN, OPEN_FILTERS, OPEN_FROM_83, PAGING, Predicate
from tui.demo.nova.view import brief, detailed, encoded, unreachable, view_class
from tui.demo.records import Server
from tui.demo.rest import Answer, Call, Refusal, next_link
from tui.demo.states import states_for_status
from tui.demo.world import newest_first

MAX_LIMIT = 1000

_TRUE = {"1", "t", "true", "on", "y", "yes"}
_FALSE = {"0", "f", "false", "off", "n", "no"}
_SORTS: dict[str, Callable[[Server], object]] = {
    "created_at": lambda s: s.created,
    "updated_at": lambda s: s.updated,
    "launched_at": lambda s: s.launched or 0,
    "terminated_at": lambda s: s.terminated or 0,
    "display_name": lambda s: s.name.lower(),
    "display_description": lambda s: (s.description or "").lower(),
    "uuid": lambda s: s.id,
    "vm_state": lambda s: s.vm_state,
    "task_state": lambda s: s.task_state or "",
    "power_state": lambda s: s.power_state,
    "host": lambda s: s.host or "",
    "node": lambda s: s.host or "",
    "availability_zone": lambda s: s.zone,
    "image_ref": lambda s: s.image_id,
    "instance_type_id": lambda s: s.flavor.id,
    "key_name": lambda s: s.key_name or "",
    "project_id": lambda s: s.project_id,
    "user_id": lambda s: s.user_id,
    "progress": lambda s: s.progress,
    "locked": lambda s: s.locked_by is not None,
    "hostname": lambda s: s.name.lower(),
}
_SAME = {
    "access_ip_v4", "access_ip_v6", "auto_disk_config", "config_drive", "kernel_id", "launch_index", "locked_by",
    "ramdisk_id", "root_device_name",
}  # fmt: skip


def list_brief(call: Call) -> Answer:
    """`GET /servers`."""
    return _list(call, "servers", detail=False)


def list_detailed(call: Call) -> Answer:
    """`GET /servers/detail`."""
    return _list(call, "servers/detail", detail=True)


def show(call: Call) -> Answer:
    """`GET /servers/{server}`."""
    server = visible(call)
    if is_down(call, server):
        if call.microversion < 69:
            raise Refusal(500, "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/.")
        return Answer(body=msgspec.json.encode({"server": unreachable(call, server, listed=False)}))
    return Answer(body=msgspec.json.encode({"server": detailed(call, server, listed=False)}))


def visible(call: Call) -> Server:
    """The server of the path, when the token's scope may know of it."""
    ident = call.params["server"]
    server = call.place.find(ident)
    if server is None or not (call.admin or server.project_id == call.scope.project_id):
        raise Refusal(404, f"Instance {ident} could not be found.")
    return server


def is_down(call: Call, server: Server) -> bool:
    """Is this server in a cell that does not answer?"""
    return server.down_cell or (_down_every(call) > 0 and server.number % _down_every(call) == 0)


def _any_down(call: Call) -> bool:
    """May there be servers in cells that do not answer?"""
    return call.place.cell_down or _down_every(call) > 0


def _down_every(call: Call) -> int:
    """Every how many-th server the fault `down-cell` takes; 0 for none."""
    if call.faults is None or not call.faults.faults:
        return 0
    region = call.place
    for fault in call.faults.faults:
        if fault.kind == "down-cell" and fault.covers((region.cloud.name, region.name, "compute", "servers")):
            return max(1, int(fault.value))
    return 0


def _list(call: Call, collection: str, detail: bool) -> Answer:
    options = _options(call)
    limit = page_size(call)
    _check_sorting(call)
    wanted = _predicate(call, options)
    if wanted is None:
        return Answer(body=b'{"servers": []}')
    everywhere = _everywhere(call, options, detail)
    keep_deleted = _deleted(options)
    rows = _candidates(call, options, keep_deleted)
    if not everywhere:
        project = call.scope.project_id
        rows = (s for s in rows if s.project_id == project)
    found = (s for s in rows if wanted(s)) if options else rows
    supported = call.microversion >= 69 and not (set(dict(call.query)) & PAGING) and set(options) <= {"all_tenants"}
    if _any_down(call) and not supported:
        found = (s for s in found if not is_down(call, s))
    page = list(islice(found, limit))
    return _render(call, collection, page, limit, detail)


def _render(call: Call, collection: str, page: Sequence[Server], limit: int, detail: bool) -> Answer:
    shape = view_class(call)
    if _any_down(call):
        parts = [
            msgspec.json.encode(_partial(call, s, detail)) if is_down(call, s) else _row(call, s, detail, shape)
            for s in page
        ]
    else:
        parts = [_row(call, s, detail, shape) for s in page]
    body = b'{"servers": [' + b", ".join(parts) + b"]"
    if page and len(page) == limit:
        href = next_link(call, f"{call.root}/v2.1/{collection}", page[-1].id)
        body += b', "servers_links": ' + msgspec.json.encode([{"rel": "next", "href": href}])
    return Answer(body=body + b"}")


def _partial(call: Call, server: Server, detail: bool) -> dict[str, object]:
    row = unreachable(call, server, listed=True)
    return row if detail else {key: row[key] for key in ("id", "status", "links")}


def _row(call: Call, server: Server, detail: bool, shape: int) -> bytes:
    return encoded(call, server, shape) if detail else msgspec.json.encode(brief(call, server))


def _options(call: Call) -> dict[str, str]:
    """The filters of a call that its sender may use. Others are ignored, or refused from 2.75 on."""
    options: dict[str, str] = {}
    for name, value in call.query:
        if name in PAGING:
            continue
        if name not in KNOWN:
            if call.microversion >= 75:
                raise Refusal(400, f"'{name}' does not match any of the regexes: '^_'")
            continue
        if name == "changes-before" and call.microversion < 66:
            continue
        allowed = call.admin or name in OPEN_FILTERS or (call.microversion >= 83 and name in OPEN_FROM_83)
        if allowed:
            options[name] = value
    return options


def page_size(call: Call) -> int:
    """How many rows a page may have at most."""
    limit = call.first("limit")
    if limit is not None and not re.fullmatch("[0-9]*", limit, re.ASCII):
        message = f"Invalid input for query parameters limit. Value: {limit}. '{limit}' does not match '^[0-9]*$'"
        raise Refusal(400, message)
    return min(int(limit or MAX_LIMIT), MAX_LIMIT)


def _check_sorting(call: Call) -> None:
    for key in call.all("sort_key"):
        if key not in _SORTS and key not in _SAME:
            raise Refusal(
                400, f"Invalid input for query parameters sort_key. Value: {key}. '{key}' is not one of the valid keys"
            )


def _predicate(call: Call, options: dict[str, str]) -> Predicate | None:
    """Everything that the filters ask of a server; None when nothing can pass."""
    checks: list[Predicate] = []
    for name, value in options.items():
        if name in FILTERS:
            checks.append(FILTERS[name](name, value))
    statuses = call.all("status")
    if statuses:
        selected = [states_for_status(status.upper()) for status in statuses]
        vm_states = {state for states, _ in selected for state in states}
        tasks = {task for _, some in selected for task in some}
        if not vm_states:
            if call.microversion >= 38:
                raise Refusal(400, "Invalid status value")
            return None
        if "deleted" in vm_states:
            if not call.admin:
                raise Refusal(403, "Only administrators may list deleted instances")
            options["deleted"] = "true"
        checks.append(lambda s: s.vm_state in vm_states and (not tasks or s.task_state in tasks))
    for name in ("changes-since", "changes-before"):
        if name in options and parse_time(options[name]) is None:
            value = options[name]
            raise Refusal(
                400, f"Invalid input for query parameters {name}. Value: {value}. '{value}' is not a 'date-time'"
            )
    before = parse_time(options["changes-before"]) if "changes-before" in options else None
    if before is not None:
        limit = before
        checks.append(lambda s: s.updated <= limit)
    return lambda s: all(check(s) for check in checks)


def _everywhere(call: Call, options: dict[str, str], detail: bool) -> bool:
    """Does the call ask for all projects, and may it?"""
    if "all_tenants" not in options:
        options.pop("tenant_id", None)
        return False
    value = options["all_tenants"].lower()
    if value and value not in _TRUE | _FALSE:
        allowed = ", ".join(f"'{word}'" for word in sorted(_TRUE | _FALSE))
        raise Refusal(400, f"Unrecognized value '{options['all_tenants']}', acceptable values are: {allowed}")
    if value and value not in _TRUE:
        return False
    if not call.admin:
        rule = "detail" if detail else "index"
        raise Refusal(403, f"Policy doesn't allow os_compute_api:servers:{rule}:get_all_tenants to be performed.")
    return True


def _deleted(options: dict[str, str]) -> bool | None:
    """Only deleted servers (True), only living ones (False), or both (None)."""
    if "deleted" in options:
        return options["deleted"].lower() in _TRUE
    return None if "changes-since" in options or "changes-before" in options else False


def _candidates(call: Call, options: dict[str, str], deleted: bool | None) -> Iterable[Server]:
    """The servers to look at, in order, from the marker on."""
    region = call.place
    since = parse_time(options["changes-since"]) if "changes-since" in options else None
    rows: Sequence[Server]
    if since is not None:
        rows = region.changed_since(since)
    elif deleted is False:
        rows = region.ordered()
    else:
        rows = region.with_deleted()
    if deleted is not None and not (deleted is False and since is None):
        rows = [s for s in rows if s.deleted is deleted]
    keys = call.all("sort_key")
    dirs = call.all("sort_dir")
    if keys or (dirs and dirs[0] == "asc"):
        rows = _sorted(rows, keys, dirs)
    marker = call.first("marker")
    if marker is None:
        return rows
    return _after(call, rows, marker, by_creation=not keys and not dirs)


def _sorted(rows: Sequence[Server], keys: Sequence[str], dirs: Sequence[str]) -> Sequence[Server]:
    ordered = list(rows)
    names = [*keys, *(k for k in ("created_at", "uuid") if k not in keys)]
    first = dirs[0] if dirs else "desc"
    for index in range(len(names) - 1, -1, -1):
        name = names[index]
        if name in _SORTS:
            direction = dirs[index] if index < len(dirs) else first
            ordered.sort(key=_SORTS[name], reverse=direction == "desc")  # type: ignore[arg-type]
    return ordered


def _after(call: Call, rows: Sequence[Server], marker: str, by_creation: bool) -> Iterable[Server]:
    """The rows behind the marker, which must exist but need not be among them."""
    region = call.place
    server = region.known(marker)
    gone = call.faults is not None and call.faults.hit(
        "marker-deleted", (region.cloud.name, region.name, "compute", "servers")
    )
    if gone and server is not None:
        region.remove(server)
    if server is None or gone or not (call.admin or server.project_id == call.scope.project_id):
        raise Refusal(400, f"marker [{marker}] not found")
    if by_creation:
        low, high = 0, len(rows)
        key = newest_first(server)
        while low < high:
            middle = (low + high) // 2
            if newest_first(rows[middle]) >= key:
                low = middle + 1
            else:
                high = middle
        return islice(rows, low, None)
    for index, row in enumerate(rows):
        if row is server:
            return islice(rows, index + 1, None)
    return iter(())
