"""What is typed ahead, pasted, held down or thrown at the terminal changes no cloud and breaks no screen."""

from __future__ import annotations

import random
import string
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.harness import Term
from tests.terminal.trials import at_once, calm, control, interrupted_early, number_of, open_on, rested, settled
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

PHRASES = (
    ":security groups", ":stop", ":delete\r", ":quit!", "/web\rdy", "systemctl stop nginx\n",
    "openstack server delete x\n",
    "rm -rf /\ny\ny\n", "q\ry", "qy", "yes\n", "y\r", "ay", "\x04y", "\x04\r", "\x04web\r", "x", "e:wq\n", "dd", "ZZ",
    "u", "J\r", "C\r", "\x13\r", "a\rs\r", "f\r", "b\r", "B\r", "l", "s", "0", "gg", "GG", "\x1a", "\x17", "[[]]--",
    "?q",
    ":servers @nowhere !ACTIVE\r", "/status:error\r\x04yy", "\x1b[3~y", "\x1bOP", "\x1b[200~y\x1b[201~",
    "\x02d", "\x10delete\r",
)  # fmt: skip
"""What people paste by mistake, what other tools take for deeds, and answers to dialogs that are not there yet."""

VIEWS = {
    "servers": (),
    "a filter": ("/web",),
    "the command line": (":",),
    "describe": ("d",),
    "raw": ("y",),
    "a picker": ("C",),
    "help": ("?",),
    "the side pane": ("\t",),
    "images": (":images\r",),
    "flavors": (":flavors\r",),
    "networks": (":networks\r",),
    "the quit dialog": ("q",),
    "the palette": ("\x10",),
    "saving": ("\x13",),
    "what was found": (":find 10.20.0.10\r",),
}


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


def mutating(demo: DemoCloud) -> list[str]:
    """Return the requests so far that would have changed something."""
    found: list[str] = control(demo, "GET", "requests")["mutations"]
    return found


class Flood:
    """How often a demo cloud is asked from now on."""

    def __init__(self, demo: DemoCloud) -> None:
        self._demo = demo
        self._before = self._total()
        self._since = time.monotonic()

    def requests(self) -> int:
        """Return the requests so far."""
        return self._total() - self._before

    def due(self) -> int:
        """Return what the time alone accounts for: three lists of five places each second, beyond the first five."""
        return int(15 * max(time.monotonic() - self._since - 5, 0))

    def _total(self) -> int:
        return int(control(self._demo, "GET", "requests")["total"])


def texts(seed: str) -> list[str]:
    """Return phrases and as much noise, in an order of their own for each view."""
    source = random.Random(seed)
    noise = ["".join(source.choices(string.printable, k=source.randrange(2, 40))) for _ in range(15)]
    everything = [*PHRASES, *noise]
    source.shuffle(everything)
    # Quitting is a fair answer to some of them; then there is nothing left to see.
    return [text.replace(":quit!", ":qui!") for text in everything[:32]]


@pytest.mark.parametrize("view", VIEWS)
def test_text_thrown_at_a_view_changes_nothing(tmp_path: Path, demo: DemoCloud, view: str) -> None:
    with open_on(tmp_path, demo) as term:
        number_of(term)
        for number, text in enumerate(texts(view)):
            if term.exit_code is not None:
                break
            if number % 8 == 0:
                term.send("\x1b")
                term.wait_quiet(0.1)
                for keys in VIEWS[view]:
                    term.send(keys)
                    term.wait_quiet(0.1)
            if number % 2:
                term.paste(text)
            else:
                term.send(text)
            term.wait_quiet(0.05)
        assert "Traceback" not in term.output()
        assert "unexpected" not in term.output()
        assert term.exit_code in (None, 0), "if it left, then because it was asked to and answered"
    assert mutating(demo) == []


def test_a_dialog_is_not_answered_by_what_was_typed_before_it(tmp_path: Path, demo: DemoCloud) -> None:
    with open_on(tmp_path, demo) as term:
        number_of(term)
        for burst in ("qy", "q\r", "q y", "\x03y"):
            term.send(burst)
            term.wait_quiet(0.5)
            assert term.exit_code is None, burst
            rested(term)
            term.send("\x1b")
            term.wait_for("enter open")
        while not at_once(term, "q", "y"):
            if term.exit_code is not None:
                return  # a busy machine: it came late enough to be an answer
            rested(term)
            term.send("\x1b")
            term.wait_for("enter open")
        rested(term)
        assert term.exit_code is None
        calm(term)


def test_what_is_typed_while_it_starts_does_no_harm(tmp_path: Path, demo: DemoCloud) -> None:
    with open_on(tmp_path, demo) as term:
        term.send("qy\x03y:quit!\rexit\n")
        wait_until(lambda: settled(term) or term.exit_code is not None, "rows, or an end", 20)
        # Ctrl+C while Python is still being loaded ends it as any other command.
        assert term.exit_code in (None, 0, 130, -2) or interrupted_early(term)
        assert "tui/" not in term.output() or interrupted_early(term)
    assert mutating(demo) == []


@pytest.mark.parametrize("key", ["\x1b[B", "\x12", "d", "\x1a", "\x0c", "\t", "T"])
def test_a_key_that_is_held_down(tmp_path: Path, demo: DemoCloud, key: str) -> None:
    with open_on(tmp_path, demo) as term:
        number_of(term)
        flood = Flood(demo)
        for _ in range(150):
            term.rush(key)
        term.wait_quiet(0.5)
        calm(term)
        assert flood.requests() < 150 + flood.due(), "a held key does not flood the clouds"
        term.send("\x1b\x1b")
        rested(term)
        term.send("?")
        term.wait_for(lambda term: "Keys for" in term.text() or "MOVE" in term.text().upper())


def test_a_storm_of_sizes(tmp_path: Path, demo: DemoCloud) -> None:
    source = random.Random(7)
    with open_on(tmp_path, demo) as term:
        rows = number_of(term)
        for keys in ("", "d", "y"):
            if keys:
                term.send(keys)
                term.wait_quiet(0.3)
            for _ in range(40):
                term.resize(
                    source.choice([1, 2, 20, 59, 60, 79, 80, 120, 199, 300]), source.choice([1, 2, 14, 15, 24, 80])
                )
                end = time.monotonic() + source.choice([0, 0.01, 0.03])
                wait_until(lambda end=end: time.monotonic() >= end, "the next size", step=0.002)
            term.wait_quiet(0.5)
            calm(term)
        term.resize(120, 40)
        term.wait_quiet(0.5)
        for key in "q\x1b":
            term.send(key)
            term.wait_quiet(0.5)
        term.wait_for(lambda term: f"Servers {rows} " in term.text() and "enter open" in term.text())
        fresh = Term(home=tmp_path, env={"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file)})
        with fresh:
            number_of(fresh)
            # Ages step at another moment in each.
            wait_until(lambda: term.lines()[3:30] == fresh.lines()[3:30], "the screen of one that was never resized")


@pytest.mark.parametrize("size", [(59, 15), (20, 5), (1, 1)])
def test_too_small_and_grown_again(tmp_path: Path, demo: DemoCloud, size: tuple[int, int]) -> None:
    with open_on(tmp_path, demo, columns=size[0], rows=size[1]) as term:
        if size[0] >= 20:
            term.wait_for("is too")
        else:
            term.wait_quiet(1.0)
        term.send("jkdyu/x\r\x1b")
        term.wait_quiet(0.5)
        calm(term)
        term.resize(100, 30)
        term.wait_for("ACTIVE")
        term.resize(*size)
        term.wait_quiet(0.5)
        term.resize(80, 24)
        term.wait_for("ACTIVE")
        assert "too small" not in term.text()
        calm(term)


def test_focus_that_comes_and_goes(tmp_path: Path, demo: DemoCloud) -> None:
    with open_on(tmp_path, demo) as term:
        number_of(term)
        flood = Flood(demo)
        for _ in range(60):
            term.focus(False)
            term.focus(True)
        term.wait_quiet(0.5)
        assert flood.requests() < 120 + flood.due()
        calm(term)


@pytest.mark.parametrize(
    "junk",
    [
        b"\xff\xfe\x80\xc3(\xa0",
        b"\x1b[<999999;999999;999999M\x1b[<0;0;0M\x1b[<64;1;1M",
        b"\x1b[M\xff\xff\xff",
        b"\x1b]11;rgb:zz/zz/zz\x1b\\",
        b"\x1b[?2026;9$y\x1b[?u\x1b[?99999u",
        b"\x1b[48;0;0;0;0t\x1b[48;-1;x;9t\x1b[48;99999;99999;1;1t",
        b"\x1bP+r544e\x1b\\\x1b_Gi=1\x1b\\",
        b"\x1b[57399u\x1b[1114112u\x1b[99999999u\x1b[97;5:3u",
        b"\x1b[1;1:1;1R\x1b[999999999R",
        b"\x1b" * 50,
        b"\x00" * 50,
        bytes(range(1, 32)),
    ],
)
def test_junk_that_no_terminal_should_send(tmp_path: Path, demo: DemoCloud, junk: bytes) -> None:
    with open_on(tmp_path, demo, kitty=True) as term:
        number_of(term)
        for _ in range(5):
            term.send(junk)
            term.wait_quiet(0.1)
        rested(term)
        assert "Traceback" not in term.output()
        assert "unexpected" not in term.output()
        if term.exit_code is None:
            term.send("\x1b")
            rested(term)
            term.send("\x1b")
            rested(term)
            term.resize(119, 40)
            term.wait_for(lambda term: "ACTIVE" in term.text() or "stackdeck" in term.text())
    assert mutating(demo) == []
