"""Colours for painters of the Line API: tokens of the theme as Rich styles, resolved once per theme."""

from __future__ import annotations

from rich.color import Color as RichColor
from rich.style import Style
from textual.color import Color
from textual.widget import Widget


class Inked(Widget):
    """A widget that paints its own lines with the tokens of the theme (`$sd-<token>` and `$sd-<token>-style`).

    `ink("bad")` is the ink on the widget's own ground, `ink("bad", "cursor")` on the cursor's. Read from the theme and
    not through component classes: Textual matches the style sheets anew for each of these, at every change of a class,
    for every widget; with 20 of them that took half of the time to the first frame.
    """

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
            return base + self.token(token)
        back = self.token(ground, ground=True)
        if ground in {"match", "alarm", "notice"}:
            return base + back
        front = self.token(token)
        if back.reverse:
            # A state's colour would become the ground of the row: mark and word tell it alone (LOOK.md, Tokens).
            return base + Style(bold=front.bold) + back
        return base + front + back

    def token(self, name: str, *, ground: bool = False) -> Style:
        """Return what the theme says of a token by itself."""
        variables = self.app.theme_variables
        of, style = _DERIVED.get(name, (name, variables.get(f"sd-{name}-style", "none")))
        found = _colour(variables[f"sd-{of}"])
        if not ground:
            return Style(color=found) + Style.parse(style)
        front = variables.get(f"sd-on-{name}")
        style = variables[f"sd-on-{name}-style"] if front else style
        return Style(color=_colour(front) if front else None, bgcolor=found) + Style.parse(style)


_DERIVED = {"found": ("accent", "underline"), "caret": ("field", "reverse"), "bar": ("bar", "none")}
"""Tokens made of another's colour with a text style of their own."""


def _colour(text: str) -> RichColor | None:
    colour = Color.parse(text)
    return colour.rich_color if colour.a > 0 else None
