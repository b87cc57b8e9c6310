"""Writers of tables: CSV, JSON, YAML. Used by the save dialog and by `stackdeck get`."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from typing import Literal, TextIO

from tui.model.column import Column
from tui.model.entry import Entry
from tui.model.secret import HIDDEN, is_secret_key, without_secrets
from tui.model.show import whole

Style = Literal["csv", "json", "yaml"]

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Beginnings that make a spreadsheet take text for a formula (OWASP, «CSV Injection»)."""

_PLAIN = re.compile(r"[A-Za-z][\w.-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""YAML 1.1 takes these for something else than text."""
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


def cells_of(columns: Sequence[Column], entry: Entry, *, reveal: bool = False) -> dict[str, object]:
    """Return column key → JSON-like value of one row; secrets are hidden unless `reveal`."""
    row: dict[str, object] = {}
    for column in columns:
        value = whole(column, column.value(entry))
        if not reveal:
            value = HIDDEN if value and is_secret_key(column.key) else without_secrets(value)
        row[column.key] = value
    return row


def write_table(
    style: Style, columns: Sequence[Column], entries: Iterable[Entry], stream: TextIO, *, reveal: bool = False
) -> int:
    """Write all given columns of the entries; return how many rows were written.

    Secrets are hidden unless `reveal`. CSV: text that a spreadsheet would take for a formula gets a leading `'`; lists
    are joined by `, `. JSON: an array of objects. YAML: a list of mappings. The stream should be UTF-8.
    """
    rows = (cells_of(columns, entry, reveal=reveal) for entry in entries)
    if style == "csv":
        return _csv([column.key for column in columns], rows, stream)
    return _json(rows, stream) if style == "json" else _yaml(rows, stream)


def _csv(keys: Sequence[str], rows: Iterable[dict[str, object]], stream: TextIO) -> int:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(keys)
    number = 0
    for row in rows:
        writer.writerow([csv_cell(value) for value in row.values()])
        number += 1
    return number


def csv_cell(value: object) -> object:
    """Return what stands in a CSV cell: text made harmless for spreadsheets, lists joined, None empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        value = ", ".join(str(each) for each in value)
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def _json(rows: Iterable[dict[str, object]], stream: TextIO) -> int:
    number = 0
    for row in rows:
        stream.write("[\n" if not number else ",\n")
        stream.write("  " + _quoted(row))
        number += 1
    stream.write("\n]\n" if number else "[]\n")
    return number


def _yaml(rows: Iterable[dict[str, object]], stream: TextIO) -> int:
    number = 0
    for row in rows:
        lead = "- "
        for key, value in row.items():
            stream.write(f"{lead}{key}: {_scalar(value)}\n")
            lead = "  "
        number += 1
    if not number:
        stream.write("[]\n")
    return number


def _scalar(value: object) -> str:
    """Return a value as YAML: what is not plainly a word is written as JSON, which YAML reads too."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.isascii() and value.casefold() not in _WORDS:
        return value
    return _quoted(value)


def _quoted(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
