"""`python -m tests.bench`: what stackdeck costs, beside its peers, measured here and now; under ten minutes.

    python -m tests.bench                          every row
    python -m tests.bench --only lists,fleet       some sections
    python -m tests.bench --markdown               the README's block; --write-readme puts it there
    python -m tests.bench --os-cloud NAME          on a real cloud: first rows, whole list; beside `openstack`
    python -m tests.bench --rss                    memory of the dashboard at 1,000, 10,000 and 50,000 rows
    python -m tests.bench --soak [MINUTES]         memory of a dashboard on a fleet of which 1 % changes each second
    python -m tests.bench --guest [MINUTES]        what a dashboard asks of ten places in real minutes

Ratios are the figures to quote: both sides ran on the same machine at the same time.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict

from tests.bench import machine
from tests.bench.row import Row
from tests.bench.table import ROOT, markdown, plain, write_readme

SECTIONS = ("lists", "start", "fleet", "bytes", "tunnel")
_RESULT = "rows: "
_MOST = 480.0
"""Seconds after which a section is given up: the table says so."""
_NOT_HERE = Row(
    "genuine Nova, 1,015 servers: first rows; whole table; a refresh",
    "—",
    "openstack server list",
    None,
    "≤ 0.12; 0.42; 1/300",
    None,
    "needs a real cloud: --os-cloud NAME",
)

Measure = Callable[[], list[Row]]


def measures(section: str) -> list[Measure]:
    """Return the functions of a section's module that give rows, in the order in which they stand."""
    module = importlib.import_module(f"tests.bench.{section}")
    found = [
        one
        for name, one in vars(module).items()
        if inspect.isfunction(one) and one.__module__ == module.__name__ and not name.startswith("_")
    ]
    return [one for one in found if _gives_rows(one)]


def _gives_rows(function: Callable[..., object]) -> bool:
    signature = inspect.signature(function)
    needed = [one for one in signature.parameters.values() if one.default is one.empty]
    return not needed and str(signature.return_annotation).endswith("list[Row]")


def run_section(section: str) -> list[Row]:
    """Measure a section in a process of its own; what cannot be measured is a row that says why."""
    command = [sys.executable, "-m", "tests.bench", "--section", section]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        why = ""
        try:
            told, _ = process.communicate(timeout=_MOST)
        except subprocess.TimeoutExpired:
            # What was measured until then counts; what it started ends with it.
            os.killpg(process.pid, signal.SIGKILL)
            told, _ = process.communicate()
            why = f"took longer than {_MOST:.0f} s"
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    results = [line.removeprefix(_RESULT) for line in told.splitlines() if line.startswith(_RESULT)]
    rows = [Row(**row) for result in results for row in json.loads(result)]
    if process.returncode or not rows:
        why = why or f"ended with {process.returncode}"
    return [*rows, _unmeasured(section, why)] if why else rows


def _child(section: str) -> int:
    """Measure here, and hand the rows up."""
    try:
        functions = measures(section)
    except ImportError as error:
        functions = []
        _hand_up([_unmeasured(section, str(error))])
    for measure in functions:
        try:
            rows = measure()
        except Exception as error:  # one measure that fails must not cost the others
            rows = [_unmeasured(f"{section}: {measure.__name__}", f"{type(error).__name__}: {error}")]
        _hand_up(rows)
    return 0


def _hand_up(rows: Iterable[Row]) -> None:
    print(_RESULT + json.dumps([asdict(row) for row in rows]), flush=True)  # noqa: T201


def _unmeasured(what: str, why: str) -> Row:
    return Row(what, "—", "", None, "", None, f"not measured: {' '.join(why.split())[:200]}")


def table(sections: Sequence[str], *, show: Callable[[str], None]) -> list[Row]:
    """Measure all sections one after another; `show` is told how far it is."""
    rows: list[Row] = []
    for section in sections:
        started = time.monotonic()
        show(f"{section} …")
        rows += run_section(section)
        show(f"{section}: {time.monotonic() - started:.0f} s")
    return [*rows, _NOT_HERE]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; returns 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="SECTION,…", default=",".join(SECTIONS), help=", ".join(SECTIONS))
    parser.add_argument("--markdown", action="store_true", help="print the README's block")
    parser.add_argument("--write-readme", action="store_true", help="and put it into README.md")
    parser.add_argument("--os-cloud", metavar="NAME", help="measure on a real cloud instead")
    parser.add_argument("--all-projects", action="store_true", help="with --os-cloud: of all projects")
    parser.add_argument("--runs", type=int, default=3, help="with --os-cloud")
    parser.add_argument("--rss", action="store_true")
    parser.add_argument("--soak", metavar="MINUTES", type=float, nargs="?", const=30.0)
    parser.add_argument("--guest", metavar="MINUTES", type=float, nargs="?", const=2.5)
    parser.add_argument("--section", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.section:
        return _child(options.section)
    if mode := _mode(options):
        return mode()

    def show(line: str) -> None:
        print(line, file=sys.stderr, flush=True)  # noqa: T201

    started, described = time.monotonic(), machine.describe()
    rows = table(options.only.split(","), show=show)
    took = f"{(time.monotonic() - started) / 60:.1f} minutes"
    block = markdown(rows, described, took)
    print(block if options.markdown else plain(rows, described, took))  # noqa: T201
    if options.write_readme:
        write_readme("bench", block)
    return int(any(row.met is False for row in rows))


def _mode(options: argparse.Namespace) -> Callable[[], int] | None:
    """Return the mode that is wanted instead of the table; imported late, each needs other things."""
    if options.os_cloud:
        from tests.bench.real import report as real

        return lambda: real(options.os_cloud, all_projects=options.all_projects, runs=options.runs)
    if options.rss:
        from tests.bench.rss import report as rss

        return rss
    if options.soak is not None:
        from tests.bench.soak import report as soak

        return lambda: soak(options.soak)
    if options.guest is not None:
        from tests.bench.guest import report as guest

        return lambda: guest(options.guest, write=options.write_readme)
    return None


if __name__ == "__main__":
    sys.exit(main())
