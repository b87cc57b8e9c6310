"""Health, marks and words: the three signs of a state (LOOK.md, Marks and words)."""

from __future__ import annotations

from enum import IntEnum

import msgspec


class Health(IntEnum):
    """Worst first, so that sorting by health puts trouble on top."""

    BROKEN = 0
    ATTENTION = 1
    MOVING = 2
    UNKNOWN = 3
    OFF = 4
    FINE = 5
    NONE = 6
    """The kind has no state (flavors)."""


MARKS = {
    Health.BROKEN: "✗",
    Health.ATTENTION: "▲",
    Health.MOVING: "◐",
    Health.UNKNOWN: "?",
    Health.OFF: "○",
    Health.FINE: "●",
    Health.NONE: "–",
}
INKS = {
    Health.BROKEN: "bad",
    Health.ATTENTION: "warn",
    Health.MOVING: "move",
    Health.UNKNOWN: "warn",
    Health.OFF: "off",
    Health.FINE: "ok",
    Health.NONE: "dim",
}
"""The ink token of each mark. The word takes it too, except FINE, OFF and NONE words, which are dim."""


class Status(msgspec.Struct, frozen=True):
    """The state of one row: the API's own word, its health, and what it is doing.

    `task` is lower case («spawning»); `since` is epoch seconds of the state's start when the API tells, else 0.0; `why`
    is the fault or reason for the WHY column and the detail line, verbatim.
    """

    health: Health
    word: str
    task: str = ""
    since: float = 0.0
    why: str = ""
