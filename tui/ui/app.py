"""The Textual application: theme, keys, events, the way in and out."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import Any, ClassVar

from textual import events
from textual.app import SuspendNotSupported
from textual.binding import BindingType
from textual.widget import Widget

from tui.config.fence import NO_PROGRAM, fenced
from tui.config.options import Options
from tui.live.prefetch import Prefetch
from tui.model.events import Done, Event, Operated, ScopesChanged
from tui.model.text import inert
from tui.ui.browsing import Browsing
from tui.ui.command_line import CommandLine
from tui.ui.commands import Commands
from tui.ui.drain import Drain
from tui.ui.driver import HungUp, LinkIsSlow, MarksAreWide, TerminalDriver, Typed, Wishes, driver_for
from tui.ui.guard import Reads, Stroke, Verdict, field_text, judge
from tui.ui.painter import Painted
from tui.ui.screen import BrowseScreen
from tui.ui.session import Session
from tui.ui.side import Side
from tui.ui.styles import Sheets, style_sheets
from tui.ui.table import Table
from tui.ui.themes import STACKDECK_DARK, THEMES

AGE_STEP = 5.0
"""Seconds between two looks at the age of the data; the header writes only when its bound steps."""

PAINTER = "STACKDECK_PAINTER"
"""Environment variable: `stock` leaves drawing to Textual, as `--painter=stock` does; for programs that start us."""

TRIM_STEP = 60.0
"""Seconds between two looks at the file of captured output."""

SLOW = "The link is slow: 256 colours, 10 frames a second. --no-low-bandwidth keeps all."

FIRST_FRAME = 0.02
"""Seconds that the first frame needs to be written (Textual draws 60 a second): the load would take turns with it."""
SLOW_SAID = 6.0
"""Seconds that keys do not take that sentence away: on such a link it arrives late."""

SETTLED = 0.15
"""Seconds that the first answers need to be drawn, before the import of the rest takes turns with that."""

LATEST = 1.0
"""Seconds after which everything is imported, answers or not."""

GRACE = 5.0
"""Seconds that an end by a signal may take."""

PASTED = "Pasted text does nothing here: press : or / first."


class StackdeckApp(Painted[int]):
    """The dashboard. Keys are dispatched here, in the order of their arrival, before any widget's queue sees them."""

    TITLE = "stackdeck"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = []
    CSS_PATH = style_sheets()
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it as an instance variable
        (0, "-w60"),
        (80, "-w80"),
        (100, "-w100"),
        (160, "-w160"),
        (190, "-w190"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-h15"), (20, "-h20"), (36, "-h36")]  # noqa: RUF012 - the same
    ALLOW_SELECT = False

    def __init__(self, options: Options, prefetch: Prefetch | None = None) -> None:
        """Read the settings. Raises TroubleError (CONFIG) for a mistake in them."""
        self._session = Session(options, prefetch)
        settings = self._session.settings
        wishes = Wishes(
            ascii="on" if options.ascii else settings.ascii,
            low_bandwidth=options.low_bandwidth or settings.low_bandwidth,
            remote=options.remote,
        )
        stock = "stock" in (options.painter or settings.painter, os.environ.get(PAINTER))
        super().__init__(driver_class=driver_for(wishes), painter="stock" if stock else "diff")
        self.animation_level = "none"
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = _theme(options.theme or self._session.settings.theme)
        self.stylesheet = Sheets(variables=self.get_css_variables())
        self.drain = Drain(self._take, self._settle, self._handle_exception)
        self._browse = BrowseScreen(Browsing(self._session))
        self._reads = Reads()
        self._answered = False
        self._whole = False
        """Whether the import of what comes late has begun."""
        self._terminal_title = ""
        self._slow_until = 0.0

    @property
    def session(self) -> Session:
        """What the screens work on."""
        return self._session

    @property
    def browse(self) -> BrowseScreen:
        """The screen that is always there."""
        return self._browse

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Let a stock theme parse our style sheets."""
        return dict(STACKDECK_DARK.variables)

    # -- in and out --------------------------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Show the frame; the clouds are loaded once it is on the screen."""
        self.push_screen(self._browse)
        self.drain.start()
        self._session.tunnels.changed = self._tunnel_changed
        self._watch_signals()
        self.set_interval(AGE_STEP, self._browse.step_age)
        self.set_interval(TRIM_STEP, self._trim)
        self._browse.call_after_refresh(self.set_timer, FIRST_FRAME, self._load)
        self.set_timer(LATEST, self._import_late)

    def _tunnel_changed(self) -> None:
        """A tunnel came up, went down or asks something. Called from its own thread."""
        self.drain.put(Done(lambda value, trouble: self._browse.write_frame()))

    def _load(self) -> None:
        self._session.load(self.drain, self._loaded)

    def _loaded(self) -> None:
        if self._session.trouble is not None:
            # Without any cloud there is nothing to look at: the command line says why, in one line.
            self.exit()
        else:
            self._browse.clouds_are_known()

    def exit(self, result: int | None = None, return_code: int = 0, message: Any = None) -> None:
        """End; what hangs is left to its daemon threads."""
        self.drain.stop()
        self._browse.browsing.remember()
        self._session.close()
        if self._browse.is_attached:
            from tui.ui.drawing_ahead import draw_ahead

            draw_ahead(self)
        super().exit(result, return_code, message)

    def _watch_signals(self) -> None:
        if self.is_headless:
            return
        loop = asyncio.get_running_loop()

        def told(number: int, frame: object) -> None:
            # A terminal that takes no more output would hold every write, this end's too: then the kernel ends us.
            signal.setitimer(signal.ITIMER_REAL, GRACE)
            loop.call_soon_threadsafe(self._told, number)

        if fenced():
            # Textual's driver has put its own in place.
            signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, told)
        signal.signal(signal.SIGHUP, told)

    def _told(self, number: int) -> None:
        """A signal says that it is time to go."""
        if number == signal.SIGTERM:
            self.exit(128 + number)
            return
        self._session.close()
        if self._driver is not None:
            self._driver.stop_application_mode()
            self._driver.close()
        os._exit(128 + number)

    def on_hung_up(self, message: HungUp) -> None:
        """The terminal is gone: nobody can be told anything, and writing to it could block for ever."""
        self._session.close()
        os._exit(128 + signal.SIGHUP)

    def _fatal_error(self) -> None:
        """End quietly: `run` raises the error for the command line, which reports it without any values."""
        self._close_messages_no_wait()

    # -- events of the feeds -----------------------------------------------------------------------------------------

    def _take(self, batch: Sequence[Event]) -> None:
        for event in batch:
            if isinstance(event, Done):
                event.then(event.value, event.trouble)
            elif isinstance(event, Operated):
                self._browse.commands.acting.following.operated(event)
            else:
                self._browse.take((event,))
                if isinstance(event, ScopesChanged):
                    self._browse.scopes_changed()

    def _settle(self) -> None:
        self._browse.settle()
        if not self._answered and not all(state.is_new for state in self._browse.browsing.states()):
            self._answered = True
            self.set_timer(SETTLED, self._import_late)

    def _import_late(self) -> None:
        """The first answers are on the screen: import what the first frame did without, then show the keys of it."""
        if self._whole:
            return
        self._whole = True

        def work() -> None:
            Commands.import_late()
            self.drain.put(Done(lambda value, trouble: self._browse.write_frame()))

        threading.Thread(target=work, name="stackdeck late", daemon=True).start()

    # -- keys --------------------------------------------------------------------------------------------------------

    async def on_event(self, event: events.Event) -> None:
        """Run what a key means at once, in order; only fields and dialogs get keys through their queues."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            if self._key(event):
                return
        elif isinstance(event, events.Paste) and not event.is_forwarded and self._paste(event):
            return
        elif isinstance(event, (events.AppFocus, events.AppBlur)) and self._session.feeds is not None:
            self._session.feeds.focused(isinstance(event, events.AppFocus))
        await super().on_event(event)

    def on_typed(self, message: Typed) -> None:
        """Several keys came in one read: decide what they may do before the first one is looked at."""
        strokes = message.strokes
        if self.screen is not self._browse or self._browse.typing or not self._dispatches:
            self._begin_in_field(strokes)
        else:
            self._begin(strokes)

    def _begin(self, strokes: Sequence[Stroke], before: int = 0) -> None:
        """No field is open: judge these keys; `before` of the same read are done already."""
        verdict = judge(strokes, self._browse.commands.command_of)
        self._reads.begin(strokes, verdict, before)
        if verdict is Verdict.DROP:
            self._browse.say(f"{len(strokes)} keys came at once and did nothing: press : or / first.", "warn", "▲")
        elif verdict is Verdict.FIELD:
            self._hush()
            self._browse.commands.press(strokes[0].key)
            self._feed(strokes[1:])

    def _begin_in_field(self, strokes: Sequence[Stroke]) -> None:
        """A field or dialog is open: keys go to it one by one, but an Enter among text is a blank of that text."""
        burst = getattr(self.screen, "burst", None)
        if burst is not None and burst(strokes):
            self._reads.begin(strokes, Verdict.DROP)
            return
        inside = [stroke.key for stroke in strokes[:-1]]
        field = self._browse.typing or isinstance(self.screen, CommandLine)
        if self._browse.typing and inside[0] == "enter":
            # It ends what was typed before; what came with it is judged by itself.
            self._browse.type_key("enter", "\r")
            self._begin(strokes[1:], before=1)
        elif field and ("enter" in inside or "tab" in inside):
            self._reads.begin(strokes, Verdict.FIELD)
            self._feed(strokes)
        else:
            self._reads.begin(strokes, Verdict.ACT)

    def _feed(self, strokes: Sequence[Stroke]) -> None:
        text, submits = field_text(strokes)
        top = self.screen
        if isinstance(top, CommandLine):
            top.feed(text)
            if submits:
                top.pressed("enter", "\r")
        elif self._browse.typing:
            self._browse.filter_line.feed(text)
            if submits:
                self._browse.type_key("enter", "\r")

    @property
    def _dispatches(self) -> bool:
        """Whether keys are commands now: the browse screen is on top and its table or side pane has the focus."""
        if self.screen is not self._browse:
            return False
        return self.focused is None or isinstance(self.focused, (Table, Side))

    def _key(self, event: events.Key) -> bool:
        """Handle a key here if it is ours; returns whether that is done."""
        if self._session.feeds is not None:
            self._session.feeds.touched()
        if self._reads.next(Stroke(event.key, event.character), event.time):
            return True
        if self.screen is not self._browse:
            return False
        if self._browse.typing:
            return self._browse.type_key(event.key, event.character)
        self._hush()
        if not self._dispatches:
            return False
        before = (self.screen, self._browse.typing)
        self._browse.commands.press(event.key)
        self._browse.lines.write_detail()
        if self._reads.in_burst and before != (self.screen, self._browse.typing):
            self._reads.drop_rest()
        return True

    def _paste(self, event: events.Paste) -> bool:
        if self.screen is not self._browse:
            return False
        if self._browse.typing:
            self._browse.filter_line.feed(event.text)
            return True
        if self._dispatches:
            self._browse.say(PASTED, "warn", "▲")
            return True
        return False

    # -- what a restricted session does not do -----------------------------------------------------------------------

    @contextmanager
    def suspend(self) -> Iterator[None]:
        """Give the terminal to another program. Raises SuspendNotSupported in a restricted session."""
        if fenced():
            raise SuspendNotSupported(NO_PROGRAM)
        with super().suspend():
            yield

    def action_suspend_process(self) -> None:
        """Stop as job control does, where there is a shell to go to."""
        if not fenced():
            super().action_suspend_process()

    def open_url(self, url: str, *, new_tab: bool = True) -> None:
        """Open nothing: stackdeck has no links, and where it runs is seldom where the browser is."""

    # -- the terminal ------------------------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Draw everything again."""
        self.screen.refresh()
        for widget in self.screen.query(Widget):
            widget.refresh()
        self.invalidate()

    def on_marks_are_wide(self, message: MarksAreWide) -> None:
        """The terminal does not measure as we do: all once more, in ASCII."""
        self.invalidate()

    def on_link_is_slow(self, message: LinkIsSlow) -> None:
        """Send less from here on, and say so once."""
        self.lessen_colours()
        self.invalidate()
        self._slow_until = monotonic() + SLOW_SAID
        self._hush()

    def _hush(self) -> None:
        """Take a sentence away, but for the one that a key on its way would take away before it is seen."""
        if monotonic() < self._slow_until:
            self._browse.say(SLOW, "warn", "▲")
        else:
            self._browse.hush()

    def _trim(self) -> None:
        if isinstance(self._driver, TerminalDriver):
            self._driver.trim()

    def set_terminal_title(self, title: str) -> None:
        """Name the terminal's window; hostile text is made harmless."""
        title = inert(title)
        if title != self._terminal_title and self._driver is not None and not self.is_headless:
            self._terminal_title = title
            self._driver.write(f"\x1b]2;{title}\x07")


def _theme(wanted: str) -> str:
    names = [theme.name for theme in THEMES]
    if wanted in names:
        return wanted
    return "mono" if os.environ.get("NO_COLOR") else names[0]
