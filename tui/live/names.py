"""Names of other resources that rows refer to by id: asked for in batches, kept per place."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from tui.cloud import Api
from tui.cloud.turns import in_turns
from tui.model.read import Params
from tui.model.trouble import Cause, TroubleError
from tui.resources.kind import Kind, Lookup, Raw

AGAIN = 600.0
"""Seconds until an id that nobody knew, or a list that was refused, is asked for again."""

QUIET = frozenset({Cause.FORBIDDEN, Cause.NOT_FOUND, Cause.NO_SERVICE, Cause.REFUSED})
"""A cloud without the service, or a policy that hides it, is no trouble: ids are shown instead."""

_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_ITEM = msgspec.json.Decoder(dict[str, Any])
_LOG = logging.getLogger(__name__)


class Book:
    """Labels by kind and id at one place. Threads write, the loop's thread reads; each is one dictionary operation."""

    def __init__(self) -> None:
        self._labels: dict[tuple[str, str], str] = {}
        self._old: dict[tuple[str, str], str] = {}
        """As an earlier run knew them: shown until they are learnt anew."""

    def get(self, kind: str, ident: str) -> str | None:
        """Return the label of a resource, or None while it is not known."""
        return self._labels.get((kind, ident)) or self._old.get((kind, ident))

    def learnt(self, kind: str, ident: str) -> str | None:
        """Return the label that was told in this run."""
        return self._labels.get((kind, ident))

    def __len__(self) -> int:
        """Return how many labels were told in this run."""
        return len(self._labels)

    def recall(self, labels: Iterable[tuple[str, str, str]]) -> None:
        """Take kind, id and label as an earlier run knew them."""
        self._old.update({(kind, ident): label for kind, ident, label in labels})

    def put(self, kind: str, ident: str, label: str) -> bool:
        """Keep a label; returns whether it is news."""
        if self._labels.get((kind, ident)) == label:
            return False
        self._labels[kind, ident] = label
        return True


def items_of(api: Api, service: str, path: str, key: str, params: Params, microversion: str = "") -> list[Raw]:
    """Return the items of a list that is read whole and rarely. Raises TroubleError.

    Items are decoded in slices, so that the ports of a large place do not hold the interpreter for a tenth of a second.
    """
    reply = api.get(service, path, params, microversion=microversion)
    found: list[Raw] = []
    try:
        items = _LIST.decode(_OBJECT.decode(reply.body).get(key, b"[]"))
        for turn in in_turns(len(items)):
            found += map(_ITEM.decode, items[turn])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # Not what the API promises: this says so in a person's words, or the items that are no objects are left out.
        told = api.decoded(service, reply).get(key)
        return [item for item in told if isinstance(item, dict)] if isinstance(told, list) else []
    return found


class Learner:
    """Finds out what the ids in one feed's rows are called. `learn` is called by one thread at a time."""

    def __init__(self, kind: Kind, book: Book) -> None:
        self._lookups = kind.lookups
        self._book = book
        self._wanted: dict[Lookup, dict[str, None]] = {}
        self._lock = threading.Lock()
        self._asked: dict[tuple[str, str], float] = {}
        self._whole: dict[str, float] = {}

    @property
    def pending(self) -> bool:
        """Whether there are ids to ask for."""
        return bool(self._wanted)

    def note(self, rows: Sequence[Any]) -> None:
        """Look through rows for ids without a name."""
        now = time.monotonic()
        for lookup in self._lookups:
            kind, known = lookup.kind, self._book.learnt
            # Each id once: thousands of rows share a few projects and images. In order, for repeatable questions.
            named = dict.fromkeys(ident for row in rows for ident in lookup.ids(row))
            unknown = {
                ident: None for ident in named if ident and known(kind, ident) is None and self._due(kind, ident, now)
            }
            if unknown:
                with self._lock:
                    self._wanted.setdefault(lookup, {}).update(unknown)

    def learn(self, api: Api) -> frozenset[str]:
        """Ask for all that is pending; returns the kinds of which labels were learnt. Never raises TroubleError."""
        with self._lock:
            taken, self._wanted = self._wanted, {}
        return frozenset(lookup.kind for lookup, ids in taken.items() if self._look_up(api, lookup, list(ids)))

    def _due(self, kind: str, ident: str, now: float) -> bool:
        return now - max(self._asked.get((kind, ident), -AGAIN), self._whole.get(kind, -AGAIN)) >= AGAIN

    def _look_up(self, api: Api, lookup: Lookup, ids: Sequence[str]) -> bool:
        now = time.monotonic()
        news = False
        for start in range(0, len(ids), lookup.batch):
            batch = ids[start : start + lookup.batch]
            query = lookup.query(batch)
            whole = not query or query == lookup.query(())
            found = self._ask(api, lookup, query)
            for raw in found:
                news |= self._book.put(lookup.kind, str(raw.get("id") or ""), lookup.label(raw))
            if whole:
                self._whole[lookup.kind] = now
                break
            self._asked |= {(lookup.kind, ident): now for ident in batch}
        return news

    def _ask(self, api: Api, lookup: Lookup, query: Params) -> list[Raw]:
        for path in filter(None, (lookup.path, lookup.fallback)):
            try:
                return items_of(api, lookup.service, path, lookup.key, query, lookup.microversion)
            except TroubleError as error:
                if error.trouble.cause not in QUIET:
                    _LOG.debug("names of %s not learnt: %s", lookup.kind, error.trouble.title)
                    return []
        return []
