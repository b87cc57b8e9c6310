"""The dashboard started where something is wrong with clouds, locale, colours or size, and ended the hard way."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.harness import Term
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

RGB = re.compile(rb"\x1b\[[0-9;]*[34]8;2;")
PALETTE = re.compile(rb"\x1b\[[0-9;]*[34]8;5;")


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "7") as cloud:
        yield cloud


@pytest.fixture
def env(demo: DemoCloud) -> dict[str, str]:
    return {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file)}


@pytest.mark.parametrize(
    ("clouds", "args", "said"),
    [
        (None, (), "No clouds.yaml was found"),
        ("clouds:\n  lab:\n    auth: {auth_url: [}\n", (), "clouds.yaml line 3"),
        ("clouds: {lab: {auth: {auth_url: 'http://127.0.0.1:9'}}}\n", ("--cloud", "lap"), "lap"),
    ],
)
def test_a_broken_configuration_is_said_and_the_terminal_is_as_before(
    tmp_path: Path, clouds: str | None, args: tuple[str, ...], said: str
) -> None:
    if clouds is not None:
        (tmp_path / "clouds.yaml").write_text(clouds)
    with Term(*args, home=tmp_path) as term:
        assert term.wait_exit() == 2
        shown = term.text()
        written = bytes(term.raw)
    assert said in shown
    assert "Traceback" not in shown
    assert written.count(b"\x1b[?1049h") == written.count(b"\x1b[?1049l"), "the alternate screen is left again"


def test_a_terminal_that_is_too_small_says_so_and_comes_back(tmp_path: Path, env: dict[str, str]) -> None:
    with Term(home=tmp_path, env=env, columns=50, rows=12) as term:
        term.wait_for("60x15")
        term.resize(100, 30)
        term.wait_for("ACTIVE")


@pytest.mark.parametrize("locale", [{"LANG": "C"}, {"LC_ALL": "POSIX"}, {"PYTHONIOENCODING": "latin-1"}])
def test_a_locale_without_utf8_gets_ascii(tmp_path: Path, env: dict[str, str], locale: dict[str, str]) -> None:
    with Term(home=tmp_path, env={**env, **locale}) as term:
        term.wait_for("* ACTIVE")
        term.wait_quiet(0.5)
        drawn = re.sub(rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)", b"", bytes(term.raw))
    assert not [byte for byte in drawn if byte > 0x7E]
    assert b"\\u" not in drawn


@pytest.mark.parametrize(
    ("term_name", "rgb", "palette"),
    [
        ("xterm-256color", False, True),
        ("xterm", False, False),
        ("never-heard-of", False, False),
        ("linux", False, False),
    ],
)
def test_no_more_colours_than_the_terminal_has(
    tmp_path: Path, env: dict[str, str], term_name: str, rgb: bool, palette: bool
) -> None:
    with Term(home=tmp_path, env={**env, "TERM": term_name, "COLORTERM": ""}) as term:
        term.wait_for("ACTIVE")
        term.wait_quiet(0.5)
        drawn = bytes(term.raw)
    assert bool(RGB.search(drawn)) is rgb
    assert bool(PALETTE.search(drawn)) is palette


def test_no_color_is_obeyed(tmp_path: Path, env: dict[str, str]) -> None:
    with Term(home=tmp_path, env={**env, "NO_COLOR": "1"}) as term:
        term.wait_for("ACTIVE")
        term.wait_quiet(0.5)
        drawn = bytes(term.raw)
    styles = {code for found in re.findall(rb"\x1b\[([0-9;]*)m", drawn) for code in found.split(b";")}
    assert styles <= {b"", *(str(code).encode() for code in (0, 1, 2, 4, 7, 22, 24, 27, 39, 49))}, (
        "attributes and the terminal's own colours alone"
    )


def _demo_process() -> list[int]:
    """Return the demo clouds that run, by their command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"tui.demo" in words:
            found.append(int(path.parent.name))
    return found


def _child_of(parent: int) -> int:
    for pid in _demo_process():
        status = Path(f"/proc/{pid}/status")
        try:
            if f"PPid:\t{parent}\n" in status.read_text():
                return pid
        except OSError:
            continue
    return 0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="there is no /proc here")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_demo_cloud_ends_with_the_dashboard(tmp_path: Path, number: int) -> None:
    with Term("--demo", home=tmp_path) as term:
        term.wait_for("ACTIVE", timeout=30)
        child = _child_of(term.process.pid)
        assert child, "the demo cloud is a process of its own"
        os.kill(term.process.pid, number)
        term.wait_exit()
        wait_until(lambda: not Path(f"/proc/{child}").exists(), "the end of the demo cloud")
