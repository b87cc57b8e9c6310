"""Times as the services spell them, and seeded identifiers."""

from __future__ import annotations

import random
import time
import uuid
from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=65536)
def zulu(seconds: int) -> str:
    """The spelling of Nova, Neutron and Glance: `2026-11-20T10:54:14Z`."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def micro(seconds: int | None, suffix: str = "") -> str | None:
    """The spelling with six decimals that comes out of a database column."""
    if seconds is None:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%S.000000", time.gmtime(seconds)) + suffix


def parse_time(text: str) -> float | None:
    """Seconds since the epoch for an ISO 8601 time, None when it is not one; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp()


def seeded_uuid(rng: random.Random) -> str:
    """A version 4 UUID drawn from a seeded generator."""
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def seeded_hex(rng: random.Random) -> str:
    """An identifier as Keystone makes them: 32 digits without dashes."""
    return f"{rng.getrandbits(128):032x}"


def request_id() -> str:
    """A fresh request id; these are never seeded, since two runs get other requests anyway."""
    return f"req-{uuid.uuid4()}"
