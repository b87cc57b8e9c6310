"""One feed: the rows of one kind in one scope as they were last told, and how they become deltas."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from tui.cloud import Api, Clouds
from tui.cloud.turns import in_turns
from tui.live.entries import entry_of, tag_of
from tui.live.names import Book, Learner
from tui.live.pool import Pool
from tui.live.prefetch import FirstPage, Prefetch
from tui.model.entry import Entry
from tui.model.events import Delta, Failed, Sink, Unlisted
from tui.model.place import Scope
from tui.model.status import Health
from tui.model.trouble import Trouble
from tui.resources.kind import Kind

OVERLAP = 30.0
"""Seconds that a request for changes reaches back before the newest known change: clocks of a cloud differ."""
_GRAVES = 2000


class Keeper(Protocol):
    """Keeps rows between runs."""

    def polled(self, feed: Feed) -> None:
        """A feed was answered. On the worker that asked."""
        ...


@dataclass(slots=True)
class Asker:
    """What every feed needs: the clouds to ask, where events go, what time it is."""

    clouds: Clouds
    sink: Sink
    clock: Callable[[], float]
    keeper: Keeper | None = None
    """Keeps what feeds know for the next start."""
    prefetch: Prefetch | None = None
    """First pages that were asked for while the interface came up."""


class Feed:
    """Rows of one kind in one scope. Several chores work on it side by side; `_lock` keeps their deltas in order."""

    def __init__(
        self, asker: Asker, kind: Kind, scope: Scope, *, all_projects: bool, generation: int, book: Book
    ) -> None:
        self.asker = asker
        self.kind = kind
        self.scope = scope
        self.wants_all = all_projects
        self.all_projects = all_projects
        """Whether all projects are asked for: no longer, once policy forbade it."""
        self.generation = generation
        self.learner = Learner(kind, book)
        self.complete = False
        """Whether a full list has come to its end."""
        self.answered = 0.0
        """`clock()` of the last good poll."""
        self.trouble: Trouble | None = None
        self.failures = 0
        self.closed = False
        self.margin = OVERLAP
        """Seconds that the next request for changes reaches back; more after a long list."""
        self.rows: dict[str, Any] = {}
        """Rows as shown, by id."""
        self.moving: set[str] = set()
        """Ids of rows in transition."""
        self.unlisted: frozenset[str] = frozenset()
        self._book = book
        self.unwired: list[str] = []
        """Ids of rows of which the other services told something, and now nothing: to be read again."""
        self._pool = Pool()
        self._wiring: Mapping[str, Any] = {}
        self._graves: dict[str, None] = {}
        self._newest = ""
        self._origin = ""
        self._tag = ""
        self._announced = False
        self._lock = threading.Lock()

    @property
    def api(self) -> Api:
        """The API that the feed asks."""
        return self.asker.clouds.api(self.scope, all_projects=self.all_projects)

    def key(self, ident: str) -> str:
        """Return the entry key of a row."""
        return f"{self._origin}|{ident}"

    @property
    def origin(self) -> str:
        """The service endpoint that tells its rows from others; empty until it was asked."""
        return self._origin

    @property
    def book(self) -> Book:
        """Names of what its rows refer to."""
        return self._book

    def begun(self) -> FirstPage | None:
        """Return the first page of its list, once, where that was asked for before there was a feed. May wait.

        Raises TroubleError where that failed.
        """
        prefetch = self.asker.prefetch
        if prefetch is None or self.answered:
            return None
        page = prefetch.take(self.kind.id, self.scope.key, all_projects=self.all_projects)
        who = self.asker.clouds.known_identity(self.scope)
        return page if page is not None and page.is_of(self._origin, who) else None

    def at_home(self, origin: str) -> None:
        """Take note of the service endpoint that tells this feed's rows from others."""
        self._origin = origin
        self._tag = tag_of(origin)

    def since(self) -> str:
        """Return the watermark for a request for changes; empty when no row ever told a time.

        It is the newest `updated` that the service told in any answer, less an overlap: our own clock may be wrong, and
        Nova may send no `Date`. Source: Compute API guide, «Polling changes-since».
        """
        try:
            newest = datetime.fromisoformat(self._newest)
        except ValueError:
            return ""
        aware = newest if newest.tzinfo else newest.replace(tzinfo=UTC)
        return (aware - timedelta(seconds=self.margin)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def absorb(
        self,
        rows: Sequence[Any],
        *,
        odd: Set[str] = frozenset(),
        polled: bool = True,
        complete: bool = True,
        pages: int = 0,
        at: float = 0.0,
    ) -> None:
        """Compare rows with what is known and hand on what differs.

        `polled` rows come from the list that proves the scope alive: they are told even when nothing differs. `at` is
        when they came, if that was not just now.
        """
        with self._lock:
            if self.closed or (not polled and (self.trouble is not None or not self._announced)):
                return
            upserts: list[Entry] = []
            removed: list[str] = []
            for turn in in_turns(len(rows)):
                for row in rows[turn]:
                    self._one(row, odd, upserts, removed)
            if upserts:
                self.learner.note([entry.row for entry in upserts])
            self._tell(upserts, removed, polled=polled, complete=complete, pages=pages, at=at)

    def remove(self, idents: Iterable[str]) -> None:
        """Drop rows that are known to be gone."""
        with self._lock:
            gone = [self.key(ident) for ident in idents if self._bury(ident)]
            if gone:
                self._tell([], gone, polled=False, complete=self.complete, pages=0)

    def rewire(self, wiring: Mapping[str, Any]) -> None:
        """Complete all rows anew with what other services tell of them."""
        complete = self.kind.complete
        if complete is None:
            return
        with self._lock:
            if self.closed or self.trouble is not None:
                return
            before, self._wiring = self._wiring, wiring
            self.unwired += [ident for ident in before if ident not in wiring and ident in self.rows]
            for its in wiring.values():
                self._pool.share(its)
            shown = list(self.rows.items())
            for turn in in_turns(len(shown)):
                upserts: list[Entry] = []
                for ident, old in shown[turn]:
                    row = complete(old, wiring)
                    if row != old:
                        self.rows[ident] = row
                        upserts.append(self._entry(row, odd=False))
                if upserts:
                    self.learner.note([entry.row for entry in upserts])
                    self._tell(upserts, [], polled=False, complete=self.complete, pages=0)

    def fail(self, trouble: Trouble, next_try: float) -> None:
        """Tell that the scope did not answer as hoped."""
        with self._lock:
            if self.closed:
                return
            self.trouble = trouble
            self.failures += 1
            now = self.asker.clock()
            self.asker.sink.put(Failed(self.generation, self.kind.id, self.scope, now, trouble, next_try))

    def miss(self, idents: frozenset[str]) -> None:
        """Tell which rows a full list missed although nothing says that they are gone."""
        with self._lock:
            if self.closed or idents == self.unlisted:
                return
            self.unlisted = idents
            keys = [self.key(ident) for ident in idents]
            at = self.asker.clock()
            self.asker.sink.put(Unlisted(self.generation, self.kind.id, self.scope, at, keys))

    def close(self) -> None:
        """Tell nothing more: what still comes is out of date."""
        with self._lock:
            self.closed = True

    def _one(self, row: Any, odd: Set[str], upserts: list[Entry], removed: list[str]) -> None:
        ident = row.id
        if not ident or ident in self._graves:
            return
        known = self.rows.get(ident)
        new = self.kind.complete(row, self._wiring) if self.kind.complete and self._wiring else row
        if known == new:
            return
        if self.kind.read.changes_since:
            updated = row.updated or ""
            if updated > self._newest:
                self._newest = updated
            if row.status == "DELETED":
                if self._bury(ident):
                    removed.append(self.key(ident))
                return
            if known is not None and updated < (known.updated or ""):
                return  # an older answer that came late
        self._pool.share(new)
        self.rows[ident] = new
        upserts.append(self._entry(new, odd=ident in odd))

    def _bury(self, ident: str) -> bool:
        """Forget a row; answers on their way that still name it are ignored. Ids are never used again."""
        if self.kind.read.changes_since:
            self._graves[ident] = None
            if len(self._graves) > _GRAVES:
                del self._graves[next(iter(self._graves))]
        self.moving.discard(ident)
        return self.rows.pop(ident, None) is not None

    def _entry(self, row: Any, *, odd: bool) -> Entry:
        entry = entry_of(self.kind, self.scope, row, self._origin, self._tag, self._book, odd=odd)
        if entry.status.health is Health.MOVING:
            self.moving.add(row.id)
        else:
            self.moving.discard(row.id)
        return entry

    def _tell(
        self,
        upserts: list[Entry],
        removed: list[str],
        *,
        polled: bool,
        complete: bool,
        pages: int,
        at: float = 0.0,
    ) -> None:
        if not (polled or upserts or removed):
            return
        now = at or self.asker.clock()
        if polled:
            self.answered, self.trouble, self.failures = now, None, 0
        restart = not self._announced
        self._announced = True
        self.asker.sink.put(
            Delta(self.generation, self.kind.id, self.scope, now, upserts, removed, complete, pages, restart)
        )
