"""The console log in a real terminal: followed by keys at 80x24; hostile logs; no byte while nothing comes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.http.stage import Stage
from tests.pure.test_console import BOOT
from tests.terminal.harness import Term
from tests.ui.console_stage import Logs

HOSTILE = (
    "\x1b]52;c;cm0gLXJmIH4=\x07\x1b]0;owned\x07\x1b]2;owned\x1b\\\x1bP+q544e\x1b\\\x1b[?1049l\x1b[?1000h\x1b[2J\x1b[6n"
    "\x1b[5i\x1bc\x9b31m\x0e\x05\u202e\u2066\u200d日本語 \ud83d [red]x[/] 👩\u200d💻 z\u0301\u0301 \ufeff\x7f end\n"
)


@pytest.fixture
def logs() -> Iterator[Logs]:
    """Two servers with logs of their own."""
    with Stage() as stage:
        yield Logs(stage, "web-1", "web-2")


def opened(home: Path, logs: Logs, columns: int = 80, rows: int = 24) -> Term:
    """Open the dashboard and wait for the servers."""
    file = home / "clouds.yaml"
    file.write_text(yaml.safe_dump({"clouds": {"prod": logs.stage.entry()}}))
    term = Term(home=home, columns=columns, rows=rows, env={"OS_CLIENT_CONFIG_FILE": str(file)})
    term.wait_for("web-2")
    term.wait_quiet(0.3)
    return term


def test_following_a_boot_by_keys(tmp_path: Path, logs: Logs) -> None:
    lines = BOOT.split("\n")
    logs.texts["web-1"] = "\n".join(lines[:10]) + "\n"
    with opened(tmp_path, logs) as term:
        term.send("l")
        term.wait_for("Reached target local-fs.target")
        assert "● following every 2s" in term.lines()[0]
        logs.texts["web-1"] = BOOT
        term.wait_for("ubuntu login:")
        term.wait_for("✗ 1 ▲ 1")
        term.wait_for(lambda term: "✗ first error at 14.6s  [FAILED]" in term.lines()[-2])
        term.send("e")
        term.wait_for(lambda term: any(re.match(r"▌ ✗ \[FAILED\]", line) for line in term.lines()))
        term.send("/")
        term.send("cloud-init")
        term.wait_for(lambda term: " / cloud-init" in term.lines()[1] and "of 5" in term.lines()[1])
        term.send("\r")
        term.send("n")
        term.wait_for("2 of 5")
        term.send("s")
        term.wait_for("○ not following")
        term.send("\x1b")
        term.wait_for("login prompt")
        term.send("\x1b")
        term.wait_for("enter open")


def test_hostile_logs_never_reach_the_terminal(tmp_path: Path, logs: Logs) -> None:
    logs.texts["web-1"] = HOSTILE * 100
    with opened(tmp_path, logs) as term:
        before = len(term.raw)
        title = list(term.titles)
        term.send("l")
        term.wait_for("[red]x[/]")
        term.send("w")
        term.wait_for(lambda term: "end" in term.text())
        term.wait_quiet(0.3)
        written = bytes(term.raw[before:])
        for bad in (b"\x1b]52", b"\x1b]0;", b"owned\x07", b"\x1bP", b"1049l", b"\x1b[6n", b"\x1b[5i", b"\x1bc", b"\x0e",
                    "\u202e".encode(), "\u2066".encode(), "\ufeff".encode(), b"\xc2\x9b"):  # fmt: skip
            assert bad not in written, bad
        assert not term.clipboard
        assert [each for each in term.titles if "owned" in each] == []
        assert term.titles[: len(title)] == title
        assert all(len(line) <= 80 for line in term.lines())
        assert term.exit_code is None


def test_nothing_is_written_while_nothing_comes(tmp_path: Path, logs: Logs) -> None:
    logs.texts["web-1"] = BOOT
    with opened(tmp_path, logs, 120, 40) as term:
        term.send("l")
        term.wait_for("ubuntu login:")
        term.wait_for("following every 5s", timeout=40.0)
        term.wait_quiet(0.5)

        def silent() -> bool:
            number, asked = len(term.raw), len(logs.asked)
            term.wait_for(lambda term: len(logs.asked) >= asked + 1, timeout=30.0)
            term.wait_quiet(0.5)
            return len(term.raw) == number

        # What may step in between is the header's bound, where a busy machine answers late.
        assert any(silent() for _ in range(3))


def test_two_logs_side_by_side(tmp_path: Path, logs: Logs) -> None:
    logs.texts |= {"web-1": "first log\n", "web-2": "second log\n"}
    with opened(tmp_path, logs) as term:
        for key in (" ", " ", "l"):
            term.send(key)
            term.wait_quiet(0.2)
        term.wait_for(lambda term: any("first log" in line and "second log" in line for line in term.lines()))
        term.send("q")
        term.wait_for("enter open")
