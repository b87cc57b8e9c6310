"""A column as a declaration: how to get its value, how to show, sort, filter and save it."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import msgspec

from tui.model.entry import Entry

Value = str | int | float | bool | tuple[str, ...] | None
"""What a column's value may be. None shows as «–»; a tuple is shown comma-separated."""


class Format(StrEnum):
    """How a value is shown, compared and saved."""

    TEXT = "text"
    NAME = "name"
    """Text that is cut in the middle."""
    ID = "id"
    """First 8 characters in the table, whole elsewhere."""
    STATUS = "status"
    """The value is the status word; mark, task and time come from `Entry.status`."""
    INT = "int"
    MEBIBYTES = "mebibytes"
    GIBIBYTES = "gibibytes"
    BYTES = "bytes"
    AGE = "age"
    """Value is epoch seconds; shown as the age then."""
    TIME = "time"
    """Value is epoch seconds; shown as a time of day or date."""
    BOOL = "bool"
    """Shown as yes or no."""
    LIST = "list"


NUMERIC = frozenset({Format.INT, Format.MEBIBYTES, Format.GIBIBYTES, Format.BYTES, Format.AGE, Format.TIME})
"""Formats that are flush right and compare with < and >."""

ALWAYS = 0
WIDE = 99
"""`arrival` of a column that only wide mode (ctrl+w) and `-o wide` show."""
HIDDEN = 100
"""`arrival` of a column that no table shows but filters, saves and `get -o json` know."""


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One column of a kind. Declared in display order; `arrival` says how early it comes as the terminal widens."""

    key: str
    """What filters (`key:value`), `--columns` and saves call it."""
    head: str
    value: Callable[[Entry], Value]
    format: Format = Format.TEXT
    width: int = 8
    """Least cells it needs to be shown."""
    most: int = 0
    """Most cells it grows to for its content; 0 = `width`."""
    arrival: int = WIDE
    """ALWAYS, or 1, 2, 3 … in the order in which columns come; WIDE; HIDDEN."""
    ink: str = "dim"
    sort: str = ""
    """A capital of its own that sorts by it (N, A, T, R …)."""
    aliases: tuple[str, ...] = ()
    help: str = ""
