"""When a link counts as slow and when a frame may go, with time brought by the test."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.ui.painter.link import FRAMES, PATIENCE, WINDOW, Link

PAGE = 2000


def trip(link: Link, at: float, size: int, took: float) -> bool:
    """Send a frame and let its answer come after so long; returns whether that proved the link slow."""
    assert link.sends(size, at)
    return link.answers(at + took)


def begun(*, remote: bool = True, wish: str = "auto", round_trip: float = 0.05) -> Link:
    """Return a link whose round trip is known, from the first question."""
    link = Link(remote=remote, wish=wish)  # type: ignore[arg-type]
    link.asks(0.0)
    link.answers(round_trip)
    return link


def test_two_slow_pages_prove_it_and_it_is_said_once() -> None:
    link = begun()
    took = 0.05 + PAGE / 8000
    assert not trip(link, 1.0, PAGE, took)
    assert not link.low
    assert trip(link, 2.0, PAGE, took)
    assert link.low
    assert not trip(link, 3.0, PAGE, took)
    assert link.rate == pytest.approx(8000, rel=0.01)


def test_one_slow_page_is_no_proof_and_a_fast_one_starts_the_count_anew() -> None:
    link = begun()
    for at in range(1, 20, 2):
        assert not trip(link, at, PAGE, 1.0)
        assert not trip(link, at + 1, PAGE, 0.06)
    assert not link.low


def test_a_long_round_trip_alone_is_not_slow() -> None:
    link = begun(round_trip=0.7)
    assert not any(trip(link, at, PAGE, 0.7 + PAGE / 400_000) for at in range(1, 9))
    assert not link.low


@pytest.mark.parametrize(("remote", "wish"), [(False, "auto"), (True, "off"), (False, "off")])
def test_nothing_is_asked_where_nothing_would_follow(remote: bool, wish: str) -> None:
    link = begun(remote=remote, wish=wish)
    assert not any(link.sends(PAGE, at) for at in range(20))
    assert link.wait(20.0) == 0


def test_small_frames_say_nothing_and_are_not_asked_about() -> None:
    link = begun()
    assert not any(link.sends(80, at) for at in range(20))


def test_over_a_slow_link_frames_keep_apart_and_the_first_goes_at_once() -> None:
    link = begun(wish="on")
    assert link.wait(5.0) == 0
    link.sends(80, 5.0)
    link.answers(5.01)
    assert link.wait(5.02) == pytest.approx(1 / FRAMES - 0.02)
    assert link.wait(5.0 + 1 / FRAMES) == 0


def test_what_is_under_way_holds_the_next_frame_until_it_has_arrived_or_is_given_up() -> None:
    link = begun(wish="on")
    link.sends(WINDOW, 5.0)
    assert link.wait(6.0) == pytest.approx(PATIENCE - 1)
    link.answers(6.1)
    assert link.wait(6.2) == 0
    link.sends(WINDOW, 7.0)
    assert link.wait(7.0 + PATIENCE) == 0
    # Late is not lost: the next answer is still told apart from this one.
    link.sends(100, 11.0)
    link.answers(11.1)
    assert link.asking
    link.answers(11.2)
    assert not link.asking


def test_a_terminal_that_answers_nothing_is_asked_no_more() -> None:
    link = Link(remote=True, wish="on")
    at = 0.0
    while not link.mute:
        assert link.sends(WINDOW, at)
        at += PATIENCE
        link.wait(at)
        assert at < 60
    assert not link.sends(WINDOW, at)
    assert link.wait(at + 1) == 0


def test_how_long_the_last_answer_may_take_is_known_from_those_before() -> None:
    link = begun(wish="on")
    assert link.due() == 0
    trip(link, 1.0, PAGE, 0.05 + PAGE / 8000)
    assert link.due() == 0
    link.sends(4000, 2.0)
    assert link.due() == pytest.approx(0.55, rel=0.01)


def test_a_change_of_hands_forgets_what_was_under_way() -> None:
    link = begun(wish="on")
    link.sends(WINDOW * 3, 5.0)
    assert link.wait(5.2) > 1
    link.restart()
    assert link.wait(5.2) == 0
    assert not link.answers(5.3)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(0, 20_000)),
        st.tuples(st.just("answer"), st.just(0)),
        st.tuples(st.just("wait"), st.integers(0, 5000)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=60,
)


@given(remote=st.booleans(), wish=st.sampled_from(["auto", "on", "off"]), script=steps)
def test_whatever_happens_no_frame_waits_longer_than_an_answer_may_take(
    remote: bool, wish: str, script: list[tuple[str, int]]
) -> None:
    link = Link(remote=remote, wish=wish)  # type: ignore[arg-type]
    now = 0.0
    for deed, number in script:
        now += 0.001
        match deed:
            case "send":
                link.sends(number, now)
            case "answer":
                link.answers(now)
            case "restart":
                link.restart()
            case _:
                now += number / 1000
                assert 0 <= link.wait(now) <= PATIENCE
        if wish == "off" or (wish == "auto" and not remote):
            assert not link.low
            assert link.wait(now) == 0
