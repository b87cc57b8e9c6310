"""The user's settings: `settings.toml`, checked, with every mistake named by file and line."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from tui.config.paths import config_dir
from tui.model.trouble import Cause, Trouble, TroubleError

Seconds = Annotated[float, msgspec.Meta(ge=0.1, le=86_400)]
Minutes = Annotated[float, msgspec.Meta(ge=0, le=10_080)]


class Timeouts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds a request may take."""

    connect: Seconds = 5.0
    """Until the connection stands."""
    list: Seconds = 60.0
    """Between two reads of a list's answer."""
    other: Seconds = 30.0
    """Between two reads of any other answer."""


class Intervals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds between two polls of a feed."""

    visible: Seconds = 5.0
    """Of rows on the screen."""
    moving: Seconds = 1.5
    """While a row there is in transition."""
    background: Seconds = 45.0
    """Of what is not on the screen but kept fresh."""
    unfocused: Seconds = 30.0
    """While the terminal has no focus."""
    unfocused_moving: Seconds = 5.0
    """The same while a row is in transition."""
    idle_minutes: Minutes = 15.0
    """Minutes without a key after which nothing is polled; 0: never."""


class CloudSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the user says about one entry of clouds.yaml."""

    protected: bool = False
    """Every change asks for the name or the count to be typed."""
    read_only: bool = False
    """Nothing that changes anything is sent."""
    alias: str = ""
    """Short name for the CLOUD column."""
    colour: Literal["", "accent", "notice", "alarm"] = ""
    """Token of the badge in the header."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings with their defaults."""

    theme: str = ""
    """Name of the theme; empty: stackdeck-dark, or mono with NO_COLOR."""
    ascii: Literal["auto", "on", "off"] = "auto"
    """Whether marks and lines are drawn in ASCII."""
    mouse: bool = True
    """Whether the mouse is used."""
    timeouts: Timeouts = Timeouts()
    """Seconds a request may take."""
    intervals: Intervals = Intervals()
    """Seconds between two polls."""
    keymap: dict[str, str] = {}
    """Command name → key."""
    clouds: dict[str, CloudSettings] = {}
    """Entry of clouds.yaml → what is special about it."""
    filters: dict[str, str] = {}
    """Saved filters: name → text."""

    def cloud(self, name: str) -> CloudSettings:
        """Return what is special about an entry; the defaults where nothing is."""
        return self.clouds.get(name, CloudSettings())


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings file; defaults where there is none. Raises TroubleError (CONFIG) naming file and line."""
    file = path or config_dir() / "settings.toml"
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        if path is not None:
            raise _trouble(file, 0, "There is no such file") from None
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise _trouble(file, 0, str(error)) from error
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise _trouble(file, int(line[1]) if line else 0, str(error)) from error
    try:
        return msgspec.convert(tree, Settings)
    except msgspec.ValidationError as error:
        line_number, key = _locate(text, str(error))
        raise _trouble(file, line_number, *_explain(str(error), key)) from error


def _trouble(file: Path, line: int, said: str, hint: str = "") -> TroubleError:
    place = f"{file} line {line}" if line else str(file)
    return TroubleError(
        Trouble(cause=Cause.CONFIG, title=f"{place}: {said}", short="settings", source=place, said=said, hint=hint)
    )


def _path(message: str) -> list[str]:
    """Read the keys of msgspec's «… - at `$.clouds[...].aliass`», without the root."""
    found = re.search(r"at `\$([^`]*)`", message)
    keys = re.findall(r"[A-Za-z0-9_-]+", found[1]) if found else []
    unknown = re.search(r"unknown field `([^`]*)`", message)
    return [*keys, unknown[1]] if unknown else keys


def _locate(text: str, message: str) -> tuple[int, str]:
    """Find the line that the last key of the message's path stands on: (line, key); (0, key) when it is not found."""
    path = _path(message)
    if not path:
        return 0, ""
    key, table = path[-1], path[0] if len(path) > 1 else ""
    inside = not table
    named = re.compile(rf"""(^|[{{,]\s*)["']?{re.escape(key)}["']?\s*=""")
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("["):
            heads = [part.strip("\"' ") for part in stripped.strip("[] ").split(".")]
            inside = not table or heads[0] == table
            if inside and heads[-1] == key:
                return number, key
        elif inside and named.search(stripped):
            return number, key
    return 0, key


def _explain(message: str, key: str) -> tuple[str, str]:
    """Say it in words and offer the nearest known key: (what, hint)."""
    if "unknown field" in message:
        known = _known_keys(_path(message)[:-1])
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(sorted(known))}."
        return f"there is no setting «{key}»", hint
    return f"{key}: {message.split(' - at ')[0]}", ""


def _known_keys(path: list[str]) -> list[str]:
    structs: dict[str, Any] = {"timeouts": Timeouts, "intervals": Intervals, "clouds": CloudSettings}
    return [field.name for field in msgspec.structs.fields(structs[path[0]] if path else Settings)]
