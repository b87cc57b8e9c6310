"""Rows in display order, and the work that brings them there: done in short steps, since 50,000 rows take a while."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from itertools import compress
from operator import attrgetter, is_
from typing import Any

import msgspec

from tui.live.ordered import Ordered, Place
from tui.live.sorting import Sorting
from tui.live.ticks import ILL, Ticks
from tui.model.entry import Entry
from tui.model.status import Health

Test = Callable[[Entry], bool]
Steps = Generator[None, None, None]
"""Work that yields about every millisecond, so that keys get their turn."""

CHUNK = 1000
"""Rows handled between two yields: 0.1 ms where a column is plain, 3 ms where it is dear (addresses)."""
_RUN = 8
"""Sorted chunks that are merged before the whole is: the last merge of 50,000 rows then takes 6 ms, not 20."""

_KEY = attrgetter("key")


class Wish(msgspec.Struct, frozen=True):
    """What a view is to show."""

    restriction: Test | None = None
    """The drill-down."""
    passes: Test | None = None
    """The filter; None where every row passes."""
    sorting: Sorting | None = None
    """What rows are sorted by; None: the name, whose sort key entries bring along."""
    reverse: bool = False


class Arrangement:
    """All rows of a view in the order of a column, and of these the shown ones.

    Rows that have no value in the sorting column stand apart (`blank`): they come last either way, by name.
    """

    def __init__(self) -> None:
        self.valued, self.blank = Ordered(), Ordered()
        self.shown_valued, self.shown_blank = self.valued, self.blank
        """The same objects while there is no filter."""
        self.places: dict[str, Place] = {}
        """Place of each valued row by key: where it is found again after it changed."""
        self.blanks: dict[str, Place] = {}
        self.ill: dict[str, Health] = {}
        """All rows that are broken or need attention, by key."""

    @property
    def filtered(self) -> bool:
        """Whether not all rows are shown."""
        return self.shown_valued is not self.valued

    @property
    def total(self) -> int:
        """All rows, whether they are shown or not."""
        return len(self.valued.places) + len(self.blank.places)

    def shown(self, reverse: bool) -> list[Entry]:
        """Return the shown rows in display order."""
        valued, blank = self.shown_valued.entries, self.shown_blank.entries
        if reverse:
            valued = valued[::-1]
        return valued + blank if blank else valued

    def ticks(self, lines: int, ill: Mapping[str, Health], *, reverse: bool) -> Ticks:
        """Return what a ruler of so many lines shows of rows that are broken or need attention."""
        valued, blanks = self.shown_valued, self.shown_blank
        found = Ticks(valued.places, blanks.places, lines, reverse=reverse)
        for key, health in ill.items():
            place, blank = self.place(key)
            if place is not None and (not self.filtered or self.is_shown(place, blank)):
                found.add(place, blank, health)
        return found

    def by_name(self, named: Ordered) -> Ordered:
        """Return all rows in the order of their names; `named` are all that there are, in that order."""
        if len(named.entries) == self.total:
            return named
        flags = [entry.key in self.places or entry.key in self.blanks for entry in named.entries]
        return _chosen(named, flags)

    # -- making it ---------------------------------------------------------------------------------------------------

    def gather(self, named: Ordered, tests: Sequence[Test]) -> Generator[None, None, Ordered]:
        """Choose the rows that pass all tests; they come and stay in the order of their names."""
        for test in tests:
            flags = yield from _flags(test, named.entries)
            named = _chosen(named, flags)
        return named

    def order(self, named: Ordered, sorting: Sorting | None, ill: dict[str, Health] | None = None) -> Steps:
        """Put rows, which come by name, into the order of a column. `ill` are those that are, where that is known.

        Their places are those of the time at which the work began: what changes meanwhile is followed at the end.
        """
        found, orders = named.entries, named.places
        if sorting is None:
            self.valued.fill(orders, found)
        else:
            values: list[Any] = []
            for start in range(0, len(found), CHUNK):
                values += sorting.keys(found[start : start + CHUNK])
                yield
            if None in values:
                self.blank = _chosen(named, [value is None for value in values])
                valued = _chosen(named, [value is not None for value in values])
                found, orders = valued.entries, valued.places
                values = [value for value in values if value is not None]
                yield
            at = yield from _sorted(values)
            places: list[Place] = []
            for start in range(0, len(at), CHUNK):
                places += [(values[index], orders[index]) for index in at[start : start + CHUNK]]  # type: ignore[misc]
                yield
            self.valued.fill(places, [found[index] for index in at])
        self.shown_valued, self.shown_blank = self.valued, self.blank
        yield from self._settle()
        if ill is None:
            yield from self._look_for_ill(named.entries)
        else:
            self.ill = ill

    def show(self, passes: Test | None, *, narrow: bool) -> Steps:
        """Show the rows that pass a filter: of all, or (`narrow`) of those that are shown."""
        if passes is None:
            self.shown_valued, self.shown_blank = self.valued, self.blank
            return
        parts = (self.shown_valued, self.shown_blank) if narrow else (self.valued, self.blank)
        kept: list[Ordered] = []
        for part in parts:
            flags = yield from _flags(passes, part.entries)
            kept.append(_chosen(part, flags))
        self.shown_valued, self.shown_blank = kept

    def _settle(self) -> Steps:
        """Note where each row is."""
        for part, places in ((self.valued, self.places), (self.blank, self.blanks)):
            for start in range(0, len(part.entries), CHUNK):
                end = start + CHUNK
                places.update(zip(map(_KEY, part.entries[start:end]), part.places[start:end], strict=True))
                yield

    def _look_for_ill(self, rows: Sequence[Entry]) -> Steps:
        for start in range(0, len(rows), CHUNK):
            chunk = rows[start : start + CHUNK]
            self.ill.update([(entry.key, entry.status.health) for entry in chunk if entry.status.health in ILL])
            yield

    # -- following changes -------------------------------------------------------------------------------------------

    def place(self, key: str) -> tuple[Place | None, bool]:
        """Return where a row was put, None if it is not there, and whether that is among the blanks."""
        found = self.places.get(key)
        return (found, False) if found is not None else (self.blanks.get(key), True)

    def is_shown(self, place: Place, blank: bool) -> bool:
        """Whether there is a shown row at a place."""
        part = self.shown_blank if blank else self.shown_valued
        at = part.index(place)
        return at < len(part.places) and part.places[at] == place

    def entry_at(self, place: Place, blank: bool) -> Entry:
        """Return the row at a place."""
        part = self.blank if blank else self.valued
        return part.entries[part.index(place)]

    def change(
        self, out: Iterable[str], into: Sequence[tuple[Place, Entry, bool]], hidden: Collection[str] = ()
    ) -> None:
        """Take out rows, then put in others with their places and whether these are blank; `hidden` are not shown."""
        gone_keys = list(out)
        sides = (
            (self.valued, self.shown_valued, self.places, False),
            (self.blank, self.shown_blank, self.blanks, True),
        )
        for part, shown, places, blank in sides:
            gone = [place for key in gone_keys if (place := places.pop(key, None)) is not None]
            come = [(place, entry) for place, entry, its in into if its is blank]
            if shown is not part:
                visible = [place for place in gone if self.is_shown(place, blank)]
                shown.change(visible, [(place, entry) for place, entry in come if entry.key not in hidden])
            part.change(gone, come)
            for place, entry in come:
                places[entry.key] = place

    def add(self, rows: Iterable[Entry]) -> None:
        """Put in new rows by name: where nothing is hidden and no other column sorts."""
        come: list[tuple[Place, Entry]] = [(entry.order, entry) for entry in rows]
        self.valued.change((), come)
        self.places.update([(entry.key, place) for place, entry in come])


def same(before: Sequence[Entry], after: Sequence[Entry]) -> bool:
    """Whether two lists hold the same rows in the same order."""
    return len(before) == len(after) and all(map(is_, before, after))


def _flags(test: Test, rows: Sequence[Entry]) -> Generator[None, None, list[bool]]:
    found: list[bool] = []
    for start in range(0, len(rows), CHUNK):
        found += map(test, rows[start : start + CHUNK])
        yield
    return found


def _chosen(rows: Ordered, flags: Sequence[bool]) -> Ordered:
    chosen = Ordered()
    chosen.fill(list(compress(rows.places, flags)), list(compress(rows.entries, flags)))
    return chosen


def _sorted(values: Sequence[Any]) -> Generator[None, None, list[int]]:
    """Return the positions of values in their order. Python's sort merges what is sorted already."""
    value_at = values.__getitem__
    found: list[int] = []
    for start in range(0, len(values), CHUNK * _RUN):
        run: list[int] = []
        for first in range(start, min(start + CHUNK * _RUN, len(values)), CHUNK):
            run += sorted(range(first, min(first + CHUNK, len(values))), key=value_at)
            yield
        run.sort(key=value_at)
        found += run
        yield
    found.sort(key=value_at)
    return found
