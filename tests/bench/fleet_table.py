"""What 50,000 rows cost the loop: our view and table beside Textual's DataTable, in one headless application."""

from __future__ import annotations

import gc
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from textual.app import App, ComposeResult
from textual.widgets import DataTable

from tests.bench.fleet_data import Maker, render
from tui.live import memory
from tui.live.entries import entry_of
from tui.live.fleet import Fleet
from tui.live.names import Book
from tui.live.view import View
from tui.model.entry import Entry
from tui.model.events import Delta
from tui.model.filter import parse
from tui.model.place import Place, Scope
from tui.model.status import Health, Status
from tui.resources.registry import KINDS, columns_of
from tui.resources.server import SERVER
from tui.ui.browsing import FIRST
from tui.ui.stepping import STEP
from tui.ui.styles import style_sheets
from tui.ui.table import Table
from tui.ui.themes import STACKDECK_DARK, THEMES

SCOPE = Scope("a", Place("http://keystone", "r1"), ("cloud",), "project")
COLUMNS = columns_of(SERVER)
SHOWN = ("name", "status", "address", "flavor", "vcpu", "ram", "project", "host")
"""Columns of the DataTable."""
SIZE = (160, 50)


@dataclass
class Blocked:
    """How long the loop was blocked, in seconds of its CPU."""

    blocks: list[float] = field(default_factory=list)

    def run(self, work: Callable[[], object]) -> None:
        """Do something that blocks the loop."""
        started = time.thread_time()
        work()
        self.blocks.append(time.thread_time() - started)

    @property
    def longest(self) -> float:
        """The longest block."""
        return max(self.blocks)

    @property
    def total(self) -> float:
        """All of it: what a user waits for, with keys served in between."""
        return sum(self.blocks)


class World:
    """A fleet with so many servers and the view and table on it, as the screen has them."""

    def __init__(self, count: int) -> None:
        maker, book = Maker(5), Book()
        decode = msgspec.json.Decoder(SERVER.row).decode
        self.book = book
        self.rows = [decode(render(maker.server(number))) for number in range(count)]
        self.fleet = Fleet(KINDS)
        self.table = Table()
        for start in range(0, count, 1000):
            self.fleet.apply(self.delta(self.rows[start : start + 1000]))
        self.view = View(self.fleet, SERVER, COLUMNS, in_steps=True)

    def delta(self, rows: Sequence[Any]) -> Delta:
        """Return an answer with these rows."""
        entries = [entry_of(SERVER, SCOPE, row, "http://nova", "t", self.book) for row in rows]
        return Delta(1, "server", SCOPE, 100.0, entries)

    def look(self, *, keep: bool = True) -> None:
        """Show the view, as the screen does when it is done."""
        self.table.look(_Source(self), COLUMNS, places=False, sorted_by=self.view.sort, keep=keep)

    # what is measured

    def work(self, begin: Callable[[], object]) -> Blocked:
        """Ask something of the view, and let it do it as the screen does: a first piece at once, then step by step."""
        blocked = Blocked()

        def first() -> None:
            begin()
            self.view.step(FIRST)

        blocked.run(first)
        while self.view.busy:
            blocked.run(lambda: self.view.step(STEP))
        blocked.run(self.look)
        return blocked

    def populate(self) -> Blocked:
        """Show a view that was not shown before."""
        self.view = View(self.fleet, SERVER, COLUMNS, in_steps=True)
        return self.work(lambda: self.view.set_scopes([SCOPE.key]))

    def update(self, share: float, chance: random.Random) -> Blocked:
        """Let a share of the rows change their state, in one answer."""
        states = ("ACTIVE", "ERROR", "SHUTOFF")
        changed = [
            msgspec.structs.replace(row, status=chance.choice(states))
            for row in chance.sample(self.rows, int(len(self.rows) * share))
        ]
        delta = self.delta(changed)
        blocked = Blocked()

        def take() -> None:
            change = self.view.apply(self.fleet.apply(delta))
            self.table.follow(order=change.order, keys=change.rows, whole=change.whole)

        blocked.run(take)
        return blocked

    def sort(self, column: str) -> Blocked:
        """Sort by a column."""
        return self.work(lambda: self.view.set_sort(column))

    def type(self, text: str) -> list[Blocked]:
        """Type a filter letter by letter, and delete it again."""
        texts = [text[:size] for size in (*range(1, len(text) + 1), *range(len(text) - 1, -1, -1))]
        return [self.work(lambda typed=typed: self.view.set_filter(parse(typed, COLUMNS))) for typed in texts]  # type: ignore[misc]

    def warm(self) -> None:
        """Prepare search texts, as the screen does in idle moments."""
        while self.view.warm(1.0):
            pass


class _Source:
    """The table's rows: a view on which nothing is stale."""

    def __init__(self, world: World) -> None:
        self._view = world.view

    @property
    def rows(self) -> Sequence[Entry]:
        return self._view.rows

    def index(self, key: str) -> int | None:
        return self._view.index(key)

    def standing(self, entry: Entry) -> tuple[Status, float, bool]:
        return entry.status, 100.0, False

    def ticks(self, lines: int) -> Sequence[Health | None]:
        return self._view.ticks(lines)


class TableApp(App[None]):
    """One table, ours or Textual's."""

    CSS_PATH = style_sheets()
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, table: Table | DataTable[str]) -> None:
        super().__init__()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = "stackdeck-dark"
        self._table = table

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the tokens of the theme."""
        return dict(STACKDECK_DARK.variables)

    def compose(self) -> ComposeResult:
        """Show it."""
        yield self._table


@dataclass
class Figures:
    """Seconds of CPU that the loop is blocked for: the longest block, and for sort and filter the worst of all."""

    populate: float
    update: float
    sort: float
    filter: float
    note: str = ""


async def ours(count: int) -> Figures:
    """Measure our view and table."""
    memory.prepare()
    world = World(count)
    memory.freeze()
    chance = random.Random(1)
    async with TableApp(world.table).run_test(size=SIZE) as pilot:
        world.populate()
        await pilot.pause()
        populate = [world.populate() for _ in range(3)]
        updates = [world.update(0.01, chance).longest for _ in range(5)]
        sorts: dict[str, Blocked] = {}
        for column in COLUMNS:
            world.sort("name")
            sorts[column.key] = world.sort(column.key)
        world.sort("name")
        world.warm()
        filters = [one for text in ("web-prod", "10.0.1", "ram>8gb", "status:error") for one in world.type(text)]
        await pilot.pause()
    dear = max(sorts.items(), key=lambda item: item[1].total)
    plain = statistics.median(one.total for one in sorts.values())
    return Figures(
        statistics.median(one.longest for one in populate),
        statistics.median(updates),
        max(one.longest for one in sorts.values()),
        max(one.longest for one in filters),
        f"in pieces: all of a sort {plain * 1e3:.0f} ms (by «{dear[0]}» {dear[1].total * 1e3:.0f}), of a letter "
        f"at most {max(one.total for one in filters) * 1e3:.0f}",
    )


async def theirs(count: int) -> Figures:
    """Measure Textual's DataTable with the same rows."""
    world = World(count)
    gc.collect()
    values = [column.value for column in COLUMNS if column.key in SHOWN]
    cells = [tuple(str(value(entry)) for value in values) for entry in world.fleet.named(SERVER)]
    keys = [entry.key for entry in world.fleet.named(SERVER)]
    chance = random.Random(1)
    table: DataTable[str] = DataTable(cursor_type="row")
    async with TableApp(table).run_test(size=SIZE) as pilot:

        async def spent(work: Callable[[], object]) -> float:
            started = time.thread_time()
            work()
            await pilot.pause()
            return time.thread_time() - started

        def fill(wanted: Sequence[int]) -> None:
            table.clear()
            for index in wanted:
                table.add_row(*cells[index], key=keys[index])

        heads = table.add_columns(*SHOWN)
        populate = await spent(lambda: fill(range(count)))
        picked = chance.sample(keys, count // 100)

        def change() -> None:
            for key in picked:
                table.update_cell(key, heads[1], "ERROR")

        update = await spent(change)
        sort = await spent(lambda: table.sort(heads[7]))
        filtered = await spent(lambda: fill(range(0, count, 3)))
    return Figures(populate, update, sort, filtered)
