"""Leaving: at once whatever hangs, the terminal as before, nothing left running."""

from __future__ import annotations

import contextlib
import fcntl
import signal
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terminal.harness import Term
from tests.terminal.trials import break_it, calm, interrupted_early, mend_it, number_of, open_on, restored, settled
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

HANG = 30.0
"""Seconds after which the shortest of the hanging requests would end by itself: signing in."""
SOON = HANG / 4
"""An end within this did not wait for any of them, however slow the machine."""

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="there is no /proc here")


@pytest.fixture(scope="module")
def shared() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


@pytest.fixture
def demo(shared: DemoCloud) -> Iterator[DemoCloud]:
    """A demo cloud to break; it is mended afterwards."""
    yield shared
    mend_it(shared)


def at_sign_in(term: Term, demo: DemoCloud) -> None:
    """Every place hangs from the first request on."""
    term.wait_for("◐ asking 5 regions")


def while_listing(term: Term, demo: DemoCloud) -> None:
    """Every place was live, then everything hangs: lists, details, a search everywhere."""
    number_of(term)
    break_it(demo, "hang:*")
    for keys in ("\x12", "d", "y", ":images\r", ":find 10.20.0.10\r"):
        term.send(keys)
        term.wait_quiet(0.3)
    term.send("\x1b")
    term.wait_quiet(0.3)


def while_loading(term: Term, demo: DemoCloud) -> None:
    """The first frame is there, and the first pages of long lists are coming in."""
    break_it(demo, "latency=0.3:/servers")
    term.wait_for("filter")


def with_old_rows(term: Term, demo: DemoCloud) -> None:
    """Rows of an earlier run show, and every place hangs."""
    number_of(term)
    by_command(term)
    assert term.wait_exit() == 0
    break_it(demo, "hang:*")


def by_command(term: Term) -> None:
    """:quit! asks nothing."""
    term.send(":quit!\r")


def by_keys(term: Term) -> None:
    """q asks, y says yes once the dialog can be read."""
    term.send("q")
    term.wait_for("Quit stackdeck?")
    shown = time.monotonic()
    term.wait_for(lambda _: time.monotonic() > shown + 0.4)
    term.send("y")


def by_ctrl_c(term: Term) -> None:
    """Ctrl+C asks as q does."""
    term.send("\x03")
    term.wait_for("Quit stackdeck?")
    shown = time.monotonic()
    term.wait_for(lambda _: time.monotonic() > shown + 0.4)
    term.send("y")


def by_sigterm(term: Term) -> None:
    """What `kill` and a session's end send."""
    term.process.send_signal(signal.SIGTERM)


def by_sighup(term: Term) -> None:
    """What a terminal that goes away sends."""
    term.process.send_signal(signal.SIGHUP)


LEAVING = {
    "command": (by_command, 0),
    "keys": (by_keys, 0),
    "ctrl+c": (by_ctrl_c, 0),
    "SIGTERM": (by_sigterm, 143),
    "SIGHUP": (by_sighup, 129),
}


@pytest.mark.parametrize("hanging", [at_sign_in, while_listing])
@pytest.mark.parametrize("way", LEAVING)
def test_leaving_does_not_wait_for_what_hangs(
    tmp_path: Path, demo: DemoCloud, way: str, hanging: Callable[[Term, DemoCloud], None]
) -> None:
    leave, code = LEAVING[way]
    if hanging is at_sign_in:
        break_it(demo, "hang:*")
    with open_on(tmp_path, demo) as term:
        hanging(term, demo)
        calm(term)
        leave(term)
        assert term.wait_exit(timeout=SOON) == code
        restored(term)
        assert "Traceback" not in term.output()


@pytest.mark.parametrize("way", LEAVING)
def test_leaving_at_once_while_lists_come_in(tmp_path: Path, demo: DemoCloud, way: str) -> None:
    leave, code = LEAVING[way]
    with open_on(tmp_path, demo) as term:
        while_loading(term, demo)
        leave(term)
        assert term.wait_exit(timeout=SOON) == code
        restored(term)
        assert "Traceback" not in term.output()


@pytest.mark.parametrize("way", LEAVING)
def test_leaving_with_rows_of_an_earlier_run(tmp_path: Path, demo: DemoCloud, way: str) -> None:
    leave, code = LEAVING[way]
    with open_on(tmp_path, demo) as term:
        with_old_rows(term, demo)
    with open_on(tmp_path, demo) as term:
        term.wait_for("have not answered yet")
        leave(term)
        assert term.wait_exit(timeout=SOON) == code
        restored(term)
        assert "Traceback" not in term.output()


NO_ANSWER = """
import socket, threading
def getaddrinfo(*args, **kwargs):
    threading.Event().wait()
socket.getaddrinfo = getaddrinfo
"""
"""A resolver that never answers, put under the command as Python's own `sitecustomize`: no name server of a test's own
can be made the system's."""


@pytest.mark.parametrize("way", LEAVING)
def test_leaving_while_no_name_is_resolved(tmp_path: Path, demo: DemoCloud, way: str) -> None:
    leave, code = LEAVING[way]
    (tmp_path / "sitecustomize.py").write_text(NO_ANSWER)
    with open_on(tmp_path, demo, env={"PYTHONPATH": str(tmp_path)}) as term:
        at_sign_in(term, demo)
        leave(term)
        assert term.wait_exit(timeout=SOON) == code
        restored(term)


@pytest.mark.parametrize("way", ["command", "SIGTERM", "SIGHUP", "closed"])
def test_leaving_while_rows_are_written(tmp_path: Path, way: str) -> None:
    """Ten thousand rows are kept at the end: what is not written by then is left, and never half of it."""
    with DemoCloud.start("--still", "--servers", "10000") as many:
        with open_on(tmp_path, many, "--cloud", "lab") as term:
            term.wait_for(settled, timeout=60)
            if way == "closed":
                term.hang_up()
                term.wait_exit(timeout=SOON)
            else:
                leave, code = LEAVING[way]
                leave(term)
                assert term.wait_exit(timeout=SOON) == code
                restored(term)
        break_it(many, "hang:*")
        with open_on(tmp_path, many, "--cloud", "lab") as term:
            # All of them or none: a busy machine may not have written the file in the time that the end waits.
            term.wait_for(lambda term: "region has not answered yet" in term.text() or "asking 1 region" in term.text())
            calm(term)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_before_there_is_a_screen_ends_it(tmp_path: Path, demo: DemoCloud, number: int) -> None:
    with open_on(tmp_path, demo) as term:
        wait_until(lambda: Path(f"/proc/{term.process.pid}/maps").read_text().count("python"), "Python runs", 10)
        term.process.send_signal(number)
        term.wait_exit(timeout=SOON)
        restored(term)
        assert "Traceback" not in term.output() or (number == signal.SIGINT and interrupted_early(term))


def family(pid: int) -> list[int]:
    """Return the processes that descend from one, itself excepted."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found, grown = {pid}, True
    while grown:
        grown = False
        for child, parent in parents.items():
            if parent in found and child not in found:
                found.add(child)
                grown = True
    return sorted(found - {pid})


def running(pid: int) -> bool:
    """Whether a process is there and not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("way", ["command", "SIGTERM", "SIGHUP", "closed", "SIGKILL", "early"])
def test_the_demo_clouds_process_never_outlives_the_dashboard(tmp_path: Path, way: str) -> None:
    with Term("--demo", home=tmp_path) as term:
        if way == "early":
            # Before there is a screen: the demo cloud is just being started.
            children = wait_until(lambda: family(term.process.pid), "the demo cloud's process", 20)
            term.process.send_signal(signal.SIGTERM)
        else:
            term.wait_for(settled, timeout=30)
            children = family(term.process.pid)
            if way == "closed":
                term.hang_up()
            elif way == "SIGKILL":
                term.process.kill()
            else:
                LEAVING[way][0](term)
        assert children, "the demo cloud is a process of its own"
        term.wait_exit(timeout=20)
        wait_until(lambda: not any(running(pid) for pid in children), "the end of the demo cloud's process", 20)
        if way not in {"closed", "SIGKILL", "early"}:
            restored(term)
        assert "Traceback" not in term.output()


@pytest.mark.parametrize("hangs", [False, True])
def test_a_closed_terminal_ends_it(tmp_path: Path, demo: DemoCloud, hangs: bool) -> None:
    if hangs:
        break_it(demo, "hang:*")
    with open_on(tmp_path, demo) as term:
        term.wait_for("asking 5 regions" if hangs else "api-gateway-01")
        term.hang_up()
        term.wait_exit(timeout=SOON)
        assert term.exit_code != 0


def stalled(term: Term) -> Callable[[], bool]:
    """Return a look that has the screen drawn again; true once no more of it arrives."""
    seen: list[int] = []

    def full() -> bool:
        term.rush("\x0c")
        waiting = fcntl.ioctl(term._parent, termios.FIONREAD, b"\0" * 4)
        seen.append(int.from_bytes(waiting, sys.byteorder))
        return seen[-1] > 0 and len(set(seen[-30:])) == 1 and len(seen) > 30

    return full


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_terminal_that_takes_nothing_more_does_not_hold_it(tmp_path: Path, demo: DemoCloud, number: int) -> None:
    # As when a connection stalls: the pty is full and every write to it blocks.
    with open_on(tmp_path, demo, columns=200, rows=50) as term:
        number_of(term)
        with term._lock:
            wait_until(stalled(term), "a pty that is full", 20, step=0.02)
            term.process.send_signal(number)
            wait_until(lambda: term.process.poll() is not None, "the end", SOON * 2)
        assert term.exit_code != 0


def test_suspended_and_resumed_it_draws_again(tmp_path: Path, demo: DemoCloud) -> None:
    with open_on(tmp_path, demo) as term:
        number_of(term)
        term.send(":suspend\r")
        stat = Path(f"/proc/{term.process.pid}/stat")
        wait_until(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", "the stop", 10)
        wait_until(lambda: b"\x1b[?1049l" in term.raw, "the normal screen", 5)
        restored(term)
        drawn = term.output_bytes
        term.process.send_signal(signal.SIGCONT)
        term.wait_for(lambda term: term.output_bytes > drawn + 500 and "api-gateway-01" in term.text())
        term.wait_quiet(0.3)
        assert term.raw.rfind(b"\x1b[?1049h") > term.raw.rfind(b"\x1b[?1049l")
        by_command(term)
        assert term.wait_exit() == 0
        restored(term)
