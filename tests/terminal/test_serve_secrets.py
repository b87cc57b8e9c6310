"""Canaries taken through `stackdeck serve`: what its users type and own is in no byte that it writes or sends."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.demo.conftest import control
from tests.serving import Served
from tests.terminal.harness import Term
from tests.terminal.test_secrets import CANARIES, filled, spilt
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

KEPT = ("clouds.yaml", "tokens")
"""What is to hold secrets: the user's own configuration, and the cache of tokens alone."""


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    """A demo cloud whose passwords are canaries."""
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        for name in ("prod-us", "prod-eu", "lab"):
            control(cloud, "POST", "passwords", {"cloud": name, "user": "mira", "password": CANARIES["password"]})
        yield cloud


def clouds(demo: DemoCloud, name: str, *, password: bool, tunnel: str = "") -> str:
    """One entry of the demo's clouds.yaml, in one region, with the canary for a password or without one."""
    entry = yaml.safe_load(demo.clouds_file.read_text())["clouds"][name]
    entry["auth"].pop("password")
    if password:
        entry["auth"]["password"] = CANARIES["password"]
    if tunnel:
        entry["ssh_tunnel"] = tunnel
    return str(yaml.safe_dump({"clouds": {name: entry}}))


def locked_key(served: Served, demo: DemoCloud) -> None:
    """Alice's way to a bastion: a key behind a passphrase, and a host key that is known."""
    folder = served.home("alice") / ".ssh"
    folder.mkdir(mode=0o700)
    own = demo.settings_file.with_name("id_ed25519")
    (folder / "locked").write_bytes(own.read_bytes())
    (folder / "locked").chmod(0o600)
    words = ["ssh-keygen", "-q", "-p", "-P", "", "-N", CANARIES["passphrase"], "-f", str(folder / "locked")]
    subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, check=True)
    known = demo.settings_file.with_name("known_hosts").read_text()
    (folder / "known_hosts").write_text(known)
    found = re.match(r"\[(.*)\]:(\d+)", known)
    assert found
    (folder / "config").write_text(
        f"Host bastion\n HostName {found[1]}\n Port {found[2]}\n User muc1\n IdentityFile ~/.ssh/locked\n"
    )
    for name in ("config", "known_hosts"):
        (folder / name).chmod(0o600)


class People:
    """Logs alice in with these clouds, keeps what her terminal gets, and looks at her process."""

    def __init__(self, served: Served, home: Path) -> None:
        self.served = served
        self.home = home
        self.seen: list[tuple[str, bytes]] = []

    def login(self, text: str) -> Term:
        """Her terminal."""
        file = self.served.home("alice") / "clouds.yaml"
        file.write_text(text)
        file.chmod(0o600)
        words = [*self.served.ssh("alice", "-tt"), "--", self.served.host]
        return Term(command=words, home=self.home, columns=100, rows=30)

    def leave(self, term: Term) -> None:
        """Hang up, after a look at what other users of the machine could see of her process."""
        for pid in (self.served.pid, *self.served.sessions()):
            for name in ("cmdline", "environ"):
                path = Path(f"/proc/{pid}/{name}")
                if path.exists():
                    self.seen.append((str(path), path.read_bytes()))
        self.seen.append(("a terminal", bytes(term.raw)))
        os.kill(term.process.pid, signal.SIGTERM)
        term.wait_exit(40)
        wait_until(lambda: not self.served.sessions(), "her dashboard is gone", 40)


def ready(term: Term) -> None:
    """Wait until the table stands and listens."""
    term.wait_for("● live", 60)
    term.wait_quiet(0.5)


def sign_in(term: Term) -> None:
    """A wrong password, then the right one."""
    for name in ("wrong password", "password"):
        term.wait_for("asks for" if name == "wrong password" else "401", 60)
        term.wait_quiet(0.5)
        term.send("\r")
        term.wait_for("Sign in to prod-eu", 30)
        term.wait_quiet(0.6)
        filled(term, CANARIES[name], 5)
        term.send("\r")
        term.wait_for(lambda there: "Sign in to prod-eu" not in there.text(), 30)


def set_password(term: Term) -> None:
    """An admin password typed into its form and sent."""
    term.send(":")
    term.wait_quiet(0.4)
    term.send("actions password\r")
    term.wait_for("admin password", 40)
    term.wait_quiet(0.6)
    filled(term, CANARIES["admin password"], 5)
    term.send("\x13")


def unlock(term: Term) -> None:
    """The passphrase of the key to the bastion."""
    term.wait_for("assphrase", 60)
    term.wait_quiet(0.5)
    term.send("\r")
    term.wait_for("assphrase of", 40)
    term.wait_quiet(0.6)
    filled(term, CANARIES["passphrase"], 5)
    term.send("\r")


def test_no_secret_of_a_user_is_written_anywhere(served: Served, demo: DemoCloud, tmp_path: Path) -> None:
    """Signing in, an action, a passphrase; then the log, state, caches, terminals and processes are searched."""
    served.add("alice")
    locked_key(served, demo)
    served.start()
    people = People(served, tmp_path)
    with people.login(clouds(demo, "prod-us", password=True)) as term:
        ready(term)
        set_password(term)

        def sent() -> bool:
            if "Leave it as it is" in term.text():
                term.send("y")
            return bool(served.log("action"))

        wait_until(sent, f"the password is sent; there is\n{term.text()}", 40, step=0.4)
        served.wait_log("action", 2)
        people.leave(term)
    with people.login(clouds(demo, "prod-eu", password=False)) as term:
        sign_in(term)
        ready(term)
        people.leave(term)
    with people.login(clouds(demo, "lab", password=True, tunnel="bastion")) as term:
        unlock(term)
        ready(term)
        people.leave(term)
    served.signal(signal.SIGTERM)
    people.seen += [("what the server said", (tmp_path / "out").read_bytes())]
    files = [path for path in served.directory.rglob("*") if path.is_file()]
    tokens = [path for path in files if "tokens" in path.parts]
    assert tokens
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in tokens)
    assert {"audit.jsonl", "ssh_host_ed25519_key"} <= {path.name for path in files}
    written = [(str(path), path.read_bytes()) for path in files if not set(KEPT) & set(path.parts)]
    assert "server.password" in (served.directory / "audit.jsonl").read_text()
    assert spilt([*people.seen, *written], CANARIES) == []
    assert spilt([(path.name, path.read_bytes()) for path in tokens], CANARIES) == []
    own = served.home("alice") / "clouds.yaml"
    assert spilt([("her own", own.read_bytes())], CANARIES) == ["password in her own"], "the search finds what is there"
