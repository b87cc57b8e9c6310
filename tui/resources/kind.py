"""What a kind is made of: everything that table, filter, help, describe, `get` and keys need to know about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec

from tui.model.column import Column
from tui.model.entry import Entry
from tui.model.read import Params, Read
from tui.model.status import Status

if TYPE_CHECKING:
    from tui.resources.action import Action

Raw = Mapping[str, Any]
"""A resource as the service sent it."""


class Line(msgspec.Struct, frozen=True):
    """One line of a describe section; `ink` is a token of LOOK.md."""

    label: str
    text: str
    ink: str = "text"


class Section(msgspec.Struct, frozen=True):
    """A group of lines under a bold heading."""

    title: str
    lines: tuple[Line, ...]
    count: int | None = None


class Extra(msgspec.Struct, frozen=True):
    """A further read when a row is opened; its answer is handed to `describe` by `name`."""

    name: str
    service: str
    path: str
    """With `{id}`."""
    key: str
    microversion: str = ""
    params: Params = ()
    """Values may hold `{id}`."""


class Lookup(msgspec.Struct, frozen=True):
    """How names of another kind are learnt for the ids that rows hold: a few calls for all, never one per row."""

    kind: str
    service: str
    path: str
    key: str
    ids: Callable[[Any], Iterable[str]]
    """Ids in a row."""
    query: Callable[[Sequence[str]], Params]
    """Parameters that ask for just these ids; an empty answer asks for the whole list."""
    label: Callable[[Raw], str]
    batch: int = 50
    microversion: str = ""
    fallback: str = ""
    """Another path to try when policy forbids the first."""


class Supplement(msgspec.Struct, frozen=True):
    """Lists of another service that complete rows whose own list lags (Nova does not bump `updated` for addresses)."""

    name: str
    service: str
    path: str
    key: str
    params: Params = ()
    by: str = ""
    """Parameter that restricts the list to given row ids (repeated); empty: the whole list is asked for."""


class Jump(msgspec.Struct, frozen=True):
    """From a row to the rows of another kind that it refers to."""

    title: str
    kind: str
    matches: Callable[[Entry, Entry], bool]
    """Whether the other entry (second) is meant by this one (first)."""


class Use(msgspec.Struct, frozen=True):
    """From a row to the rows of another kind that use it."""

    title: str
    kind: str
    matches: Callable[[Entry, Entry], bool] | None = None
    """Whether the other entry (second) uses this one (first), from what is loaded."""
    via: Extra | None = None
    """Where rows do not tell: a read whose items name the users."""
    users: Callable[[Raw], str] | None = None
    """The user's id in an item of `via`."""


class Find(msgspec.Struct, frozen=True):
    """How `:find` asks a service for one text. Each gives parameters, or None where it does not apply."""

    service: str
    path: str
    key: str
    query: Callable[[str], Params | None]
    ident: Callable[[Raw], str] = lambda raw: str(raw.get("id") or "")
    """Id of the resource of this kind that the found item stands for (a port's device_id)."""
    microversion: str = ""
    all_projects: Params = ()


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A sort of resource. One entry of the registry; no screen knows any kind by name."""

    id: str
    """Singular, as the `openstack` command says: server, image, flavor, network."""
    plural: str
    title: str
    """Heading: Servers."""
    group: str
    """Group of the side pane: Compute, Storage, Network, Identity."""
    what: str
    """One line for `:` and help."""
    aliases: tuple[str, ...] = ()
    row: type[msgspec.Struct]
    read: Read
    columns: tuple[Column, ...]
    """Its own columns in display order, without CLOUD, REGION and PLACE, which every table has."""
    status: Callable[[Any], Status]
    name: Callable[[Any], str]
    project_id: Callable[[Any], str] = lambda row: ""
    sort: str = "name"
    """Column that sorts by default."""
    describe: Callable[[Entry, Raw | None, Mapping[str, Any]], tuple[Section, ...]]
    """Sections from the entry at once, from the whole resource and the extras once they came."""
    extras: tuple[Extra, ...] = ()
    detail: Callable[[Entry], str]
    """The line under the table for a healthy row: image, flavor, zone …"""
    lookups: tuple[Lookup, ...] = ()
    supplements: tuple[Supplement, ...] = ()
    complete: Callable[[Any, Mapping[str, Any]], Any] | None = None
    """(row, {supplement: items by owner}) -> row, pure; see `Supplement`."""
    digest: Callable[[Mapping[str, Sequence[Raw]]], Mapping[str, Any]] | None = None
    """Turns the raw supplement lists into what `complete` takes, keyed by row id."""
    jumps: tuple[Jump, ...] = ()
    uses: tuple[Use, ...] = ()
    finds: tuple[Find, ...] = ()
    copies: tuple[tuple[str, Callable[[Entry], str]], ...] = ()
    """Further things to copy, title and text; name, id and the CLI command are always offered."""
    secret: frozenset[str] = frozenset()
    """Keys of the raw resource that are hidden until revealed (user_data, adminPass)."""
    deeds: str = ""
    """Where its actions are: «tui.resources.server_actions:SERVER_ACTIONS»; empty where there are none."""
    transitional: float = 0.0
    """Seconds between polls while a row moves; 0: no faster than usual."""

    @property
    def actions(self) -> tuple[Action, ...]:
        """What may be done to rows of this kind, in the order of the menu. Imported on first use: lists need none."""
        return _actions(self.deeds)

    @property
    def many(self) -> str:
        """The plural in a sentence: «floating IPs»."""
        return self.title[:1].lower() + self.title[1:]

    @property
    def one(self) -> str:
        """The singular in a sentence, and, in small letters, what the `openstack` command calls it: «floating IP»."""
        return self.many.removesuffix("s")


@cache
def _actions(where: str) -> tuple[Action, ...]:
    module, _, name = where.partition(":")
    return tuple(getattr(import_module(module), name)) if module else ()
