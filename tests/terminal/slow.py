"""A terminal at the end of a slow line: what is written arrives at a rate, answers come back when it has arrived."""

from __future__ import annotations

import threading
import time
from collections import deque
from pathlib import Path
from typing import Any

from tests.terminal.harness import Term


class SlowTerm(Term):
    """Takes everything off the program's hands at once, as sshd does, and shows it at `rate` bytes a second."""

    def __init__(self, *args: str, home: Path, rate: int, **more: Any) -> None:
        self.rate = rate
        self.most = 0
        """The most bytes that were under way at once."""
        self._line: deque[bytes] = deque()
        self._under_way = 0
        self._changed = threading.Condition()
        self._over = threading.Event()
        super().__init__(*args, home=home, **more)
        self._carrier = threading.Thread(target=self._carry, daemon=True)
        self._carrier.start()

    def close(self) -> None:
        """End the line, too."""
        self._over.set()
        super().close()

    def _take(self, data: bytes) -> None:
        with self._changed:
            self._line.append(data)
            self._under_way += len(data)
            self.most = max(self.most, self._under_way)
            self._changed.notify_all()

    def _carry(self) -> None:
        due = time.monotonic()
        while not self._over.is_set():
            with self._changed:
                if not self._changed.wait_for(lambda: self._line, 0.2):
                    continue
                data = self._line.popleft()
            for start in range(0, len(data), 256):
                piece = data[start : start + 256]
                due = max(due, time.monotonic()) + len(piece) / self.rate
                self._over.wait(max(due - time.monotonic(), 0))
                super()._take(piece)
                with self._changed:
                    self._under_way -= len(piece)
