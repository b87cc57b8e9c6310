"""What a project has of Nova: limits, quotas, availability zones, keypairs."""

from __future__ import annotations

import hashlib

from tui.demo.clock import micro
from tui.demo.records import Json, Keypair, Server
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


def add_routes(routes: Routes, base: str) -> None:
    """Let the paths be found."""
    get = {
        "/limits": limits,
        "/os-quota-sets/{project}": quota,
        "/os-quota-sets/{project}/defaults": quota,
        "/os-quota-sets/{project}/detail": quota_detail,
        "/os-availability-zone": zones,
        "/os-availability-zone/detail": zones_detail,
        "/os-keypairs": keypairs,
        "/os-keypairs/{name}": keypair,
        "/os-server-groups": lambda call: reply({"server_groups": []}),
        "/extensions": lambda call: reply({"extensions": []}),
    }
    for path, handler in get.items():
        routes.add("GET", base + path, handler)
    routes.add("POST", f"{base}/os-keypairs", create_keypair)
    routes.add("DELETE", f"{base}/os-keypairs/{{name}}", delete_keypair)


def _own(call: Call, project_id: str | None) -> list[Server]:
    return [server for server in call.place.ordered() if server.project_id == project_id]


def _used(call: Call, project_id: str | None) -> dict[str, int]:
    servers = _own(call, project_id)
    return {
        "cores": sum(server.flavor.vcpus for server in servers),
        "instances": len(servers),
        "ram": sum(server.flavor.ram for server in servers),
    }


def limits(call: Call) -> Answer:
    """`GET /limits`: a project's limits and what it uses of them."""
    project = call.scope.project_id
    if call.admin and call.first("tenant_id"):
        project = call.first("tenant_id")
    used = _used(call, project)
    minor = call.microversion
    absolute: Json = {"maxTotalCores": QUOTA["cores"]}
    if minor < 57:
        absolute |= {"maxPersonality": 5, "maxPersonalitySize": 10240}
    absolute |= {"maxTotalInstances": QUOTA["instances"], "maxTotalKeypairs": 100, "maxServerMeta": 128}
    if minor < 39:
        absolute["maxImageMeta"] = 128
    absolute |= {"maxTotalRAMSize": QUOTA["ram"], "maxServerGroups": 10, "maxServerGroupMembers": MEMBERS}
    if minor < 36:
        absolute |= {"maxTotalFloatingIps": -1, "maxSecurityGroups": -1, "maxSecurityGroupRules": -1}
    absolute |= {"totalRAMUsed": used["ram"], "totalCoresUsed": used["cores"], "totalInstancesUsed": used["instances"]}
    if minor < 36:
        absolute |= {"totalFloatingIpsUsed": 0, "totalSecurityGroupsUsed": 0}
    absolute["totalServerGroupsUsed"] = 0
    return reply({"limits": {"rate": [], "absolute": absolute}})


def _quota_numbers(call: Call) -> dict[str, int]:
    project = call.params["project"]
    if project not in call.cloud.projects:
        raise Refusal(400, f"Project ID {project} is not a valid project.")
    if not call.admin and project != call.scope.project_id:
        raise Refusal(403, "Policy doesn't allow os_compute_api:os-quota-sets:show to be performed.")
    numbers = dict(QUOTA)
    if call.microversion < 36:
        numbers |= {"fixed_ips": -1, "floating_ips": -1, "security_groups": -1, "security_group_rules": -1}
    if call.microversion < 57:
        numbers |= {"injected_files": 5, "injected_file_content_bytes": 10240, "injected_file_path_bytes": 255}
    numbers["server_group_members"] = MEMBERS
    return numbers


def quota(call: Call) -> Answer:
    """`GET /os-quota-sets/{project}`."""
    return reply({"quota_set": {"id": call.params["project"], **_quota_numbers(call)}})


def quota_detail(call: Call) -> Answer:
    """`GET /os-quota-sets/{project}/detail`: limits with what is used of them."""
    numbers = _quota_numbers(call)
    used = _used(call, call.params["project"])
    rows = {name: {"in_use": used.get(name, 0), "limit": limit, "reserved": 0} for name, limit in numbers.items()}
    return reply({"quota_set": {"id": call.params["project"], **rows}})


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


def _keypair(call: Call, it: Keypair, full: bool) -> Json:
    body: Json = {"name": it.name, "public_key": it.public_key, "fingerprint": it.fingerprint}
    if call.microversion >= 2:
        body["type"] = it.type
    if full:
        stamps: Json = {"created_at": micro(it.created), "deleted": False, "deleted_at": None, "updated_at": None}
        body |= {"user_id": it.user_id, "id": it.number, **stamps}
    return body


def keypairs(call: Call) -> Answer:
    """`GET /os-keypairs`: the user's own."""
    rows = [{"keypair": _keypair(call, k, full=False)} for k in call.place.keypairs if k.user_id == call.scope.user.id]
    return reply({"keypairs": rows})


def _find_keypair(call: Call) -> Keypair:
    for it in call.place.keypairs:
        if it.name == call.params["name"] and it.user_id == call.scope.user.id:
            return it
    raise Refusal(404, f"Keypair {call.params['name']} not found for user {call.scope.user.id}")


def keypair(call: Call) -> Answer:
    """`GET /os-keypairs/{name}`."""
    return reply({"keypair": _keypair(call, _find_keypair(call), full=True)})


def create_keypair(call: Call) -> Answer:
    """`POST /os-keypairs`: takes a public key; a private one is never made here."""
    wanted = call.json().get("keypair") or {}
    name, public = str(wanted.get("name", "")), str(wanted.get("public_key", ""))
    if any(k.name == name and k.user_id == call.scope.user.id for k in call.place.keypairs):
        raise Refusal(409, f"Key pair '{name}' already exists.")
    if not public:
        raise Refusal(400, "Keypair data is invalid: a public key is needed")
    digest = hashlib.sha256(public.encode()).hexdigest()[:32]
    fingerprint = ":".join(digest[i : i + 2] for i in range(0, 32, 2))
    made = Keypair(name, call.scope.user.id, public, fingerprint, call.place.now(), len(call.place.keypairs) + 1)
    call.place.keypairs.append(made)
    body = _keypair(call, made, full=False) | {"user_id": made.user_id}
    return reply({"keypair": body}, 201 if call.microversion >= 2 else 200)


def delete_keypair(call: Call) -> Answer:
    """`DELETE /os-keypairs/{name}`."""
    call.place.keypairs.remove(_find_keypair(call))
    return Answer(204 if call.microversion >= 2 else 202)
