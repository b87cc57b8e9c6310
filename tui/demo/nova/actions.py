"""What can be done to a server: `POST /servers/{server}/action` and the deletion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tui.demo.clock import seeded_uuid
from tui.demo.machine import DEEDS, HARD_REBOOT, SOFT_REBOOT, Deed, begin, delete, perform
from tui.demo.nova import changes
from tui.demo.nova.console import console_output, remote_console
from tui.demo.nova.listing import visible
from tui.demo.records import Image, Server
from tui.demo.rest import Answer, Call, Refusal, Routes, reply
from tui.demo.states import POWER

Doing = Callable[[Call, Server, Any], Answer]


def add_routes(routes: Routes, base: str) -> None:
    """Let the actions' paths be found."""
    routes.add("POST", f"{base}/servers/{{server}}/action", act)
    routes.add("DELETE", f"{base}/servers/{{server}}", remove)
    changes.add_routes(routes, base)


def act(call: Call) -> Answer:
    """`POST /servers/{server}/action`: the body's one key says what."""
    server = visible(call)
    body = call.json()
    if len(body) != 1:
        raise Refusal(
            400, "There is no such action: None" if not body else f"There is no such action: {next(iter(body))}"
        )
    name, values = next(iter(body.items()))
    if name in _PLAIN:
        return _plain(call, server, DEEDS[_PLAIN[name]])
    doing = _OTHERS.get(name)
    if doing is None:
        raise Refusal(400, f"There is no such action: {name}")
    if values is not None and not isinstance(values, dict):
        raise Refusal(
            400, f"Invalid input for field/attribute {name}. Value: {values}. {values!r} is not of type 'object'"
        )
    return doing(call, server, values)


_PLAIN = {
    "os-stop": "stop",
    "os-start": "start",
    "pause": "pause",
    "unpause": "unpause",
    "suspend": "suspend",
    "resume": "resume",
    "shelve": "shelve",
    "shelveOffload": "shelveOffload",
    "unshelve": "unshelve",
    "revertResize": "revertResize",
    "unrescue": "unrescue",
    "migrate": "migrate",
    "os-migrateLive": "live-migration",
}
_ADMIN_ONLY = frozenset({"migrate", "live-migration", "shelveOffload"})
_POLICY = {"migrate": "os-migrate-server:migrate", "live-migration": "os-migrate-server:migrate_live"}


def _check(call: Call, server: Server, deed: Deed) -> None:
    """Refuse what the policy, a lock or the state of the server forbids."""
    if deed.name in _ADMIN_ONLY and not call.admin:
        rule = _POLICY.get(deed.name, "os-shelve:shelve_offload")
        raise Refusal(403, f"Policy doesn't allow os_compute_api:{rule} to be performed.")
    check_lock(call, server)
    if server.vm_state not in deed.vm_states:
        raise Refusal(409, f"Cannot '{deed.name}' instance {server.id} while it is in vm_state {server.vm_state}")
    if server.task_state not in deed.tasks:
        raise Refusal(409, f"Cannot '{deed.name}' instance {server.id} while it is in task_state {server.task_state}")


def check_lock(call: Call, server: Server) -> None:
    """A locked server is closed to its owner, not to an admin."""
    if server.locked_by is not None and not call.admin:
        raise Refusal(409, f"Instance {server.id} is locked")


def _do(call: Call, server: Server, deed: Deed) -> None:
    _check(call, server, deed)
    perform(call.place, server, deed, call.scope.user.id, call.id)


def _plain(call: Call, server: Server, deed: Deed) -> Answer:
    _do(call, server, deed)
    return Answer(202)


def remove(call: Call) -> Answer:
    """`DELETE /servers/{server}`: accepted at once, done a moment later."""
    server = visible(call)
    check_lock(call, server)
    if server.task_state != "deleting":
        delete(call.place, server, call.scope.user.id, call.id)
    return Answer(204)


def _force_delete(call: Call, server: Server, values: Any) -> Answer:
    delete(call.place, server, call.scope.user.id, call.id)
    return Answer(202)


def _reboot(call: Call, server: Server, values: Any) -> Answer:
    kind = str((values or {}).get("type", "")).upper()
    if kind not in ("SOFT", "HARD"):
        raise Refusal(
            400, f"Invalid input for field/attribute type. Value: {kind}. '{kind}' is not one of ['HARD', 'SOFT']"
        )
    return _plain(call, server, HARD_REBOOT if kind == "HARD" else SOFT_REBOOT)


def _confirm(call: Call, server: Server, values: Any) -> Answer:
    _do(call, server, DEEDS["confirmResize"])
    return Answer(204)


def _resize(call: Call, server: Server, values: Any) -> Answer:
    flavor = call.place.flavors.get(str((values or {}).get("flavorRef")))
    if flavor is None:
        raise Refusal(400, f"Flavor {(values or {}).get('flavorRef')} could not be found.")
    if flavor is server.flavor:
        raise Refusal(400, "When resizing, instances must change flavor!")
    _check(call, server, DEEDS["resize"])
    server.old_flavor, server.flavor = server.flavor, flavor
    return _plain(call, server, DEEDS["resize"])


def _rescue(call: Call, server: Server, values: Any) -> Answer:
    _do(call, server, DEEDS["rescue"])
    return reply({"adminPass": "aXkJ7tMnWn3c"})


def _rebuild(call: Call, server: Server, values: Any) -> Answer:
    image = call.place.images.get(str((values or {}).get("imageRef")))
    if image is None:
        raise Refusal(400, "Cannot find image for rebuild")
    _check(call, server, DEEDS["rebuild"])
    server.image_id = image.id
    server.name = str(values.get("name", server.name))
    _do(call, server, DEEDS["rebuild"])
    body = changes.updated_view(call, server)
    body["adminPass"] = "aXkJ7tMnWn3c"
    return reply({"server": body}, 202)


def _lock(call: Call, server: Server, values: Any) -> Answer:
    reason = values.get("locked_reason") if isinstance(values, dict) else None
    if reason is not None and call.microversion < 73:
        raise Refusal(400, "Additional properties are not allowed ('locked_reason' was unexpected)")
    _note(call, server, "lock")
    server.locked_by = "admin" if call.admin and call.scope.project_id != server.project_id else "owner"
    server.locked_reason = reason
    call.place.touch(server)
    return Answer(202)


def _unlock(call: Call, server: Server, values: Any) -> Answer:
    if server.locked_by == "admin" and not call.admin:
        raise Refusal(403, "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be performed.")
    _note(call, server, "unlock")
    server.locked_by = server.locked_reason = None
    call.place.touch(server)
    return Answer(202)


def _note(call: Call, server: Server, action: str) -> None:
    """An action that is over at once."""
    record = begin(call.place, server, action, call.scope.user.id, call.id)
    record.finish = call.place.now()


def _reset_state(call: Call, server: Server, values: Any) -> Answer:
    if not call.admin:
        raise Refusal(403, "Policy doesn't allow os_compute_api:os-admin-actions:reset_state to be performed.")
    state = (values or {}).get("state")
    if state not in ("active", "error"):
        raise Refusal(
            400, f"Invalid input for field/attribute state. Value: {state}. '{state}' is not one of ['active', 'error']"
        )
    for old in server.history:
        old.finish = old.finish or call.place.now()
    server.vm_state, server.task_state, server.power_state = state, None, POWER["active"]
    server.volatile = True
    call.place.touch(server)
    return Answer(202)


def _groups(call: Call, server: Server, values: Any, add: bool) -> Answer:
    """Security groups belong to Neutron: Nova does not date their change."""
    name = str((values or {}).get("name"))
    group = call.place.group(server.project_id, name)
    if group is None:
        raise Refusal(404, f"Security group {name} not found for project {server.project_id}.")
    for port in server.ports:
        if add and group not in port.groups:
            port.groups.append(group)
        elif not add:
            if group not in port.groups:
                raise Refusal(404, f"Security group {group.id} not associated with the instance {server.id}")
            port.groups.remove(group)
    server.volatile = True
    call.place.refresh(server)
    return Answer(202)


def _snapshot(call: Call, server: Server, values: Any) -> Answer:
    region = call.place
    _check(call, server, DEEDS["createImage"])
    image = Image(
        seeded_uuid(region.rng), str((values or {}).get("name")), server.project_id, None, region.now(), region.now()
    )
    image.status, image.visibility = "queued", "private"
    image.properties = {"image_type": "snapshot", "instance_uuid": server.id, "base_image_ref": server.image_id}
    region.images[image.id] = image
    _do(call, server, DEEDS["createImage"])

    def uploaded() -> None:
        image.status, image.size, image.updated = "active", 1_288_490_188, region.now()

    changes.later(2.0, uploaded)
    answer = reply({"image_id": image.id}, 202) if call.microversion >= 45 else Answer(202)
    answer.headers["Location"] = f"{call.root}/images/{image.id}"
    return answer


_OTHERS: dict[str, Doing] = {
    "reboot": _reboot,
    "confirmResize": _confirm,
    "resize": _resize,
    "rescue": _rescue,
    "rebuild": _rebuild,
    "lock": _lock,
    "unlock": _unlock,
    "forceDelete": _force_delete,
    "os-resetState": _reset_state,
    "addSecurityGroup": lambda call, server, values: _groups(call, server, values, add=True),
    "removeSecurityGroup": lambda call, server, values: _groups(call, server, values, add=False),
    "createImage": _snapshot,
    "os-getConsoleOutput": console_output,
    "os-getVNCConsole": remote_console,
}
