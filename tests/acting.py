"""What a dialog holds when an action is chosen, for tests: entries read from the cloud, desks, values of forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from tests.waiting import wait_until
from tui.cloud import Api, Clouds, Done, act
from tui.model.entry import Entry
from tui.model.place import Identity, Place, Scope
from tui.model.trouble import Cause, TroubleError
from tui.resources.action import Action, Desk, Field, Input, Sent
from tui.resources.kind import Kind
from tui.resources.registry import KINDS

SCOPE = Scope("key", Place("https://keystone.example:5000", "r1"), ("prod",))
SERVER = KINDS["server"]
ACTIONS = {action.id: action for kind in KINDS.values() for action in kind.actions}


class NoNames:
    """Names that nobody has looked up."""

    def get(self, kind: str, ident: str) -> str | None:
        """Know none."""
        return None


def entry_of(kind: Kind, raw: Mapping[str, Any], scope: Scope = SCOPE) -> Entry:
    """Make an entry of a raw resource."""
    row = msgspec.convert(raw, kind.row, strict=False)
    return Entry(f"origin|{raw.get('id')}", scope, row, kind.status(row), NoNames())


class Actor:
    """Acts on one scope as the dashboard does: reads the row, runs the declaration's call, looks at what it did."""

    def __init__(self, clouds: Clouds, scope: Scope) -> None:
        self.api: Api = clouds.api(scope)
        self.scope = scope
        self.identity = clouds.identity(scope)

    def raw(self, ident: str, kind: Kind = SERVER) -> dict[str, Any]:
        """Read the whole resource."""
        return self.api.item(kind.read, ident)

    def entry(self, ident: str, kind: Kind = SERVER) -> Entry:
        """Read the row."""
        return entry_of(kind, self.raw(ident, kind), self.scope)

    def desk(self, *idents: str) -> Desk:
        """Stand before these servers."""
        return Desk(self.api, self.scope, self.identity, [self.entry(ident) for ident in idents], lambda kind: ())

    def off(self, ident: str, action: str) -> str:
        """Say why an action is off."""
        return ACTIONS[action].off(self.entry(ident), self.identity)

    def act(self, ident: str, action: str, /, **values: Any) -> Done[Sent]:
        """Run an action's call on a server."""
        entry = self.entry(ident)
        return act(self.api, lambda connection: ACTIONS[action].run(connection, entry, values))

    def until(self, ident: str, *statuses: str, timeout: float = 60.0) -> dict[str, Any]:
        """Wait until a server rests in one of the statuses and return it."""

        def look() -> dict[str, Any] | None:
            raw = self.raw(ident)
            return raw if raw["status"] in statuses and not raw.get("OS-EXT-STS:task_state") else None

        found = wait_until(look, f"{ident} is {' or '.join(statuses)}", timeout, 0.1)
        assert found is not None
        return found

    def until_gone(self, ident: str, timeout: float = 60.0) -> None:
        """Wait until a server is not there any more."""

        def look() -> bool:
            try:
                return self.raw(ident)["status"] == "DELETED"
            except TroubleError as error:
                return error.trouble.cause is Cause.NOT_FOUND

        wait_until(look, f"{ident} is gone", timeout, 0.1)

    def actions(self, ident: str) -> dict[str, str]:
        """Return a server's instance actions: request-id → name."""
        reply = self.api.get("compute", f"/servers/{ident}/os-instance-actions", microversion="2.58")
        found = self.api.decoded("compute", reply)["instanceActions"]
        return {each["request_id"]: each["action"] for each in found}


SAMPLES: dict[Input, Any] = {
    Input.TEXT: 'it\'s a "text"; $(rm)',
    Input.NUMBER: 2,
    Input.BOOL: True,
    Input.CHOICE: "a-choice",
    Input.CHOICES: ("one", "two"),
    Input.PAIRS: {"key": "a value"},
    Input.WORDS: ("first", "second"),
    Input.SECRET: "hush-hush",
    Input.FILE: "content",
    Input.LINES: "line\nline",
}
"""A value of each sort that a form may hand over; nobody may leave the secret one in a command."""


def values_of(fields: Sequence[Field], **given: Any) -> dict[str, Any]:
    """Fill a form: what is given, and a sample for the rest."""
    return {field.key: _fixed_choice(field) or SAMPLES[field.input] for field in fields} | given


def _fixed_choice(field: Field) -> str:
    """The first choice of a field that offers the same everywhere; «» for those that ask a cloud."""
    if field.options is None:
        return ""
    try:
        options = field.options(Desk(None, SCOPE, Identity(), (), lambda kind: ()))  # type: ignore[arg-type]
    except (AttributeError, LookupError, TypeError):
        return ""
    return next((option.value for option in options if option.value), "")


def letters(actions: Sequence[Action]) -> list[str]:
    """Return the letters of a menu."""
    return [action.letter for action in actions if action.letter]
