"""The dashboard over a demo cloud for tests of actions: opened in process, and the demo's own count of changes."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from tests.waiting import wait_for
from tui.config.options import Options
from tui.demo.process import DemoCloud
from tui.live.steps import Operation
from tui.model.entry import Entry
from tui.ui.app import StackdeckApp
from tui.ui.dialog import Veiled
from tui.ui.form import FormScreen

S = TypeVar("S", bound=Screen[Any])


def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo: DemoCloud) -> None:
    """Give the dashboard directories of its own and the demo's clouds.yaml."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    for name in ("CONFIG", "CACHE", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(demo.clouds_file))


def control(demo: DemoCloud, path: str, method: str = "GET", body: object = None) -> Any:
    """Ask the demo cloud's control endpoint."""
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(f"{demo.url}/_demo/{path}", data, method=method)  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return json.loads(answer.read() or b"null")


def changes(demo: DemoCloud) -> list[str]:
    """Return every request so far that would change something."""
    found: list[str] = control(demo, "requests")["mutations"]
    return found


class Hands:
    """Somebody at the keyboard of the dashboard."""

    def __init__(self, app: StackdeckApp, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press keys one by one."""
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.pilot.press(*text)

    async def until(self, condition: Callable[[], Any], what: str, timeout: float = 20.0) -> Any:  # noqa: ASYNC109
        """Wait for a condition while the screen goes on."""
        found = await wait_for(condition, what, timeout)
        await self.pilot.pause()
        return found

    async def top(self, kind: type[S]) -> S:
        """Wait for a screen of this sort to listen, and return it."""

        def there() -> bool:
            screen = self.app.screen
            if not isinstance(screen, kind):
                return False
            if isinstance(screen, Veiled):
                return screen.listening
            return not isinstance(screen, FormScreen) or (screen.listening and screen.asking.ready)

        await self.until(there, f"a {kind.__name__}; it is {self.app.screen}")
        screen = self.app.screen
        assert isinstance(screen, kind)
        return screen

    def row(self, *, status: str = "", region: str = "", locked: bool = False, skip: int = 0) -> Entry:
        """Return a shown row by its state and place."""
        found = [
            entry
            for entry in self.app.browse.browsing.rows
            if (not status or entry.status.word == status)
            and not entry.status.task
            and (not region or entry.scope.region == region)
            and bool(getattr(entry.row, "locked", False)) == locked
        ]
        return found[skip]

    def stand_on(self, entry: Entry) -> None:
        """Put the cursor on a row."""
        assert self.app.browse.table.find(entry.key)

    async def mark(self, *entries: Entry) -> None:
        """Mark rows."""
        for entry in entries:
            self.stand_on(entry)
            await self.press("space")

    def status(self, entry: Entry) -> str:
        """Return the status of a row as it is now; empty when it is gone."""
        now = self.app.browse.browsing.fleet.entries(self.app.browse.browsing.kind).get(entry.key)
        return now.status.word if now is not None else ""

    @property
    def said(self) -> str:
        """The sentence in the detail line."""
        return "".join(span.text for span in self.app.browse.lines._said)

    async def ended(self, number: int = 1) -> Operation:
        """Wait until so many operations were started and all have ended; return the newest."""
        operations = self.app.session.operations
        assert operations is not None
        await self.until(lambda: len(operations.all()) >= number and not operations.running, "the operation's end", 40)
        return operations.all()[0]


def text_of(screen: Any) -> str:
    """Return what a dialog says, as one text."""
    width = screen.frame.size.width - 6
    return "\n".join("".join(span.text for span in line) for line in (*screen.body(width), *screen.foot(width)))


@asynccontextmanager
async def opened(size: tuple[int, int] = (120, 40), **options: object) -> AsyncIterator[Hands]:
    """Open the dashboard and wait for all lists."""
    app = StackdeckApp(Options(**options))  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        await wait_for(lambda: app.browse.browsing.scopes and not app.browse.browsing.loading(), "all lists")
        await pilot.pause()
        yield Hands(app, pilot)
