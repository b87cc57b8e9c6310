"""How a scope stands for one kind: asking, live, failing or paused, and since when."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tui.model.trouble import Trouble


class Phase(StrEnum):
    """What a scope is doing; the side pane's mark and word."""

    NEVER = "never"
    """Not asked yet, nothing known."""
    ASKING = "asking"
    """Asked for the first time, or again by hand after a failure, and not answered yet."""
    LIVE = "live"
    FAILING = "failing"
    PAUSED = "paused"


class ScopeState(msgspec.Struct):
    """State of one kind in one scope. Owned and changed by the `Fleet`; everybody else reads."""

    phase: Phase = Phase.NEVER
    answered_at: float = 0.0
    """Epoch seconds of the last good answer; 0.0 when there was none."""
    asked_at: float = 0.0
    trouble: Trouble | None = None
    """The last failure, until the next good answer."""
    next_try: float = 0.0
    """Epoch seconds; 0.0 when nothing is tried by itself."""
    rows: int = 0
    """Rows that the scope sees, those that other scopes see too included."""
    bad: int = 0
    """Of these, broken or needing attention."""
    moving: int = 0
    pages: int = 0
    """Pages of the first list that are in."""
    own_only: Trouble | None = None
    """Why its own project's rows are shown although all projects were asked for."""
    complete: bool = False
    """Whether a full list has come to its end."""
    recalled: bool = False
    """Rows of an earlier run are among its rows: those that no answer has named yet are as of `recalled_at`."""
    recalled_at: float = 0.0

    @property
    def stale(self) -> bool:
        """Whether its rows are as of an earlier answer: shown dim with «6m ago», counted as unknown."""
        return self.trouble is not None or self.recalled

    @property
    def is_memory(self) -> bool:
        """Whether all that is known of the scope is what an earlier run knew."""
        return self.recalled and self.phase in {Phase.NEVER, Phase.ASKING}

    @property
    def is_new(self) -> bool:
        """Whether nothing has come of it in this run, neither answer nor failure."""
        return self.trouble is None and self.phase in {Phase.NEVER, Phase.ASKING}
