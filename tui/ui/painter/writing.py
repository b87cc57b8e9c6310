"""Cells to bytes: the shortest way to turn what a terminal shows into what it should."""

from __future__ import annotations

import re

from tui.ui.painter.cells import WIDE, Clusters
from tui.ui.painter.grid import Grid
from tui.ui.painter.looks import Looks
from tui.ui.painter.terminal import Terminal

_SAME = re.compile(r"(.)\1*", re.DOTALL)
_LONG = re.compile(r"([^\0])\1{7,}", re.DOTALL)
"""A run of one character that REP writes shorter."""
_NEAR = 6
"""Cells between two changes that may be cheaper to write again than to step over: no step takes more bytes."""


class Writer:
    """Writes cells from a start where the terminal is set to nothing, keeping count of cursor and look.

    A column of -1 is one we do not trust: after a cell whose width terminals dispute, and after the last column.
    """

    def __init__(self, clusters: Clusters, looks: Looks, terminal: Terminal, width: int) -> None:
        self._clusters = clusters
        self._looks = looks
        self._terminal = terminal
        self._width = width
        self._out: list[str] = []
        self._x = self._y = -1
        self._look = looks.plain
        self.rows = 0
        """Rows that were touched."""

    def scroll(self, top: int, bottom: int, lines: int) -> None:
        """Move the rows from `top` to `bottom` up by `lines`, down if negative."""
        count = "" if abs(lines) == 1 else str(abs(lines))
        # Setting a region puts the cursor home (DEC STD 070), so the position is known only by the next move.
        self._out.append(f"\x1b[{top + 1};{bottom + 1}r{_to(0, top)}\x1b[{count}{'M' if lines > 0 else 'L'}\x1b[r")
        self._x = self._y = -1
        self.rows += abs(bottom - top) + 1

    def grid(self, shown: Grid, wanted: Grid) -> None:
        """Write all cells that differ."""
        for y in range(wanted.height):
            text, looks = wanted.texts[y], wanted.looks[y]
            old, old_looks = shown.texts[y], shown.looks[y]
            if text is old and looks is old_looks:
                continue
            if text != old or looks != old_looks:
                changed = [
                    x
                    for x, (a, b, c, d) in enumerate(zip(text, old, looks, old_looks, strict=True))
                    if a != b or c != d
                ]
                self._row(y, text, looks, changed)

    def finish(self, x: int, y: int) -> str:
        """Set the terminal back to no look, put the cursor where it rests, and return all that is to be sent."""
        if self._look != self._looks.plain:
            self._set(self._looks.plain)
        self._move(x, y)
        return "".join(self._out)

    def _row(self, y: int, text: str, looks: str, changed: list[int]) -> None:
        self.rows += 1
        disputed = not text.isascii() and any(map(self._clusters.claim, set(text)))
        at, count = 0, len(changed)
        while at < count:
            start = changed[at]
            while text[start] == WIDE:
                start -= 1
            end = _covered(text, changed[at] + 1)
            at += 1
            while at < count and (changed[at] <= end or self._bridges(text, looks, end, changed[at])):
                end = _covered(text, changed[at] + 1)
                at += 1
            self._move(start, y)
            if disputed:
                end = self._careful(text, looks, start, end)
            else:
                self._plain(text, looks, start, end)
            while at < count and changed[at] < end:
                at += 1

    def _bridges(self, text: str, looks: str, start: int, end: int) -> bool:
        """Say whether writing the unchanged cells of a gap again is no longer than stepping over it."""
        gap = end - start
        if gap > _NEAR:
            return False
        step = 3 if gap == 1 else 4
        cells = text[start:end]
        length = gap if cells.isascii() else len(self._clusters.written(cells).encode())
        if length > step + 1:
            return False
        # The look before the gap is that of the last changed cell, or what it left open.
        way = self._looks.way
        now = looks[start - 1]
        if self._looks.is_open(now):
            return length <= step and looks.count(now, start, end) == gap
        over, _ = way(now, looks[end])
        through = 0
        for name in looks[start : end + 1]:
            sequence, now = way(now, name)
            through += len(sequence)
        return length + through <= step + len(over)

    def _careful(self, text: str, looks: str, start: int, end: int) -> int:
        """Write a run of cells of which some have a disputed width; return where it ended.

        After each of these the next write positions absolutely, and all cells that a terminal may have touched are
        written again, so that nothing beside the cell itself is ever wrong.
        """
        claim = self._clusters.claim
        at = start
        while at < end:
            self._move(at, self._y)
            stop = at
            while stop < end and not claim(text[stop]):
                stop += 1
            if stop > at:
                self._plain(text, looks, at, stop)
                at = stop
                continue
            stop = _covered(text, at + 1)
            if stop > at + 1:
                # It may turn out narrower than we think: nothing old must stay in its other cells.
                self._set(self._looks.blank(looks[at]))
                self._out.append(" " * (stop - at))
                self._x = -1
                self._move(at, self._y)
            else:
                # A line of one character has no inner positions that could be wrong.
                while stop < end and text[stop] == text[at] and looks[stop] == looks[at]:
                    stop += 1
            self._set(looks[at])
            self._out.append(self._clusters.written(text[at:stop]))
            self._x = -1
            touched = at + text.count(text[at], at, stop) * claim(text[at])
            end = _covered(text, min(max(end, touched), self._width))
            at = stop
        return end

    def _plain(self, text: str, looks: str, start: int, end: int) -> None:
        """Write cells of which all terminals know the width; the cursor stands at their start."""
        at = start
        for same in _SAME.finditer(looks, start, end):
            stop = same.end()
            self._set(same[1])
            cells = text[at:stop]
            if self._looks.is_open(same[1]):
                self._blanks(stop - at, at, stop == end)
            else:
                self._cells(cells)
                self._x = stop
            at = stop
        if self._x >= self._width:
            self._x = -1

    def _cells(self, cells: str) -> None:
        if self._terminal.repeat and len(cells) > 8:
            cells = _LONG.sub(lambda run: f"{run[1]}\x1b[{len(run[0]) - 1}b", cells)
        self._out.append(self._clusters.written(cells))

    def _blanks(self, count: int, x: int, last: bool) -> None:
        """Write blanks, or erase them where that is shorter; `last`: nothing follows them at once."""
        digits = len(str(count))
        if self._terminal.erase:
            if x + count == self._width and count > 3:
                self._out.append("\x1b[K")
                self._x = x
                return
            if last and count > 3 + digits:
                self._out.append(f"\x1b[{count}X")
                self._x = x
                return
        if self._terminal.repeat and count > 4 + digits:
            self._out.append(f" \x1b[{count - 1}b")
        elif self._terminal.erase and count > 2 * (3 + digits):
            self._out.append(f"\x1b[{count}X\x1b[{count}C")
        else:
            self._out.append(" " * count)
        self._x = x + count

    def _set(self, name: str) -> None:
        sequence, self._look = self._looks.way(self._look, name)
        if sequence:
            self._out.append(sequence)

    def _move(self, x: int, y: int) -> None:
        if (x, y) == (self._x, self._y):
            return
        ways = [_to(x, y)]
        down = y - self._y
        if self._y >= 0 and down >= 0:
            vertical = "" if not down else "\x1b[B" if down == 1 else f"\x1b[{down}B"
            ways += [vertical + across for across in _across(self._x, x)]
        self._out.append(min(ways, key=len))
        self._x, self._y = x, y


def _covered(text: str, end: int) -> int:
    """Move an end that would halve a wide character behind it."""
    while end < len(text) and text[end] == WIDE:
        end += 1
    return end


def _to(x: int, y: int) -> str:
    if not x:
        return f"\x1b[{y + 1}H" if y else "\x1b[H"
    return f"\x1b[{y + 1};{x + 1}H" if y else f"\x1b[;{x + 1}H"


def _across(now: int, x: int) -> list[str]:
    """Return the ways to a column of the same row; from an unknown one (-1) only the absolute ones."""
    if not x:
        return ["\r"]
    ways = [f"\x1b[{x + 1}G"]
    if now >= 0:
        right = x - now
        if right > 0:
            ways.append("\x1b[C" if right == 1 else f"\x1b[{right}C")
        elif right < 0:
            ways += ["\b" * -right if right > -4 else f"\x1b[{-right}D"]
        else:
            ways.append("")
    return ways
