"""Servers (Nova)."""

from __future__ import annotations

from collections.abc import Callable

from tui.model.amount import epoch
from tui.model.column import HIDDEN, Column, Format, Value
from tui.model.entry import Entry
from tui.model.read import Params, Read
from tui.resources.common import (
    age_column,
    id_column,
    name_column,
    name_or_id,
    name_or_id_of,
    openstack,
    project_column,
    projects,
    repeated,
    status_column,
)
from tui.resources.kind import Extra, Find, Jump, Kind, Lookup, Supplement
from tui.resources.server_details import describe, detail
from tui.resources.server_row import (
    POWER,
    Server,
    complete,
    digest,
    first_address,
    fixed,
    flavor_name,
    floating,
    groups,
    image_name,
    is_flavor,
    is_on,
    network_names,
    networks,
    server_of,
    status,
)


def _of_flavor(name: str) -> Callable[[Entry], Value]:
    """Return a getter of one number of the embedded flavor."""

    def value(entry: Entry) -> Value:
        flavor = server_of(entry).flavor
        return getattr(flavor, name) if flavor else None

    return value


COLUMNS = (
    name_column(),
    status_column(20),
    Column(
        key="address", head="ADDRESS", value=first_address, width=14, most=15, arrival=4, ink="text", aliases=("ip",)
    ),
    Column(key="flavor", head="FLAVOR", value=flavor_name, width=10, most=16, arrival=5),
    Column(
        key="vcpu",
        head="VCPU",
        value=_of_flavor("vcpus"),
        format=Format.INT,
        width=4,
        arrival=10,
        aliases=("vcpus", "cpu"),
    ),
    Column(
        key="ram",
        head="RAM",
        value=_of_flavor("ram"),
        format=Format.MEBIBYTES,
        width=6,
        arrival=7,
    ),
    project_column(6),
    Column(key="host", head="HOST", value=lambda e: server_of(e).host, width=7, most=16, arrival=8),
    age_column(1, "created"),
    Column(
        key="why", head="WHY", value=lambda e: e.status.why or None, width=20, most=200, arrival=11, aliases=("fault",)
    ),
    Column(key="task", head="TASK", value=lambda e: server_of(e).task, width=10, most=20),
    Column(
        key="power",
        head="POWER",
        value=lambda e: POWER.get(server_of(e).power or 0) if server_of(e).power is not None else None,
        width=9,
    ),
    Column(key="image", head="IMAGE", value=image_name, width=12, most=24),
    Column(key="fixed", head="FIXED", value=lambda e: fixed(server_of(e)), format=Format.LIST, width=15, most=40),
    Column(
        key="floating", head="FLOATING", value=lambda e: floating(server_of(e)), format=Format.LIST, width=15, most=32
    ),
    Column(key="networks", head="NETWORKS", value=network_names, format=Format.LIST, width=10, most=24),
    Column(key="zone", head="ZONE", value=lambda e: server_of(e).zone, width=6, most=12, aliases=("az",)),
    Column(key="key", head="KEY", value=lambda e: server_of(e).key_name, width=8, most=16),
    Column(key="locked", head="LOCKED", value=lambda e: server_of(e).locked, format=Format.BOOL, width=6),
    Column(key="groups", head="GROUPS", value=groups, format=Format.LIST, width=10, most=24, aliases=("sg",)),
    Column(
        key="tags", head="TAGS", value=lambda e: tuple(server_of(e).tags or ()), format=Format.LIST, width=8, most=24
    ),
    Column(
        key="updated", head="UPDATED", value=lambda e: epoch(server_of(e).updated) or None, format=Format.TIME, width=12
    ),
    Column(
        key="disk",
        head="DISK",
        value=_of_flavor("disk"),
        format=Format.GIBIBYTES,
        width=6,
    ),
    Column(
        key="description",
        head="DESCRIPTION",
        value=lambda e: server_of(e).description,
        width=12,
        most=40,
        arrival=HIDDEN,
    ),
    Column(
        key="metadata",
        head="METADATA",
        value=lambda e: tuple(f"{key}={value}" for key, value in (server_of(e).metadata or {}).items()),
        format=Format.LIST,
        width=12,
        arrival=HIDDEN,
    ),
    id_column(),
)


def _fields(*names: str) -> Params:
    return tuple(("fields", name) for name in names)


def _find_by_id(text: str) -> Params | None:
    return (("uuid", text),) if len(text) == 36 and text.count("-") == 4 else None


def _find_by_name(text: str) -> Params | None:
    # Nova takes `name` as a regular expression of its database; what is special in one would find too much or fail.
    plain = "".join(f"[{char}]" if char in ".*+?()|{}$" else char for char in text if char not in "[]^\\")
    return (("name", plain),) if plain else None


def _is_address(text: str) -> bool:
    return (text.count(".") == 3 and text.replace(".", "").isdigit()) or text.count(":") >= 2


SERVER = Kind(
    id="server",
    plural="servers",
    title="Servers",
    group="Compute",
    what="Virtual machines",
    aliases=("srv", "vm", "instance", "instances"),
    row=Server,
    read=Read(
        service="compute",
        path="/servers/detail",
        key="servers",
        all_projects=(("all_tenants", "1"),),
        microversion="2.47",
        changes_since=True,
        item_path="/servers/{id}",
        item_key="server",
        item_microversion="latest",
    ),
    columns=COLUMNS,
    status=status,
    name=name_or_id_of,
    project_id=lambda row: row.project_id,
    describe=describe,
    detail=detail,
    extras=(
        Extra("actions", "compute", "/servers/{id}/os-instance-actions", "instanceActions", "2.58"),
        Extra("volumes", "compute", "/servers/{id}/os-volume_attachments", "volumeAttachments", "2.79"),
        Extra("groups", "compute", "/servers/{id}/os-security-groups", "security_groups"),
        Extra("interfaces", "compute", "/servers/{id}/os-interface", "interfaceAttachments"),
    ),
    lookups=(
        Lookup(
            "image",
            "image",
            "/images",
            "images",
            lambda row: (row.image_id,),
            lambda ids: (("id", "in:" + ",".join(ids)),),
            name_or_id,
        ),
        Lookup(
            "flavor",
            "compute",
            "/flavors/detail",
            "flavors",
            lambda row: (row.flavor.id or "",) if row.flavor and not row.flavor.original_name else (),
            lambda _: (("is_public", "None"),),
            name_or_id,
        ),
        Lookup("network", "network", "/networks", "networks", networks, repeated("id"), name_or_id),
        Lookup(
            "security group",
            "network",
            "/security-groups",
            "security_groups",
            lambda row: row.wiring.groups if row.wiring else (),
            lambda ids: (*repeated("id")(ids), *_fields("id", "name")),
            name_or_id,
        ),
        projects(lambda row: (row.project_id,)),
    ),
    supplements=(
        Supplement(
            "ports",
            "network",
            "/ports",
            "ports",
            _fields("id", "device_id", "network_id", "fixed_ips", "security_groups"),
            by="device_id",
        ),
        Supplement(
            "floatingips", "network", "/floatingips", "floatingips", _fields("id", "port_id", "floating_ip_address")
        ),
    ),
    complete=complete,
    digest=digest,
    jumps=(
        Jump("image", "image", lambda server, image: server_of(server).image_id == image.id),
        Jump("flavor", "flavor", is_flavor),
        Jump("networks", "network", is_on),
    ),
    finds=(
        Find("compute", "/servers/detail", "servers", _find_by_id, all_projects=(("all_tenants", "1"),)),
        Find("compute", "/servers/detail", "servers", _find_by_name, all_projects=(("all_tenants", "1"),)),
        Find(
            "network",
            "/ports",
            "ports",
            lambda text: (("fixed_ips", f"ip_address={text}"),) if _is_address(text) else None,
            lambda raw: str(raw.get("device_id") or ""),
        ),
        Find(
            "network",
            "/floatingips",
            "floatingips",
            lambda text: (("floating_ip_address", text),) if _is_address(text) else None,
            lambda raw: str((raw.get("port_details") or {}).get("device_id") or ""),
        ),
    ),
    copies=(
        ("addresses", lambda e: " ".join((*floating(e.row), *fixed(e.row)))),  # type: ignore[arg-type]
        ("console log command", lambda e: f"{openstack(e)} console log show {e.id}"),
    ),
    secret=frozenset({"user_data", "adminPass", "OS-EXT-SRV-ATTR:user_data"}),
    deeds="tui.resources.server_actions:SERVER_ACTIONS",
    transitional=1.5,
)
