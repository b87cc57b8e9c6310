"""The screen as rows of cells, wanted or shown."""

from __future__ import annotations

from tui.ui.painter.cells import UNKNOWN, WIDE
from tui.ui.painter.looks import Looks


class Grid:
    """Rows of cells: `texts[y]` and `looks[y]` are strings of `width` code points each.

    No row ever holds a part of a wide character: whatever covers one half leaves a blank in the other, as terminals do.
    """

    __slots__ = ("_names", "height", "looks", "texts", "width")

    def __init__(self, names: Looks) -> None:
        self._names = names
        self.width = self.height = 0
        self.texts: list[str] = []
        self.looks: list[str] = []

    def clear(self, width: int, height: int, char: str) -> None:
        """Take on a size and fill all cells with a blank, or with `UNKNOWN`."""
        plain = self._names.plain
        self.width, self.height = width, height
        self.texts = [char * width] * height
        self.looks = [(self._names.blank(plain) if char == " " else plain) * width] * height

    def resize(self, width: int, height: int) -> None:
        """Take on another size and keep what is in both."""
        texts, looks = self.texts, self.looks
        self.clear(width, height, " ")
        for y, (text, look) in enumerate(zip(texts[:height], looks[:height], strict=True)):
            self.put(0, y, text, look)

    def put(self, x: int, y: int, text: str, looks: str) -> None:
        """Write cells; what is outside of the grid is left out."""
        width = self.width
        if not text or y >= self.height or x >= width:
            return
        if x + len(text) > width:
            text, looks = self._whole(text, looks, width - x)
        if len(text) == width:
            self.texts[y], self.looks[y] = text, looks
            return
        end = x + len(text)
        row, row_looks = self.texts[y], self.looks[y]
        left, left_looks, right, right_looks = row[:x], row_looks[:x], row[end:], row_looks[end:]
        if row[x] == WIDE:
            left, left_looks = self._whole(row, row_looks, x)
        if right and right[0] == WIDE:
            halves = len(right) - len(right.lstrip(WIDE))
            right = " " * halves + right[halves:]
            right_looks = "".join(map(self._names.blank, right_looks[:halves])) + right_looks[halves:]
        self.texts[y] = left + text + right
        self.looks[y] = left_looks + looks + right_looks

    def forget(self, y: int) -> None:
        """Count a row as unknown."""
        self.texts[y] = UNKNOWN * self.width
        self.looks[y] = self._names.plain * self.width

    def scrolled(self, top: int, bottom: int, lines: int) -> Grid:
        """Return a copy in which the rows from `top` to `bottom` moved up by `lines` (down, if negative).

        What comes in is unknown: terminals differ in what they fill it with.
        """
        moved = Grid(self._names)
        moved.width, moved.height = self.width, self.height
        moved.texts, moved.looks = self.texts.copy(), self.looks.copy()
        for y in range(top, bottom + 1):
            if top <= y + lines <= bottom:
                moved.texts[y], moved.looks[y] = self.texts[y + lines], self.looks[y + lines]
            else:
                moved.forget(y)
        return moved

    def _whole(self, text: str, looks: str, cells: int) -> tuple[str, str]:
        """Cut after so many cells; a character that the cut would halve leaves blanks."""
        if text[cells] != WIDE:
            return text[:cells], looks[:cells]
        head = len(text[:cells].rstrip(WIDE)) - 1
        return (
            text[:head] + " " * (cells - head),
            looks[:head] + "".join(map(self._names.blank, looks[head:cells])),
        )
