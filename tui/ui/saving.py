"""The save dialog: a table as CSV, JSON or YAML, into a new private file."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.column import Column
from tui.model.entry import Entry
from tui.ui.dialog import Dialog


class SaveDialog(Dialog[str | None]):
    """Asks for a path and writes the file in a thread of its own. Result: one sentence to show, or None when closed."""

    def __init__(self, plural: str, columns: Sequence[Column], entries: Sequence[Entry], at: float) -> None:
        """`plural` names the rows («servers»); `entries` are saved in this order; `at` dates the file's name."""
        super().__init__()
