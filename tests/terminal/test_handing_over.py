"""The terminal handed to a program: whatever it does, the application is back, alive and drawn."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sshd import descendants
from tests.terminal.harness import Term
from tests.waiting import wait_until

WAIT = 60.0
PROGRAM = (sys.executable, "-m", "tests.terminal.handing_over")
TOP = str(Path(__file__).parents[2])


def started(home: Path, *command: str) -> Term:
    """Start the program and wait until it ticks."""
    term = Term(home=home, columns=100, rows=20, command=command or PROGRAM, env={"PYTHONPATH": TOP})
    if not command:
        term.wait_for("tick", WAIT)
    return term


def reading(term: Term) -> list[str]:
    """Return the programs in the terminal that are not stopped."""
    pids = ",".join(map(str, descendants(term.process.pid)))
    answer = subprocess.run(["ps", "-o", "stat=,comm=", "-p", pids], capture_output=True, text=True, check=False)
    found = [line.split(maxsplit=1) for line in answer.stdout.splitlines()]
    return [Path(name.strip()).name for state, name in found if not state.startswith("T")]


def ticks(term: Term, said: str) -> None:
    """Wait until it says so, and goes on ticking."""
    term.wait_for(said, WAIT)
    found = re.search(r"tick (\d+)", term.text())
    at = int(found[1]) if found else 0
    term.wait_for(lambda term: any(int(number) > at for number in re.findall(r"tick (\d+)", term.text())), WAIT)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("a", "a status 0 error []"),
        ("b", "b status 3 error []"),
        ("c", "c status None error [no-such-program-anywhere cannot be started"),
        ("d", "d status None error [ValueError"),
        ("g", "g status -9 error []"),
        ("h", "h status 5 error []"),
    ],
)
def test_it_is_back_whatever_way_the_program_ends(tmp_path: Path, key: str, said: str) -> None:
    with started(tmp_path) as term:
        for _ in range(3):
            term.send(key)
            ticks(term, said)
        term.resize(90, 25)
        ticks(term, "size 90x25")
        term.send("q")
        assert term.wait_exit(WAIT) == 0


def test_an_interrupt_is_the_programs(tmp_path: Path) -> None:
    with started(tmp_path) as term:
        term.send("f")
        term.wait_for("handed over for f", WAIT)
        term.send("hello\r")
        term.wait_for(lambda term: term.text().count("hello") >= 2, WAIT)
        term.resize(80, 30)
        term.send("\x03")
        ticks(term, "f status -2")
        ticks(term, "size 80x30")


def test_last_words_stay_until_a_key(tmp_path: Path) -> None:
    with started(tmp_path) as term:
        term.send("e")
        term.wait_for("Enter goes back", WAIT)
        term.wait_quiet(0.5, WAIT)
        assert "e status" not in term.text()
        term.send("\r")
        ticks(term, "e status 255")


def test_what_was_typed_for_the_program_does_nothing_here(tmp_path: Path) -> None:
    with started(tmp_path) as term:
        term.send("i")
        term.wait_for("typed too much?", WAIT)
        term.send("bbbq\r")
        ticks(term, "i status 0")
        term.wait_quiet(0.0, WAIT)
        assert "b status" not in term.text()
        assert term.exit_code is None


def test_a_killed_program_leaves_no_modes_behind(tmp_path: Path) -> None:
    with started(tmp_path) as term:
        term.send("g")
        ticks(term, "g status -9")
        after = term.output().rpartition("handed over for g")[2]
        for off in ("\x1b[?1000l", "\x1b(B", "\x1b[?25h", "\x1b[?1049l"):
            assert off in after


def test_a_stop_goes_to_the_shell_and_comes_back(tmp_path: Path) -> None:
    with started(tmp_path, "bash", "--norc", "-i") as term:
        term.wait_for("bash-", WAIT)
        term.send(" ".join(PROGRAM) + "\r")
        term.wait_for("tick", WAIT)
        term.send("f")
        term.wait_for("handed over for f", WAIT)
        term.send("\x1a")
        term.wait_for("Stopped", WAIT)
        term.send("echo in the she''ll\r")
        term.wait_for("in the shell", WAIT)
        term.send("fg\r")
        wait_until(lambda: "cat" in reading(term), "the program goes on", WAIT)
        term.send("again\r")
        term.wait_for(lambda term: term.text().count("again") >= 2, WAIT)
        term.send("\x04")
        ticks(term, "f status 0")
        term.send("h")  # it stops itself alone: the shell has the terminal until fg
        term.wait_for(lambda term: term.output().count("Stopped") >= 2, WAIT)
        term.send("fg\r")
        ticks(term, "h status 5")
