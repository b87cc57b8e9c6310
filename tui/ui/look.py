"""What is looked at, as a value: kind, places, filter, sort, drill-down, cursor. And the history of such looks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tui.live.places import PlaceKey
from tui.model.entry import Entry


@dataclass(frozen=True, slots=True)
class Restriction:
    """A drill-down: only these rows, and why in words («servers with flavor m5.large»)."""

    words: str
    """Title: «Servers that use flavor m5.large»."""
    none: str
    """What is said when there are none: «No server uses flavor m5.large»."""
    test: Callable[[Entry], bool] = field(compare=False)


@dataclass(frozen=True, slots=True)
class Look:
    """One view of the fleet. Two looks that differ only in the cursor are the same stop of the history."""

    kind: str
    places: frozenset[PlaceKey] = frozenset()
    """Chosen places; empty: all."""
    filter: str = ""
    unhealthy: bool = False
    restriction: Restriction | None = None
    cursor: str = field(default="", compare=False)
    """Key of the row under the cursor."""


class History:
    """Back, forward and the last look, as a browser has them."""

    def __init__(self) -> None:
        self._back: list[Look] = []
        self._forward: list[Look] = []

    def left(self, look: Look) -> None:
        """Remember a look that is being left for a new one."""
        if not self._back or self._back[-1] != look:
            self._back.append(look)
        else:
            self._back[-1] = look
        del self._back[:-100]
        self._forward.clear()

    def back(self, now: Look) -> Look | None:
        """Return the look before this one; None at the beginning."""
        return self._turn(self._back, self._forward, now)

    def forward(self, now: Look) -> Look | None:
        """Return the look that `back` left; None at the end."""
        return self._turn(self._forward, self._back, now)

    def last(self, now: Look) -> Look | None:
        """Return the look before this one so that asking again returns here."""
        look = self.back(now)
        if look is not None:
            self._back.append(self._forward.pop())
        return look

    def _turn(self, source: list[Look], target: list[Look], now: Look) -> Look | None:
        while source:
            look = source.pop()
            if look != now:
                target.append(now)
                return look
        return None
