"""One row of the fleet: a typed resource, where it was seen and how it is."""

from __future__ import annotations

from typing import Protocol

import msgspec

from tui.model.place import Scope
from tui.model.status import Status


class Resource(Protocol):
    """What every row struct has."""

    @property
    def id(self) -> str:
        """The resource's id, unique within its service endpoint."""
        ...


class Names(Protocol):
    """Names of other resources that rows refer to by id, learnt in the background per place."""

    def get(self, kind: str, ident: str) -> str | None:
        """Return the label of a resource («ubuntu-24.04»), or None while it is not known."""
        ...


class Entry(msgspec.Struct, eq=False, gc=False):
    """A row in the fleet. Made in a feed's thread; afterwards only the loop's thread touches it.

    `key` is endpoint and id: a server that comes through several scopes is one entry. `scope` is the one whose
    credentials act on it: that of the row's own project where there is one.
    """

    key: str
    scope: Scope
    row: Resource
    status: Status
    names: Names
    also: tuple[Scope, ...] = ()
    """Other scopes that see the same resource."""
    odd: bool = False
    """The answer for it had a shape nobody expects; only id, name and status could be kept."""
    order: str = ""
    """The name as it sorts naturally (web-2 before web-10), made in the feed's thread."""
    haystack: str = ""
    """Lower-case text of every column, made on demand for filters; emptied on change."""

    @property
    def id(self) -> str:
        """The resource's id."""
        return self.row.id

    def label(self, kind: str, ident: str) -> str:
        """Return the name of another resource, or the first 8 characters of its id while its name is not known."""
        if not ident:
            return ""
        return self.names.get(kind, ident) or ident[:8]
