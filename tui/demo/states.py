"""Nova's vocabulary: vm states, tasks, and the status that follows from the two."""

from __future__ import annotations

_RESIZING = {"resize_prep", "resize_migrating", "resize_migrated", "resize_finish"}
_REBUILDING = {"rebuilding", "rebuild_block_device_mapping", "rebuild_spawning"}
_SOFT_REBOOT = {"rebooting", "reboot_pending", "reboot_started"}
_HARD_REBOOT = {"rebooting_hard", "reboot_pending_hard", "reboot_started_hard"}

_PLAIN = {
    "active": "ACTIVE",
    "building": "BUILD",
    "stopped": "SHUTOFF",
    "resized": "VERIFY_RESIZE",
    "paused": "PAUSED",
    "suspended": "SUSPENDED",
    "rescued": "RESCUE",
    "error": "ERROR",
    "deleted": "DELETED",
    "soft-delete": "SOFT_DELETED",
    "shelved": "SHELVED",
    "shelved_offloaded": "SHELVED_OFFLOADED",
}

_BY_TASK: dict[str, dict[str, str]] = {
    "active": {
        **dict.fromkeys(_SOFT_REBOOT, "REBOOT"),
        **dict.fromkeys(_HARD_REBOOT, "HARD_REBOOT"),
        **dict.fromkeys(_REBUILDING, "REBUILD"),
        **dict.fromkeys(_RESIZING, "RESIZE"),
        "updating_password": "PASSWORD",
        "migrating": "MIGRATING",
    },
    "stopped": {**dict.fromkeys(_REBUILDING, "REBUILD"), **dict.fromkeys(_RESIZING, "RESIZE")},
    "resized": {"resize_reverting": "REVERT_RESIZE"},
    "paused": {"migrating": "MIGRATING"},
    "error": dict.fromkeys(_REBUILDING, "REBUILD"),
}

VM_STATES = {status: state for state, status in _PLAIN.items()}
"""The vm state that a settled status stands for."""

POWER = {
    "active": 1,
    "building": 0,
    "stopped": 4,
    "resized": 1,
    "paused": 3,
    "suspended": 4,
    "rescued": 1,
    "error": 0,
    "deleted": 0,
    "soft-delete": 4,
    "shelved": 4,
    "shelved_offloaded": 4,
}
"""The power state that a settled vm state usually comes with."""

PROGRESS_STATUSES = frozenset({"ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"})
FAULT_STATUSES = frozenset({"ERROR", "DELETED"})


def status_of(vm_state: str, task_state: str | None, deleted: bool = False) -> str:
    """The status that Nova's API shows for a vm state and a task."""
    if deleted:
        return "DELETED"
    if task_state is not None:
        special = _BY_TASK.get(vm_state)
        if special is not None and task_state in special:
            return special[task_state]
    return _PLAIN.get(vm_state, "UNKNOWN")


def states_for_status(status: str) -> tuple[set[str], set[str]]:
    """The vm states and tasks that a `status=` filter selects; no tasks means any task that keeps the status."""
    vm_states = {state for state, name in _PLAIN.items() if name == status}
    tasks: set[str] = set()
    for vm_state, by_task in _BY_TASK.items():
        for task, name in by_task.items():
            if name == status:
                vm_states.add(vm_state)
                tasks.add(task)
    return vm_states, tasks
