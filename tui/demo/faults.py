"""Faults that the demo clouds can be told to have: `KIND[=VALUE][:WHERE[:WHEN]]`.

WHERE is `cloud`, `cloud/region`, `cloud/region/service`, `cloud/region/service/path` or, with a slash before it, a
piece of any path such as `/compute/servers`; `*` stands for any one part. WHEN is `after=20` (requests), `for=10`
(seconds), `once`, or several of these with commas between.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from tui.demo.records import Json

KINDS: dict[str, float] = {
    "latency": 1.0,
    "expire": 20,
    "forbidden": 403,
    "not-found": 404,
    "conflict": 409,
    "quota": 413,
    "slow-down": 5,
    "error": 500,
    "unavailable": 503,
    "drop": 0,
    "hang": 0,
    "unanswered": 0,
    "truncate": 0,
    "invalid": 0,
    "html": 0,
    "missing-fields": 0,
    "down-cell": 5,
    "clock-skew": 3_600,
    "marker-deleted": 0,
    "no-service": 0,
    "bad-password": 0,
    "gzip": 6,
    "throttle": 100_000,
}
"""Every kind with the value it has when none is given: seconds, requests, a status, bytes a second, a level of
compression, or every how many-th server.

`hang` answers nothing and does nothing; `unanswered` does what is asked, if it changes something, and says nothing.
`gzip` is no fault but a front end that compresses for who asks for it, `throttle` the line of a client far away.
"""

POLITE = frozenset({"forbidden", "not-found", "conflict", "quota", "expire", "missing-fields"})
"""Kinds that spare Keystone and the version documents unless WHERE names `identity`."""

_VERSION = re.compile(r"^v\d+(\.\d+)?$")


class FaultSyntaxError(ValueError):
    """A fault that cannot be understood; the text says why."""


def segments(path: str) -> tuple[str, ...]:
    """The parts of a path without its API version: what WHERE is compared with."""
    return tuple(part for part in path.strip("/").split("/") if part and not _VERSION.match(part))


@dataclass(slots=True)
class Fault:
    """One fault, and how often it has been met."""

    kind: str
    value: float
    where: tuple[str, ...] = ()
    floating: bool = False
    """May WHERE match anywhere in a path, not only at its beginning?"""
    after: int = 0
    seconds: float | None = None
    once: bool = False
    seen: int = 0
    started: float | None = None
    spent: bool = False
    text: str = ""

    def covers(self, parts: Sequence[str]) -> bool:
        """Does WHERE match?"""
        want = self.where
        starts = range(len(parts) - len(want) + 1) if self.floating else range(min(1, len(parts) - len(want) + 1))
        return any(all(fnmatchcase(parts[s + i], w) for i, w in enumerate(want)) for s in starts)

    def due(self) -> bool:
        """Count a matching request; does the fault hit it?"""
        if self.spent:
            return False
        self.seen += 1
        if self.seen <= self.after:
            return False
        now = time.monotonic()
        if self.started is None:
            self.started = now
        if self.seconds is not None and now - self.started > self.seconds:
            self.spent = True
            return False
        if self.once:
            self.spent = True
        return True


def parse_fault(text: str) -> Fault:
    """Read a fault as the command line spells it."""
    head, _, rest = text.partition(":")
    where, _, when = rest.partition(":")
    kind, _, value = head.partition("=")
    if kind not in KINDS:
        raise FaultSyntaxError(f"unknown fault {kind!r}; there are: {', '.join(KINDS)}")
    try:
        fault = Fault(kind, float(value) if value else KINDS[kind], text=text)
    except ValueError as error:
        raise FaultSyntaxError(f"{value!r} is not a number, in fault {text!r}") from error
    fault.floating = where.startswith("/")
    fault.where = segments(where)
    for part in filter(None, when.split(",")):
        _read_when(fault, part)
    return fault


def _read_when(fault: Fault, part: str) -> None:
    name, _, value = part.partition("=")
    try:
        if name == "after":
            fault.after = int(value)
        elif name == "for":
            fault.seconds = float(value)
            fault.started = None if fault.after else time.monotonic()
        elif name == "once" and not value:
            fault.once = True
        else:
            raise FaultSyntaxError(f"when {part!r} is not after=REQUESTS, for=SECONDS or once")
    except ValueError as error:
        if isinstance(error, FaultSyntaxError):
            raise
        raise FaultSyntaxError(f"{value!r} is not a number, in {part!r}") from error


@dataclass(slots=True)
class FaultBoard:
    """The faults in force."""

    faults: list[Fault] = field(default_factory=list)

    def add(self, text: str) -> Fault:
        """Put a fault into force."""
        fault = parse_fault(text)
        self.faults.append(fault)
        return fault

    def clear(self, kind: str | None = None) -> int:
        """Mend the faults of a kind, or all of them; how many there were."""
        keep = [f for f in self.faults if kind is not None and f.kind != kind]
        gone = len(self.faults) - len(keep)
        self.faults = keep
        return gone

    def hit(self, kind: str, parts: Sequence[str]) -> Fault | None:
        """The first fault of a kind that hits this request, which counts as one met."""
        for fault in self.faults:
            if fault.kind == kind and fault.covers(parts) and fault.due():
                return fault
        return None

    def hitting(self, parts: Sequence[str]) -> list[Fault]:
        """All faults that hit this request, in the order they were added."""
        if not self.faults:
            return []
        spared = len(parts) <= 3 if "identity" not in parts else True
        return [
            fault
            for fault in self.faults
            if fault.kind not in PLACED
            and fault.covers(parts)
            and not (spared and fault.kind in POLITE and "identity" not in fault.where)
            and fault.due()
        ]

    def describe(self) -> list[Json]:
        """The faults in force, for the control endpoint."""
        return [{"fault": f.text, "seen": f.seen, "spent": f.spent} for f in self.faults]


PLACED = frozenset({"down-cell", "clock-skew", "marker-deleted", "no-service", "bad-password"})
"""Kinds that the services themselves ask for, since they change what is answered and not how."""
