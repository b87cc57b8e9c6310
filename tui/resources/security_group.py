"""Security groups and their rules (Neutron)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.model.column import Column, Format
from tui.model.entry import Entry
from tui.model.read import Read
from tui.resources.common import (
    NO_STATUS,
    age_column,
    id_column,
    lines,
    name_column,
    name_or_id,
    name_or_id_of,
    project_column,
    projects,
    repeated,
    sections,
    when,
    yes_no,
)
from tui.resources.kind import Extra, Find, Kind, Line, Lookup, Raw, Section, Use
from tui.resources.security_group_row import SecurityGroup, group_of, rule_values
from tui.resources.security_rules import INGRESS, in_words, ports_of, protocol_name
from tui.resources.server_row import server_of


def _lets_in(entry: Entry) -> tuple[str, ...]:
    """Return what gets in, short: «TCP 22», «ICMP», «everything»."""
    found: dict[str, None] = {}
    for rule in group_of(entry).rules or ():
        values = rule_values(rule)
        if values.get("direction") == INGRESS:
            found[" ".join(filter(None, (protocol_name(values), ports_of(values)))) or "everything"] = None
    return tuple(found)


def _detail(entry: Entry) -> str:
    row = group_of(entry)
    lets = ", ".join(_lets_in(entry)) or "nothing"
    return "  ".join(part for part in (row.id, row.description or "", f"lets in {lets}") if part)


def _rules(entry: Entry, direction: str) -> tuple[Line, ...]:
    found = []
    for rule in group_of(entry).rules or ():
        values = rule_values(rule)
        if values.get("direction") == direction:
            remote = entry.label("security group", rule.remote_group_id or "")
            found.append(Line((rule.id or "")[:8], in_words(values, remote)))
    return tuple(sorted(found, key=lambda line: line.text))


def _describe(entry: Entry, raw: Raw | None, extras: Mapping[str, Any]) -> tuple[Section, ...]:
    row = group_of(entry)
    into, out = _rules(entry, INGRESS), _rules(entry, "egress")
    ports = extras.get("ports")
    return sections(
        Section(
            "Identity",
            lines(
                ("id", row.id),
                ("name", row.name),
                ("description", row.description),
                ("project", f"{entry.label('project', row.project_id or '')}  {row.project_id or ''}".strip()),
                ("stateful", yes_no(row.stateful)),
                ("shared", yes_no(row.shared)),
                ("used by", f"{len(ports)} ports" if ports is not None else None),
                ("created", when(row.created_at)),
                ("updated", when(row.updated_at)),
            ),
        ),
        Section("Lets in", into or (Line("", "nothing", "dim"),), len(into)),
        Section("Lets out", out or (Line("", "nothing", "dim"),), len(out)),
        Section("Tags", lines(("tags", ", ".join(row.tags or ())))) if row.tags else None,
    )


def _is_on(group: Entry, server: Entry) -> bool:
    wiring = server_of(server).wiring
    return wiring is not None and group.id in wiring.groups


_PORTS = Extra(
    "ports",
    "network",
    "/ports",
    "ports",
    params=(("security_groups", "{id}"), ("fields", "id"), ("fields", "device_id")),
)

SECURITY_GROUP = Kind(
    id="security_group",
    plural="security_groups",
    title="Security groups",
    group="Network",
    what="Who gets in to servers, and out",
    aliases=("sg", "sgs", "secgroup", "security-group", "security-groups"),
    row=SecurityGroup,
    read=Read(
        service="network",
        path="/security-groups",
        key="security_groups",
        item_path="/security-groups/{id}",
        item_key="security_group",
    ),
    columns=(
        name_column(36),
        Column(
            key="rules",
            head="RULES",
            value=lambda e: None if group_of(e).rules is None else len(group_of(e).rules or ()),
            format=Format.INT,
            width=5,
            arrival=2,
        ),
        Column(key="in", head="LETS IN", value=_lets_in, format=Format.LIST, width=16, most=44, arrival=3, ink="text"),
        Column(
            key="description",
            head="DESCRIPTION",
            value=lambda e: group_of(e).description or None,
            width=16,
            most=48,
            arrival=5,
        ),
        project_column(4),
        Column(
            key="stateful",
            head="STATEFUL",
            value=lambda e: group_of(e).stateful,
            format=Format.BOOL,
            width=8,
            arrival=7,
        ),
        Column(key="shared", head="SHARED", value=lambda e: group_of(e).shared, format=Format.BOOL, width=6, arrival=6),
        age_column(1),
        Column(
            key="tags", head="TAGS", value=lambda e: tuple(group_of(e).tags or ()), format=Format.LIST, width=8, most=24
        ),
        id_column(),
    ),
    status=lambda row: NO_STATUS,
    name=name_or_id_of,
    project_id=lambda row: row.project_id or "",
    describe=_describe,
    detail=_detail,
    extras=(_PORTS,),
    lookups=(
        Lookup(
            "security group",
            "network",
            "/security-groups",
            "security_groups",
            lambda row: (rule.remote_group_id or "" for rule in row.rules or ()),
            repeated("id"),
            name_or_id,
        ),
        projects(lambda row: (row.project_id or "",)),
    ),
    uses=(Use("servers", "server", _is_on, _PORTS, lambda raw: str(raw.get("device_id") or "")),),
    finds=(
        Find(
            "network", "/security-groups", "security_groups", lambda text: (("id", text),) if len(text) == 36 else None
        ),
        Find("network", "/security-groups", "security_groups", lambda text: (("name", text),)),
    ),
    deeds="tui.resources.security_group_actions:SECURITY_GROUP_ACTIONS",
)
