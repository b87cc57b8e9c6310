"""Follows the log of one server for its pane: asks, waits, asks again; says how it stands, or why there is none."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from tui.cloud import Api
from tui.live.console import FASTEST, USUAL, Console, Pace, Update, why_empty
from tui.live.timeline import boot_cause
from tui.model.amount import clock, epoch
from tui.model.console import Line, Sort
from tui.model.entry import Entry
from tui.model.place import Scope
from tui.model.text import inert
from tui.model.trouble import Trouble
from tui.resources.server_row import server_of
from tui.ui.console_pane import ConsolePane
from tui.ui.line import Span, Spans
from tui.ui.spans import wrap
from tui.ui.statement import error


class Asking(Protocol):
    """What it needs of the feeds."""

    def ask(self, scope: Scope, job: Callable[[Api], Any], then: Callable[[Any, Trouble | None], None]) -> None:
        """Run a read on a worker of the scope's place; `then` is called on the loop's thread."""
        ...

    @property
    def paused(self) -> float:
        """Epoch seconds since when nothing is polled for want of a key; 0.0 while polling."""
        ...


Later = Callable[[float, Callable[[], None]], Callable[[], None]]
"""(seconds, what) -> a function that takes it back: the screen's timer."""


class Follower:
    """On the loop's thread. `changed` is called when the pane shows something else."""

    def __init__(
        self, entry: Entry, pane: ConsolePane, feeds: Asking, later: Later, changed: Callable[[Follower], None]
    ) -> None:
        self.entry = entry
        self.pane = pane
        self.following = True
        self.trouble: Trouble | None = None
        self.answered = 0.0
        """Epoch seconds of the last answer."""
        self.focused = True
        """Whether the terminal has the focus."""
        self._feeds = feeds
        self._later = later
        self._changed = changed
        self._console = Console(entry.id, USUAL)
        self._pace = Pace()
        self._on_screen = False
        self._asking = False
        self._asked = 0.0
        self._cancel: Callable[[], None] | None = None
        pane.length = USUAL

    # -- what the user wants -----------------------------------------------------------------------------------------

    def show(self) -> None:
        """The log is on the screen: ask now, unless that was done a moment ago."""
        self._on_screen = True
        if self.following or not self.answered:
            self._poll_soon(0.0)
        self.tell()

    def hide(self) -> None:
        """The log is not on the screen: ask nothing."""
        self._on_screen = False
        self._stop()

    def toggle(self) -> None:
        """Follow what is new, or stop."""
        self.following = not self.following
        self._pace.hurry()
        if self.following:
            self.pane.sight.to_end()
            self._poll_soon(0.0)
        else:
            self._stop()
        self.tell()

    def resume(self) -> None:
        """A key was pressed: go on where it was paused for want of one."""
        if self._on_screen and self.following and self._cancel is None and not self._asking:
            self._poll_soon(0.0)

    def ask_again(self) -> None:
        """Ask now, though never sooner than two seconds after the last time."""
        self._pace.hurry()
        self._poll_soon(0.0)

    def read_anew(self, length: int) -> None:
        """Begin again with the last `length` lines."""
        self._console = Console(self.entry.id, length)
        self.pane.length = length
        self.pane.sight.restart()
        self.answered, self.trouble = 0.0, None
        self._asking = False
        self._pace.hurry()
        self._poll_soon(0.0)
        self.tell()

    def mark(self) -> None:
        """Draw a line below what has come so far."""
        self.pane.sight.add(Line("", seen=time.time(), sort=Sort.MARK))
        self.pane.sight.to_end()
        self.pane.refresh()

    # -- asking ------------------------------------------------------------------------------------------------------

    def _stop(self) -> None:
        if self._cancel is not None:
            self._cancel()
            self._cancel = None

    def _poll_soon(self, seconds: float) -> None:
        """Ask after so many seconds, at least `FASTEST` after the last question."""
        self._stop()
        if self._on_screen and not self._asking:
            wait = max(seconds, self._asked + FASTEST - time.monotonic() if self._asked else 0.0)
            if wait <= 0:
                self._poll()
            else:
                self._cancel = self._later(wait, self._poll)

    def _poll(self) -> None:
        self._cancel = None
        if self._feeds.paused:
            self.tell()
            return
        console, self._asking, self._asked = self._console, True, time.monotonic()

        def got(update: Any, trouble: Trouble | None) -> None:
            if console is self._console:
                self._asking = False
                self._got(update, trouble)

        self.tell()
        self._feeds.ask(self.entry.scope, lambda api: console.fetch(api, time.time()), got)

    def _got(self, update: Update | None, trouble: Trouble | None) -> None:
        self.trouble = trouble
        if update is not None:
            self._pace.came(update)
            self.answered = update.at
            if update.lines or update.replaced:
                self._take(update)
        else:
            self._pace.failed()
        if self.following:
            self._poll_soon(self._pace.seconds(focused=self.focused, trouble=trouble))
        self.tell()

    def _take(self, update: Update) -> None:
        sight = self.pane.sight
        # A mark below an unfinished line stays below it, however that line goes on.
        marks: list[Line] = []
        while update.replaced and sight.lines and sight.lines[-1].sort is Sort.MARK:
            marks.append(sight.lines[-1])
            sight.take(Update(replaced=1))
        cut = update.replaced
        sight.take(replace(update, lines=(*update.lines[:cut], *reversed(marks), *update.lines[cut:])))
        self.pane.refresh()
        news = [line for line in update.lines if line.sort in {Sort.BOOT, Sort.RESET} and line.seen]
        if news:
            self._ask_why(news[-1].seen)

    def _ask_why(self, seen: float) -> None:
        """Find out after which action the server boots that we saw booting."""
        ident = self.entry.id

        def got(cause: Any, trouble: Trouble | None) -> None:
            # Where it cannot be found out, the line stays as it is.
            if cause:
                self.pane.sight.explain(seen, inert(cause))
                self.pane.refresh()

        self._feeds.ask(self.entry.scope, lambda api: boot_cause(api, ident, time.time()), got)

    # -- telling -----------------------------------------------------------------------------------------------------

    def tell(self) -> None:
        """Say how it stands in the pane."""
        state, nothing = self._state(), self._nothing()
        if (state, nothing) != (self.pane.state, self.pane.nothing):
            self.pane.state, self.pane.nothing = state, nothing
            self.pane.refresh()
        self._changed(self)

    def _state(self) -> Spans:
        if self.trouble is not None and (self.pane.sight.lines or not self._missing):
            as_of = f" as of {clock(self.answered)}" if self.answered else ""
            return Span("✗", "bad"), Span(f" {inert(self.trouble.short or 'fails')}{as_of}", "dim")
        if not self.answered and self.trouble is None:
            return Span("◐", "move"), Span(" asking", "dim")
        if not self.following:
            return Span("○", "off"), Span(" not following", "dim")
        if self._feeds.paused:
            return Span("○", "off"), Span(f" paused {clock(self._feeds.paused, False)}, press a key", "dim")
        every = self._pace.seconds(focused=self.focused, trouble=self.trouble)
        return Span("●", "ok"), Span(" following", "text"), Span(f" every {every:.0f}s", "dim")

    @property
    def _missing(self) -> bool:
        """Whether the cloud says that there is no log, which is no failure of the cloud."""
        return self.trouble is not None and self.trouble.status in {404, 409, 501}

    def _nothing(self) -> tuple[Spans, ...]:
        """Return what stands in the place of lines."""
        width = max(self.pane.size.width - 6, 30)
        if not self.answered and self.trouble is None:
            return ((Span("◐ ", "move"), Span("asking for the last lines", "strong")),)
        trouble = self.trouble
        if trouble is not None and not self._missing:
            return tuple(error(trouble, width, (("ctrl+r", "ask again now"),)))
        row = server_of(self.entry)
        created = epoch(row.created)
        title, reasons = why_empty(row.status or "", time.time() - created if created else 1e9, trouble)
        lines: list[Spans] = [(Span(title, "strong"),), ()]
        for reason in reasons:
            lines += wrap((Span("– ", "dim"), Span(reason)), width, 2)
        if trouble is not None:
            lines += [(), *wrap((Span("said  ", "dim"), Span(f"{trouble.status} {inert(trouble.said)}")), width, 6)]
        state = f"{row.status or '?'}" + (f", {row.task}" if row.task else "")
        lines += [(), (Span("The server is ", "dim"), Span(inert(state)), Span(".", "dim"))]
        return tuple(lines)
