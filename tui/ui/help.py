"""Help for a view: generated from the keymap, with the user's keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tui.model.column import Column
from tui.resources.kind import Kind
from tui.ui.dialog import Dialog


@dataclass(frozen=True, slots=True)
class Group:
    """Keys under a heading: (keys as people write them, what they do)."""

    title: str
    keys: tuple[tuple[str, str], ...]


def help_groups(
    view: str, keys: Mapping[str, Sequence[str]], kind: Kind | None = None, columns: Sequence[Column] = ()
) -> list[Group]:
    """Return the groups for a view of `tui.config.keymap` (TABLE, TEXT …); `columns` give their sort capitals."""
    raise NotImplementedError


class HelpScreen(Dialog[None]):
    """`push_screen(HelpScreen("Keys for servers", help_groups(…)))`."""

    def __init__(self, title: str, groups: Sequence[Group]) -> None:
        super().__init__()
