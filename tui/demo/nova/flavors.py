"""Flavors: sizes of servers."""

from __future__ import annotations

from tui.demo.nova.listing import page_size
from tui.demo.nova.view import links
from tui.demo.records import Flavor, Json
from tui.demo.rest import Answer, Call, Refusal, Routes, next_link, reply


def add_routes(routes: Routes, base: str) -> None:
    """Let the flavors' paths be found."""
    routes.add("GET", f"{base}/flavors", list_brief)
    routes.add("GET", f"{base}/flavors/detail", list_detailed)
    routes.add("GET", f"{base}/flavors/{{flavor}}", show)
    routes.add("GET", f"{base}/flavors/{{flavor}}/os-extra_specs", extra_specs)
    routes.add("GET", f"{base}/flavors/{{flavor}}/os-flavor-access", access)


def list_brief(call: Call) -> Answer:
    """`GET /flavors`."""
    return _list(call, "flavors", detail=False)


def list_detailed(call: Call) -> Answer:
    """`GET /flavors/detail`."""
    return _list(call, "flavors/detail", detail=True)


def _list(call: Call, collection: str, detail: bool) -> Answer:
    public = (call.first("is_public") or "true").lower()
    ordered = sorted(call.place.flavors.values(), key=lambda f: f.id)
    rows = [f for f in ordered if _wanted(call, f, public)]
    marker = call.first("marker")
    if marker is not None:
        places = [i for i, f in enumerate(rows) if f.id == marker]
        if not places:
            raise Refusal(400, f"marker [{marker}] not found")
        rows = rows[places[0] + 1 :]
    limit = page_size(call)
    page = rows[:limit]
    body: Json = {"flavors": [view(call, f) if detail else _brief(call, f) for f in page]}
    if page and len(page) == limit:
        href = next_link(call, f"{call.root}/v2.1/{collection}", page[-1].id)
        body["flavors_links"] = [{"rel": "next", "href": href}]
    return reply(body)


def _wanted(call: Call, flavor: Flavor, public: str) -> bool:
    if not call.admin:
        return flavor.public or call.scope.project_id in flavor.access
    if public == "none":
        return True
    return flavor.public is (public in ("1", "t", "true", "on", "y", "yes"))


def _brief(call: Call, flavor: Flavor) -> Json:
    body: Json = {"id": flavor.id, "name": flavor.name, "links": links(call, "flavors", flavor.id)}
    if call.microversion >= 55:
        body["description"] = flavor.description
    return body


def view(call: Call, flavor: Flavor) -> Json:
    """A flavor in full."""
    body: Json = {
        "id": flavor.id,
        "name": flavor.name,
        "ram": flavor.ram,
        "disk": flavor.disk,
        "swap": flavor.swap or (0 if call.microversion >= 75 else ""),
        "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral,
        "OS-FLV-DISABLED:disabled": flavor.disabled,
        "vcpus": flavor.vcpus,
        "os-flavor-access:is_public": flavor.public,
        "rxtx_factor": 1.0,
        "links": links(call, "flavors", flavor.id),
    }
    if call.microversion >= 55:
        body["description"] = flavor.description
    if call.microversion >= 61:
        body["extra_specs"] = flavor.extra_specs
    return body


def find(call: Call, ident: str) -> Flavor:
    """A flavor that the caller may see."""
    flavor = call.place.flavors.get(ident)
    if flavor is None or not (flavor.public or call.admin or call.scope.project_id in flavor.access):
        raise Refusal(404, f"Flavor {ident} could not be found.")
    return flavor


def show(call: Call) -> Answer:
    """`GET /flavors/{flavor}`."""
    return reply({"flavor": view(call, find(call, call.params["flavor"]))})


def extra_specs(call: Call) -> Answer:
    """`GET /flavors/{flavor}/os-extra_specs`."""
    return reply({"extra_specs": find(call, call.params["flavor"]).extra_specs})


def access(call: Call) -> Answer:
    """`GET /flavors/{flavor}/os-flavor-access`: who may use a private flavor."""
    if not call.admin:
        raise Refusal(403, "Policy doesn't allow os_compute_api:os-flavor-access to be performed.")
    flavor = find(call, call.params["flavor"])
    if flavor.public:
        raise Refusal(404, "Access list not available for public flavors.")
    return reply({"flavor_access": [{"flavor_id": flavor.id, "tenant_id": ident} for ident in flavor.access]})
