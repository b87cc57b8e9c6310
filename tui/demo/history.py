"""What Nova writes down of a server: actions by request id, and the events that each is made of."""

from __future__ import annotations

from tui.demo.clock import request_id
from tui.demo.records import ActionEvent, InstanceAction, Server
from tui.demo.world import Region

CONTROLLER = "ctl-001"
"""The host of API, conductor and scheduler."""

CONTROL_EVENTS = frozenset({"cold_migrate", "rebuild_server", "schedule_instances", "get_image_info"})
"""Events of the conductor whose names do not say so."""

TRACE = (
    '  File "nova/compute/utils.py", line 1483, in decorated_function\n'
    "    return function(self, context, *args, **kwargs)\n"
    '  File "nova/compute/manager.py", line 3538, in {event}\n'
    '  File "nova/virt/libvirt/driver.py", line 4091, in {event}\n'
    "    raise exception.NovaException(\n"
)
CAUSE = "demo: injected {word} fault: internal error: qemu unexpectedly closed the monitor"


def begin(
    region: Region, server: Server, action: str, user_id: str, request: str = "", event: str = ""
) -> InstanceAction:
    """Enter an action in a server's history, with its first event if it has one at once."""
    record = InstanceAction(action, request or request_id(), region.now(), user_id, server.project_id)
    server.history.append(record)
    server.volatile = True
    if event:
        start(region, server, record, event)
    return record


def start(region: Region, server: Server, record: InstanceAction, name: str) -> None:
    """Begin an event; the one before it ends well."""
    end(region, record)
    controlled = name in CONTROL_EVENTS or name.startswith(("conductor_", "api_"))
    record.events.append(ActionEvent(name, region.now(), CONTROLLER if controlled else server.host))


def end(region: Region, record: InstanceAction, cause: str = "") -> None:
    """End the event that is under way, badly if there is a cause; the action then says Error."""
    for event in record.events:
        if event.finish is None:
            event.finish, event.result = region.now(), "Error" if cause else "Success"
            if cause:
                event.trace = TRACE.format(event=event.name) + f"nova.exception.NovaException: {cause}\n"
    if cause:
        record.message = "Error"


def close(region: Region, record: InstanceAction, cause: str = "") -> None:
    """End an action."""
    end(region, record, cause)
    record.finish = region.now()


def note(region: Region, server: Server, action: str, user_id: str, request: str, event: str = "") -> None:
    """Enter an action that is over at once."""
    close(region, begin(region, server, action, user_id, request, event))


def events_of(server: Server, record: InstanceAction) -> list[ActionEvent]:
    """The events of an action, newest first."""
    if record.events or not record.event:
        return record.events[::-1]
    result = None if record.finish is None else "Error" if record.message else "Success"
    controlled = record.event.startswith("conductor_")
    host = CONTROLLER if controlled else server.host
    trace = server.fault.details if record.message and server.fault else None
    return [ActionEvent(record.event, record.start, host, record.finish, result, trace)]
