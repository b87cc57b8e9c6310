"""The dashboard on a stage: servers whose console logs and histories a test writes itself."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from textual.pilot import Pilot

from tests.http.stage import Answer, Seen, Stage
from tests.waiting import wait_for
from tui.config.options import Options
from tui.ui.app import StackdeckApp
from tui.ui.console_view import ConsoleScreen

COMPUTE = "/compute/v2.1"


class Logs:
    """Console logs by server; `asked` lists (server, length)."""

    def __init__(self, stage: Stage, *names: str) -> None:
        self.stage = stage
        self.texts: dict[str, str] = {}
        self.refused: dict[str, Answer] = {}
        self.asked: list[tuple[str, int]] = []
        version = {"id": "v2.1", "status": "CURRENT", "version": "2.96", "min_version": "2.1", "links": []}
        stage.on("GET", f"{COMPUTE}/", Answer({"version": version}))
        stage.on("GET", COMPUTE, Answer({"version": version}))
        stage.on("GET", "/network/v2.0/floatingips", Answer({"floatingips": []}))
        stage.on("GET", "/network/v2.0/ports", Answer({"ports": []}))
        rows = []
        for name in names:
            self.texts[name] = ""
            rows.append(
                {"id": name, "name": name, "status": "ACTIVE", "created": "2026-01-01T00:00:00Z", "tenant_id": "p1",
                 "updated": "2026-01-01T00:00:00Z", "OS-EXT-STS:power_state": 1}
            )  # fmt: skip
            stage.on("POST", f"{COMPUTE}/servers/{name}/action", self._answer)
        stage.servers(*rows)

    def _answer(self, seen: Seen) -> Answer:
        name = seen.path.split("/")[-2]
        length = seen.body["os-getConsoleOutput"]["length"]
        self.asked.append((name, length))
        if name in self.refused:
            return self.refused[name]
        return Answer({"output": "\n".join(self.texts[name].split("\n")[-length:])})


def environment(stage: Stage, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing of the machine reach the test, and the clouds.yaml be the stage's."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    for name in ("CONFIG", "CACHE", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(path / name.lower()))
    file = path / "clouds.yaml"
    file.write_text(yaml.safe_dump({"clouds": {"prod": stage.entry()}}))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    monkeypatch.chdir(path)


@asynccontextmanager
async def opened(size: tuple[int, int] = (120, 40), **options: Any) -> AsyncIterator[tuple[StackdeckApp, Pilot[int]]]:
    """Open the dashboard and wait for its rows."""
    app = StackdeckApp(Options(**options))
    async with app.run_test(size=size) as pilot:
        await wait_for(lambda: app.browse.browsing.rows and not app.browse.browsing.loading(), "all lists")
        await pilot.pause()
        yield app, pilot


async def console(app: StackdeckApp, pilot: Pilot[int]) -> ConsoleScreen:
    """Press `l` and wait until every log has answered."""
    await pilot.press("l")
    screen = app.screen
    assert isinstance(screen, ConsoleScreen)
    await wait_for(lambda: all(each.answered or each.trouble for each in screen.followers), "the first answer")
    await pilot.pause()
    return screen


def picture(app: StackdeckApp) -> list[str]:
    """Return the lines of the top screen as text."""
    strips = app.screen._compositor.render_strips()
    return ["".join(segment.text for segment in strip).rstrip() for strip in strips]
