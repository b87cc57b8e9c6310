"""A column's value as text for people and as data for saves."""

from __future__ import annotations

from tui.model import amount
from tui.model.amount import NONE
from tui.model.column import Column, Format, Value
from tui.model.text import inert

SHORT_ID = 8
"""Characters of an id in a table."""


def text_of(column: Column, value: Value, at: float, *, short: bool = True) -> str:
    """Return the whole text of a value, inert: never empty, never cut, ages relative to the epoch `at`.

    `short` shows ids by their first eight characters.
    """
    if value is None or value == "" or value == ():
        return NONE
    if isinstance(value, str):
        return inert(value[:SHORT_ID] if short and column.format is Format.ID else value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return inert(", ".join(value))
    return _number(column.format, value, at)


def _number(format: Format, value: float, at: float) -> str:  # noqa: A002 - a column's format
    match format:
        case Format.AGE:
            return amount.age(at - value) if value else NONE
        case Format.TIME:
            return amount.time_of(value, at)
        case Format.MEBIBYTES:
            return amount.mebibytes(value)
        case Format.GIBIBYTES:
            return amount.gibibytes(value)
        case Format.BYTES:
            return amount.bytes_(value)
        case Format.BOOL:
            return "yes" if value else "no"
    return amount.count(value) if isinstance(value, int) else f"{value:,g}"


def whole(column: Column, value: Value) -> object:
    """Return the value as JSON has it: times in ISO 8601, lists as lists, text as the cloud sent it."""
    if column.format in {Format.AGE, Format.TIME} and isinstance(value, (int, float)):
        return amount.iso_of(value) or None
    if isinstance(value, tuple):
        return list(value)
    return value


PLACE_COLUMNS = (
    Column(
        key="cloud", head="CLOUD", value=lambda entry: entry.scope.cloud, width=8, most=16, help="clouds.yaml entry"
    ),
    Column(
        key="region", head="REGION", value=lambda entry: entry.scope.region, width=6, most=14, sort="R", help="region"
    ),
    Column(
        key="place", head="PLACE", value=lambda entry: entry.scope.label, width=12, most=24, help="cloud and region"
    ),
)
"""Columns that every table has, whatever its kind. The table decides which of them fit (LOOK.md, Layout)."""
