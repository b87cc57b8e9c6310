"""From a key or a `:` word to what it does: one method for each command id of `tui.config.keymap`."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from tui.cloud.turns import importing
from tui.config.keymap import ANYWHERE, COMMANDS, PANE, SIDE, TABLE, why_off
from tui.model.column import Column
from tui.resources.registry import KINDS, columns_of

if TYPE_CHECKING:
    from tui.ui.acting import Acting
    from tui.ui.arranging import Arranging
    from tui.ui.finding import Finding
    from tui.ui.many import Many
    from tui.ui.placing import Placing
    from tui.ui.reading import Reading
    from tui.ui.running import Running
    from tui.ui.screen import BrowseScreen
    from tui.ui.seeing import Seeing
    from tui.ui.shell import Shell
    from tui.ui.taking import Taking
    from tui.ui.tunnelling import Tunnelling

Deed = Callable[[str], None]
"""Runs a command with its argument (text after its `:` word, mostly empty)."""

LOG = "STACKDECK_TEST_LOG"
"""Environment variable: a file to which the id of every command that runs is appended, for tests of keys."""


_OWNERS = {
    "act": "acting", "ops": "acting",
    "sort": "arranging", "mark": "arranging", "move": "arranging",
    "find": "finding",
    "place": "placing", "pane": "placing",
    "see": "seeing", "see.log": "reading", "see.events": "reading",
    "session": "running", "session.tunnels": "tunnelling",
    "copy": "taking", "save": "taking",
    "ssh": "shell", "ssh.many": "many",
}  # fmt: skip
"""Command id, or its area → the attribute of `Commands` whose class has its method."""

_LATE = ("acting", "reading", "shell", "many")
"""Owners that bring a third of all modules with them: the first frame shows no key of theirs, and is there sooner."""


def owner_of(command: str) -> str:
    """Return the attribute of `Commands` that runs a command."""
    return _OWNERS.get(command) or _OWNERS[command.partition(".")[0]]


def _is_imported(owner: str) -> bool:
    """Whether an owner's module is there as a whole: of one that a thread is importing nothing may be wanted yet."""
    module = sys.modules.get(f"tui.ui.{owner}")
    return module is not None and not getattr(module.__spec__, "_initializing", False)


class Commands:
    """Dispatch by id. The methods live in classes by what they are about, which are imported when they are needed."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        # Text views and the describe pane run their own commands themselves.
        self._deeds: dict[str, Deed] = {
            command.id: partial(self._do, command.id) for command in COMMANDS if command.where & {TABLE, SIDE, ANYWHERE}
        }
        keys = screen.session.keys
        self._by_key: dict[tuple[str, str], str] = {}
        for view in (TABLE, SIDE, PANE):
            for command in COMMANDS:
                if command.id in self._deeds and command.where & {view, ANYWHERE}:
                    for key in keys[command.id]:
                        self._by_key.setdefault((view, key), command.id)
        self._log = Path(os.environ[LOG]) if os.environ.get(LOG) else None

    @cached_property
    def seeing(self) -> Seeing:
        """Commands that look closer."""
        from tui.ui.seeing import Seeing

        return Seeing(self._screen)

    @cached_property
    def finding(self) -> Finding:
        """Commands that find."""
        from tui.ui.finding import Finding

        return Finding(self._screen)

    @cached_property
    def arranging(self) -> Arranging:
        """Commands that arrange the table."""
        from tui.ui.arranging import Arranging

        return Arranging(self._screen)

    @cached_property
    def taking(self) -> Taking:
        """Commands that copy and save."""
        from tui.ui.taking import Taking

        return Taking(self._screen)

    @cached_property
    def placing(self) -> Placing:
        """Commands that choose where."""
        from tui.ui.placing import Placing

        return Placing(self._screen)

    @cached_property
    def running(self) -> Running:
        """Commands of the session."""
        from tui.ui.running import Running

        return Running(self._screen)

    @cached_property
    def tunnelling(self) -> Tunnelling:
        """Commands about SSH tunnels."""
        from tui.ui.tunnelling import Tunnelling

        return Tunnelling(self._screen)

    @cached_property
    def acting(self) -> Acting:
        """Commands that change something."""
        from tui.ui.acting import Acting

        return Acting(self._screen)

    @cached_property
    def reading(self) -> Reading:
        """Commands that read what a server tells."""
        from tui.ui.reading import Reading

        return Reading(self._screen)

    @cached_property
    def shell(self) -> Shell:
        """Commands that enter a server."""
        from tui.ui.shell import Shell

        return Shell(self._screen)

    @cached_property
    def many(self) -> Many:
        """The command that runs on many servers."""
        from tui.ui.many import Many

        return Many(self._screen)

    def has(self, owner: str) -> bool:
        """Whether an owner was needed yet."""
        return owner in self.__dict__

    @staticmethod
    def import_late() -> None:
        """Import what the first frame did without; for a thread, once there is time."""
        for kind in KINDS.values():
            with importing():
                _ = kind.actions  # imports what may be done to its rows
        for owner in _LATE:
            with importing():
                importlib.import_module(f"tui.ui.{owner}")

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
        off = frozenset(command.id for command in COMMANDS if why_off(command.id))
        if not self._screen.browsing.ahead and all(map(_is_imported, _LATE)):
            return self.seeing.off() | self.reading.off() | self.acting.off() | self.shell.off() | self.many.off() | off
        late = frozenset(
            command.id for command in COMMANDS if command.id in self._deeds and owner_of(command.id) in _LATE
        )
        return self.seeing.off() | late | off

    def placing_failed(self) -> bool:
        """Whether nothing but failing places is shown, so that Esc leads back to all."""
        browsing = self._screen.browsing
        return bool(browsing.look.places) and not browsing.view.total and bool(browsing.failing())

    def _do(self, command: str, argument: str) -> None:
        """Run a command's method."""
        getattr(getattr(self, owner_of(command)), command.replace(".", "_"))(argument)

    def _columns(self) -> tuple[Column, ...]:
        return columns_of(self._screen.browsing.kind)

    def _note(self, what: str) -> None:
        if self._log is not None:
            with self._log.open("a", encoding="utf-8") as file:
                file.write(what + "\n")
