"""Help comes from the keymap: every key of the view, the user's own where they differ."""

from __future__ import annotations

import pytest

from tests.ui.overlay_app import OverlayApp
from tui.config.keymap import ANYWHERE, COMMANDS, PANE, SIDE, TABLE, TEXT, keymap, shown
from tui.resources.registry import KINDS
from tui.ui.help import HelpScreen, help_groups
from tui.ui.pressing import by_key, default_keys


@pytest.mark.parametrize("view", [TABLE, SIDE, TEXT, PANE])
def test_every_command_of_a_view_is_listed_once(view: str) -> None:
    listed = [title for group in help_groups(view, default_keys()) for _, title in group.keys]
    assert sorted(listed) == sorted(command.title for command in COMMANDS if command.where & {view, ANYWHERE})


def test_the_users_keys_and_the_sort_capitals_show() -> None:
    groups = help_groups(TABLE, keymap({"see.raw": "f4"}), KINDS["server"])
    keys = {title: key for group in groups for key, title in group.keys}
    assert keys["raw YAML, JSON"] == "f4"
    assert keys["by name"] == "N"
    assert keys["find an IP, id or name in every place"] == ":find"


def test_keys_lead_to_commands_of_their_view() -> None:
    assert by_key(None, TEXT)["n"] == "find.next"
    assert "n" not in by_key(None, TABLE)
    assert by_key(keymap({"text.wrap": "f2"}), TEXT)["f2"] == "text.wrap"


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 15)])
async def test_all_of_it_can_be_reached(size: tuple[int, int]) -> None:
    groups = help_groups(TABLE, default_keys(), KINDS["server"])
    app = OverlayApp()
    async with app.run_test(size=size) as pilot:
        app.open(HelpScreen("Keys for servers", groups))
        await pilot.pause()
        seen: list[str] = []
        before: list[str] = []
        while (now := app.picture()) != before:
            seen += now
            before = now
            await pilot.press("j")
        text = "\n".join(seen)
        assert "What the marks mean" in text
        for group in groups:
            assert group.title in text
        for command in COMMANDS:
            if command.where & {TABLE, ANYWHERE} and command.keys:
                assert shown(command.keys) in text


async def test_a_key_is_found_by_its_word() -> None:
    app = OverlayApp()
    async with app.run_test(size=(120, 40)) as pilot:
        app.open(HelpScreen("Keys", help_groups(TABLE, default_keys())))
        await pilot.press("slash", *"unhealthy")
        lines = app.picture()
        assert any("ctrl+z  only unhealthy rows" in line for line in lines)
        assert not any("describe beside" in line for line in lines)
        await pilot.press("escape", "escape")
        assert app.results == [None]
