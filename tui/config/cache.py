"""The cache directory: private files that may vanish at any time, named so that nothing can be guessed from a name.

Every failure (a full disk, a directory that cannot be written, a file of somebody else) means «nothing kept».
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
import time
from pathlib import Path
from typing import NamedTuple

from tui.config.paths import cache_dir, is_private, private_dir, write_private

SALT = "salt"
TOKENS, CONFIG, ROWS, FRAMES = "tokens", "config", "rows", "frames"
"""The parts of the cache."""
_HOUR = 3600.0

Stamp = tuple[str, int, int, int, int]
"""A file: path, and mtime_ns, ctime_ns, size and inode; all 0 where there is none."""


class Holding(NamedTuple):
    """What a part of the cache holds."""

    files: int = 0
    size: int = 0
    """Bytes."""
    oldest: float = 0.0
    """Epoch seconds of the oldest file's writing; 0.0 when there is none."""


def stamp(path: str) -> Stamp:
    """Return how a file is now."""
    try:
        found = Path(path).stat()
    except OSError:
        return (path, 0, 0, 0, 0)
    return (path, found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


class Store:
    """One part of the cache: files of one kind in a directory of their own, at most `most` bytes together."""

    def __init__(self, part: str, most: int, directory: Path | None = None) -> None:
        self._part = part
        self._most = most
        self._directory = directory
        self._salt = b""

    def name(self, *parts: object) -> str:
        """Return the file name for these facts; empty where nothing can be kept.

        A salt of this user's own is mixed in: without it nobody can try out which credential a name was made of.
        """
        salt = self._salted()
        text = "\0".join(str(part) for part in parts)
        return hmac.new(salt, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:40] if salt else ""

    def load(self, name: str) -> bytes | None:
        """Return what is kept under a name, unless it is not ours alone."""
        if not name:
            return None
        try:
            # One look at the opened file: what is checked is what is read.
            handle = os.open(self._home() / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return None
        try:
            found = os.fstat(handle)
            ours = found.st_uid == os.getuid() and not found.st_mode & 0o077 and stat.S_ISREG(found.st_mode)
            if not ours or found.st_size > self._most:
                return None
            with os.fdopen(handle, "rb", closefd=False) as file:
                return file.read()
        except (OSError, MemoryError):
            return None
        finally:
            os.close(handle)

    def store(self, name: str, data: bytes) -> bool:
        """Keep something; returns whether it is kept. What was not used for longest goes where the room ends."""
        if not name or len(data) > self._most:
            return False
        try:
            write_private(self._home() / name, data)
            self._sweep(name)
        except OSError:
            return False
        return True

    def drop(self, name: str) -> None:
        """Forget something."""
        with contextlib.suppress(OSError):
            if name:
                (self._home() / name).unlink(missing_ok=True)

    def holding(self) -> Holding:
        """Say how much is kept, and since when."""
        try:
            kept = self._kept()
        except OSError:
            return Holding()
        sizes = [found.st_size for _, found in kept]
        return Holding(len(kept), sum(sizes), min((found.st_mtime for _, found in kept), default=0.0))

    @property
    def home(self) -> Path:
        """The directory; raises OSError where it cannot be made."""
        return self._home()

    def _home(self) -> Path:
        if self._directory is None:
            self._directory = cache_dir() / self._part
        return private_dir(self._directory)

    def _salted(self) -> bytes:
        """Return the salt of this part, made on first use; empty where none can be kept."""
        if not self._salt:
            with contextlib.suppress(OSError):
                path = self._home() / SALT
                there = os.path.lexists(path)
                if not is_private(path) or len(path.read_bytes()) != 32:
                    # Another thread or stackdeck may make one, too: what is kept by a name of the other salt is lost.
                    write_private(path, secrets.token_bytes(32), over=there)
                self._salt = path.read_bytes()
        return self._salt

    def _kept(self) -> list[tuple[str, os.stat_result]]:
        with os.scandir(self._home()) as files:
            return [
                (file.name, file.stat(follow_symlinks=False))
                for file in files
                if file.name != SALT and not file.name.startswith(".") and file.is_file(follow_symlinks=False)
            ]

    def _sweep(self, fresh: str) -> None:
        """Make room, and take away what writers that were killed left behind."""
        kept = sorted(self._kept(), key=lambda each: each[1].st_mtime, reverse=True)
        room = self._most
        for name, found in kept:
            room -= found.st_size
            if room < 0 and name != fresh:
                with contextlib.suppress(OSError):
                    (self._home() / name).unlink()
        with os.scandir(self._home()) as files:
            left = [file for file in files if file.name.startswith(".")]
            for file in left:
                with contextlib.suppress(OSError):
                    if time.time() - file.stat(follow_symlinks=False).st_mtime > _HOUR:
                        Path(file.path).unlink()
