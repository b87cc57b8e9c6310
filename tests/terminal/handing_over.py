"""A program that hands its terminal over at a key and says how that ended. Run by test_handing_over.py."""

from __future__ import annotations

import sys

from textual.app import ComposeResult
from textual.widgets import Static

from tui.ui.driver import Wishes, driver_for
from tui.ui.painter import Painted
from tui.ui.shell_run import run_in_terminal

PROGRAMS = {
    "a": ["true"],
    "b": ["sh", "-c", "exit 3"],
    "c": ["no-such-program-anywhere"],
    "d": ["embedded\0zero"],
    "e": ["sh", "-c", "exit 255"],
    "f": ["cat"],
    "g": ["sh", "-c", "stty raw -echo; printf '\\033[?1049h\\033[?1000h\\033(0\\033[?25l'; kill -9 $$"],
    "h": ["sh", "-c", "kill -STOP $$; exit 5"],
    "i": ["sh", "-c", "printf 'typed too much? '; sleep 1"],
}


class HandingOver(Painted[int]):
    """Ticks all the time, so that a loop that hangs is seen."""

    def __init__(self) -> None:
        super().__init__(driver_class=driver_for(Wishes()))
        self.ticks = 0
        self.said = "nothing yet"

    def compose(self) -> ComposeResult:
        """One line."""
        yield Static("", id="line")

    def on_mount(self) -> None:
        """Begin to tick."""
        self.set_interval(0.05, self.tick)

    def tick(self) -> None:
        """Count."""
        self.ticks += 1
        self.query_one("#line", Static).update(
            f"tick {self.ticks} size {self.size.width}x{self.size.height} {self.said}"
        )

    def on_key(self, event: object) -> None:
        """Run a program."""
        key = getattr(event, "key", "")
        if key in PROGRAMS:
            ended = run_in_terminal(self, PROGRAMS[key], f"handed over for {key}")
            self.said = f"{key} status {ended.status} error [{ended.error}]"
        elif key == "q":
            self.exit()


if __name__ == "__main__":
    sys.exit(HandingOver().run() or 0)
