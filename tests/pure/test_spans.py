"""Lines of spans: cut, put apart and wrapped to exact cells."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from tui.model.text import inert
from tui.ui.line import Span, width_of
from tui.ui.spans import apart, on, strip, wrap

TEXTS = st.lists(st.text(st.sampled_from("ab 漢é-"), max_size=12).map(inert), min_size=1, max_size=4)


def plain(lines: list[tuple[Span, ...]]) -> list[str]:
    return ["".join(span.text for span in line).rstrip() for line in lines]


def test_wrap_breaks_between_words_and_indents() -> None:
    spans = (Span("  when        ", "dim"), Span("one two three four"))
    assert plain(wrap(spans, 24, 14)) == ["  when        one two", "              three four"]
    assert [width_of(line) for line in wrap((Span("one two "),), 7)] == [7]
    assert plain(wrap((Span("x" * 7),), 4, 1)) == ["xxxx", " xxx"]
    assert plain(wrap((Span("ab cdefghij"),), 4)) == ["ab", "cdef", "ghij"]


def test_wrap_never_splits_a_wide_character() -> None:
    assert plain(wrap((Span("漢漢漢"),), 5)) == ["漢漢", "漢"]


@given(TEXTS, st.integers(4, 20), st.integers(0, 2))
def test_wrap_keeps_all_letters_in_the_width(texts: list[str], width: int, indent: int) -> None:
    lines = wrap([Span(text) for text in texts], width, indent)
    assert all(width_of(line) <= width for line in lines)
    assert "".join(plain(lines)).replace(" ", "") == "".join(texts).replace(" ", "")


@given(TEXTS, TEXTS, st.integers(1, 60))
def test_apart_is_as_wide_as_asked(left: list[str], right: list[str], width: int) -> None:
    line = apart([Span(text) for text in left], [Span(text) for text in right], width)
    assert width_of(line) <= width
    if width_of([Span(text) for text in right]) < width:
        assert width_of(line) == width


@given(TEXTS, st.integers(1, 40))
def test_a_strip_and_a_ground_fill_the_width(texts: list[str], width: int) -> None:
    spans = [Span(text) for text in texts]
    assert strip(spans, lambda token, ground: Style(), width).cell_length == width
    assert width_of(on(spans, width, "cursor")) == width
    assert all(span.ground == "cursor" for span in on(spans, width, "cursor"))
