"""Signing in from the side pane: one key on a cloud that asks opens its dialog, also where entries share a scope."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.waiting import wait_for
from tui.config.options import Options
from tui.demo.process import DemoCloud
from tui.ui.app import StackdeckApp
from tui.ui.sign_in import SignInDialog


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
    lab = yaml.safe_load(demo.clouds_file.read_text())["clouds"]["lab"]
    entries = {
        "stale": {**lab, "auth": {**lab["auth"], "password": "changed long ago"}},
        "mine": {**lab, "auth": {key: value for key, value in lab["auth"].items() if key != "password"}},
    }
    file = tmp_path / "clouds.yaml"
    file.write_text(yaml.safe_dump({"clouds": entries}, sort_keys=False))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))


async def test_enter_on_a_cloud_that_asks_opens_its_dialog_though_another_entry_was_refused() -> None:
    app = StackdeckApp(Options())
    async with app.run_test(size=(120, 40)) as pilot:
        await wait_for(lambda: app.screen is app.browse and app.browse.browsing.asks_for() == "mine", "it asks")
        await wait_for(lambda: not app.browse.browsing.asking(), "all have answered")
        assert not isinstance(app.screen, SignInDialog)
        await pilot.press("tab", "down", "enter")
        await wait_for(lambda: isinstance(app.screen, SignInDialog) and app.screen.listening, "the dialog")
        await pilot.press(*"demo", "enter")
        await wait_for(lambda: len(app.browse.browsing.rows) > 10, "the servers")
        assert app.browse.browsing.look.places == {("stale", "")}
