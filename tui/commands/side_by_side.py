"""Several blocking calls at once, for commands without a screen."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(work: Callable[[T], R], items: Iterable[T]) -> Iterator[tuple[T, R | Exception]]:
    """Do the work for all items at once, on daemon threads; yields each with its outcome as it comes.

    Daemon threads, so that Ctrl+C ends the wait whatever hangs.
    """
    done: queue.SimpleQueue[tuple[T, R | Exception]] = queue.SimpleQueue()

    def run(item: T) -> None:
        try:
            done.put((item, work(item)))
        except Exception as error:
            done.put((item, error))

    wanted = list(items)
    for item in wanted:
        threading.Thread(target=run, args=(item,), name="stackdeck command", daemon=True).start()
    for _ in wanted:
        yield done.get()
