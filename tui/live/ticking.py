"""The clock by which feeds are polled: a seam, so that a test lets an hour pass while it looks."""

from __future__ import annotations

import threading
import time
from typing import Protocol

_MINUTE = 60.0


class Ticker(Protocol):
    """Tells the time and waits for it. Seconds, never backwards."""

    def now(self) -> float:
        """Return the time."""
        ...

    def wait(self, changed: threading.Condition, seconds: float) -> None:
        """Wait, with the condition's lock held, until it is notified or the time has passed; sooner does no harm."""
        ...


class Monotonic:
    """The machine's own clock."""

    def now(self) -> float:
        """Return the monotonic time."""
        return time.monotonic()

    def wait(self, changed: threading.Condition, seconds: float) -> None:
        """Wait a minute at most: a machine that slept is noticed."""
        changed.wait(min(seconds, _MINUTE))
