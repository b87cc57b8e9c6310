"""Where stackdeck keeps its files, and how it writes private ones."""

from __future__ import annotations

from pathlib import Path


def config_dir() -> Path:
    """Return the directory of settings and keymap (XDG_CONFIG_HOME/stackdeck); not created."""
    raise NotImplementedError


def cache_dir() -> Path:
    """Return the directory of tokens and cached rows, 0700, created if need be."""
    raise NotImplementedError


def state_dir() -> Path:
    """Return the directory of remembered views, histories and logs, 0700, created if need be."""
    raise NotImplementedError


def write_private(path: Path, data: bytes) -> None:
    """Write a file 0600 that is either the old or the new one, whole."""
    raise NotImplementedError
