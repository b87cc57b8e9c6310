"""`os-volume_attachments`: the volumes of a server, attached and detached."""

from __future__ import annotations

import uuid

from tui.demo.clock import seeded_uuid
from tui.demo.history import begin, close
from tui.demo.machine import later
from tui.demo.nova.listing import visible
from tui.demo.nova.states import check
from tui.demo.records import Attachment, Json, Server
from tui.demo.rest import Answer, Call, Refusal, Routes, reply
from tui.demo.storage import Volume
from tui.demo.world import Region

STATES = ("active", "paused", "stopped", "resized", "soft-delete", "shelved", "shelved_offloaded")
ATTACHING = (0.4, 0.5)
"""Seconds until Cinder says attaching, and then in-use."""

DETACHING = 0.7


def add_routes(routes: Routes, base: str) -> None:
    """Let the paths be found."""
    one = f"{base}/servers/{{server}}/os-volume_attachments"
    routes.add("GET", one, volumes)
    routes.add("POST", one, attach)
    routes.add("GET", f"{one}/{{volume}}", volume)
    routes.add("PUT", f"{one}/{{volume}}", update)
    routes.add("DELETE", f"{one}/{{volume}}", detach)


def _row(call: Call, server: Server, it: Attachment) -> Json:
    row: Json = {"serverId": server.id, "volumeId": it.volume_id, "device": it.device}
    if call.microversion < 89:
        row["id"] = it.volume_id
    if call.microversion >= 70:
        row["tag"] = it.tag
    if call.microversion >= 79:
        row["delete_on_termination"] = it.delete_on_termination
    if call.microversion >= 89:
        row |= {"attachment_id": it.id, "bdm_uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, it.id))}
    return row


def volumes(call: Call) -> Answer:
    """`GET …/os-volume_attachments`."""
    server = visible(call)
    return reply({"volumeAttachments": [_row(call, server, it) for it in server.volumes]})


def _find(server: Server, ident: str) -> Attachment:
    for it in server.volumes:
        if it.volume_id == ident:
            return it
    raise Refusal(404, f"Instance {server.id} is not attached to volume {ident}")


def volume(call: Call) -> Answer:
    """`GET …/os-volume_attachments/{volume}`."""
    server = visible(call)
    return reply({"volumeAttachment": _row(call, server, _find(server, call.params["volume"]))})


def next_device(server: Server) -> str:
    """The next free name of a disk; the first is the root's."""
    used = {it.device for it in server.volumes} | ({"/dev/vda"} if server.image_id else set())
    return next(name for letter in "abcdefghijklmnopqrstuvwxyz" if (name := f"/dev/vd{letter}") not in used)


def claim(region: Region, found: Volume, server: Server, along: bool, device: str = "") -> Attachment:
    """Note that a volume belongs to a server; what Cinder says of it comes on top."""
    it = Attachment(seeded_uuid(region.rng), found.id, device or next_device(server), along)
    server.volumes.append(it)
    found.attachment_id, found.server_id, found.device = it.id, server.id, it.device
    return it


def occupy(region: Region, found: Volume) -> None:
    """The volume is attached now."""
    found.status, found.attached, found.updated, found.reserved = "in-use", region.now(), region.now(), False


def attach(call: Call) -> Answer:
    """`POST …/os-volume_attachments`: answered when the volume is reserved; attached a moment later."""
    server, region = visible(call), call.place
    wanted = call.json().get("volumeAttachment")
    if not isinstance(wanted, dict):
        raise Refusal(400, "'volumeAttachment' is a required property")
    found = find_volume(call, str(wanted.get("volumeId")))
    check(call, server, "attach_volume", STATES)
    if found.status != "available":
        if found.server_id:
            raise Refusal(400, f"Invalid volume: volume {found.id} is already attached to instances: {server.id}")
        raise Refusal(
            400, f"Invalid volume: volume '{found.id}' status must be 'available'. Currently in '{found.status}'"
        )
    record = begin(region, server, "attach_volume", call.scope.user.id, call.id, "compute_attach_volume")
    along = bool(wanted.get("delete_on_termination")) and call.microversion >= 79
    it = claim(region, found, server, along, str(wanted.get("device") or ""))
    it.tag = str(wanted["tag"]) if wanted.get("tag") and call.microversion >= 49 else None
    found.status = "reserved"

    def attaching() -> None:
        if it in server.volumes:
            found.status = "attaching"

    def attached() -> None:
        if it in server.volumes:
            occupy(region, found)
            region.refresh(server)
        close(region, record)

    later(ATTACHING[0], attaching)
    later(sum(ATTACHING), attached)
    region.refresh(server)
    body: Json = {"id": found.id, "serverId": server.id, "volumeId": found.id, "device": it.device}
    if call.microversion >= 70:
        body["tag"] = it.tag
    if call.microversion >= 79:
        body["delete_on_termination"] = it.delete_on_termination
    return reply({"volumeAttachment": body})


def find_volume(call: Call, ident: str) -> Volume:
    """A volume by its id, as Nova finds it in Cinder."""
    try:
        uuid.UUID(ident)
    except ValueError as error:
        raise Refusal(
            400, f"Invalid input for field/attribute volumeId. Value: {ident}. '{ident}' is not a 'uuid'"
        ) from error
    found = call.place.volumes.get(ident)
    if found is None or not (call.admin or found.project_id == call.scope.project_id):
        raise Refusal(404, f"Volume {ident} could not be found.")
    return found


def update(call: Call) -> Answer:
    """`PUT …/os-volume_attachments/{volume}`: whether the volume goes when the server goes (from 2.85)."""
    server = visible(call)
    it = _find(server, call.params["volume"])
    wanted = call.json().get("volumeAttachment") or {}
    if call.microversion < 85:
        raise Refusal(403, "Policy doesn't allow os_compute_api:os-volumes-attachments:swap to be performed.")
    if "delete_on_termination" in wanted:
        it.delete_on_termination = bool(wanted["delete_on_termination"])
        call.place.refresh(server)
    return Answer(202)


def detach(call: Call) -> Answer:
    """`DELETE …/os-volume_attachments/{volume}`: accepted, done a moment later. Never the root of a server."""
    server, region = visible(call), call.place
    it = _find(server, call.params["volume"])
    check(call, server, "detach_volume", STATES)
    if it is server.volumes[0] and not server.image_id and server.vm_state != "shelved_offloaded":
        raise Refusal(400, "Cannot detach a root device volume")
    found = region.volumes.get(it.volume_id)
    if found is not None and found.status != "in-use":
        raise Refusal(
            400,
            "Invalid volume: Invalid input received: Invalid volume: Unable to detach volume. Volume status must be "
            f"'in-use' and attach_status must be 'attached' to detach. (HTTP 400) (Request-ID: {call.id})",
        )
    record = begin(region, server, "detach_volume", call.scope.user.id, call.id, "compute_detach_volume")
    if found is not None:
        found.status = "detaching"

    def done() -> None:
        if it in server.volumes:
            server.volumes.remove(it)
            if found is not None:
                found.status, found.attached, found.updated = "available", None, region.now()
                found.attachment_id = found.server_id = found.device = ""
            region.refresh(server)
        close(region, record)

    later(DETACHING, done)
    return Answer(202)
