"""A soak: the installed command for long, on a fleet of which 1 % changes each second, with somebody at the keys.

    python -m tests.bench --soak [MINUTES]

A tenth of what changes is deleted and made anew, so that ids never end. RSS is sampled every 10 s; what counts is the
slope of its second half, once caches are full: the least-squares line in kB a minute, and what it is of the whole.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench import machine, stub
from tests.terminal.harness import Term

SERVERS = 5_000
SAMPLE = 10.0
"""Seconds between two samples."""
GROWS = 0.02
"""Share of the RSS that the second half may add before it is called growth: allocators wobble by as much."""
_DEEDS = (
    b"jjjjjjjjjj",
    b"/web\r",
    b"\x1b",
    b"G",
    b"g",
    b"d",
    b"\x1b",
    b"O",
    b":images\r",
    b":servers\r",
    b"/status:error\r",
    b"\x1b",
    b"\x06\x06\x06",
    b"y",
    b"\x1b",
)
"""What somebody does, one each 10 s: moves, filters, sorts, describes, looks at another kind and comes back."""


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """Return the least-squares slope of (seconds, MB) in MB a second."""
    count = len(samples)
    mean_x = sum(x for x, _ in samples) / count
    mean_y = sum(y for _, y in samples) / count
    below = sum((x - mean_x) ** 2 for x, _ in samples)
    return sum((x - mean_x) * (y - mean_y) for x, y in samples) / below if below else 0.0


class Churn:
    """Changes 1 % of a stub's servers each second until it is told to end."""

    def __init__(self, cloud: stub.Stub, servers: int) -> None:
        self._cloud = cloud
        self._each = max(servers // 100, 1)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Churn:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(1.0):
            self._cloud.change(self._each - self._each // 10)
            self._cloud.replace(self._each // 10)


def soak(minutes: float, *, servers: int = SERVERS, say: bool = True) -> list[tuple[float, float]]:
    """Run it; returns (seconds, MB) samples of the dashboard's memory."""
    samples: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as home, stub.start(servers=servers, ports=True) as cloud:
        environment = {"OS_CLIENT_CONFIG_FILE": str(cloud.clouds_file)}
        with Term(home=Path(home), columns=160, rows=45, env=environment) as term, Churn(cloud, servers):
            term.wait_for("live ≤", timeout=120)
            pid, started, turn = term.process.pid, time.monotonic(), 0
            while time.monotonic() - started < minutes * 60:
                machine.let_pass(SAMPLE)
                at, now = time.monotonic() - started, machine.rss(pid)
                samples.append((at, now))
                term.send(_DEEDS[turn % len(_DEEDS)])
                turn += 1
                term.raw.clear()
                cloud.forget()
                if say and turn % 6 == 1:
                    print(f"{at:6.0f} s  {now:7.1f} MB  cpu {machine.cpu(pid):6.1f} s", flush=True)  # noqa: T201
            term.wait_for("live ≤", timeout=60)
    return samples


def report(minutes: float) -> int:
    """Soak and print; returns 1 when memory grew."""
    print(f"soak: {SERVERS:,} servers, 1 % changed a second, {minutes:g} minutes; {machine.describe()}")  # noqa: T201
    samples = soak(minutes)
    late = samples[len(samples) // 2 :]
    rate = slope(late)
    level = sum(value for _, value in late) / len(late)
    share = rate * (late[-1][0] - late[0][0]) / level
    print(  # noqa: T201
        f"second half: {level:.1f} MB, slope {rate * 60e3:+.1f} kB a minute, {share:+.1%} in all "
        f"(least {min(v for _, v in late):.1f}, most {max(v for _, v in late):.1f} MB)"
    )
    grew = share > GROWS
    print("memory GREW" if grew else "memory does not grow")  # noqa: T201
    return int(grew)
