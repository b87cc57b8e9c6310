"""The operations board: what runs and what was done, row by row, in the server's own words."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from textual.app import ComposeResult

from tui.live.operations import Operations
from tui.live.steps import RETRIABLE, Operation, Step, StepPhase
from tui.model.amount import count
from tui.model.text import inert
from tui.ui.board_lines import detail, head, heads, other_line, report, step_line
from tui.ui.board_screen import BoardLines, BoardScreen
from tui.ui.copying import CopyBox
from tui.ui.line import Span, Spans
from tui.ui.saving import SaveText, offered
from tui.ui.spans import keys_line

LEAST_STEPS = 3
MOST_OTHERS = 8
NOTHING = (
    (Span("Nothing was done yet.", "strong"),),
    (),
    (
        Span("a", "accent"),
        Span(" on a row shows what can be done to it. What is started from here is listed here.", "dim"),
    ),
)
NOTE = "Leaving this view stops nothing. Each change is in the audit log (:audit)."


class Board(BoardLines):
    """Paints the board. Knows no keys; `OperationsScreen` moves it."""

    def __init__(self, operations: Operations) -> None:
        super().__init__()
        self.operations = operations
        self.shown = ""
        """Id of the operation that is open; empty: the newest."""
        self.key = ""
        """Key of the step under the cursor, or id of another operation."""
        self.top = 0

    @property
    def open(self) -> Operation | None:
        """The operation that is shown with its rows."""
        found = self.operations.all()
        return next((each for each in found if each.id == self.shown), found[0] if found else None)

    @property
    def others(self) -> list[Operation]:
        """The operations below it: running ones first, newest first."""
        shown = self.open
        rest = [each for each in self.operations.all() if shown is None or each.id != shown.id]
        return sorted(rest, key=lambda each: not each.open)

    @property
    def stops(self) -> list[str]:
        """What the cursor can stand on: the rows, then the other operations."""
        shown = self.open
        return [*(step.key for step in shown.steps), *(each.id for each in self.others)] if shown else []

    @property
    def step(self) -> Step | None:
        """The row under the cursor."""
        shown = self.open
        if shown is None:
            return None
        here = self.key or (shown.steps[0].key if shown.steps else "")
        return next((step for step in shown.steps if step.key == here), None)

    def move(self, by: int) -> None:
        """Move the cursor."""
        stops = self.stops
        if stops:
            at = stops.index(self.key) if self.key in stops else 0
            self.key = stops[max(0, min(at + by, len(stops) - 1))]
            self.refresh_lines()

    def turn_to(self, operation: str) -> None:
        """Open another operation."""
        self.shown, self.key, self.top = operation, "", 0
        self.refresh_lines()

    def on_resize(self) -> None:
        """Lay out anew."""
        self.refresh_lines()

    def refresh_lines(self) -> None:
        """Lay the lines out anew and repaint."""
        self._lines = self._layout() if self.size.width else []
        self.refresh()

    def _layout(self) -> list[tuple[Spans, str]]:
        width, height, now = self.size.width, self.size.height, time.time()
        inner = width - 4
        lines: list[tuple[Spans, str]] = [(self._header(width), "bar")]
        shown = self.open
        body: list[tuple[Spans, str]] = []
        if shown is None:
            body = [((), ""), *((line, "") for line in NOTHING)]
        else:
            body = self._operation(shown, inner, height - 3, now)
        lines += [((Span("  "), *spans), ground) for spans, ground in body][: height - 3]
        lines += [((), "")] * (height - 2 - len(lines))
        note = self.said or NOTE
        lines.append(((Span(" "), Span(note, "text" if self.said else "dim")), "bar"))
        lines.append((keys_line(self.hints(), width), "bar"))
        return lines

    def _operation(self, shown: Operation, width: int, height: int, now: float) -> list[tuple[Spans, str]]:
        """The rows of the open operation scroll; what is above and below them stays."""
        roomy = height >= 30
        gap: list[tuple[Spans, str]] = [((), "")] if roomy else []
        above = [*gap, *((line, "") for line in head(shown, now, width)), *gap, (heads(shown, width), "")]
        step = self.step
        told = detail(step, width) if step is not None else []
        others = self.others
        kept = min(len(shown.steps), max(height // 3, LEAST_STEPS))
        told = told[: max(height - len(above) - kept - (5 if others else 2), 4)]
        rule: list[tuple[Spans, str]] = [((Span("─" * width, "line"),), "")]
        below: list[tuple[Spans, str]] = []
        if told:
            below += [*rule, *((line, "") for line in told)]
        room = height - len(above) - len(below)
        listed = others[: max(0, min(MOST_OTHERS, room - LEAST_STEPS - 2))] if others else []
        at = next((number for number, each in enumerate(others) if each.id == self.key), 0)
        first = max(0, at - len(listed) + 1)
        if listed:
            below += [*rule, ((Span("Others", "strong"), Span("   tab opens the next", "dim")), "")]
            below += [self._other(each, now, width) for each in others[first : first + len(listed)]]
        room = max(height - len(above) - len(below), LEAST_STEPS)
        keys = [each.key for each in shown.steps]
        here = keys.index(step.key) if step is not None else self.top
        self.top = max(0, min(max(min(self.top, here), here - room + 1), len(keys) - room))
        rows = [self._row(shown, each, step, now, width) for each in shown.steps[self.top : self.top + room]]
        fill: list[tuple[Spans, str]] = [((), "")] if roomy and len(rows) < room else []
        return [*above, *rows, *fill, *below]

    def _row(self, shown: Operation, each: Step, step: Step | None, now: float, width: int) -> tuple[Spans, str]:
        here = step is not None and each.key == step.key
        return step_line(shown, each, now, width, here=here), "cursor" if here else ""

    def _other(self, each: Operation, now: float, width: int) -> tuple[Spans, str]:
        here = each.id == self.key
        return other_line(each, now, width, here=here), "cursor" if here else ""

    def _header(self, width: int) -> Spans:
        found = self.operations.all()
        running = self.operations.running
        words = f"{count(running)} running, {count(len(found) - running)} ended"
        return (Span(" stackdeck", "accent"), Span("  operations", "strong"), Span(f"   {words}", "dim"))

    def hints(self) -> list[tuple[str, str]]:
        """The keys that do something now."""
        shown, step = self.open, self.step
        hints: list[tuple[str, str]] = []
        if shown is not None and step is not None and retriable(step):
            hints.append(("r", "retry"))
        if shown is not None and any(retriable(each) for each in shown.steps):
            hints.append(("R", "retry all failed"))
        if shown is not None and any(each.phase is StepPhase.WAITING for each in shown.steps):
            hints += [("X", "cancel what waits"), ("p", "go on" if shown.paused else "pause the rest")]
        if step is not None:
            hints.append(("enter", "to the row"))
            if step.request_id:
                hints.append(("c", "copy request id"))
        elif shown is not None:
            hints.append(("enter", "open"))
        return [*hints, *([("ctrl+s", "save as report")] if offered() else []), ("esc", "close")]


def retriable(step: Step) -> bool:
    """Whether it may be done again, or looked for again."""
    return step.phase in RETRIABLE or step.phase is StepPhase.UNKNOWN


class OperationsScreen(BoardScreen):
    """`push_screen(OperationsScreen(operations, keys, show_row))`; Esc or q closes it."""

    def __init__(
        self, operations: Operations, keys: Mapping[str, Sequence[str]], show_row: Callable[[str], bool]
    ) -> None:
        """`show_row` puts the cursor of the table on an entry's key."""
        self.board = Board(operations)
        super().__init__(self.board, "operations")
        self.operations = operations
        self._show_row = show_row
        self._keys = keys

    def compose(self) -> ComposeResult:
        """Mount the board."""
        yield self.board

    def changed(self, operation: Operation) -> None:
        """An operation goes on: show it as it stands."""
        self.board.refresh_lines()

    def act(self, key: str) -> bool:
        """See `BoardScreen.act`."""
        board, shown, step = self.board, self.board.open, self.board.step
        match key:
            case "escape" | "q" | "ctrl+c":
                self.dismiss(None)
            case "tab" if board.others:
                board.turn_to(_next(self.operations.all(), shown).id)
            case "enter":
                self._enter(step)
            case "r" if shown is not None and step is not None and retriable(step):
                self._said(self.operations.retry(shown.id, [step.key]), "tried again")
            case "R" if shown is not None:
                self._said(self.operations.retry(shown.id), "tried again")
            case "X" if shown is not None:
                self._said(self.operations.cancel(shown.id), "cancelled: it was not sent")
            case "p" if shown is not None and shown.open:
                self.operations.pause(shown.id, not shown.paused)
            case "c" if step is not None and step.request_id:
                self.app.push_screen(CopyBox(step.request_id, f"request id of {inert(step.name)}"))
            case "ctrl+s" if offered():
                lines = report(self.operations.all(), time.time())
                self.app.push_screen(SaveText("operations", lines), self.saved)
            case _:
                return False
        return True

    def _enter(self, step: Step | None) -> None:
        if step is None:
            if self.board.key:
                self.board.turn_to(self.board.key)
        elif self._show_row(step.key):
            self.dismiss(None)
        else:
            self.board.said = f"{inert(step.name)} is not among the rows that are shown."

    def _said(self, number: int, what: str) -> None:
        self.board.said = f"{count(number)} {what}." if number else f"None is {what}."


def _next(found: Sequence[Operation], shown: Operation | None) -> Operation:
    at = next((number for number, each in enumerate(found) if shown is not None and each.id == shown.id), -1)
    return found[(at + 1) % len(found)]
