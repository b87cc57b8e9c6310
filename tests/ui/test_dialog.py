"""Dialogs: nothing typed before they can be read answers them; keys alone do all."""

from __future__ import annotations

import pytest
from textual import events

from tests.ui.overlay_app import OverlayApp
from tests.waiting import wait_for
from tui.ui.dialog import Confirm, Dialog


def confirm() -> Confirm:
    return Confirm("Quit [b]stackdeck", ["Nothing runs. [/x] \x1b[31m"], "Quit", "Stay")


async def opened(app: OverlayApp, dialog: Dialog[bool]) -> None:
    app.open(dialog)
    await wait_for(lambda: dialog.listening, "the dialog listens")


async def test_keys_of_the_first_moment_are_dropped() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = confirm()
        app.open(dialog)
        for key in ("y", "enter", "tab", "enter", "y", "n", "escape", "q"):
            app.post_message(events.Key(key, None))
        await pilot.pause()
        assert app.results == []
        assert app.screen is dialog
        await wait_for(lambda: dialog.listening, "the dialog listens")
        await pilot.press("y")
        assert app.results == [True]


@pytest.mark.parametrize(
    ("keys", "result"),
    [
        (["y"], True),
        (["n"], False),
        (["escape"], False),
        (["enter"], False),
        (["tab", "enter"], True),
        (["tab", "left", "enter"], False),
        (["x", "enter"], False),
    ],
)
async def test_answers(keys: list[str], result: bool) -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, confirm())
        await pilot.press(*keys)
        assert app.results == [result]


async def test_text_is_shown_as_it_is() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)):
        await opened(app, confirm())
        lines = app.picture()
        assert any("─ Quit [b]stackdeck ─" in line for line in lines)
        assert any("│  Nothing runs. [/x] ␛[31m" in line for line in lines)
        assert any("▌ n  Stay       y  Quit" in line for line in lines)


async def test_the_screen_below_is_veiled_in_one_ink() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)):
        before = app.inks(0)
        assert len(before) > 1
        await opened(app, confirm())
        assert app.inks(0) == {app.theme_variables["sd-veil"]}


@pytest.mark.parametrize("theme", ["ansi", "mono", "high-contrast", "stackdeck-light"])
async def test_every_theme_can_veil(theme: str) -> None:
    app = OverlayApp(theme=theme)
    async with app.run_test(size=(80, 24)):
        await opened(app, confirm())
        assert any("Stay" in line for line in app.picture())


async def test_a_long_body_scrolls_and_the_answers_stay() -> None:
    app = OverlayApp()
    async with app.run_test(size=(60, 15)) as pilot:
        await opened(app, Confirm("Long", [f"line {number}" for number in range(40)], "Yes", "No"))
        assert any("line 0 " in line for line in app.picture())
        await pilot.press("G")
        lines = app.picture()
        assert any("line 39" in line for line in lines)
        assert not any("line 0 " in line for line in lines)
        assert any("n  No" in line for line in lines)


async def test_it_fits_again_after_a_resize() -> None:
    app = OverlayApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await opened(app, confirm())
        await pilot.resize_terminal(40, 12)
        await wait_for(lambda: max(map(len, app.picture())) <= 40, "the picture is 40 wide")
        assert any("Stay" in line for line in app.picture())
