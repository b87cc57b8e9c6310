"""One command on a genuine sshd: exit codes, signals, time-outs, floods, and no connection without a verified key."""

from __future__ import annotations

import asyncio
import shlex

import pytest

from tests.sshd import Sshd, Start, make_key, public
from tests.tunnelled import Person
from tests.waiting import wait_for, wait_until
from tui.model.ssh import Hop, HostKey
from tui.model.trouble import Cause, TroubleError
from tui.remote.commands import MOST, Ended, Order, run_command
from tui.remote.hops import open_chain

pytestmark = pytest.mark.usefixtures("ssh_home")


def keys_of(server: Sshd) -> tuple[HostKey, ...]:
    return tuple(HostKey(*public(path).split()[:2]) for path in server.host_keys)


def hop_to(server: Sshd) -> Hop:
    return Hop(server.host, server.port, server.user, str(server.key))


async def ran(
    server: Sshd, command: str, seconds: float = 60.0, keys: tuple[HostKey, ...] | None = None, **more: Person
) -> tuple[Ended, bytes]:
    """Run a command; how it ended and what it said."""
    said: list[bytes] = []
    started: list[bool] = []
    ended = await run_command(
        hop_to(server),
        keys_of(server) if keys is None else keys,
        None,
        Order(command, seconds),
        more.get("person") or Person(),
        lambda: started.append(True),
        said.append,
    )
    assert started == [True]
    return ended, b"".join(said)


async def test_output_of_both_streams_and_the_exit_code_come_back(sshd: Start) -> None:
    server = sshd()
    ended, said = await ran(server, "echo one; echo two >&2; exit 7")
    assert sorted(said.split()) == [b"one", b"two"]
    assert (ended.code, ended.signal, ended.timed_out, ended.flooded) == (7, "", False, False)
    ended, said = await ran(server, "true")
    assert (ended.code, said) == (0, b"")


async def test_a_command_goes_to_the_servers_shell_as_it_is(sshd: Start) -> None:
    word = "$(id) `id` ;'\" \\ &&|<>*é"
    _, said = await ran(sshd(), f"printf %s {shlex.quote(word)}")
    assert said.decode() == word


async def test_it_has_no_input_and_no_terminal(sshd: Start) -> None:
    ended, said = await ran(sshd(), "cat; tty; test -t 0 || echo none", 20)
    assert b"not a tty" in said
    assert said.endswith(b"none\n")
    assert not ended.timed_out


async def test_a_signal_is_told(sshd: Start) -> None:
    ended, _ = await ran(sshd(), "kill -9 $$")
    assert (ended.code, ended.signal) == (None, "KILL")


async def test_a_time_out_ends_the_command_over_there_too(sshd: Start) -> None:
    server = sshd()
    ended, said = await ran(server, "echo begun; exec sleep 86399", 5.0)
    assert ended.timed_out
    assert ended.code is None
    assert said == b"begun\n"
    await wait_for(lambda: not server.pids(), "nothing of it is left on the server", 20)


async def test_a_flood_is_ended(sshd: Start) -> None:
    server = sshd()
    ended, said = await ran(server, "yes")
    assert ended.flooded
    assert MOST < len(said) < MOST + 256 * 1024
    await wait_for(lambda: not server.pids(), "nothing of it is left on the server", 20)


async def test_another_host_key_is_refused_before_anything_is_sent(sshd: Start) -> None:
    server = sshd("LogLevel DEBUG1")
    algorithm, blob = public(make_key(server.directory / "other")).split()[:2]
    with pytest.raises(TroubleError) as caught:
        await ran(server, "echo secret", keys=(HostKey(algorithm, blob),))
    assert caught.value.trouble.cause is Cause.CONFIG
    assert "another host key" in caught.value.trouble.title
    wait_until(lambda: "Connection closed" in server.log or "disconnect" in server.log.lower(), "it is told", 10)
    assert "Accepted publickey" not in server.log
    assert "userauth-request" not in server.log


async def test_known_hosts_does_not_stand_in_for_a_verified_key(sshd: Start) -> None:
    server = sshd()
    with pytest.raises(ValueError, match="verified"):
        await ran(server, "true", keys=())


async def test_nothing_is_asked_about_a_key(sshd: Start) -> None:
    server, person = sshd(), Person()
    algorithm, blob = public(make_key(server.directory / "other")).split()[:2]
    with pytest.raises(TroubleError):
        await ran(server, "true", keys=(HostKey(algorithm, blob),), person=person)
    assert person.asked == []


async def test_a_connection_that_breaks_is_told(sshd: Start) -> None:
    server = sshd()
    running = asyncio.ensure_future(ran(server, "echo begun; sleep 86399"))
    await wait_for(lambda: len(server.pids()) > 1, "it runs", 20)
    server.cut()
    with pytest.raises(TroubleError) as caught:
        await running
    assert caught.value.trouble.cause is Cause.NETWORK


async def test_who_is_not_let_in_is_told_by_whom(sshd: Start) -> None:
    server = sshd()
    server.authorized_keys.write_text("")
    with pytest.raises(TroubleError) as caught:
        await ran(server, "true")
    assert caught.value.trouble.cause is Cause.SIGN_IN
    assert server.user in caught.value.trouble.title


async def test_through_a_jump_host(sshd: Start) -> None:
    bastion, server = sshd(), sshd("AllowTcpForwarding no")
    known = bastion.known_hosts_file()
    chain = await open_chain((hop_to(bastion),), Person(), known_hosts=known)
    said: list[bytes] = []
    try:
        ended = await run_command(
            hop_to(server), keys_of(server), chain, Order("echo $SSH_CONNECTION"), Person(), list, said.append
        )
    finally:
        chain.abort()
    assert ended.code == 0
    assert b"".join(said).split()[-1] == str(server.port).encode()
