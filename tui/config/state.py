"""What is remembered between runs: last scope, view and sort, and histories."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Remembered(msgspec.Struct):
    """The last session's view. All fields have defaults, unknown ones are dropped."""

    scopes: list[str] = []
    """Keys of the chosen scopes; empty: all."""
    view: str = ""
    """Kind's id."""
    sort: dict[str, str] = {}
    """Kind's id → column key, with a leading «-» when reversed."""
    wide: bool = False
    pane: bool = True
    """Whether the side pane is shown."""
    commands: list[str] = []
    """`:` history, oldest first."""
    filters: list[str] = []
    """`/` history, oldest first."""


def load_state(path: Path | None = None) -> Remembered:
    """Return what was remembered; a missing or broken file is an empty memory."""
    raise NotImplementedError


def save_state(state: Remembered, path: Path | None = None) -> None:
    """Write it, 0600; failures to write are swallowed since nothing depends on it."""
    raise NotImplementedError
