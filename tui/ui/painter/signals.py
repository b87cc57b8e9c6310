"""Hearing of signals after those who already listen."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any


class Followed:
    """Calls back on the loop for signals whose handlers stay as they are; to be ended with `stop`.

    Only the main thread may set handlers: elsewhere it hears nothing.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, callbacks: Mapping[signal.Signals, Callable[[], None]]) -> None:
        self._loop = loop
        self._before: dict[signal.Signals, tuple[Any, Any]] = {}
        if threading.current_thread() is threading.main_thread():
            for number, callback in callbacks.items():
                self._follow(number, callback)

    def stop(self) -> None:
        """Give the signals back, unless somebody else has taken them since."""
        for number, (ours, before) in self._before.items():
            if signal.getsignal(number) is ours:
                signal.signal(number, before)
        self._before.clear()

    def _follow(self, number: signal.Signals, callback: Callable[[], None]) -> None:
        before = signal.getsignal(number)

        def heard(_: int, frame: FrameType | None) -> None:
            if callable(before):
                before(number, frame)
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(callback)

        signal.signal(number, heard)
        self._before[number] = heard, before if before is not None else signal.SIG_DFL
