"""Lets a view do its work between keys: 50,000 rows take half a second to sort by a dear column, nobody waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tui.ui.screen import BrowseScreen

STEP = 0.004
"""Seconds of work at a time."""
PAUSE = 0.001
"""Seconds between, in which keys and answers get their turn."""


class Stepping:
    """What is asked for shows when the view is done. A command finishes it first: it means what will be there."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        self._keep: bool | None = None
        """Whether the cursor is to stay on its row; None while there is nothing to wait for."""

    def waits(self, *, keep: bool) -> bool:
        """Whether the table has to wait for the view with what it shows; it is told when that is done."""
        view = self._screen.browsing.view
        if not view.busy:
            return False
        if self._keep is None:
            self._screen.set_timer(PAUSE, self._go_on)
        self._keep = keep and self._keep is not False
        return bool(view.rows)

    def catch_up(self) -> None:
        """Let the table show now what was asked for last."""
        if self._keep is not None:
            self._screen.browsing.view.finish()
            self._arrived()

    def _go_on(self) -> None:
        if self._keep is None:
            return
        if self._screen.browsing.view.step(STEP):
            self._screen.set_timer(PAUSE, self._go_on)
        else:
            self._arrived()

    def _arrived(self) -> None:
        keep, self._keep = bool(self._keep), None
        self._screen.show_look(keep=keep)
        cursor = self._screen.browsing.look.cursor
        if cursor and not keep:
            self._screen.table.find(cursor)
