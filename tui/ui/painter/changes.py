"""What of the screen has to be written, in pieces that need one look each."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from operator import ne

from tui.ui.painter.cells import WIDE, Clusters
from tui.ui.painter.grid import Grid
from tui.ui.painter.looks import Looks

SAME = re.compile(r"(.)\1*", re.DOTALL)
"""A run of cells of one look, in a string of looks."""
_RUN = re.compile(rb"\x01+")
_BRIDGE = 3
"""Unchanged cells of the same look that are written again rather than stepped over: a step takes 3 bytes or more."""
_CHANGED, _ALONE = 1, 2


@dataclass(slots=True)
class Piece:
    """Cells of one row to be written in one go: `look` suits them all, since blanks leave most of a look open."""

    y: int
    start: int
    end: int
    look: str


@dataclass(slots=True)
class Changes:
    """All that differs. `disputed` goes first, in its order: what that may do to cells beside, `plain` mends."""

    disputed: list[Piece]
    plain: list[Piece]
    rows: int
    """Rows with changes."""


class Finder:
    """Finds the changes between two grids."""

    def __init__(self, clusters: Clusters, looks: Looks) -> None:
        self._clusters = clusters
        self._looks = looks

    def changes(self, shown: Grid, wanted: Grid) -> Changes:
        """Compare all rows."""
        found = Changes([], [], 0)
        rows = zip(wanted.texts, wanted.looks, shown.texts, shown.looks, strict=True)
        for y, (text, looks, old, old_looks) in enumerate(rows):
            if (text is old or text == old) and (looks is old_looks or looks == old_looks):
                continue
            found.rows += 1
            marks = differing(text, looks, old, old_looks)
            if not text.isascii():
                self._set_apart(y, text, looks, marks, found.disputed)
            self._cut(y, looks, marks, found.plain)
        return found

    def _set_apart(self, y: int, text: str, looks: str, marks: bytearray, found: list[Piece]) -> None:
        """Widen the marks to whole characters, and take out those whose width terminals dispute.

        Every cell that a terminal may have touched with one of these is marked as changed.
        """
        width = len(text)
        if WIDE in text:
            for x in range(1, width):
                if text[x] == WIDE and marks[x - 1]:
                    marks[x] = _CHANGED
            for x in range(width - 1, 0, -1):
                if text[x] == WIDE and marks[x]:
                    marks[x - 1] = _CHANGED
        claim = self._clusters.claim
        claims = {char: size for char in set(text) if (size := claim(char))}
        if not claims:
            return
        x = 0
        while x < width:
            size = claims.get(text[x], 0)
            if not size or not marks[x]:
                x += 1
                continue
            end = covered(text, x + 1)
            if end == x + 1:
                # A line of one character has no inner positions that could be wrong.
                while end < width and marks[end] and text[end] == text[x] and looks[end] == looks[x]:
                    end += 1
                touched = x + (end - x) * size
            else:
                touched = x + size
            found.append(Piece(y, x, end, looks[x]))
            marks[x:end] = bytes([_ALONE]) * (end - x)
            touched = covered(text, min(touched, width))
            if touched > end:
                marks[end:touched] = bytes([_CHANGED]) * (touched - end)
            x = end

    def _cut(self, y: int, looks: str, marks: bytearray, found: list[Piece]) -> None:
        """Cut the marked cells into pieces of one look."""
        piece: Piece | None = None
        for run in _RUN.finditer(marks):
            for same in SAME.finditer(looks, *run.span()):
                name, start, end = same[1], same.start(), same.end()
                if piece is not None and self._joins(piece, name, start, looks, marks):
                    if self._looks.is_open(piece.look):
                        piece.look = name
                    piece.end = end
                else:
                    piece = Piece(y, start, end, name)
                    found.append(piece)

    def _joins(self, piece: Piece, name: str, start: int, looks: str, marks: bytearray) -> bool:
        """Say whether a run of a look can be written with a piece before it."""
        look, blank = piece.look, self._looks.blank(name)
        if look not in (name, blank) and self._looks.blank(look) != name:
            return False
        gap = start - piece.end
        if not gap:
            return True
        between = looks[piece.end : start]
        fits = all(one in (look, name, blank) for one in between) and (look in (name, blank) or name == blank)
        return gap <= _BRIDGE and not any(marks[piece.end : start]) and fits


def by_look(pieces: Iterable[Piece], looks: Looks) -> list[Piece]:
    """Order pieces so that those of one look follow each other: a move is shorter than a change of colours."""
    groups: dict[str, list[Piece]] = {}
    blanks: list[Piece] = []
    for piece in pieces:
        if looks.is_open(piece.look):
            blanks.append(piece)
        else:
            groups.setdefault(piece.look, []).append(piece)
    hosts = {looks.blank(name): name for name in groups}
    for piece in blanks:
        groups.setdefault(hosts.get(piece.look, piece.look), []).append(piece)
    return [piece for group in groups.values() for piece in sorted(group, key=lambda one: (one.y, one.start))]


def differing(text: str, looks: str, old: str, old_looks: str) -> bytearray:
    """Return 1 for each cell of a row that differs."""
    if looks == old_looks:
        return bytearray(map(ne, text, old))
    if text == old:
        return bytearray(map(ne, looks, old_looks))
    either = int.from_bytes(bytes(map(ne, text, old))) | int.from_bytes(bytes(map(ne, looks, old_looks)))
    return bytearray(either.to_bytes(len(text)))


def covered(text: str, end: int) -> int:
    """Move an end that would halve a wide character behind it."""
    while end < len(text) and text[end] == WIDE:
        end += 1
    return end
