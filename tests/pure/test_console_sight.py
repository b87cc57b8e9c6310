"""What of a console log is in sight: it stays while lines come, whatever is filtered, searched or wrapped."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from tui.live.console import Update
from tui.model.console import Line, Severity, Sort
from tui.ui.console_sight import MOST, Sight


def line(text: str, severity: Severity = Severity.NONE) -> Line:
    return Line(text, severity=severity)


def sight_of(number: int, room: int = 10, width: int = 40) -> Sight:
    sight = Sight()
    sight.fit(width, room)
    sight.take(Update(tuple(line(f"line {n}") for n in range(number))))
    return sight


def seen(sight: Sight) -> list[str]:
    rows = (sight.at(sight.top + y) for y in range(sight.room))
    return [sight.lines[found[0]].text for found in rows if found is not None and found[1] == 0]


def test_who_looks_at_the_end_goes_on_seeing_it() -> None:
    sight = sight_of(100)
    assert seen(sight)[-1] == "line 99"
    sight.take(Update((line("more"),)))
    assert seen(sight)[-1] == "more"
    sight.scroll_by(-5)
    before = seen(sight)
    sight.take(Update((line("even more"), line("and more"))))
    assert seen(sight) == before
    assert sight.below == 2
    sight.to_end()
    assert sight.below == 0


def test_an_unfinished_line_is_replaced_and_counted_once() -> None:
    sight = sight_of(3)
    sight.look_for("login")
    sight.take(Update((line("login failed", Severity.WARN),)))
    assert (sight.found, sight.counts[Severity.WARN]) == ([3], 1)
    sight.take(Update((line("login failed: bye", Severity.BAD), line("next")), replaced=1))
    assert [each.text for each in sight.lines[3:]] == ["login failed: bye", "next"]
    assert (sight.found, sight.counts) == ([3], {Severity.WARN: 0, Severity.BAD: 1})


def test_filters_hide_and_the_dashboards_own_lines_stay() -> None:
    sight = sight_of(30)
    sight.take(Update((Line("", sort=Sort.GAP), line("odd", Severity.WARN), line("broken", Severity.BAD))))
    sight.filter_by("line 1")
    assert sight.number == 12
    sight.take(Update((line("line 100"), line("other"))))
    assert sight.number == 13
    sight.filter_by("!line")
    assert [sight.lines[sight.index(n)].text for n in range(sight.number)] == ["", "odd", "broken", "other"]
    sight.filter_by("")
    sight.toggle_marked()
    assert [sight.lines[sight.index(n)].text for n in range(sight.number)] == ["", "odd", "broken"]
    assert [severity for _, severity in sight.troubles()] == [Severity.WARN, Severity.BAD]


def test_searching_steps_round_the_end() -> None:
    sight = sight_of(200)
    sight.scroll_to(0)
    sight.look_for("9$")
    assert (sight.cursor, sight.match_number, len(sight.found)) == (9, 1, 20)
    assert sight.step(1)
    assert sight.cursor == 19
    assert sight.step(-1)
    assert sight.step(-1)
    assert (sight.cursor, sight.match_number) == (199, 20)
    assert seen(sight)[-1] == "line 199"
    sight.look_for("nothing like it")
    assert not sight.step(1)
    assert sight.cursor == -1


def test_errors_are_gone_to_from_the_first_on_warnings_where_there_is_none() -> None:
    sight = sight_of(50)
    assert not sight.step_error()
    sight.take(Update((line("odd", Severity.WARN), line("fine"), line("odder", Severity.WARN))))
    assert sight.step_error()
    assert sight.lines[sight.cursor].text == "odd"
    sight.take(Update((line("bad", Severity.BAD), line("worse", Severity.BAD))))
    sight.cursor = -1
    for wanted in ("bad", "worse", "bad"):
        assert sight.step_error()
        assert sight.lines[sight.cursor].text == wanted
    assert sight.step_error(-1)
    assert sight.lines[sight.cursor].text == "worse"


def test_wrapped_lines_have_rows_and_keep_their_place() -> None:
    sight = sight_of(5, room=6, width=10)
    sight.take(Update((line("0123456789" * 3), line("日本語日本語"), line("last"))))
    sight.scroll_to(0)
    sight.toggle_wrap()
    assert sight.rows == 5 + 3 + 2 + 1
    assert sight.at(6) == (5, 1)
    assert sight.at(11) is None
    sight.scroll_to(5)
    sight.fit(5, 6)
    assert sight.first_line == 5
    sight.toggle_wrap()
    assert sight.rows == 8


def test_lines_that_are_taken_back_leave_no_empty_rows_in_sight() -> None:
    sight = Sight()
    sight.fit(12, 5)
    sight.take(Update(tuple(line("b") for _ in range(10))))
    sight.scroll_by(-3)
    sight.take(Update((), 5))
    assert (sight.rows, sight.top, sight.below) == (5, 0, 0)


def test_a_hundred_thousand_lines_cost_what_is_new_and_no_more_are_kept() -> None:
    sight = sight_of(MOST - 100, room=40, width=80)
    sight.look_for("9999")
    sight.scroll_to(50_000)
    here = seen(sight)
    new = tuple(line(f"new {n}") for n in range(10))
    start = time.process_time()
    for _ in range(10):
        sight.take(Update(new))
    # Ten answers with ten lines each take 0.01 s; all lines anew would take some 0.1 s each time.
    assert time.process_time() - start < 0.5
    assert seen(sight) == here
    sight.take(Update(new))
    assert len(sight.lines) <= MOST
    assert sight.gone > 0
    assert seen(sight) == here


updates = st.lists(
    st.tuples(
        st.lists(st.tuples(st.text("abx \u65e5", max_size=30), st.sampled_from(Severity)), max_size=6),
        st.integers(0, 2),
        st.sampled_from(["", "wrap", "search", "filter", "marked", "up", "end", "error", "narrow"]),
    ),
    max_size=15,
)


@given(updates)
def test_what_is_kept_step_by_step_is_what_all_anew_would_give(steps: list[tuple[object, int, str]]) -> None:
    sight = Sight()
    sight.fit(12, 5)
    for lines, replaced, act in steps:
        new = tuple(line(text, severity) for text, severity in lines)  # type: ignore[attr-defined]
        sight.take(Update(new, min(replaced, len(sight.lines))))
        match act:
            case "wrap":
                sight.toggle_wrap()
            case "search":
                sight.look_for("a")
            case "filter":
                sight.filter_by("" if sight.filter.text else "b")
            case "marked":
                sight.toggle_marked()
            case "up":
                sight.scroll_by(-3)
            case "end":
                sight.to_end()
            case "error":
                sight.step_error()
            case "narrow":
                sight.fit(7, 4)
    anew = Sight()
    anew.fit(sight._width, sight.room)
    anew.wrap = sight.wrap
    anew.filter_by(sight.filter.text)
    anew.only_marked = sight.only_marked
    anew.search = sight.search
    anew.lines = list(sight.lines)
    anew._anew()
    assert sight.number == anew.number
    assert sight.found == anew.found
    assert sight.rows == anew.rows
    assert sight.counts == {
        each: sum(one.severity is each for one in sight.lines) for each in (Severity.WARN, Severity.BAD)
    }
    assert 0 <= sight.top <= max(sight.rows - sight.room, 0)
    assert -1 <= sight.cursor < max(len(sight.lines), 1)
