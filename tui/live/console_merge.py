"""The tail of a log that grows: answers are joined by their overlap, and no gap closes silently."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

KEPT = 12_000
"""Raw lines that are remembered to find overlaps."""
BYTES_MOST = 100_000
"""From so many bytes on an answer may lack the log's beginning, however few its lines: Nova's libvirt driver reads the
last 100 KiB of the file (`MAX_CONSOLE_BYTES` in `nova/virt/libvirt/driver.py`)."""
SURE = 3
"""Different lines that a short overlap must have to be believed, unless one of them is unique: blank lines are not."""


class Joint(StrEnum):
    """How an answer follows what is known."""

    WHOLE = "whole"
    """Without a break."""
    GAP = "gap"
    """Lines may be missing between: more came than were asked for."""
    RESET = "reset"
    """The log began anew."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What an answer adds."""

    lines: tuple[str, ...]
    """Complete lines that are new."""
    partial: str
    """The last line as far as it is written; «» where the log ends with a newline."""
    joint: Joint = Joint.WHOLE


class Tail:
    """What is known of one log's end. Not thread-safe: one answer after the other."""

    def __init__(self) -> None:
        self._known: list[str] = []
        self._partial = ""
        self._from_start = True
        """Whether all of the log is known, from its first line on."""

    def take(self, output: str, asked: int, *, keep_gap: bool = True) -> Merged:
        """Join an answer to `asked` lines. With `keep_gap` False a gap changes nothing: ask again for more lines."""
        *lines, partial = output.split("\n")
        cut = len(lines) + 1 >= asked or len(output.encode("utf-8", "replace")) >= BYTES_MOST
        if not self._known and not self._partial:
            return self._add(lines, partial, Joint.WHOLE, cut)
        if not lines and not partial:
            # The file is empty for a moment when a server is started again; what comes next tells more.
            return Merged((), self._partial)
        start = self._joined_at(lines, partial, cut)
        if start is not None:
            return self._add(lines[start:], partial, Joint.WHOLE, False)
        if not cut:
            self._forget()
            return self._add(lines, partial, Joint.RESET, False)
        if not keep_gap:
            return Merged((), self._partial, Joint.GAP)
        self._forget()
        return self._add(lines, partial, Joint.GAP, True)

    def _forget(self) -> None:
        self._known.clear()
        self._from_start = True

    def _add(self, lines: Sequence[str], partial: str, joint: Joint, cut: bool) -> Merged:
        self._known += lines
        self._partial = partial
        self._from_start = self._from_start and not cut
        if len(self._known) > KEPT:
            del self._known[: len(self._known) - KEPT]
            self._from_start = False
        return Merged(tuple(lines), partial, joint)

    def _joined_at(self, lines: Sequence[str], partial: str, cut: bool) -> int | None:
        """Return the index of the first line that is new, None where the answer does not follow what is known."""
        before = self._partial.rstrip("\ufffd")
        if self._from_start and not cut:
            size = len(self._known)
            same = list(lines[:size]) == self._known
            following = lines[size] if size < len(lines) else partial
            return size if same and size <= len(lines) and following.startswith(before) else None
        for start in self._candidates(lines):
            following = lines[start] if start < len(lines) else partial
            if following.startswith(before) and self._sure(lines, start, cut):
                return start
        return None

    def _candidates(self, lines: Sequence[str]) -> Iterator[int]:
        known = self._known[-len(lines) :] if lines else []
        if not self._known:
            yield 0
        yield from overlaps(known, lines)
        # A log that is cut by bytes begins within a line.
        for start in overlaps(known, lines[1:]) if lines else ():
            size = len(self._known)
            if start < size and self._known[size - start - 1].endswith(lines[0]):
                yield start + 1

    def _sure(self, lines: Sequence[str], start: int, cut: bool) -> bool:
        shared = min(start, len(self._known))
        if not cut or not self._known or shared == len(self._known) or shared * 2 >= len(lines):
            return True
        overlap = {line for line in lines[start - shared : start] if line.strip()}
        return len(overlap) >= SURE or any(self._known.count(line) == lines.count(line) == 1 for line in overlap)


def overlaps(known: Sequence[str], lines: Sequence[str]) -> Iterator[int]:
    """Yield every n > 0 at which `lines[:n]` ends as `known` does, as far as both reach; the largest n first.

    Linear: the Z algorithm over both, reversed (Gusfield, «Algorithms on Strings», 1.3).
    """
    size, total = len(known), len(lines)
    if not size or not total:
        return
    text: list[str | None] = [*reversed(known), None, *reversed(lines)]
    reach = [0] * len(text)
    left = right = 0
    for index in range(1, len(text)):
        length = min(right - index, reach[index - left]) if index < right else 0
        while index + length < len(text) and length < size and text[length] == text[index + length]:
            length += 1
        reach[index] = length
        if index + length > right:
            left, right = index, index + length
        at = index - size - 1
        if at >= 0 and length >= min(total - at, size):
            yield total - at
