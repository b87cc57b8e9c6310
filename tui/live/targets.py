"""What an action is done to: copies that no poll changes, of which kind they are, and how they are read anew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import msgspec

from tui.cloud import Api, Clouds, trouble_of
from tui.model.amount import count
from tui.model.entry import Entry
from tui.model.place import Reach, Scope
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.resources.action import Action, End
from tui.resources.kind import Kind
from tui.resources.registry import KINDS

ELSEWHERE = frozenset({Cause.SIGN_IN, Cause.FORBIDDEN, Cause.NOT_FOUND, Cause.NO_SERVICE, Cause.CONFIG, Cause.ASK})
"""Causes after which other credentials that see the row may do better."""


def fixed(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Copy entries, each once: the fleet alters its own in place. On the loop's thread."""
    return tuple({entry.key: msgspec.structs.replace(entry) for entry in entries}.values())


def kind_of_entry(entry: Entry) -> Kind:
    """Return the kind of a row."""
    return next(kind for kind in KINDS.values() if isinstance(entry.row, kind.row))


def kind_of_action(ident: str) -> Kind | None:
    """Return the kind whose action it is."""
    return next((kind for kind in KINDS.values() for action in kind.actions if action.id == ident), None)


def name_of(entry: Entry) -> str:
    """Return the name of a row (hostile text)."""
    return kind_of_entry(entry).name(entry.row)


def noun(kind: Kind | None, number: int, other: str = "rows") -> str:
    """Return what so many of a kind are called within a sentence: «server», «floating IPs»."""
    many = kind.title if kind is not None else other
    many = many if many[1:2].isupper() else many[:1].lower() + many[1:]
    return many.removesuffix("s") if number == 1 else many


def counted(kind: Kind | None, number: int) -> str:
    """Return number and noun: «1 server», «1,284 servers»."""
    return f"{count(number)} {noun(kind, number)}"


def read(clouds: Clouds, entry: Entry) -> tuple[Api, Entry]:
    """Read a row anew, by the credentials of its own project first. Blocking; raises TroubleError of the first try.

    Returns the API that could, and a copy of the entry as it is now, in the scope that could.
    """
    first: TroubleError | None = None
    for scope in (entry.scope, *entry.also):
        if scope.reach is Reach.SYSTEM and first is None and entry.also:
            # A system's token sees servers and changes none.
            continue
        try:
            return _read_by(clouds, scope, entry)
        except TroubleError as error:
            first = first or error
            if error.trouble.cause not in ELSEWHERE:
                break
    if first is None:
        return _read_by(clouds, entry.scope, entry)
    raise first


def raw_of(api: Api, kind: Kind, ident: str) -> dict[str, Any]:
    """Return one resource as the service sends it in a list's shape. Raises TroubleError."""
    read = kind.read
    path = (read.item_path or f"{read.path}/{{id}}").replace("{id}", quote(ident, safe=""))
    reply = api.get(read.service, path, microversion=read.microversion)
    return api.decoded(read.service, reply, read.item_key)


def row_of(kind: Kind, raw: dict[str, Any], where: str) -> dict[str, Any]:
    """Return row and status of a raw resource, as an `Entry` takes them. Raises TroubleError where it has no shape."""
    try:
        row = msgspec.convert(raw, kind.row, strict=False)
        return {"row": row, "status": kind.status(row)}
    except (msgspec.ValidationError, TypeError, ValueError, AttributeError) as error:
        title = f"The answer for it has a shape nobody expects: {error}"
        raise TroubleError(Trouble(cause=Cause.NONSENSE, title=title, short="shape", where=where)) from error


def _read_by(clouds: Clouds, scope: Scope, entry: Entry) -> tuple[Api, Entry]:
    api, kind = clouds.api(scope), kind_of_entry(entry)
    found = row_of(kind, raw_of(api, kind, entry.id), scope.label)
    return api, msgspec.structs.replace(entry, scope=scope, haystack="", **found)


def told(error: Exception, scope: Scope) -> Trouble:
    """Return any error as a trouble."""
    return error.trouble if isinstance(error, TroubleError) else trouble_of(error, scope=scope)


def destroys(action: Action) -> bool:
    """Whether its good end is that the target is not there any more."""
    return action.end is End.GONE or action.id.rpartition(".")[2] in {"delete", "release"}


def changes(before: Entry, now: Entry, *, strict: bool) -> str:
    """Return what changed of a row since it was agreed to act on it, as a sentence; «» when nothing that matters did.

    `strict`: another state is a change too.
    """
    kind = kind_of_entry(before)
    old, new = kind.name(before.row), kind.name(now.row)
    if old != new:
        return f"it was {old} and is called {new} now"
    old, new = kind.project_id(before.row), kind.project_id(now.row)
    if old != new:
        return f"it was of project {old or '–'} and belongs to {new or '–'} now"
    if strict and before.status.word != now.status.word:
        return f"it was {before.status.word} and is {now.status.word} now"
    return ""
