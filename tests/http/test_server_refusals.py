"""Every action of servers, refused in every way and left without an answer: told, and never sent twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.acting import ACTIONS, Actor
from tests.http.conftest import Loader
from tests.http.test_server_actions import control, sent
from tests.http.test_server_commands import CASES, _servers, _things
from tui.cloud import act
from tui.config.settings import Settings, Timeouts
from tui.demo.process import DemoCloud
from tui.model.trouble import Cause

EVERY = list({name: (name, status, values) for name, status, values in CASES}.values())
IDS = [name for name, _, _ in EVERY]
REFUSED = [case for case in EVERY if case[0] != "detach_volume"]
"""Without a volume attached, what the cloud refuses first differs."""


@pytest.fixture(scope="module")
def cloud() -> Iterator[DemoCloud]:
    """A demo cloud that this module breaks and mends."""
    with DemoCloud.start("--still", "--servers", "3000") as found:
        yield found


@pytest.fixture
def actor(cloud: DemoCloud, load: Loader) -> Iterator[Actor]:
    """Acts in prod-eu as an admin; afterwards everything is mended."""
    timeouts = Timeouts(connect=20.0, list=20.0, other=20.0)
    clouds = load(cloud.clouds_file.read_text(), only=["prod-eu"], settings=Settings(timeouts=timeouts))
    yield Actor(clouds, clouds.scopes[0])
    control(cloud, "DELETE", "faults")


@pytest.fixture
def hasty(actor: Actor, load: Loader) -> Actor:
    """The same, signed in, who waits for no answer for long."""
    actor.api.get("compute", "/limits")
    clouds = load(only=["prod-eu"], settings=Settings(timeouts=Timeouts(connect=2.0, list=2.0, other=2.0)))
    return Actor(clouds, clouds.scopes[0])


def filled(actor: Actor, values: dict[str, Any]) -> dict[str, Any]:
    """Put ids in place of the words that stand for them."""
    found = _things(actor)
    return {key: found.get(value, value) if isinstance(value, str) else value for key, value in values.items()}


@pytest.mark.parametrize(
    ("fault", "status", "cause"),
    [
        ("error=400", 400, Cause.REFUSED),
        ("forbidden", 403, Cause.FORBIDDEN),
        ("not-found", 404, Cause.NOT_FOUND),
        ("conflict", 409, Cause.REFUSED),
        ("quota", 413, Cause.REFUSED),
        ("error", 500, Cause.SERVER),
    ],
)
@pytest.mark.parametrize(("name", "state", "values"), REFUSED, ids=[name for name, _, _ in REFUSED])
def test_a_refusal(
    name: str, state: str, values: dict[str, Any], fault: str, status: int, cause: Cause, actor: Actor, cloud: DemoCloud
) -> None:
    values = filled(actor, values)
    server, _ = _servers(actor, cloud, state)
    entry = actor.entry(server)
    control(cloud, "POST", "faults", {"fault": f"{fault}:/servers/{server}"})
    done = act(actor.api, lambda connection: ACTIONS[f"server.{name}"].run(connection, entry, values))
    assert done.trouble is not None
    assert (done.trouble.status, done.trouble.cause) == (status, cause)
    assert done.trouble.said
    assert (done.accepted, done.unknown) == (False, False)
    assert len(sent(cloud, server)) <= 1


@pytest.mark.parametrize(("name", "state", "values"), EVERY, ids=IDS)
def test_silence(name: str, state: str, values: dict[str, Any], actor: Actor, hasty: Actor, cloud: DemoCloud) -> None:
    values = filled(actor, values)
    server, _ = _servers(actor, cloud, state)
    entry = actor.entry(server)
    control(cloud, "POST", "faults", {"fault": f"unanswered:/servers/{server}"})
    done = act(hasty.api, lambda connection: ACTIONS[f"server.{name}"].run(connection, entry, values))
    assert done.trouble is not None
    assert done.trouble.cause is Cause.TIMEOUT
    assert len(sent(cloud, server)) <= 1
    # What a change reads first (a snapshot its server) may be what stays unanswered: then nothing was sent.
    assert done.unknown is bool(sent(cloud, server))
