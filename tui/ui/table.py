"""The table: on Textual's Line API, so that its cost does not grow with its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from tui.model.column import NUMERIC, WIDE, Column, Format
from tui.model.entry import Entry
from tui.model.status import Health, Status
from tui.model.text import cells
from tui.ui.cells import Found, RowLook, RowPainter, head_line, shown, status_parts
from tui.ui.ink import Inked
from tui.ui.layout import Layout, arrange
from tui.ui.line import Span, clipped
from tui.ui.ruler import ruler

SAMPLE = 120
"""Rows whose content is measured, beside the visible ones, before widths are chosen."""

Statement = Sequence[Sequence[Span]]


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

    def troubles(self) -> Iterable[tuple[int, Health]]:
        """Return the positions of all broken and attention rows."""
        ...


class _Nothing:
    """A table before its first view."""

    rows: Sequence[Entry] = ()

    def index(self, key: str) -> int | None:
        return None

    def standing(self, entry: Entry) -> tuple[Status, float, bool]:
        return entry.status, 0.0, False

    def troubles(self) -> Iterable[tuple[int, Health]]:
        return ()


class Table(Inked, can_focus=True):
    """Rows under column heads, with cursor, marks and ruler. Keyed by entry key; only visible rows are ever painted.

    The owner calls `look` for another view, `follow` after the view changed. Everything survives: the cursor follows
    its row, the top row stays, marks are keys.
    """

    ALLOW_SELECT = False

    class Moved(Message):
        """The cursor is on another row, or its row changed."""

    class Opened(Message):
        """A row was clicked twice."""

    class HeadClicked(Message):
        """A column's head was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str = "table") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._source: Rows = _Nothing()
        self._columns: Sequence[Column] = ()
        self._content: dict[str, int] = {}
        self._layout = arrange((), 80, {}, places=False)
        self._places = False
        self._sorted: tuple[str, bool] = ("", False)
        self._found: Found | None = None
        self._painter: RowPainter | None = None
        self._strips: dict[str, dict[RowLook, Strip]] = {}
        self._painted: dict[int, Strip] = {}
        self._ruler: list[tuple[str, str]] = []
        self._troubles: list[tuple[int, Health]] = []
        self._head: Strip | None = None
        self._top = 0
        self._top_key = ""
        self._cursor = 0
        self._cursor_key = ""
        self._moved_by_hand = False
        self._mark_from = ""
        self.marks: set[str] = set()
        """Keys of the marked rows."""
        self.wide = False
        self.skip = 0
        self.chosen = ""
        """Key of the column chosen for sorting."""
        self.active = True
        """Whether keys go to this table: its cursor row then has the cursor's ground."""
        self._statement: Statement = ()
        self._after: Statement = ()
        self._instead = False

    # -- what is shown -----------------------------------------------------------------------------------------------

    def look(
        self,
        source: Rows,
        columns: Sequence[Column],
        *,
        places: bool,
        sorted_by: tuple[str, bool],
        found: Found | None = None,
        keep: bool = False,
    ) -> None:
        """Show another view, or the same one scoped, sorted or filtered anew; `keep`: cursor and widths stay."""
        self._source, self._columns, self._places = source, columns, places
        self._sorted, self._found = sorted_by, found
        if not keep:
            self._content = {}
            self._top, self._top_key, self._cursor, self._cursor_key = 0, "", 0, ""
            self._moved_by_hand = False
        self._strips.clear()
        self._painter = None
        self._head = None
        self._settle()
        self._measure(range(0, len(source.rows), max(1, len(source.rows) // SAMPLE)))
        self._arrange()
        self.sync()

    def follow(self, *, order: bool, keys: Iterable[str] = (), whole: bool = False) -> None:
        """Take over a change of the view: `order`, rows came, went or moved; `keys`, their content changed."""
        if whole:
            self._strips.clear()
        for key in keys:
            self._strips.pop(key, None)
        if order:
            self._settle()
        self._troubles = list(self._source.troubles())
        self._ruler = []
        if self._measure(self._visible()):
            self._arrange()
        self.sync()
        if order or whole or self._cursor_key in set(keys):
            self.post_message(self.Moved())

    def sort_shown(self, sorted_by: tuple[str, bool]) -> None:
        """Show another column as the sorted one."""
        self._sorted, self._head = sorted_by, None

    def state(self, lines: Statement, after: Statement = (), *, instead: bool = False) -> None:
        """Show these lines where there are no rows, or (`instead`) in place of them; `after` under the last row."""
        new = (tuple(map(tuple, lines)), tuple(map(tuple, after)), instead)
        if new != (self._statement, self._after, self._instead):
            self._statement, self._after, self._instead = new
            self.sync()

    def set_wide(self, wide: bool, skip: int = 0) -> None:
        """Show every column, or those that fit."""
        self.wide, self.skip = wide, skip if wide else 0
        self._arrange()
        self.sync()

    def choose(self, key: str) -> None:
        """Choose a column for sorting; its head is underlined."""
        self.chosen, self._head = key, None
        self.sync()

    @property
    def layout_shown(self) -> Layout:
        """The columns as they stand."""
        return self._layout

    # -- cursor and marks --------------------------------------------------------------------------------------------

    @property
    def cursor(self) -> int:
        """Position of the cursor row."""
        return self._cursor

    @property
    def cursor_key(self) -> str:
        """Key of the cursor row; empty without rows."""
        return self._cursor_key

    @property
    def current(self) -> Entry | None:
        """The entry under the cursor."""
        rows = self._source.rows
        return rows[self._cursor] if self._cursor < len(rows) else None

    @property
    def page(self) -> int:
        """Rows that fit."""
        return max(self.size.height - 1, 1)

    @property
    def top(self) -> int:
        """Position of the first visible row."""
        return self._top

    def visible_keys(self) -> list[str]:
        """Return the keys of the rows in sight."""
        return [self._source.rows[i].key for i in self._visible()]

    def move_to(self, index: int) -> None:
        """Put the cursor on a row and bring it in sight."""
        count = len(self._source.rows)
        if not count:
            return
        index = max(0, min(index, count - 1))
        self._moved_by_hand = True
        if index == self._cursor and self._cursor_key and self._in_sight(index):
            return
        self._cursor, self._cursor_key = index, self._source.rows[index].key
        self._show_cursor()
        self._scrolled()
        self.post_message(self.Moved())

    def move_by(self, rows: int) -> None:
        """Move the cursor by so many rows."""
        self.move_to(self._cursor + rows)

    def turn_page(self, pages: int) -> None:
        """Move window and cursor by whole pages."""
        self._top = self._clamp_top(self._top + pages * self.page)
        self.move_to(self._cursor + pages * self.page)

    def find(self, key: str) -> bool:
        """Put the cursor on the row with this key; returns whether it is shown."""
        index = self._source.index(key)
        if index is not None:
            self.move_to(index)
        return index is not None

    def toggle_mark(self) -> None:
        """Mark or unmark the cursor row and go on to the next."""
        if (entry := self.current) is not None:
            self.marks.symmetric_difference_update({entry.key})
            self._mark_from = entry.key
            self.move_by(1)
            self.sync()

    def mark_range(self) -> None:
        """Mark all rows from the last one that was marked by hand to the cursor."""
        start = self._source.index(self._mark_from) if self._mark_from else None
        first, last = sorted((self._cursor if start is None else start, self._cursor))
        self.marks.update(entry.key for entry in self._source.rows[first : last + 1])
        self._mark_from = self._cursor_key
        self.sync()

    def mark_all(self) -> None:
        """Mark every row that is shown, or none if all are."""
        keys = {entry.key for entry in self._source.rows}
        self.marks = self.marks - keys if keys <= self.marks else self.marks | keys
        self.sync()

    def clear_marks(self) -> None:
        """Unmark all."""
        self.marks.clear()
        self._mark_from = ""
        self.sync()

    # -- painting ----------------------------------------------------------------------------------------------------

    def sync(self) -> None:
        """Repaint the lines that differ from what is on the screen, and of these only the cells between differences."""
        if not self._painted or not self.is_attached:
            self.refresh()
            return
        regions = []
        for y in range(self.size.height):
            old, new = self._painted.get(y), self._line(y)
            if old is None:
                regions.append(Region(0, y, self.size.width, 1))
            elif (span := _difference(old, new)) is not None:
                regions.append(Region(span[0], y, span[1] - span[0], 1))
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """Paint one line: the heads, a row, or a line of the statement."""
        strip = self._painted[y] = self._line(y)
        return strip

    def notify_style_update(self) -> None:
        """Forget every painted line: the theme changed."""
        super().notify_style_update()
        self._forget_paint()

    def on_resize(self, event: events.Resize) -> None:
        """Choose columns anew."""
        self._painted.clear()
        self._measure(self._visible())
        self._arrange()
        self._show_cursor()
        self._scrolled()

    def on_focus(self) -> None:
        """Nothing is painted by focus itself: see `active`."""

    def _forget_paint(self) -> None:
        self._strips.clear()
        self._painted.clear()
        self._painter = None
        self._head = None

    def _line(self, y: int) -> Strip:
        width = self.size.width
        if y == 0:
            if self._head is None:
                self._head = head_line(self.ink, self._layout, *self._sorted, self.chosen)
            return self._head
        rows = () if self._instead else self._source.rows
        index = self._top + y - 1
        if not self._ruler:
            self._ruler = ruler(self.size.height - 1, len(rows), self._top, self._troubles)
        char, ink = self._ruler[y - 1] if y - 1 < len(self._ruler) else (" ", "line")
        end = Segment(char, self.ink(ink))
        if index < len(rows):
            return Strip([*self._row(index, rows[index]), end], width)
        said: Sequence[Span] = ()
        lines, line = (self._after, index - len(rows)) if rows else (self._statement, y - 1)
        if 0 <= line < len(lines):
            said = lines[line]
        segments = [Segment("   ", self.ink())]
        segments += [Segment(span.text, self.ink(span.ink, span.ground)) for span in clipped(said, width - 5)]
        return Strip([*Strip(segments).adjust_cell_length(width - 1, self.ink()), end], width)

    def _row(self, index: int, entry: Entry) -> Strip:
        marked = entry.key in self.marks
        cursor = index == self._cursor
        ground = ("cursor" if self.active else "blur") if cursor else "marked" if marked else ""
        look = RowLook(ground, cursor, marked)
        kept = self._strips.get(entry.key)
        strip = kept.get(look) if kept else None
        if strip is None:
            if self._painter is None:
                self._painter = RowPainter(self.ink, self._layout, self._found)
            status, at, stale = self._source.standing(entry)
            strip = self._painter.paint(entry, status, at, look, stale)
            if len(self._strips) > 4096:
                self._strips.clear()
            self._strips.setdefault(entry.key, {})[look] = strip
        return strip

    # -- keeping its place -------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """After the order changed: the cursor follows its row, the row at the top stays there."""
        rows = self._source.rows
        count = len(rows)
        was_in_sight = self._in_sight(self._cursor)
        if self._moved_by_hand and self._cursor_key:
            index = self._source.index(self._cursor_key)
            self._cursor = index if index is not None else self._cursor
        self._cursor = max(0, min(self._cursor, count - 1))
        self._cursor_key = rows[self._cursor].key if count else ""
        if self._top and (top := self._source.index(self._top_key)) is not None:
            self._top = top
        self._top = self._clamp_top(self._top)
        if was_in_sight:
            self._show_cursor()
        self._top_key = rows[self._top].key if self._top < count else ""
        self._troubles = list(self._source.troubles())
        self._ruler = []

    def _visible(self) -> range:
        return range(self._top, min(self._top + self.page, len(self._source.rows)))

    def _in_sight(self, index: int) -> bool:
        return self._top <= index < self._top + self.page

    def _clamp_top(self, top: int) -> int:
        return max(0, min(top, len(self._source.rows) - self.page))

    def _show_cursor(self) -> None:
        if self._cursor < self._top:
            self._top = self._cursor
        elif self._cursor >= self._top + self.page:
            self._top = self._cursor - self.page + 1
        self._top = self._clamp_top(self._top)

    def _scrolled(self) -> None:
        """Take over a new top row: ruler, widths of what came in sight, changed lines."""
        rows = self._source.rows
        self._top_key = rows[self._top].key if self._top < len(rows) else ""
        self._ruler = []
        if self._measure(self._visible()):
            self._arrange()
        self.sync()

    def _measure(self, indices: Iterable[int]) -> bool:
        """Widen columns to what these rows need; returns whether any did. They shrink only with another look."""
        rows, content, grown = self._source.rows, self._content, False
        growing = [column for column in self._columns if _grows(column)]
        for index in indices:
            if index >= len(rows):
                break
            entry = rows[index]
            status, at, _ = self._source.standing(entry)
            for column in growing:
                if column.format is Format.STATUS:
                    word, rest = status_parts(status, at, column.most or column.width)
                    size = 2 + cells(word) + (cells(rest) + 1 if rest else 0)
                else:
                    size = cells(shown(column, entry, at))
                if size > content.get(column.key, 0):
                    content[column.key] = size
                    grown = grown or size > column.width
        return grown

    def _arrange(self) -> None:
        new = arrange(
            self._columns,
            max(self.size.width, 20),
            self._content,
            places=self._places,
            wide=self.wide,
            skip=self.skip,
            sorted_by=self._sorted[0],
        )
        if new != self._layout:
            self._layout = new
            self._strips.clear()
            self._painter = None
            self._head = None
        self.skip = new.skipped

    # -- the mouse: an extra -----------------------------------------------------------------------------------------

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move the window by three rows."""
        self._wheel(event, 3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move the window by three rows."""
        self._wheel(event, -3)

    def _wheel(self, event: events.MouseEvent, rows: int) -> None:
        event.stop()
        self._top = self._clamp_top(self._top + rows)
        self._scrolled()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where it was clicked; twice opens; a head sorts."""
        if event.y == 0:
            for slot in self._layout.slots:
                if slot.x <= event.x < slot.x + slot.width:
                    self.post_message(self.HeadClicked(slot.column.key))
            return
        index = self._top + event.y - 1
        if index < len(self._source.rows):
            self.move_to(index)
            if event.chain > 1:
                self.post_message(self.Opened())


def _grows(column: Column) -> bool:
    return column.arrival <= WIDE and (column.format not in NUMERIC or column.most > column.width)


def _difference(old: Strip, new: Strip) -> tuple[int, int] | None:
    """Return the cells from the first to behind the last difference of two lines, None where they are the same."""
    if old is new:
        return None
    a, b = list(old), list(new)
    if a == b:
        return None
    start = 0
    first = 0
    while first < min(len(a), len(b)) and a[first] == b[first]:
        start += a[first].cell_length
        first += 1
    end = new.cell_length
    last = 1
    while last <= min(len(a), len(b)) - first and a[-last] == b[-last]:
        end -= a[-last].cell_length
        last += 1
    return (start, max(end, start + 1)) if old.cell_length == new.cell_length else (0, new.cell_length)
