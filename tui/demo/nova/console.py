"""What a server writes to its serial console: a boot log, then a line now and then."""

from __future__ import annotations

import re
import uuid
from typing import Any

from tui.demo.catalogue import CONSOLE, HEARTBEATS
from tui.demo.network import hostname
from tui.demo.nova.listing import visible
from tui.demo.records import Server
from tui.demo.rest import Answer, Call, Refusal, reply

BEAT = 7
"""Seconds between two lines of a server that has booted."""

KEPT = 400
"""Lines that the log keeps of those after the boot."""

_STAMP = re.compile(r"^\[ *(\d+)\.\d+\]")


def lines(server: Server, now: int) -> list[str]:
    """The log so far."""
    if server.launched is None:
        return []
    uptime = max(0, (server.halted or now) - (server.booted or server.launched))
    address = server.ports[0].fixed[0][1] if server.ports and server.ports[0].fixed else "-"
    mac = server.ports[0].mac if server.ports else "-"
    values = {"address": address, "mac": mac, "key": server.id.replace("-", ""), "name": hostname(server.name)}
    log: list[str] = []
    at = 0
    for line in CONSOLE:
        stamp = _STAMP.match(line)
        at = int(stamp[1]) if stamp else at
        if at > uptime:
            return log
        log.append(line.format(**values))
    if server.power_state == 1:
        last = (uptime - 20) // BEAT
        for beat in range(max(0, last - KEPT), max(0, last)):
            log.append(HEARTBEATS[beat % len(HEARTBEATS)].format(uptime=20.0 + beat * BEAT))
    return log


def console_output(call: Call, server: Server, values: Any) -> Answer:
    """`os-getConsoleOutput`: the whole log, or its last `length` lines."""
    length = values.get("length")
    wanted = -1
    if length is not None:
        if not re.fullmatch("-?[0-9]+", str(length), re.ASCII):
            problem = f"{length!r} does not match '^-?[0-9]+$'"
            raise Refusal(400, f"Invalid input for field/attribute length. Value: {length}. {problem}")
        wanted = int(length)
        if wanted < -1:
            problem = f"{wanted} is less than the minimum of -1"
            raise Refusal(400, f"Invalid input for field/attribute length. Value: {length}. {problem}")
    if server.host is None or server.vm_state == "building":
        raise Refusal(409, f"Instance {server.id} is not ready")
    log = lines(server, call.place.now())
    if 0 <= wanted < len(log):
        log = log[len(log) - wanted :]
    return reply({"output": "\n".join(log) + ("\n" if log else "")})


def _ready(server: Server) -> None:
    if server.host is None or server.vm_state == "building":
        raise Refusal(409, f"Instance {server.id} is not ready")


def _url(kind: str) -> str:
    if kind == "serial":
        return f"ws://127.0.0.1:6083/?token={uuid.uuid4()}"
    return f"http://127.0.0.1:6080/vnc_lite.html?path=%3Ftoken%3D{uuid.uuid4()}"


def vnc_console(call: Call, server: Server, values: Any) -> Answer:
    """`os-getVNCConsole`: a URL at which a noVNC would answer; `remote-consoles` came in its place."""
    if call.microversion >= 6:
        raise Refusal(404, "The resource could not be found.")
    kind = str(values.get("type"))
    if kind != "novnc":
        raise Refusal(400, f"Unavailable console type {kind}.")
    _ready(server)
    return reply({"console": {"type": kind, "url": _url(kind)}})


OFFERED = {"novnc": "vnc", "serial": "serial"}
"""The consoles of these clouds, and the protocol of each."""

_TYPES = {"novnc", "xvpvnc", "spice-html5", "spice-direct", "serial", "webmks"}


def remote_consoles(call: Call) -> Answer:
    """`POST …/remote-consoles`: a URL at which a console would answer, good for one visitor."""
    server = visible(call)
    if call.microversion < 6:
        raise Refusal(404, "The resource could not be found.")
    wanted = call.json().get("remote_console") or {}
    protocol, kind = str(wanted.get("protocol")), str(wanted.get("type"))
    if kind == "xvpvnc":
        raise Refusal(400, "Invalid console type xvpvnc")
    if kind not in _TYPES:
        raise Refusal(
            400,
            "The server could not comply with the request since it is either malformed or otherwise incorrect.",
        )
    if OFFERED.get(kind) != protocol:
        raise Refusal(400, f"Unavailable console type {kind}.")
    _ready(server)
    return reply({"remote_console": {"protocol": protocol, "type": kind, "url": _url(kind)}})
