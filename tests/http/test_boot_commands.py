"""Every equivalent `openstack` command of a form sends what the form sends; scripts run as they stand."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.acting import ACTIONS, Actor
from tests.client import run_client
from tests.http.conftest import Loader
from tui.cloud import act
from tui.demo.process import DemoCloud
from tui.model.entry import Entry
from tui.resources import boot_options as offer
from tui.resources import looking
from tui.resources.action import Desk, Values
from tui.resources.boot_values import as_python
from tui.resources.kind import Kind
from tui.resources.registry import KINDS

Bodies = list[tuple[str, str, Any]]


@pytest.fixture(scope="module")
def cloud() -> Iterator[DemoCloud]:
    """A demo cloud for this module alone: its requests are looked at."""
    with DemoCloud.start("--still", "--servers", "200") as found:
        yield found


@pytest.fixture
def actor(cloud: DemoCloud, load: Loader) -> Actor:
    """Acts in prod-eu, on the connection of the demo's own clouds.yaml."""
    clouds = load(cloud.clouds_file.read_text(), only=["prod-eu"])
    return Actor(clouds, clouds.scopes[0])


class Twice:
    """Sends a form's values by the action, then by its command, and compares what the cloud got."""

    def __init__(self, actor: Actor, cloud: DemoCloud) -> None:
        self.actor, self.cloud = actor, cloud
        self.desk = Desk(actor.api, actor.scope, actor.identity, (), lambda kind: ())

    def ours(self, action: str, values: Values, entry: Entry | None = None) -> Bodies:
        self._forget()
        done = act(self.actor.api, lambda connection: ACTIONS[action].run(connection, entry, values))
        assert done.trouble is None, done.trouble
        return self._sent()

    def theirs(self, action: str, values: Values, entry: Entry | None = None) -> Bodies:
        self._forget()
        for line in ACTIONS[action].command(entry, values).split(" && "):
            code, said = run_client(line)
            assert code == 0, said
        return self._sent()

    def entry(self, kind: Kind, ident: str) -> Entry:
        return self.actor.entry(ident, kind)

    def _forget(self) -> None:
        looking.forget(self.actor.api)
        requests.delete(f"{self.cloud.url}/_demo/requests", timeout=60).raise_for_status()

    def _sent(self) -> Bodies:
        found = requests.get(f"{self.cloud.url}/_demo/requests", timeout=60).json()["bodies"]
        return [(each["method"], each["path"], plain(each["body"])) for each in found]


@pytest.fixture
def twice(actor: Actor, cloud: DemoCloud, monkeypatch: pytest.MonkeyPatch) -> Twice:
    """The client signs in where the action does."""
    monkeypatch.setenv("OS_CLOUD", "prod-eu")
    monkeypatch.setenv("OS_REGION_NAME", actor.scope.region)
    return Twice(actor, cloud)


_DEFAULTS = {"min_count": 1, "max_count": 1, "imageRef": ""}
"""What the client spells out and Nova takes for granted."""


def plain(body: Any) -> Any:
    """Return a body without what says nothing: defaults, nulls, and the image's own disk that restates `imageRef`."""
    if isinstance(body, list):
        return [plain(each) for each in body]
    if not isinstance(body, dict):
        return body
    # A null that stands alone is the message: «port_id»: null detaches.
    alone = len(body) == 1
    found = {
        key: plain(value)
        for key, value in body.items()
        if (value is not None or alone) and (key not in _DEFAULTS or _DEFAULTS[key] != value)
    }
    disks = found.get("block_device_mapping_v2")
    if disks and disks[0].get("destination_type") == "local" and disks[0].get("uuid") == found.get("imageRef"):
        found.pop("block_device_mapping_v2")
    for disk in found.get("block_device_mapping_v2") or ():
        disk |= {key: int(disk[key]) for key in ("volume_size", "boot_index") if key in disk}
        if disk.get("delete_on_termination") is False:
            disk.pop("delete_on_termination")
    return found


BOOTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "several": {"name": "many-{n:02}", "count": 1},
    "odd-name": {"name": '-it\'s "x" $(rm)'},
    "wordy": {"description": "two words; ls", "metadata": {"a": "b c", "d": "e=f"}, "tags": ("one", "two")},
    "access": {"user_data": "USER_DATA", "admin_password": "ADMIN_PASSWORD", "config_drive": True, "keypair": "KEY"},
    "groups": {"security_groups": ("GROUP",)},
    "zone": {"zone": "ZONE"},
    "fixed": {"fixed_ips": ("10.1.2.3",)},
    "no-network": {"networks": ("none",)},
    "volume": {"new_volume": True, "volume_size": 20},
    "volume-goes": {"new_volume": True, "volume_size": 20, "delete_volume": True},
    "volume-type": {"new_volume": True, "volume_size": 20, "volume_type": "TYPE"},
}


def filled(twice: Twice, more: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """Fill a form with what the cloud has; capitals stand for things of it."""
    desk = twice.desk
    (tmp_path / "init.yaml").write_text("#cloud-config\npackages: [nginx]\n")
    network = next(n for n in offer.networks(desk) if n.facts.get("project_id") == desk.identity.project_id)
    there = {
        "USER_DATA": lambda: str(tmp_path / "init.yaml"),
        "KEY": lambda: next(key.value for key in offer.keypairs(desk)),
        "GROUP": lambda: offer.security_groups(desk)[0].value,
        "ZONE": lambda: offer.zones(desk)[0].value,
        "TYPE": lambda: offer.volume_types(desk)[0].value,
    }

    def real(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(real(each) for each in value)
        return there[value]() if isinstance(value, str) and value in there else value

    image = next(i for i in offer.images(desk) if i.facts["min_disk"] <= 20)
    flavor = next(f for f in offer.flavors(desk) if f.facts["disk"] >= 20)
    values = {"name": "form", "count": 1, "image": image.value, "flavor": flavor.value, "networks": (network.value,)}
    return values | {key: real(value) for key, value in more.items()}


@pytest.mark.parametrize("case", list(BOOTS))
def test_a_boot_by_command_sends_what_the_form_sends(case: str, twice: Twice, tmp_path: Path) -> None:
    values = filled(twice, BOOTS[case], tmp_path)
    ours, theirs = twice.ours("server.boot", values), twice.theirs("server.boot", values)
    assert [(method, path.rpartition("/")[2]) for method, path, _ in ours] == [("POST", "servers")]
    assert ours == theirs


def test_a_script_sends_what_the_form_sends(twice: Twice, tmp_path: Path) -> None:
    values = filled(twice, BOOTS["wordy"] | {"user_data": "USER_DATA"}, tmp_path)
    ours = twice.ours("server.boot", values)
    twice._forget()
    exec(compile(as_python(values, "prod-eu", twice.actor.scope.region), "script", "exec"), {})  # noqa: S102
    assert twice._sent() == ours


def ident_of(path: str) -> str:
    return path.rpartition("/")[2]


def test_floating_ips_by_command(twice: Twice) -> None:
    network = offer.external_networks(twice.desk)[0].value
    create = {"network": network, "description": "of a form; ls"}
    assert twice.ours("floating_ip.create", create) == twice.theirs("floating_ip.create", create)
    free = [row for row in rows(twice, "/floatingips", "floatingips") if row["description"] == "of a form; ls"]
    ports = rows(twice, "/ports", "ports")
    used = {row["port_id"] for row in rows(twice, "/floatingips", "floatingips")}
    routed = {port["network_id"] for port in ports if port["device_owner"].startswith("network:router_interface")}
    port = next(
        port
        for port in ports
        if port["device_owner"].startswith("compute:") and port["id"] not in used and port["network_id"] in routed
    )
    target = f"{port['id']}/{port['fixed_ips'][0]['ip_address']}"
    entry = twice.entry(KINDS["floating_ip"], free[0]["id"])
    ours = twice.ours("floating_ip.attach", {"fixed": target}, entry)
    twice.ours("floating_ip.detach", {}, entry)
    assert ours == twice.theirs("floating_ip.attach", {"fixed": target}, entry)
    ours = twice.ours("floating_ip.detach", {}, entry)
    assert [body for _, _, body in ours] == [{"floatingip": {"port_id": None}}]
    twice.ours("floating_ip.attach", {"fixed": target}, entry)
    assert ours == twice.theirs("floating_ip.detach", {}, entry)

    new = {"address": f"new:{network}", "fixed": target}
    ours = twice.ours("server.floating_attach", new)
    made = [row for row in rows(twice, "/floatingips", "floatingips") if row["port_id"] == port["id"]]
    gone = twice.ours("server.floating_release", {"address": made[0]["id"]})
    assert ours == twice.theirs("server.floating_attach", new)
    made = [row for row in rows(twice, "/floatingips", "floatingips") if row["port_id"] == port["id"]]
    theirs = twice.theirs("server.floating_release", {"address": made[0]["id"]})
    assert [(m, b) for m, _, b in gone] == [(m, b) for m, _, b in theirs] == [("DELETE", None)]
    assert ident_of(theirs[0][1]) == made[0]["id"]


def rows(twice: Twice, path: str, key: str) -> list[dict[str, Any]]:
    api, mine = twice.actor.api, twice.actor.identity.project_id
    found: list[dict[str, Any]] = api.decoded("network", api.get("network", path))[key]
    return [row for row in found if row.get("project_id") == mine]


RULES: list[Values] = [
    {"preset": "ssh"},
    {"preset": "web", "ethertype": "both"},
    {"preset": "icmp", "ethertype": "both"},
    {"preset": "rdp", "cidr": "192.0.2.7"},
    {"preset": "custom", "protocol": "udp", "ports": "5000-5010", "direction": "egress", "description": "a b"},
    {"preset": "custom", "protocol": "any", "ethertype": "IPv6"},
    {"preset": "custom", "protocol": "tcp", "remote_group": "GROUP"},
]


def test_security_groups_by_command(twice: Twice) -> None:
    groups = [f"form-{time.time_ns()}-{which}" for which in ("ours", "theirs")]
    for name, how in zip(groups, (twice.ours, twice.theirs), strict=True):
        how("security_group.create", {"name": name, "description": "two words"})
    made = {row["name"]: row for row in rows(twice, "/security-groups", "security_groups")}
    first, second = (twice.entry(KINDS["security_group"], made[name]["id"]) for name in groups)
    assert made[groups[0]]["description"] == made[groups[1]]["description"] == "two words"
    for values in RULES:
        given = {**values, "remote_group": first.id} if values.get("remote_group") else values
        ours = twice.ours("security_group.add_rule", given, first)
        theirs = twice.theirs("security_group.add_rule", given, second)
        assert [body for _, _, body in ours] == [named(body, second.id, first.id) for _, _, body in theirs]
    rule = next(row for row in rows(twice, "/security-group-rules", "security_group_rules") if row["protocol"] == "udp")
    sent = twice.theirs("security_group.remove_rule", {"rule": rule["id"]}, first)
    assert [(method, ident_of(path)) for method, path, _ in sent] == [("DELETE", rule["id"])]
    for entry, how in ((second, twice.theirs), (first, twice.ours)):
        assert [(m, ident_of(path)) for m, path, _ in how("security_group.delete", {}, entry)] == [("DELETE", entry.id)]


def named(body: Any, old: str, new: str) -> Any:
    """Return a rule's body as if it were of the other group; what it refers to stays."""
    inner = dict(body["security_group_rule"])
    inner["security_group_id"] = inner["security_group_id"].replace(old, new)
    return {"security_group_rule": inner}


def test_keypairs_by_command(twice: Twice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    name = f"form-{time.time_ns()}"
    twice.ours("keypair.create", {"name": name, "private": "save"})
    key = twice.actor.api.item(KINDS["keypair"].read, name)["public_key"]
    (tmp_path / "key.pub").write_text(key)
    monkeypatch.chdir(tmp_path)
    gone = twice.ours("keypair.delete", {}, twice.entry(KINDS["keypair"], name))
    values = {"name": name, "public_key": str(tmp_path / "key.pub")}
    ours = twice.ours("keypair.import", values)
    assert twice.theirs("keypair.delete", {}, twice.entry(KINDS["keypair"], name)) == gone
    assert ours == twice.theirs("keypair.import", values)
    made = twice.theirs("keypair.create", {"name": f"{name}-2", "private": "show"})
    assert [set(body["keypair"]) - {"type"} for _, _, body in made] == [{"name", "public_key"}]
