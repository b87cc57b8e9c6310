"""A feed with its chores: which are due when, and what follows from their outcome."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from tui.cloud import trouble_of
from tui.config.settings import Intervals
from tui.live import pace
from tui.live.completing import Rereading, learn_names, supplement
from tui.live.feed import Feed
from tui.live.polling import Poll
from tui.model.events import Asking
from tui.model.trouble import TroubleError

NEVER = math.inf
_LOG = logging.getLogger(__name__)


class Level(Enum):
    """How much attention a feed gets."""

    VISIBLE = "visible"
    BACKGROUND = "background"
    HIDDEN = "hidden"


@dataclass(slots=True, eq=False)
class Chore:
    """Something that is done again and again. `run` returns the monotonic time at which it is due next."""

    name: str
    run: Callable[[], float]
    due: float = NEVER
    running: bool = False
    """Waits for a thread, or is on one."""
    begun: bool = False
    ticket: int = 0
    """Number of the start that counts: one that still waits in a queue can be overtaken by a newer one."""
    again: bool = False
    """Asked for while it was running: due at once afterwards."""


@dataclass(slots=True)
class Attention:
    """What the user is doing; shared by all watches."""

    intervals: Intervals
    now: Callable[[], float]
    """The time, monotonic."""
    chance: random.Random
    """Spreads what is asked again after a failure."""
    focused: bool = True


class Watch:
    """A feed and its chores. The scheduler's lock guards `due` and `running`; chores run on workers."""

    def __init__(self, feed: Feed, attention: Attention, kick: Callable[[Chore], None]) -> None:
        self.feed = feed
        self.level = Level.VISIBLE
        self.hidden_at = 0.0
        """Monotonic."""
        self._attention = attention
        self._kick = kick
        self._list_wanted = False
        self._started = 0.0
        self._took = 0.0
        self._listed = 0.0
        """Monotonic end of the last full list, and how long it took."""
        self._list_took = 0.0
        self._poller = Poll(feed, self._first_page)
        self._rereading = Rereading(feed)
        self.poll = Chore("poll", self._run_poll)
        self._names = Chore("names", self._run_names)
        self._supplement = Chore("supplement", lambda: self._beside(lambda: supplement(feed)))
        self._reread = Chore("reread", lambda: self._beside(self._rereading.run))
        self._reconcile = Chore("reconcile", lambda: self._beside(self._run_reconcile))

    def chores(self) -> Iterator[Chore]:
        """Return those that may be run now."""
        yield self.poll
        if self.feed.trouble is None:
            yield self._names
            yield self._supplement
            if self.level is Level.VISIBLE:
                yield self._reread
            yield self._reconcile

    def look_at(self, idents: Sequence[str]) -> None:
        """Say which rows are on the screen."""
        self._rereading.visible = idents

    def ask_now(self, *, by_hand: bool = False) -> None:
        """Poll at once and read again what lists do not tell; `by_hand` says so on the screen, and lists anew.

        Held down, the key does not keep the cloud listing: a list may come again after a few times its own duration.
        """
        feed = self.feed
        if by_hand and (feed.trouble is not None or not feed.answered):
            feed.failures = 0
            feed.asker.sink.put(Asking(feed.generation, feed.kind.id, feed.scope, feed.asker.clock()))
        self._kick(self.poll)
        if feed.complete and feed.kind.read.changes_since:
            self._kick(self._reread)
            self._kick(self._supplement)
            if by_hand:
                # A list that is under way began before what the user wants to see: another one follows it.
                self._list_wanted = True
                self._reconcile.due = min(self._reconcile.due, self._listed + pace.SHARE * self._list_took)

    def hurry(self) -> None:
        """The cadence became faster: poll as soon as it says."""
        if self.feed.trouble is not None:
            return
        if self.poll.due != NEVER:
            self.poll.due = min(self.poll.due, self._started + self._interval())
        soon = self._attention.now() + pace.beside(pace.COMPLETE, focused=self._attention.focused)
        for chore in (self._supplement, self._reread):
            chore.due = min(chore.due, soon) if chore.due != NEVER else NEVER

    def _interval(self) -> float:
        return pace.interval(
            self.feed.kind,
            self._attention.intervals,
            moving=bool(self.feed.moving),
            focused=self._attention.focused,
            background=self.level is Level.BACKGROUND,
            took=self._took,
        )

    def _run_poll(self) -> float:
        feed = self.feed
        self._started = self._attention.now()
        was_complete = feed.complete
        try:
            self._poller.run()
        except Exception as error:
            return self._failed(error)
        now = self._attention.now()
        if not was_complete:
            self._listed, self._list_took = now, now - self._started
        # A first list says little about how long a request for changes takes.
        self._took = 0.0 if feed.kind.read.changes_since and not was_complete else now - self._started
        if not feed.scope.place.region and not feed.answered:
            return NEVER
        self._after()
        if feed.asker.keeper is not None:
            feed.asker.keeper.polled(feed)
        return max(self._started + self._interval(), now)

    def _failed(self, error: Exception) -> float:
        feed = self.feed
        trouble = error.trouble if isinstance(error, TroubleError) else trouble_of(error, scope=feed.scope)
        if not isinstance(error, TroubleError):
            _LOG.error("poll of %s failed", feed.kind.plural, exc_info=error)
        wait = pace.back_off(
            trouble, feed.failures + 1, background=self.level is not Level.VISIBLE, chance=self._attention.chance
        )
        feed.fail(trouble, feed.asker.clock() + wait if wait is not None else 0.0)
        return NEVER if wait is None else self._attention.now() + wait

    def _first_page(self) -> None:
        """The first rows are in: what completes them is asked for while the rest comes."""
        kind = self.feed.kind
        if kind.supplements:
            self._kick(self._supplement)
        if kind.read.changes_since:
            now = self._attention.now()
            self._reread.due = now + pace.COMPLETE
            self._reconcile.due = now + pace.RECONCILE
        self._after()

    def _after(self) -> None:
        if self.feed.learner.pending:
            self._kick(self._names)

    def _run_names(self) -> float:
        learn_names(self.feed)
        return NEVER

    def _run_reconcile(self) -> float:
        if self.feed.complete:
            started = self._attention.now()
            self._list_wanted = False
            self._poller.reconcile()
            self._listed = self._attention.now()
            self._list_took = self._listed - started
        return pace.SHARE * self._list_took if self._list_wanted else pace.RECONCILE

    def _beside(self, work: Callable[[], float]) -> float:
        """Run a chore whose failure is no news: the polls find out by themselves."""
        started = self._attention.now()
        try:
            wait = work()
        except TroubleError as error:
            _LOG.debug("beside the polls of %s: %s", self.feed.kind.plural, error.trouble.title)
            wait = pace.COMPLETE
        except Exception:
            _LOG.exception("beside the polls of %s", self.feed.kind.plural)
            wait = pace.RECONCILE
        self._after()
        return started + pace.beside(wait, focused=self._attention.focused)
