"""The table: on Textual's Line API, so that its cost does not grow with its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from tui.model.column import Column
from tui.model.entry import Entry
from tui.ui.cells import Found, RowLook, RowPainter, head_line
from tui.ui.ink import Inked
from tui.ui.layout import Layout, arrange
from tui.ui.line import Span, clipped, difference
from tui.ui.measure import sample, widen
from tui.ui.ruler import ruler
from tui.ui.window import Rows, Window

Statement = Sequence[Sequence[Span]]

KEPT_STRIPS = 4096
"""Painted rows that are kept, whether in sight or not."""
WHEEL = 3
"""Rows that one notch of the wheel scrolls."""


class Table(Inked, can_focus=True):
    """Rows under column heads, with cursor, marks and ruler. Keyed by entry key; only visible rows are ever painted.

    The owner calls `look` for another view, `follow` after the view changed.
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
        self.window = Window()
        self._columns: Sequence[Column] = ()
        self._content: dict[str, int] = {}
        """Widest content seen of each column."""
        self._layout = arrange((), 80, {}, places=False)
        self._places = False
        self._sorted: tuple[str, bool] = ("", False)
        self._found: Found | None = None
        self._painter: RowPainter | None = None
        self._strips: dict[str, dict[RowLook, Strip]] = {}
        self._painted: dict[int, Strip] = {}
        """What is on the screen, by line."""
        self._lines: dict[int, tuple[Strip, tuple[str, str], Strip]] = {}
        """Painted row, mark of the ruler and both of them as one strip, by line."""
        self._behind = 0
        """Line from which on changed ones are still to be painted; 0: none."""
        self._ruler: list[tuple[str, str]] = []
        self._head: Strip | None = None
        self._statement: Statement = ()
        self._after: Statement = ()
        self._instead = False
        self.wide = False
        self.skip = 0
        """Columns scrolled out to the left in wide mode."""
        self.chosen = ""
        """Key of the column chosen for sorting."""
        self.active = True
        """Whether keys go to this table: its cursor row then has the cursor's ground."""

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
        """Show another view, or the same one scoped, sorted or filtered anew (`keep`: the cursor stays on its row)."""
        self.window.source, self._columns, self._places = source, columns, places
        self._sorted, self._found = sorted_by, found
        self._content = {}
        if not keep:
            self.window.reset()
        self._strips.clear()
        self._painter = self._head = None
        self._settle()
        self._measure_all()
        self.sync()

    def follow(self, *, order: bool, keys: Iterable[str] = (), whole: bool = False, most: int = 0) -> bool:
        """Take over a change of the view: `order`, rows came, went or moved; `keys`, their content changed.

        With `most`, only so many changed lines are painted at once; `go_on` paints more of them. Returns whether any
        line is to be painted.
        """
        keys = set(keys)
        if whole:
            self._strips.clear()
        for key in keys & self._strips.keys():
            del self._strips[key]
        if order or whole or keys:
            self._settle()
        self._rewiden()
        painted = self._sync(0, most)
        if order or whole or self.window.cursor_key in keys:
            self.post_message(self.Moved())
        return painted

    @property
    def behind(self) -> bool:
        """Whether lines that changed are still to be painted: see `go_on`."""
        return self._behind > 0

    def go_on(self, most: int) -> bool:
        """Paint the next of the lines that changed; returns whether there were any."""
        return self._sync(self._behind, most)

    def keep_place(self) -> None:
        """Let cursor and window follow their rows; what changed is painted with the next `follow`."""
        self.window.settle()

    def state(self, lines: Statement, after: Statement = (), *, instead: bool = False) -> None:
        """Show these lines where there are no rows, or (`instead`) in place of them; `after` under the last row."""
        new = (tuple(map(tuple, lines)), tuple(map(tuple, after)), instead)
        if new != (self._statement, self._after, self._instead):
            over = self._instead or instead
            self._statement, self._after, self._instead = new
            # What stands under rows does not concern these: they are painted when that is due.
            self._sync(0 if over else len(self.window.visible) + 1, 0)

    def set_wide(self, wide: bool, skip: int = 0) -> None:
        """Show every column, scrolled by whole columns, or those that fit."""
        self.wide, self.skip = wide, skip if wide else 0
        self._measure_all()
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
    def cursor_key(self) -> str:
        """Key of the cursor row; empty without rows."""
        return self.window.cursor_key

    @property
    def current(self) -> Entry | None:
        """The entry under the cursor."""
        return self.window.current

    @property
    def marks(self) -> set[str]:
        """Keys of the marked rows."""
        return self.window.marks

    def visible_keys(self) -> list[str]:
        """Return the keys of the rows in sight."""
        rows = self.window.source.rows
        return [rows[i].key for i in self.window.visible]

    def move_to(self, index: int) -> None:
        """Put the cursor on a row and bring it in sight."""
        top = self.window.top
        moved = self.window.move_to(index)
        if self.window.top != top:
            self._scrolled()
        else:
            self.sync()
        if moved:
            self.post_message(self.Moved())

    def move_by(self, rows: int) -> None:
        """Move the cursor by so many rows."""
        self.move_to(self.window.cursor + rows)

    def turn_page(self, pages: int) -> None:
        """Move window and cursor by whole pages."""
        rows = pages * self.window.page
        self.window.scroll_to(self.window.top + rows)
        self._scrolled()
        self.move_by(rows)

    def find(self, key: str) -> bool:
        """Put the cursor on the row with this key; returns whether it is shown."""
        index = self.window.source.index(key)
        if index is not None:
            self.move_to(index)
        return index is not None

    def toggle_mark(self) -> None:
        """Mark or unmark the cursor row and go on to the next."""
        self.window.toggle_mark()
        self.move_by(1)

    def mark_range(self) -> None:
        """Mark all rows from the last one that was marked by hand to the cursor."""
        self.window.mark_range()
        self.sync()

    def mark_all(self) -> None:
        """Mark every row that is shown, or none if all are."""
        self.window.mark_all()
        self.sync()

    def clear_marks(self) -> None:
        """Unmark all."""
        self.window.clear_marks()
        self.sync()

    # -- painting ----------------------------------------------------------------------------------------------------

    def sync(self) -> None:
        """Repaint the lines that differ from what is on the screen, and of these only the cells between differences."""
        self._sync(0, 0)

    def _sync(self, first: int, most: int) -> bool:
        """Do so from a line on, for at most so many lines (0: all); returns whether any differs."""
        self._behind = self._behind if self._behind < first else 0
        if not self._painted or not self.is_attached:
            self.refresh()
            return True
        regions: list[Region] = []
        width, height = size = self.size  # Textual works it out anew each time
        for y in range(first, height):
            if most and len(regions) == most:
                self._behind = y
                break
            old, new = self._painted.get(y), self._line(y, size)
            if old is None:
                regions.append(Region(0, y, width, 1))
            elif (span := difference(old, new)) is not None:
                regions.append(Region(span[0], y, span[1] - span[0], 1))
        if regions:
            self.refresh(*regions)
        return bool(regions)

    def render_line(self, y: int) -> Strip:
        """Paint one line: the heads, a row, or a line of the statement."""
        strip = self._painted[y] = self._line(y, self.size)
        return strip

    def notify_style_update(self) -> None:
        """Forget every painted line: the theme changed."""
        super().notify_style_update()
        self._strips.clear()
        self._painted.clear()
        self._lines.clear()
        self._painter = self._head = None

    def on_resize(self, event: events.Resize) -> None:
        """Choose columns anew and keep the cursor in sight."""
        self._painted.clear()
        self._lines.clear()
        self.window.page = max(self.size.height - 1, 1)
        self._arrange()
        self.window.show_cursor()
        self._scrolled()

    def _line(self, y: int, size: Size) -> Strip:
        width = size.width
        if y == 0:
            if self._head is None:
                self._head = head_line(self.ink, self._layout, *self._sorted, self.chosen)
            return self._head
        rows: Sequence[Entry] = () if self._instead else self.window.source.rows
        index = self.window.top + y - 1
        if not self._ruler:
            height = size.height - 1
            self._ruler = ruler(height, len(rows), self.window.top, self.window.source.ticks(height))
        mark = self._ruler[y - 1] if y - 1 < len(self._ruler) else (" ", "line")
        if index < len(rows):
            row = self._row(index, rows[index])
            kept = self._lines.get(y)
            if kept is not None and kept[0] is row and kept[1] == mark:
                return kept[2]
            line = Strip([*row, Segment(mark[0], self.ink(mark[1]))], width)
            self._lines[y] = row, mark, line
            return line
        end = Segment(mark[0], self.ink(mark[1]))
        said: Sequence[Span] = ()
        lines, number = (self._after, index - len(rows)) if rows else (self._statement, y - 1)
        if 0 <= number < len(lines):
            said = lines[number]
        segments = [Segment("   ", self.ink())]
        segments += [Segment(span.text, self.ink(span.ink, span.ground)) for span in clipped(said, width - 5)]
        return Strip([*Strip(segments).adjust_cell_length(width - 1, self.ink()), end], width)

    def _row(self, index: int, entry: Entry) -> Strip:
        marked, cursor = entry.key in self.marks, index == self.window.cursor
        ground = ("cursor" if self.active else "blur") if cursor else "marked" if marked else ""
        look = RowLook(ground, cursor, marked)
        kept = self._strips.get(entry.key)
        strip = kept.get(look) if kept else None
        if strip is None:
            if self._painter is None:
                self._painter = RowPainter(self.ink, self._layout, self._found)
            status, at, stale = self.window.source.standing(entry)
            strip = self._painter.paint(entry, status, at, look, stale)
            if len(self._strips) > KEPT_STRIPS:
                self._strips.clear()
            self._strips.setdefault(entry.key, {})[look] = strip
        return strip

    # -- keeping its place -------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        self.window.settle()
        self._ruler = []

    def _scrolled(self) -> None:
        """Take over a new window: ruler, widths of what came in sight, changed lines."""
        self._ruler = []
        self._rewiden()
        self.sync()

    def _measure_all(self) -> None:
        source = self.window.source
        for indices in (sample(len(source.rows)), self.window.visible):
            widen(self._content, self._columns, source, indices, wide=self.wide)
        self._arrange()

    def _rewiden(self) -> None:
        # Rows that were painted were measured then.
        rows = self.window.source.rows
        new = [index for index in self.window.visible if rows[index].key not in self._strips]
        if new and widen(self._content, self._columns, self.window.source, new, wide=self.wide):
            self._arrange()

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
            self._painter = self._head = None
        self.skip = new.skipped

    # -- the mouse: an extra -----------------------------------------------------------------------------------------

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move the window down."""
        self._wheel(event, WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move the window up."""
        self._wheel(event, -WHEEL)

    def _wheel(self, event: events.MouseEvent, rows: int) -> None:
        event.stop()
        self.window.scroll_to(self.window.top + rows)
        self._scrolled()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where it was clicked; twice opens; a head sorts."""
        if event.y == 0:
            for slot in self._layout.slots:
                if slot.x <= event.x < slot.x + slot.width:
                    self.post_message(self.HeadClicked(slot.column.key))
            return
        index = self.window.top + event.y - 1
        if index < len(self.window.source.rows):
            self.move_to(index)
            if event.chain > 1:
                self.post_message(self.Opened())
