"""Colours for painters of the Line API: tokens of the theme as Rich styles, resolved once per theme."""

from __future__ import annotations

from rich.style import Style
from textual.widget import Widget

from tui.ui.themes import INKS

GROUNDS = ("cursor", "blur", "marked", "match", "alarm", "notice")
"""Grounds a painter may ask for; «» is the widget's own."""

REVERSED = frozenset({"cursor", "match", "notice", "alarm"})
"""Grounds that may be shown as reversed video, where state colours would swap sides and are dropped."""


class Inked(Widget):
    """A widget that paints its own lines with the tokens of `styles/tokens.tcss`.

    Subclasses list nothing: `ink("bad")` is the ink on the widget's own ground, `ink("bad", "cursor")` on the cursor's.
    """

    COMPONENT_CLASSES = {f"ink--{token}" for token in INKS if not token.startswith("on-")} | {
        f"ground--{token}" for token in GROUNDS
    }

    _inks: dict[tuple[str, str], Style] | None = None

    def notify_style_update(self) -> None:
        """Forget resolved styles: the theme or the widget's own ground changed."""
        self._inks = None
        super().notify_style_update()

    def ink(self, token: str = "text", ground: str = "") -> Style:  # noqa: S107 - a colour token, no password
        """Return the style of `token` (LOOK.md, Tokens) on `ground`."""
        inks = self._inks
        if inks is None:
            inks = self._inks = {}
        style = inks.get((token, ground))
        if style is None:
            style = inks[token, ground] = self._resolve(token, ground)
        return style

    def _resolve(self, token: str, ground: str) -> Style:
        own = self.rich_style
        base = Style(color=own.color, bgcolor=own.bgcolor)
        if not ground:
            return base + self.get_component_rich_style(f"ink--{token}", partial=True)
        back = self.get_component_rich_style(f"ground--{ground}", partial=True)
        if ground in {"match", "alarm", "notice"}:
            return base + back
        front = self.get_component_rich_style(f"ink--{token}", partial=True)
        if back.reverse:
            # A state's colour would become the ground of the row: mark and word tell it alone (LOOK.md, Tokens).
            return base + Style(bold=front.bold) + back
        return base + front + back
