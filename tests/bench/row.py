"""One line of the benchmark's table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What was measured, beside the peer of the same run and the target of it."""

    name: str
    ours: str
    """With its unit: «8.2 ms»."""
    peer: str
    """The same of the peer, and who it is: «DataTable 6,455 ms»; empty where there is none."""
    ratio: float | None
    """Ours by the peer's; None where there is no peer."""
    target: str
    met: bool | None
    """None: it could not be measured; `note` says why."""
    note: str = ""
