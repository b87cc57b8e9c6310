"""Columns per width: the table of the visual language, and what must hold at any width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.column import WIDE, Column
from tui.resources.registry import KINDS, columns_of
from tui.ui.layout import EDGE, GAP, GUTTER, NAME_LEAST, Layout, arrange

SERVERS = columns_of(KINDS["server"])
CONTENT = {"name": 21, "status": 19, "cloud": 7, "region": 4, "place": 12, "address": 14, "flavor": 10, "host": 7}


def servers(width: int, *, places: bool = True, wide: bool = False, skip: int = 0) -> Layout:
    return arrange(SERVERS, width, CONTENT, places=places, wide=wide, skip=skip)


def heads(layout: Layout) -> list[str]:
    return [slot.column.head for slot in layout.slots]


@pytest.mark.parametrize(
    ("width", "wanted"),
    [
        (60, "NAME STATUS AGE"),
        (80, "NAME STATUS PLACE ADDRESS AGE"),
        (93, "NAME STATUS PLACE ADDRESS FLAVOR AGE"),
        (133, "NAME STATUS CLOUD REGION ADDRESS FLAVOR RAM PROJECT HOST AGE"),
        (71, "NAME STATUS PLACE AGE"),
        (167, "NAME STATUS CLOUD REGION ADDRESS FLAVOR VCPU RAM PROJECT HOST AGE WHY"),
    ],
    ids=["60", "80", "120 with the side pane", "160", "160 beside describe", "200"],
)
def test_columns_of_servers_come_as_the_look_says(width: int, wanted: str) -> None:
    content = CONTENT | {"name": 24} if width == 133 else CONTENT
    layout = arrange(SERVERS, width, content, places=True)
    assert heads(layout) == wanted.split()


def test_one_place_needs_no_place_columns() -> None:
    assert not {"CLOUD", "REGION", "PLACE"} & set(heads(servers(167, places=False)))


def test_address_and_whole_status_stay_at_80() -> None:
    layout = servers(80)
    status, address = layout.slot("status"), layout.slot("address")
    assert status is not None
    assert status.width >= len("● SHELVED_OFFLOADED")
    assert address is not None
    assert address.width >= 14


def test_wide_mode_scrolls_by_whole_columns_and_keeps_the_name() -> None:
    layout = servers(80, wide=True)
    scrolled = servers(80, wide=True, skip=2)
    assert heads(scrolled)[0] == "NAME"
    assert heads(scrolled)[1] == heads(layout)[3]
    assert scrolled.skipped == 2
    assert servers(80, wide=True, skip=1000).skipped < len(SERVERS)


def test_wide_mode_shows_columns_that_do_not_come_by_width() -> None:
    assert {"WHY", "TASK", "POWER"} <= set(heads(servers(200, wide=True)))
    assert "TASK" not in heads(servers(200))


def test_the_fault_takes_the_columns_behind_the_place_and_leaves_age_where_there_is_room() -> None:
    narrow, roomy, wide = servers(80), servers(93), servers(167)
    assert narrow.slots[narrow.fault].column.key == "address"
    assert narrow.kept is None
    assert narrow.fault_end == 80 - EDGE
    assert roomy.kept is not None
    assert roomy.kept.column.key == "age"
    assert roomy.fault_end == roomy.kept.x - GAP
    assert wide.fault == -1


def test_the_fault_stands_behind_the_word_where_there_is_no_other_column() -> None:
    layout = servers(60)
    assert layout.slots[layout.fault].column.key == "status"
    assert layout.fault_end == 60 - EDGE


def test_hidden_columns_are_named_in_the_order_of_their_coming() -> None:
    assert [column.head for column in servers(60).hidden[:2]] == ["PLACE", "ADDRESS"]


@pytest.mark.parametrize("kind", KINDS)
@given(
    width=st.integers(20, 400),
    sizes=st.lists(st.integers(0, 300), min_size=60, max_size=60),
    places=st.booleans(),
    wide=st.booleans(),
    skip=st.integers(0, 50),
)
def test_no_column_overlaps_another_or_leaves_the_table(
    kind: str, width: int, sizes: list[int], places: bool, wide: bool, skip: int
) -> None:
    columns = columns_of(KINDS[kind])
    content = {column.key: size for column, size in zip(columns, sizes, strict=False)}
    layout = arrange(columns, width, content, places=places, wide=wide, skip=skip, sorted_by="name")
    x = GUTTER
    for slot in layout.slots:
        assert slot.x >= x
        assert slot.width > 0
        x = slot.x + slot.width
    assert x <= width - EDGE
    assert layout.slots[0].column.key == "name"
    if layout.kept is not None:
        assert layout.slots[layout.fault].x < layout.fault_end < layout.kept.x


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data(), places=st.booleans())
def test_more_width_never_takes_a_column_away(kind: str, data: st.DataObject, places: bool) -> None:
    columns = columns_of(KINDS[kind])
    content = {column.key: data.draw(st.integers(0, 40)) for column in columns}
    width = data.draw(st.integers(60, 250))

    def shown(size: int) -> set[str]:
        found = {slot.column.key for slot in arrange(columns, size, content, places=places).slots}
        return found | ({"place"} if "cloud" in found else set())

    assert shown(width) <= shown(width + 1)


@given(width=st.integers(80, 300))
def test_a_long_name_keeps_its_least(width: int) -> None:
    layout = arrange(SERVERS, width, CONTENT | {"name": 80}, places=True)
    assert layout.slots[0].width >= NAME_LEAST


def test_only_wide_and_hidden_columns_never_come_by_width() -> None:
    shown = set(heads(servers(2000)))
    assert {column.head for column in SERVERS if column.arrival < WIDE} <= shown
    assert not {column.head for column in SERVERS if column.arrival > WIDE and column.key not in PLACES} & shown


PLACES = {"cloud", "region", "place"}


def test_a_sorted_column_keeps_room_for_its_arrow() -> None:
    column = Column(key="x", head="LONGHEAD", value=lambda entry: 1, width=4, most=12, arrival=0)
    slot = arrange((column,), 80, {}, places=False, sorted_by="x").slots[0]
    assert slot.width >= len("LONGHEAD ▴")
