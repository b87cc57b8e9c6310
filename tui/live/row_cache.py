"""The last known rows of a view, kept between runs: shown dimmed in the first frame, until their place has answered.

A file holds a head and chunks of rows, the first by name in a chunk of their own: the first frame decodes no more. It
is named by auth URL, user, project, domain, system scope, region and a digest of the credential (`Clouds.row_name`),
kind and reach, never by a cloud's name. What does not decode, or was written by another version, is not there.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import msgspec

from tui import __version__
from tui.cloud.turns import SLICE, in_turns, turn
from tui.config.cache import ROWS, Store
from tui.live.entries import entry_of, tag_of
from tui.live.natural import natural
from tui.model.entry import Entry
from tui.model.events import Recalled
from tui.model.place import Scope
from tui.model.secret import without_secrets
from tui.resources.kind import Kind

FORM = 1
FIRST = 100
"""Rows of the first chunk: more than a tall terminal shows of one place."""
LARGEST = 32_000_000
"""Bytes of one view; 40,000 servers. A larger one is not kept."""
AGAIN = 60.0
"""Seconds between two writings of the same view while its rows change."""
_UNTOLD = ("metadata", "properties")
"""Fields with free text of users, where passwords are found; they are not kept."""
_CHECKED = ("description", "fault")


class Head(msgspec.Struct, array_like=True):
    """What is known of the rows of a file."""

    form: int
    version: str
    layout: str
    """Digest of the row struct's fields."""
    at: float
    """Epoch seconds of the answer."""
    origin: str
    """Service endpoint."""
    project: str
    """Id of the project that the scope reaches."""
    labels: list[tuple[str, str, str]]
    """Kind, id and name of what rows refer to."""
    count: int


class _File(msgspec.Struct, array_like=True):
    head: Head
    chunks: list[bytes]


class Recollection:
    """A view as it was kept. `first` is decoded at once, `rest` when there is time."""

    def __init__(self, head: Head, chunks: Sequence[bytes], kind: Kind, scope: Scope) -> None:
        self.head = head
        self.kind = kind
        self.scope = scope
        self._chunks = chunks
        self.names = Labels(head.labels)
        """What its rows refer to."""

    def first(self) -> Recalled | None:
        """Return the first rows; None when they do not decode."""
        return self._event(self._chunks[:1])

    def rest(self) -> Iterator[Recalled]:
        """Return the other rows, a few at a time. For a thread of its own."""
        for number in range(1, len(self._chunks)):
            with turn():
                event = self._event(self._chunks[number : number + 1])
            if event is None:
                return
            yield event

    def _event(self, chunks: Sequence[bytes]) -> Recalled | None:
        head, tag = self.head, tag_of(self.head.origin)
        entries: list[Entry] = []
        try:
            for chunk in chunks:
                for row in _decoder(self.kind.row).decode(chunk):
                    if row.id:
                        entries.append(entry_of(self.kind, self.scope, row, head.origin, tag, self.names))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ValueError, TypeError):
            return None
        return Recalled(self.kind.id, self.scope, head.at, entries, head.project)


class Labels:
    """Names of other resources as they were. Implements `tui.model.entry.Names`."""

    def __init__(self, labels: Sequence[tuple[str, str, str]]) -> None:
        self._labels = {(kind, ident): label for kind, ident, label in labels}

    def get(self, kind: str, ident: str) -> str | None:
        """Return the label that a resource had."""
        return self._labels.get((kind, ident))


class RowCache:
    """Reads and writes views. Any thread; every failure means «nothing kept»."""

    def __init__(self, most: int, store: Store | None = None) -> None:
        """`most`: bytes of all views together."""
        self._store = store or Store(ROWS, most)
        self._largest = min(LARGEST, most)

    def recall(self, name: str, kind: Kind, scope: Scope, *, all_projects: bool) -> Recollection | None:
        """Return the last known rows of a kind in a scope; `name` is the scope's, from `Clouds.row_name`."""
        data = self._store.load(self._name(name, kind, all_projects))
        if data is None:
            return None
        try:
            file = _files().decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        head = file.head
        good = (head.form, head.version, head.layout) == (FORM, __version__, layout(kind.row))
        if not good or not 0 < head.at <= time.time() + 60.0:
            return None
        return Recollection(head, file.chunks, kind, scope)

    def keep(
        self,
        name: str,
        kind: Kind,
        rows: Sequence[Any],
        *,
        all_projects: bool,
        at: float,
        origin: str,
        project: str,
        names: Any,
    ) -> bool:
        """Keep rows; `names` tells what they refer to. Returns whether they are kept. Blocking."""
        chunks, size = [], 0
        for part in _parts(kind, rows):
            with turn():
                chunk = msgspec.msgpack.encode([_clean(row) for row in part])
            chunks.append(chunk)
            size += len(chunk)
            if size > self._largest:
                self._store.drop(self._name(name, kind, all_projects))
                return False
        labels = list(_labels(kind, rows, names))
        head = Head(FORM, __version__, layout(kind.row), at, origin, project, labels, len(rows))
        data = msgspec.msgpack.encode(_File(head, chunks))
        return self._store.store(self._name(name, kind, all_projects), data)

    def _name(self, name: str, kind: Kind, all_projects: bool) -> str:
        return self._store.name(name, kind.id, all_projects) if name else ""


@cache
def layout(row: type[msgspec.Struct]) -> str:
    """Return a digest of a struct's fields, those of its parts by the name of their type."""
    text = repr((row.__qualname__, row.__struct_encode_fields__, row.__annotations__))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


_MAKING = threading.Lock()
"""Held while a decoder is made: msgspec reads half-made type information when two threads make one at once."""


@cache
def _decoders() -> dict[type, msgspec.msgpack.Decoder[list[Any]]]:
    return {}


def _decoder(row: type[msgspec.Struct]) -> msgspec.msgpack.Decoder[list[Any]]:
    with _MAKING:
        made = _decoders()
        if row not in made:
            made[row] = msgspec.msgpack.Decoder(list[row])  # type: ignore[valid-type]
        return made[row]


@cache
def _files() -> msgspec.msgpack.Decoder[_File]:
    with _MAKING:
        return msgspec.msgpack.Decoder(_File)


def _parts(kind: Kind, rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Return the first rows by name, then the others, in slices."""
    keyed: list[tuple[str, int]] = []
    for part in in_turns(len(rows)):
        keyed += [(_order(kind, row), number) for number, row in enumerate(rows[part], part.start)]
    keyed.sort()
    ordered = [rows[number] for _, number in keyed]
    yield ordered[:FIRST]
    for start in range(FIRST, len(ordered), SLICE):
        yield ordered[start : start + SLICE]


def _order(kind: Kind, row: Any) -> str:
    try:
        return natural(kind.name(row))
    except (TypeError, ValueError, AttributeError):
        return ""


@cache
def _doubtful(row: type[msgspec.Struct]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the fields that are not kept, with what stands for them, and those that are looked through."""
    fields = row.__struct_fields__
    untold = {name: None for name in fields if any(part in name for part in _UNTOLD)}
    return untold, tuple(name for name in fields if name in _CHECKED)


def _clean(row: Any) -> Any:
    """Return a row without what may hold a secret."""
    kind: type[msgspec.Struct] = type(row)
    untold, checked = _doubtful(kind)
    changes = {name: None for name in untold if getattr(row, name) is not None}
    for name in checked:
        value = getattr(row, name)
        if value is not None and without_secrets(plain := msgspec.to_builtins(value)) != plain:
            changes[name] = None
    return msgspec.structs.replace(row, **changes) if changes else row


def _labels(kind: Kind, rows: Sequence[Any], names: Any) -> Iterator[tuple[str, str, str]]:
    for lookup in kind.lookups:
        idents: set[str] = set()
        for part in in_turns(len(rows)):
            idents.update(ident for row in rows[part] for ident in lookup.ids(row) if ident)
        for ident in idents:
            label = names.get(lookup.kind, ident)
            if label:
                yield lookup.kind, ident, label
