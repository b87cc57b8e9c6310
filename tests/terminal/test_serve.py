"""`stackdeck serve` as people use it: the real `ssh` in a terminal, the real dashboard on a demo cloud."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serving import Served
from tests.sshd import alive, fingerprint
from tests.terminal.harness import Term
from tests.waiting import wait_until
from tui.demo.process import DemoCloud


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    """A demo cloud in which nothing changes by itself."""
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


@pytest.fixture
def here(served: Served, demo: DemoCloud) -> Served:
    """Served to alice and bob."""
    for name in ("alice", "bob"):
        served.add(name, demo.clouds_file.read_text())
        settings = served.home(name) / "stackdeck"
        settings.mkdir(mode=0o700)
        (settings / "settings.toml").write_text('theme = "mono"\n' if name == "bob" else "")
        (settings / "settings.toml").chmod(0o600)
    served.start()
    return served


def dashboard(served: Served, name: str, home: Path, *options: str, columns: int = 100, rows: int = 30) -> Term:
    """Log in by a terminal, as a person does."""
    return Term(command=[*served.ssh(name, "-tt", *options), "--", served.host], home=home, columns=columns, rows=rows)


def ready(term: Term) -> None:
    """Wait until the table stands and listens."""
    term.wait_for("● live", 60)
    term.wait_quiet(0.4)


def press(term: Term, keys: str, shown: str) -> None:
    """Press keys and wait for what they lead to, and until that listens."""
    term.send(keys)
    term.wait_for(shown, 40)
    term.wait_quiet(0.4)


def test_two_people_each_with_their_own(here: Served, tmp_path: Path) -> None:
    """Both work at once: sizes, settings, what is remembered and audited; each end is seen on both sides."""
    with (
        dashboard(here, "alice", tmp_path) as alice,
        dashboard(here, "bob", tmp_path, "-oSetEnv=OS_CLIENT_CONFIG_FILE=/nowhere", columns=80, rows=24) as bob,
    ):
        ready(alice)
        ready(bob)
        assert "38;2;" not in bob.output()  # settings of his own: the theme without colours
        for pid in (here.pid, *here.sessions()):
            limits = Path(f"/proc/{pid}/limits")
            assert not limits.exists() or "Max core file size        0  " in limits.read_text()
        press(alice, ":images\r", "Images")
        assert "Servers" in bob.text()
        alice.resize(160, 45)
        alice.wait_for(lambda term: "? help" in term.lines()[44], 40)
        bob.resize(60, 15)
        bob.wait_for(lambda term: "? help" in term.lines()[14], 40)
        press(alice, "q", "Quit stackdeck?")
        alice.send("y")
        assert alice.wait_exit(40) == 0
        press(bob, "?", "Keys for servers")
    assert (here.home("alice") / "state" / "stackdeck").stat().st_mode & 0o077 == 0
    ends = {line["user"]: line for line in here.wait_log("end", 2)}
    assert ends["alice"]["code"] == 0
    assert ends["bob"]["code"] != 0
    assert {line["key"] for line in here.log("auth")} == {
        fingerprint(here.keys / "alice"), fingerprint(here.keys / "bob"),
    }  # fmt: skip
    assert here.sessions() == [] or wait_until(lambda: not here.sessions(), "no process is left", 30)


def test_a_change_is_in_the_log_with_who_made_it(here: Served, tmp_path: Path) -> None:
    """The user and the key, beside the cloud's own user; passwords of clouds are nowhere."""
    with dashboard(here, "alice", tmp_path) as term:
        ready(term)
        press(term, "/frontend status:active", "status is active")
        press(term, "\r", "enter open")
        press(term, "a", "Actions for")
        press(term, "S", "Stop server")
        term.send("y")
        lines = here.wait_log("action", 2)
    intent, result = lines[0]["line"], lines[1]["line"]
    for line in lines[:2]:
        assert (line["user"], line["key"]) == ("alice", fingerprint(here.keys / "alice"))
    assert (intent["action"], intent["what"], result["what"]) == ("server.stop", "intent", "result")
    assert intent["user"] == "mira"
    own = (here.home("alice") / "state" / "stackdeck" / "audit.jsonl").read_text()
    assert "server.stop" in own
    assert "password" not in (here.directory / "audit.jsonl").read_text()


def test_a_reader_makes_no_change(served: Served, demo: DemoCloud, tmp_path: Path) -> None:
    """`stackdeck serve --read-only`: for everybody."""
    served.add("alice", demo.clouds_file.read_text())
    served.start("--read-only")
    with dashboard(served, "alice", tmp_path) as term:
        ready(term)
        assert "read-only" in term.text()


def test_a_client_that_is_killed_takes_its_dashboard_with_it(here: Served, tmp_path: Path) -> None:
    """Abrupt loss: the other one notices nothing."""
    with dashboard(here, "bob", tmp_path) as bob:
        with dashboard(here, "alice", tmp_path) as alice:
            ready(alice)
            ready(bob)
            assert len(here.sessions()) == 2
            os.kill(alice.process.pid, signal.SIGKILL)
            wait_until(lambda: len(here.sessions()) == 1, "her dashboard is gone", 40)
        press(bob, "?", "Keys for servers")
        here.wait_log("end", user="alice")
        here.wait_log("disconnect", user="alice")


def test_a_client_that_stands_still_is_no_burden(here: Served, tmp_path: Path) -> None:
    """SIGSTOP of one `ssh` while the other works; then it goes on where it was."""
    with dashboard(here, "alice", tmp_path) as alice, dashboard(here, "bob", tmp_path) as bob:
        ready(alice)
        ready(bob)
        os.kill(alice.process.pid, signal.SIGSTOP)
        try:
            alice.send("j" * 1000)  # they wait in the pty of the stopped client
            for _ in range(3):
                press(bob, "d", "esc")
                press(bob, "\x1b", "● live")
        finally:
            os.kill(alice.process.pid, signal.SIGCONT)
        alice.wait_for("▌  vpn-gateway-03", 40)  # the last row
        alice.wait_quiet(0.5)
        press(alice, "?", "Keys for servers")


def test_the_end_of_the_server_gives_the_terminals_back(here: Served, tmp_path: Path) -> None:
    """SIGTERM: told why, on a terminal as it was before; nothing is left."""
    with dashboard(here, "alice", tmp_path) as alice, dashboard(here, "bob", tmp_path) as bob:
        ready(alice)
        ready(bob)
        children = here.sessions()
        assert len(children) == 2
        assert here.signal(signal.SIGTERM) == 0
        for term in (alice, bob):
            term.wait_exit(40)
            assert "stackdeck: the server is ending" in term.output()
            after = term.output().rindex("stackdeck: the server is ending")
            assert "\x1b[?1049l" in term.output()[:after]
            assert "\x1b[?1000l" in term.output()[:after]
        assert not any(map(alive, children))
    assert [line["event"] for line in here.log()][-1] == "stop"


def test_a_server_that_is_killed_leaves_no_orphans(here: Served, tmp_path: Path) -> None:
    """SIGKILL: their terminals are gone, so they go."""
    with dashboard(here, "alice", tmp_path) as alice:
        ready(alice)
        children = here.sessions()
        assert children
        here.signal(signal.SIGKILL)
        wait_until(lambda: not any(map(alive, children)), "the dashboards are gone", 40)
        assert alice.wait_exit(40) == 255


def test_the_dashboard_is_restricted_there(here: Served, tmp_path: Path) -> None:
    """The same fence as behind sshd; the files of the server are nobody's."""
    with dashboard(here, "alice", tmp_path) as term:
        ready(term)
        press(term, "\x13", "off: a restricted session writes no file")
        press(term, ":suspend\r", "off: a restricted session has no shell to go to")
