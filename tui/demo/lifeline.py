"""Ends a process when the one that started it is gone, whatever way that went."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def die_with_parent(ended: Callable[[], None]) -> None:
    """Ask Linux to tell this process of its parent's death; elsewhere the pipe alone does it.

    The kernel also tells of the death of the thread that started us, so the news is checked before it counts.
    """
    if not sys.platform.startswith("linux"):
        return
    parent = os.getppid()

    def told(number: int, frame: object) -> None:
        if os.getppid() != parent:
            ended()

    signal.signal(signal.SIGUSR2, told)
    try:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGUSR2, 0, 0, 0)
    except (OSError, AttributeError):
        return


def watch_pipe(descriptor: int, ended: Callable[[], None]) -> None:
    """Call `ended` when the other end of a pipe is closed, as the kernel does when its holder dies."""

    def wait() -> None:
        while True:
            try:
                if not os.read(descriptor, 4096):
                    break
            except OSError:
                break
        ended()

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
