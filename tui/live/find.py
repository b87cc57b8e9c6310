"""`:find`: ask the services of every place for an address, an id or a name, loaded or not."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tui.cloud import Api, Clouds, trouble_of
from tui.live.listing import one
from tui.live.names import QUIET, Book, items_of
from tui.live.natural import unique
from tui.live.threads import Workers
from tui.model.entry import Entry
from tui.model.place import Scope
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.resources.kind import Find, Kind, Raw

Failure = tuple[Scope, Trouble]

_ID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that was found."""

    kind: str
    """Id of the kind that it is, or belongs to."""
    scope: Scope
    id: str
    key: str
    """Key of the entry, as in the fleet."""
    name: str
    what: str
    """What of it was found: «name», «id», «address of port 1f2e3d4c»."""
    entry: Entry | None = None
    """The row, where it could be read."""


class _Search:
    """One search under way; counts what is still out."""

    def __init__(self, on_hit: Callable[[Hit], None], on_done: Callable[[Sequence[Failure]], None]) -> None:
        self.cancelled = False
        self._on_hit = on_hit
        self._on_done = on_done
        self._open = 1
        self._seen: set[tuple[str, str]] = set()
        self._failures: dict[str, Failure] = {}
        self._lock = threading.Lock()

    def begin(self) -> None:
        with self._lock:
            self._open += 1

    def end(self) -> None:
        with self._lock:
            self._open -= 1
            done = not self._open
        if done and not self.cancelled:
            self._on_done(list(self._failures.values()))

    def is_new(self, kind: str, key: str) -> bool:
        with self._lock:
            new = (kind, key) not in self._seen
            self._seen.add((kind, key))
            return new

    def hit(self, found: Hit) -> None:
        if not self.cancelled:
            self._on_hit(found)

    def failed(self, scope: Scope, trouble: Trouble) -> None:
        with self._lock:
            self._failures.setdefault(scope.key, (scope, trouble))


def find(
    clouds: Clouds,
    workers: Workers,
    kinds: Iterable[Kind],
    text: str,
    on_hit: Callable[[Hit], None],
    on_done: Callable[[Sequence[Failure]], None],
    *,
    all_projects: bool = True,
) -> Callable[[], None]:
    """Ask everywhere at once. Hits come as they are found, each once, from worker threads; then `on_done` with the
    scopes that could not be asked. Where policy forbids all projects, the scope's own is asked. Returns a function that
    cancels.
    """
    wanted = text.strip()
    search = _Search(on_hit, on_done)
    for scope in clouds.scopes if wanted else ():
        for kind in kinds if isinstance(kinds, Sequence) else (kinds := tuple(kinds)):
            if _ID.fullmatch(wanted) or any(question.query(wanted) is not None for question in kind.finds):
                search.begin()
                lane = f"{scope.place.auth_url} {scope.place.region}"
                workers.submit(lane, _job(search, clouds, scope, kind, wanted, all_projects=all_projects))
    search.end()

    def cancel() -> None:
        search.cancelled = True

    return cancel


def _job(
    search: _Search, clouds: Clouds, scope: Scope, kind: Kind, text: str, *, all_projects: bool
) -> Callable[[], None]:
    def work() -> None:
        try:
            if search.cancelled:
                return
            clouds.identity(scope)
            api = clouds.api(scope)
            if _ID.fullmatch(text):
                _by_id(search, api, scope, kind, text.lower())
            for question in kind.finds:
                params = question.query(text)
                if params is not None and not search.cancelled:
                    _ask(search, api, scope, kind, question, params, text, all_projects=all_projects)
        except TroubleError as error:
            if error.trouble.cause is not Cause.NO_SERVICE:
                search.failed(scope, error.trouble)
        except Exception as error:
            search.failed(scope, trouble_of(error, scope=scope))
        finally:
            search.end()

    return work


def _ask(
    search: _Search,
    api: Api,
    scope: Scope,
    kind: Kind,
    question: Find,
    params: tuple[tuple[str, str], ...],
    text: str,
    *,
    all_projects: bool,
) -> None:
    for raw in _items(api, question, params, all_projects=all_projects):
        ident = question.ident(raw)
        if not ident or not _is_meant(raw, ident, text):
            continue
        origin = api.origin(kind.read.service)
        key = f"{origin}|{ident}"
        if not search.is_new(kind.id, key):
            continue
        entry = _entry(api, scope, kind, ident, origin)
        name = kind.name(entry.row) if entry else str(raw.get("name") or ident)
        search.hit(Hit(kind.id, scope, ident, key, name, _what(raw, ident, text, question), entry))


def _by_id(search: _Search, api: Api, scope: Scope, kind: Kind, ident: str) -> None:
    """Ask for the one that has the id: lists leave out filters that policy forbids and then name everything."""
    if not api.has(kind.read.service):
        return
    origin = api.origin(kind.read.service)
    entry = _entry(api, scope, kind, ident, origin)
    if entry is not None and entry.id.lower() == ident and search.is_new(kind.id, entry.key):
        search.hit(Hit(kind.id, scope, entry.id, entry.key, kind.name(entry.row), "id", entry))


def _is_meant(raw: Raw, ident: str, text: str) -> bool:
    """Whether an item is what was looked for, where its own id or name tells."""
    if ident != str(raw.get("id") or ""):
        return True
    return ident == text or text.casefold() in str(raw.get("name") or "").casefold()


def _items(api: Api, question: Find, params: tuple[tuple[str, str], ...], *, all_projects: bool) -> list[Raw]:
    if all_projects and question.all_projects:
        try:
            everywhere = (*params, *question.all_projects)
            return items_of(api, question.service, question.path, question.key, everywhere, question.microversion)
        except TroubleError as error:
            if error.trouble.cause not in QUIET:
                raise
    try:
        return items_of(api, question.service, question.path, question.key, params, question.microversion)
    except TroubleError as error:
        if error.trouble.cause is Cause.REFUSED or error.trouble.status == 404:
            return []  # the service does not take the text as what it would have to be
        raise


def _entry(api: Api, scope: Scope, kind: Kind, ident: str, origin: str) -> Entry | None:
    try:
        row: Any = one(api, kind, ident)
        if row is None:
            return None
        tag = hashlib.blake2s(origin.encode(), digest_size=4).hexdigest()
        order = unique(kind.name(row), ident, tag)
        return Entry(f"{origin}|{ident}", scope, row, kind.status(row), Book(), order=order)
    except (TroubleError, TypeError, ValueError, AttributeError):
        return None


def _what(raw: Raw, ident: str, text: str, question: Find) -> str:
    if ident != str(raw.get("id") or ident):
        return f"address of {question.key.removesuffix('s')} {str(raw.get('id'))[:8]}"
    return "id" if ident == text else "name"
