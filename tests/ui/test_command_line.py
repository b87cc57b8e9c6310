"""The `:` panel: typed-ahead text arrives whole, Enter goes to what is shown, history and completion by keys."""

from __future__ import annotations

from textual import events

from tests.ui.overlay_app import OverlayApp
from tests.waiting import wait_for
from tui.resources.registry import KINDS
from tui.ui.command_line import CommandLine
from tui.ui.commanding import Vocabulary, suggestions

VOCABULARY = Vocabulary(
    kinds=tuple(KINDS.values()), clouds={"prod-eu": ("fra1", "ams1")}, themes=("mono",), rows={"server": 1284}.get
)


def line(*history: str, text: str = "") -> CommandLine:
    return CommandLine(lambda typed: suggestions(typed, VOCABULARY), history, text)


async def test_text_typed_before_it_is_on_the_screen_is_in_it_whole() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        panel = line()
        panel.feed("servers /we")
        app.open(panel)
        for char in "b-[x] !ACTIVE":
            app.post_message(events.Key(char, char))
        app.post_message(events.Paste(" a\nb"))
        await wait_for(lambda: panel.text == "servers /web-[x] !ACTIVE a b", "all of it arrived")
        await pilot.press("enter")
        assert app.results == ["servers /web-[x] !ACTIVE a b"]


async def test_it_looks_like_its_picture() -> None:
    app = OverlayApp()
    async with app.run_test(size=(120, 40)) as pilot:
        app.open(line("flavors", "servers /web"))
        await pilot.press(*"serv")
        lines = app.picture()
        assert lines[-16].strip("─") == ""
        assert lines[-15].split() == ["KIND", "SHORT", "WHAT", "ROWS"]
        assert lines[-14].startswith("▌  servers")
        assert lines[-14].endswith("1,284")
        assert "then  /text filter" in lines[-5]
        assert "last  :servers /web   :flavors" in lines[-4]
        assert lines[-2] == " : servers"
        assert lines[-1].startswith(" tab complete  enter go")


async def test_enter_goes_to_the_chosen_word() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        for keys, result in (
            ("netw", "networks"),
            ("q", "quit"),
            ("servers /x", "servers /x"),
            ("nonsense", "nonsense"),
            ("servers @prod-eu/f", "servers @prod-eu/fra1"),
        ):
            app.open(line())
            await pilot.press(*[{" ": "space", "/": "slash", "@": "at", "-": "minus"}.get(key, key) for key in keys])
            await pilot.press("enter")
            assert app.results[-1] == result


async def test_tab_completes_and_goes_on() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        panel = line()
        app.open(panel)
        await pilot.press(*"th", "tab")
        assert panel.text == "theme"
        await pilot.press("space", "tab")
        assert panel.text == "theme mono"
        await pilot.press("ctrl+u", *"servers", "space", "at", *"prod", "tab", "slash", "tab", "tab")
        assert panel.text == "servers @prod-eu/ams1"
        await pilot.press("shift+tab")
        assert panel.text == "servers @prod-eu/fra1"


async def test_up_and_down_choose_then_recall() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        panel = line("images", "flavors", "flavors", "servers /web")
        app.open(panel)
        await pilot.press("up")
        assert panel.text == "servers /web"
        await pilot.press("up", "up", "up")
        assert panel.text == "images"
        await pilot.press("down", "down", "down")
        assert panel.text == ""
        await pilot.press("s", "down", "enter")
        assert app.results == [panel.choices[1].word]


async def test_escape_and_backspace_on_nothing_close() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("escape", "backspace", "enter", "ctrl+c"):
            app.open(line())
            await pilot.press(key)
        assert app.results == [None] * 4


async def test_what_is_wrong_keeps_it_open() -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        panel = CommandLine(lambda text: (), check=lambda text: f"Nothing here is called {text}")
        app.open(panel)
        await pilot.press(*"xyz", "enter")
        assert app.results == []
        assert any("Nothing here is called xyz" in line for line in app.picture())
        await pilot.press("backspace")
        assert not any("Nothing here is called" in line for line in app.picture())


async def test_it_fits_small_terminals() -> None:
    app = OverlayApp()
    for size in ((60, 15), (80, 24)):
        app = OverlayApp()
        async with app.run_test(size=size) as pilot:
            app.open(line("x" * 300))
            await pilot.press(*"serv")
            lines = app.picture()
            assert lines[0] == "row 0 below"
            assert lines[-2] == " : servers"
            assert any(each.startswith("▌  servers") for each in lines)
