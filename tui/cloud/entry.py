"""An entry of clouds.yaml as the side pane shows it."""

from __future__ import annotations

import msgspec

from tui.model.place import Scope
from tui.model.ssh import Hop
from tui.model.trouble import Trouble


class Prompt(msgspec.Struct, frozen=True):
    """Something that must be typed before an entry can sign in."""

    name: str
    """The auth plugin's option: password, passcode, token …"""
    label: str
    """Heading of the field: «Password of ops at https://…»."""
    secret: bool = True
    """Whether the field is masked."""


class CloudEntry(msgspec.Struct, frozen=True):
    """One entry of clouds.yaml (or the OS_* environment), broken or not.

    Replaced, never changed: `Clouds.entries` gives new ones after discovery, sign-in or a typed password.
    """

    name: str
    regions: tuple[str, ...] = ()
    """Empty until the catalog has told them, where the entry names none."""
    scopes: tuple[Scope, ...] = ()
    trouble: Trouble | None = None
    """Why the entry cannot be used; None when it can (or has not been tried)."""
    prompts: tuple[Prompt, ...] = ()
    """What must be typed before it can sign in."""
    source: str = ""
    """File and line: «clouds.yaml line 31»; «environment» for OS_* variables."""
    user: str = ""
    project: str = ""
    auth_type: str = ""
    auth_url: str = ""
    protected: bool = False
    read_only: bool = False
    alias: str = ""
    """Short name for the CLOUD column, from the settings."""
    tunnels: tuple[tuple[Hop, ...], ...] = ()
    """Jump hosts through which its regions are reached, each chain once."""


class Outline(msgspec.Struct, frozen=True):
    """What the entries were found to lead to: enough to draw the frame before anything is asked. Holds no secret."""

    entries: tuple[CloudEntry, ...] = ()
    rows: dict[str, str] = {}
    """Key of a scope → name under which its rows are kept."""
    narrowed: str = ""

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """All scopes, in the order of the configuration."""
        return tuple({scope.key: scope for entry in self.entries for scope in entry.scopes}.values())
