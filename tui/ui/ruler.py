"""The ruler in the last cell of a table: where the window is, and where the trouble is in the whole list."""

from __future__ import annotations

from collections.abc import Iterable

from tui.model.status import Health

THUMB = "┃"
TICK = "━"


def ruler(height: int, total: int, top: int, troubles: Iterable[tuple[int, Health]]) -> list[tuple[str, str]]:
    """Return for each line of the window the character and its ink.

    `troubles` are positions in the whole list with their health; the worst of those that fall on one line ticks it.
    The thumb shows only when there is more than the window holds.
    """
    lines = [(" ", "line")] * height
    if height <= 0 or total <= 0:
        return lines
    if total > height:
        size = max(1, round(height * height / total))
        start = round(top * (height - size) / max(total - height, 1))
        for y in range(start, min(start + size, height)):
            lines[y] = (THUMB, "line")
    span = max(total, height)
    found = list(troubles)
    warn = {position * height // span for position, health in found if health is not Health.BROKEN}
    bad = {position * height // span for position, health in found if health is Health.BROKEN}
    for y in warn | bad:
        lines[y] = (TICK, "bad" if y in bad else "warn")
    return lines
