"""The sink: events from every thread, drained on the loop at most once a frame and never for long."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import time
from collections import deque
from collections.abc import Callable, Sequence

from tui.cloud.turns import alone
from tui.model.events import Event

FRAME = 1 / 60
"""Least seconds between two drains."""
SLICE = 0.004
"""Most seconds that one drain may take, so that keys get their turn between slices."""


class Drain:
    """Implements `tui.model.events.Sink`. `take` gets a few events at a time, on the loop's thread."""

    def __init__(
        self,
        take: Callable[[Sequence[Event]], None],
        done: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """`take` gets events in their order, maybe several times a frame; `done` is called once after them.

        `failed` gets what either of them raises: the loop itself would only log it, and the screen would go on without
        what was missed.
        """
        self._take = take
        self._done = done
        self._failed = failed
        self._events: deque[Event] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context: contextvars.Context | None = None
        """That of the application: a feed's thread has none, and Textual finds its app by it."""
        self._woken = False
        self._last = 0.0

    def start(self) -> None:
        """Begin to deliver on the running loop; what came before is kept until then."""
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        if self._events:
            self._wake()

    def stop(self) -> None:
        """Deliver nothing more."""
        self._loop = None

    def put(self, event: Event) -> None:
        """Hand over one event from any thread; never blocks, never raises."""
        self._events.append(event)
        if not self._woken:
            self._wake()

    def _wake(self) -> None:
        loop = self._loop
        if loop is None:
            return
        self._woken = True
        with contextlib.suppress(RuntimeError):  # the loop is closed: the program ends
            loop.call_soon_threadsafe(self._next_frame, context=self._context)

    def _next_frame(self) -> None:
        if self._loop is not None:
            wait = self._last + FRAME - time.monotonic()
            self._loop.call_later(max(wait, 0.0), self._drain, context=self._context)

    def _drain(self) -> None:
        if self._loop is None:
            return
        self._woken = False
        end = time.monotonic() + SLICE
        try:
            with alone():
                while self._events:
                    self._take((self._events.popleft(),))
                    if time.monotonic() >= end:
                        break
        except Exception as error:
            self._failed(error)
        # Not `call_soon`: that would go before timers that are due.
        self._loop.call_later(0, self._settle, context=self._context)

    def _settle(self) -> None:
        """Follow what was taken, once what else the loop has to do has had its turn."""
        if self._loop is None:
            return
        try:
            with alone():
                self._done()
        except Exception as error:
            self._failed(error)
        self._last = time.monotonic()
        if self._events and not self._woken:
            self._wake()
