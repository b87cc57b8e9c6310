"""Where things are: places, scopes and who we are there."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Reach(StrEnum):
    """How far a scope sees."""

    PROJECT = "project"
    SYSTEM = "system"


class Place(msgspec.Struct, frozen=True, order=True):
    """One Keystone in one region: the unit of REST.

    `auth_url` is normalised (no trailing slash, no `/v3`); `region` is empty until the catalog has told the regions of
    an entry that names none.
    """

    auth_url: str
    region: str
    via: str = ""
    """Label of the jump hosts on the way: behind others the same private address is another cloud."""


class Scope(msgspec.Struct, frozen=True):
    """A place with a project (or the system): what one token reaches, and what one feed polls.

    `clouds` are the names of every clouds.yaml entry that leads here, in the file's order; the first one's credentials
    are used. `key` tells scopes apart: it is stable over runs and holds nothing secret.
    """

    key: str
    place: Place
    clouds: tuple[str, ...]
    project: str = ""
    """Name or id of the project as configured; empty when the configuration leaves it open."""
    reach: Reach = Reach.PROJECT

    @property
    def cloud(self) -> str:
        """The name that the CLOUD column shows."""
        return self.clouds[0]

    @property
    def region(self) -> str:
        """The name that the REGION column shows."""
        return self.place.region

    @property
    def label(self) -> str:
        """Cloud and region in one, for messages and the PLACE column."""
        return f"{self.cloud} {self.region}".rstrip()


class Identity(msgspec.Struct, frozen=True):
    """Who a token says we are: user, project, roles. Known only after signing in."""

    user: str = ""
    user_domain: str = ""
    project_id: str = ""
    project: str = ""
    roles: frozenset[str] = frozenset()
    system: bool = False
    expires_at: float = 0.0
    """Epoch seconds."""


class Project(msgspec.Struct, frozen=True):
    """A project that the user may switch to."""

    id: str
    name: str
    domain: str = ""
    enabled: bool = True
