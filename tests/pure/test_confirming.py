"""What is asked before a deed: tiers, what must be typed, the words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.acting import ACTIONS, entry_of
from tui.live.confirming import MANY, asks
from tui.model.entry import Entry
from tui.model.place import Identity, Place, Scope
from tui.model.status import Health
from tui.resources.action import Action, Consequence, Tier
from tui.resources.registry import KINDS

SERVER = KINDS["server"]
MEMBER = Identity("ann", roles=frozenset({"member"}))
ADMIN = Identity("mira", roles=frozenset({"admin"}))
STOP, START, DELETE = ACTIONS["server.stop"], ACTIONS["server.start"], ACTIONS["server.delete"]
LOOKED_UP = (
    Consequence(Health.OFF, 9, "volumes stay"),
    Consequence(Health.BROKEN, 2, "servers are deleted"),
    Consequence(Health.BROKEN, 3, "volumes go with them", "340 GB"),
)
NOT_LOOKED_UP = (Consequence(Health.UNKNOWN, 0, "volumes could not be looked up", "403", raises=True),)


def server(name: str = "web-1", cloud: str = "prod-eu", region: str = "fra1", **raw: Any) -> Entry:
    scope = Scope(f"{cloud}/{region}", Place(f"https://{cloud}", region), (cloud,), "web")
    body: Mapping[str, Any] = {"id": f"0123456789-{name}", "name": name, "status": "ACTIVE", "tenant_id": "p1", **raw}
    return entry_of(SERVER, body, scope)


def servers(number: int, **raw: Any) -> list[Entry]:
    return [server(f"web-{n}", **raw) for n in range(1, number + 1)]


@pytest.mark.parametrize(
    ("action", "number", "protected", "consequences", "asked", "tier", "typed"),
    [
        (START, 1, False, None, False, Tier.REVERSIBLE, ()),
        (START, 2, False, None, True, Tier.REVERSIBLE, ()),
        (START, 50, False, None, True, Tier.REVERSIBLE, ()),
        (START, 1, True, None, True, Tier.REVERSIBLE, ("web-1",)),
        (START, 2, True, None, True, Tier.REVERSIBLE, ("2",)),
        (STOP, 1, False, None, True, Tier.DISRUPTIVE, ()),
        (STOP, MANY, False, None, True, Tier.DISRUPTIVE, ()),
        (STOP, MANY + 1, False, None, True, Tier.DISRUPTIVE, (str(MANY + 1),)),
        (STOP, 1, True, None, True, Tier.DISRUPTIVE, ("web-1",)),
        (STOP, 1, False, NOT_LOOKED_UP, True, Tier.DESTRUCTIVE, ()),
        (DELETE, 1, False, LOOKED_UP, True, Tier.DESTRUCTIVE, ()),
        (DELETE, MANY + 1, False, LOOKED_UP, True, Tier.DESTRUCTIVE, (str(MANY + 1),)),
        (DELETE, 1, False, NOT_LOOKED_UP, True, Tier.DESTRUCTIVE, ("web-1",)),
        (DELETE, 3, False, NOT_LOOKED_UP, True, Tier.DESTRUCTIVE, ("3",)),
        (DELETE, 3, True, LOOKED_UP, True, Tier.DESTRUCTIVE, ("3",)),
    ],
)
def test_the_more_it_breaks_the_more_is_asked(
    action: Action,
    number: int,
    protected: bool,
    consequences: Sequence[Consequence] | None,
    asked: bool,
    tier: Tier,
    typed: tuple[str, ...],
) -> None:
    rows = servers(number, status="SHUTOFF" if action is START else "ACTIVE")
    ask = asks(action, rows, protected, consequences, identity=MEMBER)
    assert (ask.asks, ask.tier, ask.typed, ask.protected) == (asked, tier, typed, protected)
    assert ask.ready
    assert ask.agrees("") is not bool(typed)
    assert all(ask.agrees(f" {text} ") for text in typed)
    assert bool(ask.prompt) is bool(typed)
    if typed:
        assert not ask.agrees("y")
        assert not ask.agrees(str(number + 1))


def test_nothing_agrees_before_the_consequences_are_looked_up() -> None:
    ask = asks(DELETE, servers(1), False, None, identity=MEMBER)
    assert not ask.ready
    assert not ask.agrees("")
    assert not asks(DELETE, servers(1), True, None, identity=MEMBER).agrees("web-1")
    assert asks(DELETE, servers(1), False, (), identity=MEMBER).agrees("")


def test_the_words_name_numbers_and_places() -> None:
    rows = [*servers(1), server("web-2", region="ams1")]
    ask = asks(DELETE, rows, True, LOOKED_UP, identity=MEMBER)
    assert ask.title == "Delete 2 servers in prod-eu, a protected cloud"
    assert ask.yes == "Delete 2 servers, 3 volumes"
    assert ask.no == "Keep them"
    assert ask.prompt == "Type 2 to delete 2 servers"
    assert [line.health for line in ask.consequences] == [Health.BROKEN, Health.BROKEN, Health.OFF]
    assert [(group.title, len(group.entries)) for group in ask.groups] == [
        ("prod-eu fra1, project p1", 1),
        ("prod-eu ams1, project p1", 1),
    ]
    one = asks(DELETE, servers(1), False, (), identity=MEMBER)
    assert (one.title, one.yes, one.no) == ("Delete server web-1", "Delete server web-1", "Keep it")
    assert asks(STOP, servers(2), False, identity=MEMBER).no == "Leave them as they are"
    both = asks(DELETE, servers(1), False, (), identity=MEMBER, chosen={"floating_ips": True, "volumes": False})
    assert both.yes == "Delete server web-1 and their floating IPs"


def test_some_in_a_protected_cloud_are_told() -> None:
    rows = [*servers(3), server("dev-1", cloud="lab")]
    ask = asks(STOP, rows, lambda entry: entry.scope.cloud == "lab", identity=MEMBER)
    assert ask.title == "Stop 4 servers, 1 in lab, a protected cloud"
    assert ask.typed == ("4",)
    every = asks(STOP, [server(), server("dev-1", cloud="lab")], True, identity=MEMBER)
    assert every.title == "Stop 2 servers in prod-eu and lab, protected clouds"


def test_a_batch_of_mixed_states_acts_on_those_it_can() -> None:
    rows = [*servers(11), server("off-1", status="SHUTOFF"), server("off-2", status="SHUTOFF")]
    ask = asks(STOP, rows, False, identity=MEMBER)
    assert len(ask.able) == 11
    assert [(entry.row.id, why) for entry, why in ask.unable] == [
        ("0123456789-off-1", "it is not running"),
        ("0123456789-off-2", "it is not running"),
    ]
    assert ask.title == "Stop 13 servers"
    assert ask.yes == "Stop 11 servers"
    assert ask.typed == ("11",)
    assert ask.hint == "not 13: 2 are left out"
    nothing = asks(STOP, rows[-2:], True, identity=MEMBER)
    assert (nothing.yes, nothing.prompt) == ("", "")
    assert not nothing.agrees("")


def test_a_locked_server_counts_as_protected_for_admins_and_is_left_out_for_others() -> None:
    rows = [*servers(2), server("vault", locked=True)]
    admin = asks(STOP, rows, False, identity=ADMIN)
    assert (len(admin.able), admin.typed) == (3, ("3",))
    member = asks(STOP, rows, False, identity=MEMBER)
    assert (len(member.able), member.typed) == (2, ())
    assert member.unable[0][1] == "it is locked: unlock it first"


def test_marks_that_the_filter_hides_stand_in_a_group_of_their_own() -> None:
    rows = servers(3)
    ask = asks(STOP, rows, False, identity=MEMBER, hidden={rows[0].key})
    assert [(group.hidden, group.title, len(group.entries)) for group in ask.groups] == [
        (False, "prod-eu fra1, project p1", 2),
        (True, "hidden by the filter: prod-eu fra1, project p1", 1),
    ]


def test_what_will_not_stand_in_the_audit_log_is_asked_about() -> None:
    ask = asks(STOP, servers(1), False, identity=MEMBER, unlogged="No space left on device")
    assert ask.tier is Tier.DESTRUCTIVE
    assert any("audit log" in line.text for line in ask.consequences)
    start = asks(START, servers(1, status="SHUTOFF"), False, identity=MEMBER, unlogged="No space left on device")
    assert start.asks


def test_targets_are_copies() -> None:
    rows = servers(2)
    ask = asks(STOP, [*rows, rows[0]], False, identity=MEMBER)
    rows[0].row = server("renamed").row
    assert [SERVER.name(entry.row) for entry in ask.able] == ["web-1", "web-2"]
    assert [SERVER.name(entry.row) for group in ask.groups for entry in group.entries] == ["web-1", "web-2"]


def test_names_are_inert_and_what_cannot_be_typed_has_another_answer() -> None:
    ask = asks(DELETE, [server("\x1b[2J東京\u202e")], True, (), identity=MEMBER)
    assert "\x1b" not in ask.title + ask.yes + ask.prompt
    assert ask.typed[0] == "01234567"
    assert ask.prompt.startswith("Type 01234567 to delete server")
    spaced = asks(DELETE, [server("  two  blanks ")], True, (), identity=MEMBER)
    assert spaced.agrees("two blanks")


def test_one_at_a_time_is_not_done_to_many() -> None:
    single = next(action for action in SERVER.actions if not action.many and not action.creates)
    ask = asks(single, servers(2), False, (), identity=ADMIN)
    assert ask.able == ()
    assert not ask.agrees("")


@pytest.mark.parametrize("action", SERVER.actions, ids=lambda action: action.id)
def test_every_action_has_words(action: Action) -> None:
    ask = asks(action, [] if action.creates else servers(1), False, (), identity=ADMIN)
    assert ask.title[:1].isupper()
    assert ask.no
    assert "  " not in ask.title
