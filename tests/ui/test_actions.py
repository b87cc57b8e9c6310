"""Actions on the screen, over a demo cloud: menu, dialogs, bulk, read-only, notices, the board."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ui.acting_app import at_home, changes, control, opened, text_of
from tui.demo.process import DemoCloud
from tui.live.steps import StepPhase
from tui.resources.registry import KINDS
from tui.ui.action_menu import ActionMenu
from tui.ui.confirm import ActionConfirm
from tui.ui.dialog import Confirm
from tui.ui.operations_board import OperationsScreen
from tui.ui.screen import BrowseScreen


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo: DemoCloud) -> None:
    at_home(tmp_path, monkeypatch, demo)
    control(demo, "faults", "DELETE")
    control(demo, "requests", "DELETE")


async def test_the_menu_has_every_action_and_says_why_one_is_off(demo: DemoCloud) -> None:
    async with opened() as hands:
        hands.stand_on(hands.row(status="ACTIVE"))
        await hands.press("a")
        menu = await hands.top(ActionMenu)
        assert {row.action.id for row in menu.rows} == {action.id for action in KINDS["server"].actions}
        start = next(row for row in menu.rows if row.action.id == "server.start")
        assert start.off
        assert "off: it is running already" in text_of(menu)
        await hands.press("s")
        assert hands.app.screen is menu
        await hands.press("exclamation_mark")
        assert "Start" not in text_of(menu)
        await hands.press("slash", *"hard", "enter")
        assert "Reboot hard" in (await hands.top(ActionConfirm)).ask.yes
        await hands.press("n")
        assert changes(demo) == []


async def test_a_disruptive_deed_asks_and_the_row_shows_its_aim(demo: DemoCloud) -> None:
    async with opened() as hands:
        row = hands.row(status="ACTIVE")
        hands.stand_on(row)
        for answer in ("n", "escape", "enter", "q"):
            await hands.press("a")
            await hands.top(ActionMenu)
            await hands.press("S")
            await hands.top(ActionConfirm)
            await hands.press(answer)
            await hands.top(BrowseScreen)
        assert changes(demo) == []
        await hands.press("a")
        await hands.top(ActionMenu)
        await hands.press("S")
        dialog = await hands.top(ActionConfirm)
        assert row.id in text_of(dialog)
        assert row.scope.label in text_of(dialog)
        control(demo, "faults", "POST", {"fault": f"latency=2:/servers/{row.id}/action"})
        await hands.press("y")
        status, _, _ = hands.app.browse.browsing.standing(row)
        assert (status.word, status.task) == ("ACTIVE", "→ SHUTOFF")
        await hands.ended()
        await hands.until(lambda: hands.status(row) == "SHUTOFF", "SHUTOFF")
        await hands.until(lambda: " stopped in " in hands.said, "it is said")
        assert [change for change in changes(demo) if change.endswith("/action")] == changes(demo)
        assert len(changes(demo)) == 1


async def test_a_reversible_deed_on_one_row_asks_nothing(demo: DemoCloud) -> None:
    async with opened() as hands:
        row = hands.row(status="SHUTOFF")
        hands.stand_on(row)
        await hands.press("a")
        await hands.top(ActionMenu)
        await hands.press("s")
        await hands.ended()
        await hands.until(lambda: hands.status(row) == "ACTIVE", "ACTIVE")
        assert len(changes(demo)) == 1


async def test_several_marked_rows_act_where_they_can_and_say_where_not(demo: DemoCloud) -> None:
    async with opened() as hands:
        running = [hands.row(status="ACTIVE", skip=number) for number in range(3)]
        off = hands.row(status="SHUTOFF")
        await hands.mark(*running, off)
        await hands.press("a")
        menu = await hands.top(ActionMenu)
        assert "3 of 4, not 1: it is not running" in text_of(menu)
        rename = next(row for row in menu.rows if row.action.id == "server.rename")
        assert rename.off
        await hands.press("S")
        dialog = await hands.top(ActionConfirm)
        assert [entry.key for entry, _ in dialog.ask.unable] == [off.key]
        assert "left out" in text_of(dialog)
        await hands.press("y")
        operation = await hands.ended()
        assert {step.key for step in operation.steps} == {row.key for row in running}
        await hands.until(lambda: "3 servers stopped in " in hands.said, "it is said")
        assert "1 was left out: it is not running" in hands.said
        assert not hands.app.browse.table.marks


async def test_marks_that_the_filter_hides_are_a_group_of_their_own(demo: DemoCloud) -> None:
    async with opened() as hands:
        seen, unseen = hands.row(status="ACTIVE"), hands.row(status="ACTIVE", skip=5)
        await hands.mark(seen, unseen)
        hands.app.browse.refilter(f"id:{seen.id}")
        await hands.press("ctrl+d")
        dialog = await hands.top(ActionConfirm)
        hidden = [group for group in dialog.ask.groups if group.hidden]
        assert [entry.key for group in hidden for entry in group.entries] == [unseen.key]
        assert "hidden by the filter" in text_of(dialog)
        await hands.press("n")
        assert changes(demo) == []


async def test_a_marked_row_that_goes_takes_its_mark_along(demo: DemoCloud) -> None:
    async with opened() as hands:
        gone, stays = hands.row(status="ACTIVE", skip=8), hands.row(status="ACTIVE", skip=9)
        key, name = gone.key, stays.key
        await hands.mark(gone, stays)
        control(demo, f"servers/{gone.id}", "DELETE")
        await hands.until(lambda: hands.app.browse.table.marks == {name}, "the mark's end", 40)
        assert key not in {entry.key for entry in hands.app.browse.browsing.rows}
        detail = hands.app.browse.lines.detail
        await hands.until(lambda: "◆ 1 marked" in detail.render_line(0).text, "the line that counts them")


async def test_nothing_agrees_before_the_consequences_are_looked_up(demo: DemoCloud) -> None:
    async with opened() as hands:
        row = hands.row(status="ACTIVE")
        hands.stand_on(row)
        control(demo, "faults", "POST", {"fault": f"latency=2:/servers/{row.id}"})
        await hands.press("ctrl+d")
        dialog = await hands.top(ActionConfirm)
        assert dialog.consequences is None
        await hands.press("y", "Y", "tab", "tab", "tab", "enter")
        if dialog.consequences is None:
            assert hands.app.screen is dialog
            assert "looking it up" in text_of(dialog)
        assert changes(demo) == []
        await hands.until(lambda: dialog.consequences is not None, "the consequences")
        assert "server is deleted" in text_of(dialog)
        await hands.press("y")
        await hands.ended()
        await hands.until(lambda: hands.status(row) == "", "the row is gone")
        assert [change.split()[0] for change in changes(demo)] == ["DELETE"]


async def test_what_cannot_be_looked_up_is_said_and_raises_the_tier(demo: DemoCloud) -> None:
    async with opened() as hands:
        row = hands.row(status="ACTIVE")
        hands.stand_on(row)
        control(demo, "faults", "POST", {"fault": f"forbidden:{row.scope.cloud}/*/network"})
        await hands.press("ctrl+d")
        dialog = await hands.top(ActionConfirm)
        await hands.until(lambda: dialog.consequences is not None, "the consequences")
        assert "could not be looked up" in text_of(dialog)
        assert dialog.ask.typed
        await hands.press("tab", "tab", "tab", "y")
        assert hands.app.screen is dialog
        assert changes(demo) == []


async def test_more_than_five_are_deleted_only_by_typing_their_number(demo: DemoCloud) -> None:
    async with opened() as hands:
        rows = [hands.row(status="ACTIVE", skip=number) for number in range(6)]
        await hands.mark(*rows)
        await hands.press("ctrl+d")
        dialog = await hands.top(ActionConfirm)
        await hands.until(lambda: dialog.consequences is not None, "the consequences")
        assert "6 servers are deleted" in text_of(dialog)
        await hands.press("y", "enter", "5", "enter")
        assert hands.app.screen is dialog
        assert changes(demo) == []
        await hands.press("backspace", "6", "enter")
        await hands.ended()
        await hands.until(lambda: not any(hands.status(row) for row in rows), "all six are gone")
        assert len(changes(demo)) == 6
        await hands.until(lambda: "6 servers deleted in " in hands.said, "it is said")


async def test_a_protected_cloud_wants_the_name(demo: DemoCloud, tmp_path: Path) -> None:
    settings = tmp_path / "config" / "stackdeck" / "settings.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text("[clouds.lab]\nprotected = true\n")
    async with opened(clouds=("lab",)) as hands:
        row = next(entry for entry in hands.app.browse.browsing.rows if entry.row.name.isascii())  # type: ignore[attr-defined]
        hands.stand_on(row)
        await hands.press("a")
        await hands.top(ActionMenu)
        await hands.press("X") if hands.status(row) == "SHUTOFF" else await hands.press("R")
        dialog = await hands.top(ActionConfirm)
        await hands.until(lambda: dialog.ask.ready, "what happens")
        assert "a protected cloud" in dialog.heading
        await hands.press("y", "enter")
        assert hands.app.screen is dialog
        await hands.press("backspace")
        await hands.press("escape")
        assert changes(demo) == []


async def test_read_only_offers_nothing_and_sends_nothing(demo: DemoCloud) -> None:
    async with opened(read_only=True) as hands:
        hands.stand_on(hands.row(status="ACTIVE"))
        for key in ("ctrl+d", "b", "B", "f"):
            await hands.press(key)
            assert isinstance(hands.app.screen, BrowseScreen), key
            assert "--read-only" in hands.said, key
        await hands.press("a")
        menu = await hands.top(ActionMenu)
        assert all(row.off and "--read-only" in row.note for row in menu.rows)
        for row in menu.rows:
            await hands.press(*(row.action.letter or row.action.key,))
        await hands.press("enter")
        assert hands.app.screen is menu
        assert changes(demo) == []


async def test_rows_of_a_place_that_does_not_answer_are_left_alone(demo: DemoCloud) -> None:
    async with opened() as hands:
        row = hands.row(status="ACTIVE", region="muc1")
        hands.stand_on(row)
        control(demo, "faults", "POST", {"fault": "unavailable:lab/muc1/compute"})
        await hands.press("ctrl+r")
        await hands.until(lambda: hands.app.browse.browsing.fleet.stale(row), "the place fails")
        hands.stand_on(row)
        await hands.press("ctrl+d")
        assert isinstance(hands.app.screen, BrowseScreen)
        assert "has not answered" in hands.said


async def test_the_board_tells_a_refusal_in_the_servers_words_and_retries(demo: DemoCloud) -> None:
    async with opened() as hands:
        rows = [hands.row(status="ACTIVE", skip=number) for number in range(2)]
        await hands.mark(*rows)
        control(demo, "faults", "POST", {"fault": f"conflict:/servers/{rows[0].id}/action"})
        await hands.press("a")
        await hands.top(ActionMenu)
        await hands.press("S")
        await hands.top(ActionConfirm)
        await hands.press("y")
        operation = await hands.ended()
        assert operation.counts == {StepPhase.DONE: 1, StepPhase.REFUSED: 1}
        await hands.until(lambda: "409" in hands.said, "it is said")
        control(demo, "faults", "DELETE")
        await hands.press("colon", *"operations", "enter")
        screen = await hands.top(OperationsScreen)
        board = screen.board
        while board.step is not None and board.step.phase is not StepPhase.REFUSED:
            await hands.press("j")
        shown = "\n".join("".join(span.text for span in line) for line, _ in board._lines)
        assert "409" in shown
        assert "server stop" in shown
        await hands.press("r")
        again = await hands.until(lambda: next((o for o in screen.operations.all() if not o.open), None), "its end")
        assert again.counts == {StepPhase.DONE: 2}
        await hands.press("escape")
        await hands.until(lambda: all(hands.status(row) == "SHUTOFF" for row in rows), "both are off")


async def test_leaving_while_something_runs_says_so(demo: DemoCloud) -> None:
    async with opened() as hands:
        row = hands.row(status="ACTIVE")
        hands.stand_on(row)
        control(demo, "faults", "POST", {"fault": f"latency=6:/servers/{row.id}/action"})
        await hands.press("a")
        await hands.top(ActionMenu)
        await hands.press("r")
        await hands.press("q")
        dialog = await hands.top(Confirm)
        assert "1 operation is still running" in text_of(dialog)
        await hands.press("n")
        await hands.ended()


async def test_the_audit_log_can_be_read(demo: DemoCloud) -> None:
    async with opened() as hands:
        row = hands.row(status="SHUTOFF")
        hands.stand_on(row)
        await hands.press("a")
        await hands.top(ActionMenu)
        await hands.press("s")
        await hands.ended()
        await hands.press("colon", *"audit", "enter")
        await hands.until(lambda: not isinstance(hands.app.screen, BrowseScreen), "the log")
        text = hands.app.screen.whole_text()  # type: ignore[attr-defined]
        assert "server.start" in text
        assert row.id in text
        assert "done after" in text
        assert f"server start {row.id}" in text
