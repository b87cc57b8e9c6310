"""One command on one server: connected to with verified keys alone, its output cut at a size, ended by a time-out."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import asyncssh

from tui.model.ssh import Asker, Hop, HostKey
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.remote.hops import Chain, off_loop, open_hop
from tui.remote.ssh_config import Machine, machines

KEPT = 64 * 1024
"""Bytes of output that are kept of each server, from its beginning."""
MOST = 1024 * 1024
"""Bytes after which a command is ended: nobody reads them, and the line is needed for others."""
WINDOW = 128 * 1024
"""Bytes that a server may send before they are read; bounds the memory of a flood."""
_PIECE = 32 * 1024


@dataclass(frozen=True, slots=True)
class Order:
    """What is run, and within which bounds (seconds)."""

    command: str
    seconds: float = 60.0
    """Until the command has ended, from its start."""
    connect: float = 10.0
    """Until the connection stands and the login is done."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int | None = None
    """Exit status; None where there is none: it was ended by a signal, or by us."""
    signal: str = ""
    """«KILL», as the server says it (hostile text)."""
    timed_out: bool = False
    flooded: bool = False
    """It wrote more than `MOST`, and was ended."""
    seconds: float = 0.0
    """From the start of the command to its end."""


async def run_command(
    hop: Hop,
    keys: Sequence[HostKey],
    via: Chain | None,
    order: Order,
    asker: Asker,
    connected: Callable[[], None],
    said: Callable[[bytes], None],
) -> Ended:
    """Run a command on a server that shows one of `keys`, and only then.

    `connected` is called once the command starts, `said` with each piece of its output (stdout and stderr as they
    come). Raises TroubleError where no connection comes about or it breaks.
    """
    machine = await off_loop(lambda: _machine(hop))
    trusted = {(machine.name, key) for key in keys}
    if not trusted:
        raise ValueError("no key is verified")
    connection = await open_hop(machine, asker, via, timeout=order.connect, once=trusted)
    try:
        return await _run(connection, order, connected, said)
    except (OSError, asyncssh.Error) as error:
        raise _broken(machine, error) from error
    finally:
        connection.abort()


def _machine(hop: Hop) -> Machine:
    """What the configuration says of the server; of host keys it has no say: they were verified before."""
    return replace(machines((hop,))[-1], known_hosts=(), strict=True)


async def _run(
    connection: asyncssh.SSHClientConnection,
    order: Order,
    connected: Callable[[], None],
    said: Callable[[bytes], None],
) -> Ended:
    process = await connection.create_process(
        order.command, encoding=None, stdin=asyncssh.DEVNULL, stderr=asyncssh.STDOUT, window=WINDOW
    )
    connected()
    began = time.monotonic()
    taken, timed_out = 0, False
    try:
        async with asyncio.timeout(order.seconds):
            while taken <= MOST and (piece := await process.stdout.read(_PIECE)):
                taken += len(piece)
                said(piece)
            if taken <= MOST:
                await process.wait_closed()
    except TimeoutError:
        timed_out = True
    flooded = taken > MOST
    if timed_out or flooded:
        # A server that knows signals ends the command; for others the connection's end must do.
        with contextlib.suppress(OSError, asyncssh.Error):
            process.kill()
    signal = process.exit_signal[0] if process.exit_signal else ""
    lost = not (timed_out or flooded) and process.exit_status is None and not signal
    if lost:
        raise asyncssh.ConnectionLost("the connection broke before the command had ended")
    # asyncssh says -1 for a command that a signal ended.
    return Ended(None if signal else process.exit_status, signal, timed_out, flooded, time.monotonic() - began)


def _broken(machine: Machine, error: Exception) -> TroubleError:
    said = getattr(error, "reason", "") or str(error) or type(error).__name__
    title = f"{machine.hop.label}: {said}"[:500]
    return TroubleError(Trouble(Cause.NETWORK, title, said=said[:2000], short="ssh"))
