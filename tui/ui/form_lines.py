"""What a form says: fields with their marks and notes, and what was found out before it is sent. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tui.model.amount import count, gibibytes, mebibytes
from tui.model.text import cells, cut_end, fit, inert
from tui.resources.action import Input, Preflight, Verdict
from tui.ui.form_fields import Slot
from tui.ui.line import Span, Spans, width_of
from tui.ui.spans import apart, on, wrap

LABEL_MOST = 20
FIELD = 26
"""Cells of a field where there is room."""
BAR = 14
"""Cells of a quota's bar."""
GAUGE_LABEL = 13
GAP = 2
"""Blanks that `apart` keeps between a bar and its numbers."""

_SHOWN: Mapping[str, Callable[[float], str]] = {"RAM": mebibytes, "storage": gibibytes}
_MARKS = {Verdict.GOOD: ("✓", "ok"), Verdict.ATTENTION: ("▲", "warn"), Verdict.BAD: ("✗", "bad")}


def field_line(slot: Slot, problem: str, verdict: Verdict | None, width: int, label: int, *, here: bool) -> Spans:
    """Return one field: label, mark, what stands in it, note. `problem` replaces the note where it was touched."""
    wrong = bool(problem) and (slot.touched or bool(slot.refused))
    mark, ink = ("✗", "bad") if wrong else _MARKS[verdict] if verdict not in (None, Verdict.GOOD) else (" ", "text")
    size = field_size(width, label)
    ground = "cursor" if here else "field"
    arrow = "▾" if slot.picks or slot.loading else " "
    inside = size - 4
    shown = slot.edit.paint(inside, focused=True) if here and slot.types else _held(slot, inside, here)
    box = on((Span("▌" if here else " ", "accent"), *shown), size - 2, ground)
    required = "*" if slot.field.required and slot.empty else " "
    name = fit(cut_end(inert(slot.field.label), label - 1), label - 1)
    left = (
        Span("  "),
        Span(name, "strong" if here else "dim"),
        Span(required, "warn"),
        Span(f"{mark} ", ink),
        *box,
        Span(f"{arrow} ", "dim", ground),
        Span("  "),
    )
    note = problem if wrong else slot.note()
    return (*left, Span(cut_end(inert(note), max(width - width_of(left), 1)), "bad" if wrong else "dim"))


def field_size(width: int, label: int) -> int:
    """Return the cells of a field: more where the pane is wide."""
    return max(min(FIELD, width - label - 8), 14) if width < 90 else FIELD + 10


def label_size(slots: Sequence[Slot]) -> int:
    """Return the cells of the labels."""
    return min(max([8, *(cells(inert(slot.field.label)) for slot in slots)]), LABEL_MOST) + 1


def _held(slot: Slot, width: int, here: bool) -> Spans:
    text = slot.words()
    ink = "strong" if here else "text"
    if slot.field.input is Input.BOOL:
        return (Span("✓ yes" if slot.on else "– no", ink if slot.on else "dim"),)
    if slot.loading and not text:
        return (Span("◐", "move"),)
    return (Span(cut_end(text, width), ink),)


def field_lines(
    slots: Sequence[Slot],
    problems: Mapping[str, str],
    found: Sequence[Preflight],
    here: Slot | None,
    width: int,
    room: int,
) -> tuple[list[Spans], int]:
    """Return the lines of all fields, parted by groups where there is room, and the line of the one that is filled."""
    label = label_size(slots)
    groups = len({slot.field.group for slot in slots})
    parted = len(slots) + groups - 1 <= room
    lines: list[Spans] = []
    at = 0
    for number, slot in enumerate(slots):
        if parted and number and slot.field.group != slots[number - 1].field.group:
            lines.append(())
        if slot is here:
            at = len(lines)
        verdict = _worst(found, slot.key)
        lines.append(field_line(slot, problems.get(slot.key, ""), verdict, width, label, here=slot is here))
    return lines, at


def _worst(found: Sequence[Preflight], key: str) -> Verdict | None:
    order = (Verdict.BAD, Verdict.ATTENTION)
    here = {line.verdict for line in found if line.field == key}
    return next((verdict for verdict in order if verdict in here), None)


def preflight_lines(
    title: str, found: Sequence[Preflight] | None, trouble: str, width: int, *, tight: bool
) -> list[Spans]:
    """Return the pane of what was found out; None: it is being looked up."""
    if found is None:
        return [apart((Span(title, "strong"),), (Span("◐ looking", "move"),), width)]
    counts: list[Span] = []
    for verdict in (Verdict.BAD, Verdict.ATTENTION, Verdict.GOOD):
        mark, ink = _MARKS[verdict]
        if number := sum(line.verdict is verdict for line in found):
            counts.append(Span(f"  {mark} {number}", ink))
    lines: list[Spans] = [apart((Span(title, "strong"),), counts, width)]
    blank: list[Spans] = [] if tight else [()]
    lines += blank
    gauges = _gauges(found, width)
    if gauges:
        lines += gauges
        if not tight:
            lines.append(
                (Span("━", "dim"), Span(" used   ", "dim"), Span("╍", "accent"), Span(" this   ", "dim"),
                 Span("─", "line"), Span(" free", "dim"))
            )  # fmt: skip
        lines += blank
    if trouble:
        lines += [*wrap((Span("▲ ", "warn"), Span(inert(trouble))), width, 2), *blank]
    for verdict in (Verdict.BAD, Verdict.ATTENTION, Verdict.GOOD):
        mark, ink = _MARKS[verdict]
        said = [line for line in found if line.verdict is verdict and not (line.gauge and verdict is Verdict.GOOD)]
        for line in said:
            lines += wrap((Span(f"{mark} ", ink), Span(inert(line.text))), width, 2)
            if line.more and verdict is not Verdict.GOOD:
                lines += [(Span("  "), *each) for each in wrap((Span(inert(line.more), "dim"),), max(width - 2, 8))]
            lines += blank if verdict is not Verdict.GOOD else []
    return lines


def _gauges(found: Sequence[Preflight], width: int) -> list[Spans]:
    """Return a line for each quota; the bars are all of one length, so that they can be compared."""
    told: list[tuple[Preflight, Spans]] = []
    for line in found:
        if line.gauge is not None:
            what, used, after, limit = line.gauge
            shown = _SHOWN.get(what, count)
            ink = "bad" if line.verdict is Verdict.BAD else "text"
            told.append((line, (Span(f"{shown(used)} → {shown(after)}", ink), Span(_limit(shown, limit), "dim"))))
    room = width - GAUGE_LABEL - GAP - max((width_of(numbers) for _, numbers in told), default=0)
    return [_gauge(line, numbers, max(min(BAR, room), 0), width) for line, numbers in told]


def _gauge(line: Preflight, numbers: Spans, room: int, width: int) -> Spans:
    if line.gauge is None:
        return ()
    what, used, after, limit = line.gauge
    if limit < 0:
        bar: Spans = (Span("─" * room, "line"),)
    else:
        top = max(limit, after, 1.0)
        old = min(round(room * used / top), room)
        new = min(max(round(room * after / top), old + (after > used)), room)
        bar = (
            Span("━" * old, "bad" if line.verdict is Verdict.BAD else "dim"),
            Span("╍" * (new - old), "bad" if line.verdict is Verdict.BAD else "accent"),
            Span("─" * (room - new), "line"),
        )
    return apart((Span(fit(inert(what), GAUGE_LABEL), "dim"), *bar), numbers, width)


def _limit(shown: Callable[[float], str], limit: float) -> str:
    return " no limit" if limit < 0 else f" of {shown(limit)}"


def blocking(found: Sequence[Preflight]) -> Preflight | None:
    """Return the first thing for which it cannot be sent."""
    return next((line for line in found if line.verdict is Verdict.BAD), None)
