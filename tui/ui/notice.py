"""The notice line: which place fails, why, how old its rows are, when it is tried again, and the key that tries now."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tui.model.amount import clock, count
from tui.model.text import inert
from tui.model.trouble import Cause, Trouble
from tui.ui.line import Span, width_of


class Failing(msgspec.Struct, frozen=True):
    """A place that does not answer."""

    label: str
    trouble: Trouble
    answered_at: float = 0.0
    next_try: float = 0.0
    rows: int = 0


WORST = (
    Cause.CONFIG,
    Cause.SIGN_IN,
    Cause.TLS,
    Cause.NETWORK,
    Cause.TIMEOUT,
    Cause.SERVER,
    Cause.NONSENSE,
    Cause.FORBIDDEN,
    Cause.NO_SERVICE,
    Cause.SLOW_DOWN,
    Cause.ASK,
)


def worst_first(failing: Sequence[Failing]) -> list[Failing]:
    """Order failing places: those that lost the most rows first, then by cause."""

    def badness(one: Failing) -> tuple[int, int, str]:
        cause = one.trouble.cause
        return (-one.rows, WORST.index(cause) if cause in WORST else len(WORST), one.label)

    return sorted(failing, key=badness)


def notice_spans(failing: Sequence[Failing], width: int, key: str, why: str = "") -> list[Span]:
    """Return the notice for `width` cells: the worst place whole, the others as a number. Parts are left out whole.

    `key` asks again, `why` shows the server's own words.
    """
    if not failing:
        return []
    worst = worst_first(failing)[0]
    asks = worst.trouble.cause in (Cause.ASK, Cause.SLOW_DOWN)
    head = [
        Span("▲ " if asks else "✗ ", "warn" if asks else "bad"),
        Span(inert(worst.label), "strong"),
        Span(" " + _sentence(worst.trouble.title), "text"),
    ]
    parts: list[list[Span]] = []
    if len(failing) > 1:
        parts.append([Span(f" {len(failing) - 1} more.", "bad")])
    if worst.answered_at:
        rows = f" {count(worst.rows)} rows as of" if width >= 120 and worst.rows else " Rows as of"
        parts.append([Span(f"{rows} {clock(worst.answered_at, False)}.", "dim")])
    if worst.next_try:
        parts.append([Span(f" Next try {clock(worst.next_try, False)}.", "dim")])
    if key:
        act = "sign in" if worst.trouble.cause is Cause.ASK else "try now"
        parts.append([Span(" "), Span(key, "key"), Span(f" {act}", "dim")])
    if why:
        parts.append([Span("  "), Span(why, "key"), Span(" why", "dim")])
    spans = head
    for part in parts:
        if width_of(spans) + width_of(part) <= width - 2:
            spans = spans + part
    return spans


def _sentence(text: str) -> str:
    text = inert(text)
    return text if text.endswith((".", "!", "?")) else f"{text}."
