"""A view that works in steps ends where the plainest way of sorting and filtering does, whatever happens between."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pure.fleet_rows import SCOPES, WEB, delta, entry, server
from tests.pure.test_fleet import STEPS
from tests.waiting import wait_until
from tui.cloud.turns import SLICE, alone, claim, importing, in_turns, release
from tui.live.fleet import Fleet
from tui.live.ordered import Ordered
from tui.live.sorting import sort_key
from tui.live.view import View
from tui.model.entry import Entry
from tui.model.events import NamesLearnt
from tui.model.filter import parse
from tui.model.packed import pack, shared, unpack
from tui.model.status import Health
from tui.resources.registry import KINDS, columns_of
from tui.resources.server import SERVER
from tui.resources.server_row import Address, Server, fixed, floating

COLUMNS = columns_of(SERVER)
NOW = 1000.0

WISHES = st.one_of(
    st.tuples(st.just("sort"), st.sampled_from(["name", "status", "host", "age"]), st.booleans()),
    st.tuples(st.just("filter"), st.sampled_from(["", "w", "web", "web-1", "!db", "status:error", "host="]), st.none()),
    st.tuples(st.just("scopes"), st.sampled_from([("web",), ("admin", "other"), ("admin", "web", "other")]), st.none()),
    st.tuples(st.just("unhealthy"), st.booleans(), st.none()),
    st.tuples(st.just("step"), st.sampled_from([1, 3, 50, 50]), st.none()),
    st.tuples(st.just("step"), st.just(50), st.none()),
)


class Naive:
    """What is wished for, done in the plainest way."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self.sort, self.reverse, self.text, self.unhealthy = "name", False, "", False
        self.scopes: Sequence[str] = [scope.key for scope in SCOPES]

    def rows(self) -> list[Entry]:
        """Return the rows in display order."""
        wanted = parse(self.text, COLUMNS)
        found = [
            one
            for one in self._fleet.entries(SERVER).values()
            if any(scope.key in self.scopes for scope in (one.scope, *one.also))
            and wanted.matches(one, NOW)
            and (not self.unhealthy or self._fleet.stale(one) or one.status.health <= Health.UNKNOWN)
            and not (self.unhealthy and one.status.health is Health.MOVING and not self._fleet.stale(one))
        ]
        found.sort(key=lambda one: one.order)
        if self.sort == "name":
            return found[::-1] if self.reverse else found
        key = sort_key(next(column for column in COLUMNS if column.key == self.sort))
        valued = [one for one in found if key(one) is not None]
        valued.sort(key=lambda one: (key(one), one.order), reverse=self.reverse)  # type: ignore[arg-type, return-value]
        return [*valued, *(one for one in found if key(one) is None)]


def ticked(rows: Sequence[Entry], lines: int, left_out: Callable[[Entry], bool] = lambda one: False) -> list[object]:
    """Return the worst health at the height of each line of a ruler."""
    found: list[object] = [None] * lines
    for at, one in enumerate(rows):
        line, health = at * lines // max(len(rows), lines), one.status.health
        if health <= Health.ATTENTION and not left_out(one):
            before = found[line]
            found[line] = health if before is None else min(health, before)  # type: ignore[type-var]
    return found


def wish(view: View, naive: Naive, what: str, value: object, reverse: object) -> None:
    """Wish for something of both, or let the view work."""
    if what == "sort":
        naive.sort, naive.reverse = str(value), bool(reverse)
        view.set_sort(naive.sort, naive.reverse)
    elif what == "filter":
        naive.text = str(value)
        view.set_filter(parse(naive.text, COLUMNS))
    elif what == "scopes":
        naive.scopes = list(value)  # type: ignore[call-overload]
        view.set_scopes(naive.scopes)
    elif what == "unhealthy":
        naive.unhealthy = bool(value)
        view.set_unhealthy(naive.unhealthy)
    else:
        for _ in range(int(value)):  # type: ignore[call-overload]
            view.step(0.0)


@given(st.lists(st.one_of(STEPS, WISHES, st.just(NamesLearnt(WEB))), max_size=40))
def test_any_course_of_events_and_wishes_ends_where_the_plainest_way_does(course: list[object]) -> None:
    fleet = Fleet(KINDS)
    view, naive = View(fleet, SERVER, COLUMNS, clock=lambda: NOW, in_steps=True), Naive(fleet)
    view.set_scopes(naive.scopes)
    for one in course:
        if isinstance(one, tuple):
            wish(view, naive, *one)
        else:
            change = view.apply(fleet.apply(one))  # type: ignore[arg-type]
            assert change.rows <= fleet.entries(SERVER).keys()
            if not view.busy:
                assert view.ticks(2) == ticked(view.rows, 2), "kept up with every change"
    view.finish()
    assert not view.busy
    rows = naive.rows()
    assert [one.key for one in view.rows] == [one.key for one in rows]
    assert all(shown is true for shown, true in zip(view.rows, rows, strict=True))
    assert [view.index(one.key) for one in rows] == list(range(len(rows)))
    for lines in (1, 3, 50):
        assert view.ticks(lines) == ticked(rows, lines)
        assert view.ticks(lines, fleet.stale) == ticked(rows, lines, fleet.stale)


def test_rows_stay_as_they_are_until_the_work_is_done() -> None:
    fleet = Fleet(KINDS)
    view = View(fleet, SERVER, COLUMNS, in_steps=True)
    view.set_scopes([WEB.key])
    fleet.apply(delta(WEB, [server(str(n), f"web-{n}", host=f"h{9 - n % 10}") for n in range(2500)]))
    view.set_scopes([WEB.key])
    view.finish()
    before = view.rows
    view.set_sort("host")
    assert view.step(0.0), "2,500 rows are more than one step"
    assert view.busy
    assert view.rows is before
    change = view.apply(fleet.apply(delta(WEB, [server("1", "web-1", "ERROR", host="a")], ["2"])))
    assert change.rows == {f"http://nova-r1|{1}"}
    assert not change.order
    view.finish()
    assert SERVER.name(view.rows[0].row) == "web-1"
    assert len(view.rows) == 2499
    assert view.index("http://nova-r1|2") is None


@pytest.mark.parametrize("column", ["name", "host"])
def test_rows_come_into_a_filter_and_go_out_of_it_as_they_change(column: str) -> None:
    fleet = Fleet(KINDS)
    view = View(fleet, SERVER, COLUMNS, in_steps=True)
    view.set_scopes([WEB.key])
    view.set_sort(column)
    fleet.apply(delta(WEB, [server("1", "a"), server("2", "b", "ERROR", host="h"), server("3", "c")]))
    view.set_filter(parse("status:error", COLUMNS))
    view.finish()
    for rows, shown in (
        ([server("1", "a", "ERROR")], {"a", "b"}),
        ([server("2", "b", host="h")], {"a"}),
        ([server("3", "c", "ERROR", host="x"), server("1", "a")], {"c"}),
    ):
        change = view.apply(fleet.apply(delta(WEB, rows)))
        assert change.order
        assert {SERVER.name(one.row) for one in view.rows} == shown
        assert [view.index(one.key) for one in view.rows] == list(range(len(view.rows)))
        assert view.total == 3


def test_a_longer_filter_looks_only_at_what_the_shorter_one_left() -> None:
    fleet = Fleet(KINDS)
    fleet.apply(delta(WEB, [server(str(n), f"{'web' if n % 10 else 'db'}-{n}") for n in range(200)]))
    view = View(fleet, SERVER, COLUMNS)
    view.set_scopes([WEB.key])
    view.set_filter(parse("db", COLUMNS))
    for one in fleet.entries(SERVER).values():
        one.haystack = ""
    view.set_filter(parse("db-1", COLUMNS))
    assert sum(bool(one.haystack) for one in fleet.entries(SERVER).values()) == 20
    assert len(view.rows) == 11


MOVES = st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=60)


@given(st.lists(MOVES, max_size=4))
def test_an_ordered_list_is_what_sorting_it_anew_gives(rounds: list[list[tuple[bool, int]]]) -> None:
    ordered, naive = Ordered(), dict[str, Entry]()
    for moves in rounds:
        out = {f"{number:03}" for come, number in moves if not come} & naive.keys()
        into = {f"{number:03}": entry(WEB, server(str(number))) for come, number in moves if come}
        into = {place: one for place, one in into.items() if place not in naive or place in out}
        ordered.change(sorted(out, reverse=True), list(into.items()))
        naive = {place: one for place, one in naive.items() if place not in out} | into
        assert ordered.places == sorted(naive)
        assert ordered.entries == [naive[place] for place in sorted(naive)]


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), max_size=6))
def test_packed_texts_come_out_as_they_went_in_but_for_nul(parts: list[str]) -> None:
    plain = [part.replace("\0", "") for part in parts]
    assert unpack(pack(parts)) == (plain if plain != [""] else [])
    assert unpack(None) is None


@given(
    st.dictionaries(TEXTS, st.lists(st.tuples(TEXTS, st.sampled_from([None, 4, 6])), max_size=3), max_size=3),
    st.dictionaries(TEXTS, TEXTS, max_size=4),
)
def test_a_row_tells_what_nova_told(nets: dict[str, list[tuple[str, int | None]]], metadata: dict[str, str]) -> None:
    told = {
        net: [{"addr": addr, "version": version, "OS-EXT-IPS:type": "fixed"} for addr, version in addresses]
        for net, addresses in nets.items()
    }
    row = msgspec.convert({"id": "a", "addresses": told, "metadata": metadata}, Server)
    assert row.metadata == metadata
    assert row.addresses == {
        net: [Address(addr, version, "fixed") for addr, version in addresses if addr] for net, addresses in nets.items()
    }
    again = msgspec.json.decode(msgspec.json.encode(row), type=Server)
    assert again == row
    assert sorted(fixed(row)) == sorted(addr for its in nets.values() for addr, _ in its if addr)
    assert floating(row) == ()


def test_a_row_without_addresses_does_not_tell_that_there_are_none() -> None:
    assert msgspec.convert({"id": "a"}, Server).addresses is None
    assert msgspec.convert({"id": "a", "addresses": {}}, Server).addresses == {}
    assert msgspec.convert({"id": "a"}, Server).metadata is None


def test_rows_share_what_repeats() -> None:
    raw = {"id": "a", "flavor": {"original_name": "m1.small", "ram": 512}, "tags": ["x"], "tenant_id": "p" * 32}
    one, two = (msgspec.json.decode(msgspec.json.encode(raw), type=Server) for _ in range(2))
    assert one.flavor is two.flavor
    assert one.tags is two.tags
    assert one.tenant_id is two.tenant_id
    assert shared(("a", "b")) is shared(("a", "b"))


def test_threads_take_turns_and_wait_while_the_loop_has_the_interpreter() -> None:
    release()
    at_work, most, done = [0], [0], [0]

    def work() -> None:
        for turn in in_turns(1000):
            at_work[0] += 1
            most[0] = max(most[0], at_work[0])
            assert turn.stop - turn.start == SLICE
            at_work[0] -= 1
        done[0] += 1

    claim(60.0)
    threads = [threading.Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    threads[0].join(0.05)
    assert done[0] == 0, "none begins"
    release()
    wait_until(lambda: done[0] == 4, "all of them to be done", 20)
    assert most[0] == 1
    assert list(in_turns(0)) == []


def test_the_loop_has_the_interpreter_to_itself_until_it_is_done_whatever_it_raises() -> None:
    done = threading.Event()

    def work() -> None:
        for _ in in_turns(1):
            done.set()

    def loop() -> None:
        with alone():
            threading.Thread(target=work, daemon=True).start()
            assert not done.wait(0.005)
            raise ValueError("odd")

    with pytest.raises(ValueError, match="odd"):
        loop()
    assert done.wait(20)


def test_late_imports_give_way_before_each_module_and_hold_no_other_thread_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("outer", "inner", "beside"):
        text = "import given_way_inner\n" if name == "outer" else ""
        (tmp_path / f"given_way_{name}.py").write_text(f"{text}SAID = {name!r}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    begun, done = threading.Event(), threading.Event()

    def work() -> None:
        with importing():
            begun.set()
            claim(60.0)  # as the loop does, in the middle of it
            assert importlib.import_module("given_way_outer").given_way_inner.SAID == "inner"
        done.set()

    release()
    finders = list(sys.meta_path)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert begun.wait(20)
    thread.join(0.05)
    assert importlib.import_module("given_way_beside").SAID == "beside", "what the loop imports waits for nobody"
    assert not done.is_set()
    release()
    assert done.wait(20)
    assert sys.meta_path == finders
