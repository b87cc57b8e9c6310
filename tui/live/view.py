"""The ordered rows of a table: scoped, filtered, sorted, and kept so with little work per change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tui.live.fleet import Changes, Fleet
from tui.model.column import Column
from tui.model.entry import Entry
from tui.resources.kind import Kind


class Filtering(Protocol):
    """What a view needs of `tui.model.filter.Filter`."""

    @property
    def empty(self) -> bool:
        """Whether everything matches."""
        ...

    def compile(self) -> Callable[[Entry], bool]:
        """Return the test of one entry."""
        ...


@dataclass(slots=True)
class ViewChange:
    """What the table has to do."""

    order: bool = False
    """Rows came, went or moved: the list is a new one."""
    rows: set[str] = field(default_factory=set)
    """Keys of shown rows whose content changed."""
    whole: bool = False
    """Every shown row may read differently."""


class View:
    """The rows of one kind in the chosen scopes, in display order."""

    rows: list[Entry]
    """In display order. A new list whenever the order changes; never changed in place."""

    def __init__(self, fleet: Fleet, kind: Kind, columns: Sequence[Column]) -> None:
        raise NotImplementedError

    @property
    def total(self) -> int:
        """Rows in the scopes before filter and «only unhealthy»."""
        raise NotImplementedError

    @property
    def sort(self) -> tuple[str, bool]:
        """Key of the column that sorts, and whether in reverse."""
        raise NotImplementedError

    @property
    def words(self) -> str:
        """What a drill-down restricts to, in words; empty without one."""
        raise NotImplementedError

    def set_scopes(self, keys: Iterable[str]) -> None:
        """Show the rows that any of these scopes sees."""
        raise NotImplementedError

    def set_filter(self, wanted: Filtering) -> None:
        """Show only what matches; narrows what is shown where the new filter can only match less."""
        raise NotImplementedError

    def set_sort(self, column_key: str, reverse: bool = False) -> None:
        """Sort by a column; an unknown key sorts by name. Rows without a value come last either way."""
        raise NotImplementedError

    def set_unhealthy(self, only: bool) -> None:
        """Show only rows that are broken, need attention or are not known."""
        raise NotImplementedError

    def restrict(self, wanted: Callable[[Entry], bool] | None, words: str = "") -> None:
        """Drill down to rows that `wanted` accepts; None lifts it."""
        raise NotImplementedError

    def apply(self, changes: Changes) -> ViewChange:
        """Follow the fleet after an event (or a frame's merged events)."""
        raise NotImplementedError

    def index(self, key: str) -> int | None:
        """Return the position of a row, or None when it is not shown."""
        raise NotImplementedError

    def warm(self, seconds: float = 0.004) -> bool:
        """Prepare search texts for at most so long; returns whether there is more. For idle moments."""
        raise NotImplementedError
