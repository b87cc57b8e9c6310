"""From keys to commands in views that take their keys themselves: the user's keymap, looked up by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tui.config.keymap import ANYWHERE, COMMANDS

Keys = Mapping[str, Sequence[str]]
"""Command id → keys, from `tui.config.keymap.keymap`."""


def default_keys() -> dict[str, tuple[str, ...]]:
    """Return the keymap without the user's changes."""
    return {command.id: command.keys for command in COMMANDS}


def by_key(keys: Keys | None, *views: str) -> dict[str, str]:
    """Return key → command id for the commands that work in one of the views."""
    keys = default_keys() if keys is None else keys
    wanted = {*views, ANYWHERE}
    return {key: command.id for command in COMMANDS if wanted & command.where for key in keys.get(command.id, ())}
