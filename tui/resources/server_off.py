"""Why something cannot be done to a server now: its state, its task, its lock, our role. Each a sentence.

Sources: the guards of Nova's `compute/api.py` (check_instance_state, check_instance_lock) and its default policies. The
row tells enough of them, so a menu needs no request; what only the cloud knows it says when asked (403, 409).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tui.model.entry import Entry
from tui.model.place import Identity
from tui.resources.policy import only_looks
from tui.resources.server_row import Server, server_of

Off = Callable[[Entry, Identity], str]

MEMBER = "member"
MANAGER = "manager"
ADMIN = "admin"
"""Whom Nova's default policies let: members of the project, its managers (role since 2025.1), admins."""

_WAYS = {
    "ACTIVE": "it is running: stop it first",
    "SHUTOFF": "it is off: start it first",
    "PAUSED": "it is paused: unpause it first",
    "SUSPENDED": "it is suspended: resume it first",
    "RESCUE": "it is in rescue mode: unrescue it first",
    "VERIFY_RESIZE": "its resize waits: confirm or revert it first",
    "SHELVED": "it is shelved: unshelve it first",
    "SHELVED_OFFLOADED": "it is shelved: unshelve it first",
    "SOFT_DELETED": "it is deleted: restore it first",
    "DELETED": "it is deleted",
    "BUILD": "it is still being built",
    "ERROR": "it is in ERROR",
    "UNKNOWN": "its state is not known",
}
"""What stands in the way, and the way out."""


def is_admin(identity: Identity) -> bool:
    """Whether some role is an admin's. Clouds name theirs («cloud_admin»); Nova's own is «admin»."""
    return any("admin" in role.lower() for role in identity.roles)


def forbidden(identity: Identity, least: str = MEMBER, rule: str = "") -> str:
    """Return why our role may not, «» where it may or where roles are not known. `rule` is Nova's name of the deed."""
    if identity.system:
        return "a system scope changes no servers: use a project"
    roles = {role.lower() for role in identity.roles}
    if not roles or is_admin(identity):
        return ""
    if least == ADMIN or (least == MANAGER and "manager" not in roles):
        return f"your role may not ({rule})" if rule else "your role may not"
    return only_looks(identity)


def only(
    *statuses: str,
    says: Mapping[str, str] | None = None,
    otherwise: str = "",
    least: str = MEMBER,
    rule: str = "",
    lock: bool = True,
    busy: frozenset[str] | None = frozenset(),
    more: Callable[[Server], str] | None = None,
) -> Off:
    """Return an `off` that lets the given statuses through (none given: any).

    `says` are sentences for single statuses, `otherwise` for all that are left; `busy` are the tasks during which it is
    still allowed, None: any. `lock` is whether a lock stops it; `more` looks at the row at the end.
    """

    def off(entry: Entry, identity: Identity) -> str:
        row = server_of(entry)
        return (
            _unclear(entry, row)
            or forbidden(identity, least, rule)
            or (_locked(row, identity) if lock else "")
            or _wrong_task(row, busy)
            or _wrong_status(row, statuses, says or {}, otherwise)
            or (more(row) if more else "")
        )

    return off


def _unclear(entry: Entry, row: Server) -> str:
    if entry.odd:
        return "its answer has a shape nobody expects"
    if (row.status or "UNKNOWN") == "UNKNOWN":
        return "its state is not known: its cell does not answer"
    return ""


def _locked(row: Server, identity: Identity) -> str:
    # Nova lets an admin's call through (policy os-lock-server:unlock:unlock_override).
    return "it is locked: unlock it first" if row.locked and not is_admin(identity) else ""


def _wrong_task(row: Server, allowed: frozenset[str] | None) -> str:
    if not row.task or allowed is None or row.task in allowed:
        return ""
    return f"it is busy: {row.task}"


def _wrong_status(row: Server, statuses: tuple[str, ...], says: Mapping[str, str], otherwise: str) -> str:
    word = row.status or ""
    if not statuses or word in statuses:
        return ""
    if word in says:
        return says[word]
    return otherwise or _WAYS.get(word) or f"it is {word}, it must be {_either(statuses)}"


def _either(words: tuple[str, ...]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
