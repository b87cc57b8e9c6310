"""One server on the way to being entered: addresses knocked at, console log read, host key looked at, side by side.

Everything is told through the sink, on the loop's thread of the screen; what blocks runs in workers, what speaks SSH on
the loop of `tui.remote`.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import hashlib
import re
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tui.cloud import Api
from tui.config.settings import Settings
from tui.live.console import read_log
from tui.live.feeds import Feeds
from tui.live.host_keys import NAME, Case, Evidence, Memory, Pin, Verdict, judge, pin_of
from tui.live.reach import Image, Way, read_image, way
from tui.live.ssh_command import Files, Login
from tui.live.ssh_files import SshFiles
from tui.model.entry import Entry
from tui.model.events import Done, Sink
from tui.model.host_keys import ALGORITHMS, Printed, printed
from tui.model.probe import Probe
from tui.model.ssh import Asker, Hop, HostKey
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.remote.known_hosts import KnownHosts
from tui.remote.loop import Loop

if TYPE_CHECKING:
    from tui.live.many_check import Chains
    from tui.remote.hops import Chain

T = TypeVar("T")

_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Log:
    """The console log as it was read."""

    printed: Printed = field(default_factory=Printed)
    at: float = 0.0
    """Epoch seconds of the reading."""
    trouble: Trouble | None = None
    """Why it could not be read."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found at one address."""

    login: Login
    shown: HostKey | None = None
    evidence: Evidence | None = None
    """None: the server could not be asked, see `trouble`."""
    verdict: Verdict | None = None
    trouble: Trouble | None = None


def is_known(look: Look | None) -> bool:
    """Whether a key was trusted before: no log is needed to go in."""
    return look is not None and look.verdict is not None and look.verdict.case is Case.KNOWN


class Approach:
    """Gathers; the screen reads the attributes whenever `told` is called. All methods return at once."""

    def __init__(
        self,
        entry: Entry,
        settings: Settings,
        feeds: Feeds,
        loop: Loop,
        asker: Asker,
        sink: Sink,
        tunnel: tuple[Hop, ...] = (),
        folder: Path | None = None,
    ) -> None:
        """`entry` is a copy; `tunnel` says the jump hosts of the cloud's APIs; `folder` stands in for the state's."""
        self.entry = entry
        self.way: Way | None = None
        self.way_trouble: Trouble | None = None
        self.image: Image | None = None
        self.log: Log | None = None
        """None while it is asked for."""
        self.pin: Pin | None = None
        """What is remembered of the server's keys."""
        self.probes: dict[tuple[str, int, tuple[Hop, ...]], Probe | None] = {}
        """Address, port, jump hosts → what came of it; None while it is under way."""
        self.looks: dict[Login, Look | None] = {}
        """The same of host keys."""
        self.memory = Memory(folder / NAME if folder else None)
        self.files = SshFiles(settings, folder)
        self.settings = settings
        self._feeds = feeds
        self._loop = loop
        self._asker = asker
        self._sink = sink
        self._tunnel = tunnel
        said = settings.ssh.known_hosts
        self._said_known_hosts = Path(said).expanduser() if said else None
        self._told: Callable[[], None] = lambda: None
        self._chains: Chains | None = None
        self._futures: list[concurrent.futures.Future[Any]] = []
        self._closed = False

    @property
    def known_hosts(self) -> KnownHosts:
        """The file of known host keys, as the settings name it."""
        return KnownHosts(self._said_known_hosts)

    @property
    def alias(self) -> str:
        """What the server is called in our own files: its place and id, whatever a cloud may call an id."""
        place = self.entry.scope.place
        digest = hashlib.sha256(f"{place.auth_url} {place.region}".encode()).hexdigest()[:8]
        ident = self.entry.id
        plain = ident if _PLAIN_ID.fullmatch(ident) else hashlib.sha256(ident.encode()).hexdigest()[:32]
        return f"{digest}-{plain}"

    # -- gathering ---------------------------------------------------------------------------------------------------

    def begin(self, told: Callable[[], None]) -> None:
        """Ask for everything; `told` is called on the screen's thread after each answer."""
        self._told = told
        entry, settings, tunnel = self.entry, self.settings, self._tunnel
        # The first comes at once, the second when the image has answered.
        self.ask(lambda api: (way(entry, settings, None, tunnel), None), self._took_way)
        self.ask(lambda api: _with_image(api, entry, settings, tunnel), self._took_way)
        place, ident = entry.scope.place, entry.id
        self.submit(off_loop(lambda: self.memory.get(place, ident)), self._took_pin)
        self.read_log()

    def read_log(self) -> None:
        """Read the console log (again)."""
        self.log = None
        ident = self.entry.id
        self.ask(lambda api: (printed(read_log(api, ident)), time.time()), self._took_log)

    def knock(self, hosts: Sequence[str], port: int, chain: tuple[Hop, ...]) -> None:
        """Knock at addresses that were not knocked at yet this way."""
        for host in hosts:
            key = (host, port, chain)
            if key not in self.probes:
                self.probes[key] = None
                self.submit(self._probe(host, port, chain), partial(self._took_probe, key))

    def look(self, login: Login) -> None:
        """Ask a server which host key it shows, once; the log must have been read, unless its keys are remembered."""
        log = self.log or (Log() if self.pin is not None else None)
        if login in self.looks or log is None:
            return
        self.looks[login] = None
        self.submit(self._look(login, log), partial(self._took_look, log, login))

    def look_again(self, login: Login) -> None:
        """Forget what was seen of a server, and where nothing answered, and ask anew."""
        self.probes = {key: probe for key, probe in self.probes.items() if probe is None or probe.open}
        self.looks.pop(login, None)
        self.look(login)

    def close(self) -> None:
        """Ask nothing more and leave the jump hosts."""
        self._closed = True
        for future in self._futures:
            future.cancel()
        with contextlib.suppress(RuntimeError):
            self._loop.submit(self._leave())

    # -- deciding ----------------------------------------------------------------------------------------------------

    def accept(self, look: Look, *, keep: bool, replace: bool, then: Callable[[Any, Trouble | None], None]) -> None:
        """Make the files that `ssh` needs; with `keep` remember the keys, with `replace` in known_hosts too.

        `then` gets `Files`, or why it failed.
        """
        self.submit(off_loop(lambda: self._accepted(look, keep=keep, replace=replace)), then)

    def _accepted(self, look: Look, *, keep: bool, replace: bool) -> Files:
        """Write. Blocking. Raises TroubleError."""
        login, verdict = look.login, look.verdict
        if verdict is None or verdict.case is Case.WRONG or not verdict.keys:
            raise ValueError("nothing that is refused is written")
        with _explained("The host keys cannot be kept"):
            if keep:
                hosts = self._write_known(login, verdict) if replace or not verdict.replaces else ()
                self._remember(look, verdict, hosts)
            return self.files.write(self.alias, login, verdict.keys, keep=keep)

    def _write_known(self, login: Login, verdict: Verdict) -> tuple[str, ...]:
        known = self.known_hosts
        before = known.keys(login.host, login.port)
        kept = [key for key in before if key not in verdict.replaces]
        wanted = tuple(dict.fromkeys((*kept, *verdict.keys)))
        if set(wanted) != set(before):
            known.replace(login.host, login.port, wanted)
        return (login.name,)

    def _remember(self, look: Look, verdict: Verdict, hosts: tuple[str, ...]) -> None:
        before = look.evidence.pin if look.evidence else None
        at = before.at if before is not None and verdict.case is Case.KNOWN else time.time()
        name = str(getattr(self.entry.row, "name", None) or "")
        pin = pin_of(verdict.keys, at, verdict.source, name, hosts, before)
        if pin != before:
            self.memory.put(self.entry.scope.place, self.entry.id, pin)

    # -- inner -------------------------------------------------------------------------------------------------------

    def ask(self, job: Callable[[Api], T], then: Callable[[Any, Trouble | None], None]) -> None:
        """Ask the server's cloud in a worker."""

        def came(value: Any, trouble: Trouble | None) -> None:
            if not self._closed:
                then(value, trouble)
                self._told()

        self._feeds.ask(self.entry.scope, job, came)

    def submit(self, work: Coroutine[Any, Any, T], then: Callable[[Any, Trouble | None], None]) -> None:
        """Run work on the loop of `tui.remote`; `then` gets its value, or why it failed, on the screen's thread."""

        def ended(future: concurrent.futures.Future[T]) -> None:
            if future.cancelled() or self._closed:
                return
            error = future.exception()
            value = None if error else future.result()
            self._sink.put(Done(came, value, _trouble(error) if error else None))

        def came(value: Any, trouble: Trouble | None) -> None:
            if not self._closed:
                then(value, trouble)
                self._told()

        future = self._loop.submit(work)
        self._futures.append(future)
        future.add_done_callback(ended)

    def _took_way(self, value: Any, trouble: Trouble | None) -> None:
        if trouble is not None:
            self.way_trouble = trouble
        elif self.image is None:
            self.way, self.image = value

    def _took_pin(self, value: Any, trouble: Trouble | None) -> None:
        self.pin = value

    def _took_log(self, value: Any, trouble: Trouble | None) -> None:
        found, at = value if value is not None else (Printed(), time.time())
        self.log = Log(found, at, trouble)
        # What was judged without the log stays only where the memory was enough.
        self.looks = {login: look for login, look in self.looks.items() if is_known(look)}

    def _took_probe(self, key: tuple[str, int, tuple[Hop, ...]], value: Any, trouble: Trouble | None) -> None:
        self.probes[key] = value or Probe(why=trouble.title if trouble else "it failed")

    def _took_look(self, log: Log, login: Login, value: Any, trouble: Trouble | None) -> None:
        if log is not self.log and not is_known(value) and (self.log is not None or trouble is None):
            # Judged without the log, or by an older one: the memory alone was not enough.
            self.looks.pop(login, None)
            self.pin = None
            return
        self.looks[login] = value or Look(login, trouble=trouble)

    async def _probe(self, host: str, port: int, chain: tuple[Hop, ...]) -> Probe:
        from tui.remote.scan import probe

        via = (await self.chain(chain)).connection if chain else None
        return await probe(host, port, via, self.settings.ssh.timeout)

    async def _look(self, login: Login, log: Log) -> Look:
        from tui.remote.scan import shown_key

        via = (await self.chain(login.hops)).connection if login.hops else None
        facts = await off_loop(lambda: self.facts_of(login))
        expected = (facts.pin.host_keys if facts.pin else ()) or log.printed.keys or facts.known
        wanted = [name for name in ALGORITHMS if any(key.algorithm == name for key in expected)]
        shown = await shown_key(login.host, login.port, wanted, via, self.settings.ssh.timeout)
        if shown is None:
            # It has other kinds of keys than those expected: whatever it shows is judged.
            shown = await shown_key(login.host, login.port, (), via, self.settings.ssh.timeout)
        if shown is None:
            raise OSError("the server shows no host key that is known here")
        revoked = shown in await off_loop(lambda: self.known_hosts.revoked(login.host, login.port))
        evidence = Evidence(
            shown, log.printed, login.name, facts.pin, facts.known, revoked, facts.owner, now=time.time()
        )
        return Look(login, shown, evidence, judge(evidence))

    def facts_of(self, login: Login) -> Facts:
        pin = self.memory.get(self.entry.scope.place, self.entry.id)
        known = self.known_hosts.keys(login.host, login.port)
        return Facts(pin, known, self.memory.owner(login.name, but=self.entry.id))

    async def chain(self, chain: tuple[Hop, ...]) -> Chain:
        """Connect to the jump hosts once for all that goes through them; a failed or dead one is opened anew."""
        from tui.live.many_check import Chains

        if self._chains is None:
            self._chains = Chains(self.settings, lambda: self._asker)
        found = await self._chains.get(chain)
        if found is None:
            raise ValueError("no jump host is named")
        return found

    async def _leave(self) -> None:
        if self._chains is not None:
            await self._chains.close()


@dataclass(frozen=True, slots=True)
class Facts:
    """What files say of a server and its address."""

    pin: Pin | None
    known: tuple[HostKey, ...]
    owner: tuple[str, Pin] | None


def _with_image(api: Api, entry: Entry, settings: Settings, tunnel: tuple[Hop, ...]) -> tuple[Way, Image]:
    image = read_image(api, entry)
    return way(entry, settings, image, tunnel), image


async def off_loop(work: Callable[[], T]) -> T:
    """Run something blocking on a daemon thread. asyncssh is imported here, in its own loop, not by the first frame."""
    from tui.remote import hops

    return await hops.off_loop(work)


@contextlib.contextmanager
def _explained(title: str) -> Any:
    try:
        yield
    except (OSError, ValueError) as error:
        raise TroubleError(Trouble(Cause.CONFIG, f"{title}: {error}", short="host keys")) from error


def _trouble(error: BaseException) -> Trouble:
    if isinstance(error, TroubleError):
        return error.trouble
    said = str(error.strerror if isinstance(error, OSError) and error.strerror else error) or type(error).__name__
    return Trouble(Cause.NETWORK, said[:500], said=said[:2000], short="ssh")
