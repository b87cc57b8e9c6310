"""One reading of a kind in many scopes at once, without a screen: for `get` and tests."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence

from tui.cloud import Clouds, trouble_of
from tui.live.completing import learn_names, supplement
from tui.live.feed import Asker, Feed
from tui.live.fleet import Fleet
from tui.live.names import Book
from tui.live.polling import Poll
from tui.live.threads import Workers
from tui.model.entry import Entry
from tui.model.events import Event, Failed, ScopesChanged
from tui.model.place import Place, Scope
from tui.model.trouble import Trouble, TroubleError
from tui.resources.kind import Kind


class _Inbox:
    """A sink that the calling thread empties; None says that one scope is done."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()

    def put(self, event: Event | None) -> None:
        """Take an event."""
        self._queue.put(event)

    def get(self) -> Event | None:
        """Wait for the next event."""
        return self._queue.get()


class _Reading:
    """All scopes are asked; scopes that turn out to be several regions, or the same as another, are followed."""

    def __init__(self, clouds: Clouds, kind: Kind, *, all_projects: bool) -> None:
        self.inbox = _Inbox()
        self.fleet = Fleet({kind.id: kind})
        self._asker = Asker(clouds, self.inbox, time.time)
        self._kind = kind
        self._all_projects = all_projects
        self._books: dict[Place, Book] = {}
        self._workers = Workers()
        self._open = 0

    def run(self, scopes: Sequence[Scope], on_trouble: Callable[[Scope, Trouble], None] | None) -> None:
        wanted = {cloud for scope in scopes for cloud in scope.clouds}
        started: set[str] = set()
        self.fleet.keep([self._kind.id], scopes, time.time())
        try:
            self._start(scopes, started)
            while self._open:
                event = self.inbox.get()
                if event is None:
                    self._open -= 1
                    continue
                self.fleet.apply(event)
                if isinstance(event, ScopesChanged):
                    found = [scope for scope in self._asker.clouds.scopes if wanted.intersection(scope.clouds)]
                    self._start([scope for scope in found if scope.place.region], started)
                elif isinstance(event, Failed) and on_trouble is not None:
                    on_trouble(event.scope, event.trouble)
        finally:
            self._workers.close()

    def _start(self, scopes: Sequence[Scope], started: set[str]) -> None:
        known = {(scope.place, scope.project) for scope in scopes if scope.key in started}
        for scope in scopes:
            if scope.key in started or (scope.place, scope.project) in known:
                continue
            started.add(scope.key)
            self._open += 1
            book = self._books.setdefault(scope.place, Book())
            feed = Feed(self._asker, self._kind, scope, all_projects=self._all_projects, generation=1, book=book)
            lane = f"{scope.place.auth_url} {scope.place.region}"
            self._workers.submit(lane, lambda feed=feed: self._read(feed))  # type: ignore[misc]

    def _read(self, feed: Feed) -> None:
        try:
            Poll(feed, lambda: None).run()
            if feed.complete:
                supplement(feed)
                learn_names(feed)
        except TroubleError as error:
            feed.fail(error.trouble, 0.0)
        except Exception as error:
            feed.fail(trouble_of(error, scope=feed.scope), 0.0)
        finally:
            self.inbox.put(None)


def read_all(
    clouds: Clouds,
    kind: Kind,
    scopes: Sequence[Scope],
    *,
    all_projects: bool = False,
    on_trouble: Callable[[Scope, Trouble], None] | None = None,
) -> list[Entry]:
    """Read a kind in all scopes side by side; merged, names looked up, supplements applied, sorted by name. Blocking.

    Scopes that fail are told to `on_trouble` (on the calling thread); the others' rows are returned all the same.
    Entries without a region are read in all regions of their catalog. KeyboardInterrupt ends the wait at once.
    """
    reading = _Reading(clouds, kind, all_projects=all_projects)
    reading.run(scopes, on_trouble)
    return list(reading.fleet.named(kind))
