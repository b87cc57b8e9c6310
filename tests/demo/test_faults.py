"""Every way in which the demo clouds can misbehave, from the command line and at run time."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime

import pytest
import requests

from tests.demo.conftest import Raw, add_fault, control
from tui.demo.faults import KINDS, FaultSyntaxError, parse_fault
from tui.demo.process import DemoCloud, DemoCloudError

Start = Callable[..., DemoCloud]
LIST = "compute/v2.1/servers/detail"


@pytest.fixture(scope="module")
def broken() -> DemoCloud:  # type: ignore[misc]
    """A demo cloud to break and mend."""
    with DemoCloud.start("--still") as cloud:
        yield cloud


@pytest.fixture
def raw(broken: DemoCloud) -> Raw:  # type: ignore[misc]
    """Requests to it; everything is mended afterwards."""
    yield Raw(broken)
    control(broken, "DELETE", "faults")


@pytest.mark.parametrize(
    ("kind", "status", "key"),
    [
        ("forbidden", 403, "forbidden"),
        ("not-found", 404, "itemNotFound"),
        ("conflict", 409, "conflictingRequest"),
        ("quota", 413, "overLimit"),
        ("slow-down", 429, "overLimit"),
        ("error", 500, "computeFault"),
        ("unavailable", 503, "serviceUnavailable"),
    ],
)
def test_refusals_are_worded_as_nova_does(broken: DemoCloud, raw: Raw, kind: str, status: int, key: str) -> None:
    add_fault(broken, f"{kind}:prod-eu/fra1/compute")
    answer = raw.get(LIST)
    assert answer.status_code == status
    assert answer.json()[key]["code"] == status
    assert ("Retry-After" in answer.headers) == (kind == "slow-down")
    assert raw.get("image/v2/images").status_code == 200


def test_other_services_word_it_their_way(broken: DemoCloud, raw: Raw) -> None:
    add_fault(broken, "forbidden:prod-eu/fra1")
    assert "NeutronError" in raw.get("network/v2.0/networks").json()
    assert "403 Forbidden" in raw.get("image/v2/images").text
    assert raw.session.get(f"{raw.identity}/v3/auth/projects", timeout=60).status_code == 200


def test_expire_asks_for_a_new_login(broken: DemoCloud, raw: Raw) -> None:
    add_fault(broken, "expire=3:prod-eu/fra1/compute")
    assert [raw.get(LIST).status_code for _ in range(5)] == [200, 200, 200, 401, 401]
    raw.session.headers["X-Auth-Token"] = raw.login("mira", "web")
    assert raw.get(LIST).status_code == 200


def test_drop_and_hang(broken: DemoCloud, raw: Raw) -> None:
    add_fault(broken, "drop:prod-eu/fra1/compute:once")
    with pytest.raises(requests.ConnectionError):
        raw.get(LIST)
    assert raw.get(LIST).status_code == 200
    add_fault(broken, "hang:/compute/servers")
    with pytest.raises(requests.ReadTimeout):
        raw.session.get(f"{raw.base}/{LIST}", timeout=0.3)
    assert raw.get("compute/v2.1/flavors").status_code == 200


def test_spoilt_answers(broken: DemoCloud, raw: Raw) -> None:
    for kind in ("truncate", "invalid"):
        add_fault(broken, f"{kind}:/compute/servers:once")
        answer = raw.get(LIST)
        assert answer.status_code == 200
        with pytest.raises(ValueError, match=r"."):
            answer.json()
    add_fault(broken, "html:/compute/servers:once")
    answer = raw.get(LIST)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "[/b]" in answer.text
    add_fault(broken, "missing-fields:/compute/servers:once")
    rows = raw.servers()
    assert len({frozenset(row) for row in rows}) > 3
    assert all("id" in row for row in rows)


def test_latency(broken: DemoCloud, raw: Raw) -> None:
    add_fault(broken, "latency=0.3:prod-eu/fra1/compute:once")
    start = time.monotonic()
    raw.get(LIST)
    assert time.monotonic() - start >= 0.3


def test_down_cell_shows_and_hides_as_nova_does(broken: DemoCloud, raw: Raw) -> None:
    whole = {row["id"] for row in raw.servers("2.69")}
    add_fault(broken, "down-cell=4:prod-eu/fra1")
    rows = raw.servers("2.69")
    down = [row for row in rows if row["status"] == "UNKNOWN"]
    assert {row["id"] for row in rows} == whole
    assert down
    assert all(set(row) == {"id", "status", "tenant_id", "created", "links"} for row in down)
    gone = {row["id"] for row in down}
    for params in ({"limit": 1000}, {"sort_key": "uuid"}, {"changes-since": "2020-01-01T00:00:00Z"}):
        assert gone.isdisjoint({row["id"] for row in raw.servers("2.69", **params)})
    assert gone.isdisjoint({row["id"] for row in raw.servers("2.68")})
    assert raw.get(f"compute/v2.1/servers/{down[0]['id']}", "2.69").json()["server"]["status"] == "UNKNOWN"
    assert raw.get(f"compute/v2.1/servers/{down[0]['id']}", "2.47").status_code == 500


def test_marker_deleted_in_the_middle(broken: DemoCloud, raw: Raw) -> None:
    add_fault(broken, "marker-deleted:prod-eu/fra1:once")
    marker = raw.servers(limit=5)[-1]["id"]
    answer = raw.get(LIST, limit=5, marker=marker)
    assert answer.status_code == 400
    assert answer.json()["badRequest"]["message"] == f"marker [{marker}] not found"
    assert marker not in {row["id"] for row in raw.servers()}


def test_service_missing_from_the_catalog(broken: DemoCloud, raw: Raw) -> None:
    add_fault(broken, "no-service:prod-eu/fra1/compute")
    catalog = raw.session.get(f"{raw.identity}/v3/auth/catalog", timeout=60).json()["catalog"]
    compute = next(service for service in catalog if service["type"] == "compute")
    assert {endpoint["region"] for endpoint in compute["endpoints"]} == {"ams1"}


def test_bad_password(broken: DemoCloud, raw: Raw) -> None:
    add_fault(broken, "bad-password:prod-eu")
    user = {"user": {"name": "mira", "domain": {"id": "default"}, "password": "demo"}}
    assert raw.authenticate(user).status_code == 401


def test_clock_skew(broken: DemoCloud, raw: Raw) -> None:
    add_fault(broken, "clock-skew=-7200:prod-eu/fra1")
    date = parsedate_to_datetime(raw.get(LIST).headers["Date"]).timestamp()
    assert -7300 < date - time.time() < -7100
    control(broken, "DELETE", "faults")
    assert "Date" in raw.get(LIST).headers


def test_after_so_many_requests_and_for_so_long(fresh: Start) -> None:
    raw = Raw(fresh("--still", "--fault", "error:/compute/servers:after=2"))
    assert [raw.get(LIST).status_code for _ in range(4)] == [200, 200, 500, 500]
    fault = parse_fault("error::for=0.0")
    assert not fault.due()


def test_what_is_requested_is_counted(broken: DemoCloud, raw: Raw) -> None:
    control(broken, "DELETE", "requests")
    raw.get(LIST, all_tenants=1)
    server = raw.servers()[0]["id"]
    action = f"{raw.base}/compute/v2.1/servers/{server}/action"
    raw.session.post(action, json={"os-getConsoleOutput": {}}, timeout=60)
    assert control(broken, "GET", "requests")["mutating"] == 0
    raw.session.post(action, json={"lock": None}, timeout=60)
    counts = control(broken, "GET", "requests")
    assert counts["mutating"] == 1
    assert counts["mutations"] == [f"POST /prod-eu/fra1/compute/v2.1/servers/{server}/action"]
    assert {"method": "GET", "path": f"/prod-eu/fra1/{LIST}", "scope": "all", "count": 1} in counts["requests"]


@pytest.mark.parametrize("text", ["nonsense", "error:x:sometimes", "latency=much", "error::after=x"])
def test_faults_that_make_no_sense(text: str) -> None:
    with pytest.raises(FaultSyntaxError):
        parse_fault(text)
    with pytest.raises(DemoCloudError, match=r"fault|when|number"):
        DemoCloud.start("--fault", text)


def test_every_kind_can_be_told(fresh: Start) -> None:
    options = [part for kind in KINDS for part in ("--fault", f"{kind}:nowhere")]
    raw = Raw(fresh("--still", *options))
    assert raw.get(LIST).status_code == 200


def test_unsigned_tls(fresh: Start) -> None:
    demo = fresh("--still", "--tls")
    assert demo.url.startswith("https://")
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{demo.url}/prod-eu/identity/v3", timeout=60)
    assert requests.get(f"{demo.url}/prod-eu/identity/v3", timeout=60, verify=False).status_code == 200  # noqa: S501
