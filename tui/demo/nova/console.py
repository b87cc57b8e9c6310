"""What a server writes to its serial console: a boot log, then a line now and then."""

from __future__ import annotations

import re
from typing import Any

from tui.demo.catalogue import CONSOLE, HEARTBEATS
from tui.demo.network import hostname
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
    uptime = max(0, now - server.launched)
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
    if server.host is None or server.vm_state == "building":
        raise Refusal(409, f"Instance {server.id} is not ready")
    log = lines(server, call.place.now())
    length = (values or {}).get("length")
    if length is not None:
        try:
            wanted = int(length)
        except (TypeError, ValueError) as error:
            raise Refusal(400, f"Invalid input for field/attribute length. Value: {length}.") from error
        if wanted >= 0:
            log = log[len(log) - wanted :] if wanted < len(log) else log
    return reply({"output": "\n".join(log) + ("\n" if log else "")})


def remote_console(call: Call, server: Server, values: Any) -> Answer:
    """A URL at which a noVNC would answer."""
    if call.microversion >= 6:
        raise Refusal(404, "The resource could not be found.")
    return reply(
        {"console": {"type": "novnc", "url": f"http://127.0.0.1:6080/vnc_lite.html?path=%3Ftoken%3D{server.id}"}}
    )
