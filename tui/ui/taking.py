"""Commands that take something away: copy, save."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.model.text import inert
from tui.resources.registry import columns_of
from tui.ui.copying import CopyBox, CopyPicker, copy_items
from tui.ui.saving import SaveDialog

if TYPE_CHECKING:
    from tui.ui.screen import BrowseScreen


class Taking:
    """Methods are command ids."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen

    def copy_name(self, argument: str) -> None:
        """Copy the name of the row, or those of the marked rows, one a line."""
        screen, kind = self._screen, self._screen.browsing.kind
        marked = [entry for entry in screen.browsing.rows if entry.key in screen.table.marks]
        chosen = marked or ([screen.table.current] if screen.table.current is not None else [])
        if not chosen:
            screen.say("There is no row to copy from.", "dim")
            return
        names = "\n".join(kind.name(entry.row) for entry in chosen)
        what = f"names of {len(chosen)} {kind.plural}" if len(chosen) > 1 else f"name of {inert(names)}"
        screen.app.push_screen(CopyBox(names, what))

    def copy_pick(self, argument: str) -> None:
        """Choose what to copy of the row."""
        screen, kind = self._screen, self._screen.browsing.kind
        entry = screen.table.current
        if entry is None:
            screen.say("There is no row to copy from.", "dim")
            return

        def picked(text: str | None) -> None:
            if text is not None:
                screen.app.push_screen(CopyBox(text, f"text of {inert(kind.name(entry.row))}"))

        screen.app.push_screen(CopyPicker(f"Copy of {inert(kind.name(entry.row))}", copy_items(kind, entry)), picked)

    def save_table(self, argument: str) -> None:
        """Save what the table shows, hidden columns too; the marked rows alone where some are marked."""
        screen, kind = self._screen, self._screen.browsing.kind
        rows = screen.browsing.rows
        marked = [entry for entry in rows if entry.key in screen.table.marks]

        def saved(sentence: str | None) -> None:
            if sentence:
                screen.say(sentence, "text")

        dialog = SaveDialog(kind.many, columns_of(kind), marked or rows, screen.session.now())
        screen.app.push_screen(dialog, saved)
