"""A dialog that asks for one short name."""

from __future__ import annotations

from tui.ui.dialog import Dialog, Hints, prose
from tui.ui.editing import Edit
from tui.ui.line import Span, Spans
from tui.ui.spans import on


class NameDialog(Dialog[str | None]):
    """Result: the name, or None when closed. An empty name is not taken."""

    wanted = 56

    def __init__(self, heading: str, about: str, label: str) -> None:
        """`about` and `heading` are shown as they are: inert text."""
        super().__init__()
        self.heading = heading
        self.about = about
        self.label = label
        self.edit = Edit()

    def body(self, width: int) -> list[Spans]:
        """What gets the name."""
        return prose([(Span(self.about, "dim"),)], width)

    def foot(self, width: int) -> list[Spans]:
        """The field."""
        room = width - len(self.label) - 2
        return [(), (Span(f"{self.label}  ", "dim"), *on(self.edit.paint(room), room, "field"))]

    def hints(self) -> Hints:
        """The keys."""
        return (("enter", "keep"), ("esc", "close"))

    def guards(self, key: str, character: str | None) -> bool:
        """Only the key that answers is dropped while the dialog is new."""
        return key == "enter"

    def pasted(self, text: str) -> None:
        """Take a paste into the field."""
        self.edit.insert(text)
        self.redraw()

    def pressed(self, key: str, character: str | None) -> bool:
        """Type, answer or close."""
        if key in {"escape", "ctrl+c"}:
            self.dismiss(None)
        elif key == "enter":
            if self.edit.text.strip():
                self.dismiss(self.edit.text.strip())
        elif self.edit.key(key, character):
            self.redraw()
        else:
            return False
        return True
