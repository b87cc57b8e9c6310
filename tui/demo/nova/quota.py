"""Nova's quotas: what a project may have, what it has, and the refusal of more."""

from __future__ import annotations

from collections.abc import Mapping

from tui.demo.records import Json
from tui.demo.rest import Answer, Call, Refusal, Routes, reply

QUOTA = {
    "cores": 2000,
    "instances": 1000,
    "ram": 8_192_000,
    "key_pairs": 100,
    "metadata_items": 128,
    "server_groups": 10,
}
MEMBERS = 10
ROOMY = 400
"""Servers of a project from which on the quota grows with them: a fleet of 50,000 has been granted one."""

_SIZES = ("cores", "instances", "ram")


def add_routes(routes: Routes, base: str) -> None:
    """Let the paths be found."""
    one = f"{base}/os-quota-sets/{{project}}"
    routes.add("GET", f"{base}/limits", limits)
    routes.add("GET", one, show)
    routes.add("GET", f"{one}/defaults", show)
    routes.add("GET", f"{one}/detail", detail)
    routes.add("PUT", one, update)
    routes.add("DELETE", one, reset)


def used_by(call: Call, project_id: str | None) -> dict[str, int]:
    """What a project uses."""
    instances, cores, ram = call.place.used_by(project_id or "")
    return {
        "cores": cores,
        "instances": instances,
        "ram": ram,
        "server_groups": sum(1 for group in call.place.server_groups.values() if group.project_id == project_id),
    }


def limits_of(call: Call, project_id: str, used: Mapping[str, int] | None = None) -> dict[str, int]:
    """What a project may use; -1 is without limit."""
    numbers = dict(QUOTA)
    servers = (used or used_by(call, project_id))["instances"]
    if servers > ROOMY:
        for name in _SIZES:
            numbers[name] *= 1 + 2 * servers // QUOTA["instances"]
    numbers["server_group_members"] = MEMBERS
    return numbers | call.place.limits.get(("compute", project_id), {})


def require(call: Call, wanted: Mapping[str, int]) -> None:
    """Refuse what would exceed the quota of the caller's project, in Nova's words."""
    project = call.scope.project_id or ""
    used = used_by(call, project)
    limit = limits_of(call, project, used)
    over = [name for name in _SIZES if 0 <= limit[name] < used[name] + wanted.get(name, 0) and wanted.get(name, 0) > 0]
    if over:
        parts = [", ".join(str(numbers[name]) for name in over) for numbers in (wanted, used, limit)]
        names = ", ".join(over)
        asked, has, allowed = parts
        raise Refusal(
            403, f"Quota exceeded for {names}: Requested {asked}, but already used {has} of {allowed} {names}"
        )


def limits(call: Call) -> Answer:
    """`GET /limits`: a project's limits and what it uses of them."""
    project = call.scope.project_id or ""
    if call.admin and call.first("tenant_id"):
        project = str(call.first("tenant_id"))
    used = used_by(call, project)
    limit = limits_of(call, project, used)
    minor = call.microversion
    absolute: Json = {"maxTotalCores": limit["cores"]}
    if minor < 57:
        absolute |= {"maxPersonality": 5, "maxPersonalitySize": 10240}
    absolute |= {
        "maxTotalInstances": limit["instances"],
        "maxTotalKeypairs": limit["key_pairs"],
        "maxServerMeta": limit["metadata_items"],
    }
    if minor < 39:
        absolute["maxImageMeta"] = 128
    absolute |= {
        "maxTotalRAMSize": limit["ram"],
        "maxServerGroups": limit["server_groups"],
        "maxServerGroupMembers": limit["server_group_members"],
    }
    if minor < 36:
        absolute |= {"maxTotalFloatingIps": -1, "maxSecurityGroups": -1, "maxSecurityGroupRules": -1}
    absolute |= {"totalRAMUsed": used["ram"], "totalCoresUsed": used["cores"], "totalInstancesUsed": used["instances"]}
    if minor < 36:
        absolute |= {"totalFloatingIpsUsed": 0, "totalSecurityGroupsUsed": 0}
    absolute["totalServerGroupsUsed"] = used["server_groups"]
    return reply({"limits": {"rate": [], "absolute": absolute}})


def _numbers(call: Call, used: Mapping[str, int] | None = None) -> dict[str, int]:
    project = call.params["project"]
    if project not in call.cloud.projects:
        raise Refusal(400, f"Project ID {project} is not a valid project.")
    if not call.admin and project != call.scope.project_id:
        raise Refusal(403, "Policy doesn't allow os_compute_api:os-quota-sets:show to be performed.")
    numbers = limits_of(call, project, used)
    members = numbers.pop("server_group_members")
    if call.microversion < 36:
        numbers |= {"fixed_ips": -1, "floating_ips": -1, "security_groups": -1, "security_group_rules": -1}
    if call.microversion < 57:
        numbers |= {"injected_files": 5, "injected_file_content_bytes": 10240, "injected_file_path_bytes": 255}
    numbers["server_group_members"] = members
    return numbers


def show(call: Call) -> Answer:
    """`GET /os-quota-sets/{project}`."""
    return reply({"quota_set": {"id": call.params["project"], **_numbers(call)}})


def detail(call: Call) -> Answer:
    """`GET /os-quota-sets/{project}/detail`: limits with what is used of them."""
    used = used_by(call, call.params["project"])
    numbers = _numbers(call, used)
    rows = {name: {"in_use": used.get(name, 0), "limit": limit, "reserved": 0} for name, limit in numbers.items()}
    return reply({"quota_set": {"id": call.params["project"], **rows}})


def _admin(call: Call, verb: str) -> str:
    if not call.admin:
        raise Refusal(403, f"Policy doesn't allow os_compute_api:os-quota-sets:{verb} to be performed.")
    return call.params["project"]


def update(call: Call) -> Answer:
    """`PUT /os-quota-sets/{project}`, for admins."""
    project = _admin(call, "update")
    wanted = call.json().get("quota_set") or {}
    numbers = _numbers(call)
    changed = {name: int(value) for name, value in wanted.items() if name in numbers}
    call.place.limits.setdefault(("compute", project), {}).update(changed)
    return reply({"quota_set": _numbers(call)})


def reset(call: Call) -> Answer:
    """`DELETE /os-quota-sets/{project}`: the defaults again."""
    call.place.limits.pop(("compute", _admin(call, "delete")), None)
    return Answer(202)
