"""The chore that keeps a feed alive: sign in, list, then ask for changes; and the full list now and then."""

from __future__ import annotations

import time
from collections.abc import Callable

from tui.live import memory
from tui.live.feed import OVERLAP, Feed
from tui.live.listing import FIRST, one, pages
from tui.live.pace import CHANGES, LONG_PAUSE, PROBE
from tui.model.events import OwnOnly, ScopesChanged, SignedIn
from tui.model.read import Params
from tui.model.trouble import Cause, TroubleError

FEW = 5
"""So many rows that a list misses are asked for one by one, however small the list."""
SHARE = 0.1
"""The same as a share of the list; more are marked «not listed: a cell down?»."""

BESIDE = 0.5
"""Seconds after which what completes rows is asked for beside a list that takes longer. Where it does not, it is asked
for afterwards: 20 places x 1,000 then take 1.25 x the CPU of decoding them longer than one place, not 1.36 x."""


class Poll:
    """Polls one feed. `run` is called by one worker at a time."""

    def __init__(self, feed: Feed, first_page: Callable[[], None]) -> None:
        self._feed = feed
        self._first_page = first_page
        self._known: object = None

    def run(self) -> None:
        """Ask once. Raises TroubleError when the scope does not answer as hoped."""
        feed = self._feed
        if not self._sign_in():
            return
        read = feed.kind.read
        if feed.trouble is not None and feed.trouble.cause is Cause.TIMEOUT:
            # It hung: a small question with a short time-out finds out sooner that it is back.
            feed.api.get(read.service, read.path, (*read.params, ("limit", "1")), timeout=PROBE)
        since = feed.since() if read.changes_since and feed.complete else ""
        if not since or self._paused_long():
            self._list_allowed(since)
        else:
            self._changes(since)

    def reconcile(self) -> None:
        """Read the full list beside the polls: what changes do not tell, and what went without a word."""
        feed = self._feed
        before, since, named = set(feed.rows), feed.since(), set[str]()
        for page in pages(feed.api, feed.kind.read, feed.kind.row):
            named.update(row.id for row in page.rows)
            feed.absorb(page.rows, polled=False, complete=feed.complete)
        self._missed(before - named, since)

    def _sign_in(self) -> bool:
        """Sign in if need be; returns False when the scope is no longer the one to ask."""
        feed = self._feed
        clouds, sink = feed.asker.clouds, feed.asker.sink
        if not feed.scope.place.region and clouds.discover(feed.scope.cloud):
            sink.put(ScopesChanged(f"{feed.scope.cloud} has regions"))
            clouds.keep()
            return False
        identity = clouds.identity(feed.scope)
        if identity != self._known:
            self._known = identity
            sink.put(SignedIn(feed.scope, identity))
            if clouds.merge_same():
                sink.put(ScopesChanged("two entries lead to the same project"))
                clouds.keep()
        feed.at_home(feed.api.origin(feed.kind.read.service))
        return True

    def _paused_long(self) -> bool:
        return self._feed.asker.clock() - self._feed.answered > LONG_PAUSE

    def _list_allowed(self, since: str) -> None:
        """Read the full list: of one's own project where policy forbids that of all."""
        feed = self._feed
        try:
            self._list(since)
        except TroubleError as error:
            if error.trouble.cause is not Cause.FORBIDDEN or not (feed.all_projects and feed.kind.read.all_projects):
                raise
            feed.all_projects = False
            feed.asker.sink.put(OwnOnly(feed.generation, feed.kind.id, feed.scope, error.trouble))
            self._list(since)

    def _list(self, since: str) -> None:
        """Read the full list, page by page."""
        feed, read = self._feed, self._feed.kind.read
        started = time.monotonic()
        before, named = set(feed.rows), set[str]()
        anew = waiting = not feed.complete
        begun = feed.begun() if anew else None
        first, come = (begun.page, begun.at) if begun is not None else (None, 0.0)
        waited = max(feed.asker.clock() - come, 0.0) if come else 0.0
        listed = pages(feed.api, read, feed.kind.row, first=FIRST if anew else read.most, begun=first)
        for number, page in enumerate(listed, 1):
            named.update(row.id for row in page.rows)
            odd = {str(item.get("id")) for item in page.odd}
            at_end = page.next is None or not page.count
            shown = number if anew else 0
            feed.absorb(page.rows, odd=odd, complete=feed.complete or at_end, pages=shown, at=come)
            come = 0.0
            if waiting and (at_end or time.monotonic() - started > BESIDE):
                waiting = False
                self._first_page()
        feed.complete = True
        # Rows of the first page may have changed while the last one was read.
        feed.margin = OVERLAP + waited + time.monotonic() - started
        if read.changes_since:
            self._missed(before - named, since)
        else:
            feed.remove(before - named)
        if anew:
            memory.freeze()

    def _changes(self, since: str) -> None:
        feed, read = self._feed, self._feed.kind.read
        asked: Params = (("changes-since", since),)
        for page in pages(feed.api, read, feed.kind.row, asked, first=0, timeout=CHANGES):
            feed.absorb(page.rows, odd={str(item.get("id")) for item in page.odd})
        feed.margin = OVERLAP

    def _missed(self, missing: set[str], since: str) -> None:
        """Find out about rows that a full list did not name.

        Nova leaves the servers of a cell that is down out of lists with a limit, so that missing does not mean gone.
        Source: Compute API guide, «Handling Down Cells».
        """
        feed = self._feed
        if len(missing) > FEW and since:
            self._changes(since)  # tells those that were deleted
        missing &= feed.rows.keys()
        if len(missing) > max(FEW, SHARE * len(feed.rows)):
            feed.miss(frozenset(missing))
            return
        unknown: set[str] = set()
        for ident in missing:
            try:
                row = one(feed.api, feed.kind, ident)
            except TroubleError as error:
                if error.trouble.status == 404:
                    feed.remove([ident])
                else:
                    unknown.add(ident)
            else:
                feed.absorb([row] if row is not None else [], polled=False, complete=feed.complete)
        feed.miss(frozenset(unknown))
