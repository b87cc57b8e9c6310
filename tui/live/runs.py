"""An operation while it is alive: its steps, and what is remembered of each beside what is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tui.cloud import Api
from tui.live.audit import Discretion
from tui.live.steps import OPEN, Operation, Step, StepPhase
from tui.model.place import Scope
from tui.resources.action import Action, Sent, Values


@dataclass(slots=True)
class Track:
    """What is remembered of one step beside what is shown. Only one job at a time works on a step."""

    values: Values
    api: Api | None = None
    sent: float = 0.0
    """Monotonic."""
    sent_at: float = 0.0
    """Epoch seconds, by our clock, just before it was sent."""
    due: float = 0.0
    """Monotonic time of the next look (of the next try while it waits)."""
    watched: bool = False
    """Whether its end is to be found out."""
    asked: bool = False
    """A job looks after it at this moment."""
    polls: int = 0
    calm: int = 0
    """Looks in a row at which it was at rest, and not where it should be."""
    bad: int = 0
    """Looks in a row at which it seemed to have failed."""
    tries: int = 0
    until: float = 0.0
    """Monotonic: so long are the phases of what was made still asked for; 0.0: no more."""
    doubt: Callable[[Sent], str] | None = None
    """What `Action.witness` left."""
    doubts: int = 0
    """Looks in a row at which it contradicted a good end."""
    value: Sent = field(default_factory=Sent)
    """What the call returned, without its secret."""
    said: str = ""
    """What the call itself said; it stands as the result of what ended well."""
    logged: bool = False
    """The intent stands in the audit log (or was to)."""


class Run:
    """An operation while it is alive. `lock` guards everything; `tell` may be called with it held."""

    def __init__(
        self,
        ident: str,
        action: Action,
        title: str,
        steps: Sequence[tuple[Step, Values]],
        *,
        values: Values,
        at_once: int,
        clock: Callable[[], float],
        tell: Callable[[Run, str], None],
        lock: threading.RLock,
    ) -> None:
        self.id = ident
        self.action = action
        self.title = title
        self.values = values
        self.at_once = at_once
        self.clock = clock
        self.started = clock()
        self.lock = lock
        self.steps = {step.key: replace(step, at={StepPhase.WAITING: self.started}) for step, _ in steps}
        self.tracks = {step.key: Track(its) for step, its in steps}
        self.secrets: dict[str, tuple[str, str]] = {}
        self.paused = False
        self.note = ""
        self.asked_by = ""
        self.ended = 0.0
        self.prepared: Mapping[str, bool] = {}
        self.discretion = Discretion(action, values)
        self._tell = tell

    def put(self, key: str, phase: StepPhase | None = None, **changes: Any) -> Step:
        """Change a step and tell of it."""
        with self.lock:
            step = self.steps[key]
            if phase is not None and phase is not step.phase:
                changes |= {"phase": phase, "at": {**step.at, phase: self.clock()}}
            step = self.steps[key] = replace(step, **changes)
            self.ended = 0.0 if any(each.open for each in self.steps.values()) else self.ended or self.clock()
        self._tell(self, key)
        return step

    def snapshot(self) -> Operation:
        """Return the operation as it stands."""
        with self.lock:
            steps = tuple(self.steps.values())
            counts: dict[StepPhase, int] = {}
            for step in steps:
                counts[step.phase] = counts.get(step.phase, 0) + 1
            return Operation(
                id=self.id,
                action=self.action,
                title=self.title,
                places=tuple(dict.fromkeys(step.scope.label for step in steps)),
                asked_by=self.asked_by,
                started=self.started,
                steps=steps,
                ended=self.ended,
                paused=self.paused,
                at_once=self.at_once,
                note=self.note,
                counts=counts,
            )

    def busy(self) -> dict[str, int]:
        """Count the steps under way by the place's label."""
        found: dict[str, int] = {}
        for step in self.steps.values():
            if step.phase in OPEN and step.phase is not StepPhase.WAITING:
                found[lane(step.scope)] = found.get(lane(step.scope), 0) + 1
        return found


def lane(scope: Scope) -> str:
    """Return the name by which a place's threads go."""
    return f"{scope.place.auth_url} {scope.place.region}"
