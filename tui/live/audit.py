"""The audit log: who did what where, one line of JSON before each change is sent and one after. No secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Line = Mapping[str, Any]
"""One line: `at` (ISO 8601, UTC), `what` (intent, result), `operation`, `action`, `user`, `cloud`, `region`, `project`,
`id`, `name`, `values`, `command`; of a result also `outcome`, `request_id`, `status`, `said`, `seconds`."""


class Audit:
    """Appends to `audit.jsonl` in the state directory, 0600, 5 files of 5 MB. Thread-safe; never raises."""

    def __init__(self, path: Path | None = None) -> None:
        raise NotImplementedError

    @property
    def trouble(self) -> str:
        """Why the last line could not be written; «» when it could."""
        raise NotImplementedError

    def write(self, line: Line) -> bool:
        """Append a line; returns whether it is on the disk."""
        raise NotImplementedError


def read_audit(limit: int = 1000, path: Path | None = None) -> Sequence[Line]:
    """Return the newest lines, newest first, of all files; lines that are no JSON objects are left out. Never raises."""
    raise NotImplementedError
