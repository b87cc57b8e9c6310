"""Hostile text comes out harmless, and cuts are exact to the cell."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.model.text import MARKS_A_BASE, cells, cut_end, cut_middle, fit, inert, inert_lines, visible

NASTY = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me", "Zs", "Zl", "Zp"]),
        st.sampled_from("a日\u0301\u200d\ufe0f\U0001f469\U0001f3fd\u202e\x1b\x9b\n\t"),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("web-01", "web-01"),
        ("\x1b[31mred", "␛[31mred"),
        ("a\nb\tc\rd", "a␤b c␍d"),
        ("del\x7f csi\x9b31m", "del␡ csi⟨U+009B⟩31m"),
        ("\u202egpj.exe", "⟨U+202E⟩gpj.exe"),
        ("zero\u200bwidth\ufeff", "zero⟨U+200B⟩width⟨U+FEFF⟩"),
        ("shy\u00ad line\u2028 nbsp\u00a0", "shy⟨U+00AD⟩ line⟨U+2028⟩ nbsp⟨U+00A0⟩"),
        ("tag\U000e0041", "tag⟨U+E0041⟩"),
        ("lone\ud800 non\ufffe", "lone⟨U+D800⟩ non⟨U+FFFE⟩"),
        ("filler\u3164\u2800", "filler⟨U+3164⟩⟨U+2800⟩"),
        ("日本語 caf\u00e9 naïve", "日本語 caf\u00e9 naïve"),
        ("e\u0301", "e\u0301"),
        ("\u0301x", "⟨U+0301⟩x"),
        ("z" + "\u0301" * 30 + "!", "z" + "\u0301" * MARKS_A_BASE + "⟨+26⟩!"),
        ("👩\u200d💻 👍🏽 ❤\ufe0f", "👩💻 👍 ❤"),
        ("a\u200db\ufe0f", "a⟨U+200D⟩b⟨U+FE0F⟩"),
        ("[red]x[/] [/x]", "[red]x[/] [/x]"),
        (None, "None"),
        (42, "42"),
    ],
)
def test_hostile_characters_become_visible(raw: object, shown: str) -> None:
    assert inert(raw) == shown


@given(NASTY)
def test_inert_text_holds_nothing_that_controls_or_hides(raw: str) -> None:
    text = inert(raw)
    assert inert(text) == text
    marks = 0
    for index, char in enumerate(text):
        category = unicodedata.category(char)
        assert category not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert category != "Zs" or char in " \u3000"
        marks = marks + 1 if category in {"Mn", "Me", "Mc"} else 0
        assert marks <= MARKS_A_BASE
        assert index or not marks, "a mark at the start would land on what stands before the text"


@given(NASTY, st.integers(0, 30))
def test_cuts_keep_within_their_cells(raw: str, width: int) -> None:
    text = inert(raw)
    for ascii_set in (False, True):
        for cut in (cut_end, cut_middle):
            short = cut(text, width, ascii_set)
            assert cells(short) <= width
            assert short == text or cells(text) > width
        for align in ("left", "right", "center"):
            assert cell_len(fit(text, width, align, ascii=ascii_set)) == width


@given(NASTY, st.integers(3, 30))
def test_a_cut_never_starts_with_the_mark_of_another_character(raw: str, width: int) -> None:
    short = cut_middle(inert(raw), width)
    _, dots, tail = short.rpartition("…")
    if dots and tail and inert(raw) != short:
        assert not unicodedata.category(tail[0]).startswith("M")


def test_names_are_cut_in_the_middle_and_sentences_at_the_end() -> None:
    assert cut_middle("catalog-db-replica-02", 17) == "catalog-d…lica-02"
    assert cut_end("No valid host was found", 10) == "No valid …"
    assert cut_end("No valid host was found", 10, ascii=True) == "No valid.."
    assert fit("日本語", 5) == "日本…"
    assert fit("日本語", 4) == "日… "
    assert fit("7", 3, "right") == "  7"


@given(NASTY)
def test_lines_and_visible_part_at_newlines_only(raw: str) -> None:
    assert all("\n" not in line for line in inert_lines(raw))
    assert visible(raw).count("\n") == raw.count("\n")
    assert visible(raw).split("\n") == [inert(line) for line in raw.split("\n")]


def test_lines_of_a_console_log() -> None:
    assert inert_lines("a\tb\r\n\x1b[1mboot\x1b[0m\r\r\nlogin: ") == ["a       b", "␛[1mboot␛[0m", "login: "]
    assert inert_lines("") == []
