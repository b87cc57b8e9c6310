"""What Nova refuses because of a server's state or lock."""

from __future__ import annotations

from collections.abc import Collection

from tui.demo.records import Server
from tui.demo.rest import Call, Refusal


def check_lock(call: Call, server: Server) -> None:
    """A locked server is closed to its owner, not to an admin."""
    if server.locked_by is not None and not call.admin:
        raise Refusal(409, f"Instance {server.id} is locked")


def check(
    call: Call,
    server: Server,
    name: str,
    vm_states: Collection[str],
    tasks: Collection[str | None] | None = (None,),
    lock: bool = True,
) -> None:
    """Refuse with the words of the genuine one; `tasks` None allows any task."""
    if lock:
        check_lock(call, server)
    if server.vm_state not in vm_states:
        raise Refusal(409, f"Cannot '{name}' instance {server.id} while it is in vm_state {server.vm_state}")
    if tasks is not None and server.task_state not in tasks:
        raise Refusal(409, f"Cannot '{name}' instance {server.id} while it is in task_state {server.task_state}")
