"""The benchmarks' stub cloud answers as Nova does where a client notices."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.bench import stub
from tests.bench.stub import Stub
from tests.http.conftest import Loader
from tests.rig import Inbox
from tui.cloud import Clouds
from tui.live.feed import Asker, Feed
from tui.live.names import Book
from tui.live.polling import Poll
from tui.resources.registry import KINDS


@pytest.fixture(scope="module")
def cloud() -> Iterator[Stub]:
    """Two regions with 2,500 servers each."""
    with stub.start(servers=2_500, regions=2, ports=True) as found:
        yield found


def listed(clouds: Clouds, region: str) -> tuple[Feed, Poll]:
    """Return a feed that has read its list."""
    scope = next(scope for scope in clouds.scopes if scope.region == region)
    asker = Asker(clouds, Inbox(), time.time)
    feed = Feed(asker, KINDS["server"], scope, all_projects=True, generation=1, book=Book())
    poll = Poll(feed, lambda: None)
    poll.run()
    return feed, poll


def test_it_has_pages_and_each_place_servers_of_its_own(cloud: Stub, load: Loader) -> None:
    clouds = load(cloud.clouds_file.read_text("utf-8"))
    first, second = (listed(clouds, region)[0] for region in ("r1", "r2"))
    assert len(first.rows) == len(second.rows) == 2_500
    assert not first.rows.keys() & second.rows.keys()


def test_it_tells_what_changed_went_and_came_beyond_a_page(cloud: Stub, load: Loader) -> None:
    feed, poll = listed(load(cloud.clouds_file.read_text("utf-8")), "r1")
    before = {ident: row.status for ident, row in feed.rows.items()}
    changed = cloud.change(1_200)
    new = cloud.replace(5)
    cloud.forget()
    poll.run()
    assert all(feed.rows[ident].status != before[ident] for ident in changed)
    assert len(feed.rows) == 2_500
    assert set(new) == feed.rows.keys() - before.keys()
    asked = [one["path"] for one in cloud.requests()]
    assert len(asked) == 2, "1,210 changes are two pages"
    assert all("changes-since" in path for path in asked)


def test_a_region_can_hang(cloud: Stub, load: Loader) -> None:
    clouds = load(cloud.clouds_file.read_text("utf-8"))
    cloud.set(hanging=["r2"])
    try:
        assert len(listed(clouds, "r1")[0].rows) == 2_500
        cloud.forget()
        with pytest.raises(Exception, match="time"):
            listed(clouds, "r2")
    finally:
        cloud.set(hanging=[])
