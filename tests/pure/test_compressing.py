"""Whether compressed answers are asked for, by what pages took."""

from __future__ import annotations

import pytest

from tui.cloud.compressing import FAST, LARGE, Line, Lines, accepted

PAGE = 2_720_000
ZIPPED = 285_000


def plain(line: Line, rate: float, times: int = 1) -> None:
    """Let pages come uncompressed at so many bytes a second."""
    for _ in range(times):
        line.note(PAGE, PAGE, PAGE / rate, compressed=False)


def zipped(line: Line, rate: float) -> None:
    """Let a page come compressed at so many bytes a second on the wire."""
    line.note(PAGE, ZIPPED, ZIPPED / rate, compressed=True)


@pytest.mark.parametrize("host", ["127.0.0.1:80", "127.9.9.9", "[::1]:8774", "localhost:5000"])
def test_this_machine_is_not_asked_to_compress(host: str) -> None:
    assert accepted(Line(f"http://{host}/v3")) == "identity"


@pytest.mark.parametrize("host", ["192.0.2.1", "api.example.com:8774", "[2001:db8::1]", "localhost.example.com"])
def test_others_are_until_a_page_came(host: str) -> None:
    assert accepted(Line(f"https://{host}/v3")) == "gzip"


def test_a_slow_line_stays_compressed() -> None:
    line = Line("https://api.example.com")
    for _ in range(5):
        zipped(line, 1e6)
    assert line.compressed


def test_a_fast_line_tries_a_plain_page_and_stays_with_it() -> None:
    line = Line("https://api.example.com")
    zipped(line, 12e6)
    assert not line.compressed
    plain(line, 110e6, 5)
    assert not line.compressed


def test_a_line_that_only_seemed_fast_goes_back_and_does_not_try_for_ever() -> None:
    line = Line("https://api.example.com")
    for _ in range(10):
        zipped(line, 12e6)
        plain(line, 12e6, 2)
    assert line.compressed
    zipped(line, 12e6)
    assert line.compressed, "after some tries it stays compressed"


def test_one_slow_page_is_no_slow_line() -> None:
    line = Line("http://127.0.0.1")
    plain(line, 1e6)
    plain(line, FAST)
    plain(line, 1e6)
    assert not line.compressed
    plain(line, 1e6)
    assert line.compressed, "a tunnel from this machine may lead far away"


def test_small_answers_say_nothing() -> None:
    line = Line("http://127.0.0.1")
    for _ in range(5):
        line.note(LARGE - 1, LARGE - 1, 60.0, compressed=False)
        line.note(PAGE, PAGE, 0.0, compressed=False)
    assert not line.compressed
    line = Line("https://api.example.com")
    line.note(900_000, LARGE - 1, 0.0001, compressed=True)
    assert line.compressed


def test_each_host_has_a_line_of_its_own() -> None:
    lines = Lines()
    zipped(lines.to("https://a.example.com/v3"), 12e6)
    assert accepted(lines.to("https://a.example.com/compute")) == "identity"
    assert accepted(lines.to("https://b.example.com/compute")) == "gzip"
