"""The Network service: its routes, lists with their filters and pages, and error bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tui.demo.neutron import changes, extras, view
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

    def visible(self, call: Call) -> Iterable[Json]:
        """The rows that the caller may see, as they look to it."""
        project = call.scope.project_id
        for row in self.rows(call):
            if call.admin or _owner(row) == project or _common(row):
                yield self.view(row, call.admin)


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
        "ports", "port", "Port", "Port", lambda c: c.place.ports.values(), view.port, frozenset({"security_groups"})
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
        changes.add_routes(self.routes)
        extras.add_routes(self.routes)

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
        for row in collection.visible(call):
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
        rows = list(collection.visible(call))
        rows = _filter(call, collection, rows)
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


def _filter(call: Call, collection: Collection, rows: list[Json]) -> list[Json]:
    wanted: dict[str, set[str]] = {}
    for name, value in call.query:
        if name not in CONTROL:
            wanted.setdefault(name, set()).add(value)
    if not wanted:
        return rows
    sample = rows[0] if rows else None
    unknown = [
        n for n in wanted if sample is not None and n not in sample and n not in collection.extra and n not in _EXTRA
    ]
    if unknown:
        raise Refusal(400, f"{unknown} is invalid attribute for filtering")
    return [row for row in rows if all(_matches(row, name, values) for name, values in wanted.items())]


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
