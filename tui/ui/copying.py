"""Copying: the text is sent to the terminal (OSC 52) and shown selectable as well, since a terminal may refuse."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.entry import Entry
from tui.resources.kind import Kind
from tui.ui.dialog import Dialog
from tui.ui.picker import Item, Picker


def copy_items(kind: Kind, entry: Entry) -> list[Item]:
    """Return what can be copied of a row: name, id, addresses, the `openstack` command, the kind's own.

    An item's key is the text to copy.
    """
    raise NotImplementedError


class CopyPicker(Picker):
    """Result: the text to copy (show it with `CopyBox`), or None."""

    def __init__(self, title: str, items: Sequence[Item]) -> None:
        super().__init__(title, items)


class CopyBox(Dialog[None]):
    """Sends a text to the terminal's clipboard when it opens, and shows it; `w` writes it to a file instead."""

    def __init__(self, text: str, what: str = "text") -> None:
        """`what` names it in the title: «id of web-01»."""
        super().__init__()
