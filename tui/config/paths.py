"""Where stackdeck keeps its files, and how it writes private ones."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import platformdirs

NAME = "stackdeck"


def config_dir() -> Path:
    """Return the directory of settings and keymap (XDG_CONFIG_HOME/stackdeck); not created."""
    return Path(platformdirs.user_config_dir(NAME))


def cache_dir() -> Path:
    """Return the directory of tokens and cached rows, 0700, created if need be. Raises OSError where it cannot be."""
    return private_dir(Path(platformdirs.user_cache_dir(NAME)))


def tokens_dir() -> Path:
    """Return the directory of tokens, 0700, created if need be. Raises OSError where it cannot be."""
    return private_dir(cache_dir() / "tokens")


def state_dir() -> Path:
    """Return the directory of remembered views, histories and logs, 0700. Raises OSError where it cannot be made."""
    return private_dir(Path(platformdirs.user_state_dir(NAME)))


def private_dir(path: Path) -> Path:
    """Make a directory that only its owner can enter; an existing one of ours is narrowed to 0700."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.stat()
    if found.st_mode & 0o077 and found.st_uid == os.getuid():
        path.chmod(0o700)
    return path


def is_private(path: Path) -> bool:
    """Tell whether a file or directory is ours and closed to everybody else; a link never is."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return found.st_uid == os.getuid() and not found.st_mode & 0o077 and not path.is_symlink()


def write_private(path: Path, data: bytes, *, over: bool = True) -> None:
    """Write a file 0600 so that a reader sees the old one or the new one, whole. Raises OSError.

    Unless `over`, one that is there already stays: of several that make it at once the first one counts.
    """
    private_dir(path.parent)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if over:
            Path(temporary).replace(path)
            return
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        except OSError:
            Path(temporary).replace(path)  # a file system without links
        Path(temporary).unlink(missing_ok=True)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
