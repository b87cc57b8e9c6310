"""Cursor, top row and marks follow rows by key; the ruler shows where the trouble is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tui.model.status import Health, Status
from tui.ui.ruler import THUMB, TICK, ruler
from tui.ui.window import Window


class Listed:
    """Rows by key alone."""

    def __init__(self, keys: Iterable[str]) -> None:
        self.rows: Sequence[Any] = [SimpleNamespace(key=key) for key in keys]

    def index(self, key: str) -> int | None:
        return next((i for i, row in enumerate(self.rows) if row.key == key), None)

    def standing(self, entry: Any) -> tuple[Status, float, bool]:
        return Status(Health.FINE, "ACTIVE"), 0.0, False

    def ticks(self, lines: int) -> Sequence[Health | None]:
        return [None] * lines


def window(count: int, page: int = 10) -> Window:
    found = Window()
    found.page = page
    found.source = Listed(f"r{n:03}" for n in range(count))
    found.settle()
    return found


def test_the_cursor_stays_on_the_first_row_while_rows_stream_in() -> None:
    it = window(3)
    it.source = Listed(["a", "b", *(f"r{n:03}" for n in range(3))])
    it.settle()
    assert (it.cursor, it.cursor_key, it.top) == (0, "a", 0)


def test_the_cursor_follows_its_row_once_it_was_moved() -> None:
    it = window(5)
    it.move_to(2)
    it.source = Listed(["a", "b", *(f"r{n:03}" for n in range(5))])
    it.settle()
    assert (it.cursor, it.cursor_key) == (4, "r002")


def test_the_row_at_the_top_stays_there() -> None:
    it = window(100)
    it.move_to(50)
    top = it.source.rows[it.top].key
    it.source = Listed(["a", "b", "c", *(f"r{n:03}" for n in range(100))])
    it.settle()
    assert it.source.rows[it.top].key == top
    assert it.cursor_key == "r050"


def test_a_row_that_goes_leaves_the_cursor_where_it_was() -> None:
    it = window(10)
    it.move_to(4)
    it.source = Listed(f"r{n:03}" for n in range(10) if n != 4)
    it.settle()
    assert (it.cursor, it.cursor_key) == (4, "r005")


def test_marks_are_keys_and_ranges_run_from_the_last_mark() -> None:
    it = window(20)
    it.move_to(3)
    it.toggle_mark()
    it.move_to(6)
    it.mark_range()
    assert it.marks == {"r003", "r004", "r005", "r006"}
    it.source = Listed(f"r{n:03}" for n in reversed(range(20)))
    it.settle()
    assert it.marks == {"r003", "r004", "r005", "r006"}
    it.mark_all()
    assert len(it.marks) == 20
    it.mark_all()
    assert not it.marks


@given(
    moves=st.lists(
        st.one_of(
            st.tuples(st.just("move"), st.integers(-5, 60)),
            st.tuples(st.just("scroll"), st.integers(-5, 60)),
            st.tuples(st.just("rows"), st.integers(0, 50)),
            st.tuples(st.just("page"), st.integers(1, 30)),
        ),
        max_size=30,
    )
)
def test_cursor_and_top_are_always_inside(moves: list[tuple[str, int]]) -> None:
    it = window(20)
    for what, number in moves:
        if what == "move":
            it.move_to(number)
            assert not it.source.rows or it.cursor in it.visible
        elif what == "scroll":
            it.scroll_to(number)
        elif what == "page":
            it.page = number
            it.show_cursor()
        else:
            it.source = Listed(f"r{n:03}" for n in range(number))
            it.settle()
        count = len(it.source.rows)
        assert 0 <= it.top <= max(count - it.page, 0) or it.top == 0
        assert 0 <= it.cursor < max(count, 1)
        assert it.cursor_key == (it.source.rows[it.cursor].key if count else it.cursor_key)


def test_the_ruler_ticks_at_the_height_of_trouble_in_the_whole_list() -> None:
    lines = ruler(10, 100, 0, [Health.ATTENTION, *[None] * 8, Health.BROKEN])
    assert lines[0] == (TICK, "warn")
    assert lines[9] == (TICK, "bad")
    assert ruler(10, 5, 0, []) == [(" ", "line")] * 10
    assert ruler(10, 100, 90, [])[9] == (THUMB, "line")


@given(st.integers(0, 80), st.integers(0, 60_000), st.integers(0, 60_000), st.sets(st.integers(0, 79)))
def test_the_ruler_always_has_its_height(height: int, total: int, top: int, bad: set[int]) -> None:
    ticks = [Health.BROKEN if line in bad else None for line in range(height)]
    lines = ruler(height, total, min(top, max(total - height, 0)), ticks)
    assert len(lines) == height
    if total:
        assert {y for y, line in enumerate(lines) if line == (TICK, "bad")} == {y for y in bad if y < height}
