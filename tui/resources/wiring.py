"""How networks hang together: subnets, the routers on them, and where these lead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tui.cloud import Api
from tui.model.trouble import Trouble
from tui.resources.kind import Raw
from tui.resources.looking import rows, together

ROUTER_PORTS = frozenset(
    {
        "network:router_interface",
        "network:router_interface_distributed",
        "network:ha_router_replicated_interface",
    }
)
"""Owners of a router's ports on a project's network. Source: neutron-lib, `constants.ROUTER_INTERFACE_OWNERS`."""


@dataclass(frozen=True, slots=True)
class Wires:
    """What Neutron tells of networks, all that this token may see; a part that could not be looked up is a Trouble."""

    networks: Mapping[str, Raw] | Trouble
    subnets: Mapping[str, Raw] | Trouble
    router_ports: Sequence[Raw] | Trouble
    routers: Mapping[str, Raw] | Trouble

    @property
    def trouble(self) -> Trouble | None:
        """What could not be looked up, if anything."""
        parts: tuple[Any, ...] = (self.networks, self.subnets, self.router_ports, self.routers)
        return next((part for part in parts if isinstance(part, Trouble)), None)

    def network(self, wanted: str) -> Raw | None:
        """Return a network by id or name."""
        found = self.networks if isinstance(self.networks, Mapping) else {}
        return found.get(wanted) or next((raw for raw in found.values() if raw.get("name") == wanted), None)

    def subnets_of(self, network: Raw) -> list[Raw]:
        """Return the subnets of a network."""
        found = self.subnets if isinstance(self.subnets, Mapping) else {}
        return [found[ident] for ident in network.get("subnets") or () if ident in found]

    def routers_on(self, *, network: str = "", subnet: str = "") -> list[Raw]:
        """Return the routers with a port on a network or subnet; those that we may not see as their id alone."""
        ports = self.router_ports if not isinstance(self.router_ports, Trouble) else ()
        known = self.routers if isinstance(self.routers, Mapping) else {}
        found: dict[str, Raw] = {}
        for port in ports:
            fixed = [one for one in port.get("fixed_ips") or () if isinstance(one, dict)]
            if (network and port.get("network_id") == network) or (
                subnet and any(one.get("subnet_id") == subnet for one in fixed)
            ):
                ident = str(port.get("device_id"))
                found[ident] = known.get(ident, {"id": ident})
        return list(found.values())

    def leads_to(self, router: Raw) -> str:
        """Return the id of the external network that a router leads to; empty where it has no gateway."""
        gateway = router.get("external_gateway_info")
        return str(gateway.get("network_id") or "") if isinstance(gateway, dict) else ""


def look(api: Api) -> Wires:
    """Ask for networks, subnets, router ports and routers side by side; raises nothing of what a service may say."""
    owners = tuple(("device_owner", owner) for owner in sorted(ROUTER_PORTS))
    found = together(
        {
            "networks": lambda: rows(api, "network", "/networks", "networks"),
            "subnets": lambda: rows(api, "network", "/subnets", "subnets"),
            "ports": lambda: rows(api, "network", "/ports", "ports", owners),
            "routers": lambda: rows(api, "network", "/routers", "routers"),
        }
    )
    return Wires(_by_id(found["networks"]), _by_id(found["subnets"]), found["ports"], _by_id(found["routers"]))


def _by_id(found: Any) -> Any:
    return found if isinstance(found, Trouble) else {str(raw.get("id")): raw for raw in found}
