"""Commands that change something: the menu, deletion, booting; and what follows from them on the screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from tui.live.confirming import asks
from tui.live.operations import Operations
from tui.model.entry import Entry
from tui.model.place import Scope
from tui.model.status import MARKS, Health
from tui.model.text import inert
from tui.model.trouble import Trouble
from tui.resources.action import Action, Consequence, Values
from tui.resources.policy import cannot_create
from tui.ui.action_menu import ActionMenu, menu_rows
from tui.ui.audit_view import AuditScreen
from tui.ui.confirm import ActionConfirm
from tui.ui.desks import Desks, by_scope, named
from tui.ui.following import Following
from tui.ui.form import Filled, FormScreen
from tui.ui.operations_board import OperationsScreen
from tui.ui.outcome import Left, joined
from tui.ui.picker import Item, Picker

if TYPE_CHECKING:
    from tui.ui.screen import BrowseScreen

Start = Callable[[Sequence[str]], None]
"""Begins a deed with the further deeds that were chosen."""


class Acting:
    """Methods with a command's name are commands; the argument is the text after the `:` word."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        self._desks = Desks(screen.browsing)
        self.following = Following(screen)

    @property
    def operations(self) -> Operations | None:
        """What runs, once the clouds are known."""
        return self._screen.session.operations

    def off(self) -> frozenset[str]:
        """Return the commands that the kind on the screen has no action for."""
        actions = self._screen.browsing.kind.actions
        found = set()
        if not actions:
            found.add("act.menu")
        if self._by_key("ctrl+d") is None:
            found.add("act.delete")
        if self._creation() is None:
            found |= {"act.boot", "act.like"}
        if self._by_key("f") is None:
            found.add("act.floating")
        return frozenset(found)

    # -- commands ----------------------------------------------------------------------------------------------------

    def act_menu(self, argument: str) -> None:
        """Show every action of the chosen rows; with a word after it, do that one."""
        screen, kind = self._screen, self._screen.browsing.kind
        targets, hidden = self._targets()
        if argument.strip():
            self._do_named(argument.strip(), targets, hidden)
        elif not kind.actions:
            screen.say(f"Nothing can be done to {kind.many} here yet.", "dim")
        elif not targets and not any(action.creates for action in kind.actions):
            screen.say("There is no row to do anything to.", "dim")
        else:
            rows = menu_rows(
                sorted((each for each in kind.actions if targets or each.creates), key=lambda each: each.creates),
                targets,
                self._desks.off,
                self._cannot_make(),
            )
            if not targets:
                title, hint = f"Actions for {kind.many}", ""
            elif len(targets) == 1:
                status = targets[0].status
                title = f"Actions for {named(targets, kind.many)}"
                hint = f"{targets[0].scope.label}   {MARKS[status.health]} {status.word}"
            else:
                places = list(dict.fromkeys(entry.scope.label for entry in targets))
                title = f"Actions for {named(targets, kind.many)}"
                hint = places[0] if len(places) == 1 else f"{len(places)} places"

            def chosen(ident: str | None) -> None:
                if ident is not None:
                    self.start(next(action for action in kind.actions if action.id == ident), targets, hidden)

            screen.app.push_screen(ActionMenu(title, hint, rows), chosen)

    def act_delete(self, argument: str) -> None:
        """Delete the chosen rows, after a dialog."""
        self._run_key("ctrl+d", "deleted")

    def act_floating(self, argument: str) -> None:
        """Attach, detach or release a floating IP."""
        self._run_key("f", "given a floating IP")

    def act_boot(self, argument: str) -> None:
        """Make one of this kind, from a form."""
        self._make(like=False)

    def act_like(self, argument: str) -> None:
        """Make one like the row under the cursor."""
        self._make(like=True)

    def ops_board(self, argument: str) -> None:
        """Show what runs and what was done."""
        if self.operations is not None:
            self._screen.app.push_screen(OperationsScreen(self.operations, self._screen.session.keys, self._show_row))

    def ops_audit(self, argument: str) -> None:
        """Show the audit log."""
        self._screen.app.push_screen(AuditScreen(self._screen.session.now(), self._screen.session.keys))

    # -- from a choice to its start ----------------------------------------------------------------------------------

    def start(self, action: Action, targets: Sequence[Entry], hidden: frozenset[str] = frozenset()) -> None:
        """Do an action to rows: by its form, after its dialog, or at once, as its tier wants."""
        if action.creates:
            self._make_in(action, like=False)
            return
        able = [entry for entry in targets if not self._desks.off(action, entry)]
        if not able or (len(targets) > 1 and not action.many):
            why = self._desks.off(action, targets[0]) if targets and not able else "it is done to one row at a time"
            self._screen.say(f"{action.title} {named(targets, 'rows')}: off: {why or 'no row'}", "warn", "▲")
        elif action.form is not None:
            self._open_form(action, able, targets, hidden)
        else:
            self._confirm(
                action, targets, {}, hidden, "", partial(self._begin, action, able, self._left(action, targets), {})
            )

    def _confirm(
        self,
        action: Action,
        targets: Sequence[Entry],
        values: Values,
        hidden: frozenset[str],
        note: str,
        begin: Start,
    ) -> None:
        """Ask what is to be asked, then begin."""
        unlogged = self._screen.session.audit.check()
        guarded = self._desks.guarded(action)

        def asker(consequences: Sequence[Consequence] | None, chosen: Mapping[str, bool]) -> object:
            return asks(
                guarded,
                targets,
                self._desks.is_protected,
                consequences,
                identity=self._desks.identity,
                hidden=hidden,
                chosen=chosen,
                unlogged=unlogged,
            )

        first = asks(
            guarded,
            targets,
            self._desks.is_protected,
            (),
            identity=self._desks.identity,
            hidden=hidden,
            unlogged=unlogged,
        )
        if not first.asks:
            begin(())
            return
        dialog = ActionConfirm(asker, action.choices, note)  # type: ignore[arg-type]
        self._screen.app.push_screen(dialog, lambda chosen: begin(tuple(chosen)) if chosen is not None else None)
        if action.consequences is not None:
            self._look_up(action, [entry for entry in targets if not self._desks.off(action, entry)], dialog)

    def _look_up(self, action: Action, targets: Sequence[Entry], dialog: ActionConfirm) -> None:
        """Ask for the consequences, place by place, in workers; hand them over when all have answered."""
        feeds, look = self._screen.session.feeds, action.consequences
        groups = by_scope(targets)
        found: list[Consequence] = []
        left = len(groups)
        if feeds is None or look is None or not groups:
            return

        def took(scope: Scope, value: object, trouble: Trouble | None) -> None:
            nonlocal left
            left -= 1
            if trouble is not None:
                text = f"what happens in {inert(scope.label)} could not be looked up"
                found.append(Consequence(Health.UNKNOWN, 0, text, trouble.said or trouble.title, raises=True))
            elif isinstance(value, Sequence):
                found.extend(value)
            if not left and dialog.is_attached:
                dialog.looked_up(joined(found), self._screen.session.now())

        for scope, entries in groups:
            desk = self._desks.desk(scope, entries)
            if desk is None:
                took(scope, (), None)
                continue
            feeds.ask(scope, lambda api, desk=desk: tuple(look(desk)), partial(took, scope))  # type: ignore[misc]

    def _begin(
        self, action: Action, targets: Sequence[Entry], left: Left, values: Values, choices: Sequence[str]
    ) -> None:
        """Start it; the row shows the aim from now on."""
        if self.operations is None:
            return
        operation = self.operations.start(action, targets, values, choices)
        self._screen.table.clear_marks()
        self._screen.write_frame()
        self.following.started(operation, left)

    # -- forms -------------------------------------------------------------------------------------------------------

    def _open_form(
        self, action: Action, able: Sequence[Entry], targets: Sequence[Entry], hidden: frozenset[str]
    ) -> None:
        groups = by_scope(able)
        form = action.form
        if form is None:
            return
        if len(groups) > 1 and any(field.options is not None for field in form.fields):
            self._screen.say(
                f"{action.title}: what there is to choose differs by place: mark rows of one.", "warn", "▲"
            )
            return
        scope = groups[0][0]
        desk = self._desks.desk(scope, able)
        if desk is None or self._screen.session.feeds is None:
            return

        def send(filled: Filled) -> None:
            self._confirm(
                action,
                targets,
                filled.values,
                hidden,
                filled.summary,
                lambda choices: self._send(
                    form_screen, action, able, filled, choices, None, self._left(action, targets)
                ),
            )

        title = f"{action.title}: {named(able, self._screen.browsing.kind.many)}"
        form_screen = FormScreen(action, form, desk, self._screen.session, title, send)
        self._screen.app.push_screen(form_screen)

    def _make(self, *, like: bool) -> None:
        action = self._creation()
        if action is None:
            self._screen.say(f"No {self._screen.browsing.kind.one} can be made here yet.", "dim")
        else:
            self._make_in(action, like=like)

    def _make_in(self, action: Action, *, like: bool) -> None:
        """Open the form of a creation, in the one place there is or in one that is chosen."""
        screen = self._screen
        current = screen.table.current
        if like and (current is None or self._desks.barred(current)):
            why = self._desks.barred(current) if current is not None else "there is no row"
            screen.say(f"{action.title}: off: {why}", "warn", "▲")
            return
        if why := self._cannot_make():
            screen.say(f"{action.title}: off: {why}", "warn", "▲")
            return
        places = [current.scope] if like and current is not None else self._desks.places_to_make(current)
        if len(places) == 1:
            self._open_creation(action, places[0], [current] if like and current is not None else [])
            return

        def picked(key: str | None) -> None:
            if key is not None:
                self._open_creation(action, next(scope for scope in places if scope.key == key), [])

        items = [Item(scope.key, scope.label, self._desks.who(scope).project or scope.project) for scope in places]
        screen.app.push_screen(Picker(f"{action.title}: where", items), picked)

    def _open_creation(self, action: Action, scope: Scope, like: Sequence[Entry]) -> None:
        desk = self._desks.desk(scope, like)
        form = action.form
        if desk is None or form is None or self._screen.session.feeds is None:
            return
        if why := cannot_create(None, desk.identity):
            self._screen.say(f"{action.title}: off: {why}", "warn", "▲")
            return

        def send(filled: Filled) -> None:
            self._send(form_screen, action, (), filled, (), scope)

        form_screen = FormScreen(action, form, desk, self._screen.session, form.title or action.title, send)
        self._screen.app.push_screen(form_screen)

    def _send(
        self,
        form: FormScreen,
        action: Action,
        targets: Sequence[Entry],
        filled: Filled,
        choices: Sequence[str],
        scope: Scope | None = None,
        left: Left = (),
    ) -> None:
        if self.operations is None:
            return
        operation = self.operations.start(action, targets, filled.values, choices, scope=scope)
        form.sending()
        self._screen.table.clear_marks()
        self._screen.write_frame()
        self.following.sent(operation, form, left)

    # -- inner -------------------------------------------------------------------------------------------------------

    def _targets(self) -> tuple[tuple[Entry, ...], frozenset[str]]:
        table = self._screen.table
        return self._desks.targets(table.marks, table.current)

    def _by_key(self, key: str) -> Action | None:
        return next((action for action in self._screen.browsing.kind.actions if action.key == key), None)

    def _creation(self) -> Action | None:
        return next((action for action in self._screen.browsing.kind.actions if action.creates), None)

    def _cannot_make(self) -> str:
        return "" if self._desks.places_to_make(None) else self._desks.no_place_to_make()

    def _run_key(self, key: str, done: str) -> None:
        screen, action = self._screen, self._by_key(key)
        targets, hidden = self._targets()
        if action is None:
            screen.say(f"{screen.browsing.kind.title} cannot be {done} here yet.", "dim")
        elif not targets:
            screen.say(f"There is no row to {action.title.lower()}.", "dim")
        else:
            self.start(action, targets, hidden)

    def _do_named(self, word: str, targets: Sequence[Entry], hidden: frozenset[str]) -> None:
        """Run an action by its title or id: `:actions stop`."""
        wanted = word.casefold()
        found = [
            action
            for action in self._screen.browsing.kind.actions
            if wanted in {action.title.casefold(), action.id.casefold(), action.id.partition(".")[2].casefold()}
        ]
        if not found:
            self._screen.say(f"There is no action {inert(word)} for {self._screen.browsing.kind.many}.", "warn", "▲")
        elif not targets and not found[0].creates:
            self._screen.say("There is no row to do it to.", "dim")
        else:
            self.start(found[0], targets, hidden)

    def _left(self, action: Action, targets: Sequence[Entry]) -> Left:
        """Return the targets that it is not done to, each with the reason."""
        return [(entry, why) for entry in targets if (why := self._desks.off(action, entry))]

    def _show_row(self, key: str) -> bool:
        """Put the cursor on a row that an operation was about; returns whether it is shown."""
        return self._screen.table.find(key)
