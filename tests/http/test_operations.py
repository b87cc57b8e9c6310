"""Operations on single rows: sent once, ended by Nova's own record, and what goes wrong is told as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from tests.http.board import ACTIONS, Board, Control
from tests.waiting import wait_until
from tui.cloud import Clouds
from tui.config.settings import Settings, Timeouts
from tui.demo.process import DemoCloud
from tui.live import tracing
from tui.live.audit import read_audit
from tui.live.steps import StepPhase
from tui.model.entry import Entry
from tui.model.events import Operated
from tui.model.status import Health
from tui.model.trouble import Cause


@pytest.fixture(scope="module")
def cloud() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still") as found:
        yield found


@pytest.fixture
def control(cloud: DemoCloud) -> Iterator[Control]:
    found = Control(cloud.url)
    yield found
    found.mend()


@pytest.fixture
def clouds(cloud: DemoCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clouds]:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_file))
    found = Clouds.load(settings=Settings(timeouts=Timeouts(connect=5.0, list=5.0, other=5.0)), token_cache=False)
    yield found
    found.close()


@pytest.fixture
def board(clouds: Clouds, control: Control, tmp_path: Path) -> Iterator[Board]:
    found = Board(clouds, audit=tmp_path / "audit.jsonl")
    yield found
    found.stop()


@pytest.fixture
def server(board: Board) -> Entry:
    """A running server that no other test has touched."""
    return next(entry for entry in board.servers(board.scope("prod-eu", "fra1")) if entry.id not in _TAKEN)


_TAKEN: set[str] = set()


@pytest.fixture(autouse=True)
def once(server: Entry) -> None:
    _TAKEN.add(server.id)


def test_a_stop_goes_out_once_and_ends_with_its_instance_action(
    board: Board, control: Control, server: Entry, tmp_path: Path
) -> None:
    started = board.start("server.stop", [server])
    assert started.title == f"Stop server {server.row.name}"  # type: ignore[attr-defined]
    assert started.open
    assert board.operations.running == 1
    assert board.operations.aim_of(server.key) == "SHUTOFF"
    ended = board.ended(started)
    step = ended.steps[0]
    assert (step.phase, step.trouble) == (StepPhase.DONE, None)
    assert step.request_id.startswith("req-")
    assert step.command == f"openstack --os-cloud prod-eu --os-region-name fra1 server stop {server.id}"
    assert list(step.at) == [
        StepPhase.WAITING,
        StepPhase.READING,
        StepPhase.SENDING,
        StepPhase.SENT,
        StepPhase.WORKING,
        StepPhase.DONE,
    ]
    assert step.took(StepPhase.WORKING, ended.ended) > 0
    assert step.entry is not None
    assert step.entry.status.word == "SHUTOFF"
    assert ended.asked_by == "mira"
    assert ended.places == ("prod-eu fra1",)
    assert ended.health is Health.FINE
    assert control.server(server.id)["status"] == "SHUTOFF"
    assert control.posts(server.id) == 1
    assert board.operations.aim_of(server.key) == ""
    assert board.operations.running == 0
    assert any(isinstance(event, Operated) and event.keys == (server.key,) for event in board.events)
    wait_until(lambda: board.hurried, "the feeds are hurried")
    result, intent = read_audit(path=tmp_path / "audit.jsonl")
    assert (intent["what"], intent["user"], intent["cloud"], intent["region"]) == ("intent", "mira", "prod-eu", "fra1")
    assert (intent["action"], intent["id"], intent["project"]) == ("server.stop", server.id, "web")
    assert (result["what"], result["outcome"], result["request_id"]) == ("result", "done", step.request_id)


@pytest.mark.parametrize(
    ("fault", "phase", "cause", "words"),
    [
        ("conflict=400", StepPhase.REFUSED, Cause.REFUSED, "conflict with the current state"),
        ("forbidden", StepPhase.REFUSED, Cause.FORBIDDEN, "Policy doesn't allow"),
        ("not-found", StepPhase.REFUSED, Cause.NOT_FOUND, "could not be found"),
        ("conflict", StepPhase.REFUSED, Cause.REFUSED, "conflict with the current state"),
        ("quota", StepPhase.REFUSED, Cause.REFUSED, "Quota exceeded"),
        ("error", StepPhase.FAILED, Cause.SERVER, "Unexpected API Error"),
    ],
)
def test_what_the_cloud_refuses_is_told_in_its_words_and_sent_once(
    board: Board, control: Control, server: Entry, fault: str, phase: StepPhase, cause: Cause, words: str
) -> None:
    control.fault(f"{fault}:/servers/{server.id}/action")
    step = board.ended(board.start("server.stop", [server])).steps[0]
    assert step.phase is phase
    assert step.trouble is not None
    assert step.trouble.cause is cause
    assert words in step.result
    assert step.request_id.startswith("req-")
    assert control.posts(server.id) == 1
    assert control.server(server.id)["status"] == "ACTIVE"


def test_a_refused_step_can_be_retried(board: Board, control: Control, server: Entry) -> None:
    control.fault(f"conflict:/servers/{server.id}/action:once")
    operation = board.ended(board.start("server.stop", [server]))
    assert operation.health is Health.BROKEN
    assert board.operations.retry(operation.id) == 1
    ended = board.ended(operation)
    assert ended.steps[0].phase is StepPhase.DONE
    assert ended.steps[0].sendings == 2
    assert board.operations.retry(operation.id) == 0
    assert control.server(server.id)["status"] == "SHUTOFF"


def test_too_many_requests_waits_and_goes_on(board: Board, control: Control, server: Entry) -> None:
    control.fault(f"slow-down=1:/servers/{server.id}/action:once")
    operation = board.start("server.stop", [server])
    wait_until(
        lambda: "slow down" in board.now(operation).steps[0].result.lower() or control.posts(server.id) > 1, "429"
    )
    assert board.ended(operation).steps[0].phase is StepPhase.DONE


@pytest.mark.parametrize("action", ["server.stop", "server.reboot_hard", "server.pause"])
def test_no_answer_is_found_out_and_never_sent_again(
    board: Board, control: Control, server: Entry, action: str
) -> None:
    # The looks for what became of it take their time, so that the time before them can be seen.
    control.fault(f"unanswered:/servers/{server.id}/action", "latency=2:/os-instance-actions")
    operation = board.start(action, [server])
    step = board.reaches(operation, StepPhase.CHECKING)
    assert "no answer" in step.result
    assert step.request_id == ""
    step = board.ended(operation).steps[0]
    assert step.phase is StepPhase.DONE
    assert step.request_id.startswith("req-")
    assert control.posts(server.id) == 1


def test_a_delete_without_an_answer_is_found_out(board: Board, control: Control, server: Entry) -> None:
    control.fault(f"unanswered:/servers/{server.id}")
    operation = board.start("server.delete", [server])
    board.reaches(operation, StepPhase.CHECKING)
    assert board.ended(operation).steps[0].phase is StepPhase.DONE
    assert control.posts(server.id) == 1


@pytest.mark.parametrize("fault", ["hang", "drop"])
def test_what_left_no_trace_is_unknown_and_a_retry_only_looks(
    board: Board, control: Control, server: Entry, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracing, "PATIENCE", 2.0)
    control.fault(f"{fault}:/servers/{server.id}/action")
    operation = board.start("server.stop", [server])
    step = board.ended(operation).steps[0]
    assert step.phase is StepPhase.UNKNOWN
    assert "nothing shows that it was done" in step.result
    assert board.operations.retry(operation.id) == 1
    assert board.ended(operation).steps[0].phase is StepPhase.UNKNOWN
    assert control.posts(server.id) == 1


def test_a_proxy_that_gave_up_is_no_refusal(board: Board, control: Control, server: Entry) -> None:
    control.fault(f"error=504:/servers/{server.id}/action", "latency=2:/os-instance-actions")
    step = board.reaches(board.start("server.stop", [server]), StepPhase.CHECKING)
    assert step.trouble is None
    assert control.posts(server.id) == 1


def test_who_changed_meanwhile_is_left_out(board: Board, control: Control, server: Entry) -> None:
    name = server.row.name  # type: ignore[attr-defined]
    control.alter(server.id, name="somebody-else", quiet=True)
    step = board.ended(board.start("server.stop", [server])).steps[0]
    assert (step.phase, step.result) == (StepPhase.LEFT_OUT, f"it was {name} and is called somebody-else now")
    assert control.posts(server.id) == 0


def test_whose_state_changed_meanwhile_is_left_out_and_can_be_agreed_to_again(
    board: Board, control: Control, server: Entry
) -> None:
    control.alter(server.id, status="SHUTOFF", quiet=True)
    operation = board.ended(board.start("server.delete", [server]))
    step = operation.steps[0]
    assert (step.phase, step.result) == (StepPhase.LEFT_OUT, "it was ACTIVE and is SHUTOFF now")
    assert control.posts(server.id) == 0
    board.operations.retry(operation.id)
    assert board.ended(operation).steps[0].phase is StepPhase.DONE


def test_an_action_that_is_off_now_is_not_sent(board: Board, control: Control, server: Entry) -> None:
    control.alter(server.id, task_state="rebooting", quiet=True)
    step = board.ended(board.start("server.reboot", [server])).steps[0]
    assert (step.phase, step.result) == (StepPhase.LEFT_OUT, "it is busy: rebooting")
    assert control.posts(server.id) == 0


def test_who_is_gone_is_left_out(board: Board, control: Control, server: Entry) -> None:
    control.send("DELETE", f"servers/{server.id}")
    step = board.ended(board.start("server.stop", [server])).steps[0]
    assert (step.phase, step.result) == (StepPhase.LEFT_OUT, "it is gone already")


def test_a_place_that_does_not_answer_gets_nothing(board: Board, control: Control, server: Entry) -> None:
    control.fault("unavailable:prod-eu/fra1/compute")
    step = board.ended(board.start("server.stop", [server])).steps[0]
    assert step.phase is StepPhase.LEFT_OUT
    assert step.result.startswith("not sent: ")
    control.mend()
    assert control.posts(server.id) == 0


def test_a_poll_that_fails_is_not_the_end(board: Board, control: Control, server: Entry) -> None:
    control.fault("error:/os-instance-actions")
    operation = board.start("server.stop", [server])
    wait_until(lambda: "not known how it goes" in board.now(operation).steps[0].result, "the failed look is told")
    control.mend()
    assert board.ended(operation).steps[0].phase is StepPhase.DONE


def test_the_deadline_makes_it_unknown(board: Board, control: Control, server: Entry) -> None:

    quick = structs.replace(ACTIONS["server.stop"], deadline=2.0)
    control.fault("error:/os-instance-actions")
    operation = board.operations.start(quick, [server])
    step = board.ended(operation).steps[0]
    assert step.phase is StepPhase.UNKNOWN
    assert "not over after 2 s" in step.result


def test_other_credentials_that_see_it_are_tried(board: Board, control: Control, server: Entry) -> None:
    other = board.scope("lab", "muc1")
    astray = Entry(server.key, other, server.row, server.status, server.names, also=(server.scope,))
    step = board.ended(board.start("server.stop", [astray])).steps[0]
    assert (step.phase, step.scope.key) == (StepPhase.DONE, server.scope.key)


def test_the_target_is_fixed_when_it_starts(board: Board, control: Control, server: Entry) -> None:
    operation = board.start("server.stop", [server])
    server.row = board.servers(server.scope)[-1].row
    assert board.ended(operation).steps[0].ident == operation.steps[0].ident
    assert control.posts(operation.steps[0].ident) == 1


def test_a_paused_operation_sends_nothing_until_it_goes_on(board: Board, control: Control, server: Entry) -> None:
    control.fault("latency=1:/servers")
    operation = board.start("server.stop", [server])
    board.operations.pause(operation.id)
    wait_until(lambda: board.now(operation).steps[0].phase is StepPhase.WAITING, "it waits")
    assert board.now(operation).paused
    control.mend()
    assert board.now(operation).steps[0].open
    assert control.posts(server.id) == 0
    board.operations.pause(operation.id, on=False)
    assert board.ended(operation).steps[0].phase is StepPhase.DONE


@pytest.mark.parametrize(
    ("action", "fault", "word", "words"),
    [
        ("server.stop", "stop", "ACTIVE", "stop instance failed"),
        ("server.reboot", "reboot", "ACTIVE", "reboot instance failed"),
        ("server.reboot_hard", "reboot", "ACTIVE", "reboot instance failed"),
        ("server.delete", "delete", "ERROR", "terminate instance failed"),
    ],
)
def test_a_failure_is_told_by_the_instance_action_not_by_the_status(
    board: Board, control: Control, server: Entry, action: str, fault: str, word: str, words: str
) -> None:
    control.alter(server.id, metadata={"demo_fault": fault})
    step = board.ended(board.start(action, [server])).steps[0]
    assert step.phase is StepPhase.FAILED
    assert words in step.result
    assert step.trouble is not None
    assert step.trouble.request_id == step.request_id
    assert control.server(server.id)["status"] == word
    assert control.posts(server.id) == 1


def test_a_reboot_that_nova_calls_a_success_and_that_the_console_does_not_show_wants_attention(
    board: Board, control: Control, server: Entry
) -> None:
    control.alter(server.id, metadata={"demo_fault": "reboot-silent"})
    operation = board.ended(board.start("server.reboot", [server]))
    step = operation.steps[0]
    assert (step.phase, operation.health) == (StepPhase.DONE, Health.ATTENTION)
    assert step.result == "Nova says that it is done, but the console log shows no restart"
    control.alter(server.id, metadata={})
    again = board.ended(board.start("server.reboot", [server]))
    assert (again.steps[0].phase, again.health, again.steps[0].result) == (StepPhase.DONE, Health.FINE, "")


def test_a_snapshot_ends_with_its_image(board: Board, control: Control, server: Entry) -> None:
    operation = board.ended(board.start("server.snapshot", [server], name="kept"))
    assert (operation.steps[0].phase, operation.health) == (StepPhase.DONE, Health.FINE)
    assert operation.steps[0].result == "image kept"
    control.alter(server.id, metadata={"demo_fault": "snapshot"})
    failed = board.ended(board.start("server.snapshot", [server], name="lost"))
    assert failed.health in (Health.ATTENTION, Health.BROKEN)


def test_a_resize_goes_over_all_its_events(board: Board, control: Control, server: Entry) -> None:
    flavors = board.clouds.api(server.scope).connection().compute.flavors()
    own = server.row.flavor  # type: ignore[attr-defined]
    roomy = [each for each in flavors if each.disk >= own.disk and each.name != own.original_name]
    other = min(roomy, key=lambda each: each.ram)
    step = board.ended(board.start("server.resize", [server], flavor=other.id)).steps[0]
    assert (step.phase, step.entry and step.entry.status.word) == (StepPhase.DONE, "VERIFY_RESIZE")
