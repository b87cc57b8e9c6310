"""`stackdeck serve`: who is let in, and that nothing is there but a terminal with the dashboard."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.serving import Alone, Served
from tests.sshd import fingerprint, free_port, make_key, public
from tui.cli import parser
from tui.commands.serve import _OTHERS

DENIALS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "a command": ((), "id", "exec"),
    "a command with a terminal": (("-tt",), "id", "exec"),
    "a shell without a terminal": (("-T",), "", "a shell without a terminal"),
    "sftp": (("-s",), "sftp", "subsystem"),
    "another subsystem": (("-s",), "netconf", "subsystem"),
    "-W": (("-W", "127.0.0.1:22"), "", "direct-tcpip"),
    "-R": (("-N", "-oExitOnForwardFailure=yes", "-R", "127.0.0.1:0:127.0.0.1:22"), "", "tcpip-forward"),
    "-R of a socket": (
        ("-N", "-oExitOnForwardFailure=yes", "-R", "/tmp/x.sock:127.0.0.1:22"),
        "",
        "streamlocal-forward",
    ),
}
"""What a client asks for: its options, the command, and what the log calls it."""


@pytest.fixture
def here(alone: Alone) -> Alone:
    """A server with alice and bob."""
    alone.add("alice")
    alone.add("bob")
    alone.start()
    return alone


@pytest.mark.parametrize("asked", DENIALS)
def test_it_is_refused_and_written_down(here: Alone, asked: str) -> None:
    """Each way to something else than the dashboard."""
    options, command, what = DENIALS[asked]
    answer = here.run("alice", *options, command=command)
    assert answer.returncode != 0, answer
    assert "uid=" not in answer.stdout
    line = here.wait_log("denied", what=what)[0]
    assert line["user"] == "alice"
    assert line["key"] == fingerprint(here.keys / "alice")
    assert line["from"] == "127.0.0.1"
    assert not here.log("session")


@pytest.mark.parametrize("forward", ["-L", "-D"])
def test_a_forwarding_of_the_client_leads_nowhere(here: Alone, forward: str) -> None:
    """The client opens its port by itself; what is sent there is refused here."""
    port = free_port()
    said = f"127.0.0.1:{port}:127.0.0.1:{here.port}" if forward == "-L" else f"127.0.0.1:{port}"
    client = subprocess.Popen([*here.ssh("alice", "-N", forward, said), "--", here.host], stderr=subprocess.PIPE)
    try:
        here.wait_log("auth")
        with _connected(port) as through:
            through.settimeout(30)
            if forward == "-D":  # SOCKS 4: connect to 127.0.0.1
                through.sendall(b"\x04\x01" + here.port.to_bytes(2, "big") + bytes([127, 0, 0, 1]) + b"\x00")
            assert b"SSH-2.0" not in through.recv(100)
        here.wait_log("denied", what="direct-tcpip", said=f"127.0.0.1:{here.port}")
    finally:
        client.kill()
        client.communicate()


def _connected(port: int) -> socket.socket:
    from tests.waiting import wait_until

    def tried() -> socket.socket | None:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=60)
        except OSError:
            return None

    found = wait_until(tried, "the client listens", 30)
    assert found is not None
    return found


@pytest.mark.parametrize("program", ["sftp", "scp", "scp -O"])
def test_no_files_are_copied(here: Alone, program: str, tmp_path: Path) -> None:
    """Neither way of scp, nor sftp."""
    words = program.split()
    command = [*here.ssh("alice", *words[1:], program=words[0]), f"{here.host}:/etc/hostname"]
    command += [str(tmp_path / "copy")] if words[0] == "scp" else []
    answer = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=200, check=False)
    assert answer.returncode != 0
    assert not (tmp_path / "copy").exists()
    here.wait_log("denied")


def test_agent_and_x11_are_not_taken(alone: Alone) -> None:
    """Asked for with everything else, they leave nothing in the dashboard's environment."""
    alone.add("alice")
    alone.start("import json, os; print(json.dumps(dict(os.environ)))")
    agent = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    found = dict(part.split("=", 1) for part in agent.replace("\n", "").split(";") if "=" in part)
    env = {**os.environ, "SSH_AUTH_SOCK": found["SSH_AUTH_SOCK"], "LC_ALL": "C.UTF-8", "OS_CLIENT_CONFIG_FILE": "/x"}
    asked = [
        "-tt", "-A", "-X", "-oSendEnv=LC_* OS_*", "-oForwardX11Trusted=no",
        "-oSetEnv=STACKDECK_TEST_LOG=/tmp/x PYTHONPATH=/x TZ=UTC COLORTERM=truecolor LANG=../../x LD_PRELOAD=/x",
    ]  # fmt: skip
    try:
        answer = subprocess.run(
            [*alone.ssh("alice", *asked), "--", alone.host],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
    finally:
        os.kill(int(found["SSH_AGENT_PID"]), signal.SIGTERM)
    line = next((line for line in answer.stdout.splitlines() if line.startswith("{")), answer.stdout + answer.stderr)
    seen = json.loads(line)
    assert {"SSH_AUTH_SOCK", "DISPLAY", "STACKDECK_TEST_LOG", "PYTHONPATH", "LD_PRELOAD", "LANG"}.isdisjoint(seen)
    assert (seen["TZ"], seen["COLORTERM"], seen["LC_ALL"]) == ("UTC", "truecolor", "C.UTF-8")
    assert seen["OS_CLIENT_CONFIG_FILE"] == str(alone.home("alice") / "clouds.yaml")
    assert seen["XDG_STATE_HOME"] == str(alone.home("alice") / "state")


def test_nobody_else_comes_in(here: Alone) -> None:
    """An unknown key, somebody else's, a name that is a path, a password."""
    strange = make_key(here.keys / "strange")
    for name, key in (("alice", strange), ("alice", here.keys / "bob"), ("../users/alice", here.keys / "alice")):
        answer = here.run(name, command="id", key=key)
        assert answer.returncode == 255
        assert "Permission denied (publickey)" in answer.stderr, answer.stderr
    answer = here.run("alice", command="id", key=strange, PubkeyAuthentication="no", BatchMode="no")
    assert "Permission denied (publickey)" in answer.stderr
    why = {(line["user"], line["why"]) for line in here.log("refused")}
    assert ("alice", "the key is not in authorized_keys") in why
    assert ("../users/alice", "no such name is possible") in why
    assert not here.log("auth")


def test_a_client_with_many_wrong_keys_is_sent_away(here: Alone) -> None:
    """As sshd does it."""
    keys = [make_key(here.keys / f"wrong{number}") for number in range(8)]
    more = [f"-oIdentityFile={path}" for path in keys]
    answer = here.run("alice", *more, command="id", key=keys[0])
    assert answer.returncode == 255
    assert "too many keys" in answer.stderr
    assert len(here.log("refused")) == 6


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ('from="10.0.0.0/8"', "its line in authorized_keys does not let it in from 127.0.0.1"),
        ('from="!127.0.0.1,*"', "its line in authorized_keys does not let it in from 127.0.0.1"),
        ('FROM="10.0.0.0/8"', "the key has an option that is not kept here: FROM"),
        ('command="id"', "the key has an option that is not kept here: command"),
        ('environment="A=b"', "the key has an option that is not kept here: environment"),
        ('expiry-time="20200101"', "the key has expired: 20200101"),
        ('expiry-time="20200101",command="id"', "the key has an option that is not kept here: command"),
        ("cert-authority", "its line in authorized_keys does not let it in from 127.0.0.1"),
    ],
)
def test_options_of_a_key_that_keep_it_out(alone: Alone, options: str, why: str) -> None:
    """from= counts; what cannot be kept lets nobody in, rather than in without it."""
    alone.add("alice", options=options)
    alone.start()
    answer = alone.run("alice", "-tt")
    assert answer.returncode == 255
    assert "Permission denied (publickey)" in answer.stderr
    assert [line["why"] for line in alone.log("refused")] == [why]


def test_options_of_a_key_that_let_it_in(alone: Alone) -> None:
    """The right address, and what forbids nothing that there is."""
    alone.add("alice", options='restrict,pty,no-X11-forwarding,from="192.0.2.1,127.0.0.0/8",expiry-time="29990101Z"')
    alone.start("print('the dashboard')")
    assert "the dashboard" in alone.run("alice", "-tt").stdout


def test_a_second_key_counts_and_is_the_one_in_the_log(alone: Alone) -> None:
    """A client offers several; the log names the one that signed."""
    first, second = alone.add("alice"), make_key(alone.keys / "second")
    alone.authorize("alice", "# keys", "", "nonsense", f"{public(second)} laptop")
    alone.start("print('the dashboard')")
    answer = alone.run("alice", "-tt", f"-oIdentityFile={second}", key=first)
    assert "the dashboard" in answer.stdout
    assert [line["key"] for line in alone.wait_log("auth")] == [fingerprint(second)]


def test_a_user_without_clouds_is_told(alone: Alone) -> None:
    """Signed in, but there is nothing to look at."""
    alone.add("alice", clouds=None)
    alone.start("print('the dashboard')")
    answer = alone.run("alice", "-tt")
    assert "there is no clouds.yaml for alice" in answer.stdout
    assert "the dashboard" not in answer.stdout
    assert answer.returncode == 1
    alone.wait_log("denied", what="session")


@pytest.mark.parametrize(
    ("place", "mode"),
    [("authorized_keys", 0o620), ("authorized_keys", 0o602), (".", 0o770), ("..", 0o777)],
)
def test_keys_that_others_could_change_let_nobody_in(alone: Alone, place: str, mode: int) -> None:
    """The file, and every directory above it."""
    alone.add("alice")
    alone.start()
    (alone.home("alice") / place).resolve().chmod(mode)
    answer = alone.run("alice", "-tt")
    assert "Permission denied (publickey)" in answer.stderr
    assert "can be written by others" in alone.log("refused")[0]["why"]


def test_keys_behind_a_link_let_nobody_in(alone: Alone, tmp_path: Path) -> None:
    """What a link leads to may be anybody's."""
    alone.add("alice")
    alone.start()
    file = alone.home("alice") / "authorized_keys"
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert "Permission denied (publickey)" in alone.run("alice", "-tt").stderr
    assert "is a link" in alone.log("refused")[0]["why"]


def test_clouds_that_others_could_read_are_not_used(alone: Alone) -> None:
    """They hold passwords; the person is told whom to ask, the log says why."""
    alone.add("alice")
    alone.start("print('the dashboard')")
    (alone.home("alice") / "clouds.yaml").chmod(0o644)
    answer = alone.run("alice", "-tt")
    assert "is not safe" in answer.stdout
    assert "chmod" not in answer.stdout
    assert any("can be read by others" in line.get("why", "") for line in alone.log("denied"))


@pytest.mark.parametrize("name", ["stackdeck/settings.toml", ".ssh/config", ".ssh/known_hosts"])
@pytest.mark.parametrize("place", ["the file", "its directory", "a link"])
def test_what_steers_requests_must_be_nobody_elses(alone: Alone, name: str, place: str, tmp_path: Path) -> None:
    """Another user of the machine could send hers, and her passwords, through a jump host of his."""
    alone.add("alice")
    alone.start("print('the dashboard')")
    file = alone.home("alice") / name
    file.parent.mkdir(mode=0o700)
    file.write_text("")
    file.chmod(0o644)
    assert "the dashboard" in alone.run("alice", "-tt").stdout
    if place == "a link":
        file.rename(tmp_path / "elsewhere")
        file.symlink_to(tmp_path / "elsewhere")
    else:
        (file if place == "the file" else file.parent).chmod(0o777)
    answer = alone.run("alice", "-tt")
    assert f"the {name} of alice is not safe" in answer.stdout
    assert "the dashboard" not in answer.stdout
    assert alone.wait_log("denied", what="session")


def test_the_host_key_is_private_and_stays(served: Served) -> None:
    """Made once, 0600, the same after a restart; refused when others could have read it."""
    served.start()
    file = served.directory / "ssh_host_ed25519_key"
    assert file.stat().st_mode & 0o777 == 0o600
    before = served.host_key
    assert served.signal(signal.SIGTERM) == 0
    served.start()
    assert served.host_key == before
    assert [line["key"] for line in served.log("listen")] == [fingerprint_of(before)] * 2
    served.signal(signal.SIGTERM)
    file.chmod(0o640)
    with pytest.raises(AssertionError, match=r"can be read by others: chmod 600"):
        served.start()


def fingerprint_of(key: str) -> str:
    """SHA256:… of a public key's text."""
    answer = subprocess.run(["ssh-keygen", "-lf", "-"], input=key, capture_output=True, text=True, check=True)
    return answer.stdout.split()[1]


def test_it_listens_on_the_loopback_unless_told(served: Served) -> None:
    """Nobody from outside, and the log is the owner's."""
    served.start()
    assert [line["host"] for line in served.log("listen")] == ["127.0.0.1"]
    assert (served.directory / "audit.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--listen", "nowhere.invalid:1x"], "it is HOST:PORT"),
        (["--listen", "127.0.0.1:99999"], "it is HOST:PORT"),
        (["--per-user", "0"], "1 at least"),
        (["--idle", "-1"], "0 to 10080"),
    ],
)
def test_options_that_mean_nothing_are_said(tmp_path: Path, options: list[str], said: str) -> None:
    """One line, exit code 2."""
    from tests.terminal.harness import run

    answer = run("serve", "--directory", str(tmp_path / "d"), *options, home=tmp_path)
    assert answer.returncode == 2
    assert said in answer.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--cloud", "prod"], "--cloud"),
        (["--demo"], "--demo"),
        (["--theme", "mono"], "--theme"),
        (["--view", "server"], "--view"),
        (["--low-bandwidth"], "--low-bandwidth"),
        (["--no-low-bandwidth"], "--no-low-bandwidth"),
    ],
)
def test_options_of_the_dashboard_are_not_passed_over(tmp_path: Path, options: list[str], said: str) -> None:
    """Who limits a server to one cloud must not believe that it is."""
    from tests.terminal.harness import run

    answer = run(*options, "serve", "--directory", str(tmp_path / "d"), "--listen", "127.0.0.1:0", home=tmp_path)
    assert answer.returncode == 2
    assert f"serve takes no {said}:" in answer.stderr
    assert not (tmp_path / "d").exists()


def test_every_option_before_it_is_heeded_or_refused() -> None:
    """One that comes later must be decided upon."""
    before = vars(parser(demo=False).parse_args([]))
    assert set(before) == {*_OTHERS, "read_only", "restricted", "served", "command"}


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    """And nothing is left running."""
    from tests.terminal.harness import run

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = run("serve", "--directory", str(tmp_path / "d"), "--listen", f":{port}", home=tmp_path)
    assert answer.returncode == 2
    assert "Nothing is served" in answer.stderr
    assert str(port) in answer.stderr
