"""The ordered rows of a table: scoped, filtered, sorted, and kept so with little work per change."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Sequence, Set
from dataclasses import dataclass, field
from enum import IntEnum

from tui.live.arrangement import Arrangement, Steps, Test, Wish, same
from tui.live.fleet import Changes, Fleet
from tui.live.ordered import Place
from tui.live.sorting import Sorting
from tui.live.ticks import ILL, Ticks
from tui.live.warming import Warming
from tui.model.column import Column
from tui.model.entry import Entry
from tui.model.filter import Filter
from tui.model.status import Health
from tui.resources.kind import Kind

UNHEALTHY = (Health.BROKEN, Health.ATTENTION, Health.UNKNOWN)
"""What «only unhealthy rows» keeps."""


class _From(IntEnum):
    """Where the work has to begin after something else is wished for."""

    ROWS = 0
    ORDER = 1
    FILTER = 2
    NOTHING = 3


@dataclass(slots=True)
class ViewChange:
    """What the table has to do."""

    order: bool = False
    """Rows came, went or moved: the list is a new one."""
    rows: set[str] = field(default_factory=set)
    """Keys of shown rows whose content changed."""
    whole: bool = False
    """Every shown row may read differently."""


class View:
    """The rows of one kind in the chosen scopes, in display order.

    With `in_steps`, another scope, sort or filter shows once `step` has done the work, a few milliseconds at a time:
    until then `rows` are what they were. Without, it is done when the method returns.
    """

    rows: list[Entry]
    """In display order. A new list whenever the order changes; never changed in place."""

    def __init__(
        self,
        fleet: Fleet,
        kind: Kind,
        columns: Sequence[Column],
        clock: Callable[[], float] = time.time,
        *,
        in_steps: bool = False,
    ) -> None:
        self.rows = []
        self.in_steps = in_steps
        self._fleet = fleet
        self._kind = kind
        self._columns = tuple(columns)
        self._clock = clock
        self._scopes: frozenset[str] = frozenset()
        self._filter: Filter | None = None
        self._shown_filter: Filter | None = None
        """The filter that `rows` passed: a narrower one need only look at these."""
        self._matches: Test | None = None
        self._unhealthy = False
        self._restriction: Test | None = None
        self._words = ""
        self._sort = (kind.sort, False)
        self._wish = Wish()
        self._arranged = Arrangement()
        self._from = _From.NOTHING
        self._work: Steps | None = None
        self._again = False
        """Whether all of the work is to be done once more when it is done."""
        self._touched: set[str] = set()
        """Rows that changed while the work is under way: brought up to date at its end."""
        self._ticks: Ticks | None = None
        """What the ruler was told last; None after `rows` changed."""
        self._warming = Warming(self._columns, clock)

    @property
    def total(self) -> int:
        """Rows in the scopes (and the drill-down) before filter and «only unhealthy»."""
        return self._arranged.total

    @property
    def sort(self) -> tuple[str, bool]:
        """Key of the column that sorts, and whether in reverse."""
        return self._sort

    @property
    def words(self) -> str:
        """What a drill-down restricts to, in words; empty without one."""
        return self._words

    @property
    def busy(self) -> bool:
        """Whether `rows` are not yet what was asked for last."""
        return self._from is not _From.NOTHING

    @property
    def _plain(self) -> bool:
        """Whether all rows of the scopes show by name: then nothing but they themselves decides where they are."""
        wish = self._wish
        return wish.sorting is None and wish.passes is None and wish.restriction is None

    @property
    def _all_in(self) -> bool:
        """Whether the chosen scopes are all that see rows."""
        return self._fleet.scopes_of(self._kind) <= self._scopes

    # -- what is wished for ------------------------------------------------------------------------------------------

    def set_scopes(self, keys: Iterable[str]) -> None:
        """Show the rows that any of these scopes sees."""
        self._scopes = frozenset(keys)
        self._begin(_From.ROWS)

    def set_filter(self, wanted: Filter) -> None:
        """Show only what matches."""
        self._filter = wanted
        self._matches = None if wanted.empty else wanted.compile(self._clock())
        self._begin(_From.FILTER)

    def set_sort(self, column_key: str, reverse: bool = False) -> None:
        """Sort by a column; an unknown key sorts by name. Rows without a value come last either way."""
        only_turned = self._sort[0] == column_key
        self._sort = (column_key, reverse)
        self._begin(_From.FILTER if only_turned else _From.ORDER)

    def set_unhealthy(self, only: bool) -> None:
        """Show only rows that are broken, need attention or are not known."""
        if only is not self._unhealthy:
            self._unhealthy, self._shown_filter = only, None
            self._begin(_From.FILTER)

    def restrict(self, wanted: Test | None, words: str = "") -> None:
        """Drill down to rows that `wanted` accepts; None lifts it."""
        self._words = words
        if wanted is not None or self._restriction is not None:
            self._restriction = wanted
            self._begin(_From.ROWS)

    def step(self, seconds: float) -> bool:
        """Work for so long, and a few milliseconds more at the most; returns whether there is more to do."""
        if self._from is _From.NOTHING:
            return False
        end = time.perf_counter() + seconds
        if self._work is None:
            self._work = self._arranging()
        return any(time.perf_counter() > end for _ in self._work) or self.busy

    def finish(self) -> None:
        """Do all of the work now."""
        while self.step(1.0):
            pass

    # -- following the fleet -----------------------------------------------------------------------------------------

    def apply(self, changes: Changes) -> ViewChange:
        """Follow the fleet after an event (or a frame's merged events)."""
        if changes.kind not in {"", self._kind.id}:
            return ViewChange()
        touched = changes.added | changes.changed | changes.removed
        if changes.whole and (self.busy or not self._plain):
            return self._all_anew(touched)
        if self.busy:
            self._touched |= touched
            stay = changes.changed - changes.removed
            return ViewChange(rows={key for key in stay if self._arranged.place(key)[0] is not None})
        result = ViewChange()
        if self._plain:
            result.rows = self._renewed(changes)
            places = self._arranged.places
            new = {key for key in changes.added - changes.removed if key not in places}
            self._follow(touched - result.rows - new, changes.added, result)
            self._welcome(new, result)
        else:
            self._follow(touched, changes.added, result)
        if changes.whole:
            result.whole = True
            self._warming.all_of(self.rows)
        return result

    def _all_anew(self, touched: Set[str]) -> ViewChange:
        """Names, staleness: what rows match or sort by may have changed for all of them."""
        before = self.rows
        if self._work is not None and self._from is _From.ROWS:
            # Began before that: it is finished and done again, or many places' names would keep it from ever ending.
            self._touched |= touched
            self._again = True
        else:
            self._begin(_From.ROWS)
        return ViewChange(order=not same(before, self.rows), whole=True)

    def index(self, key: str) -> int | None:
        """Return the position of a row, or None when it is not shown."""
        arranged = self._arranged
        place, blank = arranged.place(key)
        if place is None:
            return None
        part = arranged.shown_blank if blank else arranged.shown_valued
        at = part.index(place)
        if at == len(part.places) or part.places[at] != place:
            return None
        if blank:
            return len(arranged.shown_valued.places) + at
        return len(part.places) - 1 - at if self._wish.reverse else at

    def ticks(self, lines: int, stale: Test | None = None) -> list[Health | None]:
        """Return the worst health of the shown rows at the height of each line of a ruler; not of those that are stale.

        None where no row is broken or needs attention.
        """
        arranged, ill, reverse = self._arranged, self._arranged.ill, self._wish.reverse
        if stale is not None:
            entries = self._fleet.entries(self._kind)
            ill = {key: health for key, health in ill.items() if key in entries and not stale(entries[key])}
            return arranged.ticks(lines, ill, reverse=reverse).worst()
        if self._ticks is None or self._ticks.lines != lines:
            self._ticks = arranged.ticks(lines, ill, reverse=reverse)
        return self._ticks.worst()

    def warm(self, seconds: float = 0.002) -> bool:
        """Prepare search texts for at most so long; returns whether there is more. For idle moments."""
        return self._warming.go_on(seconds)

    # -- the work ----------------------------------------------------------------------------------------------------

    def _begin(self, start: _From) -> None:
        """Do the work from `start` on, and what is left of the work before."""
        self._from = min(self._from, start)
        self._work = None
        if not self.in_steps:
            self.finish()

    def _arranging(self) -> Steps:
        """Do what is to be done. What shows is replaced at once, at the end."""
        start, wish = self._from, self._new_wish()
        arranged, cold = self._arranged, None
        if start is not _From.FILTER:
            arranged = Arrangement()
            yield from self._fleet.naming(self._kind)
            named, ill = self._fleet.by_name(self._kind), None
            if start is _From.ROWS:
                named = yield from arranged.gather(named, self._tests(wish))
                cold = named.entries
            else:
                named, ill = self._arranged.by_name(named), self._arranged.ill
            yield from arranged.order(named, wish.sorting, ill)
        yield from arranged.show(wish.passes, narrow=arranged is self._arranged and self._narrows())
        self._arranged, self._wish = arranged, wish
        self._shown_filter = self._filter
        self._from, self._work, self._again = _From.ROWS if self._again else _From.NOTHING, None, False
        if cold is not None:
            self._warming.all_of(cold)
        touched, self._touched = self._touched, set()
        self._follow(touched, touched, ViewChange())
        self._publish()

    def _new_wish(self) -> Wish:
        column, reverse = self._sort
        return Wish(self._restriction, self._test(), self._sorting_of(column), reverse)

    def _tests(self, wish: Wish) -> list[Test]:
        """Return what rows must pass to be in: nothing where the chosen scopes are all there are."""
        within = None if self._all_in else self._within
        return [test for test in (within, wish.restriction) if test is not None]

    def _test(self) -> Test | None:
        matches, ails = self._matches, self._ails if self._unhealthy else None
        if matches is None or ails is None:
            return matches or ails
        return lambda entry: ails(entry) and matches(entry)

    def _narrows(self) -> bool:
        before = self._shown_filter
        return before is not None and self._filter is not None and self._filter.narrows(before)

    def _sorting_of(self, column_key: str) -> Sorting | None:
        """Return what a column sorts by; None: the name, whose sort key entries bring along."""
        if column_key == "name":
            return None
        column = next((column for column in self._columns if column.key == column_key), None)
        return Sorting(column) if column else None

    def _within(self, entry: Entry) -> bool:
        return entry.scope.key in self._scopes or (
            bool(entry.also) and any(scope.key in self._scopes for scope in entry.also)
        )

    def _ails(self, entry: Entry) -> bool:
        return entry.status.health in UNHEALTHY or self._fleet.stale(entry)

    def _follow(self, touched: Collection[str], added: Collection[str], result: ViewChange) -> None:
        """Bring single rows up to date."""
        arranged, passes, restriction = self._arranged, self._wish.passes, self._wish.restriction
        entries, ill, filtered, within = self._fleet.entries(self._kind), arranged.ill, arranged.filtered, self._within
        out: list[str] = []
        into: list[tuple[Place, Entry, bool]] = []
        hidden: set[str] = set()
        for key in touched:
            entry = entries.get(key)
            old, was_blank = arranged.place(key)
            was_shown = old is not None and (not filtered or arranged.is_shown(old, was_blank))
            if entry is None or not within(entry) or (restriction is not None and not restriction(entry)):
                ill.pop(key, None)
                if old is not None:
                    out.append(key)
                    result.order |= was_shown
                continue
            was, now = self._aged(key, entry)
            place, blank = self._place_of(entry)
            shows = passes is None or passes(entry)
            stays = old == place and blank is was_blank and shows is was_shown
            if stays and (key not in added or arranged.entry_at(place, blank) is entry):
                if shows:
                    result.rows.add(key)
                    self._tick(place, blank, was, now)
                continue
            if old is not None:
                out.append(key)
            into.append((place, entry, blank))
            result.order |= was_shown or shows
            if shows:
                result.rows.add(key)
            else:
                hidden.add(key)
        if out or into:
            arranged.change(out, into, hidden)
            self._warming.also([entry for _, entry, _ in into], arranged.total)
        if result.order:
            self._publish()

    def _renewed(self, changes: Changes) -> set[str]:
        """Deal with rows that stay where they are by name, which nearly all that change do; returns these.

        What the fleet says of them is enough: to look 500 rows up among 50,000 costs as much as all the rest.
        """
        stay = changes.changed - changes.moved - changes.added - changes.removed
        if not self._all_in:
            entries = self._fleet.entries(self._kind)
            stay = {key for key in stay if entries[key].scope.key in self._scopes}
        for key, entry in changes.healths.items():
            if key in stay:
                self._tick(entry.order, False, *self._aged(key, entry))
        return stay

    def _welcome(self, new: Collection[str], result: ViewChange) -> None:
        """Put in rows that were not there, where all rows show by name: a first list costs the loop half."""
        arranged, entries = self._arranged, self._fleet.entries(self._kind)
        come = [entry for key in new if self._within(entry := entries[key])]
        if come:
            arranged.ill.update([(one.key, one.status.health) for one in come if one.status.health in ILL])
            arranged.add(come)
            result.rows.update([one.key for one in come])
            result.order = True
            self._warming.also(come, arranged.total)
            self._publish()

    def _aged(self, key: str, entry: Entry) -> tuple[Health | None, Health | None]:
        """Note a row's health if it is ill; returns what was noted before, and now."""
        ill, health = self._arranged.ill, entry.status.health
        if health in ILL:
            was, ill[key] = ill.get(key), health
            return was, health
        return ill.pop(key, None), None

    def _tick(self, place: Place, blank: bool, was: Health | None, now: Health | None) -> None:
        """Let the ruler follow a shown row that stays where it is."""
        if self._ticks is None or was is now:
            return
        if was is not None:
            self._ticks.add(place, blank, was, -1)
        if now is not None:
            self._ticks.add(place, blank, now)

    def _place_of(self, entry: Entry) -> tuple[Place, bool]:
        """Return where a row belongs, and whether that is among the blanks."""
        sorting = self._wish.sorting
        if sorting is None:
            return entry.order, False
        value = sorting.key(entry)
        return (entry.order, True) if value is None else ((value, entry.order), False)

    def _publish(self) -> None:
        self._ticks = None
        self.rows = self._arranged.shown(self._wish.reverse)
