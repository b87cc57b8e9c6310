"""When the table is painted: at once; while first lists come in, some times a second."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tui.cloud.turns import claim, release
from tui.live.view import ViewChange

if TYPE_CHECKING:
    from tui.ui.screen import BrowseScreen

PAINT = 0.1
"""Seconds between two paintings while lists come in.

A frame in which every row is another one costs 15 ms of CPU, which the threads that decode want too.
"""

CLAIM = 0.03
"""Seconds for which feeds leave the interpreter to a frame at the most."""


class Frames:
    """Gathers what changed until it is painted. The table's cursor and window follow their rows at once."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        self._change = ViewChange()
        self._answered = False
        self._told_of = ViewChange()
        self._painted = 0.0
        """Monotonic."""
        self._waiting = False

    def note(self, change: ViewChange, *, answered: bool) -> None:
        """Take in what a frame's events changed; `answered`: ages of all rows may have stepped."""
        mine, screen = self._change, self._screen
        mine.order |= change.order
        mine.whole |= change.whole
        mine.rows |= change.rows
        self._answered |= answered
        if not screen.browsing.loading():
            self._paint()
            screen.followed(self._told())
            return
        wait = self._painted + PAINT - time.monotonic()
        if wait <= 0:
            self._paint_in_parts()
            return
        if change.order:
            screen.table.keep_place()
        if not self._waiting:
            self._waiting = True
            screen.set_timer(wait, self._paint_in_parts)

    def _paint_in_parts(self) -> None:
        """Paint the table, and the lines that tell of it once keys had their turn."""
        self._waiting = False
        claim(CLAIM)
        self._paint()
        self._screen.call_next(self._tell)

    def _tell(self) -> None:
        self._screen.followed(self._told())
        self._screen.call_after_refresh(release)

    def _paint(self) -> None:
        change = self._change
        self._screen.table.follow(order=change.order, keys=change.rows, whole=change.whole or self._answered)
        self._told_of.order |= change.order
        self._told_of.whole |= change.whole
        self._told_of.rows |= change.rows
        self._change, self._answered = ViewChange(), False
        self._painted = time.monotonic()

    def _told(self) -> ViewChange:
        """Return what the table shows and the lines do not yet."""
        told, self._told_of = self._told_of, ViewChange()
        return told
