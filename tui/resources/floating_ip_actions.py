"""What is done with floating IPs: attach, detach, release, make. What stands in the way is said first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tui.model.entry import Entry
from tui.model.place import Identity
from tui.model.status import Health
from tui.resources.action import (
    Action,
    Consequence,
    Desk,
    Field,
    Form,
    Input,
    Sent,
    Tier,
    Values,
)
from tui.resources.boot_options import external_networks
from tui.resources.command import openstack
from tui.resources.floating_ip_options import (
    NEW,
    attach_preflight,
    create_preflight,
    fixed_of_place,
    fixed_of_server,
    floating_of_server,
    free_or_new,
    split,
)
from tui.resources.floating_ip_row import floating_of
from tui.resources.policy import cannot_change, cannot_create
from tui.resources.server_off import forbidden
from tui.resources.server_row import fixed, floating, server_of

if TYPE_CHECKING:
    from tui.cloud import Connection

GROUP = "Floating IP"


def _attach(connection: Connection, address: str, target: str) -> Sent:
    """Lead an address (an id, or `NEW` and a network's id) to a port and a fixed address of it."""
    port, fixed_ip = split(target)
    aim: dict[str, Any] = {"port_id": port} | ({"fixed_ip_address": fixed_ip} if fixed_ip else {})
    if address.startswith(NEW):
        made = connection.network.create_ip(floating_network_id=address.removeprefix(NEW), **aim)
    else:
        made = connection.network.update_ip(address, **aim)
    return Sent(ident=str(made.id), said=f"{made.floating_ip_address} leads to {made.fixed_ip_address}")


def _attach_command(address: str, target: str) -> str:
    port, fixed_ip = split(target)
    aim = ["--port", port, *(["--fixed-ip-address", fixed_ip] if fixed_ip else [])]
    if address.startswith(NEW):
        return openstack(None, "floating", "ip", "create", *aim, address.removeprefix(NEW))
    return openstack(None, "floating", "ip", "set", *aim, address)


def _detach(connection: Connection, address: str) -> Sent:
    made = connection.network.update_ip(address, port_id=None)
    return Sent(ident=address, said=f"{made.floating_ip_address} leads nowhere")


def _release(connection: Connection, address: str) -> Sent:
    connection.network.delete_ip(address, ignore_missing=False)
    return Sent(ident=address)


def _chosen(desk: Desk, values: Values) -> str:
    return str(values.get("address") or "")


def _own(desk: Desk, values: Values) -> str:
    return desk.entries[0].id


def _text(values: Values, key: str) -> str:
    return str(values.get(key) or "")


def _ident(entry: Entry | None) -> str:
    if entry is None:
        raise ValueError("this needs a row")
    return entry.id


def _first(options: Callable[[Desk], Sequence[object]]) -> Callable[[Desk], str | None]:
    """Return an `initial` that takes the first option: the one that is most likely meant."""

    def initial(desk: Desk) -> str | None:
        return next((str(getattr(option, "value", "")) for option in options(desk)), None)

    return initial


def _address_field() -> Field:
    return Field(
        key="address",
        label="Floating IP",
        input=Input.CHOICE,
        required=True,
        options=free_or_new,
        initial=_first(free_or_new),
        help="one that is free, or a new one",
    )


def _off_attach(entry: Entry, identity: Identity) -> str:
    row = server_of(entry)
    if said := forbidden(identity):
        return said
    return "" if any(":" not in address for address in fixed(row)) else "it has no fixed IPv4 address"


def _off_without(entry: Entry, identity: Identity) -> str:
    return forbidden(identity) or ("" if floating(server_of(entry)) else "it has no floating IP")


SERVER_ATTACH = Action(
    id="server.floating_attach",
    letter="f",
    key="f",
    title="Attach a floating IP",
    group=GROUP,
    help="an address of yours, or a new one",
    many=False,
    off=_off_attach,
    form=Form(
        (
            _address_field(),
            Field(
                key="fixed",
                label="Leads to",
                input=Input.CHOICE,
                required=True,
                options=fixed_of_server,
                initial=_first(fixed_of_server),
            ),
        ),
        attach_preflight(_chosen),
        "Attach a floating IP",
    ),
    run=lambda connection, entry, values: _attach(connection, _text(values, "address"), _text(values, "fixed")),
    command=lambda entry, values: _attach_command(_text(values, "address"), _text(values, "fixed")),
    verb="Attach",
    done="attached",
)


def _of_server(title: str) -> Form:
    return Form(
        (
            Field(
                key="address",
                label="Floating IP",
                input=Input.CHOICE,
                required=True,
                options=floating_of_server,
                initial=_first(floating_of_server),
            ),
        ),
        title=title,
    )


def _server_consequences(desk: Desk) -> Sequence[Consequence]:
    """Say which addresses lead to the server: one of them is released."""
    return [_lost(1, ", ".join(floating(server_of(desk.entries[0]))))]


def _lost(number: int, evidence: str) -> Consequence:
    return Consequence(Health.BROKEN, number, "goes back to the cloud: somebody else may get it next", evidence)


SERVER_DETACH = Action(
    id="server.floating_detach",
    letter="F",
    title="Detach a floating IP",
    group=GROUP,
    help="it stays yours",
    tier=Tier.DISRUPTIVE,
    many=False,
    off=_off_without,
    form=_of_server("Detach a floating IP"),
    run=lambda connection, entry, values: _detach(connection, _text(values, "address")),
    command=lambda entry, values: openstack(None, "floating", "ip", "unset", "--port", _text(values, "address")),
    verb="Detach",
    done="detached",
)
SERVER_RELEASE = Action(
    id="server.floating_release",
    letter="U",
    title="Release a floating IP",
    group=GROUP,
    help="it goes back to the cloud and may become somebody else's",
    tier=Tier.DESTRUCTIVE,
    many=False,
    off=_off_without,
    form=_of_server("Release a floating IP"),
    consequences=_server_consequences,
    run=lambda connection, entry, values: _release(connection, _text(values, "address")),
    command=lambda entry, values: openstack(None, "floating", "ip", "delete", _text(values, "address")),
    verb="Release",
    done="released",
)
SERVER_FLOATING_ACTIONS = (SERVER_ATTACH, SERVER_DETACH, SERVER_RELEASE)
"""What a server's menu has of floating IPs."""


def _release_consequences(desk: Desk) -> Sequence[Consequence]:
    leading = [entry for entry in desk.entries if floating_of(entry).port_id]
    found = [
        _lost(len(desk.entries), ", ".join(floating_of(entry).floating_ip_address or "" for entry in desk.entries[:5]))
    ]
    if leading:
        where = ", ".join(
            f"{floating_of(entry).floating_ip_address} → {floating_of(entry).fixed_ip_address}" for entry in leading[:5]
        )
        found.append(Consequence(Health.ATTENTION, len(leading), "lead to servers, which lose them", where))
    return found


def _detached_off(entry: Entry, identity: Identity) -> str:
    return cannot_change(entry, identity) or ("" if floating_of(entry).port_id else "it leads nowhere")


CREATE = Action(
    id="floating_ip.create",
    letter="b",
    key="b",
    title="Make a floating IP",
    group="Create",
    help="an address from an external network",
    creates=True,
    many=False,
    off=cannot_create,
    form=Form(
        (
            Field(
                key="network",
                label="Network",
                input=Input.CHOICE,
                required=True,
                options=external_networks,
                initial=_first(external_networks),
            ),
            Field(key="description", label="Description"),
        ),
        create_preflight,
        "New floating IP",
    ),
    run=lambda connection, entry, values: _create(connection, values),
    command=lambda entry, values: openstack(
        None,
        "floating",
        "ip",
        "create",
        *(["--description", _text(values, "description")] if values.get("description") else []),
        _text(values, "network"),
    ),
    verb="Make",
    done="made",
)


def _create(connection: Connection, values: Values) -> Sent:
    described = {"description": _text(values, "description")} if values.get("description") else {}
    made = connection.network.create_ip(floating_network_id=_text(values, "network"), **described)
    return Sent(ident=str(made.id), said=str(made.floating_ip_address))


ATTACH = Action(
    id="floating_ip.attach",
    letter="f",
    key="f",
    title="Attach",
    group=GROUP,
    help="lead it to a server's address",
    many=False,
    off=cannot_change,
    form=Form(
        (Field(key="fixed", label="Leads to", input=Input.CHOICE, required=True, options=fixed_of_place),),
        attach_preflight(_own),
        "Attach a floating IP",
    ),
    run=lambda connection, entry, values: _attach(connection, _ident(entry), _text(values, "fixed")),
    command=lambda entry, values: _attach_command(_ident(entry), _text(values, "fixed")),
    verb="Attach",
    done="attached",
)
DETACH = Action(
    id="floating_ip.detach",
    letter="F",
    title="Detach",
    group=GROUP,
    help="it stays yours",
    tier=Tier.DISRUPTIVE,
    off=_detached_off,
    run=lambda connection, entry, values: _detach(connection, _ident(entry)),
    command=lambda entry, values: openstack(entry, "floating", "ip", "unset", "--port", _ident(entry)),
    verb="Detach",
    done="detached",
)
RELEASE = Action(
    id="floating_ip.release",
    letter="",
    key="ctrl+d",
    title="Release",
    group="Destroy",
    help="it goes back to the cloud and may become somebody else's",
    tier=Tier.DESTRUCTIVE,
    off=cannot_change,
    run=lambda connection, entry, values: _release(connection, _ident(entry)),
    command=lambda entry, values: openstack(entry, "floating", "ip", "delete", _ident(entry)),
    consequences=_release_consequences,
    verb="Release",
    done="released",
)
FLOATING_IP_ACTIONS = (CREATE, ATTACH, DETACH, RELEASE)
