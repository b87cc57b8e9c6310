"""What became of an operation, in sentences for the screen. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from tui.live.steps import Operation, Step, StepPhase
from tui.live.targets import counted, kind_of_action, noun
from tui.model.amount import age, count
from tui.model.entry import Entry
from tui.model.status import Health
from tui.model.text import inert
from tui.resources.action import Consequence, Field

Left = Sequence[tuple[Entry, str]]
"""Targets that an action was not sent to, each with the reason."""

_TAKEN = frozenset({StepPhase.SENT, StepPhase.WORKING, StepPhase.CHECKING, StepPhase.DONE, StepPhase.UNKNOWN})
_NOT_DONE = (
    (StepPhase.REFUSED, "was refused", "were refused", Health.BROKEN),
    (StepPhase.FAILED, "failed", "failed", Health.BROKEN),
    (StepPhase.UNKNOWN, "has an end that is not known", "have an end that is not known", Health.UNKNOWN),
    (StepPhase.LEFT_OUT, "was left out", "were left out", Health.ATTENTION),
    (StepPhase.CANCELLED, "was cancelled", "were cancelled", Health.ATTENTION),
)
_WORDS = {"flavor": ("flavorRef",), "image": ("imageRef",), "keypair": ("key_name", "key"), "count": ("max_count",)}
"""Further words by which services call what a field asks for."""


def outcome(operation: Operation) -> tuple[bool, Step | None]:
    """Return whether the cloud took any of it, and the first step that was refused once all have been."""
    steps = operation.steps
    if any(_TAKEN & set(step.at) for step in steps):
        return True, None
    if operation.open or not steps:
        return False, None
    return False, steps[0]


def refusal(step: Step) -> str:
    """Return the reason why a step was not taken: the server's words where there are some."""
    trouble = step.trouble
    if trouble is None:
        return inert(step.result or step.phase.value)
    said = inert(trouble.said or trouble.title)
    return f"{trouble.status} {said}" if trouble.status else said


def field_of(said: str, fields: Iterable[Field]) -> str:
    """Return the key of the field that a refusal names first, empty where it names none."""
    attribute = re.search(r"field/attribute (\w+)", said)
    text = (attribute[1] if attribute else said).replace("_", " ").casefold()
    found: list[tuple[int, int, str]] = []
    for field in fields:
        for name in (field.key, *_WORDS.get(field.key, ())):
            word = name.replace("_", " ").casefold().removesuffix("s")
            if match := re.search(rf"\b{re.escape(word)}s?\b", text):
                found.append((match.start(), -len(word), field.key))
    return min(found)[2] if found else ""


def ended(operation: Operation, left: Left = ()) -> tuple[str, Health]:
    """Return what became of it in a sentence, and how good that is: «11 servers deleted in 42s. 1 was left out: …»."""
    kind = kind_of_action(operation.action.id)
    steps = operation.steps
    took = f" in {age(max(operation.ended - operation.started, 0.0))}"
    word = operation.action.done or "done"
    done = [step for step in steps if step.phase is StepPhase.DONE]
    worst = Health.FINE
    parts = []
    if len(done) == 1 and len(steps) == 1:
        said = f": {inert(done[0].result)}" if done[0].result else ""
        parts.append(f"{inert(done[0].name)} {word}{took}{said}")
    elif done:
        parts.append(f"{counted(kind, len(done))} {word}{took}")
    for phase, one, many, health in _NOT_DONE:
        found = [step for step in steps if step.phase is phase]
        if found:
            worst = min(worst, health)
            who = inert(found[0].name) if len(found) == 1 else _number(len(found), noun(kind, len(found)), bool(done))
            parts.append(f"{who} {one if len(found) == 1 else many}: {_common(found)}")
    if left:
        worst = min(worst, Health.ATTENTION)
        who = inert(left[0][1])
        parts.append(f"{count(len(left))} {'was' if len(left) == 1 else 'were'} left out: {who}")
    return ". ".join(part.rstrip(".") for part in parts) + ".", worst


def _number(number: int, things: str, short: bool) -> str:
    return count(number) if short else f"{count(number)} {things}"


def _common(steps: Sequence[Step]) -> str:
    reasons = [refusal(step) for step in steps]
    return max(dict.fromkeys(reasons), key=reasons.count)


def joined(found: Sequence[Consequence]) -> list[Consequence]:
    """Put the consequences of several places together: lines that say the same are one, worst first."""
    lines: dict[tuple[Health, str, bool], Consequence] = {}
    for each in found:
        one, many = each.words
        key = (each.health, many or each.text, each.raises)
        old = lines.get(key)
        if old is None:
            lines[key] = each
            continue
        evidence = ", ".join(dict.fromkeys(filter(None, (old.evidence, each.evidence))))
        number = old.number + each.number
        text = (one if number == 1 else many) or each.text
        lines[key] = Consequence(each.health, number, text, evidence, each.raises, each.words)
    return sorted(lines.values(), key=lambda each: each.health)
