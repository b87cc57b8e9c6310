"""The way to and from the terminal: what was typed in one go is told as such, frames wait for a slow link, drawing is
ASCII where it must be, and what others write to descriptors 1 and 2 does not reach the screen."""

from __future__ import annotations

import os
import selectors
import shutil
import threading
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Any, ClassVar, Literal, cast

import msgspec
from textual import events
from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from tui.config import ahead
from tui.ui.ascii import ascii_of
from tui.ui.capture import Capture
from tui.ui.guard import Stroke
from tui.ui.outlet import Outlet
from tui.ui.painter.link import QUERY, Link, Low

READ = 65536
"""Bytes read at once: what a terminal sends in one write arrives in one read up to the pty's own limit (4,096)."""

MOST_CELLS = 2000
"""Columns or rows of the largest terminal that is believed: to fill one of 99,999 by 99,999 would take for ever."""

PUSH_TITLE = "\x1b[22;0t"
POP_TITLE = "\x1b[23;0t"

MARK_TRIAL = f"\x1b[?2026h\x1b[2H●{QUERY}\r \x1b[?2026l"
"""Prints the mark that most rows have, asks where the cursor is then, and wipes it out: all before it is shown."""
_WIDE = (2, 1)
"""Column and row, from 0, of a cursor behind a mark of two cells."""
_LAST_ANSWERS = 0.3, 2.0
"""Seconds that an end waits for answers under way, which would be typed into the shell: at least, and at most over a
link that is known to be slow."""


class Wishes(msgspec.Struct, frozen=True):
    """How the terminal is to be treated: asked for by the user, or decided by what is known of it."""

    ascii: Literal["auto", "on", "off"] = "auto"
    """`auto`: as soon as the terminal says that a mark takes two cells."""
    low_bandwidth: Low = "auto"
    remote: bool = False
    """The terminal is at the other end of an SSH connection."""


class Typed(Message, bubble=False):
    """So many keys came in one read: a person's fingers, a laggy link, or a paste without brackets."""

    def __init__(self, strokes: Sequence[Stroke]) -> None:
        super().__init__()
        self.strokes = strokes


class HungUp(Message, bubble=False):
    """The terminal is gone."""


class MarksAreWide(Message, bubble=False):
    """The terminal gives a mark two cells: it is drawn in ASCII from here on, and all must be painted again."""


class LinkIsSlow(Message, bubble=False):
    """The link to the terminal proved slow: there is less to come from here on."""


class TerminalDriver(LinuxDriver):
    """Textual's driver with its own reading and writing: junk bytes do no harm, a lost terminal ends the program."""

    wishes: ClassVar[Wishes] = Wishes()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._tty = os.dup(2)
        self._outlet = Outlet(self._tty, self._drained)
        self._file = cast(Any, self._outlet)
        self._capture = Capture()
        self._ascii = self.wishes.ascii == "on"
        self._measures_mark = self.wishes.ascii == "auto"
        self.link = Link(remote=self.wishes.remote, wish=self.wishes.low_bandwidth)
        self.wake: Callable[[], None] | None = None
        self._held = False
        self._entered = False
        """Whether the alternate screen is ours already."""
        self._questions = 0
        self._answered = threading.Condition()

    # -- reading -----------------------------------------------------------------------------------------------------

    def run_input_thread(self) -> None:
        """Read until told to stop; events are posted in order, those of a read of several keys behind a `Typed`."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")(errors="replace").decode
        with selectors.DefaultSelector() as selector:
            selector.register(self.fileno, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                if selector.select(0.1):
                    try:
                        data = os.read(self.fileno, READ)
                    except OSError:
                        data = b""
                    if not data:
                        self.send_message(HungUp())
                        break
                    text = decode(data)
                    if text and not self._take(parser.feed(text)):
                        parser = XTermParser(self._debug)
                if not self._take(parser.tick()):
                    parser = XTermParser(self._debug)
        try:
            list(parser.feed(""))
        except (EOFError, ParseError):
            return

    def _take(self, messages: Iterable[Message]) -> bool:
        """Deliver what a parser finds; returns whether it can go on: numbers that no terminal sends end it."""
        found: list[Message] = []
        try:
            # One by one: those before the nonsense count.
            for message in messages:
                found.append(message)
        except (ValueError, OverflowError, LookupError, ParseError):
            return False
        finally:
            self._deliver(found)
        return True

    def _deliver(self, found: list[Message]) -> None:
        strokes = [Stroke(message.key, message.character) for message in found if isinstance(message, events.Key)]
        if len(strokes) > 1:
            self.send_message(Typed(strokes))
        for message in found:
            if isinstance(message, events.CursorPosition):
                self._hear((message.x, message.y), time.monotonic())
            elif not (isinstance(message, events.Resize) and max(message.size) > MOST_CELLS):
                self.process_message(message)

    def _hear(self, position: tuple[int, int], now: float) -> None:
        """Take the answer to a question; one that was never asked is a key (shift+F3) or junk, and means nothing."""
        with self._answered:
            if not self._questions:
                return
            self._questions -= 1
            self._answered.notify_all()
        self._loop.call_soon_threadsafe(self._learn, position, now)

    # -- the link ----------------------------------------------------------------------------------------------------

    def _learn(self, position: tuple[int, int], now: float) -> None:
        if self._measures_mark:
            self._measures_mark = False
            if position == _WIDE:
                self._ascii = True
                self._app.post_message(MarksAreWide())
        if self.link.answers(now):
            self._spare_mouse()
            self._app.post_message(LinkIsSlow())
        self._wake()

    def hold(self) -> float:
        """Return the seconds that a frame must wait: for a terminal that has not taken the last one (`inf`: until it
        has), and as the link wants it."""
        self._held = True
        if self._outlet.busy:
            return inf
        wait = self.link.wait(time.monotonic())
        self._held = wait > 0
        return wait

    def sent(self, frame: str) -> str:
        """Note that a frame goes now; returns it, with a question where the link is measured."""
        if not self.link.sends(len(frame.encode("utf-8", "replace")), time.monotonic()):
            return frame
        with self._answered:
            self._questions += 1
        return frame + QUERY

    def _drained(self) -> None:
        if self._held and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        if self.wake is not None and self._held:
            self.wake()

    def _spare_mouse(self) -> None:
        if self._mouse:
            # One mode to some terminals: ending reports of motion ends those of buttons, too.
            self.write("\x1b[?1003l\x1b[?1000h")

    # -- writing -----------------------------------------------------------------------------------------------------

    def write(self, data: str) -> None:
        """Hand over to the writer thread."""
        if self._entered and data == ahead.ENTER:
            return  # the frame drawn ahead stands: entering again would clear it
        self._outlet.expect()
        super().write(ascii_of(data) if self._ascii else data)

    @property
    def draws_ascii(self) -> bool:
        """Whether all that is written is made ASCII."""
        return self._ascii

    def _enable_mouse_support(self) -> None:
        if not self.link.low:
            super()._enable_mouse_support()
        elif self._mouse:
            # Buttons and wheel; a report for each cell that the mouse passes would come, and be answered with nothing.
            self.write("\x1b[?1000h\x1b[?1015h\x1b[?1006h")

    def _get_terminal_size(self) -> tuple[int, int]:
        """Return columns and rows: of the terminal itself, since descriptor 1 may be a file now."""
        try:
            size = os.get_terminal_size(self._tty)
        except OSError:
            size = os.terminal_size((80, 24))
        given = shutil.get_terminal_size(size) if {"COLUMNS", "LINES"} & os.environ.keys() else size
        return given.columns or 80, given.lines or 24

    # -- in and out --------------------------------------------------------------------------------------------------

    def start_application_mode(self) -> None:
        """Take the terminal: keep its title for later, and take away what others would write to it."""
        self._entered = ahead.take_over(self._get_terminal_size())
        self._outlet.restart()
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._entered = False
        if self._writer_thread is None:
            return
        self._capture.start()
        self.write(PUSH_TITLE)
        if self._measures_mark and self.input_tty:
            with self._answered:
                self._questions += 1
            self.link.asks(time.monotonic())
            self.write(MARK_TRIAL)

    def disable_input(self) -> None:
        """Stop reading, after the answers that are still to come: nobody else would know what they are."""
        if not self.exit_event.is_set() and not self.link.mute and (self.wishes.remote or self.link.low):
            least, most = _LAST_ANSWERS
            with self._answered:
                self._answered.wait_for(lambda: not self._questions, min(least + 1.5 * self.link.due(), most))
        super().disable_input()

    def stop_application_mode(self) -> None:
        """Give the terminal back, with its title."""
        if self._writer_thread is not None:
            self.write(POP_TITLE)
        super().stop_application_mode()
        self._questions = 0
        self.link.restart()
        self._capture.stop()

    def trim(self) -> None:
        """Keep the file of captured output short."""
        self._capture.trim()


def driver_for(wishes: Wishes) -> type[TerminalDriver]:
    """Return a driver that heeds some wishes: Textual makes the driver itself, and knows of none."""
    return type("TerminalDriver", (TerminalDriver,), {"wishes": wishes})
