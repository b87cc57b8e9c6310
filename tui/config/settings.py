"""The user's settings: `settings.toml`, checked, with every mistake named by file and line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import msgspec

from tui.config.paths import config_dir
from tui.config.theme import THEMES
from tui.model.ssh import Said, hops
from tui.model.trouble import Cause, Trouble, TroubleError

Seconds = Annotated[float, msgspec.Meta(ge=0.1, le=86_400)]
Minutes = Annotated[float, msgspec.Meta(ge=0, le=10_080)]

FURTHER = "STACKDECK_SSH"
"""Environment variable: a further settings file, such as the demo cloud writes to make its servers reachable."""


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


class Operating(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How actions on many rows are carried out."""

    at_once: Annotated[int, msgspec.Meta(ge=1, le=100)] = 8
    """Rows of one operation that are under way side by side in each place."""


Hops = str | dict[str, str | int] | list[str | dict[str, str | int]]
"""Machines on the way, the nearest first: `"a"`, `"me@a:2222,b"`, `{host, user, port, key}` or a list (model.ssh)."""
Port = Annotated[int, msgspec.Meta(ge=0, le=65_535)]


class Ssh(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How servers are reached by SSH, where a cloud or region says nothing else."""

    users: dict[str, str] = {}
    """Part of an image's name → user name; the longest part that fits counts."""
    timeout: Seconds = 10.0
    """Until a connection stands."""
    at_once: Annotated[int, msgspec.Meta(ge=1, le=500)] = 50
    """Servers on which one command runs side by side."""
    known_hosts: str = ""
    """File of known host keys, read and written; empty: ~/.ssh/known_hosts."""


class RegionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the user says about SSH in one region; what is empty is as in its cloud."""

    ssh_tunnel: Hops = ""
    """Jump hosts through which the APIs are reached."""
    ssh_jump: Hops = ""
    """Jump hosts through which servers are reached; empty: those of `ssh_tunnel`, else what ~/.ssh/config says."""
    ssh_user: str = ""
    ssh_key: str = ""
    """Path of the private key for servers."""
    ssh_port: Port = 0
    """0: 22."""


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
    ssh_tunnel: Hops = ""
    """Jump hosts through which the APIs are reached; as in `ssh_tunnel` of the entry in clouds.yaml."""
    ssh_jump: Hops = ""
    """Jump hosts through which servers are reached; empty: those of `ssh_tunnel`, else what ~/.ssh/config says."""
    ssh_user: str = ""
    ssh_key: str = ""
    """Path of the private key for servers."""
    ssh_port: Port = 0
    """0: 22."""
    regions: dict[str, RegionSettings] = {}
    """Region → what is special about SSH there."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings with their defaults."""

    theme: str = ""
    """Name of the theme; empty: stackdeck-dark, or mono with NO_COLOR."""
    ascii: Literal["auto", "on", "off"] = "auto"
    """Whether marks and lines are drawn in ASCII."""
    mouse: bool = True
    """Whether the mouse is used."""
    painter: Literal["diff", "stock"] = "diff"
    """Who draws: ours, which sends only the cells that changed, or Textual alone."""
    low_bandwidth: Literal["auto", "on", "off"] = "auto"
    """Whether less is sent to the terminal: 256 colours, 10 frames a second, no mouse motion. `auto`: over SSH, once
    the link proves slow."""
    timeouts: Timeouts = Timeouts()
    """Seconds a request may take."""
    intervals: Intervals = Intervals()
    """Seconds between two polls."""
    operations: Operating = Operating()
    """How actions on many rows are carried out."""
    ssh: Ssh = Ssh()
    """How servers are reached by SSH."""
    row_cache: bool = True
    """Whether the last known rows are kept in the cache directory and shown at the next start."""
    row_cache_mb: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 64
    """Megabytes that they may take; what was not used for longest goes."""
    keymap: dict[str, str] = {}
    """Command name → key."""
    clouds: dict[str, CloudSettings] = {}
    """Entry of clouds.yaml → what is special about it."""
    filters: dict[str, str] = {}
    """Saved filters: name → text."""

    def cloud(self, name: str) -> CloudSettings:
        """Return what is special about an entry; the defaults where nothing is."""
        return self.clouds.get(name, CloudSettings())

    def region(self, name: str, region: str) -> RegionSettings:
        """Return what is said about SSH in a region of an entry; where it says nothing, its cloud's word counts."""
        cloud = self.cloud(name)
        own = cloud.regions.get(region, RegionSettings())
        fields = msgspec.structs.fields(RegionSettings)
        return RegionSettings(**{f.name: getattr(own, f.name) or getattr(cloud, f.name) for f in fields})


def load_settings(path: Path | None = None) -> Settings:
    """Read the settings file; defaults where there is none. Raises TroubleError (CONFIG) naming file and line.

    Without a path the user's own is read, and over it what the file of `STACKDECK_SSH` says of SSH and of clouds.
    """
    settings = _read(path)
    further = os.environ.get(FURTHER) if path is None else None
    if not further:
        return settings
    more = _read(Path(further))
    said = {f.name: getattr(more.ssh, f.name) for f in msgspec.structs.fields(Ssh)}
    own = {f.name: getattr(settings.ssh, f.name) for f in msgspec.structs.fields(Ssh)}
    ssh = Ssh(**{name: value if value != getattr(Ssh(), name) else own[name] for name, value in said.items()})
    return msgspec.structs.replace(settings, ssh=ssh, clouds={**settings.clouds, **more.clouds})


def _read(path: Path | None) -> Settings:
    file = path or config_dir() / "settings.toml"
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        if path is not None:
            raise _trouble(file, 0, "There is no such file") from None
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise _trouble(file, 0, str(error)) from error
    import tomllib  # here, since a start without settings needs none of it

    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise _trouble(file, int(line[1]) if line else 0, str(error)) from error
    try:
        settings = msgspec.convert(tree, Settings)
    except msgspec.ValidationError as error:
        keys = _culprit(tree)
        raise _trouble(file, _line(text, keys), *_explain(tree, keys, str(error))) from error
    for keys, said in _said_hops(settings):
        try:
            hops(cast(Said, said))
        except ValueError as error:
            raise _trouble(file, _line(text, keys), f"{keys[-1]}: {error}") from error
    if settings.theme and settings.theme not in THEMES:
        known = f"There are: {', '.join(THEMES)}."
        raise _trouble(file, _line(text, ("theme",)), f"there is no theme «{settings.theme}»", known)
    return settings


def _said_hops(settings: Settings) -> Iterator[tuple[tuple[str, ...], Hops]]:
    """All jump hosts in the settings with where they stand."""
    for name, cloud in settings.clouds.items():
        parts: list[tuple[tuple[str, ...], CloudSettings | RegionSettings]] = [(("clouds", name), cloud)]
        parts += [(("clouds", name, "regions", region), own) for region, own in cloud.regions.items()]
        for path, part in parts:
            yield (*path, "ssh_tunnel"), part.ssh_tunnel
            yield (*path, "ssh_jump"), part.ssh_jump


def _trouble(file: Path, line: int, said: str, hint: str = "") -> TroubleError:
    place = f"{file} line {line}" if line else str(file)
    return TroubleError(
        Trouble(cause=Cause.CONFIG, title=f"{place}: {said}", short="settings", source=place, said=said, hint=hint)
    )


def _alone(tree: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """The tree with nothing in it but the value at a path."""
    value: Any = tree
    for key in path:
        value = value[key]
    return _nested(path, value)


def _nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    for key in reversed(path):
        value = {key: value}
    return cast(dict[str, Any], value)


def _message(tree: dict[str, Any]) -> str:
    """What is wrong with a tree; empty when nothing is."""
    try:
        msgspec.convert(tree, Settings)
    except msgspec.ValidationError as error:
        return str(error)
    return ""


def _culprit(tree: dict[str, Any]) -> tuple[str, ...]:
    """Path of the first value that is wrong by itself; msgspec tells no keys of mappings with free names."""
    path: tuple[str, ...] = ()
    value: Any = tree
    while isinstance(value, dict) and not _message(_nested(path, {})):
        bad = next((key for key in value if _message(_alone(tree, (*path, key)))), None)
        if bad is None:
            break
        path, value = (*path, bad), value[bad]
    return path


_TYPE = re.compile(r"`([^`]+)`")
_TYPES = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "a text in quotes",
    "object": "a table",
    "array": "a list",
}
"""How a person calls the types that msgspec names."""
_KEY = r"""(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)"""
_ASSIGNED = re.compile(rf"\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*=")
_TABLE = re.compile(rf"\s*\[\[?\s*({_KEY}(?:\s*\.\s*{_KEY})*)\s*\]")


def _line(text: str, path: tuple[str, ...]) -> int:
    """Find the line on which a path is set, or the table or inline table that it stands in; 0 when none is found."""
    table: tuple[str, ...] = ()
    best, found = 0, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if heading := _TABLE.match(line):
            here = table = _parts(heading[1])
        elif assigned := _ASSIGNED.match(line):
            here = (*table, *_parts(assigned[1]))
        else:
            continue
        if len(here) > best and path[: len(here)] == here:
            best, found = len(here), number
    return found


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_KEY, dotted))


def _explain(tree: dict[str, Any], path: tuple[str, ...], whole: str) -> tuple[str, str]:
    """Say it in words and offer the nearest known key: (what, hint)."""
    message = (_message(_alone(tree, path)) if path else "") or whole
    key = path[-1] if path else ""
    if "unknown field" in message:
        import difflib

        known = _known_keys(path)
        near = difflib.get_close_matches(key, known, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Known here: {', '.join(sorted(known))}."
        return f"there is no setting «{key}»", hint
    said = _TYPE.sub(lambda found: _TYPES.get(found[1], found[1]), message.split(" - at ")[0])
    return f"{key}: {said[:1].lower()}{said[1:]}", ""


def _known_keys(path: tuple[str, ...]) -> list[str]:
    structs: dict[str, Any] = {
        "timeouts": Timeouts,
        "intervals": Intervals,
        "operations": Operating,
        "ssh": Ssh,
        "clouds": CloudSettings,
    }
    if len(path) > 3 and path[0] == "clouds" and path[2] == "regions":
        return [field.name for field in msgspec.structs.fields(RegionSettings)]
    return [field.name for field in msgspec.structs.fields(structs[path[0]] if len(path) > 1 else Settings)]
