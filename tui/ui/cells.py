"""Painting of one row of a table: text, inks and grounds of its cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.model.amount import step_age
from tui.model.column import Column, Format
from tui.model.entry import Entry
from tui.model.show import text_of
from tui.model.status import INKS, MARKS, Health, Status
from tui.model.text import cells, fit, inert
from tui.ui.layout import GAP, GUTTER, Layout, Slot

Ink = Callable[[str, str], Style]
Found = Callable[[str], Sequence[tuple[int, int]]]
"""Spans of a text that the filter found."""

BAR = "▌"
MARKED = "◆"
_QUIET = frozenset({Health.FINE, Health.OFF, Health.NONE})
_TIMED = frozenset({Health.MOVING, Health.ATTENTION})
_UNDERLINED = Style(underline=True)


class RowLook(NamedTuple):
    """How a row stands in the table."""

    ground: str = ""
    """Token of its ground: cursor, blur, marked or the table's own."""
    cursor: bool = False
    marked: bool = False


def shown(column: Column, entry: Entry, at: float) -> str:
    """Return the text of a cell. A row of a shape that nobody expects shows «?», it never ends the program."""
    try:
        return text_of(column, column.value(entry), at)
    except (AttributeError, TypeError, ValueError, KeyError, IndexError, OverflowError):
        return "?"


def status_parts(status: Status, at: float, width: int) -> tuple[str, str]:
    """Return the word and what follows it (task, time) for a cell of `width` cells beside mark and blank.

    The word is never cut to make room: the time goes, or the task where that is too long (LOOK.md, Marks and words).
    """
    word = inert(status.word)
    task = inert(status.task)
    time = ""
    if status.since and status.health in _TIMED and at > status.since:
        time = step_age(at - status.since)
    room = width - 2 - cells(word)
    for rest in (" ".join(filter(None, (task, time))), task, time):
        if rest and cells(rest) < room:
            return word, rest
    return word, ""


class RowPainter:
    """Paints rows for one layout; made anew when layout, theme or filter change."""

    def __init__(self, ink: Ink, layout: Layout, found: Found | None = None) -> None:
        self._ink = ink
        self._layout = layout
        self._found = found

    def paint(self, entry: Entry, status: Status, at: float, look: RowLook, stale: bool = False) -> Strip:
        """Return the row's line without its ruler cell. `at`: when the row was last confirmed, for ages."""
        layout = self._layout
        segments: list[Segment] = self._gutter(look)
        x = GUTTER
        for index, slot in enumerate(layout.slots):
            if slot.x > x:
                segments.append(Segment(" " * (slot.x - x), self._ink("text", look.ground)))
            if index == layout.fault and status.health is Health.BROKEN and status.why:
                segments += self._fault(entry, status, at, slot, look)
                x = layout.fault_end
                if layout.kept is not None:
                    kept = layout.kept
                    segments.append(Segment(" " * (kept.x - x), self._ink("text", look.ground)))
                    segments += self._cell(kept, entry, status, at, look, stale)
                    x = kept.x + kept.width
                break
            segments += self._cell(slot, entry, status, at, look, stale)
            x = slot.x + slot.width
        if layout.width - 1 > x:
            segments.append(Segment(" " * (layout.width - 1 - x), self._ink("text", look.ground)))
        return Strip(segments, layout.width - 1)

    def _gutter(self, look: RowLook) -> list[Segment]:
        ink = self._ink
        return [
            Segment(BAR, ink("accent", look.ground)) if look.cursor else Segment(" ", ink("text", look.ground)),
            Segment(MARKED, ink("mark", look.ground)) if look.marked else Segment(" ", ink("text", look.ground)),
            Segment(" ", ink("text", look.ground)),
        ]

    def _cell(self, slot: Slot, entry: Entry, status: Status, at: float, look: RowLook, stale: bool) -> list[Segment]:
        column = slot.column
        if column.format is Format.STATUS:
            return self._status(slot.width, status, at, look, stale)
        text = shown(column, entry, at)
        ink = column.ink
        if column.key == "why":
            # Nothing to explain is no news: a column of dashes would be.
            text = text if status.why else ""
            ink = INKS[status.health] if status.health in (Health.BROKEN, Health.ATTENTION) else "dim"
        if stale:
            ink = "strong" if look.cursor and column.format is Format.NAME else "dim"
        elif column.format is Format.NAME and (look.cursor or status.health is Health.BROKEN):
            ink = "strong"
        align = "right" if slot.right else "left"
        return self._text(fit(text, slot.width, align, middle=column.format is Format.NAME), ink, look.ground)

    def _text(self, text: str, ink: str, ground: str) -> list[Segment]:
        """Paint a text with what the filter found in it underlined."""
        style = self._ink(ink, ground)
        spans = self._found(text) if self._found is not None else ()
        if not spans:
            return [Segment(text, style)]
        hit = self._ink("accent", ground) + _UNDERLINED
        segments, done = [], 0
        for start, end in spans:
            if start > done:
                segments.append(Segment(text[done:start], style))
            if end > max(start, done):
                segments.append(Segment(text[max(start, done) : end], hit))
            done = max(done, end)
        if done < len(text):
            segments.append(Segment(text[done:], style))
        return segments

    def _status(self, width: int, status: Status, at: float, look: RowLook, stale: bool) -> list[Segment]:
        if status.health is Health.NONE and not status.word:
            return [Segment(fit("–", width), self._ink("dim", look.ground))]
        word, rest = status_parts(status, at, width)
        ink = "dim" if stale else INKS[status.health]
        style = self._ink(ink, look.ground)
        said = self._ink("dim", look.ground) if stale or status.health in _QUIET else style
        if status.health is Health.BROKEN:
            said += Style(bold=self._ink("strong", look.ground).bold)
        segments = [Segment(MARKS[status.health], style), Segment(" ", said), *self._marked_word(word, said, look)]
        if rest:
            segments.append(Segment(f" {rest}", self._ink("dim", look.ground)))
        used = 2 + cells(word) + (cells(rest) + 1 if rest else 0)
        if used > width:
            return list(Strip(segments).crop(0, width))
        return [*segments, Segment(" " * (width - used), self._ink("text", look.ground))]

    def _marked_word(self, word: str, style: Style, look: RowLook) -> list[Segment]:
        """Paint the status word, as found by the filter where it was."""
        if self._found is None or not (spans := self._found(word)):
            return [Segment(word, style)]
        hit = self._ink("accent", look.ground) + _UNDERLINED
        start, end = spans[0]
        parts = ((word[:start], style), (word[start:end], hit), (word[end:], style))
        return [Segment(text, ink) for text, ink in parts if text]

    def _fault(self, entry: Entry, status: Status, at: float, slot: Slot, look: RowLook) -> list[Segment]:
        """Paint the fault of a broken row over the columns that it does not need (LOOK.md, Columns per width)."""
        width = self._layout.fault_end - slot.x
        why = inert(status.why)
        bad = self._ink("bad", look.ground)
        if slot.column.format is not Format.STATUS:
            return [Segment(fit(why, width), bad)]
        word, _ = status_parts(status, at, slot.width)
        head = self._status(2 + cells(word), status, at, look, False)
        room = width - 3 - cells(word)
        return [*head, Segment(" ", bad), Segment(fit(why, room), bad)] if room > 0 else head


def head_line(ink: Ink, layout: Layout, sorted_by: str, reverse: bool, chosen: str = "") -> Strip:
    """Return the line of column heads: the sorted one strong with its arrow, the chosen one underlined."""
    segments = [Segment(" " * GUTTER, ink("dim", ""))]
    x = GUTTER
    for slot in layout.slots:
        if slot.x > x:
            segments.append(Segment(" " * (slot.x - x), ink("dim", "")))
        column = slot.column
        style = ink("dim", "")
        text = column.head
        if column.key == sorted_by:
            style = ink("strong", "")
            arrow = "▾" if reverse else "▴"
            text = f"{text} {arrow}" if cells(text) + 2 <= slot.width + (0 if slot.right else GAP) else text
        over = 0 if slot.right else max(0, min(cells(text) - slot.width, GAP))
        if column.key == chosen:
            style += _UNDERLINED
        segments.append(Segment(fit(text, slot.width + over, "right" if slot.right else "left"), style))
        x = slot.x + slot.width + over
    segments.append(Segment(" " * max(0, layout.width - x), ink("dim", "")))
    return Strip(segments).crop(0, layout.width)
