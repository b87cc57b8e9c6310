"""Keeping what feeds know for the next start: now and then while they run, and once more at the end."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tui.cloud import Clouds
from tui.live.feed import Feed
from tui.live.row_cache import AGAIN, RowCache
from tui.model.trouble import TroubleError

Id = tuple[str, str, bool]
"""Kind, scope key, whether all projects were asked for."""


@dataclass(slots=True)
class _Written:
    feed: Feed
    rows: list[Any] = field(default_factory=list)
    at: float = 0.0
    """`answered` of the feed when it was written."""
    names: int = 0
    """Labels that were known then."""
    looked: float = -AGAIN
    """Monotonic."""


class RowKeeper:
    """Implements `tui.live.feed.Keeper`. Never raises; one writer at a time."""

    def __init__(self, cache: RowCache, clouds: Clouds) -> None:
        self._cache = cache
        self._clouds = clouds
        self._known: dict[Id, _Written] = {}
        self._writing = threading.Lock()

    def polled(self, feed: Feed) -> None:
        """Keep a feed's rows if they changed, not oftener than once a minute."""
        id_ = feed.kind.id, feed.scope.key, feed.wants_all
        known = self._known.get(id_)
        if known is None or known.feed is not feed:
            known = self._known[id_] = _Written(feed)
        now = time.monotonic()
        if not feed.complete or feed.closed or now - known.looked < AGAIN:
            return
        known.looked = now
        # Rows are never changed, only replaced: equal lists hold the very same ones, which is found out in C.
        if not known.at or list(feed.rows.values()) != known.rows:
            self._write(known)

    def flush(self) -> None:
        """Keep everything as it is now; blocking, for a thread that may be left behind."""
        for known in list(self._known.values()):
            news = known.feed.answered > known.at or len(known.feed.book) > known.names
            if known.feed.complete and news:
                self._write(known)

    def _write(self, known: _Written) -> None:
        feed = known.feed
        rows, at, names = list(feed.rows.values()), feed.answered, len(feed.book)
        try:
            name = self._clouds.row_name(feed.scope)
            identity = self._clouds.known_identity(feed.scope)
        except TroubleError:
            return  # the scope is gone
        with self._writing:
            self._cache.keep(
                name,
                feed.kind,
                rows,
                all_projects=feed.wants_all,
                at=at,
                origin=feed.origin,
                project=identity.project_id if identity is not None else "",
                names=feed.book,
            )
        known.rows, known.at, known.names = rows, at, names
