"""A server's history and the dashboard's own operations, joined by their request-ids."""

from __future__ import annotations

from tests.acting import ACTIONS, SCOPE
from tui.live.steps import Operation, Step, StepPhase
from tui.live.timeline import Event, Happening, History, timeline
from tui.model.status import Health
from tui.model.trouble import Cause, Trouble
from tui.ui.events_view import event_lines
from tui.ui.text_pane import text_of

REBOOT = ACTIONS["server.reboot"]


def step(phase: StepPhase, **more: object) -> Step:
    return Step("origin|s1", "web-1", SCOPE, phase=phase, at={StepPhase.WAITING: 100.0, phase: 110.0}, **more)  # type: ignore[arg-type]


def operation(*steps: Step) -> Operation:
    return Operation("op1", REBOOT, "Reboot 1 server", ("prod r1",), "ann", 100.0, steps, ended=111.0)


def test_what_both_tell_of_is_one() -> None:
    history = History((Happening(101.0, "reboot", Health.BROKEN, "req-1", 105.0, "Error"),))
    refused = step(StepPhase.REFUSED, trouble=Trouble(Cause.REFUSED, "Nova refuses: the server is locked"))
    steps = [step(StepPhase.FAILED, request_id="req-1", result="it went wrong"), refused]
    found = timeline(history, [operation(each) for each in steps], "origin|s1")
    assert [each.title for each in found] == ["reboot", REBOOT.title]
    assert (found[0].operation, found[0].result) == ("Reboot 1 server", "failed: it went wrong")
    assert found[1].result == "refused: Nova refuses: the server is locked"
    assert (found[1].at, found[1].finished, found[1].health) == (100.0, 110.0, Health.BROKEN)
    assert not timeline(History(), [operation(refused)], "origin|s2")


def test_what_was_made_from_here_is_found_by_its_id() -> None:
    made = Step("new|1", "web-9", SCOPE, phase=StepPhase.DONE, at={StepPhase.DONE: 1.0}, made="s9")
    assert len(timeline(History(), [operation(made)], "origin|s9")) == 1


def test_lines_tell_results_durations_tracebacks_and_nothing_hostile() -> None:
    events = (
        Event("compute_\x1b[2Jreboot", 100.0, 103.0, "Error", "cmp-1", "no \u202edisk", "Traceback\n  line 1"),
        Event("compute_other", 104.0),
    )
    happening = Happening(
        100.0, "reboot", Health.MOVING, "req-1", message="Error\nagain", user_id="u1", events=events
    )  # fmt: skip
    lines = [text_of(line) for line in event_lines([happening], 200.0, more=True)]
    text = "\n".join(lines)
    for words in ("reboot", "under way", "req-1", "by user u1", "Error", "again", "3s", "cmp-1", "no ⟨U+202E⟩disk",
                  "Traceback", "line 1", "older actions"):  # fmt: skip
        assert words in text, words
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "still knows" in text_of(event_lines([], 0.0)[0])
