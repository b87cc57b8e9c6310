"""Results of `:find`, as they come in from every place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.strip import Strip

from tui.live.find import Hit
from tui.model.amount import count
from tui.model.place import Scope
from tui.model.text import cells, cut_end, fit, inert
from tui.model.trouble import Trouble
from tui.ui.ink import Inked
from tui.ui.line import Span, Spans
from tui.ui.spans import apart, keys_line, strip, wrap

WHAT = 8
IDENT = 36
GUTTER = 3
HINTS = (("enter", "go there"), ("j k", "move"), ("esc", "close"))
TROUBLES_MOST = 4
"""Lines for places that could not be asked."""


class FoundPane(Inked):
    """Paints what was found and which places could not be asked."""

    def __init__(self, text: str, scopes: Sequence[Scope]) -> None:
        super().__init__()
        self.text = text
        self.scopes = scopes
        self.hits: list[Hit] = []
        self.troubles: Sequence[tuple[Scope, Trouble]] = ()
        self.done = False
        self.at = 0
        self.top = 0

    @property
    def room(self) -> int:
        """Rows for results."""
        return max(self.size.height - 4 - len(self._trouble_lines(self.size.width)), 1)

    def move(self, by: int) -> None:
        """Move the cursor."""
        self.at = max(0, min(self.at + by, len(self.hits) - 1))
        self.top = max(min(self.top, self.at), self.at - self.room + 1)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Paint one line of the screen."""
        width, height = self.size
        if y == 0:
            return strip(self._header(width), self.ink, width, "bar")
        if y == height - 1:
            return strip(keys_line(HINTS, width), self.ink, width, "bar")
        if y == 1:
            return strip(self._title(), self.ink, width)
        if y == 2:
            return strip(
                (Span(" " * GUTTER), *self._row("WHAT", "NAME", "ID", "CLOUD", "REGION", "HOW", width, "dim")),
                self.ink,
                width,
            )
        troubles = self._trouble_lines(width)
        if y >= height - 1 - len(troubles):
            return strip(troubles[y - (height - 1 - len(troubles))], self.ink, width)
        index = y - 3 + self.top
        if index >= len(self.hits):
            return strip(self._nothing() if y == 5 and not self.hits else (), self.ink, width)
        hit, here = self.hits[index], index == self.at
        gutter = Span("▌  " if here else "   ", "accent")
        row = self._row(
            hit.kind,
            hit.name or "–",
            hit.id,
            hit.scope.cloud,
            hit.scope.region,
            hit.what,
            width,
            "strong" if here else "text",
        )
        return strip((gutter, *row), self.ink, width, "cursor" if here else "")

    def _header(self, width: int) -> Spans:
        places = f"{count(len(self.scopes))} place{'' if len(self.scopes) == 1 else 's'}"
        state = (Span("● all answered ", "dim"),) if self.done else (Span(f"◐ asking {places} ", "move"),)
        if self.done and self.troubles:
            state = (Span(f"▲ {len(self.troubles)} of {places} did not answer ", "warn"),)
        left = (Span(" stackdeck", "accent"), Span("  find ", "dim"), Span(inert(self.text), "strong"))
        return apart(left, state, width)

    def _title(self) -> Spans:
        number = len(self.hits)
        return (Span(" Found ", "strong"), Span(count(number), "text"))

    def _nothing(self) -> Spans:
        if not self.done:
            return ()
        rest = " in the places that answered" if self.troubles else ""
        return (Span(f"   Nothing{rest} is or has {inert(self.text)}", "strong"),)

    def _row(self, what: str, name: str, ident: str, cloud: str, region: str, how: str, width: int, ink: str) -> Spans:
        """Return one line of columns: what does not fit goes from the right, the id is shortened first."""
        room = width - GUTTER - 1
        clouds = min(max([5, *(cells(inert(hit.scope.cloud)) for hit in self.hits)]), 16)
        regions = min(max([6, *(cells(inert(hit.scope.region)) for hit in self.hits)]), 12)
        wide = room >= 120
        id_width = IDENT if wide else 8
        left = room - WHAT - id_width - clouds - regions - 10
        name_width = max(left * 3 // 5, 12)
        head = ink == "dim"
        shown = inert(ident)
        return (
            Span(f"{fit(inert(what), WHAT)}  ", "dim"),
            Span(f"{fit(inert(name), name_width, middle=not head)}  ", ink),
            Span(f"{fit(shown if wide or head else shown[:8], id_width)}  ", "dim"),
            Span(f"{fit(inert(cloud), clouds)}  {fit(inert(region), regions)}  ", "dim"),
            Span(cut_end(inert(how), max(left - name_width, 8)), "dim"),
        )

    def _trouble_lines(self, width: int) -> list[Spans]:
        lines: list[Spans] = []
        for scope, trouble in self.troubles[:TROUBLES_MOST]:
            text = (Span(" ✗ ", "bad"), Span(f"{inert(scope.label)} ", "strong"), Span(inert(trouble.title)))
            lines.append(wrap(text, max(width - 1, 20))[0])
        if more := len(self.troubles) - TROUBLES_MOST:
            lines += [(Span(f"   and {more} more", "dim"),)] if more > 0 else []
        return lines


class FoundScreen(Screen[Hit | None]):
    """`push_screen(FoundScreen(text, scopes), callback)`; Enter gives the result under the cursor, Esc None."""

    AUTO_FOCUS: ClassVar[str | None] = ""

    def __init__(self, text: str, scopes: Sequence[Scope]) -> None:
        """`scopes` are the places that are asked."""
        super().__init__()
        self.pane = FoundPane(text, scopes)

    def compose(self) -> ComposeResult:
        """Mount the pane."""
        yield self.pane

    def add(self, hit: Hit) -> None:
        """Show one more result at the end: what is under the cursor stays there."""
        if not any((hit.kind, hit.key, hit.what) == (old.kind, old.key, old.what) for old in self.pane.hits):
            self.pane.hits.append(hit)
            self.pane.refresh()

    def finish(self, troubles: Sequence[tuple[Scope, Trouble]]) -> None:
        """Every place has answered; these could not."""
        self.pane.done, self.pane.troubles = True, troubles
        self.pane.move(0)

    def on_key(self, event: events.Key) -> None:
        """Move, go, close."""
        if not self.is_active:
            return  # it waited in the queue while this was closed
        pane = self.pane
        moves = {
            "down": 1, "j": 1, "up": -1, "k": -1, "pagedown": pane.room, "ctrl+f": pane.room, "pageup": -pane.room,
            "ctrl+b": -pane.room, "g": -len(pane.hits), "home": -len(pane.hits), "G": len(pane.hits),
            "end": len(pane.hits),
        }  # fmt: skip
        if event.key in moves:
            pane.move(moves[event.key])
        elif event.key == "enter" and pane.hits:
            self.dismiss(pane.hits[pane.at])
        elif event.key in {"escape", "q", "ctrl+c"}:
            self.dismiss(None)
        else:
            return
        event.stop()
        event.prevent_default()
