"""What `stackdeck serve` reads of others: environments, authorized_keys, options; hostile text gets nowhere."""

from __future__ import annotations

import datetime
import re
from pathlib import Path

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.commands.serve import listening
from tui.model.trouble import TroubleError
from tui.remote.authorized import home_of, refusal
from tui.remote.serving_log import Log, action
from tui.remote.serving_session import environment

LINE = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode("ascii").strip()
KEY = asyncssh.import_public_key(LINE)
NAMES = st.one_of(
    st.sampled_from(["LANG", "LC_ALL", "LC_CTYPE", "TZ", "NO_COLOR", "COLORTERM", "PATH", "LD_PRELOAD", "PYTHONPATH"]),
    st.sampled_from(
        ["OS_CLOUD", "OS_CLIENT_CONFIG_FILE", "HOME", "STACKDECK_TEST_LOG", "TEXTUAL_LOG", "LC_", "LANGUAGE"]
    ),
    st.text(max_size=30),
)


@given(st.dictionaries(NAMES, st.text(max_size=80), max_size=60), st.text(max_size=60))
def test_of_a_clients_environment_little_is_taken(said: dict[str, str], term: str) -> None:
    found = environment(said, term)
    assert len(found) <= 25
    for name, value in found.items():
        assert re.fullmatch(r"LANG|LC_[A-Z]+|COLORTERM|NO_COLOR|TZ|TERM", name)
        assert re.fullmatch(r"[A-Za-z0-9_.,@+:/-]{1,64}", value)
        assert not value.startswith("/")
        assert ".." not in value


def test_what_is_meant_well_is_taken() -> None:
    said = {
        "LANG": "de_DE.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "Europe/Berlin",
        "NO_COLOR": "1",
        "COLORTERM": "truecolor",
    }
    assert environment(said, "xterm-256color") == {**said, "TERM": "xterm-256color"}
    assert environment({"TZ": "/etc/passwd", "LANG": "../x"}, "../../x") == {"TERM": "xterm"}


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "-a", ".ssh", "a\n", "a\0", "ä", "a" * 65, "a b", "~"])
def test_names_that_are_none(tmp_path: Path, name: str) -> None:
    assert home_of(tmp_path, name) is None
    assert refusal(tmp_path, name, KEY, "127.0.0.1")


@pytest.mark.parametrize("name", ["alice", "a.b", "a-b_c", "7", "alice@example.org", "a" * 64])
def test_names(tmp_path: Path, name: str) -> None:
    assert home_of(tmp_path, name) == tmp_path / "users" / name


@given(st.lists(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=60), max_size=6))
def test_no_text_in_front_of_a_key_lets_it_in_but_what_is_known(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str]
) -> None:
    """Options of every sort, quotes, commas, blanks: refused, or harmless."""
    home = tmp_path_factory.mktemp("keys") / "users" / "a"
    home.mkdir(parents=True)
    file = home / "authorized_keys"
    before = ",".join(part.replace("\n", "").replace("\r", "") for part in parts)
    file.write_bytes(f'command="x",{before} {LINE}\n'.encode())
    file.chmod(0o600)
    assert refusal(home.parent.parent, "a", KEY, "127.0.0.1")


@pytest.mark.parametrize("separator", ["\x1e", "\x0b", "\x85", "\u2028", "\r"])
def test_only_line_ends_end_lines(tmp_path: Path, separator: str) -> None:
    """A key behind options and a separator is no key without options."""
    home = tmp_path / "users" / "a"
    home.mkdir(parents=True)
    (home / "authorized_keys").write_bytes(f'command="x",{separator} {LINE}\n'.encode())
    (home / "authorized_keys").chmod(0o600)
    assert refusal(tmp_path, "a", KEY, "127.0.0.1")


def judged(directory: Path, options: str) -> str:
    """Why a key with these options is kept out, or «»."""
    home = directory / "users" / "a"
    home.mkdir(parents=True, exist_ok=True)
    (home / "authorized_keys").write_text(f"{options} {LINE}\n")
    (home / "authorized_keys").chmod(0o600)
    return refusal(directory, "a", KEY, "127.0.0.1")


@pytest.mark.parametrize(
    ("seconds", "zone", "form"),
    [
        (7200, "UTC", "%Y%m%d%H%M%SZ"),
        (7200, "UTC", "%Y%m%d%H%MZ"),
        (7200, "local", "%Y%m%d%H%M%S"),
        (172_800, "UTC", "%Y%m%dZ"),
        (172_800, "local", "%Y%m%d"),
    ],
)
def test_a_key_is_good_until_it_expires(tmp_path: Path, seconds: int, zone: str, form: str) -> None:
    """As sshd has it: a day expires with its first second."""
    for sign, expired in ((1, False), (-1, True)):
        moment = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds * sign)
        said = (moment if zone == "UTC" else moment.astimezone()).strftime(form)
        why = judged(tmp_path, f'expiry-time="{said}"')
        assert why == (f"the key has expired: {said}" if expired else "")


@pytest.mark.parametrize(
    "options",
    [
        'expiry-time="29990101",expiry-time="20000101"',
        'expiry-time="20000101",expiry-time="29990101"',
        'expiry-time=""',
        "expiry-time",
        'expiry-time="2999"',
        'expiry-time="29991301"',
        'expiry-time="299901012"',
        'expiry-time="29990101x"',
        'EXPIRY-TIME="29990101"',
        'expiry-time,expiry-time="29990101"',
        'from,from="127.0.0.1"',
        "from",
        'environment,environment="A=b"',
    ],
)
def test_an_option_that_cannot_be_read_keeps_a_key_out(tmp_path: Path, options: str) -> None:
    assert judged(tmp_path, options)


def test_a_line_that_cannot_be_read_concerns_no_other(tmp_path: Path) -> None:
    assert judged(tmp_path, f"pty,pty=x {LINE}\nexpiry-time,expiry-time=x {LINE}\n") == ""


def test_a_key_by_itself_is_let_in(tmp_path: Path) -> None:
    home = tmp_path / "users" / "a"
    home.mkdir(parents=True)
    (home / "authorized_keys").write_text(f"{LINE} comment\n")
    (home / "authorized_keys").chmod(0o600)
    assert refusal(tmp_path, "a", KEY, "127.0.0.1") == ""


@given(st.binary(max_size=200))
def test_any_line_of_a_session_is_read(line: bytes) -> None:
    found = action(line)
    assert found is None or isinstance(found, dict)


def test_deep_nesting_is_no_action() -> None:
    assert action(b"[" * 100_000) is None


@given(st.dictionaries(st.text(max_size=10), st.one_of(st.text(max_size=50), st.integers(), st.none()), max_size=4))
def test_a_line_of_the_log_is_printable_ascii(
    tmp_path_factory: pytest.TempPathFactory, said: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("log") / "audit.jsonl"
    assert Log(path).write("action", line=said)
    raw = path.read_bytes()
    assert raw.count(b"\n") == 1
    assert all(byte == 0x0A or 0x20 <= byte < 0x7F for byte in raw)


def test_a_log_that_is_a_link_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "audit.jsonl").symlink_to(tmp_path / "elsewhere")
    log = Log(tmp_path / "audit.jsonl")
    assert not log.write("listen")
    assert "audit.jsonl" in log.trouble
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("", ("127.0.0.1", 8022)),
        (":2200", ("127.0.0.1", 2200)),
        ("192.0.2.1:22", ("192.0.2.1", 22)),
        ("[::1]:2222", ("::1", 2222)),
        ("[::]", ("::", 8022)),
        ("jump.example.org", ("jump.example.org", 8022)),
    ],
)
def test_where_to_listen(said: str, meant: tuple[str, int]) -> None:
    assert listening(said) == meant


@pytest.mark.parametrize("said", ["::1", "a:b", "a:99999", "[::1", "a:1:2", "a:"])
def test_where_nobody_can_listen(said: str) -> None:
    with pytest.raises(TroubleError, match="it is HOST:PORT"):
        listening(said)
