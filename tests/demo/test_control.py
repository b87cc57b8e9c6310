"""The control endpoint: a test's hand inside the demo clouds."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from tests.demo.conftest import Raw, add_fault, control
from tui.demo.process import DemoCloud

Start = Callable[..., DemoCloud]


def test_a_server_is_altered_from_outside(fresh: Start) -> None:
    demo = fresh("--still")
    raw = Raw(demo)
    row = next(r for r in raw.servers() if r["status"] == "ACTIVE")
    control(demo, "POST", f"servers/{row['id']}", {"status": "ERROR", "fault": "it broke"})
    after = raw.get(f"compute/v2.1/servers/{row['id']}", "2.96").json()["server"]
    assert (after["status"], after["fault"]["message"]) == ("ERROR", "it broke")
    assert after["updated"] > row["updated"]
    control(demo, "POST", f"servers/{row['id']}", {"status": "ACTIVE", "task_state": "powering-off"})
    control(demo, "POST", f"servers/{row['id']}", {"name": "[/x]", "tags": ["t"], "quiet": True})
    last = raw.get(f"compute/v2.1/servers/{row['id']}", "2.96").json()["server"]
    assert (last["name"], last["tags"], last["OS-EXT-STS:task_state"]) == ("[/x]", ["t"], "powering-off")


def test_one_server_in_a_down_cell(fresh: Start) -> None:
    demo = fresh("--still")
    raw = Raw(demo)
    ident = raw.servers()[0]["id"]
    control(demo, "POST", f"servers/{ident}", {"down_cell": True})
    assert {r["id"]: r["status"] for r in raw.servers("2.69")}[ident] == "UNKNOWN"
    assert ident not in {r["id"] for r in raw.servers("2.47", limit=1000)}


def test_tokens_end_at_once(fresh: Start) -> None:
    demo = fresh("--still")
    raw = Raw(demo)
    assert control(demo, "DELETE", "tokens")["revoked"] == 1
    assert raw.get("compute/v2.1/servers").status_code == 401


def test_faults_come_and_go(fresh: Start) -> None:
    demo = fresh("--still")
    raw = Raw(demo)
    add_fault(demo, "error:prod-eu/fra1/compute")
    add_fault(demo, "forbidden:prod-eu/fra1/network")
    assert raw.get("compute/v2.1/servers").status_code == 500
    control(demo, "DELETE", "faults", {"kind": "error"})
    assert raw.get("compute/v2.1/servers").status_code == 200
    assert raw.get("network/v2.0/networks").status_code == 403
    assert [fault["fault"] for fault in control(demo, "GET", "faults")["faults"]] == ["forbidden:prod-eu/fra1/network"]


@pytest.mark.parametrize(
    ("path", "body"), [("faults", {"fault": "x"}), ("servers/nobody", {}), ("nonsense", {}), ("faults", {})]
)
def test_what_it_does_not_understand_it_says(demo: DemoCloud, path: str, body: object) -> None:
    answer = requests.post(f"{demo.url}/_demo/{path}", json=body, timeout=60)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]
