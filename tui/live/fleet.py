"""The fleet: every row of every scope, merged. On the loop's thread only; no I/O, no clock of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from tui.live.ordered import Ordered
from tui.live.roll import Roll
from tui.live.scope_state import Phase, ScopeState
from tui.model.amount import age
from tui.model.entry import Entry
from tui.model.events import (
    Asking,
    Delta,
    Event,
    Failed,
    NamesLearnt,
    OwnOnly,
    Paused,
    Recalled,
    ScopesChanged,
    SignedIn,
    Unlisted,
)
from tui.model.place import Identity, Scope
from tui.model.status import Health, Status
from tui.resources.kind import Kind

__all__ = ["Changes", "Fleet", "Phase", "ScopeState"]

KEPT = 600.0
"""Seconds that rows outlive their last use, for switching back."""


@dataclass(slots=True)
class Changes:
    """What one event changed. Those of a frame may be joined with `merge` and given to `View.apply` once."""

    kind: str = ""
    """Kind whose rows changed; empty: `whole` and `scopes` are meant for every kind."""
    added: set[str] = field(default_factory=set)
    changed: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    """Of the changed ones, those whose name or scopes differ: they may belong elsewhere, or nowhere."""
    healths: dict[str, Entry] = field(default_factory=dict)
    """Of the others, those whose health differs."""
    scopes: set[str] = field(default_factory=set)
    """Keys of scopes whose `ScopeState` changed."""
    whole: bool = False
    """Every row may read differently (a scope went stale or came back, names were learnt)."""

    def merge(self, other: Changes) -> None:
        """Take in the changes of a later event of the same kind (or of every kind)."""
        self.kind = self.kind or other.kind
        self.added |= other.added
        self.changed |= other.changed
        self.removed |= other.removed
        self.moved |= other.moved
        self.healths |= other.healths
        self.scopes |= other.scopes
        self.whole |= other.whole


class Fleet:
    """Rows keyed by endpoint and id; the same row through several scopes is one `Entry` (others in `also`).

    An `Entry` object stays the same over its life: a change alters it in place, so that lists of entries stay valid.
    Go by `Scope.key`: the `Scope` object itself may be replaced when names are joined.
    """

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._states: dict[tuple[str, str], ScopeState] = {}
        self._identities: dict[str, Identity] = {}
        self._projects: dict[str, str] = {}
        """Project ids that an earlier run found, by scope: for telling owners before anybody has signed in."""
        self._rolls = {id_: Roll(kind, self._owns, self._fails) for id_, kind in kinds.items()}
        self._types: dict[type, Roll] = {roll.kind.row: roll for roll in self._rolls.values()}
        self._generations: dict[tuple[str, str], int] = {}
        self._used: dict[tuple[str, str], float] = {}
        self._ranks: dict[str, int] = {}
        for roll in self._rolls.values():
            roll.rank = self._rank

    def apply(self, event: Event) -> Changes:
        """Take in one event; says what changed. Events of an older generation than known change nothing."""
        match event:
            case Delta():
                return self._delta(event)
            case Recalled():
                return self._recalled(event)
            case Asking():
                return self._asking(event)
            case Failed():
                return self._failed(event)
            case Unlisted():
                return self._unlisted(event)
            case SignedIn():
                return self._signed_in(event)
            case NamesLearnt():
                for roll in self._rolls.values():
                    roll.forget_texts()
                return Changes(whole=True, scopes={event.scope.key})
            case OwnOnly():
                return self._own_only(event)
            case Paused():
                return self._paused(event)
            case ScopesChanged():
                return Changes(whole=True)
            case _:
                return Changes()

    def apply_all(self, events: Iterable[Event]) -> dict[str, Changes]:
        """Take in the events of a frame; returns the changes by kind id, «» for those that are meant for every kind."""
        found: dict[str, Changes] = {}
        for event in events:
            changes = self.apply(event)
            if changes.kind in found:
                found[changes.kind].merge(changes)
            else:
                found[changes.kind] = changes
        return found

    def entries(self, kind: Kind) -> Mapping[str, Entry]:
        """Return all entries of a kind by key, of every scope that was ever shown and not dropped."""
        return self._rolls[kind.id].entries

    def named(self, kind: Kind) -> Sequence[Entry]:
        """Return the same entries in the natural order of their names."""
        return self.by_name(kind).entries

    def by_name(self, kind: Kind) -> Ordered:
        """Return the same with what they are sorted by. Not to be changed; the lists in it never are."""
        return self._rolls[kind.id].named()

    def naming(self, kind: Kind) -> Iterator[None]:
        """Bring these up to date a few milliseconds at a time; `by_name` does the rest at once."""
        return self._rolls[kind.id].naming()

    def scopes_of(self, kind: Kind) -> Set[str]:
        """Return the keys of all scopes that see rows of a kind."""
        return self._rolls[kind.id].scopes

    def state(self, kind: Kind, scope: Scope) -> ScopeState:
        """Return how the scope stands for the kind; a fresh `NEVER` when it was not asked."""
        return self._states.get((kind.id, scope.key)) or ScopeState()

    def identity(self, scope: Scope) -> Identity | None:
        """Return who we are there, once signed in."""
        return self._identities.get(scope.key)

    def counts(self, kind: Kind, scopes: Iterable[Scope]) -> dict[Health, int]:
        """Count rows seen by any of the scopes by health, each once; rows of stale scopes count as UNKNOWN."""
        found: dict[Health, int] = {}
        for (health, _), number in self.words(kind, scopes).items():
            found[health] = found.get(health, 0) + number
        return found

    def words(self, kind: Kind, scopes: Iterable[Scope]) -> dict[tuple[Health, str], int]:
        """Count rows by health and status word («(BROKEN, 'ERROR'): 5»), worst first; for the title line."""
        keys = [scope.key for scope in scopes]
        return self._rolls[kind.id].tally.words(keys, lambda scope: self._fails(kind.id, scope))

    def shown_status(self, entry: Entry, now: float) -> Status:
        """Return the status as it is to be shown: of a stale or unlisted row UNKNOWN, its word and «6m ago» as task."""
        if not self.stale(entry):
            return entry.status
        at = self.answered_at(entry)
        ago = f"{age(now - at)} ago" if at else "not asked yet"
        why = entry.status.why
        if self._roll_of(entry).is_unlisted(entry.key):
            why = why or "not listed: a cell down?"
        return Status(Health.UNKNOWN, entry.status.word, ago, at, why)

    def any_stale(self, kind: Kind, scopes: Iterable[Scope]) -> bool:
        """Whether some rows of the scopes may be stale: one of these fails, or a full list missed rows."""
        return self._rolls[kind.id].misses or any(self._fails(kind.id, scope.key) for scope in scopes)

    def stale(self, entry: Entry) -> bool:
        """Whether the entry's scopes all fail to answer (or have not yet in this run), or a full list missed it."""
        roll = self._roll_of(entry)
        if roll.is_unlisted(entry.key):
            return True
        return all(self._is_old(roll, entry.key, scope.key) for scope in (entry.scope, *entry.also))

    def answered_at(self, entry: Entry) -> float:
        """Return when the entry's content was last confirmed by an answer, in epoch seconds; 0.0 when never."""
        roll = self._roll_of(entry)
        listed = roll.listed_at(entry.key)
        if listed:
            return listed
        return max(self._confirmed_at(roll, entry.key, scope.key) for scope in (entry.scope, *entry.also))

    def keep(self, kinds: Iterable[str], scopes: Iterable[Scope], now: float) -> None:
        """Say what is in use; rows of other kinds and scopes are dropped ten minutes after they last were.

        The order of the scopes decides which one stands for a row that belongs to none of their projects.
        """
        keys = [scope.key for scope in scopes]
        self._ranks = {key: number for number, key in enumerate(keys)}
        self._used |= {(kind, key): now for kind in kinds for key in keys}
        for kind, key in list(self._states):
            if now - self._used.setdefault((kind, key), now) > KEPT:
                self._drop(kind, key)

    def become_memory(self) -> None:
        """Count all that is known as what an earlier run knew: as the next start will begin, signed in nowhere."""
        self._projects |= {key: identity.project_id for key, identity in self._identities.items()}
        self._identities = {}
        for (kind, scope), state in self._states.items():
            state.phase, state.trouble, state.next_try = Phase.NEVER, None, 0.0
            if state.answered_at:
                state.recalled, state.recalled_at = True, state.answered_at
                self._rolls[kind].start_over(scope)

    def forget(self, scope_key: str) -> dict[str, Changes]:
        """Drop all rows of a scope that no longer exists (its project was switched); changes by kind id."""
        return {kind: self._drop(kind, key) for kind, key in list(self._states) if key == scope_key}

    def _drop(self, kind: str, scope_key: str) -> Changes:
        changes = Changes(kind, scopes={scope_key})
        self._rolls[kind].drop_scope(scope_key, changes)
        self._states.pop((kind, scope_key), None)
        self._generations.pop((kind, scope_key), None)
        self._used.pop((kind, scope_key), None)
        return changes

    def _roll_of(self, entry: Entry) -> Roll:
        return self._types[type(entry.row)]

    def _owns(self, scope: Scope, project_id: str) -> bool:
        identity = self._identities.get(scope.key)
        own = identity.project_id if identity is not None else self._projects.get(scope.key)
        return bool(project_id) and own == project_id

    def _rank(self, scope_key: str) -> int:
        return self._ranks.get(scope_key, len(self._ranks))

    def _fails(self, kind: str, scope_key: str) -> bool:
        state = self._states.get((kind, scope_key))
        return state is not None and state.stale

    def _is_old(self, roll: Roll, key: str, scope_key: str) -> bool:
        """Whether what a scope tells of a row is as of an earlier answer than its last."""
        state = self._states.get((roll.kind.id, scope_key))
        if state is None:
            return False
        return state.trouble is not None or (state.recalled and roll.is_pending(key, scope_key))

    def _confirmed_at(self, roll: Roll, key: str, scope_key: str) -> float:
        state = self._states.get((roll.kind.id, scope_key))
        if state is None:
            return 0.0
        return state.recalled_at if state.recalled and roll.is_pending(key, scope_key) else state.answered_at

    def _current(self, event: Delta | Asking | Failed | Unlisted | OwnOnly) -> ScopeState | None:
        """Return the state that the event is about; None when the event is out of date."""
        about = (event.kind, event.scope.key)
        if event.kind not in self._rolls or event.generation < self._generations.get(about, 0):
            return None
        self._generations[about] = event.generation
        return self._states.setdefault(about, ScopeState())

    def _delta(self, event: Delta) -> Changes:
        state = self._current(event)
        if state is None:
            return Changes()
        roll, scope = self._rolls[event.kind], event.scope.key
        recovers = state.trouble is not None or (state.recalled and event.complete)
        changes = Changes(event.kind, scopes={scope}, whole=recovers and state.rows > 0)
        state.phase, state.trouble, state.next_try = Phase.LIVE, None, 0.0
        state.answered_at = max(state.answered_at, event.at)
        state.complete = event.complete or (state.complete and not event.restart)
        state.pages = event.pages or state.pages
        if event.restart:
            roll.start_over(scope)
        roll.take(event.upserts, changes)
        for key in event.removed:
            roll.lose(key, scope, changes)
        if event.complete:
            roll.end_over(scope, changes)
            if state.recalled:
                state.recalled = False
                roll.reconsider(scope, changes)
        self._count(event.kind, scope)
        return changes

    def _recalled(self, event: Recalled) -> Changes:
        """Take rows of an earlier run, unless the scope has answered meanwhile."""
        about = (event.kind, event.scope.key)
        state = self._states.get(about) or ScopeState()
        if event.kind not in self._rolls or not event.upserts or (state.answered_at and not state.recalled):
            return Changes()
        if state.phase in {Phase.LIVE, Phase.PAUSED}:
            return Changes()  # its list is coming in
        self._states[about] = state
        state.recalled, state.recalled_at, state.answered_at = True, event.at, event.at
        self._projects.setdefault(event.scope.key, event.project)
        changes = Changes(event.kind, scopes={event.scope.key})
        roll = self._rolls[event.kind]
        roll.take(event.upserts, changes)
        roll.start_over(event.scope.key)
        self._count(*about)
        return changes

    def _asking(self, event: Asking) -> Changes:
        ahead = self._generations.get((event.kind, event.scope.key)) == 0
        state = self._current(event)
        if state is None or (ahead and state.phase is Phase.LIVE):
            return Changes()  # in the latter case its first page was told before there was a feed
        state.phase, state.asked_at, state.own_only = Phase.ASKING, event.at, None
        return Changes(event.kind, scopes={event.scope.key})

    def _failed(self, event: Failed) -> Changes:
        state = self._current(event)
        if state is None:
            return Changes()
        changes = Changes(event.kind, scopes={event.scope.key}, whole=not state.stale and state.rows > 0)
        state.phase, state.trouble, state.next_try = Phase.FAILING, event.trouble, event.next_try
        if changes.whole:
            self._rolls[event.kind].reconsider(event.scope.key, changes)
        return changes

    def _unlisted(self, event: Unlisted) -> Changes:
        if self._current(event) is None:
            return Changes()
        changes = Changes(event.kind, scopes={event.scope.key})
        self._rolls[event.kind].set_unlisted(event.scope.key, event.keys, event.at, changes)
        self._count(event.kind, event.scope.key)
        return changes

    def _signed_in(self, event: SignedIn) -> Changes:
        before = self._identities.get(event.scope.key)
        self._identities[event.scope.key] = event.identity
        changes = Changes(scopes={event.scope.key})
        known = before.project_id if before is not None else self._projects.get(event.scope.key)
        if known != event.identity.project_id:
            for roll in self._rolls.values():
                theirs = Changes(roll.kind.id)
                roll.reconsider(event.scope.key, theirs)
                changes.whole |= bool(theirs.changed)
        return changes

    def _own_only(self, event: OwnOnly) -> Changes:
        state = self._current(event)
        if state is None:
            return Changes()
        state.own_only = event.trouble
        return Changes(event.kind, scopes={event.scope.key})

    def _paused(self, event: Paused) -> Changes:
        old, new = (Phase.LIVE, Phase.PAUSED) if event.since else (Phase.PAUSED, Phase.LIVE)
        changes = Changes()
        for (_, scope), state in self._states.items():
            if state.phase is old:
                state.phase = new
                changes.scopes.add(scope)
        return changes

    def _count(self, kind: str, scope: str) -> None:
        state = self._states[kind, scope]
        state.rows, state.bad, state.moving = self._rolls[kind].tally.seen_by(scope)
        for other in self._rolls[kind].neighbours(scope):
            theirs = self._states.get((kind, other))
            if theirs is not None:
                theirs.rows, theirs.bad, theirs.moving = self._rolls[kind].tally.seen_by(other)
