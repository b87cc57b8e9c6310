"""What a request brings back: a reply, or a page of typed rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from tui.model.read import Params

Row = TypeVar("Row", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer with status 2xx or 3xx; everything else is raised as TroubleError."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    """Case-insensitive."""
    url: str
    request_id: str = ""
    sent_microversion: str = ""
    """Empty where none was sent."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list."""

    rows: list[Row]
    odd: list[dict[str, Any]]
    """Items of an unexpected shape; each also is in `rows` with id, name and status at least (an empty id if it had none)."""
    next: Params | None
    """What to add to the parameters to get the next page; None on the last one."""
    count: int
    """How many items the answer had."""
    bytes: int
    """Size of the answer's body."""
    reply: Reply
    """Its body is emptied: rows are all that is kept."""
