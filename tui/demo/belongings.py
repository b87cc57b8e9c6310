"""What belongs to the servers of the first fleet: volumes, snapshots, server groups, load balancers, ports by hand.

It has a generator of its own, so that it never changes which servers there are.
"""

from __future__ import annotations

import random

from tui.demo.balance import Balancer, Listener, Member, Monitor, Pool
from tui.demo.clock import seeded_uuid
from tui.demo.network import address_on
from tui.demo.records import Attachment, Network, Port, Project, Server, ServerGroup
from tui.demo.storage import Snapshot, Volume, VolumeType
from tui.demo.world import Region

DAY = 86_400
DATA_ROLES = frozenset({"kafka", "clickhouse", "orders-db", "catalog-db-replica", "prometheus", "nfs-gateway", "loki"})
"""Roles whose servers have a data volume."""

MOST = 120
"""Servers with data volumes in a region at most: a fleet of 50,000 shall be built as fast as ever."""

BALANCED = {"checkout-web": 443, "frontend": 80, "api-gateway": 8443}
"""Roles behind a load balancer, and the port that their servers answer on."""

APART = ("kafka", "orders-db", "k8s-control")
"""Roles whose servers must not share a host."""


def generator(region: Region, what: str) -> random.Random:
    """The generator of one kind of belongings."""
    return random.Random(f"{region.key}/{what}")  # noqa: S311


def volume_types(region: Region) -> None:
    """The kinds of volumes that a region has; the first is the default."""
    rng = generator(region, "types")
    for name, description in (("fast", "NVMe, three copies"), ("bulk", "disks, erasure-coded"), ("archive", None)):
        region.volume_types.append(VolumeType(seeded_uuid(rng), name, description, {"volume_backend_name": name}))


def router_ports(region: Region) -> None:
    """The ports with which routers stand in networks."""
    rng = generator(region, "routers")
    for router in region.routers.values():
        for network in router.networks:
            region.add_port(_port(region, rng, network, router.project_id, router.id, "network:router_interface", 1))


def _port(
    region: Region, rng: random.Random, network: Network, project_id: str, device: str, owner: str, place: int
) -> Port:
    bits = rng.getrandbits(24)
    mac = f"fa:16:3e:{bits >> 16:02x}:{bits >> 8 & 255:02x}:{bits & 255:02x}"
    fixed = [(subnet, address_on(subnet, place)) for subnet in network.subnets]
    now = network.created
    return Port(seeded_uuid(rng), network, project_id, mac, fixed, device, owner, "", [], now, now, secure=False)


def furnish(region: Region) -> None:
    """Give the servers of a region what belongs to them."""
    roles = _by_role(region)
    _root_volumes(region)
    _data_volumes(region, roles)
    _idle_volumes(region)
    _server_groups(region, roles)
    _balancers(region, roles)
    _ports_by_hand(region)


def _by_role(region: Region) -> dict[str, list[Server]]:
    """Servers by role, as their names tell; a few of each are enough."""
    roles: dict[str, list[Server]] = {}
    for server in region.ordered():
        roles.setdefault(server.name.rpartition("-")[0], []).append(server)
    return roles


def _volume(region: Region, rng: random.Random, project_id: str, user_id: str, size: int, created: int) -> Volume:
    kind = region.volume_types[0 if rng.random() < 0.7 else 1]
    zone = region.zones[rng.randrange(len(region.zones))]
    volume = Volume(seeded_uuid(rng), None, project_id, user_id, size, kind, zone, created, created + 20, "available")
    region.volumes[volume.id] = volume
    return volume


def _attach(volume: Volume, server: Server, it: Attachment) -> None:
    volume.id, volume.status, volume.attachment_id = it.volume_id, "in-use", it.id
    volume.server_id, volume.device, volume.attached = server.id, it.device, server.created + 30
    volume.zone = server.zone or volume.zone


def _root_volumes(region: Region) -> None:
    """The volumes that servers without an image boot from, and the data beside them."""
    rng = generator(region, "roots")
    image = next(image for image in region.images.values() if image.name == "debian-12")
    for server in region.ordered():
        for place, it in enumerate(server.volumes):
            volume = _volume(region, rng, server.project_id, server.user_id, 80 if place == 0 else 500, server.created)
            del region.volumes[volume.id]
            _attach(volume, server, it)
            region.volumes[volume.id] = volume
            volume.name = f"{server.name}-{'root' if place == 0 else 'data'}"
            if place == 0:
                it.delete_on_termination = not server.name.startswith("orders-db")
                volume.bootable, volume.image = True, {"image_id": image.id, "image_name": "debian-12"}


def _data_volumes(region: Region, roles: dict[str, list[Server]]) -> None:
    rng = generator(region, "data")
    left = MOST
    for role in sorted(DATA_ROLES & roles.keys()):
        for server in roles[role]:
            if left == 0 or server.vm_state in ("error", "building") or server.volumes:
                continue
            left -= 1
            size = (100, 200, 500, 1000)[rng.randrange(4)]
            volume = _volume(region, rng, server.project_id, server.user_id, size, server.created)
            volume.name, volume.metadata = f"{server.name}-data", {"role": role}
            along = rng.random() < 0.3
            it = Attachment(seeded_uuid(rng), volume.id, "/dev/vdb", along, attached=server.created)
            server.volumes.append(it)
            _attach(volume, server, it)
            if rng.random() < 0.3:
                _snapshot(region, rng, volume, f"{volume.name}-nightly")


def _snapshot(region: Region, rng: random.Random, volume: Volume, name: str) -> None:
    made = region.now() - rng.randrange(1, 20) * DAY
    one = Snapshot(
        seeded_uuid(rng), name, volume.id, volume.project_id, volume.user_id, volume.size, made, made + 9, "available"
    )
    region.snapshots[one.id] = one


def _projects(region: Region) -> list[Project]:
    return [project for project in region.cloud.projects.values() if project.name != "service"]


def _idle_volumes(region: Region) -> None:
    """Volumes that nothing uses, one of them broken, in each project."""
    rng = generator(region, "idle")
    user = region.cloud.user_named("mira")
    for project in _projects(region):
        for name, size, status in (("scratch", 20, "available"), ("restore-test", 40, "available"), ("", 5, "error")):
            created = region.now() - rng.randrange(2, 90) * DAY
            volume = _volume(region, rng, project.id, user.id if user else "", size, created)
            volume.name, volume.status = f"{project.name}-{name}" if name else "", status
            volume.bootable = name == "restore-test"
            if volume.bootable:
                _snapshot(region, rng, volume, f"{project.name}-golden-root")


def _server_groups(region: Region, roles: dict[str, list[Server]]) -> None:
    rng = generator(region, "groups")
    for role in APART:
        servers = [s for s in roles.get(role, ()) if s.vm_state != "error"][:6]
        if servers:
            first = servers[0]
            group = ServerGroup(seeded_uuid(rng), f"{role}-apart", "anti-affinity", first.project_id, first.user_id)
            group.members = [server.id for server in servers if server.project_id == first.project_id]
            region.server_groups[group.id] = group


def _balancers(region: Region, roles: dict[str, list[Server]]) -> None:
    """A load balancer for each role that has one, its members the role's servers."""
    rng = generator(region, "balancers")
    for role, number in BALANCED.items():
        servers = [s for s in roles.get(role, ()) if s.ports and s.vm_state in ("active", "stopped")][:8]
        servers = [s for s in servers if s.project_id == servers[0].project_id]
        if not servers:
            continue
        network = servers[0].ports[0].network
        subnet = network.subnets[0]
        made = region.now() - 200 * DAY
        ident = seeded_uuid(rng)
        port = _port(region, rng, network, servers[0].project_id, f"lb-{ident}", "Octavia", 65_000 + len(role))
        port.fixed, port.name, port.status, port.secure = port.fixed[:1], f"octavia-lb-{ident}", "DOWN", True
        region.add_port(port)
        balancer = Balancer(ident, f"{role}-lb", servers[0].project_id, port.fixed[0][1], subnet, port, made, made + 60)
        protocol = "HTTPS" if number == 443 else "HTTP"
        pool = Pool(seeded_uuid(rng), f"{role}-pool", protocol, "ROUND_ROBIN", made + 80, made + 90)
        pool.monitor = Monitor(seeded_uuid(rng), f"{role}-check", "HTTP", 5, 3, 3, made + 95, made + 97)
        for server in servers:
            address = server.ports[0].fixed[0][1]
            member = Member(seeded_uuid(rng), server.name, address, number, subnet.id, made + 100, made + 102)
            member.operating = "ONLINE" if server.vm_state == "active" else "ERROR"
            pool.members.append(member)
        pool.operating = "ONLINE" if all(m.operating == "ONLINE" for m in pool.members) else "DEGRADED"
        balancer.operating = pool.operating
        balancer.pools.append(pool)
        balancer.listeners.append(Listener(seeded_uuid(rng), role, protocol, number, made + 70, made + 75, pool=pool))
        region.balancers[balancer.id] = balancer


def _ports_by_hand(region: Region) -> None:
    """Some servers got ports that were made before them; and each project has one that waits for a server."""
    rng = generator(region, "ports")
    for number, server in enumerate(region.ordered()[:600]):
        if number % 17 == 3 and server.ports:
            port = server.ports[0]
            port.given, port.name = True, f"{server.name}-fixed"
    groups = {group.project_id: group for group in region.groups.values() if group.name == "default"}
    for project in _projects(region):
        network = region.network(project.id)
        port = _port(region, rng, network, project.id, "", "", 64_000)
        port.name, port.status, port.secure = "spare", "DOWN", True
        port.groups = [groups[project.id]] if project.id in groups else []
        region.add_port(port)
