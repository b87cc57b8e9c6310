"""The raw view: YAML and JSON of the whole resource, inert, without secrets."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.pure.overlay_rows import RAW, SECRETS
from tui.model.text import inert
from tui.ui.raw import HIDDEN, raw_lines, raw_text

Style = Literal["yaml", "json"]
STYLES: tuple[Style, ...] = ("yaml", "json")


def text_of(style: Style, *, reveal: bool = False) -> str:
    return "\n".join("".join(span.text for span in line) for line in raw_lines(RAW, style, reveal=reveal))


@pytest.mark.parametrize("style", STYLES)
def test_secrets_are_hidden_until_revealed(style: Style) -> None:
    hidden = text_of(style)
    assert [each for each in SECRETS if each in hidden] == []
    assert hidden.count(HIDDEN) == 7
    revealed = text_of(style, reveal=True)
    assert [each for each in SECRETS if each not in revealed] == []


def test_both_hold_the_whole_resource() -> None:
    assert json.loads(raw_text(RAW, "json", reveal=True)) == RAW
    assert yaml.safe_load(raw_text(RAW, "yaml", reveal=True)) == RAW


def test_keys_are_dim_and_values_text() -> None:
    for style in STYLES:
        line = next(line for line in raw_lines(RAW, style) if "key_name" in "".join(span.text for span in line))
        assert {span.text.strip(' "'): span.ink for span in line if span.text.strip()} == {
            ('key_name":' if style == "json" else "key_name:"): "dim",
            ("mira-2026\"," if style == "json" else "mira-2026"): "text",
        }  # fmt: skip


def test_texts_of_many_lines_are_blocks() -> None:
    assert raw_text({"a": "x\ny"}, "yaml") == "a: |-\n  x\n  y\n"


@given(
    st.dictionaries(st.text(max_size=6), st.one_of(st.text(), st.lists(st.text(max_size=5), max_size=3)), max_size=4)
)
def test_any_resource_is_shown_inert(raw: dict[str, Any]) -> None:
    for style in STYLES:
        for line in raw_lines(raw, style):
            text = "".join(span.text for span in line)
            assert inert(text) == text
