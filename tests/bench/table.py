"""How the rows are shown: for a terminal, and as the README's block between its markers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.row import Row

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
_MET = {True: "met", False: "MISSED", None: "—"}
_HEAD = ("what", "stackdeck", "peer", "ratio", "target", "")


def ratio(value: float | None) -> str:
    """Write a ratio as people say it: «1.48», «1/312»."""
    if value is None:
        return ""
    return f"1/{1 / value:,.0f}" if 0 < value < 0.1 else f"{value:.2f}"


def plain(rows: Sequence[Row], described: str, took: str) -> str:
    """Return the table for a terminal."""
    cells = [_HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(_HEAD))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:], "", f"{_date()}, {took}, {described}"])


def markdown(rows: Sequence[Row], described: str, took: str) -> str:
    """Return the table for the README."""
    lines = [f"Measured {_date()} in {took} by `python -m tests.bench` on {described}.", ""]
    lines += [f"| {' | '.join(_HEAD)} |", "|---|---:|---:|---:|---|---|"]
    lines += [f"| {' | '.join(cell.replace('|', '/') for cell in _cells(row))} |" for row in rows]
    return "\n".join(lines)


def write_readme(name: str, block: str, path: Path = README) -> None:
    """Replace what stands between `<!-- name -->` and `<!-- end of name -->`. Raises ValueError where they are not."""
    text = path.read_text("utf-8")
    head, begin, rest = text.partition(f"<!-- {name} -->\n")
    _, end, tail = rest.partition(f"<!-- end of {name} -->")
    if not begin or not end:
        raise ValueError(f"{path} has no markers for «{name}»")
    path.write_text(f"{head}{begin}{block}\n{end}{tail}", "utf-8")


def _cells(row: Row) -> tuple[str, ...]:
    verdict = _MET[row.met] if row.target else ""
    said = ": ".join(part for part in (verdict, row.note) if part)
    return row.name, row.ours, row.peer, ratio(row.ratio), row.target, said


def _date() -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
