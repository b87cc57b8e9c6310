"""`s`: the real terminal is handed to the system's ssh and comes back alive, whatever way it ends."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openstack
import pytest

from tests.pure.console_keys import ed25519
from tests.sshd import Sshd, Start, descendants, free_port, public
from tests.terminal.harness import Term
from tests.waiting import wait_until
from tui.demo.process import DemoCloud
from tui.live.host_keys import Memory, pin_of
from tui.model.place import Place
from tui.remote.known_hosts import KnownHosts, name_of

pytestmark = [
    pytest.mark.skipif(not shutil.which("ssh"), reason="there is no OpenSSH server here"),
]

GOOD, WRONG, TWICE = "frontend-21", "api-gateway-06", "frontend-16"
WAIT = 60.0


@pytest.fixture
def demo() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still") as cloud:
        yield cloud


def connection(demo: DemoCloud) -> openstack.connection.Connection:
    """Return a client of the demo cloud."""
    config = openstack.config.OpenStackConfig(config_files=[str(demo.clouds_file)])
    return openstack.connection.Connection(config=config.get_one("prod-eu", region_name="fra1"))


def without_block(demo: DemoCloud) -> str:
    """Let the good server's console log tell no keys; returns its name."""
    conn = connection(demo)
    server = next(conn.compute.servers(details=False, name=GOOD))
    conn.compute.set_server_metadata(server, demo_ssh="no-block")
    return GOOD


def opened(home: Path, demo: DemoCloud, name: str, *, env: dict[str, str] | None = None, columns: int = 120) -> Term:
    """Start the dashboard with one server under the cursor."""
    settings = {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file), "STACKDECK_SSH": str(demo.settings_file)}
    args = ("--cloud", "prod-eu", "--filter", name)
    term = Term(*args, home=home, columns=columns, rows=40, env=settings | (env or {}))
    term.wait_for(lambda term: "ACTIVE" in term.text() and name in term.text() and "1 of " in term.text(), WAIT)
    return term


def press(term: Term, keys: str, shown: str | Callable[[Term], object]) -> None:
    """Press a key, wait for what it leads to, and until that listens."""
    term.send(keys)
    term.wait_for(shown, WAIT)
    term.wait_quiet(0.4, WAIT)


def known(term: Term) -> bool:
    """Whether the dialog says how things stand with the host key."""
    text = term.text()
    return "Host key" in text and "◐" not in text[text.index("Host key") :]


def prompted(term: Term) -> bool:
    """Whether the guest's prompt is there: behind the last line that stackdeck wrote itself."""
    return "$ " in term.output().partition("exit or ~. comes back")[2]


def enter(term: Term, answer: str = "y", shown: str = "Remember and connect") -> None:
    """Press `s`, wait for the key, connect, answer."""
    press(term, "s", known)
    press(term, "\r", shown)
    term.send(answer)
    term.wait_for(prompted, WAIT)


def alive(term: Term, notice: str) -> None:
    """The dashboard is back, says how it ended, and takes keys."""
    term.wait_for(notice, WAIT)
    press(term, "?", "Keys for servers")
    press(term, "\x1b", lambda term: "Keys for servers" not in term.text())


def child(term: Term, program: str) -> int:
    """Wait for a program that the dashboard runs; returns its pid."""

    def found() -> int:
        for pid in descendants(term.process.pid):
            try:
                name = Path(f"/proc/{pid}/comm").read_text().strip()
            except OSError:
                answer = subprocess.run(
                    ["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False
                )
                name = Path(answer.stdout.strip()).name
            if name == program:
                return pid
        return 0

    return wait_until(found, f"{program} runs", WAIT)


def audit(home: Path) -> list[dict[str, Any]]:
    """Return the audit log."""
    text = (home / "state" / "stackdeck" / "audit.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def test_a_first_connection_is_asked_about_and_the_second_is_not(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo, GOOD) as term:
        enter(term)
        term.resize(100, 30)
        term.send("exit 7\r")
        alive(term, "ended with exit status 7")
        term.wait_for(lambda term: len(term.lines()) == 30 and "c copy" not in "".join(term.lines()[:-1]), WAIT)
        press(term, "s", known)
        assert "● known" in term.text()
        before = len(term.output())
        term.send("\r")
        term.wait_for(lambda term: "$ " in term.output()[before:].partition("comes back")[2], WAIT)
        term.send("exit\r")
        alive(term, f"ssh {GOOD}: ended")
    lines = audit(tmp_path)
    assert [(line["what"], line["action"]) for line in lines] == [("intent", "ssh.shell"), ("result", "ssh.shell")] * 2
    assert lines[1]["said"] == "exit status 7"
    state = tmp_path / "state" / "stackdeck"
    for path in (state / "host_keys.json", *(state / "ssh").iterdir()):
        assert path.stat().st_mode & 0o777 == 0o600, path
    assert "127.77." in (Path(demo.settings_file).parent / "known_hosts").read_text()


def test_a_wrong_key_has_no_way_round(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo, WRONG) as term:
        press(term, "s", known)
        assert "wrong: refused" in term.text()
        press(term, "\r", "There is no way round this")
        for key in ("y", "o", "\t", " ", "once\r", "keep\r"):
            term.send(key)
            term.wait_quiet(0.1)
        assert "exit or ~." not in term.output()
        term.send("n")
        term.wait_for(lambda term: "no way round" not in term.text(), WAIT)
    assert not (tmp_path / "state" / "stackdeck" / "ssh").exists()
    assert not (tmp_path / "state" / "stackdeck" / "host_keys.json").exists()


@pytest.mark.parametrize(
    ("name", "words", "may_keep"),
    [("", "nothing vouches for it", True), (TWICE, "contradicts itself", False)],
)
def test_where_the_log_proves_nothing_a_word_is_typed(
    tmp_path: Path, demo: DemoCloud, name: str, words: str, may_keep: bool
) -> None:
    with opened(tmp_path, demo, name or without_block(demo)) as term:
        press(term, "s", known)
        assert words in term.text()
        press(term, "\r", "Type «once»")
        for key in ("y", "\r", "o", "\r", "\x7f", "\x7f"):
            term.send(key)
            term.wait_quiet(0.1)
        if not may_keep:
            for key in ("k", "e", "e", "p", "\r", *["\x7f"] * 4):
                term.send(key)
                term.wait_quiet(0.05)
        assert "exit or ~." not in term.output()
        for key in "once":
            term.send(key)
            term.wait_quiet(0.05)
        term.send("\r")
        term.wait_for(prompted, WAIT)
        term.send("exit\r")
        alive(term, "ended")
    state = tmp_path / "state" / "stackdeck"
    assert not (state / "host_keys.json").exists()
    assert list((state / "ssh").iterdir()) == []


def test_an_address_that_moved_is_replaced_after_a_second_yes(tmp_path: Path, demo: DemoCloud) -> None:
    folder = demo.settings_file.parent
    host, port = address_of(demo, GOOD), tomllib.loads(demo.settings_file.read_text())["clouds"]["prod-eu"]["ssh_port"]
    known_hosts = KnownHosts(folder / "known_hosts")
    known_hosts.replace(host, port, [ed25519("old")])
    before = known_hosts.path.read_text()
    memory = Memory(tmp_path / "state" / "stackdeck" / "host_keys.json")
    old = pin_of([ed25519("old")], 1.0, "console log", "old-web", (name_of(host, port),))
    memory.put(Place("http://gone", "r"), "old-id", old)
    with opened(tmp_path, demo, GOOD) as term:
        for answer in ("n", "\r", "\x1b"):
            press(term, "s", known)
            press(term, "\r", "Remember and connect")
            press(term, "y", "belonged to another server, old-web (old-id)")
            term.send(answer)
            term.wait_for(lambda term: "belonged to" not in term.text(), WAIT)
        assert known_hosts.path.read_text() == before
        assert "exit or ~." not in term.output()
        press(term, "s", known)
        press(term, "\r", "Remember and connect")
        press(term, "y", "belonged to another server")
        term.send("y")
        term.wait_for(prompted, WAIT)
        term.send("exit\r")
        alive(term, "ended")
    assert ed25519("old") not in known_hosts.keys(host, port)
    assert ed25519("old") in KnownHosts(folder / "known_hosts.old").keys(host, port)
    moved = memory.get(Place("http://gone", "r"), "old-id")
    assert moved is not None
    assert moved.hosts == ()


def test_a_jump_host_that_nobody_knows_is_asked_about(tmp_path: Path, demo: DemoCloud) -> None:
    known_hosts = demo.settings_file.parent / "known_hosts"
    bastion = known_hosts.read_text()
    known_hosts.write_text("")
    jump = tomllib.loads(demo.settings_file.read_text())["clouds"]["prod-us"]["regions"]["iad1"]["ssh_jump"]
    settings = demo.settings_file.read_text()
    direct = settings.replace("[clouds.prod-eu]", f"[clouds.prod-eu]\nssh_jump = {as_toml(jump | {'user': 'fra1'})}", 1)
    (tmp_path / "ssh.toml").write_text(direct)
    with opened(tmp_path, demo, GOOD, env={"STACKDECK_SSH": str(tmp_path / "ssh.toml")}) as term:
        press(term, "s", "Host key of jump host")
        for key in "keep":
            term.send(key)
            term.wait_quiet(0.05)
        press(term, "\r", known)
        assert "fra1@127.77.0.1" in term.text()
        press(term, "\r", "Connect once")
        term.send("o")
        term.wait_for(prompted, WAIT)
        term.send("exit 4\r")
        alive(term, "exit status 4")
    assert bastion.split()[1:3] == known_hosts.read_text().split()[1:3]
    assert list((tmp_path / "state" / "stackdeck" / "ssh").iterdir()) == []


def test_both_ways_are_knocked_at_and_a_dead_jump_host_is_left_out(tmp_path: Path, demo: DemoCloud) -> None:
    jump = f"me@127.0.0.1:{free_port()}"
    settings = demo.settings_file.read_text()
    (tmp_path / "ssh.toml").write_text(
        settings.replace("[clouds.prod-eu]", f'[clouds.prod-eu]\nssh_jump = "{jump}"', 1)
    )
    with opened(tmp_path, demo, GOOD, env={"STACKDECK_SSH": str(tmp_path / "ssh.toml")}) as term:
        press(term, "s", lambda term: known(term) and "straight: no answer through me@127.0.0.1" in term.text())
        assert f"t through {jump}" in term.text()
        assert "none answers" in term.text()
        # A person may still choose it, and then it stays.
        press(term, "t", lambda term: "ssh_jump of the settings" in term.text() and "t straight from" in term.text())
        assert re.search(r"straight from here +● \d of \d answer", term.text())
        press(term, "t", lambda term: "none answers" in term.text() and "fingerprints fit" in term.text())
        press(term, "\r", "Connect once")
        term.send("o")
        term.wait_for(prompted, WAIT)
        term.send("exit 5\r")
        alive(term, "exit status 5")
    assert audit(tmp_path)[0]["values"]["through"] == ""


def test_the_field_that_is_typed_into_is_in_sight(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo, GOOD) as term:
        press(term, "s", known)
        term.resize(60, 13)
        term.wait_for(lambda term: len(term.lines()) == 13 and "Through" not in term.text(), WAIT)
        term.wait_quiet(0.4, WAIT)
        for field in ("User", "Port", "Key", "Through"):
            press(term, "\t", lambda term, field=field: re.search(rf"{field} +▌", term.text()))


def address_of(demo: DemoCloud, name: str) -> str:
    """Return the floating address of a server."""
    server = next(connection(demo).compute.servers(name=name))
    nets = server.addresses.values()
    return next(one["addr"] for net in nets for one in net if one["OS-EXT-IPS:type"] == "floating")


def as_toml(value: dict[str, Any]) -> str:
    """Write a mapping as an inline table."""
    return "{" + ", ".join(f"{key} = {json.dumps(one)}" for key, one in value.items()) + "}"


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_ssh_that_is_killed_gives_the_terminal_back(tmp_path: Path, demo: DemoCloud, number: int) -> None:
    with opened(tmp_path, demo, GOOD) as term:
        enter(term)
        os.kill(child(term, "ssh"), number)
        if number == signal.SIGTERM:  # ssh says 255 and why; its words stay until Enter
            term.wait_for("Enter goes back", WAIT)
            term.send("\r")
        alive(term, "ended by signal 9" if number == signal.SIGKILL else "255")


def test_an_ssh_that_stops_itself_goes_on(tmp_path: Path, demo: DemoCloud) -> None:
    # No shell could wake the dashboard up here: a stop of ssh's own (~^Z) must not freeze it for ever.
    with opened(tmp_path, demo, GOOD) as term:
        enter(term)
        term.send("\r")
        term.wait_quiet(0.3)
        term.send("~\x1a")
        term.wait_quiet(0.5)
        term.send("\rexit 3\r")
        alive(term, "exit status 3")


def test_an_end_by_a_signal_ends_ssh_and_the_dashboard(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo, GOOD) as term:
        enter(term)
        ssh = child(term, "ssh")
        os.kill(term.process.pid, signal.SIGTERM)
        assert term.wait_exit(WAIT) != 0
        wait_until(lambda: not Path(f"/proc/{ssh}").exists() or ssh not in descendants(1), "ssh is gone", WAIT)
        assert "\x1b[?1049l" in term.output()


def test_without_ssh_it_says_so(tmp_path: Path, demo: DemoCloud) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    with opened(tmp_path, demo, GOOD, env={"PATH": str(folder)}) as term:
        term.send("s")
        term.wait_for("There is no ssh program here", WAIT)


def test_read_only_has_no_shell(tmp_path: Path, demo: DemoCloud) -> None:
    settings = {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file), "STACKDECK_SSH": str(demo.settings_file)}
    with Term("--read-only", "--filter", GOOD, home=tmp_path, env=settings) as term:
        term.wait_for("1 of ", WAIT)
        term.send("s")
        term.wait_for("a shell can change anything", WAIT)


def test_keys_are_verified_beforehand_compared_and_forgotten(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo, GOOD) as term:
        press(term, "K", lambda term: "fingerprints fit" in term.text() and "not asked yet" in term.text())
        press(term, "v", "at [127.77.")
        assert "neither remembered nor" not in term.text()
        press(term, "t", "y  Remember ")
        assert "Connect once" not in term.text()
        press(term, "n", lambda term: "y  Remember " not in term.text())
        press(term, "t", "y  Remember ")
        press(term, "y", "✓ Remembered.")
        term.wait_for("from: console log", WAIT)
        press(term, "f", "Forget the host keys of")
        press(term, "n", lambda term: "y  Forget" not in term.text())
        term.wait_for("from: console log", WAIT)
        press(term, "d", "from known_hosts?")
        press(term, "y", "✓ Removed.")
        press(term, "\x1b", lambda term: "Host keys of" not in term.text())
        press(term, "s", known)
        assert "● known" in term.text()
        press(term, "\x1b", lambda term: "SSH into" not in term.text())
        press(term, "K", "from: console log")
        press(term, "f", "Forget the host keys of")
        press(term, "y", "✓ Forgotten.")
        term.wait_for("– nothing", WAIT)
    assert "exit or ~." not in term.output()


def test_servers_are_named_and_their_state_is_told(tmp_path: Path, demo: DemoCloud) -> None:
    conn = connection(demo)
    conn.compute.stop_server(next(conn.compute.servers(details=False, name=GOOD)))
    with opened(tmp_path, demo, WRONG) as term:
        press(term, "\x1b", lambda term: "1 of " not in term.text())
        term.wait_for(lambda term: "SHUTOFF" in term.text(), WAIT)
        press(term, ":", "WHAT")
        press(term, "ssh nobody\r", "No server shown is called nobody")
        press(term, ":", "WHAT")
        press(term, f"ssh {GOOD}\r", f"SSH into {GOOD}")
        term.wait_for("▲ The server is SHUTOFF.", WAIT)
        press(term, "\x1b", lambda term: "SSH into" not in term.text())
        press(term, ":", "WHAT")
        press(term, f"host-keys {GOOD}\r", f"Host keys of {GOOD}")


def test_a_pasted_s_opens_and_connects_to_nothing(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo, GOOD) as term:
        for text in ("s\ry", "s\r\r\ryyy", "sssss\r", "s\x1b[B\ro"):
            term.send(text)
            term.wait_quiet(1.0, WAIT)
            assert "Host key of" not in term.text()
            assert "exit or ~." not in term.output()
            term.send("\x1b")
            term.wait_quiet(0.4, WAIT)


@pytest.fixture
def genuine(sshd: Start) -> tuple[Sshd, int]:
    """A genuine OpenSSH server, and the port at which it listens on all addresses of this machine."""
    port = free_port()
    return sshd(f"ListenAddress 0.0.0.0:{port}"), port


def settings_for(server: Sshd, port: int, home: Path) -> Path:
    """Settings with which the demo's servers seem to be the genuine one."""
    path = home / "ssh.toml"
    path.write_text(
        f'[ssh]\nknown_hosts = "{home}/known_hosts"\n[clouds.prod-eu]\nssh_port = {port}\n'
        f'ssh_key = "{server.key}"\nssh_user = "{server.user}"\n'
    )
    return path


def test_a_genuine_server_is_entered_and_remembered(tmp_path: Path, demo: DemoCloud, genuine: tuple[Sshd, int]) -> None:
    env = {"STACKDECK_SSH": str(settings_for(*genuine, tmp_path))}
    with opened(tmp_path, demo, without_block(demo), env=env) as term:
        press(term, "s", known)
        assert "nothing vouches for it" in term.text()
        press(term, "\r", "Type «once» or «keep»")
        for key in "keep":
            term.send(key)
            term.wait_quiet(0.05)
        term.send("\r")
        term.wait_for("exit or ~. comes back", WAIT)
        child(term, "ssh")
        term.resize(90, 30)
        term.send("stty size; exit 9\r")
        term.wait_for(lambda term: "30 90" in term.output(), WAIT)  # the dashboard may be back on the screen already
        alive(term, "ended with exit status 9")
        assert public(genuine[0].host_keys[0]) in (tmp_path / "known_hosts").read_text()
        press(term, "K", "Remembered")
        press(term, "v", lambda term: "asking the server" not in term.text() and "at [127" in term.text())
        assert "ssh-rsa" in term.text()


def test_a_genuine_server_that_no_log_names_is_refused(
    tmp_path: Path, demo: DemoCloud, genuine: tuple[Sshd, int]
) -> None:
    env = {"STACKDECK_SSH": str(settings_for(*genuine, tmp_path))}
    with opened(tmp_path, demo, GOOD, env=env) as term:
        press(term, "s", known)
        press(term, "\r", "There is no way round this")
        assert "exit or ~." not in term.output()
    assert "Accepted" not in genuine[0].log
