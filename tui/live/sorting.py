"""What a column sorts by."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from tui.live.natural import natural
from tui.model.column import NUMERIC, Column, Format, Value
from tui.model.entry import Entry

SortKey = Callable[[Entry], str | float | None]

_natural = lru_cache(maxsize=20_000)(natural)
"""Flavors, images and zones repeat; so does nearly everything but names."""


def _text(value: Value) -> str | None:
    if value is None or value in ("", ()):
        return None
    return _natural(", ".join(value) if isinstance(value, tuple) else str(value))


def sort_key(column: Column) -> SortKey:
    """Return what rows sort by in a column: text or a number, None where the row has no value.

    Status sorts by health, worst first, then word; ages the youngest first.
    """
    value = column.value
    if column.format is Format.STATUS:
        return lambda entry: f"{entry.status.health:d}{entry.status.word}{entry.status.task}"
    if column.format in NUMERIC or column.format is Format.BOOL:
        sign = -1.0 if column.format is Format.AGE else 1.0

        def number(entry: Entry) -> float | None:
            found = value(entry)
            return sign * found if isinstance(found, int | float) else None

        return number
    return lambda entry: _text(value(entry))
