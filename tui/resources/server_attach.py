"""What hangs on a server: volumes, interfaces, security groups."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from tui.model.entry import Entry
from tui.resources.action import Action, End, Field, Form, Input, Sent, Tier, Values
from tui.resources.command import openstack
from tui.resources.server_off import only
from tui.resources.server_options import (
    attached_volumes,
    free_ports,
    free_volumes,
    interfaces,
    its_groups,
    networks,
    security_groups,
)
from tui.resources.server_power import ident, settled
from tui.resources.server_row import Server

if TYPE_CHECKING:
    from tui.cloud import Connection

GROUP = "Attach"
_VOLUME_STATES = ("ACTIVE", "PAUSED", "SHUTOFF", "VERIFY_RESIZE", "SHELVED", "SHELVED_OFFLOADED")
_PORT_STATES = ("ACTIVE", "PAUSED", "SHUTOFF")


def _attach_volume(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    more = {"delete_on_termination": True} if values.get("delete_on_termination") else {}
    found = connection.compute.create_volume_attachment(ident(entry), values["volume"], **more)
    return Sent(said=f"as {found.device}" if getattr(found, "device", "") else "")


def _attach_volume_command(entry: Entry | None, values: Values) -> str:
    along = bool(values.get("delete_on_termination"))
    more = ["--enable-delete-on-termination"] if along else []
    line = ("server", "add", "volume", *more, ident(entry), values["volume"])
    return openstack(entry, *line, version="2.79" if along else "")


ATTACH_VOLUME = Action(
    id="server.attach_volume",
    letter="v",
    title="Attach a volume",
    group=GROUP,
    many=False,
    off=only(*_VOLUME_STATES),
    form=Form(
        (
            Field(key="volume", label="volume", input=Input.CHOICE, required=True, options=free_volumes),
            Field(key="delete_on_termination", label="goes when the server goes", input=Input.BOOL),
        )
    ),
    run=_attach_volume,
    command=_attach_volume_command,
    end=End.INSTANCE_ACTION,
    deadline=300,
    verb="Attach a volume to",
    done="attached",
)


def _no_volume(row: Server) -> str:
    if row.volumes is None:
        return ""
    if not row.volumes:
        return "no volume is attached"
    return "its only volume is the boot volume" if len(row.volumes) == 1 and row.image == "" else ""


def _detach_volume(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    connection.compute.delete_volume_attachment(ident(entry), values["volume"], ignore_missing=False)
    return Sent()


DETACH_VOLUME = Action(
    id="server.detach_volume",
    letter="V",
    title="Detach a volume",
    group=GROUP,
    tier=Tier.DISRUPTIVE,
    many=False,
    off=only(*_VOLUME_STATES, more=_no_volume),
    form=Form((Field(key="volume", label="volume", input=Input.CHOICE, required=True, options=attached_volumes),)),
    run=_detach_volume,
    command=lambda entry, values: openstack(entry, "server", "remove", "volume", ident(entry), values["volume"]),
    end=End.INSTANCE_ACTION,
    deadline=300,
    verb="Detach a volume from",
    done="detached",
)


def _one_of_two(value: Any, values: Values) -> str:
    network, port = values.get("network"), values.get("port")
    if network and port:
        return "a network or a port, not both"
    return "" if network or port else "a network or a port is needed"


def _address_check(value: Any, values: Values) -> str:
    if not value:
        return ""
    try:
        ipaddress.ip_address(str(value))
    except ValueError:
        return "no IP address"
    return "" if values.get("network") else "an address needs a network"


def _attach_interface(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    if values.get("port"):
        wanted: dict[str, Any] = {"port_id": values["port"]}
    else:
        wanted = {"net_id": values["network"]}
        if values.get("address"):
            wanted["fixed_ips"] = [{"ip_address": values["address"]}]
    found = connection.compute.create_server_interface(ident(entry), **wanted)
    return Sent(ident=str(getattr(found, "port_id", "") or ""))


def _attach_interface_command(entry: Entry | None, values: Values) -> str:
    if values.get("port"):
        return openstack(entry, "server", "add", "port", ident(entry), values["port"])
    network = values.get("network") or ""
    if not values.get("address"):
        return openstack(entry, "server", "add", "network", ident(entry), network)
    line = ("server", "add", "fixed", "ip", "--fixed-ip-address", values["address"], ident(entry), network)
    return openstack(entry, *line, version="2.49")


ATTACH_INTERFACE = Action(
    id="server.attach_interface",
    letter="a",
    title="Attach an interface",
    group=GROUP,
    help="to a network, or a port",
    many=False,
    off=only(*_PORT_STATES),
    form=Form(
        (
            Field(key="network", label="network", input=Input.CHOICE, options=networks, check=_one_of_two),
            Field(key="port", label="or port", input=Input.CHOICE, options=free_ports, check=_one_of_two),
            Field(key="address", label="fixed address", check=_address_check, help="empty: Neutron chooses"),
        )
    ),
    run=_attach_interface,
    command=_attach_interface_command,
    end=End.INSTANCE_ACTION,
    deadline=300,
    reached=settled(),
    verb="Attach an interface to",
    done="attached",
)


def _detach_interface(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    connection.compute.delete_server_interface(values["port"], server=ident(entry), ignore_missing=False)
    return Sent()


DETACH_INTERFACE = Action(
    id="server.detach_interface",
    letter="A",
    title="Detach an interface",
    group=GROUP,
    tier=Tier.DISRUPTIVE,
    many=False,
    off=only(*_PORT_STATES),
    form=Form((Field(key="port", label="interface", input=Input.CHOICE, required=True, options=interfaces),)),
    run=_detach_interface,
    command=lambda entry, values: openstack(entry, "server", "remove", "port", ident(entry), values["port"]),
    end=End.INSTANCE_ACTION,
    deadline=300,
    reached=settled(),
    verb="Detach an interface from",
    done="detached",
)


def _groups(method: str) -> Any:
    def run(connection: Connection, entry: Entry | None, values: Values) -> Sent:
        getattr(connection.compute, method)(ident(entry), values["group"])
        return Sent()

    return run


ADD_GROUP = Action(
    id="server.add_group",
    letter="d",
    title="Add a security group",
    group=GROUP,
    help="to all of its ports",
    off=only(lock=False, busy=None),
    form=Form(
        (Field(key="group", label="security group", input=Input.CHOICE, required=True, options=security_groups),)
    ),
    run=_groups("add_security_group_to_server"),
    command=lambda entry, values: openstack(entry, "server", "add", "security", "group", ident(entry), values["group"]),
    verb="Add a security group to",
    done="given a security group",
)
REMOVE_GROUP = Action(
    id="server.remove_group",
    letter="D",
    title="Remove a security group",
    group=GROUP,
    help="from all of its ports",
    tier=Tier.DISRUPTIVE,
    off=only(lock=False, busy=None),
    form=Form((Field(key="group", label="security group", input=Input.CHOICE, required=True, options=its_groups),)),
    run=_groups("remove_security_group_from_server"),
    command=lambda entry, values: openstack(
        entry, "server", "remove", "security", "group", ident(entry), values["group"]
    ),
    verb="Remove a security group from",
    done="taken out of a security group",
)

ATTACH_ACTIONS = (ATTACH_VOLUME, DETACH_VOLUME, ATTACH_INTERFACE, DETACH_INTERFACE, ADD_GROUP, REMOVE_GROUP)
