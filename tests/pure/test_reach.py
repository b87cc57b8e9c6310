"""Address, user, key, port and jump hosts of a server, and where each comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pure.fleet_rows import WEB, entry
from tui.config.settings import CloudSettings, RegionSettings, Settings, Ssh
from tui.live.reach import Address, Image, addresses, way
from tui.model.entry import Entry
from tui.model.ssh import Hop
from tui.resources.server_row import Address as Nova
from tui.resources.server_row import Server


def _entry() -> Entry:
    net = [Nova("fd00::1", 6, "fixed"), Nova("10.0.0.1", 4, "fixed"), Nova("203.0.113.1", 4, "floating")]
    return entry(WEB, Server(id="a", name="a", status="ACTIVE", told_addresses={"net": net}))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No configuration of the machine's own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_the_likeliest_address_comes_first() -> None:
    assert addresses(_entry()) == (
        Address("203.0.113.1", True),
        Address("10.0.0.1", False),
        Address("fd00::1", False),
    )


@pytest.mark.parametrize(
    ("settings", "image", "user", "source"),
    [
        (Settings(), Image(), "", "login name"),
        (Settings(), Image("my Ubuntu 24.04"), "ubuntu", "called ubuntu"),
        (Settings(), Image("x", distro="rocky"), "rocky", "usual for rocky"),
        (Settings(), Image("ubuntu", "boss", "os_admin_user", "ubuntu"), "boss", "image property os_admin_user"),
        (
            Settings(ssh=Ssh(users={"ubuntu": "u", "ubuntu-24": "u24"})),
            Image("Ubuntu-24.04", "boss"),
            "u24",
            "ubuntu-24",
        ),
        (Settings(clouds={"web": CloudSettings(ssh_user="me")}), Image("ubuntu", "boss"), "me", "ssh_user"),
    ],
)
def test_the_user_has_a_source(settings: Settings, image: Image, user: str, source: str) -> None:
    found = way(_entry(), settings, image).user
    assert found.value == user
    assert source in found.source


def test_the_ssh_configuration_names_user_port_and_jump(home: Path) -> None:
    (home / ".ssh").mkdir()
    (home / ".ssh" / "config").write_text("Host 203.0.113.*\n  User filed\n  Port 2200\n  ProxyJump j@edge:2022\n")
    found = way(_entry(), Settings(), Image("x", distro="ubuntu"))
    assert (found.user.value, found.port) == ("filed", 2200)
    assert found.hops == (Hop("edge", 2022, "j"),)
    assert "ProxyJump" in found.hops_source


def test_there_is_another_way_where_jump_hosts_are_said_for_some(home: Path) -> None:
    assert way(_entry(), Settings()).other is None
    (home / ".ssh").mkdir()
    (home / ".ssh" / "config").write_text("Host 10.*\n  ProxyJump j@edge:2022\n")
    found = way(_entry(), Settings())
    assert (found.hops, found.other) == ((), (Hop("edge", 2022, "j"),))
    said = way(_entry(), Settings(clouds={"web": CloudSettings(ssh_jump="near")}))
    assert (said.hops, said.other) == ((Hop("near"),), ())


def test_the_settings_of_a_region_count_before_its_cloud_and_the_tunnel() -> None:
    region = RegionSettings(ssh_jump="near, far", ssh_port=2222, ssh_key="~/k")
    cloud = CloudSettings(ssh_tunnel="bastion", regions={"r1": region})
    found = way(_entry(), Settings(clouds={"web": cloud}))
    assert found.hops == (Hop("near"), Hop("far"))
    assert (found.port, found.key.value) == (2222, "~/k")
    without = way(_entry(), Settings(clouds={"web": CloudSettings(ssh_tunnel="bastion")}))
    assert without.hops == (Hop("bastion"),)
    assert way(_entry(), Settings(), None, (Hop("from-clouds-yaml"),)).hops == (Hop("from-clouds-yaml"),)
