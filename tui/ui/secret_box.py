"""A secret that a cloud gave away: shown once, kept nowhere."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.text import inert, inert_lines
from tui.ui.dialog import Dialog, Hints, prose
from tui.ui.line import Span, Spans
from tui.ui.saving import SaveText, offered
from tui.ui.spans import wrap


class SecretBox(Dialog[None]):
    """Shows admin passwords and private keys until it is closed; then they are gone."""

    wanted = 76
    hint = "shown once"

    def __init__(self, secrets: Sequence[tuple[str, str]]) -> None:
        """`secrets` are pairs of what it is and the secret itself."""
        super().__init__()
        self.heading = inert(secrets[0][0]) if len(secrets) == 1 else f"{len(secrets)} secrets"
        self._secrets = tuple(secrets)
        self._said = ""

    def __repr__(self) -> str:
        return f"<SecretBox {len(self._secrets)}>"

    def body(self, width: int) -> list[Spans]:
        """Each secret under its label."""
        lines: list[Spans] = []
        for label, secret in self._secrets:
            if len(self._secrets) > 1:
                lines.append((Span(inert(label), "dim"),))
            for text in inert_lines(secret):
                lines += wrap((Span(text, "strong"),), width)
            lines.append(())
        said = "It is kept nowhere and not shown again. Copy it" + (
            " or write it to a file now." if offered() else " now."
        )
        return lines + prose([(Span(self._said, "ok"),)] if self._said else [(Span(said, "dim"),)], width)

    def hints(self) -> Hints:
        """The keys."""
        return (("c", "copy"), *((("w", "write to a file"),) if offered() else ()), ("esc", "close, for good"))

    @property
    def _text(self) -> str:
        if len(self._secrets) == 1:
            return self._secrets[0][1]
        return "\n".join(f"{label}: {secret}" for label, secret in self._secrets)

    def pressed(self, key: str, character: str | None) -> bool:
        """Copy, write, scroll, close. Enter does not close it: it may have been meant for what was open before."""
        if key == "c":
            self.app.copy_to_clipboard(self._text)
            self._said = (
                "✓ Sent to the terminal's clipboard, where it takes that." + " w writes it to a file." * offered()
            )
            self.redraw()
        elif key == "w" and offered():
            self.app.push_screen(SaveText("secret", self._text.removesuffix("\n").split("\n")), self._written)
        elif key in {"escape", "q", "ctrl+c"}:
            self.dismiss(None)
        else:
            return self.move(key)
        return True

    def _written(self, sentence: str | None) -> None:
        self._said = sentence or ""
        self.redraw()
