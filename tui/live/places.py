"""Which places are looked at, and what a start looks at first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tui.cloud.entry import CloudEntry
from tui.config.options import Options
from tui.config.state import Remembered
from tui.model.place import Scope
from tui.resources.kind import Kind
from tui.resources.registry import KINDS, kind_of

PlaceKey = tuple[str, str]
"""(cloud, region): («», «») is everything, (cloud, «») the whole cloud."""

ALL: PlaceKey = ("", "")


def first_kind(options: Options, memory: Remembered) -> Kind:
    """Return the kind with which a start begins: asked for, else the last one, else servers."""
    return kind_of(options.view or memory.view or "server") or next(iter(KINDS.values()))


def first_places(options: Options, memory: Remembered) -> frozenset[PlaceKey]:
    """Return the places with which a start begins: those of the last run, unless some were asked for."""
    return frozenset() if options.clouds or options.regions else _read(memory.scopes)


def scopes_of(entries: Iterable[CloudEntry], places: frozenset[PlaceKey]) -> list[Scope]:
    """Return the scopes that the chosen places lead to, each once, in the configuration's order."""
    found: dict[str, Scope] = {}
    for entry in entries:
        for scope in entry.scopes:
            if not places or (entry.name, "") in places or (entry.name, scope.region) in places:
                found.setdefault(scope.key, scope)
    return list(found.values())


def still_there(entries: Iterable[CloudEntry], places: frozenset[PlaceKey]) -> frozenset[PlaceKey]:
    """Return those of the chosen places that exist; regions of a cloud that has not told its regions yet stay."""
    known = {entry.name: entry for entry in entries}
    kept = set()
    for cloud, region in places:
        entry = known.get(cloud)
        if entry is None:
            continue
        regions = {scope.region for scope in entry.scopes if scope.region} | set(entry.regions)
        if not region or not regions or region in regions:
            kept.add((cloud, region))
    return frozenset(kept)


def _read(places: Sequence[str]) -> frozenset[PlaceKey]:
    found = set()
    for place in places:
        cloud, _, region = place.partition("/")
        found.add((cloud, region))
    return frozenset(found)
