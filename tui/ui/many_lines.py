"""What the board of one command on many servers says: how far it is, answers by group, servers one by one."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tui.live.commands_many import OPEN, Answer, Group, ManyRun, Phase, difference, summary
from tui.live.targets import name_of
from tui.model.amount import age, clock, count, step_age
from tui.model.status import INKS, MARKS, Health
from tui.model.text import cells, cut_end, fit, inert
from tui.ui.line import Span, Spans, width_of
from tui.ui.spans import apart, wrap

_MOST_SAID = 2
"""Lines of the sentence at most."""


def mark_of(health: Health) -> str:
    """What is over and good is `✓`, not `●`."""
    return "✓" if health is Health.FINE else MARKS[health]


def head(run: ManyRun, width: int) -> list[Spans]:
    """Return the command, how far it is, and what they say so far."""
    answers = list(run.answers.values())
    running = run.running
    ended = max((answer.ended for answer in answers), default=0.0)
    took = f"running {step_age(time.time() - run.started)}" if running else f"took {age(max(ended - run.started, 0))}"
    right = (Span(f"at {clock(run.started)}   {took}", "dim"),)
    room = max(width - width_of(right) - 4, 8)
    title = apart((Span("$ ", "dim"), Span(cut_end(inert(run.order.command), room), "strong")), right, width)
    said = summary(run.groups(), running)
    lines = wrap((Span(said),), width)[:_MOST_SAID] if run.groups() else [(Span("No answer yet.", "dim"),)]
    return [title, _bar(answers, width), _counts(answers), *lines]


def _bar(answers: Sequence[Answer], width: int) -> Spans:
    over = [answer for answer in answers if answer.phase not in OPEN]
    good = sum(answer.health is Health.FINE for answer in over)
    moving = sum(answer.phase in OPEN and answer.phase is not Phase.WAITING for answer in answers)
    words = f"{count(len(over))} of {count(len(answers))} ended"
    room = max(width - cells(words) - 3, 8)
    spans: list[Span] = []
    taken = 0
    for number, char, ink in ((good, "━", "ok"), (len(over) - good, "╍", "warn"), (moving, "━", "move")):
        size = min(max(round(room * number / max(len(answers), 1)), 1), room - taken) if number else 0
        spans.append(Span(char * size, ink))
        taken += size
    spans.append(Span("─" * max(room - taken, 0), "line"))
    return (*spans, Span(f"   {words}"))


def _counts(answers: Sequence[Answer]) -> Spans:
    found: dict[str, list[Answer]] = {}
    for answer in answers:
        found.setdefault("exit 0" if answer.phase is Phase.DONE and answer.code == 0 else answer.word, []).append(
            answer
        )
    spans: list[Span] = []
    for word, those in sorted(found.items(), key=lambda item: (item[1][0].health, item[0]), reverse=True):
        health = those[0].health
        quiet = health in (Health.FINE, Health.OFF, Health.NONE)
        spans += [
            Span(f"{mark_of(health)} ", INKS[health]),
            Span(f"{count(len(those))} {inert(word)}   ", "dim" if quiet else INKS[health]),
        ]
    return tuple(spans)


def group_line(run: ManyRun, group: Group, width: int, *, here: bool) -> Spans:
    """Return a group's line: how many, what they say, who they are."""
    names = ", ".join(inert(name_of(run.answers[key].entry)) for key in group.keys[:8])
    word = "" if group.word == Phase.DONE else f"{inert(group.word)}: "
    says = f"{word}{group.says}" if group.says else (word.removesuffix(": ") or "nothing")
    more = f"  +{len(group.lines) - 1} lines" if len(group.lines) > 1 else ""
    left = (
        Span(f"{mark_of(group.health)} ", INKS[group.health]),
        Span(f"{fit(count(len(group.keys)), 5, 'right')}  ", "strong"),
    )
    room = width - width_of(left)
    said = max(room * 3 // 5, 12)
    return (
        *left,
        Span(fit(cut_end(says, said - cells(more)) + more, said), "strong" if here else "text"),
        Span(f"  {cut_end(names, max(room - said - 2, 1))}", "dim"),
    )


def server_line(run: ManyRun, answer: Answer, width: int, *, here: bool) -> Spans:
    """Return a server's line: mark, name, place, how it stands, how long, what it says."""
    every = [inert(name_of(each.entry)) for each in run.answers.values()]
    names = min(max(cells(name) for name in every), max(width // 3, 12))
    places = {each.entry.scope.label for each in run.answers.values()}
    place = f"{fit(inert(answer.entry.scope.label), 14)}  " if len(places) > 1 and width >= 90 else ""
    health = answer.health
    took = (answer.ended or time.time()) - answer.began if answer.began else 0.0
    told = "–" if not answer.began else step_age(took) if answer.phase in OPEN else age(took)
    quiet = health in (Health.FINE, Health.OFF, Health.NONE)
    left = (
        Span(f"{mark_of(health)}  ", INKS[health]),
        Span(f"{fit(inert(name_of(answer.entry)), names, middle=True)}  ", "strong" if here else "text"),
        Span(place, "dim"),
        Span(f"{fit(inert(answer.word), 15)} ", "dim" if quiet else INKS[health]),
        Span(f"{fit(told, 5, 'right')}   ", "dim"),
    )
    says = next((line.strip() for line in run.output(answer.entry.key) if line.strip()), "")
    return (*left, Span(cut_end(says, max(width - width_of(left), 1)), "dim"))


def told_of_group(run: ManyRun, group: Group, usual: Group, width: int) -> list[Spans]:
    """Return a group in full: who, and its answer; of others than the commonest how it differs from that one."""
    names = ", ".join(inert(name_of(run.answers[key].entry)) for key in group.keys)
    lines: list[Spans] = [*wrap((Span("On      ", "dim"), Span(names)), width, 8)[:4], ()]
    same = group is usual or not usual.lines or group.health is Health.BROKEN
    if same or len(group.lines) < 2 > len(usual.lines):
        return [*lines, *((Span(line),) for line in group.lines)]
    inks = {"-": "dim", "+": "strong", " ": "dim"}
    number = len(usual.keys)
    lines.append((Span(f"- as on {count(number)} other{'s' * (number > 1)}   + as here", "dim"),))
    told = [("…", "") if sign == "@" else (sign, line) for sign, line in difference(usual.lines, group.lines)]
    return [*lines, *((Span(f"{sign} {line}", inks.get(sign, "dim")),) for sign, line in told)]


def told_of_server(run: ManyRun, answer: Answer) -> list[Spans]:
    """Return what a server said so far."""
    through = f" through {', '.join(hop.label for hop in answer.ready.hops)}" if answer.ready.hops else ""
    about = inert(f"{answer.ready.hop.label}{through}   key: {answer.ready.source}")
    return [(Span(about, "dim"),), (), *((Span(line),) for line in run.output(answer.entry.key))]
