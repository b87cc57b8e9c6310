"""One run of the dashboard below its screens: options, settings, memory, clouds, feeds and fleet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tui.cloud.config_cache import Kept, outline_key
from tui.cloud.entry import CloudEntry, Outline
from tui.cloud.reading import kept
from tui.config.keymap import keymap
from tui.config.options import Options
from tui.config.settings import Settings, load_settings
from tui.config.state import Remembered, load_state, save_state
from tui.live.fleet import Fleet
from tui.live.prefetch import Id, Prefetch
from tui.live.recalling import Recalling
from tui.live.row_cache import RowCache
from tui.live.tunnels import Tunnels
from tui.model.events import Done, Event, Sink
from tui.model.place import Project, Scope
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.model.tunnel import Hops
from tui.resources.kind import Kind
from tui.resources.registry import KINDS

if TYPE_CHECKING:
    from tui.cloud import Clouds
    from tui.live.audit import Audit
    from tui.live.feeds import Feeds
    from tui.live.keeping import RowKeeper
    from tui.live.operations import Operations

KEEPING = 0.2
"""Most seconds that the end waits for rows to be written."""


class Session:
    """What every screen needs. Made before there is a screen; `load` brings the clouds from a thread of its own."""

    def __init__(self, options: Options, prefetch: Prefetch | None = None) -> None:
        """Read settings and memory; `prefetch` is what was sent out ahead.

        Raises TroubleError (CONFIG) for a mistake in the settings.
        """
        self.options = options
        self._prefetch = prefetch
        self._shown: set[Id] = set()
        """Of what was fetched ahead: what is on the screen."""
        self.settings: Settings = load_settings()
        self.keys: Mapping[str, tuple[str, ...]] = keymap(self.settings.keymap, "settings.toml")
        self.memory: Remembered = Remembered() if options.demo else load_state()
        self.fleet = Fleet(KINDS)
        self.tunnels = Tunnels(self.settings.ssh)
        self._kept: Kept | None = kept() if options.token_cache else None
        self._outline = self._kept.outlines.get(self._command_line, Outline()) if self._kept else Outline()
        rows = options.row_cache and self.settings.row_cache
        self.recalling = Recalling(RowCache(self.settings.row_cache_mb * 1_000_000) if rows else None)
        self._keeper: RowKeeper | None = None
        self._sink: Sink | None = None
        self.clouds: Clouds | None = None
        self.feeds: Feeds | None = None
        self.projects: dict[str, tuple[Project, ...]] = {}
        """Projects that an entry may switch to, once it was asked."""
        self.trouble: Trouble | None = None
        """Why there are no clouds at all."""

    @property
    def ssh_folder(self) -> Path | None:
        """Where host keys are remembered in the state directory's stead: of the demo cloud nothing is, its files go."""
        known_hosts = self.settings.ssh.known_hosts
        return Path(known_hosts).parent if self.options.demo and known_hosts else None

    @cached_property
    def audit(self) -> Audit:
        """The log of what was changed."""
        from tui.live.audit import Audit

        return Audit(also=self.options.served)

    @property
    def operations(self) -> Operations | None:
        """What is being done; None before the clouds are known."""
        return self._doing if self.feeds is not None else None

    @cached_property
    def _doing(self) -> Operations:
        from tui.live.operations import Operations

        clouds, feeds, sink = self.clouds, self.feeds, self._sink
        if clouds is None or feeds is None or sink is None:
            raise RuntimeError("nothing can be done before the clouds are known")
        return Operations(clouds, sink, self.settings, feeds.workers, self.audit, hurry=feeds.hurry)

    @property
    def is_doing(self) -> bool:
        """Whether anything was done in this run."""
        return "_doing" in self.__dict__

    @property
    def entries(self) -> Sequence[CloudEntry]:
        """Entries of the configuration; as an earlier run knew them until it is loaded."""
        return self.clouds.entries if self.clouds is not None else self._outline.entries

    @property
    def scopes(self) -> Sequence[Scope]:
        """All scopes as they are now."""
        return self.clouds.scopes if self.clouds is not None else self._outline.scopes

    @property
    def _command_line(self) -> str:
        options = self.options
        return outline_key(options.clouds, options.regions, options.project, options.read_only, self.settings)

    def asking_hops(self, entry_name: str) -> Hops:
        """Return the jump hosts of an entry that wait for a person; none where nothing is asked."""
        entry = next((entry for entry in self.entries if entry.name == entry_name), None)
        found = entry.tunnels if entry is not None else ()
        return next((hops for hops in found if self.tunnels.question(hops) is not None), ())

    def recall(self, kind: Kind, scope: Scope, *, all_projects: bool) -> None:
        """Let the fleet show what an earlier run knew of a view, if nothing is known of it yet."""
        if self.fleet.state(kind, scope).answered_at:
            return
        name = self._outline.rows.get(scope.key, "") if self.clouds is None else self.clouds.row_name(scope)
        event = self.recalling.recall(name, kind, scope, all_projects=all_projects)
        if event is not None:
            self.fleet.apply(event)
        for news in self._ahead((kind.id, scope.key, all_projects)):
            self.fleet.apply(news)

    def _ahead(self, id_: Id) -> list[Event]:
        """Return what the first page of a view tells, once it has come; each is told once."""
        kind, key, all_projects = id_
        if self._prefetch is None or self.feeds is not None or id_ in self._shown:
            return []
        page = self._prefetch.page(kind, key, all_projects=all_projects)
        scope = next((scope for scope in self._outline.scopes if scope.key == key), None)
        if page is None or scope is None or page.entry != scope.cloud:
            return []
        self._shown.add(id_)
        return list(page.events(scope, self.recalling.names(scope)))

    def aim_of(self, key: str) -> str:
        """Return the status to which something that was done leads a row; empty without."""
        return self._doing.aim_of(key) if self.is_doing else ""

    def load(self, sink: Sink, ready: Callable[[], None]) -> None:
        """Read the clouds in a daemon thread; then `ready` is called on the loop's thread."""
        self._sink = sink
        if self._prefetch is not None:
            self._prefetch.listen(lambda id_: self._tell(sink, self._ahead(id_)))

        def taken(value: object, trouble: Trouble | None) -> None:
            if trouble is None:
                self._begin(cast("Clouds", value), sink)
            self.trouble = trouble
            ready()

        def work() -> None:
            import_module("tui.live.keeping")  # now, and the feeds with it: later the screen would wait for them
            from tui.cloud import Clouds, trouble_of

            options, known = self.options, self._kept
            if known is None and self._prefetch is not None:
                import_module("tui.cloud.build")
                known = kept() if self._prefetch.settled() else None
            try:
                clouds = Clouds.load(
                    settings=self.settings,
                    only=options.clouds,
                    regions=options.regions,
                    project=options.project,
                    read_only=options.read_only,
                    token_cache=options.token_cache,
                    kept=known,
                    dial=self.tunnels.dial,
                )
            except TroubleError as error:
                sink.put(Done(taken, None, error.trouble))
            except Exception as error:  # whatever the SDK's loader raises is told, not thrown into the void
                sink.put(Done(taken, None, trouble_of(error) or Trouble(Cause.CONFIG, str(error))))
            else:
                sink.put(Done(taken, clouds))
                clouds.keep()

        threading.Thread(target=work, name="stackdeck-load", daemon=True).start()

    @staticmethod
    def _tell(sink: Sink, events: Iterable[Event]) -> None:
        for event in events:
            sink.put(event)

    def become_memory(self) -> None:
        """Know what the next start will know before it has loaded anything. For the very end: nothing can be asked."""
        if self.clouds is not None:
            self._outline, self.clouds, self.feeds = self.clouds.outline(), None, None
        self.fleet.become_memory()

    def _begin(self, clouds: Clouds, sink: Sink) -> None:
        from tui.live.feeds import Feeds
        from tui.live.keeping import RowKeeper

        self.clouds = clouds
        if self.recalling.cache is not None:
            self._keeper = RowKeeper(self.recalling.cache, clouds)
        feeds = self.feeds = Feeds(clouds, sink, self.settings, keeper=self._keeper, prefetch=self._prefetch)
        self.recalling.start(sink, lambda scope, labels: feeds.book(scope).recall(labels))

    def close(self) -> None:
        """Stop asking and remember; returns at once even while requests hang."""
        if self._prefetch is not None:
            self._prefetch.close()
        if self.is_doing:
            self._doing.stop()
        if self.feeds is not None:
            self.feeds.stop()
        if self.clouds is not None:
            self.clouds.close()
        self.tunnels.close()
        self.save()
        self._keep()

    def _keep(self) -> None:
        """Keep the rows for the next start, as far as that is done at once: a slow disk does not hold the quit."""
        if self._keeper is not None:
            thread = threading.Thread(target=self._keeper.flush, name="stackdeck keep", daemon=True)
            thread.start()
            thread.join(KEEPING)

    def save(self) -> None:
        """Write what is remembered; a session on the demo cloud remembers nothing."""
        if not self.options.demo:
            save_state(self.memory)

    @staticmethod
    def now() -> float:
        """Return the time in epoch seconds."""
        return time.time()
