"""The SDK's resolved configuration, kept without secrets, so that a start does not import the SDK.

Named by the environment it was read in; good while every file that was read, or looked for, is as it was. Whatever
is in doubt is not kept, and what is not kept is asked of the SDK.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from tui import __version__
from tui.cloud.entry import Outline, Prompt
from tui.cloud.region import Region
from tui.cloud.settled import Configuration, Settled
from tui.config.cache import CONFIG, Stamp, Store, stamp
from tui.config.settings import Settings
from tui.model.secret import is_secret_key, without_secrets

T = TypeVar("T")

FORM = 2
"""Raised whenever what is kept changes its shape or meaning."""
MOST = 4_000_000
"""Bytes of all kept configurations together."""

_AUTH = frozenset(
    {
        "auth_url", "username", "user_id", "user_domain_id", "user_domain_name", "project_id", "project_name",
        "project_domain_id", "project_domain_name", "tenant_id", "tenant_name", "domain_id", "domain_name",
        "default_domain", "default_domain_id", "default_domain_name", "system_scope", "trust_id",
        "application_credential_id", "application_credential_name",
    }
)  # fmt: skip
"""Options under `auth:` that say who and where; nothing else of it is kept."""
_WHOLE = frozenset(
    {
        "auth_type", "region_name", "interface", "verify", "insecure", "cacert", "cert", "key", "api_timeout",
        "profile", "floating_ip_source", "ssh_tunnel",
    }
)  # fmt: skip
_ENDS = (
    "_api_version", "_default_microversion", "_service_type", "_service_name", "_endpoint_override", "_endpoint",
    "_region_name", "_interface",
)  # fmt: skip
_SIGNED = frozenset({"password", "v3password", "token", "v3token", "v3applicationcredential", "v3totp"})
"""Auth types whose settings are known well enough to be kept; others go through the SDK at every start."""
_ENVIRONMENT = ("OS_", "XDG_CONFIG_", "XDG_CACHE_", "XDG_DATA_", "SNAP")
"""Variables that decide what is read; not all of XDG_: a session's number is another one at each login."""


class KeptRegion(msgspec.Struct, array_like=True):
    """An entry in one region."""

    config: dict[str, Any]
    prompts: list[tuple[str, str, bool]]
    seal: str


class KeptEntry(msgspec.Struct, array_like=True):
    """One entry."""

    where: str
    named: list[str] | None = None
    """Regions that it names itself; None while that was not asked."""
    regions: dict[str, KeptRegion] = {}


class Kept(msgspec.Struct, array_like=True):
    """What one reading of the configuration brought."""

    form: int
    version: str
    stamps: list[Stamp]
    file: str
    preset: str
    names: list[str]
    """All entries, also those of which nothing else is kept."""
    entries: dict[str, KeptEntry]
    outlines: dict[str, Outline] = {}
    """What the options of a command line led to: the side pane of the next start's first frame."""


OUTLINES = 8
"""Command lines whose outline is kept."""
_KEPT = msgspec.msgpack.Decoder(Kept)


class ConfigCache:
    """Finds and keeps configurations. Every failure means «nothing kept»."""

    def __init__(self, store: Store | None = None) -> None:
        self._store = store or Store(CONFIG, MOST)

    @property
    def store(self) -> Store:
        """Where they are kept."""
        return self._store

    def load(self) -> Kept | None:
        """Return the configuration of this environment, if nothing that it was read from has changed since."""
        data = self._store.load(self._name())
        if data is None:
            return None
        try:
            kept = _KEPT.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        good = kept.form == FORM and kept.version == _version()
        return kept if good and all(stamp(each[0]) == tuple(each) for each in kept.stamps) else None

    def save(self, kept: Kept) -> bool:
        """Keep a configuration; returns whether it is kept."""
        return self._store.store(self._name(), msgspec.msgpack.encode(kept))

    def _name(self) -> str:
        """Name this environment: variables (some are passwords: salted), working directory, home and user."""
        variables = sorted((key, value) for key, value in os.environ.items() if key.startswith(_ENVIRONMENT))
        try:
            here = str(Path.cwd())
        except OSError:
            return ""
        return self._store.name(FORM, os.getuid(), here, os.environ.get("HOME"), sys.executable, variables)


class KeptConfiguration:
    """A kept configuration in use. The SDK is asked, and imported, for everything that it does not hold."""

    def __init__(self, kept: Kept, sdk: Callable[[], Configuration]) -> None:
        self._kept = kept
        self._sdk = sdk
        self._source: Configuration | None = None
        self._pointed: set[str] = set()
        self._lock = threading.RLock()

    @property
    def file(self) -> str:
        """The clouds.yaml in use."""
        return self._kept.file

    @property
    def preset(self) -> str:
        """What OS_CLOUD says."""
        return self._kept.preset

    def names(self) -> tuple[str, ...]:
        """Names of all entries."""
        return tuple(self._kept.names)

    def where(self, name: str) -> str:
        """File and line of an entry."""
        found = self._kept.entries.get(name)
        return found.where if found is not None else self._true(lambda source: source.where(name))

    def regions(self, name: str) -> tuple[str, ...]:
        """Regions that an entry names."""
        found = self._kept.entries.get(name)
        if found is None or found.named is None or name in self._pointed:
            return self._true(lambda source: source.regions(name))
        return tuple(found.named)

    def settle(self, name: str, region: str) -> Settled:
        """Return the settings of an entry in a region, without its secrets."""
        entry = self._kept.entries.get(name)
        found = entry.regions.get(region) if entry is not None and name not in self._pointed else None
        if found is None:
            return self._true(lambda source: source.settle(name, region))
        return Settled(
            region=Region(found.config),
            prompts=tuple(Prompt(*prompt) for prompt in found.prompts),
            secrets=lambda: self._true(lambda source: source.settle(name, region).secrets()),
            whole=lambda: self._true(lambda source: source.settle(name, region).whole()),
            plugin=lambda: self._true(lambda source: source.settle(name, region).plugin()),
            seal=found.seal,
        )

    def point(self, name: str, project: Mapping[str, str]) -> None:
        """Point an entry at another project: that the SDK resolves."""
        self._pointed.add(name)
        self._true(lambda source: source.point(name, project))

    def is_pointed(self, name: str) -> bool:
        """Whether an entry was pointed at another project."""
        return name in self._pointed

    def _true(self, ask: Callable[[Configuration], T]) -> T:
        """Ask the SDK; one thread at a time, as it was made."""
        with self._lock:
            if self._source is None:
                self._source = self._sdk()
            return ask(self._source)


class Recorder:
    """Notes what a configuration said while it is used, and keeps it. Implements `tui.cloud.build.Record`."""

    def __init__(self, cache: ConfigCache, source: Configuration, stamps: Iterable[Stamp], kept: Kept | None) -> None:
        self._cache = cache
        self._source = source
        self._doubtful: set[str] = set()
        self._changed = kept is None
        self._lock = threading.Lock()
        self._kept = kept or Kept(FORM, _version(), list(stamps), source.file, source.preset, list(source.names()), {})

    def note(self, name: str, named: tuple[str, ...] | None, region: str, settled: Settled, seal: str) -> None:
        """Take note of an entry's settings in a region."""
        with self._lock:
            self._note(name, named, region, settled, seal)

    def outline(self, key: str, found: Outline) -> None:
        """Take note of what a command line led to."""
        with self._lock:
            if self._kept.outlines.get(key) != found:
                self._kept.outlines.pop(key, None)
                self._kept.outlines[key] = found
                while len(self._kept.outlines) > OUTLINES:
                    del self._kept.outlines[next(iter(self._kept.outlines))]
                self._changed = True

    @property
    def stamps(self) -> tuple[Stamp, ...]:
        """The files that the configuration was read from, and those that were looked for."""
        return tuple(self._kept.stamps)

    def save(self) -> None:
        """Keep what was noted, if it is news."""
        with self._lock:
            if self._changed and self._kept.entries:
                self._changed = not self._cache.save(self._kept)

    def _note(self, name: str, named: tuple[str, ...] | None, region: str, settled: Settled, seal: str) -> None:
        entry = self._kept.entries.get(name)
        if name in self._doubtful or (settled.seal and entry is not None and region in entry.regions):
            return
        config = without_doubt(settled.region.config)
        if config is None:
            self._doubtful.add(name)
            if self._kept.entries.pop(name, None) is not None:
                self._changed = True
            return
        if entry is None:
            entry = self._kept.entries[name] = KeptEntry(self._source.where(name))
        if named is not None:
            entry.named = list(named)
        prompts = [(prompt.name, prompt.label, prompt.secret) for prompt in settled.prompts]
        entry.regions[region] = KeptRegion(config, prompts, seal)
        self._changed = True


def outline_key(only: Sequence[str], regions: Sequence[str], project: str, read_only: bool, settings: Settings) -> str:
    """Name a command line: everything that the outline depends on beside the configuration."""
    clouds = sorted(settings.clouds.items())
    region = os.environ.get("OS_REGION_NAME", "")
    text = repr((tuple(only), tuple(regions), project, read_only, clouds, region))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def without_doubt(config: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the part of a resolved configuration that may be kept; None when some of it may hold a secret."""
    auth = config.get("auth") or {}
    if config.get("auth_type") not in _SIGNED or str(config.get("profile") or "").startswith("http"):
        return None
    found = {
        key: value
        for key, value in config.items()
        if key in _WHOLE or key.startswith("has_") or (key.endswith(_ENDS) and not is_secret_key(key))
    }
    found["auth"] = {key: value for key, value in auth.items() if key in _AUTH and not key.startswith("password")}
    return found if all(_is_plain(value) for value in (*found.values(), *found["auth"].values())) else None


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return True  # the mapping under auth, whose values are looked at one by one
    if isinstance(value, list):
        return all(isinstance(each, str | None) for each in value)
    if isinstance(value, str):
        if "://" in value and "@" in urlsplit(value).netloc:
            return False
        return without_secrets(value) == value
    return value is None or isinstance(value, bool | int | float)


def stamps_of(candidates: Iterable[str], profiles: Iterable[str]) -> list[Stamp]:
    """Return how all files are now that the SDK reads or looks for, its own code and vendor profiles included."""
    paths = [str(Path(path).absolute()) for path in candidates]
    spec = importlib.util.find_spec("openstack")
    if spec is not None and spec.origin:
        paths.append(spec.origin)
        vendors = Path(spec.origin).parent / "config" / "vendors"
        paths += [str(vendors / f"{name}.{end}") for name in profiles for end in ("yaml", "json") if _is_name(name)]
    return [stamp(path) for path in dict.fromkeys(paths)]


def _is_name(profile: str) -> bool:
    return bool(profile) and "/" not in profile


def _version() -> str:
    return f"{__version__} {sys.version_info[0]}.{sys.version_info[1]}"
