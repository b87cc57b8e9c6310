"""Every kind of the registry keeps the same promises: what its declarations say works for any row, however odd."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.column import NUMERIC, WIDE, Column
from tui.model.entry import Entry
from tui.model.place import Place, Scope
from tui.model.show import text_of, whole
from tui.model.status import Health
from tui.resources.kind import Kind
from tui.resources.registry import KINDS, columns_of, kind_of

KIND_LIST = tuple(KINDS.values())
every_kind = pytest.mark.parametrize("kind", KIND_LIST, ids=[kind.id for kind in KIND_LIST])
SCOPE = Scope("key", Place("https://keystone.example:5000", "r1"), ("prod",))
LATER = 1_800_000_000.0


class Known(dict[tuple[str, str], str]):
    """Names that are known, as a feed keeps them."""

    def get(self, kind: str, ident: str) -> str | None:  # type: ignore[override]
        return super().get((kind, ident))


def entry_of(kind: Kind, raw: Mapping[str, Any], names: Known | None = None) -> Entry:
    row = msgspec.convert(raw, kind.row)
    return Entry(f"origin|{raw.get('id')}", SCOPE, row, kind.status(row), names or Known())


def check_shows(kind: Kind, entry: Entry) -> None:
    for column in columns_of(kind):
        value = column.value(entry)
        assert text_of(column, value, LATER) != ""
        msgspec.json.encode(whole(column, value))
    assert isinstance(kind.detail(entry), str)
    assert kind.describe(entry, None, {})
    assert kind.name(entry.row)


@every_kind
def test_a_row_with_only_an_id_shows(kind: Kind) -> None:
    check_shows(kind, entry_of(kind, {"id": "0" * 36}))


@every_kind
def test_a_row_of_nulls_shows(kind: Kind) -> None:
    fields = {field.encode_name for field in msgspec.structs.fields(kind.row)}
    check_shows(kind, entry_of(kind, dict.fromkeys(fields) | {"id": "x"}))


@every_kind
def test_every_field_has_a_default(kind: Kind) -> None:
    assert [field.name for field in msgspec.structs.fields(kind.row) if field.required] == []


@every_kind
def test_columns_can_be_told_apart(kind: Kind) -> None:
    columns = columns_of(kind)
    words = [word for column in columns for word in (column.key, *column.aliases)]
    assert len(words) == len(set(words))
    capitals = [column.sort for column in columns if column.sort]
    assert len(capitals) == len(set(capitals))
    assert {capital for capital in capitals if not (capital.isupper() and len(capital) == 1)} == set()
    assert kind.sort in {column.key for column in columns}
    arrivals = [column.arrival for column in kind.columns if 1 < column.arrival < WIDE]
    assert len(arrivals) == len(set(arrivals))


@every_kind
def test_words_lead_to_the_kind(kind: Kind) -> None:
    for word in (kind.id, kind.plural, kind.plural.upper(), f" {kind.id} ", *kind.aliases):
        assert kind_of(word) is kind


def test_relations_lead_to_kinds() -> None:
    for kind in KIND_LIST:
        for relation in (*kind.jumps, *kind.uses):
            assert relation.kind in KINDS


@every_kind
@given(data=st.data())
def test_any_status_word_is_kept(kind: Kind, data: st.DataObject) -> None:
    word = data.draw(st.text(min_size=1, max_size=20))
    status = kind.status(msgspec.convert({"id": "x", "status": word}, kind.row))
    if status.health is not Health.NONE:
        assert status.word == word


def test_a_numeric_column_gives_numbers() -> None:
    raws = {
        "server": {"id": "s", "created": "2026-11-20T10:00:00Z", "flavor": {"vcpus": 2, "ram": 512, "disk": 1}},
        "flavor": {"id": "f", "vcpus": 1, "ram": 2, "disk": 3, "swap": "", "OS-FLV-EXT-DATA:ephemeral": 0},
        "image": {"id": "i", "size": 5, "min_disk": 0, "min_ram": 0, "created_at": "2026-11-20T10:00:00Z"},
        "network": {"id": "n", "mtu": 1500, "created_at": "2026-11-20T10:00:00Z"},
        "floating_ip": {"id": "a", "created_at": "2026-11-20T10:00:00Z"},
        "security_group": {"id": "g", "security_group_rules": [], "created_at": "2026-11-20T10:00:00Z"},
    }
    for kind in KIND_LIST:
        if not any(column.format in NUMERIC for column in kind.columns):
            continue
        entry = entry_of(kind, raws[kind.id])
        numbers: list[Column] = [column for column in kind.columns if column.format in NUMERIC]
        values = [column.value(entry) for column in numbers if column.key not in {"updated"}]
        assert values
        assert all(isinstance(value, int | float) for value in values)


ACTIVE = {"id": "s", "name": "web", "status": "ACTIVE", "OS-EXT-STS:power_state": 1, "addresses": {}, "flavor": {}}


@pytest.mark.parametrize(
    ("change", "health", "task"),
    [
        ({}, Health.FINE, ""),
        ({"OS-EXT-STS:task_state": "deleting"}, Health.MOVING, "deleting"),
        ({"OS-EXT-STS:power_state": 4}, Health.ATTENTION, ""),
        ({"OS-EXT-STS:power_state": 6}, Health.ATTENTION, ""),
        ({"status": "SHUTOFF", "OS-EXT-STS:power_state": 4}, Health.OFF, ""),
        ({"status": "VERIFY_RESIZE"}, Health.ATTENTION, ""),
        ({"status": "BUILD", "OS-EXT-STS:task_state": "spawning"}, Health.MOVING, "spawning"),
        ({"status": "ERROR"}, Health.BROKEN, ""),
        ({"status": "SOMETHING_NEW"}, Health.UNKNOWN, ""),
    ],
)
def test_server_states(change: dict[str, Any], health: Health, task: str) -> None:
    status = KINDS["server"].status(msgspec.convert(ACTIVE | change, KINDS["server"].row))
    assert (status.health, status.task) == (health, task)


def test_the_fault_of_a_broken_server_is_told_and_of_a_healthy_one_not() -> None:
    fault = {"fault": {"message": "No valid host was found.", "code": 500}}
    server = KINDS["server"]
    assert entry_of(server, ACTIVE | fault | {"status": "ERROR"}).status.why == "No valid host was found."
    assert entry_of(server, ACTIVE | fault).status.why == ""


def test_a_down_cell_says_so() -> None:
    raw = {"id": "s", "status": "UNKNOWN", "created": "2026-11-20T10:00:00Z", "tenant_id": "t", "links": []}
    status = entry_of(KINDS["server"], raw).status
    assert status.health is Health.UNKNOWN
    assert "cell" in status.why


def test_a_server_from_a_volume_says_so() -> None:
    column = next(column for column in KINDS["server"].columns if column.key == "image")
    assert column.value(entry_of(KINDS["server"], ACTIVE | {"image": ""})) == "volume"
    assert column.value(entry_of(KINDS["server"], ACTIVE | {"image": {"id": "abc"}}, Known())) == "abc"
    names = Known({("image", "abc"): "ubuntu"})
    assert column.value(entry_of(KINDS["server"], ACTIVE | {"image": {"id": "abc"}}, names)) == "ubuntu"


def test_neutron_completes_what_nova_lags_behind_with() -> None:
    server = KINDS["server"]
    assert server.digest is not None
    assert server.complete is not None
    facts = server.digest(
        {
            "ports": [
                {
                    "id": "p1",
                    "device_id": "s",
                    "network_id": "n1",
                    "security_groups": ["g"],
                    "fixed_ips": [{"ip_address": "fd00::5"}, {"ip_address": "10.0.0.5"}],
                }
            ],
            "floatingips": [{"id": "f", "port_id": "p1", "floating_ip_address": "203.0.113.9"}],
        }
    )
    row = msgspec.convert(ACTIVE, server.row)
    entry = Entry("k", SCOPE, server.complete(row, facts), server.status(row), Known({("network", "n1"): "web-net"}))
    shown = {column.key: column.value(entry) for column in server.columns}
    assert shown["address"] == "203.0.113.9"
    assert shown["fixed"] == ("10.0.0.5", "fd00::5")
    assert shown["networks"] == ("web-net",)
    assert server.complete(entry.row, facts) is entry.row
    assert server.complete(row, {}) is row
