"""Choose one of many by typing a part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.ui.dialog import Dialog


@dataclass(frozen=True, slots=True)
class Item:
    """One choice. `key` is the result, `note` stands dim beside the text; both texts are made inert when shown."""

    key: str
    text: str
    note: str = ""


class Picker(Dialog[str | None]):
    """Result: the chosen item's key, or None when closed."""

    def __init__(self, title: str, items: Sequence[Item], filter: str = "", *, chosen: str = "") -> None:  # noqa: A002
        """`filter` is typed already; the cursor starts on the item whose key is `chosen`."""
        super().__init__()

    def feed(self, text: str) -> None:
        """Put typed-ahead text into the field whole."""
        raise NotImplementedError
