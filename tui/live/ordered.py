"""A sorted list of rows that takes many small changes cheaply."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from operator import itemgetter

from tui.model.entry import Entry

Place = str | tuple[str | float, str]
"""What a row is sorted by: `Entry.order`, or a column's value and that. No two are equal."""

_FEW = 8


class Ordered:
    """Rows with their places, both in ascending order.

    Some changes are made one by one; many by copying slices, so that 500 moves among 50,000 rows cost 2 ms.
    """

    def __init__(self) -> None:
        self.places: list[Place] = []
        self.entries: list[Entry] = []

    def fill(self, places: list[Place], entries: list[Entry]) -> None:
        """Start anew with rows that are in order."""
        self.places, self.entries = places, entries

    def index(self, place: Place) -> int:
        """Return the position of a place, which must be there."""
        return bisect_left(self.places, place)

    def change(self, out: Sequence[Place], into: Sequence[tuple[Place, Entry]]) -> None:
        """Take out the rows at `out`, then put in `into`. The lists are new ones afterwards."""
        if len(out) + len(into) <= _FEW:
            self.places, self.entries = self.places.copy(), self.entries.copy()
            for place in out:
                at = bisect_left(self.places, place)
                del self.places[at], self.entries[at]
            for place, entry in into:
                at = bisect_left(self.places, place)
                self.places.insert(at, place)
                self.entries.insert(at, entry)
            return
        gone = sorted(bisect_left(self.places, place) for place in out)
        self._rebuild(gone, sorted(into, key=itemgetter(0)))

    def _rebuild(self, gone: Sequence[int], into: Sequence[tuple[Place, Entry]]) -> None:
        """Make both lists anew in one pass: touching 50,000 rows once costs half a millisecond, a bisection two µs."""
        old_places, old_entries = self.places, self.entries
        places: list[Place] = []
        entries: list[Entry] = []
        start = at = number = 0
        for place, entry in into:
            at = bisect_left(old_places, place, at)
            while number < len(gone) and gone[number] < at:
                places += old_places[start : gone[number]]
                entries += old_entries[start : gone[number]]
                start = gone[number] + 1
                number += 1
            places += old_places[start:at]
            entries += old_entries[start:at]
            places.append(place)
            entries.append(entry)
            start = at
        for position in gone[number:]:
            places += old_places[start:position]
            entries += old_entries[start:position]
            start = position + 1
        places += old_places[start:]
        entries += old_entries[start:]
        self.places, self.entries = places, entries
