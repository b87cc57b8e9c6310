"""The dashboard in a terminal on a large stub: how late its loop is while rows load, and how soon a key shows."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench import machine
from tests.bench.stub import ROOT, Stub, start
from tests.terminal.harness import Term
from tests.waiting import wait_until

SETTLED = 2.0
"""Seconds after a load in which names and search texts are still made."""
IDLE = 6.0


@dataclass(frozen=True)
class Beat:
    """One beat of the loop."""

    at: float
    """Monotonic seconds."""
    late: float
    """Seconds."""
    rows: int
    done: bool


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of all values lies."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


class Watched:
    """A dashboard that takes its own pulse (see `fleet_app`)."""

    def __init__(self, term: Term, pulse: Path) -> None:
        self.term = term
        self._pulse = pulse

    def beats(self) -> list[Beat]:
        """Return all beats so far."""
        if not self._pulse.exists():
            return []
        lines = [line.split() for line in self._pulse.read_text().splitlines()]
        return [Beat(float(at), float(late), int(rows), done == "1") for at, late, rows, done in lines[:-1]]

    def wait(self, *, rows: int, done: bool = True, timeout: float = 120) -> None:
        """Wait until so many rows are there, and (`done`) every list is at its end."""

        def there() -> bool:
            beats = self.beats()
            return bool(beats) and beats[-1].rows >= rows and (beats[-1].done or not done)

        wait_until(there, f"{rows} rows", timeout)


@contextmanager
def opened(cloud: Stub, *args: str) -> Iterator[Watched]:
    """Open the dashboard on a stub in a terminal of 120x40, without anything kept from before."""
    with tempfile.TemporaryDirectory() as home:
        pulse = Path(home) / "pulse"
        term = Term(
            *args,
            home=Path(home),
            env={"OS_CLIENT_CONFIG_FILE": str(cloud.clouds_file), "PYTHONPATH": str(ROOT)},
            command=(sys.executable, "-m", "tests.bench.fleet_app", str(pulse)),
        )
        with term:
            yield Watched(term, pulse)


@dataclass(frozen=True)
class Lag:
    """How late the loop was, in seconds: p99."""

    loading: float
    idle: float
    samples: int
    """Of loading."""


def lag(servers: int, loads: int) -> Lag:
    """Load a fleet several times from nothing, and let it be idle after the last."""
    loading: list[float] = []
    idle: list[float] = []
    with start(servers=servers) as cloud:
        for _ in range(loads):
            with opened(cloud) as dashboard:
                dashboard.wait(rows=servers)
                machine.let_pass(SETTLED + IDLE)
                beats = dashboard.beats()
            first = next(beat.at for beat in beats if beat.rows)
            last = next(beat.at for beat in beats if beat.done)
            loading += [beat.late for beat in beats if first <= beat.at <= last]
            idle += [beat.late for beat in beats if beat.at > last + SETTLED]
    return Lag(percentile(loading, 0.99), percentile(idle, 0.99), len(loading))


@dataclass(frozen=True)
class Keys:
    """How long keys took to show, in seconds: p99 and the longest."""

    p99: float
    longest: float
    count: int


def keys(servers: int, count: int) -> Keys:
    """Press keys while one region hangs and another sends all its rows, and on afterwards.

    A key moves the cursor; it shows when the line under the table tells of another row. The cursor follows its row
    while others stream in, so that nothing but the key changes that line.
    """
    with start(servers=servers, regions=2) as cloud:
        cloud.set(hanging=[cloud.regions[0]])
        with opened(cloud) as dashboard:
            dashboard.wait(rows=100, done=False)
            term = dashboard.term
            term.send(b"j")
            machine.let_pass(0.1)
            took: list[float] = []
            for number in range(count):
                before = _told(term)
                pressed = time.monotonic()
                term.rush(b"j" if number % 2 else b"k")
                while _told(term) == before:
                    if time.monotonic() - pressed > 10:
                        raise AssertionError(f"key {number} never showed\n{term.text()}")
                    machine.let_pass(0.0005)
                took.append(time.monotonic() - pressed)
                machine.let_pass(0.01)
            dashboard.wait(rows=servers, done=False)
    return Keys(percentile(took, 0.99), max(took), len(took))


def _told(term: Term) -> str:
    """Return what the line under the table tells of: name and id of the row under the cursor."""
    return "".join(term.cell(column, term.rows - 2).char for column in range(1, 50))


def memory(servers: int) -> float:
    """Return the MB of a dashboard with so many rows, once search texts are made and all is quiet."""
    with start(servers=servers) as cloud, opened(cloud) as dashboard:
        dashboard.wait(rows=servers)
        pid, before = dashboard.term.process.pid, 0.0

        def steady() -> bool:
            nonlocal before
            machine.let_pass(3.0)
            now, was = machine.rss(pid), before
            before = now
            return abs(now - was) < 0.5

        wait_until(steady, "the memory to be steady", 120)
        return before
