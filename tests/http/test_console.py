"""Console logs over HTTP: a length is always sent, gaps are closed or told, and what is no log says why."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.http.conftest import Loader
from tests.http.stage import Answer, Seen, Stage
from tui.cloud import Api
from tui.demo.process import DemoCloud
from tui.live.console import MOST, SIZES, Console, Pace, Update, why_empty
from tui.model.console import Sort
from tui.model.trouble import Cause, TroubleError

ACTION = "/compute/v2.1/servers/s1/action"


class Log:
    """A server's console log on the stage, cut as Nova cuts it."""

    def __init__(self, stage: Stage) -> None:
        self.text: str | None = ""
        self.asked: list[int] = []
        version = {"id": "v2.1", "status": "CURRENT", "version": "2.96", "min_version": "2.1", "links": []}
        stage.on("GET", "/compute/v2.1/", Answer({"version": version}))
        stage.on("GET", "/compute/v2.1", Answer({"version": version}))
        stage.on("POST", ACTION, self._answer)

    def _answer(self, seen: Seen) -> Answer:
        length = seen.body["os-getConsoleOutput"]["length"]
        self.asked.append(length)
        return Answer({"output": self.text and "\n".join(self.text.split("\n")[-length:])})

    def write(self, first: int, last: int) -> None:
        """Write numbered lines."""
        self.text = (self.text or "") + "".join(f"line {n}\n" for n in range(first, last))


@pytest.fixture
def log(stage: Stage) -> Log:
    """An empty log."""
    return Log(stage)


@pytest.fixture
def api(stage: Stage, load: Loader) -> Api:
    """The stage's, in read-only mode: a console log is nothing that changes anything."""
    clouds = load({"a": stage.entry()}, read_only=True)
    return clouds.api(clouds.scopes[0])


def texts(update: Update) -> list[str]:
    return [line.text if line.sort is Sort.TEXT else f"<{line.sort.value}>" for line in update.lines]


def test_the_end_is_read_then_what_is_new(log: Log, api: Api) -> None:
    log.write(0, 1000)
    console = Console("s1", 100)
    first = console.fetch(api, 1.0)
    assert texts(first) == [f"line {n}" for n in range(901, 1000)]
    assert {line.seen for line in first.lines} == {0.0}
    assert console.fetch(api, 2.0) == Update(at=2.0)
    log.write(1000, 1003)
    log.text = f"{log.text}login: "
    update = console.fetch(api, 3.0)
    assert (texts(update), update.replaced) == (["line 1000", "line 1001", "line 1002", "login: "], 0)
    assert {line.seen for line in update.lines} == {3.0}
    log.text = f"{log.text}root\n"
    update = console.fetch(api, 4.0)
    assert (texts(update), update.replaced, update.grew) == (["login: root"], 1, True)
    assert log.asked == [100] * 4


def test_more_than_fits_is_asked_for_again_until_the_gap_is_closed(log: Log, api: Api) -> None:
    log.write(0, 500)
    console = Console("s1", 100)
    console.fetch(api, 1.0)
    log.write(500, 900)
    assert texts(console.fetch(api, 2.0)) == [f"line {n}" for n in range(500, 900)]
    assert log.asked == [100, 100, 500]


def test_a_gap_that_cannot_be_closed_is_told(log: Log, api: Api) -> None:
    log.write(0, 500)
    console = Console("s1", 100)
    console.fetch(api, 1.0)
    log.write(500, 40_000)
    update = console.fetch(api, 2.0)
    assert texts(update)[:2] == ["<gap>", f"line {40_001 - MOST}"]
    assert texts(update)[-1] == "line 39999"
    assert (max(log.asked), update.replaced) == (MOST, 0)


def test_a_log_that_begins_anew_is_told(log: Log, api: Api) -> None:
    log.write(0, 50)
    console = Console("s1", 400)
    console.fetch(api, 1.0)
    log.text = ""
    assert console.fetch(api, 2.0) == Update(at=2.0)
    log.write(0, 3)
    assert texts(console.fetch(api, 3.0)) == ["<reset>", "line 0", "line 1", "line 2"]


@pytest.mark.parametrize("output", ["", None])
def test_an_empty_log_is_an_answer(log: Log, api: Api, output: str | None) -> None:
    log.text = output
    console = Console("s1")
    assert console.fetch(api, 1.0) == Update(at=1.0)
    log.text = "hello\n"
    assert texts(console.fetch(api, 2.0)) == ["hello"]


@pytest.mark.parametrize("size", [*SIZES.values(), 10**9, 0])
def test_a_length_is_always_sent_and_never_too_large(log: Log, api: Api, size: int) -> None:
    Console("s1", size).fetch(api, 1.0)
    assert 1 <= log.asked[0] <= MOST


@pytest.mark.parametrize(
    ("status", "cause"),
    [(404, Cause.NOT_FOUND), (409, Cause.REFUSED), (501, Cause.SERVER), (403, Cause.FORBIDDEN), (500, Cause.SERVER)],
)
def test_what_nova_says_against_it_is_told(
    stage: Stage, log: Log, api: Api, status: int, cause: Cause
) -> None:  # fmt: skip
    body = {"fault": {"code": status, "message": "Guest does not have a console available."}}
    stage.on("POST", ACTION, Answer(body, status))
    with pytest.raises(TroubleError) as caught:
        Console("s1").fetch(api, 1.0)
    trouble = caught.value.trouble
    assert (trouble.status, trouble.cause) == (status, cause)
    assert "does not have a console" in trouble.said
    title, reasons = why_empty("ACTIVE", 500.0, trouble)
    assert bool(reasons) is (status in {404, 409, 501})
    assert title.endswith(".")


@pytest.mark.parametrize(
    ("status", "age", "word"),
    [
        ("ACTIVE", 10.0, "too early"),
        ("ACTIVE", 5000.0, "console=ttyS0"),
        ("SHUTOFF", 5000.0, "is off"),
        ("SHELVED_OFFLOADED", 5000.0, "shelved"),
        ("BUILD", 5.0, "being built"),
        ("ERROR", 5.0, "never have started"),
    ],
)
def test_an_empty_log_says_why_it_may_be(status: str, age: float, word: str) -> None:
    title, reasons = why_empty(status, age)
    assert title == "The console log is empty."
    assert word in reasons[0]


def test_polls_are_never_faster_than_two_seconds_and_slow_down() -> None:
    pace = Pace()
    waits = []
    for _ in range(20):
        pace.came(Update())
        waits.append(pace.seconds())
    assert min(waits) == 2.0
    assert waits == sorted(waits)
    assert waits[-1] == 10.0
    pace.came(Update(grew=True))
    assert pace.seconds() == 2.0
    assert pace.seconds(focused=False) == 5.0
    for _ in range(9):
        pace.failed()
    assert pace.seconds() == 60.0


def test_the_demo_clouds_logs_are_read(demo: DemoCloud, load: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(demo.clouds_file))
    clouds = load(only=["prod-eu"])
    make: Callable[..., Api] = clouds.api
    api = make(clouds.scopes[0])
    servers = api.decoded("compute", api.get("compute", "/servers/detail", (("status", "ACTIVE"),)))["servers"]
    update = Console(servers[0]["id"], 200).fetch(api, 1.0)
    assert len(update.lines) in range(100, 202)
    assert update.lines[-1].at is not None
