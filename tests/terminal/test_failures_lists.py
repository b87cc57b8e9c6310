"""Lists that go wrong half-way: what was read stays or comes again, nothing is shown twice, nothing is lost unsaid."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terminal.harness import Term
from tests.terminal.trials import asked, break_it, calm, control, mend_it, number_of, open_on, place_line, settled
from tui.demo.process import DemoCloud

ROWS = 450


@pytest.fixture(scope="module")
def shared() -> Iterator[DemoCloud]:
    """Regions of more rows than a page."""
    with DemoCloud.start("--still", "--seed", "1", "--servers", str(ROWS)) as cloud:
        yield cloud


@pytest.fixture
def demo(shared: DemoCloud) -> Iterator[DemoCloud]:
    """A demo cloud to break; it is mended afterwards."""
    control(shared, "DELETE", "requests")
    yield shared
    mend_it(shared)


def total(number: int) -> Callable[[Term], bool]:
    """Return a look whether so many rows are told to be there, by places that all answered."""
    return lambda term: f"Servers {number} " in term.text() and settled(term)


def test_a_token_that_expires_in_the_middle_of_a_list(tmp_path: Path, demo: DemoCloud) -> None:
    with open_on(tmp_path, demo, "--cloud", "lab") as term:
        before = number_of(term)
    for after in (1, 2):
        control(demo, "DELETE", "requests")
        control(demo, "DELETE", "tokens")
        break_it(demo, f"expire={after}:lab/muc1/compute")
        with open_on(tmp_path, demo, "--cloud", "lab", "--no-token-cache") as term:
            term.wait_for(total(before))
            term.wait_for(lambda _: asked(demo, "lab/identity/v3/auth/tokens") > 1)
            assert "failing" not in term.lines()[0]
            calm(term)
        mend_it(demo)


def test_tokens_that_are_all_revoked_while_the_table_is_open(tmp_path: Path, demo: DemoCloud) -> None:
    with open_on(tmp_path, demo) as term:
        term.wait_for(settled)
        logins = asked(demo, "/identity/v3/auth/tokens")
        control(demo, "DELETE", "tokens")
        term.send("\x12")
        term.wait_for(lambda _: asked(demo, "/identity/v3/auth/tokens") >= logins + 3)
        term.wait_for(settled)
        assert "5 live" in term.lines()[0] or "live" in term.lines()[0]
        assert "failing" not in term.lines()[0]
        # One for each cloud, whatever its regions and threads.
        assert asked(demo, "/identity/v3/auth/tokens") == logins + 3
        calm(term)


def test_a_marker_that_is_deleted_in_the_middle_of_a_list(tmp_path: Path, demo: DemoCloud) -> None:
    with open_on(tmp_path, demo, "--cloud", "prod-us", "--region", "iad1") as term:
        before = number_of(term)
    break_it(demo, "marker-deleted:prod-us/iad1:once")
    with open_on(tmp_path, demo, "--cloud", "prod-us", "--region", "iad1") as term:
        # The server that was the marker is gone, and nothing else.
        term.wait_for(total(before - 1))
        assert "failing" not in term.lines()[0]
        calm(term)


def test_a_list_that_breaks_off_keeps_what_came_and_says_so(tmp_path: Path, demo: DemoCloud) -> None:
    break_it(demo, "truncate:prod-us/sjc2/compute/servers:after=1")
    with open_on(tmp_path, demo, "--cloud", "prod-us") as term:
        term.wait_for("prod-us sjc2 Nova sends JSON that breaks off")
        term.wait_for(lambda term: "✗ 1 failing" in term.text() and settled(term))
        assert "100" in place_line("sjc2")(term) or "bad JSON" in place_line("sjc2")(term)
        mend_it(demo)
        term.wait_for(lambda term: "failing" not in term.text() and settled(term), timeout=30)
        assert all(int(place_line(region)(term).split()[-1]) > 200 for region in ("iad1", "sjc2"))
        calm(term)


def test_slow_down_is_obeyed(tmp_path: Path, demo: DemoCloud) -> None:
    with open_on(tmp_path, demo, "--cloud", "lab") as term:
        term.wait_for(settled)
        break_it(demo, "slow-down=3600:lab/muc1/compute")
        term.wait_for("▲ lab muc1 Nova asks us to slow down (429)")
        term.wait_for(r"Next try ")
        assert re.search(r"Rows as of \d\d:\d\d\.", term.text())
        assert re.search(r"\? ACTIVE \d", term.text()), "rows stay, with their age"
        seen = asked(demo, "/lab/muc1/compute")
        wait = time.monotonic() + 7
        # Longer than the longest back-off of other failures: an hour was asked for.
        term.wait_for(lambda _: time.monotonic() > wait)
        assert asked(demo, "/lab/muc1/compute") == seen
        mend_it(demo)
        term.send("\x12")
        term.wait_for(lambda term: "failing" not in term.text() and settled(term))
        calm(term)


def test_rows_without_most_of_their_fields(tmp_path: Path, demo: DemoCloud) -> None:
    break_it(demo, "missing-fields:lab/muc1/compute")
    with open_on(tmp_path, demo, "--cloud", "lab") as term:
        term.wait_for(lambda term: settled(term) and "? UNKNOWN" in term.text())
        assert re.search(r"\([0-9a-f]{8}.*\) +\? UNKNOWN", term.text()), "a row of an id alone is called by it"
        assert "unknown" in term.lines()[1]
        assert "stale" not in term.lines()[1], "they came just now"
        for keys in ("d", "d", "y"):
            term.send(keys)
            term.wait_quiet(0.4)
            calm(term)
        term.send("q")
        for keys in ("T", "A", "N", "/status:unknown\r"):
            term.send(keys)
            term.wait_quiet(0.4)
            calm(term)
        assert "? UNKNOWN" in term.text()


def test_a_cell_that_goes_down(tmp_path: Path, demo: DemoCloud) -> None:
    with open_on(tmp_path, demo, "--cloud", "prod-eu", "--region", "ams1") as term:
        before = number_of(term)
        break_it(demo, "down-cell=2:prod-eu/ams1")
        term.send("\x12")
        term.wait_for(lambda term: re.search(r"Servers \d+ .*\? \d+ stale", term.text()))
        assert number_of(term) == before, "rows that a list misses are not taken for gone"
        term.send("\x1a")
        term.wait_for("only unhealthy")
        term.wait_for("not listed: a cell down?")
        term.send("gd")
        term.wait_for("Identity")
        term.wait_quiet(0.5)
        calm(term)
        mend_it(demo)
        term.send("d\x1a")
        term.wait_for(lambda term: "only unhealthy" not in term.text())
        term.send("\x12")
        term.wait_for(lambda term: "stale" not in term.lines()[1])
        assert number_of(term) == before


def test_a_server_of_which_only_id_and_status_are_known(tmp_path: Path, demo: DemoCloud) -> None:
    # Without a limit Nova names the servers of a cell that is down by id and little else; one alone is asked by its id.
    with open_on(tmp_path, demo, "--cloud", "prod-eu", "--region", "fra1") as term:
        term.wait_for(settled)
        term.send("/worker\r")
        term.wait_for(" of ")
        term.wait_quiet(0.5)
        break_it(demo, "down-cell=1:prod-eu/fra1")
        term.send("d")
        term.wait_for("Identity")
        term.wait_quiet(0.8)
        calm(term)
        term.send("dy")
        term.wait_for("UNKNOWN")
        calm(term)
