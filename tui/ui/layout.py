"""Which columns a table shows and how wide they are (LOOK.md, Columns per width). Pure arithmetic, no Textual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tui.model.column import NUMERIC, WIDE, Column, Format
from tui.model.show import PLACE_COLUMNS
from tui.model.text import cells

GUTTER = 3
"""Cells before the first column: cursor bar, mark, blank."""
GAP = 2
EDGE = 2
"""A blank and the ruler at the right edge."""
NAME_LEAST = 16
"""Cells that NAME keeps when one of the first columns comes."""
NAME_GOOD = 24
"""Cells that NAME keeps, if its content needs them, when a later column comes."""
FIRST_COLUMNS = 6
"""Arrivals before this one count as first columns."""
FLEXIBLE = 60
"""A column that may grow beyond this takes what the others leave."""
PLACE_ARRIVAL = 2
APART_ARRIVAL = 9
"""CLOUD and REGION come in place of PLACE."""
FAULT_KEEPS_AGE = 90
"""From this table width on the fault of a broken row leaves AGE standing."""

CLOUD, REGION, PLACE = PLACE_COLUMNS
_PLACES = frozenset(column.key for column in PLACE_COLUMNS)


class Slot(msgspec.Struct, frozen=True):
    """A column where it stands: `x` in cells from the table's left edge."""

    column: Column
    x: int
    width: int

    @property
    def right(self) -> bool:
        """Whether its values are flush right."""
        return self.column.format in NUMERIC


class Layout(msgspec.Struct, frozen=True):
    """The columns of one table width."""

    width: int
    slots: tuple[Slot, ...]
    hidden: tuple[Column, ...] = ()
    """Columns that would come were the table wider, in the order of their coming."""
    fault: int = -1
    """Index of the slot where the fault of a broken row begins; -1: there is a WHY column."""
    fault_end: int = 0
    """First cell after the room of the fault."""
    kept: Slot | None = None
    """The slot right of the fault that stays (AGE)."""
    skipped: int = 0
    """Columns scrolled out to the left in wide mode."""

    def slot(self, key: str) -> Slot | None:
        """Return the slot of a column, or None while it is not shown."""
        return next((slot for slot in self.slots if slot.column.key == key), None)


def offered(columns: Sequence[Column], *, apart: bool | None) -> list[Column]:
    """Return the columns in display order with those of the place put in behind STATUS (behind NAME without one).

    `apart`: CLOUD and REGION (True), PLACE (False), or none of them since one place shows (None).
    """
    own = [column for column in columns if column.key not in _PLACES]
    if apart is None:
        return own
    behind = max((i for i, column in enumerate(own) if column.key in {"name", "status"}), default=-1) + 1
    return [*own[:behind], *((CLOUD, REGION) if apart else (PLACE,)), *own[behind:]]


def natural(column: Column, content: Mapping[str, int]) -> int:
    """Return the cells a column wants: its least, grown to what its content needs up to its most."""
    most = max(column.most or column.width, column.width)
    return min(max(column.width, content.get(column.key, 0), cells(column.head)), max(most, cells(column.head)))


def arrange(
    columns: Sequence[Column],
    width: int,
    content: Mapping[str, int],
    *,
    places: bool,
    wide: bool = False,
    skip: int = 0,
    sorted_by: str = "",
) -> Layout:
    """Choose and place the columns for a table of `width` cells.

    `content` is the widest value seen per column key; `places`: more than one place shows; `wide`: every column that is
    not hidden, scrolled by `skip` whole columns. A column that sorts keeps room for its arrow.
    """
    content = dict(content)
    for column in columns:
        if column.key == sorted_by:
            content[column.key] = max(content.get(column.key, 0), cells(column.head) + 2)
    if wide:
        return _wide(columns, width, content, places=places, skip=skip)
    chosen = _chosen(columns, width, content, places)
    apart = ("cloud" in chosen) if places else None
    shown = [column for column in offered(columns, apart=apart) if column.key in chosen]
    slots = _placed(shown, width, content)
    hidden = [
        column
        for column in sorted(offered(columns, apart=False if places else None), key=_arrival)
        if _arrival(column) < WIDE and column.key not in chosen and not (column.key == "place" and apart)
    ]
    return _with_fault(Layout(width, slots, tuple(hidden)))


def _arrival(column: Column) -> int:
    if column.key == "place":
        return PLACE_ARRIVAL
    return APART_ARRIVAL if column.key in _PLACES else column.arrival


def _chosen(columns: Sequence[Column], width: int, content: Mapping[str, int], places: bool) -> set[str]:
    """Let the columns come in their order; the first one that does not fit ends it."""
    own = [column for column in columns if column.key not in _PLACES and column.arrival < WIDE]
    order = sorted({_arrival(column) for column in own} | ({PLACE_ARRIVAL, APART_ARRIVAL} if places else set()))
    chosen: dict[str, Column] = {}
    for arrival in order:
        come = [column for column in own if column.arrival == arrival]
        trial = dict(chosen)
        if places and arrival == PLACE_ARRIVAL:
            come.append(PLACE)
        elif places and arrival == APART_ARRIVAL:
            trial.pop("place", None)
            come += [CLOUD, REGION]
        trial.update((column.key, column) for column in come)
        keep = NAME_LEAST
        if arrival >= FIRST_COLUMNS and all(column.most <= FLEXIBLE for column in come):
            keep = NAME_GOOD
        if arrival > 0 and _needed(trial.values(), content, keep) > width:
            break
        chosen = trial
    return set(chosen)


def _needed(columns: Iterable[Column], content: Mapping[str, int], keep: int) -> int:
    total = GUTTER + EDGE - GAP
    for column in columns:
        want = natural(column, content)
        if column.format is Format.NAME:
            want = min(max(content.get(column.key, keep), column.width), keep)
        elif column.most > FLEXIBLE:
            want = column.width
        total += want + GAP
    return total


def _placed(columns: Sequence[Column], width: int, content: Mapping[str, int]) -> tuple[Slot, ...]:
    """Give every column its cells; the flexible one, else NAME, takes what is left, and NAME gives what is missing."""
    wants = [natural(column, content) for column in columns]
    flexible = [i for i, column in enumerate(columns) if column.most > FLEXIBLE]
    names = [i for i, column in enumerate(columns) if column.format is Format.NAME]
    for i in flexible:
        wants[i] = columns[i].width
    left = width - GUTTER - EDGE - sum(wants) - GAP * max(len(columns) - 1, 0)
    taker = flexible[-1] if flexible and left > 0 else names[0] if names else len(columns) - 1
    if columns:
        wants[taker] = max(wants[taker] + left, 1)
    slots, x = [], GUTTER
    for column, cells_ in zip(columns, wants, strict=True):
        room = min(cells_, width - EDGE - x)
        if room <= 0:
            break
        slots.append(Slot(column, x, room))
        x += cells_ + GAP
    return tuple(slots)


def _wide(columns: Sequence[Column], width: int, content: Mapping[str, int], *, places: bool, skip: int) -> Layout:
    shown = [column for column in offered(columns, apart=True if places else None) if _arrival(column) <= WIDE]
    fixed = shown[:1]
    rest = shown[1:]
    skip = max(0, min(skip, len(rest) - 1))
    slots, x = [], GUTTER
    for column in fixed + rest[skip:]:
        # A fault as long as it is would push the very columns out that were asked for.
        want = column.width if column.most > FLEXIBLE else natural(column, content)
        room = min(want, width - EDGE - x)
        if room < min(want, 4):
            break
        slots.append(Slot(column, x, room))
        x += want + GAP
    return Layout(width, tuple(slots), tuple(rest[skip + len(slots) - 1 :]), skipped=skip)


def _with_fault(layout: Layout) -> Layout:
    """Say where the fault of a broken row is written when WHY has no column."""
    if layout.slot("why") or not layout.slot("status"):
        return layout
    first = next(
        (
            i
            for i, slot in enumerate(layout.slots)
            if slot.column.key not in _PLACES | {"name", "status", "age"} and not slot.right
        ),
        -1,
    )
    last = layout.slots[-1] if layout.slots else None
    keep = last if last and last.column.key == "age" and layout.width >= FAULT_KEEPS_AGE else None
    if first < 0:
        # No column to write over: behind the word ERROR, where it has the room (tables under 75 cells).
        first = next(i for i, slot in enumerate(layout.slots) if slot.column.key == "status")
    end = keep.x - GAP if keep else layout.width - EDGE
    return Layout(layout.width, layout.slots, layout.hidden, first, end, keep)
