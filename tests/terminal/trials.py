"""What the tests of failures share: demo clouds that are told to misbehave, and the dashboard opened on them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from tests.terminal.harness import Term
from tui.demo.process import DemoCloud


def control(demo: DemoCloud, method: str, path: str, body: object = None) -> Any:
    """Ask the demo cloud's control endpoint; returns its answer."""
    answer = requests.request(method, f"{demo.url}/_demo/{path}", json=body, timeout=60)
    answer.raise_for_status()
    return answer.json()


def break_it(demo: DemoCloud, *faults: str) -> None:
    """Put faults into force."""
    control(demo, "POST", "faults", {"faults": list(faults)})


def mend_it(demo: DemoCloud) -> None:
    """End all faults."""
    control(demo, "DELETE", "faults")


def asked(demo: DemoCloud, part: str) -> int:
    """Return how many requests so far had `part` in their path."""
    answer = control(demo, "GET", "requests")
    return sum(row["count"] for row in answer["requests"] if part in row["path"])


def open_on(home: Path, demo: DemoCloud, *args: str, env: dict[str, str] | None = None, **more: Any) -> Term:
    """Start the installed command on a demo cloud."""
    return Term(*args, home=home, env={"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file), **(env or {})}, **more)


def settled(term: Term) -> bool:
    """Whether every place has told all its rows, or failed."""
    head, title = term.lines()[:2]
    return (
        "loading" not in title
        and ("live ≤" in head or "failing" in head)
        and not any(word in head for word in ("asking", "answered"))
    )


def number_of(term: Term, title: str = "Servers") -> int:
    """Wait for the whole table; returns how many rows its title tells."""

    def told(term: Term) -> re.Match[str] | None:
        return re.search(rf"│ {title} ([\d,]+) ", term.text()) if settled(term) else None

    term.wait_for(told)
    term.wait_quiet(0.3)
    return int(told(term)[1].replace(",", ""))  # type: ignore[index]


def place_line(name: str) -> Callable[[Term], str]:
    """Return a look at the line of a place or cloud in the side pane: the text left of the pane's edge."""

    def line(term: Term) -> str:
        sides = [one.split("│", 1)[0] for one in term.lines() if "│" in one]
        return next((side for side in sides if f" {name} " in f"{side} "), "")

    return line


def calm(term: Term) -> None:
    """Check that nothing on or ever written to the terminal looks like an accident, and that the command runs."""
    assert term.exit_code is None
    for word in ("Traceback", "unexpected", "Error:", "object at 0x", "NoneType"):
        assert word not in term.output(), word


def at_once(term: Term, key: str, answer: str) -> bool:
    """Send a key that opens a dialog and an answer right behind it, each in a write of its own.

    Returns whether the answer was read in the dialog's first moment for sure: on a busy machine it may come later, and
    is an answer then.
    """
    term.send(key)
    sent = time.monotonic()
    term.rush(answer)
    term.wait_read()
    return time.monotonic() - sent < 0.25


def interrupted_early(term: Term) -> bool:
    """Whether Ctrl+C came while Python itself was being loaded, or our modules: that ends it as any other command."""
    said = term.output()
    return "KeyboardInterrupt" in said and not re.search(r'cli\.py", line \d+, in main', said)


def rested(term: Term, seconds: float = 0.4) -> None:
    """Wait until a dialog that has just opened takes keys: it does not in its first 300 ms."""
    shown = time.monotonic()
    term.wait_for(lambda _: time.monotonic() > shown + seconds)


def restored(term: Term) -> None:
    """Check that the terminal is as before: its own screen and title, cursor, no mouse, no paste mode."""
    written = bytes(term.raw)
    for on, off in (
        (b"\x1b[?1049h", b"\x1b[?1049l"),
        (b"\x1b[?25l", b"\x1b[?25h"),
        (b"\x1b[?1000h", b"\x1b[?1000l"),
        (b"\x1b[?1003h", b"\x1b[?1003l"),
        (b"\x1b[?2004h", b"\x1b[?2004l"),
        (b"\x1b[?1004h", b"\x1b[?1004l"),
        (b"\x1b[22;0t", b"\x1b[23;0t"),
    ):
        if on in written:
            assert written.rfind(off) > written.rfind(on), f"{on!r} was never undone"
