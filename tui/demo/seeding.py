"""Builds the world from a seed: clouds, projects, flavors, images, networks. Servers come later, from `fleet`."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from functools import partial

from tui.demo.belongings import furnish, router_ports, volume_types
from tui.demo.catalogue import FLAVORS, HOSTS, IMAGES, LAYOUT, OCTETS, PROJECTS, WEIGHTS, Role
from tui.demo.clock import seeded_hex, seeded_uuid
from tui.demo.fleet import Builder, Sketch, plan, populate
from tui.demo.people import people
from tui.demo.records import (
    Flavor,
    Image,
    Keypair,
    Network,
    Project,
    Router,
    SecurityGroup,
    SecurityRule,
    Server,
    Subnet,
)
from tui.demo.world import Cloud, Region, World

DAY = 86_400

OUTSIDE = ("127.77.1.0/24", "127.77.2.0/24", "127.77.3.0/24", "127.77.4.0/24", "127.77.5.0/24")
"""The outside network of each region: of the loopback range, so that the guests can answer there."""


def build_world(seed: int = 1, servers: int | None = None) -> World:
    """The whole world of a seed; `servers` is the number in each region, None for the default fleet."""
    world = World(seed)
    sketches = plan(seed)
    for name, regions in LAYOUT.items():
        cloud = Cloud(name, _generator(seed, name))
        projects = {"sandbox": "try things out", "data": "shared experiments", "staff": "not yours"}
        people(cloud, {**(projects if name == "lab" else PROJECTS), "service": "service users"})
        for region_name, zones in regions.items():
            fill = partial(_fill, sketches=sketches[name, region_name], wanted=servers)
            region = Region(cloud, region_name, _generator(seed, name, region_name), fill)
            region.zones = list(zones)
            region.hosts = [f"cmp-{n:03d}" for n in range(1, HOSTS[region_name] + 1)]
            _furnish(region)
            cloud.regions[region_name] = region
        world.clouds[name] = cloud
    return world


def _fill(region: Region, sketches: Sequence[Sketch], wanted: int | None) -> None:
    """Build a region's servers, then what belongs to them."""
    populate(region, sketches, wanted)
    furnish(region)


def _generator(*parts: object) -> random.Random:
    """A generator of its own for each part of the world, so that one part's size never changes another."""
    return random.Random("/".join(map(str, parts)))  # noqa: S311


def _furnish(region: Region) -> None:
    """Everything in a region except its servers, their ports and the floating IPs."""
    now = region.now()
    _flavors(region)
    _images(region, now)
    _external(region, now)
    for number, project in enumerate(region.cloud.projects.values()):
        if project.name == "service":
            continue
        network = _tenant_network(region, project, now, number)
        _router(region, project, network, now)
        _groups(region, project, now)
    _keypairs(region, now)
    volume_types(region)
    router_ports(region)


def _flavors(region: Region) -> None:
    for name, vcpus, ram, disk, ephemeral, swap, specs in FLAVORS:
        ident = seeded_uuid(region.rng)
        region.flavors[ident] = Flavor(ident, name, vcpus, ram, disk, ephemeral, swap, extra_specs=dict(specs))
    old = Flavor(seeded_uuid(region.rng), "m4.large", 2, 8192, 40, disabled=True, description="use m5.large")
    ops = [p.id for p in region.cloud.projects.values() if p.name in ("ops", "data")]
    private = Flavor(seeded_uuid(region.rng), "ops.dedicated", 24, 98304, 480, public=False, access=ops)
    huge = Flavor(
        seeded_uuid(region.rng), "m1.huge", 9999, 1_000_000_000, 10, description="fits no host: for trying out failures"
    )
    region.flavors |= {old.id: old, private.id: private, huge.id: huge}


def _images(region: Region, now: int) -> None:
    projects = region.cloud.projects
    owner = next(p.id for p in projects.values() if p.name == "service")
    for name, distribution, version, size, least in IMAGES:
        created = now - region.rng.randrange(20, 400) * DAY
        image = Image(seeded_uuid(region.rng), name, owner, size, created, created + 180)
        image.min_disk, image.min_ram = least, 512 if least > 1 else 0
        image.virtual_size = -(-size * 4 // 1073741824) * 1073741824
        image.properties = {"os_distro": distribution, "os_version": version, **_uploaded(name)}
        image.protected = name.startswith("windows")
        region.images[image.id] = image
    for project in projects.values():
        if project.name == "service":
            continue
        created = now - region.rng.randrange(2, 60) * DAY
        snapshot = Image(
            seeded_uuid(region.rng), f"{project.name}-golden", project.id, 1_288_490_188, created, created + 95
        )
        snapshot.visibility, snapshot.min_disk, snapshot.virtual_size = "private", 20, 21_474_836_480
        snapshot.tags = ["golden"]
        snapshot.properties = {
            "image_type": "snapshot",
            "base_image_ref": next(iter(region.images)),
            **_uploaded(f"{project.name}-golden"),
        }
        region.images[snapshot.id] = snapshot
    first = next(p.id for p in projects.values() if p.name != "service")
    for name, status in (("upload-[bold]in-flight[/]", "queued"), ("centos-7", "deactivated")):
        image = Image(
            seeded_uuid(region.rng), name, first, None if status == "queued" else 912_261_120, now - 900, now - 900
        )
        image.status, image.visibility = status, "private" if status == "queued" else "community"
        if status == "queued":
            image.disk_format = image.container_format = None
        image.properties = _uploaded(name)
        region.images[image.id] = image


def _uploaded(name: str) -> dict[str, str]:
    """What the SDK notes on an image that it uploads."""
    prefix = "owner_specified.openstack."
    return {f"{prefix}md5": "", f"{prefix}sha256": "", f"{prefix}object": f"images/{name}"}


def _external(region: Region, now: int) -> None:
    owner = next(p.id for p in region.cloud.projects.values() if p.name == "service")
    net = Network(seeded_uuid(region.rng), "public", owner, now - 700 * DAY, now - 90 * DAY, mtu=1500, external=True)
    net.kind, net.physical, net.zones, net.is_default = "flat", "public", list(region.zones), True
    third = list(WEIGHTS).index(region.name)
    _subnet(region, net, "public-v4", OUTSIDE[third], 4, dhcp=False)
    shared = Network(
        seeded_uuid(region.rng), "provider-shared", owner, now - 650 * DAY, now - 80 * DAY, mtu=1500, shared=True
    )
    shared.kind, shared.physical, shared.segment, shared.zones = "vlan", "physnet1", 1107, list(region.zones)
    shared.description = "VLAN 1107, for everybody"
    _subnet(region, shared, "provider-v4", "172.28.0.0/16", 4)
    _subnet(region, shared, "provider-v6", f"2001:db8:{third + 1:x}::/64", 6)
    region.networks |= {net.id: net, shared.id: shared}


def _subnet(region: Region, network: Network, name: str, cidr: str, version: int, dhcp: bool = True) -> None:
    base = cidr.split("/")[0]
    if version == 4:
        stem = base.rsplit(".", 1)[0]
        wide = cidr.endswith("/16")
        start, gateway = f"{stem}.2", f"{stem}.1"
        end = f"{stem.rsplit('.', 1)[0]}.255.254" if wide else f"{stem}.254"
    else:
        start, gateway, end = f"{base}2", f"{base}1", f"{base}ffff:ffff:ffff:ffff"
    subnet = Subnet(
        seeded_uuid(region.rng), name, network, cidr, version, gateway, start, end, network.created, dhcp=dhcp
    )
    if dhcp and version == 4:
        subnet.dns = ["9.9.9.9", "149.112.112.112"]
    network.subnets.append(subnet)


def _tenant_network(region: Region, project: Project, now: int, number: int) -> Network:
    created = now - region.rng.randrange(200, 600) * DAY
    net = Network(seeded_uuid(region.rng), f"{project.name}-net", project.id, created, created + 4)
    net.segment, net.zones = 2000 + 37 * number, list(region.zones)
    _subnet(region, net, f"{project.name}-v4", f"10.{OCTETS[project.name]}.0.0/16", 4)
    if project.name in ("web", "sandbox"):
        _subnet(region, net, f"{project.name}-v6", f"fd00:{OCTETS[project.name]:x}::/64", 6)
    region.networks[net.id] = net
    return net


def _router(region: Region, project: Project, network: Network, now: int) -> None:
    public = next(n for n in region.networks.values() if n.external)
    stem = public.subnets[0].cidr.rsplit(".", 1)[0]
    router = Router(
        seeded_uuid(region.rng), f"{project.name}-router", project.id, network.created, now - DAY, public, ""
    )
    router.gateway_ip = f"{stem}.{200 + len(region.routers)}"
    router.networks, router.zones = [network], list(region.zones)
    region.routers[router.id] = router


def _groups(region: Region, project: Project, now: int) -> None:
    made = now - 300 * DAY
    for name, ports in (("default", ()), ("ssh", (22,)), ("web", (80, 443))):
        group = SecurityGroup(seeded_uuid(region.rng), name, project.id, "", made, made)
        group.description = "Default security group" if name == "default" else f"lets {name} in"
        for ethertype in ("IPv4", "IPv6"):
            group.rules.append(
                SecurityRule(
                    seeded_uuid(region.rng),
                    group.id,
                    project.id,
                    "egress",
                    ethertype,
                    None,
                    None,
                    None,
                    None,
                    None,
                    made,
                )
            )
            if name == "default":
                own = SecurityRule(
                    seeded_uuid(region.rng),
                    group.id,
                    project.id,
                    "ingress",
                    ethertype,
                    None,
                    None,
                    None,
                    None,
                    group.id,
                    made,
                )
                group.rules.append(own)
        for port in ports:
            rule = SecurityRule(
                seeded_uuid(region.rng),
                group.id,
                project.id,
                "ingress",
                "IPv4",
                "tcp",
                port,
                port,
                "0.0.0.0/0",
                None,
                made,
            )
            rule.description = ""
            group.rules.append(rule)
        region.groups[group.id] = group


def _keypairs(region: Region, now: int) -> None:
    owners = {"mira-2026": "mira", "deploy": "mira", "member-key": "member"}
    for number, (name, owner) in enumerate(owners.items(), start=1):
        user = region.cloud.user_named(owner)
        if user is None:
            continue
        body = seeded_hex(region.rng)
        digest = hashlib.sha256(body.encode()).hexdigest()[:32]
        fingerprint = ":".join(digest[i : i + 2] for i in range(0, 32, 2))
        public = f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{body} {owner}@desk"
        region.keypairs.append(Keypair(name, user.id, public, fingerprint, now - (40 * number) * DAY, number))


def newcomer(region: Region, role: Role, name: str) -> Server:
    """A server that has just been asked for, not yet built."""
    server = Builder(region).server(name, role, "newborn")
    server.vm_state, server.power_state = "building", 0
    return server
