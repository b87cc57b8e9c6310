"""Operations as data: what was asked for, and how each of its targets stands. Snapshots for the screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tui.model.entry import Entry
from tui.model.place import Scope
from tui.model.status import Health
from tui.model.trouble import Trouble
from tui.resources.action import Action


class StepPhase(StrEnum):
    """How one target stands. The first six are under way, the others final."""

    WAITING = "waiting"
    READING = "re-reading"
    """Asked for anew, to see whether it is still what was agreed to."""
    SENDING = "sending"
    SENT = "sent"
    """Taken by the service; nothing more is known yet."""
    WORKING = "working"
    """The service is at it."""
    CHECKING = "checking"
    """Sent, and no answer came: what became of it is being found out. It is never sent again."""
    DONE = "done"
    FAILED = "failed"
    """Taken, and then it went wrong."""
    REFUSED = "refused"
    """Not taken, or never sent because it may not be."""
    UNKNOWN = "unknown"
    """The deadline passed and nobody could tell."""
    LEFT_OUT = "left out"
    """Not sent: it changed meanwhile, or its place did not answer."""
    CANCELLED = "cancelled"
    """Not sent: cancelled before its turn came."""


OPEN = frozenset(
    {
        StepPhase.WAITING,
        StepPhase.READING,
        StepPhase.SENDING,
        StepPhase.SENT,
        StepPhase.WORKING,
        StepPhase.CHECKING,
    }
)
"""Phases that are not final."""
RETRIABLE = frozenset({StepPhase.FAILED, StepPhase.REFUSED, StepPhase.LEFT_OUT, StepPhase.CANCELLED})
"""Phases from which it may be sent (again): certainly not done."""
HEALTH = {
    StepPhase.WAITING: Health.OFF,
    StepPhase.READING: Health.MOVING,
    StepPhase.SENDING: Health.MOVING,
    StepPhase.SENT: Health.MOVING,
    StepPhase.WORKING: Health.MOVING,
    StepPhase.CHECKING: Health.UNKNOWN,
    StepPhase.DONE: Health.FINE,
    StepPhase.FAILED: Health.BROKEN,
    StepPhase.REFUSED: Health.BROKEN,
    StepPhase.UNKNOWN: Health.UNKNOWN,
    StepPhase.LEFT_OUT: Health.ATTENTION,
    StepPhase.CANCELLED: Health.NONE,
}
"""The mark of each phase."""


@dataclass(frozen=True, slots=True)
class Step:
    """One target of an operation. Replaced, never changed; names and words are hostile text."""

    key: str
    """The entry's key; of what is to be made «new|1», «new|2» …"""
    name: str
    scope: Scope
    """Whose credentials are used."""
    entry: Entry | None = None
    """The target as it was last read (a copy); None for what is to be made."""
    phase: StepPhase = StepPhase.WAITING
    at: Mapping[StepPhase, float] = field(default_factory=dict)
    """Epoch seconds at which each phase began, in the order in which they came."""
    result: str = ""
    """What came of it, one sentence: «no longer called web-1: web-7», the failed event, what the call said."""
    trouble: Trouble | None = None
    request_id: str = ""
    made: str = ""
    """Id of what was made."""
    command: str = ""
    """The same as an `openstack` command, without secrets."""
    sendings: int = 0
    """Mutating requests that went out for it."""
    stages: Sequence[Any] = ()
    """What `Action.phases` last told of it."""
    has_secret: bool = False
    """Whether `Operations.reveal` has something to show once."""

    @property
    def ident(self) -> str:
        """Id of the resource, «» while it is not made yet."""
        return self.entry.id if self.entry is not None else self.made

    @property
    def open(self) -> bool:
        """Whether it is under way."""
        return self.phase in OPEN

    @property
    def health(self) -> Health:
        """Its mark; what was done with something missing afterwards wants attention."""
        return Health.ATTENTION if self.phase is StepPhase.DONE and self.trouble is not None else HEALTH[self.phase]

    @property
    def since(self) -> float:
        """Epoch seconds at which its phase began."""
        return self.at.get(self.phase, 0.0)

    def took(self, phase: StepPhase, now: float) -> float:
        """Return the seconds that it was in a phase, up to `now` for the present one; 0.0 for one it never had."""
        begun = self.at.get(phase)
        if begun is None:
            return 0.0
        after = [time for time in self.at.values() if time >= begun and time is not begun]
        return (min(after) if phase is not self.phase and after else now) - begun


@dataclass(frozen=True, slots=True)
class Operation:
    """One action on its targets, as it stands now: a snapshot."""

    id: str
    action: Action
    title: str
    """In the deed's own words: «Stop 12 servers»."""
    places: tuple[str, ...]
    """Labels of the places, each once: «prod-eu fra1»."""
    asked_by: str
    """The user's name in the first place; «» until signed in."""
    started: float
    """Epoch seconds."""
    steps: tuple[Step, ...]
    ended: float = 0.0
    """Epoch seconds at which the last step came to its end; 0.0 while any is open."""
    paused: bool = False
    at_once: int = 0
    """Steps that may be under way side by side in each place."""
    note: str = ""
    """What is wrong with the operation as a whole: «not in the audit log: the disk is full»."""
    counts: Mapping[StepPhase, int] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether any step is under way or waits."""
        return self.ended == 0.0

    @property
    def health(self) -> Health:
        """The mark of the whole: moving while open, then that of its worst step."""
        if self.open:
            return Health.MOVING
        return min((step.health for step in self.steps), default=Health.FINE)
