"""Switching the project: each cloud by itself, and one that may not holds no other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.waiting import wait_for
from tui.config.options import Options
from tui.demo.people import CREDENTIAL_ID, CREDENTIAL_SECRET
from tui.demo.process import DemoCloud
from tui.ui.app import StackdeckApp


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, demo: DemoCloud) -> None:
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    for name in ("CONFIG", "CACHE", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    clouds = yaml.safe_load(demo.clouds_file.read_text())["clouds"]
    secret = {"application_credential_id": CREDENTIAL_ID, "application_credential_secret": CREDENTIAL_SECRET}
    bound = {
        "auth_type": "v3applicationcredential",
        "auth": {"auth_url": clouds["prod-eu"]["auth"]["auth_url"], **secret},
        "region_name": "fra1",
    }
    file = tmp_path / "clouds.yaml"
    file.write_text(yaml.safe_dump({"clouds": {"bound": bound, "prod-us": clouds["prod-us"]}}, sort_keys=False))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))


async def test_a_cloud_that_is_bound_to_its_project_says_so_and_the_others_switch() -> None:
    app = StackdeckApp(Options())
    async with app.run_test(size=(120, 40)):
        browsing = app.browse.browsing
        await wait_for(lambda: browsing.scopes and not browsing.loading(), "all lists")
        app.browse.commands.placing.place_project("ops")
        lines = app.browse.lines
        await wait_for(lambda: "bound to its project" in lines.detail.render_line(0).text, "the refusal")
        both = {"bound", "prod-us"}
        await wait_for(
            lambda: not browsing.loading() and {entry.scope.cloud for entry in browsing.rows} == both,
            "the lists of the other project",
        )
        projects = {entry.name: {scope.project for scope in entry.scopes} for entry in app.browse.session.entries}
        assert projects["prod-us"] == {"ops"}
