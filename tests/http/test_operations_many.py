"""Operations on many rows: side by side with a cap, each to its own end; retry, cancel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http.board import Board, Control, phases
from tests.waiting import wait_until
from tui.cloud import Clouds
from tui.config.settings import Settings
from tui.demo.process import DemoCloud
from tui.live.audit import read_audit
from tui.live.steps import OPEN, StepPhase
from tui.model.status import Health


@pytest.fixture
def cloud() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--servers", "700") as found:
        yield found


@pytest.fixture
def control(cloud: DemoCloud) -> Control:
    return Control(cloud.url)


@pytest.fixture
def clouds(cloud: DemoCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clouds]:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_file))
    found = Clouds.load(settings=Settings(), token_cache=False)
    yield found
    found.close()


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


def test_200_rows_of_which_one_in_ten_fails(clouds: Clouds, control: Control, audit: Path) -> None:
    board = Board(clouds, at_once=50, audit=audit)
    try:
        places = [board.scope("prod-eu", "fra1"), board.scope("prod-us", "iad1")]
        targets = [entry for place in places for entry in board.servers(place)[:100]]
        doomed = {entry.id for entry in targets[::10]}
        control.fault(*(f"conflict:/servers/{ident}/action" for ident in doomed))
        operation = board.start("server.stop", targets)
        assert operation.title == "Stop 200 servers"
        assert operation.places == ("prod-eu fra1", "prod-us iad1")
        ended = board.ended(operation, 120.0)
        assert phases(ended.steps) == {StepPhase.DONE: 180, StepPhase.REFUSED: 20}
        assert {step.ident for step in ended.steps if step.phase is StepPhase.REFUSED} == doomed
        assert ended.health is Health.BROKEN
        assert all(control.posts(entry.id) == 1 for entry in targets[::7])
        assert control.mutating() == 200
        control.mend()
        assert board.operations.retry(operation.id) == 20
        again = board.ended(operation, 60.0)
        assert phases(again.steps) == {StepPhase.DONE: 200}
        assert control.mutating() == 220
        assert {control.server(ident)["status"] for ident in doomed} == {"SHUTOFF"}
        lines = read_audit(path=audit)
        assert sum(line["what"] == "intent" for line in lines) == 220
        assert sum(line.get("outcome") == "done" for line in lines) == 200
        assert sum(line.get("status") == 409 for line in lines) == 20
    finally:
        board.stop()


def test_what_waits_can_be_cancelled_and_never_more_are_under_way_than_may_be(clouds: Clouds, control: Control) -> None:
    board = Board(clouds, at_once=3)
    try:
        targets = board.servers(board.scope("prod-eu", "ams1"))[:30]
        operation = board.start("server.stop", targets)
        most = 0

        def some_done() -> bool:
            nonlocal most
            steps = board.now(operation).steps
            most = max(most, sum(step.phase in OPEN and step.phase is not StepPhase.WAITING for step in steps))
            return sum(step.phase is StepPhase.DONE for step in steps) >= 3

        wait_until(some_done, "three are done")
        cancelled = board.operations.cancel(operation.id)
        assert 1 <= cancelled <= 27
        ended = board.ended(operation)
        counts = phases(ended.steps)
        assert counts == {StepPhase.DONE: 30 - cancelled, StepPhase.CANCELLED: cancelled}
        assert 1 < most <= 3
        assert control.mutating() == 30 - cancelled
        kept = next(step for step in ended.steps if step.phase is StepPhase.CANCELLED)
        assert board.operations.aim_of(kept.key) == ""
        assert board.operations.retry(operation.id, [kept.key]) == 1
        assert phases(board.ended(operation).steps)[StepPhase.CANCELLED] == cancelled - 1
    finally:
        board.stop()


def test_a_place_that_hangs_holds_no_other(clouds: Clouds, control: Control) -> None:
    board = Board(clouds)
    try:
        there, here = board.scope("prod-eu", "fra1"), board.scope("prod-us", "sjc2")
        targets = [board.servers(there)[0], *board.servers(here)[:3]]
        control.fault("hang:prod-eu/fra1/compute")
        operation = board.start("server.stop", targets)
        wait_until(
            lambda: phases(board.now(operation).steps).get(StepPhase.DONE) == 3, "the others are done", timeout=20.0
        )
        assert board.now(operation).steps[0].phase is StepPhase.READING
    finally:
        control.mend()
        board.stop()


def test_a_single_row_does_not_wait_behind_many(clouds: Clouds, control: Control) -> None:
    board = Board(clouds, at_once=8)
    try:
        targets = board.servers(board.scope("prod-us", "iad1"))[:100]
        many = board.start("server.stop", targets[:-1])
        one = board.start("server.stop", targets[-1:])
        assert board.ended(one).steps[0].phase is StepPhase.DONE
        assert board.now(many).open
        assert [operation.id for operation in board.operations.all()] == [one.id, many.id]
        board.operations.cancel(many.id)
    finally:
        board.stop()
