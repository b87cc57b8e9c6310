"""What a refresh of a large place costs, and many places at once: our feeds on the stub, beside the least possible."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from keystoneauth1.adapter import Adapter

from tests.bench import machine
from tests.bench.stub import Stub, start
from tests.rig import Inbox
from tests.waiting import wait_until
from tui.cloud import Clouds, Reply
from tui.cloud.reply import read_page
from tui.config.settings import Settings
from tui.live import memory
from tui.live.feed import Asker, Feed
from tui.live.feeds import Feeds
from tui.live.fleet import Fleet
from tui.live.listing import pages
from tui.live.names import Book
from tui.live.polling import Poll
from tui.live.view import View
from tui.model.events import Delta
from tui.model.place import Scope
from tui.resources.registry import KINDS, columns_of
from tui.resources.server import SERVER

RUNS = 7
CHANGED = 5


@contextmanager
def signed_in(cloud: Stub) -> Iterator[Clouds]:
    """Return the clouds of a stub, signed in."""
    kept = dict(os.environ)
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(cloud.environment(), XDG_CACHE_HOME=home, XDG_CONFIG_HOME=home)
        del os.environ["OS_REGION_NAME"]
        try:
            clouds = Clouds.load(settings=Settings(), token_cache=False)
            clouds.identity(clouds.scopes[0])
            yield clouds
        finally:
            os.environ.clear()
            os.environ.update(kept)


@dataclass(frozen=True)
class Refresh:
    """One refresh of a place of which a few servers changed; seconds of CPU, medians."""

    bytes: float
    """For each changed server."""
    whole: float
    work: float
    """Decode, compare, merge."""
    empty: float
    """An `adapter.get` that brings nothing."""


def refresh(servers: int) -> Refresh:
    """List a place, then refresh it again and again, each time after a few servers changed."""
    memory.prepare()
    with start(servers=servers) as cloud, signed_in(cloud) as clouds:
        inbox, fleet = Inbox(), Fleet(KINDS)
        asker = Asker(clouds, inbox, time.time)
        feed = Feed(asker, SERVER, clouds.scopes[0], all_projects=True, generation=1, book=Book())
        poll, view = Poll(feed, lambda: None), View(fleet, SERVER, columns_of(SERVER))
        view.set_scopes([feed.scope.key])

        def merge() -> None:
            for event in inbox.drain():
                view.apply(fleet.apply(event))

        poll.run()
        merge()
        memory.freeze()
        adapter = Adapter(feed.api.connection().session, service_type="compute", region_name=cloud.regions[0])
        nothing = "/servers/detail?changes-since=2099-01-01T00:00:00Z"
        sizes, wholes, works, empties = [], [], [], []
        for _ in range(RUNS):
            _change(cloud, feed)
            adapter.get(nothing)  # after a second's sleep caches are cold: it pays for that
            wholes.append(_spent(poll.run))
            merge()
            empties.append(_spent(lambda: adapter.get(nothing)))
            _change(cloud, feed)
            reply = feed.api.get("compute", "/servers/detail", (("changes-since", feed.since()), ("all_tenants", "1")))
            sizes.append(len(reply.body) / CHANGED)
            started = time.process_time()
            _absorb(feed, reply)
            merge()
            works.append(time.process_time() - started)
    return Refresh(*map(statistics.median, (sizes, wholes, works, empties)))


def _change(cloud: Stub, feed: Feed) -> None:
    """Change a few servers, and let the next request for changes bring these and not the ones before once more."""
    machine.let_pass(1.1)
    cloud.change(CHANGED)
    feed.margin = -1.0


def _absorb(feed: Feed, reply: Reply) -> None:
    feed.absorb(read_page(reply, SERVER.read, SERVER.row).rows)


def _spent(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


@dataclass(frozen=True)
class Many:
    """A fleet of many places, listed at once; medians."""

    together: float
    """Seconds until all rows are there."""
    alone: float
    """The same for one place."""
    cpu: float
    """Seconds of CPU to decode and compare all rows in one thread, without any request."""


def places(count: int, servers: int, latency: float, runs: int) -> Many:
    """List all places of a stub at once, and one of them alone, in turn."""
    memory.prepare()
    with start(servers=servers, regions=count, latency=latency) as cloud, signed_in(cloud) as clouds:
        scopes = list(clouds.scopes)
        for scope in scopes:
            clouds.identity(scope)
        _listed(clouds, scopes, count * servers)
        bodies = [_bodies(clouds, scopes[0])] * count
        together, alone, cpu = [], [], []
        for _ in range(runs):
            together.append(_listed(clouds, scopes, count * servers))
            alone.append(_listed(clouds, scopes[:1], servers))
            cpu.append(_spent(lambda: _decoded(clouds, scopes, bodies)))
    return Many(statistics.median(together), statistics.median(alone), statistics.median(cpu))


def _listed(clouds: Clouds, scopes: Sequence[Scope], rows: int) -> float:
    """List places as the dashboard does; returns the seconds until the last row is there."""
    inbox = Inbox()
    feeds = Feeds(clouds, inbox, Settings())
    found: set[str] = set()

    def there() -> bool:
        for event in inbox.drain():
            if isinstance(event, Delta):
                found.update(entry.key for entry in event.upserts)
        return len(found) >= rows

    started = time.perf_counter()
    try:
        feeds.show(SERVER, scopes, all_projects=True)
        wait_until(there, f"{rows} rows", 120)
        return time.perf_counter() - started
    finally:
        feeds.stop()


def _bodies(clouds: Clouds, scope: Scope) -> list[Reply]:
    """Return the pages of a place as they came."""
    api = clouds.api(scope, all_projects=True)
    found: list[Reply] = []
    get = api.get
    api.get = lambda *args, **more: found.append(get(*args, **more)) or found[-1]  # type: ignore[method-assign, func-returns-value]
    for _ in pages(api, SERVER.read, SERVER.row):
        pass
    return [reply for reply in found if b'"servers"' in reply.body]


def _decoded(clouds: Clouds, scopes: Sequence[Scope], bodies: Sequence[Sequence[Reply]]) -> None:
    """Decode and compare pages that are there already."""
    for scope, pages_of in zip(scopes, bodies, strict=True):
        asker = Asker(clouds, Inbox(), time.time)
        feed = Feed(asker, SERVER, scope, all_projects=True, generation=1, book=Book())
        for reply in pages_of:
            _absorb(feed, reply)
