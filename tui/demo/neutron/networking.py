"""The Network service: its routes, lists with their filters and pages, and error bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tui.demo.neutron import changes, extras, plumbing, quota, security, view
from tui.demo.records import Json
from tui.demo.rest import Answer, Call, Refusal, Service, reply

CONTROL = frozenset({"fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir"})


@dataclass(frozen=True, slots=True)
class Collection:
    """A kind of resource: where its rows come from, who sees them, how they look."""

    name: str
    singular: str
    error: str
    """The first part of the name of its errors."""
    noun: str
    rows: Callable[[Call], Iterable[Any]]
    view: Callable[[Any, bool], Json]
    extra: frozenset[str] = frozenset()
    """Filters beside the fields of a row."""
    light: dict[str, Callable[[Any], Any]] | None = None
    """Fields that can be shown alone, cheaply."""

    def visible(self, call: Call, narrow: dict[str, set[str]] | None = None) -> Iterable[Json]:
        """The rows that the caller may see, as they look to it.

        What `narrow` asks of a row is looked up before the row is shown: there may be 50,000 of them.
        """
        if call.scope.system:
            return
        project = call.scope.project_id
        checks = [(_QUICK[name], values) for name, values in (narrow or {}).items() if name in _QUICK]
        show = self.view
        if self.light is not None and set(call.all("fields")) | set(narrow or ()) <= self.light.keys():
            show = self._light(call.all("fields"), narrow or {})
        for row in self.rows(call):
            if all(read(row) in values for read, values in checks) and (
                call.admin or _owner(row) == project or _common(row)
            ):
                yield show(row, call.admin)

    def _light(self, fields: list[str], narrow: dict[str, set[str]]) -> Callable[[Any, bool], Json]:
        """A view of a few fields only, when nothing else is asked for."""
        if not fields or self.light is None:
            return self.view
        readers = {name: self.light[name] for name in {*fields, *narrow, "id"}}
        return lambda row, admin: {name: read(row) for name, read in readers.items()}


_QUICK: dict[str, Callable[[Any], str | None]] = {
    "id": lambda row: str(row.id),
    "device_id": lambda row: getattr(row, "device_id", None),
    "project_id": lambda row: _owner(row),
    "tenant_id": lambda row: _owner(row),
    "floating_ip_address": lambda row: getattr(row, "address", None),
    "device_owner": lambda row: getattr(row, "owner", None),
    "network_id": lambda row: row.network.id if hasattr(row, "network") else None,
}
"""Filters that can be answered without showing a row."""

PORT_FIELDS: dict[str, Callable[[Any], Any]] = {
    "id": lambda port: port.id,
    "name": lambda port: port.name,
    "device_id": lambda port: port.device_id,
    "device_owner": lambda port: port.owner,
    "network_id": lambda port: port.network.id,
    "project_id": lambda port: port.project_id,
    "mac_address": lambda port: port.mac,
    "status": lambda port: port.status,
    "fixed_ips": lambda port: [{"subnet_id": s.id, "ip_address": a} for s, a in port.fixed],
    "security_groups": lambda port: [group.id for group in port.groups],
    "tags": lambda port: port.tags,
}
"""The fields of ports that are cheap to show."""


def _owner(row: Any) -> str:
    network = getattr(row, "network", None)
    return str(row.project_id if hasattr(row, "project_id") else network.project_id if network else "")


def _common(row: Any) -> bool:
    """Is a network (or a subnet of one) for everybody?"""
    if hasattr(row, "cidr"):
        row = row.network
    return bool(getattr(row, "shared", False) or getattr(row, "external", False))


COLLECTIONS = (
    Collection("networks", "network", "Network", "Network", lambda c: c.place.networks.values(), view.network),
    Collection(
        "subnets",
        "subnet",
        "Subnet",
        "Subnet",
        lambda c: (s for n in c.place.networks.values() for s in n.subnets),
        view.subnet,
    ),
    Collection(
        "ports",
        "port",
        "Port",
        "Port",
        lambda c: c.place.ports.values(),
        view.port,
        frozenset({"security_groups"}),
        PORT_FIELDS,
    ),
    Collection(
        "floatingips",
        "floatingip",
        "FloatingIP",
        "Floating IP",
        lambda c: c.place.floating.values(),
        lambda row, admin: view.floating_ip(row),
    ),
    Collection(
        "security-groups",
        "security_group",
        "SecurityGroup",
        "Security group",
        lambda c: c.place.groups.values(),
        lambda row, admin: view.security_group(row),
    ),
    Collection(
        "security-group-rules",
        "security_group_rule",
        "SecurityGroupRule",
        "Security group rule",
        lambda c: (r for g in c.place.groups.values() for r in g.rules),
        lambda row, admin: view.rule(row),
    ),
    Collection("routers", "router", "Router", "Router", lambda c: c.place.routers.values(), view.router),
)


class Networking(Service):
    """Neutron of every region."""

    kind = "network"
    unguarded = frozenset({""})

    def __init__(self) -> None:
        super().__init__()
        self.routes.add("GET", "/", versions)
        self.routes.add("GET", "/v2.0", resources)
        for collection in COLLECTIONS:
            self.routes.add("GET", f"/v2.0/{collection.name}", _lister(collection))
            self.routes.add("GET", f"/v2.0/{collection.name}/{{id}}", _shower(collection))
        for part in (changes, plumbing, security, quota, extras):
            part.add_routes(self.routes)

    def refuse(self, call: Call, refusal: Refusal) -> Answer:
        """Neutron's error body names the exception."""
        kinds = {
            400: "HTTPBadRequest",
            401: "HTTPUnauthorized",
            403: "HTTPForbidden",
            404: "HTTPNotFound",
            409: "HTTPConflict",
        }
        kind = refusal.kind or kinds.get(refusal.status, "HTTPInternalServerError")
        return reply({"NeutronError": {"type": kind, "message": refusal.message, "detail": ""}}, refusal.status)

    def unknown(self, call: Call) -> Answer:
        """The answer to a path that does not exist."""
        return self.refuse(call, Refusal(404, "The resource could not be found."))

    def dress(self, call: Call, answer: Answer) -> None:
        """The request id, except on the version document."""
        if call.path.strip("/"):
            super().dress(call, answer)


def versions(call: Call) -> Answer:
    """`GET /`."""
    here = [{"rel": "self", "href": f"{call.root}/v2.0/"}]
    return reply({"versions": [{"id": "v2.0", "status": "CURRENT", "links": here}]})


def resources(call: Call) -> Answer:
    """`GET /v2.0/`: the resources of Neutron's core."""
    rows = [
        {"name": name, "collection": f"{name}s", "links": [{"rel": "self", "href": f"{call.root}/v2.0/{name}s"}]}
        for name in ("network", "subnet", "subnetpool", "port")
    ]
    return reply({"resources": rows})


def _shower(collection: Collection) -> Callable[[Call], Answer]:
    def show(call: Call) -> Answer:
        ident = call.params["id"]
        for row in collection.visible(call, {"id": {ident}}):
            if row["id"] == ident:
                return reply({collection.singular: _fields(call, row)})
        raise missing(collection.error, collection.noun, ident)

    return show


def missing(error: str, noun: str, ident: str) -> Refusal:
    """Neutron's 404 for one resource."""
    verb = "does not exist" if noun.startswith("Security") else "could not be found"
    return Refusal(404, f"{noun} {ident} {verb}.", f"{error}NotFound")


def _lister(collection: Collection) -> Callable[[Call], Answer]:
    key = collection.name.replace("-", "_")

    def list_rows(call: Call) -> Answer:
        wanted = _wanted(call)
        _check_filters(call, collection, wanted)
        rows = [row for row in collection.visible(call, wanted) if _passes(row, wanted)]
        rows = _order(call, rows)
        body: Json = {}
        limit = _limit(call)
        reverse = (call.first("page_reverse") or "").lower() == "true"
        rows = _page(call, collection, rows, limit, reverse)
        body[key] = [_fields(call, row) for row in rows]
        if limit and rows:
            body[f"{key}_links"] = _links(call, collection, rows, limit, reverse)
        return reply(body)

    return list_rows


def _fields(call: Call, row: Json) -> Json:
    wanted = call.all("fields")
    return {name: row[name] for name in wanted if name in row} if wanted else row


def _limit(call: Call) -> int:
    text = call.first("limit")
    if text is None:
        return 0
    if not text.isdigit():
        message = f"Bad limit request: Limit must be an integer 0 or greater and not '{text}'."
        raise Refusal(400, message, "BadRequest")
    return int(text)


def _wanted(call: Call) -> dict[str, set[str]]:
    """The filters of a call; several values of one mean any of them."""
    wanted: dict[str, set[str]] = {}
    for name, value in call.query:
        if name not in CONTROL:
            wanted.setdefault(name, set()).add(value)
    return wanted


def _check_filters(call: Call, collection: Collection, wanted: dict[str, set[str]]) -> None:
    sample = next(iter(collection.rows(call)), None) if wanted else None
    if sample is None:
        return
    fields = collection.view(sample, True)
    unknown = [name for name in wanted if name not in fields and name not in collection.extra and name not in _EXTRA]
    if unknown:
        raise Refusal(400, f"{unknown} is invalid attribute for filtering")


def _passes(row: Json, wanted: dict[str, set[str]]) -> bool:
    return all(_matches(row, name, values) for name, values in wanted.items())


_EXTRA = frozenset({"tags", "tags-any", "not-tags", "not-tags-any", "shared", "ip_address_substr", "changed_since"}) | {
    "is_default", "provider:network_type", "provider:physical_network", "provider:segmentation_id", "binding:host_id",
}  # fmt: skip


def _matches(row: Json, name: str, values: set[str]) -> bool:
    if name in ("tags", "tags-any", "not-tags", "not-tags-any"):
        has, wanted = set(row.get("tags", ())), {tag for value in values for tag in value.split(",")}
        found = bool(has & wanted) if name.endswith("any") else wanted <= has
        return found is not name.startswith("not")
    value = row.get(name)
    if name == "fixed_ips":
        return all(_fixed(row, part) for text in values for part in text.split(","))
    if isinstance(value, bool):
        return any(value is (v.lower() in ("true", "1")) for v in values)
    if isinstance(value, list):
        return bool({str(v) for v in value} & values)
    return ("" if value is None else str(value)) in values


def _fixed(row: Json, text: str) -> bool:
    """`ip_address=…`, `ip_address_substr=…` or `subnet_id=…`."""
    name, _, value = text.partition("=")
    if name == "ip_address_substr":
        return any(value in fixed["ip_address"] for fixed in row["fixed_ips"])
    return any(fixed.get(name) == value for fixed in row["fixed_ips"])


def _order(call: Call, rows: list[Json]) -> list[Json]:
    keys, dirs = call.all("sort_key"), call.all("sort_dir")
    unknown = [key for key in keys if rows and key not in rows[0]]
    if unknown:
        raise Refusal(400, f"{unknown} is invalid attribute for sort_keys")
    ordered = (
        sorted(rows, key=lambda row: str(row["id"])) if call.first("limit") or call.first("marker") else list(rows)
    )
    for index in range(len(keys) - 1, -1, -1):
        down = index < len(dirs) and dirs[index] == "desc"
        ordered.sort(key=lambda row, k=keys[index]: str(row[k]), reverse=down)  # type: ignore[misc]
    return ordered


def _page(call: Call, collection: Collection, rows: list[Json], limit: int, reverse: bool) -> list[Json]:
    marker = call.first("marker")
    if marker is not None:
        places = [i for i, row in enumerate(rows) if row["id"] == marker]
        if not places:
            raise missing(collection.error, collection.noun, marker)
        rows = rows[: places[0]] if reverse else rows[places[0] + 1 :]
    if not limit:
        return rows
    return rows[-limit:] if reverse else rows[:limit]


def _links(call: Call, collection: Collection, rows: list[Json], limit: int, reverse: bool) -> list[Json]:
    base = f"{call.root}/v2.0/{collection.name}"
    kept = [(k, v) for k, v in call.query if k not in ("marker", "page_reverse")]
    links = []
    if reverse or len(rows) == limit:
        query = urlencode([*kept, ("marker", rows[-1]["id"])])
        links.append({"rel": "next", "href": f"{base}?{query}"})
    query = urlencode([*kept, ("marker", rows[0]["id"]), ("page_reverse", "True")])
    links.append({"rel": "previous", "href": f"{base}?{query}"})
    return links
