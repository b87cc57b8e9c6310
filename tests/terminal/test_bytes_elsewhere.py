"""Output from elsewhere: what libraries write never tears the screen; what cannot be kept off it is painted over."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.harness import Term
from tests.terminal.trials import settled
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

REGION = ("--cloud", "prod-eu", "--region", "ams1")
LOG = Path("state", "stackdeck", "output.log")
_LONG = 60.0

NOISE = """
import os, pathlib, signal, subprocess, threading

def noise(trigger):
    while not trigger.exists():
        threading.Event().wait(0.05)
    os.write(1, b"TORN-1 by a library\\n")
    os.write(2, b"TORN-2 by a library\\n")
    subprocess.run(["sh", "-c", "echo TORN-3 by a child; echo TORN-4 by a child >&2"])
    trigger.with_suffix(".done").touch()

def fail(number, frame):
    raise RuntimeError("a library failed")

if b"--cloud" in pathlib.Path("/proc/self/cmdline").read_bytes():
    trigger = pathlib.Path(os.environ["NOISE"])
    threading.Thread(target=noise, args=(trigger,), daemon=True).start()
    signal.signal(signal.SIGUSR1, fail)
"""
"""Stands for a library that writes to the descriptors themselves, as C code does, and for one that fails."""


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    """A demo cloud in which nothing changes by itself."""
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


@pytest.fixture
def term(tmp_path: Path, demo: DemoCloud) -> Iterator[Term]:
    """The dashboard, with a library in it that makes noise on demand."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "sitecustomize.py").write_text(NOISE)
    env = {
        "OS_CLIENT_CONFIG_FILE": str(demo.clouds_file),
        "PYTHONPATH": os.pathsep.join([str(tmp_path / "lib"), os.environ.get("PYTHONPATH", "")]),
        "NOISE": str(tmp_path / "noise"),
    }
    with Term(*REGION, home=tmp_path, env=env) as term:
        term.wait_for(settled, _LONG)
        term.wait_quiet(0.5, _LONG)
        yield term


def leads_to(term: Term, descriptor: int) -> str:
    """Return where a descriptor of the dashboard leads."""
    return os.readlink(f"/proc/{term.process.pid}/fd/{descriptor}")


def terminal_of(term: Term) -> str:
    """Return the name of its terminal."""
    return leads_to(term, 0)


def test_what_libraries_write_goes_to_a_file_and_the_screen_stays_whole(term: Term, tmp_path: Path) -> None:
    before = term.text()
    (tmp_path / "noise").touch()
    wait_until(lambda: (tmp_path / "noise.done").exists(), "the noise", _LONG)
    term.send("j")
    term.wait_for(lambda term: term.text() != before, _LONG)
    assert "TORN" not in term.output()
    said = (tmp_path / LOG).read_text()
    assert all(f"TORN-{number}" in said for number in (1, 2, 3, 4))
    assert stat.S_IMODE((tmp_path / LOG).stat().st_mode) == 0o600


def test_the_descriptors_are_given_back_while_it_is_stopped_and_taken_again(term: Term, tmp_path: Path) -> None:
    terminal = terminal_of(term)
    log = str(tmp_path / LOG)
    assert (leads_to(term, 1), leads_to(term, 2)) == (log, log)
    term.send(":suspend\r")
    wait_until(lambda: _state(term) == "T", "the stop", _LONG)
    assert (leads_to(term, 1), leads_to(term, 2)) == (terminal, terminal)
    before = len(term.raw)
    os.kill(term.process.pid, signal.SIGCONT)
    term.wait_for(lambda term: len(term.raw) > before and settled(term), _LONG)
    wait_until(lambda: leads_to(term, 2) == log, "the descriptors to be taken again", _LONG)
    assert leads_to(term, 1) == log


def test_a_crash_gives_the_terminal_back_and_says_what_happened_on_it(term: Term) -> None:
    os.kill(term.process.pid, signal.SIGUSR1)
    assert term.wait_exit(_LONG) == 1
    assert "unexpected RuntimeError" in term.text()
    assert "\x1b[?1049l" in term.output()


def test_a_state_directory_that_cannot_be_written_is_no_reason_to_fail(tmp_path: Path, demo: DemoCloud) -> None:
    (tmp_path / "state").write_text("a file")
    with Term(*REGION, home=tmp_path, env={"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file)}) as term:
        term.wait_for(settled, _LONG)
        assert leads_to(term, 2) == "/dev/null"


def _resize(term: Term) -> None:
    columns, rows = term.columns, term.rows
    term.resize(columns - 1, rows)
    term.wait_for(lambda term: settled(term), _LONG)
    term.resize(columns, rows)


def _continue(term: Term) -> None:
    os.kill(term.process.pid, signal.SIGSTOP)
    wait_until(lambda: _state(term) == "T", "the stop", _LONG)
    os.kill(term.process.pid, signal.SIGCONT)


def _come_back(term: Term) -> None:
    term.focus(False)
    term.focus(True)


def _redraw(term: Term) -> None:
    term.send("\x0c")


@pytest.mark.parametrize("deed", [_redraw, _resize, _continue, _come_back], ids=lambda deed: deed.__name__.strip("_"))
@pytest.mark.parametrize("painter", ["diff", "stock"])
def test_what_another_user_wrote_to_the_terminal_is_painted_over(
    tmp_path: Path, demo: DemoCloud, deed: object, painter: str
) -> None:
    env = {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file)}
    with Term(*REGION, f"--painter={painter}", home=tmp_path, env=env) as term:
        term.wait_for(settled, _LONG)
        term.wait_quiet(0.5, _LONG)
        before = term.text()
        # As wall(1) does: the terminal's file is opened and written to.
        with open(terminal_of(term), "wb", buffering=0, opener=_no_control) as other:
            other.write(b"\x1b[12;9H\x1b[31mBroadcast message: going down\x1b[3;3H for maintenance\x1b[m")
        term.wait_for("for maintenance", _LONG)
        assert callable(deed)
        deed(term)
        term.wait_for(lambda term: term.text() == before, _LONG)


def _state(term: Term) -> str:
    return Path(f"/proc/{term.process.pid}/stat").read_text().rpartition(")")[2].split()[0]


def _no_control(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOCTTY)
