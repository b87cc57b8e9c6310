"""What a dashboard asks of ten places, in real minutes, counted by the clouds.

`python -m tests.bench --guest [MINUTES]`: the installed command in a terminal of 120x40 on two demo clouds, after a
minute of settling in. Each state lasts so many minutes; «left alone» is reached sooner by a setting.
`tests/http/test_guest.py` holds the same counts exactly.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bench import machine
from tests.bench.table import write_readme
from tests.guests import PLACES, Hosts
from tests.terminal.harness import Term
from tui.cloud import Clouds
from tui.config.settings import Settings
from tui.demo.process import DemoCloud
from tui.live.reading import read_all
from tui.model.status import Health
from tui.resources.registry import KINDS

SETTLING = 1.0
"""Minutes before counting: first lists, names, ports."""
IDLE = "[intervals]\nidle_minutes = 1\n"


@dataclass(frozen=True)
class Minute:
    """What a state costs in a minute."""

    state: str
    requests: float
    kilobytes: float


def minutes(each: float) -> list[Minute]:
    """Measure all states, one after another."""
    found = []
    with (
        DemoCloud.start("--still") as first,
        DemoCloud.start("--still", "--seed", "2") as second,
        tempfile.TemporaryDirectory() as directory,
    ):
        hosts, home = Hosts([first, second]), Path(directory)
        env = {"OS_CLIENT_CONFIG_FILE": str(hosts.write(home / "clouds.yaml"))}
        moving, one_each = _servers(home / "clouds.yaml")
        hosts.end_transitions(moving)
        with Term(home=home, columns=120, rows=40, env=env) as term:
            term.wait_for("live ≤", timeout=60)
            machine.let_pass(SETTLING * 60)
            found.append(_during(hosts, "idle: nothing moves", each))
            hosts.begin_transitions(one_each)
            machine.let_pass(15)
            found.append(_during(hosts, f"busy: a server in transition in each of the {PLACES} places", each))
            hosts.end_transitions(one_each)
            term.focus(False)
            machine.let_pass(90)
            found.append(_during(hosts, "the terminal without the focus", each))
        settings = home / "config" / "stackdeck"
        settings.mkdir(parents=True, exist_ok=True)
        (settings / "settings.toml").write_text(IDLE)
        with Term(home=home, columns=120, rows=40, env=env) as term:
            term.wait_for("paused", timeout=180)
            machine.let_pass(5)
            found.append(_during(hosts, "left alone for 15 minutes", each))
            term.send(b"j")
            hosts.forget()
            term.wait_for(lambda term: hosts.counts().total >= PLACES, timeout=30)
    return found


def _servers(clouds_file: Path) -> tuple[list[str], list[str]]:
    """Return ids of the servers in transition, and of one that rests in each place."""
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(clouds_file)
    clouds = Clouds.load(settings=Settings(), token_cache=False)
    entries = read_all(clouds, KINDS["server"], clouds.scopes)
    clouds.close()
    moving = [entry.id for entry in entries if entry.status.health is Health.MOVING]
    resting = {entry.scope.label: entry.id for entry in entries if entry.status.word == "ACTIVE"}
    return moving, list(resting.values())


def _during(hosts: Hosts, state: str, each: float) -> Minute:
    hosts.forget()
    machine.let_pass(each * 60)
    counts = hosts.counts()
    return Minute(state, counts.total / each, counts.bytes / 1000 / each)


def markdown(found: list[Minute]) -> str:
    """Return the README's table."""
    lines = [f"| dashboard on {PLACES} places | requests a minute | kB a minute |", "|---|---:|---:|"]
    lines += [f"| {one.state} | {one.requests:,.0f} | {one.kilobytes:,.0f} |" for one in found]
    return "\n".join(lines)


def report(each: float, *, write: bool = False) -> int:
    """Measure, print, and put the table into the README if that is wanted; returns 1 when one left alone asks."""
    found = minutes(each)
    block = markdown(found)
    print(block)  # noqa: T201
    if write:
        write_readme("guest", block)
    return int(found[-1].requests > 0)
