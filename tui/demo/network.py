"""Plugs servers into networks: ports, fixed addresses, floating IPs."""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Sequence

from tui.demo.clock import seeded_uuid
from tui.demo.records import FloatingIp, Network, Port, SecurityGroup, Server, Subnet
from tui.demo.rest import Refusal
from tui.demo.world import Region


def address_on(subnet: Subnet, place: int) -> str:
    """The address at a place in a subnet's range."""
    base = subnet.cidr.split("/")[0]
    if subnet.version == 6:
        return f"{base}{place:x}"
    octets = [int(part) for part in base.split(".")]
    number = (octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3]) + place
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def plug(
    region: Region,
    rng: random.Random,
    server: Server,
    network: Network,
    groups: Sequence[SecurityGroup],
    now: int,
) -> Port:
    """Give a server a port with an address of each subnet of a network."""
    place = region.next_address(network.id)
    bits = rng.getrandbits(24)
    port = Port(
        seeded_uuid(rng),
        network,
        server.project_id,
        f"fa:16:3e:{bits >> 16:02x}:{bits >> 8 & 255:02x}:{bits & 255:02x}",
        [(subnet, address_on(subnet, place)) for subnet in network.subnets],
        server.id,
        f"compute:{server.zone or 'nova'}",
        server.host or "",
        list(groups),
        max(server.created, 0),
        max(server.created + 2, 0) if server.created < now else now,
    )
    port.dns_name = hostname(server.name)
    server.ports.append(port)
    region.add_port(port)
    return port


def bind(region: Region, port: Port, server: Server) -> None:
    """Plug a port that was there before into a server."""
    port.device_id, port.owner = server.id, f"compute:{server.zone or 'nova'}"
    port.host, port.status, port.updated = server.host or "", "ACTIVE", region.now()
    port.revision += 2
    port.dns_name = hostname(server.name)
    server.ports.append(port)


def taken(region: Region, network: Network) -> set[str]:
    """The addresses in use on a network."""
    used = {address for port in region.ports.values() if port.network is network for _, address in port.fixed}
    used |= {floating.address for floating in region.floating.values() if floating.network is network}
    return used | {subnet.gateway for subnet in network.subnets if subnet.gateway}


def subnet_of(network: Network, address: str) -> Subnet | None:
    """The subnet that an address belongs to, None for an odd or a foreign one."""
    try:
        wanted = ipaddress.ip_address(address)
    except ValueError:
        return None
    for subnet in network.subnets:
        if wanted in ipaddress.ip_network(subnet.cidr, strict=False):
            return subnet
    return None


def reserve(region: Region, network: Network, address: str) -> tuple[Subnet, str]:
    """A certain address of a network. Refused as Neutron does when it is foreign or taken."""
    subnet = subnet_of(network, address)
    if subnet is None:
        message = f"IP address {address} is not a valid IP for any of the subnets on the specified network."
        raise Refusal(400, message, "InvalidIpForNetwork")
    if address in taken(region, network):
        message = f"IP address {address} already allocated in subnet {subnet.id}"
        raise Refusal(409, message, "IpAddressAlreadyAllocated")
    return subnet, address


def new_port(region: Region, network: Network, project_id: str, fixed: list[tuple[Subnet, str]]) -> Port:
    """A port that nothing is plugged into yet."""
    bits, now = region.rng.getrandbits(24), region.now()
    mac = f"fa:16:3e:{bits >> 16:02x}:{bits >> 8 & 255:02x}:{bits & 255:02x}"
    port = Port(seeded_uuid(region.rng), network, project_id, mac, fixed, "", "", "", [], now, now, "DOWN", revision=1)
    region.add_port(port)
    return port


def free_address(region: Region, subnet: Subnet) -> str:
    """The next free address of a subnet."""
    while True:
        address = address_on(subnet, region.next_address(subnet.network.id))
        if not any(a == address for p in region.ports.values() if p.network is subnet.network for _, a in p.fixed):
            return address


def hostname(name: str) -> str:
    """The host name that Nova makes of a display name."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" if c in " _" else "" for c in name)
    return kept.strip(".-").lower()[:63] or "server"


def new_floating(
    region: Region, rng: random.Random, project_id: str, now: int, network: Network | None = None
) -> FloatingIp:
    """An idle address of the outside network."""
    public = network or next(n for n in region.networks.values() if n.external)
    address = address_on(public.subnets[0], region.next_address(public.id))
    floating = FloatingIp(seeded_uuid(rng), address, public, project_id, now, now)
    region.add_floating(floating)
    return floating


def attach_floating(region: Region, floating: FloatingIp, port: Port, fixed: str | None = None) -> None:
    """Lead an address of the outside to a port."""
    leading = (r for r in region.routers.values() if port.network in r.networks and r.gateway is floating.network)
    router = next(leading, None)
    floating.port = port
    floating.fixed = fixed or next((a for s, a in port.fixed if s.version == 4), None)
    floating.router_id = router.id if router else None
    port.floating = floating


def detach_floating(floating: FloatingIp) -> None:
    """Let an address lie idle again."""
    if floating.port is not None:
        floating.port.floating = None
    floating.port = floating.fixed = floating.router_id = None


def give_floating(region: Region, rng: random.Random, server: Server, now: int) -> None:
    """A floating IP for a server that has had it for long."""
    if server.ports:
        floating = new_floating(region, rng, server.project_id, server.created + 60)
        attach_floating(region, floating, server.ports[0])
        floating.status, floating.updated = "ACTIVE", min(now, server.created + 62)
