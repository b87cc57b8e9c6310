"""The demo cloud's answers have the fields and types that the genuine services' have, no more and no less.

The genuine ones are in shapes.json, recorded by record_shapes.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openstack
import pytest
from openstack.connection import Connection

from tests.contract.probe import ADMIN, MEMBER, Probe, send
from tests.contract.probes import PROBES
from tests.contract.shapes import differences, shape_of
from tui.demo.process import DemoCloud

GENUINE: dict[str, Any] = json.loads(Path(__file__).with_name("shapes.json").read_text())

MISSING_SERVICES = frozenset[str]()
"""Services of the demo cloud that the recorded cloud lacks; nothing else may be excepted."""

CLOUD = "prod-eu"
USERS = {ADMIN: "mira", MEMBER: "member"}


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still") as cloud:
        yield cloud


@pytest.fixture(scope="module")
def connections(demo: DemoCloud) -> dict[str, Connection]:
    return {role: connect(demo, user) for role, user in USERS.items()}


def connect(demo: DemoCloud, user: str) -> Connection:
    return openstack.connect(
        auth_url=f"{demo.url}/{CLOUD}/identity/v3",
        username=user,
        password="demo",
        project_name="web",
        user_domain_name="Default",
        project_domain_name="Default",
        region_name="fra1",
        load_yaml_config=False,
        load_envvars=False,
    )


@pytest.fixture(scope="module")
def names(connections: dict[str, Connection]) -> dict[str, str]:
    """What the placeholders of the probes stand for here."""
    member = connections[MEMBER]
    servers = list(member.compute.servers())
    full = next(s for s in servers if s.status == "ACTIVE" and s.image.id and s.power_state == 1)
    images = list(member.image.images())
    volumes = list(member.block_storage.volumes())
    networks = list(member.network.networks())
    own = next(n for n in networks if n.project_id == member.current_project_id)
    pool = next(iter(member.load_balancer.pools()))
    group = member.network.create_security_group(name="shapes")
    member.network.create_security_group_rule(
        security_group_id=group.id,
        direction="ingress",
        protocol="tcp",
        port_range_min=22,
        port_range_max=22,
        remote_ip_prefix="10.0.0.0/8",
    )
    bare = member.network.create_network(name="shapes")
    lone = member.network.create_network(name="lone")
    member.network.create_subnet(network_id=lone.id, cidr="10.78.0.0/24", ip_version=4)
    spare = next(s for s in servers if s.status == "ACTIVE" and s.image and s.id != full.id and not s.is_locked)
    return {
        "server": full.id,
        "error_server": next(s.id for s in servers if s.status == "ERROR" and s.name == "frontend-11"),
        "volume_server": next(s.id for s in servers if s.attached_volumes),
        "flavor": next(f.id for f in member.compute.flavors() if f.name == spare.flavor.original_name),
        "image": next(i.id for i in images if i.name == "debian-12"),
        "queued_image": next(i.id for i in images if i.status == "queued"),
        "network": own.id,
        "bare_network": bare.id,
        "external": next(n.id for n in networks if n.is_router_external),
        "lone_port": member.network.create_port(network_id=lone.id).id,
        "group": group.id,
        "spare": spare.id,
        "server_group": next(iter(member.compute.server_groups())).id,
        "volume": next(v.id for v in volumes if v.status == "available"),
        "image_volume": next(v.id for v in volumes if v.volume_image_metadata),
        "snapshot": next(iter(member.block_storage.snapshots())).id,
        "lb": pool.loadbalancers[0]["id"],
        "listener": pool.listeners[0]["id"],
        "pool": pool.id,
        "member": next(iter(member.load_balancer.members(pool))).id,
        "keypair": next(k.name for k in member.compute.keypairs()),
        "project": member.current_project_id,
        "user": member.current_user_id,
        "request": next(iter(member.compute.server_actions(full.id))).request_id,
    }


@pytest.mark.parametrize("probe", PROBES, ids=lambda probe: probe.key)
def test_shape(probe: Probe, connections: dict[str, Connection], names: dict[str, str]) -> None:
    """One request to both clouds."""
    genuine = GENUINE[probe.key]
    status, kind, body, headers = send(connections[probe.role].session, "fra1", probe, names)
    assert status == genuine["status"], body
    assert kind == genuine["type"]
    assert [name for name in genuine["headers"] if name not in headers] == []
    if body is None:
        assert genuine["shape"] is None
        return
    found = [d for d in differences(genuine["shape"], shape_of(body)) if not _excepted(probe, d.path)]
    assert found == [], "\n".join(map(str, found))


def _excepted(probe: Probe, path: str) -> bool:
    return any(service in path for service in MISSING_SERVICES)
