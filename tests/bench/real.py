"""Listing on a real cloud, beside the `openstack` command in the same run.

    OS_CLIENT_CONFIG_FILE=/path/clouds.yaml python -m tests.bench --os-cloud NAME [--all-projects] [--runs 3]

Medians of runs in turn: from process start to the first row readable on the pty, to the whole table; a refresh, which
is one request for changes; and from a change made by another client (a rename) to the changed row. Ratios are the
figures to quote: machines are noisy. The cloud's own time is in all of them.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench import machine
from tests.bench.row import Row
from tests.bench.table import plain
from tests.terminal.harness import Term

BIN = Path(sys.executable).parent
_ROW = re.compile(r"[●○◐✗▲] (ACTIVE|SHUTOFF|ERROR|PAUSED|BUILD)")
_REFRESHES = 5


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that a piece of work took."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def total(term: Term) -> int:
    """Return the count that the title shows."""
    found = re.search(r"Servers ([\d,]+)", term.text())
    return int(found[1].replace(",", "")) if found else 0


def whole(term: Term) -> bool:
    """Whether the list has come to its end."""
    text = term.text()
    return total(term) > 0 and "live ≤" in text and "loading" not in text and "answered" not in text


def opened(cloud: str, home: Path, *, all_projects: bool) -> tuple[Term, float, float]:
    """Open the dashboard; return it with the seconds to the first row and to the whole table."""
    env = {"OS_CLIENT_CONFIG_FILE": os.environ["OS_CLIENT_CONFIG_FILE"]}
    more = ["--all-projects"] if all_projects else []
    started = time.perf_counter()
    term = Term("--cloud", cloud, *more, home=home, columns=120, rows=40, env=env)
    term.wait_for(lambda term: _ROW.search(term.text()), timeout=120)
    first = time.perf_counter() - started
    term.wait_for(whole, timeout=180)
    return term, first, time.perf_counter() - started


def refreshes(cloud: str, *, all_projects: bool) -> list[float]:
    """Return the seconds of single polls: a request for changes, its rows compared; in a feed, without a screen."""
    from tests.rig import Inbox
    from tui.cloud import Clouds
    from tui.config.settings import Settings
    from tui.live.feed import Asker, Feed
    from tui.live.names import Book
    from tui.live.polling import Poll
    from tui.resources.registry import KINDS

    clouds = Clouds.load(settings=Settings(), only=[cloud], token_cache=False)
    asker = Asker(clouds, Inbox(), time.time)
    feed = Feed(asker, KINDS["server"], clouds.scopes[0], all_projects=all_projects, generation=1, book=Book())
    poll = Poll(feed, lambda: None)
    poll.run()
    try:
        return [timed(poll.run) for _ in range(_REFRESHES)]
    finally:
        clouds.close()


def outside_change(term: Term, cloud: str) -> float:
    """Rename a server with another client; return the seconds from its answer to the new name on the screen."""
    import openstack

    actor = openstack.connect(cloud=cloud)
    query = {"all_tenants": "1", "limit": "1", "sort_key": "display_name", "sort_dir": "asc"}
    server = actor.compute.get("/servers/detail", params=query).json()["servers"][0]
    name = f"0-{int(time.time())}"
    path = f"/servers/{server['id']}"
    actor.compute.put(path, json={"server": {"name": name}}).raise_for_status()
    try:
        term.send(b"g")
        return timed(lambda: term.wait_for(name, timeout=60))
    finally:
        actor.compute.put(path, json={"server": {"name": server["name"]}})


def rows(cloud: str, *, all_projects: bool, runs: int) -> list[Row]:
    """Measure; the peer is run in turn with us."""
    firsts, wholes, peers, changes, count = [], [], [], [], 0
    command = [str(BIN / "openstack"), "--os-cloud", cloud, "server", "list", "-f", "value"]
    command += ["--all-projects"] if all_projects else []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as home:
            term, first, all_there = opened(cloud, Path(home), all_projects=all_projects)
            with term:
                count = total(term)
                changes.append(outside_change(term, cloud))
            firsts.append(first)
            wholes.append(all_there)
        peers.append(timed(lambda: subprocess.run(command, check=True, capture_output=True)))
    peer = statistics.median(peers)
    asked = refreshes(cloud, all_projects=all_projects)
    return [
        _row(f"{count:,} servers: first rows", firsts, peer, 0.12),
        _row("whole table", wholes, peer, 0.42),
        _row("a refresh", asked, peer, 1 / 300),
        Row("a change made elsewhere, to its row", f"{statistics.median(changes):.1f} s", "", None, "≤ 6 s", None),
    ]


def _row(name: str, figures: Sequence[float], peer: float, most: float) -> Row:
    middle = statistics.median(figures)
    target = f"≤ {most:.2f}" if most > 0.1 else f"≤ 1/{1 / most:.0f}"
    ours = f"{middle:.2f} s" if middle > 0.5 else f"{middle * 1000:.0f} ms"
    return Row(name, ours, f"openstack server list {peer:.1f} s", middle / peer, target, middle / peer <= most)


def report(cloud: str, *, all_projects: bool, runs: int) -> int:
    """Measure and print; returns 1 when a target is missed."""
    found = rows(cloud, all_projects=all_projects, runs=runs)
    print(plain(found, machine.describe(), f"{runs} runs in turn, medians"))  # noqa: T201
    return int(any(row.met is False for row in found))
