"""The pane of one console log: what is searched and counted above, then the lines in sight, whatever their number."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from tui.model.amount import count
from tui.model.console import Line, Severity, Sort, first_bad
from tui.model.text import inert
from tui.ui.console_paint import INKS, Look, body, margin, phase_now, rule, since
from tui.ui.console_sight import Sight
from tui.ui.editing import Edit
from tui.ui.ink import Inked
from tui.ui.line import Span, Spans, clipped, joined, width_of
from tui.ui.matching import marked
from tui.ui.spans import apart, strip
from tui.ui.text_pane import columns

NARROW = 100
"""Below this width the phases are off until they are asked for."""


class ConsolePane(Inked):
    """Paints one log. Knows no keys and asks nobody."""

    ALLOW_SELECT = False

    def __init__(self, name: str, *, titled: bool) -> None:
        """`name` is that of the server; it is shown over the log where there are several (`titled`)."""
        super().__init__()
        self.sight = Sight()
        self.server = name
        self.titled = titled
        self.active = True
        self.length = 0
        """Lines that were asked for at first."""
        self.state: Spans = ()
        """Whether it is followed; for the title."""
        self.nothing: Sequence[Spans] = ()
        """What stands there while there is no line."""
        self.edit: Edit | None = None
        """The search or filter line while it is typed."""
        self.filtering = False
        """Whether the filter is typed, not the search."""
        self.look = Look()
        self._chosen: bool | None = None
        """Whether phases are shown, once the user has said so."""
        self._facts: tuple[int, Line | None, tuple[str, float | None]] = -1, None, ("", None)
        """Version of the sight; the first error of its last boot; the newest phase."""
        self._ticks: tuple[tuple[int, int, int], dict[int, Severity]] = ((-1, 0, 0), {})

    # -- layout ------------------------------------------------------------------------------------------------------

    @property
    def head(self) -> int:
        """Lines above the text."""
        return 2 if self.titled else 1

    @property
    def room_for_text(self) -> int:
        """Cells of a line's text: without margin, a blank and the ruler."""
        return max(self.size.width - self.look.margin - 2, 1)

    def fit(self) -> None:
        """Follow the widget's size and what of the margin is shown."""
        phases = self._chosen if self._chosen is not None else self.size.width >= NARROW
        self.look = Look(phases, self.look.times)
        self.sight.fit(self.room_for_text, self.size.height - self.head)
        self.refresh()

    def on_resize(self) -> None:
        """Measure again."""
        self.fit()

    def toggle_phases(self) -> None:
        """Show or hide the phases."""
        self._chosen = not self.look.phases
        self.fit()

    def toggle_times(self) -> None:
        """Show or hide when each line came."""
        self.look = Look(self.look.phases, not self.look.times)
        self.fit()

    @property
    def facts(self) -> tuple[Line | None, tuple[str, float | None]]:
        """The first error of the last boot, and the newest phase with its time. Found once for each change."""
        if self._facts[0] != self.sight.version:
            self._facts = self.sight.version, first_bad(self.sight.lines), phase_now(self.sight.lines)
        return self._facts[1:]

    # -- painting ----------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Paint one line."""
        width = self.size.width
        if self.titled and y == 0:
            name = Span(inert(self.server), "strong" if self.active else "text")
            bar = Span("▌ " if self.active else "  ", "accent")
            return strip(apart((bar, name), (*self.state, Span(" ")), width), self.ink, width, "bar")
        if y == self.head - 1:
            ground = "field" if self._search_shown else "bar"
            return strip(self._status(width), self.ink, width, ground)
        y -= self.head
        if not self.sight.lines:
            line = self.nothing[y - 1] if 0 < y <= len(self.nothing) else ()
            return strip((Span("   "), *line), self.ink, width)
        return self._row(y, width)

    @property
    def _search_shown(self) -> bool:
        return self.edit is not None or bool(self.sight.search.text or self.sight.filter.text)

    def _status(self, width: int) -> Spans:
        sight = self.sight
        words = [self._matches(), self._filtered(), self._below(), self._number(width), self._counts()]
        if sight.search.text and self.edit is None and width >= NARROW:
            words.append((Span("n N", "accent"), Span(" next, previous", "dim")))
        right = (*joined(words), Span(" "))
        return apart((Span(" "), *self._left(max(width - width_of(right) - 4, 8))), right, width)

    def _left(self, room: int) -> Spans:
        sight = self.sight
        if self.edit is not None:
            sign = "& " if self.filtering else "/ "
            return Span(sign, "accent"), *self.edit.paint(max(room - 2, 6))
        shown: list[Spans] = []
        if sight.search.text:
            shown.append((Span("/ ", "accent"), Span(inert(sight.search.text), "strong")))
        if sight.filter.text:
            wanted = ("!" if sight.inverted else "") + sight.filter.text
            shown.append((Span("& ", "accent"), Span(inert(wanted), "strong")))
        if not shown:
            word, at = self.facts[1]
            shown.append((Span(word, "text"), Span(f" {since(at)}", "dim")) if word else ())
        return tuple(joined(shown))

    def _matches(self) -> Spans:
        sight = self.sight
        if not sight.search.text:
            return ()
        if not sight.found:
            return (Span("no match", "warn"),)
        if not sight.match_number:
            return Span(count(len(sight.found)), "strong"), Span(" found", "dim")
        return Span(f"{sight.match_number:,}", "strong"), Span(f" of {count(len(sight.found))}", "dim")

    def _filtered(self) -> Spans:
        sight = self.sight
        if not sight.filter.text and not sight.only_marked:
            return ()
        what = "only ✗ ▲ " if sight.only_marked else ""
        return (Span(f"{what}{count(sight.number)} of {count(len(sight.lines))} lines", "dim"),)

    def _below(self) -> Spans:
        below = self.sight.below
        return (Span(f"{count(below)} new below", "move"), Span("  G", "accent")) if below else ()

    def _number(self, width: int) -> Spans:
        lines = len(self.sight.lines)
        if width < 50:
            return ()
        if lines > self.length or self.sight.gone:
            return (Span(f"{count(lines)} lines", "dim"),)
        return (Span(f"last {count(self.length)} lines", "dim"),)

    def _counts(self) -> Spans:
        counts = self.sight.counts
        bad = (Span("✗ ", "bad"), Span(f"{counts[Severity.BAD]:,}", "bad")) if counts[Severity.BAD] else ()
        warn = (Span("▲ ", "warn"), Span(f"{counts[Severity.WARN]:,}", "warn")) if counts[Severity.WARN] else ()
        return (*bad, Span(" "), *warn) if bad and warn else (*bad, *warn)

    def _row(self, y: int, width: int) -> Strip:
        sight = self.sight
        found = sight.at(sight.top + y)
        edge = strip(self._edge(y), self.ink, 1)
        if found is None:
            return Strip.join([Strip.blank(width - 1, self.ink()), edge])
        index, part = found
        line = sight.lines[index]
        here = index == sight.cursor
        if line.sort is not Sort.TEXT:
            painted = strip(rule(line, self.look, width - 1), self.ink, width - 1, "cursor" if here else "")
            return Strip.join([painted, edge])
        before = sight.lines[index - 1] if index else None
        left = margin(line, before, self.look, here=here, first=part == 0)
        spans = (*left, *self._text(line, part), Span(" "))
        return Strip.join([strip(spans, self.ink, width - 1, "cursor" if here else ""), edge])

    def _text(self, line: Line, part: int) -> Spans:
        search = self.sight.search
        spans = body(line)
        if search.text:
            spans = marked(spans, search.spans(line.text))
        room = self.room_for_text
        if self.sight.wrap:
            return columns(spans, part * room, room)
        if self.sight.left:
            return columns(spans, self.sight.left, room)
        return tuple(clipped(spans, room))

    def _edge(self, y: int) -> Spans:
        """Paint the ruler: a tick at the height of every bad line of the whole log, and where one is in it."""
        sight, room = self.sight, self.sight.room
        rows = sight.rows
        key = sight.version, room, rows
        if self._ticks[0] != key:
            ticks: dict[int, Severity] = {}
            for row, severity in sight.troubles():
                place = row if rows <= room else row * room // rows
                ticks[place] = max(severity, ticks.get(place, Severity.NONE))
            self._ticks = key, ticks
        if (tick := self._ticks[1].get(y)) is not None:
            return (Span("━", INKS[tick]),)
        if rows <= room:
            return ()
        size = max(room * room // rows, 1)
        top = (room - size) * sight.top // max(rows - room, 1)
        return (Span("┃", "line"),) if top <= y < top + size else ()
