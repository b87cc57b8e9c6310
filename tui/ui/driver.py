"""The way to and from the terminal: what was typed in one go is told as such, and drawing is ASCII where it must be."""

from __future__ import annotations

import os
import selectors
import unicodedata
from codecs import getincrementaldecoder
from collections.abc import Iterable, Sequence

from textual import events
from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from tui.model.text import cells
from tui.ui.guard import Stroke

READ = 65536
"""Bytes read at once: what a terminal sends in one write arrives in one read up to the pty's own limit (4,096)."""

PUSH_TITLE = "\x1b[22;0t"
POP_TITLE = "\x1b[23;0t"

_ASCII = {
    "●": "*", "◐": "~", "○": "-", "▲": "!", "✗": "X", "✓": "+", "–": "-", "▌": ">", "◆": "#", "…": "..", "≤": "<=",
    "·": ".", "\u203a": ">", "▴": "^", "▾": "v", "━": "-", "┃": "|", "─": "-", "│": "|", "«": '"', "»": '"', "⟨": "<",
    "⟩": ">", "↑": "^", "↓": "v", "→": ">", "╍": "=", "×": "x", "’": "'", "‘": "'",
}  # fmt: skip
_RANGES = (("┌┐└┘├┤┬┴┼╭╮╯╰╔╗╚╝╠╣╦╩╬┏┓┗┛", "+"), ("═━╌┄┈╴╶╸╺▔▁", "-"), ("║┃┆┊╎╵╷▏▎▍▋▊▉▕▐", "|"), ("█▓▄▀▆▇▅", "#"))


def _table() -> dict[int, str]:
    """Return the translation; every character takes as many cells as before, so the two-letter ones are cut."""
    found = {ord(char): ascii_ for chars, ascii_ in _RANGES for char in chars}
    found.update((ord(char), ascii_[0]) for char, ascii_ in _ASCII.items())
    return found


class Typed(Message, bubble=False):
    """So many keys came in one read: a person's fingers, a laggy link, or a paste without brackets."""

    def __init__(self, strokes: Sequence[Stroke]) -> None:
        super().__init__()
        self.strokes = strokes


class HungUp(Message, bubble=False):
    """The terminal is gone."""


class TerminalDriver(LinuxDriver):
    """Textual's driver with its own reading: junk bytes do no harm, a lost terminal ends the program."""

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
            self.process_message(message)

    def start_application_mode(self) -> None:
        """Keep the terminal's title for later."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        if self._writer_thread is not None:
            self.write(PUSH_TITLE)

    def stop_application_mode(self) -> None:
        """Give the terminal its title back."""
        if self._writer_thread is not None:
            self.write(POP_TITLE)
        super().stop_application_mode()


class AsciiDriver(TerminalDriver):
    """Writes ASCII only, each character in the cells that it had."""

    _known = _table()

    def write(self, data: str) -> None:
        """Write, translated."""
        super().write(data if data.isascii() else ascii_of(data, self._known))


def ascii_of(text: str, known: dict[int, str] | None = None) -> str:
    """Return the text in ASCII at the same width: known marks by their twins, letters without accents, else `?`."""
    table = _table() if known is None else known
    return "".join(char if char < "\x80" else table.get(ord(char)) or _folded(char) for char in text)


def _folded(char: str) -> str:
    plain = unicodedata.normalize("NFKD", char)[0]
    size = cells(char)
    return plain if plain < "\x7f" and size == 1 else "?" * size
