"""Booting servers: the form, what is sent, and the floating IP that follows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tui.config.fence import typed_file
from tui.model.entry import Entry
from tui.resources import boot_options as offer
from tui.resources import boot_values as given
from tui.resources.action import Action, Desk, End, Field, Form, Input, Option, Sent, Tier, Values
from tui.resources.boot_like import of_like, only_network
from tui.resources.boot_phases import finished, phases
from tui.resources.boot_preflight import preflight
from tui.resources.policy import cannot_create

if TYPE_CHECKING:
    from tui.cloud import Connection

GROUP = "Create"
DEADLINE = 1800.0
"""Seconds: a large image onto a new volume takes that long."""

_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


def run(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    """Send one POST for one server. Values of several are split by `Action.each` first."""
    one = given.each(values)
    if len(one) != 1:
        raise ValueError("one server at a time: split the values with Action.each")
    server = connection.compute.create_server(**given.arguments(one[0]))
    return Sent(ident=str(server.id))


def prepare(connection: Connection, values: Values) -> Values:
    """Import the keypair that the form named by its file, and find the ids of what was typed by name.

    Raises what the SDK raises, and OSError where the key cannot be read.
    """
    found = dict(values)
    if given.is_key_file(values):
        found["keypair"] = _imported(connection, values)
    finders: dict[str, Callable[..., Any]] = {
        given.IMAGE: connection.image.find_image,
        "flavor": connection.compute.find_flavor,
        given.VOLUME: lambda name, **options: connection.block_storage.find_volume(name, **options),
        given.SNAPSHOT: lambda name, **options: connection.block_storage.find_snapshot(name, **options),
        "server_group": connection.compute.find_server_group,
    }
    unused = {given.IMAGE, given.VOLUME, given.SNAPSHOT} - {given.source(values)}
    for key, find in finders.items():
        value = given.text(values, key)
        if value and key not in unused and not _UUID.fullmatch(value):
            found[key] = str(find(value, ignore_missing=False).id)
    found["networks"] = tuple(_network(connection, value) for value in values.get("networks") or ())
    found["security_groups"] = tuple(_group(connection, value) for value in values.get("security_groups") or ())
    return found


def _group(connection: Connection, value: str) -> str:
    if _UUID.fullmatch(value):
        return value
    # An admin sees the «default» of every project.
    mine = connection.current_project_id
    return str(connection.network.find_security_group(value, ignore_missing=False, project_id=mine).id)


def _network(connection: Connection, value: str) -> str:
    ident = value.removeprefix(given.PORT)
    if value in (given.AUTO, given.NO_NETWORK) or _UUID.fullmatch(ident):
        return value
    if value.startswith(given.PORT):
        return given.PORT + str(connection.network.find_port(ident, ignore_missing=False).id)
    return str(connection.network.find_network(value, ignore_missing=False).id)


def _imported(connection: Connection, values: Values) -> str:
    """Import a public key unless it is there already; returns the keypair's name."""
    name, public = given.key_name(values), typed_file(given.text(values, "keypair")).read_text("utf-8").strip()
    known = connection.compute.find_keypair(name)
    if known is not None and str(known.public_key).split()[:2] == public.split()[:2]:
        return name
    connection.compute.create_keypair(name=name, public_key=public)
    return name


def after(connection: Connection, ident: str, values: Values) -> Sent:
    """Make a floating IP for a server that was booted, on the first of its ports that the network leads to."""
    outside = given.text(values, "floating")
    if not outside:
        return Sent()
    if not _UUID.fullmatch(outside):
        outside = str(connection.network.find_network(outside, ignore_missing=False).id)
    ports = [port for port in connection.network.ports(device_id=ident) if _ipv4(port)]
    if not ports:
        raise ValueError("The server has no IPv4 address that a floating IP could lead to.")
    port = next((port for port in ports if _is_routed(connection, port, outside)), ports[0])
    made = connection.network.create_ip(floating_network_id=outside, port_id=port.id, fixed_ip_address=_ipv4(port))
    return Sent(ident=str(made.id), said=f"{made.floating_ip_address} leads to {_ipv4(port)}")


def _ipv4(port: Any) -> str:
    found = (str(one.get("ip_address")) for one in port.fixed_ips or ())
    return next((address for address in found if ":" not in address), "")


def _is_routed(connection: Connection, port: Any, outside: str) -> bool:
    for ours in connection.network.ports(network_id=port.network_id):
        if str(ours.device_owner).startswith(("network:router_interface", "network:ha_router")):
            router = connection.network.find_router(ours.device_id)
            if router is not None and (router.external_gateway_info or {}).get("network_id") == outside:
                return True
    return False


def _sources(desk: Desk) -> Sequence[Option]:
    return (
        Option(given.IMAGE, "image"),
        Option(given.VOLUME, "volume", "one that is free and bootable"),
        Option(given.SNAPSHOT, "volume snapshot", "a new volume is made of it"),
    )


def _from(source: str) -> Callable[[Values], bool]:
    return lambda values: given.source(values) == source


def _needed(key: str, what: str) -> Callable[[Any, Values], str]:
    return lambda value, values: "" if value or given.source(values) != key else f"choose {what}"


def _wrong_size(value: Any, values: Values) -> str:
    if value in (None, ""):
        return "give the volume a size in GB" if given.source(values) == given.IMAGE else ""
    return "" if given.number_or({"n": value}, "n", 0) >= 1 else "1 GB at least"


def _wrong_password(value: Any, values: Values) -> str:
    return "" if "\n" not in str(value or "") else "one line"


def _source_fields() -> tuple[Field, ...]:
    group = "Boots from"
    return (
        Field(
            key="source", label="Boot from", input=Input.CHOICE, group=group, options=_sources,
            initial=of_like("source", given.IMAGE), remember=True,
        ),
        Field(
            key=given.IMAGE, label="Image", input=Input.CHOICE, group=group, options=offer.images, remember=True,
            initial=of_like(given.IMAGE), check=_needed(given.IMAGE, "an image"), shown=_from(given.IMAGE),
        ),
        Field(
            key=given.VOLUME, label="Volume", input=Input.CHOICE, group=group, options=offer.volumes,
            check=_needed(given.VOLUME, "a volume"), shown=_from(given.VOLUME),
        ),
        Field(
            key=given.SNAPSHOT, label="Snapshot", input=Input.CHOICE, group=group, options=offer.snapshots,
            check=_needed(given.SNAPSHOT, "a snapshot"), shown=_from(given.SNAPSHOT),
        ),
        Field(
            key="flavor", label="Flavor", input=Input.CHOICE, group=group, options=offer.flavors, required=True,
            initial=of_like("flavor"), remember=True, help="«at least 2 vCPU 4 GB» finds the smallest",
        ),
        Field(
            key="new_volume", label="New volume", input=Input.BOOL, group=group, initial=of_like("new_volume", False),
            shown=_from(given.IMAGE), help="the image is copied to a volume; else it is the host's local disk",
        ),
        Field(
            key="volume_size", label="Size", input=Input.NUMBER, group=group, initial=of_like("volume_size"),
            check=_wrong_size, shown=given.new_volume, help="GB",
        ),
        Field(
            key="volume_type", label="Volume type", input=Input.CHOICE, group=group, options=offer.volume_types,
            initial=of_like("volume_type"), remember=True, shown=given.new_volume,
        ),
        Field(
            key="delete_volume", label="Volume goes too", input=Input.BOOL, group=group,
            initial=of_like("delete_volume", False), shown=lambda values: given.device(values) is not None,
            help="the volume is deleted with the server",
        ),
    )  # fmt: skip


def _network_fields() -> tuple[Field, ...]:
    group = "Network"
    return (
        Field(
            key="networks", label="Networks", input=Input.CHOICES, group=group, options=offer.networks,
            initial=of_like("networks", only_network), remember=True, check=given.wrong_networks,
            help="networks and ports, in the order of the server's interfaces",
        ),
        Field(
            key="fixed_ips", label="Fixed IPs", input=Input.WORDS, group=group, check=given.wrong_fixed_ips,
            shown=lambda values: bool(values.get("networks")), help="one for each network, in order; - for any",
        ),
        Field(
            key="floating", label="Floating IP", input=Input.CHOICE, group=group, options=offer.external_networks,
            help="a new one from this network, once the server has its address",
        ),
        Field(
            key="security_groups", label="Security groups", input=Input.CHOICES, group=group, remember=True,
            options=offer.security_groups, initial=of_like("security_groups"), help="none: the project's «default»",
        ),
    )  # fmt: skip


def _access_fields() -> tuple[Field, ...]:
    group = "Access"
    return (
        Field(
            key="keypair", label="Keypair", input=Input.CHOICE, group=group, options=offer.keypairs, free=True,
            initial=of_like("keypair"), remember=True, help="yours, or a public key of ~/.ssh to import",
        ),
        Field(
            key="user_data", label="User data", input=Input.FILE, group=group, check=given.wrong_user_data,
            help="a file, or text for cloud-init: #cloud-config, #! …",
        ),
        Field(
            key="admin_password", label="Password", input=Input.SECRET, group=group, check=_wrong_password,
            help="for images that take one from Nova",
        ),
        Field(
            key="config_drive", label="Config drive", input=Input.BOOL, group=group,
            initial=of_like("config_drive", False), help="metadata on a disk, for networks without DHCP",
        ),
    )  # fmt: skip


def _more_fields() -> tuple[Field, ...]:
    group = "More"
    return (
        Field(
            key="zone", label="Zone", input=Input.CHOICE, group=group, options=offer.zones, free=True,
            initial=of_like("zone"), remember=True,
        ),
        Field(
            key="server_group", label="Server group", input=Input.CHOICE, group=group, options=offer.server_groups,
            initial=of_like("server_group"),
        ),
        Field(
            key="metadata", label="Metadata", input=Input.PAIRS, group=group, initial=of_like("metadata"),
            check=given.wrong_metadata,
        ),
        Field(
            key="tags", label="Tags", input=Input.WORDS, group=group, initial=of_like("tags"), check=given.wrong_tags,
        ),
        Field(key="description", label="Description", group=group, initial=of_like("description")),
    )  # fmt: skip


_FIELDS = (
    Field(
        key="name", label="Name", group="Server", required=True, initial=of_like("name"), check=given.wrong_name,
        help="for several: web-{n:02}",
    ),
    Field(
        key="count", label="Count", input=Input.NUMBER, group="Server", initial=lambda desk: 1, check=given.wrong_count,
    ),
    *_source_fields(), *_network_fields(), *_access_fields(), *_more_fields(),
)  # fmt: skip

BOOT = Action(
    id="server.boot",
    letter="b",
    key="b",
    title="Boot a server",
    group=GROUP,
    help="one or many, from an image, a volume or a snapshot",
    tier=Tier.REVERSIBLE,
    creates=True,
    many=False,
    off=cannot_create,
    form=Form(_FIELDS, preflight, "New server"),
    each=given.each,
    prepare=prepare,
    run=run,
    after=after,
    phases=phases,
    finished=finished,
    command=lambda entry, values: given.as_command(values),
    python=given.as_python,
    end=End.INSTANCE_ACTION,
    deadline=DEADLINE,
    aim="ACTIVE",
    verb="Boot",
    done="booted",
)
"""With a server on the desk («like this one») the form is filled from it."""
BOOT_ACTIONS = (BOOT,)
