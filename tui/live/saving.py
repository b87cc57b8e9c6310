"""Writers of tables: CSV, JSON, YAML. Used by the save dialog and by `stackdeck get`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TextIO

from tui.model.column import Column
from tui.model.entry import Entry

Style = Literal["csv", "json", "yaml"]


def write_table(style: Style, columns: Sequence[Column], entries: Iterable[Entry], stream: TextIO) -> int:
    """Write all columns of the entries; return how many rows were written. Secrets are hidden."""
    raise NotImplementedError
