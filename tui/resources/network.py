"""Networks (Neutron)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct, field

from tui.model.column import Column, Format
from tui.model.entry import Entry
from tui.model.read import Read
from tui.model.status import Health, Status
from tui.resources.common import (
    Text,
    age_column,
    id_column,
    lines,
    name_column,
    name_or_id_of,
    plain_status,
    project_column,
    projects,
    repeated,
    sections,
    status_column,
    when,
    yes_no,
)
from tui.resources.kind import Extra, Find, Kind, Line, Lookup, Raw, Section, Use
from tui.resources.server_row import is_on


class Network(Struct, frozen=True, gc=False):
    """The fields of «List networks» that a column or section needs; provider fields where policy shows them."""

    id: str = ""
    name: Text = None
    status: Text = None
    admin_state_up: bool | None = None
    shared: bool | None = None
    external: bool | None = field(name="router:external", default=None)
    subnets: list[str] | None = None
    mtu: int | None = None
    zones: list[str] | None = field(name="availability_zones", default=None)
    type: Text = field(name="provider:network_type", default=None)
    physical: Text = field(name="provider:physical_network", default=None)
    segment: int | None = field(name="provider:segmentation_id", default=None)
    port_security: bool | None = field(name="port_security_enabled", default=None)
    project_id: Text = None
    description: Text = None
    created_at: Text = None
    updated_at: Text = None
    tags: list[str] | None = None


_known = plain_status({"ACTIVE": Health.FINE, "BUILD": Health.MOVING, "ERROR": Health.BROKEN, "N/A": Health.UNKNOWN})
_OFF = Status(Health.OFF, "DOWN")
_DOWN = Status(Health.ATTENTION, "DOWN", why="down although its admin state is up")
_NO_ADMIN = Status(Health.OFF, "ACTIVE", why="its admin state is down")


def _status(row: Network) -> Status:
    """Tell a network's state: down by an admin is off, down by itself wants attention unless nothing is on it."""
    if row.status == "DOWN":
        return _OFF if row.admin_state_up is False or not row.subnets else _DOWN
    if row.status == "ACTIVE" and row.admin_state_up is False:
        return _NO_ADMIN
    return _known(row.status or "N/A")


def _row(entry: Entry) -> Network:
    return cast(Network, entry.row)


def _subnets(entry: Entry) -> tuple[str, ...]:
    return tuple(entry.label("subnet", ident) for ident in _row(entry).subnets or ())


def _provider(entry: Entry) -> str | None:
    row = _row(entry)
    parts = (row.type, row.physical, None if row.segment is None else str(row.segment))
    return " ".join(part for part in parts if part) or None


def _detail(entry: Entry) -> str:
    return "  ".join(part for part in (entry.id, ", ".join(_subnets(entry)), _provider(entry) or "") if part)


def _subnet_label(raw: Raw) -> str:
    return str(raw.get("cidr") or raw.get("id") or "")


def _describe(entry: Entry, raw: Raw | None, extras: Mapping[str, Any]) -> tuple[Section, ...]:
    row = _row(entry)
    found: list[Line] = []
    for subnet in extras.get("subnets") or ():
        gateway = f"gateway {subnet.get('gateway_ip') or 'none'}"
        dhcp = "DHCP" if subnet.get("enable_dhcp") else "no DHCP"
        dns = " ".join(subnet.get("dns_nameservers") or ())
        found.append(Line(str(subnet.get("name") or "–"), f"{subnet.get('cidr')}  {gateway}  {dhcp}  {dns}".rstrip()))
    if not found:
        found = [Line("subnet", text) for text in _subnets(entry)]
    return sections(
        Section(
            "Identity",
            lines(
                ("id", row.id),
                ("name", row.name),
                ("project", f"{entry.label('project', row.project_id or '')}  {row.project_id or ''}".strip()),
                ("created", when(row.created_at)),
                ("updated", when(row.updated_at)),
                *((("description", row.description),) if row.description else ()),
            ),
        ),
        Section(
            "State",
            lines(
                ("status", row.status),
                ("admin", "up" if row.admin_state_up else yes_no(row.admin_state_up).replace("no", "down")),
                ("shared", yes_no(row.shared)),
                ("external", yes_no(row.external)),
                ("MTU", row.mtu),
                ("port security", yes_no(row.port_security)),
                ("zones", ", ".join(row.zones or ())),
                ("provider", _provider(entry)),
            ),
        ),
        Section("Subnets", tuple(found), len(found)) if found else None,
        Section("Tags", lines(("tags", ", ".join(row.tags or ())))) if row.tags else None,
    )


NETWORK = Kind(
    id="network",
    plural="networks",
    title="Networks",
    group="Network",
    what="Networks and their subnets",
    aliases=("net",),
    row=Network,
    read=Read(service="network", path="/networks", key="networks", item_path="/networks/{id}", item_key="network"),
    columns=(
        name_column(32),
        status_column(10),
        Column(
            key="subnets", head="SUBNETS", value=_subnets, format=Format.LIST, width=18, most=44, arrival=4, ink="text"
        ),
        Column(
            key="external", head="EXTERNAL", value=lambda e: _row(e).external, format=Format.BOOL, width=8, arrival=5
        ),
        Column(key="shared", head="SHARED", value=lambda e: _row(e).shared, format=Format.BOOL, width=6, arrival=6),
        Column(
            key="admin",
            head="ADMIN",
            value=lambda e: None if _row(e).admin_state_up is None else ("up" if _row(e).admin_state_up else "down"),
            width=5,
            arrival=8,
        ),
        Column(key="mtu", head="MTU", value=lambda e: _row(e).mtu, format=Format.INT, width=5, arrival=7),
        project_column(9),
        Column(
            key="zones",
            head="ZONES",
            value=lambda e: tuple(_row(e).zones or ()),
            format=Format.LIST,
            width=6,
            most=16,
            arrival=12,
        ),
        Column(key="provider", head="PROVIDER", value=_provider, width=10, most=24, arrival=10),
        Column(
            key="port_security",
            head="PORTSEC",
            value=lambda e: _row(e).port_security,
            format=Format.BOOL,
            width=7,
            arrival=11,
        ),
        age_column(1),
        Column(
            key="tags", head="TAGS", value=lambda e: tuple(_row(e).tags or ()), format=Format.LIST, width=8, most=24
        ),
        id_column(),
    ),
    status=_status,
    name=name_or_id_of,
    project_id=lambda row: row.project_id or "",
    describe=_describe,
    detail=_detail,
    extras=(Extra("subnets", "network", "/subnets", "subnets", params=(("network_id", "{id}"),)),),
    lookups=(
        Lookup(
            "subnet", "network", "/subnets", "subnets", lambda row: row.subnets or (), repeated("id"), _subnet_label
        ),
        projects(lambda row: (row.project_id or "",)),
    ),
    uses=(
        Use(
            "servers",
            "server",
            lambda network, server: is_on(server, network),
            Extra("ports", "network", "/ports", "ports", params=(("network_id", "{id}"), ("fields", "device_id"))),
            lambda raw: str(raw.get("device_id") or ""),
        ),
    ),
    finds=(
        Find("network", "/networks", "networks", lambda text: (("id", text),) if len(text) == 36 else None),
        Find("network", "/networks", "networks", lambda text: (("name", text),)),
    ),
    copies=(("subnets", lambda e: " ".join(_subnets(e))),),
)
