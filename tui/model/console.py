"""A console log line by line: how bad a line is, which boot phase begins with it, and when after the boot it came."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from tui.model.console_text import Inks, drawn


class Severity(IntEnum):
    """How bad a line is."""

    NONE = 0
    WARN = 1
    BAD = 2


class Sort(StrEnum):
    """Whether a line is the server's own, or what the dashboard says between two of them."""

    TEXT = "text"
    BOOT = "boot"
    """The server boots again: what follows is another boot."""
    GAP = "gap"
    """Lines are missing here: more came than were asked for."""
    RESET = "reset"
    """The log itself begins anew."""
    MARK = "mark"
    """Set by the user."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a log. The text is inert."""

    text: str
    inks: Inks = ()
    severity: Severity = Severity.NONE
    phase: str = ""
    """The boot phase that begins with it."""
    at: float | None = None
    """Seconds since the kernel started; None where nothing in the log tells."""
    seen: float = 0.0
    """Epoch seconds at which it came; 0.0 for what was there at the first look."""
    sort: Sort = Sort.TEXT


FIRMWARE, LOADER, KERNEL, INITRD, SYSTEMD, NETWORK = "firmware", "boot", "kernel", "initrd", "systemd", "network"
CI_LOCAL, CI_NETWORK, CI_CONFIG, CI_FINAL, CI_DONE = "ci local", "ci network", "ci config", "ci final", "ci done"
LOGIN = "login"
PHASES = (
    FIRMWARE, LOADER, KERNEL, INITRD, SYSTEMD, CI_LOCAL, NETWORK, CI_NETWORK, CI_CONFIG, CI_FINAL, CI_DONE, LOGIN,
)  # fmt: skip
"""In their usual order; those of cloud-init are its boot stages (cloud-init documentation, «Boot stages»)."""
WORDS = {
    FIRMWARE: "firmware",
    LOADER: "boot loader",
    KERNEL: "kernel",
    INITRD: "initial RAM disk",
    SYSTEMD: "system start",
    NETWORK: "network",
    CI_LOCAL: "cloud-init, local stage",
    CI_NETWORK: "cloud-init, network stage",
    CI_CONFIG: "cloud-init, config stage",
    CI_FINAL: "cloud-init, final stage",
    CI_DONE: "cloud-init finished",
    LOGIN: "login prompt",
}
"""The phases in full."""

_ORDER = {phase: number for number, phase in enumerate(PHASES)}
_STARTS = frozenset({FIRMWARE, LOADER, KERNEL})
"""Phases with which a boot begins."""
_LATEST = 3600.0
"""Seconds after the start from which on nothing belongs to the boot: DHCP leases are renewed all life long."""

_STAGES = {"init-local": CI_LOCAL, "init": CI_NETWORK, "modules:config": CI_CONFIG, "modules:final": CI_FINAL}
_CLOUD_INIT = re.compile(r"Cloud-init v\. \S+ (?:running '(?P<stage>[a-z:-]+)'|(?P<done>finished) at)")
_UP = re.compile(r"\bUp (\d{1,9}\.\d+) seconds")
_STAMP = re.compile(r"\[ {0,11}(\d{1,9}\.\d{1,9})\](?: |\[|$)")
"""What the kernel begins a line with (`printk.time`)."""
_PHASE = re.compile(
    r"(?P<firmware>^(?:SeaBIOS|iPXE|BdsDxe:|UEFI\b|EDK II|SLOF|OpenBIOS|Booting from (?:Hard|DVD|CD|Floppy|ROM|\d)))"
    r"|(?P<boot>^(?:GRUB\b|Welcome to GRUB| {0,2}Booting `|[A-Z]{2,3}LINUX |U-Boot |Loading (?:Linux|initial ramdisk)))"
    r"|(?P<kernel>Linux version \d|^Booting Linux on|Decompressing Linux|EFI stub: (?:Booting|Loaded))"
    r"|(?P<initrd>Run /init as init|^Loading, please wait|^Begin: (?:Loading|Running|Mounting)|\bdracut\b"
    r"|[Rr]unning in (?:the )?initr|\b(?:EXT4-fs|XFS|BTRFS)\b[^:]{0,40}: mounted|Mounting V?\d? ?Filesystem)"
    r"|(?P<systemd>systemd\[1\]: (?:systemd .{0,99}running in system mode|Detected virt)|^Welcome to \S"
    r"|^INIT: version|^ *OpenRC \d)"
    r"|(?P<network>systemd-networkd|NetworkManager|\bnetworking\.service|[Rr]aise network|wait-online|Network Config"
    r"|\bdhclient\b|\bdhcpcd\b|\budhcpc\b|\bDHCPv?[46]?\b|ci-info: \++Net device)"
    r"|(?P<login>^[^\[=]{0,80}\blogin: *$|^[^\[=]{1,120} (?:ttyS|ttyAMA|hvc|ttysclp)\d+ *$)"
)

_LEVEL = re.compile(
    r"^<(?P<syslog>\d{1,3})>|\b(?P<bad>EMERG|ALERT|CRITICAL|FATAL|ERROR)\b|\b(?P<warn>WARN(?:ING)?)\b"
    r"|\b(?P<calm>DEBUG|INFO|NOTICE)\b"
)
"""A level that the line itself names."""
_WORST = re.compile(
    r"\[ ?FAILED ?\]|Kernel panic|\bpanic:|\bOops\b|\bBUG:|Call Trace:|segfault at|general protection fault"
    r"|soft lockup|hard LOCKUP|blocked for more than \d+ sec|Traceback \(most recent call last\)"
)
"""Bad whatever else the line says."""
_BAD = re.compile(
    r"\bout of memory|oom-kill|\bI/O error|EXT4-fs error|XFS.{0,80}corrupt|unable to mount root"
    r"|emergency (?:mode|shell)|no bootable device|boot failed|failed to start|giving up"
    r"|(?:^|\s)(?:error|fatal|critical)(?:\[\w+\])?: ",
    re.IGNORECASE,
)
_WARN = re.compile(
    r"\[ ?DEPEND ?\]|\[ *TIME *\]|\bwarning\b|\bfail(?:ed|ure)\b|\btime(?:d[ -]?)?out\b|\bno lease\b|\bno dhcp|"
    r"unreachable|\brefused\b|\bdenied\b|\bdegraded\b|not responding|\berrors?\b|\bunable to\b|\bcannot\b",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"\berrors=|\b(?:no|0|without) errors?\b|error (?:record|injection|recovery|correction|reporting)|correctable error"
    r"|\bfailed[:=] ?0\b|\bfail(?:ed|ure)? ?over",
    re.IGNORECASE,
)


def severity_of(text: str) -> Severity:
    """Say how bad a line reads; the level that it names itself counts before single words."""
    if _WORST.search(text):
        return Severity.BAD
    if (level := _LEVEL.search(text)) is not None:
        if (number := level["syslog"]) is not None:
            # The lowest three bits of a syslog priority are the severity (RFC 5424, 6.2.1): 0-3 errors, 4 warnings.
            return (Severity.BAD, Severity.WARN, Severity.NONE)[min(max(int(number) % 8 - 3, 0), 2)]
        if level["calm"]:
            return Severity.NONE
        return Severity.BAD if level["bad"] else Severity.WARN
    if _HARMLESS.search(text):
        return Severity.NONE
    if _BAD.search(text):
        return Severity.BAD
    return Severity.WARN if _WARN.search(text) else Severity.NONE


def phase_of(text: str) -> str:
    """Return the boot phase that a line tells of, «» for most lines."""
    if (found := _CLOUD_INIT.search(text)) is not None:
        return CI_DONE if found["done"] else _STAGES.get(found["stage"], "")
    match = _PHASE.search(text)
    return (match.lastgroup or "") if match is not None else ""


@dataclass(frozen=True, slots=True)
class State:
    """What the lines so far mean for the next one."""

    ink: str = ""
    """The colour that was switched on last."""
    phases: frozenset[str] = frozenset()
    """Phases of this boot so far."""
    at: float | None = None
    """Seconds since the kernel started, as last told."""
    boots: int = 0
    """Boots that began within the log."""


def read(raw: str, state: State, seen: float = 0.0) -> tuple[list[Line], State]:
    """Return the lines that a raw line makes, and the state after it; never raises. `seen` is in epoch seconds."""
    pieces, ink = drawn(raw, state.ink)
    state = replace(state, ink=ink) if ink != state.ink else state
    lines: list[Line] = []
    for text, inks in pieces:
        stamp = _STAMP.match(text)
        body = text[stamp.end() :] if stamp else text
        phase = phase_of(body if stamp else text)
        at = float(stamp[1]) if stamp else None
        if phase and (up := _UP.search(body)) is not None:
            at = float(up[1])
        if _boots_again(phase, at, state):
            lines.append(Line("", seen=seen, sort=Sort.BOOT))
            state = State(ink, boots=state.boots + 1)
        state, phase = _entered(phase, at, state)
        lines.append(Line(text, inks, severity_of(body), phase, state.at, seen))
    return lines, state


def _boots_again(phase: str, at: float | None, state: State) -> bool:
    if phase not in _STARTS or not state.phases:
        return False
    if phase == KERNEL and KERNEL in state.phases:
        return (at or 0.0) < (state.at or 0.0)
    return any(_ORDER[one] > _ORDER[phase] for one in state.phases)


def _entered(phase: str, at: float | None, state: State) -> tuple[State, str]:
    """Return the state with a line's time and phase, and the phase if it begins here."""
    now = state.at if at is None else at
    new = phase if phase and phase not in state.phases else ""
    early = state.phases and max(_ORDER[one] for one in state.phases) < _ORDER[KERNEL]
    if new not in _STARTS and (LOGIN in state.phases or (now or 0.0) > _LATEST):
        new = ""
    if new == NETWORK and early:
        # Firmware that boots from the network speaks of DHCP too.
        new = ""
    if now != state.at or new:
        state = replace(state, at=now, phases=state.phases | {new} if new else state.phases)
    return state, new


def first_bad(lines: Iterable[Line]) -> Line | None:
    """Return the first bad line of the last boot that has one: most others come from it."""
    found: Line | None = None
    ended = False
    for line in lines:
        if line.sort in {Sort.BOOT, Sort.RESET}:
            ended = True
        elif line.severity is Severity.BAD and (found is None or ended):
            found, ended = line, False
    return found
