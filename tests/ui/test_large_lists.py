"""Large lists on the screen: a first load says how far it is, sorting and filtering leave keys their turn."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.bench.stub import Stub, start
from tests.waiting import wait_for
from tui.config.options import Options
from tui.resources.server import SERVER
from tui.ui import browsing, stepping
from tui.ui.app import StackdeckApp
from tui.ui.frame import progress
from tui.ui.lines import Lines

SERVERS = 3_000


@pytest.fixture(scope="module")
def cloud() -> Iterator[Stub]:
    with start(servers=SERVERS, regions=2) as stub:
        yield stub


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cloud: Stub) -> None:
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    for name in ("CONFIG", "CACHE", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(cloud.clouds_file))


@asynccontextmanager
async def opened(size: tuple[int, int] = (120, 40)) -> AsyncIterator[tuple[StackdeckApp, Pilot[int]]]:
    app = StackdeckApp(Options())
    async with app.run_test(size=size) as pilot:
        yield app, pilot


async def all_there(app: StackdeckApp) -> None:
    """Wait until every row is in the table."""
    await wait_for(lambda: len(app.browse.browsing.rows) == 2 * SERVERS, "all rows", timeout=90)
    await wait_for(lambda: not app.browse.browsing.loading(), "the ends of the lists", timeout=30)


def names(app: StackdeckApp) -> list[str]:
    return [SERVER.name(entry.row) for entry in app.browse.browsing.rows]


async def test_a_long_first_load_says_how_far_it_is_and_shows_what_has_come(
    cloud: Stub, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int]] = []
    write = Lines.write

    def written(lines: Lines) -> None:
        write(lines)
        told.append((lines.title.render_line(0).text, len(lines._screen.browsing.rows)))

    monkeypatch.setattr(Lines, "write", written)
    cloud.set(latency=0.3)
    try:
        async with opened() as (app, _):
            await all_there(app)
            await wait_for(lambda: not progress(app.browse.browsing), "the end")
            await wait_for(lambda: "loading" not in app.browse.lines.title.render_line(0).text, "the usual title")
    finally:
        cloud.set(latency=0.0)
    loading = [(text, rows) for text, rows in told if re.search(r"loading, \d+ pages, \d of 2 places are in", text)]
    assert loading
    for text, rows in loading:
        counted = re.search(r"Servers ([\d,]+)", text)
        assert counted is not None
        assert int(counted[1].replace(",", "")) == rows
    assert any(0 < rows < 2 * SERVERS for _, rows in loading)


async def test_a_key_is_for_the_rows_that_were_asked_for_even_while_they_are_sought(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with opened() as (app, pilot):
        screen = app.browse
        await all_there(app)
        monkeypatch.setattr(browsing, "FIRST", -1.0)
        monkeypatch.setattr(stepping, "STEP", -1.0)
        monkeypatch.setattr(stepping, "PAUSE", 600.0)
        screen.refilter("db-stage")
        assert screen.browsing.view.busy
        assert len(screen.browsing.rows) == 2 * SERVERS, "what was there stays until then"
        await pilot.press("j")
        assert names(app)
        assert all(name.startswith("db-stage") for name in names(app))
        assert screen.table.cursor_key == screen.browsing.rows[1].key
        assert screen.table.layout_shown.slots


async def test_what_was_asked_for_comes_by_itself_and_the_cursor_stays_on_its_row(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with opened() as (app, pilot):
        screen = app.browse
        await all_there(app)
        monkeypatch.setattr(browsing, "FIRST", -1.0)
        monkeypatch.setattr(stepping, "STEP", -1.0)
        await pilot.press("j", "j", "j")
        key = screen.table.cursor_key
        screen.resort("host", False)
        assert screen.browsing.view.busy
        await wait_for(lambda: not screen.browsing.view.busy, "the order of hosts", timeout=60)
        hosts = [getattr(entry.row, "host", "") for entry in screen.browsing.rows]
        assert hosts == sorted(hosts)
        await wait_for(lambda: screen.table.current is not None and screen.table.cursor_key == key, "the cursor")
        index = screen.browsing.index(key)
        assert index is not None
        assert index in screen.table.window.visible


async def test_another_kind_shows_nothing_false_while_it_is_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened() as (app, _):
        screen = app.browse
        await all_there(app)
        screen.commands.finding.entered("flavors")
        await wait_for(lambda: screen.browsing.rows and not screen.browsing.loading(), "flavors")
        monkeypatch.setattr(browsing, "FIRST", -1.0)
        monkeypatch.setattr(stepping, "STEP", -1.0)
        monkeypatch.setattr(stepping, "PAUSE", 0.05)
        screen.commands.finding.entered("servers")
        assert screen.browsing.view.busy
        assert "No server" not in "\n".join(screen.table.render_line(y).text for y in range(screen.table.size.height))
        await wait_for(lambda: len(screen.browsing.rows) == 2 * SERVERS, "servers", timeout=60)
        await wait_for(lambda: screen.table.cursor_key == screen.browsing.rows[0].key, "the cursor on the first")
