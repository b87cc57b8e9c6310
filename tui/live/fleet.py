"""The fleet: every row of every scope, merged. On the loop's thread only; no I/O, no clock of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tui.live.scope_state import Phase, ScopeState
from tui.model.entry import Entry
from tui.model.events import Event
from tui.model.place import Identity, Scope
from tui.model.status import Health, Status
from tui.resources.kind import Kind

__all__ = ["Changes", "Fleet", "Phase", "ScopeState"]


@dataclass(slots=True)
class Changes:
    """What one event changed. Several may be joined with `merge` and given to `View.apply` once a frame."""

    kind: str = ""
    """Kind whose rows changed; empty when none did."""
    added: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    scopes: set[str] = field(default_factory=set)
    """Keys of scopes whose `ScopeState` changed."""
    whole: bool = False
    """Every row may read differently (a scope went stale or came back, names were learnt)."""

    def merge(self, other: Changes) -> None:
        """Take in the changes of a later event of the same kind."""
        raise NotImplementedError


class Fleet:
    """Rows keyed by endpoint and id; the same row through several scopes is one `Entry` (owner first, others in `also`).

    An `Entry` object stays the same over its life: a change alters it in place, so that lists of entries stay valid.
    """

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        raise NotImplementedError

    def apply(self, event: Event) -> Changes:
        """Take in one event; says what changed. Events of an older generation than known change nothing."""
        raise NotImplementedError

    def entries(self, kind: Kind) -> Mapping[str, Entry]:
        """Return all entries of a kind by key, of every scope that was ever shown and not dropped."""
        raise NotImplementedError

    def state(self, kind: Kind, scope: Scope) -> ScopeState:
        """Return how the scope stands for the kind; a fresh `NEVER` when it was not asked."""
        raise NotImplementedError

    def identity(self, scope: Scope) -> Identity | None:
        """Return who we are there, once signed in."""
        raise NotImplementedError

    def counts(self, kind: Kind, scopes: Iterable[Scope]) -> dict[Health, int]:
        """Count rows seen by any of the scopes by health, each once; rows of stale scopes count as UNKNOWN."""
        raise NotImplementedError

    def words(self, kind: Kind, scopes: Iterable[Scope]) -> dict[tuple[Health, str], int]:
        """Count rows by health and status word («(BROKEN, 'ERROR'): 5»), worst first; for the title line."""
        raise NotImplementedError

    def shown_status(self, entry: Entry, now: float) -> Status:
        """Return the status as it is to be shown: of a stale or unlisted row UNKNOWN, its word and task «6m ago»."""
        raise NotImplementedError

    def stale(self, entry: Entry) -> bool:
        """Whether the entry's scopes all fail to answer, or a full list missed it."""
        raise NotImplementedError

    def answered_at(self, entry: Entry) -> float:
        """Return when the entry's content was last confirmed by an answer, in epoch seconds."""
        raise NotImplementedError

    def keep(self, kinds: Iterable[str], scopes: Iterable[Scope], now: float) -> None:
        """Say what is in use; rows of other kinds and scopes are dropped ten minutes after they last were."""
        raise NotImplementedError

    def forget(self, scope_key: str) -> Changes:
        """Drop all rows of a scope that no longer exists (its project was switched)."""
        raise NotImplementedError
