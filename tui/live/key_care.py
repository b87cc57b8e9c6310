"""Looking after the host keys of one server: all that is known of them, compared, forgotten, removed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tui.live.approach import Approach, off_loop
from tui.live.host_keys import Pin
from tui.live.ssh_command import Login
from tui.model.host_keys import ALGORITHMS
from tui.model.ssh import HostKey
from tui.model.trouble import Trouble, TroubleError
from tui.remote.known_hosts import Entry, name_of

Then = Callable[[Any, Trouble | None], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """What this machine's files say of a server."""

    pin: Pin | None = None
    known: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    """Name in known_hosts → its lines."""
    trouble: str = ""
    """Why known_hosts cannot be read."""


class Care(Approach):
    """An approach that stays outside."""

    kept: Kept | None = None
    """None until the files were read."""

    def read_kept(self) -> None:
        """Read the files (again)."""
        addresses = [(address.host, self.way.port) for address in self.way.addresses] if self.way else []

        def took(value: Any, trouble: Trouble | None) -> None:
            self.kept = value or self.kept

        self.submit(off_loop(lambda: self._read_kept(addresses)), took)

    def show_all(self, login: Login, then: Then) -> None:
        """Ask a server for its host keys of every algorithm; `then` gets them."""
        self.submit(self._all(login), then)

    def forget(self, then: Then) -> None:
        """Forget what is remembered of the server."""
        place, ident = self.entry.scope.place, self.entry.id
        self.submit(off_loop(lambda: self.memory.forget(place, ident)), self._changed(then))

    def remove_known(self, then: Then) -> None:
        """Remove the server's addresses from known_hosts."""
        self.submit(off_loop(self._remove_known), self._changed(then))

    def _changed(self, then: Then) -> Then:
        def after(value: Any, trouble: Trouble | None) -> None:
            self.looks.clear()
            self.read_kept()
            then(value, trouble)

        return after

    def _read_kept(self, addresses: list[tuple[str, int]]) -> Kept:
        pin = self.memory.get(self.entry.scope.place, self.entry.id)
        known = self.known_hosts
        try:
            names = {name_of(host, port): known.entries(host, port) for host, port in addresses}
        except TroubleError as error:
            return Kept(pin, trouble=error.trouble.title)
        return Kept(pin, names)

    def _remove_known(self) -> None:
        for address in self.way.addresses if self.way else ():
            self.known_hosts.remove(address.host, self.way.port if self.way else 0)

    async def _all(self, login: Login) -> tuple[HostKey, ...]:
        from tui.remote.scan import shown_key

        via = (await self.chain(login.hops)).connection if login.hops else None
        limit = self.settings.ssh.timeout
        asked = (shown_key(login.host, login.port, (name,), via, limit) for name in ALGORITHMS)
        found = await asyncio.gather(*asked, return_exceptions=True)
        keys = tuple(dict.fromkeys(key for key in found if isinstance(key, HostKey)))
        failed = next((each for each in found if isinstance(each, BaseException)), None)
        if not keys:
            raise failed or OSError("it hung up, or has no host key of a kind that is known here")
        return keys
