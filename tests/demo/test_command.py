"""The `openstack` command against the demo clouds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tui.demo.process import DemoCloud


class Command:
    """Runs the `openstack` command on one cloud."""

    def __init__(self, demo: DemoCloud, home: Path) -> None:
        self.program = Path(sys.executable).with_name("openstack")
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "OS_CLIENT_CONFIG_FILE": str(demo.clouds_file),
            "PYTHONWARNINGS": "ignore",
        }

    def run(self, cloud: str, *args: str) -> str:
        """Its output; it must go well."""
        command = [str(self.program), "--os-cloud", cloud, *args]
        done = subprocess.run(command, capture_output=True, text=True, env=self.env, timeout=200, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def json(self, cloud: str, *args: str) -> Any:
        """Its output as data."""
        return json.loads(self.run(cloud, *args, "-f", "json"))


@pytest.fixture(scope="module")
def command(demo: DemoCloud, home: Path) -> Command:
    return Command(demo, home)


def test_server_list(command: Command) -> None:
    rows = command.json("lab", "server", "list")
    assert "batch-render-02" in {row["Name"] for row in rows}
    everything = command.json("prod-eu", "server", "list", "--all-projects", "--long")
    assert {row["Status"] for row in everything} >= {"ACTIVE", "ERROR", "RESCUE"}
    assert {row["Flavor"] for row in everything} > {"m5.large", "r5.2xlarge"}


def test_server_show(command: Command) -> None:
    shown = command.json("prod-eu", "server", "show", "checkout-web-07")
    assert shown["status"] == "ERROR"
    assert "Failed to allocate the network(s)" in str(shown["fault"])


def test_image_list(command: Command) -> None:
    rows = command.json("lab", "image", "list")
    assert {row["Name"]: row["Status"] for row in rows}["debian-12"] == "active"


def test_flavor_list(command: Command) -> None:
    rows = command.json("lab", "flavor", "list", "--long")
    assert "c5.2xlarge" in {row["Name"] for row in rows}


def test_network_list(command: Command) -> None:
    rows = command.json("lab", "network", "list", "--long")
    assert {row["Name"] for row in rows} == {"public", "provider-shared", "sandbox-net"}


def test_catalog_list(command: Command) -> None:
    rows = command.json("prod-us", "catalog", "list")
    assert {row["Type"] for row in rows} == {
        "identity",
        "compute",
        "image",
        "network",
        "volumev3",
        "block-storage",
        "load-balancer",
    }


def test_console_log_show(command: Command) -> None:
    log = command.run("prod-us", "--os-project-name", "ops", "console", "log", "show", "bastion", "--lines", "5")
    assert len(log.strip().splitlines()) <= 6
    assert log.strip()


def test_projects_and_quotas(command: Command) -> None:
    assert {row["Name"] for row in command.json("prod-eu", "project", "list")} >= {"web", "ops"}
    assert command.json("lab", "limits", "show", "--absolute")
    assert command.json("lab", "availability", "zone", "list")
    assert command.json("lab", "floating", "ip", "list") is not None
    assert command.json("lab", "security", "group", "list")
