"""What forms mean: names, flavors, user data, rules in words, and the same as a command and as Python."""

from __future__ import annotations

import ast
import base64
import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.model.trouble import Cause, Trouble
from tui.resources import boot_preflight as before
from tui.resources import user_data
from tui.resources.action import Option, Preflight, Verdict
from tui.resources.boot_like import next_name
from tui.resources.boot_networks import of_groups, of_networks
from tui.resources.boot_options import flavors_by, smallest_flavor
from tui.resources.boot_phases import NAMES, Phase, Stage, finished
from tui.resources.boot_values import (
    arguments,
    as_command,
    as_python,
    each,
    names,
    wrong_fixed_ips,
    wrong_metadata,
    wrong_name,
    wrong_networks,
    wrong_tags,
)
from tui.resources.keypair_actions import private_path, wrong_public
from tui.resources.quota import Quota, quota_line
from tui.resources.security_group_actions import each_rule, rule_attributes
from tui.resources.security_rules import in_words, lets_in, normal_cidr, port_range, sources_of
from tui.resources.wiring import Wires

VALUES: dict[str, Any] = {"name": "web", "flavor": "f1", "image": "i1", "networks": ("n1",)}
NO = Trouble(cause=Cause.FORBIDDEN, title="Nova refuses", status=403)


@pytest.mark.parametrize(
    ("template", "count", "expected"),
    [
        ("web", 1, ["web"]),
        ("web", 3, ["web-1", "web-2", "web-3"]),
        ("web-{n:02}", 2, ["web-01", "web-02"]),
        ("{n}-web-{n:3}", 2, ["1-web-001", "2-web-002"]),
        ("web-{n}", 1, ["web-1"]),
    ],
)
def test_names_of_several(template: str, count: int, expected: list[str]) -> None:
    assert list(names(template, count)) == expected
    assert [one["name"] for one in each({"name": template, "count": count})] == expected


@given(template=st.text(min_size=1, max_size=30), count=st.integers(1, 20))
def test_every_server_of_several_has_a_name_of_its_own(template: str, count: int) -> None:
    assert len(set(names(template, count))) == count


def test_a_name_that_is_no_template_is_said() -> None:
    assert wrong_name("web-{n:02}", {}) == ""
    assert wrong_name("web-{x}", {})
    assert wrong_name("web-{n", {})
    assert wrong_name("  ", {})
    assert wrong_name("x" * 254, {"count": 100})


@pytest.mark.parametrize(
    ("name", "taken", "expected"),
    [
        ("web-09", {"web-09"}, "web-10"),
        ("web-1", {"web-1", "web-2"}, "web-3"),
        ("db", {"db"}, "db-2"),
        ("", set(), "-2"),
    ],
)
def test_the_next_name(name: str, taken: set[str], expected: str) -> None:
    assert next_name(name, taken) == expected


def flavor(name: str, vcpus: int, ram: int, disk: int) -> Option:
    return Option(name, name, "", {"vcpus": vcpus, "ram": ram, "disk": disk})


FLAVORS = (
    flavor("huge", 16, 65536, 100),
    flavor("cpu", 8, 4096, 20),
    flavor("ram", 2, 8192, 0),
    flavor("two", 2, 4096, 40),
)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("at least 2 vCPU 4 GB", "two"),
        ("4 cores, 4gb", "cpu"),
        ("8 GB RAM 50 GB disk", "huge"),
        ("disk 30 gb", "two"),
        ("4 gb 50 gb", "huge"),
        ("2 cpus", "two"),
        ("6000 mb", "ram"),
        ("1 tb", None),
        ("64 vcpu", None),
        ("something nice", None),
        ("", None),
    ],
)
def test_the_smallest_flavor_that_will_do(wanted: str, expected: str | None) -> None:
    found = smallest_flavor(FLAVORS, wanted)
    assert (found.value if found else None) == expected


@given(st.text(max_size=40))
def test_any_text_may_be_asked_of_flavors(wanted: str) -> None:
    assert smallest_flavor(FLAVORS, wanted) in (*FLAVORS, None)


def test_flavors_in_order() -> None:
    def order(key: str, **more: int) -> list[str]:
        return [option.value for option in flavors_by(FLAVORS, key, **more)]

    assert order("ram") == ["two", "cpu", "ram", "huge"]
    assert order("vcpus") == ["two", "ram", "cpu", "huge"]
    assert order("disk")[0] == "ram"
    assert order("fit", min_disk=30)[:2] == ["two", "huge"]
    assert order("fit", min_ram=8000)[:2] == ["ram", "huge"]


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("", True),
        ("#cloud-config\npackages: [nginx]\n", True),
        ("#cloud-config\r\npackages:\r\n  - nginx\r\n", True),
        ("#cloud-config\n", True),
        ("#!/bin/sh\necho hi\n", True),
        ("#include\nhttp://example.org/a\n", True),
        ("Content-Type: multipart/mixed; boundary=x\n\n--x--\n", True),
        ("## template: jinja\n#cloud-config\nhostname: {{ v1.region }}\n", True),
        ("#cloud-config\npackages: [nginx\n", False),
        ("#cloud-config\n- a\n", False),
        ("packages: [nginx]\n", False),
        ("# cloud-config\npackages: [nginx]\n", False),
        ("\ufeff#cloud-config\n", False),
        ("#!/bin/sh\n" + "x" * 60_000, False),
    ],
)
def test_user_data_is_checked_as_cloud_init_reads_it(text: str, good: bool) -> None:
    assert (user_data.wrong(text.encode()) == "") is good


@given(st.binary(max_size=200))
def test_any_user_data_may_be_given(content: bytes) -> None:
    assert user_data.wrong(b"#cloud-config\n" + content) is not None
    user_data.wrong(content)


def test_user_data_is_a_file_or_the_text(tmp_path: Path) -> None:
    path = tmp_path / "init.yaml"
    path.write_text("#cloud-config\n")
    assert user_data.read(str(path)) == b"#cloud-config\n"
    assert user_data.read("#!/bin/sh") == b"#!/bin/sh"
    assert base64.b64decode(user_data.encoded(str(path))) == b"#cloud-config\n"
    assert "cannot be read" in user_data.wrong_value(str(tmp_path / "none"))
    assert user_data.wrong_value("~nobody-at-all/x")
    assert user_data.wrong(b"\x1f\x8b\x08") != ""


def test_the_root_disk() -> None:
    assert arguments(VALUES)["image_id"] == "i1"
    volume = arguments(VALUES | {"new_volume": True, "volume_size": 20, "volume_type": "fast"})
    assert "image_id" not in volume
    assert volume["block_device_mapping"] == [
        {
            "uuid": "i1",
            "source_type": "image",
            "destination_type": "volume",
            "boot_index": 0,
            "delete_on_termination": False,
            "volume_size": 20,
            "volume_type": "fast",
        }
    ]
    own = arguments(VALUES | {"source": "volume", "volume": "v1", "delete_volume": True})["block_device_mapping"][0]
    assert (own["uuid"], own["delete_on_termination"], "volume_size" in own) == ("v1", True, False)
    kept = arguments(VALUES | {"source": "snapshot", "snapshot": "s1", "volume_size": 5})["block_device_mapping"][0]
    assert (kept["source_type"], kept["uuid"], kept["volume_size"]) == ("snapshot", "s1", 5)


def test_networks_and_ports_in_order() -> None:
    given_ = VALUES | {"networks": ("n2", "port:p1", "n1"), "fixed_ips": ("-", "-", "10.0.0.5")}
    assert arguments(given_)["networks"] == [{"uuid": "n2"}, {"port": "p1"}, {"uuid": "n1", "fixed_ip": "10.0.0.5"}]
    assert arguments(VALUES | {"networks": ("none",)})["networks"] == "none"
    assert "networks" not in arguments(VALUES | {"networks": ()})
    assert wrong_networks(("none", "n1"), {})
    assert wrong_networks(("port:p", "port:p"), {})
    assert wrong_networks(("port:p",), {"count": 2})
    assert wrong_networks(("n1", "n1"), {}) == ""
    assert wrong_fixed_ips(("10.0.0.5",), given_) == ""
    assert wrong_fixed_ips(("nonsense",), given_)
    assert wrong_fixed_ips(("-", "10.0.0.5"), given_)
    assert wrong_fixed_ips(("10.0.0.5",), given_ | {"count": 2})


def test_tags_and_metadata_that_nova_refuses_are_said() -> None:
    assert wrong_tags(("a", "b c"), {}) == ""
    for bad in (("a/b",), ("a,b",), ("x" * 61,), tuple(str(n) for n in range(51))):
        assert wrong_tags(bad, {})
    assert wrong_metadata({"a.b:c d": "x" * 255}, {}) == ""
    assert wrong_metadata({"ä": "x"}, {})
    assert wrong_metadata({"a": "x" * 256}, {})


SECRETS = {"admin_password": "hush-hush", "user_data": "#cloud-config\npassword: hush-hush\n"}


@given(
    name=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=20),
    count=st.integers(1, 3),
    words=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=10), max_size=3),
)
def test_command_and_script_hold_what_was_typed_and_no_secret(name: str, count: int, words: list[str]) -> None:
    values = VALUES | SECRETS | {"name": name, "count": count, "tags": tuple(words), "metadata": {"k": name}}
    command, script = as_command(values), as_python(values, "prod", "r1")
    assert "hush-hush" not in command + script
    split = shlex.split(command)
    assert split.count("create") >= count
    for one in names(name, count):
        assert one in split
    ast.parse(script)
    assert compile(script, "script", "exec")


def test_a_key_that_is_imported_first_is_in_the_command() -> None:
    command = as_command(VALUES | {"keypair": "~/.ssh/id_ed25519.pub", "floating": "public"})
    first, second, third, fourth = command.split(" && ")
    assert first == "openstack keypair create --public-key '~/.ssh/id_ed25519.pub' id_ed25519"
    assert "--key-name id_ed25519" in second
    assert third == "openstack floating ip create public"
    assert fourth == "openstack server add floating ip web ADDRESS"


def test_what_a_quota_leaves() -> None:
    over = quota_line("RAM", Quota(902 * 1024, 1000 * 1024), 128 * 1024, "flavor")
    assert (over.verdict, over.text) == (Verdict.BAD, "RAM over quota by 30 GB.")
    assert over.gauge == ("RAM", 902 * 1024.0, 1030 * 1024.0, 1000 * 1024.0)
    assert quota_line("instances", Quota(18, 20), 1, "count").text == "instances 18 → 19 of 20"
    assert quota_line("instances", Quota(20, 20), 1, "count").verdict is Verdict.BAD
    assert quota_line("instances", Quota(10, -1), 100, "count").verdict is Verdict.GOOD
    # Over quota already, but nothing more of it is taken (a flavor without disk): that stops nobody.
    assert quota_line("storage", Quota(20, 10), 0, "volume_size").verdict is Verdict.GOOD


def bad(lines: list[Preflight]) -> list[str]:
    return [line.text for line in lines if line.verdict is Verdict.BAD]


def test_images_against_flavors() -> None:
    image = Option("i1", "ubuntu", "", {"min_disk": 10, "min_ram": 512, "size": 3 * 1024**3})
    small, none = flavor("f1", 1, 256, 5), flavor("f2", 1, 1024, 0)
    assert len(bad(before.of_size(VALUES, (image,), (small,)))) == 2
    diskless = before.of_size(VALUES | {"flavor": "f2"}, (image,), (none,))
    assert [line.verdict for line in diskless] == [Verdict.ATTENTION]
    volume = VALUES | {"flavor": "f2", "new_volume": True}
    assert bad(before.of_size(volume | {"volume_size": 5}, (image,), (none,))) == ["ubuntu needs 10 GB."]
    assert bad(before.of_size(volume | {"volume_size": 10}, (image,), (none,))) == []
    assert bad(before.of_size(VALUES | {"image": "gone"}, (image,), (small,))) == [
        "There is no such image to boot from."
    ]
    unknown = before.of_size(VALUES, NO, (small,))
    assert unknown[0].text == "The image could not be looked up."


NETWORKS = {
    "n1": {"id": "n1", "name": "web-net", "subnets": ["s1"]},
    "n2": {"id": "n2", "name": "lonely", "subnets": ["s2"]},
    "n3": {"id": "n3", "name": "bare", "subnets": []},
    "x1": {"id": "x1", "name": "public", "subnets": ["s9"], "router:external": True},
}
SUBNETS = {
    "s1": {"id": "s1", "cidr": "10.0.0.0/24", "enable_dhcp": True},
    "s2": {"id": "s2", "cidr": "10.1.0.0/24", "enable_dhcp": False},
}
PORTS = [{"device_id": "r1", "network_id": "n1", "fixed_ips": [{"subnet_id": "s1"}]}]
ROUTERS = {"r1": {"id": "r1", "name": "router", "external_gateway_info": {"network_id": "x1"}}}
WIRES = Wires(NETWORKS, SUBNETS, PORTS, ROUTERS)


def test_networks_are_looked_at() -> None:
    def lines(*wanted: str, wires: Wires = WIRES, **more: Any) -> list[Preflight]:
        return of_networks(VALUES | {"networks": wanted} | more, wires, ())

    assert [line.text for line in lines("n1")] == ["web-net has DHCP and a router."]
    assert [line.text for line in lines("n2")] == ["lonely has no DHCP.", "lonely has no router."]
    assert [line.text for line in lines("n2", config_drive=True)] == ["lonely has no router."]
    assert bad(lines("n3")) == ["bare has no subnet: nova boots nothing on it."]
    assert bad(lines("gone")) == ["There is no network gone."]
    assert bad(lines("n1", fixed_ips=("10.9.0.1",))) == ["10.9.0.1 is not in web-net."]
    assert bad(lines("n1", fixed_ips=("10.0.0.9",))) == []
    assert bad(lines("n1", floating="x1")) == []
    assert bad(lines("n2", floating="x1")) == ["No router leads to public: no floating IP."]
    assert bad(lines("none", floating="x1")) == ["A server without network cannot have a floating IP."]
    hidden = Wires(NETWORKS, SUBNETS, PORTS, {})
    assert bad(lines("n1", floating="x1", wires=hidden)) == []
    unknown = Wires(NETWORKS, SUBNETS, PORTS, NO)
    assert [line.text for line in lines("n1", wires=unknown)] == ["Networks could not be looked up."]


def rule(**more: Any) -> dict[str, Any]:
    return {"direction": "ingress", "ethertype": "IPv4", "protocol": "tcp"} | more


SSH = rule(port_range_min=22, port_range_max=22, remote_ip_prefix="10.0.0.0/8")


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ([SSH], "g lets SSH in from 10.0.0.0/8."),
        ([rule(protocol=None)], "g lets SSH in from 0.0.0.0/0."),
        ([rule(protocol="6", port_range_min=1, port_range_max=100)], "g lets SSH in from 0.0.0.0/0."),
        ([SSH | {"remote_ip_prefix": None, "remote_group_id": "g"}], "g lets SSH in from members of a group only."),
        ([SSH | {"direction": "egress"}], "g lets no SSH in."),
        ([rule(protocol="udp")], "g lets no SSH in."),
        ([rule(port_range_min=80, port_range_max=90)], "g lets no SSH in."),
        ([], "g lets no SSH in."),
    ],
)
def test_whether_ssh_gets_in(rules: list[dict[str, Any]], text: str) -> None:
    groups = [{"id": "g1", "name": "g", "project_id": "p", "security_group_rules": rules}]
    found = of_groups(VALUES | {"security_groups": ("g1",)}, groups, (), WIRES, "p")
    assert [line.text for line in found] == [text]
    default = [groups[0] | {"name": "default"}, groups[0] | {"name": "default", "project_id": "other"}]
    assert [line.text for line in of_groups(VALUES, default, (), WIRES, "p")] == [text.replace("g ", "default ", 1)]


def test_groups_of_a_given_port_are_its_own() -> None:
    groups = [{"id": "g1", "name": "g", "security_group_rules": [SSH]}]
    ports = [{"id": "p1", "security_groups": ["g1"]}]
    found = of_groups(VALUES | {"networks": ("port:p1",), "security_groups": ()}, groups, ports, WIRES, "p")
    assert [line.text for line in found] == ["g lets SSH in from 10.0.0.0/8."]
    assert bad(of_groups(VALUES | {"security_groups": ("nope",)}, groups, ports, WIRES, "p"))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (SSH, "in: TCP 22 (SSH) from 10.0.0.0/8"),
        (rule(port_range_min=8000, port_range_max=8080), "in: TCP 8000-8080 from anywhere (IPv4)"),
        (rule(), "in: TCP all ports from anywhere (IPv4)"),
        (rule(protocol=None, direction="egress", ethertype="IPv6"), "out: everything to anywhere (IPv6)"),
        (rule(protocol="icmp", port_range_min=8, port_range_max=0), "in: ICMP echo from anywhere (IPv4)"),
        (rule(protocol="58", ethertype="IPv6"), "in: ICMPv6 from anywhere (IPv6)"),
        (rule(protocol="112"), "in: protocol 112 from anywhere (IPv4)"),
        (rule(protocol=17, port_range_min=53, port_range_max=53), "in: UDP 53 from anywhere (IPv4)"),
        (rule(remote_group_id="0123456789"), "in: TCP all ports from group 01234567"),
    ],
)
def test_rules_in_words(found: dict[str, Any], words: str) -> None:
    assert in_words(found) == words


@given(
    st.dictionaries(
        st.sampled_from(["protocol", "port_range_min", "remote_ip_prefix"]), st.text(max_size=8) | st.none()
    )
)
def test_any_rule_can_be_said(found: dict[str, Any]) -> None:
    assert in_words({"direction": "ingress"} | {key: value for key, value in found.items() if key != "port_range_min"})
    assert sources_of([found])
    assert not lets_in({"direction": "egress"}, "tcp", 22)


def test_a_form_means_rules() -> None:
    assert [one["ports"] for one in each_rule({"preset": "web"})] == ["80", "443"]
    both = each_rule({"preset": "icmp", "ethertype": "both"})
    assert [rule_attributes("g", one)["protocol"] for one in both] == ["icmp", "ipv6-icmp"]
    custom = {"preset": "custom", "protocol": "any", "direction": "egress", "ethertype": "IPv6"}
    assert rule_attributes("g", custom) == {
        "security_group_id": "g",
        "direction": "egress",
        "ethertype": "IPv6",
        "protocol": None,
        "remote_ip_prefix": "::/0",
    }


def test_ports_and_networks_as_typed() -> None:
    assert (port_range("22"), port_range("8000-8080"), port_range("1:2")) == ((22, 22), (8000, 8080), (1, 2))
    for wrong in ("", "x", "0", "80-22", "70000", "-1", "1-2-3"):
        with pytest.raises(ValueError, match="port"):
            port_range(wrong)
    assert normal_cidr("10.1.2.3/8") == "10.0.0.0/8"
    assert normal_cidr("2001:db8::1") == "2001:db8::1/128"
    with pytest.raises(ValueError, match="no network"):
        normal_cidr("everywhere")


def test_public_and_private_keys_are_told_apart() -> None:
    assert wrong_public("ssh-ed25519 AAAAC3Nz me@here") == ""
    assert wrong_public("sk-ssh-ed25519@openssh.com AAAA") == ""
    assert "private" in wrong_public("-----BEGIN OPENSSH PRIVATE KEY-----\n…")
    assert wrong_public("hello")
    assert private_path("../../etc/x y").name == ".._.._etc_x_y"
    assert private_path("a/b").parent.name == ".ssh"


def test_when_a_boot_is_over() -> None:
    done = [Phase(name, Stage.DONE, 1.0) for name in NAMES]
    assert finished(done)
    assert finished([Phase(NAMES[0], Stage.FAILED)])
    assert not finished([Phase(NAMES[0], Stage.GOING)])
    silent = [*done[:5], Phase(NAMES[5], Stage.GOING), Phase(NAMES[6])]
    assert finished(silent), "an image that says nothing on its console is not waited for for ever"
