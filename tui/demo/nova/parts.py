"""What belongs to a server: security groups, addresses, its encrypted password."""

from __future__ import annotations

from tui.demo.nova.listing import visible
from tui.demo.nova.view import addresses
from tui.demo.records import Json, SecurityRule
from tui.demo.rest import Answer, Call, Routes, reply


def add_routes(routes: Routes, base: str) -> None:
    """Let the paths of a server's parts be found."""
    one = f"{base}/servers/{{server}}"
    routes.add("GET", f"{one}/os-security-groups", security_groups)
    routes.add("GET", f"{one}/ips", lambda call: reply({"addresses": addresses(visible(call), extended=False)}))
    routes.add("GET", f"{one}/os-server-password", password)
    routes.add("DELETE", f"{one}/os-server-password", forget_password)


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


def password(call: Call) -> Answer:
    """`GET …/os-server-password`: what a guest agent left there, encrypted with the key pair; empty without one."""
    visible(call)
    return reply({"password": ""})


def forget_password(call: Call) -> Answer:
    """`DELETE …/os-server-password`."""
    visible(call)
    return Answer(204)
