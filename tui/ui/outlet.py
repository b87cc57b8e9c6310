"""The terminal as the file that Textual's writer thread writes to: it knows whether anything is still on its way."""

from __future__ import annotations

import os
import select
from collections.abc import Callable


class Outlet:
    """Text goes to a descriptor of our own, whatever stands behind descriptors 1 and 2 meanwhile."""

    def __init__(self, descriptor: int, drained: Callable[[], None]) -> None:
        """`drained` is called, in the writer's thread, whenever nothing waits any more."""
        self._descriptor = descriptor
        self._drained = drained
        self._parts: list[str] = []
        self._expected = self._done = 0

    def expect(self) -> None:
        """Note that a text was given to the writer thread."""
        self._expected += 1

    @property
    def busy(self) -> bool:
        """Whether the terminal has not yet taken all that it was given."""
        return self._expected != self._done

    def restart(self) -> None:
        """Begin anew with another writer thread: what came after the end of the last one nobody will write."""
        self._parts.clear()
        self._expected = self._done = 0

    def write(self, text: str) -> int:
        """Take a text; it is written at the next `flush`."""
        self._parts.append(text)
        return len(text)

    def flush(self) -> None:
        """Write, for as long as the terminal needs. One that is gone is not told: the reader notices."""
        parts, self._parts = self._parts, []
        left = memoryview("".join(parts).encode("utf-8", "replace"))
        while left:
            try:
                left = left[os.write(self._descriptor, left) :]
            except BlockingIOError:
                # Another program that shares this terminal made it non-blocking.
                select.select([], [self._descriptor], [], 1)
            except OSError:
                break
        self._done += len(parts)
        self._drained()

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor
