"""What a look at something that was sent may find, and how Nova's records of it read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import structs

from tui.cloud import Api
from tui.live import targets
from tui.live.runs import Run
from tui.live.steps import Step, StepPhase
from tui.model.amount import epoch
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.resources.kind import Kind

PRECISION = 2.0
"""Seconds: times of Nova have whole seconds, and so has a `Date` header."""
RECORDS = "2.84"
"""Instance actions: events for everybody from 2.51, details from 2.84; older clouds are asked for their newest."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one look found. `phase` None: nothing is decided, ask again."""

    phase: StepPhase | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)


NOTHING = Finding()


def kind_of(run: Run, step: Step) -> Kind | None:
    """Return the kind of what a step acts on or makes."""
    if step.entry is not None:
        return targets.kind_of_entry(step.entry)
    return targets.kind_of_action(run.action.id)


def events_of(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the events of an instance action, oldest first; none where the cloud does not show them to us."""
    events = [event for event in record.get("events") or () if isinstance(event, Mapping)]
    return sorted(events, key=lambda event: str(event.get("start_time") or ""))


def failed_event(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the event that failed, None where none did. One that came again and went well failed on another host."""
    last = {str(event.get("event")): event for event in events_of(record)}
    bad = [event for event in last.values() if str(event.get("result")).lower() == "error"]
    return bad[0] if bad else None


def event_name(event: Mapping[str, Any]) -> str:
    """Return an event's name in words: «compute_stop_instance» is «stop instance»."""
    return str(event.get("event") or "it").replace("__do_", "_").removeprefix("compute_").replace("_", " ").strip()


def failure(
    step: Step,
    title: str,
    record: Mapping[str, Any],
    raw: Mapping[str, Any],
    changes: Mapping[str, Any] | None = None,
) -> Finding:
    """Return a failure with Nova's own words: the fault that the server has since then, or the event's."""
    event = failed_event(record) or {}
    fault = raw.get("fault")
    words = str(fault.get("message") or "") if isinstance(fault, Mapping) and is_fresh(raw, record) else ""
    said = words or str(event.get("details") or "") or _last_line(event.get("traceback"))
    trouble = Trouble(
        cause=Cause.SERVER,
        title=title,
        said=said[:2000],
        where=step.scope.label,
        service="compute",
        request_id=step.request_id,
    )
    result = f"{title}: {said}" if said else title
    return Finding(StepPhase.FAILED, {**(changes or {}), "result": result[:500], "trouble": trouble})


def is_fresh(raw: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
    """Whether a server's fault is newer than the beginning of an instance action."""
    fault = raw.get("fault")
    born = epoch(fault.get("created")) if isinstance(fault, Mapping) else 0.0
    return bool(born) and born >= epoch(record.get("start_time")) - PRECISION


def raw_or_none(api: Api, kind: Kind, ident: str) -> dict[str, Any] | None:
    """Return a resource as `targets.raw_of` does, None where it is gone. Raises TroubleError."""
    try:
        return targets.raw_of(api, kind, ident)
    except TroubleError as error:
        if error.trouble.cause is Cause.NOT_FOUND:
            return None
        raise


def _last_line(text: object) -> str:
    lines = [line.strip() for line in str(text or "").splitlines() if line.strip()]
    return lines[-1] if lines else ""


def now(step: Step, kind: Kind, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return what changes of the step: its entry as just read; nothing where that is the same or has no shape."""
    if step.entry is None:
        return {}
    try:
        found = targets.row_of(kind, dict(raw), step.scope.label)
    except TroubleError:
        return {}
    if found["row"] == step.entry.row:
        return {}
    return {"entry": structs.replace(step.entry, **found)}
