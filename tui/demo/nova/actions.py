"""What can be done to a server: `POST /servers/{server}/action` and the deletion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tui.demo.clock import seeded_uuid
from tui.demo.history import note
from tui.demo.machine import DEEDS, HARD_REBOOT, SOFT_REBOOT, Deed, delete, perform, snapshot
from tui.demo.nova import changes
from tui.demo.nova.boot import check_fit, fresh_password
from tui.demo.nova.console import console_output, vnc_console
from tui.demo.nova.listing import visible
from tui.demo.nova.quota import require
from tui.demo.nova.states import check, check_lock
from tui.demo.records import Image, Server
from tui.demo.rest import Answer, Call, Refusal, Routes, reply
from tui.demo.states import POWER
from tui.demo.storage import Snapshot

Doing = Callable[[Call, Server, Any], Answer]
LAST_PROXY = 43
"""The last microversion at which Nova passed floating and fixed IPs on to Neutron."""


def add_routes(routes: Routes, base: str) -> None:
    """Let the actions' paths be found."""
    routes.add("POST", f"{base}/servers/{{server}}/action", act)
    routes.add("DELETE", f"{base}/servers/{{server}}", remove)
    changes.add_routes(routes, base)


def act(call: Call) -> Answer:
    """`POST /servers/{server}/action`: the body's one key says what."""
    body = call.json()
    name, values = next(iter(body.items()), (None, None))
    if name in _GONE:
        raise Refusal(410, "This resource is no longer available. No forwarding address is given.")
    if name in _PROXIES and call.microversion > LAST_PROXY:
        raise Refusal(404, "The resource could not be found.")
    if len(body) != 1 or not (name in _PLAIN or name in _OTHERS):
        raise Refusal(400, f"There is no such action: {name}")
    server = visible(call)
    if name in _PLAIN:
        return _plain(call, server, DEEDS[_PLAIN[name]])
    if (name in _NEEDY and values is None) or (values is not None and not isinstance(values, dict)):
        problem = f"{values!r} is not of type 'object'"
        raise Refusal(400, f"Invalid input for field/attribute {name}. Value: {values}. {problem}")
    return _OTHERS[str(name)](call, server, values or {})


_PLAIN = {
    "os-stop": "stop",
    "os-start": "start",
    "pause": "pause",
    "unpause": "unpause",
    "suspend": "suspend",
    "resume": "resume",
    "shelve": "shelve",
    "shelveOffload": "shelveOffload",
    "revertResize": "revertResize",
    "unrescue": "unrescue",
    "restore": "restore",
}
_NEEDY = frozenset({
    "reboot", "resize", "rebuild", "createImage", "addSecurityGroup", "removeSecurityGroup", "os-resetState",
    "changePassword", "os-getConsoleOutput", "os-getVNCConsole", "os-migrateLive", "evacuate",
})  # fmt: skip
_GONE = frozenset({"resetNetwork", "injectNetworkInfo"})
_PROXIES = frozenset({"addFloatingIp", "removeFloatingIp", "addFixedIp", "removeFixedIp"})
_RULES = {
    "migrate": "os-migrate-server:migrate",
    "live-migration": "os-migrate-server:migrate_live",
    "shelveOffload": "os-shelve:shelve_offload",
    "evacuate": "os-evacuate",
    "resetState": "os-admin-actions:reset_state",
}
"""What only admins may, and the name of the policy that says so."""

_API_NAMES = {"live-migration": "os-migrateLive"}
"""What a conflict calls it, where an instance action says something else."""


def _need_admin(call: Call, name: str) -> None:
    if name in _RULES and not call.admin:
        raise Refusal(403, f"Policy doesn't allow os_compute_api:{_RULES[name]} to be performed.")


def _check(call: Call, server: Server, deed: Deed) -> None:
    """Refuse what the policy, a lock or the state of the server forbids."""
    _need_admin(call, deed.name)
    ready = server.host is not None or server.vm_state == "shelved_offloaded"
    if deed.name in ("stop", "start") and (server.host is None or not ready):
        check_lock(call, server)
        raise Refusal(409, f"Instance {server.id} is not ready")
    check(call, server, _API_NAMES.get(deed.name, deed.name), deed.vm_states, deed.tasks)


def _do(call: Call, server: Server, deed: Deed, then: Callable[[], None] | None = None) -> None:
    _check(call, server, deed)
    perform(call.place, server, deed, call.scope.user.id, call.id, then=then)


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
    check_lock(call, server)
    delete(call.place, server, call.scope.user.id, call.id, "forceDelete")
    return Answer(202)


def _reboot(call: Call, server: Server, values: Any) -> Answer:
    kind = values.get("type")
    known = ("HARD", "Hard", "hard", "SOFT", "Soft", "soft")
    if kind not in known:
        raise Refusal(
            400, f"Invalid input for field/attribute type. Value: {kind}. {kind!r} is not one of {list(known)}"
        )
    if server.host is None:
        raise Refusal(409, f"Instance {server.id} is in an invalid state for 'reboot'")
    return _plain(call, server, HARD_REBOOT if kind.upper() == "HARD" else SOFT_REBOOT)


def _unshelve(call: Call, server: Server, values: Any) -> Answer:
    zone = values.get("availability_zone")
    if zone is not None and zone not in call.place.zones:
        raise Refusal(400, "The requested availability zone is not available")
    if zone is not None and server.vm_state != "shelved_offloaded":
        message = "Unshelving an instance with a new availability zone is only allowed when it is SHELVED_OFFLOADED."
        raise Refusal(409, message)
    _check(call, server, DEEDS["unshelve"])
    server.pinned_zone = zone or server.pinned_zone
    return _plain(call, server, DEEDS["unshelve"])


def _confirm(call: Call, server: Server, values: Any) -> Answer:
    _do(call, server, DEEDS["confirmResize"])
    return Answer(204)


def _host(call: Call, values: Any) -> None:
    host = values.get("host")
    if host is not None and host not in call.place.hosts:
        raise Refusal(400, f"Compute host {host} could not be found.")


def _migrate(call: Call, server: Server, values: Any) -> Answer:
    _need_admin(call, "migrate")
    _host(call, values)
    return _plain(call, server, DEEDS["migrate"])


def _live_migrate(call: Call, server: Server, values: Any) -> Answer:
    _need_admin(call, "live-migration")
    _host(call, values)
    return _plain(call, server, DEEDS["live-migration"])


def _evacuate(call: Call, server: Server, values: Any) -> Answer:
    _need_admin(call, "evacuate")
    _host(call, values)
    _check(call, server, DEEDS["evacuate"])
    if server.host not in call.place.down_hosts:
        raise Refusal(400, f"Compute service of {server.host} is still in use.")
    perform(call.place, server, DEEDS["evacuate"], call.scope.user.id, call.id)
    if call.microversion >= 14:
        return Answer(200, content_type="text/html; charset=UTF-8")
    return reply({"adminPass": values.get("adminPass") or fresh_password()})


def _resize(call: Call, server: Server, values: Any) -> Answer:
    flavor = call.place.flavors.get(str(values.get("flavorRef")))
    if flavor is None:
        raise Refusal(400, f"Flavor {values.get('flavorRef')} could not be found.")
    _check(call, server, DEEDS["resize"])
    if flavor is server.flavor:
        raise Refusal(400, "When resizing, instances must change flavor!")
    image = call.place.images.get(server.image_id)
    if image is not None:
        check_fit(flavor, image)
    require(call, {"cores": flavor.vcpus - server.flavor.vcpus, "ram": flavor.ram - server.flavor.ram})
    server.next_flavor = flavor
    return _plain(call, server, DEEDS["resize"])


def _rescue(call: Call, server: Server, values: Any) -> Answer:
    if values.get("rescue_image_ref") and str(values["rescue_image_ref"]) not in call.place.images:
        raise Refusal(400, f"Image {values['rescue_image_ref']} could not be found.")
    _do(call, server, DEEDS["rescue"])
    return reply({"adminPass": values.get("adminPass") or fresh_password()})


def _rebuild(call: Call, server: Server, values: Any) -> Answer:
    image = call.place.images.get(str(values.get("imageRef")))
    if image is None:
        raise Refusal(400, "Cannot find image for rebuild")
    _check(call, server, DEEDS["rebuild"])
    check_fit(server.flavor, image)
    server.image_id = image.id if server.image_id else ""
    server.name = str(values.get("name", server.name))
    if "metadata" in values:
        server.metadata = changes.strings(call, values["metadata"])
    if "description" in values and call.microversion >= 19:
        server.description = values["description"]
    if "key_name" in values and call.microversion >= 54:
        server.key_name = values["key_name"]
    if "user_data" in values and call.microversion >= 57:
        server.user_data = values["user_data"]
    _do(call, server, DEEDS["rebuild"])
    body = changes.updated_view(call, server)
    body["adminPass"] = values.get("adminPass") or fresh_password()
    answer = reply({"server": body}, 202)
    answer.headers["Location"] = f"{call.root}/v2.1/servers/{server.id}"
    return answer


def _password(call: Call, server: Server, values: Any) -> Answer:
    if not isinstance(values.get("adminPass"), str):
        problem = "'adminPass' is a required property"
        raise Refusal(400, f"Invalid input for field/attribute changePassword. Value: {values}. {problem}")
    return _plain(call, server, DEEDS["changePassword"])


def _lock(call: Call, server: Server, values: Any) -> Answer:
    reason = values.get("locked_reason") if call.microversion >= 73 else None
    if reason is not None and len(str(reason)) > 255:
        raise Refusal(400, f"Invalid input for field/attribute locked_reason. Value: {reason}. {reason!r} is too long")
    server.locked_by = "admin" if call.admin and call.scope.project_id != server.project_id else "owner"
    server.locked_reason = reason
    note(call.place, server, "lock", call.scope.user.id, call.id, "api_lock")
    call.place.touch(server)
    return Answer(202)


def _unlock(call: Call, server: Server, values: Any) -> Answer:
    if server.locked_by == "admin" and not call.admin:
        raise Refusal(403, "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be performed.")
    server.locked_by = server.locked_reason = None
    note(call.place, server, "unlock", call.scope.user.id, call.id, "api_unlock")
    call.place.touch(server)
    return Answer(202)


def _reset_state(call: Call, server: Server, values: Any) -> Answer:
    _need_admin(call, "resetState")
    state = values.get("state")
    if state not in ("active", "error"):
        raise Refusal(
            400, f"Invalid input for field/attribute state. Value: {state}. '{state}' is not one of ['active', 'error']"
        )
    for old in server.history:
        old.finish = old.finish or call.place.now()
    server.vm_state, server.task_state = state, None
    if state == "active":
        server.power_state = server.power_state or POWER["active"]
    server.next_flavor = None
    # The genuine one gives this action no event: it is never seen to finish.
    note(call.place, server, "resetState", call.scope.user.id, call.id)
    call.place.touch(server)
    return Answer(202)


def _groups(call: Call, server: Server, values: Any, add: bool) -> Answer:
    """Security groups belong to Neutron: Nova does not date their change."""
    name = str(values.get("name"))
    group = call.place.group(server.project_id, name)
    if group is None:
        raise Refusal(404, f"Security group {name} is not found for project {server.project_id}")
    if not add and not any(group in port.groups for port in server.ports):
        raise Refusal(404, f"Security group {group.name} not associated with the instance {server.id}")
    for port in server.ports:
        if add and group in port.groups:
            raise Refusal(400, f"Invalid input for security_groups. Reason: Duplicate items in the list: '{group.id}'.")
        if add:
            port.groups.append(group)
        elif group in port.groups:
            port.groups.remove(group)
    server.volatile = True
    call.place.refresh(server)
    return Answer(202)


def _snapshot(call: Call, server: Server, values: Any) -> Answer:
    region = call.place
    name = values.get("name")
    if not isinstance(name, str) or not name.strip():
        problem = "'name' is a required property"
        raise Refusal(400, f"Invalid input for field/attribute createImage. Value: {values}. {problem}")
    # A lock does not forbid it.
    check(call, server, "createImage", DEEDS["createImage"].vm_states, lock=False)
    now = region.now()
    image = Image(seeded_uuid(region.rng), name, server.project_id, None, now, now)
    image.status, image.visibility = "queued", "private"
    base = region.images.get(server.image_id)
    image.min_disk, image.min_ram = server.flavor.disk, base.min_ram if base else 0
    image.properties = dict(base.properties) if base else {}
    image.properties |= {
        "image_type": "snapshot",
        "instance_uuid": server.id,
        "base_image_ref": server.image_id,
        "user_id": server.user_id,
        "image_state": "available",
        **changes.strings(call, values.get("metadata") or {}),
    }
    region.images[image.id] = image
    if server.image_id:
        snapshot(region, server, image, call.scope.user.id, call.id)
    else:
        _volume_snapshot(call, server, image)
    answer = reply({"image_id": image.id}, 202) if call.microversion >= 45 else Answer(202)
    answer.headers["Location"] = f"{call.root}/images/{image.id}"
    return answer


def _volume_snapshot(call: Call, server: Server, image: Image) -> None:
    """A server on volumes: each is snapshot in Cinder, the image is an empty one that names the snapshots."""
    region, now = call.place, call.place.now()
    note(region, server, "createImage", call.scope.user.id, call.id)
    for it in server.volumes:
        volume = region.volumes.get(it.volume_id)
        if volume is not None:
            name = f"snapshot for {image.name}"
            one = Snapshot(
                seeded_uuid(region.rng), name, volume.id, volume.project_id, server.user_id, volume.size, now, now
            )
            one.status, one.description = "available", ""
            region.snapshots[one.id] = one
    image.status, image.size = "active", 0
    region.touch(server)


_OTHERS: dict[str, Doing] = {
    "reboot": _reboot,
    "unshelve": _unshelve,
    "confirmResize": _confirm,
    "resize": _resize,
    "migrate": _migrate,
    "os-migrateLive": _live_migrate,
    "evacuate": _evacuate,
    "rescue": _rescue,
    "rebuild": _rebuild,
    "changePassword": _password,
    "lock": _lock,
    "unlock": _unlock,
    "forceDelete": _force_delete,
    "os-resetState": _reset_state,
    "addSecurityGroup": lambda call, server, values: _groups(call, server, values, add=True),
    "removeSecurityGroup": lambda call, server, values: _groups(call, server, values, add=False),
    "createImage": _snapshot,
    "os-getConsoleOutput": console_output,
    "os-getVNCConsole": vnc_console,
}
