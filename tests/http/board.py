"""Operations without a screen: a demo cloud of their own, its control endpoint, and entries to act on."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.rig import Inbox
from tests.waiting import wait_until
from tui.cloud import Clouds
from tui.config.settings import Operating, Settings
from tui.live.audit import Audit
from tui.live.operations import Operations
from tui.live.reading import read_all
from tui.live.steps import Operation, Step, StepPhase
from tui.live.threads import Workers
from tui.model.entry import Entry
from tui.model.events import Event
from tui.model.place import Scope
from tui.resources.action import Action
from tui.resources.registry import KINDS

SERVER = KINDS["server"]
ACTIONS: dict[str, Action] = {action.id: action for kind in KINDS.values() for action in kind.actions}


class Control:
    """The demo cloud's control endpoint."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc

    def send(self, method: str, path: str, body: object = None) -> Any:
        """Ask it something."""
        connection = http.client.HTTPConnection(self._host, timeout=60)
        try:
            connection.request(method, f"/_demo/{path}", json.dumps(body) if body is not None else None)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status < 300, text
            return json.loads(text)
        finally:
            connection.close()

    def fault(self, *faults: str) -> None:
        """Let it misbehave."""
        self.send("POST", "faults", {"faults": faults})

    def mend(self) -> None:
        """Let it behave."""
        self.send("DELETE", "faults")

    def alter(self, ident: str, **changes: object) -> None:
        """Change a server from outside."""
        self.send("POST", f"servers/{ident}", changes)

    def server(self, ident: str) -> Any:
        """Say how a server is."""
        return self.send("GET", f"servers/{ident}")

    def mutating(self) -> int:
        """How many requests came that would change something."""
        return int(self.send("GET", "requests")["mutating"])

    def posts(self, ident: str) -> int:
        """How many of the last 200 changes that were asked for were a server's; reading its console is none."""
        return sum(f"/servers/{ident}" in each for each in self.send("GET", "requests")["mutations"])


class Board:
    """Operations on a demo cloud, and what they said."""

    def __init__(self, clouds: Clouds, *, at_once: int = 8, audit: Path | None = None) -> None:
        self.clouds = clouds
        self.inbox = Inbox()
        self.events: list[Event] = []
        self.hurried: list[Scope] = []
        self.workers = Workers()
        self.audit = Audit(audit)
        self.operations = Operations(
            clouds,
            self.inbox,
            Settings(operations=Operating(at_once=at_once)),
            self.workers,
            self.audit,
            hurry=self.hurried.append,
        )

    def scope(self, cloud: str, region: str) -> Scope:
        """Return a scope by its names."""
        return next(scope for scope in self.clouds.scopes if cloud in scope.clouds and scope.region == region)

    def servers(self, scope: Scope, word: str = "ACTIVE") -> list[Entry]:
        """Read the servers of a status that rest, as a list shows them."""
        found = read_all(self.clouds, SERVER, [scope])
        return [entry for entry in found if entry.status.word == word and not entry.status.task]

    def start(self, action: str, entries: Sequence[Entry], *choices: str, **values: Any) -> Operation:
        """Start an action by its id."""
        return self.operations.start(ACTIONS[action], entries, values, choices)

    def now(self, operation: Operation) -> Operation:
        """Return how an operation stands."""
        self.events += self.inbox.drain()
        found = self.operations.get(operation.id)
        assert found is not None
        return found

    def ended(self, operation: Operation, timeout: float = 30.0) -> Operation:
        """Wait for its end."""
        wait_until(lambda: not self.now(operation).open, f"{operation.title} ended", timeout)
        return self.now(operation)

    def reaches(self, operation: Operation, *phases: StepPhase, timeout: float = 30.0) -> Step:
        """Wait until the first step has come to one of the phases; on a busy machine it may be past it already."""
        wait_until(
            lambda: any(phase in self.now(operation).steps[0].at for phase in phases),
            f"{operation.title}: {' or '.join(phases)}",
            timeout,
        )
        return self.now(operation).steps[0]

    def stop(self) -> None:
        """End it."""
        self.operations.stop()
        self.workers.close()


def phases(steps: Iterable[Step]) -> dict[StepPhase, int]:
    """Count steps by phase."""
    found: dict[StepPhase, int] = {}
    for step in steps:
        found[step.phase] = found.get(step.phase, 0) + 1
    return found
