"""The view keeps its rows scoped, filtered and in order, however they change."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pure.fleet_rows import ADMIN, OTHER, SCOPES, WEB, delta, failed, server
from tests.pure.test_fleet import STEPS
from tui.live.fleet import Fleet
from tui.live.natural import natural
from tui.live.view import View
from tui.model.events import Event
from tui.model.filter import parse
from tui.resources.registry import KINDS, columns_of
from tui.resources.server import SERVER

COLUMNS = columns_of(SERVER)


def make(*events: Event) -> tuple[Fleet, View]:
    fleet = Fleet(KINDS)
    view = View(fleet, SERVER, COLUMNS)
    view.set_scopes(scope.key for scope in SCOPES)
    for event in events:
        view.apply(fleet.apply(event))
    return fleet, view


def names(view: View) -> list[str]:
    return [SERVER.name(entry.row) for entry in view.rows]


def test_rows_come_by_name() -> None:
    _, view = make(delta(WEB, [server("1", "web-10"), server("2", "web-2"), server("3", "DB")]))
    assert names(view) == ["DB", "web-2", "web-10"]
    assert [view.index(entry.key) for entry in view.rows] == [0, 1, 2]
    assert view.index("http://nowhere|x") is None


def test_a_change_of_content_keeps_the_list() -> None:
    fleet, view = make(delta(WEB, [server("1", "a"), server("2", "b")]))
    before = view.rows
    change = view.apply(fleet.apply(delta(WEB, [server("2", "b", "ERROR")])))
    assert view.rows is before
    assert not change.order
    assert [key.rpartition("|")[2] for key in change.rows] == ["2"]


def test_a_rename_moves_the_row() -> None:
    fleet, view = make(delta(WEB, [server("1", "a"), server("2", "b"), server("3", "c")]))
    change = view.apply(fleet.apply(delta(WEB, [server("1", "z")])))
    assert change.order
    assert names(view) == ["b", "c", "z"]


@pytest.mark.parametrize(
    ("reverse", "expected"), [(False, ["y", "x", "none-1", "none-2"]), (True, ["x", "y", "none-1", "none-2"])]
)
def test_rows_without_a_value_come_last_either_way(reverse: bool, expected: list[str]) -> None:
    rows = [server("1", "x", host="z9"), server("2", "none-2"), server("3", "y", host="z1"), server("4", "none-1")]
    _, view = make(delta(WEB, rows))
    view.set_sort("host", reverse)
    assert names(view) == expected
    assert [view.index(entry.key) for entry in view.rows] == [0, 1, 2, 3]


def test_status_sorts_the_worst_first() -> None:
    rows = [server("1", "a"), server("2", "b", "ERROR"), server("3", "c", "SHUTOFF"), server("4", "d", "BUILD")]
    _, view = make(delta(WEB, rows))
    view.set_sort("status")
    assert names(view) == ["b", "d", "c", "a"]


def test_only_unhealthy_rows() -> None:
    fleet, view = make(delta(WEB, [server("1", "a"), server("2", "b", "ERROR")]), delta(OTHER, [server("3", "c")]))
    view.set_unhealthy(True)
    assert names(view) == ["b"]
    assert view.total == 3
    view.apply(fleet.apply(failed(OTHER)))
    assert names(view) == ["b", "c"], "what is stale is not known to be healthy"


def test_a_drill_down_restricts_and_is_lifted() -> None:
    _, view = make(delta(WEB, [server("1", "a", host="h1"), server("2", "b")]))
    view.restrict(lambda entry: entry.row.host == "h1", "on host h1")  # type: ignore[attr-defined]
    assert (names(view), view.words, view.total) == (["a"], "on host h1", 1)
    view.restrict(None)
    assert (names(view), view.words) == (["a", "b"], "")


def test_a_filter_that_widens_brings_rows_back() -> None:
    _, view = make(delta(WEB, [server("1", "web-1"), server("2", "web-2"), server("3", "db-1")]))
    for text, expected in [("web-", ["web-1", "web-2"]), ("web-2", ["web-2"]), ("db-", ["db-1"]), ("", None)]:
        view.set_filter(parse(text, COLUMNS))
        assert names(view) == (expected or ["db-1", "web-1", "web-2"]), text


def test_searching_texts_are_prepared_in_idle_moments() -> None:
    _, view = make(delta(WEB, [server(str(number)) for number in range(50)]))
    while view.warm(0.0):
        pass
    assert all(entry.haystack for entry in view.rows)


CHOICES = st.tuples(
    st.sampled_from(["name", "status", "host", "age", "nonsense"]),
    st.booleans(),
    st.sampled_from(["", "web", "!db", "status:error", "10"]),
    st.booleans(),
    st.sampled_from([("web",), ("admin", "other"), ("admin", "web", "other")]),
)


@given(st.lists(STEPS, max_size=20), CHOICES, st.integers(0, 20))
def test_following_changes_ends_where_starting_anew_does(
    events: list[Event], choices: tuple[str, bool, str, bool, tuple[str, ...]], at: int
) -> None:
    column, reverse, text, unhealthy, scopes = choices
    fleet = Fleet(KINDS)
    view = View(fleet, SERVER, COLUMNS, clock=lambda: 1000.0)

    def choose(chosen: View) -> None:
        chosen.set_scopes(scopes)
        chosen.set_sort(column, reverse)
        chosen.set_filter(parse(text, COLUMNS))
        chosen.set_unhealthy(unhealthy)

    for number, event in enumerate(events):
        if number == at:
            choose(view)
        before = view.rows
        keys = [entry.key for entry in before]
        change = view.apply(fleet.apply(event))
        assert change.order == (keys != [entry.key for entry in view.rows]) or change.order
        if not change.order:
            assert [entry.key for entry in view.rows] == keys
    if len(events) <= at:
        choose(view)
    anew = View(fleet, SERVER, COLUMNS, clock=lambda: 1000.0)
    choose(anew)
    assert [id(entry) for entry in view.rows] == [id(entry) for entry in anew.rows]
    assert [view.index(entry.key) for entry in view.rows] == list(range(len(view.rows)))
    assert view.total == anew.total


@given(st.lists(st.integers(0, 10**12), min_size=2))
def test_numbers_in_names_sort_by_value(numbers: list[int]) -> None:
    found = sorted((f"web-{number}" for number in numbers), key=natural)
    assert found == [f"web-{number}" for number in sorted(numbers)]


@given(st.text(alphabet="ab019-", max_size=6), st.text(alphabet="ab019-", max_size=6))
def test_natural_order_tells_names_apart_but_for_leading_zeros(one: str, other: str) -> None:
    def plain(text: str) -> str:
        return re.sub(r"0*([0-9]+)", lambda match: str(int(match[0])), text)

    assert (natural(one) == natural(other)) == (plain(one) == plain(other))


def test_both_scopes_of_one_row_count_once() -> None:
    _, view = make(delta(ADMIN, [server("1", "a")]), delta(WEB, [server("1", "a")]))
    assert view.total == len(view.rows) == 1
    view.set_scopes(["admin"])
    assert view.total == 1
