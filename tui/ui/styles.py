"""Where the style sheets are: beside the package in a checkout, inside it when installed."""

from __future__ import annotations

from pathlib import Path, PurePath

_PACKAGE = Path(__file__).resolve().parent.parent
SHEETS = ("tokens.tcss", "frame.tcss", "overlays.tcss", "actions.tcss", "console.tcss")
"""In this order: later ones count where both say something."""


def style_sheets() -> list[str | PurePath]:
    """Return the paths of all style sheets."""
    home = next(path for path in (_PACKAGE / "styles", _PACKAGE.parent / "styles") if path.is_dir())
    return [home / name for name in SHEETS]
