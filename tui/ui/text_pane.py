"""The pane of a text screen: paints the lines in sight, whatever the text's length."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from textual.strip import Strip

from tui.model.amount import count
from tui.model.text import cells, inert
from tui.ui.editing import Edit
from tui.ui.ink import Inked
from tui.ui.line import Span, Spans, width_of
from tui.ui.matching import Matches, marked
from tui.ui.spans import apart, keys_line, strip

TextLine = str | Spans
"""A line, inert; a plain string is in the text ink."""


def spans_of(line: TextLine) -> Spans:
    """Return a line as spans."""
    return (Span(line),) if isinstance(line, str) else line


def text_of(line: TextLine) -> str:
    """Return a line's text."""
    return line if isinstance(line, str) else "".join(span.text for span in line)


def columns(spans: Spans, start: int, width: int) -> Spans:
    """Return the cells of a line from column `start` on; a wide character at the edge becomes a blank."""
    if not start:
        return tuple(clipped_plain(spans, width))
    kept: list[Span] = []
    at = 0
    for span in spans:
        size = cells(span.text)
        if at + size <= start:
            at += size
            continue
        if at >= start:
            kept.append(span)
        else:
            index = 0
            while at < start:
                at += cells(span.text[index])
                index += 1
            kept.append(span._replace(text=" " * (at - start) + span.text[index:]))
            size = cells(span.text[index:])
        at += size
    return tuple(clipped_plain(kept, width))


def clipped_plain(spans: Sequence[Span], width: int) -> list[Span]:
    """Cut spans at `width` cells without an ellipsis: the text goes on at the next line or to the right."""
    kept: list[Span] = []
    for span in spans:
        size = cells(span.text)
        if size > width:
            text = span.text[:width]
            while cells(text) > width:
                text = text[:-1]
            kept.append(span._replace(text=text))
            break
        kept.append(span)
        width -= size
    return kept


class TextPane(Inked):
    """Paints header, search line, the lines in sight and the line of keys. Knows no keys; `TextScreen` moves it."""

    def __init__(self, title: Sequence[str], lines: Sequence[TextLine]) -> None:
        super().__init__()
        self.header = title
        self.lines = lines
        self.texts = [text_of(line) for line in lines]
        self.matches = Matches()
        self.edit: Edit | None = None
        """The search line while it is typed."""
        self.wrap = False
        self.top = 0
        """First row in sight; a wrapped line has several rows."""
        self.left = 0
        self.note: Spans = ()
        self.hints: Sequence[tuple[str, str]] = ()
        self._starts: list[int] | None = None
        """First row of each line, when wrapped."""

    def replace(self, lines: Sequence[TextLine]) -> None:
        """Show another text; search and wrap stay."""
        self.lines = lines
        self.texts = [text_of(line) for line in lines]
        self._starts = None
        if self.matches.search.text:
            self.matches.look(self.matches.search.text, self.texts, self.first_line())
        self.scroll_by(0)

    @property
    def room(self) -> int:
        """Rows for the text."""
        return max(self.size.height - 2 - bool(self._search_shown), 1)

    @property
    def _search_shown(self) -> bool:
        return self.edit is not None or bool(self.matches.search.text)

    @property
    def rows(self) -> int:
        """Rows that the text takes at this width."""
        return self._row_starts()[-1] if self.wrap else len(self.lines)

    def _row_starts(self) -> list[int]:
        if self._starts is None:
            width = max(self.size.width - 3, 1)
            sizes = ((cells(text) + width - 1) // width or 1 for text in self.texts)
            self._starts = [0, *accumulate(sizes)]
        return self._starts

    def first_line(self) -> int:
        """Index of the first line in sight."""
        return self.line_at(self.top)[0]

    def line_at(self, row: int) -> tuple[int, int]:
        """Return (line, row within it)."""
        if not self.wrap:
            return row, 0
        starts = self._row_starts()
        line = max(bisect_right(starts, row) - 1, 0)
        return line, row - starts[line]

    def row_of(self, line: int) -> int:
        """Return the first row of a line."""
        return self._row_starts()[line] if self.wrap else line

    def scroll_by(self, rows: int) -> None:
        """Move up or down; stops at the ends."""
        self.top = max(0, min(self.top + rows, self.rows - self.room))
        self.refresh()

    def show_line(self, line: int) -> None:
        """Bring a line into sight, a third from the top when it was not."""
        row = self.row_of(line)
        if not self.top <= row < self.top + self.room:
            self.top = max(0, min(row - self.room // 3, self.rows - self.room))
        self.refresh()

    def toggle_wrap(self) -> None:
        """Wrap long lines or cut them; the first line in sight stays."""
        line = self.first_line()
        self.wrap, self.left, self._starts = not self.wrap, 0, None
        self.top = 0 if line >= len(self.lines) else self.row_of(line)
        self.scroll_by(0)

    def on_resize(self) -> None:
        """Wrapped lines break elsewhere now."""
        self._starts = None
        self.scroll_by(0)

    def render_line(self, y: int) -> Strip:
        """Paint one line of the screen."""
        width, height = self.size
        if y == 0:
            return strip(self._header(width), self.ink, width, "bar")
        if y == height - 1:
            return strip(self.note or keys_line(self.hints, width), self.ink, width, "bar")
        if self._search_shown:
            if y == 1:
                return strip(self._search_line(width), self.ink, width, "field")
            y -= 1
        return self._text_row(self.top + y - 1, width)

    def _header(self, width: int) -> Spans:
        path: list[Span] = [Span(" stackdeck", "accent"), Span("  ")]
        for number, part in enumerate(self.header):
            last = number == len(self.header) - 1
            path += [Span(" \u203a ", "dim")] if number else []
            path.append(Span(inert(part), "dim" if last and number else "strong"))
        seen = min(self.top + self.room, self.rows)
        share = "all" if self.rows <= self.room else f"{100 * seen // max(self.rows, 1)} %"
        return apart(path, (Span(f"{count(len(self.lines))} lines  {share} ", "dim"),), width)

    def _search_line(self, width: int) -> Spans:
        note = self.matches.search.note
        right = (
            *((Span(f"{inert(note)}   ", "dim"),) if note and width > 100 else ()),
            *self.matches.words,
            Span("  "),
            Span("n N", "accent"),
            Span(" next, previous ", "dim"),
        )
        room = max(width - 5 - width_of(right), 10)
        typed = self.edit.paint(room) if self.edit else (Span(inert(self.matches.search.text), "strong"),)
        return apart((Span(" / ", "accent"), *typed), right, width)

    def _text_row(self, row: int, width: int) -> Strip:
        line, part = self.line_at(row)
        if row >= self.rows or line >= len(self.lines):
            return Strip.blank(width, self.ink())
        here = line == self.matches.line
        found = self.matches.search.spans(self.texts[line]) if self.matches.search.text else ()
        spans = marked(spans_of(self.lines[line]), found)
        room = max(width - 3, 1)
        start = part * room if self.wrap else self.left
        spans = columns(spans, start, room)
        body = strip(
            (Span("▌ " if here else "  ", "accent"), *spans),
            self.ink,
            width - 1,
            "cursor" if here and not found else "",
        )
        return Strip.join([body, strip(self._thumb(row - self.top), self.ink, 1)])

    def _thumb(self, y: int) -> Spans:
        room, rows = self.room, self.rows
        if rows <= room:
            return ()
        size = max(room * room // rows, 1)
        top = (room - size) * self.top // max(rows - room, 1)
        return (Span("┃", "line"),) if top <= y < top + size else ()
