"""Text as cells: a row of the screen is a string with exactly one code point for each cell.

That makes rows cheap: cutting, joining and comparing them is a slice, a `+` and a memory comparison. A wide character
is followed by `WIDE` for each further cell; what takes more than one code point (an accent, a joined emoji) is one
code point of a private plane, looked up in `Clusters`.
"""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len, get_character_cell_size

WIDE = "\0"
"""A cell that the character before it covers."""
UNKNOWN = "\1"
"""A cell of which nothing is known; differs from every character."""

_FIRST = 0xF0000
_LAST = 0x10FFFD
"""Planes 15 and 16. Private characters that an application shows itself are clusters of one, so nothing is mixed up."""

_JOINER = "\u200d"
_FLAG = range(0x1F1E6, 0x1F200)
_DISPUTED_RANGES = (
    range(0x0900, 0x1100),  # scripts that join letters to syllables: terminals measure the letters or the syllable
    range(0x1700, 0x1D00),
    range(0x2600, 0x27C0),  # signs with an emoji form, drawn narrow or wide
    range(0x2B00, 0x2C00),
    range(0xE000, 0xF900),  # private: the fonts decide
    range(0x1F000, 0x110000),  # emoji and all that is younger: depends on the terminal's Unicode version
)
_DISPUTED_CATEGORIES = frozenset({"Mn", "Mc", "Me", "Cf", "Cn", "Co", "Cs"})
_KEPT = 16384
"""Texts whose cells are remembered."""


class Clusters:
    """The table of what takes more than one code point, and the cells of texts."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}
        self.texts: dict[str, str] = {}
        """Code → the text to write for it; without the codes that stand for themselves."""
        self._cells: dict[str, str] = {}
        self._claims: dict[str, int] = {}

    def cells(self, text: str) -> str:
        """Return the text with one code point a cell, as wide as Textual takes it to be. Controls vanish."""
        if text.isascii() and text.isprintable():
            return text
        known = self._cells.get(text)
        if known is None:
            if len(self._cells) >= _KEPT:
                self._cells.clear()
            known = self._cells[text] = "".join(map(self._cluster, _clusters(text)))
        return known

    def claim(self, cell: str) -> int:
        """Return how many cells a terminal might give this cell's text; 0: all terminals agree with us."""
        claim = self._claims.get(cell)
        if claim is None:
            claim = self._claims[cell] = _claim(self.texts.get(cell, cell))
        return claim

    def written(self, cells: str) -> str:
        """Return what is sent for these cells."""
        if WIDE in cells:
            cells = cells.replace(WIDE, "")
        if cells.isascii() or not self.texts:
            return cells
        return "".join([self.texts.get(cell, cell) for cell in cells])

    @property
    def full(self) -> bool:
        """Whether the table should be started anew: only odd text (a page of random accents) gets it there."""
        return len(self._codes) > 60_000

    def _cluster(self, text: str) -> str:
        width = cell_len(text)
        if width < 1:
            return ""
        if len(text) > 1 or ord(text) >= _FIRST:
            code = self._codes.get(text)
            if code is None:
                if _FIRST + len(self._codes) > _LAST:
                    return "\ufffd" + WIDE * (width - 1)
                code = self._codes[text] = chr(_FIRST + len(self._codes))
                self.texts[code] = text
        else:
            code = text
        return code + WIDE * (width - 1)


def _clusters(text: str) -> list[str]:
    """Part a text where a new cell begins: marks stay with their base, joined emoji and flags together."""
    parts: list[str] = []
    joins = flag = False
    for char in text:
        if char < " " or "\x7f" <= char <= "\x9f":
            continue
        is_flag = ord(char) in _FLAG
        if parts and (joins or (flag and is_flag) or get_character_cell_size(char) == 0):
            parts[-1] += char
            flag = False
        else:
            parts.append(char)
            flag = is_flag
        joins = char == _JOINER
    return parts


def _claim(text: str) -> int:
    if text in (WIDE, UNKNOWN) or (len(text) == 1 and not _disputed(text)):
        return 0
    return sum(1 if char < "\x7f" or unicodedata.category(char) in ("Mn", "Me") else 2 for char in text)


def _disputed(char: str) -> bool:
    """Say whether terminals disagree on one character's width, by settings (ambiguous) or by their Unicode version."""
    if char < "\x7f":
        return False
    if any(ord(char) in span for span in _DISPUTED_RANGES) or unicodedata.category(char) in _DISPUTED_CATEGORIES:
        return True
    width = {"A": 0, "W": 2, "F": 2}.get(unicodedata.east_asian_width(char), 1)
    return width != get_character_cell_size(char)
