"""The server's own words: taken verbatim out of the many shapes in which OpenStack services tell an error."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

import msgspec

MOST = 2_000
"""Characters kept of what a server said."""

_WORDS = ("message", "faultstring", "detail", "description", "explanation", "title", "reason")
"""Keys that hold the sentence, best first. Nova, Cinder: {"conflictingRequest": {"message"}}; Keystone: {"error":
{"message"}}; Neutron: {"NeutronError": {"message", "detail"}} or a string; Glance: {"message"} or HTML; Octavia:
{"faultstring"}; Placement and Ironic: {"errors": [{"detail"}]} (each project's API reference, «Faults» / «Errors»)."""

_REQUEST_IDS = ("x-openstack-request-id", "x-compute-request-id", "x-trans-id", "x-request-id")
"""Headers that name the request: all services, old Nova and Cinder, Swift, proxies in front."""

_INVISIBLE = re.compile(rb"(?is)<(script|style|head)\b.*?</\1\s*>|<!--.*?-->|<!doctype[^>]*>")
_BREAKS = re.compile(r"(?i)(\s*<br\s*/?>)+\s*")
"""Glance and other WebOb services send HTML line breaks inside their JSON messages."""
_TAG = re.compile(r"(?s)<[A-Za-z/!][^>]*>")
_TITLE = re.compile(rb"(?is)<title[^>]*>(.*?)</title>")


def words(body: bytes, content_type: str = "") -> str:
    """Return what the server said, as it said it: the sentence of a known error shape, else the start of the text."""
    head = body[: MOST * 16]
    if is_html(head, content_type):
        return _html_words(head)[:MOST]
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return head.decode("utf-8", "replace").strip()[:MOST]
    sentence = _BREAKS.sub("\n", _sentence(value)).strip()
    return (sentence or head.decode("utf-8", "replace").strip())[:MOST]


def is_html(body: bytes, content_type: str = "") -> bool:
    """Tell whether an answer is a web page (a login portal, a proxy's error) where JSON was due."""
    start = body[:512].lstrip().lower()
    return start.startswith((b"<!doctype", b"<html", b"<head")) or (
        "html" in content_type.lower() and start.startswith(b"<")
    )


def request_id(headers: Mapping[str, str]) -> str:
    """Return the request id by which the cloud's operators find it in their logs; empty when none was sent."""
    for name in _REQUEST_IDS:
        if value := headers.get(name):
            return str(value)[:200]
    return ""


def retry_after(headers: Mapping[str, str], now: datetime.datetime | None = None) -> float:
    """Return the seconds that the server asked to wait; it may send seconds or a date (RFC 9110, 10.2.3). 0: none."""
    value = str(headers.get("retry-after") or "").strip()
    if not value:
        return 0.0
    if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", value, re.ASCII):
        return min(float(value), 86_400.0)
    from email.utils import parsedate_to_datetime

    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=datetime.UTC)
    start = now or _date(headers) or datetime.datetime.now(datetime.UTC)
    return min(max((until - start).total_seconds(), 0.0), 86_400.0)


def _date(headers: Mapping[str, str]) -> datetime.datetime | None:
    """The server's own clock, so that skew between us does not lengthen or shorten the wait."""
    from email.utils import parsedate_to_datetime

    try:
        value = parsedate_to_datetime(str(headers.get("date") or ""))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return value if value.tzinfo else value.replace(tzinfo=datetime.UTC)


def _html_words(body: bytes) -> str:
    import html

    title = _TITLE.search(body)
    text = _INVISIBLE.sub(b" ", body).decode("utf-8", "replace")
    text = " ".join(html.unescape(_TAG.sub(" ", text)).split())
    if title and not text:
        text = html.unescape(title[1].decode("utf-8", "replace")).strip()
    return text


def _sentence(value: Any, depth: int = 0) -> str:
    if depth > 4:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list):
        return next(filter(None, (_sentence(item, depth + 1) for item in value[:5])), "")
    if not isinstance(value, dict):
        return ""
    for key in _WORDS:
        if isinstance(text := value.get(key), str) and text.strip():
            return text.strip()
    nested = [item for item in value.values() if isinstance(item, dict | list)]
    # A lone string under a name that ends so is an old Neutron's whole error.
    lone = [text for key, text in value.items() if isinstance(text, str) and key.lower().endswith("error")]
    return next(filter(None, (_sentence(item, depth + 1) for item in [*nested, *lone])), "")
