"""Feeds, fleet and view without a screen: what a frame of the dashboard does, driven by a test."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any, TypeVar

from tests.waiting import wait_until
from tui.cloud import Clouds
from tui.config.settings import Intervals, Settings
from tui.live.feeds import Feeds
from tui.live.fleet import Fleet, ScopeState
from tui.live.view import View
from tui.model.entry import Entry
from tui.model.events import Delta, Done, Event, Failed, ScopesChanged
from tui.model.place import Scope
from tui.model.trouble import Trouble
from tui.resources.kind import Kind
from tui.resources.registry import KINDS, columns_of

T = TypeVar("T")


class Inbox:
    """A sink that the test empties."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Event] = queue.SimpleQueue()

    def put(self, event: Event) -> None:
        """Take an event from a worker."""
        self._queue.put(event)

    def drain(self) -> list[Event]:
        """Return what came."""
        found = []
        while not self._queue.empty():
            found.append(self._queue.get())
        return found


class Rig:
    """A dashboard's live half. `events` keeps all that came, `names()` says what a table would show."""

    def __init__(
        self, clouds: Clouds, kind: Kind = KINDS["server"], intervals: Intervals | None = None, **seams: Any
    ) -> None:
        """`seams` are those of Feeds: `clock`, `ticker`, `chance`."""
        self.clouds = clouds
        self.kind = kind
        self.inbox = Inbox()
        self.events: list[Event] = []
        self.feeds = Feeds(clouds, self.inbox, Settings(intervals=intervals or Intervals()), **seams)
        self.fleet = Fleet(KINDS)
        self.view = View(self.fleet, kind, columns_of(kind))
        self.all_projects = False
        self._labels: frozenset[str] | None = None

    def __enter__(self) -> Rig:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.feeds.stop()

    def show(self, scopes: Sequence[Scope] | None = None, *, all_projects: bool = False) -> None:
        """Put scopes on the screen; None: all of them, also those that are found later."""
        self.all_projects = all_projects
        self._labels = None if scopes is None else frozenset(scope.key for scope in scopes)
        self._show()

    def _show(self) -> None:
        scopes = [scope for scope in self.clouds.scopes if self._labels is None or scope.key in self._labels]
        self.view.set_scopes(scope.key for scope in scopes)
        self.feeds.show(self.kind, scopes, all_projects=self.all_projects)

    def frame(self) -> None:
        """Do what the screen does once a frame."""
        for event in self.inbox.drain():
            self.events.append(event)
            self.view.apply(self.fleet.apply(event))
            if isinstance(event, ScopesChanged):
                self._show()
            elif isinstance(event, Done):
                event.then(event.value, event.trouble)
        self.feeds.look_at([entry.key for entry in self.view.rows[:50]])

    def until(self, condition: Callable[[], T], what: str, timeout: float = 10.0) -> T:
        """Draw frames until something is so."""

        def look() -> T:
            self.frame()
            return condition()

        return wait_until(look, what, timeout)

    def until_complete(self, timeout: float = 20.0) -> None:
        """Wait until every shown scope has told all its rows, or failed."""
        self.until(
            lambda: all(state.complete or state.trouble for state in self.states()), "all scopes have answered", timeout
        )

    def states(self) -> list[ScopeState]:
        """Return how all shown scopes stand."""
        return [
            self.fleet.state(self.kind, scope)
            for scope in self.clouds.scopes
            if self._labels is None or scope.key in self._labels
        ]

    def state(self, scope: Scope) -> ScopeState:
        """Return how one scope stands."""
        return self.fleet.state(self.kind, scope)

    def trouble(self, scope: Scope) -> Trouble | None:
        """Return what is wrong with a scope."""
        return self.state(scope).trouble

    def names(self) -> list[str]:
        """Return the names in the table, from top to bottom."""
        return [self.kind.name(entry.row) for entry in self.view.rows]

    def row(self, ident: str) -> Entry | None:
        """Return the entry of an id."""
        return next((entry for entry in self.view.rows if entry.id == ident), None)

    def deltas(self, scope: Scope) -> list[Delta]:
        """Return the answers of a scope so far."""
        return [event for event in self.events if isinstance(event, Delta) and event.scope.key == scope.key]

    def failures(self, scope: Scope) -> list[Failed]:
        """Return the failures of a scope so far."""
        return [event for event in self.events if isinstance(event, Failed) and event.scope.key == scope.key]


def took(action: Callable[[], object]) -> float:
    """Return how many seconds something takes."""
    started = time.monotonic()
    action()
    return time.monotonic() - started


def ids(entries: Iterable[Entry]) -> list[str]:
    """Return the ids of entries, sorted."""
    return sorted(entry.id for entry in entries)
