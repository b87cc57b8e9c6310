"""What the operations board says: an operation with its rows, the row under the cursor, the other operations."""

from __future__ import annotations

from collections.abc import Sequence

from tui.live.steps import HEALTH, Operation, Step, StepPhase
from tui.live.targets import kind_of_action, noun
from tui.model.amount import age, clock, count, step_age
from tui.model.status import INKS, MARKS, Health
from tui.model.text import cells, cut_end, fit, inert, inert_lines
from tui.resources.boot_phases import Phase, Stage
from tui.ui.line import Span, Spans, width_of
from tui.ui.outcome import ended, refusal
from tui.ui.spans import apart, wrap

STAGES = {
    Stage.WAITING: Health.OFF,
    Stage.GOING: Health.MOVING,
    Stage.DONE: Health.FINE,
    Stage.FAILED: Health.BROKEN,
}
LABEL = 10
"""Cells of said, request, command."""
_DONE_MARK = "✓"
_ORDER = (
    (StepPhase.DONE, "done"),
    (StepPhase.FAILED, "failed"),
    (StepPhase.REFUSED, "refused"),
    (StepPhase.UNKNOWN, "unknown"),
    (StepPhase.LEFT_OUT, "left out"),
    (StepPhase.CANCELLED, "cancelled"),
)
_MOVING = frozenset({StepPhase.READING, StepPhase.SENDING, StepPhase.SENT, StepPhase.WORKING, StepPhase.CHECKING})


def mark_of(health: Health) -> str:
    """Return the mark of a step or operation: what is over and good is `✓`, not `●`."""
    return _DONE_MARK if health is Health.FINE else MARKS[health]


def head(operation: Operation, now: float, width: int) -> list[Spans]:
    """Return title, bar and counts of an operation."""
    since = operation.ended or now
    took = max(since - operation.started, 0.0)
    running = f"running {step_age(took)}" if operation.open else f"took {age(took)}"
    asked = f"asked by {inert(operation.asked_by)} at " if operation.asked_by and width >= 100 else "at "
    where = inert(", ".join(operation.places)) if width >= 100 else ""
    right = (
        Span(f"{where}   " if where else "", "dim"),
        Span(asked, "dim"),
        Span(clock(operation.started), "text"),
        Span(f"   {running}", "dim"),
    )
    title = (Span(inert(operation.title), "strong"),)
    lines = [apart(title, right, width), _bar(operation, width), _counts(operation, width)]
    if operation.note:
        lines += wrap((Span("▲ ", "warn"), Span(inert(operation.note))), width, 2)
    return lines


def _bar(operation: Operation, width: int) -> Spans:
    """A line: what is done, what went wrong, what moves, what waits."""
    done = operation.counts.get(StepPhase.DONE, 0)
    moving = sum(operation.counts.get(phase, 0) for phase in _MOVING)
    waiting = operation.counts.get(StepPhase.WAITING, 0)
    total = max(len(operation.steps), 1)
    words = f"{count(done)} of {count(len(operation.steps))} done"
    room = max(width - cells(words) - 3, 8)
    parts = ((done, "━", "ok"), (total - done - moving - waiting, "╍", "bad"), (moving, "━", "move"))
    spans: list[Span] = []
    taken = 0
    for number, char, ink in parts:
        size = min(max(round(room * number / total), 1), room - taken) if number else 0
        spans.append(Span(char * size, ink))
        taken += size
    spans.append(Span("─" * max(room - taken, 0), "line"))
    return (*spans, Span(f"   {words}", "text"))


def _counts(operation: Operation, width: int) -> Spans:
    spans: list[Span] = []
    for phase, word in _ORDER:
        if number := operation.counts.get(phase, 0):
            health = HEALTH[phase]
            spans += [Span(f"{mark_of(health)} ", INKS[health]), Span(f"{count(number)} {word}   ", _said(health))]
    if moving := sum(operation.counts.get(phase, 0) for phase in _MOVING):
        spans += [Span("◐ ", "move"), Span(f"{count(moving)} moving   ", "move")]
    if waiting := operation.counts.get(StepPhase.WAITING, 0):
        spans += [Span("○ ", "off"), Span(f"{count(waiting)} waiting   ", "dim")]
    if operation.paused:
        spans.append(Span("paused: nothing more is sent   ", "warn"))
    elif waiting and operation.at_once:
        spans.append(Span(f"{operation.at_once} at a time in each place", "dim"))
    return tuple(spans)


def _said(health: Health) -> str:
    return "dim" if health in (Health.FINE, Health.OFF, Health.NONE) else INKS[health]


def columns(operation: Operation, width: int) -> tuple[int, int, int]:
    """Return the cells of NAME, PLACE (0: none) and PHASE."""
    names = max([8, *(cells(inert(step.name)) for step in operation.steps)])
    places = max(cells(label) for label in operation.places) if len(operation.places) > 1 and width >= 70 else 0
    phase = 18 if any(step.stages for step in operation.steps) else 10
    return min(names, max(width // 3, 16)), min(places, 20), phase


def heads(operation: Operation, width: int) -> Spans:
    """Return the column heads."""
    names, places, phase = columns(operation, width)
    kind = kind_of_action(operation.action.id)
    name = fit(noun(kind, 1, "rows").upper(), names)
    place = f"{fit('PLACE', places)}  " if places else ""
    return (Span(f"   {name}  {place}{fit('PHASE', phase)}  {fit('TIME', 5, 'right')}   RESULT", "dim"),)


def step_line(operation: Operation, step: Step, now: float, width: int, *, here: bool) -> Spans:
    """Return the line of a row: mark, name, place, phase, time, result."""
    names, places, phase = columns(operation, width)
    health = HEALTH[step.phase]
    place = f"{fit(inert(step.scope.label), places)}  " if places else ""
    word = _phase_word(step)
    took = step_age(now - started(step)) if step.open else age(_took(step))
    if step.phase is StepPhase.WAITING:
        took = "–"
    result = _result(step)
    ink = "bad" if health is Health.BROKEN else "warn" if health in (Health.UNKNOWN, Health.ATTENTION) else "dim"
    strong = here or health is Health.BROKEN
    left = (
        Span(f"{mark_of(health)}  ", INKS[health]),
        Span(f"{fit(inert(step.name), names, middle=True)}  ", "strong" if strong else "text"),
        Span(place, "dim"),
        Span(f"{fit(word, phase)}  ", _said(health)),
        Span(f"{fit(took, 5, 'right')}   ", "dim"),
    )
    room = width - width_of(left)
    return (*left, Span(cut_end(result, room), ink)) if room > 3 else left


def started(step: Step) -> float:
    """Return when it began: its re-reading, or the time at which it was asked for."""
    times = [at for phase, at in step.at.items() if phase is not StepPhase.WAITING]
    return min(times, default=step.since)


def _took(step: Step) -> float:
    return max(step.since - started(step), 0.0)


def stages(step: Step) -> list[Phase]:
    """Return the stretches that are told of it."""
    return [stage for stage in step.stages if isinstance(stage, Phase)]


def _phase_word(step: Step) -> str:
    going = [stage for stage in stages(step) if stage.stage is Stage.GOING]
    return inert(going[0].name) if going and step.open else step.phase.value


def _result(step: Step) -> str:
    if step.phase in (StepPhase.REFUSED, StepPhase.FAILED) and step.trouble is not None:
        return refusal(step)
    return inert(step.result)


def detail(step: Step, width: int) -> list[Spans]:
    """Return what is known of the row under the cursor, in the server's own words."""
    health = HEALTH[step.phase]
    after = "" if step.open else f"   after {age(_took(step))}"
    right = (Span(f"{step.phase.value} ", "dim"), Span(clock(step.since)), Span(after, "dim"))
    title = (Span(f"{mark_of(health)} ", INKS[health]), Span(inert(step.name), "strong"))
    lines = [apart(title, right, width)]
    trouble = step.trouble
    if trouble is not None:
        said = f"{trouble.status or ''} {inert(trouble.said or trouble.title)}".strip()
        lines += _fact("said", said, width, "bad" if health is Health.BROKEN else "text")
        if trouble.said and trouble.title not in trouble.said:
            lines += _fact("means", inert(trouble.title), width)
        lines += _fact("next", inert(trouble.hint), width)
    if step.result and (trouble is None or inert(step.result) not in (inert(trouble.said), inert(trouble.title))):
        lines += _fact("result", inert(step.result), width)
    lines += _stage_lines(step, width)
    lines += _fact("id", inert(step.ident), width)
    lines += _fact("request", inert(step.request_id), width)
    for number, command in enumerate(inert(each) for each in step.command.split("\n") if each):
        lines += _fact("command" if not number else "", command, width, "dim")
    return lines


def _fact(label: str, text: str, width: int, ink: str = "text") -> list[Spans]:
    if not text:
        return []
    return wrap((Span(f"  {fit(label, LABEL)}", "dim"), Span(text, ink)), width, LABEL + 2)[:4]


def _stage_lines(step: Step, width: int) -> list[Spans]:
    """Each phase of what was made with the time that it took, and what there is to say of it."""
    found = stages(step)
    longest = max([*(stage.took or 0.0 for stage in found), 1.0])
    room = min(width // 4, 24)
    lines: list[Spans] = []
    for stage in found:
        health = STAGES[stage.stage]
        bar = max(round(room * stage.took / longest), 1) if stage.took is not None else 0
        took = age(stage.took) if stage.took is not None else "–"
        line = (
            Span(f"  {mark_of(health)} ", INKS[health]),
            Span(fit(inert(stage.name), 20), "text"),
            Span(fit("━" * bar, room), INKS[health] if health is Health.BROKEN else "dim"),
            Span(f" {fit(took, 5, 'right')}  ", "dim"),
        )
        lines += wrap((*line, Span(inert(stage.said), "bad" if health is Health.BROKEN else "dim")), width, 24)[:3]
        for more in stage.more:
            lines += [line for text in inert_lines(more) for line in wrap((Span(f"    {text}", "dim"),), width, 6)]
    return lines


def other_line(operation: Operation, now: float, width: int, *, here: bool) -> Spans:
    """Return one line for an operation that is not open on the board."""
    health = operation.health
    if operation.open:
        done = operation.counts.get(StepPhase.DONE, 0)
        said = f"{count(done)} of {count(len(operation.steps))} done"
    else:
        said, health = ended(operation)
    title = fit(inert(operation.title), min(max(width // 3, 20), 40), middle=False)
    left = (
        Span(f"{clock(operation.started, False)}  ", "dim"),
        Span(f"{mark_of(health)}  ", INKS[health]),
        Span(f"{title}  ", "strong" if here else "text"),
    )
    where = f"{inert(', '.join(operation.places))}, " if width >= 100 else ""
    return (
        *left,
        Span(cut_end(f"{where}{said}", max(width - width_of(left), 4)), "dim" if health > 1 else INKS[health]),
    )


def report(operations: Sequence[Operation], now: float) -> list[str]:
    """Return all operations as text for a file."""
    lines: list[str] = []
    for operation in operations:
        for line in head(operation, now, 120)[::2]:
            lines.append("".join(span.text for span in line).rstrip())
        for step in operation.steps:
            text = "".join(span.text for span in step_line(operation, step, now, 400, here=False)).rstrip()
            lines.append(f"{text}   {step.ident}   {step.request_id}".rstrip())
        lines.append("")
    return lines
