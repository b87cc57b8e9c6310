"""Numbers, sizes, ages and times as people read them, and back (LOOK.md, Columns)."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime

from tui.model.column import Format

MINUTE = 60
HOUR = 3600
DAY = 86400
WEEK = 7 * DAY
YEAR = 365 * DAY

NONE = "–"
"""What stands where there is nothing."""

BOUNDS = ((10, "10s"), (30, "30s"), (MINUTE, "1m"), (5 * MINUTE, "5m"), (HOUR, "1h"))
"""Steps of the age of data: a bound, so that an idle screen writes nothing."""

_STEP_SECONDS = 5
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SIZES = ("B", "KB", "MB", "GB", "TB", "PB", "EB")
_KIBI = 1024.0
_START = {Format.BYTES: 0, Format.MEBIBYTES: 2, Format.GIBIBYTES: 3}
_SECONDS = {
    "s": 1, "sec": 1, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY, "day": DAY, "days": DAY, "w": WEEK, "y": YEAR,
}  # fmt: skip
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:sec|min|days|day|[smhdwy]))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)([a-z]+)")
_SIZE = re.compile(r"(\d[\d,]*(?:\.\d+)?|\.\d+)(?:([kmgtpe])?(?:i?b)?)?")
_NUMBER = re.compile(r"-?(?:\d[\d,]*(?:\.\d+)?|\.\d+)")


def age(seconds: float) -> str:
    """Return a duration in two units at most and five cells at most: `40s 5m 3h12m 2d7h 214d 1y34d`."""
    whole = max(int(seconds), 0)
    if whole < MINUTE:
        return f"{whole}s"
    if whole < HOUR:
        return f"{whole // MINUTE}m"
    if whole < DAY:
        return _two(whole // HOUR, "h", whole % HOUR // MINUTE, "m")
    if whole < YEAR:
        days = whole // DAY
        return _two(days, "d", whole % DAY // HOUR, "h") if days < 10 else f"{days}d"
    years, rest = divmod(whole, YEAR)
    if rest < 14 * WEEK:  # the longest that fits and reads back as itself: 14 weeks are 98 days
        return _two(years, "y", rest // DAY, "d")
    return _two(years, "y", rest // WEEK, "w")


def _two(major: int, major_unit: str, minor: int, minor_unit: str) -> str:
    both = f"{major}{major_unit}{minor}{minor_unit}"
    return both if minor and len(both) <= 5 else f"{major}{major_unit}"


def step_age(seconds: float) -> str:
    """Return a running duration in steps: 5 s below a minute, then whole minutes, so that it changes seldom."""
    if seconds < MINUTE:
        return age(max(seconds, 0) // _STEP_SECONDS * _STEP_SECONDS)
    return age(seconds)


def bound(seconds: float, ascii: bool = False) -> str:  # noqa: A002 - the set is called so everywhere
    """Return how old data is at most: `≤10s ≤30s ≤1m ≤5m ≤1h`, beyond that `>1h`."""
    for most, word in BOUNDS:
        if seconds <= most:
            return ("<=" if ascii else "≤") + word
    return ">1h"


def count(number: float) -> str:
    """Return a whole number with its thousands parted: `1,284`."""
    return f"{number:,.0f}" if isinstance(number, float) else f"{number:,}"


def bytes_(number: float) -> str:
    """Return a number of bytes as `512 MB`, `8 GB`, `1.2 TB` (powers of 1,024, as OpenStack counts)."""
    return _size(number, 0)


def mebibytes(number: float) -> str:
    """Return a number of MiB (a flavor's RAM) as `512 MB`, `8 GB`."""
    return _size(number, 2)


def gibibytes(number: float) -> str:
    """Return a number of GiB (a flavor's disk) as `80 GB`, `1.2 TB`."""
    return _size(number, 3)


def _size(number: float, unit: int) -> str:
    if number < 0:
        return "-" + _size(-number, unit)
    while number >= _KIBI - 0.5 and unit < len(_SIZES) - 1:
        number /= _KIBI
        unit += 1
    if number < 9.95 and round(number, 1) != int(number):
        shown = f"{number:.1f}".removesuffix(".0")
    else:
        shown = f"{number:,.0f}"
    return f"{shown} {_SIZES[unit]}"


def clock(at: float, seconds: bool = True) -> str:
    """Return the local time of day of an epoch: `14:02:31`, or `14:02`."""
    try:
        return time.strftime("%H:%M:%S" if seconds else "%H:%M", time.localtime(at))
    except (OverflowError, ValueError, OSError):
        return NONE


def time_of(at: float, now: float, seconds: bool = False) -> str:
    """Return when it was, in local time: `14:02` today, `19 Nov 14:02` this year, else `19 Nov 2023`. 0.0 is none."""
    if not at:
        return NONE
    try:
        then, today = time.localtime(at), time.localtime(now)
    except (OverflowError, ValueError, OSError):
        return NONE
    of_day = clock(at, seconds)
    if then[:3] == today[:3]:
        return of_day
    date = f"{then.tm_mday} {_MONTHS[then.tm_mon - 1]}"
    if then.tm_year != today.tm_year:
        return f"{date} {then.tm_year} {of_day}" if seconds else f"{date} {then.tm_year}"
    return f"{date} {of_day}"


def epoch(iso: object) -> float:
    """Return the epoch seconds of an ISO 8601 time, 0.0 for anything else.

    Nova and Keystone write a Z, Glance and Neutron too, but Nova's fault dates, Cinder and some extensions write no
    zone (they mean UTC) and may have microseconds.
    """
    if not isinstance(iso, str) or not iso:
        return 0.0
    try:
        then = datetime.fromisoformat(iso)
        at = then.timestamp() if then.tzinfo is not None else then.replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return 0.0
    return max(at, 0.0)


def iso_of(at: float) -> str:
    """Return an epoch as `2026-11-20T10:50:00Z` for saves and pipes; 0.0 or nonsense is empty."""
    if not at:
        return ""
    try:
        return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        return ""


def seconds_of(text: str) -> float:
    """Return the seconds of a duration as typed: `90s 5m 3h12m 2w 1y34d`. Raises ValueError with a sentence."""
    wanted = text.strip().lower()
    if not _DURATION.fullmatch(wanted):
        raise ValueError(f"«{text}» is not an age: write 90s, 5m, 3h12m, 30d, 2w or 1y")
    return sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(wanted))


def parse_amount(text: str, format: Format) -> float:  # noqa: A002 - a column's format
    """Return what a person typed as the number that a column of this format holds.

    Sizes come in the column's own unit (`8gb` is 8192 for MEBIBYTES), a size without unit is in that unit already. Ages
    are seconds (a duration, not an epoch). Times are epochs, from a date in local time. Raises ValueError with a
    sentence for the person.
    """
    wanted = text.strip().lower()
    if format in _START:
        found = _SIZE.fullmatch(wanted.replace(" ", ""))
        if not found:
            raise ValueError(f"«{text}» is not a size: write 512mb, 8gb or 1.2tb")
        number = float(found[1].replace(",", ""))
        named = wanted.lstrip("0123456789.,").strip()
        if not named:
            return number
        power = " kmgtpe".index(found[2]) if found[2] else 0
        return float(number * _KIBI ** (power - _START[format]))
    if format is Format.AGE:
        return seconds_of(wanted)
    if format is Format.TIME:
        return _date(text)
    if not _NUMBER.fullmatch(wanted):
        raise ValueError(f"«{text}» is not a number")
    return float(wanted.replace(",", ""))


def _date(text: str) -> float:
    try:
        return datetime.fromisoformat(text.strip()).astimezone().timestamp()
    except (ValueError, OverflowError) as error:
        raise ValueError(f"«{text}» is not a date: write 2026-11-20 or 2026-11-20T14:02") from error
