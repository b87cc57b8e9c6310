"""How many bytes the installed command writes to its terminal, with the clouds pane open: nothing here depends on time.

`tests/bench/bytes.py` measures the same beside its peers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.bench.bytes import SIZES
from tests.bench.bytes_rig import SETTLED, Dashboard
from tests.terminal.harness import Term
from tui.demo.process import DemoCloud
from tui.ui.editor import Editor

_LONG = 60.0


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    """A demo cloud in which nothing changes by itself."""
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_changed_status_takes_tens_of_bytes(tmp_path: Path, demo: DemoCloud, size: tuple[int, int]) -> None:
    with Dashboard(demo, tmp_path, *size) as board:
        board.open_pane()
        # The least of a few: the age of another row may step in between.
        assert min(board.become(status).sent for status in ("SHUTOFF", "ACTIVE", "SHUTOFF")) <= 250
        assert min(board.become(status).sent for status in ("PAUSED", "SUSPENDED", "PAUSED")) <= 80
        assert min(board.press(b"\x12", lambda _: True).sent for _ in range(3)) <= 30


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_a_page_takes_less_than_three_bytes_a_changed_cell(
    tmp_path: Path, demo: DemoCloud, size: tuple[int, int]
) -> None:
    with Dashboard(demo, tmp_path, *size) as board:
        took = board.press(b"\x06")
        assert took.changed > size[1] * 5
        assert took.sent <= 3 * took.changed
        painted = board.press(b"\x0c")
        assert painted.changed < size[0], "a repaint shows what was there"
        assert painted.sent <= (1.4 if size[0] == 200 else 2.3) * board.cells


def _nothing(term: Term) -> None:
    """Only the table."""


def _filter(term: Term) -> None:
    term.send("/")
    term.wait_for("enter to the table", _LONG)


def _command(term: Term) -> None:
    term.send(":")
    term.wait_for("enter", _LONG)


def _question(term: Term) -> None:
    term.send("q")
    term.wait_for("Quit", _LONG)


def _form(term: Term) -> None:
    term.send("b")
    term.wait_for("Boot", _LONG)


def _menu(term: Term) -> None:
    term.send("a")
    term.wait_for("Actions for", _LONG)


def test_the_cursor_of_the_editor_does_not_blink() -> None:
    assert not Editor("user data", "text").area.cursor_blink


@pytest.mark.parametrize(
    "opened", [_nothing, _filter, _command, _question, _form, _menu], ids=lambda deed: deed.__name__.strip("_")
)
def test_nothing_ticks(tmp_path: Path, demo: DemoCloud, opened: Callable[[Term], None]) -> None:
    with Dashboard(demo, tmp_path, 120, 40, *SETTLED) as board:
        assert "d ┃" in board.term.text() or "d ━" in board.term.text(), "rows, with ages in days"
        assert "Places" in board.term.text()
        opened(board.term)
        board.quiet()
        # Two dozen answers without news: whatever blinks or counts seconds would have written by then, every time.
        # What may step once is the header's bound, where a busy machine answers late.
        assert any(board.idle() == 0 for _ in range(3))
