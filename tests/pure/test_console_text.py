"""Console text: what a terminal would show of each line, colours as inks, nothing that controls left over."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.console_text import LONGEST, MOST_LINES, after_sgr, drawn
from tui.ui.themes import INKS

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(list("\x1b\x9b[]0123456789;mHJKCDG?hl\r\b\t\a\\ a日\u0301\u202e\u200d\ufeff\ufffd")),
    ),
    max_size=200,
)


def text_of(raw: str) -> str:
    lines, _ = drawn(raw)
    assert len(lines) == 1, lines
    return lines[0][0]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain [ 0.1] text", "plain [ 0.1] text"),
        ("10%\r 50%\r100% done", "100% done"),
        ("line\r", "line"),
        ("abc\b\bX", "aXc"),
        ("\b\b\bx", "x"),
        ("a\tb", "a       b"),
        ("loading\r\x1b[Kdone", "done"),
        ("abc\x1b[2Dx\x1b[1Cy", "axcy"),
        ("abc\x1b[1Gx", "xbc"),
        ("\x1b[?25l\x1b[1mbold\x1b(B", "bold"),
        ("\x1b]52;c;cm0gLXJm\x07x", "␛]52;c;cm0gLXJm␇x"),
        ("\x1b]0;title\x1b\\x", "␛]0;title␛\\x"),
        ("\x1b[6n\x1b[c", "␛[6n␛[c"),
        ("\x1bP+q544e\x1b\\", "␛P+q544e␛\\"),
        ("cut \x1b[3", "cut ␛[3"),
        ("\u202egpj.exe", "⟨U+202E⟩gpj.exe"),
        ("[\x1b[0;32m  OK  \x1b[0m] Started", "[  OK  ] Started"),
        # As genuine Nova sends it: without ESC.
        ("[[0;32m  OK  [0m] Started [0;1;39mssh.service[0m - x", "[  OK  ] Started ssh.service - x"),
        ("[mUbuntu[m", "Ubuntu"),
        ("e820: [mem 0x0000-0x9fbff] [10m] [KVM] [Hyper-V]", "e820: [mem 0x0000-0x9fbff] [10m] [KVM] [Hyper-V]"),
    ],
)  # fmt: skip
def test_a_line_reads_as_a_terminal_would_show_it(raw: str, shown: str) -> None:
    assert text_of(raw) == shown


def test_colours_become_inks_and_last_into_the_next_line() -> None:
    lines, ink = drawn("\x1b[31mred\x1b[0m plain \x1b[1;33mwarn")
    assert lines == [("red plain warn", ((0, 3, "bad"), (10, 14, "warn")))]
    assert ink == "warn"
    assert drawn("next", ink)[0] == [("next", ((0, 4, "warn"),))]
    assert drawn("\x1b[mnext", ink) == ([("next", ())], "")


@pytest.mark.parametrize(
    ("args", "ink"),
    [
        ("31", "bad"), ("92", "ok"), ("0;1;39", "strong"), ("38;5;196", "bad"), ("38;5;2", "ok"),
        ("38;2;250;240;10", "warn"), ("38;2;0;0;0", "dim"), ("48;5;196", ""), ("7;8;5", ""), ("", ""),
        ("99999999999;31", "bad"), ("38", ""), ("38;5", "dim"),
    ],
)  # fmt: skip
def test_every_rendition_is_an_ink_of_ours(args: str, ink: str) -> None:
    assert after_sgr(args) == ink


def test_cursor_movements_make_lines_but_not_without_end() -> None:
    lines, _ = drawn("\x1b[2J\x1b[1;1HGRUB menu\x1b[5;3H*Ubuntu\x1b[6;3H Advanced")
    assert [text for text, _ in lines] == ["GRUB menu", "*Ubuntu", " Advanced"]
    assert [text for text, _ in drawn("[H[J[1;1HGRUB[2;1HUbuntu")[0]] == ["GRUB", "Ubuntu"]
    many, _ = drawn("x\x1b[H" * 2000)
    assert len(many) <= MOST_LINES + 1


def test_a_line_of_megabytes_is_cut_and_says_so() -> None:
    (text, inks), *rest = drawn("\x1b[31m" + "x" * 5_000_000)[0]
    assert not rest
    assert len(text) < LONGEST + 50
    assert text.endswith(f"… {5_000_005 - LONGEST:,} more characters")
    assert inks[-1][2] == "dim"


@given(HOSTILE, st.sampled_from(["", "bad", "strong"]))
def test_nothing_that_controls_or_hides_is_left(raw: str, ink: str) -> None:
    raw = raw.replace("\n", "")
    lines, after = drawn(raw, ink)
    assert lines
    assert after in {"", *INKS}
    for text, inks in lines:
        for char in text:
            assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}, ascii(raw)
        end = 0
        for start, stop, name in inks:
            assert end <= start < stop <= len(text)
            assert name in INKS
            end = stop
