"""What was done to a server: Nova's actions with their events, joined with what was asked from here, newest first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from tui.live.steps import Operation
from tui.live.targets import name_of
from tui.live.timeline import Event, Happening, History, reading, timeline
from tui.model.amount import age, clock, time_of
from tui.model.entry import Entry
from tui.model.status import INKS, MARKS, Health
from tui.model.text import fit, inert, inert_lines
from tui.model.trouble import Trouble
from tui.ui.console_follow import Asking
from tui.ui.line import Span, Spans
from tui.ui.statement import error
from tui.ui.text_view import TextScreen

SOON = 2.0
"""Seconds between two looks while something is under way."""
LATER = 10.0
"""Seconds between two looks while nothing is."""
FAILING = 30.0
_TIME = 17
_TITLE = 24
_NOT_YET = (Span("◐ ", "move"), Span("asking what was done", "strong"))


class EventsScreen(TextScreen):
    """The timeline of one server; it follows while it is on the screen."""

    TAKES: ClassVar[frozenset[str]] = TextScreen.TAKES | {"session.refresh"}

    def __init__(
        self,
        entry: Entry,
        feeds: Asking,
        operations: Callable[[], Sequence[Operation]],
        now: Callable[[], float],
        keys: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """`operations` gives those of this run of the dashboard; `now` the time in epoch seconds."""
        name = name_of(entry)
        path = tuple(part for part in (entry.scope.cloud, entry.scope.region, name, "events") if part)
        super().__init__(path, [_NOT_YET], save_name=f"events-{name}", keys=keys)
        self.entry = entry
        self._feeds = feeds
        self._operations = operations
        self._now = now
        self._history: History | None = None
        self._trouble: Trouble | None = None
        self._asking = False
        self._stop: Callable[[], None] | None = None
        self._shown: list[Spans] = []

    def on_screen_resume(self) -> None:
        """Ask."""
        self._poll()

    def on_screen_suspend(self) -> None:
        """Ask nothing while nobody can see it."""
        if self._stop is not None:
            self._stop()
            self._stop = None

    def on_unmount(self) -> None:
        """Ask nothing more."""
        self.on_screen_suspend()

    def act(self, command: str) -> bool:
        """Ask again; else as every text view."""
        if command == "session.refresh":
            self._poll()
            return True
        return super().act(command)

    def _poll(self) -> None:
        self.on_screen_suspend()
        if self._asking or not self.is_current:
            return
        if self._feeds.paused:
            self._stop = self.set_timer(LATER, self._poll).stop
            return
        self._asking = True
        self._feeds.ask(self.entry.scope, reading(self.entry.id, self._history), self._got)

    def _got(self, history: Any, trouble: Trouble | None) -> None:
        self._asking = False
        self._trouble = trouble
        if isinstance(history, History):
            self._history = history
        if not self.is_attached:
            return
        self._write()
        if self.is_current:
            going = self._history is not None and any(each.open for each in self._happenings())
            wait = FAILING if trouble is not None else SOON if going else LATER
            self._stop = self.set_timer(wait, self._poll).stop

    def _happenings(self) -> tuple[Happening, ...]:
        return timeline(self._history or History(), self._operations(), self.entry.key)

    def _write(self) -> None:
        lines: list[Spans] = []
        if self._trouble is not None:
            lines += [*error(self._trouble, max(self.size.width - 6, 40), (("ctrl+r", "ask again now"),)), ()]
        if self._history is not None or self._operations():
            lines += event_lines(self._happenings(), self._now(), more=self._history is not None and self._history.more)
        if lines != self._shown:
            self._shown = lines
            self.set_lines(lines)


def event_lines(happenings: Sequence[Happening], now: float, *, more: bool = False) -> list[Spans]:
    """Return a timeline as lines: each thing that happened, under it its events and what they say."""
    lines: list[Spans] = []
    for each in happenings:
        lines += [*_happening(each, now), ()]
    if not lines:
        return [(Span("Nothing was done to this server that the cloud still knows of.", "dim"),)]
    if more:
        lines.append((Span("There are older actions: openstack server event list --long shows them.", "dim"),))
    elif not lines[-1]:
        lines.pop()
    return lines


def _took(seconds: float | None, health: Health) -> str:
    if seconds is None:
        return "under way" if health is Health.MOVING else ""
    return f"took {age(seconds)}"


def _happening(each: Happening, now: float) -> list[Spans]:
    ink = INKS[each.health]
    head = [
        Span(fit(time_of(each.at, now, seconds=True), _TIME), "dim"),
        Span(f"{MARKS[each.health]} ", ink),
        Span(f"{fit(inert(each.title), _TITLE)}  ", "strong"),
        Span(f"{fit(_took(each.seconds, each.health), 10)}  ", "dim"),
        Span(inert(each.request_id), "dim"),
    ]
    indent = Span(" " * (_TIME + 2))
    lines: list[Spans] = [tuple(head)]
    if each.operation:
        bad = each.health is Health.BROKEN
        said = (Span(f"  {inert(each.result)}", "bad" if bad else "text"),) if each.result else ()
        lines.append((indent, Span("asked from here: ", "accent"), Span(inert(each.operation)), *said))
    elif each.user_id:
        lines.append((indent, Span(f"by user {inert(each.user_id)}", "dim")))
    if each.message:
        lines += [(indent, Span(line, "bad")) for line in inert_lines(each.message)]
    if each.hidden:
        lines.append((indent, Span(f"Events: {inert(each.hidden)}", "dim")))
    for event in each.events:
        lines += _event(event, indent)
    return lines


def _event(event: Event, indent: Span) -> list[Spans]:
    ink = INKS[event.health]
    took = "under way" if not event.finished else age(max(event.finished - event.started, 0.0))
    lines: list[Spans] = [
        (
            indent,
            Span(f"{clock(event.started)}  ", "dim"),
            Span(f"{MARKS[event.health]} ", ink),
            Span(f"{fit(inert(event.name), 44)}  "),
            Span(f"{fit(took, 9)}  {fit(inert(event.result), 9)}  {inert(event.host)}".rstrip(), "dim"),
        )
    ]
    deeper = Span(f"{indent.text}            ")
    lines += [(deeper, Span(line, "bad")) for line in inert_lines(event.details)]
    if event.traceback:
        lines += [(deeper, Span(line, "dim")) for line in inert_lines(event.traceback)]
    return lines
