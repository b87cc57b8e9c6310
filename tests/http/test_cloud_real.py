"""The same against a genuine OpenStack: `-m realcloud` with OS_CLIENT_CONFIG_FILE set to its clouds.yaml."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from tests.http.conftest import Loader
from tui.cloud.doctor import Check, check
from tui.model.place import Reach
from tui.model.read import Read
from tui.model.trouble import Cause, TroubleError

pytestmark = pytest.mark.realcloud

FILE = os.environ.get("OS_CLIENT_CONFIG_FILE", "")
SERVERS = Read(
    service="compute",
    path="/servers/detail",
    key="servers",
    microversion="2.47",
    all_projects=(("all_tenants", "1"),),
    item_path="/servers/{id}",
    item_key="server",
    item_microversion="latest",
)
IMAGES = Read(service="image", path="/images", key="images")
NETWORKS = Read(service="network", path="/networks", key="networks", item_key="network")


class Row(msgspec.Struct):
    """What every kind has."""

    id: str = ""
    name: str = ""


@pytest.fixture(autouse=True)
def real(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Its clouds.yaml, in a home of the test's own."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", FILE)


def test_its_seven_entries_are_five_scopes_with_three_sign_ins(load: Loader, home: Path) -> None:
    clouds = load()
    assert len(clouds.entries) == 7
    assert len(clouds.scopes) == 5
    for scope in clouds.scopes:
        assert clouds.identity(scope).user in {"admin", "demo"}
    assert len(list((home / "cache" / "stackdeck" / "tokens").glob("*.json"))) == 3
    assert clouds.merge_same() is False


def test_lists_pages_and_whole_resources(load: Loader) -> None:
    clouds = load(only=["realcloud-demo"])
    api = clouds.api(clouds.scopes[0])
    for read in (SERVERS, IMAGES, NETWORKS):
        rows, params = [], ()
        while True:
            page = api.page(read, Row, (("limit", "1"), *params))
            rows += page.rows
            if page.next is None:
                break
            params = page.next
        assert len({row.id for row in rows}) == len(rows) > 0
        assert api.item(read, rows[0].id)["id"] == rows[0].id


def test_policy_is_told_in_novas_own_words(load: Loader) -> None:
    clouds = load(only=["realcloud-demo", "realcloud-system-admin"])
    for scope in clouds.scopes:
        every = scope.reach is Reach.PROJECT
        with pytest.raises(TroubleError) as caught:
            clouds.api(scope, all_projects=every).page(SERVERS, Row)
        found = caught.value.trouble
        assert found.cause is Cause.FORBIDDEN
        assert found.said.startswith("Policy doesn't allow os_compute_api:servers:detail")
        assert found.request_id.startswith("req-")


def test_switching_the_project(load: Loader) -> None:
    clouds = load(only=["realcloud-admin"])
    assert {project.name for project in clouds.projects(clouds.scopes[0])} >= {"admin", "demo"}
    clouds.switch_project(["realcloud-admin"], "demo")
    assert clouds.identity(clouds.scopes[0]).project == "demo"
    assert load(only=["realcloud-admin"], project="demo").scopes[0].key != clouds.scopes[0].key


def test_read_only_stops_the_sdk_before_the_socket(load: Loader) -> None:
    clouds = load(only=["realcloud-demo"], read_only=True)
    connection = clouds.api(clouds.scopes[0]).connection()
    with pytest.raises(TroubleError) as caught:
        connection.network.create_network(name="never")
    assert caught.value.trouble.cause is Cause.READ_ONLY
    assert not [network for network in connection.network.networks() if network.name == "never"]


def test_the_doctor_finds_it_well(load: Loader) -> None:
    steps: list[Check] = []
    clouds = load(only=["realcloud-admin"])
    assert check(clouds, clouds.scopes[0], steps.append), [step for step in steps if step.ok is False]
