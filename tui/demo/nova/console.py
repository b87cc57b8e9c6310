"""What a server writes to its serial console: a boot log, then a line now and then."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Sequence
from typing import Any

from tui.demo.bootlog import BOOT, HEARTBEATS, SHUTDOWN
from tui.demo.network import hostname
from tui.demo.nova.listing import visible
from tui.demo.records import Server
from tui.demo.rest import Answer, Call, Refusal, reply
from tui.demo.ssh_keys import BLOCK_TWICE, NO_BLOCK, WORD, Key, others, told

BEAT = 7
"""Seconds between two lines of a server that has booted."""

QUIET = 20
"""Seconds after the boot at which they begin."""

KEPT = 1500
"""Lines that the log keeps of those: the hypervisor's file has an end."""


def _key_block(keys: Sequence[Key], host: str, stamp: str) -> list[str]:
    """What cloud-init prints when it has made the host keys (tools/write-ssh-key-fingerprints)."""
    before = f"<14>{stamp} cloud-init: "
    return [
        before + "#" * 61,
        before + "-----BEGIN SSH HOST KEY FINGERPRINTS-----",
        *(f"{before}256 SHA256:{key.fingerprint} root@{host} ({key.kind})" for key in keys),
        before + "-----END SSH HOST KEY FINGERPRINTS-----",
        before + "#" * 61,
        "-----BEGIN SSH HOST KEY KEYS-----",
        *(f"{key.public} root@{host}" for key in keys),
        "-----END SSH HOST KEY KEYS-----",
    ]


def lines(server: Server, now: int) -> list[str]:
    """The log since the last boot began."""
    began = server.booted or server.launched
    if began is None:
        return []
    uptime = max(0, (server.halted or now) - began)
    log = _boot(server, began, uptime)
    last = (uptime - QUIET) // BEAT
    if server.power_state == 1 or server.halted is not None:
        for beat in range(max(0, last - KEPT), max(0, last)):
            log.append(HEARTBEATS[beat % len(HEARTBEATS)].format(uptime=float(QUIET) + beat * BEAT))
    if server.halted is not None:
        log += [line.format(uptime=float(uptime)) for line in SHUTDOWN]
    return log


def _boot(server: Server, began: int, uptime: int) -> list[str]:
    host = hostname(server.name)
    first = next(((subnet, address) for port in server.ports for subnet, address in port.fixed), None)
    gateway = first[0].gateway if first else None
    moment = time.gmtime(began + 4)
    values = {
        "host": host,
        "ip": first[1] if first else "-",
        "gateway": gateway or "-",
        "mac": server.ports[0].mac if server.ports else "-",
        "date": time.strftime("%a, %d %b %Y %H:%M:%S +0000", moment),
    }
    log: list[str] = []
    odd, stamp = server.metadata.get(WORD), time.strftime("%b %d %H:%M:%S", moment)
    for at, line in BOOT:
        if at > uptime:
            break
        if line == "@keys":
            # cloud-init prints the keys when it has made them: on the first boot.
            log += [] if server.booted or odd == NO_BLOCK else _key_block(told(server), host, stamp)
        else:
            log.append(line.format(**values))
    if odd == BLOCK_TWICE and uptime > QUIET and not server.booted:
        log += _key_block(others(server), host, stamp)
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
