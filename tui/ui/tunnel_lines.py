"""What the screen says of tunnels: a word in the header and the side pane, and the whole truth under `:tunnels`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.model.amount import clock, count
from tui.model.status import INKS, MARKS, Health
from tui.model.text import cut_middle, inert
from tui.model.trouble import Cause
from tui.model.tunnel import Phase, Standing, short_of
from tui.ui.line import Span, Spans
from tui.ui.statement import error

_HEALTHS = {
    Phase.IDLE: Health.OFF,
    Phase.CONNECTING: Health.MOVING,
    Phase.UP: Health.FINE,
    Phase.DOWN: Health.BROKEN,
}
_WORST = (Health.BROKEN, Health.ATTENTION, Health.MOVING, Health.FINE)
_WORDS = {
    Phase.IDLE: "not used yet",
    Phase.CONNECTING: "connecting",
    Phase.UP: "up",
    Phase.DOWN: "down",
}
_LABEL = 18
"""Cells of a jump host's name in the header."""


def health(standing: Standing) -> Health:
    """Return the health that a tunnel's mark shows: one that waits for a person is no failure yet."""
    if standing.trouble is not None and standing.trouble.cause is Cause.ASK:
        return Health.ATTENTION
    return _HEALTHS[standing.phase]


def header_words(standings: Sequence[Standing], width: int) -> list[Span]:
    """Return the header's words for the tunnels in sight: the worst one's mark; names where there is room."""
    used = [one for one in standings if one.phase is not Phase.IDLE]
    if not used:
        return []
    worst = min(used, key=lambda one: _WORST.index(health(one)))
    found = health(worst)
    if width < 100:
        return [Span(f"{MARKS[found]} ", INKS[found]), Span("ssh", "dim")]
    same = [one for one in used if health(one) is found]
    name = cut_middle(inert(short_of(worst.hops)), _LABEL) if len(same) == 1 else f"{len(same)} jump hosts"
    state = {Health.BROKEN: " down", Health.ATTENTION: " asks", Health.MOVING: " connecting"}.get(found, "")
    return [Span(f"{MARKS[found]} ", INKS[found]), Span(f"via {name}{state}", "dim" if not state else INKS[found])]


def tunnel_lines(clouds: Mapping[Standing, Sequence[str]], width: int, now: float) -> list[Spans]:
    """Return all tunnels with their clouds: state and since when, who answered, what goes through, why it is down."""
    lines: list[Spans] = []
    for standing, names in clouds.items():
        found = health(standing)
        since = f" since {clock(standing.since, False)}" if standing.since else ""
        head = (Span(f"{MARKS[found]} ", INKS[found]), Span(inert(standing.label), "strong"))
        lines.append((*head, Span(f"  {_WORDS[standing.phase]}{since}", "dim")))
        facts = [("leads to", ", ".join(names) or "nothing now")]
        if standing.peer:
            facts.append(("through", standing.peer))
        if standing.connects:
            times = "once" if standing.connects == 1 else f"{count(standing.connects)} times"
            facts.append(("came up", f"{times}; {count(standing.sockets)} connections through it now"))
        lines += [(Span(f"  {label:10}", "dim"), Span(inert(text))) for label, text in facts]
        if standing.trouble is not None:
            lines += [(), *((Span("  "), *line) for line in error(standing.trouble, width - 2))]
        lines += [(), ()]
    return lines[:-2]
