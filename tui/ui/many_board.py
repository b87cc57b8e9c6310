"""The board of one command on many servers: live, by answers or by servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult

from tui.live.commands_many import AGAIN, OPEN, Answer, Group, ManyRun, report
from tui.live.targets import name_of
from tui.model.amount import count
from tui.model.text import inert
from tui.ui.board_screen import BoardLines, BoardScreen
from tui.ui.copying import CopyBox
from tui.ui.dialog import Confirm
from tui.ui.line import Span, Spans
from tui.ui.many_lines import group_line, head, server_line, told_of_group, told_of_server
from tui.ui.saving import SaveText, offered
from tui.ui.spans import keys_line
from tui.ui.text_view import TextScreen

STEP = 0.2
"""Seconds between two paints while answers come: the eye follows no more, and a slow line carries less."""
LEAST = 3
"""Lines of the list that stay in sight."""

Ground = tuple[Spans, str]


class ManyBoard(BoardLines):
    """Paints the board. Knows no keys; `ManyScreen` moves it."""

    def __init__(self, run: ManyRun, left: Sequence[tuple[str, str]]) -> None:
        """`left`: names of servers that were left out, with why (hostile text)."""
        super().__init__()
        self.run = run
        self.left = tuple(left)
        self.by_answer = True
        self.at = 0
        self.key = ""
        """Key of the server under the cursor, so that the list may grow above it."""
        self.top = 0

    @property
    def groups(self) -> tuple[Group, ...]:
        """Answers, the commonest first."""
        return self.run.groups()

    @property
    def group(self) -> Group | None:
        """The answer under the cursor."""
        groups = self.groups
        if not self.by_answer or not groups:
            return None
        return next((group for group in groups if self.key in group.keys), groups[min(self.at, len(groups) - 1)])

    @property
    def answer(self) -> Answer | None:
        """The server under the cursor."""
        if self.by_answer:
            return None
        answers = list(self.run.answers.values())
        return self.run.answers.get(self.key) or (answers[0] if answers else None)

    @property
    def text(self) -> list[str]:
        """What is under the cursor, as text."""
        if (answer := self.answer) is not None:
            return list(self.run.output(answer.entry.key))
        return list(self.group.lines) if self.group is not None else []

    def turn(self) -> None:
        """Show the servers instead of the answers, or back; the cursor stays with its server."""
        group = self.group
        if group is not None and self.key not in group.keys:
            self.key = group.keys[0]
        self.by_answer, self.top = not self.by_answer, 0
        self.refresh_lines()

    def move(self, by: int) -> None:
        """Move the cursor."""
        stops = [group.keys[0] for group in self.groups] if self.by_answer else list(self.run.answers)
        if stops:
            self.at = max(0, min(self._here() + by, len(stops) - 1))
            self.key = stops[self.at]
            self.refresh_lines()

    def _here(self) -> int:
        if self.by_answer:
            found = next((at for at, group in enumerate(self.groups) if self.key in group.keys), 0)
        else:
            found = next((at for at, key in enumerate(self.run.answers) if key == self.key), 0)
        return found

    def on_resize(self) -> None:
        """Lay out anew."""
        self.refresh_lines()

    def refresh_lines(self) -> None:
        """Lay the lines out anew and repaint."""
        lines = self._layout() if self.size.width else []
        if lines != self._lines:
            self._lines = lines
            self.refresh()

    def _layout(self) -> list[Ground]:
        width, height = self.size.width, self.size.height
        inner, roomy = width - 4, height >= 30
        gap: list[Ground] = [((), "")] if roomy else []
        what = "answers" if self.by_answer else "servers"
        top = (Span(" stackdeck", "accent"), Span("  one command", "strong"), Span(f"   {what}", "dim"))
        above: list[Ground] = [*gap, *((line, "") for line in head(self.run, inner)), *self._left_out(inner), *gap]
        room = height - 3 - len(above)
        told = self._told(inner)
        rows = self._rows(inner)
        listed = min(len(rows), max(room // 2 if told else room, LEAST))
        here = self._here()
        self.top = max(0, min(max(min(self.top, here), here - listed + 1), len(rows) - listed))
        body = [*above, *rows[self.top : self.top + listed]]
        if told:
            body += [((Span("─" * inner, "line"),), ""), *((line, "") for line in told)]
        lines: list[Ground] = [(top, "bar")]
        lines += [((Span("  "), *spans), ground) for spans, ground in body][: height - 3]
        lines += [((), "")] * (height - 2 - len(lines))
        note = self.said or "The command and each exit code are in the audit log (:audit); output is kept here alone."
        lines.append(((Span(" "), Span(note, "text" if self.said else "dim")), "bar"))
        lines.append((keys_line(self.hints(), width), "bar"))
        return lines

    def _left_out(self, width: int) -> list[Ground]:
        if not self.left:
            return []
        names = ", ".join(inert(name) for name, _ in self.left)
        return [((Span("▲ ", "warn"), Span(f"{count(len(self.left))} left out: {names}"[:width], "dim")), "")]

    def _rows(self, width: int) -> list[Ground]:
        if self.by_answer:
            mine = self.group
            return [
                (group_line(self.run, group, width, here=group is mine), "cursor" if group is mine else "")
                for group in self.groups
            ]
        answer = self.answer
        return [
            (server_line(self.run, each, width, here=each is answer), "cursor" if each is answer else "")
            for each in list(self.run.answers.values())
        ]

    def _told(self, width: int) -> list[Spans]:
        if (answer := self.answer) is not None:
            return told_of_server(self.run, answer)
        group = self.group
        return told_of_group(self.run, group, self.groups[0], width) if group is not None else []

    def hints(self) -> list[tuple[str, str]]:
        """The keys that do something now."""
        answers = list(self.run.answers.values())
        hints = [("tab", "servers" if self.by_answer else "answers")]
        if self.text:
            hints += [("enter", "whole output"), ("c", "copy")]
        if any(answer.phase in OPEN for answer in answers):
            hints.append(("X", "cancel"))
        if not self.by_answer and (answer := self.answer) is not None and answer.phase in AGAIN:
            hints.append(("r", "again"))
        if any(answer.phase in AGAIN for answer in answers):
            hints.append(("R", "again where it failed"))
        return [*hints, *([("ctrl+s", "save")] if offered() else []), ("esc", "close")]


class ManyScreen(BoardScreen):
    """`push_screen(ManyScreen(run, left, keys))`: starts the run; Esc asks before it cuts off what still runs."""

    part = 3

    def __init__(
        self, run: ManyRun, left: Sequence[tuple[str, str]], keys: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self.board = ManyBoard(run, left)
        super().__init__(self.board, "many")
        self._run = run
        self._keys = keys
        self._due = False

    def compose(self) -> ComposeResult:
        """Mount the board."""
        yield self.board

    def on_mount(self) -> None:
        """Start on all servers."""
        self._run.begin(self._told)

    def on_unmount(self) -> None:
        """Whatever way it is left: nothing runs on unseen."""
        self._run.close()

    def _told(self) -> None:
        """Something came: paint soon, and not for each piece."""
        if not self._due and self.is_attached:
            self._due = True
            self.set_timer(STEP, self._paint)

    def _paint(self) -> None:
        self._due = False
        self.board.refresh_lines()

    def act(self, key: str) -> bool:
        """See `BoardScreen.act`."""
        board, run = self.board, self._run
        match key:
            case "escape" | "q" | "ctrl+c":
                self._leave()
            case "tab" | "shift+tab":
                board.turn()
            case "enter" if board.text:
                lines = [(Span(line),) for line in board.text]
                title = ("one command", inert(run.order.command), self._subject())
                self.app.push_screen(TextScreen(title, lines, save_name="output", keys=self._keys))
            case "c" if board.text:
                self.app.push_screen(CopyBox("\n".join(board.text), f"output of {self._subject()}"))
            case "X":
                number = run.cancel()
                board.said = f"Cut off on {count(number)}." if number else "Nothing runs any more."
            case "r" if board.answer is not None and board.answer.phase in AGAIN:
                self._again(run.retry([board.answer.entry.key]))
            case "R":
                self._again(run.retry())
            case "ctrl+s" if offered():
                self.app.push_screen(SaveText("command", report(run)), self.saved)
            case _:
                return False
        return True

    def _subject(self) -> str:
        board = self.board
        if board.answer is not None:
            return inert(name_of(board.answer.entry))
        group = board.group
        return f"{count(len(group.keys))} servers" if group is not None else ""

    def _again(self, number: int) -> None:
        self.board.said = f"Run again on {count(number)}." if number else "There is none to run it on again."

    def _leave(self) -> None:
        running = self._run.running
        if not running:
            self.dismiss(None)
            return
        lines = [f"It still runs on {count(running)}. Leaving cuts it off there; what it did until then stays done."]
        title = "Leave the command?"
        self.app.push_screen(Confirm(title, lines, "Cut it off", "Stay"), self._left)

    def _left(self, agreed: bool | None) -> None:
        if agreed and self.is_current:
            self.dismiss(None)
