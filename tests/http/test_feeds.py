"""Feeds against a cloud that misbehaves: others never notice, rows stay, and all comes back by itself."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.rig import Rig
from tui.cloud import Clouds
from tui.config.settings import Intervals, Settings, Timeouts
from tui.demo.process import DemoCloud
from tui.live.feed import Asker, Feed
from tui.live.fleet import Phase
from tui.live.names import Book
from tui.live.polling import Poll
from tui.model.events import Asking, Delta, NamesLearnt, Paused, SignedIn, Unlisted
from tui.model.place import Scope
from tui.model.status import Health
from tui.model.trouble import Cause
from tui.resources.registry import KINDS
from tui.resources.server import SERVER

BACK = 10.0
"""Seconds within which a place that came back is live again."""
FAST = Intervals(visible=0.5, moving=0.2, background=1.0, unfocused=30.0, unfocused_moving=5.0, idle_minutes=15.0)


class Control:
    """The demo cloud's control endpoint."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc

    def send(self, method: str, path: str, body: object = None) -> Any:
        connection = http.client.HTTPConnection(self._host, timeout=60)
        try:
            connection.request(method, f"/_demo/{path}", json.dumps(body) if body is not None else None)
            answer = connection.getresponse()
            text = answer.read()
            assert answer.status < 300, text
            return json.loads(text)
        finally:
            connection.close()

    def fault(self, *faults: str) -> None:
        self.send("POST", "faults", {"faults": faults})

    def waiting(self) -> int:
        """Return how many requests met a fault so far."""
        return sum(fault.get("seen", 0) for fault in self.send("GET", "faults")["faults"])

    def mend(self) -> None:
        self.send("DELETE", "faults")


@pytest.fixture
def control(demo: DemoCloud) -> Iterator[Control]:
    found = Control(demo.url)
    yield found
    found.mend()


@pytest.fixture
def clouds(demo: DemoCloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clouds]:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(demo.clouds_file))
    settings = Settings(timeouts=Timeouts(connect=4.0, list=4.0, other=4.0))
    found = Clouds.load(settings=settings, token_cache=False)
    yield found
    found.close()


@pytest.fixture
def rig(clouds: Clouds, control: Control) -> Iterator[Callable[..., Rig]]:
    made: list[Rig] = []

    def make(**options: Any) -> Rig:
        made.append(Rig(clouds, **({"intervals": FAST} | options)))
        return made[-1]

    yield make
    for one in made:
        one.feeds.stop()


def scope_of(clouds: Clouds, cloud: str, region: str) -> Scope:
    return next(scope for scope in clouds.scopes if cloud in scope.clouds and scope.region == region)


def test_rows_names_and_identity_come(rig: Callable[..., Rig], clouds: Clouds) -> None:
    dashboard = rig()
    dashboard.show()
    dashboard.until_complete()
    assert len(dashboard.view.rows) > 100
    assert {event.scope.key for event in dashboard.events if isinstance(event, SignedIn)} == {
        scope.key for scope in clouds.scopes
    }
    first = [type(event) for event in dashboard.events[: len(clouds.scopes)]]
    assert first == [Asking] * len(clouds.scopes)
    image = next(column for column in SERVER.columns if column.key == "image")
    dashboard.until(lambda: any(isinstance(event, NamesLearnt) for event in dashboard.events), "names are learnt")
    dashboard.until(
        lambda: {"ubuntu-24.04", "volume"} & {image.value(entry) for entry in dashboard.view.rows}, "images have names"
    )


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ("hang", Cause.TIMEOUT),
        ("drop", Cause.NETWORK),
        ("error", Cause.SERVER),
        ("unavailable", Cause.SLOW_DOWN),
        ("html", Cause.NONSENSE),
        ("truncate", None),
        ("invalid", Cause.NONSENSE),
    ],
)
def test_a_region_that_fails_is_marked_keeps_its_rows_and_comes_back(
    rig: Callable[..., Rig], clouds: Clouds, control: Control, fault: str, cause: Cause | None
) -> None:
    bad, good = scope_of(clouds, "prod-us", "sjc2"), scope_of(clouds, "prod-eu", "fra1")
    dashboard = rig()
    dashboard.show([bad, good])
    dashboard.until_complete()
    rows = len(dashboard.view.rows)
    control.fault(f"{fault}:prod-us/sjc2")
    trouble = dashboard.until(lambda: dashboard.trouble(bad), f"{fault} is marked", 8)
    assert trouble is not None
    assert cause is None or trouble.cause is cause
    assert dashboard.state(bad).phase is Phase.FAILING
    assert dashboard.state(bad).next_try > time.time() - 1
    assert len(dashboard.view.rows) == rows
    stale = next(entry for entry in dashboard.view.rows if entry.scope.key == bad.key)
    assert dashboard.fleet.shown_status(stale, time.time()).health is Health.UNKNOWN
    polls = len(dashboard.deltas(good))
    dashboard.until(lambda: len(dashboard.deltas(good)) >= polls + 3, "the other place is polled on", 5)
    assert dashboard.trouble(good) is None

    control.mend()
    dashboard.until(lambda: dashboard.trouble(bad) is None, f"live again after {fault}", BACK)
    assert dashboard.state(bad).phase is Phase.LIVE
    assert dashboard.fleet.shown_status(stale, time.time()).health is stale.status.health


def test_a_place_that_refuses_to_talk_from_the_start_costs_others_nothing(
    rig: Callable[..., Rig], clouds: Clouds, control: Control
) -> None:
    bad = scope_of(clouds, "prod-us", "sjc2")
    control.fault("hang:prod-us/sjc2")
    dashboard = rig()
    dashboard.show()
    others = [scope for scope in clouds.scopes if scope.key != bad.key]
    dashboard.until(lambda: all(dashboard.state(scope).complete for scope in others), "the others are there", 4)
    assert not dashboard.state(bad).complete


def test_what_the_server_asks_for_is_waited_for(rig: Callable[..., Rig], clouds: Clouds, control: Control) -> None:
    scope = scope_of(clouds, "lab", "muc1")
    dashboard = rig()
    dashboard.show([scope])
    dashboard.until_complete()
    control.fault("slow-down=3:lab/muc1/compute:once")
    dashboard.until(lambda: dashboard.trouble(scope), "429 is marked")
    failure = dashboard.failures(scope)[-1]
    assert failure.trouble.cause is Cause.SLOW_DOWN
    assert 2.5 <= failure.next_try - failure.at <= 4.0
    dashboard.until(lambda: dashboard.trouble(scope) is None, "live again", BACK)
    answered = next(event for event in dashboard.deltas(scope) if event.at > failure.at)
    assert answered.at - failure.at >= 2.5, "it asked before the time it was told"


def test_refresh_does_not_wait_for_the_back_off(rig: Callable[..., Rig], clouds: Clouds, control: Control) -> None:
    scope = scope_of(clouds, "lab", "muc1")
    dashboard = rig()
    dashboard.show([scope])
    dashboard.until_complete()
    control.fault("slow-down=60:lab/muc1/compute:once")
    dashboard.until(lambda: dashboard.trouble(scope), "429 is marked")
    dashboard.feeds.refresh()
    dashboard.until(lambda: dashboard.trouble(scope) is None, "live again at once", 3)


def test_a_wrong_password_is_not_tried_again(rig: Callable[..., Rig], clouds: Clouds, control: Control) -> None:
    scope = scope_of(clouds, "lab", "muc1")
    control.fault("bad-password:lab")
    dashboard = rig()
    dashboard.show([scope])
    trouble = dashboard.until(lambda: dashboard.trouble(scope), "401 is told")
    assert trouble is not None
    assert trouble.cause is Cause.SIGN_IN
    assert dashboard.state(scope).next_try == 0.0
    control.mend()
    dashboard.feeds.retry(scope)
    dashboard.until(lambda: dashboard.state(scope).complete, "signed in when asked to")
    assert len(dashboard.failures(scope)) == 1


def test_a_forbidden_kind_says_so_and_the_others_work(
    rig: Callable[..., Rig], clouds: Clouds, control: Control
) -> None:
    scope = scope_of(clouds, "lab", "muc1")
    control.fault("forbidden:lab/muc1/image")
    dashboard = rig(kind=KINDS["image"])
    dashboard.show([scope])
    trouble = dashboard.until(lambda: dashboard.trouble(scope), "403 is told")
    assert trouble is not None
    assert trouble.cause is Cause.FORBIDDEN


def test_without_neutron_servers_show_all_the_same(rig: Callable[..., Rig], clouds: Clouds, control: Control) -> None:
    scope = scope_of(clouds, "lab", "muc1")
    control.fault("forbidden:lab/muc1/network", "forbidden:lab/muc1/image")
    dashboard = rig()
    dashboard.show([scope])
    dashboard.until_complete()
    polls = len(dashboard.deltas(scope))
    dashboard.until(lambda: len(dashboard.deltas(scope)) > polls + 1, "polls go on")
    assert dashboard.failures(scope) == []
    address = next(column for column in SERVER.columns if column.key == "address")
    assert any(address.value(entry) for entry in dashboard.view.rows)


def test_every_token_revoked_is_not_noticed(rig: Callable[..., Rig], clouds: Clouds, control: Control) -> None:
    dashboard = rig()
    dashboard.show()
    dashboard.until_complete()
    before = {scope.key: len(dashboard.deltas(scope)) for scope in clouds.scopes}
    control.send("DELETE", "tokens")
    dashboard.until(
        lambda: all(len(dashboard.deltas(scope)) >= before[scope.key] + 2 for scope in clouds.scopes), "polls go on"
    )
    assert [event for scope in clouds.scopes for event in dashboard.failures(scope)] == []


def test_leaving_and_coming_back_goes_on_from_there(rig: Callable[..., Rig], clouds: Clouds) -> None:
    one, other = scope_of(clouds, "lab", "muc1"), scope_of(clouds, "prod-eu", "fra1")
    dashboard = rig()
    dashboard.show([one])
    dashboard.until_complete()
    rows = dashboard.names()
    dashboard.show([other])
    dashboard.until_complete()
    dashboard.frame()
    polls = len(dashboard.deltas(one))
    dashboard.until(lambda: len(dashboard.deltas(other)) >= 4, "the other is polled")
    assert len(dashboard.deltas(one)) <= polls + 1, "what is not shown is not polled"
    dashboard.show([one])
    assert dashboard.names() == rows, "rows are there at once"
    dashboard.until(lambda: len(dashboard.deltas(one)) > polls + 1, "it is polled again")
    assert not dashboard.deltas(one)[-1].restart


def test_a_place_that_is_chosen_does_not_queue_behind_hung_ones(
    rig: Callable[..., Rig], clouds: Clouds, control: Control
) -> None:
    chosen, hung = scope_of(clouds, "prod-eu", "fra1"), scope_of(clouds, "lab", "muc1")
    control.fault("hang:lab")
    dashboard = rig()
    dashboard.view.set_scopes([chosen.key])
    dashboard.feeds.show(SERVER, [], background=[hung, chosen])
    dashboard.until(lambda: control.waiting() >= 1, "the background is busy with a place that hangs", 3)
    dashboard.feeds.show(SERVER, [chosen], background=[hung])
    dashboard.until(lambda: dashboard.state(chosen).complete, "the chosen one is there at once", 1.0)
    assert not dashboard.state(hung).complete


def test_all_projects_and_back(rig: Callable[..., Rig], clouds: Clouds) -> None:
    scope = scope_of(clouds, "prod-eu", "fra1")
    dashboard = rig()
    dashboard.show([scope])
    dashboard.until_complete()
    own = dashboard.names()
    dashboard.show([scope], all_projects=True)
    dashboard.until(lambda: len(dashboard.names()) > len(own), "rows of all projects show")
    dashboard.show([scope])
    dashboard.until(lambda: dashboard.names() == own, "only the project's own again")


def test_where_all_projects_are_forbidden_one_s_own_are_shown(rig: Callable[..., Rig], clouds: Clouds) -> None:
    scope = scope_of(clouds, "lab", "muc1")
    dashboard = rig()
    dashboard.show([scope])
    dashboard.until_complete()
    own = dashboard.names()
    dashboard.show([scope], all_projects=True)
    dashboard.until(lambda: dashboard.state(scope).own_only is not None, "it is told that policy forbids all")
    polls = len(dashboard.deltas(scope))
    dashboard.until(lambda: len(dashboard.deltas(scope)) > polls, "polls go on")
    assert dashboard.trouble(scope) is None
    assert dashboard.names() == own
    assert "get_all_tenants" in dashboard.state(scope).own_only.said


def test_an_old_answer_of_another_question_changes_nothing(rig: Callable[..., Rig], clouds: Clouds) -> None:
    scope = scope_of(clouds, "prod-eu", "fra1")
    dashboard = rig()
    dashboard.show([scope], all_projects=True)
    dashboard.show([scope])
    dashboard.until_complete()
    own = len(dashboard.names())
    polls = len(dashboard.deltas(scope))
    dashboard.until(lambda: len(dashboard.deltas(scope)) > polls + 3, "polls")
    assert len(dashboard.names()) == own


def test_without_a_key_for_long_nothing_is_polled(rig: Callable[..., Rig], clouds: Clouds) -> None:
    scope = scope_of(clouds, "lab", "muc1")
    dashboard = rig(intervals=Intervals(visible=0.2, moving=0.2, idle_minutes=0.02))
    dashboard.show([scope])
    dashboard.until(lambda: dashboard.feeds.paused, "polling pauses")
    dashboard.until(lambda: any(isinstance(event, Paused) and event.since for event in dashboard.events), "it is told")
    assert dashboard.state(scope).phase is Phase.PAUSED
    polls = len(dashboard.deltas(scope))
    dashboard.feeds.touched()
    dashboard.until(lambda: len(dashboard.deltas(scope)) > polls, "a key makes it go on", 2)
    assert dashboard.state(scope).phase is Phase.LIVE


def test_without_focus_it_is_slower(rig: Callable[..., Rig], clouds: Clouds) -> None:
    slow, quick = scope_of(clouds, "prod-eu", "ams1"), scope_of(clouds, "prod-eu", "fra1")
    unfocused = rig(intervals=Intervals(visible=0.2, moving=0.2, unfocused=60.0, unfocused_moving=60.0))
    unfocused.feeds.focused(False)
    unfocused.show([slow])
    unfocused.until_complete()
    clock = rig(intervals=FAST)
    clock.show([quick])
    clock.until(lambda: len(clock.deltas(quick)) > 4, "time passes")
    unfocused.frame()
    polls = [event for event in unfocused.deltas(slow) if not event.upserts and not event.restart]
    assert polls == []
    unfocused.feeds.focused(True)
    unfocused.until(lambda: len(unfocused.deltas(slow)) > 3, "with the focus it polls again", 3)


def test_a_rare_read_comes_back_through_the_sink(rig: Callable[..., Rig], clouds: Clouds, control: Control) -> None:
    scope = scope_of(clouds, "lab", "muc1")
    dashboard = rig()
    got: list[Any] = []
    dashboard.feeds.ask(scope, lambda api: api.item(SERVER.read, "nobody"), lambda *outcome: got.append(outcome))
    dashboard.until(lambda: got, "the answer is there")
    value, trouble = got[0]
    assert value is None
    assert trouble.status == 404


def test_stopping_does_not_wait_for_calls_that_hang(rig: Callable[..., Rig], control: Control) -> None:
    control.fault("hang")
    dashboard = rig()
    dashboard.show()
    started = time.monotonic()
    dashboard.feeds.stop()
    assert time.monotonic() - started < 2.0, "they hang for four seconds"


def test_a_down_cell_marks_rows_instead_of_dropping_them(clouds: Clouds, control: Control, demo: DemoCloud) -> None:
    """The servers of a cell that does not answer are missing from lists with a limit."""
    scope = scope_of(clouds, "prod-eu", "fra1")
    events: list[Any] = []

    class Sink:
        def put(self, event: object) -> None:
            events.append(event)

    feed = Feed(Asker(clouds, Sink(), time.time), SERVER, scope, all_projects=False, generation=1, book=Book())
    poll = Poll(feed, lambda: None)
    poll.run()
    rows = set(feed.rows)
    control.fault("down-cell=4:prod-eu/fra1")
    poll.reconcile()
    missed = [event for event in events if isinstance(event, Unlisted)]
    assert set(feed.rows) == rows, "nothing is dropped"
    assert missed
    assert 5 < len(missed[-1].keys) < len(rows)
    control.mend()
    poll.reconcile()
    assert [event for event in events if isinstance(event, Unlisted)][-1].keys == []
    assert not [key for event in events if isinstance(event, Delta) for key in event.removed]
