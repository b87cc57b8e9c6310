"""Counts requests, so that tests can ask what a client has done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from tui.demo.records import Json
from tui.demo.rest import Call

READING = frozenset({"GET", "HEAD", "OPTIONS"})
KEPT = 200
"""Mutating requests that are told one by one."""


@dataclass(slots=True)
class Tally:
    """Requests by method, path and scope, and how many of them would change something."""

    total: int = 0
    mutating: int = 0
    logins: int = 0
    bytes: int = 0
    """Of the answers' bodies, as they went over the wire."""
    gzipped: int = 0
    """Answers that were compressed."""
    by_request: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    mutations: list[str] = field(default_factory=list)
    bodies: list[Json] = field(default_factory=list)
    """What came with them."""

    def count(self, method: str, path: str, parts: Sequence[str], call: Call | None) -> None:
        """Count a request. Logging in and reading a console change nothing."""
        self.total += 1
        token = call.token if call is not None else None
        scope = "none"
        if token is not None:
            scope = "system" if token.system else token.project_id or "unscoped"
            if call is not None and call.first("all_tenants") not in (None, "0", "False", "false"):
                scope = "all"
        self.by_request[method, path, scope] += 1
        if method in READING:
            return
        if tuple(parts[1:4]) == ("identity", "auth", "tokens"):
            self.logins += method == "POST"
            return
        if call is not None and parts[-1] == "action" and b"os-getConsoleOutput" in call.raw[:64]:
            return
        self.mutating += 1
        self.mutations.append(f"{method} {path}")
        self.bodies.append({"method": method, "path": path, "body": _body(call), "version": _version(call)})
        del self.bodies[:-KEPT]

    def answered(self, size: int, *, gzipped: bool) -> None:
        """Count an answer's body."""
        self.bytes += size
        self.gzipped += gzipped

    def clear(self) -> None:
        """Begin anew."""
        self.total = self.mutating = self.logins = self.bytes = self.gzipped = 0
        self.by_request.clear()
        self.mutations.clear()
        self.bodies.clear()

    def describe(self) -> Json:
        """The counts, for the control endpoint."""
        return {
            "total": self.total,
            "mutating": self.mutating,
            "logins": self.logins,
            "bytes": self.bytes,
            "gzipped": self.gzipped,
            "mutations": self.mutations[-KEPT:],
            "bodies": list(self.bodies),
            "requests": [
                {"method": method, "path": path, "scope": scope, "count": count}
                for (method, path, scope), count in self.by_request.most_common()
            ],
        }


def _version(call: Call | None) -> str | None:
    """The microversion that a request asked for."""
    if call is None:
        return None
    return call.headers.get("OpenStack-API-Version") or call.headers.get("X-OpenStack-Nova-API-Version")


def _body(call: Call | None) -> object:
    """The JSON of a request; its length where it is none."""
    if call is None or not call.raw:
        return None
    try:
        return msgspec.json.decode(call.raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return f"{len(call.raw)} bytes"
