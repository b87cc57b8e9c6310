"""A good guest: how often and how much the clouds are asked, counted by the clouds themselves.

Time is moved by hand, so that minutes of polling take as long as their requests; every count is exact.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.guests import DETAIL, PLACES, Counts, Hosts
from tests.http.board import Control
from tests.http.conftest import Loader
from tests.rig import Rig
from tests.ticking import HandTicker, live, settle
from tests.waiting import wait_until
from tui.cloud import Clouds, compressing
from tui.config.settings import Intervals, Settings, Timeouts
from tui.demo.process import DemoCloud
from tui.live.find import find
from tui.live.reading import read_all
from tui.model.events import Delta, Paused
from tui.model.status import Health
from tui.model.trouble import Cause, Trouble
from tui.resources.registry import KINDS

README = Path(__file__).parents[2] / "README.md"
WINDOW = 225.0
"""Seconds: fifty polls at 4.5 s, nine looks at 25 s, so that counts are whole wherever the window begins."""


@dataclass
class Guest:
    """A dashboard without a screen on ten places, its clock, and its hosts."""

    rig: Rig
    ticker: HandTicker
    hosts: Hosts
    clouds: Clouds

    def during(self, seconds: float) -> Counts:
        """Let time pass and return what was asked in it."""
        self.hosts.forget()
        live(self.rig, self.ticker, seconds)
        return self.hosts.counts()

    def fault(self, *faults: str) -> None:
        """Let all clouds misbehave."""
        for control in self.hosts.controls:
            control.fault(*faults)

    def mend(self) -> None:
        """Let them behave."""
        for control in self.hosts.controls:
            control.mend()


@pytest.fixture(scope="module")
def hosts() -> Iterator[Hosts]:
    """Two demo clouds with five places each, in which nothing changes by itself."""
    with DemoCloud.start("--still") as first, DemoCloud.start("--still", "--seed", "2") as second:
        yield Hosts([first, second])


@pytest.fixture
def guest(hosts: Hosts, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guest]:
    """All ten places on the screen, complete, with everything beside the lists read once."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(hosts.write(home / "clouds.yaml")))
    settings = Settings(timeouts=Timeouts(connect=10.0, list=30.0, other=30.0))
    clouds = Clouds.load(settings=settings, token_cache=False)
    ticker = HandTicker()
    intervals = Intervals(idle_minutes=10.0)
    with Rig(clouds, intervals=intervals, clock=ticker.epoch, ticker=ticker, chance=random.Random(11)) as rig:
        made = Guest(rig, ticker, hosts, clouds)
        rig.show()
        rig.until_complete(60)
        assert len(rig.states()) == PLACES
        hosts.end_transitions(entry.id for entry in rig.view.rows if entry.status.health is Health.MOVING)
        live(rig, ticker, 60.0)
        yield made
        made.mend()
    clouds.close()


def test_an_idle_dashboard_asks_each_place_once_a_cycle(guest: Guest) -> None:
    counts = guest.during(WINDOW)
    lists = counts.by_place(DETAIL)
    small = {f"{place}" for place, count in lists.items() if count > 50}
    assert len(lists) == PLACES
    # Places of up to a hundred servers are read again as a list, larger ones by their visible rows.
    assert all(count == 50 + 9 * (place in small) for place, count in lists.items())
    assert set(counts.by_place("/ports").values()) == set(counts.by_place("/floatingips").values()) == {9}
    rows = Counter(path for path in counts.paths if "/servers/" in path and not path.endswith(DETAIL))
    assert {counts.paths[path] for path in rows} <= {9}, "a visible row is read once each 25 s"
    assert counts.total == counts.ending(DETAIL, "/ports", "/floatingips") + 9 * len(rows), "and nothing else"


def test_the_readme_tells_what_is_asked(guest: Guest) -> None:
    told = dict(re.findall(r"^\| (idle|left alone)[^|]*\| ([\d,]+) \|", README.read_text("utf-8"), re.MULTILINE))
    asked = guest.during(WINDOW).total * 60 / WINDOW
    assert int(told["idle"]) == pytest.approx(asked, rel=0.3), "python -m tests.bench --guest --write-readme"
    assert told["left alone"] == "0"


def test_a_dashboard_on_which_something_moves_asks_that_place_oftener_and_no_other(guest: Guest) -> None:
    server = next(entry for entry in guest.rig.view.rows if entry.status.word == "ACTIVE")
    control = guest.hosts.control(server.id)
    guest.hosts.begin_transitions([server.id])
    live(guest.rig, guest.ticker, 9.0)
    calm = guest.during(27.0).by_place(DETAIL)
    busy = [count for count in calm.values() if count > 10]
    assert len(busy) == 1
    assert 19 <= busy[0] <= 22, "27 s at 1.35 s, and a list of visible rows"
    assert all(6 <= count <= 8 for count in calm.values() if count != busy[0]), "27 s at 4.5 s, and that list"
    control.alter(server.id, task_state=None)


def test_without_the_focus_it_asks_seldom_and_catches_up_when_it_comes_back(guest: Guest) -> None:
    guest.rig.feeds.focused(False)
    live(guest.rig, guest.ticker, 75.0)
    counts = guest.during(WINDOW)
    assert all(8 <= count <= 9 + 3 for count in counts.by_place(DETAIL).values()), "225 s at 27 s, and at 75 s"
    assert set(counts.by_place("/ports").values()) == {3}
    guest.hosts.forget()
    guest.rig.feeds.focused(True)
    live(guest.rig, guest.ticker, 4.5)
    assert all(1 <= count <= 2 for count in guest.hosts.counts().by_place(DETAIL).values())
    assert len(guest.hosts.counts().by_place(DETAIL)) == PLACES


def test_left_alone_it_asks_nothing_until_the_first_key(guest: Guest) -> None:
    live(guest.rig, guest.ticker, 600.0)
    guest.rig.until(lambda: guest.rig.feeds.paused, "the pause")
    assert any(isinstance(event, Paused) and event.since for event in guest.rig.events)
    assert guest.during(3600.0).total == 0
    guest.rig.feeds.touched()
    settle(guest.rig, guest.ticker)
    asked = guest.hosts.counts()
    assert len(asked.by_place(DETAIL)) == PLACES, "the first key asks every place"
    assert guest.during(9.0).total > 0


def test_views_that_want_the_same_feed_share_it(guest: Guest) -> None:
    rig, server, image = guest.rig, guest.rig.kind, KINDS["image"]
    scopes = guest.clouds.scopes
    rig.feeds.show(image, scopes)
    settle(rig, guest.ticker)
    rig.feeds.show(server, scopes)
    settle(rig, guest.ticker)
    guest.hosts.forget()
    for _ in range(20):
        rig.feeds.show(image, scopes)
        rig.feeds.show(server, scopes)
        rig.feeds.show(server, scopes)
        settle(rig, guest.ticker)
    assert guest.hosts.counts().total == 0, "who goes to and fro asks nothing anew"


def test_a_search_beside_the_feeds_does_not_make_them_ask(guest: Guest) -> None:
    done: list[object] = []
    guest.hosts.forget()
    find(guest.clouds, guest.rig.feeds.workers, list(KINDS.values()), "10.99.99.99", lambda hit: None, done.append)
    wait_until(lambda: done, "the end of the search", 60)
    assert all(count <= 2 for count in guest.hosts.counts().paths.values()), (
        "a question of its own or two to each service"
    )
    settle(guest.rig, guest.ticker)
    due = guest.during(4.5).by_place(DETAIL)
    assert sorted(due.values()) == [1] * PLACES, "and the feeds go on as if there had been none"


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """No line is slow until this is called: on a busy machine the fastest one seems to be."""
    before = compressing.FAST
    monkeypatch.setattr(compressing, "FAST", 1e4)
    return lambda: monkeypatch.setattr(compressing, "FAST", before)


def test_pages_of_a_line_that_proves_slow_are_asked_for_compressed(load: Loader, patient: Callable[[], None]) -> None:
    with DemoCloud.start("--still", "--servers", "300", "--fault", "gzip") as cloud:
        clouds, control = load(cloud.clouds_file.read_text("utf-8")), Control(cloud.url)
        scopes = [scope for scope in clouds.scopes if scope.region == "fra1"]
        plain = read_all(clouds, KINDS["server"], scopes, all_projects=True)
        before = control.send("GET", "requests")
        assert before["gzipped"] == 0, "this machine is not asked to compress until it proves to be far away"
        patient()
        control.fault("throttle=3e6:/servers")
        for _ in range(2):
            read_all(clouds, KINDS["server"], scopes, all_projects=True)
        control.send("DELETE", "requests")
        again = read_all(clouds, KINDS["server"], scopes, all_projects=True)
        after = control.send("GET", "requests")
        assert after["gzipped"] >= 1
        assert after["bytes"] < before["bytes"] / 3
        assert [entry.row for entry in again] == [entry.row for entry in plain]


@pytest.mark.usefixtures("patient")
def test_pages_of_a_line_that_is_fast_are_not(load: Loader) -> None:
    with DemoCloud.start("--still", "--servers", "300", "--fault", "gzip") as cloud:
        clouds, control = load(cloud.clouds_file.read_text("utf-8")), Control(cloud.url)
        scopes = [scope for scope in clouds.scopes if scope.region == "fra1"]
        for _ in range(4):
            assert len(read_all(clouds, KINDS["server"], scopes, all_projects=True)) == 300
        assert control.send("GET", "requests")["gzipped"] == 0


def test_a_compressed_answer_that_is_cut_is_a_trouble_as_any_other(load: Loader) -> None:
    with DemoCloud.start("--still", "--servers", "300", "--fault", "gzip", "--fault", "throttle=3e6:/servers") as cloud:
        clouds, control = load(cloud.clouds_file.read_text("utf-8")), Control(cloud.url)
        scopes = [scope for scope in clouds.scopes if scope.region == "fra1"]
        for _ in range(3):
            read_all(clouds, KINDS["server"], scopes, all_projects=True)
        assert control.send("GET", "requests")["gzipped"]
        control.fault("truncate:/servers")
        troubles: list[Trouble] = []
        read_all(clouds, KINDS["server"], scopes, all_projects=True, on_trouble=lambda scope, one: troubles.append(one))
        assert [one.cause for one in troubles] in ([Cause.NONSENSE], [Cause.NETWORK])
        assert "prod-eu" in troubles[0].title + troubles[0].where


OUTAGES = {"unavailable": 60.0, "drop": 6.0, "slow-down=20": 30.0}
"""Faults, and the seconds within which all are back after it ends."""


@pytest.mark.parametrize("fault", OUTAGES)
def test_places_that_failed_together_do_not_come_back_together(guest: Guest, fault: str) -> None:
    rig = guest.rig
    guest.fault(fault)
    live(rig, guest.ticker, 60.0)
    assert all(state.trouble for state in rig.states())
    guest.mend()
    mended = guest.ticker.epoch()
    live(rig, guest.ticker, OUTAGES[fault])
    assert not any(state.trouble for state in rig.states())
    first = sorted(
        min(
            delta.at
            for delta in rig.events
            if isinstance(delta, Delta) and delta.scope.key == scope.key and delta.at >= mended
        )
        for scope in guest.clouds.scopes
    )
    assert len(set(first)) == PLACES, "no two at once"
    assert first[-1] - first[0] >= 1.0
    within = max(sum(start <= at < start + 0.5 for at in first) for start in first)
    assert within <= PLACES // 2, f"no half of them within half a second: {[round(at - mended, 2) for at in first]}"


def test_during_an_outage_each_place_is_asked_ever_less(guest: Guest) -> None:
    guest.fault("unavailable")
    live(guest.rig, guest.ticker, 120.0)
    counts = guest.during(360.0)
    assert len(counts.by_place(DETAIL)) == PLACES
    assert all(6 <= count <= 12 for count in counts.by_place(DETAIL).values()), "each 30 to 60 s, and nothing beside"
    assert counts.total == counts.ending(DETAIL)
