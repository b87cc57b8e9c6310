"""The process around the demo clouds: its start, its end, its clouds.yaml, its options."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
import yaml

from tests.demo.conftest import Raw, control
from tests.waiting import wait_until
from tui.demo.process import DemoCloud, DemoCloudError

Start = Callable[..., DemoCloud]
ROOT = Path(__file__).parents[2]

PARENT = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
from tui.demo.process import DemoCloud
cloud = DemoCloud.start("--still")
print(cloud.process.pid, cloud.clouds_file, flush=True)
signal.pause()
"""

FORKED = """
import os, signal, sys
from tui.demo.process import DemoCloud
cloud = DemoCloud.start("--still")
if os.fork() == 0:
    signal.pause()  # holds the pipe open
print(cloud.process.pid, cloud.url, flush=True)
signal.pause()
"""

THREADED = """
import signal, threading
from tui.demo.process import DemoCloud
started = []
thread = threading.Thread(target=lambda: started.append(DemoCloud.start("--still")))
thread.start()
thread.join()
print(started[0].process.pid, started[0].url, flush=True)
signal.pause()
"""


def alive(pid: int) -> bool:
    """Is there such a process, not counting one that has ended and waits to be noticed?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def parent(script: str) -> tuple[subprocess.Popen[str], int, str]:
    """A process that has started a demo cloud; its pid and URL."""
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    assert process.stdout is not None
    pid, url = process.stdout.readline().split()
    return process, int(pid), url


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_its_parent(number: signal.Signals) -> None:
    process, pid, file = parent(PARENT)
    assert alive(pid)
    process.send_signal(number)
    process.wait(60)
    wait_until(lambda: not alive(pid), "the demo cloud has ended")
    assert not Path(file).parent.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells of a parent's death")
def test_it_ends_with_its_parent_though_a_fork_holds_the_pipe() -> None:
    process, pid, _ = parent(FORKED)
    try:
        process.kill()
        process.wait(60)
        wait_until(lambda: not alive(pid), "the demo cloud has ended")
    finally:
        os.killpg(process.pid, signal.SIGKILL)


def test_it_outlives_the_thread_that_started_it() -> None:
    process, pid, url = parent(THREADED)
    try:
        assert requests.get(f"{url}/lab/identity/v3", timeout=60).status_code == 200
        assert alive(pid)
    finally:
        process.kill()
        process.wait(60)


def test_the_handle_and_the_options_load_no_http_server() -> None:
    script = (
        "import sys, argparse, tui.demo, tui.demo.process, tui.demo.__main__ as m;"
        "m.add_arguments(argparse.ArgumentParser());"
        "sys.exit(sorted({'aiohttp', 'cryptography', 'msgspec', 'openstack'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr.strip() in ("", "[]")


def test_stop_ends_it_and_removes_what_it_wrote() -> None:
    with DemoCloud.start("--still") as cloud:
        pid, file = cloud.process.pid, cloud.clouds_file
        assert file.exists()
    assert not alive(pid)
    assert not file.parent.exists()


def test_hanging_requests_do_not_keep_it(fresh: Start) -> None:
    demo = fresh("--still", "--fault", "hang:prod-eu/fra1/compute")
    raw = Raw(demo)
    with pytest.raises(requests.ReadTimeout):
        raw.session.get(f"{raw.base}/compute/v2.1/servers", timeout=0.2)
    demo.process.terminate()
    assert demo.process.wait(60) == 0


def test_clouds_file(fresh: Start, tmp_path: Path) -> None:
    path = tmp_path / "clouds.yaml"
    demo = fresh("--still", "--clouds-file", str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    clouds = yaml.safe_load(path.read_text())["clouds"]
    assert list(clouds) == ["prod-eu", "prod-us", "lab"]
    assert clouds["prod-eu"]["regions"] == ["fra1", "ams1"]
    assert clouds["lab"]["region_name"] == "muc1"
    assert clouds["lab"]["auth"]["auth_url"].startswith(demo.url)
    fresh("--still", "--clouds-file", str(path))


def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "clouds.yaml"
    path.write_text("clouds: {mine: {}}\n")
    with pytest.raises(DemoCloudError, match=r"was not written by the demo cloud"):
        DemoCloud.start("--clouds-file", str(path))
    assert path.read_text() == "clouds: {mine: {}}\n"


def test_one_line_says_where_and_sigterm_is_quiet(tmp_path: Path) -> None:
    for options in ([], ["--clouds-file", str(tmp_path / "c.yaml")]):
        process = subprocess.Popen(
            [sys.executable, "-m", "tui.demo", "--still", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        assert ("Wrote" if options else "OS_CLIENT_CONFIG_FILE=") in line
        process.send_signal(signal.SIGINT if options else signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")


def test_a_port_that_is_taken_is_said_so(demo: DemoCloud) -> None:
    with pytest.raises(DemoCloudError, match=r"cannot serve on port"):
        DemoCloud.start("--port", demo.url.rsplit(":", 1)[1])


def test_two_runs_of_one_seed_are_alike(fresh: Start) -> None:
    def fleet(*args: str) -> list[tuple[str, str, str]]:
        demo = fresh("--still", *args)
        rows = [row for r in ("fra1", "ams1") for row in Raw(demo, region=r).servers(all_tenants=1)]
        return sorted((row["id"], row["name"], str(row["addresses"])) for row in rows)

    assert fleet() == fleet()
    assert fleet() != fleet("--seed", "7")


def test_the_fleet_has_what_a_fleet_has(demo: DemoCloud) -> None:
    world = control(demo, "GET", "world")["clouds"]
    assert 200 < sum(count for cloud in world.values() for count in cloud["regions"].values()) < 900
    rows = []
    for cloud, regions in (("prod-eu", ("fra1", "ams1")), ("prod-us", ("iad1", "sjc2"))):
        for region in regions:
            rows += Raw(demo, cloud, region).servers(all_tenants=1)
    assert {row["status"] for row in rows} >= {
        "ACTIVE", "ERROR", "BUILD", "SHUTOFF", "RESCUE", "VERIFY_RESIZE", "SHELVED_OFFLOADED", "PAUSED", "SUSPENDED",
        "HARD_REBOOT", "MIGRATING",
    }  # fmt: skip
    assert any(row["locked"] for row in rows)
    assert any(row["image"] == "" for row in rows)
    names = {row["name"] for row in rows} | {row["name"] for row in Raw(demo, "lab", "muc1").servers()}
    assert {"[red]x[/]", "[/x]", "esc-\x1b[31mred\x1b[0m"} <= names


def test_it_lives_by_itself(fresh: Start) -> None:
    raw = Raw(fresh())
    before = {row["id"]: row["updated"] for row in raw.servers(all_tenants=1)}
    wait_until(
        lambda: {row["id"]: row["updated"] for row in raw.servers(all_tenants=1)} != before,
        "something happened to a server",
        40,
        0.2,
    )
