"""The clouds and regions that the services answer from.

A region builds its servers when somebody first asks for them: a fleet of 250,000 costs nothing until it is used.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from tui.demo.balance import Balancer
from tui.demo.records import (
    ApplicationCredential,
    Attachment,
    Flavor,
    FloatingIp,
    Image,
    Keypair,
    Network,
    Port,
    Project,
    Router,
    SecurityGroup,
    Server,
    ServerGroup,
    User,
)
from tui.demo.storage import Snapshot, Volume, VolumeType


def newest_first(server: Server) -> tuple[int, str]:
    """Nova's own order of a list, read backwards: creation time, then id."""
    return (server.created, server.id)


@dataclass(eq=False)
class Region:
    """One region: its own Nova, Glance and Neutron."""

    cloud: Cloud
    name: str
    rng: random.Random
    populate: Callable[[Region], None]
    zones: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    flavors: dict[str, Flavor] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    networks: dict[str, Network] = field(default_factory=dict)
    groups: dict[str, SecurityGroup] = field(default_factory=dict)
    routers: dict[str, Router] = field(default_factory=dict)
    keypairs: list[Keypair] = field(default_factory=list)
    volume_types: list[VolumeType] = field(default_factory=list)
    limits: dict[tuple[str, str], dict[str, int]] = field(default_factory=dict)
    """Quotas that somebody set, by service and project."""
    down_hosts: set[str] = field(default_factory=set)
    """Hosts whose compute service does not report any more."""
    cell_down: bool = False
    """Is any server marked as being in a cell that does not answer?"""
    skew: float = 0.0
    """Seconds by which this region's clock is off."""
    _servers: dict[str, Server] = field(default_factory=dict)
    _by_update: dict[str, Server] = field(default_factory=dict)
    _ports: dict[str, Port] = field(default_factory=dict)
    _floating: dict[str, FloatingIp] = field(default_factory=dict)
    _volumes: dict[str, Volume] = field(default_factory=dict)
    _snapshots: dict[str, Snapshot] = field(default_factory=dict)
    _server_groups: dict[str, ServerGroup] = field(default_factory=dict)
    _balancers: dict[str, Balancer] = field(default_factory=dict)
    _in_order: bool = True
    """Has the clock never gone back, so that the order of changes is one by time?"""
    _newest: int = 0
    _order: list[Server] | None = None
    _used: dict[str, list[int]] = field(default_factory=dict)
    _populated: bool = False
    _next_number: int = 0
    _taken: dict[str, int] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """How faults and counts name this region: `cloud/region`."""
        return f"{self.cloud.name}/{self.name}"

    def now(self) -> int:
        """This region's time, in whole seconds as its databases keep it."""
        return int(time.time() + self.skew)

    def fill(self) -> None:
        """Build the fleet, once."""
        if not self._populated:
            self._populated = True
            self.populate(self)
            self._by_update = {s.id: s for s in sorted(self._by_update.values(), key=lambda s: s.updated)}

    @property
    def populated(self) -> bool:
        """Has anybody asked for this region's servers yet?"""
        return self._populated

    @property
    def servers(self) -> dict[str, Server]:
        """All servers by id, without the deleted ones."""
        self.fill()
        return self._servers

    @property
    def ports(self) -> dict[str, Port]:
        """All ports by id."""
        self.fill()
        return self._ports

    @property
    def floating(self) -> dict[str, FloatingIp]:
        """All floating IPs by id."""
        self.fill()
        return self._floating

    @property
    def volumes(self) -> dict[str, Volume]:
        """All volumes by id."""
        self.fill()
        return self._volumes

    @property
    def snapshots(self) -> dict[str, Snapshot]:
        """All snapshots of volumes by id."""
        self.fill()
        return self._snapshots

    @property
    def server_groups(self) -> dict[str, ServerGroup]:
        """All server groups by id."""
        self.fill()
        return self._server_groups

    @property
    def balancers(self) -> dict[str, Balancer]:
        """All load balancers by id."""
        self.fill()
        return self._balancers

    def ordered(self) -> list[Server]:
        """The servers newest first, as Nova lists them when not told otherwise."""
        servers = self.servers
        if self._order is None:
            self._order = sorted(servers.values(), key=newest_first, reverse=True)
        return self._order

    def with_deleted(self) -> list[Server]:
        """The servers and the deleted ones that Nova has not purged, newest first."""
        self.fill()
        return sorted(self._by_update.values(), key=newest_first, reverse=True)

    def changed_since(self, moment: float) -> list[Server]:
        """What changed at or after a moment, deleted servers too, newest creation first."""
        self.fill()
        changed: list[Server] = []
        for server in reversed(self._by_update.values()):
            if server.updated >= moment:
                changed.append(server)
            elif self._in_order:
                break
        changed.sort(key=newest_first, reverse=True)
        return changed

    def find(self, ident: str) -> Server | None:
        """A server that exists, None for an unknown or a deleted one."""
        return self.servers.get(ident)

    def known(self, ident: str) -> Server | None:
        """A server that exists or once did."""
        self.fill()
        return self._by_update.get(ident)

    def number(self) -> int:
        """The next number of an instance name."""
        self._next_number += 1
        return self._next_number

    def add(self, server: Server) -> None:
        """Take a new server in."""
        self._servers[server.id] = server
        self._by_update[server.id] = server
        self._count(server, 1)
        self._place(server)
        for port in server.ports:
            self._ports[port.id] = port

    def _place(self, server: Server) -> None:
        """Put a new server where it belongs in the order, which is nearly always in front."""
        if self._order is None:
            return
        key = newest_first(server)
        at = next((at for at, other in enumerate(self._order) if newest_first(other) < key), len(self._order))
        self._order.insert(at, server)

    def _count(self, server: Server, sign: int) -> None:
        used = self._used.setdefault(server.project_id, [0, 0, 0])
        for place, amount in enumerate((1, server.flavor.vcpus, server.flavor.ram)):
            used[place] += sign * amount

    def used_by(self, project_id: str) -> tuple[int, int, int]:
        """How many servers, cores and MB of memory a project uses; kept, since a sum over 50,000 takes its time."""
        self.fill()
        instances, cores, ram = self._used.get(project_id, (0, 0, 0))
        return instances, cores, ram

    def reflavor(self, server: Server, flavor: Flavor) -> None:
        """Give a server another size."""
        self._count(server, -1)
        server.flavor = flavor
        self._count(server, 1)

    def touch(self, server: Server) -> None:
        """Note that Nova changed a server: its `updated` is now, and it is the last in the order of changes."""
        server.updated = self.now()
        if server.updated < self._newest:
            self._in_order = False
        self._newest = server.updated
        server.view = None
        self._by_update.pop(server.id, None)
        self._by_update[server.id] = server

    def refresh(self, server: Server) -> None:
        """Note a change that Nova does not date: addresses, groups, tags."""
        server.view = None

    def remove(self, server: Server) -> None:
        """Delete a server for good; `changes-since` shows it as DELETED from now on."""
        if self._servers.pop(server.id, None) is not None:
            self._count(server, -1)
            if self._order is not None:
                self._order.remove(server)
        server.deleted = True
        server.vm_state, server.task_state, server.power_state = "deleted", None, 0
        server.terminated = self.now()
        for port in server.ports:
            self.unplug(port)
        for attachment in server.volumes:
            self._release(attachment)
        server.volumes = []
        server.ports = []
        self.touch(server)

    def unplug(self, port: Port) -> None:
        """Take a port from its server: one that Nova made goes, one that was handed to it stays, unbound."""
        if port.given:
            port.device_id = port.owner = port.host = ""
            port.status, port.tag, port.updated = "DOWN", None, self.now()
            return
        self._ports.pop(port.id, None)
        if port.floating is not None:
            port.floating.port, port.floating.fixed, port.floating.router_id = None, None, None
            port.floating.status = "DOWN"

    def _release(self, attachment: Attachment) -> None:
        volume = self._volumes.get(attachment.volume_id)
        if volume is None:
            return
        if attachment.delete_on_termination:
            del self._volumes[volume.id]
        else:
            volume.status, volume.attachment_id, volume.server_id, volume.device = "available", "", "", ""
            volume.attached, volume.reserved, volume.updated = None, False, self.now()

    def add_port(self, port: Port) -> None:
        """Take a port in."""
        self._ports[port.id] = port

    def add_floating(self, floating: FloatingIp) -> None:
        """Take a floating IP in."""
        self._floating[floating.id] = floating

    def zone_of(self, host: str) -> str:
        """The availability zone that a host is in."""
        return self.zones[int(host[-3:]) % len(self.zones)]

    def network(self, project_id: str, name: str = "") -> Network:
        """The network that a project's servers go on when they do not say: its own, else a shared one."""
        own = [n for n in self.networks.values() if n.project_id == project_id and not n.external]
        shared = [n for n in self.networks.values() if n.shared and not n.external]
        for network in own + shared:
            if not name or network.name == name:
                return network
        return next(iter(self.networks.values()))

    def group(self, project_id: str, name: str) -> SecurityGroup | None:
        """A project's security group by name or id."""
        for group in self.groups.values():
            if group.project_id == project_id and name in (group.name, group.id):
                return group
        return None

    def next_address(self, network_id: str) -> int:
        """The next free place in a network's range."""
        self._taken[network_id] = self._taken.get(network_id, 9) + 1
        return self._taken[network_id]


@dataclass(eq=False)
class Cloud:
    """One cloud: a Keystone and its regions."""

    name: str
    rng: random.Random
    regions: dict[str, Region] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    credentials: dict[str, ApplicationCredential] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    """Role ids by name."""
    skew: float = 0.0

    def now(self) -> float:
        """This Keystone's time."""
        return time.time() + self.skew

    def project_named(self, name: str) -> Project | None:
        """A project by its name (all are in the default domain)."""
        return next((p for p in self.projects.values() if p.name == name), None)

    def user_named(self, name: str) -> User | None:
        """A user by name."""
        return next((u for u in self.users.values() if u.name == name), None)


@dataclass(eq=False)
class World:
    """Everything there is."""

    seed: int
    clouds: dict[str, Cloud] = field(default_factory=dict)
    base_url: str = ""
    """Scheme, host and port under which all services answer; known once the port is bound."""

    def regions(self) -> Iterable[Region]:
        """Every region of every cloud."""
        for cloud in self.clouds.values():
            yield from cloud.regions.values()
