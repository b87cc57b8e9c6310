"""The first line: where we are, who we are, what is protected, what fails, how old the data is."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tui.model.amount import bound
from tui.model.text import cells, cut_middle, inert
from tui.model.tunnel import Standing
from tui.ui.line import Span, joined, width_of
from tui.ui.tunnel_lines import header_words

WORDMARK = "stackdeck"


class Whereabouts(msgspec.Struct, frozen=True):
    """What the header says."""

    clouds: tuple[str, ...] = ()
    """Chosen clouds; empty: all."""
    regions: tuple[str, ...] = ()
    """Chosen regions; empty: all of these clouds."""
    project: str = ""
    user: str = ""
    domain: str = ""
    protected: tuple[str, ...] = ()
    """Names of the protected clouds in scope."""
    read_only: tuple[str, ...] = ()
    all_read_only: bool = False
    live: int = 0
    failing: int = 0
    asking: int = 0
    age: float = 0.0
    """Age of the oldest live place's answer, in seconds."""
    paused: str = ""
    """Time of day since when nothing is polled."""
    not_signed_in: bool = False
    tunnels: tuple[Standing, ...] = ()
    """Of the chosen clouds, those that are reached through jump hosts."""


def scope_words(clouds: Sequence[str], regions: Sequence[str]) -> tuple[str, str]:
    """Return the two halves of the scope: «all clouds», «3 regions»."""
    cloud = "all clouds" if not clouds else clouds[0] if len(clouds) == 1 else f"{len(clouds)} clouds"
    region = "all regions" if not regions else regions[0] if len(regions) == 1 else f"{len(regions)} regions"
    return inert(cloud), inert(region)


def header_spans(where: Whereabouts, width: int, indent: int) -> tuple[list[Span], list[Span]]:
    """Return the left and the right part for a line of `width` cells; the scope stands over the table at `indent`."""
    right = _right(where, width)
    room = width - 2 - width_of(right) - 2
    pad = max(indent - cells(WORDMARK), 2)
    mark = [Span(WORDMARK, "key"), Span(" " * pad)]
    cloud, region = scope_words(where.clouds, where.regions)
    limit = max(8, (room - width_of(mark)) // 2)
    scope = [
        Span(cut_middle(cloud, limit), "strong"),
        Span(" › ", "dim"),
        Span(cut_middle(region, limit), "strong"),
    ]
    gap = 3 if width >= 160 else 2
    groups: list[list[Span]] = [scope]
    if where.project:
        one = where.project[:1].isdigit() and where.project.endswith(" projects")
        groups.append([Span("" if one else "project ", "dim"), Span(inert(where.project), "text")])
    if where.user:
        several = where.user[:1].isdigit() and where.user.endswith(" users")
        user = [Span("" if several else "user ", "dim"), Span(inert(where.user), "text")]
        if where.domain and width >= 160:
            user += [Span(" in ", "dim"), Span(inert(where.domain), "text")]
        groups.append(user)
    while len(groups) > 1 and width_of(mark) + width_of(joined(groups, gap)) > room:
        groups.pop()
    return mark + joined(groups, gap), right


def _right(where: Whereabouts, width: int) -> list[Span]:
    groups: list[list[Span]] = []
    names = width >= 190
    if where.all_read_only:
        groups.append([Span("read-only", "warn")])
    if where.protected and width >= 80:
        groups.append([Span("protected", "warn")])
        if names:
            groups[-1].append(Span(" " + inert(", ".join(where.protected)), "text"))
    if where.read_only and names and not where.all_read_only:
        groups.append([Span("read-only ", "dim"), Span(inert(", ".join(where.read_only)), "text")])
    if words := header_words(tuple(dict.fromkeys(where.tunnels)), width):
        groups.append(words)
    if where.failing:
        noun = " place" if width >= 160 and where.failing == 1 else " places" if width >= 160 else ""
        groups.append([Span(f"✗ {where.failing}{noun} failing", "bad")])
    if where.paused:
        groups.append([Span(f"○ paused {where.paused}, press a key", "off")])
    elif where.live:
        many = f"{where.live} " if where.failing else ""
        groups.append([Span("●", "ok"), Span(f" {many}live ", "text"), Span(bound(where.age), "dim")])
    if where.asking:
        if where.live and not where.failing and not where.paused:
            groups.pop()
        total = where.asking + where.live
        said = f"{where.asking} asking" if where.failing else f"{where.live} of {total} answered"
        groups.append([Span(f"◐ {said}", "move")])
    if where.not_signed_in and not where.live:
        groups.append([Span("✗ not signed in", "bad")])
    return joined(groups, 3 if width >= 160 else 2)
