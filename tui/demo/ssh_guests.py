"""Lets the demo's servers answer SSH: a listener for each floating IP, and one bastion.

A listener is a socket and nothing more; asyncssh is imported when the first connection comes.
"""

from __future__ import annotations

import asyncio
import errno
import importlib
import ipaddress
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from types import ModuleType
from typing import Any

from tui.demo import ssh_keys
from tui.demo.records import Server
from tui.demo.ssh_keys import SILENT, WORD
from tui.demo.ssh_shell import guest_of, login_of
from tui.demo.world import Region, World

LOG = logging.getLogger(__name__)

PORT = 2222
BASTION = "127.77.0.1"
LOOPBACK = "127.0.0.1"

BEAT = 0.5
"""Seconds between two looks at which servers are there."""

READY = 8
"""Seconds after the beginning of a boot at which a guest's sshd is up."""

MOST = 400
"""Listeners at most: each one is a file that the process holds open."""

BACKLOG = 64


@dataclass(eq=False)
class _Guest:
    """A server that can be reached."""

    region: Region
    server: Server
    listener: socket.socket | None = None


@dataclass
class Guests:
    """All guests of a world. `start` before the clouds answer, `watch` on the running loop, `stop` at the end."""

    world: World
    login: ssh_keys.Key
    """Who has this key is let in."""
    port: int = 0
    bastion: str = ""
    """Address of the bastion; empty: no SSH at all."""
    direct: bool = True
    """Whether this system has the addresses of the floating IPs; without them the bastion alone leads to the guests."""
    _gate: socket.socket | None = None
    _guests: dict[str, _Guest] = field(default_factory=dict)
    _held: dict[str, set[Any]] = field(default_factory=dict)
    """Connections by server id."""
    _timer: asyncio.TimerHandle | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _session: ModuleType | None = None

    def start(self, port: int = 0) -> None:
        """Take the bastion's address: whoever has a port there has it on all addresses of the demo.

        `port` 0: the usual one, or any where another demo cloud has it. Raises OSError for a port asked for by number.
        """
        for address in (BASTION, LOOPBACK):
            for number in (port,) if port else (PORT, 0):
                try:
                    self._gate = _listen(address, number)
                except OSError as error:
                    if error.errno == errno.EADDRNOTAVAIL:
                        break
                    if port:
                        raise
                    continue
                self.bastion, self.port = self._gate.getsockname()[:2]
                self.direct = address == BASTION
                return

    def watch(self) -> None:
        """Follow the servers from now on."""
        loop = asyncio.get_running_loop()
        if self._gate is not None:
            loop.add_reader(self._gate, self._arrived, self._gate, None)
            for region in self.world.regions():
                region.populate = partial(self._populate, region.populate)
            self._beat()

    def _populate(self, build: Callable[[Region], None], region: Region) -> None:
        """Build a region's fleet; its guests listen before the answer that names them is sent."""
        build(region)
        asyncio.get_running_loop().call_soon(self._look)

    def stop(self) -> None:
        """Close everything."""
        if self._timer is not None:
            self._timer.cancel()
        loop = asyncio.get_running_loop()
        for listener in [self._gate, *(guest.listener for guest in self._guests.values())]:
            if listener is not None:
                loop.remove_reader(listener)
                listener.close()
        for connections in self._held.values():
            for connection in connections:
                connection.abort()
        self._gate = None
        self._guests.clear()

    @property
    def sentence(self) -> str:
        """What to tell a person."""
        if not self.bastion:
            return "No SSH: no port is free for it."
        through = f"bastion {self.bastion}:{self.port}"
        if self.direct:
            return f"Guests answer SSH at their floating IPs (127.77.x.y) on port {self.port}, {through}."
        return f"This system has no addresses 127.77.x.y: guests answer SSH through the {through} alone."

    def find(self, region: str, address: str) -> tuple[Region, Server]:
        """What is at a floating IP, or at a fixed address in a region. Raises LookupError for a foreign address."""
        with suppress(ValueError):
            address = ipaddress.ip_address(address).compressed
        for place in self.world.regions():
            if not place.populated:
                continue
            for floating in place.floating.values():
                if floating.address == address and floating.port is not None:
                    return place, place.servers[floating.port.device_id]
            if place.name == region:
                for port in place.ports.values():
                    if any(its == address for _, its in port.fixed) and port.device_id in place.servers:
                        return place, place.servers[port.device_id]
        raise LookupError(address)

    def dial(self, name: str, address: str, port: int) -> socket.socket | None:
        """Connect to a guest from within; `name` is the region in which a fixed address is looked for.

        None where nothing answers. Raises LookupError for a foreign address.
        """
        region, server = self.find(name, address)
        if port not in (22, self.port) or not answers(region, server):
            return None
        near, far = socket.socketpair()
        self._spawn(far, _Guest(region, server))
        return near

    def _beat(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(BEAT, self._beat)
        self._look()

    def _look(self) -> None:
        """Open and close listeners as servers come and go."""
        self._hang_up()
        if not self.direct or self._gate is None:
            return
        wanted: dict[str, _Guest] = {}
        for region in self.world.regions():
            for floating in region.floating.values() if region.populated else ():
                server = region.find(floating.port.device_id) if floating.port is not None else None
                if server is not None and answers(region, server) and len(wanted) < MOST:
                    wanted[floating.address] = _Guest(region, server)
        for address in [address for address in self._guests if address not in wanted]:
            self._close(address)
        for address, guest in wanted.items():
            self._open(address, guest)

    def _hang_up(self) -> None:
        """End the connections of servers that are gone or off."""
        regions = [region for region in self.world.regions() if region.populated]
        for ident in list(self._held):
            found = next(((region, server) for region in regions if (server := region.find(ident))), None)
            if found is None or not answers(*found):
                for connection in self._held.pop(ident):
                    connection.abort()

    def _open(self, address: str, guest: _Guest) -> None:
        known = self._guests.get(address)
        if known is not None:
            known.region, known.server = guest.region, guest.server
            return
        try:
            guest.listener = _listen(address, self.port)
        except OSError as error:
            # Asked for by a client of the cloud, an address need not be one of ours; it is looked for again later.
            LOG.debug("%s: %s", address, error)
            return
        self._guests[address] = guest
        asyncio.get_running_loop().add_reader(guest.listener, self._arrived, guest.listener, guest)

    def _close(self, address: str) -> None:
        listener = self._guests.pop(address).listener
        if listener is not None:
            asyncio.get_running_loop().remove_reader(listener)
            listener.close()

    def _arrived(self, listener: socket.socket, guest: _Guest | None) -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            connection.setblocking(False)
            self._spawn(connection, guest)

    def _spawn(self, connection: socket.socket, guest: _Guest | None) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(connection, guest))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, sock: socket.socket, guest: _Guest | None) -> None:
        """One connection from its first byte to its last."""
        if self._session is None:
            # Half a second of imports would hold the clouds' answers.
            self._session = await asyncio.to_thread(importlib.import_module, "tui.demo.ssh_session")
        try:
            if guest is None:
                key, apis = ssh_keys.bastion(self.world.seed), (LOOPBACK, _port_of(self.world.base_url))
                connection = await self._session.bastion(sock, key, self.login.public, self.dial, apis)
                ident = ""
            else:
                if guest.server.metadata.get(WORD) == SILENT:
                    await _hold(sock)
                    return
                about, ident = guest_of(guest.region, guest.server), guest.server.id
                keys = ssh_keys.shown(guest.server)
                connection = await self._session.guest(sock, about, keys, self.login.public)
        except Exception as error:
            # A visitor that speaks no SSH, or leaves: nobody's fault, and asyncssh has errors of many kinds for it.
            LOG.debug("%s", error)
            sock.close()
            return
        holders = self._held.setdefault(ident, set()) if ident else set()
        holders.add(connection)
        try:
            await connection.wait_closed()
        finally:
            holders.discard(connection)


def answers(region: Region, server: Server) -> bool:
    """Does a server's guest speak SSH now?"""
    began = server.booted or server.launched
    up = server.vm_state == "active" and server.power_state == 1 and server.halted is None
    return up and began is not None and region.now() - began >= READY and bool(login_of(region, server))


async def _hold(sock: socket.socket) -> None:
    """Keep a connection without a word until its other end is closed."""
    loop = asyncio.get_running_loop()
    with sock, suppress(OSError):
        while await loop.sock_recv(sock, 4096):
            pass


def _listen(address: str, port: int) -> socket.socket:
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _port_of(url: str) -> int:
    return int(url.rpartition(":")[2])
