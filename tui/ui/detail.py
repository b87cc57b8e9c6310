"""The line under the table: why, for the row under the cursor."""

from __future__ import annotations

from collections.abc import Sequence

from tui.model.column import Column
from tui.model.entry import Entry
from tui.model.status import INKS, MARKS, Health, Status
from tui.model.text import inert
from tui.resources.kind import Kind
from tui.ui.line import Span

_TOLD = frozenset({Health.BROKEN, Health.ATTENTION, Health.UNKNOWN})


def detail_spans(kind: Kind, entry: Entry, status: Status) -> list[Span]:
    """Return the row in one line: its fault, else what the columns do not say."""
    name = Span(inert(kind.name(entry.row)), "strong")
    if status.health in _TOLD and status.why:
        ink = INKS[status.health]
        return [Span(f"{MARKS[status.health]} ", ink), name, Span(f" {inert(status.why)}", ink)]
    spans: list[Span] = []
    if status.health not in (Health.FINE, Health.NONE):
        spans.append(Span(f"{MARKS[status.health]} {inert(status.word)}  ", INKS[status.health]))
    spans.append(name)
    if said := inert(kind.detail(entry)):
        spans.append(Span(f"  {said}", "dim"))
    return spans


def hidden_spans(hidden: Sequence[Column]) -> list[Span]:
    """Say which columns a small terminal hides."""
    heads = [column.head for column in hidden[:2]]
    if not heads:
        return []
    verb = "is" if len(heads) == 1 else "are"
    return [Span(f"Small terminal: {' and '.join(heads)} {verb} hidden.", "dim")]
