"""Operations: an action done to its targets side by side, each to its own end, all in workers."""

from __future__ import annotations

import functools
import logging
import math
import threading
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence

from tui.cloud import Clouds
from tui.config.settings import Settings
from tui.live import targets
from tui.live.audit import Audit
from tui.live.confirming import titled
from tui.live.operating import FIRST, Performer
from tui.live.runs import Run, lane
from tui.live.steps import RETRIABLE, Operation, Step, StepPhase
from tui.live.threads import Workers
from tui.live.watching import look
from tui.model.entry import Entry
from tui.model.events import Operated, Sink
from tui.model.place import Scope
from tui.resources.action import Action, Values

_LOG = logging.getLogger(__name__)

KEPT = 500
"""Operations that are remembered; of older ones the audit log tells."""
HURRIES = 1.0
"""Seconds between two polls of a place that operations ask for."""
_MINUTE = 60.0
_TOLD_TO_FEEDS = frozenset({StepPhase.SENT, StepPhase.DONE, StepPhase.FAILED, StepPhase.UNKNOWN})


class Operations:
    """Starts operations and keeps them for the board. Every method returns at once, from any thread.

    Each change of an operation is told as an `Operated` event; then ask `get` for a new snapshot. Give it the feeds'
    `workers`, and `Feeds.hurry` to be called where something changed.
    """

    def __init__(
        self,
        clouds: Clouds,
        sink: Sink,
        settings: Settings,
        workers: Workers,
        audit: Audit,
        clock: Callable[[], float] = time.time,
        *,
        hurry: Callable[[Scope], None] = lambda scope: None,
    ) -> None:
        self._sink = sink
        self._at_once = settings.operations.at_once
        self._workers = workers
        self._clock = clock
        self._hurry = hurry
        self._performer = Performer(clouds, audit, clock)
        self._runs: dict[str, Run] = {}
        self._aims: dict[str, dict[str, str]] = {}
        self._hurries: dict[str, tuple[float, Scope]] = {}
        self._hurried: dict[str, float] = {}
        self._polling: set[tuple[str, str]] = set()
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._stopped = False
        threading.Thread(target=self._drive, name="stackdeck operations", daemon=True).start()

    def start(
        self,
        action: Action,
        entries: Sequence[Entry],
        values: Values | None = None,
        choices: Iterable[str] = (),
        *,
        scope: Scope | None = None,
        title: str = "",
    ) -> Operation:
        """Start an action: on `entries`, or in `scope` where it makes something (as often as `Action.each` says).

        `choices` are the keys of further deeds that were chosen; `run` gets them among the values as True. Call it on
        the loop's thread: the targets are copied here. Raises ValueError without a target or scope.
        """
        given = {**(values or {}), **dict.fromkeys(choices, True)}
        makes = action.creates or action.each is not None
        if makes:
            where = scope or (entries[0].scope if entries else None)
            if where is None:
                raise ValueError("a creation needs a scope")
            sets = list(action.each(given)) if action.each is not None else [given]
            names = [str(its.get("name") or action.title) for its in sets]
            steps = [(Step(f"new|{n}", names[n - 1], where), its) for n, its in enumerate(sets, 1)]
            words = titled(action, (), targets.kind_of_action(action.id), names)
        else:
            rows = targets.fixed(entries)
            if not rows:
                raise ValueError("nothing to act on")
            steps = [(Step(entry.key, targets.name_of(entry), entry.scope, entry), given) for entry in rows]
            words = titled(action, rows)
        run = Run(
            uuid.uuid4().hex[:12],
            action,
            title or words,
            steps,
            values=given,
            at_once=self._at_once,
            clock=self._clock,
            tell=self._tell,
            lock=self._lock,
        )
        identity = self._performer.clouds.known_identity(steps[0][0].scope)
        run.asked_by = identity.user if identity is not None else ""
        with self._changed:
            self._runs[run.id] = run
            self._forget()
            for key in run.steps:
                self._aim(run, key)
            self._changed.notify()
        self._sink.put(Operated(run.id, tuple(run.steps)))
        return run.snapshot()

    def all(self) -> tuple[Operation, ...]:
        """Return every operation of this run of the dashboard, newest first."""
        with self._lock:
            return tuple(run.snapshot() for run in reversed(self._runs.values()))

    def get(self, ident: str) -> Operation | None:
        """Return an operation as it stands."""
        with self._lock:
            run = self._runs.get(ident)
            return run.snapshot() if run is not None else None

    @property
    def running(self) -> int:
        """How many operations have open steps: leaving with any of them asks."""
        with self._lock:
            return sum(not run.ended for run in self._runs.values())

    def retry(self, ident: str, keys: Collection[str] | None = None) -> int:
        """Do again what certainly was not done (None: all of it); what is unknown is looked for again, never resent.

        What was made and then failed is not made a second time. Returns how many steps go on.
        """
        number = 0
        for run, step in self._picked(ident, keys):
            track = run.tracks[step.key]
            if step.phase is StepPhase.UNKNOWN:
                track.sent = time.monotonic()
                track.due, track.watched, track.polls = track.sent, True, 0
                phase = StepPhase.WORKING if step.request_id else StepPhase.CHECKING
                run.put(step.key, phase, result="looked for again", trouble=None)
            elif step.phase in RETRIABLE and not step.made:
                track.due, track.tries, track.calm, track.bad = 0.0, 0, 0, 0
                run.put(step.key, StepPhase.WAITING, result="", trouble=None, request_id="")
            else:
                continue
            number += 1
        return number

    def cancel(self, ident: str, keys: Collection[str] | None = None) -> int:
        """Cancel what has not been sent; returns how many steps."""
        number = 0
        for run, step in self._picked(ident, keys):
            with self._lock:
                if run.steps[step.key].phase in (StepPhase.WAITING, StepPhase.READING):
                    run.put(step.key, StepPhase.CANCELLED, result="")
                    number += 1
        return number

    def pause(self, ident: str, on: bool = True) -> None:
        """Send nothing more until it is taken back; what is under way goes on."""
        with self._changed:
            run = self._runs.get(ident)
            if run is None:
                return
            run.paused = on
            self._changed.notify()
        self._sink.put(Operated(ident))

    def aim_of(self, key: str) -> str:
        """Return the status that a row (entry key) is being led to, «» when none."""
        aims = self._aims.get(key)
        return next(reversed(aims.values()), "") if aims else ""

    def reveal(self, ident: str, key: str) -> tuple[str, str] | None:
        """Return a secret (label, text) that a step left behind, once; it is forgotten here."""
        with self._lock:
            run = self._runs.get(ident)
            secret = run.secrets.pop(key, None) if run is not None else None
            if run is not None and secret is not None:
                run.put(key, has_secret=False)
            return secret

    def stop(self) -> None:
        """Start and ask nothing more; returns at once."""
        with self._changed:
            self._stopped = True
            self._changed.notify()

    def _picked(self, ident: str, keys: Collection[str] | None) -> list[tuple[Run, Step]]:
        with self._lock:
            run = self._runs.get(ident)
            if run is None:
                return []
            return [(run, step) for step in run.steps.values() if keys is None or step.key in keys]

    def _forget(self) -> None:
        ended = [run.id for run in self._runs.values() if run.ended]
        for ident in ended[: max(len(self._runs) - KEPT, 0)]:
            del self._runs[ident]

    def _tell(self, run: Run, key: str) -> None:
        """A step changed."""
        with self._changed:
            step = run.steps[key]
            self._aim(run, key)
            if step.phase in _TOLD_TO_FEEDS:
                name = lane(step.scope)
                at = max(time.monotonic(), self._hurried.get(name, 0.0) + HURRIES)
                self._hurries.setdefault(name, (at, step.scope))
            self._changed.notify()
        self._sink.put(Operated(run.id, (key,)))

    def _aim(self, run: Run, key: str) -> None:
        """Remember where a row is being led, as long as its step is open."""
        step = run.steps[key]
        if step.open and run.action.aim and step.entry is not None:
            # A new dictionary each time: `aim_of` reads without the lock.
            self._aims[key] = {**self._aims.get(key, {}), run.id: run.action.aim}
        elif key in self._aims:
            left = {ident: aim for ident, aim in self._aims[key].items() if ident != run.id}
            if left:
                self._aims[key] = left
            else:
                del self._aims[key]

    def _drive(self) -> None:
        """Start what is due, for ever. Runs on a thread of its own."""
        while True:
            with self._changed:
                if self._stopped:
                    return
                now = time.monotonic()
                soonest = min(self._round(now), self._next_hurry())
                scopes = self._due_hurries(now)
                if not scopes:
                    wait = soonest - time.monotonic()
                    if wait > 0:
                        self._changed.wait(min(wait, _MINUTE))
            for scope in scopes:
                self._hurry(scope)

    def _next_hurry(self) -> float:
        return min((at for at, _ in self._hurries.values()), default=math.inf)

    def _due_hurries(self, now: float) -> list[Scope]:
        due = [name for name, (at, _) in self._hurries.items() if at <= now]
        for name in due:
            self._hurried[name] = now
        return [self._hurries.pop(name)[1] for name in due]

    def _round(self, now: float) -> float:
        """Start what is due now; returns when to look again."""
        soonest = math.inf
        for run in self._runs.values():
            if run.ended and not any(track.until > now for track in run.tracks.values()):
                continue
            if not run.paused:
                soonest = min(soonest, self._send_due(run, now))
            soonest = min(soonest, self._look_due(run, now))
        return soonest

    def _send_due(self, run: Run, now: float) -> float:
        """Give a turn to the steps that wait, as many as may be under way in each place."""
        soonest = math.inf
        busy = run.busy()
        for step in list(run.steps.values()):
            if step.phase is not StepPhase.WAITING:
                continue
            track, name = run.tracks[step.key], lane(step.scope)
            if track.due > now:
                soonest = min(soonest, track.due)
                continue
            if busy.get(name, 0) >= run.at_once or track.asked:
                continue
            busy[name] = busy.get(name, 0) + 1
            track.asked = True
            run.put(step.key, StepPhase.READING)
            # One row goes ahead of what many rows wait for.
            alone = len(run.steps) == 1
            work = functools.partial(self._perform, run, step.key)
            self._workers.submit(name if alone else f"{name} operations", work, urgent=alone)
        return soonest

    def _look_due(self, run: Run, now: float) -> float:
        """Look after what was sent: one job for each place."""
        soonest = math.inf
        due: dict[str, list[str]] = {}
        for key, track in run.tracks.items():
            if track.asked or not (track.watched or track.until > now):
                continue
            name = lane(run.steps[key].scope)
            if (run.id, name) in self._polling:
                continue
            if track.due > now:
                soonest = min(soonest, track.due)
            else:
                due.setdefault(name, []).append(key)
        for name, keys in due.items():
            self._polling.add((run.id, name))
            self._workers.submit(f"{name} watching", functools.partial(self._look, run, name, keys))
        return soonest

    def _perform(self, run: Run, key: str) -> None:
        try:
            self._performer.perform(run, key)
        except Exception as error:
            _LOG.exception("%s of %s", run.action.id, run.steps[key].ident)
            self._performer.broken(run, key, error)
        finally:
            self._back(run, key)

    def _look(self, run: Run, name: str, keys: Sequence[str]) -> None:
        try:
            for key in keys:
                if self._stopped:
                    return
                look(self._performer, run, key)
        finally:
            with self._changed:
                self._polling.discard((run.id, name))
                self._changed.notify()

    def _back(self, run: Run, key: str) -> None:
        with self._changed:
            track = run.tracks[key]
            track.asked = False
            track.due = max(track.due, track.sent + FIRST) if track.watched else track.due
            self._changed.notify()
