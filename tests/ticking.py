"""A clock that a test moves: feeds live through minutes of polling, over real HTTP, in the time their requests take."""

from __future__ import annotations

import threading

from tests.rig import Rig

EPOCH = 1_800_000_000.0
_LOOK = 0.005


class HandTicker:
    """Time stands still but for `move`."""

    def __init__(self) -> None:
        self._now = 1000.0

    def now(self) -> float:
        """Return the time in seconds."""
        return self._now

    def epoch(self) -> float:
        """Return the same as seconds since 1970."""
        return EPOCH + self._now

    def wait(self, changed: threading.Condition, seconds: float) -> None:
        """Wait for a notice; look again soon, for the time may have been moved."""
        changed.wait(_LOOK)

    def move(self, to: float) -> None:
        """Set the time."""
        assert to >= self._now, "time never goes backwards"
        self._now = to


def settle(rig: Rig, ticker: HandTicker) -> None:
    """Wait until all that is due has been asked and answered."""
    rig.until(lambda: rig.feeds.quiet_until() > ticker.now(), "all that was due is answered", 60)


def live(rig: Rig, ticker: HandTicker, seconds: float) -> None:
    """Let time pass: step by step to what is due next, each time until it is answered."""
    end = ticker.now() + seconds
    while True:
        settle(rig, ticker)
        due = rig.feeds.quiet_until()
        if due > end:
            ticker.move(end)
            return
        ticker.move(due)
