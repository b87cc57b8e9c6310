"""Finds Neutron's resources, as far as the caller may see them."""

from __future__ import annotations

from typing import Any

from tui.demo.records import Json, Network, Port, Router, SecurityGroup, Subnet
from tui.demo.rest import Call, Refusal


def mine(call: Call, row: Any) -> bool:
    """May the caller change this?"""
    return call.admin or row.project_id == call.scope.project_id


def wanted_of(call: Call, name: str) -> Json:
    """The one object of a request's body."""
    wanted = call.json().get(name)
    if not isinstance(wanted, dict):
        raise Refusal(400, f"Resource body required: '{name}'")
    return wanted


def find_port(call: Call, ident: str) -> Port:
    """A port of the caller's."""
    port = call.place.ports.get(ident)
    if port is None or not mine(call, port):
        raise Refusal(404, f"Port {ident} could not be found.", "PortNotFound")
    return port


def find_network(call: Call, ident: str) -> Network:
    """A network that the caller may use."""
    network = call.place.networks.get(ident)
    if network is None or not (mine(call, network) or network.shared or network.external):
        raise Refusal(404, f"Network {ident} could not be found.", "NetworkNotFound")
    return network


def find_subnet(call: Call, ident: str) -> Subnet:
    """A subnet of a network that the caller may use."""
    for network in call.place.networks.values():
        if mine(call, network) or network.shared or network.external:
            for subnet in network.subnets:
                if subnet.id == ident:
                    return subnet
    raise Refusal(404, f"Subnet {ident} could not be found.", "SubnetNotFound")


def find_router(call: Call, ident: str) -> Router:
    """A router of the caller's."""
    router = call.place.routers.get(ident)
    if router is None or not mine(call, router):
        raise Refusal(404, f"Router {ident} could not be found", "RouterNotFound")
    return router


def find_group(call: Call, ident: str) -> SecurityGroup:
    """A security group of the caller's."""
    group = call.place.groups.get(ident)
    if group is None or not mine(call, group):
        raise Refusal(404, f"Security group {ident} does not exist", "SecurityGroupNotFound")
    return group
