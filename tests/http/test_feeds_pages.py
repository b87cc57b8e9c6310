"""Lists page by page: growing pages, markers that are gone, tokens that end in between."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.http.stage import Answer, Seen, Stage
from tests.waiting import wait_until
from tui.cloud import Clouds
from tui.live.feed import Asker, Feed
from tui.live.listing import next_size, pages
from tui.live.names import Book
from tui.live.polling import Poll
from tui.live.reading import read_all
from tui.live.threads import Workers
from tui.model.events import Delta, Event
from tui.model.place import Scope
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.resources.server import SERVER

Loader = Callable[..., Clouds]
TIME = "2026-11-20T10:00:{:02d}Z"


class Nova:
    """A list of servers as Nova pages it, in the stage's hands."""

    def __init__(self, stage: Stage, number: int) -> None:
        self.rows = [row(f"s{index:04d}") for index in range(number)]
        self.deleted: list[dict[str, Any]] = []
        self.before_page: Callable[[int], None] = lambda number: None
        self.asked: list[dict[str, list[str]]] = []
        self.broken = 0
        """Number of the request that fails."""
        stage.on("GET", "/compute/v2.1/servers/detail", self.answer)

    def answer(self, seen: Seen) -> Answer:
        self.asked.append(seen.query)
        self.before_page(len(self.asked))
        if len(self.asked) == self.broken:
            return Answer({"computeFault": {"code": 500, "message": "broken"}}, 500)
        if "changes-since" in seen.query:
            since = seen.query["changes-since"][0]
            changed = [found for found in (*self.rows, *self.deleted) if found["updated"] >= since]
            return Answer({"servers": changed})
        limit = int(seen.query.get("limit", ["1000"])[0])
        start = 0
        if "marker" in seen.query:
            marker = seen.query["marker"][0]
            at = next((index for index, found in enumerate(self.rows) if found["id"] == marker), None)
            if at is None:
                return Answer({"badRequest": {"code": 400, "message": f"marker [{marker}] not found"}}, 400)
            start = at + 1
        page = self.rows[start : start + limit]
        body: dict[str, Any] = {"servers": page}
        if start + limit < len(self.rows):
            body["servers_links"] = [{"rel": "next", "href": f"http://x/servers?marker={page[-1]['id']}"}]
        return Answer(body)

    def delete(self, ident: str, second: int = 30) -> None:
        self.rows = [found for found in self.rows if found["id"] != ident]
        self.deleted.append(row(ident, status="DELETED", second=second))


def row(ident: str, *, status: str = "ACTIVE", second: int = 0) -> dict[str, Any]:
    return {"id": ident, "name": ident, "status": status, "tenant_id": "p1", "updated": TIME.format(second)}


@pytest.fixture
def clouds(stage: Stage, load: Loader) -> Clouds:
    return load({"a": stage.entry()}, token_cache=False)


class Sink:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def put(self, event: Event) -> None:
        self.events.append(event)

    def removed(self) -> list[str]:
        keys = [key for event in self.events if isinstance(event, Delta) for key in event.removed]
        return [key.rpartition("|")[2] for key in keys]


def feed_of(clouds: Clouds, sink: Sink, clock: Callable[[], float] = lambda: 1000.0) -> Feed:
    scope = clouds.scopes[0]
    return Feed(Asker(clouds, sink, clock), SERVER, scope, all_projects=False, generation=1, book=Book())


def listed(clouds: Clouds, first: int = 3) -> list[str]:
    return [
        found.id
        for page in pages(clouds.api(clouds.scopes[0]), SERVER.read, SERVER.row, first=first)
        for found in page.rows
    ]


def test_pages_grow_while_the_cloud_is_fast() -> None:
    assert next_size(100, 0.01, 1000) == 400
    assert next_size(400, 0.1, 1000) == 1000
    assert next_size(100, 0.5, 1000) == 200
    assert next_size(400, 4.0, 1000) == 100
    assert next_size(100, 60.0, 1000) == 50


def test_first_rows_come_before_the_rest_is_asked_for(stage: Stage, clouds: Clouds) -> None:
    nova, sink = Nova(stage, 250), Sink()
    Poll(feed_of(clouds, sink), lambda: None).run()
    deltas = [event for event in sink.events if isinstance(event, Delta)]
    assert [(len(event.upserts), event.complete, event.pages) for event in deltas] == [(100, False, 1), (150, True, 2)]
    assert [event.restart for event in deltas] == [True, False]
    first, second = (int(query["limit"][0]) for query in nova.asked)
    assert (first, 200 <= second <= 400) == (100, True), "fewer more where the first took its time"


def test_a_marker_that_was_deleted_between_pages_loses_no_row(stage: Stage, clouds: Clouds) -> None:
    nova = Nova(stage, 10)
    nova.before_page = lambda number: nova.delete("s0002") if number == 2 else None
    found = listed(clouds)
    assert set(found) == {f"s{index:04d}" for index in range(10)}


def test_even_when_all_rows_before_it_are_gone(stage: Stage, clouds: Clouds) -> None:
    nova = Nova(stage, 10)

    def delete(number: int) -> None:
        if number == 2:
            for ident in ("s0000", "s0001", "s0002"):
                nova.delete(ident)

    nova.before_page = delete
    assert {f"s{index:04d}" for index in range(3, 10)} <= set(listed(clouds))


def test_a_token_that_ends_between_pages_is_renewed(stage: Stage, clouds: Clouds) -> None:
    nova = Nova(stage, 10)
    nova.before_page = lambda number: stage.tokens.clear() if number == 1 else None
    assert len(listed(clouds)) == 10
    assert stage.issued == 2


def test_changes_are_asked_from_the_newest_change_that_was_told(stage: Stage, clouds: Clouds) -> None:
    nova, sink = Nova(stage, 3), Sink()
    nova.rows[1] = row("s0001", second=40)
    feed = feed_of(clouds, sink)
    poll = Poll(feed, lambda: None)
    poll.run()
    nova.rows[0] = row("s0000", status="ERROR", second=45)
    nova.delete("s0002", second=46)
    poll.run()
    assert sorted(feed.rows) == ["s0000", "s0001"]
    assert sink.removed() == ["s0002"]
    poll.run()
    # Thirty seconds before the newest `updated`, and never our own clock, which says 1970 here.
    assert nova.asked[-1]["changes-since"] == [TIME.format(16)]
    last = [event for event in sink.events if isinstance(event, Delta)][-1]
    assert (list(last.upserts), list(last.removed)) == ([], [])


def test_after_a_long_pause_the_full_list_is_read(stage: Stage, clouds: Clouds) -> None:
    now = [1000.0]
    nova, sink = Nova(stage, 4), Sink()
    feed = feed_of(clouds, sink, lambda: now[0])
    poll = Poll(feed, lambda: None)
    poll.run()
    now[0] += 299
    poll.run()
    assert "changes-since" in nova.asked[-1]
    now[0] += 301
    poll.run()
    assert "changes-since" not in nova.asked[-1]


def test_a_row_that_a_list_misses_is_dropped_only_after_its_own_404(stage: Stage, clouds: Clouds) -> None:
    nova, sink = Nova(stage, 30), Sink()
    feed = feed_of(clouds, sink)
    poll = Poll(feed, lambda: None)
    poll.run()
    hidden, gone = nova.rows[3], nova.rows[4]
    nova.rows = [found for found in nova.rows if found not in (hidden, gone)]
    stage.on("GET", f"/compute/v2.1/servers/{hidden['id']}", lambda seen: Answer({"server": hidden}))
    stage.on(
        "GET", f"/compute/v2.1/servers/{gone['id']}", lambda seen: Answer({"itemNotFound": {"message": "no"}}, 404)
    )
    poll.reconcile()
    assert sink.removed() == [gone["id"]]
    assert hidden["id"] in feed.rows


def test_an_answer_that_comes_late_does_not_turn_back_time(stage: Stage, clouds: Clouds) -> None:
    Nova(stage, 1)
    sink = Sink()
    feed = feed_of(clouds, sink)
    Poll(feed, lambda: None).run()
    fresh = SERVER.row(id="s0000", name="new", status="ERROR", updated=TIME.format(50))
    late = SERVER.row(id="s0000", name="old", status="ACTIVE", updated=TIME.format(20))
    feed.absorb([fresh])
    feed.absorb([late], polled=False)
    assert feed.rows["s0000"].name == "new"
    feed.absorb([SERVER.row(id="s0000", status="DELETED", updated=TIME.format(55))])
    feed.absorb([fresh], polled=False)
    assert "s0000" not in feed.rows


def test_odd_rows_show_and_harm_nobody(stage: Stage, clouds: Clouds) -> None:
    nova, sink = Nova(stage, 3), Sink()
    nova.rows[1] = {"id": "s0001", "name": ["not", "text"], "status": 7, "flavor": "m1", "updated": 5}
    feed = feed_of(clouds, sink)
    Poll(feed, lambda: None).run()
    upserts = [entry for event in sink.events if isinstance(event, Delta) for entry in event.upserts]
    assert sorted(entry.id for entry in upserts) == ["s0000", "s0001", "s0002"]
    assert [entry.odd for entry in upserts] == [False, True, False]


def test_an_entry_without_region_is_read_in_every_region(stage: Stage, load: Loader) -> None:
    stage.regions = ["r1", "r2"]
    Nova(stage, 2)
    clouds = load(
        {"a": {key: value for key, value in stage.entry().items() if key != "region_name"}}, token_cache=False
    )
    troubles: list[tuple[Scope, Trouble]] = []
    entries = read_all(clouds, SERVER, clouds.scopes, on_trouble=lambda *found: troubles.append(found))
    assert troubles == []
    assert {entry.id for entry in entries} == {"s0000", "s0001"}
    assert {scope.region for scope in clouds.scopes} == {"r1", "r2"}


def test_reading_goes_on_where_a_scope_fails(stage: Stage, load: Loader) -> None:
    Nova(stage, 2)
    stage.projects.append({"id": "p2", "name": "other", "domain_id": "default", "enabled": True})
    broken = stage.entry(auth_password="wrong", auth_username="bob", auth_project_name="other")
    clouds = load({"bad": broken, "good": stage.entry()}, token_cache=False)
    troubles: list[tuple[str, Cause]] = []

    def note(scope: Scope, trouble: Trouble) -> None:
        troubles.append((scope.cloud, trouble.cause))

    assert len(read_all(clouds, SERVER, clouds.scopes, on_trouble=note)) == 2
    assert troubles == [("bad", Cause.SIGN_IN)]


def test_a_list_that_fails_half_way_starts_again_and_drops_nothing(stage: Stage, clouds: Clouds) -> None:
    nova, sink = Nova(stage, 150), Sink()
    feed = feed_of(clouds, sink)
    poll = Poll(feed, lambda: None)
    nova.broken = 2
    with pytest.raises(TroubleError):
        poll.run()
    assert (len(feed.rows), feed.complete) == (100, False)
    nova.broken = 0
    poll.run()
    assert (len(feed.rows), feed.complete) == (150, True)
    assert sink.removed() == []


def test_hung_jobs_of_one_place_hold_nobody_else() -> None:
    workers, held, done = Workers(), threading.Event(), threading.Event()
    for _ in range(10):
        workers.submit("a", lambda: held.wait(20) and None)
    workers.submit("b", done.set)
    wait_until(done.is_set, "another place works", 2)
    urgent = threading.Event()
    workers.submit("a", urgent.set, urgent=True)
    wait_until(urgent.is_set, "an action does not wait behind reads", 2)
    workers.close()
    held.set()


def test_workers_do_all_jobs_and_outlive_a_failing_one() -> None:
    workers, done = Workers(), []
    workers.submit("a", lambda: 1 / 0)
    for number in range(50):
        workers.submit("a", lambda number=number: done.append(number))  # type: ignore[misc]
    wait_until(lambda: len(done) == 50, "all jobs are done", 3)
    assert sorted(done) == list(range(50))
    assert len([thread for thread in threading.enumerate() if thread.name == "stackdeck a"]) <= 4
    assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("stackdeck"))
    workers.close()
