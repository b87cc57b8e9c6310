"""What lists servers beside stackdeck: each run in a process of its own, on the same cloud, in the same run.

A child is started as `python -m tests.bench.peers NAME URL`, lists all servers once after a small request that pays for
imports and connections, and prints what that cost as JSON: seconds of CPU, seconds, rows, and the memory that is kept.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench import machine
from tests.bench.stub import ROOT, Stub

BIN = Path(sys.executable).parent
Pair = tuple[Callable[[], object], Callable[[], list[Any]]]
"""A small request, and the whole list."""
LIMIT = 1000
"""Rows of a page, the most that Nova gives."""


@dataclass(frozen=True)
class Cost:
    """What a list cost."""

    rows: int
    cpu: float
    """Seconds of CPU, system time included."""
    seconds: float
    kept: float
    """MB by which the process has grown with the rows in hand; of a command: all it ever had."""


def child(name: str, cloud: Stub) -> Cost:
    """Run one of `CHILDREN` on a stub."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, **cloud.environment(), "XDG_CACHE_HOME": home, "XDG_CONFIG_HOME": home}
        command = [sys.executable, "-m", "tests.bench.peers", name, cloud.servers_url()]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr.strip()[-400:]}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def openstack_command(cloud: Stub) -> Cost:
    """Run `openstack server list --all-projects` once, all of it: the command is a process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    command = [str(BIN / "openstack"), "server", "list", "--all-projects", "-f", "value"]
    done = subprocess.run(
        command, env={**os.environ, **cloud.environment()}, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"openstack server list: {done.stderr.strip()[-400:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(done.stdout.count("\n"), cpu, seconds, after.ru_maxrss / 1000)


def _floor(url: str) -> Pair:
    """Return aiohttp and msgspec by hand."""
    from tests.bench.floor import pages

    return lambda: asyncio.run(pages(f"{url}?limit=1", most=1)), lambda: asyncio.run(pages(f"{url}?limit={LIMIT}"))


def _ours(url: str) -> Pair:
    """Return what the dashboard does: sign in, pages that grow, rows compared with what is known, deltas told."""
    from tests.rig import Inbox
    from tui.cloud import Clouds
    from tui.config.settings import Settings
    from tui.live import memory
    from tui.live.feed import Asker, Feed
    from tui.live.names import Book
    from tui.live.polling import Poll
    from tui.resources.registry import KINDS

    kind = KINDS["server"]
    clouds = Clouds.load(settings=Settings(), token_cache=False)
    memory.prepare()
    feed = Feed(Asker(clouds, Inbox(), time.time), kind, clouds.scopes[0], all_projects=True, generation=1, book=Book())

    def listed() -> list[Any]:
        Poll(feed, lambda: None).run()
        return list(feed.rows.values())

    return lambda: feed.api.get("compute", "/servers/detail", (("limit", "1"),)), listed


def _sdk(url: str) -> Pair:
    """Return openstacksdk as its documentation shows it."""
    import openstack

    connection = openstack.connect()
    return lambda: connection.compute.get("/servers/detail?limit=1"), lambda: list(
        connection.compute.servers(details=True, all_projects=True)
    )


CHILDREN = {"floor": _floor, "ours": _ours, "sdk": _sdk}


def _main() -> None:
    first, listed = CHILDREN[sys.argv[1]](sys.argv[2])
    first()
    gc.collect()
    before, cpu, started = machine.rss(os.getpid()), time.process_time(), time.perf_counter()
    rows = listed()
    cpu, seconds = time.process_time() - cpu, time.perf_counter() - started
    gc.collect()
    kept = machine.rss(os.getpid()) - before
    sys.stdout.write(json.dumps({"rows": len(rows), "cpu": cpu, "seconds": seconds, "kept": kept}) + "\n")


if __name__ == "__main__":
    _main()
