"""Where deeds happen, for the screen: what bars them there, who we are, and desks for lookups in workers."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from tui.cloud import Clouds
from tui.live.targets import fixed, name_of
from tui.model.amount import clock
from tui.model.entry import Entry
from tui.model.place import Identity, Scope
from tui.model.text import inert
from tui.resources.action import Action, Desk
from tui.resources.registry import KINDS
from tui.ui.browsing import Browsing


class Desks:
    """Asks session and fleet what actions need to know. On the loop's thread."""

    def __init__(self, browsing: Browsing) -> None:
        self._browsing = browsing

    @property
    def clouds(self) -> Clouds | None:
        """The clouds, once they are known."""
        return self._browsing.session.clouds

    def identity(self, entry: Entry) -> Identity:
        """Say who acts on a row; nobody before its place has answered."""
        return self.who(entry.scope)

    def who(self, scope: Scope) -> Identity:
        """Say who we are in a scope, as far as that is known."""
        found = self._browsing.fleet.identity(scope)
        if found is None and self.clouds is not None:
            found = self.clouds.known_identity(scope)
        return found or Identity()

    def is_protected(self, entry: Entry) -> bool:
        """Whether a row's cloud is protected."""
        return self.clouds is not None and self.clouds.is_protected(entry.scope)

    def read_only(self, scope: Scope) -> str:
        """Say why nothing can be changed in a scope, or «» where it can."""
        if self._browsing.session.options.read_only:
            return "stackdeck was started with --read-only"
        if self.clouds is not None and self.clouds.is_read_only(scope):
            return f"{inert(scope.cloud)} is read-only by settings.toml"
        return ""

    def barred(self, entry: Entry) -> str:
        """Say why nothing at all can be done to a row: read-only, its place has not answered, the start is not over."""
        if why := self.read_only(entry.scope):
            return why
        if self._browsing.fleet.stale(entry):
            at = self._browsing.fleet.answered_at(entry)
            since = f" since {clock(at, False)}" if at else ""
            return f"{inert(entry.scope.label)} has not answered{since}"
        if self.clouds is None:
            # Rows that were fetched ahead are live, but what is protected and what is read-only is not known yet.
            return "the configuration is still being read"
        return ""

    def off(self, action: Action, entry: Entry) -> str:
        """Say why an action cannot be done to a row, or «» where it can."""
        return self.barred(entry) or action.off(entry, self.identity(entry))

    def guarded(self, action: Action) -> Action:
        """Return the action with what bars it everywhere among its own reasons."""
        return structs.replace(action, off=lambda entry, identity: self.barred(entry) or action.off(entry, identity))

    def targets(self, marks: set[str], current: Entry | None) -> tuple[tuple[Entry, ...], frozenset[str]]:
        """Return copies of the marked rows (else of the one under the cursor), and the keys of those out of sight."""
        browsing = self._browsing
        shown = [entry for entry in browsing.rows if entry.key in marks]
        keys = {entry.key for entry in shown}
        loaded = browsing.fleet.entries(browsing.kind)
        hidden = sorted((loaded[key] for key in marks - keys if key in loaded), key=lambda entry: entry.order)
        chosen = [*shown, *hidden] or ([current] if current is not None else [])
        return fixed(chosen), frozenset(entry.key for entry in hidden)

    def places_to_make(self, current: Entry | None) -> list[Scope]:
        """Return the scopes in which something can be made: those shown that answer, the cursor row's first."""
        browsing = self._browsing
        found = [scope for scope in browsing.scopes if not self.read_only(scope) and self._answers(scope)]
        first = current.scope.key if current is not None else ""
        return sorted(found, key=lambda scope: scope.key != first)

    def _answers(self, scope: Scope) -> bool:
        state = self._browsing.state(scope)
        return self.clouds is not None and state.trouble is None and not state.is_memory

    def no_place_to_make(self) -> str:
        """Say why nothing can be made in any shown scope."""
        scopes = self._browsing.scopes
        reasons = [self.read_only(scope) for scope in scopes]
        if scopes and all(reasons):
            return reasons[0]
        return "no place that is shown has answered"

    def desk(self, scope: Scope, entries: Sequence[Entry]) -> Desk | None:
        """Return a desk in a scope; its lookups block and belong into a worker."""
        if self.clouds is None:
            return None
        fleet = self._browsing.fleet
        # Taken here: the fleet's own mappings belong to the loop's thread.
        loaded = {
            kind.id: tuple(entry for entry in fleet.entries(kind).values() if entry.scope.place == scope.place)
            for kind in KINDS.values()
        }
        source = self.clouds.setting(scope, "floating_ip_source")
        return Desk(
            api=self.clouds.api(scope),
            scope=scope,
            identity=self.who(scope),
            entries=tuple(entries),
            all_of=lambda kind: loaded.get(kind, ()),
            config={} if source is None else {"floating_ip_source": source},
        )


def by_scope(entries: Sequence[Entry]) -> list[tuple[Scope, list[Entry]]]:
    """Return rows by the scope that acts on them, in their order."""
    found: dict[str, tuple[Scope, list[Entry]]] = {}
    for entry in entries:
        found.setdefault(entry.scope.key, (entry.scope, []))[1].append(entry)
    return list(found.values())


def named(entries: Sequence[Entry], plural: str) -> str:
    """Return what rows are called in a title: «web-1», «12 servers»."""
    return inert(name_of(entries[0])) if len(entries) == 1 else f"{len(entries)} {plural}"
