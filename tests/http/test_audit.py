"""The audit log: what was done stands in it, private and rotated, and nothing secret ever does."""

from __future__ import annotations

import base64
import json
import multiprocessing
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http.board import Board, Control
from tests.http.stage import Answer, Seen, Stage
from tests.waiting import wait_until
from tui.cloud import Clouds
from tui.config.settings import Settings
from tui.demo.process import DemoCloud
from tui.live.audit import Audit, Discretion, read_audit
from tui.live.steps import StepPhase
from tui.model.entry import Entry
from tui.resources.action import Action, Field, Form, Input, Sent


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "state" / "audit.jsonl"


def test_lines_come_back_newest_first(log: Path) -> None:
    audit = Audit(log)
    assert audit.write({"what": "intent", "name": "web"})
    assert audit.write({"what": "result", "name": "web"})
    log.open("ab").write(b'{"torn": \nnonsense\n[1]\n')
    assert audit.write({"what": "intent", "name": "last"})
    assert [line["what"] for line in read_audit(path=log)] == ["intent", "result", "intent"]
    assert [line["name"] for line in read_audit(1, log)] == ["last"]
    assert read_audit(path=log.with_name("none.jsonl")) == []


def test_only_the_owner_can_read_it(log: Path) -> None:
    log.parent.mkdir()
    log.touch(0o644)
    log.chmod(0o644)
    assert Audit(log).write({})
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700


def test_a_link_is_not_followed(log: Path, tmp_path: Path) -> None:
    log.parent.mkdir()
    log.symlink_to(tmp_path / "elsewhere")
    audit = Audit(log)
    assert not audit.write({})
    assert audit.trouble
    assert not (tmp_path / "elsewhere").exists()


def test_five_files_are_kept(log: Path) -> None:
    audit = Audit(log, most=1000)
    for number in range(200):
        assert audit.write({"number": number, "filler": "x" * 80})
    files = sorted(path.name for path in log.parent.glob("*.jsonl"))
    assert files == ["audit.1.jsonl", "audit.2.jsonl", "audit.3.jsonl", "audit.4.jsonl", "audit.jsonl"]
    assert all(path.stat().st_size <= 1000 for path in log.parent.glob("*.jsonl"))
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in log.parent.glob("*.jsonl"))
    numbers = [line["number"] for line in read_audit(path=log)]
    assert numbers == list(range(199, 199 - len(numbers), -1))
    assert len(numbers) > 30


def _fill(path: Path, name: int) -> None:
    audit = Audit(path, most=20_000)
    for number in range(100):
        assert audit.write({"name": name, "number": number, "filler": "x" * 50})


def test_several_dashboards_write_side_by_side(log: Path) -> None:
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=_fill, args=(log, name)) for name in range(3)]
    for other in others:
        other.start()
    for other in others:
        other.join(60)
        assert other.exitcode == 0
    found = [(line["name"], line["number"]) for line in read_audit(path=log)]
    assert sorted(found) == [(name, number) for name in range(3) for number in range(100)]


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    audit = Audit(tmp_path / "file" / "audit.jsonl")
    assert not audit.write({})
    assert "file" in audit.trouble
    assert audit.check() == audit.trouble
    (tmp_path / "file").unlink()
    assert audit.check() == ""
    assert audit.write({})


@given(st.text())
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_line_is_one_line_of_printable_ascii(log: Path, name: str) -> None:
    assert Audit(log).write({"name": name})
    last = log.read_bytes().splitlines()[-1]
    assert re.fullmatch(rb"[\x20-\x7e]+", last)
    assert json.loads(last)["name"] == name


FORM = Form(
    (
        Field(key="name", label="Name"),
        Field(key="word", label="Password", input=Input.SECRET),
        Field(key="script", label="User data", input=Input.LINES),
        Field(key="file", label="File", input=Input.FILE),
        Field(key="meta", label="Metadata", input=Input.PAIRS),
    )
)


def _nothing(connection: Any, entry: Entry | None, values: Any) -> Sent:
    return Sent()


ACTION = Action(
    id="test.form",
    letter="t",
    title="Test",
    group="Test",
    form=FORM,
    run=_nothing,
    command=lambda entry, values: "true",
)
SECRETS = st.text(min_size=6, max_size=40).filter(lambda text: len(text.strip()) >= 6 and "hidden" not in text)


@given(word=SECRETS, script=st.lists(SECRETS, min_size=1, max_size=3).map("\n".join), token=SECRETS)
@settings(max_examples=200, deadline=None)
def test_no_secret_is_ever_written(word: str, script: str, token: str) -> None:
    values = {"name": "web", "word": word, "script": script, "file": "", "meta": {"db_password": token, "tier": "one"}}
    discretion = Discretion(ACTION, values)
    said = f"Invalid input for adminPass. Value: {word!r} {json.dumps(word)} {quote(word)} and {script}"
    written = json.dumps([discretion.values(values), discretion.text(said)])
    read = json.dumps(json.loads(written), ensure_ascii=False)
    for secret in filter(lambda text: len(text) >= 6, (word, token, *script.split("\n"))):
        for form in (secret, json.dumps(secret)[1:-1], base64.b64encode(secret.encode("utf-8", "replace")).decode()):
            assert form not in written
            assert form not in read
    assert discretion.values(values)["name"] == "web"


def test_of_a_file_the_path_is_kept_and_the_content_is_not(tmp_path: Path) -> None:
    path = tmp_path / "user-data"
    path.write_text("#cloud-config\nchpasswd: hunter22-in-a-file\n")
    values = {"name": "web", "file": str(path)}
    discretion = Discretion(ACTION, values)
    assert discretion.values(values) == {"name": "web", "file": str(path)}
    assert "hunter22" not in discretion.text("bad user data: chpasswd: hunter22-in-a-file")
    assert discretion.text(f"openstack server create --user-data {path} web").endswith(f"{path} web")
    inside = Discretion(ACTION, {"file": "#!/bin/sh\nexport KEY=abcdef"})
    assert inside.values({"file": "#!/bin/sh\nexport KEY=abcdef"}) == {"file": "«hidden»"}


@pytest.fixture
def board(demo: DemoCloud, monkeypatch: pytest.MonkeyPatch, log: Path) -> Iterator[Board]:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(demo.clouds_file))
    clouds = Clouds.load(settings=Settings(), token_cache=False)
    found = Board(clouds, audit=log)
    yield found
    found.stop()
    clouds.close()


def _locked_out(board: Board) -> Entry:
    return board.servers(board.scope("prod-us", "iad1"))[-1]


def test_a_password_is_sent_and_not_kept(board: Board, demo: DemoCloud, log: Path) -> None:
    secret = "hunter2-Very-Secret"
    entry = _locked_out(board)
    control = Control(demo.url)
    control.fault(f"conflict:/servers/{entry.id}/action:once")
    operation = board.ended(board.start("server.password", [entry], password=secret))
    assert operation.steps[0].phase is StepPhase.REFUSED
    assert [line["what"] for line in read_audit(path=log)] == ["result", "intent"]
    assert read_audit(path=log)[0]["values"]["password"] == "«hidden»"
    assert secret not in log.read_text()
    assert secret not in repr(operation)


def test_a_cloud_that_quotes_the_password_does_not_spread_it(
    stage: Stage, load: Any, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "hunter2-Very-Secret"
    raw = {"id": "s1", "name": "web", "status": "ACTIVE", "tenant_id": "p1", "OS-EXT-STS:task_state": None}

    def refuse(seen: Seen) -> Answer:
        return Answer({"badRequest": {"message": f"Invalid input: {json.dumps(seen.body)}", "code": 400}}, 400)

    stage.servers(raw)
    stage.on("GET", "/compute/v2.1/servers/s1", Answer({"server": raw}))
    stage.on("POST", "/compute/v2.1/servers/s1/action", refuse)
    clouds = load({"a": stage.entry()}, token_cache=False)
    board = Board(clouds, audit=log)
    try:
        entry = board.servers(clouds.scopes[0])[0]
        operation = board.ended(board.start("server.password", [entry], password=secret))
        step = operation.steps[0]
        assert step.phase is StepPhase.REFUSED
        assert "«hidden»" in step.result
        assert any(secret in repr(seen.body) for seen in stage.seen)
        assert secret not in repr(operation)
        assert secret not in log.read_text()
    finally:
        board.stop()


def test_an_operation_goes_on_without_its_log_and_says_so(
    demo: DemoCloud, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(demo.clouds_file))
    (tmp_path / "file").touch()
    clouds = Clouds.load(settings=Settings(), token_cache=False)
    board = Board(clouds, audit=tmp_path / "file" / "audit.jsonl")
    try:
        entry = board.servers(board.scope("prod-us", "iad1"))[-2]
        operation = board.start("server.lock", [entry])
        wait_until(lambda: board.now(operation).note, "the log's trouble is told")
        assert board.now(operation).note.startswith("not in the audit log: ")
        assert board.ended(operation).steps[0].phase is StepPhase.DONE
    finally:
        board.stop()
        clouds.close()
