"""How Nova's instance actions read."""

from __future__ import annotations

from typing import Any

import pytest

from tui.live.finding import event_name, events_of, failed_event, is_fresh


def event(name: str, at: int, result: str | None) -> dict[str, Any]:
    return {
        "event": name,
        "start_time": f"2026-11-20T12:00:{at:02}.000000",
        "finish_time": None if result is None else "2026-11-20T12:01:00.000000",
        "result": result,
    }


@pytest.mark.parametrize(
    ("events", "bad"),
    [
        ([], None),
        ([event("compute_stop_instance", 1, "Success")], None),
        ([event("compute_stop_instance", 1, "Error")], "compute_stop_instance"),
        ([event("compute_stop_instance", 1, None)], None),
        # The first host could not, the second could.
        ([event("check", 1, "Error"), event("check", 2, "Success"), event("migrate", 3, "Success")], None),
        # As Nova sends them, the newest first.
        ([event("check", 2, "Success"), event("check", 1, "Error")], None),
        ([event("check", 2, "Error"), event("check", 1, "Success")], "check"),
        ([event("prepare", 1, "Success"), event("finish", 2, "Error")], "finish"),
    ],
)
def test_the_last_of_each_event_counts(events: list[dict[str, Any]], bad: str | None) -> None:
    found = failed_event({"events": events})
    assert (found or {}).get("event") == bad


@pytest.mark.parametrize("events", [None, "text", [None, 3, "text"]])
def test_events_of_an_odd_shape_are_none(events: Any) -> None:
    found = events_of({"events": events})
    assert found == []
    assert failed_event({"events": events}) is None


def test_events_are_told_in_words() -> None:
    assert event_name({"event": "compute_reboot_instance"}) == "reboot instance"
    assert event_name({"event": "compute__do_build_and_run_instance"}) == "build and run instance"
    assert event_name({"event": "conductor_live_migrate_instance"}) == "conductor live migrate instance"
    assert event_name({}) == "it"


def test_a_fault_of_before_is_not_of_this_action() -> None:
    record = {"start_time": "2026-11-20T12:00:10.000000"}
    assert is_fresh({"fault": {"created": "2026-11-20T12:00:11Z"}}, record)
    assert not is_fresh({"fault": {"created": "2026-11-20T11:59:00Z"}}, record)
    assert not is_fresh({"fault": None}, record)
    assert not is_fresh({}, record)
