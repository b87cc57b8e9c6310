"""How long a full list takes against a real cloud, beside the `openstack` command in the same run.

    OS_CLIENT_CONFIG_FILE=/path/clouds.yaml python -m tests.bench.listing --cloud NAME [--all-projects] [--runs 3]

Prints medians: from process start to the first row readable on the pty, to the whole table, and from a change made by
another client (a rename) to the changed row. Ratios are the figures to quote: machines are noisy.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import openstack

from tests.terminal.harness import Term

BIN = Path(sys.executable).parent
_ROW = re.compile(r"[●○◐✗▲] (ACTIVE|SHUTOFF|ERROR|PAUSED|BUILD)")


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


def outside_change(term: Term, cloud: str) -> float:
    """Rename a server with another client; return the seconds from its answer to the new name on the screen."""
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


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cloud", required=True)
    parser.add_argument("--all-projects", action="store_true")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args(argv)
    firsts, wholes, peers, changes, rows = [], [], [], [], 0
    command = [str(BIN / "openstack"), "--os-cloud", options.cloud, "server", "list", "-f", "value"]
    command += ["--all-projects"] if options.all_projects else []
    for _ in range(options.runs):
        with tempfile.TemporaryDirectory() as home:
            term, first, all_there = opened(options.cloud, Path(home), all_projects=options.all_projects)
            with term:
                rows = total(term)
                changes.append(outside_change(term, options.cloud))
            firsts.append(first)
            wholes.append(all_there)
        peers.append(timed(lambda: subprocess.run(command, check=True, capture_output=True)))
    peer = statistics.median(peers)
    print(f"{rows} servers, {options.runs} runs in turn, medians")  # noqa: T201
    print(f"openstack server list    {peer:6.1f} s")  # noqa: T201
    for what, figures in (("first row readable", firsts), ("whole table", wholes)):
        middle = statistics.median(figures)
        print(f"{what:24} {middle:6.1f} s   {middle / peer:.2f} of it")  # noqa: T201
    print(f"outside change to row    {statistics.median(changes):6.1f} s")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
