"""How Cinder shows its resources at each microversion."""

from __future__ import annotations

import uuid

from tui.demo.clock import micro
from tui.demo.records import Json
from tui.demo.rest import Call
from tui.demo.storage import Snapshot, Volume, VolumeType


def links(call: Call, collection: str, ident: str) -> list[Json]:
    """The two links of any record."""
    project = call.params["tenant"]
    return [
        {"rel": "self", "href": f"{call.root}/v3/{project}/{collection}/{ident}"},
        {"rel": "bookmark", "href": f"{call.root}/{project}/{collection}/{ident}"},
    ]


def brief(call: Call, it: Volume) -> Json:
    """A volume as `GET /volumes` lists it."""
    return {"id": it.id, "name": it.name, "links": links(call, "volumes", it.id)}


def volume(call: Call, it: Volume, new: bool = False) -> Json:
    """A volume in full; what an answer to its creation leaves out is left out of a new one."""
    minor, admin = call.microversion, call.admin and not new
    body: Json = {
        "id": it.id,
        "status": it.status,
        "size": it.size,
        "availability_zone": it.zone,
        "created_at": micro(it.created),
        "updated_at": None if new else micro(it.updated),
        "name": it.name,
        "description": it.description,
        "volume_type": it.type.name,
        "snapshot_id": it.snapshot_id,
        "source_volid": it.source_id,
        "metadata": it.metadata,
        "links": links(call, "volumes", it.id),
        "user_id": it.user_id,
        "bootable": str(it.bootable).lower(),
        "encrypted": False,
        "replication_status": None,
        "consistencygroup_id": None,
        "multiattach": False,
        "attachments": _attachments(call, it),
    }
    if admin:
        body["migration_status"] = None
    _later(body, call, it, new, admin)
    if not new:
        body["os-vol-tenant-attr:tenant_id"] = it.project_id
    if admin:
        body |= {"os-vol-mig-status-attr:migstat": None, "os-vol-mig-status-attr:name_id": None}
        body["os-vol-host-attr:host"] = f"ctl-001@{it.type.name}#{it.type.name}"
    if it.image and not new:
        body["volume_image_metadata"] = it.image
    if minor < 13:
        body.pop("group_id", None)
    return body


def _later(body: Json, call: Call, it: Volume, new: bool, admin: bool) -> None:
    """What later microversions add."""
    minor = call.microversion
    if minor >= 13:
        body["group_id"] = None
    if minor >= 21 and admin:
        body["provider_id"] = None
    if minor >= 48:
        body["shared_targets"] = True
        body["service_uuid"] = None if new else str(uuid.uuid5(uuid.NAMESPACE_DNS, it.type.id))
    if minor >= 61 and admin:
        body["cluster_name"] = None
    if minor >= 63:
        body["volume_type_id"] = it.type.id
    if minor >= 65:
        body["consumes_quota"] = True


def _attachments(call: Call, it: Volume) -> list[Json]:
    if it.attached is None:
        return []
    server = call.place.find(it.server_id)
    return [
        {
            "id": it.id,
            "attachment_id": it.attachment_id,
            "volume_id": it.id,
            "server_id": it.server_id,
            "host_name": server.host if server is not None and call.admin else None,
            "device": it.device,
            "attached_at": micro(it.attached),
        }
    ]


def snapshot(call: Call, it: Snapshot, full: bool = True, new: bool = False) -> Json:
    """A snapshot; the brief list has fewer fields."""
    body: Json = {
        "id": it.id,
        "created_at": micro(it.created),
        "updated_at": None if new else micro(it.updated),
        "name": it.name,
        "description": it.description,
        "volume_id": it.volume_id,
        "status": it.status,
        "size": it.size,
        "metadata": it.metadata,
    }
    if not full:
        return body
    if call.microversion >= 14:
        body["group_snapshot_id"] = None
    if call.microversion >= 41:
        body["user_id"] = it.user_id
    if call.microversion >= 65:
        body["consumes_quota"] = True
    if not new:
        body["os-extended-snapshot-attributes:project_id"] = it.project_id
        body["os-extended-snapshot-attributes:progress"] = "100%" if it.status == "available" else "0%"
    return body


def attachment(call: Call, it: Volume, full: bool) -> Json:
    """What attaches a volume to a server."""
    body: Json = {"id": it.attachment_id, "status": "attached", "instance": it.server_id, "volume_id": it.id}
    if not full:
        return body
    target = {
        "volume_id": it.id,
        "target_discovered": False,
        "target_lun": 1,
        "target_portal": "127.0.0.1:3260",
        "target_iqn": f"iqn.2010-10.org.openstack:volume-{it.id}",
        "qos_specs": None,
        "access_mode": "rw",
        "encrypted": False,
        "cacheable": False,
        "driver_volume_type": "iscsi",
        "attachment_id": it.attachment_id,
        "enforce_multipath": False,
    }
    times = {"attached_at": micro(it.attached) or "", "detached_at": ""}
    return body | times | {"attach_mode": "rw", "connection_info": target}


def volume_type(call: Call, it: VolumeType) -> Json:
    """A kind of volume; which backend it is on is for admins."""
    body: Json = {
        "id": it.id,
        "name": it.name,
        "is_public": True,
        "description": it.description,
        "extra_specs": it.specs if call.admin else {},
    }
    if call.admin:
        body["qos_specs_id"] = None
    return body | {"os-volume-type-access:is_public": True}
