"""Numbers, sizes, ages and times read as LOOK.md says, and back."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tui.model import amount
from tui.model.column import Format

DAY = 86400


@pytest.fixture(autouse=True)
def _utc() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "UTC"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "0s"), (0, "0s"), (40, "40s"), (59.9, "59s"), (60, "1m"), (300, "5m"), (3600, "1h"),
        (3 * 3600 + 12 * 60, "3h12m"), (23 * 3600 + 59 * 60, "23h"), (2 * DAY + 7 * 3600, "2d7h"), (2 * DAY, "2d"),
        (10 * DAY + 7 * 3600, "10d"), (214 * DAY, "214d"), (399 * DAY, "1y34d"), (700 * DAY, "1y47w"),
    ],
)  # fmt: skip
def test_age(seconds: float, shown: str) -> None:
    assert amount.age(seconds) == shown


@given(st.floats(0, 99 * 365 * DAY))
@example((4 * 365 + 100) * DAY)
def test_ages_fit_five_cells_and_read_back(seconds: float) -> None:
    shown = amount.age(seconds)
    assert len(shown) <= 5
    assert amount.seconds_of(shown) <= seconds
    assert amount.age(amount.seconds_of(shown)) == shown


def test_running_ages_step() -> None:
    assert [amount.step_age(s) for s in (0, 4.9, 5, 44, 59, 60, 119, 120)] == [
        "0s", "0s", "5s", "40s", "55s", "1m", "1m", "2m",
    ]  # fmt: skip


def test_bounds_of_data_age() -> None:
    assert [amount.bound(s) for s in (0, 10, 11, 31, 61, 301, 3601)] == [
        "≤10s", "≤10s", "≤30s", "≤1m", "≤5m", "≤1h", ">1h",
    ]  # fmt: skip
    assert amount.bound(5, ascii=True) == "<=10s"


def test_sizes_and_counts() -> None:
    assert amount.count(1284) == "1,284"
    assert [amount.mebibytes(n) for n in (0, 512, 1024, 1536, 8192, 10137, 1258291)] == [
        "0 MB", "512 MB", "1 GB", "1.5 GB", "8 GB", "9.9 GB", "1.2 TB",
    ]  # fmt: skip
    assert amount.gibibytes(80) == "80 GB"
    assert amount.gibibytes(1000) == "1,000 GB"
    assert amount.bytes_(2361393152) == "2.2 GB"
    assert amount.bytes_(1023.9 * 1024**2) == "1 GB", "never 1,024 MB"


@given(st.floats(0, 1e20))
def test_sizes_read_back(number: float) -> None:
    shown = amount.bytes_(number)
    assert amount.parse_amount(shown, Format.BYTES) == pytest.approx(number, rel=0.06, abs=0.6)


def test_typed_amounts_come_in_the_columns_unit() -> None:
    assert amount.parse_amount("8gb", Format.MEBIBYTES) == 8192
    assert amount.parse_amount("8 GiB", Format.MEBIBYTES) == 8192
    assert amount.parse_amount("4096", Format.MEBIBYTES) == 4096
    assert amount.parse_amount("1.5t", Format.GIBIBYTES) == 1536
    assert amount.parse_amount("512k", Format.BYTES) == 524288
    assert amount.parse_amount("1,284", Format.INT) == 1284
    assert amount.parse_amount("3h12m", Format.AGE) == 11520
    assert amount.parse_amount("2026-11-20", Format.TIME) == 1795132800


@given(st.text(max_size=20), st.sampled_from(Format))
def test_typed_nonsense_is_a_sentence(text: str, format: Format) -> None:  # noqa: A002
    try:
        amount.parse_amount(text, format)
    except ValueError as error:
        assert "«" in str(error)  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize(
    ("iso", "at"),
    [
        ("2026-11-20T10:50:00Z", 1795171800.0),
        ("2026-11-20T10:50:00", 1795171800.0),
        ("2026-11-20T10:50:00.000000", 1795171800.0),
        ("2026-11-20T10:50:00.250000Z", 1795171800.25),
        ("2026-11-20 10:50:00+00:00", 1795171800.0),
        ("2026-11-20T12:50:00+02:00", 1795171800.0),
        ("", 0.0),
        ("yesterday", 0.0),
        ("0001-01-01T00:00:00", 0.0),
        (None, 0.0),
        (17, 0.0),
    ],
)
def test_epoch(iso: object, at: float) -> None:
    assert amount.epoch(iso) == at


@given(st.text())
def test_epoch_never_raises(text: str) -> None:
    assert amount.epoch(text) >= 0.0


def test_times_of_day_and_date() -> None:
    now = amount.epoch("2026-11-20T18:00:00Z")
    assert amount.time_of(amount.epoch("2026-11-20T14:02:31Z"), now) == "14:02"
    assert amount.time_of(amount.epoch("2026-11-20T14:02:31Z"), now, seconds=True) == "14:02:31"
    assert amount.time_of(amount.epoch("2026-11-19T14:02:31Z"), now) == "19 Nov 14:02"
    assert amount.time_of(amount.epoch("2023-11-19T14:02:31Z"), now) == "19 Nov 2023"
    assert amount.time_of(0.0, now) == "–"
    assert amount.time_of(1e300, now) == "–"
    assert amount.clock(now) == "18:00:00"
    assert amount.iso_of(now) == "2026-11-20T18:00:00Z"
    assert amount.iso_of(1e300) == ""
