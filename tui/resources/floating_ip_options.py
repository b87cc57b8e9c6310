"""What floating IPs can be led to, where new ones come from, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tui.model.trouble import Trouble, TroubleError
from tui.resources.action import Desk, Option, Preflight, Values, Verdict
from tui.resources.boot_options import external_networks, without_floating
from tui.resources.kind import Raw
from tui.resources.looking import absent, label, rows, together
from tui.resources.quota import floating_quota, quota_line
from tui.resources.wiring import Wires, look

NEW = "new:"
"""Begins the value of an address that is made first, from the network whose id follows."""

Lines = list[Preflight]


def split(target: str) -> tuple[str, str]:
    """Return port and fixed address of a target's value."""
    port, _, address = target.partition("/")
    return port, address


def free_or_new(desk: Desk) -> tuple[Option, ...]:
    """Addresses of the project that lead nowhere, then new ones from each external network, then those in use."""
    if without_floating(desk):
        return ()
    own = [raw for raw in addresses(desk) if raw.get("project_id") in (desk.identity.project_id, None, "")]
    names = {option.value: option.text for option in external_networks(desk)}
    free = [_option(raw, names) for raw in own if not raw.get("port_id")]
    used = [_option(raw, names) for raw in own if raw.get("port_id")]
    new = [Option(NEW + ident, f"a new one from {name}", "", {"network": ident}) for ident, name in names.items()]
    return (*free, *new, *used)


def _option(raw: Raw, names: Mapping[str, str]) -> Option:
    network = str(raw.get("floating_network_id"))
    leads = f"leads to {raw.get('fixed_ip_address')}" if raw.get("port_id") else "free"
    note = ", ".join((leads, names.get(network, network[:8])))
    return Option(str(raw.get("id")), str(raw.get("floating_ip_address")), note, {"network": network})


def addresses(desk: Desk) -> list[Raw]:
    """Return the floating IPs that this token sees. Blocking; raises TroubleError."""
    return rows(desk.api, "network", "/floatingips", "floatingips")


def fixed_of_server(desk: Desk) -> tuple[Option, ...]:
    """IPv4 addresses of the server's ports, those without a floating IP first."""
    return _fixed(desk, _ports_of_server(desk), {})


def fixed_of_place(desk: Desk) -> tuple[Option, ...]:
    """IPv4 addresses of all ports of the project that belong to a server, or to nothing yet."""
    project = desk.identity.project_id
    ports = rows(desk.api, "network", "/ports", "ports", (("project_id", project),) if project else ())
    ours = [
        raw for raw in ports if str(raw.get("device_owner") or "").startswith("compute:") or not raw.get("device_owner")
    ]
    names = {entry.id: str(getattr(entry.row, "name", "")) for entry in desk.all_of("server")}
    return _fixed(desk, ours, names)


def _fixed(desk: Desk, ports: Sequence[Raw], servers: Mapping[str, str]) -> tuple[Option, ...]:
    if not ports:
        return ()
    names = {str(raw.get("id")): label(raw) for raw in rows(desk.api, "network", "/networks", "networks")}
    taken = {
        (str(raw.get("port_id")), str(raw.get("fixed_ip_address"))) for raw in addresses(desk) if raw.get("port_id")
    }
    found = []
    for port in ports:
        device = str(port.get("device_id") or "")
        for one in port.get("fixed_ips") or ():
            address = str(one.get("ip_address"))
            if ":" in address:
                # Neutron leads floating IPs to IPv4 addresses only.
                continue
            has = (str(port.get("id")), address) in taken
            notes = (
                servers.get(device, ""),
                names.get(str(port.get("network_id")), ""),
                "has one already" if has else "",
            )
            found.append(Option(f"{port.get('id')}/{address}", address, ", ".join(filter(None, notes)), {"taken": has}))
    return tuple(sorted(found, key=lambda option: bool(option.facts["taken"])))


def floating_of_server(desk: Desk) -> tuple[Option, ...]:
    """Floating IPs that lead to the server."""
    ports = {str(raw.get("id")) for raw in _ports_of_server(desk)}
    return tuple(_option(raw, {}) for raw in addresses(desk) if raw.get("port_id") in ports) if ports else ()


def _ports_of_server(desk: Desk) -> list[Raw]:
    idents = [entry.id for entry in desk.entries[:1]]
    return [raw for ident in idents for raw in rows(desk.api, "network", "/ports", "ports", (("device_id", ident),))]


def attach_preflight(address_of: Callable[[Desk, Values], str]) -> Callable[[Desk, Values], Sequence[Preflight]]:
    """Return the preflight of an attachment; `address_of` gives the value of the chosen address."""

    def preflight(desk: Desk, values: Values) -> Sequence[Preflight]:
        nothing = without_any(desk)
        if nothing is not None:
            return [nothing]
        address, target = address_of(desk, values), str(values.get("fixed") or "")
        jobs: dict[str, Callable[[], Any]] = {
            "wires": lambda: look(desk.api),
            "addresses": lambda: addresses(desk),
            "port": lambda: _port(desk, split(target)[0]) if target else None,
        }
        if address.startswith(NEW):
            jobs["quota"] = lambda: floating_quota(desk.api, desk.identity.project_id)
        found = together(jobs)
        lines = _of_quota(found.get("quota"))
        lines += _of_addresses(address, target, found["addresses"])
        if address and target:
            lines.append(_of_way(address, target, found))
        return lines

    return preflight


def create_preflight(desk: Desk, values: Values) -> Sequence[Preflight]:
    """Say whether one more address may be made."""
    nothing = without_any(desk)
    if nothing is not None:
        return [nothing]
    return _of_quota(together({"quota": lambda: floating_quota(desk.api, desk.identity.project_id)})["quota"])


def without_any(desk: Desk) -> Preflight | None:
    """Say that the cloud has no floating IPs, where it has none."""
    if without_floating(desk):
        more = "clouds.yaml says floating_ip_source: None."
        return Preflight(Verdict.BAD, "This cloud has no floating IPs.", more)
    try:
        if external_networks(desk):
            return None
    except TroubleError as error:
        verdict = Verdict.BAD if absent(error.trouble) else Verdict.ATTENTION
        said = (
            "This cloud has no floating IPs." if absent(error.trouble) else "External networks could not be looked up."
        )
        return Preflight(verdict, said, error.trouble.title)
    return Preflight(Verdict.BAD, "This cloud has no floating IPs.", "No network that you see is external.")


def _port(desk: Desk, ident: str) -> Raw:
    return desk.api.decoded("network", desk.api.get("network", f"/ports/{ident}"), "port")


def _of_quota(quota: Any) -> Lines:
    if quota is None:
        return []
    if isinstance(quota, Trouble):
        return [Preflight(Verdict.ATTENTION, "The quota could not be looked up.", quota.title, None, "address")]
    return [quota_line("floating IPs", quota, 1, "address")]


def _of_addresses(address: str, target: str, known: Any) -> Lines:
    if isinstance(known, Trouble):
        return [Preflight(Verdict.ATTENTION, "Floating IPs could not be looked up.", known.title, None, "address")]
    lines: Lines = []
    chosen = next((raw for raw in known if raw.get("id") == address), None)
    port, fixed_ip = split(target)
    if address and not address.startswith(NEW) and chosen is None:
        lines.append(Preflight(Verdict.BAD, "That floating IP is gone.", "", None, "address"))
    elif (
        chosen is not None
        and chosen.get("port_id")
        and (chosen.get("port_id"), chosen.get("fixed_ip_address")) != (port, fixed_ip)
    ):
        said = f"{chosen.get('floating_ip_address')} leads to {chosen.get('fixed_ip_address')} now."
        lines.append(Preflight(Verdict.ATTENTION, said, "It is taken away from there.", None, "address"))
    there = [raw for raw in known if target and (raw.get("port_id"), raw.get("fixed_ip_address")) == (port, fixed_ip)]
    for raw in there:
        if raw.get("id") != address:
            said = f"{raw.get('floating_ip_address')} leads to {fixed_ip} already."
            more = "One fixed address takes one floating IP of a network: detach it first."
            lines.append(Preflight(Verdict.BAD, said, more, None, "fixed"))
    return lines


def _of_way(address: str, target: str, found: Mapping[str, Any]) -> Preflight:
    """Say whether a router leads from the fixed address's subnet to the floating IP's network."""
    wires: Wires = found["wires"]
    port, known = found["port"], found["addresses"]
    trouble = next((part for part in (wires.trouble, port, known) if isinstance(part, Trouble)), None)
    if trouble is not None:
        return Preflight(Verdict.ATTENTION, "Routers could not be looked up.", trouble.title, None, "fixed")
    chosen: Raw = next((raw for raw in known if raw.get("id") == address), {})
    outside = address.removeprefix(NEW) if address.startswith(NEW) else str(chosen.get("floating_network_id") or "")
    fixed_ip = split(target)[1]
    subnets = [str(one.get("subnet_id")) for one in port.get("fixed_ips") or () if one.get("ip_address") == fixed_ip]
    subnet = subnets[0] if subnets else ""
    routers = wires.routers_on(subnet=subnet)
    outer, inner = wires.network(outside), wires.network(str(port.get("network_id")))
    name = label(outer) if outer else outside[:8]
    leading = next((router for router in routers if outside and wires.leads_to(router) == outside), None)
    if leading is not None:
        return Preflight(Verdict.GOOD, f"Router {label(leading)} leads to {name}.")
    hidden = any("external_gateway_info" not in router for router in routers)
    if hidden or (not routers and inner is not None and inner.get("shared")):
        more = "The routers there belong to another project."
        return Preflight(Verdict.ATTENTION, f"Whether a router leads to {name} cannot be seen.", more, None, "fixed")
    what = _subnet_name(wires, subnet)
    if routers:
        which = ", ".join(label(router) for router in routers[:3])
        more = f"{which} has another gateway, or none: set it to {name}."
        return Preflight(Verdict.BAD, f"No router of {what} leads to {name}.", more, None, "fixed")
    more = f"Connect {what} to a router with a gateway on {name} first."
    return Preflight(Verdict.BAD, f"{what} has no router to {name}.", more, None, "fixed")


def _subnet_name(wires: Wires, ident: str) -> str:
    found = wires.subnets.get(ident) if isinstance(wires.subnets, Mapping) else None
    return f"subnet {found.get('name') or found.get('cidr')}" if found else "The subnet"
