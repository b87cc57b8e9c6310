"""The floating IP row: the fields of Neutron's list, and whose it is."""

from __future__ import annotations

from typing import cast

from msgspec import Struct

from tui.model.entry import Entry
from tui.resources.common import Text


class PortDetails(Struct, frozen=True, gc=False):
    """What Neutron tells of the port (extension `fip-port-details`, since Rocky)."""

    device_id: Text = None
    device_owner: Text = None
    network_id: Text = None


class FloatingIp(Struct, frozen=True, gc=False):
    """The fields of «List floating IPs» that a column or section needs."""

    id: str = ""
    floating_ip_address: Text = None
    status: Text = None
    fixed_ip_address: Text = None
    port_id: Text = None
    port_details: PortDetails | None = None
    router_id: Text = None
    floating_network_id: Text = None
    project_id: Text = None
    description: Text = None
    created_at: Text = None
    updated_at: Text = None
    tags: list[str] | None = None


def floating_of(entry: Entry) -> FloatingIp:
    """Return the entry's row as what it is."""
    return cast(FloatingIp, entry.row)


def server_id(row: FloatingIp) -> str:
    """Return the id of the server that the address leads to; empty where it leads to none, or to something else."""
    details = row.port_details
    if details is None or not (details.device_owner or "").startswith("compute:"):
        return ""
    return details.device_id or ""
