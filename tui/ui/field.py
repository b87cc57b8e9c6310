"""A one-line field that never blinks."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.message import Message
from textual.strip import Strip

from tui.ui.editing import Edit
from tui.ui.ink import Inked
from tui.ui.spans import strip


class Field(Inked, can_focus=True):
    """One line of input. Enter posts `Submitted`, Esc `Cancelled`, every change `Changed`."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"ground--field", "ground--caret"}

    class Changed(Message):
        """The text changed."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    class Submitted(Message):
        """Enter was pressed. The text is `field.value`: a message never holds it, since it may be a password."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    class Cancelled(Message):
        """Esc was pressed."""

    def __init__(self, value: str = "", *, masked: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._edit = Edit(value, masked=masked)
        self._suggestion = ""

    @property
    def value(self) -> str:
        """The text as typed."""
        return self._edit.text

    def load(self, text: str) -> None:
        """Replace the text without a message."""
        self._edit.set(text)
        self.refresh()

    def feed(self, text: str) -> None:
        """Put typed-ahead or pasted text in whole, at the cursor; newlines become blanks. Works before mounting."""
        self._edit.insert(text)
        self._changed()

    def suggest(self, rest: str) -> None:
        """Show, dim behind the text, what would complete it; the right arrow takes it."""
        if rest != self._suggestion:
            self._suggestion = rest
            self.refresh()

    def on_key(self, event: events.Key) -> None:
        """Edit; Enter and Esc are told, other keys go on to the screen."""
        before = self.value
        if event.key == "enter":
            self.post_message(self.Submitted(self))
        elif event.key == "escape":
            self.post_message(self.Cancelled())
        elif event.key in {"right", "end"} and self._suggestion and self._edit.cursor == len(before):
            self._edit.insert(self._suggestion)
        elif not self._edit.key(event.key, event.character):
            return
        event.stop()
        event.prevent_default()
        if self.value != before:
            self._changed()
        else:
            self.refresh()

    def on_paste(self, event: events.Paste) -> None:
        """Take a paste whole."""
        event.stop()
        self.feed(event.text)

    def on_focus(self) -> None:
        """Show the cursor."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Paint the one line."""
        width = self.size.width
        spans = self._edit.paint(width, focused=self.has_focus, suggestion=self._suggestion)
        return strip(spans if y == 0 else (), self.ink, width, "field")

    def _changed(self) -> None:
        self._suggestion = ""
        self.refresh()
        if self.is_attached:
            self.post_message(self.Changed(self))
