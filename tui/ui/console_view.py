"""The console logs of one or several servers, side by side: followed, searched, filtered, saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen

from tui.config.keymap import COMMANDS, LOG, shown, why_off
from tui.live.console import SIZES
from tui.live.targets import name_of
from tui.model.amount import count
from tui.model.entry import Entry
from tui.model.text import inert
from tui.ui.console_follow import Asking, Follower
from tui.ui.console_paint import plain, since
from tui.ui.console_pane import ConsolePane
from tui.ui.copying import CopyBox
from tui.ui.editing import Edit
from tui.ui.help import HelpScreen, help_groups
from tui.ui.line import LineWidget, Span, Spans
from tui.ui.pressing import Keys, by_key, default_keys
from tui.ui.saving import SaveText
from tui.ui.spans import keys_line
from tui.ui.text_view import SIDEWAYS

NARROWEST = 38
"""Cells that one of several logs takes at least."""
MOST = 6
"""Logs side by side: each is asked for every two seconds."""
HINTS = (
    "find.text", "find.next", "log.error", "log.filter", "log.follow", "text.wrap", "log.times", "log.phases",
)  # fmt: skip
LAST = ("save.table", "session.back", "session.help")


def fitting(width: int) -> int:
    """Return how many logs stand side by side in a terminal."""
    return max(min(width // NARROWEST, MOST), 1)


class ConsoleScreen(Screen[None]):
    """`push_screen(ConsoleScreen(entries, feeds))`; Esc or q closes it. Nothing is asked while another screen is on."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    ALLOW_SELECT = False

    def __init__(self, entries: Sequence[Entry], feeds: Asking, keys: Keys | None = None, note: str = "") -> None:
        """`entries` are servers, at most `MOST`; `note` says what was left out."""
        super().__init__()
        self._keys: Mapping[str, Sequence[str]] = default_keys() if keys is None else keys
        self._commands = by_key(keys, LOG)
        self._note = note
        self._header = LineWidget(id="console-header")
        self._detail = LineWidget(id="console-detail")
        self._foot = LineWidget(id="console-keys", edge=0)
        several = len(entries) > 1
        panes = [ConsolePane(name_of(entry), titled=several) for entry in entries]
        pairs = zip(entries, panes, strict=True)
        self.followers = [Follower(entry, pane, feeds, self._later, self._told) for entry, pane in pairs]
        self._at = 0
        self._deeds = self._make_deeds()

    @property
    def follower(self) -> Follower:
        """The log that keys act on."""
        return self.followers[self._at]

    @property
    def pane(self) -> ConsolePane:
        """Its pane."""
        return self.follower.pane

    def compose(self) -> ComposeResult:
        """Mount all at once."""
        yield self._header
        with Horizontal(id="console-logs"):
            for number, each in enumerate(self.followers):
                each.pane.set_class(number > 0, "-further")
                yield each.pane
        yield self._detail
        yield self._foot

    # -- on and off the screen ---------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Write the lines around the logs."""
        self.choose(0)
        self.watch(self.app, "app_focus", self._focus_changed, init=False)

    def on_screen_resume(self) -> None:
        """Ask again."""
        for each in self.followers:
            each.show()

    def on_screen_suspend(self) -> None:
        """Ask nothing while nobody can see it."""
        for each in self.followers:
            each.hide()

    def on_unmount(self) -> None:
        """Ask nothing more."""
        self.on_screen_suspend()

    def on_resize(self) -> None:
        """Fit the lines around the logs."""
        self.call_after_refresh(self.write)

    def _focus_changed(self, focused: bool) -> None:
        for each in self.followers:
            each.focused = focused
            each.resume()

    def _later(self, seconds: float, what: Callable[[], None]) -> Callable[[], None]:
        return self.set_timer(seconds, what).stop

    def _told(self, follower: Follower) -> None:
        if self.is_mounted:
            self.write()

    # -- the lines around --------------------------------------------------------------------------------------------

    def choose(self, number: int) -> None:
        """Let keys act on another log."""
        self._at = number % len(self.followers)
        for place, each in enumerate(self.followers):
            each.pane.active = place == self._at
            each.pane.refresh()
        self.write()

    def write(self) -> None:
        """Write header, detail and keys; each repaints only if it says something else."""
        several = len(self.followers) > 1
        scope = self.follower.entry.scope
        parts = [scope.cloud, scope.region, self.pane.server] if not several else []
        path: list[Span] = [Span("stackdeck", "accent"), Span("  ")]
        for part in filter(None, parts):
            path += [Span(inert(part), "strong"), Span(" \u203a ", "dim")]
        what = f"console logs of {len(self.followers)} servers" if several else "console log"
        path.append(Span(what, "dim"))
        self._header.write(path, () if several else self.pane.state)
        self._detail.write(self._tale())
        words = {command.id: command.short or command.title for command in COMMANDS}
        words |= {"session.back": "close", "save.table": "save"}
        words["log.follow"] = "stop" if self.follower.following else "follow"
        ids = (*HINTS, *(("pane.next",) if several else ()), *LAST)
        self._foot.write(
            keys_line(
                [(shown(tuple(self._keys[id_][:1])), words[id_]) for id_ in ids if not why_off(id_)],
                self.size.width - 2,
            )
        )

    def _tale(self) -> Spans:
        """Return the line under the logs: what fails, or the first error of the last boot."""
        if self._note:
            return (Span(self._note),)
        trouble, sight = self.follower.trouble, self.pane.sight
        if trouble is not None and sight.lines:
            again = (Span("   ctrl+r", "accent"), Span(" ask again now", "dim"))
            return Span("✗ ", "bad"), Span(inert(trouble.title)), *again
        if self.pane.edit is None and sight.search.note:
            return (Span(inert(sight.search.note), "dim"),)
        bad = self.pane.facts[0]
        if bad is None:
            return ()
        at = f" at {since(bad.at)}" if bad.at is not None else ""
        first = (Span("✗ ", "bad"), Span(f"first error{at}  ", "dim"), Span(bad.text.strip()))
        return (*first, Span("   e", "accent"), Span(" go there", "dim"))

    def say(self, sentence: str) -> None:
        """Show an inert sentence in the line under the logs until the next key."""
        self._note = sentence
        self.write()

    # -- keys --------------------------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Type into the search or filter line, or run a command of logs."""
        event.stop()
        event.prevent_default()
        for each in self.followers:
            each.resume()
        if self.pane.edit is not None:
            self._typed(self.pane.edit, event.key, event.character)
        else:
            command = self._commands.get(event.key, "")
            self._note = ""
            if command == "log.size":
                self._resize(event.key)
            elif why := why_off(command):
                self.say(f"off: {why}.")
            elif command in self._deeds:
                self._deeds[command]()
        if self.is_current:
            self.pane.refresh()
            self.write()

    def on_paste(self, event: events.Paste) -> None:
        """A paste is for the field alone."""
        event.stop()
        if self.pane.edit is not None:
            self.pane.edit.insert(event.text)
            self._look()

    def on_mouse_scroll_down(self) -> None:
        """Scroll by the wheel."""
        self._scroll(3)

    def on_mouse_scroll_up(self) -> None:
        """Scroll by the wheel."""
        self._scroll(-3)

    def _typed(self, edit: Edit, key: str, character: str | None) -> None:
        before = edit.text
        if key in {"escape", "ctrl+c"}:
            edit.set("")
            self._look()
            self.pane.edit = None
        elif key == "enter":
            self.pane.edit = None
        elif edit.key(key, character) and edit.text != before:
            self._look()

    def _look(self) -> None:
        edit, sight = self.pane.edit, self.pane.sight
        if edit is not None:
            (sight.filter_by if self.pane.filtering else sight.look_for)(edit.text)
            self.pane.refresh()

    def _make_deeds(self) -> dict[str, Callable[[], None]]:
        return {
            "move.down": lambda: self._scroll(1),
            "move.up": lambda: self._scroll(-1),
            "move.page_down": lambda: self._scroll(self.pane.sight.room),
            "move.page_up": lambda: self._scroll(-self.pane.sight.room),
            "move.top": lambda: self._scroll(-self.pane.sight.rows),
            "move.bottom": lambda: self._scroll(self.pane.sight.rows),
            "see.left": lambda: self._sideways(-SIDEWAYS),
            "see.right": lambda: self._sideways(SIDEWAYS),
            "find.text": lambda: self._open(filtering=False),
            "log.filter": lambda: self._open(filtering=True),
            "find.next": lambda: self._step(1),
            "find.previous": lambda: self._step(-1),
            "log.error": lambda: self._step_error(1),
            "log.error_back": lambda: self._step_error(-1),
            "log.marked": lambda: self.pane.sight.toggle_marked(),
            "log.follow": lambda: self.follower.toggle(),
            "log.mark": lambda: self.follower.mark(),
            "log.times": lambda: self.pane.toggle_times(),
            "log.phases": lambda: self.pane.toggle_phases(),
            "text.wrap": lambda: self.pane.sight.toggle_wrap(),
            "text.copy": self._copy,
            "save.table": self._save,
            "pane.next": lambda: self.choose(self._at + 1),
            "pane.previous": lambda: self.choose(self._at - 1),
            "session.refresh": lambda: self.follower.ask_again(),
            "session.redraw": self._redraw,
            "session.help": self._help,
            "session.back": self._back,
            "session.quit": self._close,
        }

    def _close(self) -> None:
        self.dismiss(None)

    def _redraw(self) -> None:
        redraw = getattr(self.app, "redraw", None)
        if redraw is not None:
            redraw()

    def _help(self) -> None:
        only = self._deeds.keys() | {"log.size"}
        self.app.push_screen(HelpScreen("Keys for console logs", help_groups(LOG, self._keys, only=only)))

    def _back(self) -> None:
        """Clear the search, then the filters, then close."""
        sight = self.pane.sight
        if sight.search.text:
            sight.look_for("")
            sight.cursor = -1
        elif sight.filter.text:
            sight.filter_by("")
        elif sight.only_marked:
            sight.toggle_marked()
        else:
            self._close()

    def _scroll(self, rows: int) -> None:
        self.pane.sight.scroll_by(rows)
        self.pane.refresh()

    def _sideways(self, by: int) -> None:
        sight = self.pane.sight
        sight.left = 0 if sight.wrap else max(0, sight.left + by)

    def _open(self, *, filtering: bool) -> None:
        pane, sight = self.pane, self.pane.sight
        wanted = f"!{sight.filter.text}" if sight.inverted else sight.filter.text
        pane.filtering = filtering
        pane.edit = Edit(wanted if filtering else sight.search.text)

    def _step(self, by: int) -> None:
        if not self.pane.sight.step(by):
            self.say("Nothing is searched for: / begins." if not self.pane.sight.search.text else "No line matches.")

    def _step_error(self, by: int) -> None:
        if not self.pane.sight.step_error(by):
            self.say("No line that is shown reads like an error or a warning.")

    def _resize(self, key: str) -> None:
        """Read the log anew with the tail size that a key stands for, by its place among the command's keys."""
        keys = list(self._keys["log.size"])
        sizes = list(SIZES.values())
        place = keys.index(key)
        if place < len(sizes):
            self.follower.read_anew(sizes[place])

    def _texts(self) -> list[str]:
        sight = self.pane.sight
        return [plain(sight.lines[sight.index(place)]) for place in range(sight.number)]

    def _copy(self) -> None:
        texts = self._texts()
        name = inert(self.pane.server)
        self.app.push_screen(CopyBox("\n".join(texts), f"{count(len(texts))} lines of the console log of {name}"))

    def _save(self) -> None:
        def saved(sentence: str | None) -> None:
            if sentence:
                self.say(sentence)

        self.app.push_screen(SaveText(f"console-{self.pane.server}", self._texts(), ".log"), saved)
