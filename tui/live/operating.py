"""How a step of an operation is carried out: read anew, written into the audit log, sent once, and ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from msgspec import structs

from tui.cloud import Clouds, Done, act
from tui.live import targets
from tui.live.audit import Audit
from tui.live.runs import Run
from tui.live.steps import Step, StepPhase
from tui.model.amount import iso_of
from tui.model.place import Scope
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.resources.action import End, Sent, Tier

FIRST = 1.0
"""Seconds from a sending to the first look at what became of it."""
WATCHED = 900.0
"""Seconds that the phases of what was made are asked for after it was made: until cloud-init is done."""
AGAIN = 10.0
"""Seconds that a place is left alone that asked for it without saying how long."""
TRIES = 4
"""So often is sent what was answered «too many requests»: that one was not done for sure."""
_REFUSALS = frozenset(
    {Cause.REFUSED, Cause.FORBIDDEN, Cause.NOT_FOUND, Cause.READ_ONLY, Cause.NO_SERVICE, Cause.CONFIG}
)


@dataclass(slots=True)
class Performer:
    """Carries steps out, in a worker: reads the target anew, writes the audit log, sends."""

    clouds: Clouds
    audit: Audit
    clock: Callable[[], float]
    preparing: threading.Lock = field(default_factory=threading.Lock)

    def perform(self, run: Run, key: str) -> None:
        """Take one step from its turn to its sending. Blocking; never raises what a cloud may do."""
        step, track = run.steps[key], run.tracks[key]
        try:
            if self.clouds.is_read_only(step.scope):
                raise TroubleError(read_only(step.scope))
            if not run.asked_by:
                run.asked_by = self.clouds.identity(step.scope).user
            if step.entry is not None:
                if not self._read(run, key):
                    return
            else:
                track.api = self.clouds.api(step.scope)
            if not self._prepared(run, key):
                return
            if run.action.witness is not None and (row := run.steps[key].entry) is not None and track.api is not None:
                track.doubt = run.action.witness(track.api, row)
        except Exception as error:
            self._not_sent(run, key, targets.told(error, step.scope))
            return
        self._send(run, key)

    def broken(self, run: Run, key: str, error: Exception) -> None:
        """End a step that failed in our own code: once sent, nobody knows what became of it."""
        step = run.steps[key]
        if step.phase in (StepPhase.WAITING, StepPhase.READING):
            self._not_sent(run, key, targets.told(error, step.scope))
        elif step.open:
            trouble = targets.told(error, step.scope)
            self._conclude(run, key, StepPhase.UNKNOWN, result=trouble.title, trouble=trouble)

    def _conclude(self, run: Run, key: str, phase: StepPhase, **changes: Any) -> None:
        """Write the result, then tell it: who sees the end finds it in the log."""
        self._result(run, replace(run.steps[key], phase=phase, **changes))
        run.put(key, phase, **changes)

    def _result(self, run: Run, step: Step) -> None:
        """Write the result of a step that was sent."""
        track = run.tracks[step.key]
        if not track.logged:
            return
        track.logged = False
        trouble = step.trouble
        said = trouble.said or trouble.title if trouble is not None else step.result
        line = {
            **self._line(run, step, "result"),
            "outcome": step.phase.value,
            "request_id": step.request_id,
            "status": trouble.status if trouble is not None else 0,
            "said": run.discretion.text(said)[:500],
            "seconds": round(max(self.clock() - track.sent_at, 0.0), 3) if track.sent_at else 0.0,
        }
        self._log(run, line)

    def _read(self, run: Run, key: str) -> bool:
        """Look whether the target is still what was agreed to."""
        step = run.steps[key]
        if step.entry is None:
            return True
        before, action = step.entry, run.action
        try:
            run.tracks[key].api, now = targets.read(self.clouds, before)
        except TroubleError as error:
            gone = error.trouble.status == 404
            why = "it is gone already" if gone else f"not sent: {error.trouble.title}"
            self._leave_out(run, key, why, trouble=None if gone else error.trouble)
            return False
        if self.clouds.is_read_only(now.scope):
            raise TroubleError(read_only(now.scope))
        strict = action.tier > Tier.REVERSIBLE
        why = targets.changes(before, now, strict=strict) or action.off(now, self.clouds.identity(now.scope))
        with run.lock:
            if run.steps[key].phase is not StepPhase.READING:
                return False
            if why:
                self._leave_out(run, key, why, entry=now, scope=now.scope)
                return False
            run.put(key, entry=now, scope=now.scope)
        return True

    def _prepared(self, run: Run, key: str) -> bool:
        """Do once what must be done before anything is made."""
        prepare, each = run.action.prepare, run.action.each
        if prepare is None:
            return True
        with self.preparing:
            scope = run.steps[key].scope
            if scope.key not in run.prepared:
                done = act(self.clouds.api(scope), lambda connection: prepare(connection, run.values))
                if done.trouble is not None or done.value is None:
                    nothing = Trouble(cause=Cause.NONSENSE, title="Nothing was prepared")
                    raise TroubleError(clean(run, done.trouble) or nothing)
                sets = list(each(done.value)) if each is not None else [done.value] * len(run.steps)
                for its, track in zip(sets, run.tracks.values(), strict=True):
                    track.values = its
                run.prepared = {**run.prepared, scope.key: True}
        return True

    def _send(self, run: Run, key: str) -> None:
        track, action = run.tracks[key], run.action
        with run.lock:
            if run.steps[key].phase is not StepPhase.READING or run.paused:
                # Cancelled or paused while it was read: nothing was sent yet.
                if run.steps[key].phase is StepPhase.READING:
                    run.put(key, StepPhase.WAITING)
                return
            step = run.put(key, StepPhase.SENDING, command=self._command(run, key))
        track.logged = True
        self._log(run, self._line(run, step, "intent"))
        track.sent_at, api = self.clock(), track.api or self.clouds.api(step.scope)
        done = act(api, lambda connection: action.run(connection, step.entry, track.values))
        track.sent = time.monotonic()
        if done.sendings:
            track.sent_at = done.sendings[0].at
        self._take(run, key, done)

    def _take(self, run: Run, key: str, done: Done[Sent]) -> None:
        """What the answer means for the step."""
        step, track, action = run.steps[key], run.tracks[key], run.action
        sent = done.value or Sent()
        track.value = structs.replace(sent, secret=None)
        if sent.secret is not None:
            run.secrets[key] = sent.secret
        track.said = run.discretion.text(sent.said)
        told = {
            "request_id": done.request_id,
            "made": sent.ident if step.entry is None else "",
            "result": "",
            "sendings": step.sendings + sum(sending.sent for sending in done.sendings),
            "trouble": None,
            "has_secret": sent.secret is not None,
        }
        trouble = clean(run, done.trouble)
        if trouble is None:
            if action.end is End.ANSWER:
                self.end(run, key, StepPhase.DONE, **told)
            else:
                self._watch(run, key, StepPhase.SENT, told)
        elif done.unknown or (done.accepted and step.entry is None):
            # Taken or not, nobody said; and of what was made without a readable answer the id must be found.
            told["result"] = f"no answer came: {trouble.title}" if done.unknown else trouble.title
            told["request_id"] = done.request_id if done.accepted else ""
            self._watch(run, key, StepPhase.CHECKING, told)
        elif done.accepted:
            told["result"] = trouble.title
            self._watch(run, key, StepPhase.SENT, told)
        elif trouble.status == 429 and track.tries + 1 < TRIES and not _taken(done):
            track.tries += 1
            track.due = time.monotonic() + (trouble.retry_after or AGAIN)
            self._conclude(run, key, StepPhase.WAITING, **told | {"result": trouble.title})
        elif trouble.status == 404 and targets.destroys(action):
            self.end(run, key, StepPhase.DONE, **told | {"result": "it was gone already"})
        else:
            phase = StepPhase.REFUSED if trouble.cause in _REFUSALS else StepPhase.FAILED
            self.end(run, key, phase, **told | {"trouble": trouble, "result": trouble.said or trouble.title})

    def end(self, run: Run, key: str, phase: StepPhase, **changes: Any) -> None:
        """Bring a step to its end: what is done afterwards, then the audit log."""
        track, after = run.tracks[key], run.action.after
        track.watched = False
        made = changes.get("made") or run.steps[key].made
        if phase is StepPhase.DONE:
            changes["result"] = "; ".join(filter(None, (track.said, changes.get("result", ""))))
        if phase is StepPhase.DONE and made and after is not None and track.api is not None:
            done = act(track.api, lambda connection: after(connection, made, track.values))
            said = done.value.said if done.value is not None else ""
            if done.trouble is not None:
                changes["trouble"] = trouble = clean(run, done.trouble)
                said = f"it was made; then: {trouble.title if trouble else ''}"
            changes["result"] = "; ".join(filter(None, (changes.get("result", ""), run.discretion.text(said))))
        if phase is StepPhase.DONE and made and run.action.phases is not None:
            track.until = time.monotonic() + WATCHED
        self._conclude(run, key, phase, **changes)

    def _watch(self, run: Run, key: str, phase: StepPhase, told: Mapping[str, Any]) -> None:
        track = run.tracks[key]
        with run.lock:
            run.put(key, phase, **told)
            track.due, track.watched, track.polls = time.monotonic() + FIRST, True, 0

    def _not_sent(self, run: Run, key: str, trouble: Trouble) -> None:
        refused = trouble.cause in _REFUSALS
        why = trouble.title if refused else f"not sent: {trouble.title}"
        self._leave_out(run, key, why, StepPhase.REFUSED if refused else StepPhase.LEFT_OUT, trouble=trouble)

    def _leave_out(self, run: Run, key: str, why: str, phase: StepPhase = StepPhase.LEFT_OUT, **changes: Any) -> None:
        """End a step that was not sent, unless it was cancelled meanwhile."""
        with run.lock:
            if run.steps[key].phase is StepPhase.READING:
                run.put(key, phase, result=run.discretion.text(why), **changes)

    def _command(self, run: Run, key: str) -> str:
        try:
            return run.discretion.text(run.action.command(run.steps[key].entry, run.tracks[key].values))
        except (KeyError, ValueError, TypeError):
            return ""

    def _line(self, run: Run, step: Step, what: str) -> dict[str, Any]:
        """What both lines of the audit log say."""
        identity = self.clouds.known_identity(step.scope)
        kind = targets.kind_of_entry(step.entry) if step.entry is not None else targets.kind_of_action(run.action.id)
        return {
            "at": iso_of(self.clock()),
            "what": what,
            "operation": run.id,
            "action": run.action.id,
            "user": identity.user if identity is not None else "",
            "cloud": step.scope.cloud,
            "region": step.scope.region,
            "project": (identity.project if identity is not None else "") or step.scope.project,
            "kind": kind.id if kind is not None else "",
            "id": step.ident,
            "name": run.discretion.text(step.name),
            "values": run.discretion.values(run.tracks[step.key].values),
            "command": step.command,
        }

    def _log(self, run: Run, line: Mapping[str, Any]) -> None:
        if not self.audit.write(line):
            run.note = f"not in the audit log: {self.audit.trouble}"


def _taken(done: Done[Sent]) -> bool:
    """Whether a request of several was taken: then the whole is not sent again by itself."""
    return any(sending.accepted for sending in done.sendings)


def clean(run: Run, trouble: Trouble | None) -> Trouble | None:
    """Return the trouble without the secrets that were typed: a cloud may quote what it refuses."""
    if trouble is None:
        return None
    text = run.discretion.text
    if trouble.cause is Cause.SERVER and not trouble.status and trouble.said:
        # No answer of a service: the SDK's or the action's own sentence says it best («No Network found for …»).
        trouble = structs.replace(trouble, title=trouble.said.splitlines()[0])
    return structs.replace(trouble, title=text(trouble.title), said=text(trouble.said), hint=text(trouble.hint))


def read_only(scope: Scope) -> Trouble:
    """Return why nothing is sent in a read-only scope."""
    return Trouble(
        cause=Cause.READ_ONLY,
        title=f"Not sent: {scope.cloud} is read-only here",
        short="read-only",
        where=scope.label,
        hint="Start without --read-only, or take read_only out of settings.toml.",
    )
