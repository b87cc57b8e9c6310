"""Lines as spans of ink: what the painters of overlays and statements hand to Textual's Line API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.model.text import cells, cut_end

Span = tuple[str, str]
"""(ink, text): an ink token of LOOK.md, or `ink@ground`; the text is inert and on one line."""

Spans = tuple[Span, ...]
"""One line."""

Ink = Callable[[str, str], Style]
"""(token, ground) -> style: `Inked.ink`."""


def width_of(spans: Iterable[Span]) -> int:
    """Return how many cells the spans take."""
    return sum(cells(text) for _, text in spans)


def cut(spans: Sequence[Span], width: int) -> Spans:
    """Return the spans shortened at the end to at most `width` cells."""
    kept: list[Span] = []
    room = width
    for number, (ink, text) in enumerate(spans):
        taken = cells(text)
        more = any(rest for _, rest in spans[number + 1 :])
        if taken > room or (taken == room and more):
            if room > 0:
                kept.append((ink, cut_end(text if taken > room else f"{text} ", room)))
            return tuple(kept)
        kept.append((ink, text))
        room -= taken
    return tuple(kept)


def apart(left: Sequence[Span], right: Sequence[Span], width: int) -> Spans:
    """Return one line of `width` cells: `left` flush left, `right` flush right; `left` is cut where both do not fit."""
    room = width - width_of(right)
    if room < 1:
        return cut((*left, *right), width)
    kept = cut(left, room - 2 if right else room)
    return (*kept, ("text", " " * (room - width_of(kept))), *right)


def strip(spans: Sequence[Span], ink: Ink, width: int, ground: str = "") -> Strip:
    """Paint one line, exactly `width` cells wide; `ground` is under every span that names no ground of its own."""
    segments = []
    for token, text in cut(spans, width):
        name, _, own = token.partition("@")
        segments.append(Segment(text, ink(name or "text", own or ground)))
    return Strip(segments).adjust_cell_length(width, ink("text", ground))


def wrap(spans: Sequence[Span], width: int, indent: int = 0) -> list[Spans]:
    """Break a line between words into lines of at most `width` cells; those after the first are indented.

    A word that is longer than a line is broken where the line ends.
    """
    width = max(width, indent + 1, 1)
    lines: list[list[Span]] = [[]]
    taken = 0
    for ink, text in spans:
        for word in _words(text):
            size = cells(word)
            if taken + cells(word.rstrip(" ")) > width and taken > (indent if len(lines) > 1 else 0):
                lines.append([("text", " " * indent)] if indent else [])
                taken = indent
                word = word.lstrip(" ")
                size = cells(word)
            while taken + cells(word.rstrip(" ")) > width:
                head, word = _split(word, width - taken)
                lines[-1].append((ink, head))
                lines.append([("text", " " * indent)] if indent else [])
                taken, size = indent, cells(word)
            if word:
                lines[-1].append((ink, word))
                taken += size
    return [tuple(line) for line in lines]


def _words(text: str) -> Iterable[str]:
    """Yield words with the blanks that follow them."""
    start = 0
    for index in range(1, len(text)):
        if text[index - 1] == " " and text[index] != " ":
            yield text[start:index]
            start = index
    if start < len(text):
        yield text[start:]


def _split(text: str, room: int) -> tuple[str, str]:
    """Split a text so that the first part takes at most `room` cells but at least one character."""
    taken = 0
    for index, char in enumerate(text):
        taken += cells(char)
        if taken > room and index:
            return text[:index], text[index:]
    return text, ""
