"""Whether something was done that nobody answered: it is looked for, and never sent again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import msgspec

from tui.cloud import Api, Reply
from tui.live import targets
from tui.live.finding import NOTHING, PRECISION, RECORDS, Finding, failure, kind_of, now
from tui.live.runs import Run, Track
from tui.live.steps import Step, StepPhase
from tui.model.amount import epoch
from tui.model.read import Params
from tui.model.trouble import Cause, TroubleError
from tui.resources.action import End
from tui.resources.kind import Kind

PATIENCE = 30.0
"""Seconds in which something that was sent without an answer must leave a trace."""


def trace(run: Run, step: Step, track: Track, api: Api) -> Finding:
    """Return what is found of what nobody answered; after `PATIENCE` seconds without a trace it is unknown."""
    kind = kind_of(run, step)
    if step.entry is None and not step.made:
        return _trace_made(run, step, track, api, kind)
    if kind is not None and kind.id == "server":
        found = _trace_server(run, step, track, api)
    elif kind is not None:
        found = _trace_row(run, step, api, kind)
    else:
        found = NOTHING
    return found if found.phase is not None else _no_trace(step, track)


def _no_trace(step: Step, track: Track) -> Finding:
    if time.monotonic() - track.sent < PATIENCE:
        return NOTHING
    why = "no answer came, and nothing shows that it was done: look before doing it again"
    return Finding(StepPhase.UNKNOWN, {"result": why})


def _trace_server(run: Run, step: Step, track: Track, api: Api) -> Finding:
    """Look for an instance action that is newer than the sending."""
    try:
        reply = api.get("compute", f"/servers/{quote(step.ident, safe='')}/os-instance-actions", microversion=RECORDS)
    except TroubleError as error:
        if error.trouble.cause is not Cause.NOT_FOUND:
            raise
        reply = None
    records = _items(reply, "instanceActions") if reply is not None else []
    since = _since(track, reply)
    fresh = [record for record in records if epoch(record.get("start_time")) >= since]
    if fresh and run.action.end is not End.ANSWER:
        newest = max(fresh, key=lambda record: epoch(record.get("start_time")))
        ident = str(newest.get("request_id") or "")
        return Finding(StepPhase.WORKING, {"request_id": ident, "result": "no answer came, but it was taken"})
    kind = kind_of(run, step)
    return _trace_row(run, step, api, kind) if kind is not None else NOTHING


def _trace_row(run: Run, step: Step, api: Api, kind: Kind) -> Finding:
    """Look whether the resource itself shows that it was done."""
    goes = targets.destroys(run.action)
    try:
        raw = targets.raw_of(api, kind, step.ident)
    except TroubleError as error:
        if error.trouble.cause is not Cause.NOT_FOUND:
            raise
        if goes:
            return Finding(StepPhase.DONE, {"result": "no answer came, but it is gone"})
        return failure(step, "it is gone: somebody deleted it meanwhile", {}, {})
    if goes:
        going = raw.get("status") in {"DELETED", "SOFT_DELETED"} or raw.get("OS-EXT-STS:task_state") == "deleting"
        return Finding(StepPhase.WORKING, {"result": "no answer came, but it was taken"}) if going else NOTHING
    if kind.id == "server" and run.action.end is End.INSTANCE_ACTION:
        return NOTHING  # its record tells, and there is none yet
    changes = now(step, kind, raw)
    if _differs(step, changes.get("entry")):
        return Finding(StepPhase.DONE, {**changes, "result": "no answer came, but it has changed as if it was done"})
    return NOTHING


_BY_THEMSELVES = frozenset({"updated", "updated_at", "wiring", "addresses", "host"})
"""Fields that change without anybody's doing."""


def _differs(step: Step, present: Any) -> bool:
    if step.entry is None or present is None:
        return False
    before, after = msgspec.structs.asdict(step.entry.row), msgspec.structs.asdict(present.row)  # type: ignore[arg-type]
    return any(before[name] != after[name] for name in before if name not in _BY_THEMSELVES)


def _trace_made(run: Run, step: Step, track: Track, api: Api, kind: Kind | None) -> Finding:
    """Look for what was to be made."""
    if run.action.trace is not None:
        made = run.action.trace(api, track.values, track.sent_at)
    else:
        made = _made(step, track, api, kind) if kind is not None else ""
    if not made:
        return _no_trace(step, track)
    told = {"made": made, "result": "no answer came, but it was made"}
    if run.action.end is End.ANSWER:
        return Finding(StepPhase.DONE, told)
    if kind is not None and kind.id == "server":
        reply = api.get("compute", f"/servers/{quote(made, safe='')}/os-instance-actions", microversion=RECORDS)
        records = [record for record in _items(reply, "instanceActions") if record.get("action") == "create"]
        told["request_id"] = str(records[0].get("request_id") or "") if records else ""
    return Finding(StepPhase.WORKING, told)


_NEWEST: Params = (("sort_key", "created_at"), ("sort_dir", "desc"), ("limit", "100"))


def _made(step: Step, track: Track, api: Api, kind: Kind) -> str:
    """Search the kind's list for the name; of namesakes the newest counts, if it is newer than the sending."""
    read = kind.read
    # Nova takes a name as a regular expression of its database: its newest servers are looked through instead.
    query = _NEWEST if kind.id == "server" else (("name", step.name),)
    reply = api.get(read.service, read.path, (*read.params, *query), microversion=read.microversion)
    since = _since(track, reply)
    found: list[tuple[float, str]] = []
    for raw in _items(reply, read.key):
        inner = raw.get(read.item_key) if isinstance(raw.get(read.item_key), Mapping) else raw
        born = epoch(inner.get("created") or inner.get("created_at")) if isinstance(inner, Mapping) else 0.0
        if isinstance(inner, Mapping) and inner.get("name") == step.name and (not born or born >= since):
            found.append((born, str(inner.get("id") or inner.get("name"))))
    return max(found)[1] if found else ""


def _items(reply: Reply, key: str) -> Sequence[Mapping[str, Any]]:
    try:
        found = msgspec.json.decode(reply.body).get(key)
    except (msgspec.MsgspecError, AttributeError, UnicodeDecodeError, RecursionError):
        return ()
    return [item for item in found if isinstance(item, Mapping)] if isinstance(found, list) else ()


def _since(track: Track, reply: Reply | None) -> float:
    """The sending by the cloud's clock, which the answer's `Date` tells; by ours where there is none."""
    try:
        there = parsedate_to_datetime(str(reply.headers.get("Date"))).timestamp() if reply is not None else 0.0
    except (TypeError, ValueError):
        there = 0.0
    offset = there - time.time() if there else 0.0
    return track.sent_at + (offset if abs(offset) > PRECISION else 0.0) - PRECISION
