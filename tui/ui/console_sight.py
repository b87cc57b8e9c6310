"""What of a console log is in sight: filter, search, cursor, wrap, scroll. Pure; costs what is new or on the screen."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import replace

from tui.live.console import Update
from tui.model.console import Line, Severity, Sort
from tui.model.text import cells
from tui.ui.matching import Search

MOST = 100_000
"""Lines that are kept; beyond them the oldest go."""
SLICE = 10_000
"""Lines that go at once."""


class Sight:
    """The lines of one log and the way they are looked at. Rows are what is painted: a wrapped line has several."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.gone = 0
        """Lines that were let go at the beginning."""
        self.filter = Search("")
        self.inverted = False
        """Whether the filter hides what it finds («!text»)."""
        self.only_marked = False
        """Whether only warnings and errors are shown."""
        self.search = Search("")
        self.found: list[int] = []
        """Lines with a match, of those that are shown."""
        self.cursor = -1
        """Line under the cursor, -1 for none."""
        self.top = 0
        self.left = 0
        self.wrap = False
        self.below = 0
        """Lines that came while the end was out of sight."""
        self.version = 0
        """Steps with every change of the lines shown: what is drawn of all of them is kept until then."""
        self.counts = {Severity.WARN: 0, Severity.BAD: 0}
        self._width = 80
        self._room = 1
        self._shown: list[int] | None = None
        self._starts: list[int] | None = None

    # -- lines -------------------------------------------------------------------------------------------------------

    def take(self, update: Update) -> None:
        """Add what is new. Whoever looks at the end goes on to see it; else nothing moves."""
        at_end = self.at_end
        if update.replaced:
            self._drop_last(update.replaced)
        first = len(self.lines)
        self.lines += update.lines
        for line in update.lines:
            if line.severity:
                self.counts[line.severity] += 1
        self._append(first)
        self.below = 0 if at_end else self.below + max(len(update.lines) - update.replaced, 0)
        if len(self.lines) > MOST:
            self._let_go(len(self.lines) - MOST + SLICE)
        self.version += 1
        # Lines that were taken back may leave fewer rows than were above those in sight.
        self.scroll_to(self.rows if at_end else self.top)

    def add(self, line: Line) -> None:
        """Add a line of the dashboard's own."""
        self.take(Update((line,)))

    def explain(self, seen: float, text: str) -> None:
        """Let the newest line of the dashboard's own that came at `seen` say more."""
        for index in range(len(self.lines) - 1, -1, -1):
            line = self.lines[index]
            if line.seen < seen:
                return
            if line.sort in {Sort.BOOT, Sort.RESET} and line.seen == seen:
                self.lines[index] = replace(line, text=text)
                return

    def restart(self) -> None:
        """Forget all lines: the log is read anew."""
        self.lines.clear()
        self.counts = dict.fromkeys(self.counts, 0)
        self.gone, self.cursor, self.top, self.below = 0, -1, 0, 0
        self._anew()

    def _drop_last(self, number: int) -> None:
        keep = max(len(self.lines) - number, 0)
        for line in self.lines[keep:]:
            if line.severity:
                self.counts[line.severity] -= 1
        del self.lines[keep:]
        for indexes in (self.found, self._shown):
            while indexes and indexes[-1] >= keep:
                indexes.pop()
        self._starts = None if self._starts is None else self._starts[: self.number + 1]
        self.cursor = min(self.cursor, keep - 1)

    def _append(self, first: int) -> None:
        """Filter, search and measure the lines from `first` on."""
        for index in range(first, len(self.lines)):
            line = self.lines[index]
            if self._shown is not None:
                if not self._passes(line):
                    continue
                self._shown.append(index)
            if self.search.text and self.search.spans(line.text):
                self.found.append(index)
            if self._starts is not None:
                self._starts.append(self._starts[-1] + self._height(line))

    def _let_go(self, number: int) -> None:
        row = self.top
        before = self.row_of(self._place(number))
        for line in self.lines[:number]:
            if line.severity:
                self.counts[line.severity] -= 1
        del self.lines[:number]
        self.gone += number
        self.cursor = max(self.cursor - number, -1)
        self._anew()
        self.top = max(row - before, 0)

    def _anew(self) -> None:
        """Filter and search all lines."""
        plain = not self.filter.text and not self.only_marked
        self._shown = None if plain else self._passing()
        self._starts = None
        self.found = self._matching()
        self.version += 1

    def _passing(self) -> list[int]:
        """Return all lines that pass the filters."""
        if not self.filter.text:
            return [n for n, line in enumerate(self.lines) if self._passes(line)]
        # One pass of the search over all texts is several times as fast as one for each line.
        hits = set(self.filter.lines([line.text for line in self.lines]))
        return [
            n
            for n, line in enumerate(self.lines)
            if line.sort is not Sort.TEXT
            or ((n in hits) is not self.inverted and (line.severity or not self.only_marked))
        ]

    def _matching(self) -> list[int]:
        """Return the shown lines that the search finds."""
        if not self.search.text:
            return []
        indexes = self._indexes()
        return [indexes[place] for place in self.search.lines([self.lines[n].text for n in indexes])]

    def _passes(self, line: Line) -> bool:
        if line.sort is not Sort.TEXT:
            return True
        if self.only_marked and not line.severity:
            return False
        return not self.filter.text or bool(self.filter.spans(line.text)) is not self.inverted

    def _indexes(self) -> Sequence[int]:
        return range(len(self.lines)) if self._shown is None else self._shown

    @property
    def number(self) -> int:
        """How many lines are shown."""
        return len(self.lines) if self._shown is None else len(self._shown)

    def index(self, place: int) -> int:
        """Return the line at a place among those shown."""
        return place if self._shown is None else self._shown[place]

    def _place(self, index: int) -> int:
        """Return the place of a line among those shown, or where it would be."""
        return index if self._shown is None else bisect_left(self._shown, index)

    def troubles(self) -> list[tuple[int, Severity]]:
        """Return the rows at which a shown warning or error begins."""
        return [
            (self.row_of(place), self.lines[index].severity)
            for place, index in enumerate(self._indexes())
            if self.lines[index].severity
        ]

    # -- rows --------------------------------------------------------------------------------------------------------

    def fit(self, width: int, room: int) -> None:
        """Say how many cells and rows there are for the text."""
        at_end = self.at_end
        line = self.first_line
        if width != self._width:
            self._width = max(width, 1)
            self._starts = None
            self.version += 1
        self._room = max(room, 1)
        if self.wrap and not at_end:
            self.top = self.row_of(self._place(line)) if line >= 0 else 0
        self.scroll_to(self.rows if at_end else self.top)

    def _height(self, line: Line) -> int:
        return max((cells(line.text) + self._width - 1) // self._width, 1)

    def _measured(self) -> list[int]:
        if self._starts is None:
            starts = [0]
            for index in self._indexes():
                starts.append(starts[-1] + self._height(self.lines[index]))
            self._starts = starts
        return self._starts

    @property
    def rows(self) -> int:
        """Rows that all shown lines take."""
        return self._measured()[-1] if self.wrap else self.number

    @property
    def room(self) -> int:
        """Rows in sight."""
        return self._room

    def row_of(self, place: int) -> int:
        """Return the first row of the line at a place."""
        return self._measured()[min(place, self.number)] if self.wrap else place

    def at(self, row: int) -> tuple[int, int] | None:
        """Return (line, row within it) of a row, None past the end."""
        if not 0 <= row < self.rows:
            return None
        if not self.wrap:
            return self.index(row), 0
        starts = self._measured()
        place = bisect_right(starts, row) - 1
        return self.index(place), row - starts[place]

    @property
    def first_line(self) -> int:
        """The first line in sight, -1 where there is none."""
        found = self.at(self.top)
        return found[0] if found is not None else -1

    @property
    def at_end(self) -> bool:
        """Whether the last row is in sight."""
        return self.top + self._room >= self.rows

    def scroll_to(self, row: int) -> None:
        """Make a row the first one in sight, as far as rows below fill the room."""
        self.top = max(0, min(row, self.rows - self._room))
        if self.at_end:
            self.below = 0

    def scroll_by(self, rows: int) -> None:
        """Move up or down."""
        self.scroll_to(self.top + rows)

    def to_end(self) -> None:
        """Show the last rows."""
        self.scroll_to(self.rows)

    def go(self, index: int) -> None:
        """Put the cursor on a line, a third from the top where it was out of sight."""
        self.cursor = index
        row = self.row_of(self._place(index))
        if not self.top <= row < self.top + self._room:
            self.scroll_to(row - self._room // 3)

    def toggle_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        at_end, line = self.at_end, self.first_line
        self.wrap, self.left = not self.wrap, 0
        self.version += 1
        self.scroll_to(self.rows if at_end or line < 0 else self.row_of(self._place(line)))

    # -- finding -----------------------------------------------------------------------------------------------------

    def look_for(self, text: str) -> None:
        """Search, from the first line in sight on."""
        if text != self.search.text:
            self.search = Search(text)
            self.found = self._matching()
        if not self.found:
            self.cursor = -1
        elif text:
            self.go(self.found[bisect_left(self.found, max(self.first_line, 0)) % len(self.found)])

    def filter_by(self, text: str) -> None:
        """Show only lines with a match; «!text»: only those without. The first line in sight stays near."""
        self._keeping(lambda: self._set_filter(text))

    def _set_filter(self, text: str) -> None:
        self.inverted = text.startswith("!") and len(text) > 1
        self.filter = Search(text[1:] if self.inverted else text)

    def toggle_marked(self) -> None:
        """Show only warnings and errors, or all lines."""

        def toggle() -> None:
            self.only_marked = not self.only_marked

        self._keeping(toggle)

    def _keeping(self, change: Callable[[], None]) -> None:
        line, at_end = self.first_line, self.at_end
        change()
        self._anew()
        self.scroll_to(self.rows if at_end or line < 0 else self.row_of(self._place(line)))

    def step(self, by: int) -> bool:
        """Go to the next (1) or previous (-1) match, round the end; returns whether there is one."""
        return self._step(self.found, by)

    def step_error(self, by: int = 1) -> bool:
        """Go to the next error, round the end; where there is none, to the next warning."""
        worst = Severity.BAD if self.counts[Severity.BAD] else Severity.WARN
        return self._step([n for n in self._indexes() if self.lines[n].severity is worst], by)

    def _step(self, indexes: Sequence[int], by: int) -> bool:
        if not indexes:
            return False
        here = self.cursor
        if here < 0:
            # From nowhere the first error is the first of all: that is what the later ones come from.
            place = 0 if by > 0 else len(indexes) - 1
        else:
            place = bisect_right(indexes, here) if by > 0 else bisect_left(indexes, here) - 1
        self.go(indexes[place % len(indexes)])
        return True

    @property
    def match_number(self) -> int:
        """Which match the cursor is on, from 1; 0 where it is on none."""
        place = bisect_left(self.found, self.cursor)
        return place + 1 if place < len(self.found) and self.found[place] == self.cursor else 0
