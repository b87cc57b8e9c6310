"""One command on many servers: all at once up to a limit, each to its own end, answers grouped by what they say."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import difflib
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from tui.config.settings import Settings
from tui.live.audit import Audit
from tui.live.many_check import Chains, Ready
from tui.live.targets import name_of
from tui.model.amount import iso_of
from tui.model.entry import Entry
from tui.model.events import Done, Sink
from tui.model.place import Identity
from tui.model.ssh import Asker
from tui.model.status import Health
from tui.model.text import cut_end, inert, inert_lines
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.remote.commands import KEPT, Ended, Order, run_command
from tui.remote.hops import off_loop
from tui.remote.loop import Loop

ACTION = "server.run_command"
"""What the audit log calls it."""


class Phase(StrEnum):
    """How one server stands. The first three are under way."""

    WAITING = "waiting"
    CONNECTING = "connecting"
    RUNNING = "running"
    DONE = "done"
    """The command ended by itself, with whatever code."""
    TIMED_OUT = "timed out"
    FLOODED = "too much output"
    FAILED = "failed"
    """No connection came about, or it broke."""
    CANCELLED = "cancelled"


OPEN = frozenset({Phase.WAITING, Phase.CONNECTING, Phase.RUNNING})
AGAIN = frozenset({Phase.TIMED_OUT, Phase.FAILED, Phase.CANCELLED, Phase.FLOODED})
"""Phases from which it may be run again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How one server stands. Replaced, never changed."""

    entry: Entry
    ready: Ready
    phase: Phase = Phase.WAITING
    code: int | None = None
    signal: str = ""
    size: int = 0
    """Bytes of output so far; of these `KEPT` are kept."""
    trouble: Trouble | None = None
    began: float = 0.0
    """Epoch seconds; 0 while it waits."""
    ended: float = 0.0

    @property
    def health(self) -> Health:
        """The mark of its state."""
        if self.phase is Phase.DONE:
            return Health.FINE if self.code == 0 else Health.ATTENTION
        waits = {Phase.WAITING: Health.OFF, Phase.CANCELLED: Health.NONE}
        return waits.get(self.phase, Health.MOVING if self.phase in OPEN else Health.BROKEN)

    @property
    def word(self) -> str:
        """Its state in words: «done», «exit 3», «ended by TERM», «timed out»."""
        if self.phase is not Phase.DONE or self.code == 0:
            return self.phase
        return f"exit {self.code}" if self.code is not None else f"ended by {self.signal}"


@dataclass(frozen=True, slots=True)
class Group:
    """Servers that gave one and the same answer."""

    keys: tuple[str, ...]
    word: str
    health: Health
    lines: tuple[str, ...]
    """The output, inert; of those that have none why."""
    says: str = ""
    """The answer in one line: the first one that not all others say too."""


class ManyRun:
    """Runs it. All methods return at once; `told` is called on the screen's thread after changes."""

    def __init__(
        self,
        order: Order,
        targets: Sequence[tuple[Entry, Ready]],
        settings: Settings,
        loop: Loop,
        chains: Chains,
        visit: Callable[[], Asker],
        sink: Sink,
        audit: Audit,
        who: Callable[[Entry], Identity],
    ) -> None:
        """`visit` makes the asker of one connection; `who` acts on a row, and is asked here, on the screen's thread."""
        self.id = uuid.uuid4().hex[:12]
        self.order = order
        self.started = time.time()
        self.answers: dict[str, Answer] = {entry.key: Answer(entry, ready) for entry, ready in targets}
        self._settings = settings
        self._loop = loop
        self._chains = chains
        self._visit = visit
        self._sink = sink
        self._audit = audit
        self._who = {entry.key: who(entry) for entry, _ in targets}
        self._outputs: dict[str, bytearray] = {key: bytearray() for key in self.answers}
        self._futures: dict[str, concurrent.futures.Future[None]] = {}
        self._gate: asyncio.Semaphore | None = None
        self._told: Callable[[], None] = lambda: None
        self._telling = False
        self._version = 0
        """Counts what changes the groups."""
        self._grouped: tuple[int, tuple[Group, ...]] = (-1, ())

    # -- what the screen asks ----------------------------------------------------------------------------------------

    @property
    def running(self) -> int:
        """How many servers have not ended."""
        return sum(answer.phase in OPEN for answer in list(self.answers.values()))

    def output(self, key: str) -> tuple[str, ...]:
        """Return what a server said so far as inert lines; why there is nothing, where there cannot be."""
        answer = self.answers[key]
        data = bytes(self._outputs[key])
        lines = tuple(inert_lines(data.decode("utf-8", "replace").replace("\r\n", "\n")))
        while lines and not lines[-1]:
            lines = lines[:-1]
        if answer.size > KEPT:
            lines = (*lines, f"… cut: {answer.size:,} bytes came, the first {KEPT:,} are kept")
        if answer.trouble is not None:
            lines = (*lines, *inert_lines(_told(answer.trouble, answer.ready.hop.label)))
        return lines

    def groups(self) -> tuple[Group, ...]:
        """Return those that have ended by their answers: the commonest first."""
        if self._grouped[0] != self._version:
            self._grouped = (self._version, self._group())
        return self._grouped[1]

    def _group(self) -> tuple[Group, ...]:
        found: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for key, answer in list(self.answers.items()):
            if answer.phase not in OPEN:
                found.setdefault((answer.word, self.output(key)), []).append(key)
        # A heading that all print says nothing of how they differ.
        usual = frozenset[str]().union(*(lines for _, lines in found)).intersection(*(lines for _, lines in found))
        groups = [
            Group(tuple(keys), word, self.answers[keys[0]].health, lines, first_of(lines, usual))
            for (word, lines), keys in found.items()
        ]
        return tuple(sorted(groups, key=lambda group: -len(group.keys)))

    # -- what a person does ------------------------------------------------------------------------------------------

    def begin(self, told: Callable[[], None]) -> None:
        """Start on all of them."""
        self._told = told
        for key in self.answers:
            self._start(key)

    def retry(self, keys: Collection[str] | None = None) -> int:
        """Run it again where it did not end by itself (None: all of these); returns on how many servers."""
        wanted = [
            key
            for key, answer in self.answers.items()
            if answer.phase in AGAIN and (keys is None or key in keys) and self._futures[key].done()
        ]
        for key in wanted:
            old = self.answers[key]
            self.answers[key] = Answer(old.entry, old.ready)
            self._outputs[key] = bytearray()
            self._start(key)
        return len(wanted)

    def cancel(self) -> int:
        """End it everywhere: what waits is not started, what runs is cut off. Returns on how many servers."""
        number = 0
        for key, future in self._futures.items():
            if self.answers[key].phase in OPEN:
                future.cancel()
                number += 1
                if self.answers[key].phase is Phase.WAITING:
                    # A task that has not begun is dropped without a word.
                    self._put(key, phase=Phase.CANCELLED)
        return number

    def close(self) -> None:
        """Cancel, and leave the jump hosts."""
        self.cancel()
        with contextlib.suppress(RuntimeError):
            self._loop.submit(self._chains.close())

    # -- inner: on the loop of `tui.remote` --------------------------------------------------------------------------

    def _start(self, key: str) -> None:
        self._futures[key] = self._loop.submit(self._one(key))

    async def _one(self, key: str) -> None:
        if self._gate is None:
            self._gate = asyncio.Semaphore(self._settings.ssh.at_once)
        logged = False
        try:
            async with self._gate:
                self._put(key, phase=Phase.CONNECTING, began=time.time())
                logged = True
                await off_loop(lambda: self._log(key, "intent"))
                ended = await self._ordered(key)
                self._put(key, **_end(ended))
        except asyncio.CancelledError:
            self._put(key, phase=Phase.CANCELLED)
            raise
        except TroubleError as error:
            self._put(key, phase=Phase.FAILED, trouble=error.trouble)
        except Exception as error:  # one server's oddity must not leave its row under way for ever
            said = str(error) or type(error).__name__
            self._put(key, phase=Phase.FAILED, trouble=Trouble(Cause.NETWORK, said[:500], said=said[:2000]))
        finally:
            self._put(key, ended=time.time())
            if logged:
                await asyncio.shield(off_loop(lambda: self._log(key, "result")))

    async def _ordered(self, key: str) -> Ended:
        answer = self.answers[key]
        via = await self._chains.get(answer.ready.hops)
        return await run_command(
            answer.ready.hop,
            answer.ready.keys,
            via,
            self.order,
            self._visit(),
            lambda: self._put(key, phase=Phase.RUNNING),
            lambda piece: self._said(key, piece),
        )

    def _said(self, key: str, piece: bytes) -> None:
        kept = self._outputs[key]
        kept += piece[: max(KEPT - len(kept), 0)]
        self._put(key, size=self.answers[key].size + len(piece))

    def _put(self, key: str, **changes: Any) -> None:
        self.answers[key] = answer = replace(self.answers[key], **changes)
        if answer.phase not in OPEN:
            self._version += 1
        if not self._telling:
            self._telling = True
            self._sink.put(Done(self._tell))

    def _tell(self, value: object, trouble: Trouble | None) -> None:
        self._telling = False
        self._told()

    def _log(self, key: str, what: str) -> None:
        """One line before it is sent, one after; never the output."""
        answer = self.answers[key]
        scope, who, hop = answer.entry.scope, self._who[key], answer.ready.hop
        line: dict[str, Any] = {
            "at": iso_of(time.time()),
            "what": what,
            "operation": self.id,
            "action": ACTION,
            "user": who.user,
            "cloud": scope.cloud,
            "region": scope.region,
            "project": who.project or scope.project,
            "kind": "server",
            "id": answer.entry.id,
            "name": name_of(answer.entry),
            "values": {
                "login": hop.label,
                "through": ", ".join(jump.label for jump in answer.ready.hops),
                "host_key": [key.fingerprint for key in answer.ready.keys],
            },
            "command": self.order.command,
        }
        if what == "result":
            line |= _result(answer)
        self._audit.write(line)


def _end(ended: Ended) -> Mapping[str, Any]:
    phase = Phase.TIMED_OUT if ended.timed_out else Phase.FLOODED if ended.flooded else Phase.DONE
    return {"phase": phase, "code": ended.code if phase is Phase.DONE else None, "signal": ended.signal}


def _result(answer: Answer) -> Mapping[str, Any]:
    said = answer.trouble.title if answer.trouble else "" if answer.word == answer.phase else answer.word
    return {
        "outcome": answer.phase.value,
        "code": answer.code,
        "said": said,
        "bytes": answer.size,
        "seconds": round(answer.ended - answer.began, 1) if answer.began else 0,
    }


def _told(trouble: Trouble, label: str) -> str:
    """A connection's failure; without the server's own name, so that equal ones are grouped."""
    for own in (f"Jump host {label} ", f"{label}: "):
        if trouble.title.startswith(own):
            return trouble.title.removeprefix(own)
    return trouble.title


def first_of(lines: Sequence[str], usual: Collection[str] = ()) -> str:
    """Return the first line with something in it, of those that are not the usual ones if there are any."""
    said = [line.strip() for line in lines if line.strip()]
    return next((line.strip() for line in lines if line.strip() and line not in usual), said[0] if said else "")


def summary(groups: Sequence[Group], still: int = 0) -> str:
    """Return what they say in one sentence: «198 say 6.1.0, 2 say 5.10, 1 timed out»."""
    parts = []
    alone = [group for group in groups if len(group.keys) == 1 and group.word == Phase.DONE and group.says]
    if len(alone) > _TOLD:
        # Each says something else (a date, a load): the number is what there is to tell.
        groups = [group for group in groups if group not in alone]
    else:
        alone = []
    for group in groups[:_TOLD]:
        number = len(group.keys)
        verb = "says" if number == 1 else "say"
        if group.word != Phase.DONE and (group.health is not Health.ATTENTION or not group.says):
            parts.append(f"{number:,} {group.word}")
        elif not group.says:
            parts.append(f"{number:,} {verb} nothing")
        else:
            code = f" ({group.word})" if group.word != Phase.DONE else ""
            parts.append(f"{number:,} {verb} {cut_end(group.says, _SAID)}{code}")
    if len(groups) > _TOLD:
        parts.append(f"{sum(len(group.keys) for group in groups[_TOLD:]):,} say other things")
    if alone:
        parts.append(f"{len(alone):,} say something of their own")
    if still:
        parts.append(f"{still:,} still at it")
    return ", ".join(parts)


_TOLD = 4
"""Groups that the sentence names."""
_SAID = 32
"""Cells of an answer in it."""


def difference(usual: Sequence[str], other: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return how an answer differs from the commonest one: («-» only there, «+» only here, «@» where) and the line."""
    # Lines beyond that differ as a whole: the comparison's cost grows with their product.
    if len(usual) > _COMPARED or len(other) > _COMPARED:
        return tuple(("+", line) for line in other)
    lines = list(difflib.unified_diff(usual, other, n=1, lineterm=""))[2:]
    return tuple((line[0], line[1:]) for line in lines)


_COMPARED = 400
"""Lines of an answer that are compared."""


def report(run: ManyRun) -> list[str]:
    """Return everything as text to be saved: the command, the answers, then each server's output."""
    groups = run.groups()
    lines = [f"$ {inert(run.order.command)}", f"at {iso_of(run.started)}", summary(groups, run.running), ""]
    for answer in list(run.answers.values()):
        took = f" after {answer.ended - answer.began:.1f}s" if answer.began and answer.ended else ""
        where = inert(f"{answer.entry.scope.label} {answer.entry.id} {answer.ready.hop.label}")
        lines += [f"== {inert(name_of(answer.entry))}  {answer.word}{took}  {where}", *run.output(answer.entry.key), ""]
    return lines
