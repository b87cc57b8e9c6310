"""The command palette (ctrl+p): every command and kind, by typing a part of its name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.resources.kind import Kind
from tui.ui.picker import Item, Picker


def palette_items(view: str, keys: Mapping[str, Sequence[str]], kinds: Sequence[Kind]) -> list[Item]:
    """Return commands that work in this view and all kinds. An item's key is what to run as `:` text."""
    raise NotImplementedError


class Palette(Picker):
    """Result: a `:` text to run, or None."""

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__("Commands", items)
