"""Commands that look closer: open, describe, raw, used by, jump, wide, only unhealthy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from tui.config.keymap import PANE, TABLE
from tui.model.entry import Entry
from tui.model.read import Params
from tui.model.text import inert
from tui.model.trouble import Trouble, TroubleError
from tui.resources.kind import Extra, Jump, Kind, Use
from tui.resources.registry import KINDS
from tui.ui.look import Restriction

if TYPE_CHECKING:
    from textual.timer import Timer

    from tui.cloud import Api
    from tui.ui.screen import BrowseScreen

FOLDED = 100
"""Terminals narrower than this show the side pane over the table, when asked, and describe on the whole screen."""
DEBOUNCE = 0.15
"""Seconds that the cursor rests before the whole resource is read."""

Whole = tuple[dict[str, Any], dict[str, Any]]
"""A resource as the service sent it, and the answers of its extras."""


def read_whole(kind: Kind, ident: str) -> Callable[[Api], Whole]:
    """Return a job that reads a resource and its extras; those that fail are left out: policy often forbids them."""

    def job(api: Api) -> Whole:
        raw = api.item(kind.read, ident)
        extras: dict[str, Any] = {}
        for extra in kind.extras:
            try:
                extras[extra.name] = read_extra(api, extra, ident)
            except (TroubleError, msgspec.MsgspecError):
                continue
        return raw, extras

    return job


def read_extra(api: Api, extra: Extra, ident: str) -> Any:
    """Read what an extra declares. Raises TroubleError or MsgspecError."""
    params: Params = tuple((name, value.replace("{id}", ident)) for name, value in extra.params)
    reply = api.get(extra.service, extra.path.replace("{id}", ident), params, microversion=extra.microversion)
    answer = msgspec.json.decode(reply.body)
    return answer.get(extra.key) if isinstance(answer, dict) and extra.key else answer


class Seeing:
    """Methods are command ids; others follow the cursor."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        self._timer: Timer | None = None
        self._filled = ""
        """Key of the entry whose whole resource is shown or asked for."""
        self._whole_screen = False

    def off(self) -> frozenset[str]:
        """Return the commands that the kind on the screen has nothing for."""
        kind = self._screen.browsing.kind
        found = {"see.left", "see.right"} if not self._screen.table.wide else set()
        found |= set() if kind.uses else {"see.used"}
        found |= set() if kind.jumps else {"see.jump"}
        return frozenset(found)

    # -- describe ----------------------------------------------------------------------------------------------------

    def see_open(self, argument: str) -> None:
        """Choose the place or kind under the side pane's cursor, sign in, or describe the row on the whole screen."""
        screen = self._screen
        if screen.side.active:
            screen.side.choose()
            return
        entry = screen.table.current
        if entry is None:
            if name := screen.browsing.asks_for():
                screen.commands.running.sign_in(name)
            return
        if argument.strip():
            self._find_named(argument.strip())
            return
        self._open(entry, whole=True)

    def see_describe(self, argument: str) -> None:
        """Show or close the describe pane."""
        screen = self._screen
        if screen.describing and not self._whole_screen:
            self.close_describe()
        elif (entry := screen.table.current) is not None:
            self._open(entry, whole=False)
        else:
            screen.say("There is no row to describe.", "dim")

    def close_describe(self) -> None:
        """Close the pane."""
        screen = self._screen
        screen.describing = self._whole_screen = False
        screen.describe.display = False
        screen.list_pane.display = True
        self._filled = ""
        screen.focus_on(TABLE)

    def fit(self) -> None:
        """Give the pane the whole screen, or the table its part of it, as the width wants."""
        screen = self._screen
        if screen.describing:
            screen.list_pane.display = not self._whole_screen and screen.size.width >= FOLDED
            if not screen.list_pane.display:
                screen.focus_on(PANE)

    def follow_cursor(self) -> None:
        """Show the row under the cursor in the pane at once; read the whole of it when the cursor rests."""
        screen = self._screen
        entry = screen.table.current
        if entry is None:
            screen.describe.clear()
            self._filled = ""
            return
        if entry.key != self._filled:
            screen.describe.show(screen.browsing.kind, entry, screen.session.now())
            self._filled = entry.key
            self._rest()

    def row_changed(self) -> None:
        """The row in the pane changed: show it again, and read the whole of it again."""
        entry = self._screen.table.current
        if entry is not None:
            self._screen.describe.show(self._screen.browsing.kind, entry, self._screen.session.now())
            self._rest()

    def _open(self, entry: Entry, *, whole: bool) -> None:
        screen = self._screen
        screen.describing = True
        self._whole_screen = whole
        screen.describe.display = True
        screen.describe.set_class(whole, "-whole")
        screen.list_pane.display = not whole and screen.size.width >= FOLDED
        self._filled = ""
        self.follow_cursor()
        screen.focus_on(TABLE if screen.list_pane.display else PANE)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen.set_timer(DEBOUNCE, self._fill)

    def _fill(self) -> None:
        screen = self._screen
        entry, feeds, kind = screen.table.current, screen.session.feeds, screen.browsing.kind
        if entry is None or feeds is None or not screen.describing:
            return

        def got(value: Whole | None, trouble: Trouble | None) -> None:
            if value is not None:
                screen.describe.fill(entry.key, *value)
            elif trouble is not None:
                screen.describe.fail(entry.key, trouble)

        feeds.ask(entry.scope, read_whole(kind, entry.id), got, all_projects=screen.browsing.all_projects)

    # -- raw ---------------------------------------------------------------------------------------------------------

    def see_raw(self, argument: str) -> None:
        """Read the whole resource and show it as YAML or JSON."""
        screen = self._screen
        entry, feeds, kind = screen.table.current, screen.session.feeds, screen.browsing.kind
        if entry is None or feeds is None:
            screen.say("There is no row to show.", "dim")
            return
        name = inert(kind.name(entry.row))
        screen.say(f"asking for all of {name}", "move", "◐")

        def got(value: dict[str, Any] | None, trouble: Trouble | None) -> None:
            if value is None:
                screen.say(inert(trouble.title) if trouble else "Nothing came.", "bad", "✗")
                return
            screen.hush()
            title = (*filter(None, (entry.scope.cloud, entry.scope.region, kind.name(entry.row))), "raw")
            from tui.ui.raw import RawScreen

            screen.app.push_screen(RawScreen(title, value, kind.secret, save_name=kind.id, keys=screen.session.keys))

        ident = entry.id
        feeds.ask(entry.scope, lambda api: api.item(kind.read, ident), got, all_projects=screen.browsing.all_projects)

    # -- relations ---------------------------------------------------------------------------------------------------

    def see_used(self, argument: str) -> None:
        """Show the rows of another kind that use this one."""
        self._choose("Used by", self._screen.browsing.kind.uses, self._show_users)

    def see_jump(self, argument: str) -> None:
        """Show the rows of another kind that this one refers to."""
        self._choose("Jump to", self._screen.browsing.kind.jumps, self._jump)

    def _choose(self, title: str, ways: Sequence[Use] | Sequence[Jump], then: Callable[[Any, Entry], None]) -> None:
        screen = self._screen
        entry = screen.table.current
        if not ways or entry is None:
            kind = screen.browsing.kind
            screen.say(f"off: {kind.plural} have nothing to go to here." if not ways else "There is no row.", "dim")
            return
        if len(ways) == 1:
            then(ways[0], entry)
            return

        def picked(key: str | None) -> None:
            if key is not None:
                then(ways[int(key)], entry)

        titles: list[str] = [way.title for way in ways]
        from tui.ui.picker import Item, Picker

        items = [Item(str(number), one) for number, one in enumerate(titles)]
        screen.app.push_screen(Picker(f"{title}: {inert(screen.browsing.kind.name(entry.row))}", items), picked)

    def _jump(self, way: Jump, entry: Entry) -> None:
        target, kind = KINDS[way.kind], self._screen.browsing.kind
        name = f"{kind.one} {kind.name(entry.row)}"
        words = f"{target.title} of {name}", f"No {target.one} of {name} is listed here"
        self._drill(way.kind, words, lambda other: way.matches(entry, other))

    def _show_users(self, way: Use, entry: Entry) -> None:
        screen = self._screen
        target, name = KINDS[way.kind], f"{screen.browsing.kind.one} {screen.browsing.kind.name(entry.row)}"
        words = f"{target.title} that use {name}", f"No {target.one} uses {name}"
        matches, via, users = way.matches, way.via, way.users
        if via is None or users is None:
            if matches is not None:
                self._drill(way.kind, words, lambda other: matches(entry, other))
            return
        if screen.session.feeds is None:
            return
        screen.say("asking who uses it", "move", "◐")

        def got(value: Any, trouble: Trouble | None) -> None:
            screen.hush()
            if trouble is not None and matches is None:
                screen.say(inert(trouble.title), "bad", "✗")
                return
            ids = {users(item) for item in value or ()}
            self._drill(
                way.kind, words, lambda other: other.id in ids or (matches is not None and matches(entry, other))
            )

        ident = entry.id
        screen.session.feeds.ask(entry.scope, lambda api: read_extra(api, via, ident), got)

    def _drill(self, kind: str, words: tuple[str, str], test: Callable[[Entry], bool]) -> None:
        look = self._screen.here()
        restriction = Restriction(inert(words[0]), inert(words[1]), test)
        if self._screen.describing:
            self.close_describe()
        self._screen.go(replace(look, kind=kind, filter="", unhealthy=False, restriction=restriction, cursor=""))

    def _find_named(self, name: str) -> None:
        kind = self._screen.browsing.kind
        for entry in self._screen.browsing.rows:
            if name in (kind.name(entry.row), entry.id):
                self._screen.table.find(entry.key)
                return
        self._screen.say(f"No {kind.one} shown is called {inert(name)}.", "warn", "▲")

    # -- the table ---------------------------------------------------------------------------------------------------

    def see_wide(self, argument: str) -> None:
        """Show every column, scrolled by whole columns, or those that fit."""
        table = self._screen.table
        table.set_wide(not table.wide)
        self._screen.session.memory.wide = table.wide
        self._screen.write_frame()

    def see_unhealthy(self, argument: str) -> None:
        """Show only rows that are broken, need attention or are not known."""
        look = self._screen.here()
        self._screen.go(replace(look, unhealthy=not look.unhealthy))

    def see_left(self, argument: str) -> None:
        """In wide mode, a column to the left."""
        self._scroll(-1)

    def see_right(self, argument: str) -> None:
        """In wide mode, a column to the right."""
        self._scroll(1)

    def _scroll(self, columns: int) -> None:
        table = self._screen.table
        if not table.wide:
            self._screen.say("All columns that fit are shown: ctrl+w shows the others.", "dim")
            return
        table.set_wide(True, max(0, table.skip + columns))
