"""Looking at a server before anything is trusted: does something answer at an address, and which host keys it shows."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import time
from collections.abc import Sequence

import asyncssh

from tui.model.host_keys import ALGORITHMS
from tui.model.probe import Probe
from tui.model.ssh import HostKey

_BANNER = 255
"""Bytes of an identification line (RFC 4253, 4.2)."""
_LINES = 20
"""Lines that a server may say before it."""
_SIGNATURES = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256")}
"""A key's algorithm → those of its signatures, where these have other names (RFC 8332)."""

_WORDS = {
    errno.ECONNREFUSED: "refused: nothing listens there",
    errno.EHOSTUNREACH: "no route to it",
    errno.ENETUNREACH: "no route to its network",
    errno.EACCES: "not allowed by this machine",
    errno.EADDRNOTAVAIL: "no such address family here",
}


async def probe(
    host: str,
    port: int,
    via: asyncssh.SSHClientConnection | None = None,
    timeout: float = 10.0,  # noqa: ASYNC109 - it is told in words
) -> Probe:
    """Knock at an address, through a jump host if given; never raises. `timeout` in seconds."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(timeout):
            said = await _identification(host, port, via)
    except TimeoutError:
        return Probe(why=f"no answer in {timeout:g} s", seconds=timeout)
    except asyncssh.ChannelOpenError as error:
        forbids = error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED
        why = "the jump host forbids it (AllowTcpForwarding, PermitOpen)" if forbids else "the jump host says"
        return Probe(why=f"{why}: {error.reason}", seconds=time.monotonic() - began)
    except asyncssh.Error as error:
        return Probe(why=f"the jump host is gone: {error.reason}", seconds=time.monotonic() - began)
    except (OSError, ValueError) as error:
        number = getattr(error, "errno", None) or 0
        return Probe(why=_WORDS.get(number) or str(error) or "it failed", seconds=time.monotonic() - began)
    seconds = time.monotonic() - began
    if not said:
        return Probe(why="something listens there, but it does not speak SSH", seconds=seconds)
    return Probe(said, seconds=seconds)


async def _identification(host: str, port: int, via: asyncssh.SSHClientConnection | None) -> str:
    """Return what follows `SSH-2.0-`, «» for anything else."""
    reader: asyncio.StreamReader | asyncssh.SSHReader[bytes]
    writer: asyncio.StreamWriter | asyncssh.SSHWriter[bytes]
    if via is None:
        reader, writer = await asyncio.open_connection(host, port, limit=_BANNER * 4)
    else:
        reader, writer = await via.open_connection(host, port, encoding=None)
    try:
        for _ in range(_LINES):
            line = await _line(reader)
            if line.startswith((b"SSH-2.0-", b"SSH-1.99-")):
                return line.split(b"-", 2)[2].decode("ascii", "replace").strip()
            if not line:
                break
        return ""
    finally:
        writer.close()
        with contextlib.suppress(OSError, asyncssh.Error):
            await writer.wait_closed()


async def _line(reader: asyncio.StreamReader | asyncssh.SSHReader[bytes]) -> bytes:
    """Read a line; its beginning if it is too long to be one."""
    try:
        return await reader.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        return bytes(error.partial)
    except (asyncio.LimitOverrunError, ValueError):
        return b""


async def shown_key(
    host: str,
    port: int,
    algorithms: Sequence[str] = (),
    via: asyncssh.SSHClientConnection | None = None,
    timeout: float = 10.0,  # noqa: ASYNC109 - it is told in words
) -> HostKey | None:
    """Return the host key that a server shows; nothing is sent to it that could be a secret.

    `algorithms` are those of the keys that would do: a server has several, and shows the first that is asked for.
    None: it has none of them, or hung up. Raises OSError in words.
    """
    wanted = [name for algorithm in algorithms or ALGORITHMS for name in _SIGNATURES.get(algorithm, (algorithm,))]
    try:
        async with asyncio.timeout(timeout):
            key = await asyncssh.get_server_host_key(
                host,
                port,
                tunnel=via if via is not None else (),
                proxy_command=(),
                config=None,
                server_host_key_algs=wanted,
            )
    except TimeoutError as error:
        raise OSError(errno.ETIMEDOUT, f"no host key in {timeout:g} s") from error
    except (asyncssh.Error, ConnectionResetError) as error:
        # OpenSSH hangs up at once on who asks for a kind of key that it lacks.
        if algorithms and isinstance(
            error, (asyncssh.KeyExchangeFailed, asyncssh.ConnectionLost, ConnectionResetError)
        ):
            return None
        said = error.reason if isinstance(error, asyncssh.Error) else error.strerror
        raise OSError(errno.EPROTO, f"it hung up before it showed its host key: {said}") from error
    if key is None:
        return None
    algorithm, blob = key.export_public_key("openssh").decode("ascii").split()[:2]
    return HostKey(algorithm, blob)
