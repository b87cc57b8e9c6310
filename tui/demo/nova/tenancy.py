"""What a project sees of Nova's surroundings: availability zones and server groups."""

from __future__ import annotations

from typing import Any

from tui.demo.clock import micro, seeded_uuid
from tui.demo.nova.quota import limits_of, used_by
from tui.demo.records import Json, ServerGroup
from tui.demo.rest import Answer, Call, Refusal, Routes, reply

POLICIES = ("anti-affinity", "affinity", "soft-anti-affinity", "soft-affinity")


def add_routes(routes: Routes, base: str) -> None:
    """Let the paths be found."""
    routes.add("GET", f"{base}/os-availability-zone", zones)
    routes.add("GET", f"{base}/os-availability-zone/detail", zones_detail)
    routes.add("GET", f"{base}/extensions", lambda call: reply({"extensions": []}))
    routes.add("GET", f"{base}/os-server-groups", groups)
    routes.add("POST", f"{base}/os-server-groups", create_group)
    routes.add("GET", f"{base}/os-server-groups/{{group}}", group)
    routes.add("DELETE", f"{base}/os-server-groups/{{group}}", delete_group)


def zones(call: Call) -> Answer:
    """`GET /os-availability-zone`."""
    rows = [{"zoneName": zone, "zoneState": {"available": True}, "hosts": None} for zone in call.place.zones]
    return reply({"availabilityZoneInfo": rows})


def zones_detail(call: Call) -> Answer:
    """`GET /os-availability-zone/detail`: with the hosts of each."""
    if not call.admin:
        raise Refusal(403, "Policy doesn't allow os_compute_api:os-availability-zone:detail to be performed.")
    region = call.place
    now = micro(region.now() - 4)
    control = {
        name: {"available": True, "active": True, "updated_at": now} for name in ("nova-scheduler", "nova-conductor")
    }
    rows: list[Json] = [{"zoneName": "internal", "zoneState": {"available": True}, "hosts": {"ctl-001": control}}]
    for zone in region.zones:
        hosts = {
            host: {"nova-compute": {"available": host not in region.down_hosts, "active": True, "updated_at": now}}
            for host in region.hosts
            if region.zone_of(host) == zone
        }
        rows.append({"zoneName": zone, "zoneState": {"available": True}, "hosts": hosts})
    return reply({"availabilityZoneInfo": rows})


def _group(call: Call, it: ServerGroup) -> Json:
    members = [ident for ident in it.members if call.place.find(ident) is not None]
    body: Json = {"id": it.id, "name": it.name, "members": members}
    if call.microversion >= 64:
        body |= {"policy": it.policy, "rules": it.rules}
    else:
        body |= {"policies": [it.policy], "metadata": {}}
    if call.microversion >= 13:
        body |= {"project_id": it.project_id, "user_id": it.user_id}
    return body


def groups(call: Call) -> Answer:
    """`GET /os-server-groups`: the project's, or all of them for an admin who says so."""
    everywhere = call.admin and call.first("all_projects") is not None
    rows = [g for g in call.place.server_groups.values() if everywhere or g.project_id == call.scope.project_id]
    return reply({"server_groups": [_group(call, it) for it in rows]})


def find_group(call: Call, ident: str, status: int = 404) -> ServerGroup:
    """A server group that the caller may see."""
    it = call.place.server_groups.get(ident)
    if it is None or not (call.admin or it.project_id == call.scope.project_id):
        raise Refusal(status, f"Instance group {ident} could not be found.")
    return it


def group(call: Call) -> Answer:
    """`GET /os-server-groups/{group}`."""
    return reply({"server_group": _group(call, find_group(call, call.params["group"]))})


def create_group(call: Call) -> Answer:
    """`POST /os-server-groups`: one policy; a list of one before 2.64."""
    wanted = call.json().get("server_group") or {}
    policy: Any = wanted.get("policy")
    if call.microversion < 64:
        policy = next(iter(wanted.get("policies") or []), None)
    allowed = POLICIES if call.microversion >= 15 else POLICIES[:2]
    if not wanted.get("name"):
        problem = "'name' is a required property"
        raise Refusal(400, f"Invalid input for field/attribute server_group. Value: {wanted}. {problem}")
    if policy not in allowed:
        raise Refusal(
            400,
            f"Invalid input for field/attribute policy. Value: {policy}. '{policy}' is not one of {list(allowed)}",
        )
    project = call.scope.project_id or ""
    used = used_by(call, project)
    if 0 <= limits_of(call, project, used)["server_groups"] <= used["server_groups"]:
        raise Refusal(403, "Quota exceeded, too many server groups.")
    made = ServerGroup(seeded_uuid(call.place.rng), str(wanted["name"]), policy, project, call.scope.user.id)
    made.rules = {str(k): int(v) for k, v in (wanted.get("rules") or {}).items()}
    call.place.server_groups[made.id] = made
    return reply({"server_group": _group(call, made)})


def delete_group(call: Call) -> Answer:
    """`DELETE /os-server-groups/{group}`: its members stay."""
    del call.place.server_groups[find_group(call, call.params["group"]).id]
    return Answer(204)
