"""The browse screen: side pane, table, the lines around them, and the panes that are shown on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen

from tui.cloud.turns import alone
from tui.config import keymap
from tui.live.fleet import Changes
from tui.live.view import ViewChange
from tui.model.events import Event
from tui.model.filter import complete
from tui.resources.registry import columns_of
from tui.ui import frame
from tui.ui.browsing import Browsing
from tui.ui.commands import Commands
from tui.ui.describe import Describe
from tui.ui.filter_line import FilterLine
from tui.ui.frames import Frames
from tui.ui.lines import Lines
from tui.ui.look import History, Look
from tui.ui.seeing import FOLDED
from tui.ui.side import Side
from tui.ui.stepping import Stepping
from tui.ui.table import Table

if TYPE_CHECKING:
    from tui.ui.app import StackdeckApp

WARM_PAUSE = 0.05
"""Seconds between two slices of preparing search texts."""
SIDE_WIDTH = 27
SIDE_WIDTH_WIDE = 33


class BrowseScreen(Screen[None]):
    """Shows one look at the fleet. Commands act on it through `Commands`; events come through `take` and `settle`."""

    BINDINGS: ClassVar[list[BindingType]] = []
    AUTO_FOCUS: ClassVar[str | None] = "#table"
    ALLOW_SELECT = False

    if TYPE_CHECKING:

        @property
        def app(self) -> StackdeckApp: ...  # type: ignore[override]

    def __init__(self, browsing: Browsing) -> None:
        super().__init__(id="browse")
        self.browsing = browsing
        self.session = browsing.session
        self.history = History()
        self.lines = Lines(self)
        self.side = Side()
        self.filter_line = FilterLine(self._complete, self.session.memory.filters, id="filter")
        self.table = Table()
        self.list_pane = Vertical(id="list")
        """Filter, title, notice and table."""
        self.describe = Describe(self.session.keys, id="describe")
        self.commands = Commands(self)
        self.typing = False
        """Whether keys go to the filter line."""
        self.side_wanted = self.session.memory.pane
        self.side_over = False
        """Whether the side pane is shown over the table of a narrow terminal."""
        self.describing = False
        self.loaded = False
        self._warming = False
        self.stepping = Stepping(self)
        self.frames = Frames(self)
        self._frame_changes: dict[str, Changes] = {}

    def compose(self) -> ComposeResult:
        """Mount everything at once: nothing that keys may go to is mounted late."""
        yield self.lines.header
        with Horizontal(id="body"):
            yield self.side
            with Horizontal(id="main"):
                with self.list_pane:
                    yield self.filter_line
                    yield self.lines.title
                    yield self.lines.notice
                    yield self.table
                yield self.describe
        yield self.lines.detail
        yield self.lines.keys

    def on_mount(self) -> None:
        """Show the frame at once, before any cloud is known."""
        self.filter_line.load(self.browsing.look.filter)
        self.describe.display = False
        self.table.set_wide(self.session.memory.wide)
        self._fit_panes()
        if self.session.scopes:
            # Known from an earlier run: places and their last rows are in the first frame.
            self.browsing.keep_to_places()
        self.show_look(keep=False)

    def on_resize(self, event: events.Resize) -> None:
        """Fold or unfold panes for the new width."""
        self._fit_panes()
        self.commands.seeing.fit()
        self.write_frame()

    def on_screen_resume(self) -> None:
        """What stood over the table is closed: show what waited for that."""
        if self.commands.has("acting"):
            self.commands.acting.following.offer_secrets()

    # -- looks -------------------------------------------------------------------------------------------------------

    def go(self, look: Look, *, remember: bool = True) -> None:
        """Look at something else; the present look goes to the history."""
        before = self.here()
        if remember and look != before:
            self.history.left(before)
        keep = replace(look, filter="", unhealthy=False) == replace(before, filter="", unhealthy=False)
        self.browsing.turn_to(look)
        self.browsing.remember()
        if self.filter_line.text != look.filter:
            self.filter_line.load(look.filter)
        self.show_look(keep=keep)
        if look.cursor and not self.browsing.view.busy:
            self.table.find(look.cursor)
        if self.describing:
            self.commands.seeing.follow_cursor()

    def here(self) -> Look:
        """Return the present look with its cursor."""
        return replace(self.browsing.look, cursor=self.table.cursor_key)

    def refilter(self, text: str) -> None:
        """Filter by another text while it is typed."""
        self.browsing.set_filter(text)
        self.show_look(keep=True)

    def resort(self, column: str, reverse: bool) -> None:
        """Sort by a column; the cursor stays on its row."""
        self.browsing.set_sort(column, reverse)
        self.show_look(keep=True)

    def show_look(self, *, keep: bool) -> None:
        """Show the look in the table, or as soon as its rows are in order."""
        browsing = self.browsing
        if self.stepping.waits(keep=keep):
            self.write_frame()
            return
        self.table.look(
            browsing,
            columns_of(browsing.kind),
            places=browsing.places_differ,
            sorted_by=browsing.view.sort,
            found=None if browsing.filter.empty else browsing.filter.spans,
            keep=keep,
        )
        self.write_frame()
        self._tell_visible()

    # -- events of the feeds -----------------------------------------------------------------------------------------

    def clouds_are_known(self) -> None:
        """The configuration is loaded (or cannot be): begin to ask."""
        self.loaded = True
        self.browsing.keep_to_places()
        self.show_look(keep=bool(self.browsing.rows))
        if (clouds := self.session.clouds) is not None and clouds.narrowed:
            self.say(f"{clouds.narrowed} hides the other clouds; --cloud '*' shows all.", "warn", "▲")

    def take(self, batch: Sequence[Event]) -> None:
        """Hand events to the fleet; the screen follows in `settle`."""
        for kind, changes in self.browsing.take_events(batch).items():
            if kind in self._frame_changes:
                self._frame_changes[kind].merge(changes)
            else:
                self._frame_changes[kind] = changes

    def settle(self) -> None:
        """Follow what a frame's events changed: table first, then the lines that tell of it."""
        if not self._frame_changes:
            return
        found, self._frame_changes = self._frame_changes, {}
        result = ViewChange()
        for changes in found.values():
            one = self.browsing.apply(changes)
            result.order |= one.order
            result.whole |= one.whole
            result.rows |= one.rows
        if any(changes.removed for changes in found.values()):
            self.table.window.keep_marks(self.browsing.fleet.entries(self.browsing.kind))
        self.frames.note(result, answered=any(changes.scopes for changes in found.values()))

    def followed(self, change: ViewChange) -> None:
        """The table shows a change: so do the lines and panes around it."""
        if self.browsing.view.busy:
            self.show_look(keep=True)
        self.commands.finding.check_all_projects()
        self.write_frame()
        self._tell_visible()
        if not self._warming and not self.browsing.loading():
            self._warming = True
            self.set_timer(WARM_PAUSE, self._warm)
        if self.describing and (change.whole or self.table.cursor_key in change.rows):
            self.commands.seeing.row_changed()

    def _warm(self) -> None:
        """Prepare the rows' search texts a little at a time, so that the first filter finds them ready."""
        if self.browsing.view.warm():
            self.set_timer(WARM_PAUSE, self._warm)
        else:
            self._warming = False

    def scopes_changed(self) -> None:
        """Scopes came, went or were joined: ask those that are wanted now."""
        self.browsing.take_scopes()
        self.show_look(keep=True)

    # -- the frame ---------------------------------------------------------------------------------------------------

    @property
    def view_name(self) -> str:
        """The view that keys go to: table, side or pane."""
        if self.focused is self.describe:
            return keymap.PANE
        return keymap.SIDE if self.side.active else keymap.TABLE

    def say(self, text: str, ink: str = "text", mark: str = "") -> None:
        """Show a sentence in the detail line until the next key."""
        self.lines.say(text, ink, mark)

    def hush(self) -> None:
        """Take the sentence away."""
        self.lines.hush()

    def write_frame(self) -> None:
        """Write every line and the side pane; each line repaints only if it says something else."""
        if self.is_attached:
            self.side.write(*frame.side_rows(self.browsing))
            self.lines.write()

    def _compositor_refresh(self) -> None:
        """Have the interpreter to oneself while Textual paints (its own part, see `test_painter_hooks`)."""
        with alone():
            super()._compositor_refresh()
        self.frames.sent()

    def step_age(self) -> None:
        """Let the header's age step; writes only if it did."""
        if self.is_current:
            self.lines.write_header()

    @property
    def side_width(self) -> int:
        """Cells of the side pane, its edge included."""
        return SIDE_WIDTH_WIDE if self.size.width >= 190 else SIDE_WIDTH

    @property
    def side_room(self) -> int:
        """Cells that the side pane takes from the table."""
        return self.side_width if self.side.display and not self.side_over else 0

    def _tell_visible(self) -> None:
        if self.session.feeds is not None:
            self.session.feeds.look_at(self.table.visible_keys())

    # -- panes -------------------------------------------------------------------------------------------------------

    def focus_on(self, view: str) -> None:
        """Send keys to the table, the side pane or the describe pane."""
        self.side.set_active(view == keymap.SIDE)
        self.table.active = view == keymap.TABLE
        self.set_focus({keymap.SIDE: self.side, keymap.PANE: self.describe}.get(view, self.table), scroll_visible=False)
        if view != keymap.SIDE and self.side_over:
            self.side_over = False
            self._fit_panes()
        self.table.sync()
        self.write_frame()

    def show_side(self, shown: bool) -> None:
        """Show or hide the side pane; over the table where the terminal is narrow."""
        if self.size.width < FOLDED:
            self.side_over = shown
            self._fit_panes()
            self.focus_on(keymap.SIDE if shown else keymap.TABLE)
        else:
            self.side_wanted = self.session.memory.pane = shown
            self._fit_panes()
            if not shown:
                self.focus_on(keymap.TABLE)
        self.write_frame()

    def _fit_panes(self) -> None:
        folded = self.size.width < FOLDED
        if not folded:
            self.side_over = False
        self.side.display = self.side_over if folded else self.side_wanted
        self.side.set_class(self.side_over, "-over")
        self.side.styles.width = self.side_width
        if not self.side.display and self.side.active:
            self.side.set_active(False)
            self.table.active = True
            self.set_focus(self.table, scroll_visible=False)

    # -- typing a filter ---------------------------------------------------------------------------------------------

    def open_filter(self) -> None:
        """Send keys to the filter line, at once."""
        self.typing = True
        self.filter_line.display = True
        self.set_focus(self.filter_line, scroll_visible=False)
        self.write_frame()

    def type_key(self, key: str, character: str | None) -> bool:
        """Hand a key to the filter line. Enter and Esc act at once: the key behind them is for the table."""
        text = self.filter_line.text
        taken = self.filter_line.take(key, character)
        if key == "enter":
            self.commands.finding.keep_history(text)
            self.close_filter()
        elif not self.filter_line.text and key in {"escape", "ctrl+c"}:
            self.refilter("")
            self.close_filter()
        return taken

    def close_filter(self) -> None:
        """Send keys to the table again; the filter stays."""
        if self.typing:
            self.typing = False
            self.focus_on(keymap.TABLE)

    def _complete(self, text: str, cursor: int) -> Sequence[str]:
        browsing = self.browsing
        return complete(text, cursor, columns_of(browsing.kind), browsing.values)

    @on(FilterLine.Changed)
    def _filter_changed(self, message: FilterLine.Changed) -> None:
        self.refilter(message.text)

    @on(FilterLine.Submitted)
    def _filter_submitted(self, message: FilterLine.Submitted) -> None:
        self.close_filter()

    @on(FilterLine.Cleared)
    def _filter_cleared(self, message: FilterLine.Cleared) -> None:
        if self.typing:
            self.refilter("")
            self.close_filter()

    @on(FilterLine.Kept)
    def _filter_kept(self, message: FilterLine.Kept) -> None:
        self.commands.finding.keep_filter(message.text)

    # -- messages of the panes ---------------------------------------------------------------------------------------

    @on(Table.Moved)
    def _cursor_moved(self) -> None:
        self.lines.write_detail()
        self._tell_visible()
        if self.describing:
            self.commands.seeing.follow_cursor()

    @on(Table.Opened)
    def _row_opened(self) -> None:
        self.commands.run("see.open")

    @on(Table.HeadClicked)
    def _head_clicked(self, message: Table.HeadClicked) -> None:
        self.commands.arranging.sort_by(message.key)

    @on(Side.PlaceChosen)
    def _place_chosen(self, message: Side.PlaceChosen) -> None:
        self.commands.placing.choose(message.place, message.more)

    @on(Side.KindChosen)
    def _kind_chosen(self, message: Side.KindChosen) -> None:
        self.commands.placing.show_kind(message.kind)
        self.focus_on(keymap.TABLE)

    @on(Describe.Closed)
    def _describe_closed(self) -> None:
        self.commands.seeing.close_describe()

    def on_key(self, event: events.Key) -> None:
        """A key that the focused pane did not want."""
        if self.commands.press(event.key):
            event.stop()
