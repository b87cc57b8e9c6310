"""The painter leaves exactly what stock Textual would have left on the screen, in fewer bytes."""

from __future__ import annotations

import re
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

from tests.ui.terminal_model import TerminalModel, cjk_width, narrow_width, old_width, textual_width
from tui.ui.painter.cells import WIDE, Clusters
from tui.ui.painter.looks import Looks
from tui.ui.painter.painter import Painter
from tui.ui.painter.terminal import Terminal

PLAINEST = Terminal(regions=False, synchronized=False)
VT102 = Terminal()
XTERM = Terminal(erase=True)
ALL = Terminal(erase=True, repeat=True)
TERMINALS = (PLAINEST, VT102, XTERM, ALL)

ODD = [
    "日本",
    "本日",
    "日国",
    "国",
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
    "\u200b",
    "a\u200bb\ufeff",
    "\u00ad",
    "\u2060",
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

    def part(self, x: int, y: int, strips: list[Strip], width: int, dirty: tuple[int, int] = (0, 99)) -> ChopsUpdate:
        """Make an update of a region, as the compositor does for overlays; only its `dirty` columns are to show."""
        x, y = min(x, self.width - 1), min(y, self.height - 1)
        width = min(width, self.width - x)
        strips = strips[: self.height - y]
        cuts = [0, x, x + width, self.width]
        chops: list[dict[int, Strip | None]] = [{0: None, x: None, x + width: None} for _ in range(self.height)]
        for row, strip in enumerate(strips, y):
            chops[row][x] = strip.adjust_cell_length(width)
        first = min(x + dirty[0], x + width - 1)
        spans = [(row, first, min(first + dirty[1], x + width)) for row in range(y, y + len(strips))]
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
        st.tuples(st.integers(0, 9), st.integers(1, 20)),
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
            case ("part", int() as x, int() as y, list() as strips, int() as width, (int() as first, int() as count)):
                screen.show(screen.part(x, y, strips, width, (first, count)))
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


@settings(max_examples=80, deadline=None)
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


@settings(max_examples=30, deadline=None)
@pytest.mark.parametrize("measure", [cjk_width, old_width, narrow_width])
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
                else:
                    # Nothing old is left in cells that this terminal does not use for it.
                    written = screen.painter._clusters.written(text[x])
                    assert all(cell.text == " " or cell.text in written for cell in ours[y][x + 1 : end])
                x = end


@pytest.mark.parametrize(
    ("before", "after"), [("日abcde!", "本abcde?"), ("日abcde!", "한abcde?"), ("xx abcde!", "日 abcde?")]
)
def test_a_wide_character_counts_twice_in_the_next_move(before: str, after: str) -> None:
    screen = Screen(80, 1)
    screen.show(screen.whole([Strip([Segment("=" * 40 + before)])]))
    screen.show(screen.whole([Strip([Segment("=" * 40 + after)])]))
    screen.check()


@pytest.mark.parametrize("mark", "─━╍")
def test_a_rule_is_written_whole_where_rep_repeats_ascii_alone(mark: str) -> None:
    screen = Screen(80, 1)
    screen.show(screen.whole([Strip([Segment("x" * 80)])]))
    sent = screen.show(screen.whole([Strip([Segment(mark * 60 + "y" * 20)])]))
    assert sent.count(mark) == 60
    assert "\x1b[19b" in sent
    screen.check()


def looks_of(*styles: Style | None) -> tuple[Looks, list[str]]:
    """Return a table of looks and the names of all looks of some styles, of characters and of blanks."""
    looks = Looks(Console(color_system="truecolor", force_terminal=True))
    return looks, sorted({name for style in styles for name in looks.of(style)})


def test_every_way_from_look_to_look_leads_there() -> None:
    attributes = [{}, {"bold": True}, {"dim": True}, {"bold": True, "dim": True}, {"underline": True, "italic": True}]
    attributes += [{"underline2": True}, {"underline": True, "underline2": True}, {"blink": True, "bold": True}]
    attributes += [{"reverse": True, "strike": True}, {"conceal": True}, {"overline": True, "dim": True}]
    colours = [
        (None, None),
        ("default", "#10141a"),
        ("#ccd4dd", "#10141a"),
        ("red", None),
        ("bright_blue", "color(99)"),
    ]
    styles = [
        Style(color=fg, bgcolor=bg, link=link, **flags)
        for flags in attributes
        for fg, bg in colours
        for link in (None, "https://a.example/")
    ]
    looks, names = looks_of(None, *styles)
    for now in names:
        for wanted in names:
            if now in looks.open:
                continue
            model = TerminalModel(3, 1)
            model.feed(looks.way(looks.plain, now)[0])
            sequence, reached = looks.way(now, wanted)
            model.feed(sequence)
            model._put(" " if wanted in looks.open else "x")
            fresh = TerminalModel(3, 1)
            fresh.feed(looks.way(looks.plain, wanted)[0])
            fresh._put(" " if wanted in looks.open else "x")
            assert model.shown() == fresh.shown()
            assert reached not in looks.open


def test_only_what_differs_between_two_looks_is_sent() -> None:
    looks, _ = looks_of()
    # Not `Style.parse`: its styles are shared, and keep the codes of the console that first rendered them.
    dim = looks.of(Style(color="#98a5b3", bgcolor="#10141a"))
    text = looks.of(Style(color="#ccd4dd", bgcolor="#10141a"))
    word = looks.of(Style(color="#ccd4dd", bgcolor="#10141a", bold=True))
    assert looks.way(dim[0], text[0])[0] == "\x1b[38;2;204;212;221m"
    assert looks.way(text[0], word[0])[0] == "\x1b[1m"
    assert looks.way(word[0], text[0])[0] == "\x1b[22m"
    assert looks.way(text[0], dim[1]) == ("", text[0])
    assert looks.way(text[0], looks.plain)[0] == "\x1b[m"


def test_controls_in_text_and_links_never_reach_the_terminal() -> None:
    screen = Screen(30, 1)
    hostile = Segment("a\x1b[31mb\x07\x9bc\x00\r\n", Style(link="https://a.example/\x1b\\\x07;é"))
    screen.painter.take(screen.whole([Strip([hostile], 7)]), 30, 1)
    sent = screen.catch_up()
    assert screen.ours.lines() == ["a[31mbc".ljust(30)]
    assert "https://a.example/%1B\\%07;%C3%A9\x1b\\" in sent


def test_fewer_colours_are_those_that_textual_would_have_chosen() -> None:
    screen = Screen(40, 3)
    row = [Strip([Segment("ACTIVE ", Style(color="#ccd4dd", bgcolor="#10141a")), Segment("x", Style(color="red"))])]
    before = screen.show(screen.whole(row))
    assert "38;2;204;212;221" in before
    screen.painter.lessen_colours()
    screen.painter.forget()
    mended = screen.catch_up()
    assert len(mended) < len(before)
    # Styles keep the codes of the console that first rendered them: these are new.
    again = [Strip([Segment("ACTIVE ", Style(color="#ccd4dd", bgcolor="#10141a")), Segment("x", Style(color="red"))])]
    few = Screen(40, 3, console=Console(color_system="256", force_terminal=True))
    few.stock.feed(few.whole(again).render_segments(few.console))
    assert screen.ours.shown() == few.stock.shown()
    later = screen.show(screen.whole([*row, Strip([Segment("new", Style(color="#ff857b", bgcolor="#28384b"))])]))
    assert ";2;" not in later
    assert "38;5;" in later


def lines_of(count: int, first: int, width: int) -> list[Strip]:
    """Return rows of a table whose words no other row has, beside a pane of two rows that stays."""
    style, dim = Style(color="#ccd4dd", bgcolor="#10141a"), Style(color="#98a5b3", bgcolor="#10141a")
    rows = range(first, first + count)
    return [
        Strip(
            [
                Segment(("pane" if row - first < 2 else "").ljust(20), dim),
                Segment(f"web-{row:03} {row * 7919:>12}".ljust(width - 20), style),
            ]
        )
        for row in rows
    ]


@pytest.mark.parametrize(("lines", "deed"), [(1, "M"), (-1, "L"), (5, "5M")])
def test_rows_that_moved_are_moved_by_the_terminal(lines: int, deed: str) -> None:
    screen = Screen(80, 24, terminal=XTERM)
    screen.show(screen.whole(lines_of(24, 50, 80)))
    sent = screen.show(screen.whole(lines_of(24, 50 + lines, 80)))
    screen.check()
    assert f"\x1b[{deed}\x1b[r" in sent
    assert len(sent) < 160 + 40 * abs(lines)


def test_a_terminal_without_regions_gets_the_same_rows_written() -> None:
    screen = Screen(80, 24, terminal=PLAINEST)
    screen.show(screen.whole(lines_of(24, 50, 80)))
    sent = screen.show(screen.whole(lines_of(24, 51, 80)))
    screen.check()
    assert not re.search(r"\x1b\[[0-9;]*[rLMSTXKb]", sent)


def test_tables_start_anew_when_they_are_full_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = Screen(40, 2)
    screen.show(screen.whole([Strip([Segment("e\u0301 日本", Style.parse("red"))])]))
    monkeypatch.setattr(Clusters, "full", property(lambda self: len(self.texts) > 0))
    # A part keeps the tables, since its cells stand beside others; the whole screen starts new ones.
    tables = screen.painter._clusters
    screen.show(screen.part(3, 1, [Strip([Segment("o\u0302")])], 4))
    screen.check()
    assert screen.painter.full
    assert screen.painter._clusters is tables
    screen.show(screen.whole([Strip([Segment("a\u0301bc", Style.parse("bold"))])]))
    screen.check()
    assert screen.painter._clusters is not tables


@pytest.mark.parametrize(
    ("environ", "terminal"),
    [
        ({"TERM": "xterm-256color"}, Terminal(erase=True)),
        ({"TERM": "xterm-kitty"}, Terminal(erase=True, repeat=True)),
        ({"TERM": "screen-256color"}, Terminal()),
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux-1/default,1,0"}, Terminal(erase=True, repeat=True)),
        ({"TERM": "linux"}, Terminal(erase=True)),
        ({"TERM": "vt220"}, Terminal()),
        ({"TERM": "dumb"}, Terminal(regions=False)),
        ({}, Terminal(regions=False)),
    ],
)
def test_a_terminal_is_known_by_its_name(environ: dict[str, str], terminal: Terminal) -> None:
    assert Terminal.of(environ) == terminal
