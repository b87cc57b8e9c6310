"""Rows of an earlier run on the screen: the first of them at once, the others from a thread of their own."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from tui.live.row_cache import Labels, Recollection, RowCache
from tui.model.events import Recalled, Sink
from tui.model.place import Scope
from tui.resources.kind import Kind

Label = tuple[str, str, str]


class Recalling:
    """Each view is recalled once. On the loop's thread."""

    def __init__(self, cache: RowCache | None) -> None:
        """Without a cache nothing is recalled."""
        self.cache = cache
        self._asked: set[tuple[str, str, bool]] = set()
        self._left: deque[Recollection] = deque()
        self._sink: Sink | None = None
        self._tell: Callable[[Scope, list[Label]], None] | None = None
        self._labels: list[tuple[Scope, list[Label]]] = []
        self._names: dict[str, Labels] = {}

    def recall(self, name: str, kind: Kind, scope: Scope, *, all_projects: bool) -> Recalled | None:
        """Return the first rows that an earlier run knew; the others follow into the sink. None where none are kept."""
        asked = kind.id, scope.key, all_projects
        if self.cache is None or not name or asked in self._asked:
            return None
        self._asked.add(asked)
        found = self.cache.recall(name, kind, scope, all_projects=all_projects)
        event = found.first() if found is not None else None
        if found is None or event is None:
            return None
        self._left.append(found)
        self._labels.append((scope, found.head.labels))
        self._names[scope.key] = found.names
        self._go_on()
        return event

    def names(self, scope: Scope) -> Labels:
        """Return what the rows that were recalled there refer to."""
        return self._names.get(scope.key) or Labels(())

    def start(self, sink: Sink, tell: Callable[[Scope, list[Label]], None]) -> None:
        """Bring the other rows too from now on; `tell` gets the names that rows refer to."""
        self._sink, self._tell = sink, tell
        self._go_on()

    def _go_on(self) -> None:
        if self._sink is None or self._tell is None:
            return
        labels, self._labels = self._labels, []
        for scope, found in labels:
            self._tell(scope, found)
        if self._left:
            left, self._left = self._left, deque()
            threading.Thread(target=_bring, args=(left, self._sink), name="stackdeck recall", daemon=True).start()


def _bring(left: deque[Recollection], sink: Sink) -> None:
    for found in left:
        for event in found.rest():
            sink.put(event)
