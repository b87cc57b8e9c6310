"""What of the screen has to be written, in pieces that need one look each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from operator import ne

import msgspec

from tui.ui.painter.cells import WIDE, Clusters
from tui.ui.painter.grid import Grid
from tui.ui.painter.looks import Looks

SAME = re.compile(r"(.)\1*", re.DOTALL)
"""A run of cells of one look, in a string of looks."""
_GAPS = ((b"\1\0\1", b"\1\1\1"), (b"\1\0\1", b"\1\1\1"), (b"\1\0\0\1", b"\1\1\1\1"))
"""A cell or two between changes count as changed: stepping over them takes more. Twice, since finds do not overlap."""
_RUN = re.compile(rb"\x01+")
_BRIDGE = 3
"""Unchanged cells of the same look that are written again rather than stepped over: a step takes 3 bytes or more."""
_CHANGED, _ALONE = 1, 2
_MANY = 24
"""Looks of which no shortest chain is sought: the search grows with their square."""


class Piece(msgspec.Struct):
    """Cells of one row to be written in one go: `look` suits them all, since blanks leave most of a look open."""

    y: int
    start: int
    end: int
    look: str


class Changes(msgspec.Struct):
    """All that differs. `disputed` goes first, in its order: what that may do to cells beside, `plain` mends."""

    disputed: list[Piece]
    plain: list[Piece]
    rows: int
    """Rows with changes."""
    left: int
    """The first column with a change."""
    right: int
    """The end of the last."""


class Finder:
    """Finds the changes between two grids."""

    def __init__(self, clusters: Clusters, looks: Looks) -> None:
        self._clusters = clusters
        self._looks = looks

    def changes(self, shown: Grid, wanted: Grid) -> Changes:
        """Compare all rows."""
        found = Changes([], [], 0, wanted.width, 0)
        rows = zip(wanted.texts, wanted.looks, shown.texts, shown.looks, strict=True)
        for y, (text, looks, old, old_looks) in enumerate(rows):
            if (text is old or text == old) and (looks is old_looks or looks == old_looks):
                continue
            found.rows += 1
            marks = differing(text, looks, old, old_looks)
            found.left = min(found.left, marks.find(1))
            found.right = max(found.right, marks.rfind(1) + 1)
            for gap, filled in _GAPS:
                marks = marks.replace(gap, filled)
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
        claim = self._clusters.claim
        claims = {char: size for char in set(text) if char > "~" and (size := claim(char))}
        if not claims:
            return
        end = 0
        for x in sorted(chain.from_iterable(_places(text, char) for char in claims)):
            if x < end or not marks[x]:
                continue
            end = covered(text, x + 1)
            if end == x + 1:
                # A line of one character has no inner positions that could be wrong.
                while end < width and marks[end] and text[end] == text[x] and looks[end] == looks[x]:
                    end += 1
            touched = covered(text, min(x + max(text.count(text[x], x, end), 1) * claims[text[x]], width))
            found.append(Piece(y, x, end, looks[x]))
            marks[x:end] = bytes([_ALONE]) * (end - x)
            if touched > end:
                marks[end:touched] = bytes([_CHANGED]) * (touched - end)

    def _cut(self, y: int, looks: str, marks: bytearray, found: list[Piece]) -> None:
        """Cut the marked cells into pieces of one look."""
        piece: Piece | None = None
        open_looks, blank_of = self._looks.open, self._looks.blank
        for run in _RUN.finditer(marks):
            for same in SAME.finditer(looks, *run.span()):
                name = same[1]
                start, end = same.span()
                if piece is not None and start - piece.end <= _BRIDGE:
                    look = piece.look
                    # A blank goes with what is before it, and what is after blanks goes with them.
                    fits = name == look or name == blank_of(look) or (look in open_looks and look == blank_of(name))
                    if fits and (start == piece.end or self._bridges(piece, start, looks, marks)):
                        if look in open_looks:
                            piece.look = name
                        piece.end = end
                        continue
                piece = Piece(y, start, end, name)
                found.append(piece)

    def _bridges(self, piece: Piece, start: int, looks: str, marks: bytearray) -> bool:
        """Say whether the unchanged cells between a piece and a run that fits it can be written with both."""
        look, end = piece.look, piece.end
        fitting = looks.count(look, end, start)
        if (blank := self._looks.blank(look)) != look:
            fitting += looks.count(blank, end, start)
        return fitting == start - end == marks.count(0, end, start)


def in_passes(pieces: Iterable[Piece]) -> list[Piece]:
    """Order disputed pieces: the first of each row by look, then the second of each …; rows do not touch each other."""
    ranks: Counter[int] = Counter()
    firsts: dict[str, int] = {}
    found: list[tuple[int, int, int, Piece]] = []
    for number, piece in enumerate(pieces):
        found.append((ranks[piece.y], firsts.setdefault(piece.look, number), number, piece))
        ranks[piece.y] += 1
    return [piece for *_, piece in sorted(found, key=lambda one: one[:3])]


def by_look(pieces: Iterable[Piece], looks: Looks, now: str) -> list[Piece]:
    """Order pieces so that those of one look follow each other: a move is shorter than a change of colours.

    `now`: the look that is set before the first.
    """
    groups: dict[str, list[Piece]] = {}
    blanks: list[Piece] = []
    for piece in pieces:
        if piece.look in looks.open:
            blanks.append(piece)
        else:
            groups.setdefault(piece.look, []).append(piece)
    hosts = {looks.blank(name): name for name in groups}
    for piece in blanks:
        groups.setdefault(hosts.get(piece.look, piece.look), []).append(piece)
    chain = _chain(list(groups), looks, now) if len(groups) <= _MANY else groups
    return [piece for name in chain for piece in sorted(groups[name], key=lambda one: (one.y, one.start))]


def _chain(names: list[str], looks: Looks, now: str) -> Iterator[str]:
    """Go from each look to the one that is nearest: a page has a dozen, of few grounds and few inks."""
    while names:
        name = min(names, key=lambda one: len(looks.way(now, one)[0]))
        names.remove(name)
        yield name
        now = looks.way(now, name)[1]


def _places(text: str, char: str) -> Iterator[int]:
    at = text.find(char)
    while at >= 0:
        yield at
        at = text.find(char, at + 1)


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
