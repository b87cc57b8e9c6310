"""How Nova shows a server at each microversion."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from functools import lru_cache

import msgspec

from tui.demo.clock import micro, zulu
from tui.demo.network import hostname
from tui.demo.records import Flavor, Json, Server
from tui.demo.rest import Call
from tui.demo.states import FAULT_STATUSES, PROGRESS_STATUSES, status_of
from tui.demo.world import Region

STEPS = (3, 9, 16, 19, 26, 47, 63, 73, 90, 96, 98, 100)
"""The microversions at which the listed record of a server changes."""

_encode = msgspec.json.Encoder().encode


def view_class(call: Call) -> int:
    """Which of the possible shapes of a server this call gets: its microversion's step and whether it is an admin's."""
    return bisect_right(STEPS, call.microversion) * 2 + call.admin


def encoded(call: Call, server: Server, shape: int) -> bytes:
    """A server's detailed record as JSON, from its cache when nothing has changed."""
    if server.view is not None and server.view[0] == shape:
        return server.view[1]
    body = _encode(detailed(call, server))
    server.view = (shape, body)
    return body


def links(call: Call, collection: str, ident: str) -> list[Json]:
    """The two links of any record."""
    return [
        {"rel": "self", "href": f"{call.root}/v2.1/{collection}/{ident}"},
        {"rel": "bookmark", "href": f"{call.root}/{collection}/{ident}"},
    ]


def bookmark(call: Call, collection: str, ident: str) -> Json:
    """A reference to another record."""
    return {"id": ident, "links": [{"rel": "bookmark", "href": f"{call.root}/{collection}/{ident}"}]}


def brief(call: Call, server: Server) -> Json:
    """A server as `GET /servers` lists it."""
    return {"id": server.id, "name": server.name, "links": links(call, "servers", server.id)}


def unreachable(call: Call, server: Server, listed: bool) -> Json:
    """A server of a cell that does not answer: Nova knows little more than that it exists."""
    body: Json = {
        "id": server.id,
        "status": "UNKNOWN",
        "tenant_id": server.project_id,
        "created": zulu(server.created),
        "links": links(call, "servers", server.id),
    }
    if not listed:
        body["image"] = _image(call, server)
        body["flavor"] = _flavor(call, server.flavor)
        body["OS-EXT-AZ:availability_zone"] = server.pinned_zone or "UNKNOWN"
        body["OS-EXT-STS:power_state"] = 0
        body["user_id"] = server.user_id
        if call.microversion >= 71:
            body["server_groups"] = []
    return body


def detailed(call: Call, server: Server, listed: bool = True) -> Json:
    """A server as `GET /servers/detail` lists it, or as `GET /servers/{id}` shows it."""
    minor = call.microversion
    status = status_of(server.vm_state, server.task_state, server.deleted)
    body: Json = {
        "accessIPv4": "",
        "accessIPv6": "",
        "addresses": addresses(server),
        "created": zulu(server.created),
        "flavor": _flavor(call, server.flavor),
        "hostId": host_id(server.host, server.project_id),
        "id": server.id,
        "image": _image(call, server),
        "links": links(call, "servers", server.id),
        "metadata": server.metadata,
        "name": server.name,
        "status": status,
        "tenant_id": server.project_id,
        "user_id": server.user_id,
        "updated": zulu(server.updated),
        "OS-DCF:diskConfig": "MANUAL",
    }
    if status in FAULT_STATUSES and server.fault is not None:
        body["fault"] = _fault(call, server)
    if status in PROGRESS_STATUSES:
        body["progress"] = server.progress
    body["OS-EXT-AZ:availability_zone"] = server.zone
    body["config_drive"] = server.config_drive
    body["key_name"] = server.key_name
    body["OS-SRV-USG:launched_at"] = micro(server.launched)
    body["OS-SRV-USG:terminated_at"] = micro(server.terminated)
    if call.admin:
        _attributes(body, server, minor)
    body["OS-EXT-STS:task_state"] = server.task_state
    body["OS-EXT-STS:vm_state"] = server.vm_state
    body["OS-EXT-STS:power_state"] = server.power_state
    body["os-extended-volumes:volumes_attached"] = [
        {"id": it.volume_id, "delete_on_termination": it.delete_on_termination} if minor >= 3 else {"id": it.volume_id}
        for it in server.volumes
    ]
    _later(body, call, server, listed)
    groups = [{"name": group.name} for port in server.ports for group in port.groups]
    if groups:
        body["security_groups"] = groups
    return body


def _attributes(body: Json, server: Server, minor: int) -> None:
    """What only an admin sees."""
    prefix = "OS-EXT-SRV-ATTR:"
    body[prefix + "host"] = server.host
    body[prefix + "instance_name"] = f"instance-{server.number:08x}"
    body[prefix + "hypervisor_hostname"] = server.host
    if minor >= 3:
        body[prefix + "hostname"] = hostname(server.name)
        body[prefix + "kernel_id"] = ""
        body[prefix + "launch_index"] = 0
        body[prefix + "ramdisk_id"] = ""
        body[prefix + "reservation_id"] = f"r-{server.id[:8]}"
        body[prefix + "root_device_name"] = "/dev/vda" if server.host else None
        body[prefix + "user_data"] = server.user_data


def _later(body: Json, call: Call, server: Server, listed: bool) -> None:
    """What later microversions add."""
    minor = call.microversion
    if minor >= 9:
        body["locked"] = server.locked_by is not None
    if minor >= 16 and call.admin:
        body["host_status"] = host_status(call.place, server)
    if minor >= 19:
        body["description"] = server.description
    if minor >= 26:
        body["tags"] = server.tags
    if minor >= 63:
        body["trusted_image_certificates"] = None
    if minor >= 71 and not listed:
        groups_of = call.place.server_groups.values()
        body["server_groups"] = [group.id for group in groups_of if server.id in group.members]
    if minor >= 73:
        body["locked_reason"] = server.locked_reason
    if minor >= 90 and not call.admin:
        body["OS-EXT-SRV-ATTR:hostname"] = hostname(server.name)
    if minor >= 96:
        body["pinned_availability_zone"] = server.pinned_zone
    if minor >= 100:
        body["scheduler_hints"] = {}


def host_status(region: Region, server: Server) -> str:
    """The state of the compute service that a server is on."""
    if server.host is None:
        return ""
    return "DOWN" if server.host in region.down_hosts else "UP"


def addresses(server: Server, extended: bool = True) -> Json:
    """Addresses by network; hidden while the server is being built. The extended ones say what they are."""
    if server.vm_state == "building":
        return {}
    found: Json = {}
    for port in server.ports:
        rows = found.setdefault(port.network.name, [])
        fixed = [(subnet.version, address, "fixed") for subnet, address in port.fixed]
        if port.floating is not None:
            fixed.append((4, port.floating.address, "floating"))
        rows.extend(_address(*entry, port.mac if extended else None) for entry in fixed)
    return found


def _address(version: int, address: str, kind: str, mac: str | None) -> Json:
    if mac is None:
        return {"version": version, "addr": address}
    return {"version": version, "addr": address, "OS-EXT-IPS:type": kind, "OS-EXT-IPS-MAC:mac_addr": mac}


@lru_cache(maxsize=4096)
def host_id(host: str | None, project_id: str) -> str:
    """The host as a project may know it: the same for two servers on one host, telling nothing else."""
    return hashlib.sha224(f"{project_id}{host}".encode()).hexdigest() if host else ""


def _flavor(call: Call, flavor: Flavor) -> Json:
    if call.microversion < 47:
        return bookmark(call, "flavors", flavor.id)
    return {
        "vcpus": flavor.vcpus,
        "ram": flavor.ram,
        "disk": flavor.disk,
        "ephemeral": flavor.ephemeral,
        "swap": flavor.swap,
        "original_name": flavor.name,
        "extra_specs": flavor.extra_specs,
    }


def _image(call: Call, server: Server) -> Json | str:
    if not server.image_id:
        return ""
    body = bookmark(call, "images", server.image_id)
    if call.microversion >= 98:
        image = call.place.images.get(server.image_id)
        known = image.properties if image is not None else {}
        body["properties"] = {k: v for k, v in known.items() if k in ("os_distro", "os_version", "architecture")}
    return body


def _fault(call: Call, server: Server) -> Json:
    fault = server.fault
    if fault is None:
        return {}
    body: Json = {"code": fault.code, "created": zulu(fault.created), "message": fault.message}
    if fault.details and (call.admin or fault.code != 500):
        body["details"] = fault.details
    return body
