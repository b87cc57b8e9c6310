"""What follows on the screen from operations: aims in the table, forms that close, notices of ends, secrets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.live.steps import Operation
from tui.model.events import Operated
from tui.model.status import MARKS, Health
from tui.ui.form import FormScreen
from tui.ui.operations_board import OperationsScreen
from tui.ui.outcome import Left, ended, outcome
from tui.ui.secret_box import SecretBox

if TYPE_CHECKING:
    from tui.ui.screen import BrowseScreen

_INKS = {Health.BROKEN: "bad", Health.ATTENTION: "warn", Health.UNKNOWN: "warn"}


class Following:
    """Takes the `Operated` events. On the loop's thread."""

    def __init__(self, screen: BrowseScreen) -> None:
        self._screen = screen
        self._told: set[str] = set()
        """Operations whose end was told."""
        self._secrets: list[tuple[str, str]] = []
        """Operation and step of secrets that nobody has seen yet."""
        self._forms: dict[str, FormScreen] = {}
        """By operation: forms that wait for the answer to what they sent."""
        self._left: dict[str, Left] = {}

    def started(self, operation: Operation, left: Left = ()) -> None:
        """An operation was started without a form; `left` are the targets that it is not done to."""
        self._left[operation.id] = left
        self._screen.say(f"{operation.title}: started. :operations shows it.", "text", "◐")
        self._repaint([step.key for step in operation.steps])

    def sent(self, operation: Operation, form: FormScreen, left: Left = ()) -> None:
        """An operation was started by a form, which stays until the cloud has taken what it sent."""
        self._left[operation.id] = left
        self._forms[operation.id] = form
        self._follow_form(operation)

    def _follow_form(self, operation: Operation) -> None:
        """Close a form once the cloud took what it sent; keep it, with the reason, where it was refused."""
        form = self._forms.get(operation.id)
        if form is None:
            return
        taken, refused = outcome(operation)
        if taken:
            del self._forms[operation.id]
            form.taken()
            if operation.open:
                self._screen.say(f"{operation.title}: started. :operations shows it.", "text", "◐")
        elif refused is not None:
            del self._forms[operation.id]
            if form.refused(refused):
                self._told.add(operation.id)

    def operated(self, event: Operated) -> None:
        """Follow an operation: aims in the table, the board, the form that sent it, its end, its secrets."""
        operations = self._screen.session.operations
        operation = operations.get(event.operation) if operations is not None else None
        if operation is None:
            return
        self._repaint(event.keys)
        self._follow_form(operation)
        for screen in self._screen.app.screen_stack:
            if isinstance(screen, OperationsScreen):
                screen.changed(operation)
        for step in operation.steps:
            if step.has_secret and (operation.id, step.key) not in self._secrets:
                self._secrets.append((operation.id, step.key))
        if not operation.open and operation.id not in self._told:
            self._told.add(operation.id)
            sentence, health = ended(operation, self._left.pop(operation.id, ()))
            self._screen.say(sentence, _INKS.get(health, "text"), "✓" if health is Health.FINE else MARKS[health])
        self.offer_secrets()

    def offer_secrets(self) -> None:
        """Show what an operation left behind, once, as soon as nothing else is open."""
        app, operations = self._screen.app, self._screen.session.operations
        if not self._secrets or operations is None or self._screen.typing:
            return
        if not isinstance(app.screen, (type(self._screen), OperationsScreen)):
            return
        shown = []
        for ident, key in self._secrets:
            operation = operations.get(ident)
            secret = operations.reveal(ident, key)
            if operation is not None and secret is not None:
                name = next((step.name for step in operation.steps if step.key == key), "")
                shown.append((f"{secret[0]} of {name}", secret[1]))
        self._secrets.clear()
        if shown:
            app.push_screen(SecretBox(shown))

    def _repaint(self, keys: Sequence[str]) -> None:
        self._screen.table.follow(order=False, keys=keys)
