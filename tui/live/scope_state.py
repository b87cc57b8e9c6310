"""How a scope stands for one kind: asking, live, failing or paused, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tui.model.trouble import Trouble


class Phase(StrEnum):
    """What a scope is doing; the side pane's mark and word."""

    NEVER = "never"
    """Not asked yet, nothing known."""
    ASKING = "asking"
    """Asked for the first time (or again after a failure) and not answered yet."""
    LIVE = "live"
    FAILING = "failing"
    PAUSED = "paused"


@dataclass(slots=True)
class ScopeState:
    """State of one kind in one scope. Owned and changed by the `Fleet`; everybody else reads."""

    phase: Phase = Phase.NEVER
    answered_at: float = 0.0
    """Epoch seconds of the last good answer; 0.0 when there was none."""
    asked_at: float = 0.0
    trouble: Trouble | None = None
    next_try: float = 0.0
    """Epoch seconds; 0.0 when nothing is tried by itself."""
    rows: int = 0
    """Rows known in the scope (each scope counts the rows that it sees)."""
    bad: int = 0
    """Of these, broken or needing attention."""
    moving: int = 0
    pages: int = 0
    """Pages of the first list that are in."""
    complete: bool = False
    """Whether a full list has come to its end."""

    @property
    def stale(self) -> bool:
        """Whether rows are older than the cadence promises: shown dim with «6m ago», counted as unknown."""
        return self.phase is Phase.FAILING
