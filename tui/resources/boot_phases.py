"""How far a boot has come, phase by phase, with the time of each; where it failed, the fault and event in full."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from enum import StrEnum

from tui.cloud import Api
from tui.model.amount import epoch
from tui.model.trouble import Trouble, TroubleError
from tui.resources.kind import Raw
from tui.resources.looking import together

SCHEDULING, NETWORKING, SPAWNING, ACTIVE = "scheduling", "networking", "spawning", "active"
ADDRESS, CONSOLE, CLOUD_INIT = "address", "first console line", "cloud-init done"
NAMES = (SCHEDULING, NETWORKING, SPAWNING, ACTIVE, ADDRESS, CONSOLE, CLOUD_INIT)

TAIL = 400
"""Lines of the console log that are asked for."""

PATIENCE = 900.0
"""Seconds after ACTIVE in which an image without serial console or cloud-init could still have said something."""

_BUILD = "compute__do_build_and_run_instance"
"""The event that a compute host records while it builds. Source: nova `compute/manager.py`."""
_SPAWNS = frozenset({"spawning", "block_device_mapping"})
_DONE = re.compile(r"Cloud-init v\. \S+ finished at (\w{3}, \d{1,2} \w{3} \d{4} [\d:]{8} [+-]\d{4})")
"""What cloud-init writes at its end. Source: cloud-init documentation, «Final message»."""


class Stage(StrEnum):
    """How a phase stands."""

    WAITING = "waiting"
    GOING = "going"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a boot. Texts are the cloud's: hostile."""

    name: str
    stage: Stage = Stage.WAITING
    at: float = 0.0
    """Epoch seconds of its end; 0.0 where nobody knows."""
    took: float | None = None
    """Seconds from the end of the phase before; None where that is not known."""
    said: str = ""
    more: tuple[str, ...] = ()
    """Of the failed phase: fault, failed event, details and traceback, in full."""


def phases(api: Api, ident: str, before: Sequence[Phase] = ()) -> list[Phase]:
    """Ask how far the boot of a server is. Blocking; raises TroubleError where the server itself cannot be read.

    `before` is what the last call gave: the first console line has no time of its own, it is that of when it was seen.
    What only admins may see (events below 2.51) is left out.
    """
    server = _server(api, ident)
    found = together(
        {
            "action": lambda: _creation(api, ident),
            "ports": lambda: _ports(api, ident),
            "console": lambda: _console(api, ident) if server.get("status") == "ACTIVE" else "",
        }
    )
    known = {name: None if isinstance(value, Trouble) else value for name, value in found.items()}
    action: Raw = known["action"] or {}
    console = str(known["console"] or "")
    seen = {phase.name: phase for phase in before}
    ends = _ends(server, action, known["ports"] or (), console, seen)
    for name, phase in seen.items():
        # What was seen done stays so: of a failed build Nova takes ports and task back.
        if phase.stage is Stage.DONE and not ends[name][0]:
            ends[name] = True, phase.at, phase.said
    return _timed(_staged(ends, server, action), epoch(action.get("start_time")) or epoch(server.get("created")))


def finished(found: Sequence[Phase]) -> bool:
    """Whether nothing more is to come: all phases are done, one failed, or the console has told nothing for long."""
    if all(phase.stage is Stage.DONE for phase in found) or any(phase.stage is Stage.FAILED for phase in found):
        return True
    active = next((phase for phase in found if phase.name == ACTIVE and phase.stage is Stage.DONE), None)
    return active is not None and bool(active.at) and time.time() - active.at > PATIENCE


def _server(api: Api, ident: str) -> Raw:
    return api.decoded("compute", api.get("compute", f"/servers/{ident}", microversion="2.79"), "server")


def _creation(api: Api, ident: str) -> Raw:
    """Return the server's instance action «create» with its events (2.62 tells hosts, 2.84 their details)."""
    path = f"/servers/{ident}/os-instance-actions"
    listed = api.decoded("compute", api.get("compute", path, microversion="2.58")).get("instanceActions") or ()
    request = next((one.get("request_id") for one in reversed(listed) if one.get("action") == "create"), None)
    if request is None:
        return {}
    reply = api.get("compute", f"{path}/{request}", microversion="2.84")
    return api.decoded("compute", reply, "instanceAction")


def _ports(api: Api, ident: str) -> list[Raw]:
    body = api.decoded("network", api.get("network", "/ports", (("device_id", ident),)))
    return [port for port in body.get("ports") or () if isinstance(port, dict)]


def _console(api: Api, ident: str) -> str:
    try:
        return str(api.connection().compute.get_server_console_output(ident, length=TAIL).get("output") or "")
    except TroubleError:
        raise
    except Exception:
        # 404, 409 and 500 are what Nova says of a console that is not there yet, or never will be.
        return ""


End = tuple[bool, float, str]
"""Done, when, what is said of it."""


def _ends(server: Raw, action: Raw, ports: Sequence[Raw], console: str, seen: Mapping[str, Phase]) -> dict[str, End]:
    events = [event for event in action.get("events") or () if isinstance(event, dict)]
    builds = [event for event in events if event.get("event") == _BUILD]
    task, launched = server.get("OS-EXT-STS:task_state"), epoch(server.get("OS-SRV-USG:launched_at"))
    active = server.get("status") == "ACTIVE" or bool(launched)
    began = min((epoch(event.get("start_time")) for event in builds), default=0.0)
    hosts = list(dict.fromkeys(str(event.get("host") or "") for event in reversed(builds)))
    host = ", ".join(filter(None, hosts)) or (f"{len(builds)} hosts tried" if len(builds) > 1 else "")
    wired = max((epoch(port.get("created_at")) for port in ports), default=0.0)
    networked = active or task in _SPAWNS
    addresses = [str(one.get("ip_address")) for port in ports for one in port.get("fixed_ips") or ()]
    addresses = addresses or _nova_addresses(server)
    bound = max((epoch(port.get("updated_at")) for port in ports if port.get("status") == "ACTIVE"), default=0.0)
    return {
        SCHEDULING: (bool(builds) or networked or task == "networking", began, host),
        # Ports that were there before the boot tell nothing of its time.
        NETWORKING: (networked, max(wired, began) if began and wired >= began else 0.0, ""),
        SPAWNING: (active, launched, ""),
        ACTIVE: (active, max((epoch(event.get("finish_time")) for event in builds), default=launched) or launched, ""),
        ADDRESS: (active and bool(addresses), max(bound, launched) if bound else 0.0, " ".join(addresses)),
        CONSOLE: _first_line(console, seen, launched),
        CLOUD_INIT: _cloud_init(console, seen),
    }


def _nova_addresses(server: Raw) -> list[str]:
    found = server.get("addresses")
    nets = found.values() if isinstance(found, dict) else ()
    return [str(one.get("addr")) for net in nets for one in net if one.get("OS-EXT-IPS:type") != "floating"]


def _first_line(console: str, seen: Mapping[str, Phase], launched: float) -> End:
    before = seen.get(CONSOLE)
    if before is not None and before.stage is Stage.DONE:
        return True, before.at, before.said
    line = next((line.strip() for line in console.splitlines() if line.strip()), "")
    if not line:
        return False, 0.0, ""
    # Who looks for the first time long after the boot has not seen it come.
    return True, time.time() if seen else 0.0, line[:200]


def _cloud_init(console: str, seen: Mapping[str, Phase]) -> End:
    before = seen.get(CLOUD_INIT)
    if before is not None and before.stage is Stage.DONE:
        return True, before.at, before.said
    ends = list(_DONE.finditer(console))
    if not ends:
        return False, 0.0, ""
    found = ends[-1]
    try:
        at = parsedate_to_datetime(found[1]).timestamp()
    except (ValueError, OverflowError):
        at = 0.0
    return True, at, found[0][:200]


def _staged(ends: Mapping[str, End], server: Raw, action: Raw) -> list[Phase]:
    """Give each phase its stage: done ones first, the next one is going, or has failed."""
    failed = server.get("status") == "ERROR"
    found: list[Phase] = []
    next_one = True
    for name in NAMES:
        done, at, said = ends[name]
        if done and (next_one or name in {CONSOLE, CLOUD_INIT}):
            found.append(Phase(name, Stage.DONE, at, said=said))
        elif next_one:
            next_one = False
            task = str(server.get("OS-EXT-STS:task_state") or "") if name in NAMES[:3] else ""
            phase = Phase(name, Stage.GOING, said=task)
            found.append(_failure(phase, server, action) if failed else phase)
        else:
            found.append(Phase(name))
    return found


def _failure(phase: Phase, server: Raw, action: Raw) -> Phase:
    fault = server.get("fault")
    fault = fault if isinstance(fault, dict) else {}
    said = str(fault.get("message") or action.get("message") or "The cloud gives no reason.")
    more = [f"fault {fault.get('code') or ''}: {said}"]
    more += str(fault.get("details") or "").splitlines()
    for event in action.get("events") or ():
        if isinstance(event, dict):
            # Nova calls the event of a build that failed on the last host a success, and never ends the one before.
            where = event.get("host") or event.get("hostId") or ""
            more.append(f"event {event.get('event')}: {event.get('result') or 'never ended'} {where}".rstrip())
            more += [line for key in ("details", "traceback") for line in str(event.get(key) or "").splitlines()]
    if action.get("request_id"):
        more.append(f"request {action['request_id']}")
    return replace(phase, stage=Stage.FAILED, at=epoch(fault.get("created")), said=said, more=tuple(more))


def _timed(found: Sequence[Phase], start: float) -> list[Phase]:
    """Give each phase the time it took; times of a cloud are whole seconds, so one may be a moment before another."""
    timed: list[Phase] = []
    last = start
    for phase in found:
        took = max(phase.at - last, 0.0) if phase.at and last else None
        timed.append(replace(phase, took=took))
        last = max(phase.at, last) if phase.at else (last if phase.stage is not Stage.DONE else 0.0)
    return timed
