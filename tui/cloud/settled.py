"""What the configuration says of an entry, whoever read it: openstacksdk now, or the cache of an earlier run."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tui.cloud.entry import Prompt
from tui.cloud.region import Region
from tui.model.trouble import Cause, Trouble, TroubleError


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """The settings of an entry in one region. `repr` leaves out what may hold secrets."""

    region: Region
    prompts: tuple[Prompt, ...]
    """What must be typed before it can sign in."""
    secrets: Callable[[], tuple[Mapping[str, Any], Any]]
    """Return the options of the sign-in, secrets included, and keystoneauth1's loader for them. Imports the SDK."""
    whole: Callable[[], Mapping[str, Any]]
    """Return the SDK's whole resolved configuration. Imports the SDK."""
    plugin: Callable[[], Any]
    """Return the SDK's own auth plugin, for auth types without Keystone. Imports the SDK."""
    seal: str = ""
    """Salted digest of the sign-in's options; empty where it has to be computed from `secrets`."""

    def __repr__(self) -> str:
        """Leave the settings out."""
        return f"Settled({self.region.region_name()})"


class Configuration(Protocol):
    """All entries. Made by `tui.cloud.source` (the SDK) or `tui.cloud.config_cache` (an earlier run)."""

    @property
    def file(self) -> str:
        """The clouds.yaml in use; empty when there is none."""
        ...

    @property
    def preset(self) -> str:
        """What OS_CLOUD says."""
        ...

    def names(self) -> tuple[str, ...]:
        """Names of all entries, the environment's last."""
        ...

    def where(self, name: str) -> str:
        """File and line of an entry."""
        ...

    def regions(self, name: str) -> tuple[str, ...]:
        """Regions that an entry names. Raises ValueError and what the SDK raises."""
        ...

    def settle(self, name: str, region: str) -> Settled:
        """Return the settings of an entry in a region. Raises what the SDK raises."""
        ...

    def point(self, name: str, project: Mapping[str, str]) -> None:
        """Point an entry at another project: options that replace those of the configuration."""
        ...

    def is_pointed(self, name: str) -> bool:
        """Whether an entry was pointed at another project."""
        ...


def select(source: Configuration, only: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """Return the names of the entries to show, and the environment variable that hides others, if one does.

    Raises TroubleError (CONFIG) for a name that no entry has.
    """
    names = source.names()
    if only == ("*",):
        return names, ""
    narrowed = ""
    preset = source.preset
    if not only and preset:
        only, narrowed = (preset,), f"OS_CLOUD={preset}"
    for name in only:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=3, cutoff=0.4)
            listed = ", ".join(near or names[:8])
            raise TroubleError(
                Trouble(
                    cause=Cause.CONFIG,
                    title=f"There is no cloud called {name}" + (" (OS_CLOUD)" if narrowed else ""),
                    short="no cloud",
                    source=source.file,
                    hint=f"{'Nearest' if near else 'There are'}: {listed}.",
                )
            )
    return tuple(name for name in names if not only or name in only), narrowed if len(names) > 1 else ""
