"""`POST /servers`: what is asked for is checked as Nova checks it, then the server is built step by step."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass, field
from typing import Any

from tui.demo.clock import seeded_uuid
from tui.demo.history import begin
from tui.demo.machine import build
from tui.demo.network import bind, plug, reserve, subnet_of
from tui.demo.nova import disks
from tui.demo.nova.changes import strings, tags
from tui.demo.nova.interfaces import free_port
from tui.demo.nova.quota import limits_of, require
from tui.demo.nova.tenancy import find_group
from tui.demo.nova.view import links
from tui.demo.records import Flavor, Image, Json, Network, Port, SecurityGroup, Server, ServerGroup
from tui.demo.rest import Answer, Call, Refusal, Routes, reply

NEVER_FITS = 4_096
"""A flavor with more vCPUs than this finds no host."""

USER_DATA = 65_535
"""Characters of user data, encoded."""

_KNOWN = frozenset({
    "name", "imageRef", "flavorRef", "networks", "key_name", "metadata", "user_data", "config_drive", "adminPass",
    "availability_zone", "block_device_mapping_v2", "block_device_mapping", "security_groups", "description", "tags",
    "min_count", "max_count", "return_reservation_id", "hostname", "host", "hypervisor_hostname", "personality",
    "OS-DCF:diskConfig", "accessIPv4", "accessIPv6", "trusted_image_certificates",
})  # fmt: skip


@dataclass(slots=True)
class Nic:
    """One wanted interface."""

    network: Network
    port: Port | None = None
    address: str = ""
    tag: str | None = None


@dataclass(slots=True)
class Order:
    """A checked request for servers."""

    wanted: Json
    flavor: Flavor
    image: Image | None
    nics: list[Nic]
    groups: list[SecurityGroup]
    disks: list[disks.Disk]
    group: ServerGroup | None
    zone: str | None
    host: str | None
    password: str
    names: list[str] = field(default_factory=list)


def add_routes(routes: Routes, base: str) -> None:
    """Let the path be found."""
    routes.add("POST", f"{base}/servers", create)


def fresh_password() -> str:
    """A password as Nova makes them."""
    return secrets.token_urlsafe(9)[:12]


def create(call: Call) -> Answer:
    """`POST /servers`: accepted at once, built a moment later."""
    order = _checked(call)
    made = [_make(call, order, name) for name in order.names]
    first = made[0]
    if order.wanted.get("return_reservation_id"):
        return reply({"reservation_id": f"r-{first.id[:8]}"}, 202)
    body: Json = {
        "id": first.id,
        "links": links(call, "servers", first.id),
        "OS-DCF:diskConfig": order.wanted.get("OS-DCF:diskConfig") or "MANUAL",
        "security_groups": order.wanted.get("security_groups") or [{"name": "default"}],
        "adminPass": order.password,
    }
    answer = reply({"server": body}, 202)
    answer.headers["Location"] = body["links"][0]["href"]
    return answer


def _checked(call: Call) -> Order:
    body = call.json()
    wanted = body.get("server")
    if call.scope.project_id is None:
        raise Refusal(403, "Policy doesn't allow os_compute_api:servers:create to be performed.")
    if not isinstance(wanted, dict):
        raise Refusal(400, "'server' is a required property")
    _check_schema(call, wanted)
    flavor = call.place.flavors.get(str(wanted["flavorRef"]).rsplit("/", 1)[-1])
    if flavor is None:
        raise Refusal(400, f"Flavor {wanted['flavorRef']} could not be found.")
    if wanted.get("key_name"):
        own = {k.name for k in call.place.keypairs if k.user_id == call.scope.user.id}
        if wanted["key_name"] not in own:
            raise Refusal(400, "Invalid key_name provided.")
    zone, host = _zone(call, wanted)
    found = disks.wanted_disks(call, wanted)
    image = _image(call, wanted, flavor, found)
    count = max(int(wanted.get("min_count") or 1), int(wanted.get("max_count") or 1))
    order = Order(
        wanted,
        flavor,
        image,
        _nics(call, wanted),
        _groups(call, wanted),
        found,
        _server_group(call, body, count),
        zone,
        host,
        str(wanted.get("adminPass") or fresh_password()),
    )
    _check_count(order, count)
    require(call, {"cores": flavor.vcpus * count, "instances": count, "ram": flavor.ram * count})
    name = str(wanted["name"])
    order.names = [name] if count == 1 else [f"{name}-{number}" for number in range(1, count + 1)]
    return order


def _check_schema(call: Call, wanted: Json) -> None:
    """What Nova's JSON schema refuses before anything is looked up."""
    for key in ("name", "flavorRef"):
        if key not in wanted:
            raise _invalid("server", wanted, f"'{key}' is a required property")
    if "networks" not in wanted and call.microversion >= 37:
        raise _invalid("server", wanted, "'networks' is a required property")
    for key in wanted:
        if key not in _KNOWN:
            raise _invalid("server", wanted, f"Additional properties are not allowed ('{key}' was unexpected)")
    name = wanted["name"]
    if not isinstance(name, str) or not name.strip():
        raise _invalid("name", name, f"{name!r} should be non-empty")
    if len(name) > 255:
        raise _invalid("name", name, f"{name!r} is too long")
    strings(call, wanted.get("metadata") or {})
    tags(wanted.get("tags"))
    data = wanted.get("user_data")
    if data is not None:
        if len(str(data)) > USER_DATA:
            raise _invalid("user_data", data, f"{data!r} is too long")
        try:
            base64.b64decode(str(data), validate=True)
        except (ValueError, binascii.Error) as error:
            raise _invalid("user_data", data, f"{data!r} is not a 'base64'") from error


def _invalid(name: str, value: Any, problem: str) -> Refusal:
    return Refusal(400, f"Invalid input for field/attribute {name}. Value: {value}. {problem}")


def _check_count(order: Order, count: int) -> None:
    wanted = order.wanted
    if wanted.get("min_count") and wanted.get("max_count") and int(wanted["min_count"]) > int(wanted["max_count"]):
        raise Refusal(400, "min_count must be <= max_count")
    if count > 1 and any(nic.port is not None for nic in order.nics):
        raise Refusal(
            400,
            "Unable to launch multiple instances with a single configured port ID. Please launch your "
            "instance one by one with different ports.",
        )
    if count > 1 and any(disk.source == "volume" for disk in order.disks):
        raise Refusal(400, "Cannot attach one or more volumes to multiple instances")


def _zone(call: Call, wanted: Json) -> tuple[str | None, str | None]:
    zone, _, host = str(wanted.get("availability_zone") or "").partition(":")
    if zone and zone not in call.place.zones:
        raise Refusal(400, "The requested availability zone is not available")
    host = host or str(wanted.get("host") or "")
    if host and not call.admin:
        raise Refusal(403, "Policy doesn't allow os_compute_api:servers:create:forced_host to be performed.")
    if host and host not in call.place.hosts:
        raise Refusal(400, f"Compute host {host} could not be found.")
    return zone or None, host or None


def _image(call: Call, wanted: Json, flavor: Flavor, found: list[disks.Disk]) -> Image | None:
    ref = str(wanted.get("imageRef") or "").rsplit("/", 1)[-1]
    root = next((disk for disk in found if disk.boot_index == 0), None)
    if not ref:
        if not found:
            raise Refusal(400, "Missing imageRef attribute")
        if root is None:
            raise Refusal(
                400,
                "Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping "
                "combination is not valid.",
            )
        return None
    image = call.place.images.get(ref)
    if image is None or not (call.admin or image.visibility != "private" or image.owner == call.scope.project_id):
        raise Refusal(400, "Can not find requested image")
    if image.status != "active":
        raise Refusal(400, f"Image {ref} is not active.")
    if root is None:
        check_fit(flavor, image)
        return image
    if flavor.ram < image.min_ram:
        raise Refusal(400, "Flavor's memory is too small for requested image.")
    return None if root.destination == "volume" else image


def check_fit(flavor: Flavor, image: Image) -> None:
    """Refuse a flavor that is too small for an image."""
    if flavor.ram < image.min_ram:
        raise Refusal(400, "Flavor's memory is too small for requested image.")
    if 0 < flavor.disk < image.min_disk:
        sizes = f"Flavor disk is {flavor.disk << 30} bytes, minimum size is {image.min_disk << 30} bytes."
        raise Refusal(400, f"Flavor's disk is smaller than the minimum size specified in image metadata. {sizes}")


def _nics(call: Call, wanted: Json) -> list[Nic]:
    asked = wanted.get("networks", "auto")
    if asked == "none":
        return []
    if asked == "auto" or not asked:
        return [Nic(call.place.network(call.scope.project_id or ""))]
    found = []
    for entry in asked:
        tag = str(entry["tag"]) if entry.get("tag") else None
        if entry.get("port"):
            port = free_port(call, str(entry["port"]), 400)
            found.append(Nic(port.network, port, tag=tag))
            continue
        network = call.place.networks.get(str(entry.get("uuid")))
        if network is None or not (
            call.admin or network.shared or network.external or network.project_id == call.scope.project_id
        ):
            raise Refusal(400, f"Network {entry.get('uuid')} could not be found.")
        if network.external and not call.admin and not network.shared:
            raise Refusal(403, f"It is not allowed to create an interface on external network {network.id}")
        found.append(Nic(network, address=str(entry.get("fixed_ip") or ""), tag=tag))
    return found


def _groups(call: Call, wanted: Json) -> list[SecurityGroup]:
    found = []
    for entry in wanted.get("security_groups") or [{"name": "default"}]:
        group = call.place.group(call.scope.project_id or "", str(entry.get("name")))
        if group is None:
            raise Refusal(400, f"Unable to find security_group with name or id '{entry.get('name')}'")
        if group not in found:
            found.append(group)
    return found


def _server_group(call: Call, body: Json, count: int) -> ServerGroup | None:
    hints = body.get("os:scheduler_hints") or body.get("OS-SCH-HNT:scheduler_hints") or {}
    if not hints.get("group"):
        return None
    group = find_group(call, str(hints["group"]), 400)
    limit = limits_of(call, group.project_id)["server_group_members"]
    members = [ident for ident in group.members if call.place.find(ident) is not None]
    if 0 <= limit < len(members) + count:
        raise Refusal(403, "Quota exceeded, too many servers in group")
    return group


def _make(call: Call, order: Order, name: str) -> Server:
    region, now, wanted = call.place, call.place.now(), order.wanted
    project, user = call.scope.project_id or "", call.scope.user.id
    image_id = order.image.id if order.image is not None else ""
    server = Server(seeded_uuid(region.rng), region.number(), name, project, user, image_id, order.flavor, now, now)
    server.key_name = wanted.get("key_name")
    server.metadata = strings(call, wanted.get("metadata") or {})
    server.user_data = wanted.get("user_data")
    server.config_drive = "True" if wanted.get("config_drive") in (True, "True", "true") else ""
    server.pinned_zone, server.zone, server.host = order.zone, order.zone or "", order.host
    server.description = wanted.get("description") if call.microversion >= 19 else name
    server.tags = tags(wanted.get("tags")) if call.microversion >= 52 else []
    server.volatile = True
    if order.group is not None:
        order.group.members.append(server.id)
    record = begin(region, server, "create", user, call.id)
    region.add(server)
    doomed = "no-host" if order.flavor.vcpus > NEVER_FITS else ""
    if not doomed:
        doomed = _plug(call, order, server) or disks.quota_trouble(call, server, order.disks)
    if doomed:
        build(region, server, record, doomed)
    else:
        build(region, server, record, disks=disks.preparing(call, server, order.disks))
    return server


def _plug(call: Call, order: Order, server: Server) -> str:
    """Give a server its interfaces; what goes wrong now shows when it is built."""
    region = call.place
    for nic in order.nics:
        if nic.port is not None:
            nic.port.given, nic.port.tag = True, nic.tag
            bind(region, nic.port, server)
            continue
        if nic.address and subnet_of(nic.network, nic.address) is None:
            return (
                f"Build of instance {server.id} aborted: Invalid input received: Fixed IP {nic.address} is not a valid "
                f"ip address for network {nic.network.id}."
            )
        fixed = [reserve(region, nic.network, nic.address)] if nic.address else []
        port = plug(region, region.rng, server, nic.network, order.groups, region.now())
        port.tag = nic.tag
        if fixed:
            port.fixed = fixed
    return ""
