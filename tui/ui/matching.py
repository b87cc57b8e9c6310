"""Searching in a text on the screen: plain or a regular expression, with the matches in order."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise

from tui.model.pattern import checked, looks_like_one
from tui.ui.line import Span, Spans


class Search:
    """What is looked for. Case does not matter; a text that is no sane expression is searched as plain text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.note = ""
        """Why an expression is searched as plain text; empty otherwise."""
        self._needle = text.lower()
        self._plain = re.compile(re.escape(text), re.IGNORECASE)
        self._pattern: re.Pattern[str] | None = None
        if looks_like_one(text):
            try:
                self._pattern = checked(text).any_case
            except ValueError as error:
                self.note = f"searched as plain text: {error}"

    def lines(self, texts: Sequence[str]) -> list[int]:
        """Return the indexes of all lines with a match."""
        if not self.text:
            return []
        if self._pattern is None:
            needle = self._needle
            return [index for index, text in enumerate(texts) if needle in text.lower()]
        return [index for index, text in enumerate(texts) if self.spans(text)]

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return where the matches are in a line; empty matches are none."""
        if not self.text:
            return []
        pattern = self._pattern or self._plain
        return [found.span() for found in pattern.finditer(text) if found.end() > found.start()]


def marked(spans: Spans, found: Sequence[tuple[int, int]]) -> Spans:
    """Return a line with the found parts (indexes into its text) on the `match` ground."""
    if not found:
        return spans
    parts: list[Span] = []
    at = 0
    for span in spans:
        end = at + len(span.text)
        cuts = sorted({at, end, *(edge for pair in found for edge in pair if at < edge < end)})
        for left, right in pairwise(cuts):
            hit = any(start <= left and right <= stop for start, stop in found)
            part = span.text[left - at : right - at]
            parts.append(span._replace(text=part, ground="match") if hit else span._replace(text=part))
        at = end
    return tuple(parts)


class Matches:
    """The lines with a match, and which of them is the current one."""

    def __init__(self) -> None:
        self.search = Search("")
        self.found: list[int] = []
        self.at = -1
        """Index into `found`; -1: none."""

    def look(self, text: str, texts: Sequence[str], start: int) -> None:
        """Search anew; the current match is the first from line `start` on."""
        if text != self.search.text:
            self.search = Search(text)
        self.found = self.search.lines(texts)
        self.at = (bisect_left(self.found, start) % len(self.found)) if self.found else -1

    def step(self, by: int, line: int) -> int:
        """Go to the next (1) or previous (-1) match seen from `line`, round the end; return its line, or -1."""
        if not self.found:
            return -1
        if self.at >= 0 and self.found[self.at] == line:
            self.at = (self.at + by) % len(self.found)
        elif by > 0:
            self.at = bisect_right(self.found, line) % len(self.found)
        else:
            self.at = (bisect_left(self.found, line) - 1) % len(self.found)
        return self.found[self.at]

    @property
    def line(self) -> int:
        """Line of the current match, or -1."""
        return self.found[self.at] if self.at >= 0 else -1

    @property
    def words(self) -> Spans:
        """How many there are: «6 of 9», «no match»."""
        if not self.search.text:
            return ()
        if not self.found:
            return (Span("no match", "warn"),)
        return (Span(f"{self.at + 1:,}"), Span(f" of {len(self.found):,}", "dim"))
