"""The user's settings: `settings.toml`, checked, with every mistake named by file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec


class Timeouts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds a request may take."""

    connect: float = 5.0
    """Until the connection stands."""
    list: float = 60.0
    """Between two reads of a list's answer."""
    other: float = 30.0
    """Between two reads of any other answer."""


class Intervals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds between two polls of a feed."""

    visible: float = 5.0
    """Of rows on the screen."""
    moving: float = 1.5
    """While a row there is in transition."""
    background: float = 45.0
    """Of what is not on the screen but kept fresh."""
    unfocused: float = 30.0
    """While the terminal has no focus."""
    unfocused_moving: float = 5.0
    """The same while a row is in transition."""
    idle_minutes: float = 15.0
    """Minutes without a key after which nothing is polled; 0: never."""


class CloudSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the user says about one entry of clouds.yaml."""

    protected: bool = False
    """Every change asks for the name or the count to be typed."""
    read_only: bool = False
    """Nothing that changes anything is sent."""
    alias: str = ""
    """Short name for the CLOUD column."""
    colour: str = ""
    """Token of the badge in the header: notice, alarm, accent, mark."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings with their defaults."""

    theme: str = ""
    """Name of the theme; empty: stackdeck-dark, or mono with NO_COLOR."""
    ascii: Literal["auto", "on", "off"] = "auto"
    """Whether marks and lines are drawn in ASCII."""
    mouse: bool = True
    """Whether the mouse is used."""
    timeouts: Timeouts = Timeouts()
    intervals: Intervals = Intervals()
    keymap: dict[str, str] = {}
    """Command name → key."""
    clouds: dict[str, CloudSettings] = {}
    """Entry of clouds.yaml → what is special about it."""
    filters: dict[str, str] = {}
    """Saved filters: name → text."""


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings file; defaults where there is none. Raises TroubleError naming file and line."""
    raise NotImplementedError
