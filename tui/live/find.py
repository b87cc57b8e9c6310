"""`:find`: ask the services of every place for an address, an id or a name, loaded or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tui.cloud import Clouds
from tui.live.threads import Workers
from tui.model.entry import Entry
from tui.model.place import Scope
from tui.model.trouble import Trouble
from tui.resources.kind import Kind


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found."""

    kind: str
    """Id of the kind that it is, or belongs to."""
    scope: Scope
    id: str
    key: str
    """Key of the entry, as in the fleet."""
    name: str
    what: str
    """What of it was found: «name», «id», «fixed address of port 1f2e3d4c»."""
    entry: Entry | None = None
    """The row, where it could be read."""


def find(
    clouds: Clouds,
    workers: Workers,
    kinds: Iterable[Kind],
    text: str,
    on_hit: Callable[[Hit], None],
    on_done: Callable[[Sequence[tuple[Scope, Trouble]]], None],
    *,
    all_projects: bool = True,
) -> Callable[[], None]:
    """Ask everywhere at once. Hits come as they are found, each once, from worker threads; then `on_done` with the
    scopes that could not be asked. Returns a function that cancels.
    """
    raise NotImplementedError
