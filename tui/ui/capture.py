"""Output from elsewhere: what libraries and their children write to descriptors 1 and 2 goes to a file meanwhile."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from tui.config.paths import state_dir

NAME = "output.log"
MOST = 256 * 1024
"""Bytes after which the file starts anew."""
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


class Capture:
    """Points those of the descriptors 1 and 2 that are a terminal elsewhere, and back.

    A file, not a pipe: a pipe that is full would hold a C library that keeps Python's lock, and with it its reader.
    """

    def __init__(self, path: Path | None = None) -> None:
        """`path`: the file, 0600; by default `output.log` in the state directory."""
        self._path = path
        self._log = -1
        self._before: dict[int, int] = {}

    def start(self) -> None:
        """Take the descriptors."""
        if self._before:
            return
        self._log = self._opened()
        self._flush()
        for number in (1, 2):
            with suppress(OSError):
                if os.isatty(number):
                    self._before[number] = os.dup(number)
                    os.dup2(self._log, number)

    def stop(self) -> None:
        """Give them back."""
        self._flush()
        for number, before in self._before.items():
            os.dup2(before, number)
            os.close(before)
        self._before.clear()
        if self._log >= 0:
            os.close(self._log)
            self._log = -1

    def trim(self) -> None:
        """Start the file anew if it has grown long."""
        with suppress(OSError):
            if self._log >= 0 and os.fstat(self._log).st_size > MOST:
                os.ftruncate(self._log, 0)

    def _opened(self) -> int:
        try:
            path = self._path or state_dir() / NAME
            if path.exists() and path.stat().st_size > MOST:
                path.unlink()
            return os.open(path, _FLAGS, 0o600)
        except OSError:
            return os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)

    def _flush(self) -> None:
        for stream in (sys.__stdout__, sys.__stderr__):
            with suppress(OSError, ValueError):
                if stream is not None:
                    stream.flush()
