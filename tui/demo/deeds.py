"""What can be done to a server: in which states, and what then happens step by step. Data, and what steps do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tui.demo.records import Server
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
    event: str = ""
    """An event of the action that begins here; the one before ends."""
    keeps: bool = False
    """A server that was off before is off again."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that can be done to a server."""

    name: str
    """As instance actions and conflicts call it."""
    vm_states: frozenset[str]
    steps: tuple[Step, ...]
    tasks: frozenset[str | None] = frozenset({None})
    event: str = ""
    fault: str = ""
    """The `demo_fault` that makes it fail."""
    fails_at: int = -1
    """The step at which it then fails."""
    ends: str = ""
    """The vm state after a failure; the one before it when empty."""


def _deed(
    name: str,
    vm_states: str,
    *steps: Step,
    tasks: Sequence[str | None] = (None,),
    event: str = "",
    fault: str = "",
    fails_at: int = -1,
    ends: str = "",
) -> Deed:
    event = event or f"compute_{name}_instance"
    return Deed(name, frozenset(vm_states.split()), steps, frozenset(tasks), event, fault, fails_at, ends)


def launch(region: Region, server: Server) -> None:
    """Its disk was made anew: Nova dates that. One that stays off does not boot."""
    server.launched = region.now()
    if server.power_state == 1:
        server.booted = server.halted = None


def _new_disk(region: Region, server: Server) -> None:
    server.disk += 1


def _boot(region: Region, server: Server) -> None:
    server.booted, server.halted = region.now(), None


def _halt(region: Region, server: Server) -> None:
    server.halted = region.now()


def _offload(region: Region, server: Server) -> None:
    server.host = None
    server.halted = region.now()


def _settle(region: Region, server: Server) -> None:
    """After a resize was confirmed: it is what it was before, on or off."""
    server.old_flavor = None


def _back(region: Region, server: Server) -> None:
    if server.old_flavor is not None:
        region.reflavor(server, server.old_flavor)
        server.old_flavor = None
    if server.power_state == 1:
        _boot(region, server)


def another_host(region: Region, server: Server) -> None:
    """Move to some other host."""
    others = [host for host in region.hosts if host != server.host and host not in region.down_hosts]
    server.host = region.rng.choice(others or region.hosts)
    server.zone = region.zone_of(server.host)
    for port in server.ports:
        port.host = server.host


def a_host(region: Region, server: Server) -> None:
    """Find a host for a server that has none, in the zone that was asked for."""
    if server.host is not None:
        return
    pinned = [h for h in region.hosts if h not in region.down_hosts and region.zone_of(h) == server.pinned_zone]
    if pinned:
        server.host = region.rng.choice(pinned)
        for port in server.ports:
            port.host = server.host
    else:
        another_host(region, server)


def _resized(region: Region, server: Server) -> None:
    another_host(region, server)
    if server.next_flavor is not None:
        server.old_flavor = server.flavor
        region.reflavor(server, server.next_flavor)
        server.next_flavor = None


_RESIZE = (
    Step(0, "resize_prep"),
    Step(0.1, "resize_prep", event="cold_migrate"),
    Step(0.1, "resize_prep", event="compute_prep_resize"),
    Step(0.3, "resize_migrating", event="compute_resize_instance"),
    Step(0.6, "resize_migrated"),
    Step(0.3, "resize_finish", effect=_resized, event="compute_finish_resize"),
    Step(0.7, None, "resized", launch, keeps=True),
)
_HARD = (
    None,
    "rebooting",
    "reboot_pending",
    "reboot_started",
    "rebooting_hard",
    "reboot_pending_hard",
    "reboot_started_hard",
)
_ANY = "active building stopped resized paused suspended rescued error soft-delete shelved shelved_offloaded"

DEEDS: dict[str, Deed] = {
    deed.name: deed
    for deed in (
        _deed("stop", "active error", Step(0, "powering-off"), Step(1.5, None, "stopped", _halt), fault="stop"),
        _deed("start", "stopped", Step(0, "powering-on"), Step(1.2, None, "active", _boot), fault="start"),
        _deed("pause", "active", Step(0, "pausing"), Step(0.8, None, "paused")),
        _deed("unpause", "paused", Step(0, "unpausing"), Step(0.8, None, "active")),
        _deed("suspend", "active", Step(0, "suspending"), Step(1.5, None, "suspended")),
        _deed("resume", "suspended", Step(0, "resuming"), Step(1.2, None, "active")),
        _deed("rescue", "active stopped error", Step(0, "rescuing"), Step(1.5, None, "rescued", launch)),
        _deed("unrescue", "rescued", Step(0, "unrescuing"), Step(1.2, None, "active", _boot)),
        _deed(
            "shelve",
            "active stopped paused suspended",
            Step(0, "shelving"),
            Step(0.5, "shelving_image_pending_upload"),
            Step(0.5, "shelving_image_uploading"),
            Step(1.0, "shelving_offloading", "shelved", _halt),
            Step(0.8, None, "shelved_offloaded", _offload),
        ),
        _deed(
            "shelveOffload",
            "shelved",
            Step(0, "shelving_offloading"),
            Step(0.8, None, "shelved_offloaded", _offload),
            event="compute_shelve_offload_instance",
        ),
        _deed(
            "unshelve",
            "shelved shelved_offloaded",
            Step(0, "unshelving"),
            Step(0.2, "unshelving", event="schedule_instances"),
            Step(0.3, "spawning", effect=a_host, event="compute_unshelve_instance"),
            Step(1.5, None, "active", launch),
            event="get_image_info",
            fault="spawn",
        ),
        _deed(
            "resize",
            "active stopped",
            *_RESIZE,
            event="conductor_migrate_server",
            fault="resize",
            fails_at=4,
            ends="error",
        ),
        _deed(
            "migrate",
            "active stopped",
            *_RESIZE,
            event="conductor_migrate_server",
            fault="resize",
            fails_at=4,
            ends="error",
        ),
        _deed(
            "confirmResize",
            "resized",
            Step(0),
            Step(0.6, None, "active", _settle, keeps=True),
            event="compute_confirm_resize",
        ),
        _deed(
            "revertResize",
            "resized",
            Step(0, "resize_reverting"),
            Step(0.6, "resize_reverting", event="compute_finish_revert_resize"),
            Step(0.6, None, "active", _back, keeps=True),
            event="compute_revert_resize",
        ),
        _deed(
            "rebuild",
            "active stopped error",
            Step(0, "rebuilding"),
            Step(0.1, "rebuilding", event="compute_rebuild_instance"),
            Step(0.5, "rebuild_spawning", effect=_new_disk),
            Step(1.0, None, "active", launch, keeps=True),
            event="rebuild_server",
            fault="spawn",
            ends="error",
        ),
        _deed(
            "evacuate",
            "active stopped error",
            Step(0, "rebuilding"),
            Step(0.1, "rebuilding", event="compute_rebuild_instance"),
            Step(0.7, "rebuild_spawning", effect=another_host),
            Step(1.0, None, "active", launch, keeps=True),
            event="rebuild_server",
            fault="spawn",
            ends="error",
        ),
        _deed(
            "live-migration",
            "active paused",
            Step(0, "migrating"),
            Step(0.1, "migrating", event="compute_check_can_live_migrate_destination"),
            Step(0.1, "migrating", event="compute_check_can_live_migrate_source"),
            Step(0.2, "migrating", event="compute_live_migration"),
            Step(0.2, "migrating", event="compute_pre_live_migration"),
            Step(1.3, "migrating", effect=another_host, event="compute_post_live_migration_at_destination"),
            Step(0.6, None),
            event="conductor_live_migrate_instance",
        ),
        _deed("restore", "soft-delete", Step(0, "restoring"), Step(1.0, None, "active", _boot)),
        _deed(
            "changePassword",
            "active",
            Step(0, "updating_password"),
            Step(0.8, None),
            event="compute_set_admin_password",
        ),
        _deed(
            "createImage",
            "active stopped paused suspended",
            Step(0, "image_snapshot"),
            event="compute_snapshot_instance",
        ),
        _deed("forceDelete", _ANY, Step(0, "deleting"), event="compute_terminate_instance"),
    )
}
"""What can be done to a server, by the names Nova uses for it."""

SOFT_REBOOT = _deed(
    "reboot",
    "active",
    Step(0, "rebooting"),
    Step(0.3, "reboot_started"),
    Step(1.5, None, effect=_boot),
    event="compute_reboot_instance",
    fault="reboot",
)
HARD_REBOOT = _deed(
    "reboot",
    "active stopped paused suspended error",
    Step(0, "rebooting_hard"),
    Step(0.3, "reboot_started_hard"),
    Step(1.8, None, "active", _boot),
    tasks=_HARD,
    event="compute_reboot_instance",
    fault="reboot",
)
