"""What a deletion says will happen: each line from an answer of the cloud, each missing answer a line of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.acting import ACTIONS, SERVER, entry_of
from tests.http.conftest import Loader
from tests.http.stage import Answer, Seen, Stage
from tui.cloud import Api
from tui.model.place import Identity
from tui.model.status import Health
from tui.resources.action import Consequence, Desk

MEMBER = Identity(user="ann", project_id="p1", roles=frozenset({"member"}))
ADMIN = Identity(user="root", project_id="p1", roles=frozenset({"admin"}))
CREATED, LAUNCHED = "2026-11-20T10:00:00Z", "2026-11-20T10:00:20.000000"
COMPUTE, NETWORK, VOLUME, BALANCER = "/compute/v2.1", "/network/v2.0", "/volume/v3", "/balancer/v2"

Ask = Callable[..., list[Consequence]]


def server(ident: str = "s1", **more: Any) -> dict[str, Any]:
    """A server as Nova shows it at 2.73."""
    return {
        "id": ident,
        "name": f"web-{ident}",
        "status": "ACTIVE",
        "tenant_id": "p1",
        "created": CREATED,
        "OS-SRV-USG:launched_at": LAUNCHED,
        "locked": False,
        "locked_reason": None,
        "image": {"id": "i1"},
        "addresses": {"net": [{"addr": "10.0.0.5", "version": 4, "OS-EXT-IPS:type": "fixed"}]},
        "os-extended-volumes:volumes_attached": [],
        "server_groups": [],
        **more,
    }


def port(ident: str, made: str = "2026-11-20T10:00:05Z", **more: Any) -> dict[str, Any]:
    """A port of s1, made while it was built."""
    return {"id": ident, "name": "", "device_id": "s1", "created_at": made, **more}


@pytest.fixture
def cloud(stage: Stage) -> Stage:
    """One server, and services in which nothing hangs on it."""
    stage.services |= {"block-storage": VOLUME, "load-balancer": BALANCER}
    stage.on("GET", f"{COMPUTE}/servers/s1", Answer({"server": server()}))
    stage.on("GET", f"{NETWORK}/ports", Answer({"ports": []}))
    stage.on("GET", f"{NETWORK}/floatingips", Answer({"floatingips": []}))
    stage.on("GET", f"{BALANCER}/lbaas/pools", Answer({"pools": []}))
    return stage


@pytest.fixture
def ask(cloud: Stage, load: Loader) -> Ask:
    """Ask what happens when servers are deleted."""

    def answer(*idents: str, who: Identity = MEMBER, action: str = "delete") -> list[Consequence]:
        clouds = load({"a": cloud.entry()})
        api: Api = clouds.api(clouds.scopes[0])
        entries = [entry_of(SERVER, server(ident)) for ident in idents or ("s1",)]
        consequences = ACTIONS[f"server.{action}"].consequences
        assert consequences is not None
        return list(consequences(Desk(api, clouds.scopes[0], who, entries, lambda kind: ())))

    return answer


def told(lines: list[Consequence]) -> list[tuple[Health, int, str, str]]:
    """The lines without what raises."""
    return [(line.health, line.number, line.text, line.evidence) for line in lines]


def test_nothing_hangs_on_it(ask: Ask) -> None:
    assert told(ask()) == [(Health.BROKEN, 1, "server is deleted", "")]


@pytest.mark.parametrize("along", [True, False])
def test_volumes_go_or_stay_as_nova_says(cloud: Stage, ask: Ask, along: bool) -> None:
    volumes = [{"id": f"v{n}", "delete_on_termination": along} for n in (1, 2)]
    row = server(**{"os-extended-volumes:volumes_attached": volumes})
    cloud.on("GET", f"{COMPUTE}/servers/s1", Answer({"server": row}))
    cloud.on("GET", f"{VOLUME}/volumes/v1", Answer({"volume": {"id": "v1", "size": 100}}))
    cloud.on("GET", f"{VOLUME}/volumes/v2", Answer({"volume": {"id": "v2", "size": 240}}))
    line = told(ask())[1]
    if along:
        assert line == (Health.BROKEN, 2, "volumes go with them", "340 GB, delete_on_termination")
    else:
        assert line == (Health.OFF, 2, "volumes stay", "340 GB, available afterwards")


def test_volumes_without_their_sizes_are_told_all_the_same(cloud: Stage, ask: Ask) -> None:
    row = server(**{"os-extended-volumes:volumes_attached": [{"id": "v1", "delete_on_termination": False}]})
    cloud.on("GET", f"{COMPUTE}/servers/s1", Answer({"server": row}))
    assert told(ask())[1] == (Health.OFF, 1, "volume stays", "available afterwards")
    del cloud.services["block-storage"]
    assert told(ask())[1] == (Health.OFF, 1, "volume stays", "available afterwards")


def test_an_old_nova_does_not_tell_what_goes_and_that_is_said(cloud: Stage, ask: Ask) -> None:
    row = server(**{"os-extended-volumes:volumes_attached": [{"id": "v1"}]})
    cloud.on("GET", f"{COMPUTE}/servers/s1", Answer({"server": row}))
    line = next(line for line in ask() if "volume" in line.text)
    assert line == Consequence(
        Health.UNKNOWN, 1, "volume: whether it goes is not told", "this Nova is older than 2.3", raises=True
    )


@pytest.mark.parametrize(
    ("found", "goes", "stays"),
    [
        (port("p1"), 1, 0),
        (port("p1", name="by-hand"), 0, 1),
        (port("p1", made="2026-11-20T09:59:59Z"), 0, 1),
        (port("p1", made="2026-11-20T11:00:01Z"), 1, 0),
        (port("p1", made="2026-11-20T10:30:00Z"), 0, 1),
        (port("p1", made=""), 1, 0),
    ],
    ids=["with it", "named", "before it", "attached", "by hand later", "no time"],
)
def test_ports_that_nova_made_go_and_others_stay(
    cloud: Stage, ask: Ask, found: dict[str, Any], goes: int, stays: int
) -> None:
    cloud.on("GET", f"{NETWORK}/ports", Answer({"ports": [found]}))
    attached = {
        "action": "attach_interface",
        "start_time": "2026-11-20T11:00:00.000000",
        "updated_at": "2026-11-20T11:00:04.000000",
    }
    path = f"{COMPUTE}/servers/s1/os-instance-actions"
    cloud.on("GET", path, Answer({"instanceActions": [{"action": "stop", "start_time": CREATED}, attached]}))
    lines = {line.text: line.number for line in ask()}
    assert lines.get("port goes with it", 0) == goes
    assert lines.get("port made by hand stays, unbound", 0) == stays


def test_floating_ips_stay(cloud: Stage, ask: Ask) -> None:
    cloud.on("GET", f"{NETWORK}/ports", Answer({"ports": [port("p1"), port("p2")]}))

    def ips(seen: Seen) -> Answer:
        assert seen.query["port_id"] == ["p1", "p2"]
        return Answer({"floatingips": [{"floating_ip_address": f"203.0.113.{n}"} for n in (18, 17)]})

    cloud.on("GET", f"{NETWORK}/floatingips", ips)
    assert (Health.OFF, 2, "floating IPs stay", "203.0.113.17, 203.0.113.18") in told(ask())


def test_members_are_found_by_address(cloud: Stage, ask: Ask) -> None:
    pools = [{"id": "l1", "name": "web", "members": [{"id": "m1"}]}, {"id": "l2", "name": "idle", "members": []}]
    members = [{"id": "m1", "address": "10.0.0.5"}, {"id": "m2", "address": "10.0.0.6"}]
    cloud.on("GET", f"{BALANCER}/lbaas/pools", Answer({"pools": pools}))
    cloud.on("GET", f"{BALANCER}/lbaas/pools/l1/members", Answer({"members": members}))
    assert (Health.ATTENTION, 1, "pool member is lost", "pool web: 1 of 2 stay") in told(ask())
    assert cloud.count("GET", f"{BALANCER}/lbaas/pools/l2/members") == 0


def test_groups_lose_a_member(cloud: Stage, ask: Ask) -> None:
    cloud.on("GET", f"{COMPUTE}/servers/s1", Answer({"server": server(server_groups=["g1"])}))
    group = {"id": "g1", "name": "db", "policy": "anti-affinity", "members": ["s1", "s2", "s3"]}
    cloud.on("GET", f"{COMPUTE}/os-server-groups/g1", Answer({"server_group": group}))
    assert (Health.OFF, 1, "server leaves its group", "db (anti-affinity): 2 of 3 stay") in told(ask())


def test_a_locked_server_is_spared_for_members_and_raises_for_admins(cloud: Stage, ask: Ask) -> None:
    row = server(locked=True, locked_reason="audit")
    cloud.on("GET", f"{COMPUTE}/servers/s1", Answer({"server": row}))
    assert told(ask()) == [(Health.ATTENTION, 1, "server is locked, skipped", 'web-s1: "audit"')]
    lines = ask(who=ADMIN)
    assert told(lines)[0] == (Health.BROKEN, 1, "server is deleted", "")
    assert lines[1].text == "server is locked, and an admin's call goes through"
    assert lines[1].raises


@pytest.mark.parametrize(
    ("path", "what"),
    [
        (f"{COMPUTE}/servers/s1", "server"),
        (f"{NETWORK}/ports", "ports"),
        (f"{NETWORK}/floatingips", "floating IPs"),
        (f"{BALANCER}/lbaas/pools", "load balancers"),
        (f"{COMPUTE}/os-server-groups/g1", "server groups"),
    ],
)
@pytest.mark.parametrize("status", [403, 500, 503])
def test_what_could_not_be_looked_up_is_said_and_raises(
    cloud: Stage, ask: Ask, path: str, what: str, status: int
) -> None:
    cloud.on("GET", f"{COMPUTE}/servers/s1", Answer({"server": server(server_groups=["g1"])}))
    cloud.on("GET", f"{NETWORK}/ports", Answer({"ports": [port("p1")]}))
    cloud.on("GET", f"{COMPUTE}/os-server-groups/g1", Answer({"server_group": {"name": "g", "members": []}}))
    assert not [line for line in ask() if line.raises]
    cloud.on("GET", path, Answer({"forbidden": {"code": status, "message": "not for you"}}, status))
    (line,) = [line for line in ask() if line.raises]
    assert (line.health, line.text, line.evidence) == (Health.UNKNOWN, f"{what} could not be looked up", "not for you")


def test_services_that_are_not_there_are_no_failure(cloud: Stage, ask: Ask) -> None:
    del cloud.services["load-balancer"]
    del cloud.services["block-storage"]
    assert told(ask()) == [(Health.BROKEN, 1, "server is deleted", "")]


def test_what_is_gone_already_is_counted_apart(cloud: Stage, ask: Ask) -> None:
    cloud.on("GET", f"{COMPUTE}/servers/s3", Answer({"server": server("s3")}))
    assert told(ask("s1", "s2", "s3")) == [
        (Health.BROKEN, 2, "servers are deleted", ""),
        (Health.OFF, 1, "server is gone already", "web-s2"),
    ]


def test_many_servers_are_asked_about_in_batches(cloud: Stage, ask: Ask) -> None:
    idents = [f"n{number}" for number in range(120)]
    for ident in idents:
        cloud.on("GET", f"{COMPUTE}/servers/{ident}", Answer({"server": server(ident)}))
    assert told(ask(*idents)) == [(Health.BROKEN, 120, "servers are deleted", "")]
    assert cloud.count("GET", f"{NETWORK}/ports") == 3


def test_a_rebuild_says_which_disks_are_lost(cloud: Stage, ask: Ask) -> None:
    volumes = [{"id": "v1", "delete_on_termination": True}, {"id": "v2", "delete_on_termination": False}]
    row = server(image="", **{"os-extended-volumes:volumes_attached": volumes})
    cloud.on("GET", f"{COMPUTE}/servers/s1", Answer({"server": row}))
    assert told(ask(action="rebuild")) == [
        (Health.BROKEN, 1, "server loses its root disk", "made anew from the image"),
        (Health.BROKEN, 1, "boots from a volume that is overwritten", ""),
        (Health.OFF, 1, "other volume stays as it is", ""),
    ]


def test_hostile_answers_are_no_crash(cloud: Stage, ask: Ask) -> None:
    odd = server(addresses=[1], server_groups=None, locked="yes", **{"os-extended-volumes:volumes_attached": ["x", 3]})
    cloud.on("GET", f"{COMPUTE}/servers/s1", Answer({"server": odd}))
    cloud.on("GET", f"{NETWORK}/ports", Answer({"ports": [None, 3, {"id": None}]}))
    cloud.on("GET", f"{BALANCER}/lbaas/pools", Answer({"pools": [{"members": 3}, "x"]}))
    cloud.on("GET", f"{BALANCER}/lbaas/pools/None/members", Answer({"members": "none"}))
    assert ask(who=ADMIN)[0].text == "server is deleted"
