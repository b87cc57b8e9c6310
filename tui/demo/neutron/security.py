"""Changes to security groups and their rules."""

from __future__ import annotations

import ipaddress

from tui.demo.clock import seeded_uuid
from tui.demo.neutron import view
from tui.demo.neutron.finding import find_group, mine, wanted_of
from tui.demo.neutron.quota import require
from tui.demo.records import Json, SecurityGroup, SecurityRule
from tui.demo.rest import Answer, Call, Refusal, Routes, reply

PROTOCOLS = (
    "ah", "dccp", "egp", "esp", "gre", "hopopt", "icmp", "igmp", "ip", "ipip", "ipv6-encap", "ipv6-frag",
    "ipv6-icmp", "icmpv6", "ipv6-nonxt", "ipv6-opts", "ipv6-route", "ospf", "pgm", "rsvp", "sctp", "tcp", "udp",
    "udplite", "vrrp",
)  # fmt: skip
PORTED = ("tcp", "udp", "sctp", "dccp", "udplite")


def add_routes(routes: Routes) -> None:
    """Let the paths be found."""
    routes.add("POST", "/v2.0/security-groups", create_group)
    routes.add("PUT", "/v2.0/security-groups/{id}", update_group)
    routes.add("DELETE", "/v2.0/security-groups/{id}", delete_group)
    routes.add("POST", "/v2.0/security-group-rules", create_rule)
    routes.add("DELETE", "/v2.0/security-group-rules/{id}", delete_rule)


def create_group(call: Call) -> Answer:
    """`POST /v2.0/security-groups`, with the two rules that let everything out."""
    wanted = wanted_of(call, "security_group")
    name = wanted.get("name", "")
    if not isinstance(name, str):
        raise Refusal(400, f"Invalid input for name. Reason: '{name}' is not a valid string.")
    if name == "default":
        raise Refusal(409, "Default security group already exists.", "SecurityGroupDefaultAlreadyExists")
    require(call, "security_group")
    now, project = call.place.now(), call.scope.project_id or ""
    group = SecurityGroup(seeded_uuid(call.place.rng), name, project, "", now, now, revision=1)
    group.description = str(wanted.get("description", ""))
    for ethertype in ("IPv4", "IPv6"):
        ident = seeded_uuid(call.place.rng)
        group.rules.append(
            SecurityRule(ident, group.id, project, "egress", ethertype, None, None, None, None, None, now)
        )
    call.place.groups[group.id] = group
    body = view.security_group(group)
    for rule in body["security_group_rules"]:
        rule["belongs_to_default_sg"] = False
    return reply({"security_group": body}, 201)


def update_group(call: Call) -> Answer:
    """`PUT /v2.0/security-groups/{id}`: name, description."""
    group = find_group(call, call.params["id"])
    wanted = wanted_of(call, "security_group")
    if "name" in wanted and group.name == "default":
        raise Refusal(409, "Updating default security group not allowed.", "SecurityGroupCannotUpdateDefault")
    group.name = str(wanted.get("name", group.name))
    group.description = str(wanted.get("description", group.description))
    group.updated, group.revision = call.place.now(), group.revision + 1
    for server in {port.device_id for port in call.place.ports.values() if group in port.groups}:
        found = call.place.find(server)
        if found is not None:
            call.place.refresh(found)
    return reply({"security_group": view.security_group(group)})


def delete_group(call: Call) -> Answer:
    """`DELETE /v2.0/security-groups/{id}`."""
    group = find_group(call, call.params["id"])
    if any(group in port.groups for port in call.place.ports.values()):
        raise Refusal(409, f"Security Group {group.id} in use.", "SecurityGroupInUse")
    if group.name == "default" and not call.admin:
        raise Refusal(
            409, "Insufficient rights for removing default security group.", "SecurityGroupCannotRemoveDefault"
        )
    del call.place.groups[group.id]
    return Answer(204)


def create_rule(call: Call) -> Answer:
    """`POST /v2.0/security-group-rules`; one that is there already is refused."""
    wanted = wanted_of(call, "security_group_rule")
    direction = wanted.get("direction")
    if direction not in ("ingress", "egress"):
        raise Refusal(400, f"Invalid input for direction. Reason: {direction} is not in valid_values.")
    group = find_group(call, str(wanted.get("security_group_id")))
    rule = SecurityRule(
        seeded_uuid(call.place.rng),
        group.id,
        group.project_id,
        str(direction),
        str(wanted.get("ethertype") or "IPv4"),
        _protocol(wanted),
        wanted.get("port_range_min"),
        wanted.get("port_range_max"),
        _prefix(wanted),
        wanted.get("remote_group_id"),
        call.place.now(),
        str(wanted.get("description") or ""),
    )
    _check_ports(rule)
    if rule.remote_group is not None:
        find_group(call, rule.remote_group)
    twin = next((old for old in group.rules if _meaning(old) == _meaning(rule)), None)
    if twin is not None:
        problem = f"Security group rule already exists. Rule id is {twin.id}."
        raise Refusal(409, problem, "SecurityGroupRuleExists")
    require(call, "security_group_rule", group.project_id)
    group.rules.append(rule)
    group.updated, group.revision = call.place.now(), group.revision + 1
    return reply({"security_group_rule": view.rule(rule)}, 201)


def _meaning(rule: SecurityRule) -> tuple[object, ...]:
    """All of a rule that makes it another one."""
    return (
        rule.direction, rule.ethertype, rule.protocol, rule.low, rule.high, rule.prefix, rule.remote_group,
    )  # fmt: skip


def _protocol(wanted: Json) -> str | None:
    given = wanted.get("protocol")
    if given is None or str(given).lower() == "any":
        return None
    text = str(given).lower()
    if text in PROTOCOLS or (text.isdigit() and int(text) <= 255):
        return text
    names = ", ".join(repr(name) for name in PROTOCOLS)
    raise Refusal(
        400,
        f"Security group rule protocol {given} not supported. Only protocol values (None, 'any', {names}) and integer "
        "representations [0 to 255] are supported.",
        "SecurityGroupRuleInvalidProtocol",
    )


def _prefix(wanted: Json) -> str | None:
    given = wanted.get("remote_ip_prefix")
    if given is None:
        return None
    if wanted.get("remote_group_id"):
        raise Refusal(
            400,
            "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.",
            "SecurityGroupMultipleRemoteEntites",
        )
    try:
        network = ipaddress.ip_network(str(given), strict=False)
    except ValueError as error:
        raise Refusal(400, f"Invalid CIDR {given} given as IP prefix.", "InvalidCIDR") from error
    ethertype = str(wanted.get("ethertype") or "IPv4")
    if ethertype != f"IPv{network.version}":
        problem = f"Conflicting value ethertype {ethertype} for CIDR {given}"
        raise Refusal(400, problem, "SecurityGroupRuleParameterConflict")
    return str(given)


def _check_ports(rule: SecurityRule) -> None:
    low, high = rule.low, rule.high
    if rule.protocol in PORTED and (low, high) != (None, None) and (low is None or high is None or low > high):
        problem = "For TCP/UDP protocols, port_range_min must be <= port_range_max"
        raise Refusal(400, problem, "SecurityGroupInvalidPortRange")
    if rule.protocol is None and (low is not None or high is not None):
        raise Refusal(
            400, "Must also specify protocol if port range is given.", "SecurityGroupProtocolRequiredWithPorts"
        )


def delete_rule(call: Call) -> Answer:
    """`DELETE /v2.0/security-group-rules/{id}`."""
    ident = call.params["id"]
    for group in call.place.groups.values():
        for rule in group.rules:
            if rule.id == ident and mine(call, group):
                group.rules.remove(rule)
                group.updated, group.revision = call.place.now(), group.revision + 1
                return Answer(204)
    raise Refusal(404, f"Security group rule {ident} does not exist", "SecurityGroupRuleNotFound")
