"""The service catalog: which services there are, and where."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

from tui.demo.records import Json
from tui.demo.rest import Call, identity_url, service_url

INTERFACES = ("admin", "internal", "public")


class Entry(NamedTuple):
    """A service as Keystone knows it."""

    type: str
    name: str
    suffix: str
    """What the endpoint's URL has behind the service's root."""


ENTRIES = (
    Entry("network", "neutron", ""),
    Entry("compute", "nova", "/v2.1"),
    Entry("image", "glance", ""),
    Entry("identity", "keystone", "/v3"),
)


def service_id(cloud: str, kind: str) -> str:
    """A service's id: the same in every run."""
    return hashlib.sha256(f"{cloud}/{kind}".encode()).hexdigest()[:32]


def endpoints(call: Call, entry: Entry) -> Iterator[Json]:
    """The endpoints of a service, without those that a fault hides."""
    for region in call.cloud.regions.values():
        if call.faults and call.faults.hit("no-service", (call.cloud.name, region.name, entry.type)):
            continue
        root = identity_url(call.world, call.cloud)
        if entry.type != "identity":
            root = service_url(call.world, region, entry.type)
        for interface in INTERFACES:
            yield {
                "id": service_id(region.key, entry.type + interface),
                "interface": interface,
                "region_id": region.name,
                "url": root + entry.suffix,
                "region": region.name,
            }


def catalog_of(call: Call) -> list[Json]:
    """The catalog as it comes with a token."""
    catalog = []
    for entry in ENTRIES:
        found = list(endpoints(call, entry))
        if found:
            ident = service_id(call.cloud.name, entry.type)
            catalog.append({"endpoints": found, "id": ident, "type": entry.type, "name": entry.name})
    return catalog
