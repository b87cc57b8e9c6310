"""Console logs and histories as a cloud really gives them: they grow, are cut by length, and tell of reboots."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import openstack.exceptions
import pytest

from tests.contract.conftest import Target
from tests.waiting import wait_until
from tui.cloud import Api, Clouds
from tui.live.console import Console, why_empty
from tui.live.timeline import read_history
from tui.model.console import KERNEL, LOGIN, Line, Severity, Sort
from tui.model.place import Scope
from tui.model.status import Health
from tui.model.trouble import TroubleError


@pytest.fixture
def api(clouds: Clouds, scope: Scope) -> Api:
    """The API that the dashboard asks."""
    return clouds.api(scope)


class Watched:
    """A log as the dashboard keeps it."""

    def __init__(self, api: Api, ident: str, length: int = 400) -> None:
        self.api = api
        self.console = Console(ident, length)
        self.lines: list[Line] = []

    def poll(self) -> list[Line]:
        """Ask once; a log that is not there yet is none."""
        with contextlib.suppress(TroubleError):
            update = self.console.fetch(self.api, time.time())
            del self.lines[len(self.lines) - update.replaced :]
            self.lines += update.lines
        return self.lines

    def phases(self) -> set[str]:
        """Return the phases so far."""
        return {line.phase for line in self.poll()}


def booted(target: Target, name: str = "") -> str:
    ident = str(target.boot(name).id)
    target.actor.compute.wait_for_server(target.actor.compute.get_server(ident), wait=240)
    return ident


def test_a_log_grows_and_its_boot_is_read(target: Target, api: Api) -> None:
    ident = booted(target)
    log = Watched(api, ident)
    wait_until(lambda: KERNEL in log.phases(), "the kernel's first line", 60, 0.5)
    if LOGIN not in log.phases():
        before = len(log.lines)
        wait_until(lambda: LOGIN in log.phases(), "the login prompt", 90, 0.5)
        assert len(log.lines) > before
    assert not [line for line in log.lines if line.sort is not Sort.TEXT]
    assert any("BEGIN SSH HOST KEY KEYS" in line.text for line in log.lines)
    assert not [line.text for line in log.lines if line.severity is Severity.BAD]
    # What was read bit by bit is what is read at once.
    again = Watched(api, ident).poll()
    mine = [line.text for line in log.poll()]
    assert [line.text for line in again][: len(mine)] == mine[: len(again)]
    # A short tail is the end of it.
    tail = Watched(api, ident, 10).poll()
    assert 9 <= len(tail) <= 10
    assert not any(any(ord(char) < 0x20 for char in line.text) for line in log.lines)


def test_a_reboot_is_told_in_the_log_and_in_the_history(target: Target, api: Api) -> None:
    ident = booted(target)
    log = Watched(api, ident)
    wait_until(lambda: KERNEL in log.phases(), "the first boot", 60, 0.5)
    server = target.actor.compute.get_server(ident)
    target.actor.compute.reboot_server(server, "HARD")
    wait_until(lambda: {line.sort for line in log.poll()} & {Sort.BOOT, Sort.RESET}, "the second boot", 60, 0.5)

    def ended() -> Any:
        found = read_history(api, ident).happenings
        return [each for each in found if each.title == "reboot" and each.finished]

    (reboot,) = wait_until(ended, "the end of the reboot", 60, 0.5)
    history = read_history(api, ident)
    assert [each.title for each in history.happenings] == ["reboot", "create"]
    assert reboot.health is Health.FINE
    assert reboot.request_id.startswith("req-")
    assert reboot.events
    assert all(event.result == "Success" for event in reboot.events)
    # Ended ones are not asked for again.
    assert read_history(api, ident, history) == history


def test_what_is_not_there_says_why(target: Target, api: Api) -> None:
    with pytest.raises(TroubleError) as caught:
        Console("6ba7b810-9dad-11d1-80b4-00c04fd430c8").fetch(api, time.time())
    assert caught.value.trouble.status == 404
    assert why_empty("ACTIVE", 100.0, caught.value.trouble)[1]
    with pytest.raises(openstack.exceptions.NotFoundException):
        target.actor.compute.get_server("6ba7b810-9dad-11d1-80b4-00c04fd430c8")
