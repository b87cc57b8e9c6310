"""Cells to bytes: cursor moves, looks and text, each in the shortest form."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tui.ui.painter.cells import WIDE, Clusters
from tui.ui.painter.changes import SAME, Piece
from tui.ui.painter.grid import Grid
from tui.ui.painter.looks import Looks
from tui.ui.painter.scrolling import Shift
from tui.ui.painter.terminal import Terminal

_LONG = re.compile(r"([ -~])\1{7,}")
"""A run of one character that REP writes shorter. ASCII alone: tmux 3.3 repeats nothing else."""


class Writer:
    """Writes pieces of a grid from a start where the terminal is set to nothing, keeping count of cursor and look.

    A column of -1 is one we do not trust: after a cell whose width terminals dispute, and after the last column.
    """

    def __init__(self, clusters: Clusters, looks: Looks, terminal: Terminal, grid: Grid) -> None:
        self._clusters = clusters
        self._looks = looks
        self._terminal = terminal
        self._grid = grid
        self._out: list[str] = []
        self._x = self._y = -1
        self.look = looks.plain
        """What the terminal is set to."""

    def scroll(self, shift: Shift) -> None:
        """Move rows. What they move over, IL and DL fill with blanks."""
        count = "" if abs(shift.lines) == 1 else str(abs(shift.lines))
        # Setting a region puts the cursor home (DEC STD 070), so it is placed after it, and unknown at the end.
        self._out.append(
            f"\x1b[{shift.top + 1};{shift.bottom + 1}r"
            f"{_to(0, shift.top)}\x1b[{count}{'M' if shift.lines > 0 else 'L'}\x1b[r"
        )
        self._x = self._y = -1

    def disputed(self, pieces: Iterable[Piece]) -> None:
        """Write characters whose width terminals dispute; the next write positions absolutely."""
        for piece in pieces:
            text = self._grid.texts[piece.y][piece.start : piece.end]
            self._move(piece.start, piece.y)
            written = self._clusters.written(text)
            if WIDE in text:
                # It may turn out narrower than we think: nothing old must stay in its other cells.
                self._set(self._looks.blank(piece.look))
                self._out.append(" " * len(text))
                self._x = -1
                self._move(piece.start, piece.y)
            self._set(piece.look)
            self._out.append(written)
            self._x = -1

    def plain(self, pieces: Iterable[Piece]) -> None:
        """Write pieces of which all terminals know the width."""
        grid, open_looks = self._grid, self._looks.open
        for piece in pieces:
            at, stop = piece.start, piece.end
            self._move(at, piece.y)
            self._set(piece.look)
            text, looks = grid.texts[piece.y], grid.looks[piece.y]
            if piece.look not in open_looks and looks.count(piece.look, at, stop) == stop - at:
                self._cells(text[at:stop])
                self._x = stop
            else:
                for same in SAME.finditer(looks, at, stop):
                    start, end = same.span()
                    if same[1] in open_looks:
                        self._blanks(end - start, start, end == stop)
                    else:
                        self._cells(text[start:end])
                        self._x = end
            if self._x >= grid.width:
                self._x = -1

    def estimate(self, pieces: Iterable[Piece]) -> int:
        """Return about how many bytes of moves and looks these pieces take in this order."""
        way, look = self._looks.way, self.look
        total, y, x = 0, -1, -1
        for piece in pieces:
            if piece.y != y:
                total += 7
            elif piece.start != x:
                total += 5
            y, x = piece.y, piece.end
            if piece.look != look:
                sequence, look = way(look, piece.look)
                total += len(sequence)
        return total

    def finish(self, x: int, y: int) -> str:
        """Set the terminal back to no look, put the cursor where it rests, and return all that is to be sent."""
        if self.look != self._looks.plain:
            self._set(self._looks.plain)
        self._move(x, y)
        return "".join(self._out)

    def _cells(self, cells: str) -> None:
        if self._terminal.repeat and len(cells) > 8:
            cells = _LONG.sub(lambda run: f"{run[1]}\x1b[{len(run[0]) - 1}b", cells)
        self._out.append(self._clusters.written(cells))

    def _blanks(self, count: int, x: int, last: bool) -> None:
        """Write blanks, or erase them where that is shorter; `last`: the cursor need not stand behind them."""
        digits = len(str(count))
        self._x = x + count
        if self._terminal.erase and self._x == self._grid.width and count > 3:
            self._out.append("\x1b[K")
            self._x = x
        elif self._terminal.erase and last and count > 3 + digits:
            self._out.append(f"\x1b[{count}X")
            self._x = x
        elif self._terminal.repeat and count > 4 + digits:
            self._out.append(f" \x1b[{count - 1}b")
        elif self._terminal.erase and count > 2 * (3 + digits):
            self._out.append(f"\x1b[{count}X\x1b[{count}C")
        else:
            self._out.append(" " * count)

    def _set(self, name: str) -> None:
        sequence, self.look = self._looks.way(self.look, name)
        if sequence:
            self._out.append(sequence)

    def _move(self, x: int, y: int) -> None:
        now, down = self._x, y - self._y
        if not down and x == now:
            return
        best = _to(x, y)
        if self._y >= 0 and down >= 0:
            vertical = "" if not down else "\x1b[B" if down == 1 else f"\x1b[{down}B"
            way = vertical + _across(now, x)
            if len(way) < len(best):
                best = way
        self._out.append(best)
        self._x, self._y = x, y


def _to(x: int, y: int) -> str:
    if not x:
        return f"\x1b[{y + 1}H" if y else "\x1b[H"
    return f"\x1b[{y + 1};{x + 1}H" if y else f"\x1b[;{x + 1}H"


def _across(now: int, x: int) -> str:
    """Return the shortest way to a column of the same row; from an unknown one (-1) an absolute one."""
    if not x:
        return "\r"
    way = f"\x1b[{x + 1}G"
    if now < 0:
        return way
    right = x - now
    if not right:
        return ""
    if right > 0:
        relative = "\x1b[C" if right == 1 else f"\x1b[{right}C"
    else:
        relative = "\b" * -right if right > -4 else f"\x1b[{-right}D"
    return relative if len(relative) < len(way) else way
