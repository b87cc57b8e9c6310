"""What `stackdeck serve` has to do at the moment, and how much more it takes on."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """How to serve: `tui.commands.serve` makes it of the options."""

    directory: Path
    """Users, host key and log (`tui.remote.authorized`)."""
    host: str = "127.0.0.1"
    port: int = 8022
    """0: any that is free."""
    connections: int = 100
    """At once, in all; those that are still signing in count, and are at most `logins`."""
    logins: int = 20
    per_user: int = 5
    """Sessions at once of one user."""
    idle: float = 60 * MINUTE
    """Seconds without a key after which a session ends; 0: never."""
    login_timeout: float = 20.0
    """Seconds in which a client must have signed in."""
    command: tuple[str, ...] = ()
    """The program of a session; `--served N` comes behind it."""


class Session(Protocol):
    """A session as the server sees it."""

    def leave(self, why: str) -> None:
        """Tell the person why, and end."""
        ...

    def kill(self) -> None:
        """End its process at once."""
        ...


class Visitor(Protocol):
    """A connection as the server sees it."""

    def leave(self, why: str) -> None:
        """Send it away, unless a session of it will end it."""
        ...

    def abort(self) -> None:
        """End it at once."""
        ...


class Sessions:
    """Counts, and who is there. Used on the loop alone."""

    def __init__(self, serving: Serving) -> None:
        self.serving = serving
        self.visitors: set[Visitor] = set()
        """Connections that were taken on."""
        self.nobody = asyncio.Event()
        """Set while there is none."""
        self.nobody.set()
        self.signing_in = 0
        self.live: set[Session] = set()
        """Sessions whose process runs, or whose channel is open."""
        self.empty = asyncio.Event()
        """Set while there is none."""
        self.empty.set()
        self.closing = False
        """No more come in."""
        self._reserved: Counter[str] = Counter()

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self.visitors)

    def entered(self, visitor: Visitor) -> None:
        """A connection is taken on."""
        self.visitors.add(visitor)
        self.nobody.clear()

    def left(self, visitor: Visitor) -> None:
        """It is gone."""
        self.visitors.discard(visitor)
        if not self.visitors:
            self.nobody.set()

    def full(self) -> str:
        """Say why no connection can be taken on, or «»."""
        if self.closing:
            return "the server is ending"
        if self.connections >= self.serving.connections:
            return f"{self.connections} connections are open"
        if self.signing_in >= self.serving.logins:
            return f"{self.signing_in} clients are signing in"
        return ""

    def full_for(self, user: str) -> str:
        """Say why a user cannot have another session, or «»."""
        if self.closing:
            return "the server is ending"
        number = self._reserved[user]
        return f"{number} sessions of this user are open" if number >= self.serving.per_user else ""

    def came(self, session: Session) -> None:
        """A session begins."""
        self.live.add(session)
        self.empty.clear()

    def went(self, session: Session) -> None:
        """It is over."""
        self.live.discard(session)
        if not self.live:
            self.empty.set()

    def reserve(self, user: str) -> None:
        """A channel of a user is open."""
        self._reserved[user] += 1

    def release(self, user: str) -> None:
        """It is closed."""
        self._reserved[user] -= 1
        if self._reserved[user] <= 0:
            del self._reserved[user]
