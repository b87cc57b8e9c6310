"""Servers that go: deletion with what hangs on them, force-delete, and the way back from a soft delete."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tui.cloud import trouble_of
from tui.model.entry import Entry
from tui.resources.action import Action, Choice, End, Sent, Tier, Values
from tui.resources.command import openstack
from tui.resources.server_consequences import of_delete
from tui.resources.server_off import only
from tui.resources.server_power import ident, plain, settled

if TYPE_CHECKING:
    from tui.cloud import Connection

GROUP = "Destroy"

FLOATING_IPS = Choice("floating_ips", "also delete their floating IPs")
VOLUMES = Choice("volumes", "also delete their volumes")


def _delete(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    """Delete the server, and after it what was asked for; what of that fails is said, for the server is gone then."""
    server = ident(entry)
    addresses = _floating_ips(connection, server) if values.get(FLOATING_IPS.key) else []
    volumes = _staying_volumes(connection, server) if values.get(VOLUMES.key) else []
    connection.compute.delete_server(server, ignore_missing=False)
    failed = []
    for address in addresses:
        try:
            connection.network.delete_ip(address)
        except Exception as error:
            failed.append(f"floating IP {address} stays: {trouble_of(error, service='network').title}")
    if volumes and not _is_gone(connection, server):
        failed.append(f"{len(volumes)} volumes stay: the server was still there after {PATIENCE:.0f} s")
        volumes = []
    for volume in volumes:
        try:
            connection.block_storage.delete_volume(volume)
        except Exception as error:
            failed.append(f"volume {volume} stays: {trouble_of(error, service='block-storage').title}")
    return Sent(said="; ".join(failed))


PATIENCE = 120.0
"""Seconds until a server is gone whose volumes are to follow it."""


def _is_gone(connection: Connection, server: str) -> bool:
    """Wait until the server is gone: Cinder deletes no volume that is attached."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = connection.compute.get(f"/servers/{server}", microversion="2.1")
        if found.status_code == 404 or (found.ok and found.json()["server"].get("status") == "DELETED"):
            return True
        time.sleep(1.0)
    return False


def _floating_ips(connection: Connection, server: str) -> list[str]:
    ports = [port.id for port in connection.network.ports(device_id=server)]
    return [ip.id for port in ports for ip in connection.network.ips(port_id=port)]


def _staying_volumes(connection: Connection, server: str) -> list[str]:
    found = connection.compute.volume_attachments(server)
    return [volume.volume_id for volume in found if not volume.delete_on_termination]


DELETE = Action(
    id="server.delete",
    letter="",
    title="Delete",
    group=GROUP,
    help="asks first",
    key="ctrl+d",
    tier=Tier.DESTRUCTIVE,
    # Nova deletes in any state and during any task but deletion itself.
    off=only(busy=None, more=lambda row: "it is being deleted" if row.task == "deleting" else ""),
    run=_delete,
    command=lambda entry, values: openstack(entry, "server", "delete", ident(entry)),
    end=End.GONE,
    deadline=300,
    aim="DELETED",
    consequences=of_delete,
    choices=(FLOATING_IPS, VOLUMES),
    verb="Delete",
    done="deleted",
)


def _force_delete(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    connection.compute.delete_server(ident(entry), force=True)
    return Sent()


FORCE_DELETE = Action(
    id="server.force_delete",
    letter="X",
    title="Force-delete",
    group=GROUP,
    help="whatever state it is in, at once",
    tier=Tier.DESTRUCTIVE,
    off=only(busy=None),
    run=_force_delete,
    command=lambda entry, values: openstack(entry, "server", "delete", "--force", ident(entry)),
    end=End.GONE,
    deadline=300,
    aim="DELETED",
    consequences=of_delete,
    verb="Force-delete",
    done="force-deleted",
)
RESTORE = Action(
    id="server.restore",
    letter="K",
    title="Restore",
    group="Power",
    help="a soft-deleted server comes back",
    off=only("SOFT_DELETED", otherwise="it is not soft-deleted"),
    run=plain("restore_server"),
    command=lambda entry, values: openstack(entry, "server", "restore", ident(entry)),
    end=End.INSTANCE_ACTION,
    deadline=180,
    reached=settled("ACTIVE", "SHUTOFF"),
    aim="ACTIVE",
    verb="Restore",
    done="restored",
)

DELETE_ACTIONS = (DELETE, FORCE_DELETE)
