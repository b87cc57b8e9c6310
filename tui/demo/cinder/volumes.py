"""Volumes: made, changed, deleted, each through the states that Cinder goes through.

Volume metadata `demo_fault` = create, delete or extend makes that fail: error, error_deleting, error_extending.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tui.demo.cinder import view
from tui.demo.cinder.lists import links, own, page
from tui.demo.cinder.quota import require
from tui.demo.clock import seeded_uuid
from tui.demo.machine import FAULT, later
from tui.demo.records import Image, Json
from tui.demo.rest import Answer, Call, Refusal, Routes, reply
from tui.demo.storage import Snapshot, Volume, VolumeType
from tui.demo.world import Region

WORK = 0.7
"""Seconds that Cinder takes for anything."""

_UNUSED = (
    "Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing "
    "and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated "
    "from snapshots after volume transfer."
)


def add_routes(routes: Routes, base: str) -> None:
    """Let the paths be found."""
    routes.add("GET", f"{base}/volumes", lambda call: _list(call, full=False))
    routes.add("GET", f"{base}/volumes/detail", lambda call: _list(call, full=True))
    routes.add("GET", f"{base}/volumes/summary", summary)
    routes.add("POST", f"{base}/volumes", create)
    one = f"{base}/volumes/{{volume}}"
    routes.add("GET", one, lambda call: reply({"volume": view.volume(call, find(call))}))
    routes.add("PUT", one, update)
    routes.add("DELETE", one, delete)
    routes.add("POST", f"{one}/action", act)
    routes.add("GET", f"{one}/metadata", lambda call: reply({"metadata": find(call).metadata}))
    routes.add("POST", f"{one}/metadata", lambda call: _metadata(call, replace=False))
    routes.add("PUT", f"{one}/metadata", lambda call: _metadata(call, replace=True))


def find(call: Call, ident: str = "") -> Volume:
    """The volume of the path, when the caller may see it."""
    ident = ident or call.params["volume"]
    found = call.place.volumes.get(ident)
    if found is None or not (call.admin or found.project_id == call.scope.project_id):
        raise Refusal(404, f"Volume {ident} could not be found.")
    return found


def _list(call: Call, full: bool) -> Answer:
    rows, more = page(call, own(call, call.place.volumes.values()), "Volume")
    body: Json = {"volumes": [view.volume(call, it) if full else view.brief(call, it) for it in rows]}
    following = links(call, rows, more)
    if following:
        body["volumes_links"] = following
    return reply(body)


def summary(call: Call) -> Answer:
    """`GET /volumes/summary`."""
    rows = own(call, call.place.volumes.values())
    body: Json = {"total_count": len(rows), "total_size": sum(it.size for it in rows)}
    if call.microversion >= 36:
        body["metadata"] = {}
    return reply({"volume-summary": body})


def kind_named(region: Region, name: str) -> VolumeType | None:
    """A volume type by name or id; the first is the default."""
    if not name:
        return region.volume_types[0]
    return next((kind for kind in region.volume_types if name in (kind.name, kind.id)), None)


def make(region: Region, project_id: str, user_id: str, size: int, kind: str = "") -> Volume:
    """A volume that exists from now on; its maker says what becomes of it."""
    now = region.now()
    found = kind_named(region, kind) or region.volume_types[0]
    volume = Volume(seeded_uuid(region.rng), None, project_id, user_id, size, found, region.zones[0], now, now)
    region.volumes[volume.id] = volume
    return volume


def create(call: Call) -> Answer:
    """`POST /volumes`: empty, or from an image, a snapshot or a volume."""
    wanted = call.json().get("volume")
    if not isinstance(wanted, dict):
        raise Refusal(400, "Invalid input for field/attribute volume. Value: None. 'volume' is a required property")
    kind = kind_named(call.place, str(wanted.get("volume_type") or ""))
    if kind is None:
        raise Refusal(404, f"Volume type with name {wanted['volume_type']} could not be found.")
    image, snapshot, source = _source(call, wanted)
    size = _size(wanted, image, snapshot, source)
    require(call, 1, size)
    made = make(call.place, call.scope.project_id or "", call.scope.user.id, size, kind.id)
    made.name, made.description = wanted.get("name"), wanted.get("description")
    made.metadata = {str(k): str(v) for k, v in (wanted.get("metadata") or {}).items()}
    zone = wanted.get("availability_zone")
    made.zone = str(zone) if zone in call.place.zones else made.zone
    made.snapshot_id, made.source_id = snapshot.id if snapshot else None, source.id if source else None

    def done() -> None:
        made.updated = call.place.now()
        if made.metadata.get(FAULT) == "create":
            made.status = "error"
            return
        made.status = "available"
        made.bootable = image is not None or (source is not None and source.bootable)
        if image is not None:
            made.image = _image_metadata(image)

    later(WORK, done)
    return reply({"volume": view.volume(call, made, new=True)}, 202)


def _image_metadata(image: Image) -> dict[str, str]:
    return {
        **image.properties,
        "image_id": image.id,
        "image_name": image.name or "",
        "container_format": image.container_format or "",
        "disk_format": image.disk_format or "",
        "min_disk": str(image.min_disk),
        "min_ram": str(image.min_ram),
        "size": str(image.size or 0),
    }


def _source(call: Call, wanted: Json) -> tuple[Image | None, Snapshot | None, Volume | None]:
    image = snapshot = source = None
    if wanted.get("imageRef"):
        image = call.place.images.get(str(wanted["imageRef"]).rsplit("/", 1)[-1])
        if image is None or image.status != "active":
            raise Refusal(400, "Invalid image identifier or unable to access requested image.")
    if wanted.get("snapshot_id"):
        snapshot = call.place.snapshots.get(str(wanted["snapshot_id"]))
        if snapshot is None:
            raise Refusal(404, f"Snapshot {wanted['snapshot_id']} could not be found.")
    if wanted.get("source_volid"):
        source = find(call, str(wanted["source_volid"]))
    return image, snapshot, source


def _size(wanted: Json, image: Image | None, snapshot: Snapshot | None, source: Volume | None) -> int:
    origin = snapshot or source
    size: Any = wanted.get("size") or (origin.size if origin is not None else wanted.get("size"))
    if size is None:
        raise Refusal(
            400, "The server could not comply with the request since it is either malformed or otherwise incorrect."
        )
    if not str(size).isdigit():
        raise Refusal(400, f"Invalid input for field/attribute size. Value: {size}. {size!r} does not match '^[0-9]+$'")
    if int(size) < 1:
        raise Refusal(
            400, f"Invalid input for field/attribute size. Value: {size}. {size} is less than the minimum of 1"
        )
    least = image.min_disk if image is not None else 0
    if int(size) < least:
        problem = f"Volume size {size}GB cannot be smaller than the image minDisk size {least}GB."
        raise Refusal(400, f"Invalid input received: {problem}")
    if origin is not None and int(size) < origin.size:
        what = "snapshot size" if snapshot is not None else "original volume size"
        problem = f"Volume size '{size}'GB cannot be smaller than the {what} {origin.size}GB."
        raise Refusal(400, f"Invalid input received: {problem} They must be >= original size.")
    return int(size)


def update(call: Call) -> Answer:
    """`PUT /volumes/{volume}`: name, description, metadata."""
    it = find(call)
    wanted = call.json().get("volume") or {}
    it.name = wanted.get("name", it.name)
    it.description = wanted.get("description", it.description)
    if "metadata" in wanted:
        it.metadata = {str(k): str(v) for k, v in wanted["metadata"].items()}
    it.updated = call.place.now()
    body = view.volume(call, it)
    for key in [key for key in body if key.startswith("os-vol-") or key == "volume_image_metadata"]:
        del body[key]
    return reply({"volume": body})


def _metadata(call: Call, replace: bool) -> Answer:
    it = find(call)
    given = {str(k): str(v) for k, v in (call.json().get("metadata") or {}).items()}
    it.metadata = given if replace else {**it.metadata, **given}
    return reply({"metadata": it.metadata})


def delete(call: Call) -> Answer:
    """`DELETE /volumes/{volume}`: accepted, gone a moment later; with `cascade` its snapshots too."""
    it, region = find(call), call.place
    snapshots = [s for s in region.snapshots.values() if s.volume_id == it.id]
    force = (call.first("force") or "").lower() == "true" and call.admin
    cascade = (call.first("cascade") or "").lower() == "true"
    idle = it.status in ("available", "error", "error_restoring", "error_extending", "error_managing")
    if not (idle or force) or it.attached is not None or (snapshots and not cascade):
        raise Refusal(400, _UNUSED)
    it.status = "deleting"

    def done() -> None:
        if it.metadata.get(FAULT) == "delete":
            it.status = "error_deleting"
            return
        region.volumes.pop(it.id, None)
        for snapshot in snapshots:
            region.snapshots.pop(snapshot.id, None)

    later(WORK, done)
    return Answer(202, content_type="text/html; charset=UTF-8")


def act(call: Call) -> Answer:
    """`POST /volumes/{volume}/action`: the body's one key says what."""
    name, values = next(iter(call.json().items()), (None, None))
    doing = _ACTIONS.get(str(name))
    if doing is None:
        raise Refusal(
            400, f"There is no such action: {name}. Verify the request body and Content-Type header and try again."
        )
    return doing(call, find(call), values or {})


def _extend(call: Call, it: Volume, values: Json) -> Answer:
    new = int(values.get("new_size") or 0)
    if it.status != "available" and not (it.status == "in-use" and call.microversion >= 42):
        raise Refusal(
            400, f"Invalid volume: Volume {it.id} status must be 'available' to extend, currently {it.status}."
        )
    if new <= it.size:
        problem = f"New size for extend must be greater than current size. (current: {it.size}, extended: {new})."
        raise Refusal(400, f"Invalid input received: {problem}")
    require(call, 0, new - it.size)
    before, it.status = it.status, "extending"

    def done() -> None:
        if it.metadata.get(FAULT) == "extend":
            it.status = "error_extending"
        else:
            it.status, it.size, it.updated = before, new, call.place.now()

    later(WORK, done)
    return Answer(202)


def _bootable(call: Call, it: Volume, values: Json) -> Answer:
    it.bootable = bool(values.get("bootable"))
    return Answer(200)


def _reset(call: Call, it: Volume, values: Json) -> Answer:
    if not call.admin:
        rule = "volume_extension:volume_admin_actions:reset_status"
        raise Refusal(403, f"Policy doesn't allow {rule} to be performed.")
    it.status = str(values.get("status") or it.status)
    if values.get("attach_status") == "detached":
        it.attached, it.attachment_id, it.server_id, it.device = None, "", "", ""
    return Answer(202)


_ACTIONS: dict[str, Callable[[Call, Volume, Json], Answer]] = {
    "os-extend": _extend,
    "os-set_bootable": _bootable,
    "os-reset_status": _reset,
}
