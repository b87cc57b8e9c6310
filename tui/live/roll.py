"""All rows of one kind, merged over scopes: one entry per row however many scopes see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Set
from itertools import islice
from typing import NamedTuple, Protocol, cast

import msgspec

from tui.live.ordered import Ordered, Place
from tui.live.tally import Group, Tally
from tui.model.entry import Entry, Names, Resource
from tui.model.place import Scope
from tui.model.status import Health, Status
from tui.resources.kind import Kind

SLICE = 2000
"""Rows put into order at once: 4 ms among 50,000."""


class _Seen(NamedTuple):
    """A row as one scope sees it. Kept only where several scopes see the same one."""

    scope: Scope
    row: Resource
    status: Status
    names: Names
    odd: bool
    order: str


class _Record(Protocol):
    """Where changed keys are noted (`Changes` of the fleet)."""

    added: set[str]
    changed: set[str]
    removed: set[str]
    moved: set[str]
    healths: dict[str, Entry]


_NOBODY: set[str] = set()


def _seen(entry: Entry) -> _Seen:
    return _Seen(entry.scope, entry.row, entry.status, entry.names, entry.odd, entry.order)


def _richness(row: Resource) -> int:
    """Count the fields that an answer filled: an admin's view of a server has more of them than its owner's."""
    values = msgspec.structs.astuple(cast("msgspec.Struct", row))
    return len(values) - values.count(None)


class Roll:
    """Entries of one kind with who sees them. `owns` and `fails` tell of scopes what the fleet knows."""

    def __init__(self, kind: Kind, owns: Callable[[Scope, str], bool], fails: Callable[[str, str], bool]) -> None:
        self.kind = kind
        self.entries: dict[str, Entry] = {}
        self.tally = Tally()
        self.rank: Callable[[str], int] = lambda scope: 0
        """Position of a scope in the configuration."""
        self._owns = owns
        self._fails = fails
        self._keys: dict[str, set[str]] = {}
        """Keys by scope."""
        self._views: dict[str, dict[str, _Seen]] = {}
        """How each scope sees a row, for rows that several see."""
        self._pending: dict[str, set[str]] = {}
        """Keys that a list started anew has not named yet, by scope."""
        self._unlisted: dict[str, dict[str, float]] = {}
        """Keys that full lists miss, by scope, and when they were last listed."""
        self._alone: dict[str, Group] = {}
        self._named = Ordered()
        self._came: dict[Place, Entry] = {}
        self._went: list[Place] = []

    @property
    def scopes(self) -> Set[str]:
        """Keys of all scopes that see rows."""
        return self._keys.keys()

    def named(self) -> Ordered:
        """Return all entries in the order of their names. Not to be changed; the lists in it never are."""
        for _ in self.naming():
            pass
        return self._named

    def naming(self) -> Iterator[None]:
        """Put what came or was renamed into the order of the names, some rows at a time."""
        while self._came or self._went:
            before, self._named = self._named, Ordered()
            self._named.fill(before.places, before.entries)
            part = list(islice(self._came.items(), SLICE))
            for place, _ in part:
                del self._came[place]
            self._named.change(self._went, part)
            self._went = []
            yield

    def take(self, upserts: Iterable[Entry], changes: _Record) -> None:
        """Add rows or bring them up to date."""
        entries, views, pending, changed = self.entries, self._views, self._pending, changes.changed
        came: list[Entry] = []
        for entry in upserts:
            key, scope = entry.key, entry.scope.key
            if pending:
                pending.get(scope, _NOBODY).discard(key)
            known = entries.get(key)
            if known is None:
                entry.also = ()
                entries[key] = entry
                came.append(entry)
                continue
            if came:
                self._welcome(came, changes)
                came = []
            if key in views or known.scope.key != scope:
                self._see(known, entry, changes)
            else:
                self._renew(known, entry, changes)
                changed.add(key)
        self._welcome(came, changes)

    def _welcome(self, came: Iterable[Entry], changes: _Record) -> None:
        """Count in rows that no scope saw before."""
        by_scope: dict[str, list[Entry]] = {}
        for entry in came:
            by_scope.setdefault(entry.scope.key, []).append(entry)
        for scope, entries in by_scope.items():
            alone = self._alone.setdefault(scope, (scope,))
            for (health, word), number in Counter([(one.status.health, one.status.word) for one in entries]).items():
                self.tally.add(alone, health, word, number)
            keys = [entry.key for entry in entries]
            self._keys.setdefault(scope, set()).update(keys)
            changes.added.update(keys)
            self._came.update([(entry.order, entry) for entry in entries])

    def _see(self, known: Entry, entry: Entry, changes: _Record) -> None:
        """Take in how one of several scopes sees a row."""
        key, scope = entry.key, entry.scope.key
        self._keys.setdefault(scope, set()).add(key)
        views = self._views.get(key)
        if views is None:
            views = self._views[key] = {known.scope.key: _seen(known)}
        views[scope] = _seen(entry)
        self._settle(known, views, changes)

    def lose(self, key: str, scope: str, changes: _Record) -> None:
        """Note that a scope does not see a row any more; it is gone when none does."""
        keys = self._keys.get(scope)
        if keys is None or key not in keys:
            return
        entry = self.entries[key]
        views = self._views.get(key)
        if views is None:
            self._count(entry, -1)
            self._leave(entry)
            del self.entries[key]
            changes.removed.add(key)
        else:
            del views[scope]
            self._settle(entry, views, changes)
            if len(views) == 1:
                del self._views[key]
        keys.discard(key)
        self._unlisted.get(scope, {}).pop(key, None)

    def start_over(self, scope: str) -> None:
        """A full list starts: rows that it does not name until `end_over` are gone."""
        self._pending[scope] = set(self._keys.get(scope, ()))

    def end_over(self, scope: str, changes: _Record) -> None:
        """The list is at its end."""
        for key in self._pending.pop(scope, ()):
            self.lose(key, scope, changes)

    def is_pending(self, key: str, scope: str) -> bool:
        """Whether a list that is under way (or still to come) has not named a row yet."""
        return key in self._pending.get(scope, ())

    def drop_scope(self, scope: str, changes: _Record) -> None:
        """Forget all that a scope sees."""
        self._pending.pop(scope, None)
        for key in list(self._keys.get(scope, ())):
            self.lose(key, scope, changes)
        self._keys.pop(scope, None)
        self._unlisted.pop(scope, None)

    def reconsider(self, scope: str, changes: _Record) -> None:
        """Choose owner and content anew for rows that several scopes see: the scope's identity or health changed."""
        for key, views in self._views.items():
            if scope in views:
                self._settle(self.entries[key], views, changes)

    def set_unlisted(self, scope: str, keys: Iterable[str], at: float, changes: _Record) -> None:
        """Say which rows of a scope a full list missed; replaces what was said before."""
        before = self._unlisted.get(scope, {})
        now = {key: before.get(key, at) for key in keys if key in self._keys.get(scope, ())}
        touched = [self.entries[key] for key in before.keys() ^ now.keys() if key in self.entries]
        for entry in touched:
            self._count(entry, -1)
        self._unlisted[scope] = now
        for entry in touched:
            self._count(entry, 1)
            changes.changed.add(entry.key)

    @property
    def misses(self) -> bool:
        """Whether a full list of some scope missed rows."""
        return any(self._unlisted.values())

    def is_unlisted(self, key: str) -> bool:
        """Whether the full lists of all scopes that see a row missed it."""
        return bool(self._unlisted) and key in self.entries and self._hidden(self.entries[key])

    def listed_at(self, key: str) -> float:
        """Return when an unlisted row was last listed; 0.0 for others."""
        return max((missed.get(key, 0.0) for missed in self._unlisted.values()), default=0.0)

    def neighbours(self, scope: str) -> list[str]:
        """Return the other scopes, which may see rows of this one."""
        return [other for other in self._keys if other != scope] if self._views else []

    def forget_texts(self) -> None:
        """Search texts are out of date: names were learnt."""
        for entry in self.entries.values():
            entry.haystack = ""

    def _settle(self, entry: Entry, views: dict[str, _Seen], changes: _Record) -> None:
        """Choose whose credentials act on a row and whose view of it shows; the richest view that is live does."""
        project = self.kind.project_id(entry.row)
        owner = next((seen.scope for seen in views.values() if self._owns(seen.scope, project)), None)
        if owner is None:
            # Public images, flavors, shared networks: the first scope of the configuration, whoever answered first.
            owner = min((seen.scope for seen in views.values()), key=lambda scope: (self.rank(scope.key), scope.key))

        def rank(seen: _Seen) -> tuple[bool, bool, int, bool]:
            live = not self._fails(self.kind.id, seen.scope.key)
            return live, not seen.odd, _richness(seen.row), seen.scope.key == owner.key

        best = max(views.values(), key=rank)
        also = tuple(seen.scope for seen in views.values() if seen.scope.key != owner.key)
        self._put(entry, best._replace(scope=owner), also, changes)

    def _renew(self, entry: Entry, new: Entry, changes: _Record) -> None:
        """Write into an entry in place what the only scope that sees it tells."""
        was, now = entry.status, new.status
        if was is not now and (was.word != now.word or was.health is not now.health):
            alone = None if self._unlisted else self._alone.get(new.scope.key)
            if alone is not None:
                self.tally.move(alone, was, now)
            else:
                self._count(entry, -1)
                entry.status = now
                self._count(entry, 1)
            if was.health is not now.health:
                changes.healths[entry.key] = entry
        if new.order != entry.order:
            self._leave(entry)
            self._came[new.order] = entry
            entry.order = new.order
            changes.moved.add(entry.key)
        entry.scope, entry.row, entry.status, entry.names = new.scope, new.row, now, new.names
        entry.odd, entry.haystack = new.odd, ""

    def _put(self, entry: Entry, seen: _Seen, also: tuple[Scope, ...], changes: _Record) -> None:
        """Write into an entry in place."""
        self._count(entry, -1)
        if seen.order != entry.order:
            self._leave(entry)
            self._came[seen.order] = entry
        entry.scope, entry.also = seen.scope, also
        entry.row, entry.status, entry.names, entry.odd, entry.order = seen[1:]
        entry.haystack = ""
        self._count(entry, 1)
        changes.changed.add(entry.key)
        changes.moved.add(entry.key)

    def _leave(self, entry: Entry) -> None:
        if self._came.pop(entry.order, None) is None:
            self._went.append(entry.order)

    def _hidden(self, entry: Entry) -> bool:
        return all(entry.key in self._unlisted.get(scope.key, ()) for scope in (entry.scope, *entry.also))

    def _count(self, entry: Entry, number: int) -> None:
        scope = entry.scope.key
        if entry.also:
            group: Group = tuple(sorted((scope, *(other.key for other in entry.also))))
        else:
            group = self._alone.get(scope) or self._alone.setdefault(scope, (scope,))
        unlisted = self._unlisted and self._hidden(entry)
        self.tally.add(group, Health.UNKNOWN if unlisted else entry.status.health, entry.status.word, number)
