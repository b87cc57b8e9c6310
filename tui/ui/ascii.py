"""Drawing in ASCII: for terminals and fonts without the marks, and those that give a mark two cells."""

from __future__ import annotations

import unicodedata

from tui.model.text import cells

_MARKS = {
    "●": "*", "◐": "~", "○": "-", "▲": "!", "✗": "X", "✓": "+", "–": "-", "▌": ">", "◆": "#", "…": "..", "≤": "<=",
    "·": ".", "\u203a": ">", "▴": "^", "▾": "v", "━": "-", "┃": "|", "─": "-", "│": "|", "«": '"', "»": '"', "⟨": "<",
    "⟩": ">", "↑": "^", "↓": "v", "→": ">", "╍": "=", "×": "x", "’": "'", "‘": "'",
}  # fmt: skip
_RANGES = (("┌┐└┘├┤┬┴┼╭╮╯╰╔╗╚╝╠╣╦╩╬┏┓┗┛", "+"), ("═━╌┄┈╴╶╸╺▔▁", "-"), ("║┃┆┊╎╵╷▏▎▍▋▊▉▕▐", "|"), ("█▓▄▀▆▇▅", "#"))


def _table() -> dict[int, str]:
    """Return the translation; every character takes as many cells as before, so the two-letter ones are cut."""
    found = {ord(char): ascii_ for chars, ascii_ in _RANGES for char in chars}
    found.update((ord(char), ascii_[0]) for char, ascii_ in _MARKS.items())
    return found


_KNOWN = _table()


def ascii_of(text: str) -> str:
    """Return the text in ASCII at the same width: known marks by their twins, letters without accents, else `?`."""
    if text.isascii():
        return text
    return "".join(char if char < "\x80" else _KNOWN.get(ord(char)) or _folded(char) for char in text)


def _folded(char: str) -> str:
    plain = unicodedata.normalize("NFKD", char)[0]
    size = cells(char)
    return plain if plain < "\x7f" and size == 1 else "?" * size
