"""The floor: aiohttp and msgspec by hand; no sign-in, no retry, no differences; plain structs of every column."""

from __future__ import annotations

from typing import Any

import aiohttp
from msgspec import Struct, field
from msgspec.json import Decoder


class Address(Struct):
    """One address."""

    addr: str = ""
    version: int = 4
    type: str = field(name="OS-EXT-IPS:type", default="")


class Flavor(Struct):
    """The embedded flavor."""

    original_name: str = ""
    vcpus: int = 0
    ram: int = 0
    disk: int = 0


class Ref(Struct):
    """Something told by id or name."""

    id: str = ""
    name: str = ""


class Server(Struct):
    """What stackdeck has columns for."""

    id: str
    name: str = ""
    status: str = ""
    tenant_id: str = ""
    created: str = ""
    updated: str = ""
    key_name: str | None = None
    locked: bool | None = None
    description: str | None = None
    image: Ref | str = ""
    flavor: Flavor | None = None
    addresses: dict[str, list[Address]] = field(default_factory=dict)
    fault: dict[str, Any] | None = None
    security_groups: list[Ref] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    zone: str | None = field(name="OS-EXT-AZ:availability_zone", default=None)
    host: str | None = field(name="OS-EXT-SRV-ATTR:host", default=None)
    task: str | None = field(name="OS-EXT-STS:task_state", default=None)
    power: int | None = field(name="OS-EXT-STS:power_state", default=None)
    volumes: list[Ref] = field(name="os-extended-volumes:volumes_attached", default_factory=list)


class Link(Struct):
    """Where the next page is."""

    href: str


class Page(Struct):
    """One answer."""

    servers: list[Server]
    servers_links: list[Link] = field(default_factory=list)


_decode = Decoder(Page).decode


async def pages(url: str, most: int = 10_000) -> list[Server]:
    """Return the servers of a list, following its links for so many pages."""
    found: list[Server] = []
    async with aiohttp.ClientSession() as session:
        while url and most:
            async with session.get(url) as answer:
                page = _decode(await answer.read())
            found += page.servers
            url = page.servers_links[0].href if page.servers_links else ""
            most -= 1
    return found
