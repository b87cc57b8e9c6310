"""A line of the frame that paints itself and writes nothing while its text stays the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.model.text import cells, cut_end
from tui.ui.ink import Inked


class Span(NamedTuple):
    """A piece of a line: inert text in one ink."""

    text: str
    ink: str = "text"
    ground: str = ""


Spans = tuple[Span, ...]


def width_of(spans: Iterable[Span]) -> int:
    """Return the cells that spans take."""
    return sum(cells(span.text) for span in spans)


def clipped(spans: Sequence[Span], width: int) -> list[Span]:
    """Cut spans at their end to at most `width` cells."""
    kept: list[Span] = []
    left = width
    for span in spans:
        size = cells(span.text)
        if size > left:
            if left > 0:
                kept.append(span._replace(text=cut_end(span.text, left)))
            return kept
        kept.append(span)
        left -= size
    return kept


def joined(groups: Iterable[Sequence[Span]], gap: int = 3) -> list[Span]:
    """Join groups of spans with blanks between them; empty groups leave no gap."""
    spans: list[Span] = []
    for group in groups:
        if group:
            if spans:
                spans.append(Span(" " * gap))
            spans.extend(group)
    return spans


class LineWidget(Inked):
    """One line: spans from the left, others flush right, one blank at both edges. Never focused, never selected."""

    ALLOW_SELECT = False
    can_focus = False

    def __init__(self, *, id: str, edge: int = 1) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._edge = edge
        self._left: Spans = ()
        self._right: Spans = ()

    def write(self, left: Sequence[Span], right: Sequence[Span] = ()) -> None:
        """Show these spans; repaints only if they differ."""
        new = (tuple(left), tuple(right))
        if new != (self._left, self._right):
            self._left, self._right = new
            self.refresh()

    def _style(self, span: Span) -> Style:
        """Return a span's style; the ink `key` is the bold accent of keys (LOOK.md, Layout)."""
        if span.ink != "key":
            return self.ink(span.ink, span.ground)
        return self.ink("accent", span.ground) + Style(bold=self.ink("strong").bold)

    def render_line(self, y: int) -> Strip:
        """Paint the line: what does not fit is cut from the left part, the right part stays whole."""
        width = self.size.width
        if y > 0:
            return Strip.blank(width, self.ink())
        room = width - 2 * self._edge
        right = clipped(self._right, room)
        taken = width_of(right)
        left = clipped(self._left, room - taken - (2 if taken else 0))
        blank = self.ink()
        segments = [Segment(" " * self._edge, blank)]
        segments += [Segment(span.text, self._style(span)) for span in left]
        segments.append(Segment(" " * (room - taken - width_of(left)), blank))
        segments += [Segment(span.text, self._style(span)) for span in right]
        segments.append(Segment(" " * self._edge, blank))
        return Strip([segment for segment in segments if segment.text], width)


def difference(old: Strip, new: Strip) -> tuple[int, int] | None:
    """Return the cells from the first to behind the last difference of two lines, None where they are the same."""
    if old is new:
        return None
    a, b = list(old), list(new)
    if a == b:
        return None
    if old.cell_length != new.cell_length:
        return 0, new.cell_length
    start = first = 0
    while first < min(len(a), len(b)) and a[first] == b[first]:
        start += a[first].cell_length
        first += 1
    end, last = new.cell_length, 1
    while last <= min(len(a), len(b)) - first and a[-last] == b[-last]:
        end -= a[-last].cell_length
        last += 1
    return start, max(end, start + 1)
