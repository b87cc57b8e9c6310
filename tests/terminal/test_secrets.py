"""Canaries: secrets taken through everything that a person can do with them; then every byte written is searched."""

from __future__ import annotations

import base64
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from tests.demo.conftest import Raw, control
from tests.sshd import make_key
from tests.terminal.harness import Term, environment
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

DRIVER = (sys.executable, str(Path(__file__).with_name("canary_driver.py")))
CANARIES = {
    "password": 'Cnry-pw"/%+Zq7&x',
    "wrong password": 'Cnry-wr"/%+Yk3&x',
    "admin password": 'Cnry-ad"/%+Jd5&x',
    "passphrase": 'Cnry-ph"/%+Vb9&x',
    "user data": 'Cnry-ud"/%+Ht2&x',
    "metadata": 'Cnry-md"/%+Lc8&x',
    "crash": 'Cnry-cr"/%+Gm4&x',
}
"""What must be nowhere. Each has characters that base64, URLs, JSON and repr write otherwise."""

NAME = "canary-1"


def forms(secret: str) -> set[bytes]:
    """Every spelling in which a secret may lie about."""
    raw = secret.encode()
    found = {
        secret,
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
    }
    encoded = {text.encode() for text in found} | {raw.hex().encode(), raw[::-1], secret.encode("utf-16-le")}
    for shift in range(3):
        # Within other text base64 has three spellings; what depends on the neighbours is cut off.
        whole = base64.b64encode(b"\0" * shift + raw)
        inner = whole[(0, 2, 3)[shift] : len(whole) // 4 * 4 - 4]
        encoded |= {inner, inner.replace(b"+", b"-").replace(b"/", b"_")}
    return encoded


def spilt(places: Iterable[tuple[str, bytes]], secrets: dict[str, str]) -> list[str]:
    """Where which secret stands."""
    spellings = {name: forms(secret) for name, secret in secrets.items()}
    return [
        f"{name} in {where}"
        for where, data in places
        for name, found in spellings.items()
        if any(spelling in data for spelling in found)
    ]


def test_the_search_finds_each_spelling() -> None:
    secret = CANARIES["password"]
    for text in (
        f"x{secret}y".encode(),
        json.dumps({"a": secret}).encode(),
        quote(f"p={secret}").encode(),
        *(base64.b64encode(b"x" * shift + f"{secret}tail".encode()) for shift in range(6)),
        base64.urlsafe_b64encode(f"ab{secret}tail".encode()),
        repr({"a": secret}).encode(),
    ):
        assert spilt([("there", text)], {"password": secret}), text
    assert not spilt([("there", b"Cnry-pw and nothing more")], {"password": secret})


@dataclass
class Stage:
    """A user's home, a demo cloud whose password is a canary, and all that was written to terminals."""

    demo: DemoCloud
    home: Path
    raw: Raw
    """Requests as the same user, signed in before the password became another."""
    written: list[bytes] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.home / "canary"

    @property
    def env(self) -> dict[str, str]:
        return {
            "OS_CLIENT_CONFIG_FILE": str(self.home / "clouds.yaml"),
            "STACKDECK_SSH": str(self.home / "ssh.toml"),
            "CANARY_FOLDER": str(self.folder),
            "CANARY_SECRET": CANARIES["crash"],
            "CANARY_TYPED": CANARIES["password"],
            "TMPDIR": str(self.home / "tmp"),
            "TEXTUAL_LOG": str(self.folder / "textual.log"),
        }

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Every file under the home but the token cache; that one has tokens alone, and is its owner's."""
        for path in self.home.rglob("*"):
            if path.is_file() and not path.is_symlink() and path.parent.name != "tokens":
                yield str(path.relative_to(self.home)), path.read_bytes()

    def tokens(self) -> dict[str, str]:
        """The tokens that were kept."""
        found = {}
        for path in (self.home / "cache").rglob("tokens/*"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
            data = path.read_bytes()
            assert spilt([(path.name, data)], CANARIES) == []
            if data.startswith(b"{"):
                found[f"token {path.name[:6]}"] = json.loads(json.loads(data)["state"])["auth_token"]
        return found


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with DemoCloud.start("--still", "--seed", "1") as demo:
        found = Stage(demo, tmp_path, Raw(demo, "prod-us", "iad1"))
        for folder in (found.folder, tmp_path / "tmp", tmp_path / ".ssh"):
            folder.mkdir(mode=0o700)
        _boot(found.raw)
        control(demo, "POST", "passwords", {"cloud": "prod-us", "user": "mira", "password": CANARIES["password"]})
        (tmp_path / "clouds.yaml").write_text(
            "clouds:\n  prod-us:\n    auth:\n"
            f"      auth_url: {demo.url}/prod-us/identity/v3\n      username: mira\n      project_name: web\n"
            "      user_domain_name: Default\n      project_domain_name: Default\n    region_name: iad1\n"
        )
        _lock(demo, found)
        yield found


def _boot(raw: Raw) -> None:
    """A server with user data and a secret among its metadata, that answers SSH."""
    images = raw.get("image/v2/images", name="debian-12").json()["images"]
    flavors = raw.get("compute/v2.1/flavors").json()["flavors"]
    data = f"#cloud-config\npassword: {CANARIES['user data']}\n"
    body = {
        "name": NAME,
        "imageRef": images[0]["id"],
        "flavorRef": next(flavor["id"] for flavor in flavors if flavor["name"] == "t3.small"),
        "networks": "auto",
        "metadata": {"db_password": CANARIES["metadata"]},
        "user_data": base64.b64encode(data.encode()).decode(),
    }
    headers = {"OpenStack-API-Version": "compute 2.90"}
    url = f"{raw.base}/compute/v2.1/servers"
    answer = raw.session.post(url, json={"server": body}, headers=headers, timeout=60)
    assert answer.status_code == 202, answer.text


def _lock(demo: DemoCloud, stage: Stage) -> None:
    """The demo's settings, with its key behind a passphrase."""
    key = stage.home / "locked"
    own = demo.settings_file.with_name("id_ed25519")
    key.write_bytes(own.read_bytes())
    key.chmod(0o600)
    done = subprocess.run(
        ["ssh-keygen", "-q", "-p", "-P", "", "-N", CANARIES["passphrase"], "-f", str(key)],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    text = demo.settings_file.read_text().replace(str(own), str(key))
    (stage.home / "ssh.toml").write_text(text)
    make_key(stage.home / ".ssh" / "unused")


def shoot(stage: Stage, term: Term) -> None:
    """Take a screenshot of what is there."""
    before = len(list(stage.folder.glob("*.svg")))
    os.kill(term.process.pid, signal.SIGUSR1)
    wait_until(lambda: len(list(stage.folder.glob("*.svg"))) > before, "a screenshot", 20)


def filled(term: Term, text: str, masked: int) -> None:
    """Type into a masked field, and see that it is masked. One key after the other: text in one go is no typing."""
    for number, char in enumerate(text, start=1):
        term.send(char)
        term.wait_for("*" * min(number, masked), 20)


def sign_in(stage: Stage, term: Term) -> None:
    """A wrong password first, then the right one."""
    for name in ("wrong password", "password"):
        term.wait_for("asks for" if name == "wrong password" else "401", 40)
        term.send("\r")
        term.wait_for("Sign in to prod-us", 20)
        term.wait_quiet(0.6)
        if name == "password":
            # A paste comes whole: what logs events would have it whole.
            term.paste(CANARIES[name])
            term.wait_for("*****", 20)
        else:
            filled(term, CANARIES[name], 5)
        shoot(stage, term)
        term.send("\r")
        term.wait_for(lambda there: "Sign in to prod-us" not in there.text(), 20)
    term.wait_for("ACTIVE", 40)


def test_no_secret_is_written_anywhere(stage: Stage) -> None:
    with Term("--view", "server", "--filter", NAME, home=stage.home, env=stage.env, command=DRIVER) as term:
        sign_in(stage, term)
        look(stage, term)
        set_password(stage, term)
        run_command(stage, term)
        os.kill(term.process.pid, signal.SIGUSR2)
        assert term.wait_exit(40) == 1
        assert "unexpected RuntimeError: «hidden» is what was typed" in term.text()
        stage.written.append(bytes(term.raw))
    with Term("--view", "server", "--filter", NAME, home=stage.home, env=stage.env, command=DRIVER) as term:
        # From the caches: token, configuration, rows.
        term.wait_for("ACTIVE", 40)
        term.wait_quiet(0.6)
        shoot(stage, term)
        os.kill(term.process.pid, signal.SIGTERM)
        term.wait_exit(40)
        stage.written.append(bytes(term.raw))
    for command, more in commands(stage):
        done = subprocess.run(
            [*DRIVER, *command],
            env=environment(stage.home, {**stage.env, **more}),
            capture_output=True,
            check=False,
            cwd=stage.home,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        stage.written.append(done.stdout + done.stderr)
    check(stage)


def look(stage: Stage, term: Term) -> None:
    """Describe and raw view of a server with user data."""
    term.send("d")
    term.wait_for("Identity", 20)
    shoot(stage, term)
    term.send("d")
    term.wait_quiet(0.5)
    term.send("y")
    term.wait_for("accessIPv4", 30)
    term.send("G")
    term.wait_for("user_data", 30)
    shoot(stage, term)
    term.send("\x1b")
    term.wait_for("Servers", 20)
    term.wait_quiet(0.5)


def set_password(stage: Stage, term: Term) -> None:
    """An admin password typed into its form and sent."""
    term.send(":")
    term.wait_quiet(0.4)
    term.send("actions password\r")
    term.wait_for("admin password", 30)
    term.wait_quiet(0.6)
    filled(term, CANARIES["admin password"], 5)
    shoot(stage, term)
    before = _changes(stage)
    term.send("\x13")

    def sent() -> bool:
        if "Leave it as it is" in term.text():
            term.send("y")
        return _changes(stage) > before

    wait_until(sent, f"the password is sent; there is\n{term.text()}", 30, step=0.4)
    term.wait_for("Servers", 20)


def _changes(stage: Stage) -> int:
    return len(control(stage.demo, "GET", "requests")["mutations"])


def _booted(stage: Stage) -> bool:
    """Does the console log tell host keys?"""
    ident = stage.raw.servers(name=NAME)[0]["id"]
    url = f"{stage.raw.base}/compute/v2.1/servers/{ident}/action"
    answer = stage.raw.session.post(url, json={"os-getConsoleOutput": {}}, timeout=60)
    return "END SSH HOST KEY KEYS" in answer.text


def run_command(stage: Stage, term: Term) -> None:
    """A command on a server, by a key behind a passphrase, once its guest has booted."""
    wait_until(lambda: _booted(stage), "the guest has booted", 40, step=0.5)
    term.wait_quiet(0.6)
    term.send("S")
    term.wait_for("Run one command on", 30)
    term.wait_for("assphrase of", 60)
    term.wait_quiet(0.6)
    filled(term, CANARIES["passphrase"], 5)
    shoot(stage, term)
    term.send("\r")
    term.wait_for("ready", 60)
    term.wait_quiet(0.6)
    term.send("hostname")
    term.wait_for("hostname", 20)
    term.send("\r")
    term.wait_for("host key verified", 60)
    term.wait_quiet(0.6)
    term.send("y")
    term.wait_for(lambda there: "assphrase of" in there.text() or "1 of 1 ended" in there.text(), 60)
    if "assphrase of" in term.text():
        term.wait_quiet(0.6)
        filled(term, CANARIES["passphrase"], 5)
        term.send("\r")
    term.wait_for("1 says canary-1", 60)
    shoot(stage, term)
    term.send("\x1b")
    term.wait_for("Servers", 20)


def commands(stage: Stage) -> Iterator[tuple[tuple[str, ...], dict[str, str]]]:
    """Commands without a screen: good, refused, and one that breaks."""
    wrong = {
        "OS_CLIENT_CONFIG_FILE": "/nowhere/clouds.yaml",
        "OS_AUTH_URL": f"{stage.demo.url}/prod-us/identity/v3",
        "OS_USERNAME": "mira",
        "OS_PASSWORD": CANARIES["wrong password"],
        "OS_PROJECT_NAME": "web",
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
    }
    right = {**wrong, "OS_PASSWORD": CANARIES["password"]}
    for more in (wrong, right):
        yield ("get", "server", "-o", "json"), more
        yield ("doctor",), more
    yield ("get", "server"), {**right, "CANARY": "get"}


def check(stage: Stage) -> None:
    """Search, and see that there was something to find it in."""
    log = (stage.folder / "debug.log").read_text(errors="replace")
    assert "DEBUG" in log
    assert len(list(stage.folder.glob("*.svg"))) >= 8
    assert any("audit.jsonl" in name for name, _ in stage.files())
    tokens = stage.tokens()
    assert tokens
    terminals = [(f"terminal {number}", data) for number, data in enumerate(stage.written)]
    assert spilt([*stage.files(), *terminals], {**CANARIES, **tokens}) == []
