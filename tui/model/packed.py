"""Small ways to keep many rows: equal values once, several texts as one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

MOST = 20_000
"""Values that are remembered for sharing. Beyond, all are forgotten: later rows share among themselves."""

T = TypeVar("T")

_SEPARATOR = "\0"
_shared: dict[object, object] = {}


def shared(value: T) -> T:
    """Return an equal value that other rows hold already, or this one. For hashable values that are never changed."""
    if len(_shared) > MOST:
        _shared.clear()
    return _shared.setdefault(value, value)  # type: ignore[return-value]


def pack(parts: Sequence[str]) -> str:
    """Return several texts as one that takes a fraction of their memory; `unpack` parts it again.

    Control characters NUL, which part them, are lost: no cloud has a use for them.
    """
    packed = _SEPARATOR.join(parts)
    if packed.count(_SEPARATOR) >= max(len(parts), 1):
        packed = _SEPARATOR.join(part.replace(_SEPARATOR, "") for part in parts)
    return packed


def unpack(packed: str | None) -> list[str] | None:
    """Return the texts that were packed; None for None."""
    if packed is None:
        return None
    return packed.split(_SEPARATOR) if packed else []
