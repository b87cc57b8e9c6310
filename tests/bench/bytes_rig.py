"""The installed command in a pty on a demo cloud, and what each deed writes to its terminal.

Nothing is timed: a deed is over when the screen shows it and the cloud was asked again since, so that all that follows
from it has been written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.terminal.harness import Cell, Term
from tests.terminal.trials import control
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

SERVER = "checkout-web-04"
"""A server of region fra1 that stands in sight at every size, in both painters."""
REGIONS = ("fra1", "ams1")
SETTLED = ("--filter", "age>1d")
"""Leaves out servers that are a minute older every minute, and say so when an answer comes."""
_SETTINGS = "[intervals]\nvisible = 0.5\nbackground = 0.5\n"
_PATIENCE = 60.0


@dataclass(frozen=True)
class Took:
    """What a deed wrote, and how many cells it changed."""

    sent: int
    changed: int = 0


class Dashboard:
    """The dashboard with its clouds pane open, on a demo cloud in which nothing changes by itself."""

    def __init__(self, demo: DemoCloud, home: Path, columns: int, rows: int, *options: str) -> None:
        self._demo = demo
        self.cells = columns * rows
        settings = home / "config" / "stackdeck" / "settings.toml"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(_SETTINGS)
        names = [word for region in REGIONS for word in ("--region", region)]
        self.term = Term(
            *("--cloud", "prod-eu", *names, *options),
            home=home,
            columns=columns,
            rows=rows,
            env={"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file)},
        )
        self.term.wait_for(_whole, _PATIENCE)
        self.quiet()
        self._row = next((row for row, line in enumerate(self.term.lines()) if SERVER in line), 0)
        self.start = Took(len(self.term.raw))
        """All from the start of the process to the whole table."""

    def __enter__(self) -> Dashboard:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.term.close()

    def open_pane(self) -> None:
        """Open the clouds pane where the width keeps it folded."""
        if "Places" not in self.term.text():
            self.term.send(b"\x05")
            self.term.wait_for("Places", _PATIENCE)
            self.quiet()

    def close_pane(self) -> None:
        """Give a narrow terminal its table back."""
        if self.term.columns < 100 and "Places" in self.term.text():
            self.term.send(b"\x05")
            self.term.wait_for(lambda term: "Places" not in term.text(), _PATIENCE)
            self.quiet()

    def asked(self) -> int:
        """Return how often the cloud was asked for servers."""
        found = control(self._demo, "GET", "requests")
        return sum(row["count"] for row in found["requests"] if row["path"].endswith("/servers/detail"))

    def quiet(self, polls: int = 4) -> None:
        """Wait until both regions have been asked again and nothing has been written since."""

        def still() -> bool:
            written, asked = len(self.term.raw), self.asked()
            wait_until(lambda: self.asked() >= asked + polls, "polls of both regions", _PATIENCE, step=0.05)
            return len(self.term.raw) == written

        wait_until(still, "a quiet screen", _PATIENCE)

    def press(self, keys: bytes, shows: Callable[[Term], object] | None = None) -> Took:
        """Press keys and see what that writes."""
        return self.do(lambda: self.term.send(keys), shows or _anything(self.term))

    def become(self, status: str) -> Took:
        """Let a server change its status, behind the dashboard's back."""
        # A pane over the table covers names and the beginning of the status.
        covered = self.term.columns < 100 and "Places" in self.term.text()
        word = f"│{status[4:]} " if covered else f" {status} "
        return self.do(
            lambda: control(self._demo, "POST", f"servers/{SERVER}", {"status": status}),
            lambda term: word in term.lines()[self._row],
        )

    def idle(self) -> int:
        """Return the bytes written while the cloud is asked 24 times and nothing changes."""
        before, asked = len(self.term.raw), self.asked()
        wait_until(lambda: self.asked() >= asked + 24, "24 polls", _PATIENCE, step=0.1)
        return len(self.term.raw) - before

    def do(self, deed: Callable[[], Any], shows: Callable[[Term], object]) -> Took:
        """Do something and wait until it shows and nothing more comes; returns what was written."""
        before, cells = len(self.term.raw), self._cells()
        deed()
        self.term.wait_for(shows, _PATIENCE)
        self.quiet(2)
        after = self._cells()
        changed = sum(a != b for old, new in zip(cells, after, strict=True) for a, b in zip(old, new, strict=True))
        return Took(len(self.term.raw) - before, changed)

    def _cells(self) -> list[list[Cell]]:
        return [
            [_seen(self.term.cell(column, row)) for column in range(self.term.columns)] for row in range(self.term.rows)
        ]


def _seen(cell: Cell) -> Cell:
    """Leave out what nobody sees: a blank has its ground alone."""
    return replace(cell, fg="", bold=False) if cell.char == " " and not (cell.underline or cell.reverse) else cell


def _whole(term: Term) -> bool:
    text = term.text()
    return "live ≤" in text and "answered" not in text and "loading" not in text


def _anything(term: Term) -> Callable[[Term], object]:
    before = len(term.raw)
    return lambda term: len(term.raw) > before
