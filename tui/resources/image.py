"""Images (Glance)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct

from tui.model.amount import bytes_, epoch, gibibytes, mebibytes
from tui.model.column import Column, Format
from tui.model.entry import Entry
from tui.model.read import Params, Read
from tui.model.status import Health
from tui.resources.common import (
    Text,
    age_column,
    id_column,
    lines,
    mapping_section,
    name_column,
    name_or_id_of,
    openstack,
    plain_status,
    projects,
    sections,
    status_column,
    when,
    yes_no,
)
from tui.resources.kind import Find, Kind, Raw, Section, Use
from tui.resources.server_row import server_of


class Image(Struct, frozen=True, gc=False):
    """The fields of Glance's «List images» that a column or section needs."""

    id: str = ""
    name: Text = None
    status: Text = None
    visibility: Text = None
    size: int | None = None
    virtual_size: int | None = None
    disk_format: Text = None
    container_format: Text = None
    min_disk: int | None = None
    min_ram: int | None = None
    os_distro: Text = None
    os_version: Text = None
    protected: bool | None = None
    os_hidden: bool | None = None
    owner: Text = None
    created_at: Text = None
    updated_at: Text = None
    tags: list[str] | None = None

    @property
    def project_id(self) -> str:
        """The owner."""
        return self.owner or ""


_status = plain_status(
    {"active": Health.FINE, "killed": Health.BROKEN}
    | dict.fromkeys(("queued", "saving", "uploading", "importing", "pending_delete"), Health.MOVING)
    | dict.fromkeys(("deactivated", "deleted"), Health.OFF)
)


def _row(entry: Entry) -> Image:
    return cast(Image, entry.row)


def _system(entry: Entry) -> str | None:
    row = _row(entry)
    return " ".join(part for part in (row.os_distro, row.os_version) if part) or None


def _detail(entry: Entry) -> str:
    row = _row(entry)
    size = bytes_(row.size) if row.size is not None else ""
    return "  ".join(part for part in (row.id, row.visibility, size, row.disk_format, _system(entry)) if part)


_KNOWN = frozenset(Image.__struct_fields__) | {"self", "file", "schema", "checksum", "os_hash_algo", "os_hash_value"}


def _describe(entry: Entry, raw: Raw | None, extras: Mapping[str, Any]) -> tuple[Section, ...]:
    row = _row(entry)
    more = raw or {}
    checksum = f"{more['os_hash_algo']}:{more['os_hash_value']}" if more.get("os_hash_value") else more.get("checksum")
    needs = (gibibytes(row.min_disk) if row.min_disk else "0", mebibytes(row.min_ram) if row.min_ram else "0")
    return sections(
        Section(
            "Identity",
            lines(
                ("id", row.id),
                ("name", row.name),
                ("owner", f"{entry.label('project', row.owner or '')}  {row.owner or ''}".strip()),
                ("visibility", row.visibility),
                ("protected", yes_no(row.protected)),
                ("hidden", yes_no(row.os_hidden)),
                ("created", when(row.created_at)),
                ("updated", when(row.updated_at)),
            ),
        ),
        Section(
            "Content",
            lines(
                ("size", bytes_(row.size) if row.size is not None else None),
                ("virtual", bytes_(row.virtual_size) if row.virtual_size is not None else None),
                ("format", f"{row.disk_format or '–'} in {row.container_format or '–'}"),
                ("needs", f"disk {needs[0]}, RAM {needs[1]}"),
                ("system", _system(entry)),
                ("checksum", checksum),
                *((("stores", more["stores"]),) if more.get("stores") else ()),
            ),
        ),
        mapping_section("Properties", {key: value for key, value in more.items() if key not in _KNOWN | {"stores"}}),
        Section("Tags", lines(("tags", ", ".join(row.tags or ())))) if row.tags else None,
    )


def _find_by_id(text: str) -> Params | None:
    return (("id", f"in:{text}"),) if len(text) == 36 and text.count("-") == 4 else None


IMAGE = Kind(
    id="image",
    plural="images",
    title="Images",
    group="Compute",
    what="What servers boot from",
    aliases=("img",),
    row=Image,
    read=Read(service="image", path="/images", key="images"),
    columns=(
        name_column(40),
        status_column(13),
        Column(key="visibility", head="VISIBILITY", value=lambda e: _row(e).visibility, width=10, arrival=4),
        Column(key="size", head="SIZE", value=lambda e: _row(e).size, format=Format.BYTES, width=8, arrival=5),
        Column(key="disk", head="DISK", value=lambda e: _row(e).disk_format, width=6, arrival=6, aliases=("format",)),
        Column(key="container", head="CONTAINER", value=lambda e: _row(e).container_format, width=9, arrival=12),
        Column(
            key="min_disk",
            head="MIN DISK",
            value=lambda e: _row(e).min_disk,
            format=Format.GIBIBYTES,
            width=8,
            arrival=9,
        ),
        Column(
            key="min_ram", head="MIN RAM", value=lambda e: _row(e).min_ram, format=Format.MEBIBYTES, width=8, arrival=10
        ),
        Column(key="os", head="OS", value=_system, width=12, most=20, arrival=8),
        Column(
            key="protected",
            head="PROTECTED",
            value=lambda e: _row(e).protected,
            format=Format.BOOL,
            width=9,
            arrival=11,
        ),
        Column(
            key="owner",
            head="OWNER",
            value=lambda e: e.label("project", _row(e).owner or "") or None,
            width=8,
            most=20,
            arrival=7,
            aliases=("project",),
        ),
        age_column(1),
        Column(
            key="tags", head="TAGS", value=lambda e: tuple(_row(e).tags or ()), format=Format.LIST, width=8, most=24
        ),
        Column(
            key="updated",
            head="UPDATED",
            value=lambda e: epoch(_row(e).updated_at) or None,
            format=Format.TIME,
            width=12,
        ),
        id_column(),
    ),
    status=lambda row: _status(row.status or ""),
    name=name_or_id_of,
    project_id=lambda row: row.project_id,
    describe=_describe,
    detail=_detail,
    lookups=(projects(lambda row: (row.project_id,)),),
    uses=(Use("servers", "server", lambda image, server: server_of(server).image_id == image.id),),
    finds=(
        Find("image", "/images", "images", _find_by_id),
        Find("image", "/images", "images", lambda text: (("name", f'in:"{text}"'),) if '"' not in text else None),
    ),
    copies=(("checksum command", lambda e: f"{openstack(e)} image show -c checksum {e.id}"),),
)
