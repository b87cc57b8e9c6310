"""Lines of spans: cut, put apart, wrapped and painted. For overlays and statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.model.text import cells
from tui.ui.line import Span, Spans, clipped, width_of

Ink = Callable[[str, str], Style]
"""(token, ground) -> style: `Inked.ink`."""


def apart(left: Sequence[Span], right: Sequence[Span], width: int) -> Spans:
    """Return one line of `width` cells: `left` flush left, `right` flush right; `left` is cut where both do not fit."""
    room = width - width_of(right)
    if room < 1:
        return tuple(clipped((*left, *right), width))
    kept = clipped(left, room - 2 if right else room)
    return (*kept, Span(" " * (room - width_of(kept))), *right)


def keys_line(hints: Iterable[tuple[str, str]], width: int) -> Spans:
    """Return keys and what they do; what does not fit is left out whole."""
    line: list[Span] = [Span(" ")]
    room = width - 1
    for key, word in hints:
        size = cells(key) + cells(word) + 1
        if size <= room:
            line += [Span(key, "accent"), Span(f" {word}  ", "dim")]
            room -= size + 2
    return tuple(line)


def on(spans: Sequence[Span], width: int, ground: str) -> Spans:
    """Return one line of `width` cells, all on `ground`."""
    line = [span._replace(ground=span.ground or ground) for span in clipped(spans, width)]
    return (*line, Span(" " * (width - width_of(line)), "text", ground))


def strip(spans: Sequence[Span], ink: Ink, width: int, ground: str = "") -> Strip:
    """Paint one line, exactly `width` cells wide; `ground` is under every span that names no ground of its own."""
    segments = [Segment(span.text, ink(span.ink, span.ground or ground)) for span in clipped(spans, width)]
    return Strip(segments).adjust_cell_length(width, ink("text", ground))


def wrap(spans: Sequence[Span], width: int, indent: int = 0) -> list[Spans]:
    """Break a line between words into lines of at most `width` cells; those after the first are indented.

    A word that is longer than a line is broken where the line ends.
    """
    width = max(width, indent + 2)
    lines: list[list[Span]] = [[]]
    taken = 0
    for span in spans:
        for word in _words(span.text):
            if taken + cells(word.rstrip(" ")) > width and taken > (indent if len(lines) > 1 else 0):
                taken = _new_line(lines, indent)
                word = word.lstrip(" ")
            while taken + cells(word.rstrip(" ")) > width:
                head, word = _split(word, width - taken)
                lines[-1].append(span._replace(text=head))
                taken = _new_line(lines, indent)
            if taken + cells(word) > width:
                word = word.rstrip(" ")
            if word:
                lines[-1].append(span._replace(text=word))
                taken += cells(word)
    return [tuple(line) for line in lines]


def _new_line(lines: list[list[Span]], indent: int) -> int:
    lines.append([Span(" " * indent)] if indent else [])
    return indent


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


__all__ = ["Ink", "Span", "Spans", "apart", "clipped", "keys_line", "on", "strip", "width_of", "wrap"]
