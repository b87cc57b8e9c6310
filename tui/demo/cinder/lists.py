"""Lists as Cinder pages and filters them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from tui.demo.records import Json
from tui.demo.rest import Call, Refusal

Row = TypeVar("Row")
MAX_LIMIT = 1000
_SORTS: Mapping[str, Callable[[Any], Any]] = {
    "created_at": lambda row: (row.created, row.id),
    "id": lambda row: row.id,
    "name": lambda row: row.name or "",
    "display_name": lambda row: row.name or "",
    "size": lambda row: row.size,
    "status": lambda row: row.status,
    "updated_at": lambda row: row.updated,
}


def everywhere(call: Call) -> bool:
    """Does an admin ask for all projects? A member's asking is ignored, as Cinder does."""
    return call.admin and (call.first("all_tenants") or "").lower() in ("1", "true", "yes", "on", "t", "y")


def own(call: Call, rows: Iterable[Row]) -> list[Row]:
    """The rows that a list may show, newest first, filtered and in the order asked for."""
    wanted = everywhere(call)
    project = call.first("project_id") if wanted else call.scope.project_id
    found: list[Any] = [row for row in rows if project is None or getattr(row, "project_id", None) == project]
    for name in ("status", "name", "volume_id", "id"):
        value = call.first(name)
        if value is not None:
            found = [row for row in found if str(getattr(row, name, None)) == value]
    bootable = call.first("bootable")
    if bootable is not None:
        found = [row for row in found if str(row.bootable).lower() == bootable.lower()]
    key, _, direction = (call.first("sort") or f"{call.first('sort_key') or 'created_at'}:").partition(":")
    if key not in _SORTS:
        raise Refusal(400, f"Invalid input received: Invalid sort key: {key}.")
    direction = direction or call.first("sort_dir") or "desc"
    found.sort(key=_SORTS[key], reverse=direction != "asc")
    return found


def page(call: Call, rows: Sequence[Any], noun: str) -> tuple[Sequence[Any], bool]:
    """The rows behind the marker, at most as many as asked for, and whether there may be more."""
    marker = call.first("marker")
    if marker is not None:
        places = [i for i, row in enumerate(rows) if row.id == marker]
        if not places:
            raise Refusal(404, f"{noun} {marker} could not be found.")
        rows = rows[places[0] + 1 :]
    text = call.first("limit")
    if text is not None and not text.isdigit():
        raise Refusal(400, f"Invalid input received: limit must be an integer, got {text}")
    limit = min(int(text), MAX_LIMIT) if text else MAX_LIMIT
    return rows[:limit], (len(rows) >= limit > 0 and text is not None) or len(rows) > limit


def links(call: Call, shown: Sequence[Any], more: bool) -> list[Json]:
    """The link to the next page."""
    if not more or not shown:
        return []
    kept = [(k, v) for k, v in call.query if k != "marker"]
    query = urlencode([*kept, ("marker", shown[-1].id)])
    return [{"rel": "next", "href": f"{call.root}{call.path}?{query}"}]
