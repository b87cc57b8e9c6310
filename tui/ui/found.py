"""Results of `:find`, as they come in from every place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.screen import Screen

from tui.model.place import Scope
from tui.model.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was found."""

    kind: str
    """Id of the kind."""
    ident: str
    name: str
    scope: Scope
    how: str
    """«fixed address of port …», «id», «name»."""
    key: str = ""
    """Key of the fleet's entry where it is known."""


class FoundScreen(Screen[Found | None]):
    """`push_screen(FoundScreen(text, scopes), callback)`; Enter gives the result under the cursor, Esc None."""

    def __init__(self, text: str, scopes: Sequence[Scope]) -> None:
        """`scopes` are the places that are asked."""
        super().__init__()

    def add(self, found: Found) -> None:
        """Show one more result (the same key and kind again is ignored)."""
        raise NotImplementedError

    def answered(self, scope: Scope, trouble: Trouble | None = None) -> None:
        """Say that a place has answered in full, or why it did not."""
        raise NotImplementedError
