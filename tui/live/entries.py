"""From a row to its entry in the fleet."""

from __future__ import annotations

import hashlib
from typing import Any

from tui.live.natural import unique
from tui.model.entry import Entry, Names
from tui.model.place import Scope
from tui.model.status import Health, Status
from tui.resources.kind import Kind


def tag_of(origin: str) -> str:
    """Return what tells the rows of one service endpoint from those of others, in few characters."""
    return hashlib.blake2s(origin.encode(), digest_size=4).hexdigest()


def entry_of(kind: Kind, scope: Scope, row: Any, origin: str, tag: str, names: Names, *, odd: bool = False) -> Entry:
    """Return the entry of a row. One that could only be read in part gets what can be told of it."""
    try:
        status, name = kind.status(row), kind.name(row)
    except (TypeError, ValueError, AttributeError):
        # It may lack what these look at.
        odd, status, name = True, Status(Health.UNKNOWN, "UNKNOWN"), str(getattr(row, "name", "") or row.id)
    return Entry(f"{origin}|{row.id}", scope, row, status, names, odd=odd, order=unique(name, row.id, tag))
