"""One way through jump hosts: a supervised connection that all clouds behind it share, and sockets that go through.

No port is opened on this machine: a socket is one end of a pair whose other end is pumped into an SSH channel.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
from msgspec import structs

from tui.model.ssh import HostKey
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.model.tunnel import Hops, Phase, Question, Standing
from tui.remote import failures
from tui.remote.asking import Desk, Visit
from tui.remote.hops import TIMEOUT, Chain, open_chain
from tui.remote.loop import Loop
from tui.remote.pump import through

HOLD = 1.0
"""Seconds in which a failure answers those who come after it too: many threads ask at once, once is enough."""


class Tunnel:
    """Implements `tui.model.ssh.Dialer`. Comes up when it is needed, and again whenever it was lost. Thread-safe."""

    def __init__(
        self,
        loop: Loop,
        hops: Hops,
        desk: Desk,
        *,
        known_hosts: Path | None = None,
        timeout: float = TIMEOUT,
        changed: Callable[[Standing], None] = lambda standing: None,
    ) -> None:
        """`timeout`: seconds for each hop. `changed` is called from the loop's thread."""
        self._loop = loop
        self._desk = desk
        self._known_hosts = known_hosts
        self._timeout = timeout
        self._changed = changed
        self._standing = Standing(hops)
        self._chain: Chain | None = None
        self._opening: asyncio.Task[Chain] | None = None
        self._once: set[tuple[str, HostKey]] = set()
        self._tasks: set[asyncio.Future[Any]] = set()
        self._failed_at = 0.0
        self._visit: Visit | None = None
        self._lock = threading.Lock()

    @property
    def label(self) -> str:
        """The jump hosts."""
        return self._standing.label

    @property
    def standing(self) -> Standing:
        """How it is now."""
        return self._standing

    @property
    def question(self) -> Question | None:
        """What a person has to say before it can come up."""
        return self._visit.question if self._visit and self._standing.phase is Phase.DOWN else None

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """Return a socket to `host:port` behind the jump hosts. Blocking.

        `timeout` is for the way from there on, in seconds; the jump hosts have their own. Raises TroubleError naming
        the jump host: nothing was sent then.
        """
        found = self._loop.run(self._through(host, port, timeout))
        found.settimeout(timeout)
        return found

    def up(self) -> str:
        """Connect if need be and return who answered. Blocking; raises TroubleError."""
        self._loop.run(self._up())
        return self._standing.peer

    def again(self) -> None:
        """Forget that it was refused: something was typed, or somebody asks for another try."""
        with self._lock:
            self._failed_at = 0.0
            if self._standing.phase is Phase.DOWN:
                self._standing = structs.replace(self._standing, phase=Phase.IDLE, trouble=None)

    def abort(self) -> None:
        """Drop the connection at once; the next socket brings another."""
        self._loop.submit(self._drop(hard=True))

    def close(self) -> None:
        """Say goodbye; returns at once."""
        self._loop.submit(self._drop(hard=False))

    # -- in the loop's thread ----------------------------------------------------------------------------------------

    async def _drop(self, *, hard: bool) -> None:
        if self._chain is not None:
            self._chain.abort() if hard else self._chain.close()

    async def _up(self) -> Chain:
        if self._chain is not None and self._chain.alive:
            return self._chain
        if self._opening is None:
            self._refuse()
            self._opening = asyncio.ensure_future(self._open())
            self._keep(self._opening)
        # Shielded: one caller who gives up does not take the connection from the others.
        return await asyncio.shield(self._opening)

    def _refuse(self) -> None:
        """Raise the last failure again where another try could do harm, or came at the same time as the last."""
        trouble = self._standing.trouble
        if trouble is None or self._standing.phase is not Phase.DOWN or not self._failed_at:
            return
        if not trouble.retries or time.monotonic() - self._failed_at < HOLD:
            raise TroubleError(trouble)

    async def _open(self) -> Chain:
        self._tell(Phase.CONNECTING)
        visit = self._visit = self._desk.visit()
        try:
            chain = await open_chain(
                self._standing.hops, visit, known_hosts=self._known_hosts, timeout=self._timeout, once=self._once
            )
        except TroubleError as error:
            self._fail(error.trouble)
            raise
        except Exception as error:
            found = Trouble(Cause.NETWORK, f"Jump host {self.label} cannot be used: {error}"[:500], short="tunnel")
            self._fail(found)
            raise TroubleError(found) from error
        finally:
            self._opening = None
        self._chain = chain
        with self._lock:
            self._standing = structs.replace(self._standing, connects=self._standing.connects + 1)
        self._tell(Phase.UP, peer=" › ".join(machine.at for machine in chain.machines))
        self._keep(asyncio.ensure_future(self._watch(chain)))
        return chain

    async def _watch(self, chain: Chain) -> None:
        """Tell when a connection of the chain ends, and end the others: they lead nowhere."""
        ends = [asyncio.ensure_future(one.wait_closed()) for one in chain.connections]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        chain.abort()
        if self._chain is chain:
            self._chain = None
            title = f"Jump host {self.label} was lost: it is connected again when it is needed"
            self._tell(Phase.DOWN, Trouble(Cause.NETWORK, title, short="tunnel lost"))

    async def _through(self, host: str, port: int, seconds: float) -> socket.socket:
        error: Exception | None = None
        for _ in range(2):
            chain = await self._up()
            try:
                return await self._join(chain, host, port, seconds)
            except (OSError, asyncssh.Error) as found:
                error = found
                if chain.alive:
                    break
                # It was dead without our knowing it, and nothing was sent through the new channel: once more.
        raise failures.explained(chain.machines[-1], error or OSError(), "", []) from error

    async def _join(self, chain: Chain, host: str, port: int, seconds: float) -> socket.socket:
        theirs, ours = socket.socketpair()
        ours.setblocking(False)
        self._count(1)
        joining = asyncio.ensure_future(through(chain.connection, host, port, ours, lambda: self._count(-1)))
        self._keep(joining)
        try:
            # Left to end by itself after that: a channel that is given up while it opens would stay open for ever.
            await asyncio.wait({joining}, timeout=seconds)
            if not joining.done():
                raise failures.late(chain.machines[-1], f"{host}:{port}", seconds)
            joining.result()
        except asyncssh.ChannelOpenError as error:
            theirs.close()
            if not chain.alive:
                raise
            raise failures.channel(chain.machines[-1], error, f"{host}:{port}") from error
        except BaseException:
            theirs.close()
            raise
        return theirs

    def _count(self, more: int) -> None:
        with self._lock:
            self._standing = structs.replace(self._standing, sockets=self._standing.sockets + more)

    def _keep(self, task: asyncio.Future[Any]) -> None:
        """Hold a task: the loop itself would let it be collected."""
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: asyncio.Future[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # told already, or of nobody's interest any more

    def _fail(self, trouble: Trouble) -> None:
        self._failed_at = time.monotonic()
        self._tell(Phase.DOWN, trouble)

    def _tell(self, phase: Phase, trouble: Trouble | None = None, peer: str = "") -> None:
        with self._lock:
            self._standing = structs.replace(
                self._standing, phase=phase, since=time.time(), trouble=trouble, peer=peer or self._standing.peer
            )
        self._changed(self._standing)
