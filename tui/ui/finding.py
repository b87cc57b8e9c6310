"""Commands that find: filter, `:`, history, all projects, `:find`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tui.config.keymap import COMMANDS
from tui.config.state import remember
from tui.model.text import inert
from tui.resources.registry import KINDS
from tui.ui.command_line import CommandLine
from tui.ui.commanding import Go, Problem, Run, Suggestion, Vocabulary, parse_command, suggestions
from tui.ui.naming import NameDialog
from tui.ui.themes import THEMES

if TYPE_CHECKING:
    from tui.ui.screen import BrowseScreen


class Finding:
    """Methods are command ids; the argument is the text after the `:` word."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        self._forbidden: list[str] = []
        """Labels of the places that are known to forbid all projects."""

    # -- the filter --------------------------------------------------------------------------------------------------

    def find_filter(self, argument: str) -> None:
        """Open the filter line; with an argument, filter by it or by the saved filter of that name."""
        if argument:
            saved = self.filters.get(argument.strip())
            text = saved if saved is not None else argument
            self._screen.go(replace(self._screen.here(), filter=text))
            self.keep_history(text)
        else:
            self._screen.open_filter()

    def keep_history(self, text: str) -> None:
        """Remember a filter that was entered."""
        if text.strip():
            memory = self._screen.session.memory
            memory.filters = remember(memory.filters, text)
            self._screen.filter_line.remember(memory.filters)

    @property
    def filters(self) -> dict[str, str]:
        """Filters that have a name: kept here, or written into the settings."""
        session = self._screen.session
        return {**session.settings.filters, **session.memory.kept}

    def keep_filter(self, text: str) -> None:
        """Ask for a name and keep the filter under it."""
        screen = self._screen

        def named(name: str | None) -> None:
            if name:
                screen.session.memory.kept[name] = text
                screen.session.save()
                screen.say(f":filter {inert(name)} brings it back.", "text", "✓")

        screen.app.push_screen(NameDialog("Keep this filter", inert(text), "Name"), named)

    # -- the command line --------------------------------------------------------------------------------------------

    def find_go(self, argument: str) -> None:
        """Open the `:` line."""
        screen = self._screen
        line = CommandLine(self.suggest, screen.session.memory.commands, argument, check=self._check)
        screen.app.push_screen(line, self.entered)

    def suggest(self, text: str) -> list[Suggestion]:
        """Return what may follow a `:` text."""
        screen = self._screen
        if text.lstrip().startswith("project") and screen.session.feeds is not None:
            screen.commands.placing.learn_projects(lambda: None)
        vocabulary = Vocabulary(
            kinds=tuple(KINDS.values()),
            commands=[command for command in COMMANDS if command.id in screen.commands.deeds],
            clouds=self._clouds(),
            themes=[theme.name for theme in THEMES],
            filters=self.filters,
            projects=sorted({one.name for its in screen.session.projects.values() for one in its}),
            rows=lambda kind: screen.browsing.number_of(KINDS[kind]),
        )
        return suggestions(text, vocabulary)

    def entered(self, text: str | None) -> None:
        """Do what a `:` text says."""
        if text is None or not text.strip():
            return
        screen = self._screen
        memory = screen.session.memory
        memory.commands = remember(memory.commands, text.strip())
        meaning = parse_command(text, tuple(KINDS.values()), COMMANDS, self._clouds())
        match meaning:
            case Go():
                self._go(meaning)
            case Run():
                self._run(meaning)
            case Problem():
                near = f" Did you mean {meaning.near}?" if meaning.near else ""
                screen.say(f"{inert(meaning.text)}{inert(near)}", "warn", "▲")

    def _check(self, text: str) -> str:
        meaning = parse_command(text, tuple(KINDS.values()), COMMANDS, self._clouds())
        return meaning.text if isinstance(meaning, Problem) else ""

    def _clouds(self) -> dict[str, tuple[str, ...]]:
        return {
            entry.name: tuple(dict.fromkeys(scope.region for scope in entry.scopes if scope.region)) or entry.regions
            for entry in self._screen.session.entries
        }

    def _go(self, meaning: Go) -> None:
        look = self._screen.here()
        places = look.places
        if meaning.places:
            places = frozenset(place for place in meaning.places if place != ("", ""))
        kind = meaning.kind or look.kind
        self._screen.go(
            replace(
                look,
                kind=kind,
                places=places,
                filter=meaning.filter,
                unhealthy=False,
                restriction=None,
                cursor=look.cursor if kind == look.kind else "",
            )
        )
        if meaning.filter:
            self.keep_history(meaning.filter)

    def _run(self, meaning: Run) -> None:
        commands = self._screen.commands
        if meaning.command == "session.quit":
            commands.running.leave(force=meaning.force)
        elif meaning.command in commands.deeds:
            commands.run(meaning.command, meaning.argument)
        else:
            self._screen.say("That works in text views only.", "dim")

    # -- history -----------------------------------------------------------------------------------------------------

    def find_back(self, argument: str) -> None:
        """To the look before."""
        self._turn_to("back")

    def find_forward(self, argument: str) -> None:
        """To the look that was left by going back."""
        self._turn_to("forward")

    def find_last(self, argument: str) -> None:
        """To the last look, and with the next press here again."""
        self._turn_to("last")

    def _turn_to(self, way: str) -> None:
        screen = self._screen
        look = getattr(screen.history, way)(screen.here())
        if look is None:
            screen.say("There is no view to go back to." if way != "forward" else "There is no view further on.", "dim")
        else:
            screen.go(look, remember=False)

    # -- everywhere --------------------------------------------------------------------------------------------------

    def find_all_projects(self, argument: str) -> None:
        """Show the rows of all projects, or of one's own again."""
        browsing = self._screen.browsing
        browsing.all_projects = not browsing.all_projects
        browsing.take_scopes()
        own = "" if browsing.all_projects else "Only your own project's rows are asked for again."
        self._screen.say(own or "The rows of all projects are asked for.", "text")
        self._screen.write_frame()

    def check_all_projects(self) -> None:
        """Say where policy forbids all projects; go back to one's own where it does so everywhere."""
        screen, browsing = self._screen, self._screen.browsing
        if not browsing.all_projects:
            return
        states = {scope.label: browsing.state(scope) for scope in browsing.scopes}
        forbidden = [label for label, state in states.items() if state.own_only is not None]
        if not forbidden or forbidden == self._forbidden:
            return
        self._forbidden = forbidden
        if len(forbidden) == len(states):
            browsing.all_projects = False
            self._forbidden = []
            browsing.take_scopes()
            screen.say("off: your role may not list all projects: your own project's rows are shown", "warn", "▲")
        else:
            where = ", ".join(forbidden)
            screen.say(f"Your role may not list all projects in {where}: your own are shown there.", "warn", "▲")

    def find_everywhere(self, argument: str) -> None:
        """Ask every place for an address, an id or a name."""
        self._screen.commands.running.find(argument.strip())
