"""What a request brings back: a reply, or a page of typed rows."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import structs

from tui.cloud.turns import in_turns
from tui.model.read import Params, Read

Row = TypeVar("Row", bound=msgspec.Struct)


class Reply(msgspec.Struct, frozen=True):
    """One answer with status 2xx or 3xx; everything else is raised as TroubleError."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    """Case-insensitive."""
    url: str
    request_id: str = ""
    sent_microversion: str = ""
    """Empty where none was sent."""


class Page(msgspec.Struct, Generic[Row], frozen=True):
    """One page of a list."""

    rows: list[Row]
    odd: list[dict[str, Any]]
    """Items of an unexpected shape, as sent. Those with an id are in `rows` too, with the fields that could be read."""
    next: Params | None
    """What to add to the parameters to get the next page; None on the last one."""
    count: int
    """How many items the answer had."""
    bytes: int
    """Size of the answer's body."""
    reply: Reply
    """Its body is emptied: rows are all that is kept."""


class _Link(msgspec.Struct):
    rel: str = ""
    href: str = ""


_LINKS = msgspec.json.Decoder(list[_Link] | None)
_TEXT = msgspec.json.Decoder(str | None)
_BUILDING = threading.Lock()
"""Held while a decoder is made: msgspec reads half-made type information when two threads make one at once."""


def read_page(reply: Reply, read: Read, row_type: type[Row], marker: str = "") -> Page[Row]:
    """Decode a list's answer in two stages. Raises msgspec errors when it is no such list."""
    body = reply.body
    try:
        envelope = _envelope(read.key).decode(body)
    except UnicodeDecodeError:
        body = body.decode("utf-8", "replace").encode()
        envelope = _envelope(read.key).decode(body)
    items: list[msgspec.Raw] = envelope.items
    decoder: msgspec.json.Decoder[Any] = _decoder(row_type)
    rows: list[Any] = []
    odd: list[dict[str, Any]] = []
    for turn in in_turns(len(items)):
        for item in items[turn]:
            try:
                row = decoder.decode(item)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                row = None
            if row is not None and row.id:
                rows.append(row)
            else:
                _leniently(item, row_type, rows, odd)
    return Page(
        rows=rows,
        odd=odd,
        next=_next(envelope, marker),
        count=len(items),
        bytes=len(body),
        reply=structs.replace(reply, body=b""),
    )


def _envelope(key: str) -> msgspec.json.Decoder[Any]:
    with _BUILDING:
        return _build_envelope(key)


@lru_cache(maxsize=256)
def _build_envelope(key: str) -> msgspec.json.Decoder[Any]:
    """A decoder that cuts the list into undecoded items and keeps the links, whatever else is in the answer."""
    fields: list[tuple[str, Any, Any]] = [
        ("items", list[msgspec.Raw]),  # type: ignore[list-item]
        ("page_links", msgspec.Raw, msgspec.Raw(b"null")),
        ("links", msgspec.Raw, msgspec.Raw(b"null")),
        ("next", msgspec.Raw, msgspec.Raw(b"null")),
    ]
    struct = msgspec.defstruct("Envelope", fields, rename={"items": key, "page_links": f"{key}_links"})
    return msgspec.json.Decoder(struct)


def _decoder(row_type: type[Row]) -> msgspec.json.Decoder[Row]:
    with _BUILDING:
        return _build_decoder(row_type)


@lru_cache(maxsize=256)
def _build_decoder(row_type: type[Row]) -> msgspec.json.Decoder[Row]:
    return msgspec.json.Decoder(row_type)


def _next(envelope: Any, marker: str) -> Params | None:
    """The next page's marker. Nova, Neutron, Cinder: `<key>_links`; Glance: `next`; Keystone: `links.next`."""
    for raw, read in ((envelope.page_links, _from_list), (envelope.next, _from_text), (envelope.links, _from_object)):
        try:
            href = read(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        if href:
            found = parse_qs(urlsplit(href).query).get("marker")
            # A link back to the page we came from would go round for ever.
            return (("marker", found[0]),) if found and found[0] != marker else None
    return None


def _from_list(raw: msgspec.Raw) -> str:
    links = _LINKS.decode(raw) or []
    return next((link.href for link in links if link.rel == "next"), "")


def _from_text(raw: msgspec.Raw) -> str:
    return _TEXT.decode(raw) or ""


def _from_object(raw: msgspec.Raw) -> str:
    value = msgspec.json.decode(raw)
    href = value.get("next") if isinstance(value, dict) else None
    return href if isinstance(href, str) else ""


def _leniently(item: msgspec.Raw, row_type: type[Row], rows: list[Row], odd: list[dict[str, Any]]) -> None:
    """Keep what can be read of a row that has some field of another shape than the API promises."""
    try:
        value = msgspec.json.decode(item)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        text = bytes(item).decode("utf-8", "replace")
        try:
            value = msgspec.json.decode(text)
        except (msgspec.MsgspecError, RecursionError):
            value = text[:300]
    if not isinstance(value, dict):
        odd.append({"value": value})
        return
    odd.append(value)
    if value.get("id") in (None, ""):
        return
    kept: dict[str, Any] = {}
    for spec in msgspec.structs.fields(row_type):
        if spec.encode_name not in value:
            continue
        found = value[spec.encode_name]
        try:
            with _BUILDING:
                kept[spec.name] = msgspec.convert(found, spec.type, strict=False)
        except (msgspec.ValidationError, RecursionError):
            if spec.name in {"id", "name", "status"} and found is not None:
                kept[spec.name] = found if isinstance(found, str) else msgspec.json.encode(found).decode()
    rows.append(row_type(**kept))
