"""The menu of actions: everything that can be done to the chosen rows, one letter each, and why the rest is off."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from tui.config.keymap import shown
from tui.model.amount import count
from tui.model.entry import Entry
from tui.model.text import cells, cut_end, fit, inert
from tui.resources.action import Action, Tier
from tui.ui.bursts import burst_moves
from tui.ui.dialog import Dialog, Hints
from tui.ui.editing import Edit
from tui.ui.guard import Stroke
from tui.ui.line import Span, Spans
from tui.ui.spans import on, wrap

NONE = "–"
"""Stands where an action that is off would have its key."""
KEY = 7
"""Cells of keys, flush right."""
TIGHT = 30
"""Terminals lower than this have no blank lines between groups."""
MOVES = {"down": 1, "j": 1, "up": -1, "k": -1, "tab": 1, "shift+tab": -1}


class MenuRow(msgspec.Struct, frozen=True):
    """An action in the menu; `note` says what it does, for how many it works, or why it is off."""

    action: Action
    note: str = ""
    off: bool = False

    @property
    def key(self) -> str:
        """What starts it, as people write it."""
        return self.action.letter or shown((self.action.key,))


def menu_rows(
    actions: Sequence[Action], targets: Sequence[Entry], off: Callable[[Action, Entry], str], made: str = ""
) -> list[MenuRow]:
    """Return a row for each action. `off` says why one cannot be done to a row; `made` why nothing can be made here."""
    rows = []
    for action in actions:
        if action.creates:
            rows.append(MenuRow(action, f"off: {made}" if made else action.help, bool(made)))
        elif len(targets) > 1 and not action.many:
            rows.append(MenuRow(action, "off: it is done to one row at a time", True))
        else:
            rows.append(_row(action, [off(action, entry) for entry in targets]))
    return rows


def _row(action: Action, reasons: Sequence[str]) -> MenuRow:
    refused = [reason for reason in reasons if reason]
    if not refused:
        return MenuRow(action, action.help)
    most = max(dict.fromkeys(refused), key=refused.count)
    other = " and other reasons" if len(set(refused)) > 1 else ""
    if len(refused) == len(reasons):
        return MenuRow(action, f"off: {most}{other}", True)
    able = len(reasons) - len(refused)
    return MenuRow(action, f"{count(able)} of {count(len(reasons))}, not {count(len(refused))}: {most}{other}")


class ActionMenu(Dialog[str | None]):
    """Result: the id of the chosen action, or None. Actions that are off stay in their place and say why."""

    wanted = 90

    def __init__(self, title: str, hint: str, rows: Sequence[MenuRow]) -> None:
        """`hint` stands in the frame: place and status."""
        super().__init__()
        self.heading = inert(title)
        self.hint = inert(hint)
        self.rows = rows
        self.hides = False
        """Whether actions that are off are left out."""
        self.edit: Edit | None = None
        self.at = next((number for number, row in enumerate(rows) if not row.off), 0)
        self._lines: list[int] = []

    @property
    def found(self) -> list[MenuRow]:
        """The rows that are shown now."""
        words = self.edit.text.casefold().split() if self.edit else []
        return [
            row
            for row in self.rows
            if not (self.hides and row.off)
            and all(word in f"{row.action.group} {row.action.title} {row.action.help}".casefold() for word in words)
        ]

    def body(self, width: int) -> list[Spans]:
        """Groups of actions: heading, key, title, note."""
        rows = self.found
        lines: list[Spans] = []
        self._lines = []
        group = ""
        for number, row in enumerate(rows):
            head = row.action.group if row.action.group != group else ""
            if head and lines and self.app.size.height >= TIGHT:
                lines.append(())
            group = row.action.group
            self._lines.append(len(lines))
            lines.append(self._line(row, head, number == self.at, width))
        return lines or [(Span("No action is called so.", "dim"),)]

    def _line(self, row: MenuRow, head: str, here: bool, width: int) -> Spans:
        groups, titles = self._columns(width)
        ink = "dim" if row.off else "bad" if row.action.tier is Tier.DESTRUCTIVE else "strong" if here else "text"
        room = self._room_for_notes(width)
        line = (
            Span("▌ " if here else "  ", "accent"),
            Span(fit(inert(head), groups), "strong"),
            Span(fit(NONE if row.off else row.key, KEY, "right"), "dim" if row.off else "accent"),
            Span("   "),
            Span(fit(inert(row.action.title), titles), ink),
            Span("   "),
            Span(cut_end(inert(row.note), room), "dim"),
        )
        return on(line, width, "cursor") if here else line

    def foot(self, width: int) -> list[Spans]:
        """The field that narrows the list, and the whole reason where its line has no room for it."""
        if self.edit is None:
            return self._whole_note(width)
        return [(), on((Span("/ ", "accent"), *self.edit.paint(width - 2)), width, "field")]

    def _whole_note(self, width: int) -> list[Spans]:
        found = self.found
        if not found or cells(inert(found[self.at].note)) <= self._room_for_notes(width):
            return []
        return [(), *wrap((Span(inert(found[self.at].note), "dim"),), width)]

    def _room_for_notes(self, width: int) -> int:
        groups, titles = self._columns(width)
        return max(width - groups - titles - KEY - 9, 4)

    def _columns(self, width: int) -> tuple[int, int]:
        """Return the cells of headings and titles."""
        names = max((len(row.action.title) for row in self.found), default=8)
        return (10, min(names, 20)) if width < 80 else (12, min(names, 24))

    def hints(self) -> Hints:
        """The keys."""
        if self.edit is not None:
            return (("enter", "do it"), ("↑↓", "choose"), ("esc", "all"))
        return (
            ("enter", "do it"),
            ("j k", "choose"),
            ("/", "narrow"),
            ("!", "show what is off" if self.hides else "hide what is off"),
            ("esc", "close"),
        )

    def burst(self, strokes: Sequence[Stroke]) -> bool:
        """Drop keys that came in one read: a letter among them would do something."""
        return not burst_moves(strokes, MOVES)

    def pressed(self, key: str, character: str | None) -> bool:
        """Do what a letter says, move, narrow, close."""
        if self.edit is not None:
            return self._typed(self.edit, key, character)
        chosen = next((row for row in self.rows if key == row.action.key or _is(character, row.action.letter)), None)
        if chosen is not None:
            self._choose(chosen)
        elif key in {"escape", "q", "ctrl+c"}:
            self.dismiss(None)
        elif key == "slash":
            self.edit = Edit()
            self._narrow()
        elif key == "exclamation_mark":
            self.hides = not self.hides
            self._narrow()
        elif key == "enter":
            self._enter()
        else:
            return self._move(key)
        return True

    def _typed(self, edit: Edit, key: str, character: str | None) -> bool:
        if key in {"escape", "ctrl+c"}:
            self.edit = None
            self._narrow()
        elif key == "enter":
            self._enter()
        elif key in {"up", "down", "tab", "shift+tab"}:
            self._move(key)
        elif edit.key(key, character):
            self._narrow()
        else:
            return False
        return True

    def _enter(self) -> None:
        found = self.found
        if found:
            self._choose(found[self.at])

    def _choose(self, row: MenuRow) -> None:
        if row.off:
            found = self.found
            self.at = found.index(row) if row in found else self.at
            self._show()
        else:
            self.dismiss(row.action.id)

    def _move(self, key: str) -> bool:
        room, last = self._room(), len(self.found) - 1
        by = MOVES.get(key) or {
            "pagedown": room, "ctrl+f": room, "pageup": -room, "ctrl+b": -room, "home": -last, "g": -last, "end": last,
            "G": last,
        }.get(key)  # fmt: skip
        if by is None:
            return False
        self.at = max(0, min(self.at + by, last))
        self._show()
        return True

    def _narrow(self) -> None:
        """Go to the first action that works, one that is called so before one whose help says so."""
        words = self.edit.text.casefold().split() if self.edit else []
        works = [(number, row.action.title.casefold()) for number, row in enumerate(self.found) if not row.off]
        called = [number for number, title in works if all(word in title for word in words)]
        self.at = next(iter([*called, *(number for number, _ in works)]), 0)
        self._show()

    def _show(self) -> None:
        """Bring the cursor into sight."""
        self.redraw()
        if not self._lines:
            return
        line, room = self._lines[min(self.at, len(self._lines) - 1)], self._room()
        scroll = max(min(self.scroll, line), line - room + 1)
        if scroll != self.scroll:
            self.scroll = scroll
            self.frame.refresh()


def _is(character: str | None, letter: str) -> bool:
    return bool(letter) and character == letter
