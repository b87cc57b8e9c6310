"""Clouds behind jump hosts: all their traffic goes through, nothing past it; TLS, tokens, places stay what they are."""

from __future__ import annotations

import os
import ssl
import time
from pathlib import Path
from typing import Any

import pytest

from tests.http.conftest import Loader
from tests.http.stage import Answer, Seen, Stage
from tests.sshd import Sshd, Start
from tests.tunnelled import Bastion, Watched, certificate
from tests.waiting import wait_until
from tui.cloud import Clouds, act
from tui.cloud.doctor import Check, check
from tui.cloud.reading import RACE, kept
from tui.config.settings import CloudSettings, RegionSettings, Settings, Ssh, Timeouts
from tui.live.tunnels import Tunnels
from tui.model.read import Read
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.model.tunnel import Phase
from tui.resources.registry import KINDS

pytestmark = pytest.mark.usefixtures("ssh_home")

SERVERS: Read = KINDS["server"].read
TIMES = Timeouts(connect=5.0, list=20.0, other=20.0)


def servers(clouds: Clouds, index: int = 0) -> int:
    """List the servers of a scope; return how many there are."""
    kind = KINDS["server"]
    return len(clouds.api(clouds.scopes[index]).page(kind.read, kind.row).rows)


def trouble(clouds: Clouds, index: int = 0) -> Trouble:
    """Fail to list; return why."""
    with pytest.raises(TroubleError) as caught:
        servers(clouds, index)
    return caught.value.trouble


def logins(server: Sshd) -> int:
    """How many connections it let in."""
    return server.log.count("Accepted publickey")


@pytest.fixture
def listed(stage: Stage) -> Stage:
    """A stage with one server."""
    stage.servers({"id": "s1", "name": "web", "status": "ACTIVE"})
    return stage


# -- what goes through -----------------------------------------------------------------------------------------------


def test_everything_of_a_cloud_goes_through_and_nothing_past_it(
    bastion: Sshd, listed: Stage, load: Loader, tunnels: Tunnels, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    listed.url = listed.url.replace("127.0.0.1", "localhost")
    listed.on("POST", "/compute/v2.1/servers/s1/action", Answer({}, 202))
    clouds = load({"a": listed.entry(ssh_tunnel="bastion")}, dial=tunnels.dial)
    with Watched() as watched:
        assert servers(clouds) == 1
        done = act(clouds.api(clouds.scopes[0]), lambda sdk: sdk.compute.start_server("s1"))
    assert (done.trouble, done.accepted) == (None, True)
    assert listed.sign_ins == 1
    assert set(watched.connects) == {("127.0.0.1", bastion.port)}
    assert "localhost" not in watched.lookups, "names are looked up at the far end"
    assert logins(bastion) == 1


def test_no_port_is_opened_for_it(bastion: Sshd, listed: Stage, load: Loader, tunnels: Tunnels) -> None:
    if not Path("/proc/self/net/tcp").exists():
        pytest.skip("there is no /proc here")
    clouds = load({"a": listed.entry(ssh_tunnel="bastion")}, dial=tunnels.dial)
    before = _listening()
    assert servers(clouds) == 1
    assert tunnels.standings[0].phase is Phase.UP
    assert _listening() == before


def _listening() -> set[str]:
    """Inodes of this process's listening sockets."""
    found = set()
    for table in ("tcp", "tcp6"):
        lines = (
            Path(f"/proc/self/net/{table}").read_text().splitlines()[1:]
            if Path(f"/proc/self/net/{table}").exists()
            else []
        )
        found |= {parts[9] for line in lines if (parts := line.split())[3] == "0A"}
    mine = set()
    for name in os.listdir("/proc/self/fd"):
        link = Path(f"/proc/self/fd/{name}")
        mine |= (
            {str(link.readlink())[8:-1]} if link.is_symlink() and str(link.readlink()).startswith("socket:") else set()
        )
    return found & mine


def test_names_that_only_the_far_end_knows(inside: Bastion, listed: Stage, load: Loader) -> None:
    listed.url = listed.url.replace("127.0.0.1", "api.inside")
    tunnels = Tunnels(Ssh(known_hosts=str(inside.known_hosts)))
    said = {"host": inside.hop.host, "port": inside.hop.port, "user": "me"}
    clouds = load({"a": listed.entry(ssh_tunnel=said)}, dial=tunnels.dial)
    assert servers(clouds) == 1
    assert set(inside.asked) == {"api.inside"}
    gone = load({"a": listed.entry(ssh_tunnel=said, auth_auth_url="http://api.elsewhere:80/v3")}, dial=tunnels.dial)
    found = trouble(gone)
    assert (found.cause, found.short) == (Cause.NETWORK, "DNS there")
    assert (inside.hop.label in found.title, found.said) == (True, "Name or service not known")
    tunnels.close()


def test_tls_is_end_to_end_and_checked_as_ever(inside: Bastion, listed: Stage, load: Loader, tmp_path: Path) -> None:
    pem = certificate(tmp_path, "api.inside")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    listed._server.socket = context.wrap_socket(listed._server.socket, server_side=True)
    port = listed._server.server_port
    said = {"host": inside.hop.host, "port": str(inside.hop.port), "user": "me"}

    def cloud(host: str, **more: Any) -> Clouds:
        listed.url = f"https://{host}:{port}"
        return load({"a": listed.entry(ssh_tunnel=said, **more)}, dial=tunnels.dial, token_cache=False)

    tunnels = Tunnels(Ssh(known_hosts=str(inside.known_hosts)))
    assert servers(cloud("api.inside", cacert=str(pem))) == 1
    wrong = trouble(cloud("other.inside", cacert=str(pem)))
    assert (wrong.cause, "other.inside" in wrong.title or "name" in wrong.title.lower()) == (Cause.TLS, True)
    unsigned = trouble(cloud("api.inside"))
    assert (unsigned.cause, unsigned.short) == (Cause.TLS, "TLS")
    steps: list[Check] = []
    clouds = cloud("other.inside", cacert=str(pem))
    check(clouds, clouds.scopes[0], steps.append)
    assert [step.ok for step in steps if step.name in {"tunnel", "TCP", "TLS"}] == [True, True, False]
    tunnels.close()


# -- where it is said ------------------------------------------------------------------------------------------------


def test_several_clouds_share_one_connection(bastion: Sshd, listed: Stage, load: Loader, tunnels: Tunnels) -> None:
    entries = {name: listed.entry(ssh_tunnel="bastion", auth_project_name=name) for name in ("a", "b")}
    listed.projects = [{"id": name, "name": name, "domain_id": "default", "enabled": True} for name in ("a", "b", "c")]
    entries["c"] = listed.entry(auth_project_name="c")
    settings = Settings(timeouts=TIMES, clouds={"c": CloudSettings(ssh_tunnel="bastion")})
    clouds = load(entries, dial=tunnels.dial, settings=settings)
    assert [servers(clouds, index) for index in range(3)] == [1, 1, 1]
    assert logins(bastion) == 1
    assert [entry.tunnels for entry in clouds.entries] == [clouds.entries[0].tunnels] * 3
    assert (tunnels.standings[0].connects, tunnels.standings[0].label) == (1, "bastion")


def test_a_region_says_its_own(bastion: Sshd, listed: Stage, load: Loader, tunnels: Tunnels) -> None:
    listed.regions = ["r1", "r2"]
    entry = listed.entry(ssh_tunnel="nosuch.invalid", region_name=None)
    entry["regions"] = ["r1", {"name": "r2", "values": {"ssh_tunnel": "bastion"}}]
    clouds = load({"a": entry}, dial=tunnels.dial)
    assert [scope.place.via for scope in clouds.scopes] == ["nosuch.invalid", "bastion"]
    assert trouble(clouds, 0).short == "DNS"
    assert servers(clouds, 1) == 1
    regions = {"r1": RegionSettings(ssh_tunnel="bastion")}
    settings = Settings(timeouts=TIMES, clouds={"a": CloudSettings(regions=regions)})
    clouds = load({"a": entry}, dial=tunnels.dial, settings=settings)
    assert servers(clouds, 0) == 1, "the settings' word counts more"
    assert logins(bastion) == 1


def test_the_environments_cloud(
    bastion: Sshd, listed: Stage, load: Loader, tunnels: Tunnels, monkeypatch: pytest.MonkeyPatch
) -> None:
    auth = listed.entry()["auth"]
    for name, value in {**auth, "ssh_tunnel": "bastion", "region_name": "r1"}.items():
        monkeypatch.setenv(f"OS_{name.upper()}", value)
    clouds = load(dial=tunnels.dial, only=["envvars"])
    assert (servers(clouds), clouds.scopes[0].place.via) == (1, "bastion")


def test_the_same_address_behind_others_is_another_cloud(
    bastion: Sshd, listed: Stage, load: Loader, tunnels: Tunnels
) -> None:
    clouds = load({"far": listed.entry(ssh_tunnel="bastion"), "near": listed.entry()}, dial=tunnels.dial)
    assert [servers(clouds, index) for index in range(2)] == [1, 1]
    assert listed.sign_ins == 2, "a token is not taken to where it was not made"
    clouds.merge_same()
    assert len(clouds.scopes) == 2
    origins = {clouds.api(scope).origin("compute") for scope in clouds.scopes}
    assert len(origins) == 2
    again = load({"far": listed.entry(ssh_tunnel="bastion"), "near": listed.entry()}, dial=tunnels.dial)
    assert [servers(again, index) for index in range(2)] == [1, 1]
    assert listed.sign_ins == 2, "each has its own kept token"


def test_a_kept_configuration_keeps_its_tunnel(bastion: Sshd, listed: Stage, load: Loader, tunnels: Tunnels) -> None:
    entry = listed.entry(ssh_tunnel=["bastion"])
    load({"a": entry}, dial=tunnels.dial)
    file = Path(os.environ["OS_CLIENT_CONFIG_FILE"])
    # What was written a moment before it is read is not kept: it may have been written again unnoticed.
    wait_until(lambda: time.time() - file.stat().st_ctime > 2 * RACE, "the file is older", 20)
    first = load(dial=tunnels.dial)
    assert servers(first) == 1
    first.keep()
    known = kept()
    assert known is not None
    assert known.entries["a"].regions["r1"].config["ssh_tunnel"] == ["bastion"]
    second = load(dial=tunnels.dial)
    assert (second.scopes[0].place.via, second.scopes[0].key) == ("bastion", first.scopes[0].key)
    with Watched() as watched:
        assert servers(second) == 1
    assert ("127.0.0.1", listed._server.server_port) not in watched.connects


@pytest.mark.parametrize("said", ["-oProxyCommand=x", "a:0", {"hots": "a"}, {"host": "a b"}, [["a", 3]], {"port": 1}])
def test_what_names_no_host_is_told_by_file_and_line(
    said: object, listed: Stage, load: Loader, tunnels: Tunnels
) -> None:
    clouds = load({"good": listed.entry(), "a": listed.entry(ssh_tunnel=said)}, dial=tunnels.dial)
    found = clouds.entry("a").trouble
    assert found is not None
    assert (found.cause, "ssh_tunnel" in found.title, "line" in found.source) == (Cause.CONFIG, True, True)
    assert servers(clouds) == 1
    assert listed.seen


def test_without_anything_to_open_it_nothing_goes_straight_instead(listed: Stage, load: Loader) -> None:
    clouds = load({"a": listed.entry(ssh_tunnel="bastion")})
    found = clouds.entry("a").trouble
    assert found is not None
    assert (found.cause, clouds.scopes, listed.seen) == (Cause.CONFIG, (), [])


# -- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_bastion_that_forbids_forwarding(
    sshd: Start, ssh_home: Path, listed: Stage, load: Loader, tunnels: Tunnels
) -> None:
    server = sshd("AllowTcpForwarding no")
    (ssh_home / "config").write_text(server.ssh_config("bastion"))
    clouds = load({"a": listed.entry(ssh_tunnel="bastion")}, dial=tunnels.dial)
    found = trouble(clouds)
    assert (found.cause, found.short, found.where) == (Cause.NETWORK, "prohibited", "a r1")
    assert found.title.startswith("Jump host bastion forbids forwarding to 127.0.0.1:")
    assert "AllowTcpForwarding" in found.hint
    assert (tunnels.standings[0].phase, listed.seen) == (Phase.UP, [])


def test_a_port_that_nobody_has_behind_it(bastion: Sshd, listed: Stage, load: Loader, tunnels: Tunnels) -> None:
    clouds = load({"a": listed.entry(ssh_tunnel="bastion", auth_auth_url="http://127.0.0.1:1/v3")}, dial=tunnels.dial)
    found = trouble(clouds)
    assert (found.cause, found.short, found.said) == (Cause.NETWORK, "refused", "Connection refused")


def test_a_bastion_that_lets_nobody_in_is_asked_once(
    bastion: Sshd, listed: Stage, load: Loader, tunnels: Tunnels
) -> None:
    right = bastion.authorized_keys.read_text()
    bastion.authorized_keys.write_text("")
    clouds = load({"a": listed.entry(ssh_tunnel="bastion")}, dial=tunnels.dial)
    for _ in range(3):
        assert trouble(clouds).cause is Cause.SIGN_IN
    wait_until(lambda: "Connection closed by authenticating user" in bastion.log, "it is in the log", 20)
    assert bastion.log.count("Failed publickey") == 1
    bastion.authorized_keys.write_text(right)
    clouds.try_again(clouds.scopes[0])
    assert servers(clouds) == 1


def test_doctor_looks_at_the_tunnel_first(bastion: Sshd, listed: Stage, load: Loader, tunnels: Tunnels) -> None:
    for path, key in (("/compute/v2.1/flavors", "flavors"), ("/image/v2/images", "images")):
        listed.on("GET", path, Answer({key: []}))
    clouds = load({"a": listed.entry(ssh_tunnel="bastion")}, dial=tunnels.dial)
    steps: list[Check] = []
    check(clouds, clouds.scopes[0], steps.append)
    assert [step.name for step in steps[:5]] == ["config", "tunnel", "TCP", "TLS", "auth"]
    assert f"through {bastion.user}@127.0.0.1:{bastion.port}" in steps[1].text
    bastion.stop()
    wait_until(lambda: tunnels.standings[0].phase is Phase.DOWN, "the tunnel is down", 20)
    steps.clear()
    assert check(clouds, clouds.scopes[0], steps.append) is False
    assert [(step.name, step.ok) for step in steps] == [("config", True), ("tunnel", False)]
    assert "Jump host bastion refuses connections" in steps[1].text


def test_a_change_is_sent_once_whatever_becomes_of_the_tunnel(
    bastion: Sshd, listed: Stage, load: Loader, tunnels: Tunnels
) -> None:
    def dies(seen: Seen) -> Answer:
        bastion.cut()
        return Answer({}, 202)

    listed.on("POST", "/compute/v2.1/servers/s1/action", dies)
    clouds = load({"a": listed.entry(ssh_tunnel="bastion")}, dial=tunnels.dial)
    assert servers(clouds) == 1
    done = act(clouds.api(clouds.scopes[0]), lambda sdk: sdk.compute.start_server("s1"))
    assert (done.unknown, done.trouble is not None) == (True, True), "it may have been done: nobody knows"
    assert listed.count("POST", "/compute/v2.1/servers/s1/action") == 1
    assert servers(clouds) == 1
    bastion.cut()
    listed.on("POST", "/compute/v2.1/servers/s1/action", Answer({}, 202))
    wait_until(lambda: tunnels.standings[0].phase is Phase.DOWN, "the tunnel is down", 20)
    done = act(clouds.api(clouds.scopes[0]), lambda sdk: sdk.compute.start_server("s1"))
    assert (done.accepted, listed.count("POST", "/compute/v2.1/servers/s1/action")) == (True, 2)


def test_a_change_that_found_no_tunnel_was_not_sent(
    bastion: Sshd, listed: Stage, load: Loader, tunnels: Tunnels
) -> None:
    clouds = load({"a": listed.entry(ssh_tunnel="bastion")}, dial=tunnels.dial)
    assert servers(clouds) == 1
    bastion.stop()
    wait_until(lambda: tunnels.standings[0].phase is Phase.DOWN, "the tunnel is down", 20)
    done = act(clouds.api(clouds.scopes[0]), lambda sdk: sdk.compute.start_server("s1"))
    assert (done.unknown, done.trouble is not None and done.trouble.short) == (False, "refused")
