"""known_hosts: one host changed, everything else as it was."""

from __future__ import annotations

import fcntl
import multiprocessing
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pure.console_keys import ecdsa, ed25519, rsa
from tests.sshd import NONE_HERE
from tui.model.ssh import HostKey
from tui.model.trouble import TroubleError
from tui.remote.known_hosts import KnownHosts, name_of

OURS, OTHER, WRONG = ed25519(), ecdsa("other"), ed25519("wrong")
KEYGEN = shutil.which("ssh-keygen")


def _line(names: str, key: HostKey, end: str = "\n") -> str:
    return f"{names} {key.algorithm} {key.blob}{end}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the file will be."""
    return tmp_path / "ssh" / "known_hosts"


def _written(file: Path, text: str) -> KnownHosts:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return KnownHosts(file)


def test_a_new_file_is_private(file: Path) -> None:
    KnownHosts(file).replace("203.0.113.9", 22, [OURS])
    assert file.read_text() == _line("203.0.113.9", OURS)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert not file.with_name("known_hosts.old").exists()


@pytest.mark.parametrize(
    ("host", "port", "name"),
    [("Web", 22, "web"), ("web", 2222, "[web]:2222"), ("fd00::1", 22, "fd00::1"), ("fd00::1", 2222, "[fd00::1]:2222")],
)
def test_names_are_as_openssh_writes_them(file: Path, host: str, port: int, name: str) -> None:
    assert name_of(host, port) == name
    KnownHosts(file).replace(host, port, [OURS])
    assert file.read_text().split()[0] == name
    assert KnownHosts(file).keys(host, port) == (OURS,)


def test_everything_else_stays_byte_for_byte(file: Path) -> None:
    before = (
        "# a comment\r\n\n"
        + _line("other,203.0.113.9", WRONG)
        + _line("@cert-authority *.example", OTHER)
        + _line("@revoked 203.0.113.9", rsa("old"))
        + _line("[203.0.113.9]:2222", OTHER)
        + _line("203.0.113.*", OTHER)
        + "what is this\n"
        + _line("203.0.113.9", WRONG)
        + _line("last", OTHER, end="")
    )
    known = _written(file, before)
    gone = known.replace("203.0.113.9", 22, [OURS])
    assert gone == (WRONG,)
    expected = before.replace("other,203.0.113.9", "other").replace("\n" + _line("203.0.113.9", WRONG), "\n", 1)
    assert file.read_bytes().decode() == expected + "\n" + _line("203.0.113.9", OURS)
    assert file.with_name("known_hosts.old").read_bytes().decode() == before
    assert stat.S_IMODE(file.with_name("known_hosts.old").stat().st_mode) == 0o600


def test_patterns_negations_and_marks_are_read(file: Path) -> None:
    known = _written(
        file,
        _line("*.example,!bad.example", OURS)
        + _line("web?", OTHER)
        + _line("@revoked *", WRONG)
        + _line("@cert-authority *", rsa()),
    )
    assert known.keys("a.example") == (OURS,)
    assert known.keys("bad.example") == ()
    assert known.keys("web1") == (OTHER,)
    assert known.revoked("anything") == {WRONG}
    assert known.entries("web1")[0].line == 2


def test_a_revoked_key_is_no_key(file: Path) -> None:
    known = _written(file, _line("web", OURS) + _line("@revoked web", OURS))
    assert known.keys("web") == ()


@pytest.mark.skipif(not KEYGEN, reason=NONE_HERE)
def test_a_hashed_file_stays_hashed_and_openssh_finds_what_was_written(file: Path) -> None:
    _written(file, _line("203.0.113.9", WRONG) + _line("web", OTHER))
    subprocess.run([str(KEYGEN), "-q", "-H", "-f", str(file)], check=True, capture_output=True)
    known = KnownHosts(file)
    assert known.entries("203.0.113.9")[0].hashed
    assert known.replace("203.0.113.9", 22, [OURS]) == (WRONG,)
    known.replace("new", 2222, [OURS])
    assert "203.0.113.9" not in file.read_text()
    assert "new" not in file.read_text()
    for name in ("203.0.113.9", "web", "[new]:2222"):
        found = subprocess.run([str(KEYGEN), "-F", name, "-f", str(file)], check=False, capture_output=True, text=True)
        assert found.stdout.count("found") == 1, name


def test_a_plain_entry_of_a_hashed_file_stays_plain(file: Path) -> None:
    known = _written(
        file, "|1|c2FsdA==|AAAAAAAAAAAAAAAAAAAAAAAAAAA= ssh-ed25519 " + OTHER.blob + "\n" + _line("a", WRONG)
    )
    known.replace("a", 22, [OURS])
    assert _line("a", OURS) in file.read_text()


def test_a_link_stays_a_link(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles"
    real.mkdir()
    (real / "hosts").write_text(_line("web", WRONG))
    file.parent.mkdir()
    file.symlink_to(real / "hosts")
    KnownHosts(file).replace("web", 22, [OURS])
    assert file.is_symlink()
    assert (real / "hosts").read_text() == _line("web", OURS)


def test_a_host_is_forgotten(file: Path) -> None:
    known = _written(file, _line("web", WRONG) + _line("db", OTHER))
    assert known.remove("web") == (WRONG,)
    assert file.read_text() == _line("db", OTHER)
    assert known.remove("web") == ()


def test_a_folder_that_cannot_be_written_is_told(file: Path) -> None:
    known = _written(file, _line("web", WRONG))
    blocked = file.with_name("known_hosts.lock")
    blocked.mkdir()  # stands in the way also of root, whom no mode bits stop
    with pytest.raises(TroubleError) as caught:
        known.replace("web", 22, [OURS])
    assert "cannot be written" in caught.value.trouble.title
    assert str(file) in caught.value.trouble.title
    assert file.read_text() == _line("web", WRONG)


def test_a_lock_that_another_program_holds_is_waited_for_and_told(file: Path) -> None:
    known = _written(file, "")
    with file.with_name("known_hosts.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(TroubleError, match="locked by another program"):
            KnownHosts(file, lock_wait=0.1).replace("web", 22, [OURS])
    known.replace("web", 22, [OURS])
    assert known.keys("web") == (OURS,)


def _write_many(file: str, number: int) -> None:
    for n in range(5):
        KnownHosts(Path(file), lock_wait=60).replace(f"198.51.100.{number * 5 + n}", 22, [OURS])


def test_writers_side_by_side_lose_nothing(file: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_write_many, args=(str(file), number)) for number in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    assert all(KnownHosts(file).keys(f"198.51.100.{n}") == (OURS,) for n in range(30))


_WORDS = st.sampled_from(
    [b"web", b"WEB,db", b"db", b"*", b"!web", b"|1|x|y", b"|1||", b"|1|c2FsdA==|c2FsdA==", b"@revoked", b"@x", b"#",
     b"\xff", b"ssh-rsa", b"ssh-ed25519", OURS.blob.encode(), b"AAAA", b"=", b"\0"]
)  # fmt: skip
_LINES = st.lists(st.one_of(st.lists(_WORDS, max_size=5).map(b" ".join), st.binary(max_size=40)), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=_LINES, end=st.sampled_from([b"", b"\n", b"\r\n"]))
def test_whatever_is_in_the_file_the_other_lines_stay(tmp_path: Path, lines: list[bytes], end: bytes) -> None:
    file = tmp_path / "known_hosts"
    before = b"\n".join(lines) + end
    file.write_bytes(before)
    known = KnownHosts(file)
    known.entries("web")
    known.replace("no-such-host", 22, [OURS])
    ours = _line("no-such-host", OURS).encode()
    after = file.read_bytes()
    kept = before if not before or before.endswith(b"\n") else before + b"\n"
    if b"|1|" in before:
        assert after.startswith(kept)
        assert known.keys("no-such-host") == (OURS,)
    else:
        assert after == kept + ours
    known.remove("no-such-host")
    assert file.read_bytes() == kept
    known.replace("web", 22, [OURS])
    assert OURS in known.keys("web") or b"@revoked" in before


def test_a_missing_file_knows_nobody(file: Path) -> None:
    assert KnownHosts(file).keys("web") == ()


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(TroubleError, match="cannot be read"):
        KnownHosts(tmp_path).keys("web")
