"""The server list over real HTTP: pages, filters, shapes by microversion, changes, policy."""

from __future__ import annotations

import re

import pytest

from tests.demo.conftest import Raw, connect, control
from tests.waiting import wait_until
from tui.demo.process import DemoCloud


def test_pages_make_the_whole_list(raw: Raw) -> None:
    whole = [row["id"] for row in raw.servers(all_tenants=1)]
    pages: list[str] = []
    marker = ""
    while True:
        answer = raw.get(
            "compute/v2.1/servers/detail", all_tenants=1, limit=30, **({"marker": marker} if marker else {})
        )
        rows = answer.json()["servers"]
        pages += [row["id"] for row in rows]
        if "servers_links" not in answer.json():
            break
        assert f"marker={rows[-1]['id']}" in answer.json()["servers_links"][0]["href"]
        marker = rows[-1]["id"]
    assert pages == whole
    assert len(set(whole)) == len(whole) > 60


def test_next_link_works_as_it_is(raw: Raw) -> None:
    first = raw.get("compute/v2.1/servers", limit=2).json()
    second = raw.session.get(first["servers_links"][0]["href"], timeout=60).json()
    assert {s["id"] for s in second["servers"]}.isdisjoint({s["id"] for s in first["servers"]})


def test_no_page_is_longer_than_1000(fresh) -> None:
    raw = Raw(fresh("--still", "--servers", "2500"))
    sizes, marker = [], {}
    while True:
        body = raw.get("compute/v2.1/servers/detail", "2.47", all_tenants=1, limit=5000, **marker).json()
        sizes.append(len(body["servers"]))
        if "servers_links" not in body:
            break
        marker = {"marker": body["servers"][-1]["id"]}
    assert sizes == [1000, 1000, 500]


def test_unknown_marker(raw: Raw) -> None:
    answer = raw.get("compute/v2.1/servers/detail", marker="nope")
    assert answer.status_code == 400
    assert answer.json() == {"badRequest": {"code": 400, "message": "marker [nope] not found"}}


def test_own_project_only_unless_all_are_asked_for(raw: Raw) -> None:
    assert len({row["tenant_id"] for row in raw.servers()}) == 1
    assert len({row["tenant_id"] for row in raw.servers(all_tenants="True")}) == 5


def test_a_member_may_not_see_all_projects(demo: DemoCloud) -> None:
    member = Raw(demo, "lab", "muc1")
    answer = member.get("compute/v2.1/servers/detail", all_tenants=1)
    assert answer.status_code == 403
    assert "get_all_tenants" in answer.json()["forbidden"]["message"]
    row = member.servers()[0]
    assert not [key for key in row if key.startswith("OS-EXT-SRV-ATTR:") and not key.endswith(":hostname")]
    assert "host_status" not in row


@pytest.mark.parametrize(
    ("microversion", "present", "absent"),
    [
        ("2.1", {"progress"}, {"locked", "description", "tags", "host_status"}),
        ("2.9", {"locked"}, {"host_status", "description"}),
        ("2.16", {"host_status"}, {"description"}),
        ("2.19", {"description"}, {"tags"}),
        ("2.26", {"tags"}, {"trusted_image_certificates"}),
        ("2.63", {"trusted_image_certificates"}, {"locked_reason"}),
        ("2.73", {"locked_reason"}, {"pinned_availability_zone"}),
        ("2.96", {"pinned_availability_zone"}, {"scheduler_hints", "server_groups"}),
    ],
)
def test_fields_by_microversion(raw: Raw, microversion: str, present: set[str], absent: set[str]) -> None:
    row = next(r for r in raw.servers(microversion) if r["status"] == "ACTIVE")
    assert present <= set(row)
    assert absent.isdisjoint(row)


def test_flavor_is_a_link_then_a_copy(raw: Raw) -> None:
    assert set(raw.servers("2.46")[0]["flavor"]) == {"id", "links"}
    assert "original_name" in raw.servers("2.47")[0]["flavor"]


def test_microversion_headers(raw: Raw) -> None:
    answer = raw.get("compute/v2.1/servers", "2.47")
    assert answer.headers["OpenStack-API-Version"] == "compute 2.47"
    assert answer.headers["X-OpenStack-Nova-API-Version"] == "2.47"
    assert "OpenStack-API-Version" in answer.headers["Vary"]
    assert re.match(r"req-[0-9a-f-]{36}$", answer.headers["x-compute-request-id"])
    too_high = raw.get("compute/v2.1/servers", "2.999")
    assert too_high.status_code == 406
    assert "computeFault" in too_high.json()
    assert raw.get("compute/v2.1/servers", "latest").headers["X-OpenStack-Nova-API-Version"] == "2.104"


def test_filters(raw: Raw) -> None:
    assert {r["name"] for r in raw.servers(all_tenants=1, name="^kafka-")} >= {"kafka-05"}
    assert {r["status"] for r in raw.servers(all_tenants=1, status="SHUTOFF")} == {"SHUTOFF"}
    row = next(r for r in raw.servers() if r["addresses"])
    address = next(iter(row["addresses"].values()))[0]["addr"]
    assert row["id"] in {r["id"] for r in raw.servers(ip=f"^{re.escape(address)}$")}
    assert [r["id"] for r in raw.servers(all_tenants=1, uuid=row["id"])] == [row["id"]]
    names = [r["name"].lower() for r in raw.servers(all_tenants=1, sort_key="display_name", sort_dir="asc")]
    assert names == sorted(names)
    assert raw.get("compute/v2.1/servers/detail", "2.75", nonsense=1).status_code == 400


def test_fault_only_where_something_failed(raw: Raw) -> None:
    rows = raw.servers(all_tenants=1)
    assert {r["status"] for r in rows if "fault" in r} == {"ERROR"}
    broken = next(r for r in rows if r["name"] == "batch-render-03")
    assert broken["fault"]["message"] == "No valid host was found. There are not enough hosts available."
    assert broken["addresses"] == {}


def test_changes_since_shows_what_changed_and_what_went(fresh) -> None:
    demo = fresh("--still")
    raw = Raw(demo)
    rows = raw.servers("2.47", all_tenants=1)
    newest = max(row["updated"] for row in rows)
    changed, gone = [row["id"] for row in rows if row["status"] == "ACTIVE" and row["updated"] < newest][:2]
    control(demo, "POST", f"servers/{changed}", {"status": "SHUTOFF"})
    control(demo, "DELETE", f"servers/{gone}")
    since = raw.servers("2.47", all_tenants=1, **{"changes-since": newest})
    found = {row["id"]: row["status"] for row in since}
    assert found[changed] == "SHUTOFF"
    assert found[gone] == "DELETED"
    assert len(found) < len(rows) / 2
    assert gone not in {row["id"] for row in raw.servers(all_tenants=1)}
    assert raw.get(f"compute/v2.1/servers/{gone}").status_code == 404


def test_a_server_is_built_changed_and_deleted(fresh) -> None:
    connection = connect(fresh("--still"), "lab", "muc1")
    compute = connection.compute
    compute.default_microversion = "2.96"
    flavor, image = compute.find_flavor("t3.micro"), connection.image.find_image("debian-12")
    network = connection.network.find_network("sandbox-net")
    server = compute.create_server(
        name="probe", flavor_id=flavor.id, image_id=image.id, networks=[{"uuid": network.id}]
    )
    assert compute.get_server(server).status == "BUILD"
    assert compute.get_server(server).addresses == {}
    compute.wait_for_server(server, interval=0.1, wait=20)
    compute.stop_server(server)
    assert compute.get_server(server).task_state == "powering-off"
    wait_until(lambda: compute.get_server(server).status == "SHUTOFF", "it is stopped")
    with pytest.raises(Exception, match="Cannot 'stop' instance"):
        compute.stop_server(server)
    compute.lock_server(server)
    with pytest.raises(Exception, match="is locked"):
        compute.delete_server(server)
    compute.unlock_server(server)
    compute.delete_server(server)
    assert compute.get_server(server).task_state == "deleting"
    wait_until(lambda: compute.find_server(server.id) is None, "it is gone")


def test_what_nova_does_not_date(fresh) -> None:
    connection = connect(fresh("--still"), "lab", "muc1")
    compute = connection.compute
    compute.default_microversion = "2.96"
    server = next(s for s in compute.servers() if s.status == "ACTIVE" and "floating" not in str(s.addresses))
    before = server.updated_at
    compute.add_tag_to_server(server, "seen")
    compute.add_security_group_to_server(server, connection.network.find_security_group("ssh"))
    public = connection.network.find_network("public")
    port = next(iter(connection.network.ports(device_id=server.id)))
    floating = connection.network.create_ip(floating_network_id=public.id, port_id=port.id)
    wait_until(lambda: connection.network.get_ip(floating).status == "ACTIVE", "the agent has reported it")
    wait_until(lambda: floating.floating_ip_address in str(compute.get_server(server).addresses), "Nova has noticed")
    after = compute.get_server(server)
    assert after.updated_at == before
    assert "seen" in after.tags
    assert "ssh" in {group["name"] for group in after.security_groups}
    compute.update_server(server, name="renamed")
    assert compute.get_server(server).updated_at > before


def test_console_grows(fresh) -> None:
    raw = Raw(fresh("--still"))
    server = next(r for r in raw.servers(all_tenants=1) if r["name"] == "bastion")
    url = f"{raw.base}/compute/v2.1/servers/{server['id']}/action"
    whole = raw.session.post(url, json={"os-getConsoleOutput": {}}, timeout=60).json()["output"]
    assert "BEGIN SSH HOST KEY KEYS" in whole
    tail = raw.session.post(url, json={"os-getConsoleOutput": {"length": 3}}, timeout=60).json()["output"]
    assert tail.splitlines() == whole.splitlines()[-3:]
