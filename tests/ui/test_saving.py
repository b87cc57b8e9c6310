"""The save dialog: a new private file, never over another one, and nothing by accident."""

from __future__ import annotations

import csv
import json
import os
import stat
from pathlib import Path

import pytest
from textual import events

from tests.pure.overlay_rows import SECRETS, server
from tests.ui.overlay_app import OverlayApp
from tests.waiting import wait_for
from tui.model.amount import epoch
from tui.resources.registry import KINDS, columns_of
from tui.ui.saving import SaveDialog, SaveText

AT = epoch("2026-11-20T14:02:00Z")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def files(path: Path) -> list[Path]:
    return list(path.iterdir())


def dialog() -> SaveDialog:
    return SaveDialog("servers", columns_of(KINDS["server"]), [server(), server(id="b", name="db-2")], AT)


async def opened(app: OverlayApp, screen: SaveDialog) -> None:
    app.open(screen)
    await wait_for(lambda: screen.listening, "the dialog listens")


async def test_enter_saves_a_private_file(tmp_path: Path) -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, dialog())
        await pilot.press("enter")
        await wait_for(lambda: app.results, "the file is written")
        (written,) = files(tmp_path)
        assert written.name.startswith("stackdeck-servers-2026112")
        assert stat.S_IMODE(written.stat().st_mode) == 0o600
        rows = list(csv.DictReader(written.open(newline="")))
        assert [row["name"] for row in rows] == ["[red]batch\x1b[31m-03", "db-2"]
        assert [each for each in SECRETS if each in written.read_text()] == []
        assert app.results == [f"✓ 2 servers saved in {written.name}, readable by you alone"]


async def test_tab_changes_the_format(tmp_path: Path) -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await opened(app, dialog())
        await pilot.press("tab", "enter")
        await wait_for(lambda: app.results, "the file is written")
        (written,) = files(tmp_path)
        assert written.suffix == ".json"
        assert len(json.loads(written.read_text())) == 2


async def test_nothing_is_overwritten_not_even_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("mine")
    os.symlink(tmp_path / "elsewhere", tmp_path / "x-2.csv")
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = dialog()
        await opened(app, screen)
        await pilot.press("ctrl+u")
        app.post_message(events.Paste("x.csv"))
        await wait_for(lambda: screen.edit.text == "x.csv", "the path is in the field")
        await pilot.press("enter")
        await wait_for(lambda: screen.edit.text == "x-3.csv", "another name is proposed")
        assert any("x.csv exists and is not overwritten" in line for line in app.picture())
        assert app.results == []
        await pilot.press("enter")
        await wait_for(lambda: app.results, "the file is written")
        assert (tmp_path / "x.csv").read_text() == "mine"
        assert not (tmp_path / "elsewhere").exists()
        assert (tmp_path / "x-3.csv").exists()


async def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = dialog()
        await opened(app, screen)
        await pilot.press("ctrl+u")
        app.post_message(events.Paste("no/such/directory/x.csv"))
        await pilot.press("enter")
        await wait_for(lambda: any("No such file or directory" in line for line in app.picture()), "the reason shows")
        await pilot.press("ctrl+u", ".", "enter")
        await wait_for(lambda: any(". is a directory" in line for line in app.picture()), "the reason shows")
        await pilot.press("escape")
        assert app.results == [None]
        assert files(tmp_path) == []


async def test_typed_ahead_keys_write_nothing(tmp_path: Path) -> None:
    app = OverlayApp()
    async with app.run_test(size=(80, 24)) as pilot:
        app.open(dialog())
        for key in ("enter", "y", "enter"):
            app.post_message(events.Key(key, None))
        await pilot.pause()
        assert files(tmp_path) == []


async def test_a_text_gets_a_harmless_name(tmp_path: Path) -> None:
    screen = SaveText("../../[x] web\x1b", ["a", "b"], ".yaml")
    assert screen.edit.text.startswith("./stackdeck-x--web")
    assert "/" not in screen.edit.text.removeprefix("./")
    assert screen.edit.text.endswith(".yaml")
