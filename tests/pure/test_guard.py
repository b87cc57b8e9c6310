"""Type-ahead never acts: what a read of several keys may do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.ui.guard import QUIET, Reads, Stroke, Verdict, field_text, judge

COMMANDS = {
    "j": "move.down",
    "k": "move.up",
    "down": "move.down",
    "d": "see.describe",
    "q": "session.quit",
    "enter": "see.open",
    "colon": "find.go",
    "slash": "find.filter",
    "u": "see.used",
}
NAMES = {":": "colon", "/": "slash", "\r": "enter"}


def strokes(text: str) -> list[Stroke]:
    return [Stroke(NAMES.get(char, char), char) for char in text]


def verdict(text: str) -> Verdict:
    return judge(strokes(text), lambda key: COMMANDS.get(key, ""))


def test_one_key_acts() -> None:
    assert verdict("d") is Verdict.ACT
    assert verdict(":") is Verdict.ACT


def test_moves_act_however_many_came() -> None:
    assert verdict("j" * 500) is Verdict.ACT
    assert verdict("jkjkjjj" * 10) is Verdict.ACT


def test_a_held_key_acts() -> None:
    assert verdict("u" * 30) is Verdict.ACT


def test_text_behind_a_colon_or_slash_is_the_fields() -> None:
    assert verdict(":security") is Verdict.FIELD
    assert verdict("/web-01\r") is Verdict.FIELD


def test_text_without_a_field_does_nothing() -> None:
    assert verdict("stop all") is Verdict.DROP
    assert verdict("dude") is Verdict.DROP
    assert verdict("dududududududu") is Verdict.DROP, "too many keys for fingers"


def test_a_few_commands_of_a_laggy_link_act() -> None:
    assert verdict("jjd") is Verdict.ACT


def test_an_enter_within_typed_ahead_text_is_a_blank() -> None:
    assert field_text(strokes("security\rgroups\r")) == ("security groups", True)
    assert field_text(strokes("sec")) == ("sec", False)


@given(text=st.text(alphabet="abcdefgjkqux \r:/", min_size=1, max_size=60))
def test_every_key_of_a_read_is_accounted_for(text: str) -> None:
    reads, found = Reads(), strokes(text)
    what = judge(found, lambda key: COMMANDS.get(key, ""))
    reads.begin(found, what)
    dropped = [reads.next(stroke, 1.0) for stroke in found]
    assert all(dropped) if what is not Verdict.ACT else not any(dropped)
    assert not reads.in_burst


def test_the_tail_of_dropped_text_does_nothing_either() -> None:
    reads, found = Reads(), strokes("stop web-01 an")
    reads.begin(found, Verdict.DROP)
    for stroke in found:
        reads.next(stroke, 1.0)
    assert reads.next(Stroke("d", "d"), 1.0 + QUIET / 2)
    assert not reads.next(Stroke("d", "d"), 2.0)


def test_what_was_typed_before_something_opened_does_not_answer_it() -> None:
    reads, found = Reads(), strokes("qu")
    reads.begin(found, Verdict.ACT)
    assert not reads.next(found[0], 1.0)
    reads.drop_rest()
    assert reads.next(found[1], 1.0)
