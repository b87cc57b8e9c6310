"""One command on many servers, over the demo cloud's SSH guests: from the key to the saved answers."""

from __future__ import annotations

import asyncio
import json
import os
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.ui.acting_app import Hands, at_home, changes, control, opened, text_of
from tests.waiting import wait_for, wait_until
from tui.demo.process import DemoCloud
from tui.live.commands_many import Phase
from tui.live.host_keys import Memory, Pin
from tui.model.entry import Entry
from tui.model.ssh import HostKey
from tui.remote.scan import shown_key
from tui.resources.server_row import floating, server_of
from tui.ui.confirm import ActionConfirm
from tui.ui.dialog import Confirm
from tui.ui.many_ask import CommandDialog
from tui.ui.many_board import ManyScreen
from tui.ui.saving import SaveText
from tui.ui.text_view import TextScreen


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo: DemoCloud, ssh_home: Path) -> None:
    at_home(tmp_path, monkeypatch, demo)
    monkeypatch.setenv("STACKDECK_SSH", str(demo.settings_file))
    control(demo, "requests", "DELETE")


@asynccontextmanager
async def dashboard(filter_: str, clouds: tuple[str, ...] = ("prod-us",), **options: Any) -> AsyncIterator[Hands]:
    async with opened(filter=filter_, clouds=clouds, view="server", **options) as hands:
        yield hands


def named(hands: Hands, *names: str) -> list[Entry]:
    rows = {getattr(entry.row, "name", ""): entry for entry in hands.app.browse.browsing.rows}
    return [rows[name] for name in names]


async def asked(hands: Hands, command: str) -> ActionConfirm:
    """Press S, type the command, wait for all checks."""
    await hands.press("S")
    dialog = await hands.top(CommandDialog)
    dialog.pasted(command)
    await hands.press("enter")
    confirm = await hands.top(ActionConfirm)
    await hands.until(lambda: confirm.ask.ready, "all servers were looked at", 40)
    return confirm


async def ran(hands: Hands, command: str) -> ManyScreen:
    """Run it and wait for its end."""
    confirm = await asked(hands, command)
    if confirm.ask.typed:
        await hands.type(confirm.ask.typed[0])
        await hands.press("enter")
    else:
        await hands.press("y")
    screen = await hands.top(ManyScreen)
    await hands.until(lambda: not screen.board.run.running, "the command's end", 40)
    return screen


def audit() -> list[dict[str, Any]]:
    file = Path(os.environ["XDG_STATE_HOME"]) / "stackdeck" / "audit.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def board_text(screen: ManyScreen) -> str:
    return "\n".join("".join(span.text for span in spans) for spans, _ in screen.board._layout())


async def test_marked_servers_answer_and_are_grouped(demo: DemoCloud) -> None:
    async with dashboard("region:iad1 k8s-worker status:active") as hands:
        await hands.press("asterisk")
        screen = await ran(hands, "uname -r")
        run = screen.board.run
        names = {getattr(answer.entry.row, "name", ""): answer for answer in run.answers.values()}
        assert len(names) > 10
        assert {answer.code for answer in names.values()} == {0}
        assert "k8s-worker-53" not in names  # its console log tells no key
        groups = run.groups()
        assert sum(len(group.keys) for group in groups) == len(names)
        assert groups[0].says == "6.6.100-flatcar"
        text = board_text(screen)
        assert f"{len(groups[0].keys)} say 6.6.100-flatcar" in text
        assert "left out: k8s-worker-53" in text
        assert changes(demo) == [] or all("action" in change for change in changes(demo))


async def test_only_verified_keys_are_connected_to_and_the_others_say_why(demo: DemoCloud) -> None:
    async with dashboard(
        "region:fra1 frontend-16|api-gateway-06|etl-runner-03|frontend-21", ("prod-eu",), all_projects=True
    ) as hands:
        for entry in hands.app.browse.browsing.rows:
            await shown_by(demo, floating(server_of(entry))[0])
        await hands.press("asterisk")
        confirm = await asked(hands, "hostname")
        why = {getattr(entry.row, "name", ""): reason for entry, reason in confirm.ask.unable}
        assert set(why) == {"frontend-16", "api-gateway-06", "etl-runner-03"}
        assert "contradicts itself" in why["frontend-16"]
        assert "press K" in why["frontend-16"]
        assert "console log does not name" in why["api-gateway-06"]
        assert "tells no key" in why["etl-runner-03"]
        text = text_of(confirm)
        assert "$ hostname" in text
        assert ("y", "run «hostname»") in confirm.hints()
        assert "host key verified" in text
        assert "by console log" in text
        await hands.press("y")
        screen = await hands.top(ManyScreen)
        await hands.until(lambda: not screen.board.run.running, "the end", 40)
        assert [getattr(a.entry.row, "name", "") for a in screen.board.run.answers.values()] == ["frontend-21"]


async def test_no_run_without_a_yes() -> None:
    async with dashboard("region:iad1 k8s-worker-3 status:active") as hands:
        await hands.press("asterisk")
        await asked(hands, "hostname")
        for key in ("n", "escape"):
            await hands.press(key)
            await hands.until(lambda: hands.app.screen is hands.app.browse, "the table")
            if key == "n":
                await asked(hands, "hostname")
        assert audit() == []


async def test_more_than_five_want_their_number_typed() -> None:
    async with dashboard("region:iad1 k8s-worker status:active") as hands:
        await hands.press("asterisk")
        confirm = await asked(hands, "hostname")
        assert confirm.ask.typed == (str(len(confirm.ask.able)),)
        await hands.press("y")
        assert hands.app.screen is confirm


async def test_exit_codes_and_answers_go_to_the_audit_log_without_output() -> None:
    async with dashboard("region:iad1 k8s-worker-37|k8s-worker-47") as hands:
        await hands.press("asterisk")
        screen = await ran(hands, "hostname; exit 3")
        assert {answer.word for answer in screen.board.run.answers.values()} == {"exit 3"}
        assert len(screen.board.run.groups()) == 2
        wait_until(lambda: len(audit()) == 4, "both lines of both servers", 20)
        intents, results = ([line for line in audit() if line["what"] == what] for what in ("intent", "result"))
        assert {line["name"] for line in intents} == {"k8s-worker-37", "k8s-worker-47"}
        assert {line["command"] for line in results} == {"hostname; exit 3"}
        assert {line["code"] for line in results} == {3}
        assert {line["outcome"] for line in results} == {"done"}
        assert all(line["values"]["through"].startswith("iad1@127.") for line in audit())
        assert not any("k8s-worker" in json.dumps({**line, "name": ""}) for line in audit())


async def test_what_is_slow_is_cut_off_by_time_or_by_hand_and_can_be_run_again() -> None:
    async with dashboard("region:iad1 k8s-worker-37|k8s-worker-47") as hands:
        await hands.press("asterisk")
        await hands.press("S")
        dialog = await hands.top(CommandDialog)
        dialog.pasted("echo begun; sleep 3000")
        await hands.press("tab", "backspace", "backspace", "8", "enter")
        await hands.top(ActionConfirm)
        await hands.until(lambda: hands.app.screen.ask.ready, "all servers were looked at", 40)  # type: ignore[attr-defined]
        await hands.press("y")
        screen = await hands.top(ManyScreen)
        run = screen.board.run
        await hands.until(lambda: not run.running, "the time-outs", 40)
        assert {answer.phase for answer in run.answers.values()} == {Phase.TIMED_OUT}
        assert all(run.output(key) == ("begun",) for key in run.answers)
        await hands.press("R")
        await hands.until(lambda: all(a.phase is Phase.RUNNING for a in run.answers.values()), "they run again", 20)
        await hands.press("escape")
        await hands.top(Confirm)
        await hands.press("n")
        assert await hands.top(ManyScreen) is screen
        await hands.press("X")
        await hands.until(lambda: {a.phase for a in run.answers.values()} == {Phase.CANCELLED}, "they are cut off", 20)
        await hands.press("escape")
        await hands.until(lambda: hands.app.screen is hands.app.browse, "the table")


async def test_hostile_and_endless_output_is_inert_and_cut() -> None:
    async with dashboard("region:iad1 k8s-worker-37") as hands:
        screen = await ran(hands, r"printf '\e]52;c;eA==\a\e[2J[red]x[/]\x9b5n\n'; yes")
        run = screen.board.run
        (key,) = run.answers
        assert run.answers[key].phase is Phase.FLOODED
        lines = run.output(key)
        assert "[red]x[/]" in lines[0]
        assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for line in lines for char in line)
        assert "cut" in lines[-1]
        assert sum(map(len, lines)) < 100_000
        await hands.press("enter")
        view = await hands.top(TextScreen)
        assert "[red]x[/]" in view.whole_text()
        await hands.press("escape")


async def test_answers_are_seen_by_server_and_saved(tmp_path: Path) -> None:
    async with dashboard("region:iad1 k8s-worker-37|k8s-worker-47") as hands:
        await hands.press("asterisk")
        screen = await ran(hands, "hostname")
        await hands.press("tab", "j")
        assert screen.board.answer is not None
        assert "k8s-worker-47" in board_text(screen)
        await hands.press("ctrl+s")
        dialog = await hands.top(SaveText)
        target = tmp_path / "said.txt"
        dialog.edit.set(str(target))
        await hands.press("enter")
        await hands.until(target.exists, "the file")
        await hands.until(lambda: "== k8s-worker-47  done" in target.read_text(), "its whole text")
        assert target.stat().st_mode & 0o077 == 0


async def test_read_only_and_other_kinds_refuse() -> None:
    async with dashboard("k8s-worker-37", read_only=True) as hands:
        await hands.press("S")
        assert "--read-only" in hands.said
        assert hands.app.screen is hands.app.browse
    async with opened(view="image", clouds=("prod-us",)) as hands:
        await hands.press("S")
        assert "servers" in hands.said


async def test_a_server_that_goes_meanwhile_fails_and_the_others_do_not(demo: DemoCloud) -> None:
    async with dashboard("region:iad1 k8s-worker-37|k8s-worker-47") as hands:
        gone, stays = named(hands, "k8s-worker-47", "k8s-worker-37")
        await hands.press("asterisk")
        confirm = await asked(hands, "hostname")
        control(demo, "faults", "DELETE")
        await asyncio.to_thread(_stop, demo, gone)
        await hands.press("y")
        screen = await hands.top(ManyScreen)
        run = screen.board.run
        await hands.until(lambda: not run.running, "the end", 60)
        assert run.answers[stays.key].phase is Phase.DONE
        assert run.answers[gone.key].phase is Phase.FAILED
        assert "refused" in " ".join(run.output(gone.key)).lower()
        assert confirm.ask.able


def _stop(demo: DemoCloud, entry: Entry) -> None:
    from tests.demo.conftest import Raw

    raw = Raw(demo, entry.scope.cloud, entry.scope.region)
    url = f"{raw.base}/compute/v2.1/servers/{entry.id}"
    assert raw.session.post(f"{url}/action", json={"os-stop": None}, timeout=60).status_code == 202
    wait_until(lambda: raw.session.get(url, timeout=10).json()["server"]["status"] == "SHUTOFF", "it is off", 20)


def ssh_port(demo: DemoCloud) -> int:
    return int(tomllib.loads(demo.settings_file.read_text())["clouds"]["prod-eu"]["ssh_port"])


async def shown_by(demo: DemoCloud, host: str) -> HostKey:
    """The key that a guest shows, once it listens."""

    async def shown() -> HostKey | None:
        try:
            return await shown_key(host, ssh_port(demo), ("ssh-ed25519",))
        except OSError:
            return None

    found = await wait_for(shown, f"the guest at {host} listens", 30)
    assert isinstance(found, HostKey)
    return found


async def test_remembered_keys_count_and_other_ones_are_refused(demo: DemoCloud) -> None:
    wanted = "region:fra1 etl-runner-03|frontend-21|frontend-16"
    async with dashboard(wanted, ("prod-eu",), all_projects=True) as hands:
        silent, other, torn = named(hands, "etl-runner-03", "frontend-21", "frontend-16")
        addresses = {entry.key: floating(server_of(entry))[0] for entry in (silent, other, torn)}
        right = await shown_by(demo, addresses[silent.key])
        memory = Memory()
        memory.put(
            silent.scope.place, silent.id, Pin(((right.algorithm, right.blob),), 1.0, "a person", "etl-runner-03")
        )
        # Another server's key is remembered for this one: whatever the log says, it is not connected to.
        memory.put(other.scope.place, other.id, Pin(((right.algorithm, right.blob),), 1.0, "a person", "frontend-21"))
        await hands.press("asterisk")
        confirm = await asked(hands, "hostname")
        why = {getattr(entry.row, "name", ""): reason for entry, reason in confirm.ask.unable}
        assert set(why) == {"frontend-21", "frontend-16"}
        assert "another key than the one remembered" in why["frontend-21"] or "has new keys" in why["frontend-21"]
        assert "by a person" in text_of(confirm)
        await hands.press("n")


@pytest.fixture
def say(demo: DemoCloud) -> Iterator[Callable[[str], None]]:
    """Puts a line into the demo's known_hosts, instead of the one before."""
    file = Path(tomllib.loads(demo.settings_file.read_text())["ssh"]["known_hosts"])
    before = file.read_text()

    def put(line: str) -> None:
        file.write_text(f"{before}{line}\n")

    yield put
    file.write_text(before)


async def test_known_hosts_counts_for_the_address_and_port(demo: DemoCloud, say: Callable[[str], None]) -> None:
    async with dashboard("region:fra1 etl-runner-03", ("prod-eu",), all_projects=True) as hands:
        (silent,) = named(hands, "etl-runner-03")
        host = floating(server_of(silent))[0]
        key = await shown_by(demo, host)
        say(f"{host} {key.algorithm} {key.blob}")
        await hands.press("asterisk")
        confirm = await asked(hands, "hostname")
        assert confirm.ask.unable, "a line without the port is another machine's"
        await hands.press("n")
        say(f"[{host}]:{ssh_port(demo)} {key.algorithm} {key.blob}")
        confirm = await asked(hands, "hostname")
        assert not confirm.ask.unable
        assert "by known_hosts" in text_of(confirm)
        await hands.press("n")
