"""The painter leaves exactly what stock Textual would have left on the screen, in fewer bytes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from tests.ui.terminal_model import TerminalModel, cjk_width, old_width, textual_width
from tui.ui.painter.cells import WIDE
from tui.ui.painter.painter import Painter
from tui.ui.painter.terminal import Terminal

PLAINEST = Terminal(regions=False, synchronized=False)
VT102 = Terminal()
XTERM = Terminal(erase=True)
ALL = Terminal(erase=True, repeat=True)
TERMINALS = (PLAINEST, VT102, XTERM, ALL)

ODD = [
    "日本",
    "한글",
    "e\u0301",
    "o\u0302\u0323",
    "👍🏽",
    "👨\u200d👩\u200d👧",
    "⚠\ufe0f",
    "🇩🇪",
    "●",
    "─────────",
    "…",
    "✔",
    "\u3000",
    "क्षि",
    "ก็",
    "\U000f0001",
    "é",
    "\xa0",
]
WORDS = ["ACTIVE", "web-01", "  ", " ", "x", "          ", "ERROR", "=============", "a b c", *ODD]
COLOURS = [None, "default", "red", "bright_blue", "color(123)", "#ccd4dd", "#10141a", "#ff857b"]
FLAGS = ["bold", "dim", "italic", "underline", "blink", "reverse", "conceal", "strike", "underline2", "overline"]

styles = st.one_of(
    st.none(),
    st.builds(
        lambda fg, bg, flags, link: Style(color=fg, bgcolor=bg, link=link, **dict.fromkeys(flags, True)),
        st.sampled_from(COLOURS),
        st.sampled_from(COLOURS),
        st.lists(st.sampled_from(FLAGS), max_size=2),
        st.sampled_from([None, None, None, "https://a.example/1;x", "https://b.example/2"]),
    ),
)
segments = st.builds(
    lambda words, style: Segment("".join(words), style),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4),
    styles,
)


@dataclass
class Screen:
    """The same updates sent twice: as stock Textual writes them, and through the painter."""

    width: int
    height: int
    terminal: Terminal = ALL
    measure: Callable[[str], int] = textual_width
    console: Console = field(default_factory=lambda: Console(color_system="truecolor", force_terminal=True))

    def __post_init__(self) -> None:
        self.painter = Painter(self.console, self.terminal)
        self.stock = TerminalModel(self.width, self.height)
        self.ours = TerminalModel(
            self.width,
            self.height,
            measure=self.measure,
            regions=self.terminal.regions,
            erase=self.terminal.erase,
            repeat=self.terminal.repeat,
        )
        self.sent = 0

    def show(self, update: LayoutUpdate | ChopsUpdate) -> str:
        """Show an update both ways and return what the painter wrote."""
        self.stock.feed(update.render_segments(self.console) + "\x1b[1;1H")
        self.painter.take(update, self.width, self.height)
        return self.catch_up()

    def catch_up(self) -> str:
        """Let the painter write what is missing."""
        sent = self.painter.frame((0, 0), synchronized=True)
        self.ours.feed(sent)
        self.sent += len(sent.encode())
        assert not self.ours.in_frame
        assert (self.ours.top, self.ours.bottom) == (0, self.height - 1)
        assert self.ours.pen == type(self.ours.pen)()
        assert (self.ours.x, self.ours.y) == (0, 0)
        return sent

    def resize(self, width: int, height: int) -> None:
        """Change the size; the terminals make garbage of what they showed."""
        self.width, self.height = width, height
        self.stock.resize(width, height)
        self.ours.resize(width, height)
        self.painter.forget()

    def whole(self, strips: list[Strip]) -> LayoutUpdate:
        """Make an update of the whole screen from one strip a row."""
        lines = [[strip.adjust_cell_length(self.width)] for strip in strips]
        lines += [[Strip.blank(self.width)]] * (self.height - len(lines))
        return LayoutUpdate(lines[: self.height], Region(0, 0, self.width, self.height))

    def part(self, x: int, y: int, strips: list[Strip], width: int) -> ChopsUpdate:
        """Make an update of a region, as the compositor does for dirty regions and overlays."""
        x, y = min(x, self.width - 1), min(y, self.height - 1)
        width = min(width, self.width - x)
        strips = strips[: self.height - y]
        cuts = [0, x, x + width, self.width]
        chops: list[dict[int, Strip | None]] = [{0: None, x: None, x + width: None} for _ in range(self.height)]
        for row, strip in enumerate(strips, y):
            chops[row][x] = strip.adjust_cell_length(width)
        spans = [(row, x, x + width) for row in range(y, y + len(strips))]
        return ChopsUpdate(chops, spans, [cuts[1:] for _ in range(self.height)])

    def check(self) -> None:
        """Compare every cell."""
        ours, stock = self.ours.shown(), self.stock.shown()
        different = [
            (x, y, ours[y][x], stock[y][x])
            for y in range(self.height)
            for x in range(self.width)
            if ours[y][x] != stock[y][x]
        ]
        assert not different


strips = st.builds(lambda parts: Strip(parts), st.lists(segments, min_size=1, max_size=5))
sizes = st.tuples(st.integers(2, 40), st.integers(1, 12))
steps = st.one_of(
    st.tuples(st.just("whole"), st.lists(strips, min_size=1, max_size=12)),
    st.tuples(
        st.just("part"),
        st.integers(0, 39),
        st.integers(0, 11),
        st.lists(strips, min_size=1, max_size=6),
        st.integers(1, 20),
    ),
    st.tuples(st.just("scroll"), st.integers(0, 4), st.integers(-6, 6)),
    st.tuples(st.just("resize"), sizes, st.lists(strips, min_size=1, max_size=8)),
    st.tuples(st.just("spoil"), st.text("xyz ", min_size=1, max_size=9)),
    st.tuples(st.just("again")),
)


def play(screen: Screen, script: list[tuple[object, ...]]) -> None:
    """Play a script of updates, checking the screen after each step."""
    rows: list[Strip] = []
    for step in script:
        match step:
            case ("whole", list() as strips):
                rows = list(strips)
                screen.show(screen.whole(rows))
            case ("part", int() as x, int() as y, list() as strips, int() as width):
                update = screen.part(x, y, strips, width)
                screen.show(update)
            case ("scroll", int() as top, int() as lines):
                block = rows[top:]
                rows = rows[:top] + (block[lines:] + block[:lines] if block else [])
                screen.show(screen.whole(rows))
            case ("resize", (int() as width, int() as height), list() as strips):
                screen.resize(width, height)
                rows = list(strips)
                screen.show(screen.whole(rows))
            case ("spoil", str() as text):
                screen.ours.feed(f"\x1b[2;2H{text}\x1b[H")
                screen.painter.forget()
                screen.catch_up()
            case _:
                screen.show(screen.whole(rows))
        screen.check()


@settings(max_examples=150, deadline=None)
@given(
    size=sizes,
    terminal=st.sampled_from(TERMINALS),
    first=st.lists(strips, min_size=1, max_size=12),
    script=st.lists(steps, max_size=8),
)
def test_every_cell_is_as_stock_textual_leaves_it(
    size: tuple[int, int], terminal: Terminal, first: list[Strip], script: list[tuple[object, ...]]
) -> None:
    screen = Screen(*size, terminal=terminal)
    play(screen, [("whole", first), *script])


@settings(max_examples=100, deadline=None)
@pytest.mark.parametrize("measure", [cjk_width, old_width])
@given(data=st.data())
def test_a_disputed_width_harms_nothing_but_its_own_cell(measure: Callable[[str], int], data: st.DataObject) -> None:
    size, terminal = data.draw(sizes), data.draw(st.sampled_from(TERMINALS))
    screen = Screen(*size, terminal=terminal, measure=measure)
    for _ in range(3):
        rows = data.draw(st.lists(strips, min_size=1, max_size=12))
        screen.show(screen.whole(rows))
        update = screen.part(
            data.draw(st.integers(0, 39)), data.draw(st.integers(0, 11)), rows, data.draw(st.integers(1, 20))
        )
        screen.show(update)
        claim = screen.painter._clusters.claim
        ours, stock = screen.ours.shown(), screen.stock.shown()
        for y in range(screen.height):
            text = screen.painter.wanted.texts[y]
            x = 0
            while x < screen.width:
                end = x + 1
                while end < screen.width and text[end] == WIDE:
                    end += 1
                if not claim(text[x]):
                    assert ours[y][x:end] == stock[y][x:end], (x, y, screen.ours.lines()[y], screen.stock.lines()[y])
                x = end
