"""Neutron's extensions, agents and zones."""

from __future__ import annotations

from tui.demo.records import Json
from tui.demo.rest import Answer, Call, Refusal, Routes, reply

EXTENSIONS = {
    "agent": ("agent", "The agent management extension."),
    "availability_zone": ("Availability Zone", "The availability zone extension."),
    "binding": ("Port Binding", "Expose port bindings of a virtual port to external application"),
    "external-net": ("Neutron external network", "Adds external network attribute to network resource."),
    "fip-port-details": ("Floating IP Port Details Extension", "Add port_details attribute to Floating IP resource"),
    "filter-validation": ("Filter parameters validation", "Provides validation on filter parameters."),
    "floatingip-pools": ("Floating IP Pools Extension", "Provides a floating IP pools API."),
    "ip-substring-filtering": (
        "IP address substring filtering",
        "Provides IP address substring filtering when listing ports",
    ),
    "net-mtu": ("Network MTU", "Provides MTU attribute for a network resource."),
    "pagination": ("Pagination support", "Extension that indicates that pagination is enabled."),
    "port-security": ("Port Security", "Provides port security"),
    "project-id": ("project_id field enabled", "Extension that indicates that project_id field is enabled."),
    "provider": ("Provider Network", "Expose mapping of virtual networks to physical networks"),
    "quota_details": ("Quota details management support", "Expose functions for quotas usage statistics per project"),
    "quotas": ("Quota management support", "Expose functions for quotas management per project"),
    "router": ("Neutron L3 Router", "Router abstraction for basic L3 forwarding and NAT gateway."),
    "security-group": ("security-group", "The security groups extension."),
    "sorting": ("Sorting support", "Extension that indicates that sorting is enabled."),
    "standard-attr-description": ("standard-attr-description", "Extension to add descriptions to standard attributes"),
    "standard-attr-revisions": (
        "Resource revision numbers",
        "This extension will display the revision number of resources",
    ),
    "standard-attr-tag": ("Tag support for resources with standard attribute", "Enables to set tag on resources"),
    "standard-attr-timestamp": ("Resource timestamps", "Adds created_at and updated_at fields"),
}
"""Alias, name and description of what this Neutron can do."""


def add_routes(routes: Routes) -> None:
    """Let the paths be found."""
    routes.add("GET", "/v2.0/extensions", extensions)
    routes.add("GET", "/v2.0/extensions/{alias}", extension)
    routes.add("GET", "/v2.0/availability_zones", zones)
    routes.add("GET", "/v2.0/agents", lambda call: reply({"agents": []}))
    routes.add("GET", "/v2.0/subnetpools", lambda call: reply({"subnetpools": []}))
    routes.add("GET", "/v2.0/address-groups", lambda call: reply({"address_groups": []}))


def _extension(alias: str) -> Json:
    name, description = EXTENSIONS[alias]
    return {
        "name": name,
        "alias": alias,
        "description": description,
        "updated": "2013-02-03T10:00:00-00:00",
        "links": [],
    }


def extensions(call: Call) -> Answer:
    """`GET /v2.0/extensions`."""
    return reply({"extensions": [_extension(alias) for alias in EXTENSIONS]})


def extension(call: Call) -> Answer:
    """`GET /v2.0/extensions/{alias}`."""
    alias = call.params["alias"]
    if alias not in EXTENSIONS:
        raise Refusal(404, f"Extension with alias {alias} does not exist")
    return reply({"extension": _extension(alias)})


def zones(call: Call) -> Answer:
    """`GET /v2.0/availability_zones`."""
    rows = [
        {"state": "available", "name": zone, "resource": kind}
        for kind in ("router", "network")
        for zone in call.place.zones
    ]
    return reply({"availability_zones": rows})
