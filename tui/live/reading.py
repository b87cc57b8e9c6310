"""One reading of a kind in many scopes at once, without a screen: for `get` and tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tui.cloud import Clouds
from tui.model.entry import Entry
from tui.model.place import Scope
from tui.model.trouble import Trouble
from tui.resources.kind import Kind


def read_all(
    clouds: Clouds,
    kind: Kind,
    scopes: Sequence[Scope],
    *,
    all_projects: bool = False,
    on_trouble: Callable[[Scope, Trouble], None] | None = None,
) -> list[Entry]:
    """Read a kind in all scopes side by side; merged, names looked up, supplements applied, sorted by name. Blocking.

    Scopes that fail are told to `on_trouble` (on the calling thread); the others' rows are returned all the same.
    KeyboardInterrupt ends the wait at once.
    """
    raise NotImplementedError
