"""What many servers answered, in one sentence and as differences."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.live.commands_many import Group, difference, first_of, summary
from tui.model.status import Health


def group(number: int, *lines: str, word: str = "done", health: Health = Health.FINE) -> Group:
    return Group(tuple(map(str, range(number))), word, health, lines, first_of(lines))


def test_the_sentence_says_how_many_say_what() -> None:
    assert summary([group(198, "6.1.0"), group(2, "5.10")]) == "198 say 6.1.0, 2 say 5.10"
    assert summary([group(1, "", "  ok  ")]) == "1 says ok"
    assert summary([group(3)]) == "3 say nothing"
    assert summary([group(1_200, "x")], 4) == "1,200 say x, 4 still at it"


def test_an_answer_is_told_by_the_line_that_not_all_say() -> None:
    assert first_of(("Filesystem  Size", "/dev/vda1  20G"), {"Filesystem  Size"}) == "/dev/vda1  20G"
    assert first_of(("", "  same"), {"  same"}) == "same"
    assert first_of(()) == ""


def test_what_did_not_end_well_is_named_by_its_state() -> None:
    groups = [
        group(5, "active"),
        group(2, "failed", word="exit 3", health=Health.ATTENTION),
        group(1, word="exit 1", health=Health.ATTENTION),
        group(1, "no route", word="timed out", health=Health.BROKEN),
    ]
    assert summary(groups) == "5 say active, 2 say failed (exit 3), 1 exit 1, 1 timed out"


def test_a_long_tail_is_counted() -> None:
    groups = [group(1, f"answer {number}") for number in range(7)]
    assert summary(groups) == "7 say something of their own"
    assert summary([group(9, "x"), *groups]) == "9 say x, 7 say something of their own"
    assert summary([group(2, str(number)) for number in range(6)]).endswith("4 say other things")


def test_a_difference_is_told_by_line() -> None:
    usual, other = ["a", "b", "c", "d"], ["a", "x", "c", "d"]
    signs = [(sign, text) for sign, text in difference(usual, other) if sign != "@"]
    assert ("-", "b") in signs
    assert ("+", "x") in signs
    assert ("+", "d") not in signs
    assert difference(usual, usual) == ()


@given(st.lists(st.text("ab-+@ ", max_size=6)), st.lists(st.text("ab-+@ ", max_size=6)))
def test_a_difference_never_loses_a_new_line(usual: list[str], other: list[str]) -> None:
    told = difference(usual, other)
    assert all(sign in "-+@ " for sign, _ in told)
    added = [text for sign, text in told if sign in "+ "]
    assert set(other) - set(usual) <= set(added)
