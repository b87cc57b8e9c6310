"""The `/` line over the title: the filter, how much it leaves, and what it means."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.model.amount import count
from tui.model.text import cells, inert
from tui.ui.editing import Edit
from tui.ui.ink import Inked
from tui.ui.line import Span, Spans, width_of
from tui.ui.spans import apart, strip

READABLE = 24
"""Cells that a filter keeps for itself before the counts beside it go."""


class FilterLine(Inked, can_focus=True):
    """Mounted by the browse screen between header and title; hide it with `display` when there is no filter.

    While it has the focus it is two lines high: the second explains the filter (the title may be hidden then). It
    takes keys whether or not the focus has reached it yet: hand them to `take`.
    """

    class Changed(Message):
        """The text changed: filter again at once."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Submitted(Message):
        """Enter: the focus goes to the table, the filter stays."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Cleared(Message):
        """Esc: the filter goes."""

    class Kept(Message):
        """ctrl+s: keep this filter under a name (the screen asks for it)."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self,
        complete: Callable[[str, int], Sequence[str]] = lambda text, cursor: (),
        history: Sequence[str] = (),
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        """`complete(text, cursor)` gives whole texts, best first; `history` is oldest first."""
        super().__init__(id=id)
        self._complete = complete
        self._edit = Edit()
        self._history: list[str] = []
        self.remember(history)
        self._recalled = -1
        self._own = ""
        self._offers: Sequence[str] = ()
        self._counts: Spans = ()
        self._second: Spans = ()

    @property
    def text(self) -> str:
        """The filter as typed."""
        return self._edit.text

    def remember(self, history: Sequence[str]) -> None:
        """Replace the history, oldest first."""
        self._history = [line for line in dict.fromkeys(reversed(history)) if line.strip()]

    def load(self, text: str) -> None:
        """Set the text without a message (recalled from history, `:` or a saved view)."""
        self._edit.set(text)
        self._offers = ()
        self.refresh()

    def feed(self, text: str) -> None:
        """Put typed-ahead text in whole; posts `Changed`. Works before it has the focus."""
        self._edit.insert(text)
        self._changed()

    def tell(self, shown: int, total: int, marked: int = 0, words: str = "", problem: str = "") -> None:
        """Say what the filter leaves: «5 of 1,284», «◆ 3 marked»; `words` explains it, `problem` says what is wrong."""
        marks = (Span(f"◆ {count(marked)}", "mark"), Span(" marked   ", "dim")) if marked else ()
        counts = (*marks, Span(count(shown)), Span(f" of {count(total)}   ", "dim"))
        if problem:
            second: Spans = (Span("▲ ", "warn"), Span(inert(problem), "warn"))
        else:
            second = (Span(inert(words), "dim"),)
        if (counts, second) != (self._counts, self._second):
            self._counts, self._second = counts, second
            self.refresh()

    def take(self, key: str, character: str | None) -> bool:
        """Act on a key; return whether it was one for the filter."""
        before = self._edit.text
        if key == "enter":
            self.post_message(self.Submitted(before))
        elif key in {"escape", "ctrl+c"} or (key in {"backspace", "ctrl+h"} and not before):
            self._edit.set("")
            self.post_message(self.Cleared())
        elif key == "ctrl+s":
            self.post_message(self.Kept(before))
        elif key in {"tab", "shift+tab"}:
            self._offer(-1 if key == "shift+tab" else 1)
        elif key in {"up", "down"}:
            self._recall(self._recalled + (1 if key == "up" else -1))
        elif self._edit.key(key, character):
            if self._edit.text != before:
                self._recalled = -1
        else:
            return False
        if key not in {"tab", "shift+tab"}:
            self._offers = ()
        if self._edit.text != before and key not in {"escape", "ctrl+c"}:
            self._changed()
        self.refresh()
        return True

    def _offer(self, step: int) -> None:
        """Put the next completion in; the list stays while Tab goes through it."""
        if self._edit.text not in self._offers:
            self._offers = tuple(self._complete(self._edit.text, self._edit.cursor))
            at = 0 if step > 0 else -1
        else:
            at = (list(self._offers).index(self._edit.text) + step) % len(self._offers)
        if self._offers:
            self._edit.set(self._offers[at])

    def _recall(self, index: int) -> None:
        if not -1 <= index < len(self._history):
            return
        if self._recalled < 0:
            self._own = self._edit.text
        self._recalled = index
        self._edit.set(self._history[index] if index >= 0 else self._own)

    def _changed(self) -> None:
        self.refresh()
        if self.is_attached:
            self.post_message(self.Changed(self._edit.text))

    def on_key(self, event: events.Key) -> None:
        """Edit; keys that mean nothing here go on to the screen."""
        if self.take(event.key, event.character):
            event.stop()
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Take a paste whole."""
        event.stop()
        self.feed(event.text)

    def on_focus(self) -> None:
        """Make room for the explanation."""
        self.styles.height = 2
        self.refresh()

    def on_blur(self) -> None:
        """One line is enough."""
        self.styles.height = 1
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Paint the filter, and what it means."""
        width = self.size.width
        if y == 0:
            right, room = self._right(width)
            typed = self._edit.paint(room, focused=self.has_focus)
            line = (Span(" / ", "accent"), *typed)
            return strip(apart(line, right, width) if right else line, self.ink, width, "field")
        return strip((Span("   "), *self._second) if y == 1 else (), self.ink, width)

    def _right(self, width: int) -> tuple[Spans, int]:
        """Return what stands at the right and the cells left for the filter: a long one scrolls beside the counts."""
        whole = (*self._counts, Span("esc", "accent"), Span(" clear ", "dim"))
        if cells(self._edit.text) + width_of(whole) + 3 < width - 3:
            return whole, width - 3 - width_of(whole) - 2
        room = width - 3 - width_of(self._counts) - 2
        return (self._counts, room) if room >= READABLE else ((), width - 3)
