"""When the table is painted: at once; while first lists come in, some times a second."""

from __future__ import annotations

import asyncio
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
PART = 12
"""Lines of such a frame that are painted at once: 1 ms to draw them, 2 to 3 ms for Textual to send them."""
BREATH = 0.001
"""Seconds between Textual's painting of a part and the next one, in which keys and answers get their turn."""
LATEST = 0.05
"""Seconds after which the next part is begun although Textual painted nothing: what changed may not be in sight."""


class Frames:
    """Gathers what changed until it is painted. The table's cursor and window follow their rows at once."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        self._change = ViewChange()
        self._answered = False
        self._told_of = ViewChange()
        self._painted = 0.0
        """Monotonic."""
        self._rows = False
        """Whether there were rows in the last frame."""
        self._waiting = False
        self._parts = False
        """Whether a frame is under way part by part."""
        self._next: asyncio.TimerHandle | None = None
        """Leads to its next part."""
        self._loaded = False
        self._begun = False
        """Whether anything has come at all."""

    def note(self, change: ViewChange, *, answered: bool) -> None:
        """Take in what a frame's events changed; `answered`: ages of all rows may have stepped."""
        mine, screen = self._change, self._screen
        mine.order |= change.order
        mine.whole |= change.whole
        mine.rows |= change.rows
        self._answered |= answered
        # The last of a list comes in a frame like the ones before.
        loaded, self._loaded = self._loaded, not screen.browsing.loading()
        begun, self._begun = self._begun, True
        if self._loaded and (loaded or not begun):
            # A first answer that is all there is turns the rows of an earlier run live in one frame, not in parts.
            self._paint()
            screen.followed(self._told())
            return
        if change.order:
            screen.table.keep_place()
        self._begin_soon()

    def sent(self) -> None:
        """Textual painted what it was asked to."""
        if self._next is not None:
            self._next.cancel()
            self._go_on_after(BREATH)

    def _begin_soon(self) -> None:
        """Begin a frame as soon as one is due, behind the one that is under way; the first rows wait for nothing."""
        if not (self._waiting or self._parts):
            self._waiting = True
            first = not self._rows and bool(self._screen.browsing.rows)
            wait = 0.0 if first else self._painted + PAINT - time.monotonic()
            asyncio.get_running_loop().call_later(max(wait, 0.0), self._screen.call_next, self._begin)

    def _begin(self) -> None:
        """Paint the first of the table's lines that changed; keys have their turn before the next ones."""
        self._waiting, self._parts = False, True
        with alone():
            painted = self._paint(PART)
        self._go_on_after(LATEST if painted else 0.0)

    def _go_on_after(self, seconds: float) -> None:
        self._next = asyncio.get_running_loop().call_later(seconds, self._wake)

    def _wake(self) -> None:
        self._next = None
        self._screen.call_next(self._go_on)

    def _go_on(self) -> None:
        """Paint more of the table's lines, or in the end those that tell of it."""
        screen = self._screen
        if screen.table.behind:
            with alone():
                painted = screen.table.go_on(PART)
            self._go_on_after(LATEST if painted else 0.0)
            return
        with alone():
            screen.followed(self._told())
        self._parts = False
        if self._answered or self._change != ViewChange():
            self._begin_soon()

    def _paint(self, most: int = 0) -> bool:
        change = self._change
        painted = self._screen.table.follow(
            order=change.order, keys=change.rows, whole=change.whole or self._answered, most=most
        )
        self._told_of.order |= change.order
        self._told_of.whole |= change.whole
        self._told_of.rows |= change.rows
        self._change, self._answered = ViewChange(), False
        self._painted, self._rows = time.monotonic(), bool(self._screen.browsing.rows)
        return painted

    def _told(self) -> ViewChange:
        """Return what the table shows and the lines do not yet."""
        told, self._told_of = self._told_of, ViewChange()
        return told
