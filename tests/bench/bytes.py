"""What the installed command writes to its terminal with the clouds pane open, beside two peers in the same run.

The peers: Textual's DataTable with the same rows between the same panes, and the same dashboard drawn by stock Textual.
Figures are bytes, for 80x24, 120x40 and 200x50; they do not depend on the machine. 24-bit colours, no REP.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import painter_bytes
from tests.bench.bytes_rig import SETTLED, Dashboard, Took
from tests.bench.row import Row
from tests.terminal.harness import COMMAND, environment
from tui.demo.process import DemoCloud

SIZES = ((80, 24), (120, 40), (200, 50))
_FIRST = {(80, 24): 2.3, (200, 50): 1.4}
"""Bytes a cell that the first paint may take."""
_SCROLLED = 25
"""A line scrolled takes so many times less than a DataTable's."""
_TRIES = 3


@dataclass
class Figures:
    """What one painter wrote at one size."""

    start: Took = field(default_factory=lambda: Took(0))
    paint: Took = field(default_factory=lambda: Took(0))
    cell: int = 0
    counts: int = 0
    nothing: int = 0
    page: Took = field(default_factory=lambda: Took(0))
    scroll: int = 0
    idle: int = 0


def rows(sizes: Sequence[tuple[int, int]] = SIZES) -> list[Row]:
    """Measure everything; takes two to three minutes."""
    with DemoCloud.start("--still") as demo, tempfile.TemporaryDirectory() as found:
        home = Path(found)
        given = _rows_file(demo, home)
        ours = [figures(demo, home, size) for size in sizes]
        stock = [figures(demo, home, size, "--painter=stock", tries=1) for size in sizes]
        table = [painter_bytes.measure("datatable", *size, given, ("u", "n", "p", "s")) for size in sizes]
    return _told(sizes, ours, stock, table)


def figures(demo: DemoCloud, home: Path, size: tuple[int, int], *options: str, tries: int = _TRIES) -> Figures:
    """Do everything on a dashboard of this size; medians of `tries`."""
    found = Figures()
    with Dashboard(demo, home, *size, *options) as board:
        found.start = board.start
        _changes(board, found, tries)
        found.nothing = _median(lambda: board.press(b"\x12", _always).sent, tries)
        board.close_pane()
        found.paint = board.press(b"\x0c")
        pages = [(board.press(b"\x06"), board.press(b"g"))[0] for _ in range(tries)]
        found.page = sorted(pages, key=lambda one: one.sent)[len(pages) // 2]
        board.press(b"j" * size[1])
        found.scroll = _median(lambda: board.press(b"j").sent, tries)
    with Dashboard(demo, home, *size, *options, *SETTLED) as board:
        board.open_pane()
        found.idle = board.idle()
    return found


def _changes(board: Dashboard, found: Figures, tries: int) -> None:
    """Let a status change: with the counts in the title first, then one that no count tells apart."""
    board.open_pane()
    there = [board.become("SHUTOFF" if number % 2 == 0 else "ACTIVE").sent for number in range(tries // 2 * 2 + 1)]
    alone = [board.become("PAUSED" if number % 2 == 0 else "SUSPENDED").sent for number in range(tries)]
    found.counts, found.cell = int(statistics.median(there)), int(statistics.median(alone))
    board.become("ACTIVE")


def _median(deed: Callable[[], int], tries: int) -> int:
    return int(statistics.median(deed() for _ in range(tries)))


def _always(_: object) -> bool:
    return True


def _rows_file(demo: DemoCloud, home: Path) -> Path:
    """Give the peer the rows that the dashboard shows."""
    env = environment(home, {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file)})
    command = [*COMMAND, "get", "server", "--cloud", "prod-eu", "-o", "json"]
    found = json.loads(subprocess.run(command, env=env, capture_output=True, check=True, text=True).stdout)
    marks = {"ACTIVE": "●", "ERROR": "✗"}
    keys = ("name", "status", "place", "address", "age", "flavor", "project", "host", "image", "id")
    told = [[str(row[key] or "") for key in keys] for row in found]
    for row in told:
        row[1] = f"{marks.get(row[1], '◐')} {row[1]}"
        row[4] = row[4][:5]
    path = home / "rows.json"
    path.write_text(json.dumps(told * 14))
    return path


def _told(
    sizes: Sequence[tuple[int, int]],
    ours: Sequence[Figures],
    stock: Sequence[Figures],
    table: Sequence[dict[str, Took]],
) -> list[Row]:
    areas = [width * height for width, height in sizes]
    first = [one.paint.sent / area for one, area in zip(ours, areas, strict=True)]
    most = [_FIRST.get(size, 2.3) for size in sizes]
    page = [one.page.sent / max(one.page.changed, 1) for one in ours]
    times = [other["s"].sent / one.scroll for one, other in zip(ours, table, strict=True)]
    whole = ", ".join(f"{one.start.sent / area:.2f}" for one, area in zip(ours, areas, strict=True))
    tables = {deed: [one[deed].sent for one in table] for deed in ("start", "u", "n", "p", "s")}
    cell = [one.cell for one in ours]
    counts = [one.counts for one in ours]
    nothing = [one.nothing for one in ours]
    return [
        _row("one changed status: its cell", cell, tables["u"], "≤ 80 B", max(cell) <= 80, [one.cell for one in stock]),
        _row(
            "one changed status with the counts that change",
            counts,
            tables["u"],
            "≤ 250 B",
            max(counts) <= 250,
            [one.counts for one in stock],
        ),
        _row(
            "an answer in which nothing changed",
            nothing,
            tables["n"],
            "≤ 30 B",
            max(nothing) <= 30,
            [one.nothing for one in stock],
        ),
        _row(
            "a page",
            [one.page.sent for one in ours],
            tables["p"],
            "≤ 3 B a changed cell",
            max(page) <= 3,
            [one.page.sent for one in stock],
            f"{_several(page)} B a changed cell",
        ),
        _row(
            "one line scrolled",
            [one.scroll for one in ours],
            tables["s"],
            "≤ 1/25",
            min(times) >= _SCROLLED,
            [one.scroll for one in stock],
            "1/" + ", 1/".join(f"{one:.0f}" for one in times),
        ),
        _row(
            "first paint of the whole screen",
            [one.paint.sent for one in ours],
            tables["start"],
            "≤ 2.3 B a cell (80x24), 1.4 (200x50)",
            all(a <= b for a, b in zip(first, most, strict=True)),
            [one.paint.sent for one in stock],
            f"{_several(first)} B a cell; all from the process's start to the whole table: {whole}",
        ),
        Row(
            "idle screen, 24 polls",
            f"{_numbers([one.idle for one in ours])} B",
            "",
            None,
            "0 B",
            not any(one.idle for one in ours),
            "without servers younger than a day: such ages step each minute, about 50 B each",
        ),
    ]


def _row(
    name: str,
    ours: Sequence[int],
    table: Sequence[int],
    target: str,
    met: bool,
    stock: Sequence[int],
    more: str = "",
) -> Row:
    ratio = max(a / max(b, 1) for a, b in zip(ours, table, strict=True))
    note = f"{more}{'; ' if more else ''}drawn by stock Textual {_numbers(stock)} B"
    return Row(f"bytes: {name}", f"{_numbers(ours)} B", f"DataTable {_numbers(table)} B", ratio, target, met, note)


def _numbers(found: Sequence[int]) -> str:
    return " / ".join(f"{one:,}" for one in found)


def _several(found: Sequence[float]) -> str:
    return " / ".join(f"{one:.2f}" for one in found)


if __name__ == "__main__":
    import sys

    for row in rows():
        sys.stdout.write(f"{'met   ' if row.met else 'MISSED'} {row}\n")
