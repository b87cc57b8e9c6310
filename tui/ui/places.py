"""The lines of the side pane as data: places as a tree with state and counts, kinds in their groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from tui.cloud.entry import CloudEntry
from tui.live.places import ALL, PlaceKey
from tui.live.scope_state import Phase, ScopeState
from tui.model.amount import clock, count
from tui.model.place import Scope
from tui.model.status import INKS, MARKS, Health
from tui.model.trouble import Cause, Trouble
from tui.model.tunnel import short_of
from tui.resources.kind import Kind


class SideRow(msgspec.Struct, frozen=True):
    """One line. Rows with a `place` or a `kind` can be chosen; others are headings or blank."""

    text: str = ""
    level: int = 0
    place: PlaceKey | None = None
    kind: str = ""
    mark: str = ""
    mark_ink: str = "dim"
    badge: str = ""
    """protected or read-only; shortened where there is no room."""
    word: str = ""
    """asking; «via bastion»."""
    bad: str = ""
    bad_ink: str = "bad"
    rows: str = ""
    chosen: bool = False
    heading: bool = False

    @property
    def can_choose(self) -> bool:
        """Whether the cursor stops here."""
        return self.place is not None or bool(self.kind)


StateOf = Callable[[Scope], ScopeState]
CountOf = Callable[[Sequence[Scope]], tuple[int, int]]
"""Scopes → how many rows they have together, each counted once, and how many of these are broken or need attention."""

_HEALTHS = {
    Phase.NEVER: Health.MOVING,
    Phase.ASKING: Health.MOVING,
    Phase.LIVE: Health.FINE,
    Phase.FAILING: Health.BROKEN,
    Phase.PAUSED: Health.OFF,
}


def health_of(state: ScopeState) -> Health:
    """Return the health that a place's mark shows: failing stays broken while it is asked again."""
    if state.trouble is not None:
        return Health.ATTENTION if state.trouble.cause is Cause.ASK else Health.BROKEN
    return _HEALTHS[state.phase]


def place_rows(
    entries: Sequence[CloudEntry], chosen: frozenset[PlaceKey], state_of: StateOf, count_of: CountOf
) -> list[SideRow]:
    """Return the tree of all, clouds and regions. Entries that lead to the very same scopes share one branch."""
    every = _scopes(entries)
    rows = [_branch("all", 0, ALL, every, state_of, count_of, not chosen, any(entry.trouble for entry in entries))]
    seen: dict[tuple[str, ...], list[CloudEntry]] = {}
    for entry in entries:
        keys = tuple(scope.key for scope in entry.scopes) or (f"entry {entry.name}",)
        seen.setdefault(keys, []).append(entry)
    for same in seen.values():
        rows += _cloud(same, chosen, state_of, count_of)
    return rows


def _scopes(entries: Iterable[CloudEntry]) -> list[Scope]:
    return list({scope.key: scope for entry in entries for scope in entry.scopes}.values())


def _cloud(
    same: Sequence[CloudEntry], chosen: frozenset[PlaceKey], state_of: StateOf, count_of: CountOf
) -> list[SideRow]:
    entry = same[0]
    names = {one.name for one in same}
    name = ", ".join(one.alias or one.name for one in same)
    badge = "protected" if entry.protected else "read-only" if entry.read_only else ""
    key = (entry.name, "")
    if not entry.scopes:
        return [_broken(name, key, entry.trouble, key in chosen, badge)]
    picked = any((one, "") in chosen for one in names)
    asks = entry.trouble if entry.trouble and entry.trouble.cause is Cause.ASK else None
    via = f"via {short_of(entry.tunnels[0])}" if entry.tunnels else ""
    rows = [_branch(name, 1, key, entry.scopes, state_of, count_of, picked, False, badge, asks, via)]
    for scope in entry.scopes:
        if scope.region:
            state = state_of(scope)
            here = (entry.name, scope.region)
            rows.append(_leaf(scope.region, here, state, any((one, scope.region) in chosen for one in names)))
    return rows


def _broken(name: str, key: PlaceKey, trouble: Trouble | None, chosen: bool, badge: str) -> SideRow:
    health = Health.ATTENTION if trouble and trouble.cause is Cause.ASK else Health.BROKEN if trouble else Health.MOVING
    short = (trouble.short or trouble.cause.value) if trouble else ""
    return SideRow(
        name, 1, key, "", MARKS[health], INKS[health], badge, "", short, INKS[health], "–" if trouble else "", chosen
    )


def _leaf(name: str, key: PlaceKey, state: ScopeState, chosen: bool) -> SideRow:
    health = health_of(state)
    # Stale rows count as unknown, here as in the branches above.
    bad, ink = (count(state.bad) if state.bad and not state.stale else ""), "bad"
    if state.trouble is not None:
        bad = clock(state.answered_at, False) if state.answered_at else state.trouble.short or state.trouble.cause.value
        ink = INKS[health]
    word = "asking" if health is Health.MOVING else ""
    known = state.answered_at or state.rows
    rows = count(state.rows) if known else "–" if state.trouble else ""
    return SideRow(name, 2, key, "", MARKS[health], INKS[health], "", word, bad, ink, rows, chosen)


def _branch(
    name: str,
    level: int,
    key: PlaceKey,
    scopes: Sequence[Scope],
    state_of: StateOf,
    count_of: CountOf,
    chosen: bool,
    broken: bool,
    badge: str = "",
    asks: Trouble | None = None,
    word: str = "",
) -> SideRow:
    states = [state_of(scope) for scope in scopes]
    healths = {health_of(state) for state in states}
    if healths == {Health.BROKEN}:
        health = Health.BROKEN
    elif asks is not None or broken or healths & {Health.BROKEN, Health.ATTENTION}:
        health = Health.ATTENTION
    elif Health.MOVING in healths:
        health = Health.MOVING
    else:
        health = min(healths, default=Health.MOVING)
    number, bad = count_of(scopes)
    text, ink = (count(bad) if bad else ""), "bad"
    first = next((state.trouble for state in states if state.trouble), asks)
    if health is Health.BROKEN and first is not None:
        text = first.short or first.cause.value
    elif asks is not None:
        text, ink = asks.short or asks.cause.value, "warn"
    known = [state for state in states if state.answered_at or state.rows]
    rows = count(number) if known else "–" if health is Health.BROKEN else ""
    return SideRow(name, level, key, "", MARKS[health], INKS[health], badge, word, text, ink, rows, chosen)


def kind_rows(kinds: Iterable[Kind], chosen: str, number_of: Callable[[Kind], int | None]) -> list[list[SideRow]]:
    """Return the kinds by group, each group with its heading. A count shows only once it is known."""
    groups: dict[str, list[SideRow]] = {}
    for kind in kinds:
        group = groups.setdefault(kind.group, [SideRow(kind.group, heading=True)])
        number = number_of(kind)
        rows = count(number) if number is not None else ""
        group.append(SideRow(kind.many, 1, None, kind.id, rows=rows, chosen=kind.id == chosen))
    return list(groups.values())
