"""A cloud that fails is told in a person's words: what, where, the server's own words, and what to do; others go on."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.harness import Term
from tests.terminal.trials import asked, break_it, calm, control, mend_it, open_on, place_line, settled
from tui.demo.process import DemoCloud


@pytest.fixture(scope="module")
def shared() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


@pytest.fixture
def demo(shared: DemoCloud) -> Iterator[DemoCloud]:
    """A demo cloud to break; it is mended afterwards."""
    control(shared, "DELETE", "requests")
    yield shared
    mend_it(shared)


CASES = {
    "wrong password": (
        ["bad-password:lab"],
        "lab muc1 Keystone does not accept your password",
        ["said      401 The request you have made requires authentication.", "POST http", "wrong password can lock"],
        "401",
    ),
    "no such service": (
        ["no-service:lab/muc1/compute"],
        "lab muc1 This cloud has no compute service: the catalog lists none in muc1",
        ["as        mira"],
        "no service",
    ),
    "forbidden": (
        ["forbidden:lab/muc1/compute"],
        "lab muc1 Your role may not do this in Nova (403)",
        ["said      403 Policy doesn't allow os_compute_api:servers:detail to be performed.", "GET http"],
        "403",
    ),
    "web page": (
        ["html:lab/muc1/compute"],
        "lab muc1 Nova answers with a web page instead of JSON",
        ["said      200 502 Bad Gateway [/b] nginx", "Something other than the service answers"],
        "HTML",
    ),
    "web page of a proxy": (
        ["html=1:lab/muc1/compute"],
        "lab muc1 Nova failed (502)",
        ["said      502 502 Bad Gateway [/b] nginx"],
        "502",
    ),
    "broken JSON": (
        ["truncate:lab/muc1/compute"],
        "lab muc1 Nova sends JSON that breaks off",
        ['said      200 {"servers":', "bytes of application/json"],
        "bad JSON",
    ),
    "no JSON": (
        ["invalid:lab/muc1/compute"],
        "lab muc1 Nova sends an answer that cannot be read",
        ["said      200 {'servers': ["],
        "bad JSON",
    ),
    "slow down": (
        ["slow-down=30:lab/muc1/compute"],
        "lab muc1 Nova asks us to slow down (429)",
        ["said      429 This request was rate-limited."],
        "429",
    ),
    "failing": (
        ["error:lab/muc1/compute"],
        "lab muc1 Nova failed (500)",
        ["said      500 Unexpected API Error. Please report this at"],
        "500",
    ),
    "not available": (
        ["unavailable:lab/muc1/compute"],
        "lab muc1 Nova is not available (503)",
        ["said      503 The server is currently unavailable."],
        "503",
    ),
    "dropped": (
        ["drop:lab/muc1/compute"],
        "lab muc1 Nova dropped the connection without an answer",
        ["said      ", "GET http"],
        "dropped",
    ),
    "Keystone fails": (
        ["error:lab/identity"],
        "lab muc1 Keystone failed (500)",
        ["said      500 Unexpected API Error."],
        "500",
    ),
    "Keystone is a web page": (
        ["html:lab/identity"],
        "lab muc1 Keystone answers with a web page instead of JSON",
        ["said      200 502 Bad Gateway [/b] nginx", "Something other than the service answers"],
        "HTML",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_cloud_alone_says_all_that_is_known(tmp_path: Path, demo: DemoCloud, case: str) -> None:
    faults, title, facts, short = CASES[case]
    break_it(demo, *faults)
    with open_on(tmp_path, demo, "--cloud", "lab") as term:
        term.wait_for(lambda term: f"✗ {title}" in term.text() and settled(term))
        for fact in (*facts, "ctrl+r try again", "clouds.yaml line "):
            term.wait_for(fact)
        term.wait_quiet(0.3)
        shown = term.text()
        again = case not in {"wrong password"}
        assert ("Asked again by itself at " in shown) is again
        assert short in place_line("muc1")(term)
        assert "✗ 1 failing" in term.lines()[0]
        assert ("request   req-" in shown) is (case not in {"no such service", "dropped"}), "the request id, if any"
        calm(term)


@pytest.mark.parametrize(
    "case", ["wrong password", "no such service", "forbidden", "broken JSON", "slow down", "dropped"]
)
def test_a_cloud_among_others_costs_them_nothing(tmp_path: Path, demo: DemoCloud, case: str) -> None:
    faults, title, facts, _ = CASES[case]
    break_it(demo, *faults)
    with open_on(tmp_path, demo) as term:
        term.wait_for(lambda term: title in term.text() and settled(term))
        assert re.search(rf"[✗▲] {re.escape(title)}", term.text())
        assert "4 live ≤" in term.lines()[0]
        term.wait_for(lambda term: "✗" in place_line("lab")(term))
        term.wait_for(lambda term: place_line("prod-us")(term).split()[:2] == ["●", "prod-us"])
        term.wait_for("Servers 131 ")
        term.send("w")
        for fact in ("why places fail", *facts):
            term.wait_for(fact)
        term.send("q")
        term.wait_for("Servers 131 ")
        calm(term)


def test_a_wrong_password_is_tried_once(tmp_path: Path, demo: DemoCloud) -> None:
    # One try for each region of an entry would lock an account; prod-eu has two regions.
    break_it(demo, "bad-password:prod-eu")
    with open_on(tmp_path, demo, "--cloud", "prod-eu") as term:
        term.wait_for(lambda term: "Keystone does not accept your password" in term.text() and settled(term))
        assert asked(demo, "/prod-eu/identity/v3/auth/tokens") == 1
        term.send("\x12")
        term.wait_for(lambda _: asked(demo, "/prod-eu/identity/v3/auth/tokens") == 2)
        mend_it(demo)
        term.wait_for(settled)
        term.send("\x12")
        term.wait_for(lambda term: "Servers 72" in term.text() and "live ≤" in term.text())
        calm(term)


def test_nothing_listens_where_keystone_should(tmp_path: Path, demo: DemoCloud) -> None:
    with socket.socket() as taken:
        # Bound, not listening: nobody else can answer there meanwhile.
        taken.bind(("127.0.0.1", 0))
        text = demo.clouds_file.read_text()
        there = f"http://127.0.0.1:{taken.getsockname()[1]}"
        clouds = tmp_path / "clouds.yaml"
        clouds.write_text(text.replace(f"{demo.url}/lab", f"{there}/lab"))
        with Term(home=tmp_path, env={"OS_CLIENT_CONFIG_FILE": str(clouds)}) as term:
            term.wait_for("lab muc1 Keystone does not answer: 127.0.0.1:")
            term.wait_for(settled)
            assert "refuses connections" in term.text()
            assert "refused" in place_line("muc1")(term)
            assert "Servers 131 " in term.text()
            assert "Next try" in term.text()
            calm(term)


def test_a_name_that_dns_does_not_know(tmp_path: Path, demo: DemoCloud) -> None:
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text(demo.clouds_file.read_text().replace(f"{demo.url}/lab", "http://keystone.invalid:5000/lab"))
    with Term("--cloud", "lab", home=tmp_path, env={"OS_CLIENT_CONFIG_FILE": str(clouds)}) as term:
        term.wait_for("✗ lab muc1 The name of keystone.invalid:5000 is not known (DNS)")
        assert "POST http://keystone.invalid:5000/lab/identity/v3/auth/tokens" in term.text()
        calm(term)


def test_a_certificate_that_does_not_verify(tmp_path: Path) -> None:
    with DemoCloud.start("--still", "--seed", "1", "--tls") as demo:
        clouds = tmp_path / "clouds.yaml"
        text = demo.clouds_file.read_text()
        head, mark, lab = text.partition("  lab:\n")
        clouds.write_text(head.replace("    identity_api_version", "    verify: false\n    identity_api_version")
                          + mark + lab)  # fmt: skip
        with Term(home=tmp_path, env={"OS_CLIENT_CONFIG_FILE": str(clouds)}) as term:
            term.wait_for("lab muc1 The certificate of Keystone does not verify: self")
            term.wait_for(lambda term: settled(term) and "Servers 131 " in term.text())
            assert "TLS" in place_line("muc1")(term)
            assert "InsecureRequestWarning" not in term.output()
            calm(term)
        with Term("--cloud", "lab", home=tmp_path, env={"OS_CLIENT_CONFIG_FILE": str(clouds)}) as term:
            term.wait_for("Give cacert: in clouds.yaml")
            calm(term)


def test_every_cloud_fails_and_all_reasons_can_be_read(tmp_path: Path, demo: DemoCloud) -> None:
    break_it(demo, "bad-password:lab", "error:prod-eu/identity", "forbidden:/compute/servers")
    with open_on(tmp_path, demo) as term:
        term.wait_for(lambda term: "✗ 5 failing" in term.text() and settled(term))
        for place, short in (("muc1", "401"), ("fra1", "500"), ("ams1", "500"), ("iad1", "403"), ("sjc2", "403")):
            assert short in place_line(place)(term)
        term.send(":region lab/muc1\r")
        term.wait_for("✗ lab muc1 Keystone does not accept your password")
        term.send(":region prod-us/sjc2\r")
        term.wait_for("✗ prod-us sjc2 Your role may not do this in Nova (403)")
        term.wait_for("The other clouds go on as before.")
        calm(term)


@pytest.mark.parametrize("view", ["images", "flavors", "networks"])
def test_other_kinds_fail_alike(tmp_path: Path, demo: DemoCloud, view: str) -> None:
    service = {"images": "image", "flavors": "compute", "networks": "network"}[view]
    name = {"images": "Glance", "flavors": "Nova", "networks": "Neutron"}[view]
    break_it(demo, f"forbidden:lab/muc1/{service}", f"html:prod-us/iad1/{service}")
    with open_on(tmp_path, demo, "--view", view) as term:
        term.wait_for(lambda term: "✗ 2 failing" in term.text() and settled(term))
        assert "3 live" in term.lines()[0]
        term.send(":region lab/muc1\r")
        term.wait_for(f"✗ lab muc1 Your role may not do this in {name} (403)")
        term.send(":region prod-us/iad1\r")
        term.wait_for(f"✗ prod-us iad1 {name} answers with a web page instead of JSON")
        calm(term)


BROKEN_ENTRIES = {
    "hello": "it is no mapping of settings: hello",
    "": "it is empty",
    "{auth: [{password: hunter2}]}": "auth is no mapping of settings",
    "{regions: r1}": "regions is no list (write region_name for a single one): r1",
    "{regions: [{name: r1, values: 3}]}": "region 1 of its list is neither a name nor a name with values",
    "{auth: {username: u, password: p}}": "auth_url",
    "{auth_type: v9magic, auth: {auth_url: 'http://127.0.0.1:9/v3'}}": "The plugin v9magic could not be found",
    "{auth: {auth_url: 'not a url', username: u, password: p}}": "auth_url is no http address: not a url",
    "{auth: {auth_url: 'http://127.0.0.1:9/v3', username: u}, api_timeout: soon}": "api_timeout is no number",
}


@pytest.mark.parametrize("entry", BROKEN_ENTRIES)
def test_a_broken_entry_is_shown_broken_and_the_others_work(tmp_path: Path, demo: DemoCloud, entry: str) -> None:
    clouds = tmp_path / "clouds.yaml"
    clouds.write_text(demo.clouds_file.read_text() + f"  broken: {entry}\n")
    line = len(clouds.read_text().splitlines())
    env = {"OS_CLIENT_CONFIG_FILE": str(clouds)}
    with Term(home=tmp_path, env=env, columns=160) as term:
        term.wait_for(lambda term: "Servers 150 " in term.text() and "✗ 1 place failing" in term.text())
        assert "✗" in place_line("broken")(term)
        term.wait_for("✗ broken The entry cannot be used: ")
        term.send(":cloud broken\r")
        term.wait_for(f"clouds.yaml line {line}")
        assert BROKEN_ENTRIES[entry] in " ".join(term.text().split())
        assert "object has no attribute" not in term.text()
        assert "hunter2" not in term.output()
        calm(term)
