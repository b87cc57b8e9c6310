"""Volumes, load balancers, routers and consoles: their states, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from openstack import exceptions
from openstack.connection import Connection

from tests.demo.conftest import connect
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

Start = Callable[..., DemoCloud]


@pytest.fixture
def connection(fresh: Start) -> Connection:
    made = connect(fresh("--still"))
    made.compute.default_microversion = "2.96"
    return made


@contextmanager
def refused(kind: type[Exception], text: str) -> Iterator[None]:
    with pytest.raises(kind, match=text):
        yield


def _status(connection: Connection, ident: str) -> str:
    found = connection.block_storage.find_volume(ident)
    return str(found.status) if found is not None else "gone"


def test_a_volume_is_made_attached_detached_and_deleted(connection: Connection) -> None:
    storage, compute = connection.block_storage, connection.compute
    volume = storage.create_volume(name="v", size=3)
    assert volume.status == "creating"
    wait_until(lambda: _status(connection, volume.id) == "available", "it is there")
    server = next(s for s in compute.servers() if s.status == "ACTIVE" and s.image)
    compute.create_volume_attachment(server.id, volume_id=volume.id, delete_on_termination=True)
    assert _status(connection, volume.id) == "reserved"
    with refused(exceptions.BadRequestException, "already attached"):
        compute.create_volume_attachment(server.id, volume_id=volume.id)
    wait_until(lambda: _status(connection, volume.id) == "in-use", "it is attached")
    with refused(exceptions.BadRequestException, "Volume status must be available"):
        storage.delete_volume(volume)
    compute.delete_volume_attachment(server.id, volume.id)
    assert _status(connection, volume.id) == "detaching"
    wait_until(lambda: _status(connection, volume.id) == "available", "it is detached")
    storage.delete_volume(volume)
    wait_until(lambda: _status(connection, volume.id) == "gone", "it is gone")


@pytest.mark.parametrize("along", [True, False])
def test_a_server_boots_from_a_new_volume(connection: Connection, along: bool) -> None:
    image = connection.image.find_image("debian-12")
    root = {
        "boot_index": 0,
        "uuid": image.id,
        "source_type": "image",
        "destination_type": "volume",
        "volume_size": 10,
        "delete_on_termination": along,
    }
    flavor = connection.compute.find_flavor("t3.small")
    server = connection.compute.create_server(
        name="on-volume", flavor_id=flavor.id, networks="none", block_device_mapping=[root]
    )
    connection.compute.wait_for_server(server, interval=0.1, wait=20)
    attached = connection.compute.get_server(server.id).attached_volumes
    assert [it.delete_on_termination for it in attached] == [along]
    volume = connection.block_storage.get_volume(attached[0].id)
    assert (volume.status, volume.is_bootable, volume.size) == ("in-use", True, 10)
    with refused(exceptions.BadRequestException, "root device"):
        connection.compute.delete_volume_attachment(server.id, volume.id)
    connection.compute.delete_server(server.id)
    expected = "gone" if along else "available"
    wait_until(lambda: _status(connection, volume.id) == expected, f"the volume is {expected}")


def test_what_cinder_does_not_allow(connection: Connection) -> None:
    storage = connection.block_storage
    storage.update_quota_set(connection.current_project_id, volumes=1)
    with refused(exceptions.HttpException, "VolumeLimitExceeded") as _:
        storage.create_volume(size=1)
    bad = next(v for v in storage.volumes() if v.status == "available")
    storage.set_volume_metadata(bad, demo_fault="delete")
    for snapshot in storage.snapshots(volume_id=bad.id):
        storage.delete_snapshot(snapshot)
    wait_until(lambda: not list(storage.snapshots(volume_id=bad.id)), "no snapshot holds it")
    storage.delete_volume(bad)
    wait_until(lambda: _status(connection, bad.id) == "error_deleting", "it could not be deleted")


def test_one_change_of_a_load_balancer_at_a_time(connection: Connection) -> None:
    balancing = connection.load_balancer
    pool = next(iter(balancing.pools()))
    balancer = pool.loadbalancers[0]["id"]
    address = {str(member.address) for member in balancing.members(pool)}
    fixed = {a["addr"] for s in connection.compute.servers() for rows in s.addresses.values() for a in rows}
    assert address <= fixed
    member = balancing.create_member(pool, address="10.20.0.9", protocol_port=80)
    assert balancing.get_load_balancer(balancer).provisioning_status == "PENDING_UPDATE"
    with refused(exceptions.ConflictException, "is immutable"):
        balancing.create_member(pool, address="10.20.0.8", protocol_port=80)
    balancing.wait_for_load_balancer(balancer, interval=0.1, wait=10)
    balancing.delete_member(member, pool)
    balancing.wait_for_load_balancer(balancer, interval=0.1, wait=10)
    assert {str(m.address) for m in balancing.members(pool)} == address
    with refused(exceptions.BadRequestException, "it has children"):
        balancing.delete_load_balancer(balancer)


def test_a_floating_ip_needs_a_router_to_its_network(connection: Connection) -> None:
    network = connection.network
    own = network.create_network(name="lone")
    subnet = network.create_subnet(network_id=own.id, cidr="10.99.0.0/24", ip_version=4, enable_dhcp=False)
    port = network.create_port(network_id=own.id, fixed_ips=[{"ip_address": "10.99.0.50"}])
    assert port.fixed_ips == [{"subnet_id": subnet.id, "ip_address": "10.99.0.50"}]
    with refused(exceptions.ConflictException, "already allocated"):
        network.create_port(network_id=own.id, fixed_ips=[{"ip_address": "10.99.0.50"}])
    public = network.find_network("public")
    before = len(list(network.ips()))
    with refused(exceptions.NotFoundException, f"not reachable from subnet {subnet.id}"):
        network.create_ip(floating_network_id=public.id, port_id=port.id)
    assert len(list(network.ips())) == before
    router = network.create_router(name="r", external_gateway_info={"network_id": public.id})
    network.add_interface_to_router(router, subnet_id=subnet.id)
    floating = network.create_ip(floating_network_id=public.id, port_id=port.id)
    assert floating.fixed_ip_address == "10.99.0.50"
    for attempt in (
        lambda: network.remove_interface_from_router(router, subnet_id=subnet.id),
        lambda: network.update_router(router, external_gateway_info={}),
        lambda: network.delete_router(router),
    ):
        with refused(exceptions.ConflictException, "floating IP|ports still attached"):
            attempt()
    network.delete_ip(floating)
    network.remove_interface_from_router(router, subnet_id=subnet.id)
    network.delete_router(router)
    network.delete_port(port)
    network.delete_network(own)


def test_no_rule_twice(connection: Connection) -> None:
    network = connection.network
    group = network.create_security_group(name="g")
    rule: dict[str, Any] = {"security_group_id": group.id, "direction": "ingress", "protocol": "tcp"}
    rule |= {"port_range_min": 22, "port_range_max": 22, "remote_ip_prefix": "0.0.0.0/0"}
    made = network.create_security_group_rule(**rule)
    with refused(exceptions.ConflictException, f"Rule id is {made.id}"):
        network.create_security_group_rule(**rule)
    with refused(exceptions.BadRequestException, "port_range_min must be"):
        network.create_security_group_rule(**rule | {"port_range_min": 23})


def test_a_boot_log_begins_anew_with_a_reboot(connection: Connection) -> None:
    compute = connection.compute
    server = next(s for s in compute.servers() if s.status == "ACTIVE" and s.name.startswith("frontend"))

    def log(length: int | None = None) -> list[str]:
        return str(compute.get_server_console_output(server.id, length)["output"]).splitlines()

    whole = log()
    assert whole[0].startswith("SeaBIOS")
    begin = whole.index("-----BEGIN SSH HOST KEY KEYS-----")
    assert whole[begin + 1].startswith("ecdsa-sha2-nistp256 AAAA")
    assert whole[begin + 2].startswith("ssh-ed25519 AAAA")
    assert whole[begin + 3] == "-----END SSH HOST KEY KEYS-----"
    assert log(3) == whole[-3:]
    compute.reboot_server(server.id, "HARD")
    wait_until(lambda: len(log()) < len(whole), "the log is a new one")
    assert "-----BEGIN SSH HOST KEY KEYS-----" not in log()
    wait_until(lambda: log()[-1].endswith("login: "), "it has booted", 20)
    with refused(exceptions.BadRequestException, "less than the minimum"):
        log(-5)
