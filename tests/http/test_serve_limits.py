"""`stackdeck serve`: what it does not take on, and that nobody costs it memory or leaves processes behind."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.serving import Alone
from tests.sshd import alive
from tests.waiting import wait_for, wait_until
from tui.remote import serving_door

FLOOD = """
import os, sys
written = 0
block = b"x" * 8192
file = os.open({file!r}, os.O_WRONLY | os.O_CREAT)
while True:
    written += os.write(1, block)
    os.pwrite(file, b"%015d" % written, 0)
"""
"""Writes as fast as it is read, and notes how much."""

STUBBORN = """
import os, signal
for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
    signal.signal(number, signal.SIG_IGN)
with open({file!r}, "w") as file:
    file.write(str(os.getpid()))
print("here", flush=True)
while True:
    signal.pause()
"""
"""Ends for no kind word."""

SIZES = """
import os, signal, sys
def say(*_):
    size = os.get_terminal_size(0)
    print(f"{size.columns}x{size.lines}", flush=True)
signal.signal(signal.SIGWINCH, say)
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
say()
while True:
    signal.pause()
"""


async def connected(server: Alone, name: str = "alice", **more: Any) -> asyncssh.SSHClientConnection:
    """Sign in; the host key is checked."""
    known = asyncssh.import_known_hosts(f"[{server.host}]:{server.port} {server.host_key}\n")
    return await asyncssh.connect(
        server.host,
        server.port,
        username=name,
        client_keys=[str(server.keys / name)],
        known_hosts=known,
        agent_path=None,
        config=(),
        **more,
    )


async def terminal(conn: asyncssh.SSHClientConnection, **more: Any) -> asyncssh.SSHClientProcess[bytes]:
    """Open a terminal."""
    return await conn.create_process(
        term_type="xterm-256color", term_size=(80, 24), encoding=None, stdin=asyncssh.PIPE, **more
    )


def number_in(file: Path) -> int:
    """Return the number that a program wrote into a file; 0 while there is none."""
    try:
        return int(file.read_text() or 0)
    except (FileNotFoundError, ValueError):
        return 0


async def test_sessions_of_one_user_are_counted(alone: Alone) -> None:
    """The third is refused; when one has ended there is room again; another user is not concerned."""
    alone.add("alice")
    alone.add("bob")
    alone.start(per_user=2)
    async with await connected(alone) as one, await connected(alone) as two, await connected(alone) as three:
        first, second = await terminal(one), await terminal(two)
        with pytest.raises(asyncssh.ChannelOpenError, match="2 sessions of this user are open"):
            await terminal(three)
        async with await connected(alone, "bob") as other:
            await terminal(other)
        first.close()
        alone.wait_log("end", user="alice")
        await wait_for(lambda: alone.server is not None and not alone.server.sessions.full_for("alice"), "room again")
        third = await terminal(three)
        assert second.exit_status is None
        assert third.exit_status is None


async def test_connections_are_counted(alone: Alone) -> None:
    """One too many is sent away, whoever it is."""
    alone.add("alice")
    alone.start(connections=2)
    async with await connected(alone) as one, await connected(alone):
        with pytest.raises((asyncssh.DisconnectError, ConnectionError)):
            await connected(alone)
        one.close()
        await one.wait_closed()
        await wait_for(lambda: alone.server is not None and not alone.server.sessions.full(), "room again")
        async with await connected(alone) as again:
            await terminal(again)
    assert [line["why"] for line in alone.log("denied")] == ["2 connections are open"]


async def test_those_who_do_not_sign_in_take_no_room(alone: Alone) -> None:
    """They are few at a time, and are dropped when their time is over."""
    alone.add("alice")
    server = alone.start(logins=2, login_timeout=5)
    idlers = [socket.create_connection((alone.host, alone.port), timeout=30) for _ in range(2)]
    await wait_for(lambda: server.sessions.signing_in == 2, "both are there", 20)
    with pytest.raises((asyncssh.DisconnectError, ConnectionError)):
        await connected(alone)
    assert [line["why"] for line in alone.log("denied")] == ["2 clients are signing in"]
    for idler in idlers:
        await asyncio.to_thread(_drained, idler)
    await wait_for(lambda: server.sessions.signing_in == 0, "both are gone", 20)
    async with await connected(alone) as conn:
        await terminal(conn)


def _drained(sock: socket.socket) -> None:
    """Read until the server closes."""
    with sock:
        while sock.recv(4096):
            pass


async def test_one_session_a_connection(alone: Alone) -> None:
    """A second channel (ControlMaster) is refused, the first one lives on."""
    alone.add("alice")
    alone.start()
    async with await connected(alone) as conn:
        first = await terminal(conn)
        with pytest.raises(asyncssh.ChannelOpenError, match="one session a connection"):
            await terminal(conn)
        assert first.exit_status is None


async def test_other_channels_are_refused(alone: Alone) -> None:
    """Those that no option of `ssh` asks for without root rights, too."""
    alone.add("alice")
    alone.start()
    async with await connected(alone) as conn:
        for asked in (
            conn.open_unix_connection("/run/x.sock"),
            conn.open_connection("127.0.0.1", alone.port),
            conn.open_tun(),
            conn.open_tap(),
        ):
            with pytest.raises(asyncssh.ChannelOpenError):
                await asked
        with pytest.raises(asyncssh.ChannelListenError):
            await conn.start_server(lambda *_: None, "", 0)  # type: ignore[arg-type, return-value]
    assert {line["what"] for line in alone.log("denied")} == {
        "direct-streamlocal", "direct-tcpip", "tun", "tap", "tcpip-forward",
    }  # fmt: skip


async def test_who_types_nothing_is_told_and_sent_away(alone: Alone) -> None:
    """With the reason on the terminal, and in the log."""
    alone.add("alice")
    alone.start(idle=2)
    async with await connected(alone) as conn:
        process = await terminal(conn)
        said = await process.stdout.read()
        assert b"stackdeck: closed after 2 s without a key" in said
        await process.wait_closed()
        assert process.exit_status == 128 + signal.SIGTERM
    alone.wait_log("idle", user="alice")
    assert "without a key" in alone.wait_log("end")[0]["why"]


async def test_a_window_has_a_size_and_changes_it(alone: Alone) -> None:
    """Nonsense is cut to what a terminal can be."""
    alone.add("alice")
    alone.start(SIZES)
    async with await connected(alone) as conn:
        process = await terminal(conn)
        assert (await process.stdout.readline()).strip() == b"80x24"
        process.change_terminal_size(133, 43)
        assert (await process.stdout.readline()).strip() == b"133x43"
        process.change_terminal_size(2**31, 0)
        assert (await process.stdout.readline()).strip() == b"1000x1"


@pytest.mark.parametrize("greedy", [False, True])
async def test_a_client_that_does_not_read_makes_the_dashboard_wait(alone: Alone, greedy: bool, tmp_path: Path) -> None:
    """Whether its window is full, or it opened a window of gigabytes and does not read its socket."""
    file = tmp_path / "written"
    alone.add("alice")
    server = alone.start(FLOOD.format(file=str(file)))
    window = 2**31 - 1 if greedy else 2**16
    async with await connected(alone, compression_algs=None) as conn:
        chan, _ = await conn.create_session(
            asyncssh.SSHClientSession, term_type="xterm", encoding=None, window=window, max_pktsize=32_768
        )
        transport = conn._transport  # type: ignore[attr-defined]
        if greedy:
            transport.pause_reading()
        else:
            chan.pause_reading()
        await wait_for(lambda: number_in(file) > 0, "it writes", 30)
        await _still(file)
        assert number_in(file) < 16_000_000, "the sockets' own buffers and ours"
        # The others notice nothing.
        async with await connected(alone) as other:
            await terminal(other)
        # And it goes on where the client does.
        before = number_in(file)
        (transport if greedy else chan).resume_reading()
        await wait_for(lambda: number_in(file) > before + 20_000_000, "it goes on", 40)
        conn.abort()
    await wait_for(lambda: not server.sessions.live, "all are gone", 20)


def test_a_real_client_that_does_not_read_makes_the_dashboard_wait(alone: Alone, tmp_path: Path) -> None:
    """`ssh` whose output nobody takes, until somebody does."""
    file = tmp_path / "written"
    alone.add("alice")
    alone.start(FLOOD.format(file=str(file)))
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
    client = subprocess.Popen([*alone.ssh("alice", "-tt"), "--", alone.host], **pipes)
    try:
        wait_until(lambda: number_in(file) > 0, "it writes", 30)
        asyncio.run(_still(file))
        before = number_in(file)
        assert before < 16_000_000
        assert client.stdout is not None
        read = 0
        while read < before + 10_000_000:
            read += len(os.read(client.stdout.fileno(), 65_536))
        assert number_in(file) > before
    finally:
        client.kill()
        client.communicate()


async def _still(file: Path) -> None:
    """Wait until the number stands still for a while."""
    seen, since = number_in(file), time.monotonic()

    def stands() -> bool:
        nonlocal seen, since
        if number_in(file) != seen:
            seen, since = number_in(file), time.monotonic()
        return time.monotonic() - since > 1

    await wait_for(stands, "it stands still", 40)


async def test_keys_that_nobody_takes_wait_in_the_client(alone: Alone) -> None:
    """A dashboard that hangs costs the server no memory however much is sent to it."""
    alone.add("alice")
    server = alone.start("import signal\nimport tty\ntty.setraw(0)\nprint('here', flush=True)\nsignal.pause()")
    async with await connected(alone) as conn:
        process = await terminal(conn)
        assert b"here" in await process.stdout.readline()
        process.stdin.write(b"x" * 30_000_000)
        session = next(iter(server.sessions.live))
        await wait_for(lambda: session._pty.waiting > 65_536, "they wait", 30)  # type: ignore[attr-defined]
        # With its window used up nothing more can come unless the server asks for it.
        await wait_for(lambda: process.channel._send_window == 0, "the client has to wait", 30)
        assert session._pty.waiting < 3_000_000  # type: ignore[attr-defined]
        conn.abort()


async def test_a_lost_client_leaves_no_process(alone: Alone, tmp_path: Path) -> None:
    """Not even one that ends for no kind word."""
    file = tmp_path / "pid"
    alone.add("alice")
    alone.start(STUBBORN.format(file=str(file)))
    conn = await connected(alone)
    process = await terminal(conn)
    assert b"here" in await process.stdout.readline()
    pid = number_in(file)
    assert alive(pid)
    conn.abort()
    await wait_for(lambda: not alive(pid), "the process is gone", 20)
    assert alone.wait_log("end")[0]["code"] == 128 + signal.SIGKILL


async def test_the_end_of_the_server_is_told_and_ends_all(alone: Alone, tmp_path: Path) -> None:
    """In less time than a service manager gives, with clients that end and one that does not."""
    file = tmp_path / "pid"
    alone.add("alice")
    server = alone.start(STUBBORN.format(file=str(file)))
    conn = await connected(alone)
    process = await terminal(conn)
    assert b"here" in await process.stdout.readline()
    reading = asyncio.ensure_future(process.stdout.read())
    await asyncio.to_thread(alone.stop)
    assert b"stackdeck: the server is ending" in await reading
    assert not alive(number_in(file))
    assert not server.sessions.live
    assert [line["event"] for line in alone.log()][-3:] == ["end", "disconnect", "stop"]
    with pytest.raises((OSError, asyncssh.Error)):
        await connected(alone)


async def test_only_lines_of_the_dashboard_count_as_actions(alone: Alone) -> None:
    """What comes on the descriptor for the log is stamped with who it is, whatever it says itself."""
    alone.add("alice")
    alone.start(
        "import os, sys\nout = int(sys.argv[-1])\n"
        'os.write(out, b\'{"action": "server.stop", "user": "root", "event": "listen"}\\n\')\n'
        "os.write(out, b'\\x1b[31mno json\\n')\nos.write(out, b'[1]\\n')\nprint('done', flush=True)\n"
    )
    async with await connected(alone) as conn:
        process = await terminal(conn)
        await process.stdout.read()
        await process.wait_closed()
    first, second, third = alone.wait_log("action", 3)
    assert (first["user"], first["line"]["action"]) == ("alice", "server.stop")
    assert "no json" in second["nonsense"]
    assert "nonsense" in third
    assert b"\x1b" not in (alone.directory / "audit.jsonl").read_bytes()


async def test_escapes_are_harmless_in_the_log(alone: Alone) -> None:
    """Nobody who reads the log in a terminal is harmed, or made to read for long."""
    alone.add("alice")
    alone.start()
    async with await connected(alone) as conn:
        with pytest.raises(asyncssh.ChannelOpenError):
            await conn.create_process("\x1b]0;x\x07\n\x7f\u202e" + "a" * 5000)
    alone.wait_log("denied", what="exec")
    raw = (alone.directory / "audit.jsonl").read_bytes()
    assert all(byte == 0x0A or 0x20 <= byte < 0x7F for byte in raw)
    assert all(len(line) < 1000 for line in raw.splitlines())


async def test_a_log_that_cannot_be_written_lets_nobody_in(alone: Alone) -> None:
    """What is not written down is not done."""
    alone.add("alice")
    alone.start()
    log = alone.directory / "audit.jsonl"
    log.unlink()
    log.mkdir()
    try:
        with pytest.raises((asyncssh.Error, OSError)):
            async with await connected(alone) as conn:
                await terminal(conn)
    finally:
        log.rmdir()


async def test_a_log_that_fails_later_ends_who_makes_changes(alone: Alone) -> None:
    """The dashboard wrote its own line; the server's is missing, so this was the last one."""
    alone.add("alice")
    alone.start(
        "import os, sys\nprint('here', flush=True)\nsys.stdin.readline()\n"
        'os.write(int(sys.argv[-1]), b\'{"action": "server.stop"}\\n\')\nsys.stdin.read()\n'
    )
    log = alone.directory / "audit.jsonl"
    async with await connected(alone) as conn:
        process = await terminal(conn)
        assert b"here" in await process.stdout.readline()
        log.unlink()
        log.mkdir()
        try:
            process.stdin.write(b"go on\n")
            assert b"stackdeck: the server's log cannot be written" in await process.stdout.read()
            await process.wait_closed()
        finally:
            log.rmdir()
    assert process.exit_status == 128 + signal.SIGTERM


async def test_a_client_for_which_too_much_waits_is_dropped(
    alone: Alone, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever it is that waits: answers to what it asks go past the dashboard's brake."""
    monkeypatch.setattr(serving_door, "DEAF", 100_000)
    alone.add("alice")
    server = alone.start(FLOOD.format(file=str(tmp_path / "written")))
    conn = await connected(alone)
    await conn.create_session(asyncssh.SSHClientSession, term_type="xterm", encoding=None, window=2**31 - 1)
    conn._transport.pause_reading()  # type: ignore[attr-defined]
    await wait_for(lambda: not server.sessions.connections, "it is dropped", 40)
    conn.abort()
    assert "it reads nothing" in [line.get("why") for line in alone.log("denied")]


async def test_a_client_that_is_refused_again_and_again_is_dropped(alone: Alone) -> None:
    """It could fill the log."""
    alone.add("alice")
    server = alone.start()
    async with await connected(alone) as conn:

        async def asks() -> bool:
            with contextlib.suppress(asyncssh.Error, OSError):
                await conn.open_connection("127.0.0.1", alone.port)
            return not server.sessions.connections

        await wait_for(asks, "it is dropped", 50)
    assert len(alone.log("denied")) == serving_door.MOST_DENIED


def test_sessions_survive_the_loss_of_others(alone: Alone) -> None:
    """`kill -9` of one client while another one works."""
    alone.add("alice")
    server = alone.start("import sys\nfor line in sys.stdin: print('got', line, flush=True)")
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
    words = [*alone.ssh("alice", "-tt"), "--", alone.host]
    one, two = subprocess.Popen(words, **pipes), subprocess.Popen(words, **pipes)
    try:
        wait_until(lambda: len(server.sessions.live) == 2, "both are there", 30)
        one.kill()
        wait_until(lambda: len(server.sessions.live) == 1, "one is left", 30)
        assert two.stdin is not None
        assert two.stdout is not None
        two.stdin.write(b"hello\n")
        seen = b""
        while b"got hello" not in seen:
            piece = os.read(two.stdout.fileno(), 100)
            assert piece, seen
            seen += piece
    finally:
        for each in (one, two):
            each.kill()
            each.communicate()
