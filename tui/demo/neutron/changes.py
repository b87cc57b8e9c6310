"""Changes to Neutron's resources: floating IPs, networks, ports, security groups, tags."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from tui.demo.clock import seeded_uuid
from tui.demo.network import attach_floating, detach_floating, new_floating
from tui.demo.neutron import view
from tui.demo.records import FloatingIp, Json, Network, Port, SecurityGroup, SecurityRule, Subnet
from tui.demo.rest import Answer, Call, Refusal, Routes, reply

REPORT = 1.0
"""Seconds until the L3 agent has reported what became of a floating IP."""

CACHE = 1.0
"""Seconds more until Nova's cache of addresses knows of it."""


def add_routes(routes: Routes) -> None:
    """Let the paths of the changes be found."""
    add = routes.add
    add("POST", "/v2.0/floatingips", create_floating)
    add("PUT", "/v2.0/floatingips/{id}", update_floating)
    add("DELETE", "/v2.0/floatingips/{id}", delete_floating)
    add("POST", "/v2.0/networks", create_network)
    add("PUT", "/v2.0/networks/{id}", update_network)
    add("DELETE", "/v2.0/networks/{id}", delete_network)
    add("POST", "/v2.0/subnets", create_subnet)
    add("PUT", "/v2.0/ports/{id}", update_port)
    add("POST", "/v2.0/security-groups", create_group)
    add("DELETE", "/v2.0/security-groups/{id}", delete_group)
    add("POST", "/v2.0/security-group-rules", create_rule)
    add("DELETE", "/v2.0/security-group-rules/{id}", delete_rule)
    for kind in ("networks", "ports", "floatingips", "security-groups", "routers"):
        add("GET", f"/v2.0/{kind}/{{id}}/tags", _tag_handler(kind, _show_tags))
        add("PUT", f"/v2.0/{kind}/{{id}}/tags", _tag_handler(kind, _replace_tags))
        add("PUT", f"/v2.0/{kind}/{{id}}/tags/{{tag}}", _tag_handler(kind, _add_tag))
        add("DELETE", f"/v2.0/{kind}/{{id}}/tags/{{tag}}", _tag_handler(kind, _drop_tag))


def _later(seconds: float, call: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(seconds, call)


def _mine(call: Call, row: Any) -> bool:
    return call.admin or row.project_id == call.scope.project_id


def _wanted(call: Call, name: str) -> Json:
    wanted = call.json().get(name)
    if not isinstance(wanted, dict):
        raise Refusal(400, f"Resource body required: '{name}'")
    return wanted


def _port(call: Call, ident: str) -> Port:
    port = call.place.ports.get(ident)
    if port is None or not _mine(call, port):
        raise Refusal(404, f"Port {ident} could not be found.", "PortNotFound")
    return port


def _floating(call: Call) -> FloatingIp:
    floating = call.place.floating.get(call.params["id"])
    if floating is None or not _mine(call, floating):
        raise Refusal(404, f"Floating IP {call.params['id']} could not be found.", "FloatingIPNotFound")
    return floating


def create_floating(call: Call) -> Answer:
    """`POST /v2.0/floatingips`."""
    wanted = _wanted(call, "floatingip")
    network = call.place.networks.get(str(wanted.get("floating_network_id")))
    if network is None:
        ident = wanted.get("floating_network_id")
        raise Refusal(404, f"Network {ident} could not be found.", "NetworkNotFound")
    if not network.external:
        raise Refusal(
            400, f"Bad floatingip request: Network {network.id} is not a valid external network.", "BadRequest"
        )
    port = _port(call, wanted["port_id"]) if wanted.get("port_id") else None
    project = str(wanted.get("project_id") or call.scope.project_id)
    floating = new_floating(call.place, call.place.rng, project, call.place.now())
    floating.description = str(wanted.get("description", ""))
    if port is not None:
        _lead(call, floating, port, wanted.get("fixed_ip_address"))
    return reply({"floatingip": view.floating_ip(floating)}, 201)


def update_floating(call: Call) -> Answer:
    """`PUT /v2.0/floatingips/{id}`: lead it to a port, or nowhere."""
    floating = _floating(call)
    wanted = _wanted(call, "floatingip")
    if "description" in wanted:
        floating.description = str(wanted["description"])
    if "port_id" in wanted:
        _leave(call, floating)
        if wanted["port_id"]:
            _lead(call, floating, _port(call, wanted["port_id"]), wanted.get("fixed_ip_address"))
    floating.updated, floating.revision = call.place.now(), floating.revision + 1
    return reply({"floatingip": view.floating_ip(floating)})


def delete_floating(call: Call) -> Answer:
    """`DELETE /v2.0/floatingips/{id}`."""
    floating = _floating(call)
    _leave(call, floating)
    del call.place.floating[floating.id]
    return Answer(204)


def _lead(call: Call, floating: FloatingIp, port: Port, fixed: str | None) -> None:
    """Lead an address to a port; the agent reports it ACTIVE a moment later, Nova notices after that."""
    if port.floating is not None:
        message = (
            f"Cannot associate floating IP {floating.address} ({floating.id}) with port {port.id} using fixed IP "
            f"{port.floating.fixed}, as that fixed IP already has a floating IP on external network "
            f"{floating.network.id}."
        )
        raise Refusal(409, message, "FloatingIPPortAlreadyAssociated")
    attach_floating(call.place, floating, port, fixed)
    if floating.router_id is None:
        detach_floating(floating)
        message = f"External network {floating.network.id} is not reachable from subnet {port.fixed[0][0].id}."
        raise Refusal(404, message, "ExternalGatewayForFloatingIPNotFound")

    def report() -> None:
        if floating.port is port:
            floating.status, floating.updated = "ACTIVE", call.place.now()

    _later(REPORT, report)
    _notice(call, port)


def _leave(call: Call, floating: FloatingIp) -> None:
    port = floating.port
    if port is None:
        return
    detach_floating(floating)

    def report() -> None:
        if floating.port is None:
            floating.status, floating.updated = "DOWN", call.place.now()

    _later(REPORT, report)
    _notice(call, port)


def _notice(call: Call, port: Port) -> None:
    """Nova's addresses follow, without a new `updated`."""
    region = call.place
    server = region.find(port.device_id)
    if server is not None:
        server.volatile = True
        _later(CACHE, lambda: region.refresh(server))


def create_network(call: Call) -> Answer:
    """`POST /v2.0/networks`."""
    wanted = _wanted(call, "network")
    now = call.place.now()
    network = Network(
        seeded_uuid(call.place.rng), str(wanted.get("name", "")), call.scope.project_id or "", now, now, revision=1
    )
    network.segment = 3000 + len(call.place.networks)
    network.admin_up = bool(wanted.get("admin_state_up", True))
    network.shared = bool(wanted.get("shared", False)) and call.admin
    network.description = str(wanted.get("description", ""))
    call.place.networks[network.id] = network
    return reply({"network": view.network(network, call.admin)}, 201)


def _network(call: Call, ident: str) -> Network:
    network = call.place.networks.get(ident)
    if network is None or not (_mine(call, network) or network.shared or network.external):
        raise Refusal(404, f"Network {ident} could not be found.", "NetworkNotFound")
    return network


def update_network(call: Call) -> Answer:
    """`PUT /v2.0/networks/{id}`."""
    network = _network(call, call.params["id"])
    if not _mine(call, network):
        raise Refusal(403, "rule:update_network is disallowed by policy", "PolicyNotAuthorized")
    wanted = _wanted(call, "network")
    for name, attribute in (
        ("name", "name"),
        ("description", "description"),
        ("admin_state_up", "admin_up"),
        ("mtu", "mtu"),
    ):
        if name in wanted:
            setattr(network, attribute, wanted[name])
    if not network.admin_up:
        network.status = "DOWN"
    network.updated, network.revision = call.place.now(), network.revision + 1
    return reply({"network": view.network(network, call.admin)})


def delete_network(call: Call) -> Answer:
    """`DELETE /v2.0/networks/{id}`."""
    network = _network(call, call.params["id"])
    if not _mine(call, network):
        raise Refusal(403, "rule:delete_network is disallowed by policy", "PolicyNotAuthorized")
    if any(port.network is network for port in call.place.ports.values()):
        message = (
            f"Unable to complete operation on network {network.id}. There are one or more ports still in use on the "
            "network."
        )
        raise Refusal(409, message, "NetworkInUse")
    del call.place.networks[network.id]
    return Answer(204)


def create_subnet(call: Call) -> Answer:
    """`POST /v2.0/subnets`."""
    wanted = _wanted(call, "subnet")
    network = _network(call, str(wanted.get("network_id")))
    cidr, version = str(wanted.get("cidr")), int(wanted.get("ip_version", 4))
    stem = cidr.split("/")[0].rsplit("." if version == 4 else ":", 1)[0]
    sign = "." if version == 4 else ":"
    subnet = Subnet(
        seeded_uuid(call.place.rng),
        str(wanted.get("name", "")),
        network,
        cidr,
        version,
        wanted.get("gateway_ip", f"{stem}{sign}1"),
        f"{stem}{sign}2",
        f"{stem}{sign}254",
        call.place.now(),
        dhcp=bool(wanted.get("enable_dhcp", True)),
    )
    network.subnets.append(subnet)
    return reply({"subnet": view.subnet(subnet, call.admin)}, 201)


def update_port(call: Call) -> Answer:
    """`PUT /v2.0/ports/{id}`: name, admin state, security groups."""
    port = _port(call, call.params["id"])
    wanted = _wanted(call, "port")
    if "name" in wanted:
        port.name = str(wanted["name"])
    if "admin_state_up" in wanted:
        port.admin_up = bool(wanted["admin_state_up"])
        port.status = "ACTIVE" if port.admin_up else "DOWN"
    if "security_groups" in wanted:
        port.groups = [_group(call, str(ident)) for ident in wanted["security_groups"]]
    port.updated, port.revision = call.place.now(), port.revision + 1
    server = call.place.find(port.device_id)
    if server is not None:
        call.place.refresh(server)
    return reply({"port": view.port(port, call.admin)})


def _group(call: Call, ident: str) -> SecurityGroup:
    group = call.place.groups.get(ident)
    if group is None or not _mine(call, group):
        raise Refusal(404, f"Security group {ident} does not exist.", "SecurityGroupNotFound")
    return group


def create_group(call: Call) -> Answer:
    """`POST /v2.0/security-groups`, with the two rules that let everything out."""
    wanted = _wanted(call, "security_group")
    now, project = call.place.now(), call.scope.project_id or ""
    group = SecurityGroup(seeded_uuid(call.place.rng), str(wanted.get("name")), project, "", now, now, revision=1)
    group.description = str(wanted.get("description", ""))
    for ethertype in ("IPv4", "IPv6"):
        ident = seeded_uuid(call.place.rng)
        group.rules.append(
            SecurityRule(ident, group.id, project, "egress", ethertype, None, None, None, None, None, now)
        )
    call.place.groups[group.id] = group
    return reply({"security_group": view.security_group(group)}, 201)


def delete_group(call: Call) -> Answer:
    """`DELETE /v2.0/security-groups/{id}`."""
    group = _group(call, call.params["id"])
    if any(group in port.groups for port in call.place.ports.values()):
        raise Refusal(409, f"Security Group {group.id} in use.", "SecurityGroupInUse")
    del call.place.groups[group.id]
    return Answer(204)


def create_rule(call: Call) -> Answer:
    """`POST /v2.0/security-group-rules`."""
    wanted = _wanted(call, "security_group_rule")
    group = _group(call, str(wanted.get("security_group_id")))
    rule = SecurityRule(
        seeded_uuid(call.place.rng),
        group.id,
        group.project_id,
        str(wanted.get("direction")),
        str(wanted.get("ethertype", "IPv4")),
        wanted.get("protocol"),
        wanted.get("port_range_min"),
        wanted.get("port_range_max"),
        wanted.get("remote_ip_prefix"),
        wanted.get("remote_group_id"),
        call.place.now(),
        str(wanted.get("description", "")),
    )
    same = next((other for other in group.rules if _meaning(other) == _meaning(rule)), None)
    if same is not None:
        message = f"Security group rule already exists. Rule id is {same.id}."
        raise Refusal(409, message, "SecurityGroupRuleExists")
    group.rules.append(rule)
    group.updated, group.revision = call.place.now(), group.revision + 1
    return reply({"security_group_rule": view.rule(rule)}, 201)


def _meaning(rule: SecurityRule) -> tuple[object, ...]:
    """What a rule says, whatever its id and description: Neutron takes no rule twice."""
    everywhere = {"0.0.0.0/0", "::/0", None}
    prefix = None if rule.prefix in everywhere else rule.prefix
    return rule.direction, rule.ethertype, rule.protocol, rule.low, rule.high, prefix, rule.remote_group


def delete_rule(call: Call) -> Answer:
    """`DELETE /v2.0/security-group-rules/{id}`."""
    ident = call.params["id"]
    for group in call.place.groups.values():
        for rule in group.rules:
            if rule.id == ident and _mine(call, group):
                group.rules.remove(rule)
                group.updated = call.place.now()
                return Answer(204)
    raise Refusal(404, f"Security group rule {ident} does not exist.", "SecurityGroupRuleNotFound")


def _tag_handler(kind: str, change: Callable[[Call, list[str]], Answer]) -> Callable[[Call], Answer]:
    def handle(call: Call) -> Answer:
        region = call.place
        kinds: dict[str, Mapping[str, Any]] = {
            "networks": region.networks,
            "ports": region.ports,
            "floatingips": region.floating,
            "security-groups": region.groups,
            "routers": region.routers,
        }
        row = kinds[kind].get(call.params["id"])
        if row is None or not _mine(call, row):
            raise Refusal(404, f"Resource {kind} {call.params['id']} could not be found.", "TagResourceNotFound")
        return change(call, row.tags)

    return handle


def _show_tags(call: Call, tags: list[str]) -> Answer:
    return reply({"tags": tags})


def _replace_tags(call: Call, tags: list[str]) -> Answer:
    tags[:] = sorted({str(tag) for tag in call.json().get("tags", [])})
    return reply({"tags": tags})


def _add_tag(call: Call, tags: list[str]) -> Answer:
    if call.params["tag"] not in tags:
        tags.append(call.params["tag"])
    return Answer(201)


def _drop_tag(call: Call, tags: list[str]) -> Answer:
    if call.params["tag"] not in tags:
        raise Refusal(404, f"Tag {call.params['tag']} could not be found.", "TagNotFound")
    tags.remove(call.params["tag"])
    return Answer(204)
