"""The programs that `painter_bytes.py` measures."""

from __future__ import annotations

from typing import Any

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.coordinate import Coordinate
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import DataTable

from tui.ui.painter import Painted

Row = tuple[str, ...]

TEXT = Style.parse("#ccd4dd on #10141a")
DIM = Style.parse("#98a5b3 on #10141a")
STRONG = Style.parse("bold #f4f7fa on #171c24")
BAR = Style.parse("#98a5b3 on #171c24")
CURSOR = Style.parse("#f4f7fa on #28384b")
LINE = Style.parse("#3a4757 on #10141a")
STATES = {
    "●": Style.parse("#7ccb90 on #10141a"),
    "◐": Style.parse("#5ed1da on #10141a"),
    "✗": Style.parse("#ff857b on #10141a"),
}
COLUMNS = ("NAME", "STATUS", "PLACE", "ADDRESS", "AGE", "FLAVOR", "PROJECT", "HOST", "IMAGE", "ID")
WIDTHS = (20, 18, 14, 17, 6, 12, 10, 10, 16, 36)
BRIGHT = (0, 3)
"""Columns that are not dim."""


def columns(width: int) -> int:
    """Return how many columns fit beside the gutter and the ruler."""
    return next((count for count in range(len(WIDTHS), 0, -1) if sum(WIDTHS[:count]) + 4 <= width), 1)


class Bar(Widget):
    """A line of text above or below."""

    DEFAULT_CSS = "Bar { height: 1; }"

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def render_line(self, y: int) -> Strip:
        """Paint the line."""
        return Strip([Segment(self._text, BAR)]).extend_cell_length(self.size.width, BAR)


class Side(Widget):
    """A pane that stays while the table moves."""

    DEFAULT_CSS = "Side { width: 26; } Side.-narrow { display: none; }"

    def render_line(self, y: int) -> Strip:
        """Paint as many places and kinds as the dashboard shows; the rest is empty."""
        text = "" if y > 17 else f" Group {y // 6}" if y % 6 == 0 else f" ● cloud-{y:02}        {y * 37 % 900:>5}"
        return Strip([Segment(text.ljust(25), STRONG if y % 6 == 0 else BAR), Segment("│", LINE)])


def shown(column: int, text: str) -> Text:
    """Return a cell for a DataTable, coloured as the other table does it."""
    if column == 1:
        return Text.assemble((text[:1], STATES[text[0]]), (text[1:], DIM))
    return Text(text, TEXT if column in BRIGHT else DIM)


class LineTable(Widget, can_focus=True):
    """A table on the Line API that refreshes the cells that changed."""

    def __init__(self, rows: list[Row]) -> None:
        super().__init__()
        self.rows = rows
        self.top = self.cursor = 0

    def render_line(self, y: int) -> Strip:
        """Paint a row."""
        index = self.top + y
        row, here = self.rows[index], index == self.cursor
        segments = [Segment("▌  " if here else "   ", CURSOR if here else TEXT)]
        fit = columns(self.size.width)
        for column, (text, width) in enumerate(zip(row[:fit], WIDTHS, strict=False)):
            if column == 1 and not here:
                segments += [Segment(text[:1], STATES[text[0]]), Segment(f"{text[1:]:<{width - 1}}", DIM)]
            else:
                segments.append(Segment(f"{text:<{width}}", CURSOR if here else TEXT if column in BRIGHT else DIM))
        ruler = "┃" if y == self.top * self.size.height // len(self.rows) else " "
        line = Strip(segments).adjust_cell_length(self.size.width - 1, CURSOR if here else TEXT)
        return Strip([*line, Segment(ruler, LINE)], self.size.width)

    def change(self, index: int, status: str) -> None:
        """Show another status in a row."""
        self.rows[index] = (self.rows[index][0], status, *self.rows[index][2:])
        self.refresh(Region(3 + WIDTHS[0], index - self.top, WIDTHS[1], 1))

    def move(self, lines: int, *, top: int = 0) -> None:
        """Move the cursor, and the window by `top`."""
        old = self.cursor
        self.cursor += lines
        self.top += top
        if top:
            self.refresh()
        else:
            self.refresh(*(Region(0, at - self.top, self.size.width, 1) for at in (old, self.cursor)))


class Grid(DataTable[Text]):
    """Textual's own table showing and doing the same."""

    def __init__(self, rows: list[Row], width: int) -> None:
        super().__init__(cursor_type="row", show_header=False, cell_padding=0)
        fit = columns(width)
        for name, size in zip(COLUMNS[:fit], WIDTHS, strict=False):
            self.add_column(name, width=size)
        for row in rows:
            self.add_row(*(shown(column, text) for column, text in enumerate(row[:fit])))

    def change(self, index: int, status: str) -> None:
        """Show another status in a row."""
        self.update_cell_at(Coordinate(index, 1), shown(1, status))

    def move(self, lines: int, *, top: int = 0) -> None:
        """Move the cursor, and the window by `top`."""
        self.move_cursor(row=self.cursor_row + lines, animate=False, scroll=False)
        if top:
            self.scroll_relative(y=top, animate=False, immediate=True)


class Sample(Painted[None]):
    """The screen, and a key for each deed; each ends with a mark once it is painted."""

    ENABLE_COMMAND_PALETTE = False
    CSS = "Screen { background: #10141a; } Horizontal { height: 1fr; }"
    BINDINGS: list[BindingType] = [(key, f"deed('{key}')", key) for key in "uncpsi"]  # noqa: RUF012

    def __init__(self, table: Any, painter: Any) -> None:
        super().__init__(painter=painter)
        self.animation_level = "none"
        self._table = table
        self._changes = 0

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        yield Bar(" stackdeck   all clouds   1,284 servers   3 errors")
        with Horizontal():
            if self.size.width >= 100:
                yield Side()
            yield self._table
        yield Bar(" enter open  d describe  l log  a actions  : go  / filter  ? help")

    def on_mount(self) -> None:
        """Say when the first frame is out."""
        self._table.focus()
        self.set_timer(0.5, lambda: self._mark("start"))

    def action_deed(self, deed: str) -> None:
        """Do what is measured."""
        match deed:
            case "u":
                self._changes += 1
                self._table.change(5, "◐ BUILD" if self._changes % 2 else "● ACTIVE")
            case "n":
                self.screen.refresh()
            case "c":
                self._table.move(1)
            case "p":
                page = self._table.size.height
                self._table.move(page, top=page)
            case "s":
                self._table.move(1, top=1)
        self.screen.call_after_refresh(self._mark, deed)

    def on_app_focus(self) -> None:
        """End the deed of coming back."""
        self.call_later(self.screen.call_after_refresh, self._mark, "f")

    def _mark(self, deed: str) -> None:
        if self._driver is not None:
            self._driver.write(f"\x1b]1337;done={deed}\x07")
            self._driver.flush()


def sample(kind: str, rows: list[Row]) -> App[None]:
    """Make the program of a kind: datatable, stock or diff."""
    if kind == "datatable":
        return _Deferred(rows)
    return Sample(LineTable(rows), kind)


class _Deferred(Sample):
    """With a DataTable, which needs an app before it takes rows."""

    def __init__(self, rows: list[Row]) -> None:
        super().__init__(None, "stock")
        self._rows = rows

    def compose(self) -> ComposeResult:
        """Make the table, then the rest."""
        self._table = Grid(self._rows, self.size.width - (26 if self.size.width >= 100 else 0))
        yield from super().compose()
