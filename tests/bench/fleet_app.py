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
        self._beating = asyncio.create_task(self._beat())

    async def _beat(self) -> None:
        browsing = self._browse.browsing
        with self.pulse.open("w") as file:
            due = time.monotonic() + BEAT
            while True:
                await asyncio.sleep(BEAT)
                now = time.monotonic()
                done = bool(browsing.scopes) and not browsing.loading()
                file.write(f"{now:.6f} {max(now - due, 0.0):.6f} {browsing.view.total} {int(done)}\n")
                file.flush()
                due = time.monotonic() + BEAT


def main() -> int:
    """Run the command line with an application that takes its pulse."""
    Watched.pulse = Path(sys.argv.pop(1))
    ui.StackdeckApp = Watched  # type: ignore[misc]
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
