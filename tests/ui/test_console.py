"""Console logs on the screen: followed while they are seen, searched, filtered, side by side; and how they look."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.http.stage import Answer, Stage
from tests.pure.test_console import BOOT
from tests.ui.console_stage import Logs, console, environment, opened, picture
from tests.waiting import wait_for
from tui.config.keymap import BY_ID, COMMANDS, LOG
from tui.model.console import Sort
from tui.ui.console_view import ConsoleScreen, fitting
from tui.ui.dialog import Dialog
from tui.ui.help import HelpScreen


@pytest.fixture
def stage() -> Iterator[Stage]:
    """An empty stage with a Keystone."""
    with Stage() as found:
        yield found


@pytest.fixture
def logs(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Logs:
    """Three servers with empty logs."""
    environment(stage, tmp_path, monkeypatch)
    return Logs(stage, "web-1", "web-2", "web-3")


async def test_a_boot_looks_as_in_the_picture(logs: Logs) -> None:
    logs.texts["web-1"] = BOOT
    async with opened() as (app, pilot):
        await console(app, pilot)
        lines = picture(app)
        assert lines[0].startswith(" stackdeck  prod › r1 › web-1 › console log")
        assert lines[0].endswith("● following every 2s")
        assert "login prompt 245s" in lines[1]
        assert lines[1].endswith("last 400 lines   ✗ 1 ▲ 1")
        assert lines[2].startswith("  firmware         ┌   SeaBIOS (version")
        assert any(line.startswith("  kernel      0.0s ├   [    0.000000] Linux version") for line in lines)
        assert any(line.startswith("                   │ ▲ [   14.611090] ens3: DHCPv4: no lease") for line in lines)
        assert any(line.startswith("                   │ ✗ [FAILED] Failed to start") for line in lines)
        assert any(line.startswith("  ci network  124s ├   [  124.310428] cloud-init[711]") for line in lines)
        assert any(line.endswith("━") and "✗" in line for line in lines)
        assert lines[-2].startswith(" ✗ first error at 14.6s  [FAILED] Failed to start systemd")
        assert lines[-1].startswith(" / find  n next match  e next error")
        await pilot.press("e")
        assert any(line.startswith("▌                  │ ✗ [FAILED]") for line in picture(app))


@pytest.mark.parametrize(("size", "phases"), [((80, 24), False), ((60, 15), False), ((160, 45), True)])
async def test_every_size_shows_the_log(logs: Logs, size: tuple[int, int], phases: bool) -> None:
    logs.texts["web-1"] = BOOT
    async with opened(size) as (app, pilot):
        await console(app, pilot)
        lines = picture(app)
        assert any("[FAILED] Failed to start" in line for line in lines)
        assert any("ci done" in line for line in lines) is phases
        assert any(line.endswith("━") for line in lines)
        assert max(len(line) for line in lines) <= size[0]
        await pilot.press("p")
        assert any("ci done" in line for line in picture(app)) is not phases


async def test_it_follows_and_shows_what_is_new_and_a_new_log(logs: Logs) -> None:
    logs.texts["web-1"] = "".join(f"line {n}\n" for n in range(300))
    async with opened() as (app, pilot):
        screen = await console(app, pilot)
        assert "line 299" in picture(app)[-3]
        logs.texts["web-1"] += "line 300\nlogin: "
        await wait_for(lambda: "login:" in picture(app)[-3], "the new line")
        await pilot.press("k", "k", "k")
        logs.texts["web-1"] += "root\nmore\n"
        await wait_for(lambda: "1 new below" in picture(app)[1], "what is new is told")
        await pilot.press("G", "m")
        assert "── " in picture(app)[-3]
        assert "marked" in picture(app)[-3]
        logs.texts["web-1"] = "SeaBIOS again\n"
        await wait_for(lambda: "SeaBIOS again" in picture(app)[-3], "the new log")
        assert "the log begins anew" in picture(app)[-4]
        assert [line.sort for line in screen.pane.sight.lines[-3:]] == [Sort.MARK, Sort.RESET, Sort.TEXT]
        assert all(length == 400 for _, length in logs.asked)


async def test_a_boot_that_was_seen_says_after_what(logs: Logs) -> None:
    path = "/compute/v2.1/servers/web-1/os-instance-actions"
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000")
    actions = [("lock", now), ("reboot", now), ("start", "2026-01-01T00:00:00.000000")]
    records = [{"action": name, "request_id": f"req-{name}", "start_time": at} for name, at in actions]
    logs.stage.on("GET", path, Answer({"instanceActions": records}))
    logs.texts["web-1"] = BOOT
    async with opened() as (app, pilot):
        await console(app, pilot)
        logs.texts["web-1"] += "\n[    0.000000] Linux version 6.8\n"
        await wait_for(lambda: "req-reboot" in "\n".join(picture(app)), "the cause")
        line = next(line for line in picture(app) if "req-reboot" in line)
        assert "the server boots again, after reboot at " in line
        assert logs.stage.count("GET", path) == 1


async def test_nothing_is_asked_unless_it_is_seen_and_followed(logs: Logs) -> None:
    logs.texts["web-1"] = "hello\n"
    async with opened() as (app, pilot):
        screen = await console(app, pilot)
        follower = screen.follower
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        assert follower._cancel is None
        number = len(logs.asked)
        app.pop_screen()
        await wait_for(lambda: len(logs.asked) > number, "it goes on")
        await wait_for(lambda: follower._cancel is not None, "it waits for the next time")
        await pilot.press("s")
        assert follower._cancel is None
        assert "○ not following" in picture(app)[0]
        assert "s follow" in picture(app)[-1]
        await pilot.press("s")
        await wait_for(lambda: follower._cancel is not None or follower._asking, "it follows again")
        await pilot.press("escape")
        assert not isinstance(app.screen, ConsoleScreen)
        assert follower._cancel is None


async def test_keys_pressed_often_ask_no_more_often(logs: Logs) -> None:
    async with opened() as (app, pilot):
        screen = await console(app, pilot)
        number, start = len(logs.asked), time.monotonic()
        for _ in range(20):
            await pilot.press("ctrl+r", "s", "s")
        assert len(logs.asked) <= number + 1 + (time.monotonic() - start) // 2
        assert screen.follower._cancel is not None


async def test_search_filter_and_only_errors(logs: Logs) -> None:
    logs.texts["web-1"] = BOOT
    async with opened() as (app, pilot):
        screen = await console(app, pilot)
        await pilot.press("slash", *"cloud-init", "enter")
        lines = picture(app)
        assert lines[1].startswith(" / cloud-init")
        assert "1 of 5" in lines[1]
        await pilot.press("n", "n", "N")
        assert "2 of 5" in picture(app)[1]
        await pilot.press("slash", *[*"|panic|failed"], "enter")
        assert "of 6" in picture(app)[1]
        await pilot.press("escape", "f", *"cloud", "enter")
        lines = picture(app)
        assert lines[1].startswith(" & cloud")
        assert f"6 of {len(BOOT.splitlines())} lines" in lines[1]
        await pilot.press("escape", "ctrl+z")
        assert sum("│ ✗" in line or "│ ▲" in line for line in picture(app)) == 2
        await pilot.press("escape")
        assert screen.pane.sight.number == len(screen.pane.sight.lines)
        await pilot.press("escape")
        assert not isinstance(app.screen, ConsoleScreen)


async def test_tail_sizes_times_wrap_and_sideways(logs: Logs) -> None:
    logs.texts["web-1"] = "".join(f"line {n} {'x' * 200} end\n" for n in range(700))
    async with opened() as (app, pilot):
        screen = await console(app, pilot)
        for key, length in (("1", 100), ("5", 1000)):
            screen.follower._asked = 0.0  # as if two seconds had passed
            await pilot.press(key)
            await wait_for(lambda length=length: logs.asked[-1] == ("web-1", length), f"{length} lines are asked for")
            await wait_for(lambda: screen.follower.answered, "the answer")
        assert len(screen.pane.sight.lines) == 700
        await pilot.press("t")
        assert "–  line" in picture(app)[-3]
        await pilot.press("t", "w")
        assert picture(app)[-3].strip(" │┃").endswith("end")
        await pilot.press("w", *["right"] * 16)
        assert "end" in picture(app)[-3]


async def test_several_marked_servers_stand_side_by_side(logs: Logs) -> None:
    for name in logs.texts:
        logs.texts[name] = f"this is {name}\n"
    async with opened() as (app, pilot):
        await pilot.press("space", "space", "space")
        screen = await console(app, pilot)
        lines = picture(app)
        assert lines[0] == " stackdeck  console logs of 3 servers"
        assert all(name in lines[1] for name in logs.texts)
        assert all(f"this is {name}" in lines[3] for name in logs.texts)
        await pilot.press("tab", "slash", *"web-2", "enter")
        assert [bool(each.pane.sight.found) for each in screen.followers] == [False, True, False]
        assert {name for name, _ in logs.asked} == set(logs.texts)


async def test_more_than_fit_are_told(logs: Logs) -> None:
    assert (fitting(80), fitting(200), fitting(1000), fitting(20)) == (2, 5, 6, 1)
    async with opened((80, 24)) as (app, pilot):
        await pilot.press("asterisk")
        screen = await console(app, pilot)
        assert len(screen.followers) == 2
        assert "2 of 3 marked servers are shown" in picture(app)[-2]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, ["The console log is empty.", "console=ttyS0"]),
        (Answer({"itemNotFound": {"code": 404, "message": "Unable to get console"}}, 404),
         ["There is no console log.", "no serial console is set up", "said  404 Unable to get console"]),
        (Answer({"conflictingRequest": {"code": 409, "message": "not ready"}}, 409), ["409 not ready", "ACTIVE"]),
        (Answer({"forbidden": {"code": 403, "message": "Policy doesn't allow it"}}, 403),
         ["Policy doesn't allow it", "ask again now"]),
    ],
)  # fmt: skip
async def test_no_log_says_why(logs: Logs, answer: Answer | None, words: list[str]) -> None:
    if answer is not None:
        logs.refused["web-1"] = answer
    async with opened() as (app, pilot):
        await console(app, pilot)
        text = "\n".join(picture(app))
        for word in words:
            assert word in text


async def test_a_failing_cloud_leaves_the_lines_and_says_so(logs: Logs) -> None:
    logs.texts["web-1"] = "hello\n"
    async with opened() as (app, pilot):
        await console(app, pilot)
        logs.refused["web-1"] = Answer({"computeFault": {"code": 500, "message": "boom"}}, 500)
        await wait_for(lambda: "as of" in picture(app)[0], "it says so")
        lines = picture(app)
        assert "hello" in lines[2]
        assert lines[-2].startswith(" ✗ ")
        assert "ctrl+r ask again now" in lines[-2]


async def test_hostile_logs_are_inert(logs: Logs) -> None:
    logs.texts["web-1"] = "\x1b]52;c;cm0=\x07 \x1b[2J \u202e [red]x[/] \x9b31m \x1bc \x1b[6n 日本\n" * 50
    async with opened() as (app, pilot):
        await console(app, pilot)
        for key in ("w", "t", "p", "n", "right"):
            await pilot.press(key)
            text = "".join(picture(app))
            assert "[red]x[/]" in text or key == "right"
            assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or char == "\u202e" for char in text)


def saved(home: Path) -> list[str]:
    return next(home.glob("*.log")).read_text().splitlines()


async def test_saving_and_copying_what_is_shown(logs: Logs, tmp_path: Path) -> None:
    logs.texts["web-1"] = BOOT
    async with opened() as (app, pilot):
        await console(app, pilot)
        await pilot.press("ctrl+z", "ctrl+s")
        dialog = app.screen
        assert isinstance(dialog, Dialog)
        await wait_for(lambda: dialog.listening, "the dialog listens")
        await pilot.press("enter")
        await wait_for(lambda: list(tmp_path.glob("stackdeck-console-web-1-*.log")), "the file")
        await wait_for(lambda: "2 lines saved" in picture(app)[-2], "it says so")
        assert saved(tmp_path)[1].startswith("[FAILED]")
        await pilot.press("c")
        assert isinstance(app.screen, Dialog)


async def test_every_key_of_logs_does_something_and_stands_in_help(logs: Logs) -> None:
    async with opened((160, 60)) as (app, pilot):
        screen = await console(app, pilot)
        wanted = {command.id for command in COMMANDS if LOG in command.where}
        assert wanted - {"log.size"} <= screen._deeds.keys()
        await pilot.press("question_mark")
        text = "\n".join(picture(app))
        for id_ in wanted:
            assert BY_ID[id_].title in text, id_


async def test_other_kinds_have_no_log(logs: Logs) -> None:
    logs.stage.on("GET", "/compute/v2.1/flavors/detail", Answer({"flavors": [{"id": "f1", "name": "m1"}]}))
    async with opened() as (app, pilot):
        await pilot.press("colon", *"flavors", "enter")
        await wait_for(lambda: app.browse.browsing.rows, "a flavor")
        await pilot.press("l")
        assert "have no console log" in "\n".join(picture(app))
        assert not isinstance(app.screen, ConsoleScreen)
