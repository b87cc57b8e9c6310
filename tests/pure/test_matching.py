"""Searching in texts: plain, by expression, round the end; and the marks of what was found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.ui.line import Span
from tui.ui.matching import Matches, Search, marked

LINES = ["Linux version 6.8", "DHCPv4: no lease", "FAILED to start", "retry failed", "done"]


def test_plain_and_expressions_find_lines_whatever_their_case() -> None:
    assert Search("failed").lines(LINES) == [2, 3]
    assert Search("no lease|fail").lines(LINES) == [1, 2, 3]
    assert Search("").lines(LINES) == []
    assert Search("q*").lines(LINES) == []


def test_a_broken_or_dangerous_expression_is_searched_as_text() -> None:
    for text in ("(a+)+b", "[x", "(" * 50):
        search = Search(text)
        assert search.note.startswith("searched as plain text")
        assert search.lines([f"see {text} here", "other"]) == [0]


def test_next_and_previous_go_round() -> None:
    matches = Matches()
    matches.look("failed", LINES, 0)
    assert matches.line == 2
    assert [matches.step(1, matches.line) for _ in range(3)] == [3, 2, 3]
    assert matches.step(-1, matches.line) == 2
    assert "".join(span.text for span in matches.words) == "1 of 2"
    matches.look("nothing", LINES, 0)
    assert (matches.line, matches.step(1, 0)) == (-1, -1)
    assert "".join(span.text for span in matches.words) == "no match"


def test_found_text_is_on_the_match_ground() -> None:
    line = marked((Span("key: ", "dim"), Span("failed")), Search("y: fa").spans("key: failed"))
    assert line == (Span("ke", "dim"), Span("y: ", "dim", "match"), Span("fa", "text", "match"), Span("iled"))


@given(st.text(max_size=10), st.lists(st.text(max_size=20), max_size=5))
def test_any_search_marks_just_what_it_says(text: str, lines: list[str]) -> None:
    search = Search(text)
    found = search.lines(lines)
    for number, line in enumerate(lines):
        spans = search.spans(line)
        assert all(0 <= start < end <= len(line) for start, end in spans)
        parts = marked((Span(line),), spans)
        assert "".join(part.text for part in parts) == line
        if spans:
            assert number in found
