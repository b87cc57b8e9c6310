"""Moves servers from state to state as Nova does: first the task, then, a moment later, the state it leads to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tui.demo.clock import request_id
from tui.demo.fleet import fail
from tui.demo.records import Fault, InstanceAction, Server
from tui.demo.states import POWER
from tui.demo.world import Region

SAME = "="
"""In a step: leave the vm state as it is."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change of a server, some seconds after the step before."""

    after: float
    task: str | None = None
    vm_state: str = SAME
    effect: Callable[[Region, Server], None] | None = None


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that can be done to a server: when, and what then happens step by step."""

    name: str
    """As instance actions and conflicts call it."""
    vm_states: frozenset[str]
    steps: tuple[Step, ...]
    tasks: frozenset[str | None] = frozenset({None})
    event: str = ""


def _deed(name: str, vm_states: str, *steps: Step, tasks: Sequence[str | None] = (None,), event: str = "") -> Deed:
    return Deed(name, frozenset(vm_states.split()), steps, frozenset(tasks), event or f"compute_{name}_instance")


def _launch(region: Region, server: Server) -> None:
    server.launched = region.now()


def _offload(region: Region, server: Server) -> None:
    server.host = None


def _settle(region: Region, server: Server) -> None:
    """After a resize was confirmed or taken back."""
    server.old_flavor = None


def _back(region: Region, server: Server) -> None:
    if server.old_flavor is not None:
        server.flavor, server.old_flavor = server.old_flavor, None


def _another_host(region: Region, server: Server) -> None:
    others = [host for host in region.hosts if host != server.host and host not in region.down_hosts]
    server.host = region.rng.choice(others or region.hosts)
    server.zone = region.zone_of(server.host)
    for port in server.ports:
        port.host = server.host


def _a_host(region: Region, server: Server) -> None:
    if server.host is None:
        _another_host(region, server)


_RESIZE = (
    Step(0, "resize_prep"),
    Step(0.4, "resize_migrating"),
    Step(0.6, "resize_migrated"),
    Step(0.3, "resize_finish", effect=_another_host),
    Step(0.7, None, "resized", _launch),
)
_REBUILD = (Step(0, "rebuilding"), Step(0.5, "rebuild_spawning"), Step(1.0, None, "active", _launch))
_HARD = (
    None,
    "rebooting",
    "reboot_pending",
    "reboot_started",
    "rebooting_hard",
    "reboot_pending_hard",
    "reboot_started_hard",
)

DEEDS: dict[str, Deed] = {
    deed.name: deed
    for deed in (
        _deed("stop", "active error", Step(0, "powering-off"), Step(1.5, None, "stopped")),
        _deed("start", "stopped", Step(0, "powering-on"), Step(1.2, None, "active", _launch)),
        _deed("pause", "active", Step(0, "pausing"), Step(0.8, None, "paused")),
        _deed("unpause", "paused", Step(0, "unpausing"), Step(0.8, None, "active")),
        _deed("suspend", "active", Step(0, "suspending"), Step(1.5, None, "suspended")),
        _deed("resume", "suspended", Step(0, "resuming"), Step(1.2, None, "active")),
        _deed("rescue", "active stopped error", Step(0, "rescuing"), Step(1.5, None, "rescued", _launch)),
        _deed("unrescue", "rescued", Step(0, "unrescuing"), Step(1.2, None, "active")),
        _deed(
            "shelve",
            "active stopped paused suspended",
            Step(0, "shelving"),
            Step(0.5, "shelving_image_pending_upload"),
            Step(0.5, "shelving_image_uploading"),
            Step(1.0, "shelving_offloading", "shelved"),
            Step(0.8, None, "shelved_offloaded", _offload),
        ),
        _deed(
            "shelveOffload",
            "shelved",
            Step(0, "shelving_offloading"),
            Step(0.8, None, "shelved_offloaded", _offload),
        ),
        _deed(
            "unshelve",
            "shelved shelved_offloaded",
            Step(0, "unshelving"),
            Step(0.5, "spawning", effect=_a_host),
            Step(1.5, None, "active", _launch),
        ),
        _deed("resize", "active stopped", *_RESIZE, event="compute_prep_resize"),
        _deed("migrate", "active stopped", *_RESIZE, event="compute_prep_resize"),
        _deed("confirmResize", "resized", Step(0), Step(0.6, None, "active", _settle), event="compute_confirm_resize"),
        _deed(
            "revertResize",
            "resized",
            Step(0, "resize_reverting"),
            Step(1.2, None, "active", _back),
            event="compute_revert_resize",
        ),
        _deed("rebuild", "active stopped paused suspended error", *_REBUILD),
        _deed(
            "live-migration",
            "active paused",
            Step(0, "migrating"),
            Step(2.5, None, effect=_another_host),
            event="compute_live_migration",
        ),
        _deed(
            "createImage",
            "active stopped paused suspended",
            Step(0, "image_snapshot_pending"),
            Step(0.5, "image_pending_upload"),
            Step(0.5, "image_uploading"),
            Step(1.0, None),
            event="compute_snapshot_instance",
        ),
    )
}
"""What can be done to a server, by the names Nova uses for it."""

SOFT_REBOOT = _deed(
    "reboot",
    "active",
    Step(0, "rebooting"),
    Step(0.3, "reboot_started"),
    Step(1.5, None),
    event="compute_reboot_instance",
)
HARD_REBOOT = _deed(
    "reboot",
    "active stopped paused suspended error",
    Step(0, "rebooting_hard"),
    Step(0.3, "reboot_started_hard"),
    Step(1.8, None, "active", _launch),
    tasks=_HARD,
    event="compute_reboot_instance",
)
BUILD = (Step(0, "scheduling"), Step(0.2, None, effect=_a_host), Step(0.3, "networking"), Step(0.3, "spawning"))
BUILT = Step(1.2, None, "active", _launch)


def perform(region: Region, server: Server, deed: Deed, user_id: str, request: str = "", pace: float = 1.0) -> None:
    """Do a deed to a server: its first step now, the others in their time."""
    record = begin(region, server, deed.name, user_id, request, deed.event)
    advance(region, server, deed.steps, record, pace=pace)


def begin(
    region: Region, server: Server, action: str, user_id: str, request: str = "", event: str = ""
) -> InstanceAction:
    """Enter an action in a server's history."""
    record = InstanceAction(action, request or request_id(), region.now(), user_id, server.project_id, event=event)
    server.history.append(record)
    server.volatile = True
    return record


def advance(
    region: Region,
    server: Server,
    steps: Sequence[Step],
    record: InstanceAction,
    then: Callable[[], None] | None = None,
    pace: float = 1.0,
) -> None:
    """Take the steps one after another, as long as the server exists; `then` comes after the last."""

    def take(index: int) -> None:
        if server.deleted or (index and record.finish is not None):
            return
        step = steps[index]
        server.task_state = step.task
        if step.vm_state != SAME:
            server.vm_state = step.vm_state
            server.power_state = POWER[step.vm_state]
        if step.effect is not None:
            step.effect(region, server)
        region.touch(server)
        if index + 1 < len(steps):
            _later(steps[index + 1].after * pace, lambda: take(index + 1))
            return
        if then is not None:
            then()
        else:
            record.finish = region.now()

    take(0)


def build(region: Region, server: Server, record: InstanceAction, doomed: str = "", pace: float = 1.0) -> None:
    """Let a new server be built; a doomed one ends in ERROR with that cause."""
    server.vm_state, server.power_state = "building", 0

    def collapse() -> None:
        fail(region, server, doomed, region.now())
        record.finish, record.message = region.now(), "Error"
        region.touch(server)

    if doomed:
        advance(region, server, BUILD[:2], record, collapse, pace)
    else:
        advance(region, server, (*BUILD, BUILT), record, pace=pace)


def delete(region: Region, server: Server, user_id: str, request: str = "") -> None:
    """Delete a server: the task now, the end in a second or so."""
    for old in server.history:
        if old.finish is None:
            old.finish = region.now()
    record = begin(region, server, "delete", user_id, request, "compute_terminate_instance")

    def end() -> None:
        record.finish = region.now()
        region.remove(server)

    advance(region, server, (Step(0, "deleting"), Step(1.0, "deleting")), record, end)


def break_down(region: Region, server: Server, message: str) -> None:
    """A server that ran goes to ERROR."""
    server.fault = Fault(500, message, region.now(), "Traceback (most recent call last):\n  libvirt.libvirtError")
    server.vm_state, server.task_state = "error", None
    region.touch(server)


def _later(seconds: float, call: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(seconds, call)
