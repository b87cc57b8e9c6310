"""Pickers: typing narrows from the first key on, Enter acts only once the list could be read."""

from __future__ import annotations

from textual import events

from tests.ui.overlay_app import OverlayApp
from tests.waiting import wait_for
from tui.config.keymap import ANYWHERE, COMMANDS, TABLE
from tui.resources.registry import KINDS
from tui.ui.palette import Palette, palette_items
from tui.ui.picker import Item, Picker
from tui.ui.pressing import default_keys

ITEMS = [Item(str(number), f"[b]item {number}", f"note {number}") for number in range(60)]


async def opened(app: OverlayApp, picker: Picker) -> Picker:
    app.open(picker)
    await wait_for(lambda: picker.listening, "the picker listens")
    return picker


async def test_typed_ahead_text_narrows_but_enter_waits() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        picker = Picker("Choose [b]", ITEMS)
        app.open(picker)
        for key in ("4", "7", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await wait_for(lambda: picker.edit.text == "47", "the text arrived")
        assert app.results == []
        await wait_for(lambda: picker.listening, "the picker listens")
        await pilot.press("enter")
        assert app.results == ["47"]


async def test_moving_and_choosing() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, Picker("Choose [b]", ITEMS, chosen="40"))
        lines = app.picture()
        assert any("─ Choose [b] ─" in line for line in lines)
        assert any("▌  [b]item 40" in line for line in lines)
        await pilot.press("down", "down", "up", "enter")
        assert app.results == ["41"]


async def test_escape_and_nothing_left() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, Picker("Choose", ITEMS))
        await pilot.press(*"zzz", "enter")
        assert app.results == []
        assert any("Nothing matches." in line for line in app.picture())
        await pilot.press("escape")
        assert app.results == [None]


async def test_the_frame_stays_while_the_list_narrows() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        picker = await opened(app, Picker("Choose", ITEMS[:8]))
        before = picker.frame.size
        await pilot.press("3")
        await pilot.pause()
        assert picker.frame.size == before


async def test_the_palette_runs_what_the_colon_runs() -> None:
    items = palette_items(TABLE, default_keys(), list(KINDS.values()))
    words = {command.word for command in COMMANDS if command.where & {TABLE, ANYWHERE}}
    assert {item.key for item in items} <= words | {kind.plural for kind in KINDS.values()}
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, Palette(items))
        await pilot.press(*"unhealthy", "enter")
        assert app.results == ["unhealthy"]
