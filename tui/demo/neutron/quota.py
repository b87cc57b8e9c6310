"""Neutron's quotas."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tui.demo.rest import Answer, Call, Refusal, Routes, reply

QUOTA = {
    "network": 100,
    "subnet": 100,
    "subnetpool": -1,
    "port": 50_000,
    "router_route": 30,
    "router": 10,
    "floatingip": 50,
    "rbac_policy": 10,
    "security_group": 50,
    "security_group_rule": 500,
    "trunk": -1,
}


def add_routes(routes: Routes) -> None:
    """Let the paths be found."""
    routes.add("GET", "/v2.0/quotas", quotas)
    one = "/v2.0/quotas/{project}"
    routes.add("GET", one, quota)
    routes.add("GET", f"{one}/default", quota)
    routes.add("GET", f"{one}/details.json", details)
    routes.add("GET", f"{one}/details", details)
    routes.add("PUT", one, update)
    routes.add("DELETE", one, reset)


def limits_of(call: Call, project: str) -> dict[str, int]:
    """What a project may have; -1 is without limit."""
    return QUOTA | call.place.limits.get(("network", project), {})


def _rows(call: Call, kind: str) -> Iterable[Any]:
    region = call.place
    if kind == "subnet":
        return (subnet.network for network in region.networks.values() for subnet in network.subnets)
    if kind == "security_group_rule":
        return (rule for group in region.groups.values() for rule in group.rules)
    counted: dict[str, Iterable[Any]] = {
        "network": region.networks.values(),
        "port": region.ports.values(),
        "floatingip": region.floating.values(),
        "security_group": region.groups.values(),
        "router": region.routers.values(),
    }
    return counted.get(kind, ())


def used_by(call: Call, project: str, kind: str) -> int:
    """How many of a kind a project has."""
    return sum(1 for row in _rows(call, kind) if row.project_id == project)


def require(call: Call, kind: str, project: str = "", many: int = 1) -> None:
    """Refuse what would exceed a project's quota."""
    project = project or call.scope.project_id or ""
    limit = limits_of(call, project)[kind]
    if 0 <= limit < used_by(call, project, kind) + many:
        raise Refusal(409, f"Quota exceeded for resources: ['{kind}'].", "OverQuota")


def quotas(call: Call) -> Answer:
    """`GET /v2.0/quotas`: the projects whose quotas were changed."""
    if not call.admin:
        raise Refusal(403, "rule:get_quota is disallowed by policy", "PolicyNotAuthorized")
    project = call.scope.project_id
    return reply({"quotas": [{**QUOTA, "project_id": project, "tenant_id": project}] if project else []})


def quota(call: Call) -> Answer:
    """`GET /v2.0/quotas/{project}`."""
    return reply({"quota": limits_of(call, call.params["project"])})


def details(call: Call) -> Answer:
    """`GET /v2.0/quotas/{project}/details`: with what is used."""
    project = call.params["project"]
    rows = {
        name: {"limit": limit, "used": used_by(call, project, name), "reserved": 0}
        for name, limit in limits_of(call, project).items()
    }
    return reply({"quota": rows})


def update(call: Call) -> Answer:
    """`PUT /v2.0/quotas/{project}`, for admins."""
    project = call.params["project"]
    if not call.admin:
        raise Refusal(403, "rule:update_quota is disallowed by policy", "PolicyNotAuthorized")
    wanted = {name: int(value) for name, value in (call.json().get("quota") or {}).items() if name in QUOTA}
    for name, limit in wanted.items():
        used = used_by(call, project, name)
        if 0 <= limit < used:
            raise Refusal(400, f"Quota limit {limit} for {name} must be greater than or equal to already used {used}")
    call.place.limits.setdefault(("network", project), {}).update(wanted)
    return reply({"quota": limits_of(call, project)})


def reset(call: Call) -> Answer:
    """`DELETE /v2.0/quotas/{project}`: the defaults again."""
    project = call.params["project"]
    if call.place.limits.pop(("network", project), None) is None:
        raise Refusal(404, f"Quota for project {project} could not be found.", "TenantQuotaNotFound")
    return Answer(204)
