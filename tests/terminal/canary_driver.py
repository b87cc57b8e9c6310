"""Starts the command as a user does, but with everything that could tell a secret turned on.

All libraries log at DEBUG into a file. SIGUSR1 writes an SVG screenshot of whatever is on the screen; SIGUSR2 ends the
dashboard by an unexpected error that has secrets among its arguments and locals. `CANARY` names what crashes at once.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

LOGGERS = ("", "keystoneauth", "openstack", "urllib3", "requests", "asyncssh", "asyncio", "textual", "tui", "stackdeck")


def main() -> int:
    """Turn all on, then run the command."""
    folder = Path(os.environ["CANARY_FOLDER"])
    logging.basicConfig(filename=folder / "debug.log", level=logging.DEBUG)
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.DEBUG)
    import asyncssh

    asyncssh.set_log_level(logging.DEBUG)
    asyncssh.set_debug_level(2)
    if os.environ.get("CANARY") == "get":
        _crash_of_get()
    elif "get" not in sys.argv and "doctor" not in sys.argv:
        _signals(folder)
    from tui.cli import main as command

    return command()


def _crash_of_get() -> None:
    from tui.commands import get

    def run(options: object, request: object, settings: object) -> int:
        password = os.environ["CANARY_SECRET"]
        raise RuntimeError(f"cannot go on: password={password}")

    get.run = run


def _signals(folder: Path) -> None:
    """Take signals once the screen is opened: Textual must not be imported before the command does it."""
    import tui.ui

    run = tui.ui.run

    def opened(*given: Any) -> int:
        _take(folder)
        return run(*given)

    tui.ui.run = opened


def _take(folder: Path) -> None:
    """Take the signals on the screen's own loop."""
    from tui.ui.app import StackdeckApp

    mounted = StackdeckApp.on_mount

    def on_mount(app: Any) -> None:
        import asyncio

        loop = asyncio.get_running_loop()
        taken = iter(range(100))
        loop.add_signal_handler(
            signal.SIGUSR1, lambda: app.save_screenshot(f"{os.getpid()}-{next(taken)}.svg", str(folder))
        )
        loop.add_signal_handler(signal.SIGUSR2, lambda: app.call_later(_break, app))
        mounted(app)

    StackdeckApp.on_mount = on_mount  # type: ignore[method-assign]


def _break(app: Any) -> None:
    password = os.environ["CANARY_SECRET"]
    typed = {"password": password, "token": password}
    raise RuntimeError(f"{os.environ['CANARY_TYPED']} is what was typed, password={password!r} {typed}")


if __name__ == "__main__":
    sys.exit(main())
