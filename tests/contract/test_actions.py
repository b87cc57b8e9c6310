"""What can be done to servers, on the demo cloud and on a genuine Nova: taken, recorded, ended where it says."""

from __future__ import annotations

import os
from typing import Any

import pytest
from openstack.exceptions import NotFoundException

from tests.acting import ACTIONS, Actor
from tests.contract.conftest import Target
from tests.waiting import wait_until
from tui.cloud import Clouds
from tui.model.place import Scope
from tui.model.status import Health
from tui.resources.action import Consequence, End
from tui.resources.looking import forget


@pytest.fixture
def actor(clouds: Clouds, scope: Scope) -> Actor:
    """Acts as the target's entry."""
    return Actor(clouds, scope)


@pytest.fixture
def admin(clouds: Clouds, target: Target, actor: Actor) -> Actor:
    """Acts as an admin in the same place."""
    name = os.environ.get("CONTRACT_ADMIN", "realcloud-admin")
    scopes = [s for s in clouds.scopes if name in s.clouds and s.region == target.region]
    return Actor(clouds, scopes[0]) if scopes else actor


@pytest.fixture
def server(target: Target, actor: Actor) -> str:
    """A running server."""
    ident = str(target.boot().id)
    actor.until(ident, "ACTIVE", timeout=120)
    return ident


def finished(actor: Actor, ident: str, request_id: str) -> dict[str, Any] | None:
    """The instance action of a request, once each of its events has a result."""
    path = f"/servers/{ident}/os-instance-actions/{request_id}"
    found = actor.api.decoded("compute", actor.api.get("compute", path, microversion="2.84"), "instanceAction")
    return found if found["events"] and all(event["result"] for event in found["events"]) else None


def run(actor: Actor, ident: str, name: str, /, *after: str, **values: Any) -> None:
    """Do one thing and wait until Nova's own record of it has ended well."""
    action = ACTIONS[f"server.{name}"]
    assert actor.off(ident, action.id) == ""
    done = actor.act(ident, action.id, **values)
    assert done.trouble is None, done.trouble
    assert (done.accepted, done.unknown) == (True, False)
    if action.end is End.INSTANCE_ACTION:
        found = wait_until(lambda: finished(actor, ident, done.request_id), f"{name} has ended", 120, 0.2)
        assert found is not None
        assert found["message"] is None
    if after:
        raw = actor.until(ident, *after, timeout=120)
        assert action.reached is None or action.reached(raw)


def option(actor: Actor, ident: str, name: str, key: str, wanted: str = "") -> Any:
    """One of the options that a form offers: the first, or the one with a value."""
    forget(actor.api)
    form = ACTIONS[f"server.{name}"].form
    assert form is not None
    field = next(field for field in form.fields if field.key == key)
    assert field.options is not None
    return next(each for each in field.options(actor.desk(ident)) if wanted in ("", each.value))


def test_power(actor: Actor, server: str) -> None:
    run(actor, server, "stop", "SHUTOFF")
    assert actor.off(server, "server.stop") == "it is not running"
    refused = actor.act(server, "server.stop")
    assert refused.trouble is not None
    assert refused.trouble.status == 409
    run(actor, server, "start", "ACTIVE")
    run(actor, server, "reboot", "ACTIVE")
    run(actor, server, "reboot_hard", "ACTIVE")
    run(actor, server, "pause", "PAUSED")
    run(actor, server, "unpause", "ACTIVE")
    run(actor, server, "suspend", "SUSPENDED")
    run(actor, server, "resume", "ACTIVE")
    run(actor, server, "shelve", "SHELVED", "SHELVED_OFFLOADED")
    run(actor, server, "unshelve", "ACTIVE")


def test_resize_there_and_back(actor: Actor, server: str) -> None:
    own = actor.raw(server)["flavor"]["original_name"]
    form = ACTIONS["server.resize"].form
    assert form is not None
    assert form.fields[0].options is not None
    flavors = form.fields[0].options(actor.desk(server))
    least = next(flavor for flavor in flavors if flavor.text == own)
    larger = next(
        f for f in flavors if f.text != own and f.facts["disk"] >= least.facts["disk"] and f.facts["vcpus"] < 8
    )
    run(actor, server, "resize", "VERIFY_RESIZE", flavor=larger.value)
    run(actor, server, "revert", "ACTIVE")
    assert actor.raw(server)["flavor"]["original_name"] == own
    run(actor, server, "resize", "VERIFY_RESIZE", flavor=larger.value)
    run(actor, server, "confirm", "ACTIVE")
    assert actor.raw(server)["flavor"]["original_name"] == larger.text


def test_words(actor: Actor, server: str, target: Target) -> None:
    run(actor, server, "rename", name=f"{target.name}-b")
    run(actor, server, "describe", description="what for")
    run(actor, server, "metadata", set={"a": "1", "b": "2"}, unset=())
    run(actor, server, "metadata", set={"a": "1"}, unset=("b",))
    run(actor, server, "tags", add=("x", "y"), remove=())
    run(actor, server, "tags", add=(), remove=("y",))
    raw = actor.raw(server)
    assert (raw["name"], raw["description"]) == (f"{target.name}-b", "what for")
    assert (raw["metadata"], raw["tags"]) == ({"a": "1"}, ["x"])
    run(actor, server, "lock", reason="audit")
    assert actor.raw(server)["locked_reason"] == "audit"
    run(actor, server, "unlock")


def test_inside(actor: Actor, server: str, target: Target) -> None:
    run(actor, server, "rebuild", "ACTIVE", image="", password="")
    run(actor, server, "rescue", "RESCUE", image="", password="")
    run(actor, server, "unrescue", "ACTIVE")
    run(actor, server, "snapshot", "ACTIVE", name=f"{target.name}-image", properties={"k": "v"})
    (image,) = target.actor.image.images(name=f"{target.name}-image")
    target.actor.image.delete_image(image.id)


def test_a_security_group(actor: Actor, server: str, target: Target) -> None:
    group = target.actor.network.create_security_group(name=target.name)
    try:
        chosen = option(actor, server, "add_group", "group", group.id)
        assert chosen.text == target.name
        run(actor, server, "add_group", group=group.id)
        assert option(actor, server, "remove_group", "group", group.id).value == group.id
        run(actor, server, "remove_group", group=group.id)
    finally:
        target.actor.network.delete_security_group(group.id)


def test_admins_only(actor: Actor, admin: Actor, server: str) -> None:
    if actor.identity.roles != admin.identity.roles:
        assert actor.off(server, "server.migrate") == "your role may not (migrate)"
        assert actor.off(server, "server.reset_state") == "your role may not (reset_state)"
    run(admin, server, "live_migrate", "ACTIVE")
    run(admin, server, "migrate", "VERIFY_RESIZE")
    run(admin, server, "confirm", "ACTIVE")
    run(admin, server, "reset_state", state="error")
    assert actor.raw(server)["status"] == "ERROR"
    run(admin, server, "reset_state", state="active")
    run(admin, server, "lock", reason="audit")
    if actor.identity.roles != admin.identity.roles:
        assert actor.off(server, "server.delete") == "it is locked: unlock it first"
        assert said(actor, server) == {"server is locked, skipped": 1}
        refused = actor.act(server, "server.delete")
        assert refused.trouble is not None
        assert refused.trouble.status == 409
    lines = said(admin, server)
    assert lines["server is deleted"] == lines["server is locked, and an admin's call goes through"] == 1
    assert admin.act(server, "server.delete").accepted
    actor.until_gone(server)


def said(actor: Actor, *idents: str) -> dict[str, int]:
    """What a deletion says that will happen: sentence → number."""
    return {line.text: line.number for line in lines_of(actor, *idents)}


def lines_of(actor: Actor, *idents: str) -> list[Consequence]:
    """What a deletion says that will happen."""
    consequences = ACTIONS["server.delete"].consequences
    assert consequences is not None
    found = list(consequences(actor.desk(*idents)))
    assert [line.health for line in found] == sorted(line.health for line in found)
    return found


def test_what_goes_and_what_stays(actor: Actor, target: Target) -> None:
    """A port made by hand, a floating IP and a server group; each line is then compared with what did happen."""
    cloud = target.actor
    try:
        port = cloud.network.create_port(network_id=target.network())
    except NotFoundException:
        pytest.skip("the genuine cloud lacks this service")
    outside = next(iter(cloud.network.networks(is_router_external=True)))
    address = cloud.network.create_ip(floating_network_id=outside.id)
    group = cloud.compute.create_server_group(name=target.name, policy="anti-affinity")
    wait_until(lambda: cloud.network.get_port(port.id).created_at < _now(cloud, target), "its second is over", 5)
    try:
        booted = target.boot(networks=[{"port": port.id}], scheduler_hints={"group": group.id})
        ident = str(booted.id)
        actor.until(ident, "ACTIVE", timeout=120)
        cloud.network.update_ip(address.id, port_id=port.id)
        lines = said(actor, ident)
        assert lines == {
            "server is deleted": 1,
            "port made by hand stays, unbound": 1,
            "floating IP stays": 1,
            "server leaves its group": 1,
        }
        assert actor.act(ident, "server.delete", floating_ips=True).accepted
        actor.until_gone(ident)
        wait_until(lambda: not cloud.network.get_port(port.id).device_id, "the port is unbound")
        assert cloud.network.find_ip(address.id) is None
    finally:
        cloud.network.delete_ip(address.id, ignore_missing=True)
        cloud.network.delete_port(port.id, ignore_missing=True)
        cloud.compute.delete_server_group(group.id, ignore_missing=True)


def _now(cloud: Any, target: Target) -> str:
    """Neutron's own time, from a thing made now."""
    probe = cloud.network.create_port(network_id=target.network())
    cloud.network.delete_port(probe.id)
    return str(probe.created_at)


def test_volumes_come_and_go(actor: Actor, server: str, target: Target) -> None:
    if not actor.api.has("block-storage"):
        pytest.skip("the genuine cloud lacks this service")
    cloud = target.actor
    volumes = [cloud.block_storage.create_volume(size=1, name=f"{target.name}-{n}") for n in range(2)]
    try:
        for volume in volumes:
            cloud.block_storage.wait_for_status(volume, "available", wait=60)
        kept, going = (volume.id for volume in volumes)
        assert option(actor, server, "attach_volume", "volume", kept).note.startswith("1 GB")
        run(actor, server, "attach_volume", volume=kept)
        run(actor, server, "attach_volume", volume=going, delete_on_termination=True)
        lines = lines_of(actor, server)
        assert [(line.health, line.number, line.text, line.evidence) for line in lines if "volume" in line.text] == [
            (Health.BROKEN, 1, "volume goes with it", "1 GB, delete_on_termination"),
            (Health.OFF, 1, "volume stays", "1 GB, available afterwards"),
        ]
        assert option(actor, server, "detach_volume", "volume", kept).value == kept
        run(actor, server, "detach_volume", volume=kept)
        wait_until(lambda: cloud.block_storage.get_volume(kept).status == "available", "it is free", 60, 0.2)
        run(actor, server, "attach_volume", volume=kept)
        assert actor.act(server, "server.delete", volumes=True).value is not None
        actor.until_gone(server)
        for ident in (kept, going):
            wait_until(lambda i=ident: cloud.block_storage.find_volume(i) is None, "it is gone", 60, 0.2)
    finally:
        for volume in volumes:
            cloud.block_storage.delete_volume(volume.id, ignore_missing=True)


def test_interfaces_come_and_go(actor: Actor, server: str, target: Target) -> None:
    network = option(actor, server, "attach_interface", "network", target.network()).value
    run(actor, server, "attach_interface", network=network)
    form = ACTIONS["server.detach_interface"].form
    assert form is not None
    assert form.fields[0].options is not None
    forget(actor.api)
    found = form.fields[0].options(actor.desk(server))
    assert len(found) == 2
    run(actor, server, "detach_interface", port=found[0].value)
    assert said(actor, server)["port goes with it"] == 1


def test_consoles(actor: Actor, server: str) -> None:
    done = actor.act(server, "server.console", type="")
    assert done.trouble is None
    assert done.value is not None
    assert done.value.secret is not None
    assert "token" in done.value.secret[1]
