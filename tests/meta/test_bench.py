"""The benchmark's table: what its rows look like and where they come from; its figures are no test's business."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.__main__ import SECTIONS, measures, run_section
from tests.bench.row import Row
from tests.bench.soak import slope
from tests.bench.table import markdown, plain, ratio, write_readme

ROWS = [
    Row("list", "19 µs", "floor 13 µs", 1.4567, "≤ 1.6", True),
    Row("bytes", "75 B", "DataTable 28,133 B", 75 / 28133, "≤ 80 B", False, "a|b"),
    Row("lag", "—", "", None, "≤ 4", None, "not measured: no /proc"),
]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_measures_something(section: str) -> None:
    assert measures(section)


def test_a_section_that_cannot_be_measured_is_a_row_that_says_why() -> None:
    (row,) = run_section("no_such_section")
    assert row.met is None
    assert "no_such_section" in row.note


@pytest.mark.parametrize(
    ("value", "shown"), [(None, ""), (1.4567, "1.46"), (0.1, "0.10"), (0.00266, "1/376"), (0.0, "0.00")]
)
def test_ratios_are_written_as_people_say_them(value: float | None, shown: str) -> None:
    assert ratio(value) == shown


def test_the_table_says_met_missed_and_why_not() -> None:
    text = plain(ROWS, "a machine", "3 minutes")
    assert [line.split("  ")[-1].strip() for line in text.splitlines()[2:5]] == [
        "met",
        "MISSED: a|b",
        "—: not measured: no /proc",
    ]
    block = markdown(ROWS, "a machine", "3 minutes").splitlines()
    assert {line.count("|") for line in block[2:]} == {7}, "a bar in a note does not make a column"


def test_the_readme_block_is_replaced_between_its_markers(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text("a\n<!-- bench -->\nold\n<!-- end of bench -->\nb\n")
    write_readme("bench", "new", page)
    write_readme("bench", "newer\nlines", page)
    assert page.read_text() == "a\n<!-- bench -->\nnewer\nlines\n<!-- end of bench -->\nb\n"
    with pytest.raises(ValueError, match="guest"):
        write_readme("guest", "x", page)


def test_the_slope_of_a_soak() -> None:
    assert slope([(0, 100), (10, 110), (20, 120)]) == pytest.approx(1.0)
    assert slope([(0, 5), (10, 5)]) == 0
    assert slope([(3, 5)]) == 0
