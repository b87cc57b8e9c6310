"""The command palette (ctrl+p): every command and kind, by typing a part of its name.

Textual's own palette parses markup and animates; this one is a `Picker`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.config.keymap import ANYWHERE, COMMANDS, shown, why_off
from tui.resources.action import Action
from tui.resources.kind import Kind
from tui.ui.picker import Item, Picker

NOT_LISTED = frozenset({"session.palette", "find.go"})
"""Commands that lead to a list of commands."""


def palette_items(
    view: str, keys: Mapping[str, Sequence[str]], kinds: Sequence[Kind], actions: Sequence[Action] = ()
) -> list[Item]:
    """Return kinds, commands that work in this view, and actions. An item's key is what to run as `:` text."""
    items = [Item(kind.plural, kind.title, kind.what) for kind in kinds]
    for command in COMMANDS:
        moves = command.group == "Move"
        if command.where & {view, ANYWHERE} and command.id not in NOT_LISTED and not moves and not why_off(command.id):
            note = shown(tuple(keys.get(command.id, ()))) or f":{command.word}"
            items.append(Item(command.word, command.title, note))
    for action in actions:
        note = f"a {action.letter}" if action.letter else shown((action.key,))
        items.append(Item(f"actions {action.id.partition('.')[2]}", action.title, note))
    return items


class Palette(Picker):
    """Result: a `:` text to run, or None."""

    none_left = "No command matches."

    def __init__(self, items: Sequence[Item]) -> None:
        super().__init__("Commands", items)
