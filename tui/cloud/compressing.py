"""Whether answers are asked for compressed: found out for each host from the pages that came."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

FAST = 50e6
"""Bytes a second from which compressing does not pay.

Measured on a page of 1,000 servers with this house's transport: 2.72 MB plain, 0.28 MB compressed. Inflating costs us
1.7 ms of CPU on top of 3.4, compressing costs the cloud 9 to 19 ms (zlib 1 to 6). At 100 MB/s both ways take as long;
at 50 MB/s (400 Mbit/s) compressed takes half as long, and above that the cloud is spared the work. Nova itself never
compresses: it is the front end (nginx, HAProxy, Apache) that does.
"""
TRY = 10e6
"""Compressed bytes a second on the wire from which a plain page is worth a try: zlib makes no more than 15 MB/s."""
LARGE = 100_000
"""Bytes on the wire below which the time of an answer says nothing about the line: they come in one burst."""
_SLOW_PAGES = 2
_MOST_TRIES = 3


class Line:
    """What is known of the line to one host."""

    def __init__(self, url: str) -> None:
        self.compressed = not _loopback(url)
        """Whether the next answer is asked for compressed. A loopback line may be a tunnel: it is measured too."""
        self._slow = 0
        self._tries = 0

    def note(self, size: int, wire: int, seconds: float, *, compressed: bool) -> None:
        """Take note of an answer: bytes of its body and on the wire, and the seconds from its headers to its end."""
        if (wire if compressed else size) < LARGE or seconds <= 0:
            return
        if compressed:
            if self.compressed and wire / seconds >= TRY and self._tries < _MOST_TRIES:
                self._tries += 1
                self.compressed = False
            return
        self._slow = 0 if size / seconds >= FAST else self._slow + 1
        # One page may have come slowly because this machine was busy.
        if self._slow >= _SLOW_PAGES:
            self.compressed = True


class Lines:
    """The lines to all hosts."""

    def __init__(self) -> None:
        self._known: dict[str, Line] = {}

    def to(self, url: str) -> Line:
        """Return the line to a URL's host."""
        host = urlsplit(url).netloc
        return self._known.get(host) or self._known.setdefault(host, Line(url))


def accepted(line: Line) -> str:
    """Return the value of `Accept-Encoding`; «identity» says that nothing is to be compressed (RFC 9110, 12.5.3)."""
    return "gzip" if line.compressed else "identity"


def is_compressed(headers: Mapping[str, str]) -> bool:
    """Tell whether a body came compressed."""
    return headers.get("Content-Encoding", "identity").lower() not in {"", "identity"}


def _loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
