"""An app whose output goes through the painter."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
from math import isinf
from typing import Any, Generic, Literal, TypeVar

from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.screen import Screen

from tui.ui.painter.hooks import strangers
from tui.ui.painter.link import Paced
from tui.ui.painter.painter import Painter
from tui.ui.painter.signals import Followed
from tui.ui.painter.terminal import Terminal

ReturnType = TypeVar("ReturnType")

_log = logging.getLogger(__name__)
_AFTER_BATCH = 0.05
"""Seconds until a repaint that a batch held up is tried again."""


class Painted(App[ReturnType], Generic[ReturnType]):
    """Textual's App that sends only the cells that changed.

    `painter="stock"` leaves all to Textual, and so does a Textual whose private parts are not as expected, an inline or
    headless app, and a frame that the painter fails on: with a line in the log, never with a broken screen.
    """

    def __init__(
        self,
        *arguments: Any,
        painter: Literal["diff", "stock"] = "diff",
        terminal: Terminal | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self._painter: Painter | None = None
        self._drawn = False
        """Whether a whole frame was taken yet."""
        self._was_blurred = False
        self._followed: Followed | None = None
        self._later: asyncio.TimerHandle | None = None
        if painter == "stock":
            return
        if strange := list(strangers()):
            _log.warning("drawn by Textual alone, since these are not as expected: %s", "; ".join(strange))
            return
        self._painter = Painter(self.console, terminal or Terminal.of(os.environ))

    def invalidate(self) -> None:
        """Write every cell again: something else may have written to the terminal (or it was asked for: ctrl+l)."""
        if self._painter is not None:
            self._painter.forget()
            if self._paints():
                self._send(self._painter)
        elif self._screen_stack:
            self.screen.refresh()

    def lessen_colours(self) -> None:
        """Paint with 256 colours from here on; to be followed by `invalidate`."""
        if self._painter is not None:
            self._painter.lessen_colours()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        painter = self._painter
        if painter is None or renderable is None or self._batch_count or not self._paints():
            super()._display(screen, renderable)
            return
        if not isinstance(renderable, LayoutUpdate | ChopsUpdate):
            painter.forget()
            super()._display(screen, renderable)
            return
        try:
            if not self._drawn:
                # Textual drew it before while updates were held back (`batch_update`), and now only what changed since:
                # blank all around.
                renderable, self._drawn = screen._compositor.render_full_update(), True
            painter.take(renderable, *self.size)
            self._send(painter)
        except Exception:
            # Whatever the painter stumbles over, the screen must go on: everything once more, as Textual does it.
            _log.exception("the painter failed; drawn by Textual alone from here on")
            self._painter = None
            self.screen.refresh()
            super()._display(screen, renderable)
            return
        self.post_display_hook()

    def _paints(self) -> bool:
        """Say whether frames go to a terminal that is ours now: Textual's own conditions, and not inline."""
        driver = self._driver
        return (
            self._running
            and not self._closed
            and driver is not None
            and not driver.is_headless
            and not driver.is_inline
        )

    def _send(self, painter: Painter) -> None:
        """Send what differs now, unless the terminal has not taken the last frame yet.

        Then nothing is queued: all that changes meanwhile goes as one frame, once there is room.
        """
        driver: object = self._driver
        pace = driver if isinstance(driver, Paced) else None
        if pace is not None and (wait := pace.hold()):
            self._send_later(pace, wait)
            return
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        sent = painter.frame((cursor.x, cursor.y), self._sync_available)
        self._previous_cursor_position = cursor
        if painter.full:
            self.screen.refresh()
        if sent and self._driver is not None:
            self._driver.write(sent if pace is None else pace.sent(sent))
            self._driver.flush()

    def _send_later(self, pace: Paced, wait: float) -> None:
        pace.wake = self._catch_up
        if self._later is not None:
            self._later.cancel()
        self._later = None if isinf(wait) else asyncio.get_running_loop().call_later(wait, self._catch_up)

    def on_mount(self) -> None:
        """Learn of each return from a suspension."""
        if self._painter is None:
            return
        self.app_resume_signal.subscribe(self, self._on_resumed, immediate=True)
        if self._paints():
            # A process stopped from outside, or a size that was changed and changed back, gives Textual no other sign.
            callbacks = {signal.SIGCONT: self._on_resumed, signal.SIGWINCH: self._on_window_changed}
            self._followed = Followed(asyncio.get_running_loop(), callbacks)

    def on_unmount(self) -> None:
        """Give the signals back."""
        if self._followed is not None:
            self._followed.stop()

    def on_resize(self, event: events.Resize) -> None:
        """A terminal may do anything to its content while its size changes, even if it is the old one in the end."""
        painter = self._painter
        if painter is None or event.size == self.size:
            return
        painter.forget()
        if event.size == (painter.wanted.width, painter.wanted.height):
            # There and back before a frame: Textual may find that nothing is to be painted.
            self.call_later(self._catch_up)

    def on_app_blur(self) -> None:
        """Note that the user is elsewhere."""
        self._was_blurred = True

    def on_app_focus(self) -> None:
        """Write all again: while the user was elsewhere, something else may have written to this terminal."""
        # A terminal may report focus at the start, too: that is no return.
        if self._was_blurred:
            self._was_blurred = False
            if self._painter is not None:
                self.invalidate()

    def _on_resumed(self, _app: object = None) -> None:
        # The driver entered a new alternate screen, or somebody else had this one.
        if self._painter is not None:
            self._painter.forget()
            self.call_later(self._catch_up)

    def _catch_up(self) -> None:
        if self._painter is None or not self._paints():
            return
        if self._batch_count:
            # Nothing may be painted now, and at the end of the batch Textual may find nothing to paint.
            self.set_timer(_AFTER_BATCH, self._catch_up)
        else:
            self._send(self._painter)

    def _on_window_changed(self) -> None:
        # There and back at once, Textual sees no change and paints nothing; otherwise its own frame comes.
        if self._painter is not None:
            self._painter.forget()
            # The driver knows the terminal: descriptor 1, which Python looks at, may lead elsewhere.
            measured = getattr(self._driver, "_get_terminal_size", shutil.get_terminal_size)()
            if tuple(measured) == tuple(self.size):
                self._catch_up()
