"""Where a table stands in its rows: cursor, first visible row, marks. They follow rows by key. Pure, no Textual."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Protocol

from tui.model.entry import Entry
from tui.model.status import Health, Status


class Rows(Protocol):
    """What a table shows: `tui.live.view.View` with the clock of its answers."""

    @property
    def rows(self) -> Sequence[Entry]:
        """Entries in display order; a new list whenever the order changes."""
        ...

    def index(self, key: str) -> int | None:
        """Return the position of a row, or None when it is not shown."""
        ...

    def standing(self, entry: Entry) -> tuple[Status, float, bool]:
        """Return the status to show, when the row was last confirmed (epoch seconds), and whether it is stale."""
        ...

    def ticks(self, lines: int) -> Sequence[Health | None]:
        """Return the worst health of the rows at the height of each line of a ruler; None where all is well."""
        ...


class Nothing:
    """A table before its first view."""

    rows: Sequence[Entry] = ()

    def index(self, key: str) -> int | None:
        """Return None."""
        return None

    def standing(self, entry: Entry) -> tuple[Status, float, bool]:
        """Return the entry's own status."""
        return entry.status, 0.0, False

    def ticks(self, lines: int) -> Sequence[Health | None]:
        """Return that all is well."""
        return [None] * lines


class Window:
    """The cursor follows its row, the row at the top stays there, marks are keys."""

    def __init__(self) -> None:
        self.source: Rows = Nothing()
        self.page = 1
        """Rows that fit."""
        self.top = 0
        self.cursor = 0
        self.cursor_key = ""
        self.marks: set[str] = set()
        self._top_key = ""
        self._by_hand = False
        """Whether the user has moved the cursor: until then it stays on the first row while rows stream in."""
        self._mark_from = ""

    @property
    def current(self) -> Entry | None:
        """The entry under the cursor."""
        rows = self.source.rows
        return rows[self.cursor] if self.cursor < len(rows) else None

    @property
    def visible(self) -> range:
        """Positions of the rows in sight."""
        return range(self.top, min(self.top + self.page, len(self.source.rows)))

    def reset(self) -> None:
        """Begin at the first row."""
        self.top, self._top_key, self.cursor, self.cursor_key, self._by_hand = 0, "", 0, "", False

    def settle(self) -> None:
        """Find cursor and top again after the order changed. A cursor that was in sight stays in sight."""
        rows = self.source.rows
        in_sight = self.top <= self.cursor < self.top + self.page
        if self._by_hand and self.cursor_key:
            index = self.source.index(self.cursor_key)
            self.cursor = self.cursor if index is None else index
        self.cursor = max(0, min(self.cursor, len(rows) - 1))
        self.cursor_key = rows[self.cursor].key if rows else ""
        if self.top and (top := self.source.index(self._top_key)) is not None:
            self.top = top
        if in_sight:
            self.show_cursor()
        self.scroll_to(self.top)

    def move_to(self, index: int) -> bool:
        """Put the cursor on a row, in sight; returns whether it moved."""
        rows = self.source.rows
        if not rows:
            return False
        index = max(0, min(index, len(rows) - 1))
        moved = index != self.cursor or not self.cursor_key
        self._by_hand = True
        self.cursor, self.cursor_key = index, rows[index].key
        self.show_cursor()
        return moved

    def scroll_to(self, top: int) -> None:
        """Make a row the first one in sight, as far as there are rows below to fill the window."""
        rows = self.source.rows
        self.top = max(0, min(top, len(rows) - self.page))
        self._top_key = rows[self.top].key if self.top < len(rows) else ""

    def show_cursor(self) -> None:
        """Scroll no further than needed for the cursor to be in sight."""
        if self.cursor < self.top:
            self.scroll_to(self.cursor)
        elif self.cursor >= self.top + self.page:
            self.scroll_to(self.cursor - self.page + 1)
        else:
            self.scroll_to(self.top)

    def toggle_mark(self) -> None:
        """Mark or unmark the cursor row."""
        if self.current is not None:
            self.marks ^= {self.cursor_key}
            self._mark_from = self.cursor_key

    def mark_range(self) -> None:
        """Mark all rows from the last one that was marked by hand to the cursor."""
        start = self.source.index(self._mark_from) if self._mark_from else None
        first, last = sorted((self.cursor if start is None else start, self.cursor))
        self.marks.update(entry.key for entry in self.source.rows[first : last + 1])
        self._mark_from = self.cursor_key

    def mark_all(self) -> None:
        """Mark every row that is shown, or none of them if all are."""
        keys = {entry.key for entry in self.source.rows}
        self.marks = self.marks - keys if keys <= self.marks else self.marks | keys

    def clear_marks(self) -> None:
        """Unmark all."""
        self.marks.clear()
        self._mark_from = ""

    def keep_marks(self, loaded: Container[str]) -> None:
        """Unmark rows that are gone: an action on marked rows must not go to the one under the cursor instead."""
        self.marks = {key for key in self.marks if key in loaded}
