"""What the painter sends, beside stock Textual, for the same deeds in a real pty: `tests/bench/painter_bytes.py`.

The screen is like the dashboard's: a line above, a side pane, a table with a coloured status, a line below. Three
programs do the same: stock Textual with its DataTable, stock Textual with a table on the Line API, and that one with
the painter. Every deed ends with a mark that the program sends once its frame is out, so nothing is timed. The painter
is measured as for `TERM=xterm-256color` in 24-bit colours, without REP and with synchronized frames.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import random
import re
import select
import signal
import struct
import sys
import termios
import time
import uuid
from codecs import getincrementaldecoder
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

SIZES = ((80, 24), (120, 40), (200, 50))
ROWS = 1000
SIDE = 26
DEEDS = ("u", "n", "c", "p", "s", "f", "i")
NAMES = {
    "start": "first paint",
    "u": "one status changes",
    "n": "repaint, nothing differs",
    "c": "cursor down",
    "p": "page down",
    "s": "scroll by one line",
    "f": "focus comes back: every cell",
    "i": "idle for 2 s",
}
MARK = re.compile(rb"\x1b\]1337;done=(\w+)\x07")
TIMEOUT = 60.0
ROWS_FILE = "PAINTER_ROWS"


def rows() -> list[tuple[str, ...]]:
    """Return made-up servers: name, status, place, address, age, flavor, project, host, image, id."""
    source = random.Random(5)
    states = ["● ACTIVE"] * 8 + ["✗ ERROR", "◐ BUILD"]
    return [
        (
            f"{source.choice(['web', 'db', 'catalog-replica', 'cache'])}-{index:03}",
            source.choice(states),
            source.choice(["prod-eu fra1", "prod-us sjc2", "lab muc1"]),
            f"10.{source.randrange(256)}.{source.randrange(256)}.{source.randrange(256)}",
            f"{source.randrange(99)}d",
            source.choice(["m1.small", "m1.large", "g1.4xlarge"]),
            source.choice(["web", "data", "ops"]),
            f"cmp-{source.randrange(40):02}",
            source.choice(["ubuntu-24.04", "debian-13"]),
            str(uuid.UUID(int=source.getrandbits(128))),
        )
        for index in range(ROWS)
    ]


def child(kind: str) -> None:
    """Run one of the programs in this process's terminal."""
    from tests.bench.painter_sample import sample

    given = os.environ.get(ROWS_FILE)
    sample(kind, [tuple(row) for row in json.loads(Path(given).read_text())] if given else rows()).run()


@dataclass
class Took:
    """What a deed cost."""

    sent: int
    changed: int


class Program:
    """A program in a pty, with a model of what its terminal shows."""

    def __init__(self, kind: str, width: int, height: int, rows_file: Path | None = None) -> None:
        """`rows_file`: rows as JSON lists instead of made-up ones."""
        from tests.ui.terminal_model import TerminalModel

        self.model = TerminalModel(width, height)
        self._decode = getincrementaldecoder("utf-8")().decode
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            environ = {
                "PATH": os.environ["PATH"],
                "HOME": os.environ.get("HOME", "/"),
                "TERM": "xterm-256color",
                "COLORTERM": "truecolor",
                "LANG": "C.UTF-8",
                ROWS_FILE: str(rows_file or ""),
            }
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
            os.execve(sys.executable, [sys.executable, __file__, "--child", kind], environ)  # noqa: S606 - ourselves

    def until(self, mark: str) -> Took:
        """Read up to a mark; return what came before it."""
        data = b""
        end = time.monotonic() + TIMEOUT
        while (found := MARK.search(data)) is None or found[1].decode() != mark:
            if found is not None:
                data = data[: found.start()] + data[found.end() :]
                continue
            assert time.monotonic() < end, f"no mark {mark!r}: {data[-200:]!r}"
            data += self.read(0.1)
        return self._count(data[: found.start()] + data[found.end() :])

    def read(self, seconds: float) -> bytes:
        """Read what comes within some time, and answer the question for synchronized frames."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return b""
        data = os.read(self.fd, 1 << 16)
        if b"\x1b[?2026$p" in data:
            os.write(self.fd, b"\x1b[?2026;2$y")
        return data

    def show(self, data: bytes) -> None:
        """Show what was read; a character may come in two parts."""
        self.model.feed(self._decode(data))

    def do(self, deed: str) -> Took:
        """Press a key and see what it costs."""
        if deed == "i":
            data = b""
            end = time.monotonic() + 2
            while (left := end - time.monotonic()) > 0:
                data += self.read(left)
            return self._count(data)
        os.write(self.fd, b"\x1b[O\x1b[I" if deed == "f" else deed.encode())
        return self.until(deed)

    def close(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)

    def _count(self, data: bytes) -> Took:
        before = self.model.shown()
        self.show(data)
        after = self.model.shown()
        changed = sum(a != b for old, new in zip(before, after, strict=True) for a, b in zip(old, new, strict=True))
        return Took(len(data), changed)


def measure(
    kind: str, width: int, height: int, rows_file: Path | None = None, deeds: Iterable[str] = DEEDS
) -> dict[str, Took]:
    """Do every deed three times and keep the median."""
    program = Program(kind, width, height, rows_file)
    try:
        took = {"start": program.until("start")}
        for deed in deeds:
            tries = sorted((program.do(deed) for _ in range(3 if deed != "i" else 1)), key=lambda one: one.sent)
            took[deed] = tries[len(tries) // 2]
        return took
    finally:
        program.close()


def verdicts(ours: dict[str, Took], table: dict[str, Took], cells: int) -> dict[str, tuple[str, bool]]:
    """Hold the figures against the targets."""
    page, first = ours["p"], ours["start"].sent / cells
    most = 2.3 if cells < 5000 else 1.4 if cells >= 10_000 else 2.0
    scroll = table["s"].sent / max(ours["s"].sent, 1)
    return {
        "start": (f"{first:.2f} B a cell (<= {most})", first <= most),
        "u": ("<= 80", ours["u"].sent <= 80),
        "n": ("<= 30", ours["n"].sent <= 30),
        "p": (f"{page.sent / max(page.changed, 1):.2f} B a changed cell (<= 3)", page.sent <= 3 * page.changed),
        "s": (f"1/{scroll:.0f} of DataTable (<= 1/25)", scroll >= 25),
        "i": ("0", ours["i"].sent == 0),
    }


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Measure and print; returns 1 when a target is missed."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--child", help=argparse.SUPPRESS)
    options: Any = arguments.parse_args()
    if options.child:
        child(options.child)
        return 0
    missed = 0
    for width, height in SIZES:
        table, line, ours = (measure(kind, width, height) for kind in ("datatable", "stock", "diff"))
        held = verdicts(ours, table, width * height)
        say(
            f"\n{width}x{height}".ljust(31) + f"{'DataTable':>10} {'Line API':>10} {'painter':>10} {'cells':>7}  target"
        )
        for deed, name in NAMES.items():
            said, met = held.get(deed, ("", True))
            missed += not met
            numbers = f"{table[deed].sent:>10,} {line[deed].sent:>10,} {ours[deed].sent:>10,} {ours[deed].changed:>7,}"
            say(f"{name:<30} {numbers}  {said}{'' if not said else ': met' if met else ': MISSED'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
