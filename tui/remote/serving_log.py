"""The log of `stackdeck serve`: who came, who was refused what, and each change that was made: JSON lines, 0600."""

from __future__ import annotations

import datetime
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

NAME = "audit.jsonl"
LONGEST = 200
"""Characters of what a client said."""
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


class Log:
    """Appends lines. The file is opened for each of them, so it may be moved away at any time (logrotate).

    A line has `at` (ISO 8601, UTC), `event` (listen, connect, auth, refused, denied, session, action, idle, end, stop)
    and of a connection `session`, `from`, `user`, `key` (SHA256:…) as far as they are known.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.trouble = ""
        """Why the last line could not be written; «» when it could."""
        self._lock = threading.Lock()

    def write(self, event: str, **more: Any) -> bool:
        """Append a line; returns whether it was written whole."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        line = {"at": now, "event": event, **{name: value for name, value in more.items() if value not in ("", None)}}
        # ASCII alone: nothing that a client named can act on a terminal that the file is shown on.
        data = json.dumps(line, ensure_ascii=True, default=str, separators=(",", ":")).replace("\x7f", "\\u007f")
        try:
            with self._lock:
                self._append(data.encode("ascii") + b"\n")
        except OSError as error:
            self.trouble = f"{self.path}: {error.strerror or error}"
            return False
        self.trouble = ""
        return True

    def _append(self, data: bytes) -> None:
        descriptor = os.open(self.path, _FLAGS, 0o600)
        try:
            if os.fstat(descriptor).st_mode & 0o077:
                os.fchmod(descriptor, 0o600)
            if os.write(descriptor, data) != len(data):
                os.write(descriptor, b"\n")
                raise OSError(28, os.strerror(28))
        finally:
            os.close(descriptor)


def shown(text: str) -> str:
    """Return what a client said, cut."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def action(line: bytes) -> Mapping[str, Any] | None:
    """Return a line of a session's audit log, None where it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
