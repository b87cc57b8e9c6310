"""Which of many servers can be connected to: address, user, jump hosts and a host key that somebody vouches for.

Nothing is trusted here: what is neither remembered, nor in known_hosts, nor proven by its console log, is left out.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tui.cloud import Api
from tui.config.settings import Settings
from tui.live.console import read_log
from tui.live.feeds import Feeds
from tui.live.host_keys import NAME, Case, Evidence, Memory, Pin, Verdict, judge
from tui.live.reach import Image, Way, read_image, way
from tui.model.entry import Entry
from tui.model.events import Done, Sink
from tui.model.host_keys import Printed, printed
from tui.model.ssh import Asker, Hop, HostKey
from tui.model.trouble import Trouble, TroubleError
from tui.remote.hops import Chain, off_loop, open_chain
from tui.remote.known_hosts import KnownHosts, name_of
from tui.remote.loop import Loop
from tui.remote.scan import probe, shown_key
from tui.resources.server_row import server_of

PRESS_K = "key not verified: press K on it"
WRONG = "wrong host key: refused"
VERIFIED = frozenset({Case.KNOWN, Case.GOOD})

_WHY = {
    Case.WEAK: "its console log proves too little",
    Case.CONFLICT: "its console log contradicts itself",
    Case.NONE: "its console log tells no key",
    Case.REBUILT: "it has new keys, though its console log names them",
}


@dataclass(frozen=True, slots=True)
class Ready:
    """How a server is connected to, and which keys count."""

    hop: Hop
    hops: tuple[Hop, ...]
    keys: tuple[HostKey, ...]
    source: str
    """What vouches for the keys: «console log», «known_hosts» …"""
    without: tuple[Hop, ...] = ()
    """Jump hosts that were said, but through which nothing answered: it is reached straight from here."""


@dataclass(frozen=True, slots=True)
class Check:
    """What came of looking at one server."""

    ready: Ready | None = None
    why: str = ""
    """Why it is left out, as a sentence; «» when it is ready."""


class Chains:
    """Connections to jump hosts, one for all servers behind them. On the loop of `tui.remote` alone."""

    def __init__(self, settings: Settings, visit: Callable[[], Asker]) -> None:
        """`visit` makes the asker of one chain."""
        said = settings.ssh.known_hosts
        self._known = Path(said).expanduser() if said else None
        self._timeout = settings.ssh.timeout
        self._visit = visit
        self._once: set[tuple[str, HostKey]] = set()
        self._tasks: dict[tuple[Hop, ...], asyncio.Task[Chain]] = {}

    async def get(self, hops: tuple[Hop, ...]) -> Chain | None:
        """Return a living connection; None where no jump host is on the way. Raises TroubleError."""
        if not hops:
            return None
        task = self._tasks.get(hops)
        if task is None or (task.done() and (task.cancelled() or task.exception() or not task.result().alive)):
            opening = open_chain(hops, self._visit(), known_hosts=self._known, timeout=self._timeout, once=self._once)
            task = self._tasks[hops] = asyncio.ensure_future(opening)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Leave all of them."""
        for task in self._tasks.values():
            if not task.done():
                task.cancel()
            elif not task.cancelled() and task.exception() is None:
                task.result().close()


@dataclass(frozen=True, slots=True)
class _Facts:
    """What API and files say of a server."""

    way: Way
    pin: Pin | None
    printed: Printed
    log_trouble: str = ""


class Checks:
    """Looks at many servers at once. `found` has what is known; `told` is called on the screen's thread as it grows."""

    def __init__(
        self,
        entries: Sequence[Entry],
        settings: Settings,
        feeds: Feeds,
        loop: Loop,
        visit: Callable[[], Asker],
        sink: Sink,
        tunnel: Callable[[Entry], Any],
        folder: Path | None = None,
    ) -> None:
        """`entries` are copies; `visit` makes an asker for jump hosts, `tunnel` says those of a row's APIs.

        `folder` stands in for the state's, as in `Approach`.
        """
        self.entries = tuple(entries)
        self.found: dict[str, Check] = {}
        self.chains = Chains(settings, visit)
        self._settings = settings
        self._feeds = feeds
        self._loop = loop
        self._sink = sink
        self._tunnel = tunnel
        self._told: Callable[[], None] = lambda: None
        self._images: dict[str, Image] = {}
        self._reading = threading.Lock()
        self._gate: asyncio.Semaphore | None = None
        self._futures: list[concurrent.futures.Future[None]] = []
        self._closed = False
        said = settings.ssh.known_hosts
        self._known_hosts = KnownHosts(Path(said).expanduser() if said else None)
        self._memory = Memory(folder / NAME if folder else None)

    @property
    def complete(self) -> bool:
        """Whether all of them have been looked at."""
        return len(self.found) == len(self.entries)

    @property
    def ready(self) -> Mapping[str, Ready]:
        """Those that can be connected to, by the entry's key."""
        return {key: check.ready for key, check in self.found.items() if check.ready is not None}

    def begin(self, told: Callable[[], None]) -> None:
        """Look at all of them; returns at once."""
        self._told = told
        for entry in self.entries:
            self._feeds.ask(entry.scope, partial(self._facts, entry), partial(self._took_facts, entry))

    def again(self) -> int:
        """Look anew at those that are left out; returns how many."""
        out = [entry for entry in self.entries if (check := self.found.get(entry.key)) and check.ready is None]
        for entry in out:
            del self.found[entry.key]
            self._feeds.ask(entry.scope, partial(self._facts, entry), partial(self._took_facts, entry))
        return len(out)

    def close(self) -> None:
        """Look no further, and leave the jump hosts."""
        self.stop()
        with contextlib.suppress(RuntimeError):
            self._loop.submit(self.chains.close())

    def stop(self) -> None:
        """Look no further; the jump hosts stay for what follows."""
        self._closed = True
        for future in self._futures:
            future.cancel()

    def _facts(self, entry: Entry, api: Api) -> _Facts | None:
        """Ask the cloud; None once nobody wants to know. Blocking, in a worker."""
        if self._closed:
            return None
        image = self._image(entry, api)
        found = way(entry, self._settings, image, self._tunnel(entry))
        pin = self._memory.get(entry.scope.place, entry.id)
        if pin is not None:
            return _Facts(found, pin, Printed())
        try:
            return _Facts(found, None, printed(read_log(api, entry.id)))
        except TroubleError as error:
            return _Facts(found, None, Printed(), error.trouble.title)

    def _image(self, entry: Entry, api: Api) -> Image:
        """Read each image once."""
        ident = server_of(entry).image_id
        key = f"{entry.scope.place} {ident}"
        if not ident:
            return read_image(api, entry)
        with self._reading:
            known = self._images.get(key)
        if known is None:
            known = read_image(api, entry)
            with self._reading:
                self._images[key] = known
        return known

    def _took_facts(self, entry: Entry, value: Any, trouble: Trouble | None) -> None:
        if self._closed:
            return
        if trouble is not None or value is None:
            self._put(entry, Check(why=trouble.title if trouble else "it could not be looked at"))
            return
        if not value.way.addresses:
            self._put(entry, Check(why="it has no address"))
            return

        def ended(future: concurrent.futures.Future[Check]) -> None:
            if not future.cancelled() and not self._closed:
                self._sink.put(Done(lambda check, _: self._put(entry, check), _outcome(future)))

        future = self._loop.submit(self._look(entry, value))
        self._futures.append(future)  # type: ignore[arg-type]
        future.add_done_callback(ended)

    def _put(self, entry: Entry, check: Any) -> None:
        if not self._closed:
            self.found[entry.key] = check
            self._told()

    async def _look(self, entry: Entry, facts: _Facts) -> Check:
        """Find the address that answers, and judge the key that it shows."""
        if self._gate is None:
            self._gate = asyncio.Semaphore(self._settings.ssh.at_once)
        async with self._gate:
            hops, host, why = facts.way.hops, *await self._through(facts.way, facts.way.hops)
            if not host and facts.way.other is not None:
                hops, (host, _) = facts.way.other, await self._through(facts.way, facts.way.other)
            if not host:
                return Check(why=why)
            via = await self.chains.get(hops)
            through = via.connection if via else None
            port = facts.way.port
            known = await off_loop(lambda: self._known_hosts.keys(host, port))
            wanted = facts.pin.host_keys if facts.pin else facts.printed.keys or known
            algorithms = list(dict.fromkeys(key.algorithm for key in wanted))
            timeout = self._settings.ssh.timeout
            shown = await shown_key(host, port, algorithms, through, timeout)
            if shown is None:
                shown = await shown_key(host, port, (), through, timeout)
            if shown is None:
                return Check(why="it shows no host key of a known kind")
            evidence = await off_loop(lambda: self._evidence(entry, facts, host, known, shown))
            return _check(facts, host, hops, judge(evidence))

    def _evidence(self, entry: Entry, facts: _Facts, host: str, known: tuple[HostKey, ...], shown: HostKey) -> Evidence:
        port = facts.way.port
        name = name_of(host, port)
        revoked = shown in self._known_hosts.revoked(host, port)
        owner = self._memory.owner(name, but=entry.id)
        return Evidence(shown, facts.printed, name, facts.pin, known, revoked, owner, now=time.time())

    async def _through(self, found: Way, hops: tuple[Hop, ...]) -> tuple[str, str]:
        """Return the address that answers by way of these jump hosts; else «» and why none does."""
        try:
            via = await self.chains.get(hops)
        except TroubleError as error:
            return "", error.trouble.title
        return await self._answering(found, via.connection if via else None)

    async def _answering(self, found: Way, through: Any) -> tuple[str, str]:
        """Return the likeliest address that answers; else «» and why the first one does not."""
        timeout = self._settings.ssh.timeout
        tasks = {
            address.host: asyncio.ensure_future(probe(address.host, found.port, through, timeout))
            for address in found.addresses
        }
        try:
            first = ""
            for host, task in tasks.items():
                result = await task
                if result.open:
                    return host, ""
                first = first or f"{host} port {found.port}: {result.why}"
            return "", first
        finally:
            for task in tasks.values():
                task.cancel()


def _check(facts: _Facts, host: str, hops: tuple[Hop, ...], verdict: Verdict) -> Check:
    if verdict.case in VERIFIED and not verdict.replaces:
        found = facts.way
        hop = Hop(host, found.port, found.user.value, found.key.value)
        return Check(Ready(hop, hops, verdict.keys, verdict.source, () if hops else found.hops))
    if verdict.case is Case.WRONG:
        return Check(why=f"{WRONG}: {verdict.reasons[0]}" if verdict.reasons else WRONG)
    if verdict.replaces:
        return Check(why=f"{PRESS_K}: known_hosts has another key for its address")
    why = facts.log_trouble if facts.log_trouble and verdict.case is Case.NONE else _WHY.get(verdict.case, "")
    return Check(why=f"{PRESS_K}: {why}" if why else PRESS_K)


def _outcome(future: concurrent.futures.Future[Check]) -> Check:
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, TroubleError):
        return Check(why=error.trouble.title)
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return Check(why=str(said)[:300])
