"""Text screens: search, wrap, formats, secrets on request, and no cost for what is out of sight."""

from __future__ import annotations

import time

import pytest

from tests.pure.overlay_rows import RAW, SECRETS
from tests.ui.overlay_app import OverlayApp
from tests.waiting import wait_for
from tui.config.keymap import BY_ID
from tui.ui.dialog import Confirm
from tui.ui.help import HelpScreen
from tui.ui.raw import RawScreen
from tui.ui.text_view import TextScreen


def numbered(count: int) -> list[str]:
    return [f"line {number} of the log" for number in range(count)]


async def test_moving_and_searching_by_keys() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(TextScreen(("prod", "iad1", "[b]web", "log"), numbered(500)))
        await pilot.pause()
        lines = app.picture()
        assert lines[0].startswith(" stackdeck  prod › iad1 › [b]web › log")
        assert lines[1] == "  line 0 of the log" + " " * (79 - len("  line 0 of the log")) + "┃"
        await pilot.press("G")
        assert app.picture()[-2].startswith("  line 499 ")
        await pilot.press("g", "slash", *"line", "space", *"30", "enter")
        lines = app.picture()
        assert lines[1].startswith(" / line 30")
        assert "1 of 11" in lines[1]
        assert any(line.startswith("▌ line 30 of") for line in lines)
        await pilot.press("n")
        assert any(line.startswith("▌ line 300 of") for line in app.picture())
        await pilot.press("N", "N")
        assert any(line.startswith("▌ line 309 of") for line in app.picture())
        await pilot.press("escape")
        assert not app.picture()[1].startswith(" /")
        await pilot.press("escape")
        assert app.results == [None]


async def test_wrapping_and_sideways() -> None:
    app = OverlayApp()
    async with app.run_test(size=(40, 12)) as pilot:
        app.open(TextScreen(("x",), ["0123456789" * 10, "next"]))
        await pilot.pause()
        assert app.picture()[2] == "  next"
        await pilot.press("right")
        assert app.picture()[1].startswith("  89012345")
        await pilot.press("left", "w")
        lines = app.picture()
        assert "".join(line.strip() for line in lines[1:4]) == "0123456789" * 10
        assert lines[4] == "  next"


async def test_a_hundred_thousand_lines_are_smooth() -> None:
    app = OverlayApp()
    async with app.run_test(size=(120, 40)) as pilot:
        screen = TextScreen(("log",), numbered(100_000))
        app.open(screen)
        await pilot.pause()
        start = time.process_time()
        for _ in range(200):
            screen.act("move.page_down")
            for y in range(40):
                screen.pane.render_line(y)
        # A page is 38 lines: 200 of them far below a frame each, whatever the text's length.
        assert (time.process_time() - start) / 200 < 0.05
        await pilot.press("G")
        assert app.picture()[-2].startswith("  line 99999")


async def test_raw_is_hidden_switched_and_revealed_after_asking() -> None:
    app = OverlayApp()
    async with app.run_test(size=(100, 60)) as pilot:
        screen = RawScreen(("prod-eu", "ams1", "batch"), RAW)
        app.open(screen)
        await pilot.pause()
        assert [each for each in SECRETS if each in "\n".join(app.picture())] == []
        await pilot.press("J")
        lines = app.picture()
        assert lines[0].startswith(" stackdeck  prod-eu › ams1 › batch › JSON")
        assert lines[1] == "  {"
        await pilot.press("r", "y", "y")
        await wait_for(lambda: isinstance(app.screen, Confirm), "the question")
        confirm = app.screen
        assert isinstance(confirm, Confirm)
        await wait_for(lambda: confirm.listening, "the question listens")
        assert "hunter2" not in screen.whole_text()
        await pilot.press("n")
        assert "hunter2" not in screen.whole_text()
        await pilot.press("r")
        await wait_for(lambda: isinstance(app.screen, Confirm), "the question")
        again = app.screen
        assert isinstance(again, Confirm)
        await wait_for(lambda: again.listening, "the question listens")
        await pilot.press("y")
        assert "hunter2" in "\n".join(app.picture())
        await pilot.press("r")
        assert "hunter2" not in "\n".join(app.picture())


@pytest.mark.parametrize("screen", [TextScreen(("x",), numbered(200)), RawScreen(("x",), RAW)], ids=["text", "raw"])
async def test_help_lists_just_what_the_screen_takes(screen: TextScreen) -> None:
    app = OverlayApp()
    async with app.run_test(size=(120, 40)) as pilot:
        app.open(screen)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        listed = {title for group in app.screen.groups for _, title in group.keys}
        assert listed == {BY_ID[command].title for command in screen.TAKES}
        await pilot.press("escape")
        for command in sorted(screen.TAKES - {"session.back", "session.quit"}):
            assert screen.act(command), command
        assert not screen.act("see.used")
