"""The way to the terminal: how fast it is, and whether the next frame may go. Pure: the caller brings the time.

Bytes that wait in ssh, in tunnels and in modems cannot be seen from here: the kernel counts none of a pty (TIOCOUTQ
says 0), and sshd alone takes up to 2 MB off our hands. So the terminal is asked where its cursor is, behind a frame:
its answer says that all before it has arrived.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Literal, Protocol, runtime_checkable

from tui.config.options import SLOW_LINK

Low = Literal["auto", "on", "off"]
"""Whether to be sparing: `auto` once a link over SSH proves slow."""

QUERY = "\x1b[6n"
"""Asks for the cursor's position (ECMA-48 DSR), which every terminal answers, in order."""

FRAMES = 10
"""Frames a second over a slow link. The first after a pause goes at once."""
WINDOW = 2048
"""Bytes that may be under way unanswered over a slow link: a key's echo fits in beside a page."""
PATIENCE = 3.0
"""Seconds until an answer counts as lost."""

_SAMPLE = 1000
"""Bytes of a frame from which the time of its answer says something about the rate."""
_DELAY = 0.15
"""Seconds that a frame must take beyond the round trip: less may be this machine being busy. A long round trip alone
is no reason: sending less does not shorten it."""
_PROOFS = 2
"""Slow samples, one after the other, that prove it."""


@runtime_checkable
class Paced(Protocol):
    """A driver that says when the next frame may go. All is called in the loop's thread."""

    wake: Callable[[], None] | None
    """To be called once something may go that was held."""

    def hold(self) -> float:
        """Return the seconds that a frame must wait (`inf`: until woken); 0: it may go."""
        ...

    def sent(self, frame: str) -> str:
        """Note that a frame goes now; returns what is to be sent."""
        ...


class Link:
    """What is known about the link. Times are seconds of any one clock."""

    def __init__(self, *, remote: bool, wish: Low = "auto") -> None:
        """`remote`: over SSH, where a link may be slow."""
        self._judges = remote and wish == "auto"
        self.low = wish == "on"
        """Whether to be sparing."""
        self.round_trip = 0.0
        """The shortest seen, in seconds; 0: not known."""
        self.rate = 0.0
        """Bytes a second of the last frame that took long enough to tell; 0: not known."""
        self._asked: deque[tuple[float, int]] = deque()
        self._late: deque[tuple[float, int]] = deque(maxlen=8)
        self._under_way = 0
        self._last = float("-inf")
        self._proofs = 0
        self._lost = 0
        self._answers = 0

    @property
    def mute(self) -> bool:
        """Whether the terminal answers nothing: then only its own pace tells."""
        return self._lost > 1 and not self._answers

    @property
    def asking(self) -> bool:
        """Whether an answer is awaited."""
        return bool(self._asked)

    def sends(self, size: int, now: float) -> bool:
        """Note that a frame goes now; returns whether to ask behind it."""
        self._last = now
        self._under_way += size
        wanted = self.low or (self._judges and size >= _SAMPLE and not self._asked)
        if wanted and not self.mute:
            self.asks(now, self._under_way)
            return True
        if not self._asked:
            self._under_way = 0
        return False

    def asks(self, now: float, size: int = 0) -> None:
        """Note that the terminal is asked behind so many bytes."""
        self._asked.append((now, size))

    def answers(self, now: float) -> bool:
        """Note an answer; returns whether it proves the link slow, which is said once."""
        if not self._asked and not self._late:
            return False
        self._answers += 1
        if self._late:
            asked, size = self._late.popleft()
        else:
            asked, size = self._asked.popleft()
            self._arrived(size)
        return self._proves(size, now - asked)

    def _arrived(self, size: int) -> None:
        self._under_way = self._under_way - size if self._asked else 0
        self._asked = deque((since, max(rest - size, 0)) for since, rest in self._asked)

    def _proves(self, size: int, took: float) -> bool:
        if not self.round_trip or took < self.round_trip:
            self.round_trip = max(took, 1e-6)
        if size < _SAMPLE:
            return False
        more = took - self.round_trip
        self.rate = size / max(more, 1e-6)
        self._proofs = self._proofs + 1 if more >= _DELAY and self.rate < SLOW_LINK else 0
        if self.low or not self._judges or self._proofs < _PROOFS:
            return False
        self.low = True
        return True

    def wait(self, now: float) -> float:
        """Return the seconds until the next frame may go, at the latest; an answer may bring it forward."""
        if self._asked and now - self._asked[0][0] >= PATIENCE:
            self._lost += 1
            late = self._asked.popleft()
            self._late.append(late)
            self._arrived(late[1])
        if not self.low:
            return 0.0
        if self._asked and self._under_way >= WINDOW:
            return max(self._asked[0][0] + PATIENCE - now, 0.0)
        return max(self._last + 1 / FRAMES - now, 0.0)

    def due(self) -> float:
        """Return the seconds that the answers under way may take, as far as is known."""
        return self.round_trip + (self._under_way / self.rate if self.rate else 0.0) if self._asked else 0.0

    def restart(self) -> None:
        """Forget what is under way: somebody else had the terminal."""
        self._asked.clear()
        self._late.clear()
        self._under_way = 0
