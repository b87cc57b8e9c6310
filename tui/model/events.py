"""What feeds tell the screen: deltas and failures, each with the generation that asked for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from tui.model.entry import Entry
from tui.model.place import Identity, Scope
from tui.model.trouble import Trouble


class Delta(msgspec.Struct, frozen=True):
    """Rows of one kind in one scope that came, changed or went. An empty one says: asked, nothing changed."""

    generation: int
    kind: str
    scope: Scope
    at: float
    """Epoch seconds of the answer."""
    upserts: Sequence[Entry] = ()
    removed: Sequence[str] = ()
    """Keys of rows that are gone."""
    complete: bool = True
    """False while pages of the first list are still to come."""
    pages: int = 0
    restart: bool = False
    """True on the first page of a full list after a failure or pause: rows not named again by its end are gone."""


class Recalled(msgspec.Struct, frozen=True):
    """Rows of one kind in one scope as an earlier run knew them. They count until the scope answers."""

    kind: str
    scope: Scope
    at: float
    """Epoch seconds of the answer that told them."""
    upserts: Sequence[Entry] = ()
    project: str = ""
    """Id of the project that the scope reached."""


class Asking(msgspec.Struct, frozen=True):
    """A scope has been asked and has not answered yet."""

    generation: int
    kind: str
    scope: Scope
    at: float


class Failed(msgspec.Struct, frozen=True):
    """A scope did not answer as hoped. Its rows stay, as of their last answer."""

    generation: int
    kind: str
    scope: Scope
    at: float
    trouble: Trouble
    next_try: float = 0.0
    """Epoch seconds; 0.0 when it is not tried again by itself."""


class Unlisted(msgspec.Struct, frozen=True):
    """Rows that a full list missed although nothing says they are gone (a cell down?); they stay, marked unknown."""

    generation: int
    kind: str
    scope: Scope
    at: float
    keys: Sequence[str] = ()


class NamesLearnt(msgspec.Struct, frozen=True):
    """Labels of other resources were learnt: visible rows may read differently now."""

    scope: Scope
    kinds: frozenset[str] = frozenset()


class SignedIn(msgspec.Struct, frozen=True):
    """A scope has a token: who we are there."""

    scope: Scope
    identity: Identity


class ScopesChanged(msgspec.Struct, frozen=True):
    """The set of clouds and scopes changed: regions were found, two scopes turned out to be one, a project switched."""

    reason: str = ""


class OwnOnly(msgspec.Struct, frozen=True):
    """All projects were asked for and policy forbids them: the scope shows its own project's rows."""

    generation: int
    kind: str
    scope: Scope
    trouble: Trouble


class Paused(msgspec.Struct, frozen=True):
    """Nothing is polled since no key was pressed for long, or polling goes on (`since` 0.0)."""

    since: float = 0.0
    """Epoch seconds."""


class Done(msgspec.Struct, frozen=True, eq=False):
    """The outcome of a job that the screen asked for: `then` is called with it on the loop's thread."""

    then: Callable[[object, Trouble | None], None]
    value: object = None
    trouble: Trouble | None = None


class Operated(msgspec.Struct, frozen=True):
    """An operation changed: ask `Operations.get` how it stands now."""

    operation: str
    """Its id."""
    keys: tuple[str, ...] = ()
    """Entry keys of the rows whose aim may have changed."""


Event = (
    Delta
    | Recalled
    | Asking
    | Failed
    | Unlisted
    | NamesLearnt
    | SignedIn
    | ScopesChanged
    | OwnOnly
    | Paused
    | Done
    | Operated
)


class Sink(Protocol):
    """Takes events from any thread; the screen drains it once a frame."""

    def put(self, event: Event) -> None:
        """Hand over one event; never blocks, never raises."""
        ...
