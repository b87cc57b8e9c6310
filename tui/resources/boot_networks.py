"""What a boot's networks and security groups mean: DHCP, routers, addresses, and whether SSH gets in."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from tui.model.trouble import Trouble
from tui.resources.action import Preflight, Values, Verdict
from tui.resources.boot_values import ANY, AUTO, NO_NETWORK, PORT, text
from tui.resources.kind import Raw
from tui.resources.looking import label
from tui.resources.security_rules import lets_in, sources_of
from tui.resources.wiring import Wires

Lines = list[Preflight]
SSH = 22


def of_networks(values: Values, wires: Wires, ports: Any) -> Lines:
    """Say of each chosen network whether a server gets an address there and a way out."""
    chosen = tuple(values.get("networks") or ())
    if not chosen:
        more = "From microversion 2.37 Nova asks the cloud to make one, which most clouds refuse."
        return [Preflight(Verdict.ATTENTION, "No network is chosen.", more, None, "networks")]
    if chosen[0] in (AUTO, NO_NETWORK):
        return _of_special(chosen[0], values)
    if wires.trouble is not None:
        title = wires.trouble.title
        return [Preflight(Verdict.ATTENTION, "Networks could not be looked up.", title, None, "networks")]
    fixed = tuple(values.get("fixed_ips") or ())
    lines: Lines = []
    for position, value in enumerate(chosen):
        if value.startswith(PORT):
            lines += _of_port(value.removeprefix(PORT), ports)
            continue
        network = wires.network(value)
        if network is None:
            lines.append(Preflight(Verdict.BAD, f"There is no network {value}.", "", None, "networks"))
            continue
        lines += of_network(network, wires, values)
        if position < len(fixed) and fixed[position] not in ANY:
            lines += _of_fixed(fixed[position], network, wires)
    return lines + _of_floating(values, chosen, ports, wires)


def _of_special(value: str, values: Values) -> Lines:
    if value == NO_NETWORK:
        if values.get("floating"):
            return [Preflight(Verdict.BAD, "A server without network cannot have a floating IP.", "", None, "floating")]
        more = "Its console is the only way in."
        return [Preflight(Verdict.ATTENTION, "The server will have no network.", more, None, "networks")]
    return [Preflight(Verdict.GOOD, "The cloud finds or makes a network.")]


def of_network(network: Raw, wires: Wires, values: Values) -> Lines:
    """Say of one network whether it has subnets, DHCP and a router."""
    name, subnets = label(network), wires.subnets_of(network)
    if not subnets:
        if network.get("subnets"):
            return [
                Preflight(Verdict.ATTENTION, f"The subnets of {name} are not visible to you.", "", None, "networks")
            ]
        return [Preflight(Verdict.BAD, f"{name} has no subnet: nova boots nothing on it.", "", None, "networks")]
    lines: Lines = []
    if network.get("admin_state_up") is False:
        lines.append(Preflight(Verdict.ATTENTION, f"{name} is down: an admin switched it off.", "", None, "networks"))
    dhcp = any(subnet.get("enable_dhcp") for subnet in subnets)
    if not dhcp and not values.get("config_drive"):
        more = "The server learns its address from a config drive only: turn it on."
        lines.append(Preflight(Verdict.ATTENTION, f"{name} has no DHCP.", more, None, "config_drive"))
    routed = bool(network.get("router:external") or wires.routers_on(network=str(network.get("id"))))
    if not routed and network.get("shared"):
        lines.append(Preflight(Verdict.GOOD, f"{name} is shared; whoever owns it routes it."))
    elif not routed:
        more = "Nothing outside is reached from it, and no floating IP leads to it."
        lines.append(Preflight(Verdict.ATTENTION, f"{name} has no router.", more, None, "networks"))
    if not lines:
        said = " and ".join(word for word, there in (("DHCP", dhcp), ("a router", routed)) if there)
        lines.append(Preflight(Verdict.GOOD, f"{name} has {said or 'a subnet'}."))
    return lines


def _of_port(ident: str, ports: Any) -> Lines:
    if isinstance(ports, Trouble):
        return [Preflight(Verdict.ATTENTION, "The port could not be looked up.", ports.title, None, "networks")]
    port = next((raw for raw in ports if ident in (raw.get("id"), raw.get("name"))), None)
    if port is None:
        more = "It is in use, of another project, or gone."
        return [Preflight(Verdict.BAD, f"Port {ident[:8]} is not free.", more, None, "networks")]
    if not port.get("fixed_ips"):
        return [Preflight(Verdict.ATTENTION, f"Port {label(port)} has no address.", "", None, "networks")]
    return [Preflight(Verdict.GOOD, f"Port {label(port)} is free.")]


def _of_fixed(address: str, network: Raw, wires: Wires) -> Lines:
    try:
        wanted = ipaddress.ip_address(address)
        cidrs = [ipaddress.ip_network(str(subnet.get("cidr"))) for subnet in wires.subnets_of(network)]
    except ValueError:
        return []
    if any(wanted in cidr for cidr in cidrs):
        return []
    there = " ".join(map(str, cidrs))
    return [Preflight(Verdict.BAD, f"{address} is not in {label(network)}.", f"It has {there}.", None, "fixed_ips")]


def _of_floating(values: Values, chosen: Sequence[str], ports: Any, wires: Wires) -> Lines:
    """Whether a router leads from a chosen network to the one that the floating IP comes from."""
    outside = text(values, "floating")
    if not outside:
        return []
    external = wires.network(outside)
    ids = [_network_of(value, ports, wires) for value in chosen]
    routers = [router for ident in ids if ident for router in wires.routers_on(network=ident)]
    name = label(external) if external else outside
    if external is not None and any(wires.leads_to(router) == external.get("id") for router in routers):
        return [Preflight(Verdict.GOOD, f"A router leads to {name}.")]
    if any("external_gateway_info" not in router for router in routers):
        more = "The router belongs to another project."
        return [
            Preflight(Verdict.ATTENTION, f"Whether a router leads to {name} cannot be seen.", more, None, "floating")
        ]
    more = "Connect the subnet to a router with that gateway first."
    return [Preflight(Verdict.BAD, f"No router leads to {name}: no floating IP.", more, None, "floating")]


def _network_of(value: str, ports: Any, wires: Wires) -> str:
    if not value.startswith(PORT):
        network = wires.network(value)
        return str(network.get("id")) if network else ""
    found = ports if not isinstance(ports, Trouble) else ()
    return next((str(raw.get("network_id")) for raw in found if raw.get("id") == value.removeprefix(PORT)), "")


def of_groups(values: Values, groups: Any, ports: Any, wires: Wires, project: str) -> Lines:
    """Whether some security group lets SSH in, and from where. No group chosen means the project's «default»."""
    chosen = tuple(values.get("networks") or ())
    if not chosen or chosen[0] == NO_NETWORK:
        return []
    if isinstance(groups, Trouble):
        return [
            Preflight(
                Verdict.ATTENTION, "Security groups could not be looked up.", groups.title, None, "security_groups"
            )
        ]
    nets = [wires.network(value) for value in chosen if not value.startswith(PORT)]
    if nets and all(network is not None and network.get("port_security_enabled") is False for network in nets):
        more = "Port security is off: security groups do nothing, everything gets in."
        return [
            Preflight(Verdict.ATTENTION, "No security group applies on this network.", more, None, "security_groups")
        ]
    applied, missing = _applied(values, groups, ports, project)
    if missing:
        said = f"There is no security group {', '.join(missing)}."
        return [Preflight(Verdict.BAD, said, "", None, "security_groups")]
    return [_ssh(applied)]


def _applied(values: Values, groups: Sequence[Raw], ports: Any, project: str) -> tuple[list[Raw], list[str]]:
    wanted = list(values.get("security_groups") or ())
    chosen = tuple(values.get("networks") or ())
    by_ports = all(value.startswith(PORT) for value in chosen)
    if by_ports and not isinstance(ports, Trouble):
        # Nova leaves a given port's groups as they are.
        own = [raw for raw in ports if f"{PORT}{raw.get('id')}" in chosen]
        wanted = [str(group) for port in own for group in port.get("security_groups") or ()]
    elif not wanted:
        return [raw for raw in groups if raw.get("name") == "default" and raw.get("project_id") == project], []
    found = [raw for raw in groups if raw.get("id") in wanted or raw.get("name") in wanted]
    known = {str(raw.get(key)) for raw in found for key in ("id", "name")}
    return found, [name for name in wanted if name not in known]


def _ssh(groups: Sequence[Raw]) -> Preflight:
    anywhere: dict[str, tuple[str, ...]] = {}
    from_groups: list[str] = []
    for group in groups:
        rules = [rule for rule in group.get("security_group_rules") or () if isinstance(rule, Mapping)]
        letting = [rule for rule in rules if lets_in(rule, "tcp", SSH)]
        found = sources_of(letting)
        if found:
            anywhere[label(group)] = found
        elif letting:
            from_groups.append(label(group))
    if anywhere:
        name, found = next(iter(anywhere.items()))
        return Preflight(Verdict.GOOD, f"{name} lets SSH in from {', '.join(found[:3])}.")
    names = ", ".join(label(group) for group in groups) or "No group"
    if from_groups:
        more = "Addresses outside the project do not get in."
        said = f"{', '.join(from_groups)} lets SSH in from members of a group only."
        return Preflight(Verdict.ATTENTION, said, more, None, "security_groups")
    verb = "let" if len(groups) > 1 else "lets"
    more = "Choose a group with a rule for TCP port 22, or add one."
    return Preflight(Verdict.ATTENTION, f"{names} {verb} no SSH in.", more, None, "security_groups")
