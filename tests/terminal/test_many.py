"""One command on many servers with the installed command, as a person sees it; ~/.ssh is not touched."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from tests.sshd import free_port
from tests.terminal.harness import Term
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

DEMO = ("--demo", "--cloud", "prod-us", "--region", "iad1", "--view", "server")
TWO = ("--filter", "k8s-worker-37|k8s-worker-47")


def ready(term: Term) -> None:
    term.wait_for("k8s-worker-47", 40)
    term.wait_for("● live", 40)
    term.wait_quiet(0.5)


def run_on_both(term: Term, command: str) -> None:
    """Mark the two servers, ask for a command on them and say yes."""
    ready(term)
    term.send("*")
    term.wait_for("2 marked", 20)
    term.send("S")
    term.wait_for("● 2 ready", 60)
    term.wait_quiet(0.6)
    term.send(command)
    term.wait_for(command, 20)
    term.send("\r")
    term.wait_for("host keys verified", 40)
    term.wait_quiet(0.6)
    term.send("y")


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 15)])
def test_two_servers_answer_and_the_home_stays_as_it_was(tmp_path: Path, size: tuple[int, int]) -> None:
    with Term(*DEMO, *TWO, home=tmp_path, columns=size[0], rows=size[1]) as term:
        run_on_both(term, "hostname -I")
        term.wait_for("2 of 2 ended", 40)
        shown = term.wait_for("1 says 10.20.0.", 20)
        assert "Traceback" not in shown
        term.send("\t")
        term.wait_for("k8s-worker-47", 20)
        term.send("\x1b")
        term.wait_for("● live", 20)
    assert not (tmp_path / ".ssh").exists()
    lines = [json.loads(line) for line in (tmp_path / "state" / "stackdeck" / "audit.jsonl").read_text().splitlines()]
    assert sorted((line["what"], line.get("code")) for line in lines) == [
        ("intent", None),
        ("intent", None),
        ("result", 0),
        ("result", 0),
    ]
    assert not any("10.20.0." in json.dumps({**line, "values": {}}) for line in lines), "no output is written"


def test_text_that_comes_at_once_runs_nothing(tmp_path: Path) -> None:
    with Term(*DEMO, *TWO, home=tmp_path) as term:
        ready(term)
        term.send("*")
        term.wait_for("2 marked", 20)
        for text in ("Suptime\ry", "S\ry\ry\r", ":run-command uptime\ry\ryy"):
            term.send(text)
            term.wait_quiet(1.0, 60)
            term.paste("y\r")
            term.wait_quiet(0.5, 60)

            def closed() -> bool:
                term.wait_quiet(0.1, 60)
                if "─┐" in term.text():
                    term.send("\x1b")
                return "● live" in term.text() and "─┐" not in term.text()

            wait_until(closed, f"the table; there is\n{term.text()}", 40)
        assert "one command" not in term.text()
    audit = tmp_path / "state" / "stackdeck" / "audit.jsonl"
    assert not audit.exists() or not audit.read_text()


@pytest.mark.parametrize(
    ("option", "said"), [("--restricted", "a restricted session runs nothing"), ("--read-only", "--read-only")]
)
def test_who_may_not_is_told_why(tmp_path: Path, option: str, said: str) -> None:
    with Term(option, *DEMO, *TWO, home=tmp_path) as term:
        ready(term)
        for keys in ("S", ":run-command uptime\r"):
            term.send(keys)
            term.wait_for(said, 20)
            term.send("j")
            term.wait_for(lambda there: said not in there.text(), 20)


def test_a_demo_that_dies_ends_the_command_in_words(tmp_path: Path) -> None:
    with Term(*DEMO, *TWO, home=tmp_path) as term:
        run_on_both(term, "echo begun; sleep 3000")
        term.wait_for("2 running", 40)
        for child in _children(term.process.pid):
            os.kill(child, signal.SIGKILL)
        shown = term.wait_for("2 of 2 ended", 60)
        assert "2 failed" in shown
        term.send("\x1b")
        term.wait_for("enter open", 20)


def _children(parent: int) -> list[int]:
    if not Path("/proc/self/status").exists():
        pytest.skip("there is no /proc here")
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if f"PPid:\t{parent}\n" in status.read_text():
                found.append(int(status.parent.name))
        except OSError:
            continue
    return found


def test_a_server_is_reached_straight_where_its_jump_host_is_dead(tmp_path: Path) -> None:
    jump = f"me@127.0.0.1:{free_port()}"
    with DemoCloud.start("--still") as demo:
        said = demo.settings_file.read_text()
        path = tmp_path / "ssh.toml"
        path.write_text(said.replace("[clouds.prod-eu]", f'[clouds.prod-eu]\nssh_jump = "{jump}"', 1))
        env = {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file), "STACKDECK_SSH": str(path)}
        with Term("--cloud", "prod-eu", "--filter", "frontend-21", home=tmp_path, env=env) as term:
            term.wait_for("1 of ", 60)
            term.wait_for("● live", 40)
            term.send("S")
            term.wait_for("● 1 ready", 60)
            assert "straight to ubuntu@127.77.1." in term.text()
            term.wait_quiet(0.6)
            term.send("hostname")
            term.wait_for("hostname", 20)
            term.send("\r")
            term.wait_for("host key", 40)
            term.wait_quiet(0.6)
            term.send("y")
            term.wait_for("1 of 1 ended", 40)
            term.wait_for("1 says frontend-21", 20)
