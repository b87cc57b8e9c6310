"""The describe pane: all about the row under the cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from textual.message import Message

from tui.model.entry import Entry
from tui.model.trouble import Trouble
from tui.resources.kind import Kind, Raw
from tui.ui.ink import Inked


class Describe(Inked, can_focus=True):
    """Shows sections of an entry at once and again when the whole resource has come (`fill`)."""

    class Closed(Message):
        """Esc or q in the pane."""

    def __init__(self, keys: Mapping[str, Sequence[str]] | None = None, *, id: str | None = None) -> None:  # noqa: A002
        """`keys`: command id → keys, from `tui.config.keymap.keymap`."""
        super().__init__(id=id)

    def show(self, kind: Kind, entry: Entry, at: float) -> None:
        """Show an entry from what its row holds; `at` is epoch seconds for ages. The same entry again keeps the scroll."""
        raise NotImplementedError

    def fill(self, key: str, raw: Raw | None, extras: Mapping[str, Any]) -> None:
        """Show the whole resource, if the entry with this key is still the one shown."""
        raise NotImplementedError

    def fail(self, key: str, trouble: Trouble) -> None:
        """Say why the whole resource did not come."""
        raise NotImplementedError

    def clear(self) -> None:
        """Show nothing."""
        raise NotImplementedError
