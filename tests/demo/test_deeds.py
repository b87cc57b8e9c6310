"""What is done to servers: states, instance actions with their events, and how each goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from openstack import exceptions
from openstack.connection import Connection

from tests.demo.conftest import connect, control
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

Start = Callable[..., DemoCloud]
FAULT = "demo_fault"


class Deck:
    """A server to do things to, and what its history says of them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.compute = connection.compute
        self.compute.default_microversion = "2.96"
        self.id = next(s.id for s in self.compute.servers() if s.status == "ACTIVE" and s.name.startswith("frontend"))

    @property
    def server(self) -> Any:
        return self.compute.get_server(self.id)

    def last(self, ident: str = "") -> Any:
        """The newest action with its events."""
        ident = ident or self.id
        newest = next(iter(self.compute.server_actions(ident)))
        return self.compute.get_server_action(newest.request_id, ident)

    def finished(self) -> Any:
        """The newest action once its events have ended and the server is at rest."""
        wait_until(lambda: self.server.task_state is None and all(e.finish_time for e in self.last().events), "at rest")
        return self.last()

    def told(self) -> tuple[str, str | None, list[tuple[str, str | None]]]:
        """Action, message, and events with results, oldest first."""
        action = self.finished()
        return action.action, action.message, [(e.event, e.result) for e in reversed(action.events)]


@pytest.fixture
def deck(fresh: Start) -> Deck:
    return Deck(connect(fresh("--still")))


@pytest.mark.parametrize(
    ("method", "args", "action", "events", "status"),
    [
        ("stop_server", (), "stop", ["compute_stop_instance"], "SHUTOFF"),
        ("reboot_server", ("HARD",), "reboot", ["compute_reboot_instance"], "ACTIVE"),
        ("pause_server", (), "pause", ["compute_pause_instance"], "PAUSED"),
        ("suspend_server", (), "suspend", ["compute_suspend_instance"], "SUSPENDED"),
        ("shelve_server", (), "shelve", ["compute_shelve_instance"], "SHELVED_OFFLOADED"),
        ("rescue_server", (), "rescue", ["compute_rescue_instance"], "RESCUE"),
        ("lock_server", (), "lock", ["api_lock"], "ACTIVE"),
        ("change_server_password", ("new",), "changePassword", ["compute_set_admin_password"], "ACTIVE"),
        (
            "migrate_server",
            (),
            "migrate",
            [
                "conductor_migrate_server",
                "cold_migrate",
                "compute_prep_resize",
                "compute_resize_instance",
                "compute_finish_resize",
            ],
            "VERIFY_RESIZE",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_deed_has_its_action_and_events(
    deck: Deck, method: str, args: tuple[Any, ...], action: str, events: list[str], status: str
) -> None:
    getattr(deck.compute, method)(deck.id, *args)
    assert deck.told() == (action, None, [(event, "Success") for event in events])
    wait_until(lambda: deck.server.status == status, f"it is {status}")


def test_a_resize_is_confirmed_taken_back_and_keeps_what_is_off_off(deck: Deck) -> None:
    before = deck.server.flavor.original_name
    other = next(f for f in deck.compute.flavors() if f.name == "m5.2xlarge")
    deck.compute.resize_server(deck.id, other.id)
    deck.finished()
    assert (deck.server.status, deck.server.flavor.original_name) == ("VERIFY_RESIZE", "m5.2xlarge")
    deck.compute.revert_server_resize(deck.id)
    wait_until(lambda: deck.server.status == "ACTIVE", "it is back")
    assert deck.server.flavor.original_name == before
    deck.compute.stop_server(deck.id)
    deck.finished()
    deck.compute.resize_server(deck.id, other.id)
    wait_until(lambda: deck.server.status == "VERIFY_RESIZE", "it is resized")
    deck.compute.confirm_server_resize(deck.id)
    wait_until(lambda: deck.server.status == "SHUTOFF", "it is off as before")
    with pytest.raises(exceptions.BadRequestException, match="must change flavor"):
        deck.compute.resize_server(deck.id, other.id)


@pytest.mark.parametrize(
    ("fault", "method", "args", "status", "event"),
    [
        ("reboot", "reboot_server", ("HARD",), "ACTIVE", "compute_reboot_instance"),
        ("stop", "stop_server", (), "ACTIVE", "compute_stop_instance"),
        ("resize", "migrate_server", (), "ERROR", "compute_resize_instance"),
        ("delete", "delete_server", (), "ERROR", "compute_terminate_instance"),
    ],
)
def test_a_fault_is_told_by_the_action(
    deck: Deck, fault: str, method: str, args: tuple[Any, ...], status: str, event: str
) -> None:
    deck.compute.set_server_metadata(deck.id, **{FAULT: fault})
    getattr(deck.compute, method)(deck.id, *args)
    action = deck.finished()
    assert (action.message, action.events[0].event, action.events[0].result) == ("Error", event, "Error")
    assert "injected" in action.events[0].traceback
    assert deck.server.status == status
    assert bool(deck.server.fault) == (status == "ERROR")


def test_a_reboot_that_fails_while_the_guest_runs_on_says_success(deck: Deck) -> None:
    deck.compute.set_server_metadata(deck.id, **{FAULT: "reboot-silent"})
    deck.compute.reboot_server(deck.id, "HARD")
    assert deck.told() == ("reboot", None, [("compute_reboot_instance", "Success")])
    assert deck.server.status == "ACTIVE"


def test_a_snapshot_ends_before_its_image_is_there(deck: Deck) -> None:
    image = deck.compute.create_server_image(deck.id, "snap")
    assert deck.last().events[0].result == "Success"
    assert deck.connection.image.get_image(image.id).status in ("queued", "saving")
    wait_until(lambda: deck.connection.image.get_image(image.id).status == "active", "the image is there")
    deck.compute.set_server_metadata(deck.id, **{FAULT: "snapshot"})
    wait_until(lambda: deck.server.task_state is None, "at rest")
    lost = deck.compute.create_server_image(deck.id, "lost")
    wait_until(lambda: deck.connection.image.find_image(lost.id) is None, "the image is gone")
    assert (deck.server.status, deck.last().message) == ("ACTIVE", None)


def _boot(deck: Deck, **more: Any) -> Any:
    network = next(iter(deck.connection.network.networks(project_id=deck.connection.current_project_id)))
    options = {
        "name": "made",
        "image_id": deck.connection.image.find_image("debian-12").id,
        "flavor_id": deck.compute.find_flavor("t3.small").id,
        "networks": [{"uuid": network.id}],
    }
    return deck.compute.create_server(**options | more)


def test_a_failed_spawn_is_told_by_the_server_alone(deck: Deck) -> None:
    server = _boot(deck, metadata={FAULT: "spawn"})
    wait_until(lambda: deck.compute.get_server(server.id).status == "ERROR", "it has failed")
    assert "Exceeded maximum number of retries" in deck.compute.get_server(server.id).fault["message"]
    action = deck.last(server.id)
    assert (action.message, [e.result for e in reversed(action.events)]) == (None, ["Success", None])


def test_no_host_is_told_by_both(deck: Deck) -> None:
    project = deck.connection.current_project_id
    deck.compute.update_quota_set(project, cores=-1, ram=-1)
    server = _boot(deck, flavor_id=deck.compute.find_flavor("m1.huge").id)
    wait_until(lambda: deck.compute.get_server(server.id).status == "ERROR", "it has failed")
    action = deck.last(server.id)
    assert (action.message, action.events[0].event) == ("Error", "conductor_schedule_and_build_instances")
    with pytest.raises(exceptions.ConflictException, match="is not ready"):
        deck.compute.start_server(server.id)


def test_what_the_quota_does_not_allow_is_refused(deck: Deck) -> None:
    used = deck.compute.get_quota_set(deck.connection.current_project_id, usage=True).usage["instances"]
    place = {"region": "prod-eu/fra1", "service": "compute", "project": "web"}
    url = deck.connection.config.config["auth"]["auth_url"].split("/prod-eu")[0]
    body = {**place, "limits": {"instances": used + 1}}

    class Where:
        pass

    where: Any = Where()
    where.url = url
    control(where, "POST", "quotas", body)
    with pytest.raises(exceptions.ForbiddenException, match=rf"Quota exceeded for instances: Requested 2.* {used} of"):
        _boot(deck, min_count=2, max_count=2)
    assert _boot(deck).id


def test_ports_by_hand_outlive_their_server(deck: Deck) -> None:
    network = deck.connection.network
    own = next(iter(network.networks(project_id=deck.connection.current_project_id)))
    port = network.create_port(network_id=own.id, name="kept")
    attached = deck.compute.create_server_interface(deck.id, port_id=port.id)
    with pytest.raises(exceptions.ConflictException, match="still in use"):
        deck.compute.create_server_interface(deck.id, port_id=port.id)
    made = deck.compute.create_server_interface(deck.id, net_id=own.id)
    assert {attached.port_id, made.port_id} <= {i.port_id for i in deck.compute.server_interfaces(deck.id)}
    deck.compute.delete_server(deck.id)
    wait_until(lambda: deck.compute.find_server(deck.id) is None, "it is gone")
    assert network.get_port(port.id).device_id == ""
    assert network.find_port(made.port_id) is None


def test_nova_makes_a_keypair_only_for_old_clients(deck: Deck) -> None:
    made = deck.compute.post("/os-keypairs", json={"keypair": {"name": "n"}}, microversion="2.2").json()["keypair"]
    assert made["private_key"].startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert "private_key" not in deck.compute.get("/os-keypairs/n", microversion="2.2").json()["keypair"]
    answer = deck.compute.post("/os-keypairs", json={"keypair": {"name": "m"}}, microversion="2.92")
    assert answer.status_code == 400
