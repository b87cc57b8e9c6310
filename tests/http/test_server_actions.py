"""What is done to a server reaches it, through the SDK and over HTTP: states, refusals, silence, read-only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.acting import ACTIONS, SERVER, Actor, values_of
from tests.http.conftest import Loader
from tests.waiting import wait_until
from tui.cloud import act
from tui.config.settings import Settings, Timeouts
from tui.demo.process import DemoCloud
from tui.model.trouble import Cause
from tui.resources.action import Verdict

_used: set[str] = set()


@pytest.fixture(scope="module")
def cloud() -> Iterator[DemoCloud]:
    """A demo cloud that this module breaks and mends."""
    with DemoCloud.start("--still", "--servers", "300") as found:
        yield found


@pytest.fixture
def actor(cloud: DemoCloud, load: Loader) -> Iterator[Actor]:
    """Acts in prod-eu as an admin; afterwards everything is mended."""
    clouds = load(cloud.clouds_file.read_text(), only=["prod-eu"])
    yield Actor(clouds, clouds.scopes[0])
    control(cloud, "DELETE", "faults")


@pytest.fixture
def server(actor: Actor, cloud: DemoCloud) -> str:
    """A running server of the project that no other test touches, with a metadata key and a tag."""
    rows = actor.api.decoded("compute", actor.api.get("compute", "/servers/detail", microversion="2.47"))["servers"]
    ident = next(r["id"] for r in rows if r["status"] == "ACTIVE" and r["image"] and r["id"] not in _used)
    _used.add(ident)
    control(cloud, "POST", f"servers/{ident}", {"tags": ["old"], "metadata": {"old": "yes"}, "locked": False})
    return str(ident)


def control(cloud: DemoCloud, method: str, path: str, body: Any = None) -> Any:
    """Ask the demo cloud itself."""
    answer = requests.request(method, f"{cloud.url}/_demo/{path}", json=body, timeout=60)
    answer.raise_for_status()
    return answer.json()


def sent(cloud: DemoCloud, ident: str) -> list[dict[str, Any]]:
    """The mutating requests about a server."""
    return [each for each in control(cloud, "GET", "requests")["bodies"] if ident in each["path"]]


@pytest.mark.parametrize(
    ("action", "before", "after", "name"),
    [
        ("start", "SHUTOFF", "ACTIVE", "start"),
        ("stop", "ACTIVE", "SHUTOFF", "stop"),
        ("reboot", "ACTIVE", "ACTIVE", "reboot"),
        ("reboot_hard", "SHUTOFF", "ACTIVE", "reboot"),
        ("pause", "ACTIVE", "PAUSED", "pause"),
        ("unpause", "PAUSED", "ACTIVE", "unpause"),
        ("suspend", "ACTIVE", "SUSPENDED", "suspend"),
        ("resume", "SUSPENDED", "ACTIVE", "resume"),
        ("shelve", "ACTIVE", "SHELVED_OFFLOADED", "shelve"),
        ("offload", "SHELVED", "SHELVED_OFFLOADED", "shelveOffload"),
        ("unshelve", "SHELVED_OFFLOADED", "ACTIVE", "unshelve"),
        ("confirm", "VERIFY_RESIZE", "ACTIVE", "confirmResize"),
        ("revert", "VERIFY_RESIZE", "ACTIVE", "revertResize"),
        ("unrescue", "RESCUE", "ACTIVE", "unrescue"),
        ("migrate", "ACTIVE", "VERIFY_RESIZE", "migrate"),
        ("live_migrate", "ACTIVE", "ACTIVE", "live-migration"),
        ("rebuild", "ACTIVE", "ACTIVE", "rebuild"),
        ("rescue", "ACTIVE", "RESCUE", "rescue"),
    ],
)
def test_it_is_on_is_taken_and_ends_where_it_says(
    actor: Actor, cloud: DemoCloud, server: str, action: str, before: str, after: str, name: str
) -> None:
    control(cloud, "POST", f"servers/{server}", {"status": before})
    assert actor.off(server, f"server.{action}") == ""
    done = actor.act(server, f"server.{action}")
    assert done.trouble is None
    assert (done.accepted, done.unknown) == (True, False)
    assert actor.actions(server)[done.request_id] == name
    raw = actor.until(server, after)
    declared = ACTIONS[f"server.{action}"]
    assert declared.reached is not None
    assert declared.reached(raw)
    assert len(sent(cloud, server)) == 1
    if after != "ACTIVE" and after != before:
        assert declared.off(actor.entry(server), actor.identity)


def test_resize_and_its_flavors(actor: Actor, server: str) -> None:
    form = ACTIONS["server.resize"].form
    assert form is not None
    assert form.fields[0].options is not None
    assert form.preflight is not None
    desk = actor.desk(server)
    options = form.fields[0].options(desk)
    own = actor.raw(server)["flavor"]["original_name"]
    mine = next(option for option in options if option.text == own)
    (line,) = form.preflight(desk, {"flavor": mine.value})
    assert (line.verdict, line.field) == (Verdict.BAD, "flavor")
    other = next(option for option in options if option.text != own and option.facts["disk"] >= mine.facts["disk"])
    assert form.preflight(desk, {"flavor": other.value}) == ()
    assert actor.act(server, "server.resize", flavor=other.value).accepted
    assert actor.until(server, "VERIFY_RESIZE")["flavor"]["original_name"] == other.text


def test_names_descriptions_metadata_and_tags(actor: Actor, cloud: DemoCloud, server: str) -> None:
    for action, values in (
        ("rename", {"name": "it's [new]"}),
        ("describe", {"description": "what for"}),
        ("metadata", {"set": {"a": "1", "b": "2", "old": "yes"}, "unset": ()}),
        ("metadata", {"set": {"a": "3"}, "unset": ("b",)}),
        ("tags", {"add": ("one", "two", "old"), "remove": ()}),
        ("tags", {"add": (), "remove": ("two", "never-there")}),
    ):
        assert actor.act(server, f"server.{action}", **values).trouble is None
    raw = actor.raw(server)
    assert (raw["name"], raw["description"]) == ("it's [new]", "what for")
    assert raw["metadata"] == {"a": "3", "old": "yes"}
    assert sorted(raw["tags"]) == ["old", "one"]
    # What is as it was is not sent again.
    assert {"method": "POST", "body": {"metadata": {"a": "1", "b": "2"}}} in [
        {"method": each["method"], "body": each["body"]} for each in sent(cloud, server)
    ]
    count = len(sent(cloud, server))
    nothing = actor.act(server, "server.metadata", set={"a": "3"}, unset=())
    assert nothing.value is not None
    assert nothing.value.said == "nothing to change"
    assert len(sent(cloud, server)) == count


def test_locks_and_their_reason(actor: Actor, server: str) -> None:
    assert actor.act(server, "server.lock", reason="audit").accepted
    raw = actor.raw(server)
    assert (raw["locked"], raw["locked_reason"]) == (True, "audit")
    assert actor.off(server, "server.lock") == "it is locked already"
    assert actor.off(server, "server.stop") == ""
    assert actor.act(server, "server.unlock").accepted
    assert actor.raw(server)["locked"] is False


def test_a_snapshot_is_named_after_its_server(actor: Actor, server: str) -> None:
    done = actor.act(server, "server.snapshot", name="{name}-night", properties={"kept": "a week"})
    assert done.trouble is None
    assert done.value is not None
    image = actor.api.decoded("image", actor.api.get("image", f"/images/{done.value.ident}"))
    assert image["name"] == f"{actor.raw(server)['name']}-night"


def test_passwords_are_shown_once_and_only_those_that_were_made(actor: Actor, cloud: DemoCloud, server: str) -> None:
    made = actor.act(server, "server.rescue", image="", password="").value
    assert made is not None
    assert made.secret is not None
    label, password = made.secret
    assert label == "admin password"
    assert len(password) >= 16
    assert sent(cloud, server)[-1]["body"] == {"rescue": {"adminPass": password}}
    actor.until(server, "RESCUE")
    actor.act(server, "server.unrescue")
    actor.until(server, "ACTIVE")
    given = actor.act(server, "server.rescue", image="", password="hush-hush").value
    assert given is not None
    assert given.secret is None
    assert "hush-hush" not in repr(given)


def test_a_console_address_is_a_secret(actor: Actor, server: str) -> None:
    done = actor.act(server, "server.console", type="")
    assert done.value is not None
    assert done.value.secret is not None
    assert done.value.secret[0] == "noVNC console"
    assert "token" in done.value.secret[1]


@pytest.mark.parametrize("action", ["delete", "force_delete"])
def test_deleted_is_gone(actor: Actor, server: str, action: str) -> None:
    done = actor.act(server, f"server.{action}")
    assert done.trouble is None
    assert done.accepted
    actor.until_gone(server)


def test_a_security_group_comes_and_goes(actor: Actor, server: str) -> None:
    desk = actor.desk(server)
    add, remove = ACTIONS["server.add_group"].form, ACTIONS["server.remove_group"].form
    assert add is not None
    assert remove is not None
    assert add.fields[0].options is not None
    assert remove.fields[0].options is not None
    its = {option.value for option in remove.fields[0].options(desk)}
    other = next(option for option in add.fields[0].options(desk) if option.value not in its)
    assert actor.act(server, "server.add_group", group=other.value).accepted
    assert other.text in {group["name"] for group in actor.raw(server)["security_groups"]}
    assert actor.act(server, "server.remove_group", group=other.value).accepted
    assert other.text not in {group["name"] for group in actor.raw(server)["security_groups"]}


@pytest.mark.parametrize(
    ("fault", "status", "cause"),
    [
        ("error=400", 400, Cause.REFUSED),
        ("forbidden", 403, Cause.FORBIDDEN),
        ("not-found", 404, Cause.NOT_FOUND),
        ("conflict", 409, Cause.REFUSED),
        ("quota", 413, Cause.REFUSED),
        ("slow-down", 429, Cause.SLOW_DOWN),
        ("error", 500, Cause.SERVER),
    ],
)
def test_a_refusal_is_told_and_nothing_sent_twice(
    actor: Actor, cloud: DemoCloud, server: str, fault: str, status: int, cause: Cause
) -> None:
    control(cloud, "POST", "faults", {"fault": f"{fault}:/servers/{server}/action"})
    done = actor.act(server, "server.stop")
    assert done.trouble is not None
    assert (done.trouble.status, done.trouble.cause, done.trouble.service) == (status, cause, "compute")
    assert done.trouble.request_id.startswith("req-")
    assert done.trouble.said
    assert (done.accepted, done.unknown) == (False, False)
    assert len(sent(cloud, server)) == 1
    assert actor.raw(server)["status"] == "ACTIVE"


@pytest.mark.parametrize(("fault", "happens"), [("unanswered", True), ("hang", False)])
def test_silence_leaves_it_open_and_is_not_filled_with_a_second_request(
    cloud: DemoCloud, load: Loader, actor: Actor, server: str, fault: str, happens: bool
) -> None:
    quick = load(only=["prod-eu"], settings=Settings(timeouts=Timeouts(connect=4.0, list=4.0, other=4.0)))
    hasty = Actor(quick, quick.scopes[0])
    entry = hasty.entry(server)
    control(cloud, "POST", "faults", {"fault": f"{fault}:/servers/{server}/action"})
    done = act(hasty.api, lambda connection: ACTIONS["server.stop"].run(connection, entry, {}))
    assert done.trouble is not None
    assert done.trouble.cause is Cause.TIMEOUT
    assert (done.unknown, done.accepted) == (True, False)
    assert len(sent(cloud, server)) == 1
    if happens:
        actor.until(server, "SHUTOFF")
    else:
        assert actor.raw(server)["status"] == "ACTIVE"


def test_in_read_only_mode_no_action_of_any_kind_is_sent(cloud: DemoCloud, load: Loader, server: str) -> None:
    clouds = load(cloud.clouds_file.read_text(), only=["prod-eu"], read_only=True)
    reader = Actor(clouds, clouds.scopes[0])
    entry = reader.entry(server)
    control(cloud, "DELETE", "requests")
    for action in SERVER.actions:
        values = values_of(action.form.fields if action.form else (), port="", address="")
        done = act(reader.api, lambda connection, a=action, v=values: a.run(connection, entry, v))  # type: ignore[misc]
        assert done.sendings == (), action.id
        assert done.trouble is not None, action.id
    assert control(cloud, "GET", "requests")["mutating"] == 0
    done = act(reader.api, lambda connection: connection.compute.get_server_console_output(server, length=10))
    assert done.trouble is None


def test_a_member_is_told_why_before_asking(cloud: DemoCloud, load: Loader) -> None:
    clouds = load(cloud.clouds_file.read_text(), only=["lab"])
    actor = Actor(clouds, clouds.scopes[0])
    rows = actor.api.decoded("compute", actor.api.get("compute", "/servers/detail", microversion="2.47"))["servers"]
    ident = wait_until(lambda: next((r["id"] for r in rows if r["status"] == "ACTIVE"), ""), "a running server")
    for name in ("migrate", "live_migrate", "reset_state"):
        assert "your role may not" in actor.off(ident, f"server.{name}")
        values = {"state": "active"} if name == "reset_state" else {}
        done = actor.act(ident, f"server.{name}", **values)
        assert done.trouble is not None
        assert done.trouble.cause is Cause.FORBIDDEN
