"""What is browsed: one look at the fleet with its view, kept up with events; and everything the frame says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from msgspec import structs

from tui.cloud.entry import CloudEntry
from tui.live.fleet import Changes, Fleet
from tui.live.places import first_kind, first_places, scopes_of, still_there
from tui.live.scope_state import Phase, ScopeState
from tui.live.view import View, ViewChange
from tui.model.amount import clock
from tui.model.entry import Entry
from tui.model.events import Event
from tui.model.filter import Filter, parse
from tui.model.place import Scope
from tui.model.status import Health, Status
from tui.model.trouble import Cause
from tui.resources.kind import Kind
from tui.resources.registry import KINDS, columns_of
from tui.ui.look import Look
from tui.ui.notice import Failing
from tui.ui.session import Session

_TICKS = (Health.BROKEN, Health.ATTENTION)
FIRST = 0.006
"""Seconds of work on another scope, sort or filter before the screen goes on: enough for some thousand rows."""


class Browsing:
    """The current look. Implements the table's `Rows`; knows nothing of widgets."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.fleet: Fleet = session.fleet
        self.all_projects = session.options.all_projects
        self.filter: Filter = parse("", ())
        self._now = session.now()
        self.ahead = False
        """Whether this is drawn for the next start: times then are told as such, not as ages."""
        self._sorts = dict(session.memory.sort)
        kind = first_kind(session.options, session.memory)
        self._asked = bool(session.options.clouds or session.options.regions)
        places = first_places(session.options, session.memory)
        self.look = Look(kind.id, places, session.options.filter)
        self.view = self._make_view()
        self.scopes: list[Scope] = []

    # -- the look ----------------------------------------------------------------------------------------------------

    @property
    def kind(self) -> Kind:
        """The kind on the screen."""
        return KINDS[self.look.kind]

    @property
    def places_differ(self) -> bool:
        """Whether more than one place shows, so that rows must say theirs."""
        return len({(scope.cloud, scope.region) for scope in self.scopes}) > 1

    def turn_to(self, look: Look) -> None:
        """Look at something else."""
        same_kind = look.kind == self.look.kind
        self.look = look
        if not same_kind:
            self.view = self._make_view()
        self.take_scopes()
        self._apply_filter()
        self.view.set_unhealthy(look.unhealthy)
        restriction = look.restriction
        self.view.restrict(restriction.test if restriction else None, restriction.words if restriction else "")
        self.view.step(FIRST)

    def keep_to_places(self) -> None:
        """Show those places of the last run that the configuration still has: they may belong to another one."""
        self.turn_to(replace(self.look, places=still_there(self.session.entries, self.look.places)))

    def take_scopes(self) -> None:
        """Go by the scopes that there are now, and ask them."""
        session = self.session
        self.scopes = scopes_of(session.entries, self.look.places)
        for scope in self.scopes:
            session.recall(self.kind, scope, all_projects=self.all_projects)
        self.view.set_scopes(scope.key for scope in self.scopes)
        if session.feeds is not None:
            shown = {scope.key for scope in self.scopes}
            others = [scope for scope in session.scopes if scope.key not in shown]
            session.feeds.show(self.kind, self.scopes, all_projects=self.all_projects, background=others)
        self.fleet.keep([self.kind.id], session.scopes, session.now())

    def set_filter(self, text: str) -> None:
        """Filter anew while typing; the look takes the text."""
        self.look = replace(self.look, filter=text)
        self._apply_filter()
        self.view.step(FIRST)

    def set_sort(self, column: str, reverse: bool) -> None:
        """Sort by a column, now and whenever the kind is shown again."""
        self.view.set_sort(column, reverse)
        self.view.step(FIRST)
        self._sorts[self.kind.id] = ("-" if reverse else "") + column
        self.session.memory.sort = dict(self._sorts)

    def remember(self) -> None:
        """Put what should be there at the next start into the session's memory."""
        memory = self.session.memory
        memory.view = self.look.kind
        if not self._asked:
            # What --cloud and --region asked for once is not what the next start without them is to show.
            memory.scopes = sorted(f"{cloud}/{region}" for cloud, region in self.look.places)

    # -- following ---------------------------------------------------------------------------------------------------

    def apply(self, changes: Changes) -> ViewChange:
        """Take over what a frame's events changed."""
        self._now = self.session.now()
        result = self.view.apply(changes)
        if self.view.busy:
            self.view.step(FIRST)
            result.order |= not self.view.busy
        return result

    def take_events(self, events: Iterable[Event]) -> dict[str, Changes]:
        """Hand events to the fleet."""
        return self.fleet.apply_all(events)

    # -- the table's rows --------------------------------------------------------------------------------------------

    @property
    def rows(self) -> Sequence[Entry]:
        """Entries in display order."""
        return self.view.rows

    def index(self, key: str) -> int | None:
        """Return the position of a row."""
        return self.view.index(key)

    def standing(self, entry: Entry) -> tuple[Status, float, bool]:
        """Return the status to show, when it was last confirmed, and whether the row is stale."""
        stale = self.fleet.stale(entry)
        at = self.fleet.answered_at(entry)
        status = self.fleet.shown_status(entry, stepped(at, self._now)) if stale else entry.status
        if stale and self.ahead and at:
            status = structs.replace(status, task=f"at {clock(at, False)}")
        if not stale and (aim := self.session.aim_of(entry.key)):
            # The true status stays; where it is being led to stands beside it until it is known how that ended.
            status = structs.replace(status, task=f"→ {aim}", since=0.0)
        return status, at or self._now, stale

    def ticks(self, lines: int) -> Sequence[Health | None]:
        """Return the worst health of the rows at the height of each line of a ruler; None where all is well."""
        some = self.fleet.any_stale(self.kind, self.scopes)
        return self.view.ticks(lines, self.fleet.stale if some else None)

    # -- what the frame says -----------------------------------------------------------------------------------------

    def state(self, scope: Scope) -> ScopeState:
        """Return how a scope stands for the kind on the screen."""
        return self.fleet.state(self.kind, scope)

    def states(self) -> list[ScopeState]:
        """Return how the shown scopes stand."""
        return [self.state(scope) for scope in self.scopes]

    def counts(self) -> dict[Health, int]:
        """Count the shown rows by health; those of stale places as unknown."""
        if self.filter.empty and not self.look.unhealthy and self.look.restriction is None:
            return self.fleet.counts(self.kind, self.scopes)
        of_scopes = self.fleet.counts(self.kind, self.scopes)
        if not of_scopes.get(Health.UNKNOWN):
            # Nothing is stale or unlisted: no row has to be asked whether it is.
            return dict(Counter([entry.status.health for entry in self.view.rows]))
        found: dict[Health, int] = {}
        for entry in self.view.rows:
            health = Health.UNKNOWN if self.fleet.stale(entry) else entry.status.health
            found[health] = found.get(health, 0) + 1
        return found

    def count_of(self, scopes: Sequence[Scope]) -> tuple[int, int]:
        """Count the rows of scopes together, each once, and those that are broken or need attention."""
        found = self.fleet.counts(self.kind, scopes)
        return sum(found.values()), sum(found.get(health, 0) for health in _TICKS)

    def fine_word(self) -> str:
        """Return what the kind calls a healthy row, in lower case."""
        words = [
            (n, word) for (health, word), n in self.fleet.words(self.kind, self.scopes).items() if health is Health.FINE
        ]
        return max(words)[1].lower() if words else "active"

    def failing(self) -> list[Failing]:
        """Return the shown places that do not answer, and entries that cannot even be asked."""
        found = []
        for scope in self.scopes:
            state = self.state(scope)
            if state.trouble is not None:
                found.append(Failing(scope.label, state.trouble, state.answered_at, state.next_try, state.rows))
        for entry in self.session.entries:
            if entry.trouble is not None and not entry.scopes and self._chosen(entry):
                found.append(Failing(entry.name, entry.trouble))
        return found

    def asking(self) -> list[Scope]:
        """Return the shown places that have not answered yet."""
        return [
            scope
            for scope in self.scopes
            if (state := self.state(scope)).trouble is None
            and (state.phase in (Phase.NEVER, Phase.ASKING) or not state.answered_at)
        ]

    def loading(self) -> bool:
        """Whether some shown place's first full list is not in yet."""
        return any(not (state := self.state(scope)).complete and state.trouble is None for scope in self.scopes)

    def asks_for(self) -> str:
        """Return the name of a chosen entry that wants something typed before it can sign in; empty when none does."""
        for entry in self.session.entries:
            wants = entry.trouble is not None and entry.trouble.cause in (Cause.ASK, Cause.SIGN_IN)
            asks = (entry.prompts and wants) or self.session.asking_hops(entry.name)
            if asks and self._chosen(entry):
                return entry.name
        return ""

    def number_of(self, kind: Kind) -> int | None:
        """Return how many rows of a kind the chosen places have; None while it is not known."""
        known = [self.fleet.state(kind, scope) for scope in self.scopes]
        if not any(state.answered_at for state in known):
            return None
        return sum(self.fleet.counts(kind, self.scopes).values())

    def values(self, column: str) -> set[str]:
        """Return the values of a column that the shown rows have, for completion."""
        found = next((one for one in columns_of(self.kind) if one.key == column), None)
        if found is None:
            return set()
        return {str(value) for entry in self.view.rows[:5000] if (value := found.value(entry)) not in (None, "", ())}

    # -- inner -------------------------------------------------------------------------------------------------------

    def _chosen(self, entry: CloudEntry) -> bool:
        # Entries that lead to one scope share a branch of the side pane, which is chosen by the first one's name.
        shares = any(scope in self.scopes for scope in entry.scopes)
        return shares or not self.look.places or any(name == entry.name for name, _ in self.look.places)

    def _make_view(self) -> View:
        kind = self.kind
        view = View(self.fleet, kind, columns_of(kind), in_steps=True)
        wanted = self._sorts.get(kind.id, kind.sort)
        view.set_sort(wanted.removeprefix("-"), wanted.startswith("-"))
        return view

    def _apply_filter(self) -> None:
        self.filter = parse(self.look.filter, columns_of(self.kind))
        self.view.set_filter(self.filter)


def stepped(at: float, now: float) -> float:
    """Return `now` moved back so that the time since `at` steps by 5 s below a minute, then by minutes."""
    passed = max(now - at, 0.0)
    return at + passed - passed % (5 if passed < 60 else 60) if at else now
