"""Memory of the dashboard with 1,000, 10,000 and 50,000 servers on the screen: `python -m tests.bench --rss`.

The installed command in a terminal, every server with a port in Neutron's list, until nothing comes any more.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.bench import machine, stub
from tests.bench.row import Row
from tests.terminal.harness import Term

SIZES = (1_000, 10_000, 50_000)
MOST = 250.0
"""MB at the largest size: design §5."""
SETTLED = 12.0
"""Seconds after the last page: names and ports are in, and a collection has run."""


def resident(servers: int) -> float:
    """Return the MB that the dashboard keeps with so many servers."""
    with tempfile.TemporaryDirectory() as home, stub.start(servers=servers, ports=True) as cloud:
        environment = {"OS_CLIENT_CONFIG_FILE": str(cloud.clouds_file)}
        with Term(home=Path(home), columns=160, rows=45, env=environment) as term:
            term.wait_for(lambda term: "live ≤" in term.text() and f"{servers:,}" in term.text(), timeout=180)
            machine.let_pass(SETTLED)
            return machine.rss(term.process.pid)


def memory() -> list[Row]:
    """Measure each size once: RSS hardly differs from run to run."""
    found = {servers: resident(servers) for servers in SIZES}
    base = found[SIZES[0]]
    return [
        Row(
            f"memory of the dashboard, {servers:,} servers",
            f"{mb:.0f} MB",
            "",
            None,
            f"≤ {MOST:.0f} MB" if servers == SIZES[-1] else "",
            mb <= MOST,
            "" if servers == SIZES[0] else f"{(mb - base) * 1000 / (servers - SIZES[0]):.1f} kB a server more",
        )
        for servers, mb in found.items()
    ]


def report() -> int:
    """Measure and print; returns 1 when it is too much."""
    print(machine.describe())  # noqa: T201
    rows = memory()
    for row in rows:
        print(f"{row.name:45} {row.ours:>8}  {row.target:10} {row.note}")  # noqa: T201
    return int(any(row.met is False for row in rows))
