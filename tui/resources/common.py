"""What every kind has: where its rows are, and the small words that declarations share."""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tui.model.amount import epoch, time_of
from tui.model.column import ALWAYS, Column, Format
from tui.model.entry import Entry
from tui.model.read import Params
from tui.model.status import Health, Status
from tui.resources.kind import Line, Lookup, Raw, Section

Text = str | None
"""Any text field: clouds send null where the reference says string."""

NO_STATUS = Status(Health.NONE, "")


def plain_status(words: Mapping[str, Health]) -> Callable[[str], Status]:
    """Return a function from status words to statuses; each status is made once and shared by all rows."""
    known = {word: Status(health, word) for word, health in words.items()}

    def status(word: str) -> Status:
        found = known.get(word)
        if found is None:
            found = known[word] = Status(Health.UNKNOWN, word or "UNKNOWN")
        return found

    return status


def repeated(name: str) -> Callable[[Sequence[str]], Params]:
    """Return a query that repeats one parameter for each id, as Neutron takes it."""
    return lambda ids: tuple((name, ident) for ident in ids)


def name_or_id(raw: Raw) -> str:
    """Return the name of a raw resource, or the start of its id where it has none."""
    return str(raw.get("name") or "") or str(raw.get("id") or "")[:8]


def name_or_id_of(row: Any) -> str:
    """Return the name of a row, or its id in brackets where it has none."""
    return row.name or f"({row.id})"


def openstack(entry: Entry) -> str:
    """Return how an `openstack` command for the entry begins: with its cloud and region."""
    region = f" --os-region-name {shlex.quote(entry.scope.region)}" if entry.scope.region else ""
    return f"openstack --os-cloud {shlex.quote(entry.scope.cloud)}{region}"


def yes_no(value: object) -> str:
    """Return «yes», «no» or «–»."""
    return "–" if value is None else ("yes" if value else "no")


def when(iso: object) -> str:
    """Return a time that a service told, in local time with seconds: «14:02:31», «19 Nov 14:02:31»."""
    at = epoch(iso)
    return time_of(at, time.time(), seconds=True) if at else "–"


def name_column(most: int = 24) -> Column:
    """The NAME column."""
    return Column(
        key="name",
        head="NAME",
        value=lambda e: name_or_id_of(e.row),
        format=Format.NAME,
        width=17,
        most=most,
        arrival=ALWAYS,
        ink="text",
        sort="N",
    )


def status_column(width: int) -> Column:
    """The STATUS column: mark, the API's own word, task and time."""
    return Column(
        key="status",
        head="STATUS",
        value=lambda e: e.status.word,
        format=Format.STATUS,
        width=width,
        arrival=ALWAYS,
        sort="T",
        aliases=("state",),
    )


def age_column(arrival: int, field: str = "created_at") -> Column:
    """The AGE column: how long ago it was created."""
    return Column(
        key="age",
        head="AGE",
        value=lambda e: epoch(getattr(e.row, field)) or None,
        format=Format.AGE,
        width=5,
        arrival=arrival,
        sort="A",
        aliases=("created",),
    )


def lines(*pairs: tuple[str, object]) -> tuple[Line, ...]:
    """Make lines of a section from labels and values; None and empty values show as «–»."""
    return tuple(Line(label, str(value) if value not in (None, "", [], {}, ()) else "–") for label, value in pairs)


def mapping_section(title: str, values: Mapping[str, Any] | None) -> Section | None:
    """Make a section of key and value lines, or None where there are none."""
    if not values:
        return None
    return Section(title, tuple(Line(str(key), str(value)) for key, value in sorted(values.items())), len(values))


def sections(*found: Section | None) -> tuple[Section, ...]:
    """Return the sections that have something to say."""
    return tuple(section for section in found if section is not None and section.lines)


def projects(ids: Callable[[Any], Iterable[str]]) -> Lookup:
    """Names of projects: all that Keystone lets us list, else those that we belong to.

    Source: Identity API v3 «List projects» and «Get available project scopes».
    """
    return Lookup(
        "project", "identity", "/projects", "projects", ids, lambda _: (), name_or_id, fallback="/auth/projects"
    )


def project_column(arrival: int) -> Column:
    """The PROJECT column: the project's name where it is known."""
    return Column(
        key="project",
        head="PROJECT",
        value=lambda e: e.label("project", getattr(e.row, "project_id", None) or ""),
        width=7,
        most=20,
        arrival=arrival,
        aliases=("tenant",),
    )


def id_column() -> Column:
    """The ID column: in wide mode and in saves."""
    return Column(key="id", head="ID", value=lambda e: e.id, format=Format.ID, width=8)
