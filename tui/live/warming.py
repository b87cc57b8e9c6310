"""Search texts, made in idle moments so that the first filter finds them ready."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

from tui.model.column import Column
from tui.model.entry import Entry
from tui.model.filter import haystack


class Warming:
    """Rows whose search text may have to be made."""

    def __init__(self, columns: Sequence[Column], clock: Callable[[], float]) -> None:
        self._columns = columns
        self._clock = clock
        self._cold: list[Entry] = []

    def all_of(self, rows: Iterable[Entry]) -> None:
        """Look at all rows anew."""
        self._cold = list(rows)

    def also(self, rows: Iterable[Entry], most: int) -> None:
        """Look at these rows too, unless more than `most` wait already: then all will be looked at."""
        if len(self._cold) <= most:
            self._cold += rows

    def go_on(self, seconds: float) -> bool:
        """Make texts for at most so long; returns whether there is more to do."""
        end = time.perf_counter() + seconds
        now = self._clock()
        while self._cold:
            entry = self._cold.pop()
            if not entry.haystack:
                entry.haystack = haystack(entry, self._columns, now)
                if time.perf_counter() > end:
                    return True
        return False
