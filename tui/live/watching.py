"""How the end of what was sent is found out: by the instance action, by a resource's state, by its being gone.

Never by a status alone where Nova keeps an action: a failed reboot is ACTIVE before and after.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tui.cloud import Api
from tui.live import targets
from tui.live.finding import (
    NOTHING,
    RECORDS,
    Finding,
    event_name,
    events_of,
    failed_event,
    failure,
    is_fresh,
    kind_of,
    now,
    raw_or_none,
)
from tui.live.operating import Performer
from tui.live.runs import Run, Track
from tui.live.steps import Step, StepPhase
from tui.live.tracing import trace
from tui.model.status import Health
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.resources.action import End
from tui.resources.kind import Kind

_LOG = logging.getLogger(__name__)

LEAST, MOST = 1.5, 10.0
"""Seconds between two looks at a step; they grow with the time it takes."""
GROWTH = 0.25
SURE = 4
"""Looks in a row that must tell the same before it is believed although Nova's own record does not say so."""


def pause(track: Track, at: float) -> float:
    """Return the seconds until the next look."""
    return min(max(LEAST, (at - track.sent) * GROWTH), MOST)


def look(performer: Performer, run: Run, key: str) -> None:
    """Find out how a step stands, and bring it to its end if that has come. Blocking; raises nothing."""
    step, track = run.steps[key], run.tracks[key]
    track.polls += 1
    if track.watched:
        try:
            found = _found(run, step, track)
        except Exception as error:
            trouble = targets.told(error, step.scope)
            found = Finding(None, {"result": f"not known how it goes: {trouble.title}"})
        found = _in_time(run, step, track, _doubted(step, track, found))
        if found.phase in (None, StepPhase.WORKING, StepPhase.CHECKING, StepPhase.SENT):
            if any(getattr(step, name) != value for name, value in found.changes.items()) or found.phase is not None:
                run.put(key, found.phase, **found.changes)
        else:
            changes = dict(found.changes)
            if isinstance(changes.get("result"), str):
                changes["result"] = run.discretion.text(changes["result"])
            performer.end(run, key, found.phase, **changes)
    _phases(run, key, track)
    track.due = time.monotonic() + pause(track, time.monotonic())


def _found(run: Run, step: Step, track: Track) -> Finding:
    if track.api is None:
        return NOTHING
    if step.phase is StepPhase.CHECKING:
        return trace(run, step, track, track.api)
    kind = kind_of(run, step)
    if kind is None or not step.ident:
        return NOTHING
    end = run.action.end
    if end is End.GONE:
        return _gone(run, step, track, track.api, kind)
    if end is End.INSTANCE_ACTION and kind.id == "server" and step.request_id:
        return _instance_action(run, step, track, track.api, kind)
    return _state(run, step, track, track.api, kind)


def _doubted(step: Step, track: Track, found: Finding) -> Finding:
    """Ask the witness about a good end. One that goes on contradicting makes it an end that wants attention."""
    if found.phase is not StepPhase.DONE or track.doubt is None:
        return found
    why = track.doubt(track.value)
    if not why:
        return found
    track.doubts += 1
    if track.doubts <= SURE:
        return Finding(StepPhase.WORKING, {**found.changes, "result": why})
    trouble = Trouble(
        cause=Cause.SERVER, title=why, where=step.scope.label, service="compute", request_id=step.request_id
    )
    return Finding(StepPhase.DONE, {**found.changes, "result": why, "trouble": trouble})


def _in_time(run: Run, step: Step, track: Track, found: Finding) -> Finding:
    """What has not come to its end by the deadline is not known."""
    over = time.monotonic() - track.sent > run.action.deadline
    if not over or found.phase not in (None, StepPhase.WORKING, StepPhase.CHECKING, StepPhase.SENT):
        return found
    said = str(found.changes.get("result") or step.result)
    why = f"not over after {run.action.deadline:.0f} s" + (f": {said}" if said else "")
    return Finding(StepPhase.UNKNOWN, {**found.changes, "result": why})


def _phases(run: Run, key: str, track: Track) -> None:
    """Ask how far what was made has come, for the board."""
    step, phases, finished = run.steps[key], run.action.phases, run.action.finished
    if phases is None or not step.made or track.api is None:
        return
    try:
        stages = phases(track.api, step.made, step.stages)
    except Exception as error:
        _LOG.debug("phases of %s: %s", step.made, targets.told(error, step.scope).title)
        return
    if list(stages) != list(step.stages):
        run.put(key, stages=tuple(stages))
    if finished is not None and finished(stages):
        track.until = 0.0


def _instance_action(run: Run, step: Step, track: Track, api: Api, kind: Kind) -> Finding:
    """Judge by Nova's own record of the request."""
    path = f"/servers/{quote(step.ident, safe='')}/os-instance-actions/{quote(step.request_id, safe='')}"
    try:
        record = api.decoded("compute", api.get("compute", path, microversion=RECORDS), "instanceAction")
    except TroubleError as error:
        if error.trouble.cause not in {Cause.NOT_FOUND, Cause.FORBIDDEN}:
            raise
        # No record of it (a cell that is down, a policy that hides it): what is left is the state, if it says enough.
        return _state(run, step, track, api, kind)
    events = events_of(record)
    if any(not event.get("finish_time") for event in events):
        track.calm = 0
        running = next(event for event in events if not event.get("finish_time"))
        if track.polls <= SURE:
            return Finding(StepPhase.WORKING, {"result": event_name(running)})
        # Nova never ends the event of a build that it gave up on another host: the server tells.
        return _given_up(step, track, record, raw_or_none(api, kind, step.ident), event_name(running), kind)
    try:
        raw = targets.raw_of(api, kind, step.ident)
    except TroubleError as error:
        if error.trouble.cause is Cause.NOT_FOUND:
            return failure(step, "it is gone: somebody deleted it meanwhile", record, {})
        raise
    changes = now(step, kind, raw)
    resting = not raw.get("OS-EXT-STS:task_state")
    arrived = run.action.reached is None or run.action.reached(raw)
    bad = failed_event(record)
    if bad is not None or (record.get("message") == "Error" and not (events and arrived)):
        # While a task runs Nova may still try another host.
        track.bad += 1
        if resting or track.bad > SURE:
            return failure(step, f"{event_name(bad)} failed" if bad else "it failed", record, raw, changes)
        return Finding(StepPhase.WORKING, changes)
    track.bad = 0
    track.calm = track.calm + 1 if resting else 0
    if resting and arrived and (events or track.calm > 1):
        return Finding(StepPhase.DONE, {**changes, "result": ""})
    broken = raw.get("status") == "ERROR" and (step.entry is None or step.entry.status.health is not Health.BROKEN)
    if resting and events and (track.calm > SURE or (broken and track.calm > 1)):
        return failure(step, f"Nova ended it, and it is {raw.get('status')}", record, raw, changes)
    return Finding(StepPhase.WORKING, changes)


def _given_up(
    step: Step, track: Track, record: Mapping[str, Any], raw: Mapping[str, Any] | None, running: str, kind: Kind
) -> Finding:
    """An event runs; but a server that rests in ERROR with a fault since then was given up."""
    if raw is None:
        return failure(step, "it is gone: somebody deleted it meanwhile", record, {})
    given_up = raw.get("status") == "ERROR" and not raw.get("OS-EXT-STS:task_state") and is_fresh(raw, record)
    track.bad = track.bad + 1 if given_up else 0
    changes = now(step, kind, raw)
    if track.bad > 1:
        return failure(step, f"{running} failed", record, raw, changes)
    return Finding(StepPhase.WORKING, {**changes, "result": running})


def _gone(run: Run, step: Step, track: Track, api: Api, kind: Kind) -> Finding:
    """Ask until it is not there any more."""
    try:
        raw = targets.raw_of(api, kind, step.ident)
    except TroubleError as error:
        if error.trouble.cause is Cause.NOT_FOUND:
            return Finding(StepPhase.DONE)
        raise
    word = str(raw.get("status") or "")
    if word == "DELETED":
        return Finding(StepPhase.DONE)
    if word == "SOFT_DELETED":
        return Finding(StepPhase.DONE, {"result": "soft-deleted: it can be restored for a while"})
    changes = now(step, kind, raw)
    if kind.id == "server" and step.request_id and not raw.get("OS-EXT-STS:task_state"):
        return _still_there(step, track, api, raw, changes)
    entry = changes.get("entry")
    track.bad = track.bad + 1 if entry is not None and entry.status.health is Health.BROKEN else 0
    if track.bad > SURE and step.entry is not None and step.entry.status.health is not Health.BROKEN:
        return failure(step, f"it is {word or 'broken'}", {}, raw, changes)
    return Finding(StepPhase.WORKING, changes)


def _still_there(step: Step, track: Track, api: Api, raw: Mapping[str, Any], changes: Mapping[str, Any]) -> Finding:
    """A server that rests although it is to be deleted: its deletion failed, or has not begun."""
    path = f"/servers/{quote(step.ident, safe='')}/os-instance-actions/{quote(step.request_id, safe='')}"
    try:
        record = api.decoded("compute", api.get("compute", path, microversion=RECORDS), "instanceAction")
    except TroubleError:
        return Finding(StepPhase.WORKING, changes)
    bad = failed_event(record)
    if bad is not None or record.get("message") == "Error":
        return failure(step, f"{event_name(bad)} failed" if bad else "it failed", record, raw, changes)
    return Finding(StepPhase.WORKING, changes)


def _state(run: Run, step: Step, track: Track, api: Api, kind: Kind) -> Finding:
    """Ask the resource itself."""
    try:
        raw = targets.raw_of(api, kind, step.ident)
    except TroubleError as error:
        if error.trouble.cause is Cause.NOT_FOUND:
            return failure(step, "it is gone: somebody deleted it meanwhile", {}, {})
        raise
    changes = now(step, kind, raw)
    reached = run.action.reached
    if reached is not None and reached(raw):
        track.calm += 1
        # Right after the sending the old state may still be told: a record of it would say, here two looks must.
        if track.calm > 1 or kind.id != "server":
            return Finding(StepPhase.DONE, {**changes, "result": ""})
        return Finding(StepPhase.WORKING, changes)
    track.calm = 0
    present = changes.get("entry")
    was_broken = step.entry is not None and step.entry.status.health is Health.BROKEN
    is_broken = present is not None and present.status.health is Health.BROKEN
    track.bad = track.bad + 1 if is_broken and not was_broken else 0
    if track.bad > 1:
        return failure(step, f"it is {raw.get('status') or 'broken'}", {}, raw, {})
    return Finding(StepPhase.WORKING, {} if track.bad else changes)
