"""`block_device_mapping_v2`: the volumes that a server is to be built with, or on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tui.demo.cinder.quota import over
from tui.demo.cinder.volumes import make
from tui.demo.nova.attachments import claim, occupy
from tui.demo.records import Image, Json, Server
from tui.demo.rest import Call, Refusal
from tui.demo.storage import Snapshot, Volume
from tui.demo.world import Region

INVALID = "Block Device Mapping is Invalid: "


@dataclass(slots=True)
class Disk:
    """One disk that is asked for."""

    source: str
    destination: str
    boot_index: int | None
    size: int
    delete: bool
    type: str = ""
    tag: str | None = None
    device: str = ""
    image: Image | None = None
    volume: Volume | None = None
    snapshot: Snapshot | None = None


def wanted_disks(call: Call, wanted: Json) -> list[Disk]:
    """The disks of a request, checked as Nova checks them."""
    entries = wanted.get("block_device_mapping_v2") or []
    found = [_disk(call, entry) for entry in entries]
    indexes = sorted(disk.boot_index for disk in found if disk.boot_index is not None and disk.boot_index >= 0)
    if indexes and indexes != list(range(indexes[0], indexes[0] + len(indexes))):
        raise Refusal(
            400, f"{INVALID}Boot sequence for the instance and image/block device mapping combination is not valid."
        )
    return found


def _disk(call: Call, entry: Json) -> Disk:
    source, ident = str(entry.get("source_type")), str(entry.get("uuid") or "")
    if source not in ("image", "volume", "snapshot", "blank"):
        raise Refusal(400, f"{INVALID}Invalid source_type field.")
    destination = str(entry.get("destination_type") or ("local" if source in ("image", "blank") else "volume"))
    index = entry.get("boot_index")
    disk = Disk(
        source,
        destination,
        int(index) if index not in (None, "", "None") else None,
        int(entry.get("volume_size") or 0),
        bool(entry.get("delete_on_termination", False)),
        str(entry.get("volume_type") or "") if call.microversion >= 67 else "",
        str(entry["tag"]) if entry.get("tag") else None,
        str(entry.get("device_name") or ""),
    )
    mine = call.scope.project_id
    if source == "image":
        disk.image = call.place.images.get(ident)
        if disk.image is None:
            raise Refusal(400, f"{INVALID}failed to get image {ident}.")
        _check_image_size(disk)
    elif source == "volume":
        disk.volume = call.place.volumes.get(ident)
        if disk.volume is None or not (call.admin or disk.volume.project_id == mine):
            raise Refusal(400, f"{INVALID}failed to get volume {ident}.")
        if disk.volume.status != "available":
            status = f"volume '{ident}' status must be 'available'. Currently in '{disk.volume.status}'"
            raise Refusal(400, f"Invalid volume: {status}")
    elif source == "snapshot":
        disk.snapshot = call.place.snapshots.get(ident)
        if disk.snapshot is None or not (call.admin or disk.snapshot.project_id == mine):
            raise Refusal(400, f"{INVALID}failed to get snapshot {ident}.")
        disk.size = disk.size or disk.snapshot.size
    elif destination == "volume" and not disk.size:
        raise Refusal(400, f"{INVALID}Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size.")
    return disk


def _check_image_size(disk: Disk) -> None:
    if disk.destination != "volume" or disk.image is None:
        return
    if not disk.size:
        raise Refusal(400, f"{INVALID}Images with destination_type 'volume' need to have a non-zero size specified")
    if disk.size < disk.image.min_disk:
        sizes = f"Volume size is {disk.size << 30} bytes, minimum size is {disk.image.min_disk << 30} bytes."
        raise Refusal(400, f"Volume is smaller than the minimum size specified in image metadata. {sizes}")


def _fresh(wanted: Sequence[Disk]) -> list[Disk]:
    return [disk for disk in wanted if disk.destination == "volume" and disk.source != "volume"]


def quota_trouble(call: Call, server: Server, wanted: Sequence[Disk]) -> str:
    """What Cinder will say when the volumes are made: Nova asks it only while building."""
    fresh = _fresh(wanted)
    problem = over(call, server.project_id, len(fresh), sum(disk.size for disk in fresh)) if fresh else ""
    return f"Build of instance {server.id} aborted: {problem}" if problem else ""


def preparing(call: Call, server: Server, wanted: Sequence[Disk]) -> Callable[[Region, Server], None] | None:
    """What happens while the server's task is `block_device_mapping`: volumes are made and attached."""
    disks = [disk for disk in wanted if disk.destination == "volume"]
    if not disks:
        return None
    disks.sort(key=lambda disk: disk.boot_index if disk.boot_index is not None and disk.boot_index >= 0 else 99)
    for disk in disks:
        if disk.volume is not None:
            disk.volume.status = "reserved"
            claim(call.place, disk.volume, server, disk.delete, disk.device)

    def prepare(region: Region, target: Server) -> None:
        for disk in disks:
            found = disk.volume
            if found is None:
                found = make(region, target.project_id, target.user_id, disk.size, disk.type)
                found.name = found.description = ""
                found.image = dict(disk.image.properties) | {"image_id": disk.image.id} if disk.image else {}
                found.snapshot_id = disk.snapshot.id if disk.snapshot else None
                found.bootable = disk.boot_index == 0 or bool(disk.image)
                claim(region, found, target, disk.delete, disk.device)
            occupy(region, found)
        target.volumes.sort(key=lambda it: it.device)

    return prepare
