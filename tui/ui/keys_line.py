"""The last line: keys of what is selected, generated from the keymap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.config.keymap import ANYWHERE, COMMANDS, Command, shown
from tui.model.text import cells
from tui.ui.line import Span

ALWAYS = ("find.go", "find.filter", "session.help")
"""Commands that stay flush right in every view that has them."""
GAP = 2


def key_spans(
    view: str, keys: Mapping[str, Sequence[str]], width: int, off: frozenset[str] = frozenset()
) -> tuple[list[Span], list[Span]]:
    """Return the left and the right part for `width` cells; what does not fit is left out whole.

    `keys` are the user's keys by command id; `off` are commands that do nothing for the row under the cursor.
    """
    here = [command for command in COMMANDS if command.short and _works(command, view) and keys.get(command.id)]
    right: list[Span] = []
    for id_ in ALWAYS:
        for command in here:
            if command.id == id_:
                right += [*([Span(" " * GAP)] if right else []), *_key(command, keys)]
    room = width - 2 - sum(cells(span.text) for span in right) - GAP
    left: list[Span] = []
    for command in here:
        if command.id in ALWAYS or command.id in off:
            continue
        spans = [*([Span(" " * GAP)] if left else []), *_key(command, keys)]
        size = sum(cells(span.text) for span in spans)
        if size <= room:
            left += spans
            room -= size
    return left, right


def hint_spans(hints: Sequence[tuple[str, str]]) -> list[Span]:
    """Return keys of a mode that has its own («enter to the table»)."""
    spans: list[Span] = []
    for key, word in hints:
        spans += [*([Span(" " * GAP)] if spans else []), Span(key, "key"), Span(f" {word}", "dim")]
    return spans


def _works(command: Command, view: str) -> bool:
    return view in command.where or ANYWHERE in command.where


def _key(command: Command, keys: Mapping[str, Sequence[str]]) -> list[Span]:
    return [Span(shown((keys[command.id][0],)), "key"), Span(f" {command.short}", "dim")]
