"""Changes to load balancers: accepted one at a time, done a moment later."""

from __future__ import annotations

from collections.abc import Callable

from tui.demo.balance import Balancer, Listener, Member, Monitor, Pool
from tui.demo.clock import seeded_uuid
from tui.demo.machine import later
from tui.demo.network import free_address, new_port
from tui.demo.octavia import view
from tui.demo.octavia.finding import balancers, find_balancer, find_listener, find_pool
from tui.demo.records import Json, Subnet
from tui.demo.rest import Answer, Call, Refusal, Routes, reply

WORK = 0.8
"""Seconds that a change takes."""

BUILDING = 2.0

LISTENS = ("TERMINATED_HTTPS", "UDP", "HTTP", "HTTPS", "SCTP", "TCP", "PROMETHEUS")
POOLS = ("HTTP", "HTTPS", "PROXY", "PROXYV2", "TCP", "UDP", "SCTP")
ALGORITHMS = ("ROUND_ROBIN", "LEAST_CONNECTIONS", "SOURCE_IP", "SOURCE_IP_PORT")
MONITORS = ("HTTP", "HTTPS", "PING", "SCTP", "TCP", "TLS-HELLO", "UDP-CONNECT")

Part = Balancer | Listener | Pool | Member | Monitor


def add_routes(routes: Routes, base: str) -> None:
    """Let the paths of the changes be found."""
    add = routes.add
    add("POST", f"{base}/loadbalancers", create_balancer)
    add("PUT", f"{base}/loadbalancers/{{lb}}", update_balancer)
    add("DELETE", f"{base}/loadbalancers/{{lb}}", delete_balancer)
    add("POST", f"{base}/listeners", create_listener)
    add("PUT", f"{base}/listeners/{{listener}}", update_listener)
    add("DELETE", f"{base}/listeners/{{listener}}", delete_listener)
    add("POST", f"{base}/pools", create_pool)
    add("PUT", f"{base}/pools/{{pool}}", update_pool)
    add("DELETE", f"{base}/pools/{{pool}}", delete_pool)
    add("POST", f"{base}/pools/{{pool}}/members", create_member)
    add("PUT", f"{base}/pools/{{pool}}/members/{{member}}", update_member)
    add("DELETE", f"{base}/pools/{{pool}}/members/{{member}}", delete_member)
    add("POST", f"{base}/healthmonitors", create_monitor)
    add("DELETE", f"{base}/healthmonitors/{{monitor}}", delete_monitor)


def _wanted(call: Call, name: str, *needed: str) -> Json:
    wanted = call.json().get(name)
    if not isinstance(wanted, dict):
        raise Refusal(400, f"Invalid input for field/attribute {name}. Value: 'None'. Mandatory field missing.")
    for key in needed:
        if wanted.get(key) is None:
            raise Refusal(400, f"Invalid input for field/attribute {key}. Value: 'None'. Mandatory field missing.")
    return wanted


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        problem = f"Value should be one of: {', '.join(allowed)}"
        raise Refusal(400, f"Invalid input for field/attribute {name}. Value: '{value}'. {problem}")
    return str(value)


def _immutable(noun: str, ident: str) -> Refusal:
    return Refusal(409, f"{noun} {ident} is immutable and cannot be updated.")


def _change(
    call: Call, lb: Balancer, parts: tuple[Part, ...], state: str, done: Callable[[], None], noun: str, ident: str
) -> None:
    """Begin a change: everything concerned is pending until it is done. Refused while another one is under way."""
    if lb.provisioning.startswith("PENDING"):
        raise _immutable(noun, ident)
    now = call.place.now()
    around: tuple[Part, ...] = (lb, *parts[1:])
    for part in around:
        part.provisioning = "PENDING_UPDATE"
    if parts:
        parts[0].provisioning = state

    def finish() -> None:
        for part in (*around, *parts[:1]):
            part.provisioning = "ACTIVE"
            part.updated = call.place.now() if part.created < now or part is lb else part.updated
        done()

    later(WORK, finish)


def _nothing() -> None:
    """All there is to do has been done."""


def create_balancer(call: Call) -> Answer:
    """`POST /loadbalancers`."""
    wanted = _wanted(call, "loadbalancer")
    if not any(wanted.get(key) for key in ("vip_port_id", "vip_network_id", "vip_subnet_id")):
        raise Refusal(400, "Validation failure: VIP must contain one of: vip_port_id, vip_network_id, vip_subnet_id.")
    region, now = call.place, call.place.now()
    subnet = _subnet(call, wanted)
    ident = seeded_uuid(region.rng)
    address = str(wanted.get("vip_address") or free_address(region, subnet))
    project = call.scope.project_id or ""
    port = new_port(region, subnet.network, project, [(subnet, address)])
    port.name, port.device_id, port.owner = f"octavia-lb-{ident}", f"lb-{ident}", "Octavia"
    lb = Balancer(ident, str(wanted.get("name") or ""), project, address, subnet, port, now)
    lb.description = str(wanted.get("description") or "")
    lb.provisioning, lb.operating = "PENDING_CREATE", "OFFLINE"
    region.balancers[lb.id] = lb

    def done() -> None:
        lb.provisioning, lb.operating, lb.updated = "ACTIVE", "ONLINE", region.now()

    later(BUILDING, done)
    return reply({"loadbalancer": view.balancer(lb)}, 201)


def _subnet(call: Call, wanted: Json) -> Subnet:
    region = call.place
    if wanted.get("vip_port_id"):
        port = region.ports.get(str(wanted["vip_port_id"]))
        if port is None:
            raise Refusal(400, f"Port {wanted['vip_port_id']} not found.")
        return port.fixed[0][0]
    for network in region.networks.values():
        for subnet in network.subnets:
            if subnet.id == wanted.get("vip_subnet_id"):
                return subnet
        if network.id == wanted.get("vip_network_id") and not wanted.get("vip_subnet_id") and network.subnets:
            return network.subnets[0]
    noun, key = ("Subnet", "vip_subnet_id") if wanted.get("vip_subnet_id") else ("Network", "vip_network_id")
    raise Refusal(400, f"{noun} {wanted[key]} not found.")


def _rename(it: Balancer | Listener | Pool, wanted: Json) -> None:
    it.name = str(wanted.get("name", it.name))
    it.description = str(wanted.get("description", it.description))
    it.admin_up = bool(wanted.get("admin_state_up", it.admin_up))


def update_balancer(call: Call) -> Answer:
    """`PUT /loadbalancers/{lb}`."""
    lb = find_balancer(call)
    _change(call, lb, (), "", _nothing, "Load Balancer", lb.id)
    _rename(lb, _wanted(call, "loadbalancer"))
    return reply({"loadbalancer": view.balancer(lb)})


def delete_balancer(call: Call) -> Answer:
    """`DELETE /loadbalancers/{lb}`: with `cascade` all that is below it too."""
    lb, region = find_balancer(call), call.place
    if (lb.listeners or lb.pools) and (call.first("cascade") or "").lower() != "true":
        raise Refusal(400, f"Validation failure: Cannot delete Load Balancer {lb.id} - it has children")
    if lb.provisioning.startswith("PENDING"):
        raise _immutable("Load Balancer", lb.id)
    lb.provisioning = "PENDING_DELETE"

    def done() -> None:
        region.balancers.pop(lb.id, None)
        region.ports.pop(lb.vip_port.id, None)

    later(WORK, done)
    return Answer(204)


def create_listener(call: Call) -> Answer:
    """`POST /listeners`."""
    wanted = _wanted(call, "listener", "protocol", "protocol_port")
    protocol = _one_of("protocol", wanted["protocol"], LISTENS)
    lb = find_balancer(call, str(wanted.get("loadbalancer_id")))
    number = int(wanted["protocol_port"])
    if any(it.port == number and it.protocol == protocol for it in lb.listeners):
        where = f"protocol {protocol} and protocol_port {number}"
        raise Refusal(409, f"Another Listener on this Load Balancer is already using {where}")
    it = Listener(seeded_uuid(call.place.rng), str(wanted.get("name") or ""), protocol, number, call.place.now())
    it.description = str(wanted.get("description") or "")
    it.limit = int(wanted.get("connection_limit") or -1)
    it.operating = "OFFLINE"
    if wanted.get("default_pool_id"):
        it.pool = find_pool(call, str(wanted["default_pool_id"]))[1]

    def done() -> None:
        it.operating = "ONLINE"

    _change(call, lb, (it,), "PENDING_CREATE", done, "Load Balancer", lb.id)
    lb.listeners.append(it)
    return reply({"listener": view.listener(lb, it)}, 201)


def update_listener(call: Call) -> Answer:
    """`PUT /listeners/{listener}`."""
    lb, it = find_listener(call)
    wanted = _wanted(call, "listener")
    pool = find_pool(call, str(wanted["default_pool_id"]))[1] if wanted.get("default_pool_id") else None
    _change(call, lb, (it,), "PENDING_UPDATE", _nothing, "Load Balancer", lb.id)
    _rename(it, wanted)
    if "default_pool_id" in wanted:
        it.pool = pool
    return reply({"listener": view.listener(lb, it)})


def delete_listener(call: Call) -> Answer:
    """`DELETE /listeners/{listener}`."""
    lb, it = find_listener(call)
    _change(call, lb, (it,), "PENDING_DELETE", lambda: lb.listeners.remove(it), "Load Balancer", lb.id)
    return Answer(204)


def create_pool(call: Call) -> Answer:
    """`POST /pools`: for a listener, or for a load balancer."""
    wanted = _wanted(call, "pool", "protocol", "lb_algorithm")
    listener = None
    if wanted.get("listener_id"):
        lb, listener = find_listener(call, str(wanted["listener_id"]))
        if listener.pool is not None:
            raise Refusal(409, f"Listener {listener.id} already has a default pool {listener.pool.id}.")
    elif wanted.get("loadbalancer_id"):
        lb = find_balancer(call, str(wanted["loadbalancer_id"]))
    else:
        raise Refusal(400, "Validation failure: Must provide at least one of: loadbalancer_id, listener_id")
    protocol = _one_of("protocol", wanted["protocol"], POOLS)
    algorithm = _one_of("lb_algorithm", wanted["lb_algorithm"], ALGORITHMS)
    it = Pool(seeded_uuid(call.place.rng), str(wanted.get("name") or ""), protocol, algorithm, call.place.now())
    it.description, it.operating = str(wanted.get("description") or ""), "OFFLINE"
    parts: tuple[Part, ...] = (it, listener) if listener is not None else (it,)

    def done() -> None:
        it.operating = "ONLINE"

    _change(call, lb, parts, "PENDING_CREATE", done, "Load Balancer", lb.id)
    lb.pools.append(it)
    if listener is not None:
        listener.pool = it
    return reply({"pool": view.pool(lb, it)}, 201)


def update_pool(call: Call) -> Answer:
    """`PUT /pools/{pool}`."""
    lb, it = find_pool(call)
    wanted = _wanted(call, "pool")
    _change(call, lb, (it,), "PENDING_UPDATE", _nothing, "Load Balancer", lb.id)
    _rename(it, wanted)
    it.algorithm = _one_of("lb_algorithm", wanted.get("lb_algorithm", it.algorithm), ALGORITHMS)
    return reply({"pool": view.pool(lb, it)})


def delete_pool(call: Call) -> Answer:
    """`DELETE /pools/{pool}`."""
    lb, it = find_pool(call)

    def done() -> None:
        lb.pools.remove(it)
        for listener in lb.listeners:
            listener.pool = None if listener.pool is it else listener.pool

    _change(call, lb, (it,), "PENDING_DELETE", done, "Load Balancer", lb.id)
    return Answer(204)


def find_member(call: Call) -> tuple[Balancer, Member]:
    """The member of the path and its load balancer."""
    lb, pool = find_pool(call)
    for it in pool.members:
        if it.id == call.params["member"]:
            return lb, it
    raise Refusal(404, f"member {call.params['member']} not found.")


def create_member(call: Call) -> Answer:
    """`POST /pools/{pool}/members`."""
    lb, pool = find_pool(call)
    wanted = _wanted(call, "member", "address", "protocol_port")
    address, number = str(wanted["address"]), int(wanted["protocol_port"])
    if any(it.address == address and it.port == number for it in pool.members):
        raise Refusal(409, f"Another member on this pool is already using ip {address} on protocol_port {number}")
    name, subnet = str(wanted.get("name") or ""), wanted.get("subnet_id")
    it = Member(seeded_uuid(call.place.rng), name, address, number, subnet, call.place.now())
    it.weight, it.backup = int(wanted.get("weight", 1)), bool(wanted.get("backup", False))

    def done() -> None:
        it.operating = "ONLINE" if pool.monitor is not None else "NO_MONITOR"

    _change(call, lb, (it, pool), "PENDING_CREATE", done, "Pool", pool.id)
    pool.members.append(it)
    return reply({"member": view.member(lb, it)}, 201)


def update_member(call: Call) -> Answer:
    """`PUT /pools/{pool}/members/{member}`."""
    lb, it = find_member(call)
    wanted = _wanted(call, "member")
    _change(call, lb, (it, find_pool(call)[1]), "PENDING_UPDATE", _nothing, "Pool", call.params["pool"])
    it.weight = int(wanted.get("weight", it.weight))
    it.name = str(wanted.get("name", it.name))
    it.admin_up = bool(wanted.get("admin_state_up", it.admin_up))
    return reply({"member": view.member(lb, it)})


def delete_member(call: Call) -> Answer:
    """`DELETE /pools/{pool}/members/{member}`."""
    lb, it = find_member(call)
    pool = find_pool(call)[1]
    _change(call, lb, (it, pool), "PENDING_DELETE", lambda: pool.members.remove(it), "Pool", pool.id)
    return Answer(204)


def find_monitor(call: Call) -> tuple[Balancer, Pool, Monitor]:
    """The health monitor of the path, its pool and its load balancer."""
    for lb in balancers(call):
        for pool in lb.pools:
            if pool.monitor is not None and pool.monitor.id == call.params["monitor"]:
                return lb, pool, pool.monitor
    raise Refusal(404, f"Health Monitor {call.params['monitor']} not found.")


def create_monitor(call: Call) -> Answer:
    """`POST /healthmonitors`."""
    wanted = _wanted(call, "healthmonitor", "pool_id", "type", "delay", "timeout", "max_retries")
    lb, pool = find_pool(call, str(wanted["pool_id"]))
    if pool.monitor is not None:
        raise Refusal(409, "This pool already has a health monitor")
    kind = _one_of("type", wanted["type"], MONITORS)
    delay, timeout, retries = (int(wanted[key]) for key in ("delay", "timeout", "max_retries"))
    it = Monitor(
        seeded_uuid(call.place.rng), str(wanted.get("name") or ""), kind, delay, timeout, retries, call.place.now()
    )
    it.operating = "OFFLINE"

    def done() -> None:
        it.operating = "ONLINE"

    _change(call, lb, (it, pool), "PENDING_CREATE", done, "Pool", pool.id)
    pool.monitor = it
    return reply({"healthmonitor": view.monitor(lb, pool, it)}, 201)


def delete_monitor(call: Call) -> Answer:
    """`DELETE /healthmonitors/{monitor}`."""
    lb, pool, it = find_monitor(call)

    def done() -> None:
        pool.monitor = None

    _change(call, lb, (it, pool), "PENDING_DELETE", done, "Pool", pool.id)
    return Answer(204)
