"""Which lines of the screen moved up or down, so that the terminal can move them itself."""

from __future__ import annotations

from collections import Counter

import msgspec

from tui.ui.painter.changes import differing
from tui.ui.painter.grid import Grid

_FEW = 3
"""Lines that must have moved together before it is worth a look."""


class Shift(msgspec.Struct, frozen=True):
    """The rows from `top` to `bottom` move up by `lines`, down if negative."""

    top: int
    bottom: int
    lines: int


def find_shift(shown: Grid, wanted: Grid, left: int, right: int) -> Shift | None:
    """Return the shift of whole rows that leaves least to write; None when nothing seems to have moved.

    A terminal moves whole rows, so a pane beside the moving one moves, too. Rows vote by the columns that changed at
    all (`left` up to `right`), which hides that pane; then only those rows move where that leaves less to write than
    before. Whether the whole pays is for the writer to count.
    """
    changed = [y for y in range(wanted.height) if shown.texts[y] != wanted.texts[y]]
    if len(changed) <= _FEW:
        return None
    if right - left < 4:
        return None
    # The last cell of a table is its ruler, which stays while the rows move.
    right -= 2 if right - left > 8 else 0
    places: dict[str, list[int]] = {}
    for y in range(wanted.height):
        part = shown.texts[y][left:right]
        if not part.isspace():
            places.setdefault(part, []).append(y)
    votes: Counter[int] = Counter()
    for y in changed:
        for place in places.get(wanted.texts[y][left:right], ())[:4]:
            if place != y:
                votes[place - y] += 1
    if not votes:
        return None
    lines, count = votes.most_common(1)[0]
    return _best_rows(shown, wanted, lines) if count >= _FEW else None


def _best_rows(shown: Grid, wanted: Grid, lines: int) -> Shift | None:
    """Choose the block of rows whose move saves most cells."""
    best, saved, total, start = None, 0, 0, 0
    for y in range(wanted.height):
        if not 0 <= y + lines < wanted.height:
            gain = 0
        else:
            gain = _count(shown, y, wanted, y) - _count(shown, y + lines, wanted, y)
        if total <= 0:
            total, start = 0, y
        total += gain
        if total > saved:
            best, saved = (start, y), total
    if best is None:
        return None
    first, last = best
    return Shift(min(first, first + lines), max(last, last + lines), lines)


def _count(shown: Grid, old: int, wanted: Grid, new: int) -> int:
    """Count the cells that differ between two rows."""
    text, looks = wanted.texts[new], wanted.looks[new]
    if text == shown.texts[old] and looks == shown.looks[old]:
        return 0
    return differing(text, looks, shown.texts[old], shown.looks[old]).count(1)
