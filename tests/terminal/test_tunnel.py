"""Clouds behind a bastion as a person sees them: questions in dialogs or on the terminal, losses, the way out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.sshd import Sshd, Start, fingerprint, make_key, public
from tests.terminal.harness import Term, run
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

WAIT = 60.0
BEHIND = ("prod-eu", "prod-us")
PASSPHRASE = "open sesame 7f3a91"


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    """Three clouds in which nothing changes by itself."""
    with DemoCloud.start("--still") as cloud:
        yield cloud


@pytest.fixture
def env(tmp_path: Path, demo: DemoCloud) -> dict[str, str]:
    """The demo's clouds, two of them behind `bastion`."""
    clouds = yaml.safe_load(demo.clouds_file.read_text())
    for name in BEHIND:
        clouds["clouds"][name]["ssh_tunnel"] = "bastion"
    file = tmp_path / "clouds.yaml"
    file.write_text(yaml.safe_dump(clouds, sort_keys=False))
    return {"OS_CLIENT_CONFIG_FILE": str(file)}


@pytest.fixture
def bastion(sshd: Start, tmp_path: Path) -> Sshd:
    """A bastion that is known and lets the user in."""
    server = sshd()
    config(tmp_path, server.ssh_config("bastion"))
    return server


@pytest.fixture
def strange(sshd: Start, tmp_path: Path) -> Sshd:
    """A bastion that is not known yet, and lets the user in by a key behind a passphrase."""
    server = sshd()
    key = make_key(tmp_path / "id_locked", passphrase=PASSPHRASE)
    server.authorized_keys.write_text(public(key) + "\n")
    lines = (f"HostName {server.host}", f"Port {server.port}", f"User {server.user}", f"IdentityFile {key}")
    config(tmp_path, "\n  ".join(["Host bastion", *lines]) + "\n")
    return server


def config(home: Path, text: str) -> None:
    """Write ~/.ssh/config."""
    (home / ".ssh").mkdir(mode=0o700, exist_ok=True)
    (home / ".ssh" / "config").write_text(text)


def logins(server: Sshd) -> int:
    """How many connections it let in."""
    return server.log.count("Accepted publickey")


def typed(term: Term, text: str, *, masked: bool = False) -> None:
    """Type letter by letter, as a person does: keys that come at once are no answer."""
    for number in range(1, len(text) + 1):
        shown = "▌ " + "*" * number if masked else "> " + text[:number]
        term.send(text[number - 1])
        term.wait_for(shown, WAIT)


def press(term: Term, keys: str, shown: str | Callable[[Term], object]) -> None:
    """Press a key, wait for what it leads to, and until that listens."""
    term.send(keys)
    term.wait_for(shown, WAIT)
    term.wait_quiet(0.4, WAIT)


@pytest.mark.parametrize(("columns", "rows"), [(120, 40), (80, 24)])
def test_what_a_bastion_asks_is_asked_in_dialogs_when_the_person_wants(
    columns: int, rows: int, env: dict[str, str], strange: Sshd, tmp_path: Path
) -> None:
    with Term(home=tmp_path, env=env, columns=columns, rows=rows) as term:
        term.wait_for(lambda term: "Jump host bastion is not known yet" in term.text() and "lab" in term.text(), WAIT)
        term.wait_quiet(1.0, WAIT)
        assert "Host key of jump host" not in term.text(), "nothing stands in the way at the start"
        assert "● ACTIVE" in term.text(), "the cloud without a bastion goes on"
        press(term, "\x12", "Host key of jump host bastion")
        press(term, "\x1b", lambda term: "Host key of jump host" not in term.text())
        press(term, ":cloud prod-eu\r", "answer it")
        press(term, "\r", "Host key of jump host bastion")
        assert fingerprint(strange.host_keys[0]) in term.text()
        press(term, "\x1b", lambda term: "Host key of jump host" not in term.text())
        assert "answer it" in term.text(), "no is no answer for ever"
        press(term, "\r", "Host key of jump host bastion")
        term.send("once\r")
        term.send("y")
        term.wait_quiet(0.5, WAIT)
        assert "Host key of jump host bastion" in term.text(), "keys that come at once answer nothing"
        press(term, "\x1b", lambda term: "Host key of jump host" not in term.text())
        press(term, "\r", "Host key of jump host bastion")
        typed(term, "keep")
        press(term, "\r", "Passphrase of")
        typed(term, "wrong", masked=True)
        press(term, "\r", "That was not right")
        typed(term, PASSPHRASE, masked=True)
        term.send("\r")
        term.wait_for(lambda term: "ACTIVE" in term.text() and "asks" not in term.text(), WAIT)
        term.wait_for("● via bastion" if columns > 100 else "● ssh", WAIT)
        press(term, ":cloud all\r", lambda term: "✗" not in term.lines()[0])
        press(term, ":tunnels\r", "leads to  prod-eu, prod-us")
        assert f"through   {strange.user}@{strange.host}:{strange.port}" in term.text()
        raw = term.output()
    assert logins(strange) == 1, "one connection for two clouds"
    known = tmp_path / ".ssh" / "known_hosts"
    assert (oct(known.stat().st_mode)[-3:], public(strange.host_keys[0]) in known.read_text()) == ("600", True)
    assert PASSPHRASE not in raw
    for file in tmp_path.rglob("*"):
        if file.is_file() and not file.is_symlink():
            assert PASSPHRASE.encode() not in file.read_bytes(), f"{file} holds the passphrase"


def test_a_bastion_that_goes_away_is_told_and_comes_back(env: dict[str, str], bastion: Sshd, tmp_path: Path) -> None:
    with Term("--cloud", "prod-eu", home=tmp_path, env=env) as term:
        term.wait_for(lambda term: "ACTIVE" in term.text() and "● via bastion" in term.text(), WAIT)
        bastion.stop()
        term.wait_for("✗ via bastion down", WAIT)
        term.wait_for("Jump host bastion refuses connections", WAIT)
        assert "ACTIVE" in term.text(), "rows stay"
        press(term, ":tunnels\r", "  down since")
        bastion.start()
        # What is looked at follows by itself.
        term.wait_for(lambda term: "  up since" in term.text() and "came up   2 times" in term.text(), WAIT)
        press(term, "\x1b", "● via bastion")
        term.wait_for("● live", WAIT)
    assert logins(bastion) == 2


def test_the_next_start_tells_no_state_of_yesterday(env: dict[str, str], bastion: Sshd, tmp_path: Path) -> None:
    with Term("--cloud", "prod-eu", home=tmp_path, env=env) as term:
        term.wait_for(lambda term: "● via bastion" in term.text() and "ACTIVE" in term.text(), WAIT)
        term.wait_for("● live", WAIT)
        term.wait_quiet(1.0, WAIT)
        press(term, "q", "Quit stackdeck?")
        term.send("y")
        assert term.wait_exit(20) == 0
    files = [file.read_bytes() for file in (tmp_path / "cache").rglob("*") if file.is_file()]
    drawn = [data for data in files if b"\x1b[" in data and b"prod-eu" in data]
    assert len(drawn) == 1, "the first frame of the next start"
    assert b"via bastion" not in drawn[0]


def test_a_changed_key_is_refused_without_a_way_round(env: dict[str, str], bastion: Sshd, tmp_path: Path) -> None:
    other = public(make_key(tmp_path / "other"))
    bastion.known_hosts_file().write_text(f"[{bastion.host}]:{bastion.port} {other}\n")
    with Term("--cloud", "prod-eu", home=tmp_path, env=env) as term:
        term.wait_for("shows another host key than the one known: refused", WAIT)
        term.wait_quiet(0.5, WAIT)
        assert fingerprint(bastion.host_keys[0]) in term.text().replace("\n", "")
        assert "answer it" not in term.text()
        term.send("\r")
        term.wait_quiet(0.5, WAIT)
        assert "Type «once»" not in term.text()
    assert logins(bastion) == 0


def test_the_end_waits_for_no_bastion(env: dict[str, str], bastion: Sshd, tmp_path: Path) -> None:
    with Term("--cloud", "prod-eu", home=tmp_path, env=env) as term:
        term.wait_for(lambda term: "ACTIVE" in term.text() and "● via bastion" in term.text(), WAIT)
        bastion.freeze()
        try:
            press(term, "q", "Quit stackdeck?")
            term.send("y")
            assert term.wait_exit(10) == 0
        finally:
            bastion.thaw()


def test_the_end_waits_for_no_bastion_that_never_answered(env: dict[str, str], bastion: Sshd, tmp_path: Path) -> None:
    wait_until(lambda: not bastion.pids(), "nobody is connected", 20)
    bastion.freeze()
    try:
        with Term("--cloud", "prod-eu", home=tmp_path, env=env) as term:
            term.wait_for("◐ via bastion connecting", WAIT)
            press(term, "q", "Quit stackdeck?")
            term.send("y")
            assert term.wait_exit(10) == 0
    finally:
        bastion.thaw()


def test_get_asks_on_the_terminal(env: dict[str, str], strange: Sshd, tmp_path: Path) -> None:
    with Term("get", "server", "-o", "csv", home=tmp_path, env=env) as term:
        term.wait_for("Trust it?", WAIT)
        assert fingerprint(strange.host_keys[0]) in term.text()
        term.send("o\r")
        term.wait_for("Passphrase of", WAIT)
        term.send("wrong\r")
        term.wait_for("That was not right", WAIT)
        term.send(PASSPHRASE + "\r")
        assert term.wait_exit(WAIT) == 0
        assert "prod-eu" in term.output()
        assert PASSPHRASE not in term.output()
    assert not (tmp_path / ".ssh" / "known_hosts").exists()


def test_no_on_the_terminal_is_an_answer(env: dict[str, str], strange: Sshd, tmp_path: Path) -> None:
    with Term("get", "server", "--cloud", "prod-eu", home=tmp_path, env=env) as term:
        term.wait_for("Trust it?", WAIT)
        term.send("\r")
        assert term.wait_exit(WAIT) == 1
        assert "is not known yet" in term.output()
    with Term("doctor", "--cloud", "prod-eu", home=tmp_path, env=env) as term:
        term.wait_for("Trust it?", WAIT)
        term.send(b"\x03")
        assert term.wait_exit(20) == 130


def test_without_a_terminal_nobody_is_asked(env: dict[str, str], strange: Sshd, tmp_path: Path) -> None:
    done = run("get", "server", "-o", "csv", home=tmp_path, env=env)
    assert (done.returncode, "lab" in done.stdout, "prod-eu" in done.stdout) == (1, True, False)
    assert "Jump host bastion is not known yet" in done.stderr
    assert "Traceback" not in done.stderr
    done = run("doctor", "--cloud", "prod-eu", home=tmp_path, env=env)
    assert done.returncode == 1
    assert "FAIL  tunnel" in " ".join(done.stdout.split()).replace("FAIL tunnel", "FAIL  tunnel")


def test_get_and_doctor_go_through(env: dict[str, str], bastion: Sshd, tmp_path: Path) -> None:
    proxies = {name: "http://127.0.0.1:1" for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY")}
    clouds = ("--cloud", "prod-eu", "--cloud", "prod-us")
    done = run("get", "server", "-o", "csv", *clouds, home=tmp_path, env=env | proxies)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("prod-us") > 10
    assert logins(bastion) == 1
    done = run("doctor", *clouds, home=tmp_path, env=env | proxies)
    assert (done.returncode, done.stdout.count(f"through {bastion.user}@127.0.0.1:{bastion.port}")) == (0, 4)
    assert logins(bastion) == 2, "four places, one connection"


@pytest.mark.skipif(not shutil.which("ssh"), reason="there is no OpenSSH server here")
def test_a_tunnel_heals_while_a_shell_has_the_terminal(
    env: dict[str, str], demo: DemoCloud, bastion: Sshd, tmp_path: Path
) -> None:
    file = Path(env["OS_CLIENT_CONFIG_FILE"])
    clouds = yaml.safe_load(file.read_text())
    del clouds["clouds"]["prod-eu"]["ssh_tunnel"]
    file.write_text(yaml.safe_dump(clouds, sort_keys=False))
    env = env | {"STACKDECK_SSH": str(demo.settings_file)}
    chosen = ("--cloud", "prod-eu", "--cloud", "prod-us", "--filter", "frontend-21")
    with Term(*chosen, home=tmp_path, env=env) as term:
        term.wait_for(lambda term: "prod-eu fra1" in term.text() and "● via bastion" in term.text(), WAIT)
        term.wait_quiet(1.0, WAIT)
        press(term, "s", "fra1")
        term.wait_for(lambda term: "Host key" in term.text() and "checking" not in term.text(), WAIT)
        term.wait_quiet(1.0, WAIT)
        press(term, "\r", "Remember and connect")
        term.send("o")
        term.wait_for(lambda term: "$ " in term.output().partition("exit or ~. comes back")[2], WAIT)
        assert logins(bastion) == 1
        bastion.cut()
        wait_until(lambda: logins(bastion) == 2, "the tunnel is back, though the screen stands still", WAIT)
        term.send("exit\r")
        term.wait_for("● via bastion", WAIT)
        term.wait_for(lambda term: "✗" not in term.lines()[0], WAIT)
