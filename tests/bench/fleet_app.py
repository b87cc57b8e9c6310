"""The dashboard with a pulse: `python -m tests.bench.fleet_app PULSE [options of stackdeck]`, in a terminal.

PULSE is a file to which the event loop writes a line every 5 ms or so: monotonic seconds, by how many seconds it was
late, rows of the fleet, whether the first lists are all in. Nothing else differs from the installed command.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from tui import cli
from tui.ui import app as ui

BEAT = 0.005


class Watched(ui.StackdeckApp):
    """Takes its own pulse."""

    pulse: Path

    def on_ready(self) -> None:
        """Begin once the first frame is there."""
        self._file = self.pulse.open("w")
        self._next()

    def _next(self) -> None:
        self._due = time.monotonic() + BEAT
        asyncio.get_running_loop().call_later(BEAT, self._beat)

    def _beat(self) -> None:
        browsing, now = self._browse.browsing, time.monotonic()
        done = bool(browsing.scopes) and not browsing.loading()
        self._file.write(f"{now:.6f} {max(now - self._due, 0.0):.6f} {browsing.view.total} {int(done)}\n")
        self._file.flush()
        self._next()


def main() -> int:
    """Run the command line with an application that takes its pulse."""
    Watched.pulse = Path(sys.argv.pop(1))
    ui.StackdeckApp = Watched  # type: ignore[misc]
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
