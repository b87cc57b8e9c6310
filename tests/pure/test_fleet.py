"""The fleet merges what several scopes see, counts it, and says how old it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.pure.fleet_rows import ADMIN, OTHER, SCOPES, WEB, delta, failed, server, signed_in
from tui.live.fleet import Fleet, Phase
from tui.model.events import Asking, Delta, Failed, Paused, Unlisted
from tui.model.place import Scope
from tui.model.status import Health
from tui.resources.registry import KINDS
from tui.resources.server import SERVER


def fleet_of(*events: object) -> Fleet:
    fleet = Fleet(KINDS)
    for event in events:
        fleet.apply(event)  # type: ignore[arg-type]
    return fleet


def names(fleet: Fleet) -> list[str]:
    return [SERVER.name(entry.row) for entry in fleet.named(SERVER)]


def test_says_what_came_changed_and_went() -> None:
    fleet = Fleet(KINDS)
    first = fleet.apply(delta(WEB, [server("a"), server("b")]))
    assert len(first.added) == 2
    assert not first.changed
    second = fleet.apply(delta(WEB, [server("b", status="ERROR")], ["a"]))
    assert [key.rpartition("|")[2] for key in second.changed] == ["b"]
    assert [key.rpartition("|")[2] for key in second.removed] == ["a"]
    assert names(fleet) == ["b"]
    assert not fleet.apply(delta(WEB)).changed


def test_an_entry_stays_the_same_object() -> None:
    fleet = fleet_of(delta(WEB, [server("a")]))
    before = fleet.named(SERVER)[0]
    fleet.apply(delta(WEB, [server("a", "renamed", "ERROR")]))
    assert fleet.named(SERVER)[0] is before
    assert before.status.word == "ERROR"


def test_names_sort_as_people_expect() -> None:
    fleet = fleet_of(delta(WEB, [server(f"id{n}", name) for n, name in enumerate(["web-10", "Web-2", "db", "web-1"])]))
    assert names(fleet) == ["db", "web-1", "Web-2", "web-10"]
    fleet.apply(delta(WEB, [server("id3", "a-first")]))
    assert names(fleet) == ["a-first", "db", "Web-2", "web-10"]


def test_a_row_that_two_scopes_see_is_one_and_acts_with_its_owner() -> None:
    fleet = fleet_of(
        signed_in(ADMIN, "p-admin"),
        signed_in(WEB, "p-web"),
        delta(ADMIN, [server("a", host="compute-1")]),
        delta(WEB, [server("a")]),
    )
    (entry,) = fleet.named(SERVER)
    assert entry.scope.key == "web"
    assert [scope.key for scope in entry.also] == ["admin"]
    assert entry.row.host == "compute-1", "the richer view of it shows"  # type: ignore[attr-defined]
    assert sum(fleet.counts(SERVER, SCOPES).values()) == 1
    assert fleet.state(SERVER, ADMIN).rows == fleet.state(SERVER, WEB).rows == 1


def test_the_poorer_view_does_not_take_the_host_away() -> None:
    fleet = fleet_of(delta(ADMIN, [server("a", host="compute-1")]), delta(WEB, [server("a")]))
    for number in range(3):
        fleet.apply(delta(WEB, [server("a", f"n{number}")]))
        assert fleet.named(SERVER)[0].row.host == "compute-1"  # type: ignore[attr-defined]


def test_a_live_view_comes_before_a_richer_one_that_is_stale() -> None:
    fleet = fleet_of(delta(ADMIN, [server("a", host="compute-1")]), delta(WEB, [server("a")]))
    fleet.apply(failed(ADMIN))
    fleet.apply(delta(WEB, [server("a", status="ERROR")]))
    (entry,) = fleet.named(SERVER)
    assert entry.status.word == "ERROR"
    assert not fleet.stale(entry)


def test_a_row_is_gone_when_no_scope_sees_it() -> None:
    fleet = fleet_of(signed_in(WEB, "p-web"), delta(ADMIN, [server("a")]), delta(WEB, [server("a")]))
    fleet.apply(delta(WEB, removed=["a"]))
    (entry,) = fleet.named(SERVER)
    assert (entry.scope.key, entry.also) == ("admin", ())
    fleet.apply(delta(ADMIN, removed=["a"]))
    assert names(fleet) == []
    assert fleet.counts(SERVER, SCOPES) == {}


def test_a_row_of_nobody_stands_under_the_first_scope_whoever_answers_first() -> None:
    for first, second in ((ADMIN, WEB), (WEB, ADMIN)):
        fleet = Fleet(KINDS)
        fleet.keep(["server"], [WEB, ADMIN], 0.0)
        fleet.apply(delta(first, [server("a", project="")]))
        fleet.apply(delta(second, [server("a", project="")]))
        assert fleet.named(SERVER)[0].scope.key == "web"


def test_a_later_sign_in_gives_rows_to_their_owner() -> None:
    fleet = fleet_of(delta(ADMIN, [server("a")]), delta(WEB, [server("a")]))
    changes = fleet.apply(signed_in(WEB, "p-web"))
    assert changes.whole
    assert fleet.named(SERVER)[0].scope.key == "web"


def test_rows_of_a_failing_scope_are_stale_and_counted_unknown() -> None:
    fleet = fleet_of(delta(WEB, [server("a"), server("b", status="ERROR")], at=100.0))
    changes = fleet.apply(failed(WEB))
    assert changes.whole
    assert fleet.counts(SERVER, [WEB]) == {Health.UNKNOWN: 2}
    state = fleet.state(SERVER, WEB)
    assert (state.phase, state.answered_at, state.next_try) == (Phase.FAILING, 100.0, 204.0)
    entry = fleet.named(SERVER)[0]
    shown = fleet.shown_status(entry, 100.0 + 6 * 60)
    assert (shown.health, shown.word, shown.task) == (Health.UNKNOWN, "ACTIVE", "6m ago")
    again = fleet.apply(delta(WEB))
    assert again.whole
    assert fleet.shown_status(entry, 500.0).health is Health.FINE
    assert fleet.state(SERVER, WEB).trouble is None


def test_asking_again_by_hand_does_not_make_stale_rows_fresh() -> None:
    fleet = fleet_of(delta(WEB, [server("a")]), failed(WEB), Asking(1, "server", WEB, 300.0))
    assert fleet.state(SERVER, WEB).phase is Phase.ASKING
    assert fleet.stale(fleet.named(SERVER)[0])


def test_unlisted_rows_stay_and_are_not_known() -> None:
    fleet = fleet_of(delta(WEB, [server("a"), server("b")]))
    missed = fleet.named(SERVER)[0]
    fleet.apply(Unlisted(1, "server", WEB, 150.0, [missed.key]))
    assert fleet.counts(SERVER, [WEB]) == {Health.UNKNOWN: 1, Health.FINE: 1}
    shown = fleet.shown_status(missed, 150.0 + 120)
    assert (shown.health, shown.task, shown.why) == (Health.UNKNOWN, "2m ago", "not listed: a cell down?")
    fleet.apply(Unlisted(1, "server", WEB, 160.0, []))
    assert fleet.counts(SERVER, [WEB]) == {Health.FINE: 2}
    assert fleet.shown_status(missed, 200.0).health is Health.FINE


def test_an_older_generation_changes_nothing() -> None:
    fleet = fleet_of(delta(WEB, [server("a")], generation=3))
    assert not fleet.apply(delta(WEB, [server("b")], generation=2)).added
    assert names(fleet) == ["a"]


def test_a_list_that_starts_anew_drops_what_it_does_not_name() -> None:
    fleet = fleet_of(delta(WEB, [server("a"), server("b"), server("c")]))
    fleet.apply(delta(WEB, [server("a")], restart=True, complete=False, generation=2))
    assert names(fleet) == ["a", "b", "c"], "rows stay until the list is at its end"
    fleet.apply(delta(WEB, [server("d")], generation=2))
    assert names(fleet) == ["a", "d"]


def test_pauses_are_told_of_live_scopes() -> None:
    fleet = fleet_of(delta(WEB, [server("a")]), delta(OTHER), failed(OTHER))
    assert fleet.apply(Paused(500.0)).scopes == {"web"}
    assert fleet.state(SERVER, WEB).phase is Phase.PAUSED
    assert fleet.state(SERVER, OTHER).phase is Phase.FAILING
    fleet.apply(Paused())
    assert fleet.state(SERVER, WEB).phase is Phase.LIVE


def test_scopes_out_of_use_are_dropped_after_a_while() -> None:
    fleet = fleet_of(delta(WEB, [server("a")]), delta(OTHER, [server("a")]))
    fleet.keep(["server"], SCOPES, 1000.0)
    fleet.keep(["server"], [WEB], 1500.0)
    assert len(names(fleet)) == 2, "kept for switching back"
    fleet.keep(["server"], [WEB], 1700.0)
    assert [entry.scope.key for entry in fleet.named(SERVER)] == ["web"]
    assert fleet.state(SERVER, OTHER).phase is Phase.NEVER


IDS = st.sampled_from(["a", "b", "c", "d"])
ROWS = st.builds(
    server,
    IDS,
    st.sampled_from(["web-1", "web-10", "db"]),
    st.sampled_from(["ACTIVE", "ERROR", "BUILD"]),
    st.just("p-web"),
    st.sampled_from([None, "compute-1"]),
)
STEPS = st.one_of(
    st.builds(delta, st.sampled_from(SCOPES), st.lists(ROWS, max_size=3), st.lists(IDS, max_size=2)),
    st.builds(failed, st.sampled_from(SCOPES)),
    st.builds(lambda scope: signed_in(scope, f"p-{scope.key}"), st.sampled_from(SCOPES)),
)


def seen_by(events: list[object]) -> dict[str, set[Scope]]:
    """Say which scopes see which rows, in the plainest way."""
    seen: dict[str, set[Scope]] = {}
    for event in events:
        if isinstance(event, Delta):
            for found in event.upserts:
                seen.setdefault(found.key, set()).add(event.scope)
            for key in event.removed:
                seen.get(key, set()).discard(event.scope)
    return {key: scopes for key, scopes in seen.items() if scopes}


@given(st.lists(STEPS, max_size=25))
def test_any_course_of_events_leaves_rows_and_counts_right(events: list[object]) -> None:
    fleet = fleet_of(*events)
    seen = seen_by(events)
    entries = fleet.entries(SERVER)
    assert {key: {entry.scope, *entry.also} for key, entry in entries.items()} == seen
    named = list(fleet.named(SERVER))
    assert sorted(named, key=lambda entry: entry.order) == named
    assert {id(entry) for entry in named} == {id(entry) for entry in entries.values()}
    last = {event.scope.key: event for event in events if isinstance(event, Delta | Failed)}
    failing = {key for key, event in last.items() if isinstance(event, Failed)}
    for chosen in ((ADMIN,), (WEB, OTHER), SCOPES):
        expected: dict[Health, int] = {}
        for key, scopes in seen.items():
            if scopes.intersection(chosen):
                stale = all(scope.key in failing for scope in scopes)
                health = Health.UNKNOWN if stale else entries[key].status.health
                expected[health] = expected.get(health, 0) + 1
        assert fleet.counts(SERVER, chosen) == expected
