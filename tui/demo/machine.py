"""Moves servers from state to state as Nova does: first the task, then, a moment later, the state it leads to.

Server metadata `demo_fault` makes what it names fail, as a hypervisor would: spawn, reboot, stop, start, resize,
delete, snapshot. As on a genuine cloud a failed spawn, resize or deletion ends in ERROR; after a failed stop or start
the server is what it was and its instance action says Error; a failed build's action says Success for the first host
and nothing for the last; a snapshot's says Success before there is an image, which then never comes. A failed
`reboot` leaves it ACTIVE with an action that says Error, as when Nova could not ask Neutron for its ports;
`reboot-silent` is what Nova 34 makes of a hypervisor that fails while the guest runs on: ACTIVE, and Success.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from tui.demo.deeds import DEEDS, HARD_REBOOT, SAME, SOFT_REBOOT, Deed, Step, a_host, another_host, launch
from tui.demo.fleet import fail
from tui.demo.history import CAUSE, begin, close, end, start
from tui.demo.records import ActionEvent, Fault, Image, InstanceAction, Server
from tui.demo.states import POWER
from tui.demo.world import Region

__all__ = ["DEEDS", "HARD_REBOOT", "SOFT_REBOOT", "Deed", "begin", "build", "delete", "perform", "snapshot"]

FAULT = "demo_fault"
"""The metadata key that makes something fail."""

BUILD = (
    Step(0, "scheduling"),
    Step(0.2, None, effect=a_host, event="compute__do_build_and_run_instance"),
    Step(0.3, "networking"),
    Step(0.3, "spawning"),
)
BUILT = Step(1.2, None, "active", launch)


def perform(
    region: Region,
    server: Server,
    deed: Deed,
    user_id: str,
    request: str = "",
    pace: float = 1.0,
    then: Callable[[], None] | None = None,
) -> None:
    """Do a deed to a server: its first step now, the others in their time; `then` comes after a good end."""
    record = begin(region, server, deed.name, user_id, request, deed.event)
    word = server.metadata.get(FAULT, "")
    before = server.vm_state

    def done() -> None:
        close(region, record)
        if then is not None:
            then()

    def collapse() -> None:
        server.task_state = None
        server.next_flavor = None
        if word == "reboot-silent":
            done()
        else:
            _break(region, server, record, word, deed.ends or before)
        region.touch(server)

    if deed.fault and word.removesuffix("-silent") == deed.fault:
        advance(region, server, deed.steps[: deed.fails_at], record, collapse, pace, last=deed.steps[deed.fails_at])
    else:
        advance(region, server, deed.steps, record, done, pace)


def _break(region: Region, server: Server, record: InstanceAction, word: str, vm_state: str) -> None:
    """End an action badly, the server in the state given; a fault is shown in ERROR only."""
    cause = CAUSE.format(word=word)
    close(region, record, cause)
    server.vm_state = vm_state
    if vm_state == "error":
        details = record.events[-1].trace or ""
        server.fault = Fault(500, cause, region.now(), f"Traceback (most recent call last):\n{details}")


def advance(
    region: Region,
    server: Server,
    steps: Sequence[Step],
    record: InstanceAction,
    then: Callable[[], None],
    pace: float = 1.0,
    last: Step | None = None,
) -> None:
    """Take the steps one after another, as long as the server exists; `then` comes with the last.

    With `last` it comes instead of that one, when its time has come.
    """

    def take(index: int) -> None:
        if server.deleted or record.finish is not None:
            return
        if index == len(steps):
            then()
            return
        _take(region, server, steps[index], record)
        if index + 1 < len(steps):
            later(steps[index + 1].after * pace, lambda: take(index + 1))
        elif last is not None:
            later(last.after * pace, lambda: take(index + 1))
        else:
            then()

    take(0)


def _take(region: Region, server: Server, step: Step, record: InstanceAction) -> None:
    server.task_state = step.task
    if step.vm_state != SAME:
        off = step.keeps and (server.vm_state == "stopped" or server.power_state == POWER["stopped"])
        server.vm_state = "stopped" if off and step.vm_state == "active" else step.vm_state
        server.power_state = POWER["stopped"] if off else POWER[step.vm_state]
    if step.effect is not None:
        step.effect(region, server)
    if step.event:
        start(region, server, record, step.event)
    region.touch(server)


def build(
    region: Region,
    server: Server,
    record: InstanceAction,
    doomed: str = "",
    pace: float = 1.0,
    disks: Callable[[Region, Server], None] | None = None,
) -> None:
    """Let a new server be built; a doomed one ends in ERROR with that cause. `disks` makes its volumes."""
    server.vm_state, server.power_state = "building", 0

    def done() -> None:
        close(region, record)

    def collapse() -> None:
        server.task_state = None
        if doomed == "no-host":
            record.events.append(ActionEvent("conductor_schedule_and_build_instances", region.now(), None))
            close(region, record, "No valid host was found.")
        elif doomed:
            close(region, record)
        else:
            _rescheduled(region, server, record)
        fail(region, server, doomed or "spawn", region.now())
        region.touch(server)

    if doomed == "no-host":
        advance(region, server, BUILD[:1], record, collapse, pace, last=BUILD[1])
    elif doomed or server.metadata.get(FAULT) == "spawn":
        advance(region, server, BUILD, record, collapse, pace, last=BUILT)
    else:
        mapping = (Step(0.4, "block_device_mapping", effect=disks),) if disks else ()
        advance(region, server, (*BUILD[:3], *mapping, BUILD[3], BUILT), record, done, pace)


def _rescheduled(region: Region, server: Server, record: InstanceAction) -> None:
    """Nova tries another host; both events have one name, so that the second is never ended."""
    end(region, record)
    another_host(region, server)
    start(region, server, record, "compute__do_build_and_run_instance")
    record.finish = region.now()


def delete(region: Region, server: Server, user_id: str, request: str = "", action: str = "delete") -> None:
    """Delete a server: the task now, the end in a second or so. What was going on ends."""
    for old in server.history:
        if old.finish is None:
            close(region, old)
    record = begin(region, server, action, user_id, request, "compute_terminate_instance")

    def finish() -> None:
        close(region, record)
        region.remove(server)

    def collapse() -> None:
        server.task_state = None
        _break(region, server, record, "delete", "error")
        region.touch(server)

    failing = server.metadata.get(FAULT) == "delete" and server.host is not None
    advance(region, server, (Step(0, "deleting"), Step(1.0, "deleting")), record, collapse if failing else finish)


def snapshot(region: Region, server: Server, image: Image, user_id: str, request: str) -> None:
    """Make an image of a server. The action ends at once; the image is saved later, or goes again."""
    record = begin(region, server, "createImage", user_id, request, "compute_snapshot_instance")
    close(region, record)

    def task(name: str | None) -> bool:
        if server.deleted:
            return False
        server.task_state = name
        region.touch(server)
        return True

    def pending() -> None:
        task("image_pending_upload")

    def saving() -> None:
        if task("image_uploading") and image.id in region.images:
            image.status, image.updated = "saving", region.now()

    def saved() -> None:
        if not task(None) or server.metadata.get(FAULT) == "snapshot":
            region.images.pop(image.id, None)
        else:
            image.status, image.size, image.updated = "active", 1_288_490_188, region.now()

    task("image_snapshot")
    for seconds, step in ((0.4, pending), (0.8, saving), (1.8, saved)):
        later(seconds, step)


def later(seconds: float, call: Callable[[], None]) -> None:
    """Let something happen after a while."""
    asyncio.get_running_loop().call_later(seconds, call)
