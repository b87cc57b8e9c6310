"""Work on many rows in threads, so that the loop that paints and takes keys gets the interpreter when it wants it.

Threads that compute share the interpreter by short turns (`sys.setswitchinterval`): one of them makes what
the loop does take twice as long, four of them five times. Hence one thread works on rows at a time, and none while the
loop says that it has something to do. Over loads of 10,000 servers this took the worst lag from 50-70 to 20 ms.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

SLICE = 100
"""Rows handled at once: 0.8 ms of decoding, for which a loop that has something to do may have to wait.

With 50 the lag was about the same (2.7 to 3.1 x the idle loop's, 3.0 to 3.3 with 100), and 20 places that list at once
took up to 0.04 s longer for taking turns.
"""
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
        _give_way()
        yield


@contextmanager
def importing() -> Iterator[None]:
    """Import as in a turn, but give way before each of the modules that a module brings along.

    The late imports of the interface take 50 ms: in the middle of a first list they cost a key up to 15.
    """
    finder = _GivesWay(threading.get_ident())
    sys.meta_path.insert(0, finder)
    try:
        with turn():
            yield
    finally:
        sys.meta_path.remove(finder)


class _GivesWay:
    """Finds modules as usual, for one thread, and has them wait before they run.

    Not while they are looked for: then importlib holds a lock of all imports, those of the loop too.
    """

    def __init__(self, thread: int) -> None:
        self._thread = thread

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module is; None leaves it to others."""
        if threading.get_ident() != self._thread:
            return None
        found = PathFinder.find_spec(name, path, target)
        if found is not None and type(found.loader) is SourceFileLoader:
            found.loader = _Waits(found.loader.name, found.loader.path)
        return found


class _Waits(SourceFileLoader):
    """Loads a module once the loop does not want the interpreter."""

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Wait; the module itself is made as usual."""
        _give_way()
        return super().create_module(spec)


def _give_way() -> None:
    while (left := _claimed - time.monotonic()) > 0:
        _free.wait(left)


def in_turns(count: int) -> Iterator[slice]:
    """Yield the slices of so many rows, each when it is this thread's turn."""
    for start in range(0, count, SLICE):
        with turn():
            yield slice(start, start + SLICE)
        time.sleep(0)
