"""Feeds: who is asked what and when. Everything that comes of it goes into the sink, from worker threads."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from tui.cloud import Api, Clouds
from tui.config.settings import Settings
from tui.model.events import Sink
from tui.model.place import Scope
from tui.model.trouble import Trouble
from tui.resources.kind import Kind

T = TypeVar("T")


class Feeds:
    """Polls what is on the screen; every method returns at once and may be called from the loop's thread."""

    def __init__(self, clouds: Clouds, sink: Sink, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        raise NotImplementedError

    @property
    def paused(self) -> float:
        """Epoch seconds since when nothing is polled for want of a key; 0.0 while polling. See the event `Paused`."""
        raise NotImplementedError

    def show(
        self, kind: Kind, scopes: Sequence[Scope], *, all_projects: bool = False, background: Sequence[Scope] = ()
    ) -> int:
        """Poll these scopes for the kind, and `background` ones seldom; nothing else. Returns the generation.

        Call it again after `ScopesChanged` with the scopes that are then wanted. Scopes that were shown before go on
        from where they were.
        """
        raise NotImplementedError

    def look_at(self, keys: Sequence[str]) -> None:
        """Say which rows (entry keys) are visible: these are read again every 25 s for what lists do not tell."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Ask everything shown again now; forgets back-off."""
        raise NotImplementedError

    def retry(self, scope: Scope) -> None:
        """Ask one scope again now, a sign-in that failed too."""
        raise NotImplementedError

    def focused(self, has_focus: bool) -> None:
        """The terminal gained or lost the focus: without it polls are slower."""
        raise NotImplementedError

    def touched(self) -> None:
        """A key was pressed: polling goes on if it was paused for idleness."""
        raise NotImplementedError

    def ask(
        self,
        scope: Scope,
        job: Callable[[Api], T],
        then: Callable[[T | None, Trouble | None], None],
        *,
        all_projects: bool = False,
    ) -> None:
        """Run a rare read on a worker of the place; its outcome comes as a `Done` event."""
        raise NotImplementedError

    def provide(self, entry_name: str, answers: Mapping[str, str]) -> None:
        """Hand over what was typed for an entry's prompts and sign in with it now."""
        raise NotImplementedError

    def stop(self) -> None:
        """Ask nothing more; returns at once even while requests hang."""
        raise NotImplementedError
