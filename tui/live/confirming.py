"""What is asked before something is done, and in which words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from tui.model.entry import Entry
from tui.model.place import Identity
from tui.resources.action import Action, Consequence, Tier

MANY = 5
"""More rows than this of a disruptive or destructive action: the count is typed (design §4)."""


@dataclass(frozen=True, slots=True)
class Group:
    """Targets under one heading."""

    title: str
    """«prod-eu fra1, project web», «hidden by the filter»."""
    entries: tuple[Entry, ...]
    hidden: bool = False
    """Marked, and not shown by the filter."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A dialog before a deed. Targets are copies: what the table learns later does not change them."""

    action: Action
    tier: Tier
    """After raising."""
    asks: bool
    """False: nothing is asked, it may start at once."""
    title: str
    """«Delete 12 servers in prod-eu, a protected cloud»."""
    groups: tuple[Group, ...]
    able: tuple[Entry, ...]
    """Targets that it will be done to, in order."""
    unable: tuple[tuple[Entry, str], ...]
    """Targets that are left out, each with the reason."""
    consequences: tuple[Consequence, ...]
    """Worst first."""
    protected: bool
    typed: tuple[str, ...]
    """What may be typed to agree (count or name); empty: y or n."""
    prompt: str
    """«Type 11 to delete 11 servers»; «» where nothing is typed."""
    hint: str
    """«not 12: one is left out»; «»."""
    yes: str
    """«Delete 11 servers, 3 volumes»; «» when there is nothing it could be done to."""
    no: str
    """«Keep them»."""

    def agrees(self, text: str) -> bool:
        """Whether what was typed agrees. Where nothing is typed: always."""
        return not self.typed or text.strip() in self.typed


def asks(
    action: Action,
    targets: Sequence[Entry],
    protected: bool | Callable[[Entry], bool],
    consequences: Sequence[Consequence] | None = None,
    *,
    identity: Identity | Callable[[Entry], Identity] | None = None,
    hidden: Collection[str] = (),
    chosen: Mapping[str, bool] | None = None,
    unlogged: str = "",
) -> Ask:
    """Return what is asked before `action` is done to `targets`.

    `consequences` None: not looked up (yet). `hidden` are keys of marked rows that the filter hides; `chosen` the
    further deeds that are on, by `Choice.key`; `unlogged` why the audit log cannot be written (it raises the tier).
    """
    raise NotImplementedError
