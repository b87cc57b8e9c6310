"""Changes to subnets, ports and routers."""

from __future__ import annotations

import ipaddress
from typing import Any

from tui.demo.clock import seeded_uuid
from tui.demo.network import free_address, new_port, reserve, subnet_of
from tui.demo.neutron import view
from tui.demo.neutron.finding import find_group, find_network, find_port, find_router, find_subnet, wanted_of
from tui.demo.neutron.quota import require
from tui.demo.records import Json, Network, Port, Router, Subnet
from tui.demo.rest import Answer, Call, Refusal, Routes, reply

INTERFACE = "network:router_interface"


def add_routes(routes: Routes) -> None:
    """Let the paths be found."""
    add = routes.add
    add("POST", "/v2.0/subnets", create_subnet)
    add("PUT", "/v2.0/subnets/{id}", update_subnet)
    add("DELETE", "/v2.0/subnets/{id}", delete_subnet)
    add("POST", "/v2.0/ports", create_port)
    add("PUT", "/v2.0/ports/{id}", update_port)
    add("DELETE", "/v2.0/ports/{id}", delete_port)
    add("POST", "/v2.0/routers", create_router)
    add("PUT", "/v2.0/routers/{id}", update_router)
    add("DELETE", "/v2.0/routers/{id}", delete_router)
    add("PUT", "/v2.0/routers/{id}/add_router_interface", add_interface)
    add("PUT", "/v2.0/routers/{id}/remove_router_interface", remove_interface)


def _invalid(text: str) -> Refusal:
    return Refusal(400, f"Invalid input for operation: {text}", "InvalidInput")


def create_subnet(call: Call) -> Answer:
    """`POST /v2.0/subnets`."""
    wanted = wanted_of(call, "subnet")
    network = find_network(call, str(wanted.get("network_id")))
    cidr = str(wanted.get("cidr"))
    try:
        whole = ipaddress.ip_network(cidr, strict=False)
    except ValueError as error:
        raise _invalid(f"{cidr} is not in a CIDR format.") from error
    for old in network.subnets:
        other = ipaddress.ip_network(old.cidr, strict=False)
        if other.version == whole.version and other.overlaps(whole):
            raise _invalid(
                f"Requested subnet with cidr: {cidr} for network: {network.id} overlaps with another subnet."
            )
    require(call, "subnet")
    gateway = wanted.get("gateway_ip", str(whole[1]))
    last = whole[-2] if whole.version == 4 else whole[-1]
    subnet = Subnet(
        seeded_uuid(call.place.rng),
        str(wanted.get("name", "")),
        network,
        cidr,
        whole.version,
        gateway,
        str(whole[2] if gateway == str(whole[1]) else whole[1]),
        str(last),
        call.place.now(),
        dhcp=bool(wanted.get("enable_dhcp", True)),
        dns=[str(one) for one in wanted.get("dns_nameservers") or []],
    )
    network.subnets.append(subnet)
    return reply({"subnet": view.subnet(subnet, call.admin)}, 201)


def update_subnet(call: Call) -> Answer:
    """`PUT /v2.0/subnets/{id}`: name, DHCP, name servers, gateway."""
    subnet = find_subnet(call, call.params["id"])
    wanted = wanted_of(call, "subnet")
    subnet.name = str(wanted.get("name", subnet.name))
    subnet.dhcp = bool(wanted.get("enable_dhcp", subnet.dhcp))
    subnet.gateway = wanted.get("gateway_ip", subnet.gateway)
    subnet.dns = [str(one) for one in wanted.get("dns_nameservers", subnet.dns)]
    subnet.revision += 1
    return reply({"subnet": view.subnet(subnet, call.admin)})


def delete_subnet(call: Call) -> Answer:
    """`DELETE /v2.0/subnets/{id}`."""
    subnet = find_subnet(call, call.params["id"])
    if any(s is subnet for port in call.place.ports.values() for s, _ in port.fixed):
        problem = "One or more ports have an IP allocation from this subnet."
        raise Refusal(409, f"Unable to complete operation on subnet {subnet.id}: {problem}", "SubnetInUse")
    subnet.network.subnets.remove(subnet)
    return Answer(204)


def _fixed(call: Call, network: Network, asked: Any) -> list[tuple[Subnet, str]]:
    """The addresses that a port is to have: those asked for, or one of each version."""
    if asked == []:
        return []
    if asked is None:
        first: dict[int, Subnet] = {}
        for subnet in network.subnets:
            first.setdefault(subnet.version, subnet)
        return [(subnet, free_address(call.place, subnet)) for subnet in first.values()]
    found = []
    for one in asked:
        found.append(_one_fixed(call, network, one))
    return found


def _one_fixed(call: Call, network: Network, asked: Json) -> tuple[Subnet, str]:
    ident, address = asked.get("subnet_id"), asked.get("ip_address")
    subnet = next((s for s in network.subnets if s.id == ident), None) if ident else None
    if ident and subnet is None:
        problem = f"Failed to create port on network {network.id}, because fixed_ips included invalid subnet {ident}."
        raise Refusal(400, f"Invalid input for operation: {problem}", "InvalidInput")
    if address is None:
        chosen = subnet or (network.subnets[0] if network.subnets else None)
        if chosen is None:
            raise Refusal(400, "IP allocation requires subnet_id or ip_address.", "BadRequest")
        return chosen, free_address(call.place, chosen)
    if subnet is not None and subnet_of(network, str(address)) is not subnet:
        problem = f"IP address {address} is not a valid IP for the specified subnet."
        raise Refusal(400, problem, "InvalidIpForSubnet")
    return reserve(call.place, network, str(address))


def create_port(call: Call) -> Answer:
    """`POST /v2.0/ports`: with fixed addresses and security groups, or the default ones."""
    wanted = wanted_of(call, "port")
    network = find_network(call, str(wanted.get("network_id")))
    secure = bool(wanted.get("port_security_enabled", True))
    asked = wanted.get("security_groups")
    groups = [find_group(call, str(ident)) for ident in asked] if asked is not None else []
    if asked is None and secure:
        default = call.place.group(call.scope.project_id or "", "default")
        groups = [default] if default is not None else []
    require(call, "port")
    port = new_port(call.place, network, call.scope.project_id or "", _fixed(call, network, wanted.get("fixed_ips")))
    port.groups, port.secure = groups, secure
    port.mac = str(wanted.get("mac_address") or port.mac)
    port.device_id, port.owner = str(wanted.get("device_id") or ""), str(wanted.get("device_owner") or "")
    _rename(port, wanted)
    return reply({"port": view.port(port, call.admin)}, 201)


def _rename(port: Port, wanted: Json) -> None:
    port.name = str(wanted.get("name", port.name))
    port.description = str(wanted.get("description", port.description))
    port.admin_up = bool(wanted.get("admin_state_up", port.admin_up))


def update_port(call: Call) -> Answer:
    """`PUT /v2.0/ports/{id}`: name, admin state, security groups, fixed addresses."""
    port = find_port(call, call.params["id"])
    wanted = wanted_of(call, "port")
    groups = [find_group(call, str(ident)) for ident in wanted.get("security_groups") or []]
    if "fixed_ips" in wanted:
        before, port.fixed = port.fixed, []
        try:
            port.fixed = _fixed(call, port.network, wanted["fixed_ips"])
        except Refusal:
            port.fixed = before
            raise
    _rename(port, wanted)
    if "admin_state_up" in wanted and port.device_id:
        port.status = "ACTIVE" if port.admin_up else "DOWN"
    if "security_groups" in wanted:
        port.groups = groups
    port.updated, port.revision = call.place.now(), port.revision + 1
    server = call.place.find(port.device_id)
    if server is not None:
        call.place.refresh(server)
    return reply({"port": view.port(port, call.admin)})


def delete_port(call: Call) -> Answer:
    """`DELETE /v2.0/ports/{id}`: a server loses it too; a router's is refused."""
    port, region = find_port(call, call.params["id"]), call.place
    if port.owner == INTERFACE:
        problem = f"Port {port.id} cannot be deleted directly via the port API: has device owner {INTERFACE}."
        raise Refusal(409, problem, "ServicePortInUse")
    server = region.find(port.device_id)
    if server is not None and port in server.ports:
        server.ports.remove(port)
        region.refresh(server)
    port.given = False
    region.unplug(port)
    return Answer(204)


def _gateway(call: Call, router: Router, info: Json | None) -> None:
    """Lead a router outside, or nowhere."""
    wanted = (info or {}).get("network_id")
    used = [ip for ip in call.place.floating.values() if ip.router_id == router.id]
    if router.gateway is not None and used and wanted != router.gateway.id:
        problem = (
            f"Gateway cannot be updated for router {router.id}, since a gateway to external network "
            f"{router.gateway.id} is required by one or more floating IPs."
        )
        raise Refusal(409, problem, "RouterExternalGatewayInUseByFloatingIp")
    if wanted is None:
        router.gateway, router.gateway_ip = None, ""
        return
    network = find_network(call, str(wanted))
    if not network.external:
        problem = f"Bad router request: Network {network.id} is not an external network."
        raise Refusal(400, problem, "BadRequest")
    if router.gateway is not network:
        router.gateway, router.gateway_ip = network, free_address(call.place, network.subnets[0])
        router.zones = list(call.place.zones)


def create_router(call: Call) -> Answer:
    """`POST /v2.0/routers`."""
    wanted = wanted_of(call, "router")
    require(call, "router")
    region, now = call.place, call.place.now()
    router = Router(
        seeded_uuid(region.rng), str(wanted.get("name", "")), call.scope.project_id or "", now, now, None, ""
    )
    router.revision, router.description = 1, str(wanted.get("description", ""))
    router.admin_up = bool(wanted.get("admin_state_up", True))
    if wanted.get("external_gateway_info"):
        _gateway(call, router, wanted["external_gateway_info"])
    region.routers[router.id] = router
    return reply({"router": view.router(router, call.admin)}, 201)


def update_router(call: Call) -> Answer:
    """`PUT /v2.0/routers/{id}`: name, gateway."""
    router = find_router(call, call.params["id"])
    wanted = wanted_of(call, "router")
    if "external_gateway_info" in wanted:
        _gateway(call, router, wanted["external_gateway_info"])
    router.name = str(wanted.get("name", router.name))
    router.description = str(wanted.get("description", router.description))
    router.admin_up = bool(wanted.get("admin_state_up", router.admin_up))
    router.updated, router.revision = call.place.now(), router.revision + 1
    return reply({"router": view.router(router, call.admin)})


def _interfaces(call: Call, router: Router) -> list[Port]:
    return [p for p in call.place.ports.values() if p.device_id == router.id and p.owner == INTERFACE]


def delete_router(call: Call) -> Answer:
    """`DELETE /v2.0/routers/{id}`."""
    router = find_router(call, call.params["id"])
    used = [port.id for port in _interfaces(call, router)]
    if used:
        problem = f"Router {router.id} has ports still attached: {', '.join(used)}"
        raise Refusal(409, problem, "RouterInUse")
    del call.place.routers[router.id]
    return Answer(204)


def _answer(router: Router, port: Port, subnet: Subnet) -> Answer:
    body = {"id": router.id, "project_id": router.project_id, "tenant_id": router.project_id, "port_id": port.id}
    body |= {"network_id": port.network.id, "subnet_id": subnet.id}
    return reply({**body, "subnet_ids": [subnet.id]})


def add_interface(call: Call) -> Answer:
    """`PUT /v2.0/routers/{id}/add_router_interface`: by subnet or by port."""
    router, wanted = find_router(call, call.params["id"]), call.json()
    if wanted.get("port_id"):
        port = find_port(call, str(wanted["port_id"]))
        if port.device_id:
            raise Refusal(
                409,
                f"Unable to complete operation on port {port.id} for network {port.network.id}. Port "
                f"already has an attached device {port.device_id}.",
                "PortInUse",
            )
        subnet = port.fixed[0][0]
    else:
        subnet = find_subnet(call, str(wanted.get("subnet_id")))
        port = None
    if any(s is subnet for old in _interfaces(call, router) for s, _ in old.fixed):
        problem = f"Bad router request: Router already has a port on subnet {subnet.id}."
        raise Refusal(400, problem, "BadRequest")
    if port is None:
        if subnet.gateway is None:
            raise Refusal(400, "Bad router request: Subnet for router interface must have a gateway IP.", "BadRequest")
        used = {a for p in call.place.ports.values() if p.network is subnet.network for _, a in p.fixed}
        if subnet.gateway in used:
            problem = f"IP address {subnet.gateway} already allocated in subnet {subnet.id}"
            raise Refusal(409, problem, "IpAddressAlreadyAllocated")
        port = new_port(call.place, subnet.network, router.project_id, [(subnet, subnet.gateway)])
        port.secure = False
    port.device_id, port.owner, port.status = router.id, INTERFACE, "ACTIVE"
    if subnet.network not in router.networks:
        router.networks.append(subnet.network)
    router.updated, router.revision = call.place.now(), router.revision + 1
    return _answer(router, port, subnet)


def remove_interface(call: Call) -> Answer:
    """`PUT /v2.0/routers/{id}/remove_router_interface`: by subnet or by port."""
    router, wanted = find_router(call, call.params["id"]), call.json()
    subnet_id = str(wanted.get("subnet_id") or "")
    for port in _interfaces(call, router):
        subnet = next((s for s, _ in port.fixed if s.id == subnet_id or port.id == wanted.get("port_id")), None)
        if subnet is None:
            continue
        led = [ip for ip in call.place.floating.values() if ip.router_id == router.id and ip.port is not None]
        if any(s is subnet for ip in led if ip.port is not None for s, _ in ip.port.fixed):
            problem = (
                f"Router interface for subnet {subnet.id} on router {router.id} cannot be deleted, as it is required "
                "by one or more floating IPs."
            )
            raise Refusal(409, problem, "RouterInterfaceInUseByFloatingIP")
        call.place.ports.pop(port.id)
        if subnet.network in router.networks:
            router.networks.remove(subnet.network)
        return _answer(router, port, subnet)
    problem = f"Router {router.id} has no interface on subnet {subnet_id}"
    raise Refusal(404, problem, "RouterInterfaceNotFoundForSubnet")
