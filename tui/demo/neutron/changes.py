"""Changes to Neutron's floating IPs, networks and tags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tui.demo.clock import seeded_uuid
from tui.demo.machine import later
from tui.demo.network import attach_floating, detach_floating, new_floating
from tui.demo.neutron import view
from tui.demo.neutron.finding import find_network, find_port, mine, wanted_of
from tui.demo.neutron.quota import require
from tui.demo.records import FloatingIp, Network, Port, Subnet
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
    for kind in ("networks", "ports", "floatingips", "security-groups", "routers"):
        add("GET", f"/v2.0/{kind}/{{id}}/tags", _tag_handler(kind, _show_tags))
        add("PUT", f"/v2.0/{kind}/{{id}}/tags", _tag_handler(kind, _replace_tags))
        add("PUT", f"/v2.0/{kind}/{{id}}/tags/{{tag}}", _tag_handler(kind, _add_tag))
        add("DELETE", f"/v2.0/{kind}/{{id}}/tags/{{tag}}", _tag_handler(kind, _drop_tag))


def _floating(call: Call) -> FloatingIp:
    floating = call.place.floating.get(call.params["id"])
    if floating is None or not mine(call, floating):
        raise Refusal(404, f"Floating IP {call.params['id']} could not be found", "FloatingIPNotFound")
    return floating


def create_floating(call: Call) -> Answer:
    """`POST /v2.0/floatingips`."""
    wanted = wanted_of(call, "floatingip")
    ident = wanted.get("floating_network_id")
    if ident is None:
        raise Refusal(400, "Failed to parse request. Required attribute 'floating_network_id' not specified")
    network = call.place.networks.get(str(ident))
    if network is None:
        raise Refusal(404, f"Network {ident} could not be found.", "NetworkNotFound")
    if not network.external:
        raise Refusal(
            400, f"Bad floatingip request: Network {network.id} is not a valid external network.", "BadRequest"
        )
    port = find_port(call, wanted["port_id"]) if wanted.get("port_id") else None
    project = str(wanted.get("project_id") or call.scope.project_id)
    require(call, "floatingip", project)
    floating = new_floating(call.place, call.place.rng, project, call.place.now(), network)
    floating.description = str(wanted.get("description", ""))
    if port is not None:
        try:
            _lead(call, floating, port, wanted.get("fixed_ip_address"))
        except Refusal:
            del call.place.floating[floating.id]
            raise
    return reply({"floatingip": view.floating_ip(floating)}, 201)


def update_floating(call: Call) -> Answer:
    """`PUT /v2.0/floatingips/{id}`: lead it to a port, or nowhere."""
    floating = _floating(call)
    wanted = wanted_of(call, "floatingip")
    if "description" in wanted:
        floating.description = str(wanted["description"])
    if "port_id" in wanted:
        _leave(call, floating)
        if wanted["port_id"]:
            _lead(call, floating, find_port(call, wanted["port_id"]), wanted.get("fixed_ip_address"))
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
    subnet = _subnet_of(port, fixed)
    attach_floating(call.place, floating, port, fixed)
    if floating.router_id is None:
        detach_floating(floating)
        message = (
            f"External network {floating.network.id} is not reachable from subnet {subnet.id}.  Therefore, cannot "
            f"associate Port {port.id} with a Floating IP."
        )
        raise Refusal(404, message, "ExternalGatewayForFloatingIPNotFound")

    def report() -> None:
        if floating.port is port:
            floating.status, floating.updated = "ACTIVE", call.place.now()

    later(REPORT, report)
    _notice(call, port)


def _subnet_of(port: Port, fixed: str | None) -> Subnet:
    """The subnet of the fixed address that is meant."""
    for subnet, address in port.fixed:
        if address == fixed or (fixed is None and subnet.version == 4):
            return subnet
    problem = f"fixed ip {fixed}" if fixed else "any IPv4 address assigned"
    raise Refusal(400, f"Bad floatingip request: Port {port.id} does not have {problem}.", "BadRequest")


def _leave(call: Call, floating: FloatingIp) -> None:
    port = floating.port
    if port is None:
        return
    detach_floating(floating)

    def report() -> None:
        if floating.port is None:
            floating.status, floating.updated = "DOWN", call.place.now()

    later(REPORT, report)
    _notice(call, port)


def _notice(call: Call, port: Port) -> None:
    """Nova's addresses follow, without a new `updated`."""
    region = call.place
    server = region.find(port.device_id)
    if server is not None:
        server.volatile = True
        later(CACHE, lambda: region.refresh(server))


def create_network(call: Call) -> Answer:
    """`POST /v2.0/networks`."""
    wanted = wanted_of(call, "network")
    now = call.place.now()
    require(call, "network")
    network = Network(
        seeded_uuid(call.place.rng), str(wanted.get("name", "")), call.scope.project_id or "", now, now, revision=1
    )
    network.segment = 3000 + len(call.place.networks)
    network.admin_up = bool(wanted.get("admin_state_up", True))
    network.shared = bool(wanted.get("shared", False)) and call.admin
    network.description = str(wanted.get("description", ""))
    call.place.networks[network.id] = network
    return reply({"network": view.network(network, call.admin) | {"is_default": network.is_default}}, 201)


def update_network(call: Call) -> Answer:
    """`PUT /v2.0/networks/{id}`."""
    network = find_network(call, call.params["id"])
    if not mine(call, network):
        raise Refusal(403, "rule:update_network is disallowed by policy", "PolicyNotAuthorized")
    wanted = wanted_of(call, "network")
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
    network = find_network(call, call.params["id"])
    if not mine(call, network):
        raise Refusal(403, "rule:delete_network is disallowed by policy", "PolicyNotAuthorized")
    used = [port.id for port in call.place.ports.values() if port.network is network]
    if used:
        message = (
            f"Unable to complete operation on network {network.id}. There are one or more ports still in use on the "
            f"network, id for these ports is: {','.join(used)}."
        )
        raise Refusal(409, message, "NetworkInUse")
    del call.place.networks[network.id]
    return Answer(204)


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
        if row is None or not mine(call, row):
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
