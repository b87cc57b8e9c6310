"""The start as a person sees it: the last known rows at once, looked at but never acted on, then the live ones."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.harness import COMMAND, Term, environment
from tests.terminal.trials import asked, break_it, calm, control, mend_it, number_of, open_on, rested
from tests.waiting import wait_until
from tui.demo.process import DemoCloud


@pytest.fixture(scope="module")
def shared() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "3") as cloud:
        yield cloud


@pytest.fixture
def demo(shared: DemoCloud) -> Iterator[DemoCloud]:
    """A demo cloud to break; it is mended afterwards."""
    yield shared
    mend_it(shared)


def cache(home: Path) -> Path:
    return home / "cache" / "stackdeck"


def kept(home: Path, part: str) -> list[Path]:
    return [path for path in (cache(home) / part).glob("*") if path.name != "salt" and not path.name.startswith(".")]


def up(term: Term) -> None:
    """Wait until the interface itself has the terminal, not only the frame that was drawn ahead for it."""
    term.wait_for(lambda term: b"\x1b[?2004h" in term.raw)
    term.wait_quiet(0.3)


def cursor_name(term: Term) -> str:
    """Return the name in the table's row under the cursor, if it is not the first one."""
    for line in term.lines()[4:]:
        table = line.partition("│")[2]
        if table.startswith("▌"):
            return table[1:].split()[0]
    return ""


def quit_(term: Term) -> None:
    term.send(":quit!\r")
    assert term.wait_exit() == 0


@pytest.fixture
def home(tmp_path: Path, demo: DemoCloud) -> Path:
    """A home whose last run saw everything."""
    with open_on(tmp_path, demo) as term:
        number_of(term)
        # A busy machine may not have the time at the end.
        wait_until(lambda: len(kept(tmp_path, "rows")) == 5, "rows are kept", 30)
        wait_until(lambda: len(kept(tmp_path, "config")) == 1, "the configuration is kept", 30)
        quit_(term)
    assert len(kept(tmp_path, "rows")) == 5
    assert len(kept(tmp_path, "config")) == 1
    return tmp_path


def test_the_first_frame_has_the_last_rows_and_the_time_they_are_from(home: Path, demo: DemoCloud) -> None:
    break_it(demo, "hang:*")
    with open_on(home, demo) as term:
        term.wait_for("api-gateway-01")
        screen = term.text()
        assert re.search(r"Five regions have not answered yet. (Their rows are|Rows) from", screen)
        assert "? ACTIVE" in screen
        assert re.search(r"ACTIVE (at \d\d:\d\d|\d+\w ago)", screen)
        assert "● ACTIVE" not in screen
        assert "live" not in term.lines()[0]
        row = term.find("api-gateway-01")
        assert row is not None
        assert "prod-eu" in screen, "the clouds are there too"
        asking = re.compile(r"◐ (?:fra1|ams1|iad1|sjc2|muc1) +asking")
        term.wait_for(lambda term: len(asking.findall(term.text())) == 5)  # none counts what was broken then
        calm(term)


def test_one_region_that_does_not_answer_is_told_alone(home: Path, demo: DemoCloud) -> None:
    break_it(demo, "hang:prod-us/sjc2")
    with open_on(home, demo) as term:
        term.wait_for("One region has not answered yet. Its rows are from")
        assert "● ACTIVE" in term.text(), "the others are live"
        calm(term)


def test_old_rows_are_looked_at_filtered_sorted_and_copied(home: Path, demo: DemoCloud) -> None:
    break_it(demo, "hang:*")
    with open_on(home, demo, columns=160) as term:
        term.wait_for("api-gateway-01")
        term.send("/gateway\r")
        term.wait_for(lambda term: "billing" not in term.text() and "api-gateway-02" in term.text())
        term.send("c")
        wait_until(lambda: term.clipboard, "the copy", 10)
        rested(term)
        term.send("\x1b")
        term.wait_for(lambda term: "Copy name" not in term.text())
        term.send("d")
        term.wait_for("Addresses")
        assert "m5.large" in term.text()
        calm(term)


@pytest.mark.parametrize("keys", ["\x04", "a", "f"])
def test_old_rows_are_never_acted_on(home: Path, demo: DemoCloud, keys: str) -> None:
    break_it(demo, "hang:*")
    before = asked(demo, "/action")
    with open_on(home, demo) as term:
        term.wait_for("api-gateway-01")
        up(term)
        term.send(keys)
        term.wait_for("has not answered since")
        for key in ("y", "\r", "s", "r"):
            rested(term)
            term.send(key)
        term.wait_quiet(0.4)
        calm(term)
    assert asked(demo, "/action") == before
    changed = [row for row in control(demo, "GET", "requests")["requests"] if row["method"] in {"DELETE", "PUT"}]
    assert not changed


def test_rows_become_live_in_place_and_the_cursor_stays(home: Path, demo: DemoCloud) -> None:
    break_it(demo, "latency=3:/servers")
    with open_on(home, demo) as term:
        term.wait_for("api-gateway-01")
        up(term)
        term.send("G")
        term.wait_quiet(0.5)
        name = cursor_name(term)
        assert name
        mend_it(demo)
        term.wait_for(lambda term: "live ≤" in term.lines()[0] and "answered" not in term.lines()[1], timeout=30)
        assert cursor_name(term) == name
        term.wait_for(lambda term: "? ACTIVE" not in term.text())  # painted in parts, the header with the first
        assert cursor_name(term) == name


def test_a_server_that_is_gone_goes_and_a_new_one_comes(home: Path, demo: DemoCloud) -> None:
    """Whatever happened while nobody looked: the table ends up as the cloud is."""
    with open_on(home, demo) as term:
        first = number_of(term)
        quit_(term)
    for file in kept(home, "rows")[:2]:
        # As if these places had not been seen for long.
        os.utime(file, (1, 1))
    with open_on(home, demo) as term:
        assert number_of(term) == first
        calm(term)


@pytest.mark.parametrize("damage", ["junk", "cut", "open", "gone", "read-only", "directory"])
def test_a_damaged_cache_is_never_an_error(home: Path, demo: DemoCloud, damage: str) -> None:
    for part in ("rows", "config", "tokens"):
        for file in kept(home, part):
            if damage == "junk":
                file.write_bytes(os.urandom(300))
            elif damage == "cut":
                file.write_bytes(file.read_bytes()[:-20])
            elif damage == "open":
                file.chmod(0o666)
            elif damage == "gone":
                file.unlink()
            elif damage == "directory":
                file.unlink()
                file.mkdir()
    if damage == "read-only":
        for path in (*cache(home).rglob("*"), cache(home)):
            path.chmod(0o500 if path.is_dir() else 0o400)
    with open_on(home, demo) as term:
        assert number_of(term) > 100
        calm(term)
        quit_(term)
    if damage == "read-only":
        for path in (cache(home), *cache(home).rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)


def test_without_the_row_cache_nothing_is_shown_or_kept(tmp_path: Path, demo: DemoCloud, home: Path) -> None:
    break_it(demo, "hang:*")
    with open_on(home, demo, "--no-row-cache") as term:
        term.wait_for("asking 5 regions")
        assert "api-gateway-01" not in term.text()
    mend_it(demo)
    for file in kept(home, "rows"):
        file.unlink()
    settings = home / "config" / "stackdeck" / "settings.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text("row_cache = false\n")
    with open_on(home, demo) as term:
        number_of(term)
        quit_(term)
    assert not kept(home, "rows")


def test_nothing_is_remembered_of_the_embedded_demo_cloud(tmp_path: Path) -> None:
    with Term("--demo", home=tmp_path) as term:
        number_of(term)
        quit_(term)
    assert not cache(tmp_path).exists() or not (kept(tmp_path, "rows") or kept(tmp_path, "config"))


def test_another_password_is_another_cache(home: Path, demo: DemoCloud) -> None:
    other = home / "other.yaml"
    other.write_text(demo.clouds_file.read_text().replace("password: demo", "password: wrong"))
    wait_until(lambda: time.time() - other.stat().st_ctime > 0.2, "a file that is old enough")
    with Term(home=home, env={"OS_CLIENT_CONFIG_FILE": str(other)}) as term:
        term.wait_for("does not accept your password", timeout=30)
        assert "api-gateway-01" not in term.text(), "rows of one credential are not shown to another"


def test_two_at_once_share_the_cache(home: Path, demo: DemoCloud) -> None:
    with open_on(home, demo) as one, open_on(home, demo) as two:
        assert number_of(one) == number_of(two)
        quit_(one)
        quit_(two)
    with open_on(home, demo) as term:
        number_of(term)
        calm(term)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_ended_the_hard_way_the_cache_still_serves(tmp_path: Path, demo: DemoCloud, number: int) -> None:
    with open_on(tmp_path, demo) as term:
        number_of(term)
        wait_until(lambda: len(kept(tmp_path, "rows")) == 5, "rows are kept while it runs", 30)
        term.process.send_signal(number)
        term.wait_exit()
    break_it(demo, "hang:*")
    with open_on(tmp_path, demo) as term:
        term.wait_for("api-gateway-01")
        calm(term)


def test_doctor_tells_what_is_kept_and_how_old_it_is(home: Path, demo: DemoCloud) -> None:
    def doctor(*options: str) -> str:
        done = subprocess.run(
            [*COMMAND, "doctor", *options],
            env=environment(home, {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file)}),
            cwd=home,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.partition("\nCache\n")[2].partition("\n\n")[0]

    told = doctor()
    assert re.search(r"rows +5 files, \d+ KB, the oldest \d+\w old, in .*/cache/stackdeck/rows", told)
    assert re.search(r"config +1 file, ", told)
    assert re.search(r"tokens +\d+ files?, ", told)
    assert "off: --no-row-cache" in doctor("--no-row-cache")
    assert "off: --no-token-cache" in doctor("--no-token-cache")
