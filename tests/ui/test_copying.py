"""Copying: sent to the terminal once, shown as well, and never more than a terminal takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pure.overlay_rows import server
from tests.ui.overlay_app import OverlayApp
from tests.waiting import wait_for
from tui.resources.registry import KINDS
from tui.ui.copying import MOST, CopyBox, CopyPicker, copy_items
from tui.ui.saving import SaveText


def contents(path: Path) -> list[str]:
    return [file.read_text() for file in path.iterdir()]


def test_name_id_addresses_and_command_are_offered() -> None:
    texts = [item.key for item in copy_items(KINDS["server"], server(name="web\n;rm -rf"))]
    assert texts[:2] == ["web ;rm -rf", "2c1a9f40-8be7-4f7d-9f51-6f20f1c3aa07"]
    assert "10.0.0.3" in texts
    assert (
        "openstack --os-cloud prod-eu --os-region-name ams1 server show 2c1a9f40-8be7-4f7d-9f51-6f20f1c3aa07" in texts
    )
    assert all(text.isprintable() for text in texts)


async def test_the_picker_gives_the_text() -> None:
    app = OverlayApp()
    async with app.run_test(size=(100, 30)) as pilot:
        picker = CopyPicker("Copy", copy_items(KINDS["server"], server()))
        app.open(picker)
        await wait_for(lambda: picker.listening, "the picker listens")
        await pilot.press("down", "enter")
        assert app.results == ["2c1a9f40-8be7-4f7d-9f51-6f20f1c3aa07"]


async def test_a_text_is_sent_and_shown() -> None:
    app = OverlayApp()
    async with app.run_test(size=(100, 30)) as pilot:
        app.open(CopyBox("web-01 [x]", "name"))
        await pilot.pause()
        assert app.clipboard == "web-01 [x]"
        text = "\n".join(app.picture())
        assert "Sent to the terminal" in text
        assert "copied" not in text.lower()
        assert "web-01 [x]" in text
        await pilot.press("escape")
        assert app.results == [None]


async def test_tmux_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux,1,0")
    app = OverlayApp()
    async with app.run_test(size=(100, 30)) as pilot:
        app.open(CopyBox("x"))
        await pilot.pause()
        assert any("set -g set-clipboard on" in line for line in app.picture())


async def test_what_is_too_long_is_not_sent_but_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    app = OverlayApp()
    async with app.run_test(size=(100, 30)) as pilot:
        box = CopyBox("x" * MOST + "\nlast")
        app.open(box)
        await wait_for(lambda: box.listening, "the box listens")
        assert app.clipboard == ""
        assert any("64 KB is too long" in line for line in app.picture())
        await pilot.press("w")
        dialog = app.screen
        assert isinstance(dialog, SaveText)
        await wait_for(lambda: dialog.listening, "the dialog listens")
        await pilot.press("enter")
        await wait_for(lambda: app.screen is box, "the file is written")
        assert contents(tmp_path) == ["x" * MOST + "\nlast\n"]
