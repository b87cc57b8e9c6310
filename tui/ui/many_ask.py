"""What is run on many servers: the command is typed while the servers are looked at, one line for each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.live.targets import name_of
from tui.model.amount import count
from tui.model.entry import Entry
from tui.model.text import cells, cut_end, fit, inert
from tui.ui.bursts import burst_text
from tui.ui.dialog import Dialog, Hints, prose
from tui.ui.editing import Edit
from tui.ui.guard import Stroke
from tui.ui.line import Span, Spans, width_of
from tui.ui.spans import on

if TYPE_CHECKING:
    from tui.live.many_check import Check

LONGEST = 3600
"""Seconds that a command may take."""
USUAL = 60
NOTE = "It runs without a terminal and without input. The audit log gets the command, not the output."
_LABEL = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed."""

    command: str
    seconds: float


class CommandDialog(Dialog[Wanted | None]):
    """Result: the command and its time-out, or None. `checked` tells it how the servers stand."""

    wanted = 94
    hint = ""

    def __init__(self, targets: Sequence[Entry], history: Sequence[str], wanted: Wanted | None = None) -> None:
        """`history` has the newest command first."""
        super().__init__()
        self.targets = tuple(targets)
        what = inert(name_of(targets[0])) if len(targets) == 1 else f"{count(len(targets))} servers"
        self.heading = f"Run one command on {what}"
        self.history = tuple(history)
        self.at = -1
        """Place in the history; -1: what is being typed."""
        self.edits = (Edit(wanted.command if wanted else ""), Edit(f"{wanted.seconds:g}" if wanted else str(USUAL)))
        self.field = 0
        self.found: Mapping[str, Check] = {}
        self.look_again: Callable[[], object] = lambda: None
        """Looks anew at those that are left out: a guest may just be booting."""

    def checked(self, found: Mapping[str, Check]) -> None:
        """Take what is known of the servers so far."""
        self.found = found
        self.redraw()

    # -- painting ----------------------------------------------------------------------------------------------------

    def body(self, width: int) -> list[Spans]:
        """One line for each server: whether it can be connected to, how, or why not."""
        ready = sum(check.ready is not None for check in self.found.values())
        out = len(self.found) - ready
        counts: list[Span] = [Span("Servers   ", "strong")]
        if looking := len(self.targets) - len(self.found):
            counts.append(Span(f"◐ {count(looking)} being looked at   ", "move"))
        if ready:
            counts.append(Span(f"● {count(ready)} ready   ", "dim"))
        if out:
            counts.append(Span(f"▲ {count(out)} left out", "warn"))
        names = min(max(cells(inert(name_of(entry))) for entry in self.targets), max(width // 3, 12))
        # Those that are left out come first: somebody may want to press K on them.
        ordered = sorted(self.targets, key=lambda entry: not self._is_out(entry))
        return [tuple(counts), *(self._target(entry, names, width) for entry in ordered)]

    def _is_out(self, entry: Entry) -> bool:
        check = self.found.get(entry.key)
        return check is not None and check.ready is None

    def _target(self, entry: Entry, names: int, width: int) -> Spans:
        check = self.found.get(entry.key)
        name = f"{fit(inert(name_of(entry)), names, middle=True)}  "
        if check is None:
            line: Spans = (Span("◐ ", "move"), Span(name), Span("address and host key", "dim"))
        elif check.ready is None:
            line = (Span("▲ ", "warn"), Span(name, "warn"), Span(f"left out: {inert(check.why)}", "dim"))
        else:
            hops, without = check.ready.hops, check.ready.without
            through = f" through {hops[-1].label}" if hops else f", not by {without[-1].label}" if without else ""
            straight = "straight to " * bool(without)
            way = inert(f"key: {check.ready.source}   {straight}{check.ready.hop.label}{through}")
            line = (Span("● ", "ok"), Span(name), Span(way, "dim"))
        last = line[-1]
        return (*line[:-1], last._replace(text=cut_end(last.text, max(width - width_of(line[:-1]), 1))))

    def foot(self, width: int) -> list[Spans]:
        """The fields, and what is known of the command's traces."""
        return [
            (),
            self._field(0, "Command", width, width - _LABEL),
            self._field(1, "Time-out", width, 9),
            (),
            *prose([(Span(NOTE, "dim"),)], width),
        ]

    def _field(self, number: int, label: str, width: int, size: int) -> Spans:
        here = self.field == number
        caret = Span("▌ " if here else "  ", "accent")
        line = on((caret, *self.edits[number].paint(size - 3, focused=here)), size, "field")
        note = Span("  seconds for each server", "dim") if number else Span("")
        return (Span(fit(label, _LABEL), "text" if here else "dim"), *line, note)

    def hints(self) -> Hints:
        """The keys."""
        history = (("↑↓", "earlier commands"),) if self.history and not self.field else ()
        again = (("ctrl+r", "look again"),) if any(self._is_out(entry) for entry in self.targets) else ()
        return (("enter", "look at what will be done"), *again, *history, ("tab", "time-out"), ("esc", "close"))

    # -- typing ------------------------------------------------------------------------------------------------------

    def burst(self, strokes: Sequence[Stroke]) -> bool:
        """Take text that came at once, without its Enter."""
        text = burst_text(strokes)
        if text and self.listening:
            self.pasted(text)
        return True

    def pasted(self, text: str) -> None:
        """Put a paste into the field."""
        self.edits[self.field].insert(text)
        self.redraw()

    def pressed(self, key: str, character: str | None) -> bool:
        """Type, go between the fields, recall, go on, close."""
        if key in {"escape", "ctrl+c"}:
            self.dismiss(None)
        elif key in {"tab", "shift+tab"}:
            self.field = 1 - self.field
            self.redraw()
        elif key == "enter":
            self._enter()
        elif key in {"up", "down"} and not self.field:
            self._recall(1 if key == "up" else -1)
        elif key == "ctrl+r":
            self.look_again()
        elif key in {"pageup", "pagedown"}:
            return self.move(key)
        elif self.edits[self.field].key(key, character):
            self.redraw()
        else:
            return False
        return True

    def _recall(self, step: int) -> None:
        self.at = max(-1, min(self.at + step, len(self.history) - 1))
        self.edits[0].set(self.history[self.at] if self.at >= 0 else "")
        self.redraw()

    def _enter(self) -> None:
        command, text = self.edits[0].text.strip(), self.edits[1].text.strip()
        seconds = int(text) if text.isascii() and text.isdigit() else 0
        if not command:
            self.field = 0
        elif not 0 < seconds <= LONGEST:
            self.field = 1
            self.edits[1].set(str(min(max(seconds, 1), LONGEST)))
        else:
            self.dismiss(Wanted(command, float(seconds)))
            return
        self.redraw()
