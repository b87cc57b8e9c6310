"""The painter in a real terminal's line: Textual's own driver, signals, another program's output."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tests.bench.painter_bytes import Program
from tests.ui.terminal_model import GARBAGE
from tests.waiting import wait_until


@pytest.fixture
def program() -> Iterator[Program]:
    """A table with panes, drawn by the painter."""
    program = Program("diff", 80, 24)
    try:
        program.until("start")
        yield program
    finally:
        program.close()


def shows(program: Program, expected: object) -> bool:
    """Read what is there and say whether the terminal shows it."""
    if data := program.read(0.05):
        program.show(data)
    return program.model.shown() == expected


@pytest.mark.parametrize("stop", [signal.SIGTSTP, signal.SIGSTOP])
def test_a_stopped_program_paints_all_when_it_goes_on(program: Program, stop: signal.Signals) -> None:
    before = program.model.shown()
    os.kill(program.pid, stop)
    _, status = os.waitpid(program.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    while data := program.read(0.05):
        program.show(data)
    program.model.resize(80, 24)
    os.kill(program.pid, signal.SIGCONT)
    wait_until(lambda: shows(program, before), "the screen again")
    program.do("u")
    assert program.model.shown() != before


def test_what_another_program_wrote_is_gone_when_the_focus_comes_back(program: Program) -> None:
    before = program.model.shown()
    program.model.feed("\x1b[5;5Hwall: the system is going down\x1b[H")
    program.model.rows[9] = [GARBAGE] * 80
    program.do("f")
    assert program.model.shown() == before


def test_what_changed_alone_is_sent(program: Program) -> None:
    took = program.do("u")
    assert 0 < took.changed < 12
    assert took.sent <= 80
    assert program.do("n").sent == 0
