"""One socket through an SSH connection: bytes go both ways, each side waits for the other, halves close alone."""

from __future__ import annotations

import asyncio
import contextlib
import select
import socket
from collections.abc import Callable
from typing import cast

import asyncssh

WINDOW = 2**21
"""Bytes that the far end may send before we have read them: one slow reader holds so much and stalls nobody else."""
PACKET = 2**15
"""OpenSSH takes no larger packets in a TCP channel (channels.h, CHAN_TCP_PACKET_DEFAULT)."""
HELD = 2**18
"""Bytes that wait for a slow reader here before the channel stops reading."""


class Near(asyncio.Protocol):
    """Our end of a socket pair; the other end is the HTTP client's."""

    def __init__(self, ended: Callable[[], None]) -> None:
        self.transport: asyncio.Transport | None = None
        self.channel: asyncssh.SSHTCPChannel[bytes] | None = None
        self.given_up = False
        """Whether the client went before there was a channel."""
        self._ended = ended

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.set_write_buffer_limits(high=HELD)

    def data_received(self, data: bytes) -> None:
        """Send on what the client wrote."""
        if self.channel is not None:
            with contextlib.suppress(OSError):  # it closed meanwhile: `connection_lost` follows
                self.channel.write(data)

    def eof_received(self) -> bool:
        """Close this half; both, where the client is gone altogether."""
        self.given_up = self.channel is None
        if self.channel is not None:
            if self._is_gone():
                self.channel.close()
            else:
                with contextlib.suppress(OSError):
                    self.channel.write_eof()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the channel go."""
        if self.channel is not None:
            self.channel.close()
        self._ended()

    def pause_writing(self) -> None:
        """The client reads slowly: so does the channel, until its window is full and the server waits."""
        if self.channel is not None:
            self.channel.pause_reading()

    def resume_writing(self) -> None:
        """The client has caught up."""
        if self.channel is not None:
            self.channel.resume_reading()

    def _is_gone(self) -> bool:
        """Whether the client closed both halves: a hang-up, where a half-close is only an end of input (poll(2))."""
        if self.transport is None:
            return True
        found = select.poll()
        with contextlib.suppress(OSError, ValueError):
            found.register(self.transport.get_extra_info("socket").fileno(), 0)
            return any(event & select.POLLHUP for _, event in found.poll(0))
        return True


class Far(asyncssh.SSHTCPSession[bytes]):
    """The channel's end."""

    def __init__(self, near: Near) -> None:
        self._near = near

    def connection_made(self, chan: asyncssh.SSHTCPChannel[bytes]) -> None:
        """Join the two; nobody is there any more if it took too long."""
        self._near.channel = chan
        if self._near.given_up:
            chan.close()

    def data_received(self, data: bytes, datatype: object) -> None:
        """Hand on what the server sent."""
        if self._near.transport is not None:
            self._near.transport.write(data)

    def eof_received(self) -> bool:
        """The server will send no more; it may still read."""
        if self._near.transport is not None:
            with contextlib.suppress(OSError, RuntimeError):
                self._near.transport.write_eof()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """The channel is gone: what came is delivered, then the client sees the end."""
        self._near.channel = None
        if self._near.transport is not None:
            self._near.transport.close()

    def pause_writing(self) -> None:
        """The server reads slowly: so do we."""
        if self._near.transport is not None:
            self._near.transport.pause_reading()

    def resume_writing(self) -> None:
        """The server has caught up."""
        if self._near.transport is not None:
            self._near.transport.resume_reading()


async def through(
    connection: asyncssh.SSHClientConnection, host: str, port: int, ours: socket.socket, ended: Callable[[], None]
) -> None:
    """Join a socket with `host:port` behind a connection; the name is looked up there. `ours` is taken in any case.

    Raises what asyncssh raises; `ended` is called once the socket is closed, also then.
    """
    loop = asyncio.get_running_loop()
    transport, near = await loop.create_connection(lambda: Near(ended), sock=ours)
    try:
        await connection.create_connection(
            lambda: Far(near), host, port, encoding=None, window=WINDOW, max_pktsize=PACKET
        )
    except BaseException:
        transport.abort()
        raise
