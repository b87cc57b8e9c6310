"""Every equivalent `openstack` command sends what the action sends: the real client runs against the demo cloud."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests
from openstack.exceptions import SDKException

from tests.acting import ACTIONS, SERVER, Actor
from tests.client import run_client
from tests.http.conftest import Loader
from tui.demo.process import DemoCloud
from tui.model.trouble import TroubleError
from tui.resources.script import as_python

CASES: list[tuple[str, str, dict[str, Any]]] = [
    ("start", "SHUTOFF", {}),
    ("stop", "ACTIVE", {}),
    ("reboot", "ACTIVE", {}),
    ("reboot_hard", "ACTIVE", {}),
    ("pause", "ACTIVE", {}),
    ("unpause", "PAUSED", {}),
    ("suspend", "ACTIVE", {}),
    ("resume", "SUSPENDED", {}),
    ("shelve", "ACTIVE", {}),
    ("unshelve", "SHELVED_OFFLOADED", {}),
    ("restore", "SOFT_DELETED", {}),
    ("rename", "ACTIVE", {"name": 'it\'s "new" $(x)'}),
    ("describe", "ACTIVE", {"description": "two words; ls"}),
    ("describe", "ACTIVE", {"description": ""}),
    ("metadata", "ACTIVE", {"set": {"role": "db", "note": "a b"}, "unset": ()}),
    ("metadata", "ACTIVE", {"set": {"role": "db"}, "unset": ("stale",)}),
    ("tags", "ACTIVE", {"add": ("one", "two"), "remove": ()}),
    ("tags", "ACTIVE", {"add": (), "remove": ("stale",)}),
    ("lock", "ACTIVE", {"reason": ""}),
    ("lock", "ACTIVE", {"reason": "audit; by ops"}),
    ("unlock", "ACTIVE", {}),
    ("resize", "ACTIVE", {"flavor": "FLAVOR"}),
    ("confirm", "VERIFY_RESIZE", {}),
    ("revert", "VERIFY_RESIZE", {}),
    ("snapshot", "ACTIVE", {"name": "nightly", "properties": {"kept": "a week"}}),
    ("rebuild", "ACTIVE", {"image": "IMAGE"}),
    ("rebuild", "ACTIVE", {"image": "IMAGE", "password": "hush-hush", "preserve_ephemeral": True}),
    ("rescue", "ACTIVE", {"image": "IMAGE", "password": "hush-hush"}),
    ("unrescue", "RESCUE", {}),
    ("password", "ACTIVE", {"password": "hush-hush"}),
    ("console", "ACTIVE", {"type": ""}),
    ("console", "ACTIVE", {"type": "serial"}),
    ("attach_volume", "ACTIVE", {"volume": "VOLUME"}),
    ("attach_volume", "ACTIVE", {"volume": "VOLUME", "delete_on_termination": True}),
    ("detach_volume", "ACTIVE", {"volume": "VOLUME"}),
    ("attach_interface", "ACTIVE", {"network": "NETWORK"}),
    ("attach_interface", "ACTIVE", {"network": "NETWORK", "address": "10.1.2.3"}),
    ("attach_interface", "ACTIVE", {"port": "PORT"}),
    ("detach_interface", "ACTIVE", {"port": "PORT"}),
    ("add_group", "ACTIVE", {"group": "GROUP"}),
    ("remove_group", "ACTIVE", {"group": "GROUP"}),
    ("migrate", "ACTIVE", {"host": ""}),
    ("migrate", "ACTIVE", {"host": "c1"}),
    ("live_migrate", "ACTIVE", {"host": "", "block": ""}),
    ("live_migrate", "ACTIVE", {"host": "c1", "block": "yes"}),
    ("live_migrate", "ACTIVE", {"host": "", "block": "no"}),
    ("reset_state", "ERROR", {"state": "active"}),
    ("force_delete", "ACTIVE", {}),
    ("delete", "ACTIVE", {}),
]
IDS = [f"{name}-{number}" for number, (name, _, _) in enumerate(CASES)]


def test_every_action_of_servers_is_among_the_cases() -> None:
    mine = {action.id for action in SERVER.actions if action.command.__module__.startswith("tui.resources.server_")}
    # The client passes over shelved servers in `server shelve --offload` (python-openstackclient 10.5).
    assert mine == {f"server.{name}" for name, _, _ in CASES} | {"server.offload"}
    assert ACTIONS["server.offload"].command(None, {}).startswith("# ")


@pytest.fixture(scope="module")
def cloud() -> Iterator[DemoCloud]:
    """A demo cloud for this module alone: its requests are looked at."""
    with DemoCloud.start("--still", "--servers", "400") as found:
        yield found


@pytest.fixture
def actor(cloud: DemoCloud, load: Loader) -> Actor:
    """Acts in prod-eu as an admin, on the connection of the demo's own clouds.yaml."""
    clouds = load(cloud.clouds_file.read_text(), only=["prod-eu"])
    return Actor(clouds, clouds.scopes[0])


@pytest.mark.parametrize(("name", "status", "values"), CASES, ids=IDS)
def test_the_command_sends_what_the_action_sends(
    name: str,
    status: str,
    values: dict[str, Any],
    actor: Actor,
    cloud: DemoCloud,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    action = ACTIONS[f"server.{name}"]
    found = _things(actor)
    values = {key: found.get(value, value) if isinstance(value, str) else value for key, value in values.items()}
    assert None not in values.values(), "the demo cloud has one of each"
    own, other = _servers(actor, cloud, status)
    entry = actor.entry(other)
    _control(cloud, "DELETE")
    actor.act(own, action.id, **values)
    ours = _sent(cloud, own)
    _control(cloud, "DELETE")
    monkeypatch.setenv("ADMIN_PASS", "hush-hush")
    for line in action.command(entry, values).split(" && "):
        # Where the demo cloud refuses, the request was made all the same.
        run_client(line)
    theirs = _sent(cloud, other)
    assert ours
    assert ours == theirs


@pytest.mark.parametrize(
    ("name", "status", "values"),
    [case for case in CASES if ACTIONS[f"server.{case[0]}"].form is not None],
    ids=[name for (action, _, _), name in zip(CASES, IDS, strict=True) if ACTIONS[f"server.{action}"].form is not None],
)
def test_the_script_sends_what_the_action_sends(
    name: str,
    status: str,
    values: dict[str, Any],
    actor: Actor,
    cloud: DemoCloud,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    action = ACTIONS[f"server.{name}"]
    found = _things(actor)
    values = {key: found.get(value, value) if isinstance(value, str) else value for key, value in values.items()}
    own, other = _servers(actor, cloud, status)
    entry = actor.entry(other)
    script = as_python(action, entry, values, actor.scope.cloud, actor.scope.region)
    assert "hush-hush" not in script
    _control(cloud, "DELETE")
    actor.act(own, action.id, **values)
    ours = _sent(cloud, own)
    _control(cloud, "DELETE")
    monkeypatch.setenv("ADMIN_PASS", "hush-hush")
    with suppress(SDKException):
        # Where the demo cloud refuses, the request was made all the same.
        exec(compile(script, "script", "exec"), {})  # noqa: S102 - what we wrote, run as its user would
    assert ours
    assert ours == _sent(cloud, other)


_USED: set[str] = set()
"""Servers of earlier cases: they may be on their way somewhere."""


def _servers(actor: Actor, cloud: DemoCloud, status: str) -> tuple[str, str]:
    """Two servers of the project that nobody else uses, in the state that is wanted."""
    rows = actor.api.decoded("compute", actor.api.get("compute", "/servers/detail", microversion="2.47"))["servers"]
    calm = [row["id"] for row in rows if row["status"] == "ACTIVE" and row["image"] and row["id"] not in _USED]
    chosen = calm[0], calm[1]
    _USED.update(chosen)
    for ident in chosen:
        body = {"status": status, "tags": ["stale"], "metadata": {"stale": "yes"}}
        requests.post(f"{cloud.url}/_demo/servers/{ident}", json=body, timeout=60).raise_for_status()
    return chosen


def _things(actor: Actor) -> dict[str, str | None]:
    """Ids that the placeholders of the cases stand for; None where the cloud has none."""

    def first(service: str, path: str, key: str) -> str | None:
        try:
            rows = actor.api.decoded(service, actor.api.get(service, path))[key]
        except TroubleError:
            return None
        return str(rows[0]["id"]) if rows else None

    return {
        "FLAVOR": first("compute", "/flavors", "flavors"),
        "IMAGE": first("image", "/images", "images"),
        "NETWORK": first("network", "/networks", "networks"),
        "PORT": first("network", "/ports", "ports"),
        "GROUP": first("network", "/security-groups", "security_groups"),
        "VOLUME": first("block-storage", "/volumes", "volumes"),
    }


def _control(cloud: DemoCloud, method: str) -> Any:
    answer = requests.request(method, f"{cloud.url}/_demo/requests", timeout=60)
    answer.raise_for_status()
    return answer.json()


def _sent(cloud: DemoCloud, ident: str) -> list[tuple[str, str, Any]]:
    """The mutating requests since the last look, without the server's own id and without nulls that say nothing."""
    return [
        (each["method"], each["path"].replace(ident, "SERVER"), _plain(each["body"]))
        for each in _control(cloud, "GET")["bodies"]
    ]


def _plain(body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    plain = {key: _plain(value) for key, value in body.items()}
    # An action's null («os-stop»: null) is the action itself; a field's null is a field that was not given.
    return plain if len(plain) == 1 else {key: value for key, value in plain.items() if value is not None}
