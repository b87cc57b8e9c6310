"""Saved tables: exact, private, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json

import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.pure.overlay_rows import SECRETS, server
from tui.live.saving import FORMULA, Style, csv_cell, write_table
from tui.model.column import Column, Format
from tui.model.entry import Entry
from tui.resources.registry import KINDS, columns_of

NAME = Column(key="name", head="NAME", value=lambda entry: entry.row.name)  # type: ignore[attr-defined]


def saved(style: Style, columns: tuple[Column, ...], *entries: Entry) -> str:
    stream = io.StringIO()
    assert write_table(style, columns, entries, stream) == len(entries)
    return stream.getvalue()


def test_the_three_formats_hold_the_same_values() -> None:
    columns = columns_of(KINDS["server"])
    entries = (server(), server(id="b", name="db-2"))
    as_json = json.loads(saved("json", columns, *entries))
    assert as_json == yaml.safe_load(saved("yaml", columns, *entries))
    as_csv = list(csv.DictReader(io.StringIO(saved("csv", columns, *entries))))
    assert [row["name"] for row in as_csv] == [row["name"] for row in as_json] == ["[red]batch\x1b[31m-03", "db-2"]
    assert list(as_csv[0]) == list(as_json[0]) == [column.key for column in columns]


def test_an_empty_table_is_valid() -> None:
    assert json.loads(saved("json", (NAME,))) == []
    assert yaml.safe_load(saved("yaml", (NAME,))) == []
    assert saved("csv", (NAME,)) == "name\n"


def test_secrets_are_hidden_until_asked_for() -> None:
    secret = Column(
        key="metadata", head="METADATA", value=lambda entry: ("db_password=hunter2", "owner=me"), format=Format.LIST
    )
    password = Column(key="admin_password", head="PASS", value=lambda entry: "hunter2")
    styles: tuple[Style, ...] = ("csv", "json", "yaml")
    for style in styles:
        text = saved(style, (*columns_of(KINDS["server"]), secret, password), server())
        assert not [each for each in SECRETS if each in text]
        assert "owner=me" in text
    stream = io.StringIO()
    write_table("json", (secret, password), [server()], stream, reveal=True)
    assert stream.getvalue().count("hunter2") == 2


def test_formulas_are_text() -> None:
    for start in FORMULA:
        assert csv_cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"
    assert csv_cell(-1) == -1
    assert csv_cell(["=1", "b"]) == "'=1, b"
    assert (csv_cell(None), csv_cell(True), csv_cell("a=1")) == ("", "true", "a=1")


@given(st.lists(st.text(), max_size=4))
def test_any_name_survives_every_format(names: list[str]) -> None:
    entries = [
        server(name=name) for name in names if name.isprintable() or not any(0xD800 <= ord(c) < 0xE000 for c in name)
    ]
    wanted = [entry.row.name for entry in entries]  # type: ignore[attr-defined]
    shown = [name for name in wanted if "«hidden»" not in name]
    as_json = [row["name"] for row in json.loads(saved("json", (NAME,), *entries))]
    as_yaml = [row["name"] for row in yaml.safe_load(saved("yaml", (NAME,), *entries))]
    as_csv = [row[0] for row in csv.reader(io.StringIO(saved("csv", (NAME,), *entries), newline=""))][1:]
    assert as_json == as_yaml == shown == wanted
    assert [cell for cell in as_csv if cell.startswith(FORMULA)] == []
