"""`:events`: what was done to a server, with what was asked from here; it follows while something is under way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.http.stage import Answer, Stage
from tests.ui.console_stage import COMPUTE, Logs, environment, opened, picture
from tests.waiting import wait_for
from tui.ui.app import StackdeckApp
from tui.ui.events_view import EventsScreen

PATH = f"{COMPUTE}/servers/web-1/os-instance-actions"


@pytest.fixture
def stage() -> Iterator[Stage]:
    """An empty stage with a Keystone."""
    with Stage() as found:
        yield found


@pytest.fixture
def logs(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Logs:
    """A server."""
    environment(stage, tmp_path, monkeypatch)
    return Logs(stage, "web-1")


def record(stage: Stage, *actions: dict[str, Any]) -> None:
    """Let Nova tell these actions; their events only one by one."""
    brief = [{key: value for key, value in action.items() if key != "events"} for action in actions]
    stage.on("GET", PATH, Answer({"instanceActions": brief}))
    for action in actions:
        stage.on("GET", f"{PATH}/{action['request_id']}", Answer({"instanceAction": action}))


def action(name: str, number: int, *events: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "action": name, "request_id": f"req-{number}", "user_id": "u1", "message": None, "events": list(events),
        "start_time": f"2026-11-20T10:00:{number:02}.000000", "updated_at": f"2026-11-20T10:00:{number + 5:02}.000000",
        **more,
    }  # fmt: skip


def event(name: str, result: str | None = "Success", **more: Any) -> dict[str, Any]:
    finish = "2026-11-20T10:00:07.000000" if result else None
    return {"event": name, "start_time": "2026-11-20T10:00:03.000000", "finish_time": finish, "result": result, **more}


async def events(app: StackdeckApp, pilot: Any) -> EventsScreen:
    await pilot.press("colon", *"events", "enter")
    screen = app.screen
    assert isinstance(screen, EventsScreen)
    await wait_for(lambda: screen._history or screen._trouble, "an answer")
    await pilot.pause()
    return screen


async def test_actions_their_events_and_reasons(logs: Logs) -> None:
    bad = event("compute_reboot_instance", "Error", host="cmp-1", details="no disk", traceback="Traceback\n line 9")
    record(logs.stage, action("reboot", 3, bad, message="Error"), action("create", 1, event("compute__do_build")))
    async with opened() as (app, pilot):
        await events(app, pilot)
        lines = picture(app)
        text = "\n".join(lines)
        assert lines[0].startswith(" stackdeck  prod › r1 › web-1 › events")
        assert text.index("reboot") < text.index("create")
        for words in ("✗ reboot", "took 4s", "req-3", "cmp-1", "no disk", "line 9", "● create", "by user u1"):
            assert words in text, words


async def test_it_follows_what_is_under_way_and_asks_ended_ones_no_more(logs: Logs) -> None:
    old = action("create", 1, event("build"))
    record(logs.stage, action("reboot", 3, event("compute_reboot", None)), old)
    async with opened() as (app, pilot):
        screen = await events(app, pilot)
        assert "under way" in "\n".join(picture(app))
        record(logs.stage, action("reboot", 3, event("compute_reboot")), old)
        await wait_for(lambda: "under way" not in "\n".join(picture(app)), "its end")
        assert logs.stage.count("GET", f"{PATH}/req-1") == 1
        assert logs.stage.count("GET", f"{PATH}/req-3") >= 2
        await pilot.press("question_mark")
        assert screen._stop is None


async def test_what_policy_hides_and_what_fails(logs: Logs) -> None:
    hidden = action("stop", 3)
    del hidden["events"]
    record(logs.stage, hidden, action("start", 1))
    logs.stage.on("GET", f"{PATH}/req-1", Answer({"forbidden": {"code": 403, "message": "no"}}, 403))
    async with opened() as (app, pilot):
        screen = await events(app, pilot)
        assert "Events: Your role may not see its events." in "\n".join(picture(app))
        logs.stage.on("GET", PATH, Answer({"computeFault": {"code": 500, "message": "boom"}}, 500))
        await pilot.press("ctrl+r")
        await wait_for(lambda: screen._trouble is not None, "the failure")
        text = "\n".join(picture(app))
        assert "boom" in text
        assert "stop" in text
