"""Work on many rows in threads, so that the loop that paints and takes keys gets the interpreter when it wants it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

SLICE = 200
"""Rows handled at once: 1.5 ms of decoding."""
PAUSE = 0.0005
"""Seconds between two slices in which no thread works on rows; 25 ms for 10,000 of them."""

_turn = threading.Lock()
"""One thread at a time: each further one that wants the interpreter would leave the loop a smaller share of it."""


def in_turns(count: int) -> Iterator[slice]:
    """Yield the slices of so many rows, each when it is this thread's turn."""
    for start in range(0, count, SLICE):
        if start:
            time.sleep(PAUSE)
        with _turn:
            yield slice(start, start + SLICE)
