"""A line of text being typed: cursor, readline keys, paste. Pure; fields paint it."""

from __future__ import annotations


class Edit:
    """One editable line. `key` takes Textual's key names."""

    text: str
    cursor: int
    """Index of the character under the cursor; `len(text)` at the end."""

    def __init__(self, text: str = "", *, masked: bool = False) -> None:
        self.text = text
        self.cursor = len(text)
        self.masked = masked
