"""Floating IPs (Neutron)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tui.model.column import ALWAYS, Column, Format
from tui.model.entry import Entry
from tui.model.read import Params, Read
from tui.model.status import Health
from tui.resources.common import (
    age_column,
    id_column,
    lines,
    name_or_id,
    plain_status,
    project_column,
    projects,
    repeated,
    sections,
    status_column,
    when,
)
from tui.resources.floating_ip_row import FloatingIp, floating_of, server_id
from tui.resources.kind import Find, Jump, Kind, Lookup, Raw, Section

_known = plain_status({"ACTIVE": Health.FINE, "DOWN": Health.OFF, "ERROR": Health.BROKEN})


def _name(row: FloatingIp) -> str:
    return row.floating_ip_address or f"({row.id})"


def _server(entry: Entry) -> str | None:
    """Return the server's name; who else has the port where it is none."""
    row = floating_of(entry)
    ident = server_id(row)
    if ident:
        return entry.label("server", ident)
    owner = (row.port_details.device_owner or "") if row.port_details else ""
    return owner or (f"port {row.port_id[:8]}" if row.port_id else None)


def _network(entry: Entry) -> str | None:
    return entry.label("network", floating_of(entry).floating_network_id or "") or None


def _router(entry: Entry) -> str | None:
    return entry.label("router", floating_of(entry).router_id or "") or None


def _detail(entry: Entry) -> str:
    row = floating_of(entry)
    leads = f"leads to {row.fixed_ip_address} of {_server(entry)}" if row.port_id else "leads nowhere"
    return "  ".join(part for part in (row.id, leads, row.description or "") if part)


def _describe(entry: Entry, raw: Raw | None, extras: Mapping[str, Any]) -> tuple[Section, ...]:
    row = floating_of(entry)
    more = raw or {}
    forwardings = more.get("port_forwardings") or ()
    return sections(
        Section(
            "Identity",
            lines(
                ("id", row.id),
                ("address", row.floating_ip_address),
                ("DNS", ".".join(part for part in (more.get("dns_name"), more.get("dns_domain")) if part)),
                ("project", f"{entry.label('project', row.project_id or '')}  {row.project_id or ''}".strip()),
                ("created", when(row.created_at)),
                ("updated", when(row.updated_at)),
                *((("description", row.description),) if row.description else ()),
            ),
        ),
        Section(
            "Leads to",
            lines(
                ("status", row.status),
                ("fixed", row.fixed_ip_address),
                ("server", f"{_server(entry) or '–'}  {server_id(row)}".rstrip()),
                ("port", row.port_id),
                ("router", f"{_router(entry) or '–'}  {row.router_id or ''}".rstrip()),
                ("network", f"{_network(entry) or '–'}  {row.floating_network_id or ''}".rstrip()),
            ),
        ),
        Section("Port forwardings", lines(*(_forwarding(one) for one in forwardings)), len(forwardings))
        if forwardings
        else None,
        Section("Tags", lines(("tags", ", ".join(row.tags or ())))) if row.tags else None,
    )


def _forwarding(one: Mapping[str, Any]) -> tuple[str, object]:
    inside = f"{one.get('internal_ip_address')}:{one.get('internal_port') or one.get('internal_port_range') or ''}"
    return f"{one.get('protocol')} {one.get('external_port') or one.get('external_port_range') or ''}", inside


def _find_by_address(text: str) -> Params | None:
    return (("floating_ip_address", text),) if text.count(".") == 3 and text.replace(".", "").isdigit() else None


FLOATING_IP = Kind(
    id="floating_ip",
    plural="floating_ips",
    title="Floating IPs",
    group="Network",
    what="Addresses from outside that lead to servers",
    aliases=("fip", "fips", "floating", "floating-ip", "floating-ips"),
    row=FloatingIp,
    read=Read(
        service="network",
        path="/floatingips",
        key="floatingips",
        item_path="/floatingips/{id}",
        item_key="floatingip",
    ),
    columns=(
        Column(
            key="name",
            head="ADDRESS",
            value=lambda e: _name(floating_of(e)),
            format=Format.NAME,
            width=15,
            most=24,
            arrival=ALWAYS,
            ink="text",
            sort="N",
            aliases=("address", "ip"),
        ),
        status_column(8),
        Column(
            key="fixed", head="FIXED", value=lambda e: floating_of(e).fixed_ip_address, width=15, arrival=2, ink="text"
        ),
        Column(key="server", head="SERVER", value=_server, format=Format.NAME, width=16, most=32, arrival=3),
        Column(key="network", head="NETWORK", value=_network, width=10, most=20, arrival=4),
        Column(key="router", head="ROUTER", value=_router, width=10, most=20, arrival=6),
        project_column(5),
        age_column(1),
        Column(
            key="description", head="DESCRIPTION", value=lambda e: floating_of(e).description or None, width=12, most=40
        ),
        Column(
            key="tags",
            head="TAGS",
            value=lambda e: tuple(floating_of(e).tags or ()),
            format=Format.LIST,
            width=8,
            most=24,
        ),
        id_column(),
    ),
    status=lambda row: _known(row.status or ""),
    name=_name,
    project_id=lambda row: row.project_id or "",
    describe=_describe,
    detail=_detail,
    lookups=(
        Lookup("server", "compute", "/servers", "servers", lambda row: (server_id(row),), lambda _: (), name_or_id),
        Lookup(
            "network",
            "network",
            "/networks",
            "networks",
            lambda row: (row.floating_network_id or "",),
            repeated("id"),
            name_or_id,
        ),
        Lookup(
            "router", "network", "/routers", "routers", lambda row: (row.router_id or "",), repeated("id"), name_or_id
        ),
        projects(lambda row: (row.project_id or "",)),
    ),
    jumps=(
        Jump("server", "server", lambda address, server: server_id(floating_of(address)) == server.id),
        Jump("network", "network", lambda address, network: floating_of(address).floating_network_id == network.id),
    ),
    finds=(
        Find("network", "/floatingips", "floatingips", lambda text: (("id", text),) if len(text) == 36 else None),
        Find("network", "/floatingips", "floatingips", _find_by_address),
    ),
    copies=(("fixed address", lambda e: floating_of(e).fixed_ip_address or ""),),
    deeds="tui.resources.floating_ip_actions:FLOATING_IP_ACTIONS",
)
