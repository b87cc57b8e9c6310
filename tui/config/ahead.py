"""The first frame, drawn ahead: what the next start will show first is kept as bytes, and shown before all imports.

The last known rows, dimmed and with the time they are from, are readable in a fraction of the time that the interface
needs to come up; then it takes the screen over as it is. Kept like the cached rows, with nothing in it that is not in
these; named by the command line, the environment and the terminal's size, and good while no file has changed that the
configuration was read from. Imports nothing heavy: neither Textual nor msgspec.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import termios
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.config.cache import FRAMES, Stamp, Store, stamp

FORM = 1
MOST = 4_000_000
"""Bytes of all kept frames together: some hundred screens."""
ENTER = "\x1b[?1049h"
LEAVE = "\x1b[?1049l\x1b[?25h"
_TERMINAL = 2
"""The interface draws on standard error, as Textual does."""
_ENVIRONMENT = ("OS_", "XDG_CONFIG_", "XDG_CACHE_", "XDG_STATE_", "SNAP", "LC_", "STACKDECK_", "TEXTUAL_")
_VARIABLES = (
    "TERM", "COLORTERM", "LANG", "LANGUAGE", "NO_COLOR", "HOME", "COLUMNS", "LINES",
    "TERM_PROGRAM", "PYTHONIOENCODING", "PYTHONUTF8", "TZ",
)  # fmt: skip
_PRESENT = ("TMUX", "STY", "SSH_CONNECTION")
"""Variables of which it only counts whether they are set: what they say is another thing at each login."""

_OTHERS = frozenset(
    {
        "get", "doctor", "diagnose", "demo-cloud", "serve", "-h", "--help", "--version", "--demo", "--restricted",
        "--no-row-cache", "--no-token-cache",
    }
)  # fmt: skip
"""Words with which there is no dashboard, or one of which nothing is kept."""


@dataclass(slots=True)
class _Shown:
    """A frame that stands on the terminal while the interface comes up."""

    size: tuple[int, int]
    modes: list[Any] | None
    """The terminal's modes as they were."""
    handlers: dict[int, Any]


_name: str = ""
"""What this run's frame is called; empty where none may be kept."""
_shown: _Shown | None = None


@contextlib.contextmanager
def shown(words: Sequence[str]) -> Iterator[None]:
    """Show the kept frame of this command line, if one still holds; at the end the terminal is as before."""
    try:
        _show(words)
    except (OSError, ValueError, KeyError, TypeError, termios.error):
        leave()
    try:
        yield
    finally:
        leave()


def keep(frame: str, size: tuple[int, int], stamps: Iterable[Stamp]) -> bool:
    """Keep the first frame of the next start with the same command line on a terminal of this size.

    `frame` writes every cell; `stamps` are the files on which it depends. Returns whether it is kept.
    """
    if not _name:
        return False
    head = json.dumps({"form": FORM, "stamps": list(stamps)})
    return _store().store(_of_size(size), f"{head}\n{frame}".encode())


def drop(size: tuple[int, int]) -> None:
    """Keep none: the next start will begin with something else."""
    if _name:
        _store().drop(_of_size(size))


def take_over(size: tuple[int, int]) -> bool:
    """The interface begins to draw: returns whether the frame stands, so that the screen need not be entered again."""
    global _shown
    found, _shown = _shown, None
    if found is None:
        return False
    _restore(found)
    return found.size == size


def leave() -> None:
    """Take the frame away, if it stands."""
    global _shown
    found, _shown = _shown, None
    if found is not None:
        _restore(found)
        _write(LEAVE)


def _show(words: Sequence[str]) -> None:
    global _name, _shown
    _name = ""
    if _OTHERS & set(words) or not (os.isatty(0) and os.isatty(_TERMINAL)):
        return
    _name = _store().name(
        FORM, tuple(words), str(Path.cwd()), os.getuid(), sys.executable, sys.version_info[:3],
        sorted((key, text) for key, text in os.environ.items() if key.startswith(_ENVIRONMENT) or key in _VARIABLES),
        [key for key in _PRESENT if os.environ.get(key)],
    )  # fmt: skip
    size = tuple(os.get_terminal_size(_TERMINAL))
    data = _store().load(_of_size((size[0], size[1]))) if _name else None
    if data is None:
        return
    head, _, frame = data.partition(b"\n")
    told = json.loads(head)
    if told["form"] != FORM or any(stamp(each[0]) != tuple(each) for each in told["stamps"]):
        return
    _shown = _Shown((size[0], size[1]), _quiet(), {})
    for number in (signal.SIGTERM, signal.SIGHUP):
        _shown.handlers[number] = signal.signal(number, _ended)
    _write(f"{ENTER}\x1b[?25l\x1b[?2026h{frame.decode()}\x1b[m\x1b[?2026l")


def _ended(number: int, frame: object) -> None:
    leave()
    os._exit(128 + number)


def _quiet() -> list[Any]:
    """Let keys wait, unechoed and as they are typed, until the interface reads them. Returns the modes as they were."""
    modes = termios.tcgetattr(0)
    silent = termios.tcgetattr(0)
    silent[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.IXON)
    silent[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
    silent[6][termios.VMIN], silent[6][termios.VTIME] = 1, 0
    termios.tcsetattr(0, termios.TCSANOW, silent)
    return modes


def _restore(found: _Shown) -> None:
    for number, handler in found.handlers.items():
        signal.signal(number, handler)
    if found.modes is not None:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(0, termios.TCSANOW, found.modes)


def _write(text: str) -> None:
    data = text.encode()
    with contextlib.suppress(OSError):
        while data:
            data = data[os.write(_TERMINAL, data) :]


def _of_size(size: tuple[int, int]) -> str:
    return f"{_name}-{size[0]}x{size[1]}"


def _store() -> Store:
    return Store(FRAMES, MOST)
