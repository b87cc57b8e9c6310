"""The demo's servers answer SSH, with the keys that their console logs tell; its bastion leads to them alone."""

from __future__ import annotations

import asyncio
import socket
import stat
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.demo.conftest import Raw
from tests.waiting import wait_for, wait_until
from tui.demo.process import DemoCloud
from tui.demo.ssh_shell import Guest, Shell

Connection = asyncssh.SSHClientConnection
ODD = {"wrong-key": "api-gateway-06", "no-block": "etl-runner-03", "block-twice": "frontend-16"}


class Stage:
    """A demo cloud with its guests, and a client of theirs."""

    def __init__(self, demo: DemoCloud) -> None:
        self.demo = demo
        self.settings = tomllib.loads(demo.settings_file.read_text())
        self.port = int(self.settings["clouds"]["prod-eu"]["ssh_port"])
        self.key = self.settings["clouds"]["prod-eu"]["ssh_key"]
        self.jump = self.settings["clouds"]["prod-us"]["regions"]["iad1"]["ssh_jump"]
        self.clouds: dict[str, Raw] = {}

    def raw(self, cloud: str = "prod-eu", region: str = "fra1") -> Raw:
        return self.clouds.setdefault(f"{cloud} {region}", Raw(self.demo, cloud, region))

    def server(self, name: str, cloud: str = "prod-eu", region: str = "fra1") -> dict[str, Any]:
        """A server by its name."""
        return next(row for row in self.raw(cloud, region).servers(name=name, all_tenants=1) if row["name"] == name)

    def address(self, name: str, kind: str = "floating", cloud: str = "prod-eu", region: str = "fra1") -> str:
        """A server's first address of a kind."""
        nets = self.server(name, cloud, region)["addresses"].values()
        return next(
            one["addr"] for net in nets for one in net if one["OS-EXT-IPS:type"] == kind and one["version"] == 4
        )

    def act(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Something done to a server of the first region."""
        raw, ident = self.raw(), self.server(name)["id"]
        answer = raw.session.post(f"{raw.base}/compute/v2.1/servers/{ident}/action", json=body, timeout=60)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else {}

    def told(self, name: str) -> list[list[str]]:
        """The key blocks in a server's console log: algorithm and key of each line."""
        blocks: list[list[str]] = []
        inside = False
        for line in self.act(name, {"os-getConsoleOutput": {}})["output"].splitlines():
            if line.startswith("-----BEGIN SSH HOST KEY KEYS-----"):
                blocks.append([])
                inside = True
            elif line.startswith("-----END SSH HOST KEY KEYS-----"):
                inside = False
            elif inside:
                blocks[-1].append(" ".join(line.split()[:2]))
        return blocks

    async def connect(self, host: str, user: str = "ubuntu", port: int = 0, key: str = "") -> Connection:
        """Connect, believing the host key that is there: which one that is, is another test's matter."""
        port = port or self.port
        known = asyncssh.import_known_hosts(f"[{host}]:{port} {await shown(host, port)}\n")
        return await asyncssh.connect(
            host,
            port,
            username=user,
            client_keys=[key or self.key],
            known_hosts=known,
            config=None,
            agent_path=None,
            server_host_key_algs=["ssh-ed25519"],
        )

    async def run(self, host: str, command: str, user: str = "ubuntu") -> asyncssh.SSHCompletedProcess:
        """Run a command there."""
        async with await self.connect(host, user) as connection:
            return await connection.run(command, encoding="utf-8")

    async def through(self, host: str, port: int, region: str) -> Connection:
        """Connect to the user `core` through the bastion, believing the key that the log tells."""
        bastion = await self.connect(self.jump["host"], region)
        key = await asyncssh.get_server_host_key(host, port, tunnel=bastion, config=None)
        assert key is not None
        known = ([key], [], [], [], [], [], [])
        return await asyncssh.connect(
            host, port, tunnel=bastion, username="core", client_keys=[self.key], known_hosts=known, config=None,
            agent_path=None,
        )  # fmt: skip


async def shown(host: str, port: int, kind: str = "ssh-ed25519") -> str:
    """The host key of a kind that a guest shows."""
    key = await asyncssh.get_server_host_key(host, port, server_host_key_algs=[kind], config=None)
    assert key is not None
    return " ".join(key.export_public_key("openssh").decode().split()[:2])


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with DemoCloud.start("--still") as demo:
        found = Stage(demo)
        for cloud, region in (("prod-eu", "fra1"), ("prod-us", "iad1")):
            found.raw(cloud, region).servers()
        wait_until(lambda: open_at(found.address("frontend-21"), found.port), "the guests listen")
        yield found


def open_at(host: str, port: int) -> bool:
    """Does something take connections there?"""
    try:
        socket.create_connection((host, port), 5).close()
    except OSError:
        return False
    return True


async def test_a_guest_shows_the_keys_that_its_console_log_tells(stage: Stage) -> None:
    host = stage.address("frontend-21")
    (told,) = stage.told("frontend-21")
    for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256"):
        assert await shown(host, stage.port, kind) in told


async def test_some_guests_are_odd_and_say_so(stage: Stage) -> None:
    for word, name in ODD.items():
        assert stage.server(name)["metadata"]["demo_ssh"] == word
    (told,) = stage.told("api-gateway-06")
    assert await shown(stage.address("api-gateway-06"), stage.port) not in told
    assert stage.told("etl-runner-03") == []
    first, second = stage.told("frontend-16")
    assert not set(first) & set(second)
    assert await shown(stage.address("frontend-16"), stage.port) in first


async def test_a_guest_answers_from_its_servers_record_with_exit_codes(stage: Stage) -> None:
    host = stage.address("frontend-21")
    done = await stage.run(host, "hostname; uname -r && cat /etc/os-release; false || echo $?; exit 7")
    assert done.exit_status == 7
    assert isinstance(done.stdout, str)
    assert done.stdout.startswith("frontend-21\n6.8.0-7")
    assert 'VERSION_ID="24.04"' in done.stdout
    assert done.stdout.endswith("\n1\n")
    missing = await stage.run(host, "rm -rf /")
    assert (missing.exit_status, missing.stderr) == (127, "bash: rm: command not found\n")


async def test_a_shell_talks_and_ctrl_c_ends_what_never_ends(stage: Stage) -> None:
    async with await stage.connect(stage.address("frontend-21")) as connection:
        shell = await connection.create_process(term_type="xterm", term_size=(80, 24), encoding="utf-8")
        await shell.stdout.readuntil("$ ")
        shell.stdin.write("sleep 3600\n")
        await shell.stdout.readuntil("\n")
        shell.change_terminal_size(100, 30)
        shell.stdin.write("\x03")
        await shell.stdout.readuntil("$ ")
        shell.stdin.write("yes no\n")
        await shell.stdout.readuntil("no\r\nno\r\n")
        shell.stdin.write("\x03")
        rest = ""
        while "^C" not in rest:
            rest = rest[-2:] + await shell.stdout.read(4096)
        shell.stdin.write("whoami\nexit 3\n")
        done = await shell.wait()
    assert isinstance(done.stdout, str)
    assert "\nubuntu\r\n" in done.stdout
    assert done.exit_status == 3


@pytest.mark.parametrize("user", ["root", "debian"])
async def test_another_user_is_not_let_in(stage: Stage, user: str) -> None:
    with pytest.raises(asyncssh.PermissionDenied):
        await stage.connect(stage.address("frontend-21"), user)


async def test_another_key_is_not_let_in(stage: Stage, tmp_path: Path) -> None:
    key = tmp_path / "key"
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(str(key))
    with pytest.raises(asyncssh.PermissionDenied):
        await stage.connect(stage.address("frontend-21"), key=str(key))


async def test_the_bastion_leads_to_the_demos_addresses_alone(stage: Stage) -> None:
    fixed = stage.address("k8s-worker-37", "fixed", "prod-us", "iad1")
    floating = stage.address("k8s-worker-37", "floating", "prod-us", "iad1")
    for host, port in ((fixed, 22), (fixed, stage.port), (floating, stage.port)):
        async with await stage.through(host, port, "iad1") as connection:
            done = await connection.run("hostname -I", encoding="utf-8")
            assert done.stdout == f"{fixed}\n"
    bastion = await stage.connect(stage.jump["host"], "iad1")
    async with bastion:
        for host, port in (("127.0.0.1", 22), ("192.0.2.1", stage.port), ("localhost", stage.port)):
            with pytest.raises(asyncssh.ChannelOpenError) as refused:
                await bastion.open_connection(host, port)
            assert refused.value.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED
        with pytest.raises(asyncssh.ChannelOpenError) as closed:
            await bastion.open_connection(fixed, 80)
        assert closed.value.code == asyncssh.OPEN_CONNECT_FAILED
        url = stage.demo.url.removeprefix("http://").partition(":")
        reader, writer = await bastion.open_connection(url[0], int(url[2]))
        writer.write(b"GET /prod-us/identity/v3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert (await bastion.run("hostname", encoding="utf-8")).exit_status == 1
        with pytest.raises(asyncssh.ChannelOpenError):
            await bastion.start_sftp_client()


async def test_a_server_that_stops_hangs_up_and_refuses_and_one_that_starts_answers_again(stage: Stage) -> None:
    host = stage.address("grafana-03")
    connection = await stage.connect(host, "debian")
    stage.act("grafana-03", {"os-stop": None})
    await asyncio.wait_for(connection.wait_closed(), 30)
    await wait_for(lambda: not open_at(host, stage.port), "it refuses", 30)
    await wait_for(lambda: stage.server("grafana-03")["status"] == "SHUTOFF", "it is off")
    stage.act("grafana-03", {"os-start": None})
    await wait_for(lambda: open_at(host, stage.port), "it answers again", 40)


async def test_a_rebuilt_server_has_other_keys(stage: Stage) -> None:
    (before,) = stage.told("image-proxy-09")
    stage.act("image-proxy-09", {"rebuild": {"imageRef": stage.server("image-proxy-09")["image"]["id"]}})
    host = stage.address("image-proxy-09")

    def rebuilt() -> bool:
        return stage.server("image-proxy-09")["status"] == "ACTIVE" and stage.told("image-proxy-09") not in (
            [],
            [before],
        )

    await wait_for(rebuilt, "it is rebuilt, and its log tells keys", 40)
    await wait_for(lambda: open_at(host, stage.port), "it answers", 30)
    assert await shown(host, stage.port) in stage.told("image-proxy-09")[0]


async def test_a_floating_ip_that_moves_leads_to_the_other_server(stage: Stage) -> None:
    raw = stage.raw()
    host = stage.address("k8s-control-08")
    before = await shown(host, stage.port)
    floating = raw.get("network/v2.0/floatingips", floating_ip_address=host).json()["floatingips"][0]
    other = next(row for row in raw.servers() if row["status"] == "ACTIVE" and row["name"].startswith("redis-cache"))
    port = raw.get("network/v2.0/ports", device_id=other["id"]).json()["ports"][0]["id"]
    url = f"{raw.base}/network/v2.0/floatingips/{floating['id']}"
    assert raw.session.put(url, json={"floatingip": {"port_id": port}}, timeout=60).status_code == 200
    (told,) = stage.told(other["name"])

    async def moved() -> bool:
        return open_at(host, stage.port) and await shown(host, stage.port) in told

    assert before not in told
    await wait_for(moved, "the address leads to the other server", 20)


async def test_a_silent_guest_takes_connections_and_says_nothing(stage: Stage) -> None:
    server = stage.server("kafka-01")
    raw = stage.raw()
    url = f"{raw.base}/compute/v2.1/servers/{server['id']}/metadata"
    assert raw.session.post(url, json={"metadata": {"demo_ssh": "silent"}}, timeout=60).status_code == 200
    with socket.create_connection((stage.address("kafka-01"), stage.port), 5) as connection:
        connection.settimeout(0.5)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_two_demo_clouds_have_guests_side_by_side_and_each_takes_its_files_away() -> None:
    with DemoCloud.start("--still") as one, DemoCloud.start("--still") as two:
        ports = {Stage(one).port, Stage(two).port}
        assert len(ports) == 2
        files = [path for demo in (one, two) for path in demo.settings_file.parent.iterdir()]
        assert {path.name for path in files} >= {"settings.toml", "id_ed25519", "known_hosts", "clouds.yaml"}
        loose = [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077 and path.name != "log"]
        assert loose == []
        assert not stat.S_IMODE(one.settings_file.parent.stat().st_mode) & 0o077
    assert not any(path.exists() for path in files)
    assert not one.settings_file.parent.exists()


def test_asyncssh_is_not_loaded_before_somebody_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")
    with DemoCloud.start("--still") as demo:
        stage = Stage(demo)
        stage.raw().servers()
        host = stage.address("frontend-21")
        wait_until(lambda: open_at(host, stage.port), "the guest listens", 20)
        log = demo.settings_file.parent / "log"
        wait_until(lambda: " asyncssh\n" in log.read_text(), "asyncssh is loaded for the visitor", 20)
    with DemoCloud.start("--still") as demo:
        Raw(demo).servers()
        said = (demo.settings_file.parent / "log").read_text()
        assert " tui.demo.ssh_guests" in said
        assert "asyncssh" not in said


JUNK = [b"", b"\x00" * 4096, b"GET / HTTP/1.0\r\n\r\n", b"SSH-2.0-x\r\n" + b"\xff" * 2000, b"SSH-1.5-old\r\n"]


async def test_junk_and_hanging_up_leave_guests_and_api_answering(stage: Stage) -> None:
    host = stage.address("frontend-21")
    for _ in range(5):
        for junk in JUNK:
            with socket.create_connection((host, stage.port), 5) as visitor:
                visitor.sendall(junk)
    assert (await stage.run(host, "hostname")).stdout == "frontend-21\n"
    assert stage.raw().get("compute/v2.1/servers").status_code == 200


GUEST = Guest("web-1", "ubuntu", "ubuntu", "24.04", "6.8.0", 2, 2048, 20, 0.0, "10.0.0.1")


@given(st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: "yes" not in text and "sleep" not in text))
def test_whatever_is_typed_is_answered_with_a_code(line: str) -> None:
    said: list[str] = []

    async def write(text: str, bad: bool) -> None:
        said.append(text)

    code = asyncio.run(Shell(GUEST, write).run(line))
    assert 0 <= code <= 255
