"""Records the shapes of a genuine cloud's answers into shapes.json.

Run by hand where one is at hand:  python -m tests.contract.record_shapes realcloud-admin realcloud-demo [new]
With `new` only what has no shape yet is asked. The member needs a load balancer with a pool, a member and a monitor.
It makes a few small things, asks, and removes them again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import openstack
from openstack.connection import Connection

from tests.contract.change_probes import PUBLIC_KEY
from tests.contract.probe import ADMIN, Probe, send
from tests.contract.probes import PROBES
from tests.contract.shapes import merge_all, shape_of
from tests.waiting import wait_until

FILE = Path(__file__).with_name("shapes.json")
HEADERS = (
    "vary",
    "openstack-api-version",
    "x-openstack-nova-api-version",
    "x-openstack-request-id",
    "x-compute-request-id",
)
ATTEMPTS = 50
"""How often a probe is sent until it has caught a server in motion."""

PREFIX = "shape-"


class Stage:
    """What must exist for every kind of answer to be seen; removed when done."""

    def __init__(self, admin: Connection, member: Connection) -> None:
        self.admin = admin
        self.member = member
        self.names: dict[str, str] = {}
        self.servers: list[str] = []
        self.images: list[str] = []
        self._undo = ExitStack()

    def __enter__(self) -> Stage:
        try:
            self._build()
        except BaseException:
            self._undo.close()
            raise
        return self

    def __exit__(self, *args: object) -> None:
        self._undo.close()

    def _later(self, undo: Callable[[], Any]) -> None:
        self._undo.callback(undo)

    def _build(self) -> None:
        member = self.member
        image = next(
            i for i in member.image.images(visibility="public") if i.name.startswith(("debian", "cirros", "ubuntu"))
        )
        network = next(
            n
            for n in member.network.networks()
            if not n.is_router_external and n.project_id == member.current_project_id
        )
        flavors = {f.name: f for f in member.compute.flavors()}
        small = min((f for f in flavors.values() if f.disk >= image.min_disk), key=lambda f: f.ram)
        huge = flavors["m1.huge"]
        keypair = member.compute.create_keypair(name=PREFIX + "key", public_key=PUBLIC_KEY)
        self._later(lambda: member.compute.delete_keypair(keypair))
        self._flavor()
        # A flavor that fits no host does not fit the usual quota either; nobody misses the old one afterwards.
        self.admin.compute.update_quota_set(member.current_project_id, cores=-1, ram=-1, instances=-1)
        common = {"image_id": image.id, "networks": [{"uuid": network.id}], "key_name": keypair.name}
        full = self._server(
            "full",
            flavor_id=small.id,
            availability_zone="nova",
            description="all there is",
            metadata={"a": "b"},
            user_data="I2Nsb3VkLWNvbmZpZwo=",
            config_drive=True,
            **common,
        )
        broken = self._server("broken", flavor_id=huge.id, **common)
        volume = member.block_storage.create_volume(name=PREFIX + "volume", size=image.min_disk or 1, image_id=image.id)
        self._later(lambda: self._drop_volume(volume.id))
        wait_until(lambda: member.block_storage.get_volume(volume.id).status == "available", "the volume is there", 60)
        mapping = [{"uuid": volume.id, "source_type": "volume", "destination_type": "volume", "boot_index": 0}]
        booted = self._server(
            "booted", flavor_id=small.id, networks=[{"uuid": network.id}], block_device_mapping=mapping
        )
        shelved = self._server("shelved", flavor_id=small.id, **common)
        deleted = self._server("deleted", flavor_id=small.id, **common)
        spare = self._server("spare", flavor_id=small.id, **common)
        for server in (full, booted, shelved, deleted, spare):
            self._settled(server.id, "ACTIVE")
        self._settled(broken.id, "ERROR")
        member.compute.shelve_server(shelved)
        member.compute.delete_server(deleted)
        self._settled(shelved.id, "SHELVED_OFFLOADED")
        member.compute.add_tag_to_server(full, "tagged")
        group = member.network.create_security_group(name=PREFIX + "group")
        self._later(lambda: member.network.delete_security_group(group))
        member.network.create_security_group_rule(
            security_group_id=group.id,
            direction="ingress",
            protocol="tcp",
            port_range_min=22,
            port_range_max=22,
            remote_ip_prefix="10.0.0.0/8",
            description="ssh",
        )
        member.compute.add_security_group_to_server(full, group)
        self._later(lambda: member.compute.remove_security_group_from_server(full, group))
        member.compute.lock_server(full, locked_reason="for its shape")
        self._later(lambda: member.compute.unlock_server(full))
        queued = member.image.create_image(PREFIX + "queued", disk_format="raw", container_format="bare")
        self._later(lambda: member.image.delete_image(queued))
        bare = member.image.post("/images", json={"name": PREFIX + "bare"}).json()["id"]
        self._later(lambda: member.image.delete_image(bare))
        self._v6()
        self._more(group.id, network.id, spare.id, volume.id)
        self.images = [queued.id, bare]
        self.servers = [full.id, broken.id, booted.id, shelved.id]
        self.names |= {
            "server": full.id,
            "error_server": broken.id,
            "volume_server": booted.id,
            "flavor": small.id,
            "image": image.id,
            "queued_image": queued.id,
            "network": network.id,
            "keypair": keypair.name,
            "project": member.current_project_id,
            "user": member.current_user_id,
            "request": next(iter(member.compute.server_actions(full.id))).request_id,
        }

    def _more(self, group: str, network: str, spare: str, image_volume: str) -> None:
        """What the changes are tried on."""
        member = self.member
        empty = member.block_storage.create_volume(name=PREFIX + "empty", size=1)
        self._later(lambda: self._drop_volume(empty.id))
        wait_until(lambda: member.block_storage.get_volume(empty.id).status == "available", "there is a volume", 60)
        source = member.block_storage.create_volume(name=PREFIX + "source", size=1)
        self._later(lambda: self._drop_volume(source.id))
        wait_until(lambda: member.block_storage.get_volume(source.id).status == "available", "and another one", 60)
        snapshot = member.block_storage.create_snapshot(volume_id=source.id, name=PREFIX + "snapshot")
        self._later(lambda: self._drop_snapshot(snapshot.id))
        pool = next(iter(member.load_balancer.pools()))
        servers = member.compute.post(
            "/os-server-groups",
            json={"server_group": {"name": PREFIX + "group", "policy": "soft-anti-affinity"}},
            microversion="2.64",
        ).json()["server_group"]
        self._later(lambda: member.compute.delete_server_group(servers["id"]))
        lone = member.network.create_network(name=PREFIX + "lone")
        self._later(lambda: member.network.delete_network(lone))
        member.network.create_subnet(network_id=lone.id, ip_version=4, cidr="10.78.0.0/24")
        port = member.network.create_port(network_id=lone.id)
        self._later(lambda: member.network.delete_port(port))
        bare = member.network.create_network(name=PREFIX + "bare")
        self._later(lambda: member.network.delete_network(bare))
        self.names = {
            "group": group,
            "spare": spare,
            "volume": empty.id,
            "image_volume": image_volume,
            "snapshot": snapshot.id,
            "server_group": servers["id"],
            "lone_port": port.id,
            "bare_network": bare.id,
            "external": next(n.id for n in member.network.networks() if n.is_router_external),
            "lb": pool.loadbalancers[0]["id"],
            "listener": pool.listeners[0]["id"],
            "pool": pool.id,
            "member": next(iter(member.load_balancer.members(pool))).id,
        }

    def _drop_snapshot(self, ident: str) -> None:
        self.member.block_storage.delete_snapshot(ident)
        wait_until(lambda: self.member.block_storage.find_snapshot(ident) is None, "the snapshot is gone", 60)

    def _v6(self) -> None:
        network = self.member.network.create_network(name=PREFIX + "network")
        self._later(lambda: self.member.network.delete_network(network))
        self.member.network.create_subnet(
            network_id=network.id, ip_version=6, cidr="fd00:5::/64", ipv6_ra_mode="slaac", ipv6_address_mode="slaac"
        )

    def in_motion(self) -> None:
        """See to it that one of the servers has a task just now."""
        server = self.member.compute.get_server(self.names["volume_server"])
        if server.task_state is None:
            self.member.compute.reboot_server(server, "HARD")

    def _flavor(self) -> None:
        made = self.admin.compute.create_flavor(
            name=PREFIX + "flavor", vcpus=1, ram=64, disk=1, ephemeral=1, swap=64, description="rare"
        )
        self._later(lambda: self.admin.compute.delete_flavor(made))
        self.admin.compute.create_flavor_extra_specs(made, {"hw:cpu_policy": "shared"})

    def _server(self, name: str, **options: Any) -> Any:
        server = self.member.compute.create_server(name=PREFIX + name, **options)
        self._later(lambda: self._drop_server(server.id))
        return server

    def _settled(self, ident: str, status: str) -> None:
        wait_until(lambda: self.member.compute.get_server(ident).status == status, f"a server is {status}", 90, 0.5)

    def _drop_server(self, ident: str) -> None:
        self.admin.compute.delete_server(ident, ignore_missing=True)
        wait_until(lambda: self.member.compute.find_server(ident) is None, "the server is gone", 60, 0.5)

    def _drop_volume(self, ident: str) -> None:
        wait_until(
            lambda: self.member.block_storage.get_volume(ident).status in ("available", "error"), "it is detached", 60
        )
        self.member.block_storage.delete_volume(ident)


def record(admin: Connection, member: Connection, stage: Stage, probes: list[Probe]) -> dict[str, Any]:
    """Send probes; shapes by key."""
    shapes: dict[str, Any] = {}
    for probe in probes:
        connection = admin if probe.role == ADMIN else member
        shape = None
        wants_motion = (
            probe.method == "GET"
            and probe.path.startswith(("/servers/detail", "/servers/{server}"))
            and probe.status == 200
        )
        for names in _variants(stage, probe.path):
            for _ in range(ATTEMPTS):
                if wants_motion:
                    stage.in_motion()
                status, kind, body, headers = send(connection.session, connection.config.region_name, probe, names)
                if status != probe.status:
                    sys.stderr.write(f"{probe.key}: {status} instead of {probe.status}: {body}\n")
                if body is not None:
                    shape = merge_all([*([shape] if shape else []), shape_of(body)])
                if not wants_motion or probe.shallow or _moving(body, stage.names["volume_server"]):
                    break
        shapes[probe.key] = {
            "status": status,
            "type": kind,
            "headers": sorted(name for name in HEADERS if name in headers),
            "shape": shape,
        }
    return shapes


def _moving(body: Any, ident: str) -> bool:
    """Has this answer caught the server with a task, or has it nothing to do with that server?"""
    rows = body.get("servers") or [body.get("server") or {}]
    rows = [row for row in rows if row.get("id") == ident and "OS-EXT-STS:task_state" in row]
    return not rows or rows[0]["OS-EXT-STS:task_state"] is not None


def _variants(stage: Stage, path: str) -> list[dict[str, str]]:
    """What a probe is sent for: a single server is shown in every plight there is."""
    if path == "/servers/{server}":
        return [{**stage.names, "server": ident} for ident in stage.servers]
    if "{queued_image}" in path:
        return [{**stage.names, "queued_image": ident} for ident in stage.images]
    return [stage.names]


def main() -> int:
    """Record and write."""
    admin, member = (openstack.connect(cloud=name) for name in sys.argv[1:3])
    for connection in (admin, member):
        connection.compute.default_microversion = "2.96"
    with Stage(admin, member) as stage:
        old = json.loads(FILE.read_text()) if sys.argv[3:] == ["new"] else {}
        shapes = old | record(admin, member, stage, [probe for probe in PROBES if probe.key not in old])
    FILE.write_text(json.dumps(shapes, indent=1, sort_keys=True) + "\n")
    sys.stdout.write(f"{len(shapes)} shapes written to {FILE.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
