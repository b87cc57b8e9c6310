"""First pages of a start, fetched by a process of its own while the interface comes up.

Importing what asks the clouds costs as much as bringing the screen up, and both are computing: threads of one process
would take turns. So a fork, made while there is one thread, reads the configuration and asks the places of the first
view for one page each (`tui.live.prefetching`); what comes is shown at once, and the feeds take it for their first
answer, so that nothing is asked twice: what a place refused is told as the feed's own first failure. It never signs
in: only tokens that last are used, and whatever happens to the process means «nothing fetched». It is gone with the
start, at the latest with the run, however that ends.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from tui.cloud.reply import Page, Reply, read_page
from tui.config.options import Options
from tui.config.paths import tokens_dir
from tui.config.settings import Settings
from tui.live.entries import entry_of, tag_of
from tui.model.entry import Names
from tui.model.events import Delta, Event, SignedIn
from tui.model.place import Identity, Scope
from tui.model.trouble import Trouble, TroubleError
from tui.resources.kind import Kind
from tui.resources.registry import KINDS

HOLD = 10.0
"""Seconds that a feed waits for an answer that is on its way, before it asks itself.

A place that is slow is not asked twice, and its rows come no later: waiting for the request that was sent first is
never longer than for one sent now. Only one that takes longer than this is.
"""
SETTLING = 6.0
"""Seconds that a start waits for the configuration that is being read, before it reads it itself."""
FRESH = 10.0
"""Seconds after which an answer is too old to be one."""
LIFE = 15
"""Seconds after which the process ends whatever it does."""

MOST_BYTES = 1 << 28
"""Of one message: what says that it is longer is none."""

Id = tuple[str, str, bool]
"""Kind, scope key, whether all projects are asked for."""


class Settled(msgspec.Struct, tag=True, array_like=True):
    """The configuration is read, and kept where it can be."""


class Asking(msgspec.Struct, tag=True, array_like=True):
    """These views are being asked for."""

    ids: list[Id]


class Missed(msgspec.Struct, tag=True, array_like=True):
    """There will be no page for a view."""

    id: Id
    at: float
    """Epoch seconds."""
    trouble: Trouble | None = None
    """What the place said instead; None where it has to be asked anew, as after a token that was refused."""


class Fetched(msgspec.Struct, tag=True, array_like=True):
    """The first page of a view, as the service sent it."""

    id: Id
    at: float
    """Epoch seconds of the answer."""
    entry: str
    """The entry of the configuration with which it was asked for."""
    origin: str
    """What tells the rows from those of other services."""
    identity: Identity
    status: int
    url: str
    request_id: str
    microversion: str
    body: bytes


Message = Settled | Asking | Missed | Fetched
_MESSAGES = msgspec.msgpack.Decoder(Message)
_NONSENSE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class FirstPage(msgspec.Struct, frozen=True):
    """The first page of a view, decoded."""

    kind: Kind
    page: Page[Any]
    at: float
    entry: str
    origin: str
    identity: Identity

    def is_of(self, origin: str, identity: Identity | None) -> bool:
        """Whether it is what this service would tell this user; a token that was renewed since makes no difference."""
        if identity is None or origin != self.origin:
            return False
        return msgspec.structs.replace(identity, expires_at=0.0) == msgspec.structs.replace(
            self.identity, expires_at=0.0
        )

    def events(self, scope: Scope, names: Names) -> Iterator[Event]:
        """Tell it as a feed would that has not been made yet: the feed's own events count more."""
        yield SignedIn(scope, self.identity)
        odd = {str(item.get("id")) for item in self.page.odd}
        tag = tag_of(self.origin)
        entries = [
            entry_of(self.kind, scope, row, self.origin, tag, names, odd=row.id in odd) for row in self.page.rows
        ]
        whole = self.page.next is None
        yield Delta(0, self.kind.id, scope, self.at, entries, complete=whole, pages=1, restart=True)


class Prefetch:
    """The process and what it has told. Any thread."""

    def __init__(self, process: int, reading: int) -> None:
        """Read what the `process` writes into the pipe, until it ends."""
        self._process = process
        self._reading = reading
        self._changed = threading.Condition()
        self._settled = self._told = self._ended = False
        self._open: set[Id] = set()
        self._pages: dict[Id, FirstPage] = {}
        self._missed: dict[Id, Missed] = {}
        self._listener: Callable[[Id], None] | None = None
        threading.Thread(target=self._read, name="stackdeck prefetch", daemon=True).start()

    def page(self, kind: str, scope: str, *, all_projects: bool) -> FirstPage | None:
        """Return the first page of a view if it has come."""
        return self._pages.get((kind, scope, all_projects))

    def take(self, kind: str, scope: str, *, all_projects: bool) -> FirstPage | None:
        """Wait for a view's first page, if it is on its way, and hand it out once. Blocking, for `HOLD` at most.

        Raises TroubleError, once too, where the place has said why there is none.
        """
        wanted = kind, scope, all_projects

        def known() -> bool:
            come = wanted in self._pages or wanted in self._missed
            return come or self._ended or (self._told and wanted not in self._open)

        with self._changed:
            self._changed.wait_for(known, HOLD)
            self._open.discard(wanted)
            found, missed = self._pages.pop(wanted, None), self._missed.pop(wanted, None)
        # It may lie here while somebody types a password: then it is no news any more.
        if missed is not None and missed.trouble is not None and time.time() - missed.at < FRESH:
            raise TroubleError(missed.trouble)
        return found if found is not None and time.time() - found.at < FRESH else None

    def settled(self, timeout: float = SETTLING) -> bool:
        """Wait until the configuration is read; returns whether it was."""
        with self._changed:
            self._changed.wait_for(lambda: self._settled or self._ended, timeout)
            return self._settled

    def listen(self, listener: Callable[[Id], None]) -> None:
        """Have `listener` called, on some thread, for each page that comes from now on, and for those that came."""
        with self._changed:
            self._listener = listener
            come = list(self._pages)
        for id_ in come:
            listener(id_)

    def close(self) -> None:
        """End the process, whatever it does."""
        with self._changed:
            if not self._ended:
                self._kill()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(self._process, signal.SIGKILL)

    def _read(self) -> None:
        try:
            with os.fdopen(self._reading, "rb") as stream, contextlib.suppress(OSError, ValueError, *_NONSENSE):
                while 0 < (size := int.from_bytes(stream.read(4), "big")) <= MOST_BYTES:
                    self._take(_MESSAGES.decode(stream.read(size)))
        finally:
            with self._changed:
                # It has said all that it can say, or nonsense: nobody waits for it, nor for its end.
                self._kill()
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(self._process, 0)
                self._ended = True
                self._changed.notify_all()

    def _take(self, message: Message) -> None:
        page = _decoded(message) if isinstance(message, Fetched) else None
        with self._changed:
            if isinstance(message, Settled):
                self._settled = True
            elif isinstance(message, Asking):
                self._told = True
                self._open.update(message.ids)
            elif page is not None and message.id in self._open:
                self._pages[message.id] = page
            else:
                if isinstance(message, Missed) and message.id in self._open:
                    self._missed[message.id] = message
                self._open.discard(message.id)
            self._changed.notify_all()
            listener = self._listener
        if page is not None and listener is not None and isinstance(message, Fetched):
            listener(message.id)


def send_out(options: Options, settings: Settings) -> Prefetch | None:
    """Fork the process, where it can be of use; None else. Only while there is one thread, as at a start."""
    alone = threading.active_count() == 1
    if not (alone and sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1):
        return None
    if not (options.token_cache and _has_tokens()):
        return None  # who signs in reads the configuration anyway, with its secrets
    try:
        reading, writing = os.pipe()
    except OSError:
        return None  # too many files or processes: a start does without
    try:
        process = os.fork()
    except OSError:
        os.close(reading)
        process = -1
    if process == 0:
        os.close(reading)
        _work(writing, options, settings)
    os.close(writing)
    return Prefetch(process, reading) if process > 0 else None


def _has_tokens() -> bool:
    """Whether any token is kept, whatever it is for."""
    try:
        return any(name.endswith(".json") for name in os.listdir(tokens_dir()))
    except OSError:
        return False


def _work(writing: int, options: Options, settings: Settings) -> None:
    """Be the process: with no terminal, deaf to nothing that ends a process, and never back."""
    try:
        signal.alarm(LIFE)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGALRM):
            signal.signal(number, signal.SIG_DFL)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(nowhere, descriptor)
        threading.Thread(target=_end_with_reader, args=(writing,), daemon=True).start()
        encode = msgspec.msgpack.Encoder().encode
        lock = threading.Lock()

        def put(message: Message) -> None:
            data = encode(message)
            with lock, os.fdopen(os.dup(writing), "wb") as stream:
                stream.write(len(data).to_bytes(4, "big") + data)

        from tui.live.prefetching import fetch

        fetch(put, options, settings)
    finally:
        # Nothing of the start's own ends here: neither its terminal nor what it wrote half.
        os._exit(0)


def _end_with_reader(writing: int) -> None:
    """End this process with the one that reads, whatever way that goes: killed it can tell nobody."""
    broken = select.poll()
    broken.register(writing, 0)  # a pipe's end that nobody reads any more is an error, which is told unasked
    broken.poll()
    os._exit(0)


def _decoded(message: Fetched) -> FirstPage | None:
    kind = KINDS.get(message.id[0])
    if kind is None:
        return None
    reply = Reply(message.status, message.body, {}, message.url, message.request_id, message.microversion)
    try:
        page = read_page(reply, kind.read, kind.row)
    except _NONSENSE:
        return None  # the feed asks again, and tells what is wrong with the answer
    return FirstPage(kind, page, message.at, message.entry, message.origin, message.identity)
