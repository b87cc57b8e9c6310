"""The service catalog: which services there are, and where."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from tui.demo.records import Json
from tui.demo.rest import Call, identity_url, service_url
from tui.demo.tokens import Token

INTERFACES = ("admin", "internal", "public")


class Entry(NamedTuple):
    """A service as Keystone knows it."""

    type: str
    name: str
    suffix: str
    """What the endpoint's URL has behind the service's root; `{project}` stands for the token's."""
    root: str = ""
    """The service's root, when it is not called as its type."""


ENTRIES = (
    Entry("network", "neutron", ""),
    Entry("compute", "nova", "/v2.1"),
    Entry("image", "glance", ""),
    Entry("volumev3", "cinderv3", "/v3/{project}", "block-storage"),
    Entry("block-storage", "cinder", "/v3/{project}"),
    Entry("load-balancer", "octavia", ""),
    Entry("identity", "keystone", "/v3"),
)


def service_id(cloud: str, kind: str) -> str:
    """A service's id: the same in every run."""
    return hashlib.sha256(f"{cloud}/{kind}".encode()).hexdigest()[:32]


def endpoints(call: Call, entry: Entry, project: str = "$(project_id)s") -> Iterator[Json]:
    """The endpoints of a service, without those that a fault hides."""
    suffix = entry.suffix.format(project=project)
    for region in call.cloud.regions.values():
        if call.faults and call.faults.hit("no-service", (call.cloud.name, region.name, entry.type)):
            continue
        root = identity_url(call.world, call.cloud)
        if entry.type != "identity":
            root = service_url(call.world, region, entry.root or entry.type)
        for interface in INTERFACES:
            yield {
                "id": service_id(region.key, entry.type + interface),
                "interface": interface,
                "region_id": region.name,
                "url": root + suffix,
                "region": region.name,
            }


def catalog_of(call: Call, token: Token) -> list[Json]:
    """The catalog as it comes with a token; one without a project has no endpoints that need one."""
    catalog = []
    for entry in ENTRIES:
        if "{project}" in entry.suffix and token.project_id is None:
            continue
        found = list(endpoints(call, entry, token.project_id or ""))
        if found:
            ident = service_id(call.cloud.name, entry.type)
            catalog.append({"endpoints": found, "id": ident, "type": entry.type, "name": entry.name})
    return catalog
