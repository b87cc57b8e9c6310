"""Flavors (Nova)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct, field

from tui.model.amount import gibibytes, mebibytes
from tui.model.column import Column, Format
from tui.model.entry import Entry
from tui.model.read import Read
from tui.resources.common import (
    NO_STATUS,
    Text,
    id_column,
    lines,
    mapping_section,
    name_column,
    name_or_id_of,
    sections,
    yes_no,
)
from tui.resources.kind import Extra, Kind, Raw, Section, Use
from tui.resources.server_row import is_flavor


class Flavor(Struct, frozen=True, gc=False):
    """The fields of «List Flavors With Details» at 2.61. Below 2.75 `swap` is an empty string where there is none."""

    id: str = ""
    name: Text = None
    vcpus: int | None = None
    ram: int | None = None
    disk: int | None = None
    ephemeral: int | None = field(name="OS-FLV-EXT-DATA:ephemeral", default=None)
    swap: int | str | None = None
    public: bool | None = field(name="os-flavor-access:is_public", default=None)
    disabled: bool | None = field(name="OS-FLV-DISABLED:disabled", default=None)
    rxtx_factor: float | None = None
    description: Text = None
    extra_specs: dict[str, str] | None = None


def _row(entry: Entry) -> Flavor:
    return cast(Flavor, entry.row)


def _swap(row: Flavor) -> int | None:
    return row.swap if isinstance(row.swap, int) else (0 if row.swap == "" else None)


def _specs(entry: Entry) -> tuple[str, ...]:
    return tuple(f"{key}={value}" for key, value in sorted((_row(entry).extra_specs or {}).items()))


def _detail(entry: Entry) -> str:
    return "  ".join((entry.id, ", ".join(_specs(entry)))).rstrip()


def _describe(entry: Entry, raw: Raw | None, extras: Mapping[str, Any]) -> tuple[Section, ...]:
    row = _row(entry)
    access = [str(one.get("tenant_id")) for one in extras.get("access") or ()]
    return sections(
        Section(
            "Identity",
            lines(
                ("id", row.id),
                ("name", row.name),
                ("public", yes_no(row.public)),
                ("disabled", yes_no(row.disabled)),
                *((("description", row.description),) if row.description else ()),
            ),
        ),
        Section(
            "Size",
            lines(
                ("vCPU", row.vcpus),
                ("RAM", mebibytes(row.ram) if row.ram is not None else None),
                ("disk", gibibytes(row.disk) if row.disk is not None else None),
                ("ephemeral", gibibytes(row.ephemeral) if row.ephemeral is not None else None),
                ("swap", mebibytes(_swap(row) or 0)),
                ("rxtx factor", row.rxtx_factor),
            ),
        ),
        mapping_section("Extra specs", row.extra_specs),
        Section("Access", lines(*(("project", f"{entry.label('project', one)}  {one}") for one in access)), len(access))
        if access
        else None,
    )


FLAVOR = Kind(
    id="flavor",
    plural="flavors",
    title="Flavors",
    group="Compute",
    what="Sizes that servers come in",
    aliases=("flv",),
    row=Flavor,
    read=Read(
        service="compute",
        path="/flavors/detail",
        key="flavors",
        params=(("is_public", "None"),),
        microversion="2.61",
        item_path="/flavors/{id}",
        item_key="flavor",
        item_microversion="latest",
    ),
    columns=(
        name_column(32),
        Column(
            key="vcpu",
            head="VCPU",
            value=lambda e: _row(e).vcpus,
            format=Format.INT,
            width=4,
            arrival=1,
            aliases=("vcpus", "cpu"),
        ),
        Column(key="ram", head="RAM", value=lambda e: _row(e).ram, format=Format.MEBIBYTES, width=8, arrival=1),
        Column(key="disk", head="DISK", value=lambda e: _row(e).disk, format=Format.GIBIBYTES, width=8, arrival=4),
        Column(
            key="ephemeral",
            head="EPHEMERAL",
            value=lambda e: _row(e).ephemeral,
            format=Format.GIBIBYTES,
            width=9,
            arrival=7,
        ),
        Column(key="swap", head="SWAP", value=lambda e: _swap(_row(e)), format=Format.MEBIBYTES, width=8, arrival=8),
        Column(key="public", head="PUBLIC", value=lambda e: _row(e).public, format=Format.BOOL, width=6, arrival=5),
        Column(
            key="disabled", head="DISABLED", value=lambda e: _row(e).disabled, format=Format.BOOL, width=8, arrival=9
        ),
        Column(key="specs", head="EXTRA SPECS", value=_specs, format=Format.LIST, width=20, most=80, arrival=6),
        id_column(),
    ),
    status=lambda row: NO_STATUS,
    name=name_or_id_of,
    describe=_describe,
    detail=_detail,
    extras=(Extra("access", "compute", "/flavors/{id}/os-flavor-access", "flavor_access"),),
    uses=(Use("servers", "server", lambda flavor, server: is_flavor(server, flavor)),),
)
