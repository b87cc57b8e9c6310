"""A one-line field that never blinks."""

from __future__ import annotations

from textual.message import Message

from tui.ui.editing import Edit
from tui.ui.ink import Inked


class Field(Inked, can_focus=True):
    """One line of input. Enter posts `Submitted`, Esc `Cancelled`, every change `Changed`."""

    class Changed(Message):
        """The text changed."""

        def __init__(self, field: Field, value: str) -> None:
            super().__init__()
            self.field = field
            self.value = value

    class Submitted(Message):
        """Enter was pressed."""

        def __init__(self, field: Field, value: str) -> None:
            super().__init__()
            self.field = field
            self.value = value

    class Cancelled(Message):
        """Esc was pressed."""

    def __init__(self, value: str = "", *, masked: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.edit = Edit(value, masked=masked)

    def feed(self, text: str) -> None:
        """Put typed-ahead or pasted text in whole, at the cursor; newlines become blanks."""
        raise NotImplementedError
