"""Connections to jump hosts, one explicit `connect` for each hop: verified keys, the agent, and a person who is asked.

asyncssh opens ProxyJump hops by itself without the options given for them (ronf/asyncssh#698, #307), so they are opened
here one by one, each with its own known hosts, and every one is kept: a hop that is dropped closes those behind it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import asyncssh

from tui.model.ssh import Asker, Hop, HostKey, Trust
from tui.remote import failures
from tui.remote.identity import Identities, unlocked
from tui.remote.known_hosts import KnownHosts
from tui.remote.ssh_config import Machine, machines
from tui.remote.trusting import Trusting

T = TypeVar("T")

# Its packets, in which passwords go, are logged at DEBUG; nothing of it belongs on a screen.
asyncssh.set_log_level("ERROR")
logging.getLogger("asyncssh").addHandler(logging.NullHandler())

TIMEOUT = 10.0
"""Seconds for one hop, from its TCP connection to the end of the login; time in which a person is asked not counted."""
KEEPALIVE, KEEPALIVES = 5, 3
"""Seconds between two signs of life, and how many may be missed."""
TRIES = 3
"""Times that a passphrase or password is asked for in one connection."""


@dataclass(slots=True)
class Chain:
    """All connections of a way, the nearest first; the last one is the machine that was wanted."""

    machines: tuple[Machine, ...]
    connections: list[asyncssh.SSHClientConnection] = field(default_factory=list)

    @property
    def connection(self) -> asyncssh.SSHClientConnection:
        """The last machine's."""
        return self.connections[-1]

    @property
    def alive(self) -> bool:
        """Whether none of them is closed."""
        return bool(self.connections) and not any(one.is_closed() for one in self.connections)

    def close(self) -> None:
        """Say goodbye to all, the farthest first."""
        for one in reversed(self.connections):
            one.close()

    def abort(self) -> None:
        """Drop all at once."""
        for one in reversed(self.connections):
            one.abort()


async def open_chain(
    chain: tuple[Hop, ...],
    asker: Asker,
    *,
    known_hosts: Path | None = None,
    timeout: float = TIMEOUT,  # noqa: ASYNC109 - it stands still while a person is asked
    once: set[tuple[str, HostKey]] | None = None,
) -> Chain:
    """Connect through all hops; `once` remembers keys that are trusted for this run only.

    `known_hosts` stands in for the user's own file. Raises TroubleError naming the hop: SIGN_IN (it does not let us
    in), ASK (something must be typed or trusted first), CONFIG (a changed or revoked key, a bad configuration), NETWORK
    and TIMEOUT.
    """
    ways = await off_loop(lambda: machines(chain, known_hosts))
    found = Chain(ways)
    try:
        for machine in ways:
            via = found if found.connections else None
            found.connections.append(await open_hop(machine, asker, via, timeout=timeout, once=once))
    except BaseException:
        found.abort()
        raise
    return found


async def open_hop(
    machine: Machine,
    asker: Asker,
    via: Chain | None = None,
    *,
    timeout: float = TIMEOUT,  # noqa: ASYNC109 - the same
    once: set[tuple[str, HostKey]] | None = None,
) -> asyncssh.SSHClientConnection:
    """Connect to one machine, through `via` if given; an unknown key is asked about. Raises as `open_chain` does."""
    trusting = await off_loop(lambda: Trusting.of(machine, once or set()))
    try:
        return await _connect(machine, asker, via, trusting, timeout)
    except asyncssh.HostKeyNotVerifiable as error:
        key = trusting.unknown
        if key is None:
            raise failures.distrusted(machine, trusting, str(error)) from error
    # The connection is closed meanwhile: no login grace time runs out while a person compares fingerprints.
    answer = Trust.NO if machine.strict else await off_loop(lambda: asker.trust(machine.hop, key))
    if answer is Trust.NO:
        raise failures.unknown_key(machine, key)
    if answer is Trust.KEEP:
        await off_loop(lambda: _keep(machine, key))
    if once is not None:
        once.add((machine.name, key))
    try:
        return await _connect(machine, asker, via, trusting.with_key(key), timeout)
    except asyncssh.HostKeyNotVerifiable as error:
        raise failures.distrusted(machine, trusting, str(error)) from error


def _keep(machine: Machine, key: HostKey) -> None:
    known = KnownHosts(machine.known_hosts[0])
    known.replace(machine.name, machine.port, (*known.keys(machine.name, machine.port), key))


async def _connect(
    machine: Machine,
    asker: Asker,
    via: Chain | None,
    trusting: Trusting,
    seconds: float,
) -> asyncssh.SSHClientConnection:
    identities = await off_loop(lambda: Identities.of(machine))
    client: _Client | None = None
    try:
        async with asyncio.timeout(seconds) as patience:

            def factory() -> _Client:
                nonlocal client
                client = _Client(machine, asker, trusting, identities, patience, seconds)
                return client

            return await asyncssh.connect(
                machine.hop.host,
                machine.port,
                username=machine.user,
                config=list(machine.config),
                # A tunnel of None also switches the configuration's ProxyJump off: that hop stands already.
                tunnel=via.connection if via else None,
                proxy_command=() if via is None and machine.proxy_command else None,
                client_factory=factory,
                known_hosts=trusting.known,
                server_host_key_algs=trusting.algorithms,
                host_key_alias=machine.name,
                # All keys come from the client; left to itself, asyncssh would try every key of ~/.ssh.
                client_keys=None,
                agent_forwarding=False,
                x11_forwarding=False,
                connect_timeout=None,
                login_timeout=0,
                keepalive_interval=KEEPALIVE,
                keepalive_count_max=KEEPALIVES,
            )
    except asyncssh.HostKeyNotVerifiable:
        raise
    except TimeoutError as error:
        raise failures.silent(machine, seconds) from error
    except asyncssh.ChannelOpenError as error:
        # The machine before it said so.
        before = via.machines[len(via.connections) - 1] if via else machine
        raise failures.channel(before, error, f"{machine.host}:{machine.port}") from error
    except (OSError, asyncssh.Error, ValueError) as error:
        raise failures.explained(machine, error, client.wanted if client else "", identities.odd) from error
    finally:
        identities.close()


class _Client(asyncssh.SSHClient):
    """Answers one login: keys first, then what a person types. The time-out stands still while somebody is asked."""

    def __init__(
        self,
        machine: Machine,
        asker: Asker,
        trusting: Trusting,
        identities: Identities,
        patience: asyncio.Timeout,
        seconds: float,
    ) -> None:
        self._machine = machine
        self._asker = asker
        self._trusting = trusting
        self._identities = identities
        self._patience = patience
        self._seconds = seconds
        self._offered = False
        self._tries = 0
        self.wanted = ""
        """What was asked for and not given: «Passphrase of …»."""

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """A key that known_hosts does not have is refused, and remembered: a person is asked once this is closed."""
        self._trusting.saw(key)
        return False

    async def public_key_auth_requested(self) -> list[asyncssh.SSHKeyPair] | None:
        """Offer all keys that can be used as they are, then one by one those behind a passphrase."""
        if not self._offered:
            self._offered = True
            if ready := await self._identities.ready():
                return ready
        while self._identities.locked:
            path = self._identities.locked.pop(0)
            for _ in range(TRIES):
                passphrase = await self._ask(f"Passphrase of {path}")
                if not passphrase:
                    break
                if pairs := await off_loop(partial(unlocked, path, passphrase, self._identities.certificates)):
                    return pairs
        return None

    async def password_auth_requested(self) -> str | None:
        """Ask for the password, a few times."""
        self._tries += 1
        return await self._ask(f"Password of {self._machine.at}") if self._tries <= TRIES else None

    def kbdint_auth_requested(self) -> str:
        """Take whatever the server asks."""
        return ""

    async def kbdint_challenge_received(
        self, name: str, instructions: str, lang: str, prompts: Sequence[tuple[str, bool]]
    ) -> list[str] | None:
        """Ask a person what the server asks, in its own words: passwords, one-time codes."""
        if not prompts:
            return []
        self._tries += 1
        if self._tries > TRIES:
            return None
        answers = []
        for prompt, _ in prompts:
            answer = await self._ask(prompt.strip().rstrip(":") or "Answer")
            if answer is None:
                return None
            answers.append(answer)
        return answers

    async def _ask(self, what: str) -> str | None:
        loop = asyncio.get_running_loop()
        self._patience.reschedule(None)
        try:
            answer = await off_loop(lambda: self._asker.secret(self._machine.hop.label, what))
        finally:
            self._patience.reschedule(loop.time() + self._seconds)
        if not answer:
            self.wanted = self.wanted or what
        return answer or None


async def off_loop(work: Callable[[], T]) -> T:
    """Run something slow or waiting on a daemon thread: neither the loop nor the end of the program waits for it."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(value: Any, error: BaseException | None) -> None:
        if not done.done():
            done.set_exception(error) if error else done.set_result(value)

    def run() -> None:
        value, failed = None, None
        try:
            value = work()
        except BaseException as error:
            failed = error
        with contextlib.suppress(RuntimeError):  # the loop is gone: the program ends
            loop.call_soon_threadsafe(tell, value, failed)

    threading.Thread(target=run, name="remote work", daemon=True).start()
    return await done
