"""Chores beside the polls: what lists do not tell, read again now and then, and names for ids."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from tui.live.feed import Feed
from tui.live.listing import FIRST, one, pages
from tui.live.names import QUIET, items_of
from tui.live.pace import COMPLETE
from tui.model.events import NamesLearnt
from tui.model.read import Params
from tui.model.trouble import TroubleError
from tui.resources.kind import Raw, Supplement

BY_ID = 100
"""So many rows are asked for by their ids; for more the whole list is shorter than the question."""
VISIBLE = 50
"""Most visible rows that are read again one by one."""
_WORTH = 8
"""Rows of a list that cost a cloud no more than one server by its id: on genuine Nova a row of a list takes 3.4 ms, and
one server by its id more than half of what a list of five takes."""
_AT_ONCE = 5
_REFUSED = 600.0

_LOG = logging.getLogger(__name__)


def supplement(feed: Feed) -> float:
    """Complete a feed's rows with the lists of other services; returns seconds until the next time.

    All lists or none: floating IPs without ports would say that a server has no address.
    """
    kind = feed.kind
    if kind.digest is None or not feed.rows:
        return COMPLETE
    found: dict[str, Sequence[Raw]] = {}
    try:
        for wanted in kind.supplements:
            found[wanted.name] = items_of(
                feed.api, wanted.service, wanted.path, wanted.key, (*wanted.params, *_restriction(feed, wanted))
            )
    except TroubleError as error:
        _LOG.debug("%s not completed: %s", kind.plural, error.trouble.title)
        return _REFUSED if error.trouble.cause in QUIET else COMPLETE
    feed.rewire(kind.digest(found))
    return COMPLETE


def _restriction(feed: Feed, wanted: Supplement) -> Params:
    if wanted.by and feed.complete and len(feed.rows) <= BY_ID:
        return tuple((wanted.by, ident) for ident in list(feed.rows))
    identity = None if feed.all_projects else feed.asker.clouds.known_identity(feed.scope)
    return (("project_id", identity.project_id),) if identity is not None and identity.project_id else ()


class Rereading:
    """Reads visible rows again: Nova does not bump `updated` for addresses, floating IPs, security groups and tags."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self.visible: Sequence[str] = ()
        """Ids of the rows on the screen."""
        self._todo: list[str] = []

    def run(self) -> float:
        """Read again, some rows at a time; returns seconds until the next time. Raises TroubleError."""
        feed = self._feed
        if not feed.complete:
            return COMPLETE
        if len(feed.rows) <= min(FIRST, _WORTH * len(self.visible)):
            for page in pages(feed.api, feed.kind.read, feed.kind.row):
                feed.absorb(page.rows, polled=False, complete=True)
            return COMPLETE
        feed.unwired, unwired = [], feed.unwired
        self._todo = unwired + (self._todo or list(self.visible[:VISIBLE]))
        batch, self._todo = self._todo[:_AT_ONCE], self._todo[_AT_ONCE:]
        for ident in batch:
            self._again(ident)
        rounds = -(-min(len(self.visible), VISIBLE) // _AT_ONCE)
        return COMPLETE / max(rounds, 1)

    def _again(self, ident: str) -> None:
        feed = self._feed
        if ident not in feed.rows:
            return
        try:
            row = one(feed.api, feed.kind, ident)
        except TroubleError as error:
            if error.trouble.status != 404:
                raise
            feed.remove([ident])
            return
        if row is not None:
            feed.absorb([row], polled=False, complete=True)


def learn_names(feed: Feed) -> None:
    """Look up what ids in the feed's rows are called."""
    learnt = feed.learner.learn(feed.api)
    if learnt and not feed.closed:
        feed.asker.sink.put(NamesLearnt(feed.scope, learnt))
        time.sleep(0)
