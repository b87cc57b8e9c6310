"""Read-only: every action of every kind is tried, and the demo cloud sees no change asked for; consoles still read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acting import values_of
from tests.http.board import SERVER, Board, Control
from tui.cloud import Clouds, act
from tui.config.settings import CloudSettings, Settings
from tui.demo.process import DemoCloud
from tui.live.audit import read_audit
from tui.live.reading import read_all
from tui.live.steps import StepPhase
from tui.model.entry import Entry
from tui.model.trouble import Cause
from tui.resources.action import Action
from tui.resources.registry import KINDS

EVERY = [(kind.id, action) for kind in KINDS.values() for action in kind.actions]


@pytest.fixture(scope="module")
def cloud() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still") as found:
        yield found


@pytest.fixture
def board(cloud: DemoCloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Board]:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_file))
    clouds = Clouds.load(settings=Settings(), token_cache=False, read_only=True)
    found = Board(clouds, audit=tmp_path / "audit.jsonl")
    yield found
    found.stop()
    clouds.close()


def _rows(board: Board, kind: str) -> list[Entry]:
    return read_all(board.clouds, KINDS[kind], [board.scope("prod-eu", "fra1")])


def test_no_action_of_any_kind_sends_a_change(board: Board, cloud: DemoCloud, tmp_path: Path) -> None:
    control = Control(cloud.url)
    scope = board.scope("prod-eu", "fra1")
    rows = {kind: _rows(board, kind) for kind, _ in EVERY}
    assert len(EVERY) > 20
    before = control.mutating()
    for kind, action in EVERY:
        values = values_of(action.form.fields if action.form else ())
        targets = [] if action.creates else rows[kind][:2] or rows["server"][:2]
        operation = board.ended(board.operations.start(action, targets, values, scope=scope))
        for step in operation.steps:
            assert (step.phase, step.sendings) == (StepPhase.REFUSED, 0), action.id
            assert step.trouble is not None
            assert step.trouble.cause is Cause.READ_ONLY
            assert step.result.startswith("Not sent: ")
    assert control.mutating() == before
    assert read_audit(path=tmp_path / "audit.jsonl") == []


@pytest.mark.parametrize("action", [action for _, action in EVERY], ids=lambda action: action.id)
def test_the_cloud_layer_refuses_by_itself(board: Board, cloud: DemoCloud, action: Action) -> None:
    """Whatever the operations might forget, nothing goes out."""
    control = Control(cloud.url)
    scope = board.scope("prod-eu", "fra1")
    kind = next(kind for kind, each in EVERY if each is action)
    rows = _rows(board, kind) or _rows(board, "server")
    values = values_of(action.form.fields if action.form else ())
    before = control.mutating()
    done = act(board.clouds.api(scope), lambda connection: action.run(connection, rows[0], values))
    assert not any(sending.status for sending in done.sendings)
    assert control.mutating() == before
    # Some look something up first and fail on the sample values; what gets as far as a change is refused for it.
    assert done.trouble is not None
    if action.form is None:
        assert done.trouble.cause is Cause.READ_ONLY


def test_the_console_log_still_reads(board: Board) -> None:
    scope = board.scope("prod-eu", "fra1")
    entry = next(entry for entry in _rows(board, "server") if entry.status.word == "ACTIVE")
    done = act(
        board.clouds.api(scope), lambda connection: connection.compute.get_server_console_output(entry.id, length=5)
    )
    assert done.trouble is None
    assert done.value


def test_a_read_only_cloud_holds_no_other(cloud: DemoCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_file))
    names = {"prod-eu": CloudSettings(read_only=True)}
    clouds = Clouds.load(settings=Settings(clouds=names), token_cache=False)
    board = Board(clouds)
    try:
        closed = [scope for scope in clouds.scopes if clouds.is_read_only(scope)]
        assert {scope.cloud for scope in closed} == {"prod-eu"}
        targets = [board.servers(closed[0])[0], board.servers(board.scope("prod-us", "iad1"))[0]]
        ended = board.ended(board.start("server.stop", targets))
        assert [step.phase for step in ended.steps] == [StepPhase.REFUSED, StepPhase.DONE]
        assert SERVER.actions
    finally:
        board.stop()
        clouds.close()
