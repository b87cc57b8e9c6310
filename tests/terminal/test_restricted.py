"""`stackdeck --restricted` behind a genuine sshd's ForceCommand: every way out of the dashboard, tried as a client."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sshd import Sshd, Start, free_port
from tests.terminal.harness import COMMAND, Term, environment
from tests.waiting import wait_until
from tui.config.keymap import ANYWHERE, BY_ID, RESTRICTED, TABLE
from tui.demo.process import DemoCloud

REFUSED = "a restricted session reads no file of"
README = Path(__file__).parents[2] / "README.md"
CANARY = "canary-of-the-jump-host"


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    """A demo cloud in which nothing changes by itself."""
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


def documented(command: str) -> str:
    """Return the block of sshd_config that the README tells people to use, for whoever runs the tests."""
    found = re.search(
        r"```\n# /etc/ssh/sshd_config.d/stackdeck.conf\n(Match .*?)```", README.read_text("utf-8"), re.DOTALL
    )
    assert found, "the README shows how sshd is set up"
    assert "/usr/local/bin/stackdeck --restricted\n" in found[1]
    return found[1].replace("User dash", "User *").replace("/usr/local/bin/stackdeck --restricted", command)


class Jump:
    """A jump host with one account, whose every login is the dashboard."""

    def __init__(self, home: Path, start: Start, demo: DemoCloud, careless: str = "") -> None:
        self.home = home / "account"
        self.home.mkdir()
        self.secret = self.home / "secret.txt"
        self.secret.write_text(f"#cloud-config\n# {CANARY}\n")
        (self.home / ".ssh").mkdir(mode=0o700)
        (self.home / ".ssh" / "id.pub").write_text(f"ssh-ed25519 {CANARY} of@home\n")
        found = environment(self.home, {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file), "TERM": "", "LANG": ""})
        said = " ".join(f"{name}={value}" for name, value in found.items() if name != "PYTHONUNBUFFERED")
        self.sshd: Sshd = start(
            f"SetEnv {said} EDITOR=/usr/bin/touch",
            documented(f"{COMMAND[0]} --restricted --cloud lab") + careless,
        )
        self.files = self.seen()

    def seen(self) -> set[str]:
        """Return all files of the account, but for state and cache."""
        found = {str(path.relative_to(self.home)) for path in self.home.rglob("*")}
        return {path for path in found if not path.startswith(("state", "cache"))}

    def dashboard(self, *options: str, command: str = "", home: Path | None = None) -> Term:
        """Log in by a terminal."""
        words = [*self.sshd.ssh("-tt", *options), "--", self.sshd.host, *([command] if command else [])]
        return Term(home=home or self.home.parent, command=words, columns=100, rows=40)

    def run(self, *options: str, command: str = "") -> subprocess.CompletedProcess[str]:
        """Log in without a terminal."""
        words = [*self.sshd.ssh(*options), "--", self.sshd.host, *([command] if command else [])]
        return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)

    def dashboards(self) -> list[int]:
        """Return the processes of the dashboards."""
        found = []
        for pid in self.sshd.pids():
            answer = subprocess.run(
                ["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
            )
            if "--restricted" in answer.stdout:
                found.append(pid)
        return found


@pytest.fixture
def jump(tmp_path: Path, sshd: Start, demo: DemoCloud) -> Jump:
    """The jump host."""
    return Jump(tmp_path, sshd, demo)


@pytest.fixture
def careless(tmp_path: Path, sshd: Start, demo: DemoCloud) -> Jump:
    """One that lets clients set more than it should."""
    return Jump(tmp_path, sshd, demo, "    AcceptEnv TEXTUAL_* STACKDECK_*\n")


def ready(term: Term) -> None:
    """Wait until the table stands."""
    term.wait_for("● live", 60)
    term.wait_quiet(0.4)


def press(term: Term, keys: str, shown: str) -> None:
    """Press keys and wait for what they lead to, and until that listens."""
    term.send(keys)
    term.wait_for(shown, 40)
    term.wait_quiet(0.4)


def test_commands_and_copies_are_the_dashboard_or_nothing(jump: Jump, tmp_path: Path) -> None:
    """What a client asks to run is not run, with a terminal or without; no files come or go."""
    file = jump.home / "made"
    for command in (f"touch {file}", f"; touch {file}", f"$(touch {file})", "get server", "demo-cloud"):
        answer = jump.run(command=command)
        assert answer.returncode == 2
        assert "stdin is not a terminal" in answer.stderr
    with jump.dashboard(command=f"touch {file}") as term:
        ready(term)
    assert not file.exists()
    for program in (("sftp",), ("scp",), ("scp", "-O")):
        words = [*program, *jump.sshd.options(), f"{jump.sshd.host}:{jump.secret}"]
        words += [str(tmp_path / "copy")] if program[0] == "scp" else []
        answer = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
        )
        assert answer.returncode != 0
        assert CANARY not in answer.stdout
    assert not (tmp_path / "copy").exists()
    assert jump.seen() == jump.files


def test_nothing_is_forwarded(jump: Jump) -> None:
    """-W, -R, -L, -D."""
    assert jump.run("-W", f"127.0.0.1:{jump.sshd.port}").returncode != 0
    answer = jump.run("-N", "-oExitOnForwardFailure=yes", "-R", "127.0.0.1:0:127.0.0.1:1")
    assert answer.returncode != 0
    for forward in ("-L", "-D"):
        port = free_port()
        said = f"127.0.0.1:{port}:127.0.0.1:{jump.sshd.port}" if forward == "-L" else f"127.0.0.1:{port}"
        client = subprocess.Popen(
            [*jump.sshd.ssh("-N", forward, said), "--", jump.sshd.host], stderr=subprocess.DEVNULL
        )
        try:
            wait_until(lambda port=port: _answers(port), "the client listens", 40)
            with socket.create_connection(("127.0.0.1", port), timeout=40) as through:
                if forward == "-D":
                    through.sendall(b"\x04\x01" + jump.sshd.port.to_bytes(2, "big") + b"\x7f\0\0\x01\0")
                assert b"SSH-2.0" not in through.recv(100)
        finally:
            client.kill()
            client.wait()


def test_the_agent_stays_at_home(sshd: Start, tmp_path: Path) -> None:
    """Asked for, it is not there; neither is X11."""
    server = sshd("AcceptEnv LANG", documented("/usr/bin/env"))
    agent = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    found = dict(part.split("=", 1) for part in agent.replace("\n", "").split(";") if "=" in part)
    try:
        words = [*server.ssh("-A", "-X", "-oSetEnv=PYTHONPATH=/x OS_CLOUD=x NO_COLOR=1"), "--", server.host]
        env = {**os.environ, "SSH_AUTH_SOCK": found["SSH_AUTH_SOCK"], "DISPLAY": ":0"}
        answer = subprocess.run(words, env=env, capture_output=True, text=True, timeout=60, check=True)
    finally:
        os.kill(int(found["SSH_AGENT_PID"]), signal.SIGTERM)
    seen = dict(line.split("=", 1) for line in answer.stdout.splitlines() if "=" in line)
    assert seen["NO_COLOR"] == "1"
    assert {"SSH_AUTH_SOCK", "DISPLAY", "PYTHONPATH", "OS_CLOUD"}.isdisjoint(seen)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=60).close()
    except OSError:
        return False
    return True


def test_the_keys_that_would_lead_out_are_off_with_a_sentence(jump: Jump) -> None:
    """Saving, suspending, the palette; the dashboard goes on, and nothing is written."""
    with jump.dashboard() as term:
        ready(term)
        press(term, "\x13", "off: a restricted session writes no file")
        for command, why in RESTRICTED.items():
            if TABLE in BY_ID[command].where or ANYWHERE in BY_ID[command].where:
                press(term, f":{BY_ID[command].word}\r", f"off: {why}")
        for key, command in (("s", "ssh.shell"), ("S", "ssh.many"), ("K", "ssh.keys")):
            term.send("j")
            term.wait_for(lambda term: "off: " not in term.text(), 40)
            press(term, key, f"off: {RESTRICTED[command]}")
        press(term, "y", "YAML")
        press(term, "\x13", "off: a restricted session writes no file")
        press(term, "\x1b", "● live")
        press(term, "l", "console log")
        press(term, "\x13", "off: a restricted session writes no file")
        press(term, "\x1b", "● live")
        press(term, "c", "Copy name")
        assert "write to a file" not in term.text()
        term.send("w")
        term.wait_quiet(0.5)
        assert "Save the text" not in term.text()
        press(term, "\x1b", "● live")
        press(term, "\x10", "Commands")
        term.send("s")
        press(term, "ave", ">")
        assert "save the table" not in term.text()
        press(term, "\x1b", "● live")
        (pid,) = jump.dashboards()
        for number in (signal.SIGTSTP, signal.SIGQUIT):
            os.kill(pid, number)
        press(term, "?", "Keys for servers")
        assert "off: a restricted" in " ".join(term.text().split())
    assert jump.seen() == jump.files


def test_no_file_of_the_account_can_be_read_by_a_form(jump: Jump) -> None:
    """User data by its path, in the field and in the editor; a public key by its path; no list of ~/.ssh."""
    with jump.dashboard() as term:
        ready(term)
        press(term, "b", "User data")
        wait_until(lambda: _reach(term, "User data"), "the field", 40)
        term.send("~/secret.txt")
        term.wait_for(lambda term: REFUSED in joined(term), 40)
        press(term, "\x05", "ctrl+s keep")
        assert "$EDITOR" not in term.text()
        assert REFUSED in joined(term)
        press(term, "\x0f", "a restricted session starts no program")
        press(term, "\x1b", "Before you boot")
        assert CANARY not in term.output()


def joined(term: Term) -> str:
    """The screen without line ends and lines between panes."""
    return " ".join(term.text().replace("│", " ").split())


def _reach(term: Term, field: str) -> bool:
    """Press Tab until the cursor stands in a field."""
    found = next((line for line in term.lines() if line.strip().startswith(field)), "")
    if "▌" in found:
        return True
    term.send("\t")
    term.wait_quiet(0.1)
    return False


def test_keypairs_are_shown_and_not_saved(jump: Jump) -> None:
    """No private key in the account's ~/.ssh, and no public key of it offered."""
    with jump.dashboard() as term:
        ready(term)
        press(term, ":keypairs\r", "Keypairs")
        press(term, "b", "New keypair")
        assert "show it once" in term.text()
        assert "save it in" not in term.text()
        press(term, "restricted-key", "The name is free")
        press(term, "\x13", "OPENSSH PRIVATE KEY")
        assert "write to a file" not in term.text()
        term.send("w")
        term.wait_quiet(0.5)
        press(term, "\x1b", "restricted-key")
        press(term, "a", "Import a public key")
        press(term, "i", "Public key")
        wait_until(lambda: _reach(term, "Public key"), "the field", 40)
        term.send("~/.ssh/id.pub")
        term.wait_for(lambda term: REFUSED in joined(term), 40)
        press(term, "\x1b", "Leave «")
        press(term, "y", "● live")
        press(term, "b", "New keypair")
        press(term, "\x1b", "● live")
        assert CANARY not in term.output()
    assert jump.seen() == jump.files


@pytest.mark.parametrize("name", ["TEXTUAL_LOG", "TEXTUAL_DRIVER", "TEXTUAL_SCREENSHOT"])
def test_the_doors_of_developers_are_closed(careless: Jump, name: str) -> None:
    """Even where sshd lets a client set such a variable."""
    jump = careless
    with jump.dashboard(f"-oSetEnv={name}={jump.home}/made") as term:
        term.wait_for(f"{name} is not taken in a restricted session", 60)
        assert term.wait_exit(60) == 2
    assert jump.seen() == jump.files


def test_variables_of_a_client_name_no_file(careless: Jump) -> None:
    """One that tests use to note keys is dropped like any other."""
    jump = careless
    with jump.dashboard(f"-oSetEnv=STACKDECK_TEST_LOG={jump.home}/made") as term:
        ready(term)
        press(term, "d", "describe")
    assert jump.seen() == jump.files


def test_a_lost_client_leaves_no_dashboard(jump: Jump) -> None:
    """`kill -9` of the client."""
    with jump.dashboard() as term:
        ready(term)
        pids = jump.dashboards()
        assert pids
    wait_until(lambda: not jump.dashboards(), "the dashboard is gone", 40)
