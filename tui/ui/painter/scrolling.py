"""Which lines of the screen moved up or down, so that the terminal can move them itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tui.ui.painter.grid import Grid

_FEW = 3
"""Lines that must have moved together before it is worth a look."""


@dataclass(frozen=True, slots=True)
class Shift:
    """The rows from `top` to `bottom` move up by `lines`, down if negative."""

    top: int
    bottom: int
    lines: int


def find_shift(shown: Grid, wanted: Grid) -> Shift | None:
    """Return the shift of whole rows that most rows speak for; None when nothing seems to have moved.

    Only the columns that changed at all are compared: a pane beside the moving one does not hide the move. Whether it
    pays is for the writer to count.
    """
    changed = [y for y in range(wanted.height) if shown.texts[y] != wanted.texts[y]]
    if len(changed) <= _FEW:
        return None
    left, right = _columns(shown, wanted, changed)
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
    movers: dict[int, list[int]] = {}
    for y in changed:
        part = wanted.texts[y][left:right]
        for place in places.get(part, ())[:4]:
            if place != y:
                votes[place - y] += 1
                movers.setdefault(place - y, []).append(y)
    if not votes:
        return None
    lines, count = votes.most_common(1)[0]
    if count < _FEW:
        return None
    rows = movers[lines]
    return Shift(min(rows[0], rows[0] + lines), max(rows[-1], rows[-1] + lines), lines)


def _columns(shown: Grid, wanted: Grid, changed: list[int]) -> tuple[int, int]:
    """Return the first column that differs in some row and the end of the last."""
    left, right = wanted.width, 0
    for y in changed:
        old, new = shown.texts[y], wanted.texts[y]
        first = 0
        while first < left and old[first] == new[first]:
            first += 1
        left = min(left, first)
        last = wanted.width
        while last > right and old[last - 1] == new[last - 1]:
            last -= 1
        right = max(right, last)
    return left, right
