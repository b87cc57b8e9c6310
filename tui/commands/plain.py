"""A table of rows as plain text: aligned by cells, as wide as it needs to be, or as the terminal is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from tui.model.column import ALWAYS, HIDDEN, NUMERIC, WIDE, Column, Format
from tui.model.entry import Entry
from tui.model.show import PLACE_COLUMNS, text_of
from tui.model.text import cells, fit

GAP = "  "
_PLACE_ARRIVAL = 3
_PLACES = frozenset(column.key for column in PLACE_COLUMNS)


def choose(columns: Sequence[Column], *, wide: bool, places: int) -> list[Column]:
    """Return the columns of a table in which nobody named any: cloud and region where there are several places."""
    chosen = []
    for column in columns:
        if column.key in _PLACES:
            if column.key != "place" and (places > 1 or wide):
                chosen.append(column)
        elif column.arrival < WIDE or (wide and column.arrival < HIDDEN):
            chosen.append(column)
    return chosen


def write_plain(columns: Sequence[Column], entries: Sequence[Entry], at: float, stream: TextIO, width: int = 0) -> None:
    """Write heads and rows. `width` in cells leaves out the columns that come last on a narrow screen; 0: no limit."""
    table = {column.key: [_cell(column, entry, at) for entry in entries] for column in columns}
    sizes = {
        column.key: max((cells(text) for text in (column.head, *table[column.key])), default=0) for column in columns
    }
    shown = _fitting(columns, sizes, width) if width else list(columns)
    lines = [[column.head for column in shown]]
    lines += [[table[column.key][row] for column in shown] for row in range(len(entries))]
    for line in lines:
        parts = [
            fit(text, sizes[column.key], "right" if column.format in NUMERIC else "left")
            for column, text in zip(shown, line, strict=True)
        ]
        stream.write(GAP.join(parts).rstrip() + "\n")


def _cell(column: Column, entry: Entry, at: float) -> str:
    if column.format is Format.STATUS and entry.status.task:
        return text_of(column, f"{entry.status.word} {entry.status.task}", at)
    return text_of(column, column.value(entry), at, short=False)


def _fitting(columns: Sequence[Column], sizes: dict[str, int], width: int) -> list[Column]:
    """Return the columns that fit, those that arrive first before others, in their own order."""
    left = width
    kept: set[str] = set()
    for column in sorted(columns, key=_arrival):
        need = sizes[column.key] + (len(GAP) if kept else 0)
        if _arrival(column) == ALWAYS or need <= left:
            kept.add(column.key)
            left -= need
    return [column for column in columns if column.key in kept]


def _arrival(column: Column) -> int:
    return _PLACE_ARRIVAL if column.key in _PLACES else column.arrival
