"""Dialogs for what jump hosts ask: a passphrase, password or code, and whether to trust a key that is not known yet."""

from __future__ import annotations

from collections.abc import Sequence

from tui.cloud.entry import Prompt
from tui.config.fence import fenced
from tui.model.ssh import Trust
from tui.model.text import inert
from tui.model.tunnel import Question
from tui.ui.bursts import burst_moves
from tui.ui.dialog import Dialog, Hints, prose
from tui.ui.editing import Edit
from tui.ui.guard import Stroke
from tui.ui.line import Span, Spans
from tui.ui.sign_in import SignInDialog
from tui.ui.spans import on

SECRET = "secret"  # noqa: S105 - the name of a field
_TRUST = {"once": Trust.ONCE, "keep": Trust.KEEP}


def secret_dialog(question: Question) -> SignInDialog:
    """Return the dialog for a text; its result has it under `SECRET`."""
    said = "That was not right." if question.again else ""
    return SignInDialog(f"jump host {question.title}", [Prompt(SECRET, question.what)], said)


class TrustDialog(Dialog[Trust]):
    """Shows the key of a jump host that is not in known_hosts. The word is typed: nothing proves the key."""

    wanted = 74

    def __init__(self, question: Question, known_hosts: str) -> None:
        """`known_hosts`: the file that «keep» writes to, for people."""
        super().__init__()
        self.heading = f"Host key of jump host {inert(question.title)}"
        self.question = question
        self.known_hosts = known_hosts
        self.edit = Edit()
        self.words = tuple(_TRUST) if not fenced() else ("once",)

    def body(self, width: int) -> list[Spans]:
        """The fingerprint, and what a yes means."""
        key = self.question.key
        algorithm, fingerprint = (key.algorithm, key.fingerprint) if key else ("", "")
        lines: list[Spans] = [
            *prose([f"{self.question.title} is not in known_hosts. It shows this key:"], width),
            (),
            (Span(f"  {inert(algorithm)}", "dim"),),
            (Span(f"  {inert(fingerprint)}", "strong"),),
            (),
        ]
        risk = "Whoever answers there may be somebody else. Compare the fingerprint with one you trust."
        lines += prose([(Span("▲ ", "warn"), Span(risk))], width)
        if "keep" in self.words:
            keep = f"«keep» writes it to {self.known_hosts}; «once» trusts it until stackdeck ends."
            lines += prose([(Span(inert(keep), "dim"),)], width)
        return lines

    def foot(self, width: int) -> list[Spans]:
        """The field for the answer."""
        words = " or ".join(f"«{word}»" for word in self.words)
        field = on((Span("> ", "accent"), *self.edit.paint(12)), 16, "field")
        return [(), (Span(f"Type {words} and Enter to connect: "), *field)]

    def hints(self) -> Hints:
        """The answers."""
        more = (("keep", "remember the key, and connect"),) if "keep" in self.words else ()
        return (("esc", "do not connect"), ("once", "trust it this time"), *more)

    def pasted(self, text: str) -> None:
        """Take no paste: what is pasted was not read."""

    def burst(self, strokes: Sequence[Stroke]) -> bool:
        """Keys that came at once may scroll; they are no word that somebody typed."""
        return not burst_moves(strokes)

    def pressed(self, key: str, character: str | None) -> bool:
        """Type, answer, scroll, close."""
        if key in {"escape", "ctrl+c"}:
            self.dismiss(Trust.NO)
        elif key == "enter":
            word = self.edit.text.strip().lower()
            if word in self.words:
                self.dismiss(_TRUST[word])
        elif key in {"down", "up", "pagedown", "pageup"}:
            return self.move(key)
        elif self.edit.key(key, character):
            self.redraw()
        else:
            return False
        return True
