"""A change is sent once, whatever happens to it; and what happened is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.http.conftest import Loader
from tests.http.stage import Answer, Seen, Stage
from tui.cloud import Api, Connection, Done, act
from tui.config.settings import Settings, Timeouts
from tui.model.trouble import Cause

ACTION = "/compute/v2.1/servers/s1/action"
IDS = {"x-compute-request-id": "req-1", "x-openstack-request-id": "req-1"}


def stop(connection: Connection) -> str:
    """Do what the tests do: one POST."""
    connection.compute.stop_server("s1")
    return "sent"


@pytest.fixture
def make(stage: Stage, load: Loader) -> Callable[..., Api]:
    """An Api on the stage, by options of the entry and of `Clouds.load`."""
    version = {"id": "v2.1", "status": "CURRENT", "version": "2.96", "min_version": "2.1", "links": []}
    stage.on("GET", "/compute/v2.1/", Answer({"version": version}))
    stage.on("GET", "/compute/v2.1", Answer({"version": version}))

    def make_api(timeouts: Timeouts | None = None, read_only: bool = False, **entry: Any) -> Api:
        settings = Settings(timeouts=timeouts or Timeouts(connect=2.0, list=5.0, other=5.0))
        clouds = load({"a": stage.entry(**entry)}, settings=settings, read_only=read_only)
        return clouds.api(clouds.scopes[0])

    return make_api


@pytest.fixture
def never() -> Iterator[threading.Event]:
    """Something to wait for in a handler that shall not answer; set at the end, so that its thread goes."""
    event = threading.Event()
    yield event
    event.set()


def test_what_was_taken_has_its_value_and_request_ids(stage: Stage, make: Callable[..., Api]) -> None:
    stage.on("POST", ACTION, Answer(b"", 202, IDS))
    done = act(make(), stop)
    assert done == Done("sent", None, done.sendings)
    assert (done.accepted, done.unknown, done.request_id) == (True, False, "req-1")
    (sending,) = done.sendings
    assert (sending.method, sending.status, sending.request_ids) == ("POST", 202, ("req-1",))
    assert sending.url == stage.url + ACTION


@pytest.mark.parametrize(
    ("status", "cause"),
    [(400, Cause.REFUSED), (403, Cause.FORBIDDEN), (404, Cause.NOT_FOUND), (409, Cause.REFUSED), (500, Cause.SERVER)],
)
def test_a_refusal_is_told_in_the_clouds_words(
    stage: Stage, make: Callable[..., Api], status: int, cause: Cause
) -> None:
    stage.on("POST", ACTION, Answer({"fault": {"code": status, "message": "no, because"}}, status, IDS))
    done = act(make(), stop)
    assert done.trouble is not None
    assert (done.trouble.cause, done.trouble.said, done.trouble.request_id) == (cause, "no, because", "req-1")
    assert (done.trouble.service, done.trouble.status) == ("compute", status)
    assert (done.value, done.accepted, done.unknown) == (None, False, False)
    assert stage.count("POST", ACTION) == 1


def test_a_time_out_after_sending_leaves_the_outcome_open(
    stage: Stage, make: Callable[..., Api], never: threading.Event
) -> None:
    stage.on("POST", ACTION, lambda seen: (never.wait(60) and Answer()) or Answer())
    done = act(make(Timeouts(connect=3.0, list=3.0, other=3.0)), stop)
    assert done.trouble is not None
    assert done.trouble.cause is Cause.TIMEOUT
    assert (done.unknown, done.accepted) == (True, False)
    assert stage.count("POST", ACTION) == 1


@pytest.mark.parametrize("retries", [{"connect_retries": 3}, {"compute_connect_retries": 3}])
def test_a_dropped_connection_is_unknown_and_not_tried_again(
    stage: Stage, make: Callable[..., Api], retries: dict[str, int]
) -> None:
    stage.on("POST", ACTION, Answer(drop=True))
    done = act(make(**retries), stop)
    assert (done.unknown, done.accepted) == (True, False)
    assert done.trouble is not None
    assert done.trouble.cause is Cause.NETWORK
    assert stage.count("POST", ACTION) == 1


def test_a_retry_within_a_deed_gets_the_failure_of_before(stage: Stage, make: Callable[..., Api]) -> None:
    stage.on("POST", ACTION, Answer({"fault": {"message": "busy"}}, 503))

    def stubborn(connection: Connection) -> None:
        for _ in range(3):
            connection.compute.post("/servers/s1/action", json={"os-stop": None}, connect_retries=2)
        connection.compute.stop_server("s1")

    done = act(make(), stubborn)
    assert done.trouble is not None
    assert done.trouble.status == 503
    assert stage.count("POST", ACTION) == 1


@pytest.mark.parametrize("status", [502, 504])
def test_what_a_proxy_says_leaves_the_outcome_open(stage: Stage, make: Callable[..., Api], status: int) -> None:
    stage.on("POST", ACTION, Answer(b"<html>Bad gateway</html>", status, {"Content-Type": "text/html"}))
    done = act(make(), stop)
    assert (done.unknown, done.accepted) == (True, False)
    assert stage.count("POST", ACTION) == 1


def test_without_a_connection_nothing_was_done(stage: Stage, make: Callable[..., Api]) -> None:
    stage.services["compute"] = "/compute/v2.1"
    api = make(compute_endpoint_override="http://127.0.0.1:1/compute/v2.1")
    done = act(api, lambda connection: connection.compute.post("/servers/s1/action", json={}, microversion=None))
    assert done.trouble is not None
    assert done.trouble.cause is Cause.NETWORK
    assert done.unknown is False
    assert not any(sending.sent for sending in done.sendings)


def test_an_expired_token_is_renewed_and_the_change_sent_again(stage: Stage, make: Callable[..., Api]) -> None:
    first = threading.Event()

    def answer(seen: Seen) -> Answer:
        if not first.is_set():
            first.set()
            return Answer({"error": {"code": 401, "message": "expired"}}, 401)
        return Answer(b"", 202, IDS)

    stage.on("POST", ACTION, answer)
    done = act(make(), stop)
    assert done.trouble is None
    assert [sending.status for sending in done.sendings] == [401, 202]
    assert (done.accepted, done.unknown, done.request_id) == (True, False, "req-1")


def test_read_only_sends_nothing(stage: Stage, make: Callable[..., Api]) -> None:
    stage.on("POST", ACTION, Answer(b"", 202))
    done = act(make(read_only=True), stop)
    assert done.trouble is not None
    assert done.trouble.cause is Cause.READ_ONLY
    assert done.sendings == ()
    assert stage.count("POST", ACTION) == 0


def test_signing_in_fails_before_anything_is_sent(stage: Stage, make: Callable[..., Api]) -> None:
    done = act(make(auth_password="wrong"), stop)
    assert done.trouble is not None
    assert done.trouble.cause is Cause.SIGN_IN
    assert (done.sendings, done.unknown) == ((), False)


def test_what_fails_after_the_change_was_taken_is_still_taken(stage: Stage, make: Callable[..., Api]) -> None:
    stage.on("POST", ACTION, Answer(b"", 202, IDS))

    def deed(connection: Connection) -> None:
        connection.compute.stop_server("s1")
        connection.compute.get_server("missing")

    done = act(make(), deed)
    assert done.trouble is not None
    assert (done.accepted, done.unknown, done.request_id) == (True, False, "req-1")


def test_threads_do_not_see_each_others_changes(stage: Stage, make: Callable[..., Api]) -> None:
    api = make()
    paths = [f"/compute/v2.1/servers/t{number}/action" for number in range(8)]
    for number, path in enumerate(paths):
        stage.on("POST", path, Answer(b"", 202, {"x-openstack-request-id": f"req-{number}"}))
    found: dict[int, Done[None]] = {}

    def run(number: int) -> None:
        found[number] = act(api, lambda connection: connection.compute.stop_server(f"t{number}"))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert {number: done.request_id for number, done in found.items()} == {n: f"req-{n}" for n in range(8)}
    assert all(len(done.sendings) == 1 for done in found.values())
