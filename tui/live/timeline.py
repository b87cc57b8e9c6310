"""What happened to a server: Nova's instance actions with their events, and what was asked from here, in one line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from tui.cloud import Api
from tui.live.steps import Operation, Step, StepPhase
from tui.model.amount import clock, epoch
from tui.model.status import Health
from tui.model.trouble import Trouble, TroubleError
from tui.resources.kind import Raw
from tui.resources.looking import together

MOST = 50
"""Actions whose list is shown; Nova keeps them all."""
EVENTS_OF = 20
"""Of so many of the newest ones the events are asked for: each is a request of its own."""
AT_ONCE = 4
"""Such requests side by side."""

_BOOTING = frozenset({
    "create", "evacuate", "migrate", "reboot", "rebuild", "rescue", "resize", "revertResize", "start", "unrescue",
    "unshelve",
})  # fmt: skip
"""Actions after which a guest boots (`nova/compute/instance_actions.py`)."""
_RECENT = 600.0
"""Seconds within which such an action is taken for a boot's cause; clocks may differ by minutes."""

_LIST = "2.58"
"""From it on the list has pages and `updated_at` (Nova REST API version history)."""
_DETAIL = "2.84"
"""From 2.51 on users see events, from 2.62 on the host (`hostId` for users), from 2.84 on `details`."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an action. Texts are hostile."""

    name: str
    started: float
    finished: float = 0.0
    """0.0 while it runs."""
    result: str = ""
    """«Success», «Error», «» while it runs."""
    host: str = ""
    details: str = ""
    """The reason, for users too (2.84)."""
    traceback: str = ""
    """Policy shows it to administrators alone."""

    @property
    def health(self) -> Health:
        """Its mark."""
        if self.result == "Success":
            return Health.FINE
        return Health.BROKEN if self.result else Health.MOVING


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: an instance action, an operation of the dashboard, or both as one."""

    at: float
    """Epoch seconds of its beginning."""
    title: str
    """Nova's word («reboot»), else the operation's title."""
    health: Health
    request_id: str = ""
    finished: float = 0.0
    """Epoch seconds; 0.0 while it runs or where nobody knows."""
    message: str = ""
    """Why it failed, as far as Nova tells."""
    user_id: str = ""
    events: tuple[Event, ...] = ()
    hidden: str = ""
    """Why the events are not shown; «» where they are or there are none."""
    operation: str = ""
    """Title of the operation that asked for it from here; «» for what others did."""
    result: str = ""
    """What the operation says of its end."""

    @property
    def seconds(self) -> float | None:
        """How long it took, None while it runs or where nobody knows."""
        return max(self.finished - self.at, 0.0) if self.finished else None

    @property
    def open(self) -> bool:
        """Whether it may still change."""
        return self.health is Health.MOVING


@dataclass(frozen=True, slots=True)
class History:
    """What the cloud tells of a server's past, newest first."""

    happenings: tuple[Happening, ...] = ()
    more: bool = False
    """Whether there are older ones."""


def read_history(api: Api, ident: str, before: History | None = None) -> History:
    """Ask for the newest actions of a server and their events. Blocking; raises TroubleError.

    `before` is what an earlier call gave: events of actions that had ended then are not asked for again. It works for
    deleted servers too, as long as the database keeps them.
    """
    path = f"/servers/{quote(ident, safe='')}/os-instance-actions"
    reply = api.get("compute", path, (("limit", str(MOST + 1)),), microversion=_LIST)
    listed = [each for each in api.decoded("compute", reply).get("instanceActions") or () if isinstance(each, dict)]
    ended = {
        each.request_id: each
        for each in (before.happenings if before is not None else ())
        if not each.open and not each.hidden
    }
    wanted = [
        str(each.get("request_id"))
        for each in listed[:EVENTS_OF]
        if each.get("request_id") and not _same(ended.get(str(each.get("request_id"))), each)
    ]
    found: dict[str, Any] = {}
    for start in range(0, len(wanted), AT_ONCE):
        batch = wanted[start : start + AT_ONCE]
        found |= together({request: _asker(api, path, request) for request in batch})
    made = [_happening(each, found.get(str(each.get("request_id"))), ended) for each in listed[:MOST]]
    return History(tuple(made), len(listed) > MOST)


def boot_cause(api: Api, ident: str, now: float) -> str:
    """Say after which action a server has just booted: «reboot at 14:03:09, req-…»; «» where none is recent.

    Blocking; raises TroubleError. `now` is in epoch seconds.
    """
    path = f"/servers/{quote(ident, safe='')}/os-instance-actions"
    reply = api.get("compute", path, (("limit", "10"),), microversion=_LIST)
    for each in api.decoded("compute", reply).get("instanceActions") or ():
        if isinstance(each, dict) and each.get("action") in _BOOTING:
            at = epoch(each.get("start_time"))
            recent = abs(now - at) < _RECENT
            return f"{each['action']} at {clock(at)}, {each.get('request_id') or 'no request-id'}" if recent else ""
    return ""


def _same(known: Happening | None, raw: Raw) -> bool:
    return known is not None and (not raw.get("updated_at") or epoch(raw["updated_at"]) <= known.finished)


def _asker(api: Api, path: str, request: str) -> Any:
    def ask() -> Raw:
        reply = api.get("compute", f"{path}/{quote(request, safe='')}", microversion=_DETAIL)
        return api.decoded("compute", reply, "instanceAction")

    return ask


def _happening(raw: Raw, detail: Any, ended: Mapping[str, Happening]) -> Happening:
    request = str(raw.get("request_id") or "")
    known = ended.get(request)
    if detail is None and known is not None:
        return known
    hidden = ""
    events: tuple[Event, ...] = ()
    if isinstance(detail, Trouble):
        hidden = detail.title
    elif isinstance(detail, dict):
        given = detail.get("events")
        if isinstance(given, list):
            events = tuple(sorted((_event(one) for one in given if isinstance(one, dict)), key=lambda one: one.started))
        else:
            hidden = "Your role may not see its events."
        raw = {**raw, **detail}
    message = str(raw.get("message") or "")
    running = [one for one in events if not one.finished]
    finished = 0.0 if running else max([one.finished for one in events], default=epoch(raw.get("updated_at")))
    return Happening(
        at=epoch(raw.get("start_time")),
        title=str(raw.get("action") or "?"),
        health=_health(message, events),
        request_id=request,
        finished=finished,
        message=message,
        user_id=str(raw.get("user_id") or ""),
        events=events,
        hidden=hidden,
    )


def _health(message: str, events: Sequence[Event]) -> Health:
    if message or any(one.health is Health.BROKEN for one in events):
        return Health.BROKEN
    if any(one.health is Health.MOVING for one in events):
        return Health.MOVING
    return Health.FINE


def _event(raw: Raw) -> Event:
    return Event(
        name=str(raw.get("event") or "?"),
        started=epoch(raw.get("start_time")),
        finished=epoch(raw.get("finish_time")),
        result=str(raw.get("result") or ""),
        host=str(raw.get("host") or ""),
        details=str(raw.get("details") or ""),
        traceback=str(raw.get("traceback") or ""),
    )


def timeline(history: History, operations: Iterable[Operation], key: str) -> tuple[Happening, ...]:
    """Return the cloud's record and the dashboard's own operations on a row (its entry's key) as one, newest first.

    What both tell of is one: it is known by its request-id.
    """
    found = list(history.happenings)
    places = {each.request_id: index for index, each in enumerate(found) if each.request_id}
    for operation in operations:
        for step in operation.steps:
            if step.key != key and not (step.made and key.endswith(f"|{step.made}")):
                continue
            index = places.get(step.request_id) if step.request_id else None
            if index is None:
                found.append(_own(operation, step))
            else:
                found[index] = replace(found[index], operation=operation.title, result=_result(step))
    return tuple(sorted(found, key=lambda each: each.at, reverse=True))


def _own(operation: Operation, step: Step) -> Happening:
    """Return a step that left no trace at the cloud: refused, left out, or none of Nova's."""
    return Happening(
        at=min(step.at.values(), default=operation.started),
        title=operation.action.title,
        health=step.health,
        request_id=step.request_id,
        finished=0.0 if step.open else step.since,
        operation=operation.title,
        result=_result(step),
    )


def _result(step: Step) -> str:
    said = step.result or (step.trouble.title if step.trouble is not None and step.phase is not StepPhase.DONE else "")
    return f"{step.phase.value}: {said}" if said else step.phase.value


def reading(ident: str, before: History | None) -> Any:
    """Return the job that reads a server's history, for `Feeds.ask`; a 404 gives an empty one."""

    def job(api: Api) -> History:
        try:
            return read_history(api, ident, before)
        except TroubleError as error:
            if error.trouble.status == 404 and before is not None:
                return before
            raise

    return job
