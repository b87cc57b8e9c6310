"""Type-ahead never acts: what a read of several keys may do (design §3). Pure, so that every rule can be tested."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple

FEW = 8
"""Keys that fingers may send in one read of a laggy link; more than these are a paste unless they only move."""
QUIET = 0.05
"""Seconds after dropped text in which its tail may still come."""


class Stroke(NamedTuple):
    """One key: Textual's name of it, and its character if it prints."""

    key: str
    character: str | None

    @property
    def prints(self) -> bool:
        """Whether it is text."""
        return bool(self.character) and str(self.character).isprintable()


class Verdict(Enum):
    """What is done with a read."""

    ACT = "act"
    """Each key does what it does alone, until one opens something."""
    FIELD = "field"
    """The first key opens a field, the others are its text."""
    DROP = "drop"
    """It is text that nobody meant as keys: nothing happens, and that is said."""


CommandOf = Callable[[str], str]
"""Key → id of the command that it runs in this view; empty where it runs none."""

OPENS_FIELD = frozenset({"find.go", "find.filter"})


def judge(strokes: Sequence[Stroke], command_of: CommandOf) -> Verdict:
    """Judge the keys of one read while no field is open."""
    commands = [command_of(stroke.key) for stroke in strokes]
    if not strokes or all(command.startswith("move.") for command in commands):
        return Verdict.ACT
    if commands[0] in OPENS_FIELD:
        return Verdict.FIELD if len(strokes) > 1 else Verdict.ACT
    if len(strokes) == 1 or len({stroke.key for stroke in strokes}) == 1:
        return Verdict.ACT
    strange = any(stroke.prints and not command for stroke, command in zip(strokes, commands, strict=True))
    return Verdict.DROP if strange or len(strokes) > FEW else Verdict.ACT


def field_text(strokes: Sequence[Stroke]) -> tuple[str, bool]:
    """Return typed-ahead text for a field, and whether it ends with Enter. An Enter within it is a blank."""
    submits = bool(strokes) and strokes[-1].key == "enter"
    inside = strokes[:-1] if submits else strokes
    text = "".join(
        " " if stroke.key in {"enter", "tab", "ctrl+j"} else str(stroke.character)
        for stroke in inside
        if stroke.prints or stroke.key in {"enter", "tab", "ctrl+j"}
    )
    return text.rstrip(" ") if submits else text, submits


class Reads:
    """Follows the keys of reads as they arrive one by one behind their announcement."""

    def __init__(self) -> None:
        self._left = 0
        self._done = 0
        self._verdict = Verdict.ACT
        self._dropped_at = 0.0

    def begin(self, strokes: Sequence[Stroke], verdict: Verdict, done: int = 0) -> None:
        """So many keys follow, and this is what is done with them; `done` more before them were acted on already."""
        self._left = len(strokes)
        self._done = done
        self._verdict = verdict

    @property
    def in_burst(self) -> bool:
        """Whether the key at hand came with others: nothing that changes anything may follow from it."""
        return self._left > 0

    def next(self, stroke: Stroke, at: float) -> bool:
        """Take one key at `at` (its own time, seconds); returns whether it is dropped."""
        if self._done:
            self._done -= 1
            return True
        if self._left:
            self._left -= 1
            if self._verdict is Verdict.DROP:
                self._dropped_at = at
                return True
            return self._verdict is Verdict.FIELD
        if self._dropped_at and at - self._dropped_at < QUIET and stroke.prints:
            self._dropped_at = at
            return True
        return False

    def drop_rest(self) -> None:
        """Something opened: what was typed before it was on the screen does not answer it."""
        self._verdict = Verdict.DROP
