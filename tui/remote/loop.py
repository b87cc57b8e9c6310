"""The one background thread, with its own event loop, in which all of asyncssh runs.

Textual's loop stands still while a shell has the terminal, and `get` has none; tunnels must live on meanwhile.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Loop:
    """A daemon thread with an event loop, started by the first call. Nothing that hangs in it holds the quit."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def submit(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Start work in the loop, from any thread; the future's `cancel` cancels the task."""
        return asyncio.run_coroutine_threadsafe(work, self._running())

    def run(self, work: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """Run work and wait for it, at most `timeout` seconds. Raises TimeoutError, and what the work raises."""
        future = self.submit(work)
        try:
            return future.result(timeout)
        except BaseException:
            # Nobody waits for it any more: without this it would go on, and keep its connections, for ever.
            future.cancel()
            raise

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="remote", daemon=True).start()
            return self._loop
