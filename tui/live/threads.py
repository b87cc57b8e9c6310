"""Our own daemon threads: a call that hangs holds neither the quit nor other places.

`concurrent.futures` and asyncio's default executor join their threads at exit; a request that hangs for 60 s would hold
the quit as long.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

PER_PLACE = 4
REST = 20.0
"""Seconds after which a thread with nothing to do ends."""

_LOG = logging.getLogger(__name__)

Job = Callable[[], None]


class _Lane:
    """Jobs that share a few threads. Threads come as jobs need them and go when there are none."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._threads = 0
        self._waiting = 0
        self._closed = False

    def submit(self, job: Job) -> None:
        with self._changed:
            if self._closed:
                return
            self._jobs.append(job)
            if self._waiting >= len(self._jobs):
                self._changed.notify()
            elif self._threads < self._most:
                self._threads += 1
                threading.Thread(target=self._work, name=f"stackdeck {self._name}", daemon=True).start()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._jobs.clear()
            self._changed.notify_all()

    def _next(self) -> Job | None:
        with self._changed:
            while not self._jobs:
                if self._closed:
                    break
                self._waiting += 1
                called = self._changed.wait(REST)
                self._waiting -= 1
                if not called and not self._jobs:
                    break
            if self._jobs:
                return self._jobs.popleft()
            self._threads -= 1
            return None

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            except Exception:
                _LOG.exception("a job of %s failed", self._name)
            del job


class Workers:
    """Runs blocking calls, per place up to four at once and one more kept for actions; background places share one."""

    def __init__(self, per_place: int = PER_PLACE) -> None:
        self._per_place = per_place
        self._lanes: dict[str, _Lane] = {}
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, place: str, job: Job, *, urgent: bool = False, background: bool = False) -> None:
        """Run `job` on a thread of the place as soon as one is free; returns at once.

        An `urgent` job has a thread of its own per place, so that it never waits behind reads. After `close` jobs are
        dropped.
        """
        if urgent:
            name, most = f"{place} actions", 1
        elif background:
            name, most = "background", 1
        else:
            name, most = place, self._per_place
        with self._lock:
            if self._closed:
                return
            lane = self._lanes.get(name)
            if lane is None:
                lane = self._lanes[name] = _Lane(name, most)
        lane.submit(job)

    def close(self) -> None:
        """Start nothing more; returns at once, jobs that run are left to themselves."""
        with self._lock:
            self._closed = True
            lanes = list(self._lanes.values())
        for lane in lanes:
            lane.close()
