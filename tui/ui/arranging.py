"""Commands that arrange the table: sort, marks, cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.config.keymap import PANE, SIDE
from tui.model.column import NUMERIC

if TYPE_CHECKING:
    from tui.ui.screen import BrowseScreen


class Arranging:
    """Methods are command ids; the argument is the text after the `:` word."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen

    # -- sort --------------------------------------------------------------------------------------------------------

    def sort_by(self, key: str) -> None:
        """Sort by a column; by the one that sorts already: the other way round. Numbers start with the largest."""
        column, reverse = self._screen.browsing.view.sort
        found = next((c for c in self._screen.browsing.kind.columns if c.key == key), None)
        first = found is not None and found.format in NUMERIC and found.key != "age"
        self._screen.resort(key, not reverse if column == key else first)

    def sort_left(self, argument: str) -> None:
        """Choose the column to the left."""
        self._choose(-1)

    def sort_right(self, argument: str) -> None:
        """Choose the column to the right."""
        self._choose(1)

    def sort_chosen(self, argument: str) -> None:
        """Sort by the chosen column, or by the one that is named."""
        table = self._screen.table
        wanted = argument.strip().lower() or table.chosen or self._screen.browsing.view.sort[0]
        known = {key: c.key for c in self._screen.browsing.kind.columns for key in (c.key, *c.aliases)}
        known |= {key: key for key in ("cloud", "region", "place")}
        if wanted in known:
            self.sort_by(known[wanted])
        else:
            self._screen.say(f"There is no column {wanted}.", "warn", "▲")

    def _choose(self, step: int) -> None:
        table = self._screen.table
        keys = [slot.column.key for slot in table.layout_shown.slots]
        if not keys:
            return
        here = table.chosen if table.chosen in keys else self._screen.browsing.view.sort[0]
        at = keys.index(here) + step if here in keys else 0
        table.choose(keys[max(0, min(at, len(keys) - 1))])

    # -- marks -------------------------------------------------------------------------------------------------------

    def mark_row(self, argument: str) -> None:
        """Mark the row; in the side pane, add the place to those shown."""
        if self._screen.view_name == SIDE:
            self._screen.side.choose(more=True)
            return
        self._screen.table.toggle_mark()
        self._screen.write_frame()

    def mark_range(self, argument: str) -> None:
        """Mark from the last marked row to this one."""
        self._screen.table.mark_range()
        self._screen.write_frame()

    def mark_clear(self, argument: str) -> None:
        """Unmark all rows."""
        self._screen.table.clear_marks()
        self._screen.write_frame()

    def mark_all(self, argument: str) -> None:
        """Mark all rows that are shown."""
        self._screen.table.mark_all()
        self._screen.write_frame()

    # -- cursor ------------------------------------------------------------------------------------------------------

    def move_down(self, argument: str) -> None:
        """One row down."""
        self._move(1)

    def move_up(self, argument: str) -> None:
        """One row up."""
        self._move(-1)

    def move_top(self, argument: str) -> None:
        """To the first row."""
        self._move(-(10**9))

    def move_bottom(self, argument: str) -> None:
        """To the last row."""
        self._move(10**9)

    def move_page_down(self, argument: str) -> None:
        """A page down."""
        self._page(1)

    def move_page_up(self, argument: str) -> None:
        """A page up."""
        self._page(-1)

    def _move(self, rows: int) -> None:
        if self._screen.view_name == SIDE:
            self._screen.side.move_by(rows)
        elif self._screen.view_name != PANE:
            self._screen.table.move_by(rows)

    def _page(self, pages: int) -> None:
        if self._screen.view_name == SIDE:
            self._screen.side.move_by(pages * 10)
        elif self._screen.view_name != PANE:
            self._screen.table.turn_page(pages)
