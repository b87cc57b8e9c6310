"""Text from a cloud made harmless, and cut to exact terminal cells.

All text from a cloud is hostile: a name may hold escape sequences, characters that reorder or hide others, or a
thousand accents on one letter. `inert` is the one gate through which such text reaches a screen, a toast or a log.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size

MARKS_A_BASE = 4
"""Combining marks kept on one base character; real scripts need no more, «zalgo» text has dozens."""

ELLIPSIS = "…"
ASCII_ELLIPSIS = ".."

_JOINER = "\u200d"
_SELECTORS = frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0), *range(0x180B, 0x1810))))
"""Variation selectors: they ask for another look of the character before them, and are nothing by themselves."""
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_SPACES = frozenset(" \u3000")
"""Blanks that may stay: the plain one, and the ideographic one that Japanese text needs."""

_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\U0001d159")
"""Characters that Unicode calls letters, marks or symbols but that show nothing: names that differ only by them look
the same (Unicode TR 36, «Invisible characters»)."""

_HIDDEN = _FILLERS | _SELECTORS | _SKIN_TONES
_MARKS = frozenset({"Mn", "Me", "Mc"})
_NEVER = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
"""General categories without a glyph of their own: controls, format (BiDi, zero width, tags), surrogates, private use,
unassigned and noncharacters, separators."""

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x09: " ", 0x0A: "␤", 0x7F: "␡"}
_PLAIN = re.compile(r"[\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u038a\u0400-\u0482]*")
"""Characters that are harmless and one cell wide each: ASCII, Latin, some Greek, Cyrillic."""


def inert(text: object) -> str:
    """Return the text on one line with everything made visible that could control, hide or reorder.

    Controls become control pictures (ESC `␛`, newline `␤`), a tab a blank, other invisible characters `⟨U+202E⟩`.
    Emoji sequences are reduced to their characters, since terminals disagree on the width of a joined one. Combining
    marks stay on a base character, `MARKS_A_BASE` at most. Never raises for a str; idempotent.
    """
    if not isinstance(text, str):
        text = str(text)
    if text.isascii() and text.isprintable():
        return text
    return _inert(text) if len(text) <= 512 else _made_inert(text)


def inert_lines(text: str) -> list[str]:
    """Return the lines of a text (a console log, a fault's details), each inert; tabs go to the next eighth cell.

    Only newlines part lines: the other characters that `str.splitlines` knows are made visible like all controls.
    """
    lines = text.split("\n")
    if lines and not lines[-1].strip("\r"):
        lines.pop()
    return [inert(line.rstrip("\r").expandtabs(8)) for line in lines]


def visible(text: str) -> str:
    """Return a text of many lines for a terminal: its newlines stay, all else is inert. Pipes get the raw text."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "\n".join(inert(line) for line in text.split("\n"))


@lru_cache(maxsize=16384)
def _inert(text: str) -> str:
    return _made_inert(text)


def _made_inert(text: str) -> str:
    if _PLAIN.fullmatch(text):
        return text
    out: list[str] = []
    base = ""
    marks = 0
    excess = 0
    for char in text:
        if base and _is_emoji(base) and _vanishes(char):
            continue
        if _is_mark(char):
            if base and marks < MARKS_A_BASE:
                marks += 1
                out.append(char)
                continue
            if base:
                excess += 1
                continue
        if excess:
            out.append(f"⟨+{excess}⟩")
            excess = 0
        marks = 0
        shown = _shown(char)
        base = char if shown == char and not char.isspace() else ""
        out.append(shown)
    if excess:
        out.append(f"⟨+{excess}⟩")
    return "".join(out)


def _vanishes(char: str) -> bool:
    return char == _JOINER or char in _SELECTORS or char in _SKIN_TONES


def _is_emoji(char: str) -> bool:
    return char >= "\u2190" and unicodedata.category(char) == "So"


def _is_mark(char: str) -> bool:
    return char > "\u02ff" and char not in _HIDDEN and unicodedata.category(char) in _MARKS


def _shown(char: str) -> str:
    code = ord(char)
    if 0x20 <= code < 0x7F:
        return char
    if picture := _PICTURES.get(code):
        return picture
    category = unicodedata.category(char)
    if (category in _NEVER and char not in _SPACES) or category in _MARKS or char in _HIDDEN:
        return f"⟨U+{code:04X}⟩"
    return char


def cells(text: str) -> int:
    """Return the width in terminal cells, as Textual draws it. The text is inert already."""
    return len(text) if text.isascii() else cell_len(text)


def cut_end(text: str, width: int, ascii: bool = False) -> str:  # noqa: A002 - the set is called so everywhere
    """Shorten a sentence at its end to at most `width` cells, with an ellipsis where something is missing."""
    if cells(text) <= width:
        return text
    dots = ASCII_ELLIPSIS if ascii else ELLIPSIS
    if width <= len(dots):
        return dots[: max(width, 0)]
    return _head(text, width - len(dots)) + dots


def cut_middle(text: str, width: int, ascii: bool = False) -> str:  # noqa: A002
    """Shorten a name in its middle to at most `width` cells: names are told apart by their end."""
    if cells(text) <= width:
        return text
    dots = ASCII_ELLIPSIS if ascii else ELLIPSIS
    room = width - len(dots)
    if room < 2:
        return cut_end(text, width, ascii)
    tail = room * 7 // 16 or 1
    return _head(text, room - tail) + dots + _tail(text, tail)


def fit(text: str, width: int, align: str = "left", *, middle: bool = False, ascii: bool = False) -> str:  # noqa: A002
    """Return the text in exactly `width` cells: cut or padded. `align` is left, right or center."""
    size = cells(text)
    if size > width:
        text = cut_middle(text, width, ascii) if middle else cut_end(text, width, ascii)
        size = cells(text)
    missing = width - size
    if missing <= 0:
        return text
    if align == "right":
        return " " * missing + text
    if align == "center":
        left = missing // 2
        return " " * left + text + " " * (missing - left)
    return text + " " * missing


def _head(text: str, width: int) -> str:
    """Return the longest beginning of at most `width` cells that ends between whole characters with their marks."""
    if text.isascii():
        return text[:width]
    used = 0
    for index, char in enumerate(text):
        size = get_character_cell_size(char)
        if used + size > width:
            return text[:index]
        used += size
    return text


def _tail(text: str, width: int) -> str:
    """Return the longest end of at most `width` cells that starts with a character, not with another one's mark."""
    if text.isascii():
        return text[len(text) - width :]
    used = 0
    start = len(text)
    for index in range(len(text) - 1, -1, -1):
        size = get_character_cell_size(text[index])
        if used + size > width:
            break
        used += size
        if size:
            start = index
    return text[start:]
