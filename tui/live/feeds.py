"""Feeds: who is asked what and when. Everything that comes of it goes into the sink, from worker threads."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from tui.cloud import Api, Clouds, trouble_of
from tui.config.settings import Settings
from tui.live import memory
from tui.live.feed import Asker, Feed, Keeper
from tui.live.names import Book
from tui.live.pace import HELD, LONG_PAUSE
from tui.live.prefetch import Prefetch
from tui.live.threads import Workers
from tui.live.ticking import Monotonic, Ticker
from tui.live.watch import NEVER, Attention, Chore, Level, Watch
from tui.model.events import Asking, Done, Paused, Sink
from tui.model.place import Place, Scope
from tui.model.trouble import Trouble, TroubleError
from tui.resources.kind import Kind

T = TypeVar("T")

_LOG = logging.getLogger(__name__)
_MINUTE = 60.0
Id = tuple[str, str]
"""Kind and scope key."""


class Feeds:
    """Polls what is on the screen; every method returns at once and may be called from the loop's thread."""

    def __init__(
        self,
        clouds: Clouds,
        sink: Sink,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        ticker: Ticker | None = None,
        chance: random.Random | None = None,
        *,
        keeper: Keeper | None = None,
        prefetch: Prefetch | None = None,
    ) -> None:
        """`ticker` times the polls, `chance` spreads what places that failed together are asked again.

        `keeper` keeps rows for the next start; `prefetch` has first pages of lists, maybe.
        """
        self.workers = Workers()
        """Threads per place; others may use them too."""
        self._clouds = clouds
        self._sink = sink
        self._settings = settings
        self._asker = Asker(clouds, sink, clock, keeper, prefetch)
        self._ticker: Ticker = ticker or Monotonic()
        self._attention = Attention(settings.intervals, self._ticker.now, chance or random.Random())  # noqa: S311 - no secret
        self._watches: dict[Id, Watch] = {}
        self._books: dict[Place, Book] = {}
        self._generation = 0
        self._changed = threading.Condition(threading.RLock())
        self._touched = self._ticker.now()
        self._tidied = self._ticker.now() - memory.EVERY
        self._paused = 0.0
        self._stopped = False
        self._refreshed = -HELD
        self._asked_for = NEVER
        """When a press that came too soon after another is heeded."""
        """Monotonic time at which the user last asked for all."""
        memory.prepare()
        threading.Thread(target=self._drive, name="stackdeck feeds", daemon=True).start()

    @property
    def paused(self) -> float:
        """Epoch seconds since when nothing is polled for want of a key; 0.0 while polling. See the event `Paused`."""
        return self._paused

    def book(self, scope: Scope) -> Book:
        """Return the names that are known at a scope's place."""
        return self._books.setdefault(scope.place, Book())

    def show(
        self, kind: Kind, scopes: Sequence[Scope], *, all_projects: bool = False, background: Sequence[Scope] = ()
    ) -> int:
        """Poll these scopes for the kind, and `background` ones seldom; nothing else. Returns the generation.

        Call it again after `ScopesChanged` with the scopes that are then wanted. Scopes that were shown before go on
        from where they were.
        """
        levels = {scope.key: Level.BACKGROUND for scope in background} | {scope.key: Level.VISIBLE for scope in scopes}
        wanted = {scope.key: scope for scope in (*background, *scopes)}
        now = self._ticker.now()
        with self._changed:
            self._generation += 1
            for (its_kind, key), watch in self._watches.items():
                if (its_kind != kind.id or key not in wanted) and watch.level is not Level.HIDDEN:
                    watch.level, watch.hidden_at = Level.HIDDEN, now
            for key, scope in wanted.items():
                self._watch(kind, scope, levels[key], all_projects=all_projects)
            self._changed.notify()
            return self._generation

    def look_at(self, keys: Sequence[str]) -> None:
        """Say which rows (entry keys) are visible: these are read again every 25 s for what lists do not tell."""
        with self._changed:
            for watch in self._watches.values():
                if watch.level is Level.VISIBLE:
                    feed = watch.feed
                    idents = [key.rpartition("|")[2] for key in keys]
                    pairs = zip(keys, idents, strict=True)
                    watch.look_at([ident for key, ident in pairs if ident in feed.rows and feed.key(ident) == key])

    def refresh(self) -> None:
        """Ask everything shown again now; forgets back-off. A refused sign-in is left alone: see `retry`."""
        self.touched()
        now = self._ticker.now()
        with self._changed:
            soon = now - self._refreshed < HELD
            if not soon:
                self._refreshed = now
            elif now >= self._refreshed:
                # A place that answers is not asked more often because a key is held down; no press is lost either.
                self._refreshed = self._asked_for = self._refreshed + HELD
                self._changed.notify()
            self._ask_by_hand(lambda feed: not soon or feed.trouble is not None)

    def _ask_by_hand(self, which: Callable[[Feed], bool]) -> None:
        for watch in self._watches.values():
            if watch.level is not Level.HIDDEN and which(watch.feed):
                watch.ask_now(by_hand=True)

    def hurry(self, scope: Scope) -> None:
        """Something was done at the scope's place: ask what is shown of it now, unless it fails anyway."""
        with self._changed:
            for watch in self._watches.values():
                feed = watch.feed
                if watch.level is not Level.HIDDEN and feed.scope.place == scope.place and feed.trouble is None:
                    self._kick(watch.poll)

    def retry(self, scope: Scope) -> None:
        """Ask one scope again now, a sign-in that failed too."""
        self._clouds.try_again(scope)
        self._retry(lambda watch: watch.feed.scope.key == scope.key)

    def focused(self, has_focus: bool) -> None:
        """The terminal gained or lost the focus: without it polls are slower."""
        with self._changed:
            self._attention.focused = has_focus
            self._hurry()

    def touched(self) -> None:
        """A key was pressed: polling goes on if it was paused for idleness."""
        self._touched = self._ticker.now()
        if not self._paused:
            return
        with self._changed:
            self._paused = 0.0
            self._sink.put(Paused(0.0))
            for watch in self._watches.values():
                if watch.level is not Level.HIDDEN and watch.feed.trouble is None:
                    watch.ask_now()
            self._changed.notify()

    def ask(
        self,
        scope: Scope,
        job: Callable[[Api], T],
        then: Callable[[Any, Trouble | None], None],
        *,
        all_projects: bool = False,
    ) -> None:
        """Run a rare read on a worker of the place; its outcome comes as a `Done` event."""

        def work() -> None:
            try:
                value: object = job(self._clouds.api(scope, all_projects=all_projects))
            except TroubleError as error:
                self._sink.put(Done(then, None, error.trouble))
            except Exception as error:
                self._sink.put(Done(then, None, trouble_of(error, scope=scope)))
            else:
                self._sink.put(Done(then, value))

        self.workers.submit(_lane(scope), work)

    def provide(self, entry_name: str, answers: Mapping[str, str]) -> None:
        """Hand over what was typed for an entry's prompts and sign in with it now."""
        self._clouds.provide(entry_name, answers)
        self._retry(lambda watch: entry_name in watch.feed.scope.clouds)

    def stop(self) -> None:
        """Ask nothing more; returns at once even while requests hang."""
        with self._changed:
            self._stopped = True
            for watch in self._watches.values():
                watch.feed.closed = True
            self._changed.notify()
        self.workers.close()

    def quiet_until(self) -> float:
        """Return the ticker's time until which nothing is asked; now, while something is due or under way."""
        with self._changed:
            now, soonest = self._ticker.now(), NEVER
            chores = [
                chore for watch in self._watches.values() if watch.level is not Level.HIDDEN for chore in watch.chores()
            ]
            if any(chore.running for chore in chores):
                return now
            if not self._paused:
                soonest = min((chore.due for chore in chores), default=NEVER)
                soonest = min(soonest, self._asked_for)
            return max(now, min(soonest, self._pausing()))

    def _watch(self, kind: Kind, scope: Scope, level: Level, *, all_projects: bool) -> None:
        """Make a feed, or go on with the one that there is."""
        known = self._watches.get((kind.id, scope.key))
        if known is not None and known.feed.wants_all == all_projects:
            behind = known.level is Level.BACKGROUND
            known.level = level
            known.feed.scope = scope
            if behind and level is Level.VISIBLE:
                _overtake(known)
            # At once if it was out of sight for as long as an interval: who goes to and fro does not ask each time.
            known.hurry()
            return
        if known is not None:
            known.feed.closed = True
        feed = Feed(
            self._asker,
            kind,
            scope,
            all_projects=all_projects,
            generation=self._generation,
            book=self.book(scope),
        )
        watch = Watch(feed, self._attention, self._kick)
        watch.level = level
        self._watches[kind.id, scope.key] = watch
        self._sink.put(Asking(feed.generation, kind.id, scope, self._asker.clock()))
        self._kick(watch.poll)

    def _retry(self, concerns: Callable[[Watch], bool]) -> None:
        with self._changed:
            for watch in self._watches.values():
                if watch.level is not Level.HIDDEN and concerns(watch):
                    watch.ask_now(by_hand=True)

    def _hurry(self) -> None:
        for watch in self._watches.values():
            watch.hurry()
        self._changed.notify()

    def _kick(self, chore: Chore) -> None:
        """Make a chore due at once; from any thread."""
        with self._changed:
            chore.due = 0.0
            chore.again = chore.running
            self._changed.notify()

    def _drive(self) -> None:
        """Start what is due, for ever. Runs on a thread of its own."""
        with self._changed:
            while not self._stopped:
                try:
                    soonest = self._round(self._ticker.now())
                except Exception:
                    # Without this thread nothing would be live any more.
                    _LOG.exception("a round of the feeds failed")
                    soonest = self._ticker.now() + 1.0
                wait = soonest - self._ticker.now()
                if wait > 0:
                    self._ticker.wait(self._changed, wait)

    def _round(self, now: float) -> float:
        """Start what is due now; returns when to look again."""
        soonest = min(self._pause(now), self._tidy(now))
        if self._paused:
            return NEVER
        if now >= self._asked_for:
            self._asked_for = NEVER
            self._ask_by_hand(lambda feed: feed.trouble is None)
        soonest = min(soonest, self._asked_for)
        for id_, watch in list(self._watches.items()):
            if watch.level is Level.HIDDEN:
                if now - watch.hidden_at > LONG_PAUSE:
                    # It would have to list anew anyway; the fleet keeps the rows a while longer.
                    watch.feed.close()
                    del self._watches[id_]
                continue
            for chore in watch.chores():
                if chore.running:
                    continue
                if chore.due <= now:
                    self._start(watch, chore)
                else:
                    soonest = min(soonest, chore.due)
        return soonest

    def _pause(self, now: float) -> float:
        """Pause if no key was pressed for long; returns when that will be."""
        at = self._pausing()
        if now >= at:
            self._paused = self._asker.clock()
            self._sink.put(Paused(self._paused))
        return at

    def _pausing(self) -> float:
        """Return when polling pauses for want of a key."""
        minutes = self._settings.intervals.idle_minutes
        return self._touched + minutes * _MINUTE if minutes and not self._paused else NEVER

    def _tidy(self, now: float) -> float:
        """Collect garbage once nobody has typed for a while, and again now and then; returns when that will be."""
        at = memory.due(self._tidied, self._touched)
        if now < at:
            return at
        memory.tidy()
        self._tidied = now
        return memory.due(now, self._touched)

    def _start(self, watch: Watch, chore: Chore) -> None:
        chore.running, chore.begun, chore.again = True, False, False
        chore.ticket += 1
        ticket = chore.ticket

        def work() -> None:
            with self._changed:
                if chore.ticket != ticket:
                    return
                chore.begun = True
            due = NEVER
            try:
                if not watch.feed.closed:
                    due = chore.run()
            finally:
                with self._changed:
                    chore.running = False
                    chore.due = 0.0 if chore.again else due
                    self._changed.notify()

        self.workers.submit(_lane(watch.feed.scope), work, background=watch.level is Level.BACKGROUND)


def _lane(scope: Scope) -> str:
    return f"{scope.place.auth_url} {scope.place.region}"


def _overtake(watch: Watch) -> None:
    """Let what still queues behind other background places be started anew on the place's own threads."""
    for chore in watch.chores():
        if chore.running and not chore.begun:
            chore.running, chore.due = False, 0.0
            chore.ticket += 1
