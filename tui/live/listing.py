"""Reading lists page by page: small first, growing while the cloud answers fast, going on where a marker is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import msgspec

from tui.cloud import Api, Page
from tui.model.read import Params, Read
from tui.model.trouble import TroubleError
from tui.resources.kind import Kind

FIRST = 100
"""Rows of the first page: they show while the rest is read.

A genuine Nova took 3.4 s for 1,015 servers: in one page the first row would wait for the last. Pages that stay small
cost round trips: 10,000 servers at 100 ms a request took 1.9 s growing from here, as with 1,000 from the start, and
11.2 s with 100 all along.
"""
LEAST = 50
GOAL = 1.0
"""Seconds that a page may take."""
_GROWTH = 4.0
_TRIES = 8
_MARKER_GONE = frozenset({400, 404})


def next_size(size: int, took: float, most: int) -> int:
    """Return how many rows to ask for next, after `size` took so many seconds."""
    factor = min(GOAL / max(took, 0.001), _GROWTH)
    return min(most, max(LEAST, int(size * factor)))


def pages(
    api: Api,
    read: Read,
    row_type: type[msgspec.Struct],
    params: Params = (),
    *,
    first: int = FIRST,
    timeout: float | None = None,
    begun: Page[Any] | None = None,
) -> Iterator[Page[Any]]:
    """Read a whole list. `first` 0 leaves the page size to the service (Nova: changes, at most 1,000 a page).

    `begun` is its first page, where that was asked for already.

    A row that was deleted while its id is the marker makes Nova answer 400: the list then goes on from a row before, so
    rows may come twice. Raises TroubleError.
    """
    size = first if read.limit else 0
    marker: Params = ()
    before: list[str] = []
    tries = 0
    while True:
        started = time.monotonic()
        limit = (("limit", str(size)),) if size else ()
        try:
            page = begun or api.page(read, row_type, (*params, *limit, *marker), timeout=timeout)
        except TroubleError as error:
            if not marker or error.trouble.status not in _MARKER_GONE or tries > _TRIES:
                raise
            # Each time further back: a whole run of rows may have been deleted.
            del before[-(2**tries) :]
            tries += 1
            marker = (("marker", before[-1]),) if before else ()
            continue
        begun = None
        yield page
        if page.next is None or not page.count:
            return
        marker, tries = page.next, 0
        before += [row.id for row in page.rows]
        if size:
            size = next_size(size, time.monotonic() - started, read.most)


def one(api: Api, kind: Kind, ident: str) -> Any:
    """Read one row by its id, with the fields of the list. Raises TroubleError."""
    read = kind.read
    path = (read.item_path or f"{read.path}/{{id}}").replace("{id}", ident)
    reply = api.get(read.service, path, microversion=read.microversion)
    raw = api.decoded(read.service, reply, read.item_key)
    try:
        return msgspec.convert(raw, kind.row, strict=False)
    except msgspec.ValidationError:
        return None
