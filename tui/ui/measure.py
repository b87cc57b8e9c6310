"""How wide columns must be for their content. Widths grow with what is seen and shrink only with another look."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tui.model.column import NUMERIC, WIDE, Column, Format
from tui.model.show import PLACE_COLUMNS
from tui.model.text import cells
from tui.ui.cells import shown, status_parts
from tui.ui.window import Rows

_PLACES = frozenset(column.key for column in PLACE_COLUMNS)
SAMPLE = 120
"""Rows whose content is measured, beside the visible ones, before widths are chosen."""


def sample(count: int) -> range:
    """Return positions spread over the whole list."""
    return range(0, count, max(1, count // SAMPLE))


def widen(
    content: dict[str, int], columns: Sequence[Column], source: Rows, indices: Iterable[int], *, wide: bool = False
) -> bool:
    """Note in `content` the widest values of these rows per column; returns whether a column may have to grow.

    Columns that only wide mode shows are measured in wide mode alone.
    """
    rows, grown = source.rows, False
    growing = [column for column in columns if _grows(column, WIDE if wide else WIDE - 1)]
    for index in indices:
        if index >= len(rows):
            break
        status, at, _ = source.standing(rows[index])
        for column in growing:
            if column.format is Format.STATUS:
                word, rest = status_parts(status, at, column.most or column.width)
                size = 2 + cells(word) + (cells(rest) + 1 if rest else 0)
            else:
                size = cells(shown(column, rows[index], at))
            if size > content.get(column.key, 0):
                content[column.key] = size
                grown = grown or size > column.width
    return grown


def _grows(column: Column, latest: int) -> bool:
    if column.key in _PLACES:
        return True
    return column.arrival <= latest and (column.format not in NUMERIC or column.most > column.width)
