"""The dialog that asks for passwords and passcodes."""

from __future__ import annotations

from collections.abc import Sequence

from tui.cloud.entry import Prompt
from tui.model.text import cut_end, inert
from tui.ui.dialog import Dialog, Hints, prose
from tui.ui.editing import Edit
from tui.ui.line import Span, Spans
from tui.ui.spans import on


class Typed(dict[str, str]):
    """Prompt name → typed text; its repr shows nothing of it, since results are logged by debuggers and crash pages."""

    def __repr__(self) -> str:
        return f"<{len(self)} typed>"


class SignInDialog(Dialog[Typed | None]):
    """Result: what was typed, for `Clouds.provide`, or None when closed."""

    wanted = 64

    def __init__(self, entry_name: str, prompts: Sequence[Prompt], said: str = "") -> None:
        """`said` is why the last try failed, verbatim."""
        super().__init__()
        self.heading = f"Sign in to {inert(entry_name)}"
        self.prompts = tuple(prompts)
        self.edits = [Edit(masked=prompt.secret) for prompt in prompts]
        self.said = said
        self.at = 0

    def body(self, width: int) -> list[Spans]:
        """The fields under their labels."""
        lines: list[Spans] = []
        if self.said:
            lines += [*prose([(Span("✗ ", "bad"), Span(inert(self.said)))], width), ()]
        for number, (prompt, edit) in enumerate(zip(self.prompts, self.edits, strict=True)):
            here = number == self.at
            label = cut_end(inert(prompt.label), width)
            typed = edit.paint(width - 3, focused=here)
            lines.append((Span(label, "strong" if here else "dim"),))
            lines.append(on((Span("▌" if here else " ", "accent"), Span(" "), *typed), width, "field"))
            lines.append(())
        return [*lines, *prose([(Span("Kept in memory until stackdeck ends, written nowhere.", "dim"),)], width)]

    def hints(self) -> Hints:
        """The keys."""
        enter = "sign in" if self.at == len(self.edits) - 1 else "next"
        more = (("tab", "next field"),) if len(self.edits) > 1 else ()
        return (("enter", enter), *more, ("esc", "close"))

    def pasted(self, text: str) -> None:
        """Take a paste into the field, where the dialog could be read before."""
        if self.listening:
            self.edits[self.at].insert(text)
            self.redraw()

    def pressed(self, key: str, character: str | None) -> bool:
        """Type, go between fields, sign in, close."""
        if key in {"escape", "ctrl+c"}:
            self.dismiss(None)
        elif key in {"tab", "down", "shift+tab", "up"}:
            self.at = (self.at + (1 if key in {"tab", "down"} else -1)) % len(self.edits)
            self.redraw()
        elif key == "enter":
            self._enter()
        elif self.edits[self.at].key(key, character):
            self.redraw()
        else:
            return False
        return True

    def _enter(self) -> None:
        """Go to the next empty field, or end with what was typed."""
        empty = [number for number, edit in enumerate(self.edits) if not edit.text]
        if empty:
            self.at = next((number for number in empty if number > self.at), empty[0])
            self.redraw()
        else:
            names = (prompt.name for prompt in self.prompts)
            self.dismiss(Typed(zip(names, (edit.text for edit in self.edits), strict=True)))
