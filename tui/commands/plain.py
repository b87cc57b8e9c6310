"""A table of rows as plain text: aligned by cells, as wide as it needs to be, or as the terminal is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    shown = _fitting(columns, sizes, width) if width else sizes
    own_order = [column for column in columns if column.key in shown]
    for row in range(-1, len(entries)):
        parts = [_padded(column, table[column.key][row] if row >= 0 else column.head, shown) for column in own_order]
        stream.write(GAP.join(parts).rstrip() + "\n")


def _padded(column: Column, text: str, sizes: Mapping[str, int]) -> str:
    align = "right" if column.format in NUMERIC else "left"
    return fit(text, sizes[column.key], align, middle=column.format is Format.NAME)


def _cell(column: Column, entry: Entry, at: float) -> str:
    if column.format is Format.STATUS and entry.status.task:
        return text_of(column, f"{entry.status.word} {entry.status.task}", at)
    return text_of(column, column.value(entry), at, short=False)


def _fitting(columns: Sequence[Column], sizes: Mapping[str, int], width: int) -> dict[str, int]:
    """Return the columns that fit, with their cells: who arrives first has the choice, the others what is left."""
    left = width
    kept: dict[str, int] = {}
    for column in sorted(columns, key=_arrival):
        gap = len(GAP) if kept else 0
        least = max(min(column.width, sizes[column.key]), cells(column.head))
        wanted = max(min(sizes[column.key], column.most or sizes[column.key]), least)
        if _arrival(column) == ALWAYS or least + gap <= left:
            kept[column.key] = min(wanted, max(left - gap, least))
            left -= kept[column.key] + gap
    return kept


def _arrival(column: Column) -> int:
    return _PLACE_ARRIVAL if column.key in _PLACES else column.arrival
