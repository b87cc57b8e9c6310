"""One run of the dashboard below its screens: options, settings, memory, clouds, feeds and fleet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence

from tui.cloud import CloudEntry, Clouds, trouble_of
from tui.config.keymap import keymap
from tui.config.options import Options
from tui.config.settings import Settings, load_settings
from tui.config.state import Remembered, load_state, save_state
from tui.live.audit import Audit
from tui.live.feeds import Feeds
from tui.live.fleet import Fleet
from tui.live.operations import Operations
from tui.model.events import Done, Sink
from tui.model.place import Project, Scope
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.resources.registry import KINDS


class Session:
    """What every screen needs. Made before there is a screen; `load` brings the clouds from a thread of its own."""

    def __init__(self, options: Options) -> None:
        """Read settings and memory. Raises TroubleError (CONFIG) for a mistake in the settings."""
        self.options = options
        self.settings: Settings = load_settings()
        self.keys: Mapping[str, tuple[str, ...]] = keymap(self.settings.keymap, "settings.toml")
        self.memory: Remembered = Remembered() if options.demo else load_state()
        self.fleet = Fleet(KINDS)
        self.clouds: Clouds | None = None
        self.feeds: Feeds | None = None
        self.projects: dict[str, tuple[Project, ...]] = {}
        """Projects that an entry may switch to, once it was asked."""
        self.audit = Audit()
        self.operations: Operations | None = None
        self.trouble: Trouble | None = None
        """Why there are no clouds at all."""

    @property
    def entries(self) -> Sequence[CloudEntry]:
        """Entries of the configuration; none until it is loaded."""
        return self.clouds.entries if self.clouds is not None else ()

    @property
    def scopes(self) -> Sequence[Scope]:
        """All scopes as they are now."""
        return self.clouds.scopes if self.clouds is not None else ()

    def load(self, sink: Sink, ready: Callable[[], None]) -> None:
        """Read the clouds in a daemon thread; then `ready` is called on the loop's thread."""

        def taken(value: object, trouble: Trouble | None) -> None:
            if isinstance(value, Clouds):
                self.clouds = value
                feeds = self.feeds = Feeds(value, sink, self.settings)
                self.operations = Operations(value, sink, self.settings, feeds.workers, self.audit, hurry=feeds.hurry)
            self.trouble = trouble
            ready()

        def work() -> None:
            options = self.options
            try:
                clouds = Clouds.load(
                    settings=self.settings,
                    only=options.clouds,
                    regions=options.regions,
                    project=options.project,
                    read_only=options.read_only,
                    token_cache=options.token_cache,
                )
            except TroubleError as error:
                sink.put(Done(taken, None, error.trouble))
            except Exception as error:  # whatever the SDK's loader raises is told, not thrown into the void
                sink.put(Done(taken, None, trouble_of(error) or Trouble(Cause.CONFIG, str(error))))
            else:
                sink.put(Done(taken, clouds))

        threading.Thread(target=work, name="stackdeck-load", daemon=True).start()

    def close(self) -> None:
        """Stop asking and remember; returns at once even while requests hang."""
        if self.operations is not None:
            self.operations.stop()
        if self.feeds is not None:
            self.feeds.stop()
        if self.clouds is not None:
            self.clouds.close()
        self.save()

    def save(self) -> None:
        """Write what is remembered; a session on the demo cloud remembers nothing."""
        if not self.options.demo:
            save_state(self.memory)

    @staticmethod
    def now() -> float:
        """Return the time in epoch seconds."""
        return time.time()
