"""Changes to servers beside the actions: names, metadata, tags."""

from __future__ import annotations

import re
from typing import Any

from tui.demo.nova.listing import visible
from tui.demo.nova.quota import limits_of
from tui.demo.nova.states import check
from tui.demo.nova.view import detailed
from tui.demo.records import Json, Server
from tui.demo.rest import Answer, Call, Refusal, Routes, reply

LONGEST = 255
_TAG = re.compile(r"[^,/]{1,80}")
_META_STATES = ("active", "paused", "suspended", "stopped")


def add_routes(routes: Routes, base: str) -> None:
    """Let the paths of the changes be found."""
    one = f"{base}/servers/{{server}}"
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
    if not isinstance(wanted, dict):
        raise Refusal(400, "'server' is a required property")
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
    given = strings(call, call.json().get("metadata"))
    check(call, server, "update metadata", _META_STATES, None)
    server.metadata = given if replace else {**server.metadata, **given}
    _change(call, server)
    return reply({"metadata": server.metadata})


def strings(call: Call, given: Any) -> dict[str, str]:
    """Metadata as Nova takes it: short texts, not too many."""
    if not isinstance(given, dict) or not all(isinstance(v, str) for v in given.values()):
        raise Refusal(
            400, f"Invalid input for field/attribute metadata. Value: {given}. {given} is not of type 'object'"
        )
    for key, value in given.items():
        if len(value) > LONGEST:
            raise Refusal(400, f"Invalid input for field/attribute {key}. Value: {value}. '{value}' is too long")
        if not key or len(key) > LONGEST:
            raise Refusal(400, "Invalid input for field/attribute metadata. Metadata property key is too long or empty")
    limit = limits_of(call, call.scope.project_id or "")["metadata_items"]
    if 0 <= limit < len(given):
        raise Refusal(403, f"Maximum number of metadata items exceeds {limit}")
    return dict(given)


def tags(given: Any) -> list[str]:
    """Tags as Nova takes them: neither commas nor slashes, at most 50 of them."""
    found = [str(tag) for tag in given or []]
    for place, tag in enumerate(found):
        if not _TAG.fullmatch(tag):
            raise Refusal(
                400, f"Invalid input for field/attribute {place}. Value: {tag}. '{tag}' does not match '^[^,/]*$'"
            )
    if len(found) > 50:
        raise Refusal(400, f"Invalid input for field/attribute tags. Value: {found}. {found} is too long")
    return sorted(set(found))


def _show_meta(call: Call) -> Answer:
    server, key = visible(call), call.params["key"]
    if key not in server.metadata:
        raise Refusal(404, "Metadata item was not found")
    return reply({"meta": {key: server.metadata[key]}})


def _set_meta(call: Call) -> Answer:
    server, key = visible(call), call.params["key"]
    given = strings(call, call.json().get("meta"))
    if set(given) != {key}:
        raise Refusal(400, "Request body and URI mismatch")
    check(call, server, "update metadata", _META_STATES, None)
    server.metadata = {**server.metadata, **given}
    _change(call, server)
    return reply({"meta": given})


def _drop_meta(call: Call) -> Answer:
    server, key = visible(call), call.params["key"]
    if key not in server.metadata:
        raise Refusal(404, "Metadata item was not found")
    check(call, server, "delete metadata", _META_STATES, None)
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


def _retag(call: Call, server: Server, wanted: list[str]) -> None:
    """Tags are not dated: `updated` stays as it is."""
    server.tags = sorted(set(wanted))
    server.volatile = True
    call.place.refresh(server)


def _replace_tags(call: Call) -> Answer:
    server = _tagged(call)
    _retag(call, server, tags(call.json().get("tags")))
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
    _retag(call, server, tags([*server.tags, tag]))
    answer = Answer(201 if new else 204)
    if new:
        answer.content_type = "text/html; charset=UTF-8"
        answer.headers["Location"] = f"{call.root}/v2.1/servers/{server.id}/tags/{tag}"
    return answer


def _drop_tag(call: Call) -> Answer:
    server, tag = _tagged(call), call.params["tag"]
    if tag not in server.tags:
        raise Refusal(404, f"Server {server.id} has no tag '{tag}'")
    _retag(call, server, [t for t in server.tags if t != tag])
    return Answer(204)
