"""What the demo speaks of SSH: the sessions of its guests, and the bastion. Imported at the first connection only."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import asyncssh

from tui.demo.ssh_keys import Key
from tui.demo.ssh_shell import Guest, Shell

LOGIN_SECONDS = 20
KEEPALIVE_SECONDS = 30

Dial = Callable[[str, str, int], socket.socket | None]
"""Takes the bastion's user, a host and a port: a socket that ends there, None where the guest does not answer.

Raises LookupError for what is none of the demo's."""


class _Login(asyncssh.SSHServer):
    """Lets one user in, by one key."""

    def __init__(self, user: str, key: str) -> None:
        self._user = user
        self._key = asyncssh.import_public_key(key)

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return (not self._user or username == self._user) and key == self._key


class _Bastion(_Login):
    """Leads on to the demo's own addresses and to nothing else."""

    def __init__(self, key: str, dial: Dial, apis: tuple[str, int]) -> None:
        super().__init__("", key)
        self._dial = dial
        self._apis = apis
        self._name = ""

    def begin_auth(self, username: str) -> bool:
        self._name = username
        return True

    def connection_requested(
        self, dest_host: str, dest_port: int, orig_host: str, orig_port: int
    ) -> bool | asyncssh.SSHTCPSession[bytes] | Callable[..., Awaitable[None]]:
        if (dest_host, dest_port) == self._apis:
            return True
        try:
            end = self._dial(self._name, dest_host, dest_port)
        except LookupError:
            raise asyncssh.ChannelOpenError(
                asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "this bastion leads to the demo's servers only"
            ) from None
        if end is None:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "Connection refused")

        async def carry(reader: asyncssh.SSHReader[bytes], writer: asyncssh.SSHWriter[bytes]) -> None:
            near, far = await asyncio.open_connection(sock=end)
            await asyncio.gather(_pump(reader, far), _pump(near, writer))

        return carry


async def _pump(
    reader: asyncssh.SSHReader[bytes] | asyncio.StreamReader, writer: asyncssh.SSHWriter[bytes] | asyncio.StreamWriter
) -> None:
    """Carry bytes one way until the end, and tell the other side of it."""
    with suppress(OSError, asyncssh.Error):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with suppress(OSError, asyncssh.Error):
        writer.close()


async def guest(sock: socket.socket, about: Guest, keys: tuple[Key, ...], login: str) -> asyncssh.SSHServerConnection:
    """Serve one connection to a guest. Raises OSError and asyncssh.Error when it ends before it is one."""

    async def session(process: asyncssh.SSHServerProcess[str]) -> None:
        await _session(process, about)

    return await _serve(sock, lambda: _Login(about.user, login), keys, session)


async def bastion(
    sock: socket.socket, key: Key, login: str, dial: Dial, apis: tuple[str, int]
) -> asyncssh.SSHServerConnection:
    """Serve one connection to the bastion. Raises OSError and asyncssh.Error when it ends before it is one."""

    def session(process: asyncssh.SSHServerProcess[str]) -> None:
        process.stderr.write("This bastion leads on to the demo's servers; it has no shell.\n")
        process.exit(1)

    return await _serve(sock, lambda: _Bastion(login, dial, apis), (key,), session)


async def _serve(
    sock: socket.socket,
    factory: Callable[[], asyncssh.SSHServer],
    keys: tuple[Key, ...],
    session: Callable[[asyncssh.SSHServerProcess[str]], Awaitable[None] | None],
) -> asyncssh.SSHServerConnection:
    return await asyncssh.run_server(
        sock,
        server_factory=factory,
        server_host_keys=[asyncssh.import_private_key(key.private) for key in keys],
        process_factory=session,
        encoding="utf-8",
        errors="replace",
        sftp_factory=None,
        allow_scp=False,
        agent_forwarding=False,
        x11_forwarding=False,
        gss_host=None,
        login_timeout=LOGIN_SECONDS,
        keepalive_interval=KEEPALIVE_SECONDS,
        compression_algs=None,
        server_version="Demo_guest",
    )


async def _session(process: asyncssh.SSHServerProcess[str], about: Guest) -> None:
    """One session of a guest: one command, or lines until the end."""

    async def write(text: str, bad: bool) -> None:
        stream = process.stderr if bad else process.stdout
        stream.write(text)
        await stream.drain()

    shell = Shell(about, write)
    with suppress(OSError, asyncssh.Error):
        if process.command is not None:
            await shell.run(process.command)
        else:
            await _talk(process, shell)
        process.exit(shell.code)


async def _talk(process: asyncssh.SSHServerProcess[str], shell: Shell) -> None:
    """Lines until the end. What is typed while a command runs waits for it, but for ctrl+c, which ends it."""
    typed = _Lines(process)
    if process.term_type is not None:
        process.stdout.write(shell.greeting)
    while not shell.over:
        if process.term_type is not None:
            process.stdout.write(shell.prompt)
        line = await typed.next()
        if line is None:
            return
        running = asyncio.ensure_future(shell.run(line))
        try:
            await typed.until(running)
        finally:
            running.cancel()
        if running.cancelled() or not running.done():
            shell.code = 130


class _Lines:
    """Reads ahead, so that ctrl+c is seen while a command runs."""

    def __init__(self, process: asyncssh.SSHServerProcess[str]) -> None:
        self._process = process
        self._ahead: asyncio.Task[str] | None = None

    async def next(self) -> str | None:
        """The next line; empty where ctrl+c was pressed, None at the end."""
        ahead, self._ahead = self._ahead or self._reading(), None
        try:
            return await ahead or None
        except (asyncssh.SignalReceived, asyncssh.BreakReceived):
            self._process.stdout.write("^C\n")
            return "#"

    async def until(self, running: asyncio.Future[int]) -> None:
        """Wait for a command, at most until ctrl+c or the end of the connection."""
        while True:
            self._ahead = self._ahead or self._reading()
            both: list[asyncio.Future[Any]] = [running, self._ahead]
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                running.result()
                return
            error = self._ahead.exception()
            if isinstance(error, (asyncssh.SignalReceived, asyncssh.BreakReceived)):
                self._ahead = None
                self._process.stdout.write("^C\n")
                return
            if error is not None or not self._ahead.result() or not self._process.channel:
                return
            await running
            return

    def _reading(self) -> asyncio.Task[str]:
        return asyncio.ensure_future(self._read())

    async def _read(self) -> str:
        while True:
            try:
                return await self._process.stdin.readline()
            except asyncssh.TerminalSizeChanged:
                continue
