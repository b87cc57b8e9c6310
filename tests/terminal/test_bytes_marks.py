"""A terminal that draws the marks in two cells gets ASCII, as soon as it says so; who draws is the user's choice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.terminal.harness import Term, environment
from tests.terminal.trials import settled
from tui.demo.process import DemoCloud

REGION = ("--cloud", "prod-eu", "--region", "ams1")
_LONG = 60.0


class Wide(Term):
    """A terminal set to give ambiguous characters two cells, as East Asian users do: it answers in order."""

    def _answer(self, data: bytes) -> bytes:
        answer = super()._answer(data.replace(b"\x1b[6n", b""))
        for found in re.finditer(rb"([^\x1b]*)\x1b\[6n", data):
            row = re.findall(rb"\x1b\[(\d*)(?:;\d*)?H", data[: found.end()])
            wide = found[1].decode(errors="replace").count("●")
            answer += b"\x1b[%d;%dR" % (int(row[-1] or 1) if row else 1, 1 + 2 * wide)
        return answer


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    """A demo cloud in which nothing changes by itself."""
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


def opened(kind: type[Term], home: Path, demo: DemoCloud, *args: str, **more: Any) -> Term:
    """Open the dashboard in a kind of terminal."""
    return kind(*REGION, *args, home=home, env={"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file)}, **more)


@pytest.mark.parametrize("painter", ["diff", "stock"])
def test_marks_of_two_cells_bring_ascii(tmp_path: Path, demo: DemoCloud, painter: str) -> None:
    with opened(Wide, tmp_path, demo, f"--painter={painter}") as term:
        term.wait_for("* ACTIVE", _LONG)
        term.wait_for(lambda term: "live <" in term.text() and "●" not in term.text(), _LONG)
        term.send("G")
        term.wait_quiet(0.5, _LONG)
        assert term.text().isascii()


def test_marks_of_one_cell_stay_and_the_trial_leaves_nothing_behind(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(Term, tmp_path, demo) as term:
        term.wait_for(settled, _LONG)
        assert "● ACTIVE" in term.text()
        assert "\x1b[?2026h\x1b[2H●\x1b[6n\r \x1b[?2026l" in term.output()
        assert not term.lines()[1].startswith("●")


def test_a_user_who_said_off_keeps_the_marks(tmp_path: Path, demo: DemoCloud) -> None:
    settings = tmp_path / "config" / "stackdeck" / "settings.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('ascii = "off"\n')
    with opened(Wide, tmp_path, demo) as term:
        term.wait_for(lambda term: "● ACTIVE" in term.text() and "live ≤" in term.text(), _LONG)
        assert "\x1b[6n" not in term.output()


def test_doctor_says_what_it_measured(tmp_path: Path) -> None:
    for kind, said in ((Term, "marks       1 cell:"), (Wide, "marks       2 cells:")):
        with kind("doctor", home=tmp_path) as term:
            term.wait_exit(_LONG)
            assert said in term.text()
            assert "round trip" in term.text()
    ssh = {"SSH_CONNECTION": "192.0.2.1 50000 192.0.2.2 22"}
    with Term("doctor", home=tmp_path, env=ssh) as term:
        term.wait_exit(_LONG)
        assert re.search(r"round trip +\d+ ms, about [\d,]+ kB/s", term.text())
    with Term("doctor", home=tmp_path, answers=False) as term:
        term.wait_exit(_LONG)
        assert "nothing was measured" in term.text()


@pytest.mark.parametrize(
    ("args", "setting", "stock"),
    [(["--painter=stock"], "diff", True), ([], "stock", True), (["--painter=diff"], "stock", False), ([], "", False)],
)
def test_who_draws_is_an_option_and_a_setting(
    tmp_path: Path, demo: DemoCloud, args: list[str], setting: str, stock: bool
) -> None:
    if setting:
        settings = tmp_path / "config" / "stackdeck" / "settings.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text(f'painter = "{setting}"\n')
    with opened(Term, tmp_path, demo, *args) as term:
        term.wait_for(settled, _LONG)
        # Textual ends each piece of text with a reset of its own.
        assert (term.raw.count(b"\x1b[0m") > 100) is stock
    assert "STACKDECK_PAINTER" not in environment(tmp_path)
