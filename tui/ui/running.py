"""Commands of the session: refresh, redraw, suspend, theme, palette, help, back, quit, sign in, find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.config.keymap import PANE, SIDE, TABLE
from tui.live.find import Hit, find
from tui.model.events import Done
from tui.model.place import Scope
from tui.model.text import inert
from tui.model.trouble import Cause, Trouble
from tui.resources.action import Action
from tui.resources.registry import KINDS, columns_of
from tui.ui import frame
from tui.ui.dialog import Confirm
from tui.ui.found import FoundScreen
from tui.ui.help import HelpScreen, help_groups
from tui.ui.notice import worst_first
from tui.ui.palette import Palette, palette_items
from tui.ui.picker import Item, Picker
from tui.ui.sign_in import SignInDialog, Typed
from tui.ui.text_view import TextScreen
from tui.ui.themes import THEMES

if TYPE_CHECKING:
    from tui.ui.screen import BrowseScreen


class Running:
    """Methods are command ids."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen

    def session_refresh(self, argument: str) -> None:
        """Ask everything that is shown again now; or a person, where the notice says that this key does so."""
        feeds, browsing = self._screen.session.feeds, self._screen.browsing
        failing = worst_first(browsing.failing())
        if failing and failing[0].trouble.cause is Cause.ASK and browsing.view.total and (name := browsing.asks_for()):
            self.sign_in(name)
        elif feeds is not None:
            for scope in browsing.scopes:
                if browsing.state(scope).trouble is not None:
                    feeds.retry(scope)
        if feeds is not None:
            feeds.refresh()

    def session_why(self, argument: str) -> None:
        """Show all that is known of every failing place: the server's own words, the request, the next try."""
        screen = self._screen
        lines = frame.trouble_lines(screen.browsing, max(screen.size.width - 4, 40))
        if not lines:
            screen.say("No place fails.", "dim")
            return
        screen.app.push_screen(TextScreen(("why places fail",), lines, save_name="why", keys=screen.session.keys))

    def session_redraw(self, argument: str) -> None:
        """Draw the screen again, whatever stands on it."""
        self._screen.app.redraw()

    def session_suspend(self, argument: str) -> None:
        """Stop this process as job control does; `fg` goes on."""
        self._screen.app.action_suspend_process()

    def session_theme(self, argument: str) -> None:
        """Choose how it looks."""
        screen = self._screen
        names = [theme.name for theme in THEMES]
        name = argument.strip()
        if name in names:
            screen.app.theme = name
        elif name:
            screen.say(f"There is no theme {inert(name)}: {', '.join(names)}.", "warn", "▲")
        else:
            before = screen.app.theme
            screen.app.push_screen(
                Picker("Theme", [Item(one, one) for one in names], chosen=before),
                lambda picked: self.session_theme(picked) if picked else None,
            )

    def session_palette(self, argument: str) -> None:
        """Choose from all commands and kinds."""
        screen = self._screen
        items = palette_items(TABLE, screen.session.keys, tuple(KINDS.values()), self._actions())
        screen.app.push_screen(Palette(items), screen.commands.finding.entered)

    def session_help(self, argument: str) -> None:
        """Show the keys of this view and what the marks mean."""
        screen, kind = self._screen, self._screen.browsing.kind
        view = screen.view_name
        columns, actions = (columns_of(kind), self._actions()) if view == TABLE else ((), ())
        groups = help_groups(view, screen.session.keys, kind, columns, actions=actions)
        screen.app.push_screen(HelpScreen(f"Keys for {kind.many}", groups))

    def _actions(self) -> Sequence[Action]:
        """Return what may be done to the rows of this kind: nothing where stackdeck only looks."""
        return () if self._screen.session.options.read_only else self._screen.browsing.kind.actions

    def session_back(self, argument: str) -> None:
        """Close the pane, leave the drill-down, clear the filter: the first of these that there is. Never quits."""
        screen = self._screen
        look = screen.here()
        if screen.view_name == SIDE:
            screen.focus_on(TABLE)
        elif screen.describing:
            screen.commands.seeing.close_describe()
        elif look.restriction is not None:
            before = screen.history.back(look)
            if before is not None and before.restriction is None:
                screen.go(before, remember=False)
            else:
                screen.go(replace(look, restriction=None))
        elif look.filter:
            screen.go(replace(look, filter=""), remember=False)
        elif look.unhealthy:
            screen.go(replace(look, unhealthy=False), remember=False)
        elif screen.table.marks:
            screen.table.clear_marks()
            screen.write_frame()
        elif screen.commands.placing_failed():
            screen.commands.placing.show(())

    def session_quit(self, argument: str) -> None:
        """Close what is open; at the top ask, then quit."""
        screen = self._screen
        if screen.view_name == PANE or (screen.describing and not screen.list_pane.display):
            screen.commands.seeing.close_describe()
        else:
            self.leave()

    def leave(self, *, force: bool = False) -> None:
        """Quit, after asking unless `force`."""
        screen = self._screen
        if force:
            screen.app.exit()
            return
        operations = screen.session.operations
        lines = ["Nothing is running."]
        if operations is not None and (number := operations.running):
            what = "1 operation is" if number == 1 else f"{number} operations are"
            lines = [
                f"▲ {what} still running (:operations).",
                "What the cloud has taken goes on there, unwatched. What was not sent yet is not sent.",
            ]
        dialog = Confirm("Quit stackdeck?", lines, "Quit", "Stay")
        screen.app.push_screen(dialog, lambda yes: screen.app.exit() if yes else None)

    # -- signing in --------------------------------------------------------------------------------------------------

    def sign_in(self, entry_name: str) -> None:
        """Ask for what an entry wants typed, and sign in with it."""
        screen = self._screen
        if screen.commands.tunnelling.ask(entry_name):
            return
        entry = next((entry for entry in screen.session.entries if entry.name == entry_name), None)
        if entry is None or not entry.prompts:
            return

        def typed(answers: Typed | None) -> None:
            if answers and screen.session.feeds is not None:
                screen.session.feeds.provide(entry_name, answers)

        screen.app.push_screen(SignInDialog(entry_name, entry.prompts), typed)

    # -- finding everywhere ------------------------------------------------------------------------------------------

    def find(self, text: str) -> None:
        """Ask every place for a text; what is found comes into a list of its own."""
        screen, session = self._screen, self._screen.session
        if session.clouds is None or session.feeds is None:
            return
        if not text:
            screen.say("Say what to find: :find 10.0.0.1, an id or a name.", "warn", "▲")
            return
        scopes = list(session.scopes)
        found = FoundScreen(text, scopes)
        sink = screen.app.drain

        def on_hit(hit: Hit) -> None:
            sink.put(Done(lambda value, trouble: found.add(hit)))

        def on_done(failed: Sequence[tuple[Scope, Trouble]]) -> None:
            sink.put(Done(lambda value, trouble: found.finish(failed)))

        cancel = find(session.clouds, session.feeds.workers, KINDS.values(), text, on_hit, on_done)

        def closed(chosen: Hit | None) -> None:
            cancel()
            if chosen is not None:
                self._show(chosen)

        screen.app.push_screen(found, closed)

    def _show(self, found: Hit) -> None:
        look = self._screen.here()
        place = (found.scope.cloud, found.scope.region)
        self._screen.go(
            replace(
                look,
                kind=found.kind,
                places=frozenset({place}),
                filter=found.id,
                unhealthy=False,
                restriction=None,
                cursor=found.key,
            )
        )
