"""Operations that make something: watched to their end, found out where no answer came, never made twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.http.board import ACTIONS, Board, Control
from tests.waiting import wait_until
from tui.cloud import Clouds
from tui.config.settings import Settings, Timeouts
from tui.demo.process import DemoCloud
from tui.live import tracing
from tui.live.audit import read_audit
from tui.live.reading import read_all
from tui.live.steps import Operation, StepPhase
from tui.model.place import Scope
from tui.model.status import Health
from tui.resources.registry import KINDS


@pytest.fixture(scope="module")
def cloud() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still") as found:
        yield found


@pytest.fixture
def control(cloud: DemoCloud) -> Iterator[Control]:
    found = Control(cloud.url)
    found.send("DELETE", "requests")
    yield found
    found.mend()


@pytest.fixture
def board(cloud: DemoCloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Board]:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_file))
    clouds = Clouds.load(settings=Settings(timeouts=Timeouts(connect=5.0, list=5.0, other=5.0)), token_cache=False)
    found = Board(clouds, audit=tmp_path / "audit.jsonl")
    yield found
    found.stop()
    clouds.close()


@pytest.fixture
def scope(board: Board) -> Scope:
    return board.scope("prod-us", "iad1")


def boot(board: Board, scope: Scope, name: str, **values: Any) -> Operation:
    """Boot with the smallest flavor that the first image fits on."""
    connection = board.clouds.api(scope).connection()
    image = next(each for each in connection.image.images() if each.status == "active")
    network = next(each for each in connection.network.networks() if not each.is_router_external)
    roomy = [each for each in connection.compute.flavors() if each.disk >= (image.min_disk or 0) and each.disk >= 10]
    flavor = min(roomy, key=lambda each: each.ram)
    given = {
        "name": name,
        "count": 1,
        "source": "image",
        "image": image.id,
        "flavor": flavor.id,
        "networks": (network.id,),
        **values,
    }
    return board.operations.start(ACTIONS["server.boot"], [], given, scope=scope)


def named(board: Board, scope: Scope, kind: str, name: str) -> int:
    """How many of that name there are."""
    return sum(KINDS[kind].name(entry.row) == name for entry in read_all(board.clouds, KINDS[kind], [scope]))


def test_a_boot_is_watched_to_its_end_and_through_its_phases(
    board: Board, control: Control, scope: Scope, tmp_path: Path
) -> None:
    operation = boot(board, scope, "made-1", admin_password="hush-hush-1")
    assert operation.title == "Boot made-1"
    step = board.ended(operation).steps[0]
    assert (step.phase, step.name) == (StepPhase.DONE, "made-1")
    assert control.server(step.made)["status"] == "ACTIVE"
    assert step.request_id.startswith("req-")
    wait_until(lambda: board.now(operation).steps[0].stages, "its phases are told")
    assert len(control.send("GET", "requests")["mutations"]) == 1
    log = (tmp_path / "audit.jsonl").read_text()
    assert "hush-hush-1" not in log
    assert [line["what"] for line in read_audit(path=tmp_path / "audit.jsonl")] == ["result", "intent"]
    assert read_audit(path=tmp_path / "audit.jsonl")[0]["id"] == step.made


def test_several_are_several_steps(board: Board, control: Control, scope: Scope) -> None:
    operation = boot(board, scope, "many-{n:02}", count=3)
    assert operation.title == "Boot 3 servers"
    ended = board.ended(operation)
    assert [step.name for step in ended.steps] == ["many-01", "many-02", "many-03"]
    assert [step.phase for step in ended.steps] == [StepPhase.DONE] * 3
    assert len({step.made for step in ended.steps}) == 3
    assert control.mutating() == 3


@pytest.mark.parametrize("fault", ["unanswered", "error=504"])
def test_a_boot_without_an_answer_is_found_by_its_name(
    board: Board, control: Control, scope: Scope, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "PATIENCE", 3.0)
    name = f"silent-{fault[:5]}"
    control.fault(f"{fault}:prod-us/iad1/compute/servers:once")
    # `once` would be spent by a read: the only request for this path before the POST is none.
    operation = boot(board, scope, name)
    board.reaches(operation, StepPhase.CHECKING)
    step = board.ended(operation).steps[0]
    made = named(board, scope, "server", name)
    posts = sum(each.startswith("POST ") for each in control.send("GET", "requests")["mutations"])
    assert posts == 1
    if fault == "unanswered":
        assert (step.phase, made) == (StepPhase.DONE, 1)
        assert control.server(step.made)["name"] == name
    else:
        assert (step.phase, made) == (StepPhase.UNKNOWN, 0)
        assert board.operations.retry(operation.id) == 1
        board.ended(operation)
        assert sum(each.startswith("POST ") for each in control.send("GET", "requests")["mutations"]) == 1


def test_a_boot_that_fails_tells_the_fault_and_is_not_made_twice(board: Board, control: Control, scope: Scope) -> None:
    operation = board.ended(boot(board, scope, "doomed", metadata={"demo_fault": "spawn"}), 60.0)
    step = operation.steps[0]
    assert step.phase is StepPhase.FAILED
    assert control.server(step.made)["status"] == "ERROR"
    assert step.trouble is not None
    assert step.trouble.said
    assert board.operations.retry(operation.id) == 0
    assert control.mutating() == 1


def test_what_cannot_be_prepared_is_not_sent(board: Board, control: Control, scope: Scope) -> None:
    step = board.ended(boot(board, scope, "nowhere", networks=("no-such-network",))).steps[0]
    assert step.phase in (StepPhase.REFUSED, StepPhase.LEFT_OUT)
    assert "no-such-network" in step.result
    assert control.mutating() == 0


def test_a_quota_refuses_a_boot(board: Board, control: Control, scope: Scope) -> None:
    control.fault("quota:prod-us/iad1/compute/servers")
    step = board.ended(boot(board, scope, "too-much")).steps[0]
    assert step.phase is StepPhase.REFUSED
    assert "Quota exceeded" in step.result
    assert control.mutating() == 1


def test_what_failed_afterwards_is_told_and_wants_attention(board: Board, control: Control, scope: Scope) -> None:
    connection = board.clouds.api(scope).connection()
    outside = next(each for each in connection.network.networks() if each.is_router_external)
    control.fault("quota=409:prod-us/iad1/network/floatingips")
    operation = board.ended(boot(board, scope, "inside", floating=outside.id))
    step = operation.steps[0]
    assert (step.phase, operation.health) == (StepPhase.DONE, Health.ATTENTION)
    assert step.result.startswith("it was made; then: ")
    assert board.operations.retry(operation.id) == 0


def test_a_keypair_its_secret_is_shown_once(board: Board, control: Control, scope: Scope, tmp_path: Path) -> None:
    operation = board.operations.start(ACTIONS["keypair.create"], [], {"name": "mine", "private": "show"}, scope=scope)
    step = board.ended(operation).steps[0]
    assert (step.phase, step.has_secret) == (StepPhase.DONE, True)
    secret = board.operations.reveal(operation.id, step.key)
    assert secret is not None
    assert "PRIVATE KEY" in secret[1]
    assert board.operations.reveal(operation.id, step.key) is None
    assert not board.now(operation).steps[0].has_secret
    assert "PRIVATE KEY" not in (tmp_path / "audit.jsonl").read_text() + repr(board.now(operation))


def test_what_a_service_never_answered_is_found_out_for_other_kinds_too(
    board: Board, control: Control, scope: Scope
) -> None:
    control.fault("unanswered:/security-groups")
    made = board.operations.start(
        ACTIONS["security_group.create"], [], {"name": "found-out", "description": ""}, scope=scope
    )
    board.reaches(made, StepPhase.CHECKING)
    assert board.ended(made).steps[0].phase is StepPhase.DONE
    assert named(board, scope, "security_group", "found-out") == 1
    group = next(
        entry
        for entry in read_all(board.clouds, KINDS["security_group"], [scope])
        if KINDS["security_group"].name(entry.row) == "found-out"
    )
    gone = board.start("security_group.delete", [group])
    board.reaches(gone, StepPhase.CHECKING)
    step = board.ended(gone).steps[0]
    assert (step.phase, step.result) == (StepPhase.DONE, "no answer came, but it is gone")
    assert control.mutating() == 2
