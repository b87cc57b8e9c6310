"""The style sheets: beside the package in a checkout, inside it when installed; each parsed once."""

from __future__ import annotations

from pathlib import Path, PurePath

from textual.css.stylesheet import Stylesheet

_PACKAGE = Path(__file__).resolve().parent.parent
SHEETS = ("tokens.tcss", "frame.tcss", "overlays.tcss", "actions.tcss", "console.tcss")
"""In this order: later ones count where both say something."""


def style_sheets() -> list[str | PurePath]:
    """Return the paths of all style sheets."""
    home = next(path for path in (_PACKAGE / "styles", _PACKAGE.parent / "styles") if path.is_dir())
    return [home / name for name in SHEETS]


class Sheets(Stylesheet):
    """Textual's own, but what was parsed with the same variables is not parsed again.

    Textual 8.2 sets the variables anew, and parses all, when the theme is first set and whenever a screen is pushed:
    8 ms of a start and of each dialog.
    """

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._known = dict(variables)

    def set_variables(self, variables: dict[str, str]) -> None:
        """Take variables; what was parsed with others is forgotten."""
        if variables != self._known:
            self._known = dict(variables)
            super().set_variables(variables)

    def reparse(self) -> None:
        """Parse what has not been parsed with these variables. Raises StylesheetError; the rules then stay."""
        self.parse()
