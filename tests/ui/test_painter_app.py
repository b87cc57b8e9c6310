"""Whole apps through the painter: after every step the terminal shows what stock Textual would have made it show."""

from __future__ import annotations

import contextlib
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import RenderableType
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual._compositor import CompositorUpdate
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.driver import Driver
from textual.geometry import Offset, Size
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import DataTable, Input, Static

from tests.ui.terminal_model import GARBAGE, TerminalModel
from tests.ui.test_painter import WORDS as ALL_WORDS
from tests.waiting import wait_for
from tui.ui.painter import Painted, Terminal
from tui.ui.painter.painter import Painter

WORDS = [word for word in ALL_WORDS if cell_len(word)]
"""Without lone marks: stock Textual writes one at the edge of a widget to whatever stands beside, again and again."""
COLOURS = [
    "#ccd4dd on #10141a",
    "bold red",
    "reverse",
    "underline on #28384b",
    "dim",
    "none",
    "link https://a.example/",
]


class Recorder(Driver):
    """A driver whose terminal is a model."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        width, height = self._size or (80, 24)
        self.model = TerminalModel(width, height)
        self.written: list[str] = []

    @property
    def can_suspend(self) -> bool:
        """Say that another program may have the terminal for a while."""
        return True

    def write(self, data: str) -> None:
        """Show it."""
        self.written.append(data)
        self.model.feed(data)

    def start_application_mode(self) -> None:
        """Begin with a screen full of somebody else's text."""
        self.model.resize(self.model.width, self.model.height)

    def disable_input(self) -> None:
        """There is none."""

    def stop_application_mode(self) -> None:
        """Nothing to give back."""


class Lines(Widget):
    """Random text in random styles, repainted at random places."""

    DEFAULT_CSS = "Lines { height: 1fr; }"

    def __init__(self, source: random.Random) -> None:
        super().__init__()
        self._source = source
        self._lines: dict[int, Strip] = {}
        self.top = 0

    def render_line(self, y: int) -> Strip:
        """Paint a line that stays as it is until it is shuffled."""
        strip = self._lines.get(self.top + y)
        if strip is None:
            words = self._source.choices(WORDS, k=6)
            segments = [Segment(word, Style.parse(self._source.choice(COLOURS))) for word in words]
            strip = self._lines[self.top + y] = Strip(segments)
        return strip.crop_extend(0, self.size.width, Style.parse("on #10141a"))

    def shuffle(self) -> None:
        """Change a line."""
        y = self._source.randrange(max(self.size.height, 1))
        self._lines.pop(self.top + y, None)
        self.refresh()

    def scroll_lines(self) -> None:
        """Move up or down."""
        self.top = max(0, self.top + self._source.randint(-3, 3))
        self.refresh()


class Dialog(ModalScreen[None]):
    """A modal screen with a field."""

    CSS = "Dialog { align: center middle; } Input { width: 30; } #text { width: 21; background: $primary; }"

    def compose(self) -> ComposeResult:
        """Lay out a text that cuts wide characters below it, and a field."""
        yield Static("日本語 dialog ● " * 5, id="text")
        yield Input(value="日本 text", select_on_focus=False)


class Twin(Painted[None]):
    """An app that tells a second terminal what stock Textual would have written for the very same frames."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { layers: base top; }
    #float { layer: top; width: 17; height: 4; background: $error; }
    VerticalScroll { height: 6; width: 50%; }
    DataTable { height: 7; }
    """

    def __init__(self, source: random.Random, **options: Any) -> None:
        super().__init__(driver_class=Recorder, **options)
        self.animation_level = "none"
        self.source = source
        self.stock = TerminalModel(80, 24)
        self.frames = 0

    def compose(self) -> ComposeResult:
        """Lay out something of everything."""
        yield Static("名前 title [b]bold[/b] [link='https://b.example/']link[/link]")
        yield Lines(self.source)
        with VerticalScroll():
            for index in range(20):
                yield Static(f"{index} 한글 {self.source.choice(WORDS)}")
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        """Fill the table."""
        table = self.query_one(DataTable)
        table.add_columns("NAME", "STATUS")
        for index in range(50):
            table.add_row(f"web-{index}", self.source.choice(WORDS))

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if isinstance(renderable, CompositorUpdate) and not self._batch_count and self._running and not self._closed:
            cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
            self.stock.feed(renderable.render_segments(self.console) + f"\x1b[{cursor.y + 1};{cursor.x + 1}H")
            self.frames += 1
        super()._display(screen, renderable)

    @property
    def recorder(self) -> Recorder:
        """The driver."""
        assert isinstance(self._driver, Recorder)
        return self._driver


@asynccontextmanager
async def running(app: Twin, width: int = 80, height: int = 24) -> AsyncIterator[Pilot[None]]:
    """Run an app on its models."""
    app.stock = TerminalModel(width, height)
    async with app.run_test(headless=False, size=(width, height)) as pilot:
        await wait_for(lambda: same(app), "the first frame")
        yield pilot


def same(app: Twin) -> bool:
    """Say whether both terminals show the same, cursor included."""
    return app.frames > 0 and not difference(app)


def difference(app: Twin) -> list[Any]:
    """Return what differs between both terminals.

    Textual cuts some joined characters a cell short and then never paints the last one: where only garbage is left,
    there is nothing to compare with.
    """
    ours, stock = app.recorder.model, app.stock
    found: list[Any] = [] if (ours.x, ours.y) == (stock.x, stock.y) else [(ours.x, ours.y, stock.x, stock.y)]
    for y, (row, expected) in enumerate(zip(ours.shown(), stock.shown(), strict=True)):
        cells = enumerate(zip(row, expected, strict=True))
        found += [(y, x, a, b) for x, (a, b) in cells if a != b and b != GARBAGE]
    return found


class Walk:
    """Random deeds on an app."""

    def __init__(self, app: Twin, pilot: Pilot[None]) -> None:
        self.app, self.pilot, self.source = app, pilot, app.source

    async def step(self) -> str:
        """Do one of them and return its name."""
        deeds = [self.key, self.lines, self.overlay, self.modal, self.resize, self.foreign, self.suspend, self.type]
        deed = self.source.choices(deeds, weights=[6, 8, 3, 2, 1, 1, 1, 3])[0]
        await deed()
        await self.pilot.pause()
        return deed.__name__

    async def key(self) -> None:
        """Press a key."""
        await self.pilot.press(self.source.choice(["tab", "down", "up", "pagedown", "pageup", "home", "end"]))

    async def lines(self) -> None:
        """Change or scroll the lines."""
        for lines in self.app.query(Lines):
            self.source.choice([lines.shuffle, lines.scroll_lines])()

    async def overlay(self) -> None:
        """Put a floating widget over the others, move it, or take it away."""
        found = self.app.screen.query("#float")
        if not found:
            await self.app.screen.mount(Static("漢字 over ● " * 9, id="float"))
        elif self.source.random() < 0.6:
            found.first().styles.offset = (self.source.randrange(60), self.source.randrange(18))
        else:
            await found.first().remove()

    async def modal(self) -> None:
        """Open or close a modal screen."""
        if len(self.app.screen_stack) > 1:
            await self.app.pop_screen()
        else:
            await self.app.push_screen(Dialog())

    async def type(self) -> None:
        """Type into the field of the modal screen."""
        if len(self.app.screen_stack) > 1:
            await self.pilot.press(*self.source.choices(["a", "é", "日", "left", "backspace", "home"], k=3))

    async def resize(self) -> None:
        """Change the terminal's size: what it showed becomes garbage."""
        size = Size(self.source.randint(20, 100), self.source.randint(8, 30))
        for model in (self.app.recorder.model, self.app.stock):
            model.resize(*size)
        self.app.post_message(events.Resize(size, size))
        await wait_for(lambda: self.app.screen.size == size, "the new size")

    async def foreign(self) -> None:
        """Let something else write to our terminal only, and see it mended."""
        self.app.recorder.model.feed("\x1b[3;4Hwall: going down\x1b[H")
        if self.source.random() < 0.5:
            self.app.invalidate()
        else:
            self.app.post_message(events.AppBlur())
            self.app.post_message(events.AppFocus())

    async def suspend(self) -> None:
        """Give the terminal away and take it back."""
        with contextlib.redirect_stdout(sys.stdout), self.app.suspend():
            for model in (self.app.recorder.model, self.app.stock):
                model.resize(model.width, model.height)


@pytest.mark.parametrize("seed", range(6))
async def test_a_walk_through_an_app_never_differs_from_stock(seed: int) -> None:
    source = random.Random(seed)
    terminals = [Terminal(), Terminal(regions=False), Terminal(erase=True), Terminal(erase=True, repeat=True)]
    app = Twin(source, terminal=source.choice(terminals))
    async with running(app) as pilot:
        walk = Walk(app, pilot)
        done: list[str] = []
        for _ in range(25):
            done.append(await walk.step())
            with contextlib.suppress(AssertionError):
                await wait_for(lambda: same(app), "the same screen", timeout=5)
            assert difference(app) == [], done[-4:]
    assert app._painter is not None


async def test_a_repaint_that_changes_nothing_writes_nothing() -> None:
    app = Twin(random.Random(1))
    async with running(app) as pilot:
        app.recorder.written.clear()
        frames = app.frames
        app.screen.refresh()
        await wait_for(lambda: app.frames > frames, "a frame")
        await pilot.pause()
        assert app.recorder.written == []


async def test_a_cursor_that_moves_alone_is_all_that_is_sent() -> None:
    app = Twin(random.Random(1))
    async with running(app):
        app.recorder.written.clear()
        app.cursor_position = Offset(7, 3)
        app.screen.refresh()
        await wait_for(lambda: (app.recorder.model.x, app.recorder.model.y) == (7, 3), "the cursor")
        assert app.recorder.written == ["\x1b[4;8H"]


@pytest.mark.parametrize("supported", [True, False])
async def test_a_frame_is_bracketed_only_where_the_terminal_said_it_may_be(supported: bool) -> None:
    app = Twin(random.Random(1))
    async with running(app) as pilot:
        app._sync_available = supported
        before = app.recorder.model.frames
        app.invalidate()
        await pilot.pause()
        assert app.recorder.model.frames == before + supported


async def test_focus_that_comes_back_writes_every_cell_but_the_first_focus_does_not() -> None:
    app = Twin(random.Random(1))
    async with running(app) as pilot:
        app.recorder.written.clear()
        app.post_message(events.AppFocus())
        await pilot.pause()
        assert app.recorder.written == []
        app.recorder.model.resize(80, 24)
        app.post_message(events.AppBlur())
        app.post_message(events.AppFocus())
        await wait_for(lambda: same(app), "the screen again")
        assert not any(GARBAGE in row for row in app.recorder.model.rows)


@pytest.mark.parametrize("number", [signal.SIGWINCH, signal.SIGCONT])
async def test_a_signal_that_textual_makes_nothing_of_paints_again(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The size was changed and changed back, or the process was stopped and goes on: the same size as before.
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    before = signal.getsignal(number)
    app = Twin(random.Random(1))
    async with running(app):
        app.recorder.model.resize(80, 24)
        signal.raise_signal(number)
        await wait_for(lambda: same(app), "the screen again")
        assert not any(GARBAGE in row for row in app.recorder.model.rows)
    assert signal.getsignal(number) == before


async def test_a_size_that_changes_and_changes_back_before_a_frame_is_painted_again() -> None:
    app = Twin(random.Random(1))
    async with running(app):
        with app.batch_update():
            app.recorder.model.resize(80, 24)
            for size in (Size(70, 20), Size(80, 24)):
                app.post_message(events.Resize(size, size))
                await wait_for(lambda size=size: app.size == size, "the size")  # type: ignore[misc]
        await wait_for(lambda: same(app), "the screen again")
        assert not any(GARBAGE in row for row in app.recorder.model.rows)


async def test_what_textual_writes_beside_frames_goes_through_untouched() -> None:
    app = Twin(random.Random(1))
    async with running(app) as pilot:
        app.recorder.written.clear()
        app.bell()
        app.copy_to_clipboard("x")
        await pilot.pause()
        assert app.recorder.written == ["\07", "\x1b]52;c;eA==\a"]


async def test_prints_of_libraries_do_not_reach_the_terminal() -> None:
    app = Twin(random.Random(1))
    async with running(app) as pilot:
        app.recorder.written.clear()
        sys.stderr.write("a library warns\n")
        sys.stdout.write("a library says\n")
        await pilot.pause()
        assert app.recorder.written == []
        assert same(app)


async def test_switched_off_every_byte_is_stock() -> None:
    app = Twin(random.Random(1), painter="stock")
    async with running(app) as pilot:
        assert app._painter is None
        app.recorder.written.clear()
        app.recorder.model.resize(80, 24)
        app.invalidate()
        await wait_for(lambda: same(app), "the screen again")
        await pilot.press("down")
        await pilot.pause()
        assert same(app)
        assert any("\x1b[0m" in data for data in app.recorder.written)


async def test_a_painter_that_fails_hands_over_to_stock(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = Twin(random.Random(1))
    async with running(app) as pilot:

        def fail(*_: Any) -> None:
            raise ValueError("odd update")

        monkeypatch.setattr(Painter, "take", fail)
        app.recorder.model.resize(80, 24)
        app.screen.refresh(layout=True)
        await wait_for(lambda: same(app), "the screen again")
        await pilot.press("down")
        await wait_for(lambda: same(app), "the screen after a key")
        assert app._painter is None
        assert "painter failed" in caplog.text
