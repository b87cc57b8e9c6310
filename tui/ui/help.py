"""Help for a view: generated from the keymap, with the user's keys."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

import msgspec

from tui.config.keymap import ANYWHERE, COMMANDS, shown, why_off
from tui.model.column import Column
from tui.model.status import INKS, MARKS, Health
from tui.model.text import cells, fit, inert
from tui.resources.action import Action
from tui.resources.kind import Kind
from tui.ui.dialog import Dialog, Hints
from tui.ui.editing import Edit
from tui.ui.line import Span, Spans, width_of
from tui.ui.spans import on, wrap

KEY_WIDTH = 12
TWO_COLUMNS = 88
"""Cells of text from which on the groups stand in two columns (a terminal of 100)."""

MEANINGS = (
    (Health.FINE, "fine", "ACTIVE, available, active, up"),
    (Health.MOVING, "moving", "BUILD, RESIZE, or any task"),
    (Health.OFF, "off", "SHUTOFF, SHELVED, PAUSED"),
    (Health.ATTENTION, "attention", "VERIFY_RESIZE, RESCUE, degraded"),
    (Health.BROKEN, "broken", "ERROR, killed, dead"),
    (Health.UNKNOWN, "not known", "UNKNOWN, or rows that are stale"),
)


class Group(msgspec.Struct, frozen=True):
    """Keys under a heading: (keys as people write them, what they do)."""

    title: str
    keys: tuple[tuple[str, str], ...]


def help_groups(
    view: str,
    keys: Mapping[str, Sequence[str]],
    kind: Kind | None = None,
    columns: Sequence[Column] = (),
    *,
    only: Container[str] | None = None,
    actions: Sequence[Action] = (),
) -> list[Group]:
    """Return the groups for a view of `tui.config.keymap` (TABLE, TEXT …).

    A command without a key shows its `:` word. `columns` (else the kind's own) give their sort capitals. `only` are the
    ids of the commands that a screen of its own takes; all of the view by default.
    """
    groups: dict[str, list[tuple[str, str]]] = {}
    for command in COMMANDS:
        if command.where & {view, ANYWHERE} and (only is None or command.id in only):
            its_keys = shown(tuple(keys.get(command.id, ())))
            why = why_off(command.id)
            title = f"{command.title} (off: {why})" if why else command.title
            groups.setdefault(command.group, []).append((its_keys or f":{command.word}", title))
    for column in columns or (kind.columns if kind else ()):
        if column.sort:
            groups.setdefault("Sort", []).append((column.sort, f"by {inert(column.head).lower()}"))
    for action in actions:
        if action.letter:
            groups.setdefault("Actions: a, then", []).append((action.letter, action.title))
    return [Group(title, tuple(found)) for title, found in groups.items()]


class HelpScreen(Dialog[None]):
    """`push_screen(HelpScreen("Keys for servers", help_groups(…)))`. `/` finds a key or a word."""

    wanted = 104

    def __init__(self, title: str, groups: Sequence[Group]) -> None:
        super().__init__()
        self.heading = inert(title)
        self.groups = groups
        self.edit: Edit | None = None

    def body(self, width: int) -> list[Spans]:
        """The groups in one or two columns, then what the marks mean."""
        wanted = self.edit.text.casefold().split() if self.edit else []
        groups = [group for each in self.groups if (group := _matching(each, wanted)).keys]
        if not groups:
            return [(Span("No key does that here.", "dim"),)]
        half = (width - 4) // 2 if width >= TWO_COLUMNS else width
        blocks = [_block(group, half) for group in groups]
        one_column = [line for block in blocks for line in (*block, ())]
        lines = _beside(blocks, half) if width >= TWO_COLUMNS else one_column
        return lines + ([] if wanted else [(Span("─" * width, "line"),), *_marks(width)])

    def foot(self, width: int) -> list[Spans]:
        """The search field."""
        if self.edit is not None:
            return [(), on((Span("/ ", "accent"), *self.edit.paint(width - 2)), width, "field")]
        return []

    def hints(self) -> Hints:
        """The keys of help itself."""
        return (("esc", "close"), ("j k", "scroll"), ("/", "find a key"))

    def guards(self, key: str, character: str | None) -> bool:
        """Nothing here acts."""
        return False

    def pressed(self, key: str, character: str | None) -> bool:
        """Find, scroll, close."""
        if self.edit is not None and self._typed(self.edit, key, character):
            self.redraw()
        elif key == "slash":
            self.edit = Edit()
            self.redraw()
        elif not self.move(key):
            if key not in {"escape", "q", "question_mark", "enter", "ctrl+c"}:
                return False
            self.dismiss(None)
        return True

    def _typed(self, edit: Edit, key: str, character: str | None) -> bool:
        if key in {"escape", "ctrl+c", "enter"}:
            self.edit = None if key != "enter" or not edit.text else edit
            return key != "enter"
        return edit.key(key, character)


def _matching(group: Group, wanted: Sequence[str]) -> Group:
    found = tuple((key, what) for key, what in group.keys if all(word in f"{key} {what}".casefold() for word in wanted))
    return Group(group.title, found)


def _block(group: Group, width: int) -> list[Spans]:
    lines: list[Spans] = [(Span(group.title, "strong"),)]
    for key, what in group.keys:
        lines += wrap((Span(fit(key, KEY_WIDTH, "right"), "accent"), Span(f"  {what}")), width, KEY_WIDTH + 2)
    return lines


def _beside(blocks: Sequence[list[Spans]], half: int) -> list[Spans]:
    """Put the blocks in two columns of about the same height, in order."""
    total = sum(len(block) + 1 for block in blocks)
    left: list[Spans] = []
    right: list[Spans] = []
    for block in blocks:
        column = right if right or len(left) + len(block) // 2 > total // 2 else left
        column += [*block, ()]
    lines = []
    for number in range(max(len(left), len(right))):
        first = left[number] if number < len(left) else ()
        second = right[number] if number < len(right) else ()
        lines.append((*first, Span(" " * (half + 4 - width_of(first))), *second))
    return lines


def _marks(width: int) -> list[Spans]:
    lines: list[Spans] = [(Span("What the marks mean", "strong"),)]
    cellular = [
        (Span(f"  {MARKS[health]} ", INKS[health]), Span(fit(word, 11)), Span(f"{examples}", "dim"))
        for health, word, examples in MEANINGS
    ]
    if width < TWO_COLUMNS:
        return lines + list(cellular)
    half = (width - 4) // 2
    for first, second in zip(cellular[::2], cellular[1::2], strict=True):
        gap = half + 4 - sum(cells(span.text) for span in first)
        lines.append((*first, Span(" " * gap), *second))
    return lines
