"""A line being typed: whatever keys and text come, the cursor stays in it and what is shown is inert."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.model.text import cells, inert
from tui.ui.editing import MASK, Edit, one_line
from tui.ui.line import width_of

KEYS = st.sampled_from(
    ("left", "right", "home", "end", "backspace", "delete", "ctrl+a", "ctrl+e", "ctrl+u", "ctrl+k", "ctrl+w", "ctrl+y")
)


def typed(text: str, *keys: str) -> Edit:
    edit = Edit(text)
    for key in keys:
        assert edit.key(key, None)
    return edit


def shown(edit: Edit, width: int = 40, *, focused: bool = True, suggestion: str = "") -> str:
    return "".join(span.text for span in edit.paint(width, focused=focused, suggestion=suggestion))


def test_readline_keys() -> None:
    assert typed("web prod db", "ctrl+w").text == "web prod "
    assert typed("web prod ", "ctrl+w").text == "web "
    assert typed("web prod", "ctrl+u").text == ""
    assert typed("web prod", "ctrl+a", "ctrl+k").text == ""
    assert typed("web prod", "ctrl+left", "ctrl+u").text == "prod"
    assert typed("web prod", "home", "ctrl+right", "ctrl+k").text == "web"
    assert typed("web", "left", "delete").text == "we"
    assert typed("web", "home", "backspace").text == "web"
    assert typed("web prod", "ctrl+w", "ctrl+y").text == "web prod"


def test_a_paste_goes_in_whole_at_the_cursor() -> None:
    edit = typed("ab", "left")
    edit.insert("1\r\n2\n3\t\x1b[31m4")
    assert edit.text == "a1 2 3 [31m4b"
    assert edit.text[edit.cursor :] == "b"


def test_unknown_keys_are_not_taken() -> None:
    edit = Edit("x")
    assert not edit.key("f5", None)
    assert not edit.key("ctrl+t", "\x14")
    assert edit.text == "x"


def test_a_character_goes_with_its_marks() -> None:
    edit = Edit("ne\u0301")
    edit.key("backspace", None)
    assert edit.text == "n"


def test_a_masked_line_shows_and_yanks_nothing() -> None:
    edit = Edit("hunter2", masked=True)
    assert shown(edit, focused=False) == MASK * 7
    edit.key("ctrl+u", None)
    edit.key("ctrl+y", None)
    assert edit.text == ""


def test_the_cursor_is_a_cell_of_its_own() -> None:
    spans = Edit("web").paint(40, suggestion="-prod")
    assert [span.text for span in spans if span.ground == "caret"] == ["-"]
    assert "".join(span.text for span in spans) == "web-prod"
    assert all(span.ground != "caret" for span in Edit("web").paint(40, focused=False))


def test_long_text_scrolls_with_the_cursor() -> None:
    edit = Edit("0123456789" * 5)
    assert shown(edit, 10) == "123456789 "
    edit.key("home", None)
    assert shown(edit, 10) == "0123456789"


@given(st.text(), st.lists(st.one_of(KEYS, st.characters()), max_size=30), st.integers(1, 30), st.booleans())
def test_any_typing_keeps_the_line_sane(text: str, presses: list[str], width: int, masked: bool) -> None:
    edit = Edit(text, masked=masked)
    for press in presses:
        if len(press) == 1:
            edit.key("x", press)
        else:
            edit.key(press, None)
        assert 0 <= edit.cursor <= len(edit.text)
        spans = edit.paint(width)
        assert sum(span.ground == "caret" for span in spans) == 1
        painted = "".join(span.text for span in spans)
        assert inert(painted) == painted or masked
        if all(cells(inert(char)) <= 1 for char in edit.text):
            assert width_of(spans) <= width
    assert "\n" not in edit.text
    assert "\x1b" not in edit.text


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert one_line(line) == line.strip("\r\n")
