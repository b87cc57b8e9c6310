"""What the screens of boards have in common: keys that move, and nothing typed ahead that acts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.screen import Screen
from textual.strip import Strip

from tui.ui.bursts import burst_moves
from tui.ui.guard import Stroke
from tui.ui.ink import Inked
from tui.ui.line import Span, Spans, width_of
from tui.ui.spans import apart, strip


class BoardLines(Inked):
    """A board: lines with a cursor, and a sentence about the last key."""

    def __init__(self) -> None:
        super().__init__(id="board")
        self.said = ""
        self._lines: Sequence[tuple[Spans, str]] = ()
        """Each with its ground; "cursor" is the line under the cursor."""

    def move(self, by: int) -> None:
        """Move the cursor by lines; it stays within the board."""
        raise NotImplementedError

    def refresh_lines(self) -> None:
        """Paint anew what stands there."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """Paint one line."""
        spans, ground = self._lines[y] if y < len(self._lines) else ((), "")
        width = self.size.width
        if ground == "cursor":
            spans = (Span("▌ ", "accent"), *spans[1:])
            spans = apart(spans, (), width) if width_of(spans) < width else spans
        return strip(spans, self.ink, width, ground)


class BoardScreen(Screen[None]):
    """A board alone on the screen. `part` is which part of the height a page is."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    part: ClassVar[int] = 2

    def __init__(self, lines: BoardLines, name: str) -> None:
        """`lines` is the board, which the subclass mounts; `name` is the screen's id."""
        super().__init__(id=name)
        self._lines = lines

    def burst(self, strokes: Sequence[Stroke]) -> bool:
        """Drop keys that came in one read: a letter among them would do something again."""
        return not burst_moves(strokes)

    def on_paste(self, event: events.Paste) -> None:
        """A paste means nothing here."""
        event.stop()

    def on_key(self, event: events.Key) -> None:
        """Move, or do what the board's own keys do."""
        if not self.is_active:
            return  # it waited in the queue while this was closed
        self._lines.said = ""
        if self._move(event.key) or self.act(event.key):
            event.stop()
            event.prevent_default()
        self._lines.refresh_lines()

    def act(self, key: str) -> bool:
        """Do what a key does here; whether it does anything."""
        raise NotImplementedError

    def _move(self, key: str) -> bool:
        page = max(self.size.height // self.part, 1)
        by = {
            "down": 1, "j": 1, "up": -1, "k": -1, "pagedown": page, "ctrl+f": page, "pageup": -page, "ctrl+b": -page,
            "g": -(10**6), "home": -(10**6), "G": 10**6, "end": 10**6,
        }.get(key)  # fmt: skip
        if by is not None:
            self._lines.move(by)
        return by is not None

    def saved(self, sentence: str | None) -> None:
        """Tell how a save went."""
        self._lines.said = sentence or ""
        self._lines.refresh_lines()
