"""When the table is painted: at once; while first lists come in, some times a second."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tui.cloud.turns import alone
from tui.live.view import ViewChange

if TYPE_CHECKING:
    from tui.ui.screen import BrowseScreen

PAINT = 0.1
"""Seconds between two paintings while lists come in.

A frame in which every row is another one costs 12 ms of CPU, which the threads that decode want too.
"""
FRAME = 1 / 60
"""Seconds between two parts of such a frame, so that Textual sends each by itself."""
PART = 12
"""Lines of such a frame that are painted at once: 1 ms to draw them, 2 to 3 ms for Textual to send them."""


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
        self._parts = False
        """Whether a frame is under way part by part."""
        self._loaded = False

    def note(self, change: ViewChange, *, answered: bool) -> None:
        """Take in what a frame's events changed; `answered`: ages of all rows may have stepped."""
        mine, screen = self._change, self._screen
        mine.order |= change.order
        mine.whole |= change.whole
        mine.rows |= change.rows
        self._answered |= answered
        # The last of a list comes in a frame like the ones before.
        loaded, self._loaded = self._loaded, not screen.browsing.loading()
        if loaded and self._loaded:
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
        """Begin to paint the table some lines at a time; keys have their turn between."""
        self._waiting = False
        with alone():
            self._paint(PART)
        if not self._parts:
            self._parts = True
            self._screen.set_timer(FRAME, self._go_on)

    def _go_on(self) -> None:
        """Paint more lines of the table, or in the end those that tell of it."""
        with alone():
            table = self._screen.table
            self._parts = table.behind
            if self._parts:
                table.go_on(PART)
            else:
                self._screen.followed(self._told())
        if self._parts:
            self._screen.set_timer(FRAME, self._go_on)

    def _paint(self, most: int = 0) -> None:
        change = self._change
        self._screen.table.follow(order=change.order, keys=change.rows, whole=change.whole or self._answered, most=most)
        self._told_of.order |= change.order
        self._told_of.whole |= change.whole
        self._told_of.rows |= change.rows
        self._change, self._answered = ViewChange(), False
        self._painted = time.monotonic()

    def _told(self) -> ViewChange:
        """Return what the table shows and the lines do not yet."""
        told, self._told_of = self._told_of, ViewChange()
        return told
