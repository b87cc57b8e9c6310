"""What a column sorts by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from tui.live.natural import natural
from tui.model.column import NUMERIC, Column, Format, Value
from tui.model.entry import Entry

SortKey = str | float | None
"""None where a row has no value."""

_natural = lru_cache(maxsize=20_000)(natural)
"""Flavors, images and zones repeat; so does nearly everything but names."""


class Sorting:
    """What rows sort by in a column: text or a number. Status by health, worst first; ages the youngest first."""

    def __init__(self, column: Column) -> None:
        self._value = column.value
        self._key: Callable[[Entry], SortKey] = self._text_of
        self.keys: Callable[[Iterable[Entry]], list[SortKey]] = self._texts
        """Keys of many rows."""
        if column.format is Format.STATUS:
            self._key = _by_health
            self.keys = lambda entries: list(map(_by_health, entries))
        elif column.format in NUMERIC or column.format is Format.BOOL:
            self._sign = -1.0 if column.format is Format.AGE else 1.0
            self._key = self._number
            self.keys = lambda entries: list(map(self._number, entries))

    def key(self, entry: Entry) -> SortKey:
        """Return the key of one row."""
        return self._key(entry)

    def _number(self, entry: Entry) -> float | None:
        found = self._value(entry)
        return self._sign * found if isinstance(found, int | float) else None

    def _text_of(self, entry: Entry) -> str | None:
        return _text(self._value(entry))

    def _texts(self, entries: Iterable[Entry]) -> list[SortKey]:
        known: dict[Value, str | None] = {}
        found: list[SortKey] = []
        for value in map(self._value, entries):
            if value not in known:
                known[value] = _text(value)
            found.append(known[value])
        return found


def _text(value: Value) -> str | None:
    if value is None or value in ("", ()):
        return None
    return _natural(", ".join(value) if isinstance(value, tuple) else str(value))


def _by_health(entry: Entry) -> str:
    status = entry.status
    return f"{status.health:d}{status.word}{status.task}"


def sort_key(column: Column) -> Callable[[Entry], SortKey]:
    """Return what one row sorts by in a column; None where it has no value."""
    return Sorting(column).key
