"""All clouds of the configuration: entries, the scopes they lead to, and how to sign in."""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import structs

from tui.cloud.api import Api, Microversions
from tui.cloud.config_cache import outline_key
from tui.cloud.entry import CloudEntry, Outline
from tui.config.cache import ROWS, Stamp, Store
from tui.config.settings import Settings
from tui.model.place import Identity, Place, Project, Reach, Scope
from tui.model.trouble import Cause, Trouble, TroubleError

if TYPE_CHECKING:
    from tui.cloud.build import Builder, Entry
    from tui.cloud.config_cache import Kept, Recorder
    from tui.cloud.dialing import Dial
    from tui.cloud.settled import Configuration
    from tui.cloud.tokens import TokenCache
    from tui.cloud.way import Door, Way


_OPEN_SETTINGS = frozenset({"floating_ip_source"})
"""Names of clouds.yaml settings that others may ask for."""


class Clouds:
    """Every entry of clouds.yaml and the scopes they merge into. Thread-safe. Made by `load`."""

    def __init__(self, builder: Builder, entries: Sequence[Entry], regions: tuple[str, ...], narrowed: str) -> None:
        self._builder = builder
        self._entries = {entry.name: entry for entry in entries}
        self._wanted = regions
        self._joined: dict[str, str] = {}
        self._doors: dict[str, Door] = {}
        self._order: tuple[Scope, ...] = ()
        self._apis: dict[tuple[str, bool], Api] = {}
        self._offers: dict[str, Microversions] = {}
        """By the jump hosts on the way: an address behind others is another service."""
        self._lock = threading.RLock()
        self.narrowed = narrowed
        """The environment variable that hides other entries («OS_CLOUD=prod»); empty when none does."""
        self._rows = Store(ROWS, 0)
        self._record: Recorder | None = None
        self._command_line = ""
        self._regroup()

    @classmethod
    def load(
        cls,
        *,
        settings: Settings,
        only: Sequence[str] = (),
        regions: Sequence[str] = (),
        project: str = "",
        read_only: bool = False,
        token_cache: bool = True,
        kept: Kept | None = None,
        dial: Dial | None = None,
        signs_in: bool = True,
    ) -> Clouds:
        """Read the configuration as the `openstack` command does; sends nothing.

        `OS_CLOUD` and `OS_REGION_NAME` stand in for `only` and `regions`; `only=["*"]` shows all entries whatever they
        say. With `token_cache` what an earlier start read is used where it still holds (`kept`, if it was looked up
        already), and the SDK is not imported. `dial` opens the tunnels of entries that have an `ssh_tunnel`; without it
        they cannot be used. Without `signs_in` only kept tokens are used, and kept as they are: passwords are not even
        read, and entries that are not kept are left out. Raises TroubleError (CONFIG): no clouds.yaml, YAML that does
        not parse, an unknown name in `only`.
        """
        from tui.cloud.reading import read
        from tui.cloud.settled import select
        from tui.cloud.tokens import TokenCache

        source, record = read(kept, cache=token_cache, sdk=signs_in)
        names, narrowed = select(source, tuple(only))
        cache = TokenCache(writes=signs_in) if token_cache else None
        found = cls(*_build(source, names, settings, regions, project, read_only, cache, record, dial), narrowed)
        found._record = record
        found._command_line = outline_key(only, regions, project, read_only, settings)
        found._use_known()
        return found

    @property
    def entries(self) -> tuple[CloudEntry, ...]:
        """All entries as they are now, in the order of the configuration."""
        read_only = self._builder.read_only
        with self._lock:
            return tuple(entry.shown(self._order, read_only) for entry in self._entries.values())

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """All scopes as they are now."""
        return self._order

    @property
    def read_only(self) -> bool:
        """Whether every scope is read-only."""
        return self._builder.read_only

    def entry(self, name: str) -> CloudEntry:
        """Return the entry of that name. Raises KeyError."""
        with self._lock:
            return self._entries[name].shown(self._order, self._builder.read_only)

    def api(self, scope: Scope, *, all_projects: bool = False) -> Api:
        """Return the scope's API; made on first use, the same one ever after. Sends nothing.

        Raises TroubleError (CONFIG) for a scope that is gone."""
        with self._lock:
            door = self._door(scope)
            key = (door.scope.key, all_projects)
            if key not in self._apis:
                times = self._builder.settings.timeouts
                offers = self._offers.setdefault(door.scope.place.via, Microversions())
                self._apis[key] = Api(door, times, offers, all_projects=all_projects)
            return self._apis[key]

    def identity(self, scope: Scope) -> Identity:
        """Sign in if need be and say who we are there. Blocking; raises TroubleError."""
        return self._door(scope).open().identity()

    def known_identity(self, scope: Scope) -> Identity | None:
        """Say who we are if that is known already. Sends nothing."""
        return self._door(scope).way.known_identity()

    def is_protected(self, scope: Scope) -> bool:
        """Whether any entry that leads to the scope is protected."""
        return any(self._builder.settings.cloud(name).protected for name in scope.clouds)

    def is_read_only(self, scope: Scope) -> bool:
        """Whether nothing that changes anything is sent in the scope, with the entry in use."""
        return self._door(scope).way.route.read_only

    def try_again(self, scope: Scope) -> None:
        """Let a refused sign-in be tried once more, at jump hosts too: somebody asked for it. Sends nothing."""
        for way in self._door(scope).ways:
            if way.dialer:
                way.dialer.again()
            if way.signer:
                way.signer.again()

    def discover(self, entry_name: str) -> bool:
        """Ask the catalog for the regions of an entry that names none; returns whether scopes changed. Blocking."""
        from tui.cloud.way import catalog_regions

        entry = self._entries[entry_name]
        if entry.named or not entry.ways:
            return False
        try:
            access = entry.ways[0].access()
        except TroubleError as error:
            raise TroubleError(structs.replace(error.trouble, where=entry_name)) from error
        found = catalog_regions(access) if access else ()
        with self._lock:
            entry.named = True
            wanted = [name for name in found if not self._wanted or name in self._wanted]
            if not found:
                return False
            fresh = self._builder.entry(entry_name, wanted) if wanted else replace(entry, ways=(), regions=())
            self._entries[entry_name] = fresh
            before = {scope.key for scope in self._order}
            self._regroup()
            for old in before - {scope.key for scope in self._order}:
                # Who holds the scope of before, without a region, is led to the first that replaced it.
                heir = next((s.key for s in self._order if entry_name in s.clouds), "")
                if heir:
                    self._joined[old] = heir
            return True

    def merge_same(self) -> bool:
        """Join scopes that turned out, after signing in, to be the same place and project; returns whether any were."""
        with self._lock:
            seen: dict[tuple[Place, str], str] = {}
            changed = False
            for scope in self._order:
                identity = self.known_identity(scope)
                target = "system" if scope.reach is Reach.SYSTEM else identity.project_id if identity else ""
                if not target:
                    continue
                first = seen.setdefault((scope.place, target), scope.key)
                if first != scope.key:
                    self._joined[scope.key] = first
                    changed = True
            if changed:
                self._regroup()
            return changed

    def projects(self, scope: Scope) -> tuple[Project, ...]:
        """Return the projects that the scope's user may switch to, by name. Blocking; raises TroubleError.

        Keystone API reference, «Get available project scopes».
        """
        api = self.api(scope)
        reply = api.get("identity", "/auth/projects")
        found = api.decoded("identity", reply).get("projects")
        rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
        projects = [
            Project(
                id=str(row.get("id") or ""),
                name=str(row.get("name") or ""),
                domain=str(row.get("domain_id") or ""),
                enabled=bool(row.get("enabled", True)),
            )
            for row in rows
        ]
        return tuple(sorted(projects, key=lambda project: (project.name.casefold(), project.id)))

    def switch_project(self, entry_names: Sequence[str], project: str) -> None:
        """Point entries at another project (name or id). Blocking.

        Raises TroubleError where the auth type binds the entry to its project, and where there is no such project; then
        no entry is switched.
        """
        chosen = {name: self._find_project(name, project) for name in entry_names}
        with self._lock:
            for name, found in chosen.items():
                self._builder.names[found.id] = found.name
                self._builder.source.point(name, {"project_id": found.id})
                old = self._entries[name]
                self._entries[name] = self._builder.entry(name, old.regions or None)
            self._regroup()

    def provide(self, entry_name: str, answers: Mapping[str, str]) -> None:
        """Take what was typed for an entry's prompts; kept in memory only. The next request signs in with it."""
        for signer in {id(way.signer): way.signer for way in self._entries[entry_name].ways}.values():
            if signer:
                signer.provide(answers)

    def keep(self) -> None:
        """Keep for the next start what the configuration said and led to. Holds no secret; failures are swallowed."""
        if self._record is not None:
            self._record.outline(self._command_line, self.outline())
            self._record.save()

    @property
    def stamps(self) -> tuple[Stamp, ...]:
        """The files on which the configuration depends; empty where that is not kept."""
        return self._record.stamps if self._record is not None else ()

    def outline(self) -> Outline:
        """Return what the entries lead to, as far as it is known now."""
        entries = tuple(structs.replace(entry, trouble=None, prompts=()) for entry in self.entries)
        return Outline(entries, {scope.key: self.row_name(scope) for scope in self.scopes}, self.narrowed)

    def row_name(self, scope: Scope) -> str:
        """Return the name under which a scope's rows are kept; empty where nothing can be kept."""
        from tui.cloud.build import cache_parts

        way = self._door(scope).way
        parts = cache_parts(way.auth_url, way.region.auth, way.seal)
        return self._rows.name(*parts, scope.place.region)

    def close(self) -> None:
        """Close idle connections; returns at once even while requests hang."""
        self._builder.transports.close()

    def way(self, scope: Scope) -> Way:
        """Return the way that the scope's requests go, signed in or not; for `doctor`."""
        return self._door(scope).way

    def setting(self, scope: Scope, name: str) -> object:
        """Return what the entry says of one thing in clouds.yaml, or None. Only for names that hold no secret."""
        return self.way(scope).region.config.get(name) if name in _OPEN_SETTINGS else None

    def _use_known(self) -> None:
        """Take from kept tokens what they tell of regions and projects, so that a warm start knows its scopes."""
        for name, entry in list(self._entries.items()):
            signer = next((way.signer for way in entry.ways if way.signer), None)
            if not entry.named and signer is not None and signer.lasts:
                with contextlib.suppress(TroubleError):
                    self.discover(name)
        self.merge_same()

    def _door(self, scope: Scope) -> Door:
        key = scope.key
        for _ in range(len(self._joined) + 1):
            if key in self._doors:
                return self._doors[key]
            key = self._joined.get(key, "")
        raise _trouble(f"{scope.label} is not among the configured places any more", "")

    def _regroup(self) -> None:
        """Merge all ways into scopes anew; doors that stay are changed in place, so that their Api goes on."""
        from tui.cloud.way import Door

        found = self._builder.scopes(self._entries.values(), self._joined)
        for key, (scope, ways) in found.items():
            door = self._doors.get(key)
            if door is None:
                self._doors[key] = Door(scope, ways)
            else:
                door.become(scope, ways)
        for key in set(self._doors) - set(found):
            del self._doors[key]
            for every in (False, True):
                self._apis.pop((key, every), None)
        self._order = tuple(scope for scope, _ in found.values())

    def _find_project(self, name: str, project: str) -> Project:
        from tui.cloud.build import BOUND

        entry = self.entry(name)
        why = next((why for part, why in BOUND.items() if part in entry.auth_type), "")
        if why or not entry.scopes:
            raise _trouble(f"The project of {name} cannot be switched: {why or 'the entry is broken'}", entry.source)
        projects = self.projects(entry.scopes[0])
        for found in projects:
            if project == found.id:
                return found
        named = [found for found in projects if found.name == project]
        if len(named) == 1:
            return named[0]
        if named:
            raise _trouble(f"{len(named)} projects are called {project}: give its id", entry.source)
        near = difflib.get_close_matches(project, [found.name for found in projects], n=3)
        offer = f"Nearest: {', '.join(near)}." if near else f"There are {len(projects)} to choose from."
        raise _trouble(f"{entry.user or name} has no project called {project}", entry.source, offer)


def _build(
    source: Configuration,
    names: Sequence[str],
    settings: Settings,
    regions: Sequence[str],
    project: str,
    read_only: bool,
    cache: TokenCache | None,
    record: Recorder | None,
    dial: Dial | None,
) -> tuple[Builder, list[Entry], tuple[str, ...]]:
    from tui.cloud.build import BOUND, Builder
    from tui.cloud.transport import Transports

    builder = Builder(source, settings, read_only, cache, record, transports=Transports(dial))
    if project:
        option = "project_id" if re.fullmatch(r"[0-9a-f]{32}", project) else "project_name"
        for name in names:
            source.point(name, {option: project})
    default = os.environ.get("OS_REGION_NAME", "") if not regions else ""
    entries = []
    for name in names:
        entry = builder.entry(name)
        if project and (why := next((why for part, why in BOUND.items() if part in entry.auth_type), "")):
            entry.ways, entry.trouble = (), _trouble(f"--project cannot be used: {why}", entry.source).trouble
        if default and (not entry.named or default in entry.regions) and not entry.trouble:
            entry = builder.entry(name, (default,))
        elif regions and entry.named and not entry.trouble:
            kept = [region for region in entry.regions if region in regions]
            if not kept:
                continue
            entry = builder.entry(name, kept) if len(kept) < len(entry.regions) else entry
        entries.append(entry)
    if not entries:
        raise _trouble(f"No entry has the region {' or '.join(regions)}", source.file)
    return builder, entries, tuple(regions)


def _trouble(title: str, source: str, hint: str = "") -> TroubleError:
    return TroubleError(Trouble(cause=Cause.CONFIG, title=title, short="config", source=source, hint=hint))
