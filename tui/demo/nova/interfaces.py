"""`os-interface`: the ports of a server, attached and detached."""

from __future__ import annotations

from typing import Any

from tui.demo.history import begin, close, note
from tui.demo.machine import later
from tui.demo.network import bind, plug, reserve
from tui.demo.nova.listing import visible
from tui.demo.nova.states import check
from tui.demo.records import Json, Network, Port, Server
from tui.demo.rest import Answer, Call, Refusal, Routes, reply

STATES = ("active", "paused", "stopped")
DETACHING = 0.6
"""Seconds that unplugging takes."""


def add_routes(routes: Routes, base: str) -> None:
    """Let the paths be found."""
    one = f"{base}/servers/{{server}}/os-interface"
    routes.add("GET", one, interfaces)
    routes.add("POST", one, attach)
    routes.add("GET", f"{one}/{{port}}", interface)
    routes.add("DELETE", f"{one}/{{port}}", detach)


def _interface(call: Call, port: Port) -> Json:
    body: Json = {
        "port_state": port.status,
        "fixed_ips": [{"subnet_id": s.id, "ip_address": a} for s, a in port.fixed],
        "port_id": port.id,
        "net_id": port.network.id,
        "mac_addr": port.mac,
    }
    if call.microversion >= 70:
        body["tag"] = port.tag
    return body


def interfaces(call: Call) -> Answer:
    """`GET …/os-interface`."""
    return reply({"interfaceAttachments": [_interface(call, port) for port in visible(call).ports]})


def interface(call: Call) -> Answer:
    """`GET …/os-interface/{port}`."""
    server = visible(call)
    for port in server.ports:
        if port.id == call.params["port"]:
            return reply({"interfaceAttachment": _interface(call, port)})
    raise Refusal(404, f"Instance {server.id} does not have a port with id {call.params['port']}")


def free_port(call: Call, ident: str, status: int = 404) -> Port:
    """A port of the project's that no server has yet."""
    port = call.place.ports.get(ident)
    if port is None or not (call.admin or port.project_id == call.scope.project_id):
        raise Refusal(status, f"Port id {ident} could not be found.")
    if port.device_id:
        raise Refusal(409, f"Port {ident} is still in use.")
    return port


def attach(call: Call) -> Answer:
    """`POST …/os-interface`: by network, by port, or on the first network; answered once it is there."""
    server = visible(call)
    wanted = call.json().get("interfaceAttachment") or {}
    if wanted.get("net_id") and wanted.get("port_id"):
        raise Refusal(400, "Must not input both network_id and port_id")
    if wanted.get("fixed_ips") and not wanted.get("net_id"):
        raise Refusal(400, "Must input network_id when request IP address")
    check(call, server, "attach_interface", STATES)
    if wanted.get("port_id"):
        port = free_port(call, str(wanted["port_id"]))
        port.given = True
        bind(call.place, port, server)
    else:
        port = _plugged(call, server, wanted)
    port.tag = str(wanted["tag"]) if wanted.get("tag") and call.microversion >= 49 else None
    note(call.place, server, "attach_interface", call.scope.user.id, call.id, "compute_attach_interface")
    call.place.refresh(server)
    return reply({"interfaceAttachment": _interface(call, port)})


def _plugged(call: Call, server: Server, wanted: Json) -> Port:
    region = call.place
    network = _network(call, wanted.get("net_id"))
    asked: list[Any] = wanted.get("fixed_ips") or []
    fixed = [reserve(region, network, str(one.get("ip_address"))) for one in asked]
    group = region.group(server.project_id, "default")
    port = plug(region, region.rng, server, network, [group] if group else [], region.now())
    if fixed:
        port.fixed = fixed
    return port


def _network(call: Call, ident: Any) -> Network:
    if ident is None:
        return call.place.network(call.scope.project_id or "")
    network = call.place.networks.get(str(ident))
    if network is None:
        # The genuine one forgets to translate this error of its compute host.
        raise Refusal(
            500,
            "Unexpected API Error. Please contact the administrator\n<class 'oslo_messaging.rpc.client.RemoteError'>",
        )
    return network


def detach(call: Call) -> Answer:
    """`DELETE …/os-interface/{port}`: accepted, also for a port that is not there."""
    server, region = visible(call), call.place
    check(call, server, "detach_interface", STATES)
    record = begin(region, server, "detach_interface", call.scope.user.id, call.id, "compute_detach_interface")
    port = next((p for p in server.ports if p.id == call.params["port"]), None)

    def done() -> None:
        if server.deleted:
            return
        if port is None or port not in server.ports:
            close(region, record, f"Port id {call.params['port']} not found.")
            return
        server.ports.remove(port)
        region.unplug(port)
        close(region, record)
        region.refresh(server)

    later(DETACHING, done)
    return Answer(202)
