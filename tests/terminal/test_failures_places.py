"""Places that stop answering and come back: said with the reason and «as of», live again by themselves."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.harness import Term
from tests.terminal.trials import break_it, calm, mend_it, number_of, open_on, place_line, settled
from tui.demo.process import DemoCloud

AS_OF = re.compile(r"Rows as of \d\d:\d\d\.|\d rows as of \d\d:\d\d\.")


@pytest.fixture(scope="module")
def shared() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


@pytest.fixture
def demo(shared: DemoCloud) -> Iterator[DemoCloud]:
    """A demo cloud to break; it is mended afterwards."""
    yield shared
    mend_it(shared)


def impatient(home: Path) -> None:
    """Settings with short time-outs, so that a hang is found out soon."""
    directory = home / "config" / "stackdeck"
    directory.mkdir(parents=True)
    (directory / "settings.toml").write_text("[timeouts]\nconnect = 4.0\nlist = 4.0\nother = 4.0\n")


@pytest.mark.parametrize("fault", ["hang:lab/identity", "hang:lab"])
def test_one_cloud_hangs_at_sign_in_and_the_others_show_at_once(tmp_path: Path, demo: DemoCloud, fault: str) -> None:
    break_it(demo, fault)
    with open_on(tmp_path, demo) as term:
        # Far below the time-out of signing in, 30 s.
        term.wait_for("Servers 131 ", timeout=20)
        assert "4 of 5 answered" in term.text()
        assert "asking" in place_line("muc1")(term)
        assert "failing" not in term.text()
        calm(term)


def test_nothing_is_known_while_every_cloud_hangs(tmp_path: Path, demo: DemoCloud) -> None:
    break_it(demo, "hang:*")
    with open_on(tmp_path, demo) as term:
        term.wait_for("◐ asking 5 regions")
        for keys in ("j", "d", "\x1b", "y", "u", "J", "0", "/web\r", "\x1b", ":flavors\r", ":servers\r", "?"):
            term.send(keys)
            term.wait_quiet(0.2)
            calm(term)
        term.wait_for("Keys for")


@pytest.mark.parametrize(
    ("fault", "title", "short"),
    [
        ("hang:prod-us/sjc2", "prod-us sjc2 Nova does not answer: timed out after 4 s", "timeout 4s"),
        ("drop:prod-us/sjc2", "prod-us sjc2 Nova dropped the connection without an answer", "dropped"),
        ("unavailable:prod-us/sjc2", "prod-us sjc2 Nova is not available (503)", "503"),
        ("error:prod-us/sjc2", "prod-us sjc2 Nova failed (500)", "500"),
        ("html:prod-us/sjc2/compute", "prod-us sjc2 Nova answers with a web page instead of JSON", "HTML"),
        ("truncate:prod-us/sjc2/compute", "prod-us sjc2 Nova sends JSON that breaks off", "bad JSON"),
    ],
)
def test_a_region_stops_answering_and_is_live_again_by_itself(
    tmp_path: Path, demo: DemoCloud, fault: str, title: str, short: str
) -> None:
    impatient(tmp_path)
    with open_on(tmp_path, demo, columns=130) as term:
        rows = number_of(term)
        before = place_line("sjc2")(term).split()[-1]
        break_it(demo, fault)
        term.wait_for(title, timeout=20)
        term.wait_for(lambda term: AS_OF.search(term.text()) and "Next try" in term.text())
        term.wait_for(lambda term: re.search(r"✗ sjc2 +\d\d:\d\d +" + before, place_line("sjc2")(term)))
        term.send("w")
        term.wait_for("why places fail")
        term.wait_for(f"✗ {title}")
        term.wait_for(lambda term: re.search(r"\d+ rows as of \d\d:\d\d:\d\d\.", term.text()))
        assert re.search(r"asked     GET http://\S+/prod-us/sjc2/compute/v2.1/servers/detail", term.text())
        term.send("q")
        term.wait_for("enter open")
        term.wait_for(lambda term: "✗ 1 failing" in term.lines()[0] and "4 live" in term.lines()[0])
        # Its rows stay, with their age; the other places' rows are as before.
        term.wait_for(lambda term: re.search(r"\? ACTIVE \d+[sm]", term.text()) and "● ACTIVE" in term.text())
        mend_it(demo)
        # By itself within 10 s, which the contract test measures; here: without a key.
        term.wait_for(lambda term: "failing" not in term.text() and settled(term), timeout=30)
        assert number_of(term) == rows
        assert not re.search(r"\? ACTIVE", term.text())
        assert "as of" not in term.text()
        calm(term)


def test_a_demo_cloud_that_is_killed_and_started_again_on_its_port(tmp_path: Path) -> None:
    impatient(tmp_path)
    clouds = tmp_path / "clouds.yaml"
    demo = DemoCloud.start("--still", "--seed", "1")
    port = demo.url.rsplit(":", 1)[1]
    clouds.write_text(demo.clouds_file.read_text())
    try:
        with Term(home=tmp_path, env={"OS_CLIENT_CONFIG_FILE": str(clouds)}, columns=130) as term:
            rows = number_of(term)
            demo.process.kill()
            demo.stop()
            term.wait_for("✗ 5 failing", timeout=20)
            term.wait_for("refuses connections")
            assert "api-gateway-01" in term.text()
            for keys, then in (("j", ""), ("y", "✗ "), ("k", ""), (":images\r", "Images"), (":servers\r", "Servers")):
                term.send(keys)
                term.wait_for(then)
                term.wait_quiet(0.3)
                calm(term)
            # It knows none of the tokens that its predecessor gave.
            demo = DemoCloud.start("--still", "--seed", "1", "--port", port)
            term.wait_for(lambda term: "failing" not in term.text() and settled(term), timeout=30)
            assert number_of(term) == rows
            calm(term)
    finally:
        demo.stop()


def test_a_cloud_whose_clock_is_an_hour_off(tmp_path: Path, demo: DemoCloud) -> None:
    for skew in ("clock-skew=3600:lab", "clock-skew=-3600:lab"):
        mend_it(demo)
        break_it(demo, skew, skew.replace(":lab", ":lab/identity"))
        with open_on(tmp_path, demo, "--cloud", "lab") as term:
            number_of(term)
            assert "failing" not in term.text()
            wait = time.monotonic() + 6
            term.wait_for(lambda _, wait=wait: time.monotonic() > wait)  # a request for changes came and went
            assert "failing" not in term.text()
            assert not re.search(r"-\d+[smhd]\b *┃?$", term.text(), re.MULTILINE), "no negative ages"
            calm(term)
