"""The console log of one server: read by its last lines, followed by what is new, and why there may be none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tui.cloud import Api, trouble_of
from tui.live.console_merge import Joint, Tail
from tui.model.console import Line, Sort, State, read
from tui.model.trouble import Cause, Trouble, TroubleError

KINDS = frozenset({"server"})
"""Kinds that have a console log: it is Nova's."""

SIZES = {"1": 100, "2": 200, "3": 300, "4": 400, "5": 1000, "6": 4000, "0": 10_000}
"""Keys of the tail sizes, in lines."""
USUAL = 400
MOST = 10_000
"""Lines that are asked for at most: a whole log may be gigabytes, and it travels through Nova's message queue."""
_ONWARDS = 400
"""Lines that are asked for while following: what is new is mostly a few."""

FASTEST = 2.0
"""Seconds between two polls while lines come; never fewer."""
UNWATCHED = 5.0
"""The same while the terminal has no focus."""
_SILENT = (2.0, 2.0, 2.0, 3.0, 3.0, 5.0, 5.0, 10.0)
"""Seconds to the next poll after so many answers without a new line; then the last one."""
_FAILED = (5.0, 10.0, 20.0, 40.0, 60.0)
_NOT_YET = frozenset({404, 409})
"""Answers for a log that is not there (yet): it may come any moment."""
_NOT_YET_MOST = 10.0
_YOUNG = 120.0
"""Seconds in which a guest may not have written anything yet."""


@dataclass(frozen=True, slots=True)
class Update:
    """What one answer changes: the last `replaced` lines go, `lines` come after those that stay."""

    lines: tuple[Line, ...] = ()
    replaced: int = 0
    grew: bool = False
    """Whether the server wrote something since the last answer."""
    at: float = 0.0
    """Epoch seconds of the answer."""


class Console:
    """One server's log. `fetch` blocks and is called by one worker after the other."""

    def __init__(self, ident: str, length: int = USUAL) -> None:
        """`length` is the number of lines to begin with, at most `MOST`."""
        self.ident = ident
        self.length = min(max(length, 1), MOST)
        self._tail = Tail()
        self._state = State()
        self._first = True
        self._open = 0
        """Lines that the unfinished last line makes."""
        self._partial = ""

    def fetch(self, api: Api, now: float) -> Update:
        """Ask for the end of the log and return what is new. `now` is in epoch seconds. Raises TroubleError."""
        asked = self.length if self._first else min(self.length, _ONWARDS)
        merged = self._tail.take(self._ask(api, asked), asked, keep_gap=asked >= MOST)
        while merged.joint is Joint.GAP and asked < MOST:
            asked = min(asked * 5, MOST)
            merged = self._tail.take(self._ask(api, asked), asked, keep_gap=asked >= MOST)
        grew = bool(merged.lines) or merged.partial != self._partial
        if not grew and not self._first:
            return Update(at=now)
        seen = 0.0 if self._first else now
        lines: list[Line] = []
        if merged.joint is not Joint.WHOLE:
            lines.append(Line("", seen=now, sort=Sort.GAP if merged.joint is Joint.GAP else Sort.RESET))
            self._state = State()
        for raw in merged.lines:
            made, self._state = read(raw, self._state, seen)
            lines += made
        partial = read(merged.partial, self._state, seen)[0] if merged.partial else []
        replaced = self._open if merged.joint is Joint.WHOLE else 0
        self._open, self._partial, self._first = len(partial), merged.partial, False
        return Update((*lines, *partial), replaced, grew, now)

    def _ask(self, api: Api, length: int) -> str:
        return read_log(api, self.ident, length)


def read_log(api: Api, ident: str, length: int = MOST) -> str:
    """Return the last `length` lines of a server's log, «» where there is none yet. Blocking; raises TroubleError."""
    try:
        answer = api.connection().compute.get_server_console_output(ident, length=length)
    except TroubleError:
        raise
    except Exception as error:
        asked = f'POST /servers/{ident}/action {{"os-getConsoleOutput": {{"length": {length}}}}}'
        raise TroubleError(trouble_of(error, scope=api.scope, service="compute", asked=asked)) from error
    output = answer.get("output") if isinstance(answer, dict) else None
    # Some drivers answer null for a log that is not there yet.
    return output if isinstance(output, str) else ""


class Pace:
    """When to ask next: soon while lines come, later and later while none do or the cloud fails."""

    def __init__(self) -> None:
        self._silent = 0
        self._failed = 0

    def came(self, update: Update) -> None:
        """Take an answer into account."""
        self._failed = 0
        self._silent = 0 if update.grew else self._silent + 1

    def failed(self) -> None:
        """Take a failure into account."""
        self._failed += 1

    def hurry(self) -> None:
        """Forget silence and failures: the user wants to see it now."""
        self._silent = self._failed = 0

    def seconds(self, *, focused: bool = True, trouble: Trouble | None = None) -> float:
        """Return the seconds from the last answer to the next question."""
        if self._failed:
            wait = _FAILED[min(self._failed, len(_FAILED)) - 1]
            if trouble is not None and trouble.status in _NOT_YET:
                wait = min(wait, _NOT_YET_MOST)
            return max(wait, trouble.retry_after if trouble is not None else 0.0)
        wait = _SILENT[min(self._silent, len(_SILENT) - 1)]
        return max(wait, FASTEST if focused else UNWATCHED)


def why_empty(status: str, age: float, trouble: Trouble | None = None) -> tuple[str, Sequence[str]]:
    """Say that there is no log and why that may be: a sentence, and reasons, likeliest first.

    `status` is the server's, `age` the seconds since it was created. Answers as Nova gives them: Compute API reference,
    «Show Console Output»; 501 where the driver has no log (Ironic, VMware without a serial port).
    """
    status = status.upper()
    if trouble is not None and trouble.status not in {404, 409, 501} and trouble.cause is not Cause.NO_SERVICE:
        return "The console log could not be read.", ()
    reasons: list[str] = []
    if status == "SHELVED_OFFLOADED":
        reasons.append("The server is shelved and on no host: its log went with its host. Unshelve it first.")
    elif status == "SHELVED":
        reasons.append("The server is shelved: it is off and writes nothing until it is unshelved.")
    elif status == "SHUTOFF":
        reasons.append("The server is off: it writes nothing, and some hypervisors drop the log when it stops.")
    elif status == "BUILD":
        reasons.append("It is too early: the server is still being built.")
    elif status == "ERROR":
        reasons.append("The server is in ERROR: it may never have started on a host.")
    if trouble is not None and trouble.status == 501:
        reasons.append("The hypervisor gives no console logs.")
    if trouble is not None and trouble.status == 404:
        reasons.append("The hypervisor has no log of this server: no serial console is set up for it, or it is gone.")
    if trouble is not None and trouble.status == 409 and not reasons:
        reasons.append("The server is on no host now: wait until what is being done to it has ended.")
    if trouble is None and status not in {"SHUTOFF", "BUILD", "SHELVED", "SHELVED_OFFLOADED"}:
        if age < _YOUNG:
            reasons.append("It may be too early: a server writes its first line some seconds after it is ACTIVE.")
        reasons.append(
            "The guest may not write to its serial console: its kernel needs console=ttyS0 (console=ttyAMA0 on ARM)."
        )
        reasons.append("Windows guests write nothing there unless Emergency Management Services are switched on.")
    return "The console log is empty." if trouble is None else "There is no console log.", reasons
