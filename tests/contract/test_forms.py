"""Forms: booting, floating IPs, keypairs, security groups, with what is looked up before and what became of it."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.acting import ACTIONS, Actor, entry_of
from tests.contract.conftest import Target
from tests.waiting import wait_until
from tui.cloud import Clouds, Done, act
from tui.model.entry import Entry
from tui.model.place import Scope
from tui.resources import boot, boot_options, looking
from tui.resources.action import Desk, Field, Option, Preflight, Sent, Values, Verdict
from tui.resources.boot_phases import ACTIVE, ADDRESS, NETWORKING, SCHEDULING, SPAWNING, Phase, Stage, finished, phases
from tui.resources.boot_values import each, names
from tui.resources.kind import Kind
from tui.resources.registry import KINDS

FLOATING, GROUPS, KEYS = KINDS["floating_ip"], KINDS["security_group"], KINDS["keypair"]


class Forms:
    """Fills forms and sends them as the dashboard does, and cleans up after itself."""

    def __init__(self, target: Target, actor: Actor) -> None:
        self.target, self.actor, self.api = target, actor, actor.api
        self.sdk = target.actor

    def desk(self, *entries: Entry) -> Desk:
        return Desk(self.api, self.actor.scope, self.actor.identity, entries, lambda kind: ())

    def fresh(self) -> Desk:
        """A desk for which nothing is remembered."""
        looking.forget(self.api)
        return self.desk()

    def entry(self, kind: Kind, ident: str) -> Entry:
        return entry_of(kind, self.api.item(kind.read, ident), self.actor.scope)

    def send(self, action: str, entry: Entry | None = None, **values: Any) -> Done[Sent]:
        looking.forget(self.api)
        return act(self.api, lambda connection: ACTIONS[action].run(connection, entry, values))

    def good(self, action: str, entry: Entry | None = None, **values: Any) -> Sent:
        done = self.send(action, entry, **values)
        assert done.trouble is None, done.trouble
        assert done.value is not None
        return done.value

    def before(self, action: str, entry: Entry | None = None, **values: Any) -> list[Preflight]:
        """What a preflight says."""
        looking.forget(self.api)
        form = ACTIONS[action].form
        assert form is not None
        assert form.preflight is not None
        return list(form.preflight(self.desk(*([entry] if entry else [])), values))

    def boot_values(self, **more: Any) -> dict[str, Any]:
        """The smallest server that boots."""
        desk = self.desk()
        image = boot_options.images(desk)[-1]
        least = {"min_ram": int(image.facts["min_ram"]), "min_disk": max(int(image.facts["min_disk"]), 1)}
        flavor = boot_options.flavors_by(boot_options.flavors(desk), "fit", **least)[0]
        found = {"name": self.target.name, "count": 1, "source": "image", "image": image.value, "flavor": flavor.value}
        return found | {"networks": (self.target.network(),)} | more

    def boot(self, **more: Any) -> Any:
        """Boot a server by the form and wait until it is there."""
        sent = self.good("server.boot", **self.boot_values(**more))
        self.target.servers.append(sent.ident)
        return self.sdk.compute.wait_for_server(self.sdk.compute.get_server(sent.ident), wait=240)

    def clean(self) -> None:
        """Delete what was made under the test's name."""
        network, mine = self.sdk.network, self.target.name
        for address in network.ips(project_id=self.sdk.current_project_id):
            if mine in (address.description or ""):
                network.delete_ip(address)
        for group in network.security_groups(project_id=self.sdk.current_project_id):
            if group.name.startswith(mine):
                network.delete_security_group(group)
        for key in self.sdk.compute.keypairs():
            if key.name.startswith(mine):
                self.sdk.compute.delete_keypair(key)


@pytest.fixture
def forms(clouds: Clouds, target: Target, scope: Scope) -> Iterator[Forms]:
    found = Forms(target, Actor(clouds, scope))
    yield found
    target.clean()
    found.clean()


def said(lines: Sequence[Preflight], verdict: Verdict) -> list[str]:
    return [line.text for line in lines if line.verdict is verdict]


def values_of(options: Sequence[Option]) -> set[str]:
    return {option.value for option in options}


def field(action: str, key: str) -> Field:
    form = ACTIONS[action].form
    assert form is not None
    return next(field for field in form.fields if field.key == key)


def test_a_boot_form_offers_what_another_client_lists(forms: Forms) -> None:
    desk, sdk = forms.fresh(), forms.sdk
    assert values_of(boot_options.flavors(desk)) == {f.id for f in sdk.compute.flavors() if not f.is_disabled}
    assert values_of(boot_options.images(desk)) == {i.id for i in sdk.image.images() if i.status == "active"}
    assert {network.id for network in sdk.network.networks()} <= values_of(boot_options.networks(desk))
    own = {group.id for group in sdk.network.security_groups(project_id=sdk.current_project_id)}
    assert values_of(boot_options.security_groups(desk)) == own
    assert {key.name for key in sdk.compute.keypairs()} <= values_of(boot_options.keypairs(desk))
    assert values_of(boot_options.zones(desk)) == {zone.name for zone in sdk.compute.availability_zones()}
    assert values_of(boot_options.server_groups(desk)) == {group.id for group in sdk.compute.server_groups()}
    external = {network.id for network in sdk.network.networks(is_router_external=True)}
    assert values_of(boot_options.external_networks(desk)) == external
    assert all(option.facts["ram"] > 0 for option in boot_options.flavors(desk))


def test_a_server_boots_as_the_form_says(forms: Forms, tmp_path: Path) -> None:
    script = tmp_path / "init.yaml"
    script.write_text("#cloud-config\npackages: [nginx]\n")
    group = next(iter(forms.sdk.network.security_groups(project_id=forms.sdk.current_project_id)))
    values = forms.boot_values(
        metadata={"owner": forms.target.name},
        tags=("one", "two"),
        description="made by a form",
        security_groups=(group.id,),
        user_data=str(script),
        config_drive=True,
        keypair="",
    )
    assert said(forms.before("server.boot", **values), Verdict.BAD) == []
    done = forms.send("server.boot", **values)
    assert done.trouble is None, done.trouble
    assert done.value is not None
    ident = done.value.ident
    forms.target.servers.append(ident)
    server = forms.sdk.compute.wait_for_server(forms.sdk.compute.get_server(ident), wait=240)
    # Nova records the action when its conductor has the request: a moment after the answer.
    assert forms.actor.actions(ident) == {done.request_id: "create"}
    assert (server.name, server.metadata, server.description) == (values["name"], values["metadata"], "made by a form")
    assert sorted(server.tags) == ["one", "two"]
    assert [one["name"] for one in server.security_groups] == [group.name]
    assert server.has_config_drive


def test_several_servers_are_several_requests_with_names_of_their_own(forms: Forms) -> None:
    values = forms.boot_values(name=f"{forms.target.name}-{{n:02}}", count=2)
    sets = each(values)
    assert [one["name"] for one in sets] == [f"{forms.target.name}-01", f"{forms.target.name}-02"]
    found = [forms.send("server.boot", **one) for one in sets]
    forms.target.servers += [done.value.ident for done in found if done.value]
    assert [done.trouble for done in found] == [None, None]
    assert len({done.request_id for done in found}) == 2
    made = {server.name for server in forms.sdk.compute.servers(name=f"^{forms.target.name}-")}
    assert made == set(names(values["name"], 2))
    taken = forms.before("server.boot", **values)
    assert any("already" in line for line in said(taken, Verdict.ATTENTION))


def test_a_boot_is_watched_phase_by_phase(forms: Forms) -> None:
    values = forms.boot_values()
    sent = forms.good("server.boot", **values)
    forms.target.servers.append(sent.ident)
    seen: list[list[Phase]] = [[]]

    def done() -> bool:
        seen.append(phases(forms.api, sent.ident, seen[-1]))
        return all(phase.stage is Stage.DONE for phase in seen[-1][:5])

    wait_until(done, "the server has its address", 50, 0.2)
    last = {phase.name: phase for phase in seen[-1]}
    assert not [phase for step in seen for phase in step if phase.stage is Stage.FAILED]
    assert last[ADDRESS].said
    assert all(last[name].at > 0 for name in (SCHEDULING, SPAWNING, ACTIVE))
    assert all((last[name].took or 0) >= 0 for name in last)
    order = [last[name].at for name in (SCHEDULING, NETWORKING, SPAWNING, ACTIVE) if last[name].at]
    assert order == sorted(order)


def test_what_cannot_be_booted_is_said_before(forms: Forms) -> None:
    values = forms.boot_values()
    desk = forms.fresh()
    image = next((i for i in boot_options.images(desk) if i.facts["min_disk"] > 1), None)
    assert image is not None
    small = boot_options.flavors_by(boot_options.flavors(desk), "disk")
    tiny = next(flavor for flavor in small if 0 < flavor.facts["disk"] < image.facts["min_disk"])
    lines = forms.before("server.boot", **values | {"image": image.value, "flavor": tiny.value})
    assert any("needs a disk" in line for line in said(lines, Verdict.BAD))
    refused = forms.send("server.boot", **values | {"image": image.value, "flavor": tiny.value})
    assert refused.trouble is not None
    assert refused.trouble.status == 400

    lines = forms.before(
        "server.boot", **values | {"zone": "atlantis", "keypair": "nobody's", "networks": ("nowhere",)}
    )
    bad = said(lines, Verdict.BAD)
    assert any("availability zone atlantis" in line for line in bad)
    assert any("no keypair nobody's" in line for line in bad)
    assert any("no network nowhere" in line for line in bad)


def test_quota_that_would_be_left_is_told(forms: Forms) -> None:
    values = forms.boot_values(count=3)
    gauges: dict[str, tuple[str, float, float, float]] = {}

    def agrees() -> bool:
        # Servers of other tests may go meanwhile: both must have been asked at a quiet moment.
        gauges.update({line.gauge[0]: line.gauge for line in forms.before("server.boot", **values) if line.gauge})
        limits = forms.sdk.compute.get_limits().absolute
        told = (limits.instances_used, limits.total_cores_used, limits.instances)
        return told == (gauges["instances"][1], gauges["vCPU"][1], gauges["instances"][3])

    wait_until(agrees, "the form tells what the SDK tells", 20)
    assert set(gauges) == {"instances", "vCPU", "RAM"}
    assert gauges["instances"][2] - gauges["instances"][1] == 3
    flavor = forms.sdk.compute.get_flavor(values["flavor"])
    assert gauges["RAM"][2] - gauges["RAM"][1] == 3 * flavor.ram


def outside(forms: Forms) -> str:
    return boot_options.external_networks(forms.fresh())[0].value


def test_a_booted_server_gets_a_floating_ip(forms: Forms) -> None:
    values = forms.boot_values(floating=outside(forms))
    lines = forms.before("server.boot", **values)
    assert any(text.startswith("A router leads to") for text in said(lines, Verdict.GOOD))
    assert any(line.gauge and line.gauge[0] == "floating IPs" for line in lines)
    server = forms.boot(floating=outside(forms))
    done = act(forms.api, lambda connection: boot.after(connection, server.id, values))
    assert done.trouble is None, done.trouble
    assert done.value is not None
    address = forms.sdk.network.get_ip(done.value.ident)
    port = next(iter(forms.sdk.network.ports(device_id=server.id)))
    assert address.port_id == port.id
    assert address.fixed_ip_address in done.value.said
    forms.sdk.network.delete_ip(address)


def test_a_floating_ip_is_attached_detached_and_released(forms: Forms) -> None:
    server = forms.boot()
    network, target = outside(forms), None
    made = forms.good("floating_ip.create", network=network, description=forms.target.name)
    row = forms.entry(KINDS["server"], server.id)
    options = field("server.floating_attach", "fixed").options
    assert options is not None
    looking.forget(forms.api)
    target = options(forms.desk(row))[0].value
    lines = forms.before("server.floating_attach", row, address=made.ident, fixed=target)
    assert said(lines, Verdict.BAD) == []
    assert any("leads to" in line for line in said(lines, Verdict.GOOD))

    forms.good("server.floating_attach", row, address=made.ident, fixed=target)
    address = forms.sdk.network.get_ip(made.ident)
    assert f"{address.port_id}/{address.fixed_ip_address}" == target
    shown = forms.entry(FLOATING, made.ident)
    assert FLOATING.columns[3].value(shown) == server.id[:8]
    again = forms.before("server.floating_attach", row, address=f"new:{network}", fixed=target)
    assert any("already" in line for line in said(again, Verdict.BAD))
    refused = forms.send("server.floating_attach", row, address=f"new:{network}", fixed=target)
    assert refused.trouble is not None
    assert refused.trouble.status == 409

    forms.good("floating_ip.detach", shown)
    assert forms.sdk.network.get_ip(made.ident).port_id is None
    free = forms.entry(FLOATING, made.ident)
    assert ACTIONS["floating_ip.detach"].off(free, forms.actor.identity)
    forms.good("floating_ip.attach", free, fixed=target)
    assert forms.sdk.network.get_ip(made.ident).port_id == target.split("/")[0]
    forms.good("floating_ip.release", free)
    assert forms.sdk.network.find_ip(made.ident) is None


def test_a_subnet_without_a_router_is_said_before_and_refused_after(forms: Forms) -> None:
    sdk = forms.sdk.network
    lonely = sdk.create_network(name=forms.target.name)
    try:
        sdk.create_subnet(network_id=lonely.id, ip_version=4, cidr="10.99.0.0/24", name="lonely-subnet")
        lines = forms.before("server.boot", **forms.boot_values(networks=(lonely.id,), floating=outside(forms)))
        assert any("no floating IP" in line for line in said(lines, Verdict.BAD))
        assert any("has no router" in line for line in said(lines, Verdict.ATTENTION))
        server = forms.boot(networks=(lonely.id,))
        port = next(iter(sdk.ports(device_id=server.id)))
        target = f"{port.id}/{port.fixed_ips[0]['ip_address']}"
        row = forms.entry(KINDS["server"], server.id)
        values = {"address": f"new:{outside(forms)}", "fixed": target}
        lines = forms.before("server.floating_attach", row, **values)
        assert any("no router" in line for line in said(lines, Verdict.BAD))
        refused = forms.send("server.floating_attach", row, **values)
        assert refused.trouble is not None
        assert refused.trouble.status in {400, 404}
    finally:
        forms.target.clean()
        wait_until(
            lambda: not list(sdk.ports(network_id=lonely.id, device_owner="compute:nova")), "its port is gone", 30
        )
        sdk.delete_network(lonely)


def test_a_keypair_is_made_here_and_only_its_public_half_is_sent(
    forms: Forms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    name = f"{forms.target.name}-key"
    sent = forms.good("keypair.create", name=name, private="save")
    path = tmp_path / ".ssh" / name
    assert str(path) in sent.said
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert "OPENSSH PRIVATE KEY" in path.read_text()
    assert sent.secret is None
    key = forms.sdk.compute.get_keypair(name)
    assert key.public_key.split()[0] == "ssh-ed25519"
    lines = forms.before("keypair.create", name=name, private="save")
    assert len(said(lines, Verdict.BAD)) == 2

    before = path.read_text()
    assert forms.send("keypair.create", name=name, private="save").trouble is not None
    assert path.read_text() == before
    path.unlink()
    refused = forms.send("keypair.create", name=name, private="save")
    assert refused.trouble is not None
    assert refused.trouble.status == 409
    assert not path.exists()

    shown = forms.good("keypair.create", name=f"{name}-2", private="show")
    assert shown.secret is not None
    assert "OPENSSH PRIVATE KEY" in shown.secret[1]
    assert not (tmp_path / ".ssh" / f"{name}-2").exists()

    (tmp_path / ".ssh" / "id.pub").write_text(f"{key.public_key} somebody@somewhere\n")
    forms.good("keypair.delete", forms.entry(KEYS, name))
    assert forms.sdk.compute.find_keypair(name) is None
    looking.forget(forms.api)
    assert "~/.ssh/id.pub" in values_of(boot_options.keypairs(forms.desk()))
    assert said(forms.before("keypair.import", name=name, public_key="~/.ssh/id.pub"), Verdict.BAD) == []
    forms.good("keypair.import", name=name, public_key="~/.ssh/id.pub")
    again = forms.sdk.compute.get_keypair(name)
    assert (again.fingerprint, again.public_key.split()[:2]) == (key.fingerprint, key.public_key.split()[:2])
    assert forms.entry(KEYS, name).id == name


def test_a_form_imports_the_key_that_it_names_once(
    forms: Forms, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    from tui.resources.keypair_actions import make_key

    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / f"{forms.target.name}.pub").write_text(make_key()[1])
    given = forms.boot_values(keypair=f"~/.ssh/{forms.target.name}.pub")
    for _ in range(2):
        done = act(forms.api, lambda connection: boot.prepare(connection, given))
        assert done.trouble is None, done.trouble
        assert done.value is not None
        assert done.value["keypair"] == forms.target.name
    server = forms.boot(keypair=forms.target.name)
    assert server.key_name == forms.target.name


def test_names_typed_in_a_form_become_ids(forms: Forms) -> None:
    given = forms.boot_values()
    flavor = forms.sdk.compute.get_flavor(given["flavor"])
    image = forms.sdk.image.get_image(given["image"])
    network = forms.sdk.network.get_network(given["networks"][0])
    same = [i for i in forms.sdk.image.images(name=image.name)]
    typed = {"flavor": flavor.name, "networks": (network.name,), "security_groups": ("default",)}
    typed |= {"image": image.name} if len(same) == 1 else {}
    found = act(forms.api, lambda connection: boot.prepare(connection, given | typed)).value
    assert found is not None
    assert (found["flavor"], found["image"], found["networks"]) == (given["flavor"], given["image"], given["networks"])
    assert forms.sdk.network.get_security_group(found["security_groups"][0]).name == "default"


def rules(forms: Forms, ident: str) -> list[Any]:
    return [rule for rule in forms.sdk.network.security_group_rules(security_group_id=ident)]


def test_a_security_group_and_its_rules(forms: Forms) -> None:
    ident = forms.good("security_group.create", name=f"{forms.target.name}-sg", description="of a test").ident
    group = forms.entry(GROUPS, ident)
    assert group.row.description == "of a test"  # type: ignore[attr-defined]
    forms.good("security_group.add_rule", group, preset="ssh", ethertype="IPv4", cidr="10.0.0.0/8")
    forms.good("security_group.add_rule", group, preset="web", ethertype="both")
    forms.good("security_group.add_rule", group, preset="icmp", ethertype="both")
    custom: Values = {"preset": "custom", "protocol": "udp", "ports": "5000-5010", "direction": "egress"}
    forms.good("security_group.add_rule", group, **custom, remote_group=ident)
    found = {
        (
            r.direction,
            r.ether_type,
            r.protocol,
            r.port_range_min,
            r.port_range_max,
            r.remote_ip_prefix,
            r.remote_group_id,
        )
        for r in rules(forms, ident)
        if r.protocol
    }
    assert found == {
        ("ingress", "IPv4", "tcp", 22, 22, "10.0.0.0/8", None),
        ("ingress", "IPv4", "tcp", 80, 80, "0.0.0.0/0", None),
        ("ingress", "IPv6", "tcp", 80, 80, "::/0", None),
        ("ingress", "IPv4", "tcp", 443, 443, "0.0.0.0/0", None),
        ("ingress", "IPv6", "tcp", 443, 443, "::/0", None),
        ("ingress", "IPv4", "icmp", None, None, "0.0.0.0/0", None),
        ("ingress", "IPv6", "ipv6-icmp", None, None, "::/0", None),
        ("egress", "IPv4", "udp", 5000, 5010, None, ident),
    }
    group = forms.entry(GROUPS, ident)
    lines = forms.before("security_group.add_rule", group, preset="ssh", ethertype="IPv4", cidr="10.0.0.0/8")
    assert any("there already" in line for line in said(lines, Verdict.BAD))
    again = forms.send("security_group.add_rule", group, preset="ssh", ethertype="IPv4", cidr="10.0.0.0/8")
    assert again.trouble is not None
    assert again.trouble.status == 409
    partly = forms.good("security_group.add_rule", group, preset="web", ethertype="IPv4", cidr="10.0.0.0/8")
    assert partly.ident
    options = field("security_group.remove_rule", "rule").options
    assert options is not None
    looking.forget(forms.api)
    ssh = next(option for option in options(forms.desk(group)) if "SSH" in option.text)
    assert ssh.text == "in: TCP 22 (SSH) from 10.0.0.0/8"
    forms.good("security_group.remove_rule", group, rule=ssh.value)
    assert ssh.value not in {rule.id for rule in rules(forms, ident)}
    words = [line.text for section in GROUPS.describe(group, None, {}) for line in section.lines]
    assert "in: TCP 80 (HTTP) from anywhere (IPv4)" in words
    assert "in: ICMPv6 from anywhere (IPv6)" in words
    forms.good("security_group.delete", group)
    assert forms.sdk.network.find_security_group(ident) is None


def test_a_group_that_is_used_is_not_deleted_and_that_is_said_before(forms: Forms) -> None:
    ident = forms.good("security_group.create", name=f"{forms.target.name}-sg").ident
    forms.good("security_group.add_rule", forms.entry(GROUPS, ident), preset="ssh", cidr="192.0.2.0/24")
    values = forms.boot_values(security_groups=(ident,))
    ssh = [line for line in said(forms.before("server.boot", **values), Verdict.GOOD) if "SSH" in line]
    assert ssh == [f"{forms.target.name}-sg lets SSH in from 192.0.2.0/24."]
    server = forms.boot(security_groups=(ident,))
    group = forms.entry(GROUPS, ident)
    looking.forget(forms.api)
    consequences = ACTIONS["security_group.delete"].consequences
    assert consequences is not None
    assert [c.number for c in consequences(forms.desk(group)) if "ports use" in c.text] == [1]
    refused = forms.send("security_group.delete", group)
    assert refused.trouble is not None
    assert refused.trouble.status == 409
    forms.sdk.compute.delete_server(server.id)
    forms.sdk.compute.wait_for_delete(server, wait=120)


def test_default_groups_stay(forms: Forms) -> None:
    found = forms.sdk.network.security_groups(name="default", project_id=forms.sdk.current_project_id)
    group = forms.entry(GROUPS, next(iter(found)).id)
    assert ACTIONS["security_group.delete"].off(group, forms.actor.identity)


def test_a_form_is_filled_from_a_server(forms: Forms) -> None:
    server = forms.boot(name=f"{forms.target.name}-09", metadata={"a": "b"}, tags=("t",))
    row = forms.entry(KINDS["server"], server.id)
    looking.forget(forms.api)
    form = ACTIONS["server.boot"].form
    assert form is not None
    desk = forms.desk(row)
    filled = {each.key: each.initial(desk) for each in form.fields if each.initial}
    wanted = forms.boot_values()
    assert filled["name"] == f"{forms.target.name}-10"
    assert (filled["image"], filled["flavor"], filled["networks"]) == (
        wanted["image"],
        wanted["flavor"],
        wanted["networks"],
    )
    assert (filled["metadata"], filled["tags"], filled["count"]) == ({"a": "b"}, ("t",), 1)
    lines = forms.before("server.boot", **filled)
    assert said(lines, Verdict.BAD) == []


def test_a_server_boots_from_a_new_volume_and_says_what_that_takes(forms: Forms) -> None:
    image = forms.boot_values()["image"]
    kept = next(option for option in boot_options.images(forms.fresh()) if option.value == image)
    size = max(int(kept.facts["min_disk"]), 1)
    types = boot_options.volume_types(forms.desk())
    volume = {"new_volume": True, "volume_size": size, "delete_volume": True, "volume_type": types[0].value}
    lines = forms.before("server.boot", **forms.boot_values(**volume))
    assert said(lines, Verdict.BAD) == []
    gauges = {line.gauge[0]: line.gauge for line in lines if line.gauge}
    assert gauges["storage"][2] - gauges["storage"][1] == size
    assert gauges["volumes"][2] - gauges["volumes"][1] == 1
    small = forms.before("server.boot", **forms.boot_values(**volume | {"volume_size": 0}))
    assert said(small, Verdict.BAD) == ["The new volume needs a size."]

    server = forms.boot(**volume)
    attached = next(iter(forms.sdk.compute.volume_attachments(server)))
    made = forms.sdk.block_storage.get_volume(attached.volume_id)
    assert (made.size, made.volume_type, attached.delete_on_termination) == (size, types[0].value, True)
    looking.forget(forms.api)
    form = ACTIONS["server.boot"].form
    assert form is not None
    desk = forms.desk(forms.entry(KINDS["server"], server.id))
    filled = {each.key: each.initial(desk) for each in form.fields if each.initial}
    assert filled["image"] == image
    assert {key: filled[key] for key in volume} == volume


def test_a_boot_that_fails_says_where_and_why(forms: Forms) -> None:
    values = forms.boot_values(metadata={"realcloud_fault": "spawn", "demo_fault": "spawn"})
    sent = forms.good("server.boot", **values)
    forms.target.servers.append(sent.ident)
    seen: list[Phase] = []

    def failed() -> bool:
        seen[:] = phases(forms.api, sent.ident, seen)
        return any(phase.stage is Stage.FAILED for phase in seen)

    wait_until(failed, "the boot has failed", 50, 0.2)
    assert finished(seen)
    broken = next(phase for phase in seen if phase.stage is Stage.FAILED)
    assert broken.name in {SCHEDULING, NETWORKING, SPAWNING}
    fault = forms.sdk.compute.get_server(sent.ident).fault
    assert broken.said == fault["message"]
    assert any(line.startswith("request req-") for line in broken.more)
    # Nova says «Success» of the event of a build that failed: the server's state alone tells.
    assert any(line.startswith("event compute__do_build_and_run_instance: ") for line in broken.more)
    after = seen[seen.index(broken) + 1 :]
    assert {phase.stage for phase in after} == {Stage.WAITING}
