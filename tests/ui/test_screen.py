"""The browse screen over a demo cloud, in process: looks, history, escape, panes, policy."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.waiting import wait_for
from tui.config.keymap import ANYWHERE, COMMANDS, SIDE, TABLE
from tui.config.options import Options
from tui.config.state import save_state
from tui.demo.process import DemoCloud
from tui.model.events import Done
from tui.model.status import Health
from tui.ui.app import StackdeckApp
from tui.ui.frame import whereabouts
from tui.ui.look import Look
from tui.ui.screen import BrowseScreen


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
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(demo.clouds_file))


@asynccontextmanager
async def opened(
    size: tuple[int, int] = (120, 40), **options: object
) -> AsyncIterator[tuple[StackdeckApp, Pilot[int]]]:
    app = StackdeckApp(Options(**options))  # type: ignore[arg-type]
    async with app.run_test(size=size) as pilot:
        await wait_for(lambda: app.browse.browsing.scopes and not app.browse.browsing.loading(), "all lists")
        await pilot.pause()
        yield app, pilot


async def shown(screen: BrowseScreen) -> None:
    """Wait until the rows are those of the look: it is worked on a few milliseconds at a time."""
    await wait_for(lambda: not screen.browsing.view.busy, "the rows of the look")


async def test_every_command_has_its_method() -> None:
    async with opened() as (app, _):
        wanted = {command.id for command in COMMANDS if command.where & {TABLE, SIDE, ANYWHERE}}
        assert set(app.browse.commands.deeds) == wanted


async def test_the_first_frame_needs_no_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    app = StackdeckApp(Options())
    monkeypatch.setattr(app.session, "load", lambda sink, ready: None)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert app.browse.table.size.width > 80
        assert not app.browse.loaded


async def test_each_server_is_one_row_and_the_title_counts_them() -> None:
    async with opened() as (app, _):
        browsing = app.browse.browsing
        assert len({entry.key for entry in browsing.rows}) == len(browsing.rows) > 100
        assert sum(browsing.counts().values()) == len(browsing.rows)
        assert browsing.counts()[Health.BROKEN] > 0


async def test_escape_closes_one_thing_after_another_and_never_quits() -> None:
    async with opened() as (app, pilot):
        screen = app.browse
        everything = len(screen.browsing.rows)
        screen.commands.finding.entered("flavors /m5.large @prod-eu/fra1")
        await wait_for(lambda: len(screen.browsing.rows) == 1, "the flavor")
        await pilot.press("u")
        await wait_for(lambda: screen.browsing.look.restriction and screen.browsing.rows, "its servers")
        await pilot.press("d")
        assert screen.describing
        await pilot.press("escape")
        assert not screen.describing
        await pilot.press("escape")
        assert screen.browsing.look.restriction is None
        assert screen.browsing.look.kind == "flavor"
        await pilot.press("escape")
        assert screen.browsing.look.filter == ""
        for _ in range(5):
            await pilot.press("escape")
        assert app.is_running
        screen.commands.finding.entered("servers @all")
        await wait_for(lambda: len(screen.browsing.rows) == everything, "all servers")


async def test_history_brings_back_filter_scope_and_cursor() -> None:
    async with opened() as (app, pilot):
        screen = app.browse
        screen.commands.finding.entered("servers /api @prod-us")
        await pilot.press("j")
        key, look = screen.table.cursor_key, screen.browsing.look
        screen.commands.finding.entered("images")
        assert screen.browsing.look.kind == "image"
        await pilot.press("left_square_bracket")
        assert screen.browsing.look == look
        assert screen.table.cursor_key == key
        await pilot.press("right_square_bracket")
        assert screen.browsing.look.kind == "image"
        await pilot.press("minus")
        assert screen.browsing.look == look
        await pilot.press("minus")
        assert screen.browsing.look.kind == "image"


async def test_several_regions_show_merged_and_the_header_says_so() -> None:
    async with opened() as (app, _):
        screen = app.browse
        screen.commands.placing.choose(("prod-eu", "fra1"))
        await shown(screen)
        alone = len(screen.browsing.rows)
        assert not screen.browsing.places_differ
        screen.commands.placing.choose(("prod-us", "iad1"), more=True)
        await shown(screen)
        assert screen.browsing.places_differ
        assert len(screen.browsing.rows) > alone
        assert {entry.scope.region for entry in screen.browsing.rows} == {"fra1", "iad1"}
        screen.commands.placing.choose(("prod-us", "iad1"), more=True)
        await shown(screen)
        assert len(screen.browsing.rows) == alone


async def test_marks_survive_another_sort_and_filter() -> None:
    async with opened() as (app, pilot):
        screen = app.browse
        await pilot.press("j", "space", "space")
        marks = set(screen.table.marks)
        assert len(marks) == 2
        await pilot.press("T")
        screen.refilter("web")
        screen.refilter("")
        assert screen.table.marks == marks


async def test_keys_that_repeat_the_sort_turn_it_round() -> None:
    async with opened() as (app, pilot):
        await pilot.press("T")
        assert app.browse.browsing.view.sort == ("status", False)
        await pilot.press("T")
        assert app.browse.browsing.view.sort == ("status", True)
        await pilot.press("shift+right", "shift+right", "O")
        assert app.browse.browsing.view.sort[0] == app.browse.table.chosen


async def test_a_look_is_equal_whatever_its_cursor() -> None:
    assert Look("server", cursor="a") == Look("server", cursor="b")
    assert Look("server", filter="x") != Look("server")


async def test_unhealthy_shows_no_healthy_row() -> None:
    async with opened() as (app, pilot):
        await pilot.press("ctrl+z")
        rows = app.browse.browsing.rows
        assert rows
        assert all(entry.status.health is not Health.FINE for entry in rows)


@pytest.mark.parametrize("width", [79, 99, 100, 159, 160, 189, 190])
async def test_panes_fold_and_unfold_with_the_width(width: int) -> None:
    async with opened((width, 30)) as (app, pilot):
        screen = app.browse
        assert screen.side.display is (width >= 100)
        if screen.side.display:
            assert screen.side.size.width == (33 if width >= 190 else 27)
            assert screen.table.region.x == screen.side.size.width
        await pilot.press("d")
        await pilot.pause()
        assert screen.list_pane.display is (width >= 100)
        if width >= 160:
            assert screen.describe.region.x > screen.table.region.x
        elif width >= 100:
            assert screen.describe.region.y > screen.table.region.y


async def test_a_row_that_several_scopes_see_counts_once_in_the_side_pane() -> None:
    async with opened() as (app, _):
        browsing = app.browse.browsing
        number, bad = browsing.count_of(browsing.scopes)
        assert number == len(browsing.rows)
        assert bad == sum(entry.status.health <= Health.ATTENTION for entry in browsing.rows)


async def test_a_terminal_that_shrinks_gives_the_described_row_the_whole_screen() -> None:
    async with opened((160, 30)) as (app, pilot):
        await pilot.press("d")
        assert app.browse.list_pane.display
        await pilot.resize_terminal(80, 24)
        await wait_for(lambda: not app.browse.list_pane.display, "the pane alone")
        await pilot.resize_terminal(160, 30)
        await wait_for(lambda: app.browse.list_pane.display, "the table again")


async def test_what_options_left_out_is_named_in_the_header(monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(clouds=("prod-eu",), regions=("fra1",)) as (app, _):
        where = whereabouts(app.browse.browsing)
        assert (where.clouds, where.regions) == (("prod-eu",), ("fra1",))
    monkeypatch.setenv("OS_CLOUD", "lab")
    async with opened() as (app, _):
        where = whereabouts(app.browse.browsing)
        assert (where.clouds, where.regions) == (("lab",), ("muc1",))
        assert "OS_CLOUD=lab hides the other clouds" in app.browse.lines.detail.render_line(0).text
    async with opened(clouds=("*",)) as (app, _):
        assert whereabouts(app.browse.browsing).clouds == ()


async def test_what_an_event_raises_ends_the_program_and_is_not_swallowed() -> None:
    def broken(value: object, trouble: object) -> None:
        raise LookupError("a mistake of ours")

    async def run() -> None:
        async with opened() as (app, _):
            app.drain.put(Done(broken))
            await wait_for(lambda: not app.is_running, "its end")

    with pytest.raises(LookupError, match="a mistake of ours"):
        await run()


async def test_a_colon_offers_what_works_here_and_find_before_anything_longer() -> None:
    async with opened() as (app, _):
        finding = app.browse.commands.finding
        assert [one.word for one in finding.suggest("fin")] == ["find"]
        offered = {one.word for letter in "abcdefghijklmnopqrstuvwxyz" for one in finding.suggest(letter)}
        useless = {one.word for one in COMMANDS if one.id not in app.browse.commands.deeds}
        assert {"find-text", "format"} <= useless
        assert not offered & useless


async def test_what_an_option_asks_for_neither_meets_nor_changes_the_remembered_places() -> None:
    async with opened() as (app, _):
        app.browse.commands.finding.entered("servers @prod-eu/fra1")
        assert app.browse.browsing.look.places == {("prod-eu", "fra1")}
        app.exit()
    async with opened(clouds=("prod-eu",), regions=("ams1",)) as (app, _):
        assert app.browse.browsing.look.places == frozenset()
        await wait_for(lambda: app.browse.browsing.rows, "the rows of the region asked for")
        app.exit()
    async with opened() as (app, _):
        assert app.browse.browsing.look.places == {("prod-eu", "fra1")}


async def test_remembered_places_that_are_gone_from_the_configuration_are_forgotten() -> None:
    async with opened() as (app, _):
        app.browse.browsing.session.memory.scopes = ["gone/", "prod-eu/nowhere", "lab/muc1"]
        save_state(app.browse.browsing.session.memory)
    async with opened() as (app, _):
        assert app.browse.browsing.look.places == {("lab", "muc1")}
        app.browse.browsing.session.memory.scopes = ["gone/"]
        save_state(app.browse.browsing.session.memory)
    async with opened() as (app, _):
        assert app.browse.browsing.look.places == frozenset()
        await wait_for(lambda: app.browse.browsing.rows, "the rows of all places")
