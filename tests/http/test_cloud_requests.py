"""Requests, pages, errors and the guard, over real HTTP through the real SDK."""

from __future__ import annotations

import socket
import threading
from typing import Any

import msgspec
import pytest

from tests.http.conftest import Loader
from tests.http.stage import Answer, Seen, Stage
from tui.cloud import Api
from tui.config.settings import CloudSettings, Settings, Timeouts
from tui.demo.process import DemoCloud
from tui.model.read import Read
from tui.model.trouble import Cause, Trouble, TroubleError


class Row(msgspec.Struct):
    """A server as these tests read it."""

    id: str = ""
    name: str = ""
    status: str = ""
    created: str = ""
    locked: bool | None = None


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
DETAIL = "/compute/v2.1/servers/detail"


@pytest.fixture
def api(stage: Stage, load: Loader) -> Api:
    """The API of a stage's only scope."""
    clouds = load({"a": stage.entry()})
    return clouds.api(clouds.scopes[0])


def trouble(call: Any, *args: Any, **options: Any) -> Trouble:
    """The trouble that a call ends in."""
    with pytest.raises(TroubleError) as caught:
        call(*args, **options)
    return caught.value.trouble


def test_a_cold_first_page_costs_two_requests_and_a_warm_one_costs_one(stage: Stage, load: Loader) -> None:
    stage.servers({"id": "1", "name": "web", "status": "ACTIVE"})
    for expected in (2, 1):
        clouds = load({"a": stage.entry()})
        page = clouds.api(clouds.scopes[0]).page(SERVERS, Row)
        assert [row.name for row in page.rows] == ["web"]
        assert len(stage.seen) == expected
        assert stage.seen[-1].headers["openstack-api-version"] == "compute 2.47"
        assert stage.seen[-1].headers["user-agent"].startswith("stackdeck/")
        stage.seen.clear()


def test_all_projects_are_asked_for_only_when_wanted(stage: Stage, load: Loader) -> None:
    stage.servers()
    clouds = load({"a": stage.entry()})
    clouds.api(clouds.scopes[0], all_projects=True).page(SERVERS, Row, (("limit", "5"),))
    clouds.api(clouds.scopes[0]).page(SERVERS, Row)
    assert stage.seen[-2].query == {"all_tenants": ["1"], "limit": ["5"]}
    assert stage.seen[-1].query == {}


def test_next_pages_are_found_in_the_links_of_each_service(stage: Stage, api: Api) -> None:
    row = {"id": "1", "name": "a", "status": "ACTIVE"}
    href = f"{stage.url}{DETAIL}?limit=1&marker=m%201"
    stage.servers(row, servers_links=[{"rel": "next", "href": href}])
    page = api.page(SERVERS, Row)
    assert page.next == (("marker", "m 1"),)
    assert api.page(SERVERS, Row, (("marker", "m 1"),)).next is None, "a link to itself would go round for ever"
    stage.on("GET", "/image/v2/images", Answer({"images": [], "next": "/v2/images?marker=abc", "first": "/v2/images"}))
    assert api.page(IMAGES, Row).next == (("marker", "abc"),)
    stage.on(
        "GET", "/identity/v3/projects", Answer({"projects": [], "links": {"next": "http://x/?marker=k", "self": ""}})
    )
    assert api.page(Read(service="identity", path="/projects", key="projects"), Row).next == (("marker", "k"),)
    stage.on("GET", "/network/v2.0/networks", Answer({"networks": [row], "networks_links": None}))
    assert api.page(Read(service="network", path="/networks", key="networks"), Row).next is None


def test_an_odd_row_is_kept_and_never_takes_the_list_with_it(stage: Stage, api: Api) -> None:
    rows = [{"id": str(number), "name": f"n{number}", "status": "ACTIVE"} for number in range(450)]
    rows[200] = {"id": "200", "name": None, "status": {"now": 1}, "locked": True}  # type: ignore[dict-item]
    rows[201] = {"id": 201, "status": "UNKNOWN"}  # type: ignore[dict-item]
    stage.servers(*rows, None, 7, {"name": "without an id"}, {"id": "down", "status": "UNKNOWN", "links": []})
    page = api.page(SERVERS, Row)
    assert page.count == 454
    assert [row.id for row in page.rows[:450]] == [str(number) for number in range(450)]
    assert page.rows[200] == Row(id="200", status='{"now":1}', locked=True)
    assert page.rows[450] == Row(id="down", status="UNKNOWN")
    assert [item.get("id") for item in page.odd] == ["200", 201, None, None, None]


def test_names_that_are_no_utf8_show(stage: Stage, api: Api) -> None:
    body = b'{"servers": [{"id": "1", "name": "caf\xe9", "status": "ACTIVE"}, {"id": "2", "name": "ok"}]}'
    stage.on("GET", DETAIL, Answer(body))
    assert [row.name for row in api.page(SERVERS, Row).rows] == ["caf\N{REPLACEMENT CHARACTER}", "ok"]


def test_an_old_nova_gets_the_newest_microversion_it_has(stage: Stage, api: Api) -> None:
    def listing(seen: Seen) -> Answer:
        if seen.headers.get("openstack-api-version") != "compute 2.25":
            words = "Version 2.47 is not supported by the API. Minimum is 2.1 and maximum is 2.25."
            return Answer({"computeFault": {"code": 406, "message": words}}, 406)
        return Answer({"servers": [{"id": "1"}]})

    stage.on("GET", DETAIL, listing)
    stage.on("GET", "/compute/v2.1/", Answer({"version": {"id": "v2.1", "version": "2.25", "min_version": "2.1"}}))
    assert api.page(SERVERS, Row).count == 1
    assert api.microversions("compute") == ("2.1", "2.25")
    before = len(stage.seen)
    assert api.page(SERVERS, Row).reply.sent_microversion == "2.25"
    assert len(stage.seen) == before + 1, "what the place offers is learnt once"


def test_the_configured_microversion_is_a_cap(stage: Stage, load: Loader) -> None:
    stage.servers()
    stage.on("GET", "/compute/v2.1/servers/1", Answer({"server": {"id": "1"}}))
    clouds = load({"a": stage.entry(compute_default_microversion="2.30")})
    api = clouds.api(clouds.scopes[0])
    assert api.page(SERVERS, Row).reply.sent_microversion == "2.30"
    assert api.item(SERVERS, "1") == {"id": "1"}
    assert stage.seen[-1].headers["openstack-api-version"] == "compute 2.30"


def test_an_odd_id_stays_one_part_of_the_path(stage: Stage, api: Api) -> None:
    stage.on("GET", "/compute/v2.1/servers/a%2Fb%3Fc%20d", Answer({"server": {"id": "a/b?c d"}}))
    assert api.item(SERVERS, "a/b?c d") == {"id": "a/b?c d"}


def test_an_endpoint_override_is_honoured(stage: Stage, load: Loader) -> None:
    stage.on("GET", "/elsewhere/v2.1/servers/detail", Answer({"servers": [{"id": "1"}]}))
    clouds = load({"a": stage.entry(compute_endpoint_override=f"{stage.url}/elsewhere/v2.1")})
    assert clouds.api(clouds.scopes[0]).page(SERVERS, Row).count == 1


def test_an_unversioned_nova_is_asked_for_its_versions(stage: Stage, load: Loader) -> None:
    stage.services["compute"] = "/nova"
    link = [{"rel": "self", "href": f"{stage.url}/nova/v2.1/"}]
    version = {"id": "v2.1", "status": "CURRENT", "version": "2.90", "min_version": "2.1", "links": link}
    stage.on("GET", "/nova", Answer({"versions": [version]}))
    stage.on("GET", "/nova/", Answer({"versions": [version]}))
    stage.on("GET", "/nova/v2.1/servers/detail", Answer({"servers": [{"id": "1"}]}))
    clouds = load({"a": stage.entry()})
    api = clouds.api(clouds.scopes[0])
    assert api.page(SERVERS, Row).count == 1
    assert api.endpoint("compute") == f"{stage.url}/nova/v2.1"


def test_rows_of_two_projects_have_one_endpoint(stage: Stage, load: Loader) -> None:
    stage.services["compute"] = "/compute/v2.1/%(tenant_id)s".replace("%(tenant_id)s", "p1")
    clouds = load({"a": stage.entry()})
    assert clouds.api(clouds.scopes[0]).endpoint("compute") == f"{stage.url}/compute/v2.1"


def test_services_that_are_not_there_or_switched_off(stage: Stage, load: Loader) -> None:
    del stage.services["image"]
    clouds = load({"a": stage.entry(has_network=False)})
    api = clouds.api(clouds.scopes[0])
    assert (api.has("compute"), api.has("image"), api.has("network")) == (True, False, False)
    missing, off = trouble(api.get, "image", "/images"), trouble(api.get, "network", "/networks")
    assert missing.cause is off.cause is Cause.NO_SERVICE
    assert missing.title == "This cloud has no image service: the catalog lists none in r1"
    assert "switched off in clouds.yaml" in off.title


def test_a_region_that_the_catalog_does_not_have(stage: Stage, load: Loader) -> None:
    stage.regions = ["RegionOne", "RegionTwo"]
    clouds = load({"a": stage.entry(region_name="regionone")})
    found = trouble(clouds.api(clouds.scopes[0]).page, SERVERS, Row)
    assert (found.cause, found.hint) == (Cause.NO_SERVICE, "It has: RegionOne, RegionTwo.")
    assert found.title == "This cloud has no compute service: its catalog has no region regionone"


ANSWERS = {
    "nova 403": (
        Answer(
            {"forbidden": {"code": 403, "message": "Policy doesn't allow [/b]"}}, 403, {"X-Compute-Request-Id": "req-1"}
        ),
        (Cause.FORBIDDEN, "Policy doesn't allow [/b]", "403", 0.0, "req-1"),
    ),
    "neutron 409": (
        Answer({"NeutronError": {"type": "IpAddressInUse", "message": "In use.", "detail": ""}}, 409),
        (Cause.REFUSED, "In use.", "409", 0.0, ""),
    ),
    "old neutron": (Answer({"NeutronError": "Broken."}, 400), (Cause.REFUSED, "Broken.", "400", 0.0, "")),
    "glance": (
        Answer({"message": "Not here.<br /><br />\n\n", "code": "404 Not Found", "title": "Not Found"}, 404),
        (Cause.NOT_FOUND, "Not here.", "404", 0.0, ""),
    ),
    "octavia": (
        Answer({"faultcode": "Client", "faultstring": "Immutable."}, 409),
        (Cause.REFUSED, "Immutable.", "409", 0.0, ""),
    ),
    "placement": (
        Answer({"errors": [{"status": 404, "title": "Not Found", "detail": "No provider."}]}, 404),
        (Cause.NOT_FOUND, "No provider.", "404", 0.0, ""),
    ),
    "429 seconds": (
        Answer({"overLimit": {"message": "Slow."}}, 429, {"Retry-After": "7"}),
        (Cause.SLOW_DOWN, "Slow.", "429", 7.0, ""),
    ),
    "413 old nova": (
        Answer({"overLimit": {"message": "Slow.", "retryAfter": "9"}}, 413, {"Retry-After": "9"}),
        (Cause.SLOW_DOWN, "Slow.", "413", 9.0, ""),
    ),
    "403 quota": (
        Answer({"forbidden": {"code": 403, "message": "Quota exceeded for cores: Requested 1"}}, 403),
        (Cause.REFUSED, "Quota exceeded for cores: Requested 1", "403", 0.0, ""),
    ),
    "413 quota": (Answer({"overLimit": {"message": "Quota."}}, 413), (Cause.REFUSED, "Quota.", "413", 0.0, "")),
    "503 date": (
        Answer(
            b"<html><head><title>503</title></head><body><h1>503</h1>\nNo server [/b] &amp; no luck</body></html>",
            503,
            {"Content-Type": "text/html", "Retry-After": "Fri, 20 Nov 2099 10:00:30 GMT"},
        ),
        (Cause.SLOW_DOWN, "503 No server [/b] & no luck", "503", 86_400.0, ""),
    ),
    "500 text": (
        Answer(b"Traceback: boom", 500, {"Content-Type": "text/plain"}),
        (Cause.SERVER, "Traceback: boom", "500", 0.0, ""),
    ),
    "nova's own 401": (Answer({"error": {"message": "No."}}, 401), (Cause.SERVER, "No.", "401", 0.0, "")),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_error_answers_keep_the_servers_own_words(name: str, stage: Stage, api: Api) -> None:
    answer, expected = ANSWERS[name]
    stage.on("GET", DETAIL, answer)
    found = trouble(api.page, SERVERS, Row)
    assert (found.cause, found.said, found.short, found.retry_after, found.request_id) == expected
    assert found.where == "a r1"
    assert found.status == answer.status
    assert "Nova" in found.title
    assert found.asked == f"GET {stage.url}{DETAIL}"
    assert (found.as_whom, found.source) == ("ann", "clouds.yaml line 2")


def test_a_web_page_instead_of_json(stage: Stage, api: Api) -> None:
    page = b"<!DOCTYPE html><html><head><title>Login</title><script>x()</script></head><body>Sign in [/b]</body></html>"
    stage.on("GET", DETAIL, Answer(page, headers={"Content-Type": "text/html"}))
    found = trouble(api.page, SERVERS, Row)
    assert (found.cause, found.short, found.said) == (Cause.NONSENSE, "HTML", "Sign in [/b]")


@pytest.mark.parametrize(
    "body", [b'{"servers": [{"id": "1", "na', b"", b"[]", b'{"server": []}', b'{"servers": 7}', b"\xff"]
)
def test_bodies_that_are_no_list(body: bytes, stage: Stage, api: Api) -> None:
    stage.on("GET", DETAIL, Answer(body))
    found = trouble(api.page, SERVERS, Row)
    assert (found.cause, found.short) == (Cause.NONSENSE, "bad JSON")


def test_an_answer_that_breaks_off(stage: Stage, api: Api) -> None:
    stage.on("GET", DETAIL, Answer({"servers": []}, length=5000))
    found = trouble(api.page, SERVERS, Row)
    assert (found.cause, found.short) == (Cause.NETWORK, "cut off")


def test_a_connection_that_died_while_idle_is_replaced_once(stage: Stage, api: Api) -> None:
    answers = iter([Answer({"servers": []}), Answer(drop=True), Answer({"servers": [{"id": "1"}]})])
    stage.on("GET", DETAIL, lambda seen: next(answers))
    api.page(SERVERS, Row)
    assert api.page(SERVERS, Row).count == 1
    stage.on("GET", DETAIL, Answer(drop=True))
    before = len(stage.seen)
    found = trouble(api.page, SERVERS, Row)
    assert (found.cause, found.short) == (Cause.NETWORK, "dropped")
    assert found.said == "Remote end closed connection without response"
    assert len(stage.seen) == before + 2


def test_time_outs_say_which_and_how_long(stage: Stage, load: Loader) -> None:
    quick = Settings(timeouts=Timeouts(connect=8.0, list=3.0, other=9.0))
    clouds = load({"a": stage.entry()}, settings=quick)
    api = clouds.api(clouds.scopes[0])
    release = threading.Event()
    stage.servers()
    api.page(SERVERS, Row)
    stage.on("GET", DETAIL, lambda seen: Answer({"waited": release.wait(60)}))
    found = trouble(api.page, SERVERS, Row)
    release.set()
    assert (found.cause, found.title) == (Cause.TIMEOUT, "Nova does not answer: timed out after 3 s")


def test_a_time_out_in_clouds_yaml_holds_for_lists_too(stage: Stage, load: Loader) -> None:
    clouds = load({"a": stage.entry(api_timeout=3)})
    release = threading.Event()
    stage.on("GET", DETAIL, lambda seen: Answer({"waited": release.wait(60)}))
    found = trouble(clouds.api(clouds.scopes[0]).page, SERVERS, Row)
    release.set()
    assert found.title == "Nova does not answer: timed out after 3 s"


def test_a_connection_that_never_stands(stage: Stage, load: Loader) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        stage.services["compute"] = "/x/v2.1"
        quick = Settings(timeouts=Timeouts(connect=0.3))
        entry = stage.entry(compute_endpoint_override=f"http://127.0.0.1:{address[1]}/v2.1")
        clouds = load({"a": entry}, settings=quick)
        found = trouble(clouds.api(clouds.scopes[0]).page, SERVERS, Row)
        for filler in fillers:
            filler.close()
    assert (found.cause, found.short) == (Cause.TIMEOUT, "timeout 0.3s")
    assert found.title == f"Nova does not answer: no connection to 127.0.0.1:{address[1]} after 0.3 s"


def test_a_host_that_refuses_and_one_that_nobody_knows(stage: Stage, load: Loader) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        entries: dict[str, object] = {
            "refuses": stage.entry(compute_endpoint_override=f"http://127.0.0.1:{port}/v2.1"),
            "unknown": stage.entry(
                compute_endpoint_override="http://nowhere.invalid/v2.1", auth_project_name="other", region_name="r1"
            ),
        }
        stage.projects.append({"id": "p2", "name": "other", "domain_id": "default", "enabled": True})
        clouds = load(entries)
        refused, unknown = (trouble(clouds.api(scope).page, SERVERS, Row) for scope in clouds.scopes)
    assert (refused.cause, refused.short, refused.said) == (Cause.NETWORK, "refused", "Connection refused")
    assert (unknown.cause, unknown.short) == (Cause.NETWORK, "DNS")
    assert unknown.title == "The name of nowhere.invalid is not known (DNS)"


def test_a_certificate_that_nobody_signed(load: Loader) -> None:
    with DemoCloud.start("--still", "--tls") as demo:
        text = demo.clouds_file.read_text()
        clouds = load("\n".join(line for line in text.splitlines() if "verify" not in line and "cacert" not in line))
        found = trouble(clouds.identity, clouds.scopes[0])
        assert (found.cause, found.short, found.service) == (Cause.TLS, "TLS", "identity")
        assert "does not verify: self-signed certificate" in found.title
        assert "cacert" in found.hint
        careless = load(text.replace("    auth:", "    verify: false\n    auth:"))
        assert careless.identity(careless.scopes[0]).user


def test_a_ca_bundle_that_is_not_there(stage: Stage, load: Loader) -> None:
    entry = stage.entry(cacert="/nowhere/ca.pem", auth_auth_url="https://127.0.0.1:1/v3")
    clouds = load({"a": entry})
    found = trouble(clouds.identity, clouds.scopes[0])
    assert (found.cause, found.short) == (Cause.CONFIG, "cacert")
    assert "/nowhere/ca.pem" in found.title


@pytest.mark.parametrize("how", ["everywhere", "this entry"])
def test_read_only_lets_nothing_through_not_even_the_sdk(how: str, stage: Stage, load: Loader) -> None:
    settings = Settings(clouds={"a": CloudSettings(read_only=True)}) if how == "this entry" else Settings()
    clouds = load({"a": stage.entry()}, settings=settings, read_only=how == "everywhere")
    assert clouds.entry("a").read_only
    stage.on("POST", "/compute/v2.1/servers/1/action", Answer({"output": "login:"}))
    api = clouds.api(clouds.scopes[0])
    api.has("compute")
    connection = api.connection()
    version = {"id": "v2.1", "version": "2.90", "min_version": "2.1", "status": "CURRENT"}
    link = {"rel": "self", "href": f"{stage.url}/compute/v2.1/"}
    stage.on("GET", "/compute/v2.1", Answer({"version": {**version, "links": [link]}}))
    assert connection.compute.get_server_console_output("1", length=5) == {"output": "login:"}
    sent = len(stage.seen)
    attempts: list[Any] = [
        lambda: connection.compute.create_server(name="x", image_id="i", flavor_id="f", networks="none"),
        lambda: connection.compute.delete_server("1"),
        lambda: connection.compute.stop_server("1"),
        lambda: connection.compute.put("/servers/1", json={"server": {"name": "y"}}),
        lambda: connection.session.patch(f"{stage.url}/compute/v2.1/servers/1", json={}),
        lambda: connection.session.session.delete(f"{stage.url}/compute/v2.1/servers/1"),
        lambda: connection.session.session.request("post", f"{stage.url}/compute/v2.1/servers", json={}),
        lambda: connection.session.post(
            f"{stage.url}/compute/v2.1/servers/1/action", json={"os-getConsoleOutput": {}, "delete": None}
        ),
    ]
    for attempt in attempts:
        assert trouble(attempt).cause is Cause.READ_ONLY
    assert {seen.method for seen in stage.seen[sent:]} <= {"GET"}


def test_a_changing_request_is_never_sent_twice(stage: Stage, load: Loader) -> None:
    clouds = load({"a": stage.entry()})
    api = clouds.api(clouds.scopes[0])
    connection = api.connection()
    api.has("compute")
    stage.on("POST", "/compute/v2.1/servers", Answer(drop=True))
    with pytest.raises(Exception, match="Unable to establish connection"):
        connection.session.post(f"{stage.url}/compute/v2.1/servers", json={"server": {}})
    assert stage.count("POST", "/compute/v2.1/servers") == 1


def test_cookies_are_neither_kept_nor_sent(stage: Stage, api: Api) -> None:
    stage.on("GET", DETAIL, Answer({"servers": []}, headers={"Set-Cookie": "who=me; Path=/"}))
    api.page(SERVERS, Row)
    api.page(SERVERS, Row)
    assert "cookie" not in stage.seen[-1].headers


def test_the_demo_cloud_lists_what_it_has(demo: DemoCloud, load: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(demo.clouds_file))
    clouds = load()
    for scope in clouds.scopes:
        api = clouds.api(scope)
        rows, params = [], ()
        while True:
            page = api.page(SERVERS, Row, (("limit", "10"), *params))
            rows += page.rows
            assert not page.odd
            if page.next is None:
                break
            params = page.next
        assert rows == api.page(SERVERS, Row).rows
        assert len({row.id for row in rows}) == len(rows) > 10
        assert api.microversions("compute")[0] == "2.1"
        whole = api.item(SERVERS, rows[0].id)
        assert whole["id"] == rows[0].id
        assert "OS-EXT-STS:vm_state" in whole
