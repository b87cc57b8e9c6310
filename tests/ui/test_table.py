"""The table in a running application: keyed by id, only visible rows painted, changed cells repainted alone."""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from msgspec import structs
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.geometry import Region

from tests.pure.fleet_rows import WEB, delta, failed, server
from tests.waiting import wait_for
from tui.live.fleet import Fleet
from tui.live.view import View
from tui.model.entry import Entry
from tui.model.filter import parse
from tui.model.status import Health, Status
from tui.resources.registry import KINDS, columns_of
from tui.resources.server import SERVER
from tui.resources.server_row import Fault
from tui.ui.layout import NAME_LEAST
from tui.ui.line import Span
from tui.ui.styles import style_sheets
from tui.ui.table import Table
from tui.ui.themes import STACKDECK_DARK, THEMES

AT = 1_800_000_000.0


class Source:
    """A view with a clock that stands still."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.view = View(fleet, SERVER, columns_of(SERVER), clock=lambda: AT)
        self.view.set_scopes([WEB.key])
        self.asked = 0
        """How many rows were asked how they stand."""

    @property
    def rows(self) -> Sequence[Entry]:
        return self.view.rows

    def index(self, key: str) -> int | None:
        return self.view.index(key)

    def standing(self, entry: Entry) -> tuple[Status, float, bool]:
        self.asked += 1
        stale = self.fleet.stale(entry)
        return (self.fleet.shown_status(entry, AT) if stale else entry.status), AT, stale

    def ticks(self, lines: int) -> Sequence[Health | None]:
        return self.view.ticks(lines)


class TableApp(App[None]):
    """A table alone."""

    CSS_PATH = style_sheets()
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, source: Source) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "stackdeck-dark"
        self.source = source
        self.table = Table()
        self.regions: list[Region] = []

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(STACKDECK_DARK.variables)

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.look()

    def look(self, **more: object) -> None:
        """Show the source as it is."""
        self.table.look(
            self.source,
            columns_of(SERVER),
            places=False,
            sorted_by=self.source.view.sort,
            **more,  # type: ignore[arg-type]
        )

    def lines(self) -> list[str]:
        """Return what the table paints."""
        return [self.table.render_line(y).text for y in range(self.table.size.height)]

    def watch_refresh(self) -> list[Region]:
        """Note every region that the table asks to be repainted from now on; the whole table is an empty region."""
        regions: list[Region] = []
        refresh = self.table.refresh

        def noted(*wanted: Region, **more: bool) -> Table:
            regions.extend(wanted or (Region(),))
            return refresh(*wanted, **more)

        self.table.refresh = noted  # type: ignore[method-assign]
        return regions


def fleet_of(*rows: object) -> Fleet:
    fleet = Fleet(KINDS)
    fleet.apply(delta(WEB, list(rows)))  # type: ignore[arg-type]
    return fleet


def many(count: int) -> Fleet:
    return fleet_of(*(server(f"id-{n:05}", f"web-{n:05}") for n in range(count)))


async def test_shows_names_states_and_faults() -> None:
    fleet = fleet_of(
        server("a", "alpha"),
        structs.replace(server("b", "beta", "ERROR"), fault=Fault(message="No valid host was found.")),
    )
    app = TableApp(Source(fleet))
    async with app.run_test(size=(93, 12)):
        text = app.lines()
    assert text[0].split()[:3] == ["NAME", "▴", "STATUS"]
    assert "alpha" in text[1]
    assert "● ACTIVE" in text[1]
    assert "✗ ERROR" in text[2]
    assert "No valid host was found." in text[2]


@pytest.mark.parametrize("size", [(40, 5), (60, 15), (80, 24), (200, 50)])
async def test_every_line_is_exactly_as_wide_as_the_table(size: tuple[int, int]) -> None:
    names = [
        "[/x]",
        "[red]x[/]",
        "日本語のサーバー名前が長い",
        "e\u0301" * 30,
        "\x1b[31mred\x1b[0m",
        "\u202egnp.exe",
        "x" * 300,
        "",
    ]
    fleet = fleet_of(*(server(f"id{n}", name) for n, name in enumerate(names)))
    app = TableApp(Source(fleet))
    async with app.run_test(size=size):
        lines = app.lines()
    assert [cell_len(line) for line in lines] == [size[0]] * size[1]
    assert all("\x1b" not in line and "\u202e" not in line for line in lines)


async def test_paints_only_what_is_in_sight() -> None:
    source = Source(many(50_000))
    app = TableApp(source)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        source.asked = 0
        app.table.turn_page(1)
        await pilot.pause()
        assert 0 < source.asked <= 30 * 3
        assert "web-00029" in app.lines()[1]


async def test_a_look_at_50000_rows_takes_milliseconds() -> None:
    source = Source(many(50_000))
    app = TableApp(source)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        app.look()
        taken = []
        for _ in range(5):
            start = time.process_time()
            app.look()
            taken.append(time.process_time() - start)
    assert min(taken) < 0.05, f"{min(taken) * 1000:.1f} ms of CPU"


async def test_one_changed_status_repaints_its_cells_alone() -> None:
    fleet = fleet_of(*(server(f"id{n}", f"web-{n}") for n in range(20)))
    source = Source(fleet)
    app = TableApp(source)
    async with app.run_test(size=(93, 30)) as pilot:
        await pilot.pause()
        app.lines()
        regions = app.watch_refresh()
        change = source.view.apply(fleet.apply(delta(WEB, [server("id3", "web-3", "SHUTOFF")])))
        app.table.follow(order=change.order, keys=change.rows, whole=change.whole)
        asked = list(regions)  # before the end of the application, which repaints all
        status = app.table.layout_shown.slot("status")
    assert status is not None
    assert len(asked) == 1
    assert (asked[0].y, asked[0].height) == (4, 1)
    assert asked[0].x >= status.x
    assert asked[0].right <= status.x + status.width


async def test_an_answer_without_changes_repaints_nothing() -> None:
    fleet = fleet_of(*(server(f"id{n}", f"web-{n}") for n in range(20)))
    source = Source(fleet)
    app = TableApp(source)
    async with app.run_test(size=(93, 30)) as pilot:
        await pilot.pause()
        app.lines()
        regions = app.watch_refresh()
        source.view.apply(fleet.apply(delta(WEB)))
        app.table.follow(order=False, whole=True)
        assert regions == []


async def test_cursor_marks_and_scroll_survive_rows_that_come_and_go() -> None:
    fleet = many(200)
    source = Source(fleet)
    app = TableApp(source)
    async with app.run_test(size=(93, 21)) as pilot:
        app.table.move_to(100)
        app.table.toggle_mark()
        key, top = app.table.cursor_key, source.rows[app.table.window.top].key
        marks = set(app.table.marks)
        new = [server(f"new-{n}", f"a-{n}") for n in range(5)]
        change = source.view.apply(fleet.apply(delta(WEB, new, ["id-00001", "id-00002"])))
        app.table.follow(order=change.order, keys=change.rows, whole=change.whole)
        await pilot.pause()
        assert app.table.cursor_key == key
        assert app.table.marks == marks
        assert source.rows[app.table.window.top].key == top
        assert source.rows[app.table.window.cursor].key == key


async def test_stale_rows_are_dim_and_say_since_when() -> None:
    fleet = fleet_of(server("a", "alpha"))
    source = Source(fleet)
    fleet.apply(failed(WEB))
    app = TableApp(source)
    async with app.run_test(size=(93, 5)):
        strip = app.table.render_line(1)
        dim = app.table.ink("dim", "cursor").color
        shown = {segment.text: segment.style for segment in strip}
    assert "? ACTIVE" in strip.text
    assert "ago" in strip.text
    style = shown["ACTIVE"]
    assert style is not None
    assert style.color == dim


async def test_what_the_filter_found_is_underlined() -> None:
    source = Source(fleet_of(server("a", "checkout-web-01")))
    source.view.set_filter(parse("web", columns_of(SERVER)))
    app = TableApp(source)
    async with app.run_test(size=(93, 5)):
        app.look(found=parse("web", columns_of(SERVER)).spans)
        name = app.table.render_line(1).crop(0, 24)
        found = [s.text for s in name if s.style is not None and s.style.underline]
    assert found == ["web"]


async def test_widths_do_not_shrink_on_a_refresh() -> None:
    fleet = fleet_of(server("a", "a"), server("b", "b" * 22))
    source = Source(fleet)
    app = TableApp(source)
    async with app.run_test(size=(170, 8)) as pilot:
        await pilot.pause()
        before = [(slot.column.key, slot.width) for slot in app.table.layout_shown.slots]
        change = source.view.apply(fleet.apply(delta(WEB, [server("b", "b")])))
        app.table.follow(order=change.order, keys=change.rows, whole=True)
        assert [(slot.column.key, slot.width) for slot in app.table.layout_shown.slots] == before
        assert before[0][1] >= NAME_LEAST


async def test_a_row_of_a_shape_that_nobody_expects_still_shows() -> None:
    fleet = fleet_of(server("a", "alpha"))
    entry = next(iter(fleet.entries(SERVER).values()))
    entry.row = type("Odd", (), {"id": "a", "name": "alpha"})()
    source = Source(fleet)
    source.standing = lambda entry: (Status(Health.UNKNOWN, "ODD"), AT, False)  # type: ignore[method-assign]
    app = TableApp(source)
    async with app.run_test(size=(93, 5)):
        line = app.lines()[1]
    assert "alpha" in line
    assert "? ODD" in line


async def test_the_theme_may_change_at_any_time() -> None:
    app = TableApp(Source(fleet_of(server("a", "alpha"))))
    async with app.run_test(size=(93, 5)) as pilot:
        before = app.table.render_line(1)
        for theme in THEMES[1:]:
            app.theme = theme.name
            await wait_for(lambda before=before: app.table.render_line(1) != before, f"rows painted in {theme.name}")
            before = app.table.render_line(1)
        await pilot.pause()


async def test_a_frame_of_many_lines_is_painted_in_parts_and_a_key_paints_the_rest() -> None:
    fleet = many(200)
    source = Source(fleet)
    app = TableApp(source)
    async with app.run_test(size=(93, 31)) as pilot:
        await pilot.pause()
        app.lines()
        regions = app.watch_refresh()
        for word in ("ERROR", "SHUTOFF"):
            rows = [server(f"id-{n:05}", f"web-{n:05}", word) for n in range(200)]
            change = source.view.apply(fleet.apply(delta(WEB, rows)))
            regions.clear()
            assert app.table.follow(order=change.order, keys=change.rows, whole=change.whole, most=12)
            assert [region.y for region in regions] == list(range(1, 13))
            assert app.table.behind
            if word == "ERROR":
                assert app.table.go_on(12)
                assert app.table.go_on(12)
                assert not app.table.behind
            else:
                app.table.move_by(1)
                assert not app.table.behind, "what a key does shows at once, and all of it"
            assert {region.y for region in regions} == set(range(1, 31))
            app.lines()
        assert not app.table.follow(order=False)


async def test_a_statement_under_rows_leaves_those_to_their_frame() -> None:
    fleet = many(5)
    source = Source(fleet)
    app = TableApp(source)
    async with app.run_test(size=(93, 31)) as pilot:
        await pilot.pause()
        app.lines()
        rows = [server(f"id-{n:05}", f"web-{n:05}", "ERROR") for n in range(5)]
        change = source.view.apply(fleet.apply(delta(WEB, rows)))
        regions = app.watch_refresh()
        app.table.follow(order=change.order, keys=change.rows, most=2)
        assert [region.y for region in regions] == [1, 2]
        app.table.state((), [[Span("3 rows are hidden", "dim")]])
        assert [region.y for region in regions] == [1, 2, 6]
        assert app.table.behind
        app.table.go_on(5)
        assert [region.y for region in regions][3:6] == [3, 4, 5]
