"""Commands that read what a server tells: its console log, its events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.live import console
from tui.model.entry import Entry
from tui.ui.console_view import ConsoleScreen, fitting
from tui.ui.events_view import EventsScreen

if TYPE_CHECKING:
    from tui.ui.screen import BrowseScreen


class Reading:
    """Methods are command ids."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen

    def off(self) -> frozenset[str]:
        """Return the commands that the kind on the screen has nothing for."""
        return frozenset() if self._screen.browsing.kind.id in console.KINDS else frozenset({"see.log", "see.events"})

    def see_log(self, argument: str) -> None:
        """Show the console log of the server, or those of the marked servers side by side."""
        screen = self._screen
        feeds = screen.session.feeds
        entries = self._servers()
        if not entries or feeds is None:
            return
        most = fitting(screen.app.size.width)
        note = ""
        if len(entries) > most:
            note = f"{most} of {len(entries)} marked servers are shown: no more fit side by side."
        screen.app.push_screen(ConsoleScreen(entries[:most], feeds, screen.session.keys, note))

    def see_events(self, argument: str) -> None:
        """Show what was done to the server under the cursor."""
        screen = self._screen
        entry, feeds = screen.table.current, screen.session.feeds
        if not self._servers() or entry is None or feeds is None:
            return
        operations = screen.session.operations
        mine = operations.all if operations is not None else tuple
        screen.app.push_screen(EventsScreen(entry, feeds, mine, screen.session.now, screen.session.keys))

    def _servers(self) -> list[Entry]:
        """Return the marked rows, else the one under the cursor; none, and why, where they have no log."""
        screen = self._screen
        if screen.browsing.kind.id not in console.KINDS:
            screen.say(f"off: {screen.browsing.kind.many} have no console log and no events: servers do.", "dim")
            return []
        marked = [entry for entry in screen.browsing.rows if entry.key in screen.table.marks]
        current = screen.table.current
        found = marked or ([current] if current is not None else [])
        if not found:
            screen.say("There is no server here.", "dim")
        return found
