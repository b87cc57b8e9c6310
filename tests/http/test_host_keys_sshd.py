"""Host keys against a genuine OpenSSH server: it shows what it has, the right key lets in, a wrong one never."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import pytest

from tests.pure.console_keys import Block, ed25519, log
from tests.sshd import Sshd, Start, free_port, public
from tui.live.host_keys import Case, Evidence, judge, known_hosts_text
from tui.live.ssh_command import Files, Login, command
from tui.model.host_keys import printed
from tui.model.ssh import HostKey
from tui.remote.known_hosts import KnownHosts
from tui.remote.scan import probe, shown_key


def _keys(server: Sshd) -> tuple[HostKey, ...]:
    return tuple(HostKey(*public(path).split()) for path in server.host_keys)


def _run(server: Sshd, folder: Path, keys: tuple[HostKey, ...]) -> subprocess.CompletedProcess[str]:
    """Enter the server as the dashboard does, with these keys and no others, and run a command."""
    file = folder / "it.known_hosts"
    file.write_text(known_hosts_text("it", keys))
    arguments = command(Login(server.host, server.port, server.user, str(server.key)), Files(file, "it"))
    return subprocess.run(
        ["ssh", "-F", "none", "-o", "BatchMode=yes", *arguments[1:], "echo", "in"],
        capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_what_the_server_shows_is_what_it_has(sshd: Start) -> None:
    server = sshd()
    ed, rsa = _keys(server)

    async def look() -> None:
        said = await probe(server.host, server.port)
        assert said.open
        assert said.said.startswith("OpenSSH")
        assert await shown_key(server.host, server.port) == ed
        assert await shown_key(server.host, server.port, ["ssh-rsa"]) == rsa
        assert await shown_key(server.host, server.port, ["ecdsa-sha2-nistp384"]) is None

    asyncio.run(look())


def test_the_right_key_goes_in(sshd: Start, tmp_path: Path) -> None:
    server = sshd()
    keys = _keys(server)
    shown = asyncio.run(shown_key(server.host, server.port))
    assert shown is not None
    verdict = judge(Evidence(shown, printed(log(Block(keys).lines())), "it"))
    assert verdict.case is Case.GOOD
    answer = _run(server, tmp_path, verdict.keys)
    assert answer.stdout == "in\n", answer.stderr


@pytest.mark.parametrize("at", [0, 1])
def test_a_wrong_key_is_refused_by_us_and_by_ssh(sshd: Start, tmp_path: Path, at: int) -> None:
    server = sshd()
    keys = _keys(server)
    wrong = (ed25519("wrong"),)
    shown = asyncio.run(shown_key(server.host, server.port))
    assert shown is not None
    assert judge(Evidence(shown, printed(log(Block(wrong).lines())), "it")).keys == ()
    # Even if our own judgement were passed over, ssh has no other keys: not in any file, not by asking.
    own = KnownHosts(tmp_path / "home" / ".ssh" / "known_hosts")
    own.replace(server.host, server.port, keys)
    answer = _run(server, tmp_path, wrong[: 1 - at])
    assert answer.returncode == 255
    assert "in\n" not in answer.stdout
    assert "ost key" in answer.stderr


@contextmanager
def _listening(say: bytes, *, hold: bool = False) -> Iterator[int]:
    """Listen and say something to everybody who comes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                one.sendall(say)
                if hold:
                    kept.append(one)
                else:
                    one.close()

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for one in kept:
            one.close()


@pytest.mark.parametrize(
    ("say", "hold", "why"),
    [
        (b"", False, "does not speak SSH"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", False, "does not speak SSH"),
        (b"x" * 100_000, False, "does not speak SSH"),
        (b"\n" * 5000, False, "does not speak SSH"),
        (b"", True, "no answer in 0.5 s"),
        (b"hello\r\nSSH-2.0-\x1b[31mEvil\r\n", True, ""),
    ],
)
def test_whatever_answers_is_told_in_words(say: bytes, hold: bool, why: str) -> None:
    with _listening(say, hold=hold) as port:
        found = asyncio.run(probe("127.0.0.1", port, timeout=0.5 if hold and not say else 20))
    assert why in found.why
    assert found.open == (not why)


def test_what_does_not_answer_is_told_in_words() -> None:
    assert "nothing listens" in asyncio.run(probe("127.0.0.1", free_port())).why
    assert asyncio.run(probe("no.such.name.invalid", 22)).why


def test_junk_in_place_of_a_key_exchange_is_an_error_in_words() -> None:
    with _listening(b"SSH-2.0-x\r\n" + b"\xff" * 4000) as port, pytest.raises(OSError, match=r".+"):
        asyncio.run(shown_key("127.0.0.1", port, timeout=60))


def test_a_server_behind_a_jump_host(sshd: Start) -> None:
    server, bastion = sshd(), sshd()

    async def look() -> None:
        known = asyncssh.import_known_hosts(bastion.known_hosts)
        async with asyncssh.connect(
            bastion.host, bastion.port, username=bastion.user, client_keys=[str(bastion.key)], known_hosts=known,
            config=None, agent_path=None,
        ) as via:  # fmt: skip
            assert (await probe(server.host, server.port, via)).said.startswith("OpenSSH")
            assert await shown_key(server.host, server.port, (), via) == _keys(server)[0]
            assert "the jump host says" in (await probe(server.host, free_port(), via)).why

    asyncio.run(look())


def test_a_jump_host_that_forbids_it_says_so(sshd: Start) -> None:
    server, bastion = sshd(), sshd("AllowTcpForwarding no")

    async def look() -> None:
        known = asyncssh.import_known_hosts(bastion.known_hosts)
        async with asyncssh.connect(
            bastion.host, bastion.port, username=bastion.user, client_keys=[str(bastion.key)], known_hosts=known,
            config=None, agent_path=None,
        ) as via:  # fmt: skip
            assert "the jump host forbids it" in (await probe(server.host, server.port, via)).why

    asyncio.run(look())
