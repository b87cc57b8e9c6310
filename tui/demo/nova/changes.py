"""Changes to servers beside the actions: creation, names, metadata, tags."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tui.demo.clock import seeded_uuid
from tui.demo.machine import begin, build
from tui.demo.network import plug
from tui.demo.nova.listing import visible
from tui.demo.nova.view import detailed, links
from tui.demo.records import Flavor, Json, Network, SecurityGroup, Server
from tui.demo.rest import Answer, Call, Refusal, Routes, reply

NEVER_FITS = 4_096
"""A flavor with more vCPUs than this finds no host."""


def add_routes(routes: Routes, base: str) -> None:
    """Let the paths of the changes be found."""
    one = f"{base}/servers/{{server}}"
    routes.add("POST", f"{base}/servers", create)
    routes.add("PUT", one, update)
    routes.add("GET", f"{one}/metadata", lambda c: reply({"metadata": visible(c).metadata}))
    routes.add("PUT", f"{one}/metadata", lambda c: _metadata(c, replace=True))
    routes.add("POST", f"{one}/metadata", lambda c: _metadata(c, replace=False))
    routes.add("GET", f"{one}/metadata/{{key}}", _show_meta)
    routes.add("PUT", f"{one}/metadata/{{key}}", _set_meta)
    routes.add("DELETE", f"{one}/metadata/{{key}}", _drop_meta)
    routes.add("GET", f"{one}/tags", lambda c: reply({"tags": _tagged(c).tags}))
    routes.add("PUT", f"{one}/tags", _replace_tags)
    routes.add("DELETE", f"{one}/tags", _drop_tags)
    routes.add("GET", f"{one}/tags/{{tag}}", _has_tag)
    routes.add("PUT", f"{one}/tags/{{tag}}", _add_tag)
    routes.add("DELETE", f"{one}/tags/{{tag}}", _drop_tag)


def later(seconds: float, call: Callable[[], None]) -> None:
    """Let something happen after a while."""
    asyncio.get_running_loop().call_later(seconds, call)


def create(call: Call) -> Answer:
    """`POST /servers`: accepted at once, built a moment later."""
    wanted = call.json().get("server")
    if not isinstance(wanted, dict) or not wanted.get("name") or not wanted.get("flavorRef"):
        missing = "name" if isinstance(wanted, dict) and not wanted.get("name") else "flavorRef"
        raise Refusal(
            400, f"Invalid input for field/attribute server. Value: {wanted}. '{missing}' is a required property"
        )
    if call.scope.project_id is None:
        raise Refusal(403, "Policy doesn't allow os_compute_api:servers:create to be performed.")
    if "networks" not in wanted and call.microversion >= 37:
        raise Refusal(
            400, f"Invalid input for field/attribute server. Value: {wanted}. 'networks' is a required property"
        )
    flavor = call.place.flavors.get(str(wanted["flavorRef"]).rsplit("/", 1)[-1])
    if flavor is None:
        raise Refusal(400, f"Flavor {wanted['flavorRef']} could not be found.")
    if wanted.get("key_name") and not any(k.name == wanted["key_name"] for k in call.place.keypairs):
        raise Refusal(400, "Invalid key_name provided.")
    image_id = _image(call, wanted)
    networks = _networks(call, wanted)
    groups = _groups(call, wanted)
    count = int(wanted.get("min_count") or wanted.get("max_count") or 1)
    names = [wanted["name"]] if count == 1 else [f"{wanted['name']}-{n + 1}" for n in range(count)]
    made = [_make(call, wanted, name, flavor, image_id, networks, groups) for name in names]
    first = made[0]
    body: Json = {
        "id": first.id,
        "links": links(call, "servers", first.id),
        "OS-DCF:diskConfig": "MANUAL",
        "security_groups": wanted.get("security_groups") or [{"name": "default"}],
        "adminPass": "aXkJ7tMnWn3c",
    }
    answer = reply({"server": body}, 202)
    answer.headers["Location"] = body["links"][0]["href"]
    return answer


def _image(call: Call, wanted: Json) -> str:
    ref = str(wanted.get("imageRef") or "").rsplit("/", 1)[-1]
    if not ref:
        if not wanted.get("block_device_mapping_v2"):
            raise Refusal(400, "Invalid imageRef provided.")
        return ""
    if ref not in call.place.images:
        raise Refusal(400, f"Image {ref} could not be found.")
    return ref


def _networks(call: Call, wanted: Json) -> list[Network]:
    asked = wanted.get("networks", "auto")
    if asked == "none":
        return []
    if asked == "auto" or not asked:
        return [call.place.network(call.scope.project_id or "")]
    found = []
    for entry in asked:
        if "port" in entry:
            port = call.place.ports.get(entry["port"])
            if port is None:
                raise Refusal(400, f"Port {entry['port']} could not be found.")
            found.append(port.network)
            continue
        network = call.place.networks.get(str(entry.get("uuid")))
        if network is None:
            raise Refusal(400, f"Network {entry.get('uuid')} could not be found.")
        found.append(network)
    return found


def _groups(call: Call, wanted: Json) -> list[SecurityGroup]:
    found = []
    for entry in wanted.get("security_groups") or [{"name": "default"}]:
        group = call.place.group(call.scope.project_id or "", str(entry.get("name")))
        if group is None:
            raise Refusal(400, f"Security group {entry.get('name')} not found for project {call.scope.project_id}.")
        found.append(group)
    return found


def _make(
    call: Call,
    wanted: Json,
    name: str,
    flavor: Flavor,
    image_id: str,
    networks: list[Network],
    groups: list[SecurityGroup],
) -> Server:
    region, now = call.place, call.place.now()
    project, user = call.scope.project_id or "", call.scope.user.id
    server = Server(seeded_uuid(region.rng), region.number(), name, project, user, image_id, flavor, now, now)
    server.key_name = wanted.get("key_name")
    server.metadata = {str(k): str(v) for k, v in (wanted.get("metadata") or {}).items()}
    server.user_data = wanted.get("user_data")
    server.config_drive = "True" if wanted.get("config_drive") else ""
    server.pinned_zone = wanted.get("availability_zone")
    server.zone = server.pinned_zone or ""
    server.volumes = [
        str(d["uuid"]) for d in wanted.get("block_device_mapping_v2") or [] if d.get("source_type") == "volume"
    ]
    if call.microversion >= 19:
        server.description = wanted.get("description")
    else:
        server.description = name
    if call.microversion >= 52:
        server.tags = list(wanted.get("tags") or [])
    server.volatile = True
    record = begin(region, server, "create", user, call.id, "conductor_server_build")
    region.add(server)
    doomed = flavor.vcpus > NEVER_FITS
    if not doomed:
        for network in networks:
            plug(region, region.rng, server, network, groups, now)
    build(region, server, record, "no-host" if doomed else "")
    return server


def updated_view(call: Call, server: Server) -> Json:
    """A server as its own update answers: the short old form, the full one from 2.75 on."""
    body = detailed(call, server, listed=False)
    if call.microversion >= 75:
        return body
    hidden = (
        "OS-EXT-",
        "OS-SRV-USG",
        "os-extended",
        "config_drive",
        "key_name",
        "security_groups",
        "host_status",
        "server_groups",
    )
    return {key: value for key, value in body.items() if not key.startswith(hidden)}


def update(call: Call) -> Answer:
    """`PUT /servers/{server}`: name, description."""
    server = visible(call)
    wanted = call.json().get("server")
    if not isinstance(wanted, dict) or not wanted:
        raise Refusal(400, "Invalid input for field/attribute server. Value: {}. {} does not have enough properties")
    if "name" in wanted:
        name = str(wanted["name"]).strip()
        if not name or len(name) > 255:
            raise Refusal(400, f"Invalid input for field/attribute name. Value: {name}. '{name}' is too long or empty")
        server.name = name
    if "description" in wanted:
        if call.microversion < 19:
            raise Refusal(400, "Additional properties are not allowed ('description' was unexpected)")
        server.description = wanted["description"]
    server.volatile = True
    call.place.touch(server)
    return reply({"server": updated_view(call, server)})


def _change(call: Call, server: Server) -> None:
    server.volatile = True
    call.place.touch(server)


def _metadata(call: Call, replace: bool) -> Answer:
    server = visible(call)
    given = _strings(call.json().get("metadata"))
    server.metadata = given if replace else {**server.metadata, **given}
    _change(call, server)
    return reply({"metadata": server.metadata})


def _strings(given: Any) -> dict[str, str]:
    if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
        raise Refusal(
            400, f"Invalid input for field/attribute metadata. Value: {given}. {given} is not of type 'object'"
        )
    return dict(given)


def _show_meta(call: Call) -> Answer:
    server, key = visible(call), call.params["key"]
    if key not in server.metadata:
        raise Refusal(404, "Metadata item was not found")
    return reply({"meta": {key: server.metadata[key]}})


def _set_meta(call: Call) -> Answer:
    server, key = visible(call), call.params["key"]
    given = _strings(call.json().get("meta"))
    if set(given) != {key}:
        raise Refusal(400, "Request body and URI mismatch")
    server.metadata = {**server.metadata, **given}
    _change(call, server)
    return reply({"meta": given})


def _drop_meta(call: Call) -> Answer:
    server, key = visible(call), call.params["key"]
    if key not in server.metadata:
        raise Refusal(404, "Metadata item was not found")
    server.metadata = {k: v for k, v in server.metadata.items() if k != key}
    server.volatile = True
    # Nova dates new metadata, but not the loss of some.
    call.place.refresh(server)
    return Answer(204)


def _tagged(call: Call) -> Server:
    """The server whose tags are meant; there are none before 2.26."""
    if call.microversion < 26:
        raise Refusal(404, "The resource could not be found.")
    return visible(call)


def _retag(call: Call, server: Server, tags: list[str]) -> None:
    """Tags are not dated: `updated` stays as it is."""
    server.tags = sorted(set(tags))
    server.volatile = True
    call.place.refresh(server)


def _replace_tags(call: Call) -> Answer:
    server = _tagged(call)
    _retag(call, server, [str(tag) for tag in call.json().get("tags", [])])
    return reply({"tags": server.tags})


def _drop_tags(call: Call) -> Answer:
    _retag(call, _tagged(call), [])
    return Answer(204)


def _has_tag(call: Call) -> Answer:
    server, tag = _tagged(call), call.params["tag"]
    if tag not in server.tags:
        raise Refusal(404, f"Server {server.id} has no tag '{tag}'")
    return Answer(204)


def _add_tag(call: Call) -> Answer:
    server, tag = _tagged(call), call.params["tag"]
    new = tag not in server.tags
    _retag(call, server, [*server.tags, tag])
    answer = Answer(201 if new else 204)
    if new:
        answer.headers["Location"] = f"{call.root}/v2.1/servers/{server.id}/tags/{tag}"
    return answer


def _drop_tag(call: Call) -> Answer:
    server, tag = _tagged(call), call.params["tag"]
    if tag not in server.tags:
        raise Refusal(404, f"Server {server.id} has no tag '{tag}'")
    _retag(call, server, [t for t in server.tags if t != tag])
    return Answer(204)
