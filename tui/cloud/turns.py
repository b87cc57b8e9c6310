"""Work on many rows in threads, so that the loop that paints and takes keys gets the interpreter when it wants it.

Threads that compute share the interpreter by short turns (`sys.setswitchinterval`): one of them makes what
the loop does take twice as long, four of them five times. Hence one thread works on rows at a time, and none while the
loop says that it has something to do. Over loads of 10,000 servers this took the worst lag from 50-70 to 20 ms.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

SLICE = 50
"""Rows handled at once: 0.4 ms of decoding, for which a loop that has something to do may have to wait."""
MOST = 0.03
"""Seconds for which the loop has the interpreter to itself at the most."""

_turn = threading.Lock()
_free = threading.Event()
_claimed = 0.0
"""Monotonic time until which the loop has the interpreter to itself."""


def claim(seconds: float) -> None:
    """Have the interpreter for so long at most: no thread begins another slice. For the loop's thread."""
    global _claimed
    _claimed = time.monotonic() + seconds
    _free.clear()


def release() -> None:
    """Give it back before that."""
    global _claimed
    _claimed = 0.0
    _free.set()


@contextmanager
def alone() -> Iterator[None]:
    """Have the interpreter while the loop's thread does something that is felt. Not to be nested."""
    claim(MOST)
    try:
        yield
    finally:
        release()


@contextmanager
def turn() -> Iterator[None]:
    """Compute as the only thread beside the loop, once the loop does not want the interpreter. Not to be nested."""
    with _turn:
        while (left := _claimed - time.monotonic()) > 0:
            _free.wait(left)
        yield


def in_turns(count: int) -> Iterator[slice]:
    """Yield the slices of so many rows, each when it is this thread's turn."""
    for start in range(0, count, SLICE):
        with turn():
            yield slice(start, start + SLICE)
        time.sleep(0)
