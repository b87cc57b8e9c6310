"""Counts of rows by health and word, kept as rows come and go: reading them never walks the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tui.model.status import Health, Status

Group = tuple[str, ...]
"""Keys of all scopes that see a row; few different ones exist."""


class Tally:
    """How many rows of each state each group of scopes sees."""

    def __init__(self) -> None:
        self._groups: dict[Group, dict[tuple[Health, str], int]] = {}

    def add(self, group: Group, health: Health, word: str, number: int) -> None:
        """Count so many rows of a state in (or out, with less than 0)."""
        counts = self._groups.setdefault(group, {})
        state = (health, word)
        left = counts.get(state, 0) + number
        if left:
            counts[state] = left
        else:
            del counts[state]
            if not counts:
                del self._groups[group]

    def move(self, group: Group, was: Status, now: Status) -> None:
        """Count a row out in one state and in in another."""
        counts = self._groups[group]
        old, new = (was.health, was.word), (now.health, now.word)
        counts[new] = counts.get(new, 0) + 1
        left = counts[old] - 1
        if left:
            counts[old] = left
        else:
            del counts[old]

    def seen_by(self, scope: str) -> tuple[int, int, int]:
        """Return (rows, bad, moving) that a scope sees."""
        rows = bad = moving = 0
        for group, counts in self._groups.items():
            if scope in group:
                for (health, _), number in counts.items():
                    rows += number
                    bad += number if health <= Health.ATTENTION else 0
                    moving += number if health is Health.MOVING else 0
        return rows, bad, moving

    def words(self, scopes: Iterable[str], stale: Callable[[str], bool]) -> dict[tuple[Health, str], int]:
        """Count by (health, word), each row once; where all scopes of a row are stale its health is UNKNOWN."""
        wanted = set(scopes)
        found: dict[tuple[Health, str], int] = {}
        for group, counts in self._groups.items():
            if wanted.isdisjoint(group):
                continue
            unknown = all(stale(scope) for scope in group)
            for (health, word), number in counts.items():
                state = (Health.UNKNOWN if unknown else health, word)
                found[state] = found.get(state, 0) + number
        return dict(sorted(found.items()))
