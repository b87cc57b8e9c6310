"""Results of `:find`: as they come, what is under the cursor stays, places that did not answer are named."""

from __future__ import annotations

from tests.pure.overlay_rows import SCOPE
from tests.ui.overlay_app import OverlayApp
from tui.live.find import Hit
from tui.model.trouble import Cause, Trouble
from tui.ui.found import FoundScreen


def hit(number: int) -> Hit:
    return Hit("server", SCOPE, f"{number:08d}-0000", f"key-{number}", f"[b]web-{number}", "fixed address of port 1f2e")


async def test_hits_stream_in_and_enter_gives_the_one_under_the_cursor() -> None:
    app = OverlayApp()
    async with app.run_test(size=(120, 20)) as pilot:
        screen = FoundScreen("10.0.0.\x1b3", [SCOPE])
        screen.add(hit(1))
        app.open(screen)
        await pilot.pause()
        assert "find 10.0.0.␛3" in app.picture()[0]
        assert app.picture()[0].endswith("◐ asking 1 place")
        screen.add(hit(2))
        screen.add(hit(2))
        await pilot.press("j")
        screen.add(hit(3))
        screen.finish([])
        await pilot.pause()
        lines = app.picture()
        assert lines[1] == " Found 3"
        assert lines[4].startswith("▌  server    [b]web-2")
        assert lines[0].endswith("● all answered")
        await pilot.press("enter")
        assert app.results == [hit(2)]


async def test_troubles_are_never_silent() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 20)) as pilot:
        screen = FoundScreen("web", [SCOPE])
        app.open(screen)
        screen.finish([(SCOPE, Trouble(Cause.TIMEOUT, "Nova does not answer [/b]"))])
        await pilot.pause()
        lines = app.picture()
        assert lines[0].endswith("▲ 1 of 1 place did not answer")
        assert " ✗ prod-eu ams1 Nova does not answer [/b]" in lines
        assert any("Nothing in the places that answered is or has web" in line for line in lines)
        await pilot.press("enter", "escape")
        assert app.results == [None]


async def test_many_hits_scroll() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 20)) as pilot:
        screen = FoundScreen("web", [SCOPE])
        for number in range(100):
            screen.add(hit(number))
        app.open(screen)
        await pilot.press("G")
        assert any(line.startswith("▌  server    [b]web-99") for line in app.picture())
        await pilot.press("g", "ctrl+f", "enter")
        assert app.results == [hit(16)]
