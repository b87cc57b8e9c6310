"""The painter: what the screen should be, what the terminal shows, and the bytes between."""

from __future__ import annotations

from rich.console import Console
from textual._compositor import ChopsUpdate, LayoutUpdate

from tui.ui.painter.cells import UNKNOWN, Clusters
from tui.ui.painter.changes import Changes, Finder, by_look, in_passes
from tui.ui.painter.grid import Grid
from tui.ui.painter.intake import Intake
from tui.ui.painter.looks import Looks
from tui.ui.painter.scrolling import Shift, find_shift
from tui.ui.painter.terminal import Terminal
from tui.ui.painter.writing import Writer

_SYNC = "\x1b[?2026h", "\x1b[?2026l"


class Painter:
    """Takes Textual's updates and returns what must be sent for the terminal to show them.

    It knows no app and no driver: strings in, strings out. Not thread-safe; Textual paints in one thread.
    """

    def __init__(self, console: Console, terminal: Terminal) -> None:
        self._console = console
        self._terminal = terminal
        self._cursor = (-1, -1)
        self._fewer_colours = False
        self._start_tables()

    def take(self, update: LayoutUpdate | ChopsUpdate, width: int, height: int) -> None:
        """Note an update for a screen of this size; nothing is sent before `frame`."""
        if isinstance(update, LayoutUpdate) and self.full and update.region.size == (width, height):
            # Cells mean nothing without their tables, so only an update of all cells allows new ones.
            self._start_tables()
        if (width, height) != (self.wanted.width, self.wanted.height):
            self.wanted.resize(width, height)
            self.forget()
        self._intake.take(update, self.wanted)

    @property
    def full(self) -> bool:
        """Whether a whole update is wanted, for tables to start anew: after thousands of looks or odd characters."""
        return self._clusters.full or self._looks.full

    def forget(self) -> None:
        """Count everything on the terminal as unknown: the next frame writes every cell."""
        self.shown.clear(self.wanted.width, self.wanted.height, UNKNOWN)
        self._cursor = (-1, -1)

    def lessen_colours(self) -> None:
        """Use the palette of 256 colours from here on; what is shown stays until it is written again."""
        self._fewer_colours = True
        self._looks.lessen()

    def frame(self, cursor: tuple[int, int], synchronized: bool) -> str:
        """Return what turns the terminal's screen into the wanted one, with the cursor at (x, y); "" if it is so.

        `synchronized`: the terminal said that it shows a bracketed frame at once; a single row needs no brackets.
        """
        sent, rows = self._shortest(cursor)
        self.shown.texts, self.shown.looks = self.wanted.texts.copy(), self.wanted.looks.copy()
        if not rows and cursor == self._cursor:
            return ""
        self._cursor = cursor
        if rows > 1 and synchronized and self._terminal.synchronized:
            return f"{_SYNC[0]}{sent}{_SYNC[1]}"
        return sent

    def _shortest(self, cursor: tuple[int, int]) -> tuple[str, int]:
        """Return the shortest of the ways to write all changes, and the number of rows that differ."""
        shown, wanted = self.shown, self.wanted
        changes = self._finder.changes(shown, wanted)
        sent = self._written(changes, cursor, None)
        if changes.rows < 3 or not self._terminal.regions:
            return sent, changes.rows
        shift = find_shift(shown, wanted, changes.left, changes.right)
        if shift is not None:
            rest = self._finder.changes(shown.scrolled(shift.top, shift.bottom, shift.lines), wanted)
            sent = min(sent, self._written(rest, cursor, shift), key=_length)
        return sent, changes.rows

    def _written(self, changes: Changes, cursor: tuple[int, int], shift: Shift | None) -> str:
        writer = Writer(self._clusters, self._looks, self._terminal, self.wanted)
        if shift is not None:
            writer.scroll(shift)
        writer.disputed(in_passes(changes.disputed))
        pieces = changes.plain
        if len(pieces) > 2:
            pieces = min(pieces, by_look(pieces, self._looks, writer.look), key=writer.estimate)
        writer.plain(pieces)
        return writer.finish(*cursor)

    def _start_tables(self) -> None:
        self._clusters = Clusters()
        self._looks = Looks(self._console)
        if self._fewer_colours:
            self._looks.lessen()
        self._intake = Intake(self._clusters, self._looks)
        self._finder = Finder(self._clusters, self._looks)
        self.wanted = Grid(self._looks)
        self.shown = Grid(self._looks)


def _length(sent: str) -> int:
    return len(sent) if sent.isascii() else len(sent.encode())
