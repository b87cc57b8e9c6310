"""Forms against a cloud that refuses, fails or says nothing: what is told, and how often it was sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.acting import ACTIONS, Actor
from tests.http.conftest import Loader
from tui.cloud import act
from tui.config.settings import Settings, Timeouts
from tui.demo.process import DemoCloud
from tui.model.entry import Entry
from tui.model.trouble import TroubleError
from tui.resources import boot_options as offer
from tui.resources import looking
from tui.resources.action import Desk, Preflight, Values, Verdict
from tui.resources.floating_ip_options import without_any
from tui.resources.kind import Kind
from tui.resources.registry import KINDS


@pytest.fixture(scope="module")
def cloud() -> Iterator[DemoCloud]:
    """A demo cloud for this module alone: it is told to misbehave."""
    with DemoCloud.start("--still", "--servers", "100") as found:
        yield found


class Room:
    """A desk in prod-eu, and the demo's side of it."""

    def __init__(self, actor: Actor, cloud: DemoCloud, config: dict[str, Any] | None = None) -> None:
        self.actor, self.cloud = actor, cloud
        self.desk = Desk(actor.api, actor.scope, actor.identity, (), lambda kind: (), config or {})

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.cloud.url}/_demo/{path}", json=body, timeout=60)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def fault(self, fault: str) -> None:
        looking.forget(self.actor.api)
        self.control("POST", "faults", {"fault": fault})

    def before(self, action: str, values: Values, *entries: Entry) -> list[Preflight]:
        looking.forget(self.actor.api)
        form = ACTIONS[action].form
        assert form is not None
        assert form.preflight is not None
        desk = Desk(self.desk.api, self.desk.scope, self.desk.identity, entries, self.desk.all_of, self.desk.config)
        return list(form.preflight(desk, values))

    def listed(self, kind: Kind, path: str, key: str) -> Entry:
        """The first of the project's own rows of a kind."""
        rows = self.actor.api.decoded(kind.read.service, self.actor.api.get(kind.read.service, path))[key]
        mine = next(row for row in rows if row.get("project_id") == self.actor.identity.project_id)
        return self.actor.entry(mine["id"], kind)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No key is written into the home of who runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def room(cloud: DemoCloud, load: Loader) -> Iterator[Room]:
    settings = Settings(timeouts=Timeouts(connect=3.0, list=3.0, other=3.0))
    clouds = load(cloud.clouds_file.read_text(), only=["prod-eu"], settings=settings)
    found = Room(Actor(clouds, clouds.scopes[0]), cloud)
    yield found
    found.control("DELETE", "faults")


def boot_values(desk: Desk) -> dict[str, Any]:
    network = next(n for n in offer.networks(desk) if n.facts.get("project_id") == desk.identity.project_id)
    image = next(i for i in offer.images(desk) if i.facts["min_disk"] <= 20)
    flavor = next(f for f in offer.flavors(desk) if f.facts["disk"] >= 20)
    return {"name": "form", "count": 1, "image": image.value, "flavor": flavor.value, "networks": (network.value,)}


LOOKUPS = [
    ("/compute/flavors", "The flavor could not be looked up."),
    ("/compute/limits", "The quota of servers could not be looked up."),
    ("/image/images", "The image could not be looked up."),
    ("/network/networks", "Networks could not be looked up."),
    ("/network/subnets", "Networks could not be looked up."),
    ("/network/routers", "Networks could not be looked up."),
    ("/network/security-groups", "Security groups could not be looked up."),
    ("/compute/servers", "Whether the name is taken could not be looked up."),
    ("/compute/os-availability-zone", "The availability zone could not be looked up."),
    ("/compute/os-keypairs", "The keypair could not be looked up."),
    ("/network/quotas", "The quota of floating IPs could not be looked up."),
    ("/block-storage/*/limits", "The quota of volumes could not be looked up."),
]


@pytest.mark.parametrize("fault", ["forbidden", "error", "html"])
@pytest.mark.parametrize(("path", "text"), LOOKUPS, ids=[path for path, _ in LOOKUPS])
def test_each_lookup_may_fail_by_itself(path: str, text: str, fault: str, room: Room) -> None:
    desk = room.desk
    values = boot_values(desk) | {
        "zone": offer.zones(desk)[0].value,
        "keypair": offer.keypairs(desk)[0].value,
        "floating": offer.external_networks(desk)[0].value,
        "new_volume": True,
        "volume_size": 20,
    }
    healthy = [line.text for line in room.before("server.boot", values) if "could not" in line.text]
    assert healthy == []
    room.fault(f"{fault}:{path}")
    lines = room.before("server.boot", values)
    unknown = [line for line in lines if "could not be looked up" in line.text]
    assert [line.text for line in unknown] == [text]
    assert {line.verdict for line in unknown} == {Verdict.ATTENTION}
    assert len(lines) > 5


@pytest.mark.parametrize(
    ("fault", "status"), [("forbidden", 403), ("not-found", 404), ("conflict", 409), ("quota", 413), ("error", 500)]
)
@pytest.mark.parametrize("which", ["server", "floating_ip", "security_group", "rule", "keypair"])
def test_what_a_cloud_refuses_is_told_and_sent_once(which: str, fault: str, status: int, room: Room) -> None:
    action, entry, values, path = case(which, room)
    room.fault(f"{fault}:{path}")
    room.control("DELETE", "requests")
    done = act(room.actor.api, lambda connection: ACTIONS[action].run(connection, entry, values))
    assert done.trouble is not None
    assert done.trouble.status == status
    assert not done.unknown
    assert len(done.sendings) == 1
    assert len(room.control("GET", "requests")["bodies"]) == 1


@pytest.mark.parametrize("which", ["server", "floating_ip", "security_group", "rule", "keypair"])
def test_what_nobody_answers_is_unknown_and_sent_once(which: str, room: Room) -> None:
    action, entry, values, path = case(which, room)
    room.fault(f"unanswered:{path}")
    room.control("DELETE", "requests")
    done = act(room.actor.api, lambda connection: ACTIONS[action].run(connection, entry, values))
    assert done.trouble is not None
    assert done.unknown
    assert len(room.control("GET", "requests")["bodies"]) == 1


def case(which: str, room: Room) -> tuple[str, Entry | None, dict[str, Any], str]:
    """An action of a form, what it is done to, its values, and the path of its request."""
    desk = room.desk
    if which == "server":
        return "server.boot", None, boot_values(desk), "/compute/servers"
    if which == "floating_ip":
        network = offer.external_networks(desk)[0].value
        return "floating_ip.create", None, {"network": network}, "/network/floatingips"
    if which == "security_group":
        return "security_group.create", None, {"name": "form"}, "/network/security-groups"
    if which == "rule":
        group = room.listed(KINDS["security_group"], "/security-groups", "security_groups")
        values = {"preset": "custom", "protocol": "udp", "ports": "4000-4001"}
        return "security_group.add_rule", group, values, "/network/security-group-rules"
    return "keypair.create", None, {"name": "form-failing", "private": "save"}, "/compute/os-keypairs"


def test_a_private_key_is_kept_only_where_the_cloud_may_have_its_other_half(room: Room, own_home: Path) -> None:
    action, _, values, path = case("keypair", room)
    file = own_home / ".ssh" / values["name"]
    room.fault(f"forbidden:{path}")
    act(room.actor.api, lambda connection: ACTIONS[action].run(connection, None, values))
    assert not file.exists()
    room.control("DELETE", "faults")
    room.fault(f"unanswered:{path}")
    act(room.actor.api, lambda connection: ACTIONS[action].run(connection, None, values))
    assert file.exists()


def test_a_cloud_without_floating_ips_says_so(cloud: DemoCloud, room: Room) -> None:
    assert without_any(room.desk) is None
    for said in ("None", None):
        none = Room(room.actor, cloud, {"floating_ip_source": said})
        assert offer.external_networks(none.desk) == ()
        lines = none.before("floating_ip.create", {})
        assert [(line.verdict, line.text) for line in lines] == [(Verdict.BAD, "This cloud has no floating IPs.")]


def test_a_cloud_without_neutron_says_so(cloud: DemoCloud, room: Room, load: Loader) -> None:
    room.fault("no-service:prod-eu/*/network")
    clouds = load(cloud.clouds_file.read_text(), only=["prod-eu"], token_cache=False)
    bare = Room(Actor(clouds, clouds.scopes[0]), cloud)
    lines = bare.before("server.floating_attach", {"address": "x", "fixed": "p/10.0.0.1"})
    assert [(line.verdict, line.text) for line in lines] == [(Verdict.BAD, "This cloud has no floating IPs.")]


def test_a_list_is_asked_for_once_in_a_while(room: Room) -> None:
    looking.forget(room.actor.api)
    first = looking.rows(room.actor.api, "network", "/networks", "networks")
    room.fault("error:/network/networks")
    room.control("DELETE", "faults")
    looking.rows(room.actor.api, "network", "/networks", "networks")
    room.control("POST", "faults", {"fault": "error:/network/networks"})
    assert looking.rows(room.actor.api, "network", "/networks", "networks")
    looking.forget(room.actor.api)
    with pytest.raises(TroubleError):
        looking.rows(room.actor.api, "network", "/networks", "networks")
    assert first


@pytest.mark.parametrize("size", [1, 3])
def test_long_lists_are_read_to_their_end(size: int, room: Room) -> None:
    looking.forget(room.actor.api)
    whole = looking.rows(room.actor.api, "image", "/images", "images", paged=True)
    parts = looking.rows(room.actor.api, "image", "/images", "images", (("limit", str(size)),))
    assert [raw["id"] for raw in parts] == [raw["id"] for raw in whole][: len(parts)]
    assert len(parts) == min(len(whole), 20 * size)


def test_in_read_only_mode_no_form_sends_or_leaves_anything(cloud: DemoCloud, load: Loader, own_home: Path) -> None:
    clouds = load(cloud.clouds_file.read_text(), only=["prod-eu"], read_only=True)
    room = Room(Actor(clouds, clouds.scopes[0]), cloud)
    room.control("DELETE", "requests")
    for which in ("server", "floating_ip", "security_group", "rule", "keypair"):
        action, entry, values, _ = case(which, room)
        done = act(room.actor.api, lambda connection, a=action, e=entry, v=values: ACTIONS[a].run(connection, e, v))
        assert done.trouble is not None
        assert done.trouble.short == "read-only"
    assert room.control("GET", "requests")["bodies"] == []
    assert not list(own_home.rglob("form-*"))
