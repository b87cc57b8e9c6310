"""What every action of every kind promises: ids, letters, reasons, tiers, commands; and when a server's are off."""

from __future__ import annotations

import shlex
from importlib.metadata import entry_points
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.acting import ACTIONS, SERVER, entry_of, letters, values_of
from tui.model.place import Identity
from tui.resources.action import Action, Choice, End, Input, Tier
from tui.resources.kind import Kind
from tui.resources.registry import KINDS

PAIRS = [(kind, action) for kind in KINDS.values() for action in kind.actions]
every_action = pytest.mark.parametrize(("kind", "action"), PAIRS, ids=[action.id for _, action in PAIRS])
every_kind = pytest.mark.parametrize(
    "kind", [kind for kind in KINDS.values() if kind.actions], ids=lambda kind: kind.id
)

MEMBER = Identity(user="ann", project_id="p1", roles=frozenset({"member", "reader"}))
READER = Identity(user="rea", project_id="p1", roles=frozenset({"reader"}))
MANAGER = Identity(user="max", project_id="p1", roles=frozenset({"manager", "member"}))
ADMIN = Identity(user="root", project_id="p1", roles=frozenset({"admin"}))
SYSTEM = Identity(user="root", roles=frozenset({"admin"}), system=True)
UNKNOWN = Identity()
PEOPLE = (MEMBER, READER, MANAGER, ADMIN, SYSTEM, UNKNOWN)

_WORDS = (
    "ACTIVE BUILD REBUILD REBOOT HARD_REBOOT PASSWORD RESIZE REVERT_RESIZE MIGRATING SHUTOFF PAUSED SUSPENDED SHELVED "
    "SHELVED_OFFLOADED SOFT_DELETED DELETED ERROR UNKNOWN VERIFY_RESIZE RESCUE NEWFANGLED"
)
STATUSES = tuple(_WORDS.split())
SERVER_ACTIONS = SERVER.actions


def server(status: str = "ACTIVE", **more: Any) -> dict[str, Any]:
    """A raw server."""
    return {"id": "s1", "name": "web", "status": status, "tenant_id": "p1", "locked": False, "tags": ["x"], **more}


def why(action: str, status: str = "ACTIVE", who: Identity = MEMBER, **more: Any) -> str:
    """Why an action is off."""
    return ACTIONS[action].off(entry_of(SERVER, server(status, **more)), who)


@every_kind
def test_ids_letters_and_keys_are_unique(kind: Kind) -> None:
    found = letters(kind.actions)
    assert len(set(found)) == len(found)
    assert all(len(letter) == 1 and letter.isprintable() and letter not in "jkqgG /?!:" for letter in found)
    assert all(action.letter or action.key for action in kind.actions)
    keys = [action.key for action in kind.actions if action.key]
    assert len(set(keys)) == len(keys)
    ids = [action.id for action in kind.actions]
    assert len(set(ids)) == len(ids)


@every_kind
def test_a_group_stands_together(kind: Kind) -> None:
    groups = [action.group for action in kind.actions]
    runs = [group for before, group in zip(["", *groups], groups, strict=False) if group != before]
    assert len(set(runs)) == len(runs)


@every_action
def test_its_words_are_there(kind: Kind, action: Action) -> None:
    assert action.id.partition(".")[0] == kind.id.replace(" ", "_").replace("-", "_")
    for text in (action.title, action.group, action.verb, action.done):
        assert text
        assert text == text.strip()
        assert text.isprintable()
    assert not action.help.endswith(".")
    assert action.verb[0].isupper()
    assert action.done[0].islower()
    assert action.deadline > 0
    if action.end is End.STATE:
        assert action.reached is not None
    if action.form:
        keys = [field.key for field in action.form.fields]
        assert len(set(keys)) == len(keys)
        assert not set(keys) & {choice.key for choice in action.choices}


@every_action
def test_what_destroys_says_what_happens_and_asks(kind: Kind, action: Action) -> None:
    if action.tier is Tier.DESTRUCTIVE:
        assert action.consequences is not None
    if action.end is End.GONE:
        assert action.tier is Tier.DESTRUCTIVE
    if action.form and any(field.input is Input.SECRET for field in action.form.fields):
        assert action.creates or action.tier is Tier.DESTRUCTIVE


@every_action
@given(
    status=st.sampled_from(STATUSES),
    who=st.sampled_from(PEOPLE),
    task=st.sampled_from([None, "powering-off", "deleting", "rebooting"]),
    locked=st.sampled_from([True, False, None]),
)
def test_a_reason_is_a_sentence(
    kind: Kind, action: Action, status: str, who: Identity, task: str | None, locked: bool | None
) -> None:
    more = {"OS-EXT-STS:task_state": task, "locked": locked} if kind is SERVER else {}
    raw = server(status, **more) if kind is SERVER else {"id": "x1", "name": "x", "status": status}
    reason = action.off(entry_of(kind, raw), who)
    if reason:
        assert reason == reason.strip()
        assert not reason.endswith((".", "!"))
        assert not reason.startswith("off")
        assert len(reason.split()) > 1
        assert len(reason) < 120


@every_action
def test_its_command_is_one_that_python_openstackclient_knows(kind: Kind, action: Action) -> None:
    values = values_of(action.form.fields if action.form else ())
    raw = server() if kind is SERVER else {"id": "x1", "name": "x"}
    line = action.command(None if action.creates else entry_of(kind, raw), values)
    assert "hush-hush" not in line
    assert "\n" not in line.replace("\nline", "") or "line\nline" in line
    if line.startswith("# "):
        return
    for part in line.split(" && "):
        parse(part)


def parse(line: str) -> Any:
    """Let the client's own parser read a command; a wrong option ends the test."""
    words = shlex.split(line)
    assert words.pop(0) == "openstack"
    while words[0].startswith("--"):
        del words[:2]
    for length in range(len(words), 0, -1):
        name = "_".join(words[:length])
        found = [e for e in entry_points(name=name) if e.group.startswith("openstack.") and not e.group.endswith("v1")]
        if found:
            command = found[-1].load()
            return command(_App(), None).get_parser(name).parse_args(words[length:])
    raise AssertionError(f"there is no such command: {line}")


class _App:
    """What commands look at while they make their parsers."""

    class client_manager:
        """What is known of the cloud."""

        @staticmethod
        def is_network_endpoint_enabled() -> bool:
            """There is a Neutron."""
            return True

        @staticmethod
        def is_volume_endpoint_enabled(client: Any = None) -> bool:
            """There is a Cinder."""
            return True


@pytest.mark.parametrize(
    ("tier", "ids"),
    [
        (Tier.REVERSIBLE, "start reboot unpause resume unshelve lock unlock rename describe metadata tags snapshot"),
        (Tier.DISRUPTIVE, "stop reboot_hard pause suspend shelve offload resize confirm revert unrescue"),
        (Tier.DISRUPTIVE, "detach_volume detach_interface remove_group migrate live_migrate"),
        (Tier.DESTRUCTIVE, "delete force_delete rebuild rescue reset_state password"),
    ],
)
def test_tiers_of_servers(tier: Tier, ids: str) -> None:
    assert {ident: ACTIONS[f"server.{ident}"].tier for ident in ids.split()} == dict.fromkeys(ids.split(), tier)


ALLOWED = {
    # Source: check_instance_state in Nova's compute/api.py, and the routes that have no such guard.
    "start": "SHUTOFF",
    "stop": "ACTIVE ERROR",
    "reboot": "ACTIVE",
    "reboot_hard": "ACTIVE SHUTOFF PAUSED SUSPENDED ERROR REBOOT HARD_REBOOT",
    "pause": "ACTIVE",
    "unpause": "PAUSED",
    "suspend": "ACTIVE",
    "resume": "SUSPENDED",
    "shelve": "ACTIVE SHUTOFF PAUSED SUSPENDED",
    "offload": "SHELVED",
    "unshelve": "SHELVED SHELVED_OFFLOADED",
    "restore": "SOFT_DELETED",
    "resize": "ACTIVE SHUTOFF",
    "confirm": "VERIFY_RESIZE",
    "revert": "VERIFY_RESIZE",
    "rebuild": "ACTIVE SHUTOFF ERROR",
    "rescue": "ACTIVE SHUTOFF ERROR",
    "unrescue": "RESCUE",
    "password": "ACTIVE",
    "snapshot": "ACTIVE SHUTOFF PAUSED SUSPENDED",
    "metadata": "ACTIVE PAUSED SUSPENDED SHUTOFF",
    "attach_volume": "ACTIVE PAUSED SHUTOFF VERIFY_RESIZE SHELVED SHELVED_OFFLOADED",
    "detach_volume": "ACTIVE PAUSED SHUTOFF VERIFY_RESIZE SHELVED SHELVED_OFFLOADED",
    "attach_interface": "ACTIVE PAUSED SHUTOFF",
    "detach_interface": "ACTIVE PAUSED SHUTOFF",
    "migrate": "ACTIVE SHUTOFF",
    "live_migrate": "ACTIVE PAUSED",
}


@pytest.mark.parametrize("ident", list(ALLOWED))
def test_states_that_nova_allows_are_on_and_all_others_off(ident: str) -> None:
    on = {status for status in STATUSES if not why(f"server.{ident}", status, ADMIN)}
    assert on == set(ALLOWED[ident].split())


def test_reasons_name_the_way_out() -> None:
    assert why("server.start", "SHELVED_OFFLOADED") == "it is shelved: unshelve it first"
    assert why("server.start", "ACTIVE") == "it is running already"
    assert why("server.stop", "SHUTOFF") == "it is not running"
    assert why("server.reboot", "ERROR") == "it is in ERROR: reboot it hard"
    assert why("server.confirm", "ACTIVE") == "no resize waits"
    assert why("server.resize", "PAUSED") == "it is paused: unpause it first"
    assert why("server.resize", "NEWFANGLED") == "it is NEWFANGLED, it must be ACTIVE or SHUTOFF"
    assert why("server.stop", **{"OS-EXT-STS:task_state": "rebooting"}) == "it is busy: rebooting"
    assert why("server.reboot_hard", **{"OS-EXT-STS:task_state": "rebooting"}) == ""
    assert why("server.delete", **{"OS-EXT-STS:task_state": "rebooting"}) == ""
    assert why("server.delete", **{"OS-EXT-STS:task_state": "deleting"}) == "it is being deleted"
    assert why("server.tags", tags=None) == "this Nova has no tags (they came with 2.26)"
    assert why("server.stop", "UNKNOWN") == "its state is not known: its cell does not answer"


def test_a_lock_stops_its_owner_and_no_admin() -> None:
    barred = {a.id.partition(".")[2] for a in SERVER_ACTIONS if "locked" in why(a.id, locked=True)}
    assert {"stop", "delete", "force_delete", "reboot", "metadata", "password", "attach_volume"} <= barred
    assert not barred & {"unlock", "snapshot", "console", "rename", "tags", "add_group"}
    assert why("server.stop", locked=True) == "it is locked: unlock it first"
    assert why("server.stop", locked=True, who=ADMIN) == ""
    assert why("server.lock", locked=True) == "it is locked already"
    assert why("server.unlock", locked=False) == "it is not locked"
    assert why("server.unlock", locked=None) == ""


def test_roles_that_may_not() -> None:
    for ident in ("migrate", "live_migrate", "offload", "reset_state"):
        status = "SHELVED" if ident == "offload" else "ACTIVE"
        assert "your role may not" in why(f"server.{ident}", status, MEMBER)
        assert why(f"server.{ident}", status, ADMIN) == ""
        assert why(f"server.{ident}", status, UNKNOWN) == ""
        assert ACTIONS[f"server.{ident}"].admin
    # Since 2025.1 Nova's default policy lets a project's managers migrate, and no more.
    assert why("server.migrate", who=MANAGER) == ""
    assert "reset_state" in why("server.reset_state", who=MANAGER)
    assert why("server.migrate", who=Identity(roles=frozenset({"cloud_admin"}))) == ""
    for action in SERVER_ACTIONS:
        assert action.off(entry_of(SERVER, server()), READER)
        assert "system" in action.off(entry_of(SERVER, server()), SYSTEM)


def test_volumes_that_cannot_be_detached() -> None:
    attached = "os-extended-volumes:volumes_attached"
    assert why("server.detach_volume", **{attached: []}) == "no volume is attached"
    boots = why("server.detach_volume", image="", **{attached: [{"id": "v1"}]})
    assert boots == "its only volume is the boot volume"
    assert why("server.detach_volume", image="", **{attached: [{"id": "v1"}, {"id": "v2"}]}) == ""
    assert why("server.detach_volume", image={"id": "i1"}, **{attached: [{"id": "v1"}]}) == ""


def test_deletion_offers_more_and_does_not_choose_it() -> None:
    assert {choice.key for choice in ACTIONS["server.delete"].choices} == {"floating_ips", "volumes"}
    assert all(isinstance(choice, Choice) for choice in ACTIONS["server.delete"].choices)
    assert ACTIONS["server.delete"].key == "ctrl+d"


@pytest.mark.parametrize(
    ("ident", "values", "field", "bad"),
    [
        ("rename", {"name": ""}, "name", True),
        ("rename", {"name": "a" * 256}, "name", True),
        ("rename", {"name": "a" * 255}, "name", False),
        ("attach_interface", {"network": "n", "port": "p"}, "port", True),
        ("attach_interface", {}, "network", True),
        ("attach_interface", {"port": "p"}, "network", False),
        ("attach_interface", {"network": "n", "address": "10.0.0.300"}, "address", True),
        ("attach_interface", {"network": "n", "address": "2001:db8::1"}, "address", False),
        ("attach_interface", {"port": "p", "address": "10.0.0.3"}, "address", True),
        ("metadata", {"set": {"a": "1"}, "unset": ("a",)}, "unset", True),
        ("metadata", {"set": {"a": "1"}, "unset": ("b",)}, "unset", False),
        ("tags", {"add": ("a/b",)}, "add", True),
    ],
)
def test_forms_say_what_is_wrong_while_it_is_typed(ident: str, values: dict[str, Any], field: str, bad: bool) -> None:
    form = ACTIONS[f"server.{ident}"].form
    assert form is not None
    found = next(each for each in form.fields if each.key == field)
    assert found.check is not None
    assert bool(found.check(values.get(field), values)) is bad
