"""What a token plainly may not do, told before it is tried."""

from __future__ import annotations

from tui.model.entry import Entry
from tui.model.place import Identity

_LOOKING = frozenset({"reader", "load-balancer_observer", "load-balancer_global_observer", "audit"})
"""Roles that read only. Source: Keystone, «Default roles» (`reader`); Octavia, «Default Octavia policies»."""


def only_looks(identity: Identity) -> str:
    """Say why nothing can be changed with these roles, or «» where that is not plain: policy may differ anywhere."""
    if identity.roles and identity.roles <= _LOOKING:
        return f"your role may only look ({', '.join(sorted(identity.roles))})"
    return ""


def cannot_create(entry: Entry | None, identity: Identity) -> str:
    """Say why nothing can be made in this scope: `off` of creations."""
    if identity.system:
        return "your token is for the whole system, and what is made belongs to a project: choose one with :project"
    return only_looks(identity)


def cannot_change(entry: Entry, identity: Identity) -> str:
    """Say why a row cannot be changed with these roles: `off` of everything that has no further reason."""
    return only_looks(identity)
