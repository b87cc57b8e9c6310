"""The ruler in the last cell of a table: where the window is, and where the trouble is in the whole list."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.status import Health

THUMB = "┃"
TICK = "━"


def ruler(height: int, total: int, top: int, ticks: Sequence[Health | None]) -> list[tuple[str, str]]:
    """Return for each line of the window the character and its ink.

    `ticks` is the worst health of the rows at the height of each line, None where all is well.
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
    for y, health in enumerate(ticks[:height]):
        if health is not None:
            lines[y] = (TICK, "bad" if health is Health.BROKEN else "warn")
    return lines
