"""The side pane: clouds and regions as a tree, and the kinds."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from tui.live.places import PlaceKey
from tui.model.text import cells, cut_end, cut_middle, inert
from tui.ui.ink import Inked
from tui.ui.places import SideRow

_SHORT = {"protected": "prot", "read-only": "r/o"}
_BAD_FROM_RIGHT = 6
"""Cells of the rows column, the blank before it included."""


class Side(Inked, can_focus=True):
    """Paints side rows; its own cursor shows while it has the focus. The last cell of each line is the pane's edge."""

    ALLOW_SELECT = False

    class PlaceChosen(Message):
        """A place was chosen alone, or (`more`) added to or taken from those chosen."""

        def __init__(self, place: PlaceKey, more: bool) -> None:
            super().__init__()
            self.place = place
            self.more = more

    class KindChosen(Message):
        """A kind was chosen."""

        def __init__(self, kind: str) -> None:
            super().__init__()
            self.kind = kind

    def __init__(self, *, id: str = "side") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._places: Sequence[SideRow] = ()
        self._groups: Sequence[Sequence[SideRow]] = ()
        self._lines: list[SideRow] = []
        self._cursor = 0
        self._top = 0
        self.active = False

    def write(self, places: Sequence[SideRow], groups: Sequence[Sequence[SideRow]]) -> None:
        """Show these rows; repaints only lines that differ. The cursor stays on its place or kind."""
        self._places, self._groups = tuple(places), tuple(map(tuple, groups))
        self._rebuild()

    def set_active(self, active: bool) -> None:
        """Say whether keys go here: then the cursor shows, on what is chosen at first."""
        if active and not self.active:
            first = next((i for i, row in enumerate(self._lines) if row.chosen), 0)
            self._cursor = first
        self.active = active
        self._show_cursor()
        self.refresh()

    def move_by(self, steps: int) -> None:
        """Move the cursor over rows that can be chosen."""
        stops = [i for i, row in enumerate(self._lines) if row.can_choose]
        if not stops:
            return
        here = min(range(len(stops)), key=lambda i: abs(stops[i] - self._cursor))
        self._cursor = stops[max(0, min(here + steps, len(stops) - 1))]
        self._show_cursor()
        self.refresh()

    def choose(self, more: bool = False) -> None:
        """Choose what is under the cursor; `more`: beside what is chosen already."""
        if self._cursor < len(self._lines):
            self._choose(self._lines[self._cursor], more)

    def on_resize(self, event: events.Resize) -> None:
        """Make room for blanks between groups where there is some."""
        self._rebuild()

    def on_click(self, event: events.Click) -> None:
        """Choose what was clicked; with ctrl, beside what is chosen."""
        index = self._top + event.y
        if index < len(self._lines) and self._lines[index].can_choose:
            self._cursor = index
            self._choose(self._lines[index], event.ctrl)

    def render_line(self, y: int) -> Strip:
        """Paint one line."""
        width = self.size.width
        index = self._top + y
        edge = Segment("│", self.ink("line"))
        if index >= len(self._lines):
            return Strip([Segment(" " * (width - 1), self.ink()), edge], width)
        return Strip([*self._row(self._lines[index], index, width - 1), edge], width)

    def _choose(self, row: SideRow, more: bool) -> None:
        if row.place is not None:
            self.post_message(self.PlaceChosen(row.place, more))
        elif row.kind:
            self.post_message(self.KindChosen(row.kind))

    def _rebuild(self) -> None:
        at = self._lines[self._cursor] if self._cursor < len(self._lines) else None
        head = SideRow("Places", bad="bad", bad_ink="dim", rows="rows", heading=True)
        lines = [head, *self._places, SideRow()]
        size = len(lines) + sum(len(group) for group in self._groups) + len(self._groups) - 1
        airy = self.size.height >= size
        for number, group in enumerate(self._groups):
            if number and airy:
                lines.append(SideRow())
            lines += group
        if self.size.height < len(lines):
            lines.remove(SideRow())
        if lines == self._lines:
            return
        changed = [i for i in range(max(len(lines), len(self._lines))) if lines[i : i + 1] != self._lines[i : i + 1]]
        self._lines = lines
        if at is not None:
            same = (i for i, row in enumerate(lines) if (row.place, row.kind) == (at.place, at.kind) and row.can_choose)
            self._cursor = next(same, min(self._cursor, len(lines) - 1))
        top = self._top
        self._show_cursor()
        if top != self._top:
            self.refresh()
        else:
            self.refresh(*(Region(0, i - top, self.size.width, 1) for i in changed if 0 <= i - top < self.size.height))

    def _show_cursor(self) -> None:
        height = max(self.size.height, 1)
        if self.active:
            if self._cursor < self._top:
                self._top = self._cursor
            elif self._cursor >= self._top + height:
                self._top = self._cursor - height + 1
        self._top = max(0, min(self._top, len(self._lines) - height))

    def _row(self, row: SideRow, index: int, width: int) -> list[Segment]:
        cursor = self.active and index == self._cursor
        ground = "cursor" if cursor else "blur" if row.chosen else ""
        ink = self.ink
        segments = [Segment("▌" if row.chosen or cursor else " ", ink("accent", ground))]
        rows = cut_end(row.rows, 5 if cells(row.rows) <= 5 else cells(row.rows))
        right = width - cells(rows)
        bad = cut_end(row.bad, 12)
        bad_end = min(width - _BAD_FROM_RIGHT, right - 1)
        # A long reason moves to the right rather than into the name: there are no rows to count then.
        name_end = 1 + 2 * row.level + (2 if row.mark else 0) + cells(inert(row.text))
        bad_end = max(bad_end, min(name_end + 2 + cells(bad), right - 1))
        room = (bad_end - cells(bad) if bad else right) - 1
        x = 1
        if row.mark:
            pad = 2 * row.level
            segments += [Segment(" " * pad, ink("text", ground)), Segment(f"{row.mark} ", ink(row.mark_ink, ground))]
            x += pad + 2
        elif row.level:
            segments.append(Segment("  ", ink("text", ground)))
            x += 2
        for text, token in self._words(row, room - x):
            segments.append(Segment(text, ink(token, ground)))
            x += cells(text)
        if bad:
            segments += [
                Segment(" " * (bad_end - cells(bad) - x), ink("text", ground)),
                Segment(bad, ink(row.bad_ink, ground)),
            ]
            x = max(x, bad_end)
        strong = "dim" if row.heading or row.level == 2 or (row.kind and not row.chosen) else "text"
        segments += [Segment(" " * (right - x), ink("text", ground)), Segment(rows, ink(strong, ground))]
        return list(Strip(segments).adjust_cell_length(width, ink("text", ground)).crop(0, width))

    def _words(self, row: SideRow, room: int) -> list[tuple[str, str]]:
        """Return name and badge in `room` cells: the badge is shortened, then left out, then the name is cut."""
        name = inert(row.text)
        token = "strong" if row.heading or row.chosen else "dim" if row.kind else "text"
        for extra, extra_ink in (
            (row.badge, "warn" if row.badge == "protected" else "dim"),
            (_SHORT.get(row.badge, ""), "warn" if row.badge == "protected" else "dim"),
            (row.word, "dim"),
        ):
            if extra and cells(name) + 1 + cells(extra) < room:
                return [(name, token), (f" {extra}", extra_ink)]
        return [(cut_middle(name, max(room - 1, 3)), token)]
