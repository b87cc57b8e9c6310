"""The frame that is drawn ahead: there before the interface is, gone without a trace whatever happens in between."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.harness import Term
from tests.terminal.trials import break_it, calm, mend_it, number_of, open_on, rested, restored
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

NAME = b"api-gateway-01"
INTERFACE = b"\x1b[?2004h"
"""What the interface sends first, and the frame drawn ahead does not."""
ENTER = b"\x1b[?1049h"


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "3") as cloud:
        yield cloud


def quit_(term: Term) -> None:
    term.send(":quit!\r")
    assert term.wait_exit() == 0


def frames(home: Path) -> list[Path]:
    return [path for path in (home / "cache" / "stackdeck" / "frames").glob("*") if path.name != "salt"]


@pytest.fixture
def home(tmp_path: Path, demo: DemoCloud) -> Path:
    """A home whose last run ended with everything live."""
    wait_until(lambda: time.time() - demo.clouds_file.stat().st_ctime > 0.2, "a clouds.yaml old enough to be trusted")
    with open_on(tmp_path, demo) as term:
        number_of(term)
        quit_(term)
    assert len(frames(tmp_path)) == 1
    return tmp_path


def ahead(term: Term) -> bool:
    """Wait for the interface; say whether rows were readable before it."""
    term.wait_for(lambda term: INTERFACE in term.raw and NAME in term.raw)
    return term.raw.find(NAME) < term.raw.find(INTERFACE)


def blocked(home: Path, code: str = "import threading\nthreading.Event().wait()\n") -> dict[str, str]:
    """Return an environment in which the interface never comes up, or fails to."""
    package = home / "instead" / "textual"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(code)
    return {"PYTHONPATH": str(package.parent)}


def test_rows_are_there_before_the_interface_which_takes_over_in_place(home: Path, demo: DemoCloud) -> None:
    with open_on(home, demo) as term:
        assert ahead(term)
        number_of(term)
        calm(term)
        assert term.raw.count(ENTER) == 1, "the screen is not cleared in between"
        quit_(term)
        restored(term)
    with open_on(home, demo) as term:
        assert ahead(term), "and the next time again"


def test_what_it_shows_is_dimmed_and_says_when_it_was(home: Path, demo: DemoCloud) -> None:
    with open_on(home, demo, env=blocked(home)) as term:
        term.wait_for("api-gateway-01")
        term.wait_quiet(0.3)
        screen = term.text()
        lines = term.lines()
        assert re.search(r"Five regions have not answered yet. Rows from \d+ \w+ \d\d:\d\d\.", lines[1])
        assert "? ACTIVE at " in screen
        assert "● ACTIVE" not in screen
        assert "live" not in lines[0]
        place = term.find("api-gateway-01")
        assert place is not None
        dim = term.cell(*place)
        word = term.find("stackdeck")
        assert word is not None
        assert dim.fg != term.cell(*word).fg
        assert "delete" not in lines[-1], "no key of an action is offered"


def test_its_layout_is_the_interfaces(home: Path, demo: DemoCloud) -> None:
    with open_on(home, demo, env=blocked(home)) as term:
        term.wait_for("api-gateway-01")
        term.wait_quiet(0.3)
        before = term.lines()
    break_it(demo, "hang:*")
    try:
        with open_on(home, demo) as term:
            assert ahead(term)
            term.wait_for("0s ago" if "0s ago" in term.text() else " ago")
            term.wait_quiet(0.3)
            after = term.lines()
    finally:
        mend_it(demo)
    places = [[line.find(part) for part in ("│", "prod-", "m5.large", "Compute")] for line in before[2:30]]
    assert places == [[line.find(part) for part in ("│", "prod-", "m5.large", "Compute")] for line in after[2:30]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_before_the_interface_leaves_nothing(home: Path, demo: DemoCloud, number: int) -> None:
    with open_on(home, demo, env=blocked(home)) as term:
        term.wait_for("api-gateway-01")
        term.process.send_signal(number)
        assert term.wait_exit() == 128 + number
        restored(term)


def test_an_interface_that_fails_is_told_on_the_screen_as_it_was(home: Path, demo: DemoCloud) -> None:
    with open_on(home, demo, env=blocked(home, "raise RuntimeError('no interface')\n")) as term:
        assert term.wait_exit() != 0
        restored(term)
        assert term.raw.rfind(b"RuntimeError") > term.raw.rfind(b"\x1b[?1049l")
        assert NAME in term.raw


def test_a_terminal_that_closes_ends_it(home: Path, demo: DemoCloud) -> None:
    with open_on(home, demo, env=blocked(home)) as term:
        term.wait_for("api-gateway-01")
        term.hang_up()
        term.wait_exit()
        assert term.exit_code != 0


def test_keys_wait_unechoed_for_the_interface(home: Path, demo: DemoCloud) -> None:
    with open_on(home, demo) as term:
        term.wait_for(lambda term: NAME in term.raw)
        term.send("?")
        term.wait_for("Keys for servers", timeout=30)
        rested(term)
        term.send("\x1b")
        number_of(term)
        assert term.raw.count(ENTER) == 1
        calm(term)


def test_another_login_begins_with_it_too(home: Path, demo: DemoCloud) -> None:
    first = {"SSH_CONNECTION": "192.0.2.1 50001 192.0.2.2 22", "XDG_SESSION_ID": "7"}
    with open_on(home, demo, env=first) as term:
        assert not ahead(term), "over SSH it may look different"
        number_of(term)
        quit_(term)
    with open_on(home, demo, env={"SSH_CONNECTION": "192.0.2.1 50002 192.0.2.2 22", "XDG_SESSION_ID": "8"}) as term:
        assert ahead(term)
        calm(term)


@pytest.mark.parametrize("change", ["clouds.yaml", "settings", "environment", "size", "options", "secure.yaml"])
def test_it_is_not_shown_once_anything_differs(home: Path, demo: DemoCloud, change: str) -> None:
    env, options, size = {}, (), {}
    if change == "clouds.yaml":
        os.utime(demo.clouds_file)
    elif change == "settings":
        (home / "config" / "stackdeck").mkdir(parents=True, exist_ok=True)
        (home / "config" / "stackdeck" / "settings.toml").write_text("mouse = false\n")
    elif change == "environment":
        env = {"OS_INTERFACE": "public"}
    elif change == "size":
        size = {"columns": 100, "rows": 30}
    elif change == "options":
        options = ("--read-only",)
    elif change == "secure.yaml":
        (home / "secure.yaml").write_text("clouds: {}\n")
    with open_on(home, demo, *options, env=env, **size) as term:  # type: ignore[arg-type]
        assert not ahead(term)
        calm(term)


@pytest.mark.parametrize("damage", ["junk", "empty", "open", "head"])
def test_a_damaged_frame_is_not_shown(home: Path, demo: DemoCloud, damage: str) -> None:
    (file,) = frames(home)
    if damage == "junk":
        file.write_bytes(os.urandom(400))
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "open":
        file.chmod(0o644)
    else:
        file.write_bytes(b'{"form": 1, "stamps": 7}\n' + NAME)
    with open_on(home, demo) as term:
        assert not ahead(term)
        number_of(term)
        calm(term)
        quit_(term)
        restored(term)


def test_a_place_that_fails_now_is_asked_again_then(home: Path, demo: DemoCloud) -> None:
    break_it(demo, "error:prod-us/sjc2")
    try:
        with open_on(home, demo) as term:
            term.wait_for("1 failing", timeout=30)
            term.wait_for("4 live")
            term.wait_quiet(0.5)
            quit_(term)
        with open_on(home, demo, env=blocked(home)) as term:
            term.wait_for("api-gateway-01")
            term.wait_quiet(0.3)
            assert "failing" not in term.text()
            assert "Five regions have not answered yet" in term.lines()[1]
            assert "NAME" in term.lines()[2], "and no line is left blank where the failure stood"
    finally:
        mend_it(demo)


def test_where_the_next_start_looks_different_none_is_kept(home: Path, demo: DemoCloud) -> None:
    with open_on(home, demo) as term:
        number_of(term)
        term.send("/gateway\r")
        term.wait_for(lambda term: "billing" not in term.text())
        term.wait_quiet(0.3)
        quit_(term)
    assert not frames(home)


def test_without_the_row_cache_none_is_kept(tmp_path: Path, demo: DemoCloud) -> None:
    with open_on(tmp_path, demo, "--no-row-cache") as term:
        number_of(term)
        quit_(term)
    assert not frames(tmp_path)
