"""From a key or a `:` word to what it does: one method for each command id of `tui.config.keymap`."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tui.config.keymap import ANYWHERE, COMMANDS, PANE, SIDE, TABLE, why_off
from tui.model.column import Column
from tui.resources.registry import columns_of
from tui.ui.acting import Acting
from tui.ui.arranging import Arranging
from tui.ui.finding import Finding
from tui.ui.placing import Placing
from tui.ui.reading import Reading
from tui.ui.running import Running
from tui.ui.seeing import Seeing
from tui.ui.taking import Taking
from tui.ui.tunnelling import Tunnelling

if TYPE_CHECKING:
    from tui.ui.screen import BrowseScreen

Deed = Callable[[str], None]
"""Runs a command with its argument (text after its `:` word, mostly empty)."""

LOG = "STACKDECK_TEST_LOG"
"""Environment variable: a file to which the id of every command that runs is appended, for tests of keys."""


class Commands:
    """Dispatch by id. The methods live in classes by what they are about."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        self.seeing = Seeing(screen)
        self.finding = Finding(screen)
        self.arranging = Arranging(screen)
        self.taking = Taking(screen)
        self.placing = Placing(screen)
        self.running = Running(screen)
        self.tunnelling = Tunnelling(screen)
        self.acting = Acting(screen)
        self.reading = Reading(screen)
        owners = (
            self.seeing, self.finding, self.arranging, self.taking, self.placing, self.running, self.acting,
            self.reading, self.tunnelling,
        )  # fmt: skip
        self._deeds: dict[str, Deed] = {}
        for command in COMMANDS:
            if not command.where & {TABLE, SIDE, ANYWHERE}:  # text views and the describe pane run these themselves
                continue
            name = command.id.replace(".", "_")
            self._deeds[command.id] = next(getattr(owner, name) for owner in owners if hasattr(owner, name))
        keys = screen.session.keys
        self._by_key: dict[tuple[str, str], str] = {}
        for view in (TABLE, SIDE, PANE):
            for command in COMMANDS:
                if command.id in self._deeds and command.where & {view, ANYWHERE}:
                    for key in keys[command.id]:
                        self._by_key.setdefault((view, key), command.id)
        self._log = Path(os.environ[LOG]) if os.environ.get(LOG) else None

    @property
    def deeds(self) -> dict[str, Deed]:
        """Every command that this screen runs, by id."""
        return self._deeds

    def command_of(self, key: str) -> str:
        """Return the id of the command that a key runs now; empty where it runs none. A column's capital sorts."""
        view = self._screen.view_name
        found = self._by_key.get((view, key), "")
        if not found and view != TABLE:
            found = self._by_key.get((TABLE, key), "")
        if not found and view == TABLE and any(column.sort == key for column in self._columns()):
            return "sort.column"
        return found

    def press(self, key: str) -> bool:
        """Run what a key means; returns whether it means anything."""
        self._screen.stepping.catch_up()
        found = self.command_of(key)
        if found == "sort.column":
            column = next(column for column in self._columns() if column.sort == key)
            self._note(f"sort.column {column.key}")
            self.arranging.sort_by(column.key)
        elif found:
            self.run(found)
        return bool(found)

    def run(self, command: str, argument: str = "") -> None:
        """Run a command by its id."""
        self._screen.stepping.catch_up()
        self._note(command)
        if why := why_off(command):
            self._screen.say(f"off: {why}.", "dim")
        else:
            self._deeds[command](argument)

    def off(self) -> frozenset[str]:
        """Return the commands that do nothing for the kind on the screen: the keys line leaves them out."""
        here = frozenset(command.id for command in COMMANDS if why_off(command.id))
        return self.seeing.off() | self.reading.off() | self.acting.off() | here

    def placing_failed(self) -> bool:
        """Whether nothing but failing places is shown, so that Esc leads back to all."""
        browsing = self._screen.browsing
        return bool(browsing.look.places) and not browsing.view.total and bool(browsing.failing())

    def _columns(self) -> tuple[Column, ...]:
        return columns_of(self._screen.browsing.kind)

    def _note(self, what: str) -> None:
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(what + "\n")
