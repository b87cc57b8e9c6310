"""Rows of the table: what listing 10,000 servers costs, beside the floor, openstacksdk and the openstack command."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from tests.bench import peers, stub
from tests.bench.peers import Cost
from tests.bench.row import Row

SERVERS = 10_000
RUNS = 5
SDK_SERVERS = 1_000
"""The SDK takes as long for each server however many there are, and half a minute for 10,000."""
SDK_RUNS = 3


def lists() -> list[Row]:
    """List with every client, ours and the floor in turn."""
    ours: list[Cost] = []
    floor: list[Cost] = []
    with stub.start(servers=SERVERS) as cloud:
        for _ in range(RUNS):
            floor.append(peers.child("floor", cloud))
            ours.append(peers.child("ours", cloud))
        command = _if_there(lambda: [peers.openstack_command(cloud)])
    with stub.start(servers=SDK_SERVERS) as small:
        sdk = _if_there(lambda: [peers.child("sdk", small) for _ in range(SDK_RUNS)])
    mine, kept = _each(ours), _kept(ours)
    found = [
        _row("list 10,000 servers, all columns: CPU a server", mine, "aiohttp + msgspec", _each(floor), 1.6),
        Row(
            "memory kept a server, in the same run",
            f"{kept:.1f} kB",
            f"aiohttp + msgspec {_kept(floor):.1f} kB",
            kept / _kept(floor),
            "≤ 2.5 kB",
            kept <= 2.5,
            f"openstacksdk {_kept(sdk):.1f} kB" if isinstance(sdk, list) else "",
        ),
    ]
    for peer, costs, note in (
        ("openstacksdk", sdk, f"the SDK at {SDK_SERVERS:,}"),
        ("openstack server list", command, "once"),
    ):
        if isinstance(costs, list):
            note += f", {costs[0].seconds:.0f} s"
            found.append(_row("list 10,000 servers: CPU a server", mine, peer, _each(costs), None, note))
        else:
            found.append(Row("list 10,000 servers: CPU a server", f"{mine * 1e6:.1f} µs", peer, None, "", None, costs))
    return found


def _if_there(measure: Callable[[], list[Cost]]) -> list[Cost] | str:
    """Return what a peer costs, or why that could not be measured: it may not be installed."""
    try:
        return measure()
    except (OSError, RuntimeError) as error:
        return f"not measured: {error}"


def _each(costs: Sequence[Cost]) -> float:
    """Return seconds of CPU for each server, the median of all runs."""
    return statistics.median(cost.cpu / cost.rows for cost in costs)


def _kept(costs: Sequence[Cost]) -> float:
    """Return kB for each server, the median of all runs."""
    return statistics.median(cost.kept * 1000 / cost.rows for cost in costs)


def _row(name: str, mine: float, peer: str, its: float, most: float | None, note: str = "") -> Row:
    """`most` is the ratio to be kept; None for peers that show the distance only."""
    ratio = mine / its
    met = None if most is None else ratio <= most
    target = "" if most is None else f"≤ {most:g}"
    return Row(name, f"{mine * 1e6:.1f} µs", f"{peer} {its * 1e6:,.1f} µs", ratio, target, met, note)
