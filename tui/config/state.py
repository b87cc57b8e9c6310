"""What is remembered between runs: last scope, view and sort, and histories."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import msgspec

from tui.config.paths import state_dir, write_private

HISTORY = 200
"""Entries kept of each history."""


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
    kept: dict[str, str] = {}
    """Filters kept under a name."""
    forms: dict[str, dict[str, Any]] = {}
    """Action and scope → last values of a form's fields, those that may be kept."""


def load_state(path: Path | None = None) -> Remembered:
    """Return what was remembered; a missing or broken file is an empty memory."""
    try:
        return msgspec.json.decode((path or state_dir() / "view.json").read_bytes(), type=Remembered)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return Remembered()


def save_state(state: Remembered, path: Path | None = None) -> None:
    """Write it, 0600, histories cut to their newest; failures to write are swallowed since nothing depends on it."""
    kept = msgspec.structs.replace(state, commands=state.commands[-HISTORY:], filters=state.filters[-HISTORY:])
    with contextlib.suppress(OSError):
        write_private(path or state_dir() / "view.json", msgspec.json.format(msgspec.json.encode(kept)))


def remember(history: list[str], text: str) -> list[str]:
    """Return the history with the text as its newest entry, named once."""
    if not text:
        return history
    return [*[entry for entry in history if entry != text][-(HISTORY - 1) :], text]
