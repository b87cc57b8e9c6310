"""Whatever a client sends, the answer is a refusal in the service's own words, never a crash."""

from __future__ import annotations

from typing import Any

import pytest

from tests.demo.conftest import Raw
from tui.demo.process import DemoCloud

BODIES: tuple[Any, ...] = (
    b"",
    b"{",
    b"[]",
    b"null",
    b"{}",
    b'{"x": null}',
    b'{"server": null}',
    b'{"server": {"name": 5}}',
)
QUERIES = ("limit=x", "limit=-1", "limit=999999999999", "marker=%00", "name=(", "sort_key=x", "sort_dir=x", "status=x")
LISTS = (
    "compute/v2.1/servers",
    "compute/v2.1/servers/detail",
    "compute/v2.1/flavors/detail",
    "compute/v2.1/os-keypairs",
    "image/v2/images",
    "network/v2.0/networks",
    "network/v2.0/ports",
    "network/v2.0/floatingips",
)
WRITES = (
    ("POST", "compute/v2.1/servers"),
    ("PUT", "compute/v2.1/servers/{server}"),
    ("POST", "compute/v2.1/servers/{server}/metadata"),
    ("PUT", "compute/v2.1/servers/{server}/tags"),
    ("POST", "compute/v2.1/os-keypairs"),
    ("POST", "image/v2/images"),
    ("PATCH", "image/v2/images/{image}"),
    ("POST", "network/v2.0/floatingips"),
    ("POST", "network/v2.0/networks"),
    ("POST", "network/v2.0/subnets"),
    ("POST", "network/v2.0/security-groups"),
    ("POST", "network/v2.0/security-group-rules"),
)
ACTIONS = (
    "os-stop", "os-start", "reboot", "pause", "unpause", "suspend", "resume", "lock", "unlock", "shelve",
    "shelveOffload", "unshelve", "resize", "confirmResize", "revertResize", "rescue", "unrescue", "rebuild", "migrate",
    "os-migrateLive", "addSecurityGroup", "removeSecurityGroup", "createImage", "os-resetState",
    "os-getConsoleOutput", "os-getVNCConsole",
)  # fmt: skip


@pytest.fixture(scope="module")
def odd() -> Raw:  # type: ignore[misc]
    """Requests to a demo cloud that may end in any state."""
    with DemoCloud.start("--still") as demo:
        yield Raw(demo)


@pytest.mark.parametrize("path", LISTS)
def test_queries(odd: Raw, path: str) -> None:
    for query in QUERIES:
        answer = odd.get(f"{path}?{query}", "2.26")
        assert answer.status_code in (200, 400, 404), (query, answer.text)


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_bodies(odd: Raw, method: str, path: str) -> None:
    names = {"server": odd.servers()[0]["id"], "image": odd.get("image/v2/images").json()["images"][0]["id"]}
    for body in BODIES:
        headers = {"OpenStack-API-Version": "compute 2.26", "Content-Type": "application/json"}
        url = f"{odd.base}/{path.format(**names)}"
        answer = odd.session.request(method, url, data=body, headers=headers, timeout=60)
        assert answer.status_code < 500, (body, answer.text)


@pytest.mark.parametrize("action", ACTIONS)
def test_actions(odd: Raw, action: str) -> None:
    for values in (None, {}, [], "x", 5, {"name": None}, {"type": 7}):
        for server in odd.servers()[:6]:
            url = f"{odd.base}/compute/v2.1/servers/{server['id']}/action"
            answer = odd.session.post(url, json={action: values}, timeout=60)
            assert answer.status_code < 500, (values, answer.text)
