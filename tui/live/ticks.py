"""Where the trouble is in a long list: which lines of a ruler beside it are ticked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from tui.live.ordered import Place
from tui.model.status import Health

ILL = (Health.BROKEN, Health.ATTENTION)
"""What ticks the ruler; the worst of those on a line shows."""


class Ticks:
    """How many broken rows, and rows that need attention, stand at the height of each line of a ruler.

    A row is found among the rows at which lines begin: they are few, and at hand. Among 50,000 rows a search for it
    costs 5 µs, for their places lie all over the memory; here half of one, so that a change of 500 rows costs no frame.
    """

    def __init__(self, valued: Sequence[Place], blank: Sequence[Place], lines: int, *, reverse: bool) -> None:
        """`valued` and `blank` are the places of the shown rows in ascending order; `reverse`: `valued` show the other
        way round. Where there are fewer rows than lines, each has a line of its own."""
        self.lines = lines
        self._reverse = reverse
        span, count = max(len(valued) + len(blank), lines), len(valued)
        starts = [-(-line * span // lines) for line in range(1, lines)]
        among = [at for at in starts if at < count]
        self._valued = [valued[count - 1 - at] for at in reversed(among)] if reverse else [valued[at] for at in among]
        self._blank = [blank[at - count] for at in starts if count <= at < count + len(blank)]
        self._counts = {health: [0] * lines for health in ILL}

    def add(self, place: Place, blank: bool, health: Health, number: int = 1) -> None:
        """Count a shown row in (or out, with -1) that is broken or needs attention."""
        self._counts[health][self._line(place, blank)] += number

    def worst(self) -> list[Health | None]:
        """Return the worst health on each line; None where all is well."""
        found: list[Health | None] = [None] * self.lines
        for health in reversed(ILL):
            for line, number in enumerate(self._counts[health]):
                if number:
                    found[line] = health
        return found

    def _line(self, place: Place, blank: bool) -> int:
        if blank:
            return len(self._valued) + bisect_right(self._blank, place)
        if self._reverse:
            return len(self._valued) - bisect_left(self._valued, place)
        return bisect_right(self._valued, place)
