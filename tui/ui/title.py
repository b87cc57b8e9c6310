"""The title line of the table: kind, count, states worst first."""

from __future__ import annotations

from collections.abc import Mapping

from tui.model.amount import count
from tui.model.status import INKS, MARKS, Health
from tui.ui.line import Span, joined, width_of

WORDS = {
    Health.BROKEN: "error",
    Health.ATTENTION: "attention",
    Health.MOVING: "moving",
    Health.UNKNOWN: "stale",
    Health.OFF: "off",
    Health.FINE: "active",
}
"""What each health is called where its rows are counted."""

ORDER = (Health.BROKEN, Health.ATTENTION, Health.MOVING, Health.OFF, Health.FINE, Health.UNKNOWN)


def title_spans(
    title: str,
    total: int | None,
    counts: Mapping[Health, int],
    width: int,
    *,
    fine: str = "",
    unknown: str = "",
    said: str = "",
    right: str = "",
    needed: bool = False,
) -> tuple[list[Span], list[Span]]:
    """Return the left and right part of the title for `width` cells.

    `fine` is the word for healthy rows, `unknown` for those of which nothing is known; `said` a sentence in place of
    the states («no row matches»). Words give way to bare numbers from the right, then whole states, when the width is
    short; `right` is left out of narrow titles unless it is `needed`.
    """
    named = {Health.FINE: fine, Health.UNKNOWN: unknown}
    head = [Span(title, "strong")]
    if total is not None:
        head.append(Span(f" {count(total)}", "text"))
    if said:
        return [*head, Span("   "), Span(said, "dim")], []
    states = [(health, counts.get(health, 0)) for health in ORDER if counts.get(health, 0)]
    flush = [Span(right, "dim")] if right and (needed or width >= 130) else []
    room = width - 2 - (width_of(flush) + 2 if flush else 0)
    for gap in (3, 2):
        for worded in range(len(states), -1, -1):
            groups = [head, *(_state(health, n, named, i < worded) for i, (health, n) in enumerate(states))]
            spans = joined(groups, gap)
            if width_of(spans) <= room:
                if gap == 3 or worded == len(states) or worded:
                    return spans, flush
                break
        if gap == 2:
            break
    return joined([head, *(_state(health, n, named, False) for health, n in states)], 2), []


def _state(health: Health, number: int, named: Mapping[Health, str], worded: bool) -> list[Span]:
    word = (named.get(health) or WORDS[health]) if worded else ""
    ink = INKS[health]
    if health in (Health.FINE, Health.OFF):
        return [Span(MARKS[health], ink), Span(f" {count(number)}{' ' if word else ''}{word}", "dim")]
    return [Span(f"{MARKS[health]} {count(number)}{' ' if word else ''}{word}", ink)]
