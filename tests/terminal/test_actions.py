"""Boot, floating IP and bulk delete by keys at 80x24, in a real terminal."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.terminal.harness import Term
from tui.demo.process import DemoCloud


@pytest.fixture
def demo() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "1") as cloud:
        yield cloud


def counted(demo: DemoCloud) -> dict[str, Any]:
    """Return what the demo cloud counted."""
    with urllib.request.urlopen(f"{demo.url}/_demo/requests", timeout=60) as answer:  # noqa: S310 - loopback
        found: dict[str, Any] = json.loads(answer.read())
    return found


def opened(home: Path, demo: DemoCloud, *args: str) -> Term:
    """Start the dashboard at 80x24."""
    term = Term(*args, home=home, columns=80, rows=24, env={"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file)})
    term.wait_for("ACTIVE")
    return term


def press(term: Term, keys: str, shown: str) -> None:
    """Press a key and wait for what it leads to, and until that listens."""
    term.send(keys)
    term.wait_for(shown)
    term.wait_quiet(0.35)


def test_bulk_delete_of_marked_rows(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo) as term:
        press(term, "/", " / ")
        press(term, "frontend status:active\r", "frontend-02")
        for _ in range(7):
            term.send(" ")
            term.wait_quiet(0.05)
        term.wait_for("7 marked")
        press(term, "\x04", "Type 7 to delete 7 servers")
        term.wait_for("servers are deleted")
        for key in ("y", "\r", "n"):
            if key != "n":
                term.send(key)
                term.wait_quiet(0.1)
                assert "Type 7 to delete" in term.text()
        assert counted(demo)["mutations"] == []
        term.send("7")
        term.wait_for(lambda term: "type 7 first" not in term.text())
        term.send("\r")
        term.wait_for("7 servers deleted in")
        assert len(counted(demo)["mutations"]) == 7
        press(term, ":operations\r", "7 of 7 done")


def test_boot_and_floating_ip(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo, "--cloud", "lab") as term:
        press(term, "b", "Before you boot")
        term.wait_for(lambda term: "◐" not in term.text())
        for letter in "from-keys":
            term.send(letter)
            term.wait_quiet(0.02)
        term.wait_for("from-keys")
        for field, words in (("Image", "ubuntu"), ("Flavor", "m5.large"), ("Networks", "sandbox-net")):
            for _ in range(20):
                here = next((line for line in term.lines() if "▌" in line), "")
                if here.strip().startswith(field):
                    break
                term.send("\t")
                term.wait_quiet(0.05)
            press(term, "\r", f"─ {field} ─")
            for letter in words:
                term.send(letter)
                term.wait_quiet(0.02)
            term.send("\r")
            term.wait_for(lambda term, field=field: f"─ {field} ─" not in term.text())
        term.wait_quiet(0.5)
        term.send("\x13")
        term.wait_for("from-keys booted in", 30)
        press(term, "/", " / ")
        press(term, "from-keys\r", "1 of")
        press(term, "f", "ctrl+s")
        term.wait_for(
            lambda term: "a new one from public" in term.text() and "Router sandbox-router leads" in term.text()
        )
        term.send("\x13")
        term.wait_for("leads to 10.")
        term.wait_for("1 of")
    made = [call for call in counted(demo)["mutations"] if call.startswith("POST") and call.endswith("/floatingips")]
    assert len(made) == 1


def test_a_cloud_without_floating_ips_says_so_before_anything_is_sent(tmp_path: Path, demo: DemoCloud) -> None:
    entries = yaml.safe_load(demo.clouds_file.read_text())
    entries["clouds"]["lab"]["floating_ip_source"] = "None"
    file = tmp_path / "without.yaml"
    file.write_text(yaml.safe_dump(entries))
    env = {"OS_CLIENT_CONFIG_FILE": str(file)}
    with Term("--cloud", "lab", home=tmp_path, columns=80, rows=24, env=env) as term:
        term.wait_for("ACTIVE")
        press(term, "f", "ctrl+s")
        term.wait_for("This cloud has no floating IPs")
        term.send("\x13")
        term.wait_for("Cannot attach yet")
    assert counted(demo)["mutations"] == []


def test_actions_stand_in_palette_and_help_unless_only_looking(tmp_path: Path, demo: DemoCloud) -> None:
    with opened(tmp_path, demo, "--cloud", "lab") as term:
        press(term, "\x10", "Commands")
        term.send("unpau")
        term.wait_for("a P")
        term.send("\x1b")
        term.wait_for("enter open")
        press(term, "?", "Keys for servers")
        for _ in range(12):
            if "Actions: a, then" in term.text():
                break
            press(term, "\x06", "Keys for servers")
        assert "Actions: a, then" in term.text()
    with opened(tmp_path, demo, "--cloud", "lab", "--read-only") as term:
        press(term, "\x10", "Commands")
        term.send("unpau")
        term.wait_for("No command matches")
    assert counted(demo)["mutations"] == []
