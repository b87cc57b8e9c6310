"""`stackdeck serve`: the dashboard for people who have an SSH key here and no account."""

from __future__ import annotations

import asyncio
import contextlib
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

import asyncssh

from tui.remote.authorized import USERS, unsafe
from tui.remote.serving_door import Door
from tui.remote.serving_log import NAME, Log
from tui.remote.sessions import Serving, Sessions

HOST_KEY = "ssh_host_ed25519_key"
ENDING = 4.0
"""Seconds that sessions have to end when the server does."""
LEAVING = 0.4
"""Seconds that clients have to go when their sessions have ended, and as many once they were sent away."""
KEEPALIVE = 15
"""Seconds between two questions to a silent client; after three without an answer it is gone."""


class Server:
    """A listening server on `tui.remote.loop.Loop`; `start`, then `stop`."""

    def __init__(self, serving: Serving, environ: Mapping[str, str]) -> None:
        """`environ` is what every dashboard gets of ours."""
        self.serving = serving
        self.sessions = Sessions(serving)
        self.log = Log(serving.directory / NAME)
        self.port = 0
        """Where it listens, once it does."""
        self.fingerprint = ""
        """Of the host key."""
        self._environ = environ
        self._acceptor: asyncssh.SSHAcceptor | None = None

    async def start(self) -> None:
        """Listen. Raises OSError or ValueError saying what is wrong with the directory, the key or the port."""
        serving = self.serving
        key = await asyncio.to_thread(host_key, serving.directory)
        self.fingerprint = key.get_fingerprint()
        self._acceptor = await asyncssh.listen(
            serving.host,
            serving.port,
            server_factory=lambda: Door(self.sessions, self.log, self._environ),
            server_host_keys=[key],
            config=(),
            encoding=None,
            line_editor=False,
            allow_pty=True,
            password_auth=False,
            kbdint_auth=False,
            host_based_auth=False,
            gss_host=None,
            public_key_auth=True,
            agent_forwarding=False,
            x11_forwarding=False,
            allow_scp=False,
            sftp_factory=None,
            compression_algs=None,
            login_timeout=serving.login_timeout,
            keepalive_interval=KEEPALIVE,
            keepalive_count_max=3,
            server_version="stackdeck",
            reuse_address=True,
        )
        self.port = self._acceptor.get_port()
        if not self.log.write("listen", host=serving.host, port=self.port, key=self.fingerprint):
            self._acceptor.close()
            raise OSError(self.log.trouble)

    async def stop(self, why: str = "the server is ending") -> None:
        """Take nobody on any more, tell those who are here, and end; in less than five seconds."""
        self.sessions.closing = True
        if self._acceptor is None:
            return
        self._acceptor.close()
        for session in tuple(self.sessions.live):
            session.leave(why)
        for visitor in tuple(self.sessions.visitors):
            visitor.leave(why)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.sessions.empty.wait(), ENDING)
        for session in tuple(self.sessions.live):
            session.kill()
        await self._left_by_all()
        self.log.write("stop", why=why)

    async def _left_by_all(self) -> None:
        """Wait for the ends of all connections, which stand in the log before the server's own."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.sessions.nobody.wait(), LEAVING)
        for visitor in tuple(self.sessions.visitors):
            visitor.abort()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.sessions.nobody.wait(), LEAVING)


def prepare(directory: Path) -> None:
    """Make the directory and that of its users, 0700. Raises OSError, or ValueError where others could change them."""
    for path in (directory, directory / USERS):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if why := unsafe(path):
            raise ValueError(why)


def host_key(directory: Path) -> asyncssh.SSHKey:
    """Return the server's key, made the first time, 0600. Raises OSError, or ValueError where others could read it."""
    path = directory / HOST_KEY
    if not os.path.lexists(path):
        key = asyncssh.generate_private_key("ssh-ed25519", comment="stackdeck serve")
        descriptor, name = tempfile.mkstemp(prefix=f".{HOST_KEY}.", dir=directory)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(key.export_private_key())
                file.flush()
                os.fsync(descriptor)
            # Whole or not at all, and never over another one: a second server that starts now finds this key.
            with contextlib.suppress(FileExistsError):
                os.link(name, path)
        finally:
            Path(name).unlink()
    return _kept(path)


def _kept(path: Path) -> asyncssh.SSHKey:
    if why := unsafe(path):
        raise ValueError(why)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ValueError(f"{path} can be read by others: chmod 600, and make a new one if they may have")
    try:
        return asyncssh.read_private_key(str(path))
    except asyncssh.KeyImportError as error:
        raise ValueError(f"{path} is no private key: {error}") from error
