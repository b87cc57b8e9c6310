"""The terminals that are met in the field: what is sent to each, byte by byte, and that states are told apart there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.terminal.harness import COMMAND, Term, environment
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

RGB = re.compile(rb"\x1b\[[0-9;:]*[34]8[;:]2[;:]")
PALETTE = re.compile(rb"\x1b\[[0-9;:]*[34]8[;:]5[;:]")
TITLE = re.compile(rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
FOUR = "batch-render-05|frontend-11|bastion|kafka-05"
"""Servers of every demo fleet: off, broken, fine, in motion."""
SEEN = ("--cloud", "prod-eu", "--all-projects", "--view", "server", "--filter", FOUR)


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


@pytest.fixture
def env(demo: DemoCloud) -> dict[str, str]:
    return {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file), "COLORTERM": ""}


def drawn(tmp_path: Path, env: dict[str, str], *args: str, columns: int = 120, rows: int = 40) -> tuple[bytes, str]:
    """What was sent until all rows stood there, and what a person sees."""
    with Term(*SEEN, *args, home=tmp_path, env=env, columns=columns, rows=rows) as term:
        term.wait_for("SHUTOFF", 30)
        term.wait_for("deleting", 30)
        term.wait_quiet(0.5)
        return bytes(term.raw), term.text()


@pytest.mark.parametrize(
    ("terminal", "colours"),
    [
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "rgb"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "tmux-256color"}, "256"),
        ({"TERM": "screen-256color"}, "256"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "screen"}, "16"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "vt100"}, "16"),
        ({"TERM": "never-heard-of"}, "16"),
        ({"TERM": ""}, "16"),
    ],
    ids=lambda value: "-".join(value.values()) or "unset" if isinstance(value, dict) else value,
)
def test_colours_as_many_as_the_terminal_has(
    tmp_path: Path, env: dict[str, str], terminal: dict[str, str], colours: str
) -> None:
    sent, shown = drawn(tmp_path, {**env, **terminal})
    assert bool(RGB.search(sent)) is (colours == "rgb")
    assert bool(PALETTE.search(sent)) is (colours == "256")
    assert b"\\u" not in sent
    assert "Traceback" not in shown


@pytest.mark.parametrize(
    "locale",
    [
        {"LANG": "C"},
        {"LANG": "", "LC_ALL": "C"},
        {"LC_ALL": "POSIX"},
        {"LANG": "de_DE.ISO-8859-1"},
        {"LANG": "xx_XX.ISO-8859-15", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii"},
        {"TERM": "linux"},
        {"TERM": "vt220"},
    ],
    ids=lambda value: "-".join(f"{k}={v}" for k, v in value.items()),
)
def test_operators_without_utf8_get_ascii_and_nothing_else(
    tmp_path: Path, env: dict[str, str], locale: dict[str, str]
) -> None:
    sent, shown = drawn(tmp_path, {**env, **locale})
    assert not [byte for byte in TITLE.sub(b"", sent) if byte > 0x7E]
    assert b"\\u" not in sent
    for state in ("X ERROR", "- SHUTOFF", "* ACTIVE", "~ ACTIVE"):
        assert state in shown


def test_without_any_locale_utf8_is_taken_for_granted(tmp_path: Path, env: dict[str, str]) -> None:
    sent, shown = drawn(tmp_path, {**env, "LANG": ""})
    assert "✗ ERROR" in shown
    assert b"\\u" not in sent


@pytest.mark.parametrize(
    "look",
    [{"TERM": "xterm"}, {"NO_COLOR": "1"}, {"TERM": "linux"}, {"TERM": "never-heard-of", "LANG": "C"}],
    ids=lambda value: "-".join(f"{k}={v}" for k, v in value.items()),
)
def test_poor_looks_tell_states_apart_by_mark_and_word(
    tmp_path: Path, env: dict[str, str], look: dict[str, str]
) -> None:
    _, shown = drawn(tmp_path, {**env, **look})
    rows = {name: next(line for line in shown.splitlines() if f" {name} " in line) for name in FOUR.split("|")}
    states = [re.search(r"(\S) (ERROR|SHUTOFF|ACTIVE)( deleting)?", row) for row in rows.values()]
    assert all(states)
    marks = {found[1] for found in states if found}
    assert len(marks) == 4, "each state has a mark of its own"


def test_sixteen_colours_are_used_and_differ(tmp_path: Path, env: dict[str, str]) -> None:
    with Term(*SEEN, home=tmp_path, env={**env, "TERM": "xterm"}) as term:
        term.wait_for("SHUTOFF", 30)
        term.wait_for("deleting", 30)
        term.wait_quiet(0.5)
        inks = {}
        for word in ("✗ ERROR", "◐ ACTIVE", "○ SHUTOFF"):
            found = term.find(word)
            assert found is not None, word
            cell = term.cell(*found)
            inks[word] = (cell.fg, cell.bold, cell.reverse)
    assert len(set(inks.values())) == 3, inks


def test_a_dumb_terminal_gets_a_sentence_and_not_one_escape(tmp_path: Path, env: dict[str, str]) -> None:
    with Term(home=tmp_path, env={**env, "TERM": "dumb"}) as term:
        assert term.wait_exit() == 2
        sent = bytes(term.raw)
    assert b"TERM=dumb" in sent
    assert b"stackdeck get server" in sent
    assert b"\x1b" not in sent


def test_stderr_elsewhere_is_refused_and_said_there_and_here(tmp_path: Path, env: dict[str, str]) -> None:
    log = tmp_path / "log"
    with log.open("wb") as errors, Term(home=tmp_path, env=env, stderr=errors.fileno()) as term:
        assert term.wait_exit() == 2
        sent = bytes(term.raw)
    for told in (sent, log.read_bytes()):
        assert b"stderr is not a terminal" in told
        assert b"\x1b" not in told


@pytest.mark.parametrize(
    ("locale", "marks"), [("C", False), ("de_DE.ISO-8859-1", False), ("C.UTF-8", True), ("", True)]
)
def test_doctor_draws_marks_where_the_operator_reads_them(tmp_path: Path, locale: str, marks: bool) -> None:
    env = {"LANG": locale, "OS_CLIENT_CONFIG_FILE": str(tmp_path / "none.yaml")}
    with Term("doctor", home=tmp_path, env=env) as term:
        term.wait_for("Cache", 30)
        assert term.wait_exit(30) == 2
        shown = term.text()
    assert "ok    " in shown
    assert ("● ok" in shown) is marks
    assert shown.isascii() is not marks


@pytest.mark.parametrize("size", [(59, 40), (120, 14), (20, 5), (1, 1)])
def test_a_small_terminal_is_told_the_size_and_comes_back(
    tmp_path: Path, env: dict[str, str], size: tuple[int, int]
) -> None:
    with Term(*SEEN, home=tmp_path, env=env, columns=size[0], rows=size[1]) as term:
        if size[0] >= 20:
            term.wait_for("60x15", 30)
        else:
            wait_until(lambda: term.output_bytes, "something is drawn", 30)
        term.resize(80, 24)
        term.wait_for("SHUTOFF", 30)


def test_over_ssh_nothing_moves_by_itself(tmp_path: Path, env: dict[str, str]) -> None:
    over = {"SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22", "SSH_TTY": "/dev/pts/9"}
    with Term(*SEEN, home=tmp_path, env={**env, **over}) as term:
        term.wait_for("SHUTOFF", 30)
        # A duration steps once a minute; what moves by itself would never be silent for so long.
        term.wait_quiet(3.0, 40)


# -- terminals within terminals --------------------------------------------------------------------------------------


class Inner:
    """The dashboard in a multiplexer that runs in a pty; its screen is asked of the multiplexer."""

    def __init__(self, term: Term, capture: list[str], file: Path | None, own: dict[str, str]) -> None:
        self.term = term
        self._capture = capture
        self._file = file
        self._own = own

    def text(self) -> str:
        done = subprocess.run(self._capture, env=self._own, capture_output=True, check=False, timeout=60)
        if self._file is None:
            return done.stdout.decode("utf-8", "replace")
        return self._file.read_text("utf-8", "replace") if self._file.exists() else ""

    def wait_for(self, text: str) -> str:
        def shown() -> str:
            found = self.text()
            return found if text in found else ""

        return wait_until(shown, f"{text} in the multiplexer", 40, step=0.2)


@contextmanager
def in_tmux(tmp_path: Path, env: dict[str, str]) -> Iterator[Inner]:
    program = shutil.which("tmux")
    if program is None:
        pytest.skip("there is no tmux here")
    own = environment(tmp_path, {**env, "TMUX_TMPDIR": str(tmp_path)})
    base = [program, "-L", "stackdeck-test", "-f", "/dev/null"]
    with Term(
        *("new-session", "-s", "s", *COMMAND, *SEEN),
        home=tmp_path,
        env={**env, "TMUX_TMPDIR": str(tmp_path)},
        command=base,
    ) as term:
        try:
            yield Inner(term, [*base, "capture-pane", "-p", "-t", "s"], None, own)
        finally:
            subprocess.run([*base, "kill-server"], env=own, capture_output=True, check=False, timeout=60)


@contextmanager
def in_screen(tmp_path: Path, env: dict[str, str]) -> Iterator[Inner]:
    program = shutil.which("screen")
    if program is None:
        pytest.skip("there is no screen here")
    directory, copy = tmp_path / "screens", tmp_path / "hardcopy"
    directory.mkdir(mode=0o700)
    changes = {**env, "SCREENDIR": str(directory), "SYSSCREENRC": "/dev/null", "SCREENRC": "/dev/null"}
    own = environment(tmp_path, changes)
    name = f"t{os.getpid()}"
    args = ("-U", "-S", name, *COMMAND, *SEEN)
    with Term(*args, home=tmp_path, env=changes, command=[program]) as term:
        try:
            yield Inner(term, [program, "-S", name, "-p", "0", "-X", "hardcopy", str(copy)], copy, own)
        finally:
            subprocess.run([program, "-S", name, "-X", "quit"], env=own, capture_output=True, check=False, timeout=60)


@pytest.mark.parametrize("multiplexer", [in_tmux, in_screen], ids=["tmux", "screen"])
def test_in_a_multiplexer_everything_is_drawn_and_keys_arrive(
    tmp_path: Path, env: dict[str, str], multiplexer: object
) -> None:
    with multiplexer(tmp_path, env) as inner:  # type: ignore[operator]
        inner.wait_for("SHUTOFF")
        shown = inner.wait_for("deleting")
        for name in FOUR.split("|"):
            assert name in shown
        assert "ERROR" in shown
        assert "\\u" not in shown
        inner.term.send("?")
        inner.wait_for("Keys for")
        inner.term.send("q")
        wait_until(lambda: (found := inner.text()) and "Keys for" not in found, "help is closed", 40, step=0.2)

        def left() -> bool:
            # A dialog takes no key in its first moment, and a multiplexer no time stamps.
            inner.term.send("y" if "Quit stackdeck" in inner.text() else "q")
            return inner.term.process.poll() is not None

        wait_until(left, "the end", 40, step=0.5)
        assert inner.term.wait_exit(40) == 0


def test_the_check_comes_before_textual(tmp_path: Path) -> None:
    code = (
        "import sys; from tui.commands.terminal import facts, judge; judge(facts());"
        "sys.exit(any(name.partition('.')[0] in ('textual', 'rich', 'asyncssh', 'openstack') for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(tmp_path), check=False, timeout=60)
    assert done.returncode == 0
