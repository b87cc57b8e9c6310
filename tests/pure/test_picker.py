"""Narrowing a list of choices."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.ui.picker import Item, narrowed

ITEMS = [Item("1", "web-prod", "fra1"), Item("2", "prod-web", "ams1"), Item("3", "database", "fra1 web")]


def keys(text: str) -> str:
    return "".join(item.key for item in narrowed(ITEMS, text))


def test_best_first() -> None:
    assert keys("") == "123"
    assert keys("web") == "123"
    assert keys("prod") == "21"
    assert keys("PROD ams") == "2"
    assert keys("dtb") == "3"
    assert keys("zzz") == ""


@given(st.text(max_size=8))
def test_only_given_items_each_once(text: str) -> None:
    found = narrowed(ITEMS, text)
    assert len(found) == len({item.key for item in found})
    assert set(found) <= set(ITEMS)
