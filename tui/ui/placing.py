"""Commands that choose where: clouds, regions, project, kind, panes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tui.config.keymap import PANE, SIDE, TABLE
from tui.live.places import ALL, PlaceKey
from tui.model.place import Project, Scope
from tui.model.text import inert
from tui.model.trouble import Trouble
from tui.ui.picker import Item, Picker

if TYPE_CHECKING:
    from tui.ui.screen import BrowseScreen

_EVERY = frozenset({"", "all", "*"})


class Placing:
    """Methods are command ids; others are called by the panes."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen

    def choose(self, place: PlaceKey, more: bool = False) -> None:
        """Show a place alone, signing in if it waits for that, or (`more`) put it to or take it from those shown."""
        now = self._screen.browsing.look.places
        if place == ALL:
            self.show(())
        elif more:
            cloud, region = place
            others = {one for one in now if one[0] != cloud or (bool(one[1]) == bool(region))}
            self.show(others ^ {place})
        else:
            self.show((place,))
            if name := self._screen.browsing.asks_for():
                self._screen.commands.running.sign_in(name)

    def show(self, places: Iterable[PlaceKey]) -> None:
        """Show just these places; none means all."""
        self._screen.go(replace(self._screen.here(), places=frozenset(places)))

    def show_kind(self, kind: str) -> None:
        """Show another kind of the same places, unfiltered."""
        look = self._screen.here()
        if kind != look.kind:
            self._screen.go(replace(look, kind=kind, filter="", unhealthy=False, restriction=None, cursor=""))

    # -- commands ----------------------------------------------------------------------------------------------------

    def place_cloud(self, argument: str) -> None:
        """Show a cloud, or all."""
        name = argument.strip()
        names = [entry.name for entry in self._screen.session.entries]
        if not name:
            items = [Item("all", "all clouds"), *(Item(one, one) for one in names)]
            self._pick("Cloud", items, self.place_cloud)
        elif name.lower() in _EVERY:
            self.show(())
        elif name in names:
            self.show(((name, ""),))
        else:
            self._screen.say(f"There is no cloud {inert(name)}.", "warn", "▲")

    def place_region(self, argument: str) -> None:
        """Show a region («r1» in whatever clouds have it, or «cloud/r1»), or all of the clouds shown."""
        name = argument.strip()
        known = [(entry.name, s.region) for entry in self._screen.session.entries for s in entry.scopes if s.region]
        if not name:
            items = [Item("all", "all regions"), *(Item(f"{c}/{r}", r, c) for c, r in dict.fromkeys(known))]
            self._pick("Region", items, self.place_region)
        elif name.lower() in _EVERY:
            self.show({(cloud, "") for cloud, _ in self._screen.browsing.look.places})
        else:
            cloud, _, region = name.rpartition("/")
            found = {one for one in known if one[1] == region and cloud in ("", one[0])}
            if found:
                self.show(found)
            else:
                self._screen.say(f"There is no region {inert(name)}.", "warn", "▲")

    def place_project(self, argument: str) -> None:
        """Switch the project of the chosen clouds, where their sign-in allows it."""
        screen = self._screen
        if screen.session.feeds is None or not screen.browsing.scopes:
            screen.say("There is no cloud to switch the project of.", "warn", "▲")
            return
        wanted = argument.strip()
        if self.learn_projects(lambda: self._choose_project(wanted)):
            screen.say("asking which projects there are", "move", "◐")

    def learn_projects(self, then: Callable[[], None]) -> bool:
        """Ask the chosen clouds for their projects, each once; returns whether any is asked now.

        `then` is called when all have answered or failed.
        """
        session = self._screen.session
        feeds, clouds = session.feeds, session.clouds
        asked = {name: scope for scope in self._screen.browsing.scopes for name in scope.clouds}
        waiting = {name for name in asked if name not in session.projects}
        if feeds is None or clouds is None or not waiting:
            then()
            return False

        def ask(name: str, scope: Scope) -> None:
            def got(value: tuple[Project, ...] | None, trouble: Trouble | None) -> None:
                if value is not None:
                    session.projects[name] = tuple(project for project in value if project.enabled)
                waiting.discard(name)
                if not waiting:
                    then()

            feeds.ask(scope, lambda api: clouds.projects(api.scope), got)

        for name in sorted(waiting):
            ask(name, asked[name])
        return True

    def _choose_project(self, wanted: str) -> None:
        """Switch the clouds that have the project; without a name, offer what there is."""
        screen = self._screen
        screen.hush()
        names = dict.fromkeys(name for scope in screen.browsing.scopes for name in scope.clouds)
        known = {name: screen.session.projects.get(name, ()) for name in names}
        if not wanted:
            where: dict[str, list[str]] = {}
            for cloud, projects in known.items():
                for project in projects:
                    where.setdefault(project.name, []).append(cloud)
            if where:
                items = [Item(name, name, ", ".join(clouds)) for name, clouds in sorted(where.items())]
                self._pick("Project", items, self.place_project)
            else:
                screen.say("No cloud tells which projects there are. :project NAME switches to one.", "warn", "▲")
            return
        # A cloud that does not tell its projects may have this one all the same.
        have = [name for name, its in known.items() if not its or any(wanted in {p.id, p.name} for p in its)]
        if not have:
            screen.say(f"No chosen cloud has a project {inert(wanted)}.", "warn", "▲")
            return
        self._switch(have, wanted)
        lacking = [name for name in names if name not in have]
        if lacking:
            screen.say(
                f"{inert(', '.join(lacking))} has no project {inert(wanted)} and stays where it is.", "warn", "▲"
            )

    def _switch(self, names: Sequence[str], project: str) -> None:
        """Switch each entry in a worker of its own place: one that hangs or may not holds no other, nor the screen."""
        screen, session = self._screen, self._screen.session
        clouds, feeds = session.clouds, session.feeds
        if clouds is None or feeds is None:
            return
        old = {scope.key for scope in screen.browsing.scopes}
        lead = {name: scope for scope in screen.browsing.scopes for name in scope.clouds}
        waiting, staying = set(names), list[str]()

        def ask(name: str) -> None:
            def got(value: None, trouble: Trouble | None) -> None:
                waiting.discard(name)
                if trouble is not None:
                    staying.append(trouble.title)
                else:
                    for key in old - {scope.key for scope in clouds.scopes}:
                        old.discard(key)
                        screen.browsing.fleet.forget(key)
                    screen.scopes_changed()
                if staying and not waiting:
                    screen.say("; ".join(staying), "bad", "✗")

            feeds.ask(lead[name], lambda api: clouds.switch_project([name], project), got)

        for name in names:
            ask(name)

    def pane_next(self, argument: str) -> None:
        """Go to the next pane: side, table, describe."""
        self._turn(1)

    def pane_previous(self, argument: str) -> None:
        """Go to the pane before."""
        self._turn(-1)

    def pane_side(self, argument: str) -> None:
        """Show or hide the side pane."""
        screen = self._screen
        screen.show_side(not screen.side.display)
        if screen.side.display and not screen.side.active:
            screen.focus_on(SIDE)

    def _turn(self, step: int) -> None:
        screen = self._screen
        panes = [TABLE]
        if screen.side.display:
            panes.insert(0, SIDE)
        if screen.describing:
            panes.append(PANE)
            if not screen.list_pane.display:
                panes.remove(TABLE)
        here = screen.view_name
        at = panes.index(here) if here in panes else 0
        screen.focus_on(panes[(at + step) % len(panes)])

    def _pick(self, title: str, items: list[Item], then: object) -> None:
        def picked(key: str | None) -> None:
            if key and callable(then):
                then(key)

        self._screen.app.push_screen(Picker(title, items), picked)
