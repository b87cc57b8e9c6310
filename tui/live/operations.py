"""Operations: an action done to its targets side by side, each to its own end, all in workers."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence

from tui.cloud import Clouds
from tui.config.settings import Settings
from tui.live.audit import Audit
from tui.live.steps import Operation
from tui.live.threads import Workers
from tui.model.entry import Entry
from tui.model.events import Sink
from tui.model.place import Scope
from tui.resources.action import Action, Values


class Operations:
    """Starts operations and keeps them for the board. Every method returns at once, from any thread.

    Each change of an operation is told as an `Operated` event; then ask `get` for a new snapshot. `feeds.workers` are
    the workers to give, `feeds.hurry` is called where something changed.
    """

    def __init__(
        self,
        clouds: Clouds,
        sink: Sink,
        settings: Settings,
        workers: Workers,
        audit: Audit,
        clock: Callable[[], float] = time.time,
        *,
        hurry: Callable[[Scope], None] = lambda scope: None,
    ) -> None:
        raise NotImplementedError

    def start(
        self,
        action: Action,
        targets: Sequence[Entry],
        values: Values | None = None,
        choices: Iterable[str] = (),
        *,
        scope: Scope | None = None,
        title: str = "",
    ) -> Operation:
        """Start an action: on `targets`, or in `scope` where it creates something (as often as `Action.each` says).

        `choices` are the keys of further deeds that were chosen; `run` gets them among the values as True. Call it on
        the loop's thread: the targets are copied here.
        """
        raise NotImplementedError

    def all(self) -> tuple[Operation, ...]:
        """Return every operation of this run, newest first."""
        raise NotImplementedError

    def get(self, ident: str) -> Operation | None:
        """Return an operation as it stands."""
        raise NotImplementedError

    @property
    def running(self) -> int:
        """How many operations have open steps: leaving with any of them asks."""
        raise NotImplementedError

    def retry(self, ident: str, keys: Collection[str] | None = None) -> int:
        """Do again what certainly was not done (None: all of it); what is unknown is looked for again, never resent.

        Returns how many steps go on.
        """
        raise NotImplementedError

    def cancel(self, ident: str, keys: Collection[str] | None = None) -> int:
        """Cancel what has not been sent; returns how many steps."""
        raise NotImplementedError

    def pause(self, ident: str, on: bool = True) -> None:
        """Send nothing more until it is taken back; what is under way goes on."""
        raise NotImplementedError

    def aim_of(self, key: str) -> str:
        """Return the status that a row (entry key) is being led to, «» when none."""
        raise NotImplementedError

    def reveal(self, ident: str, key: str) -> tuple[str, str] | None:
        """Return a secret (label, text) that a step left behind, once; it is forgotten here."""
        raise NotImplementedError

    def stop(self) -> None:
        """Start and ask nothing more; returns at once."""
        raise NotImplementedError
