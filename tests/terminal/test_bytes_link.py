"""Low bandwidth: what is sent less, when it comes on by itself, and that the latest state always arrives."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.harness import COMMAND, Term
from tests.terminal.slow import SlowTerm
from tests.terminal.trials import settled
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

SSH = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
REGION = ("--cloud", "prod-eu", "--region", "ams1")
SLOW = "The link is slow"
RICH = re.compile(rb"\x1b\[[0-9;]*[34]8;2;")
_LONG = 60.0


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    """A demo cloud in which nothing changes by itself."""
    with DemoCloud.start("--still", "--seed", "1", "--servers", "300") as cloud:
        yield cloud


def clouds(demo: DemoCloud, **env: str) -> dict[str, str]:
    """Return the environment that leads to it."""
    return {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file), **env}


def row_under_cursor(term: Term) -> str:
    """Return the line that the cursor is on."""
    return next((line for line in term.lines()[3:-2] if "│▌  " in line), "")


def at_the_end(term: Term) -> bool:
    """Whether the cursor is on the last row of the table."""
    rows = [line for line in term.lines()[3:-2] if re.search(r"│.*[●○◐✗] [A-Z]", line)]
    return bool(rows) and "│▌  " in rows[-1]


def prove_slow(term: Term) -> None:
    """Go through pages until the dashboard says that the link is slow."""
    term.wait_for(settled, _LONG)
    for key in "\x06\x02" * 4:
        if SLOW in term.text():
            return
        before = row_under_cursor(term)
        term.send(key)
        term.wait_for(lambda term, before=before: row_under_cursor(term) != before or SLOW in term.text(), _LONG)
        term.wait_quiet(0.5, _LONG)
    term.wait_for(SLOW, _LONG)


def test_asked_for_it_has_256_colours_and_no_reports_of_motion(tmp_path: Path, demo: DemoCloud) -> None:
    with Term(*REGION, "--low-bandwidth", home=tmp_path, env=clouds(demo)) as term:
        term.wait_for(settled, _LONG)
        term.send("G")
        term.wait_for(at_the_end, _LONG)
        raw = bytes(term.raw)
        assert not RICH.search(raw)
        assert b"\x1b[38;5;" in raw
        assert b"?1003h" not in raw
        assert b"?1000h" in raw
        assert SLOW not in term.text()


def test_a_setting_asks_for_it_and_the_option_overrules_it(tmp_path: Path, demo: DemoCloud) -> None:
    settings = tmp_path / "config" / "stackdeck" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('low_bandwidth = "on"\n')
    for option, low in (("--theme=stackdeck-dark", True), ("--no-low-bandwidth", False)):
        with Term(*REGION, option, home=tmp_path, env=clouds(demo)) as term:
            term.wait_for(settled, _LONG)
            assert bool(RICH.search(bytes(term.raw))) is not low
            assert (b"?1003h" in term.raw) is not low


def test_a_link_over_ssh_that_proves_slow_brings_it_on_and_says_so(tmp_path: Path, demo: DemoCloud) -> None:
    with SlowTerm(*REGION, home=tmp_path, rate=6000, env=clouds(demo, **SSH)) as term:
        term.wait_for(settled, _LONG)
        prove_slow(term)
        term.wait_quiet(1.5, _LONG)
        assert b"\x1b[?1003l\x1b[?1000h" in term.raw
        before = len(term.raw)
        term.send("\x06")
        term.wait_for(lambda term: len(term.raw) > before + 200, _LONG)
        term.wait_quiet(1.5, _LONG)
        assert not RICH.search(bytes(term.raw[before:]))
        # Frames wait for what is under way: never a queue of pages.
        term.most = 0
        for key in "\x06\x02" * 20 + "G":
            term.rush(key)
            wait_until(lambda: _taken(term), "the key to be read", _LONG)
        term.wait_for(at_the_end, _LONG)
        assert term.most < 6000


def test_a_link_over_ssh_that_is_fast_keeps_everything(tmp_path: Path, demo: DemoCloud) -> None:
    with Term(*REGION, home=tmp_path, env=clouds(demo, **SSH)) as term:
        term.wait_for(settled, _LONG)
        for key in "\x06\x02\x06\x02G":
            term.send(key)
            term.wait_quiet(0.3, _LONG)
        term.wait_for(at_the_end, _LONG)
        assert b"\x1b[6n\x1b" not in term.raw.split(b"\x1b[?1049h")[0]
        assert SLOW not in term.text()
        assert b"\x1b[?1003l\x1b[?1000h" not in term.raw


def test_answers_under_way_at_the_end_are_not_typed_into_the_shell(tmp_path: Path, demo: DemoCloud) -> None:
    left = "stty -echo -icanon min 0 time 20; dd bs=64 count=1 2>/dev/null | od -An -c; echo; echo OVER; exec sleep 100"
    shell = ("sh", "-c", f'"$0" "$@"; {left}', *COMMAND)
    with SlowTerm(*REGION, home=tmp_path, rate=6000, command=shell, env=clouds(demo, **SSH)) as term:
        prove_slow(term)
        term.wait_quiet(1.5, _LONG)
        term.send(":quit\r")
        term.wait_for("Quit", _LONG)
        term.wait_quiet(1.5, _LONG)
        term.send("y")
        term.wait_for("OVER", _LONG)
        said = term.output().rpartition("\x1b[?1006l")[2]
        assert said.split() == ["OVER"]


@pytest.mark.parametrize("option", ["--low-bandwidth", "--no-low-bandwidth"])
def test_a_terminal_that_answers_nothing_is_painted_all_the_same(tmp_path: Path, demo: DemoCloud, option: str) -> None:
    with Term(*REGION, option, home=tmp_path, env=clouds(demo, **SSH), answers=False) as term:
        term.wait_for(settled, _LONG)
        for key in "\x06\x02G":
            term.rush(key)
        term.wait_for(at_the_end, _LONG)


class Deaf(Term):
    """A terminal that can be kept from taking anything, as one does whose user pressed ctrl+s."""

    reads = True

    def _take(self, data: bytes) -> None:
        wait_until(lambda: self.reads or self._ended.is_set(), "being read again", 120)
        super()._take(data)


def test_frames_are_dropped_while_the_terminal_takes_nothing_and_the_latest_state_arrives(
    tmp_path: Path, demo: DemoCloud
) -> None:
    with Deaf(*REGION, home=tmp_path, env=clouds(demo)) as term:
        term.wait_for(settled, _LONG)
        term.send("\x06")
        term.wait_quiet(0.5, _LONG)
        before = len(term.raw)
        term.send("\x02")
        term.wait_quiet(0.5, _LONG)
        page = len(term.raw) - before
        assert page > 500
        term.reads = False
        before = len(term.raw)
        for _ in range(150):
            for key in "\x06\x02":
                term.rush(key)
                wait_until(lambda: _taken(term), "the key to be read", _LONG)
        term.send("G")
        term.reads = True
        term.wait_for(at_the_end, _LONG)
        term.wait_quiet(0.5, _LONG)
        # What the kernel's line held, and a frame or two: not the 300 pages.
        assert len(term.raw) - before < page * 60


def _taken(term: Term) -> bool:
    """Whether the program has read what was typed."""
    child = os.open(f"/proc/{term.process.pid}/fd/0", os.O_RDONLY | os.O_NOCTTY)
    try:
        return struct.unpack("i", fcntl.ioctl(child, termios.FIONREAD, b"\0" * 4))[0] == 0
    finally:
        os.close(child)
