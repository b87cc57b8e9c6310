"""Rows of the table: 50,000 rows, the loop's lag, refreshes and many places at once."""

from __future__ import annotations

import asyncio

from tests.bench import fleet_feeds, fleet_loop, fleet_table
from tests.bench.row import Row

ROWS = 50_000
SERVERS = 10_000
LOADS = 4
KEYS = 500
PLACES, EACH, LATENCY = 20, 1_000, 0.1
MOST_RSS = 250.0
MB = 1e6


def table() -> list[Row]:
    """Populate, update, sort and filter beside Textual's DataTable, in seconds of the loop's CPU."""
    mine, peer = asyncio.run(fleet_table.ours(ROWS)), asyncio.run(fleet_table.theirs(ROWS))
    targets = {"populate": 10, "update": 2, "sort": 35, "filter": 40}
    names = {
        "populate": "populate",
        "update": "1 % change",
        "sort": "sort, any column",
        "filter": "filter, any letter",
    }
    rows = []
    for what, target in targets.items():
        ours, theirs = getattr(mine, what) * 1e3, getattr(peer, what) * 1e3
        rows.append(
            Row(
                f"50,000 rows: {names[what]}: loop blocked",
                f"{ours:.1f} ms",
                f"DataTable {theirs:,.0f} ms",
                ours / theirs,
                f"≤ {target} ms",
                ours <= target,
                mine.note if what == "sort" else "",
            )
        )
    return rows


def memory() -> list[Row]:
    """Memory of the whole process with 50,000 rows, search texts made."""
    rss = fleet_loop.memory(ROWS)
    return [Row("50,000 rows: RSS of the process", f"{rss:.0f} MB", "", None, f"≤ {MOST_RSS:.0f} MB", rss <= MOST_RSS)]


def lag() -> list[Row]:
    """Lag of the event loop while 10,000 servers load, beside the same loop's when idle."""
    found = fleet_loop.lag(SERVERS, LOADS)
    ratio = found.loading / found.idle
    name = f"{SERVERS:,} servers load: the loop's lag, p99"
    note = f"{LOADS} loads, {found.samples} samples"
    ours, idle = f"{found.loading * 1e3:.1f} ms", f"idle {found.idle * 1e3:.1f} ms"
    return [Row(name, ours, idle, ratio, "≤ 4 x", ratio <= 4, note)]


def keys() -> list[Row]:
    """Key to screen while one region hangs and another sends 10,000 rows."""
    found = fleet_loop.keys(SERVERS, KEYS)
    return [
        Row(
            "key to screen, p99: a region hangs, another sends 10,000",
            f"{found.p99 * 1e3:.0f} ms",
            "",
            None,
            "≤ 50 ms",
            found.p99 <= 0.05,
            f"{found.count} keys, longest {found.longest * 1e3:.0f} ms",
        )
    ]


def refresh() -> list[Row]:
    """A refresh of 10,000 servers of which 5 changed."""
    found = fleet_feeds.refresh(SERVERS)
    ratio = found.whole / found.empty
    name = f"refresh of {SERVERS:,}, {fleet_feeds.CHANGED} changed"
    work, empty = f"{found.work * 1e3:.2f} ms", f"adapter.get of nothing {found.empty * 1e3:.2f} ms"
    return [
        Row(f"{name}: bytes a changed server", f"{found.bytes / 1e3:.1f} kB", "", None, "≤ 3 kB", found.bytes <= 3000),
        Row(f"{name}: decode, compare, merge", work, "", None, "≤ 0.5 ms", found.work <= 0.0005),
        Row(f"{name}: whole, CPU", f"{found.whole * 1e3:.2f} ms", empty, ratio, "≤ 1.5 x", ratio <= 1.5),
    ]


def places() -> list[Row]:
    """20 places x 1,000 at 100 ms a request."""
    found = fleet_feeds.places(PLACES, EACH, LATENCY, runs=5)
    most = found.alone + 1.3 * found.cpu
    return [
        Row(
            f"{PLACES} places x {EACH:,} at {LATENCY * 1e3:.0f} ms a request",
            f"{found.together:.2f} s",
            f"one place {found.alone:.2f} s, decoding all {found.cpu:.2f} s",
            found.together / most,
            "≤ one + 1.3 x decoding",
            found.together <= most,
        )
    ]
