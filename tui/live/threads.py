"""Our own daemon threads: a call that hangs holds neither the quit nor other places."""

from __future__ import annotations

from collections.abc import Callable


class Workers:
    """Runs blocking calls, per place up to four at once and one more kept for actions; background places share one."""

    def submit(self, place: str, job: Callable[[], None], *, urgent: bool = False, background: bool = False) -> None:
        """Run `job` on a thread of the place as soon as one is free; returns at once."""
        raise NotImplementedError

    def close(self) -> None:
        """Start nothing more; returns at once, jobs that run are left to themselves."""
        raise NotImplementedError
