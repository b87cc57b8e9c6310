"""How a line of a console log looks: the boot's phase in the margin, a mark, dim stamps, colours by how bad it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tui.model.amount import clock
from tui.model.console import WORDS, Line, Severity, Sort
from tui.model.text import cells, cut_end, fit
from tui.ui.line import Span, Spans

PHASES = 22
"""Cells of the margin with phases: gutter 2, name 10, blank, time 5, blanks and rule, mark."""
BARE = 4
"""Cells of the margin without phases: gutter 2, mark, blank."""
TIMES = 10
"""Cells of the column of times."""

MARKS = {Severity.NONE: " ", Severity.WARN: "▲", Severity.BAD: "✗"}
INKS = {Severity.NONE: "text", Severity.WARN: "warn", Severity.BAD: "bad"}
SORTS = {
    Sort.BOOT: "the server boots again",
    Sort.GAP: "lines are missing here: more came than could be asked for",
    Sort.RESET: "the log begins anew: rebooted, rebuilt, moved or rotated",
    Sort.MARK: "marked",
}
"""What the dashboard's own lines say."""

_STAMP = re.compile(r"\[ *\d+\.\d+\](?:\[[^\]]{1,12}\])? ?")
_DONE = re.compile(r"\[ {0,2}OK {0,2}\]")


@dataclass(frozen=True, slots=True)
class Look:
    """What of the margin is shown."""

    phases: bool = True
    times: bool = False

    @property
    def margin(self) -> int:
        """Cells left of the text."""
        return (PHASES if self.phases else BARE) + (TIMES if self.times else 0)


def since(seconds: float | None) -> str:
    """Return a time after the kernel's start in five cells at most: `0.0s`, `14.6s`, `124s`, `2h`, «» for none."""
    if seconds is None:
        return ""
    if seconds < 99.95:
        return f"{seconds:.1f}s"
    if seconds < 9999.5:
        return f"{seconds:.0f}s"
    hours = seconds / 3600
    return f"{hours:.0f}h" if hours < 1000 else f"{hours / 24:.0f}d"


def told(line: Line) -> str:
    """Return what one of the dashboard's own lines says."""
    at = f"{clock(line.seen)} " if line.seen else ""
    return f"{at}{SORTS[line.sort]}" + (f", after {line.text}" if line.text else "")


def plain(line: Line) -> str:
    """Return a line as it is copied and saved."""
    return line.text if line.sort is Sort.TEXT else f"-- {told(line)} --"


def body(line: Line) -> Spans:
    """Return a line's text: its stamp dim, what is bad in its ink, else its own colours."""
    text = line.text
    stamp = _STAMP.match(text)
    start = stamp.end() if stamp else 0
    usual = INKS[line.severity]
    if line.severity or not line.inks:
        done = _DONE.match(text)
        if done is not None and not line.severity:
            return (
                Span("[", "dim"), Span(text[1 : done.end() - 1], "ok"), Span(text[done.end() - 1 :], "dim"),
            )  # fmt: skip
        return tuple(span for span in (Span(text[:start], "dim"), Span(text[start:], usual)) if span.text)
    if _DONE.match(text):
        usual = "dim"
    return tuple(_coloured(line, start, usual))


def _coloured(line: Line, start: int, usual: str) -> list[Span]:
    """Return the text in its own colours; what has none is in the usual ink, the stamp dim."""
    text = line.text
    cuts = sorted({0, start, len(text), *(edge for first, last, _ in line.inks for edge in (first, last))})
    spans: list[Span] = []
    for left, right in pairwise(cuts):
        ink = next((ink for first, last, ink in line.inks if first <= left and right <= last), "")
        if ink == "strong" and usual == "dim":
            # systemd writes every unit's name in bold: what went well stays quiet.
            ink = ""
        spans.append(Span(text[left:right], ink or ("dim" if right <= start else usual)))
    return spans


def margin(line: Line, before: Line | None, look: Look, *, here: bool, first: bool) -> Spans:
    """Return what stands left of a row's text. `first`: it is the line's first row; `before` is the line above."""
    bar = Span("▌ " if here else "  ", "accent")
    mark = Span(f"{MARKS[line.severity]} " if first else "  ", INKS[line.severity])
    times = (_time(line, first),) if look.times else ()
    if not look.phases:
        return (bar, mark, *times)
    begins = before is None or before.sort in {Sort.BOOT, Sort.RESET}
    tee = "│"
    if first and (line.phase or begins):
        tee = "┌" if begins else "├"
    name = line.phase if first else ""
    at = since(line.at) if name else ""
    return (bar, Span(fit(name, 10)), Span(f" {at:>5} ", "dim"), Span(f"{tee} ", "line"), mark, *times)


def _time(line: Line, first: bool) -> Span:
    if not first:
        return Span(" " * TIMES)
    # What was there at the first look came at a time that nobody knows.
    return Span(fit(clock(line.seen) if line.seen else "       –", TIMES), "dim")


def rule(line: Line, look: Look, width: int) -> Spans:
    """Return one of the dashboard's own lines over the whole width."""
    indent = " " * (18 if look.phases else 2)
    words = cut_end(told(line), max(width - len(indent) - 6, 8))
    ink = "warn" if line.sort is Sort.GAP else "dim"
    rest = max(width - len(indent) - cells(words) - 6, 0)
    return Span(f"{indent}── ", "line"), Span(words, ink), Span(f" {'─' * rest}", "line")


def phase_now(lines: Sequence[Line]) -> tuple[str, float | None]:
    """Return the newest phase of the last boot in words and when it began; «» where no line tells of any."""
    for line in reversed(lines):
        if line.phase:
            return WORDS[line.phase], line.at
        if line.sort in {Sort.BOOT, Sort.RESET}:
            break
    return "", None
