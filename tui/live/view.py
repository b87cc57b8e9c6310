"""The ordered rows of a table: scoped, filtered, sorted, and kept so with little work per change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, is_
from typing import Any

from tui.live.fleet import Changes, Fleet
from tui.live.ordered import Ordered, Place
from tui.live.sorting import SortKey, sort_key
from tui.model.column import Column
from tui.model.entry import Entry
from tui.model.filter import Filter, haystack
from tui.model.status import Health
from tui.resources.kind import Kind

Test = Callable[[Entry], bool]

UNHEALTHY = frozenset({Health.BROKEN, Health.ATTENTION, Health.UNKNOWN})
"""What «only unhealthy rows» keeps."""

_KEY = attrgetter("key")
_ORDER = attrgetter("order")


@dataclass(slots=True)
class ViewChange:
    """What the table has to do."""

    order: bool = False
    """Rows came, went or moved: the list is a new one."""
    rows: set[str] = field(default_factory=set)
    """Keys of shown rows whose content changed."""
    whole: bool = False
    """Every shown row may read differently."""


class View:
    """The rows of one kind in the chosen scopes, in display order."""

    rows: list[Entry]
    """In display order. A new list whenever the order changes; never changed in place."""

    def __init__(
        self, fleet: Fleet, kind: Kind, columns: Sequence[Column], clock: Callable[[], float] = time.time
    ) -> None:
        self.rows = []
        self._fleet = fleet
        self._kind = kind
        self._columns = tuple(columns)
        self._clock = clock
        self._scopes: frozenset[str] = frozenset()
        self._filter: Filter | None = None
        self._matches: Test | None = None
        self._unhealthy = False
        self._restriction: Test | None = None
        self._words = ""
        self._sort = (kind.sort, False)
        self._key: SortKey | None = self._key_of(kind.sort)
        self._inside: set[str] = set()
        """Keys of rows in the scopes and the restriction, before the filter."""
        self._cold: list[Entry] = []
        """Rows whose search text may have to be made."""
        self._places: dict[str, Place] = {}
        """Place of each shown row that has a value in the sorting column."""
        self._blanks: dict[str, Place] = {}
        """The same of those that have none: these come last, by name."""
        self._valued = Ordered()
        self._blank = Ordered()

    @property
    def total(self) -> int:
        """Rows in the scopes (and the drill-down) before filter and «only unhealthy»."""
        return len(self._inside)

    @property
    def sort(self) -> tuple[str, bool]:
        """Key of the column that sorts, and whether in reverse."""
        return self._sort

    @property
    def words(self) -> str:
        """What a drill-down restricts to, in words; empty without one."""
        return self._words

    def set_scopes(self, keys: Iterable[str]) -> None:
        """Show the rows that any of these scopes sees."""
        self._scopes = frozenset(keys)
        self._arrange()

    def set_filter(self, wanted: Filter) -> None:
        """Show only what matches; narrows what is shown where the new filter can only match less."""
        before = self._filter
        self._filter = wanted
        self._matches = None if wanted.empty else wanted.compile(self._clock())
        if before is not None and self._matches is not None and wanted.narrows(before):
            self._narrow(self._matches)
        else:
            self._arrange()

    def set_sort(self, column_key: str, reverse: bool = False) -> None:
        """Sort by a column; an unknown key sorts by name. Rows without a value come last either way."""
        shown = self._valued.entries
        if self._key is not None:
            shown = sorted([*shown, *self._blank.entries], key=_ORDER)
        self._sort = (column_key, reverse)
        self._key = self._key_of(column_key)
        self._order(shown)

    def set_unhealthy(self, only: bool) -> None:
        """Show only rows that are broken, need attention or are not known."""
        self._unhealthy = only
        self._arrange()

    def restrict(self, wanted: Test | None, words: str = "") -> None:
        """Drill down to rows that `wanted` accepts; None lifts it."""
        self._restriction, self._words = wanted, words
        self._arrange()

    def apply(self, changes: Changes) -> ViewChange:
        """Follow the fleet after an event (or a frame's merged events)."""
        if changes.kind not in {"", self._kind.id}:
            return ViewChange()
        if changes.whole:
            # Names, staleness: what rows match or sort by may have changed for all of them.
            before = self.rows
            self._arrange()
            same = len(before) == len(self.rows) and all(map(is_, before, self.rows))
            return ViewChange(order=not same, whole=True)
        return self._follow(changes.added | changes.changed | changes.removed)

    def _follow(self, touched: Iterable[str]) -> ViewChange:
        """Bring single rows up to date."""
        entries = self._fleet.entries(self._kind)
        out: list[str] = []
        into: list[tuple[Entry, Place, bool]] = []
        result = ViewChange()
        for key in touched:
            entry = entries.get(key)
            found = self._placed(key, entry)
            old = self._places.get(key) or self._blanks.get(key)
            if found is None or entry is None:
                if old is not None:
                    out.append(key)
                continue
            place, blank = found
            if old == place and blank == (key in self._blanks) and self._shown(place, blank) is entry:
                result.rows.add(key)
                continue
            if old is not None:
                out.append(key)
            into.append((entry, place, blank))
        if out or into:
            if len(self._cold) < len(self._inside):
                self._cold += [entry for entry, _, _ in into]
            self._change(out, into)
            result.order = True
            result.rows |= {entry.key for entry, _, _ in into}
        return result

    def index(self, key: str) -> int | None:
        """Return the position of a row, or None when it is not shown."""
        place = self._places.get(key)
        if place is not None:
            at = self._valued.index(place)
            return len(self._valued.places) - 1 - at if self._sort[1] else at
        place = self._blanks.get(key)
        return None if place is None else len(self._valued.places) + self._blank.index(place)

    def warm(self, seconds: float = 0.004) -> bool:
        """Prepare search texts for at most so long; returns whether there is more. For idle moments."""
        end = time.perf_counter() + seconds
        now = self._clock()
        number = 0
        while self._cold:
            entry = self._cold.pop()
            if entry.haystack:
                continue
            entry.haystack = haystack(entry, self._columns, now)
            number += 1
            if number % 16 == 0 and time.perf_counter() > end:
                return True
        return False

    def _key_of(self, column_key: str) -> SortKey | None:
        """Return what a column sorts by; None: the name, whose sort key entries bring along."""
        if column_key == "name":
            return None
        column = next((column for column in self._columns if column.key == column_key), None)
        return sort_key(column) if column else None

    def _gather(self) -> list[Entry]:
        """Return the rows in scope and restriction, by name."""
        scopes, restriction = self._scopes, self._restriction
        found = [
            entry
            for entry in self._fleet.named(self._kind)
            if entry.scope.key in scopes or (entry.also and self._within(entry))
        ]
        if restriction is not None:
            found = list(filter(restriction, found))
        self._inside = {entry.key for entry in found}
        self._cold = found.copy()
        return found

    def _within(self, entry: Entry) -> bool:
        return entry.scope.key in self._scopes or any(scope.key in self._scopes for scope in entry.also)

    def _ails(self, entry: Entry) -> bool:
        return entry.status.health in UNHEALTHY or self._fleet.stale(entry)

    def _arrange(self) -> None:
        """Choose and sort all rows anew."""
        found = self._gather()
        if self._unhealthy:
            found = list(filter(self._ails, found))
        if self._matches is not None:
            found = list(filter(self._matches, found))
        self._order(found)

    def _order(self, found: list[Entry]) -> None:
        """Show these rows, which come by name, in the order of the sorting column."""
        key, blank = self._key, list[Entry]()
        if key is None:
            self._valued.fill([entry.order for entry in found], found)
        else:
            # Rows come by name and the sort is stable: comparing bare values is enough.
            values = list(map(key, found))
            if None in values:
                blank = [entry for value, entry in zip(values, found, strict=True) if value is None]
                found = [entry for value, entry in zip(values, found, strict=True) if value is not None]
                values = [value for value in values if value is not None]
            places: list[tuple[str | float, str]] = list(zip(values, map(_ORDER, found), strict=True))  # type: ignore[arg-type]
            value_at: Callable[[int], Any] = values.__getitem__
            at = sorted(range(len(found)), key=value_at)
            self._valued.fill([places[index] for index in at], [found[index] for index in at])
        self._blank.fill([entry.order for entry in blank], blank)
        self._note_places()
        self._publish()

    def _narrow(self, matches: Test) -> None:
        """Keep of the shown rows what matches; the order stays."""
        for part in (self._valued, self._blank):
            kept = [(place, entry) for place, entry in zip(part.places, part.entries, strict=True) if matches(entry)]
            part.fill([place for place, _ in kept], [entry for _, entry in kept])
        self._note_places()
        self._publish()

    def _note_places(self) -> None:
        self._places, self._blanks = (
            dict(zip(map(_KEY, part.entries), part.places, strict=True)) for part in (self._valued, self._blank)
        )

    def _placed(self, key: str, entry: Entry | None) -> tuple[Place, bool] | None:
        """Return where a row belongs now and whether that is among the blanks; None when it is not shown."""
        inside = entry is not None and self._within(entry)
        if entry is None or not inside or (self._restriction is not None and not self._restriction(entry)):
            self._inside.discard(key)
            return None
        self._inside.add(key)
        if (self._unhealthy and not self._ails(entry)) or (self._matches is not None and not self._matches(entry)):
            return None
        if self._key is None:
            return entry.order, False
        value = self._key(entry)
        return (entry.order, True) if value is None else ((value, entry.order), False)

    def _shown(self, place: Place, blank: bool) -> Entry:
        """Return the entry that is shown at a place."""
        part = self._blank if blank else self._valued
        return part.entries[part.index(place)]

    def _change(self, out: Sequence[str], into: Sequence[tuple[Entry, Place, bool]]) -> None:
        for part, places, blank in ((self._valued, self._places, False), (self._blank, self._blanks, True)):
            gone = [place for key in out if (place := places.pop(key, None)) is not None]
            come = [(place, entry) for entry, place, its in into if its is blank]
            part.change(gone, come)
            places.update((entry.key, place) for place, entry in come)
        self._publish()

    def _publish(self) -> None:
        valued = self._valued.entries
        self.rows = [*(valued[::-1] if self._sort[1] else valued), *self._blank.entries]
