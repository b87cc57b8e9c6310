"""Images and networks over real HTTP."""

from __future__ import annotations

import pytest

from tests.demo.conftest import Raw, connect
from tests.waiting import wait_until
from tui.demo.process import DemoCloud


def test_images_page_by_page(raw: Raw) -> None:
    whole = [image["id"] for image in raw.get("image/v2/images", limit=100).json()["images"]]
    path, pages = "/v2/images?limit=3", []
    while path:
        body = raw.session.get(f"{raw.base}/image{path}", timeout=60).json()
        pages += [image["id"] for image in body["images"]]
        path = body.get("next", "")
    assert pages == whole


def test_image_filters(raw: Raw) -> None:
    images = raw.get("image/v2/images", limit=100).json()["images"]
    some = [image["id"] for image in images[:3]]
    found = raw.get("image/v2/images", id="in:" + ",".join(some)).json()["images"]
    assert {image["id"] for image in found} == set(some)
    assert {i["visibility"] for i in raw.get("image/v2/images", visibility="private").json()["images"]} == {"private"}
    assert [i["name"] for i in raw.get("image/v2/images", name="debian-12").json()["images"]] == ["debian-12"]
    names = [i["name"] for i in raw.get("image/v2/images", sort="name:asc").json()["images"]]
    assert names == sorted(names)


def test_image_changes(fresh) -> None:
    image = connect(fresh("--still"), "lab", "muc1").image
    made = image.create_image("probe", disk_format="raw", container_format="bare")
    assert image.get_image(made).status == "queued"
    image.update_image(made, name="renamed")
    assert image.get_image(made).name == "renamed"
    image.delete_image(made)
    assert image.find_image(made.id) is None
    protected = next(i for i in image.images() if i.is_protected)
    with pytest.raises(Exception, match=r"403|Forbidden"):
        image.delete_image(protected)


def test_networks_fields_filters_and_pages(raw: Raw) -> None:
    rows = raw.get("network/v2.0/networks").json()["networks"]
    assert raw.get("network/v2.0/networks", fields=["id", "name"]).json()["networks"] == [
        {"id": row["id"], "name": row["name"]} for row in rows
    ]
    two = [row["id"] for row in rows[:2]]
    assert {row["id"] for row in raw.get("network/v2.0/networks", id=two).json()["networks"]} == set(two)
    page = raw.get("network/v2.0/networks", limit=2).json()
    links = {link["rel"]: link["href"] for link in page["networks_links"]}
    following = raw.session.get(links["next"], timeout=60).json()
    assert {r["id"] for r in following["networks"]}.isdisjoint({r["id"] for r in page["networks"]})
    back = {link["rel"]: link["href"] for link in following["networks_links"]}["previous"]
    assert raw.session.get(back, timeout=60).json()["networks"] == page["networks"]


def test_only_admins_see_the_provider(demo: DemoCloud, raw: Raw) -> None:
    assert "provider:network_type" in raw.get("network/v2.0/networks").json()["networks"][0]
    member = Raw(demo, "lab", "muc1").get("network/v2.0/networks").json()["networks"]
    assert "provider:network_type" not in member[0]
    assert {row["name"] for row in member} == {"public", "provider-shared", "sandbox-net"}


def test_ports_of_a_server_and_of_an_address(raw: Raw) -> None:
    server = next(row for row in raw.servers() if row["addresses"])
    ports = raw.get("network/v2.0/ports", device_id=server["id"]).json()["ports"]
    address = ports[0]["fixed_ips"][0]["ip_address"]
    assert address in str(server["addresses"])
    found = raw.get("network/v2.0/ports", fixed_ips=f"ip_address={address}").json()["ports"]
    assert [port["id"] for port in found] == [ports[0]["id"]]
    light = raw.get("network/v2.0/ports", device_id=server["id"], fields=["id", "fixed_ips"]).json()["ports"]
    assert light == [{"id": ports[0]["id"], "fixed_ips": ports[0]["fixed_ips"]}]


def test_floating_ip_goes_up_and_down(fresh) -> None:
    network = connect(fresh("--still"), "lab", "muc1").network
    floating = network.create_ip(floating_network_id=network.find_network("public").id)
    assert floating.status == "DOWN"
    port = next(p for p in network.ports() if p.device_owner.startswith("compute:") and not _has_floating(network, p))
    network.update_ip(floating, port_id=port.id)
    wait_until(lambda: network.get_ip(floating).status == "ACTIVE", "the agent has reported it up")
    network.update_ip(floating, port_id=None)
    wait_until(lambda: network.get_ip(floating).status == "DOWN", "the agent has reported it down")
    network.delete_ip(floating)
    assert network.find_ip(floating.id) is None


def _has_floating(network, port) -> bool:  # type: ignore[no-untyped-def]
    return any(ip.port_id == port.id for ip in network.ips())


def test_errors_are_worded_as_neutron_does(raw: Raw) -> None:
    answer = raw.get("network/v2.0/networks/nope")
    assert answer.status_code == 404
    assert answer.json()["NeutronError"]["type"] == "NetworkNotFound"
    assert raw.get("network/v2.0/networks", nonsense=1).status_code == 400
