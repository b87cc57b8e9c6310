"""What the stub answers, and from what: servers of each place, rendered beforehand, that can change and go."""

from __future__ import annotations

import gzip
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.bench.fleet_data import STATUSES, Maker, render

_SERVICES = {
    "identity": "identity/v3",
    "compute": "compute/v2.1",
    "image": "image",
    "network": "network",
    "placement": "placement",
    "volumev3": "volume/v3",
}
_MOST = 1000
_CLOUD = re.compile(r"^/(?P<cloud>[^/]+)/(?P<rest>.*)$")
Query = dict[str, str]
Found = tuple[int, bytes, str]
"""Status, body, further header lines."""


@dataclass(slots=True)
class Fleet:
    """The servers of one place. Deleted ones leave a hole, so that a marker keeps its position."""

    maker: Maker
    rows: list[bytes | None] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    at: dict[str, int] = field(default_factory=dict)
    changed: dict[str, tuple[float, bytes]] = field(default_factory=dict)
    """By id: when, and how it was told then; the newest last."""
    made: int = 0
    turn: int = 0
    """Which server is changed next."""

    def add(self, count: int, updated: str = "") -> list[str]:
        """Make servers."""
        added = []
        for _ in range(count):
            server = self.maker.server(self.made, updated)
            self.made += 1
            ident = str(server["id"])
            self.at[ident] = len(self.rows)
            self.ids.append(ident)
            self.rows.append(render(server))
            if updated:
                self._note(ident, self.rows[-1] or b"")
            added.append(ident)
        return added

    def change(self, count: int, **values: Any) -> list[str]:
        """Give some servers, one after another, another status, or other values."""
        chosen = []
        for ident in self._next(count):
            server = json.loads(self.rows[self.at[ident]] or b"{}")
            before = STATUSES.index(server["status"]) if server["status"] in STATUSES else 0
            server |= {"status": STATUSES[(before + 90) % len(STATUSES)], "updated": _now(), **values}
            server["OS-EXT-STS:vm_state"] = server["status"].lower()
            self.rows[self.at[ident]] = render(server)
            self._note(ident, self.rows[self.at[ident]] or b"")
            chosen.append(ident)
        return chosen

    def replace(self, count: int) -> list[str]:
        """Delete some servers and make as many new ones."""
        for ident in self._next(count):
            place = self.at.pop(ident)
            server = json.loads(self.rows[place] or b"{}")
            server |= {"status": "DELETED", "updated": _now(), "OS-EXT-STS:vm_state": "deleted"}
            self.rows[place] = None
            self._note(ident, render(server))
        return self.add(count, _now())

    def page(self, query: Query, link: str) -> bytes:
        """Answer a list: all, or what changed."""
        if "changes-since" in query:
            return self._changes(query, link)
        limit = min(int(query.get("limit", _MOST)), _MOST)
        # A marker that is gone would be a 400 from Nova; here the list ends.
        place = self.at.get(query["marker"], len(self.rows)) + 1 if "marker" in query else 0
        found: list[bytes] = []
        last = place
        while last < len(self.rows) and len(found) < limit:
            row = self.rows[last]
            if row is not None:
                found.append(row)
            last += 1
        body = b'{"servers": [' + b", ".join(found) + b"]"
        if last < len(self.rows):
            more = "".join(f"{key}={value}&" for key, value in query.items() if key != "marker")
            href = f"{link}?{more}marker={self.ids[last - 1]}"
            body += b', "servers_links": [{"rel": "next", "href": "%s"}]' % href.encode()
        return body + b"}"

    def _changes(self, query: Query, link: str) -> bytes:
        """Answer what changed, the newest first; with a link beyond a thousand, as Nova does."""
        since = datetime.fromisoformat(query["changes-since"]).timestamp()
        found: list[bytes] = []
        skip, last = query.get("marker", ""), ""
        for ident, (when, text) in reversed(self.changed.items()):
            if when < since:
                break
            if skip:
                skip = "" if ident == skip else skip
            elif len(found) == _MOST:
                href = f"{link}?changes-since={query['changes-since']}&marker={last}".encode()
                link_text = b', "servers_links": [{"rel": "next", "href": "%s"}]' % href
                return b'{"servers": [' + b", ".join(found) + b"]" + link_text + b"}"
            else:
                found.append(text)
                last = ident
        return b'{"servers": [' + b", ".join(found) + b"]}"

    def _next(self, count: int) -> Iterator[str]:
        left = min(count, len(self.at))
        while left:
            place = self.turn % len(self.ids)
            self.turn += 1
            if self.rows[place] is not None:
                left -= 1
                yield self.ids[place]

    def _note(self, ident: str, text: bytes) -> None:
        self.changed.pop(ident, None)
        self.changed[ident] = (time.time() // 1, text)


class World:
    """What all requests are answered from."""

    def __init__(self, options: Any) -> None:
        self.latency: float = options.latency
        self.gzip: bool = options.gzip
        self.ports: bool = options.ports
        self.hanging: set[str] = set()
        """Regions that answer nothing."""
        self.regions = [f"r{number}" for number in range(1, options.regions + 1)]
        self.clouds = ["stub"] if options.clouds == 1 else [f"c{number}" for number in range(1, options.clouds + 1)]
        self.log: list[dict[str, object]] = []
        self._zipped: dict[bytes, bytes] = {}
        seeds = ((cloud, region) for cloud in self.clouds for region in self.regions)
        self.fleets = {place: Fleet(Maker(options.seed + number)) for number, place in enumerate(seeds)}
        self.maker = next(iter(self.fleets.values())).maker
        for fleet in self.fleets.values():
            fleet.add(options.servers)
        self._fixed = {
            "flavors": render({"flavors": [_flavor(one) for one in self.maker.flavors]}),
            "images": render({"images": [_image(one, self.maker.projects[0]) for one in self.maker.images]}),
            "networks": render({"networks": [_network(number, self.maker.projects[0]) for number in range(40)]}),
        }

    def fleet(self, cloud: str = "", region: str = "") -> Fleet:
        """Return a place's servers; of the first where none is named."""
        return self.fleets[cloud or self.clouds[0], region or self.regions[0]]

    def control(self, deed: str, body: dict[str, Any]) -> object:
        """Do what a benchmark asks: outside the log, never slow."""
        if deed in {"change", "replace", "add"}:
            fleet = self.fleet(body.pop("cloud", ""), body.pop("region", ""))
            if deed == "add":
                return fleet.add(body["count"], _now())
            return getattr(fleet, deed)(**body)
        if deed == "set":
            self.latency = body.get("latency", self.latency)
            self.hanging = set(body.get("hanging", self.hanging))
        if deed == "forget":
            self.log.clear()
        return self.log

    def answer(self, method: str, target: str, host: str) -> Found:
        """Answer one request."""
        parts = urlsplit(target)
        found = _CLOUD.match(parts.path)
        if found is None or found["cloud"] not in self.clouds:
            return 404, b"{}", ""
        cloud, root = found["cloud"], f"http://{host}/{found['cloud']}"
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        words = found["rest"].rstrip("/").split("/")
        if words[0] == "identity":
            return self._identity(method, words[1:], root)
        services: dict[str, Callable[..., Found]] = {
            "compute": self._compute,
            "image": self._images,
            "network": self._networks,
        }
        if words[0] in self.regions and len(words) > 1 and words[1] in services:
            base = f"{root}/{words[0]}/{words[1]}"
            return services[words[1]](self.fleet(cloud, words[0]), words[2:], query, base)
        return 404, b'{"itemNotFound": {"message": "not in the stub", "code": 404}}', ""

    def zipped(self, body: bytes) -> bytes:
        """Compress a body as a front end would; each only once, for it is the client that is measured."""
        found = self._zipped.get(body)
        if found is None:
            found = self._zipped[body] = gzip.compress(body, 6)
            if len(self._zipped) > 100:
                del self._zipped[next(iter(self._zipped))]
        return found

    def _identity(self, method: str, words: list[str], root: str) -> Found:
        version = _version("v3.14", "stable", f"{root}/identity/v3/", **{"media-types": []})
        if not words:
            return 300, render({"versions": {"values": [version]}}), ""
        if words == ["v3"]:
            return 200, render({"version": version}), ""
        project = {"id": self.maker.projects[0], "name": "admin", "domain": {"id": "default", "name": "Default"}}
        if words[1:] == ["auth", "tokens"]:
            token = {
                "methods": ["password"],
                "user": {"id": self.maker.users[0], "name": "admin", "domain": project["domain"]},
                "project": project,
                "is_domain": False,
                "roles": [{"id": "r", "name": "admin"}],
                "issued_at": "2025-11-20T08:00:00.000000Z",
                "expires_at": "2035-11-20T08:00:00.000000Z",
                "audit_ids": ["a"],
                "catalog": self._catalog(root),
            }
            head = f"X-Subject-Token: gAAAAAB{'x' * 180}\r\n"
            return 201 if method == "POST" else 200, render({"token": token}), head
        if words[1:] in (["projects"], ["auth", "projects"]):
            named = [{"id": one, "name": f"proj-{number}"} for number, one in enumerate(self.maker.projects)]
            listed = [{**one, "domain_id": "default", "enabled": True, "links": {}} for one in named]
            return 200, render({"projects": listed, "links": {"next": None}}), ""
        return 404, b"{}", ""

    def _catalog(self, root: str) -> list[dict[str, object]]:
        return [
            {
                "type": service,
                "name": service,
                "id": service,
                "endpoints": [
                    {
                        "id": f"{service}-{region}-{face}",
                        "interface": face,
                        "region_id": region,
                        "region": region,
                        "url": f"{root}/{path}" if service == "identity" else f"{root}/{region}/{path}",
                    }
                    for region in self.regions
                    for face in ("public", "internal", "admin")
                ],
            }
            for service, path in _SERVICES.items()
        ]

    def _compute(self, fleet: Fleet, words: list[str], query: Query, base: str) -> Found:
        version = _version("v2.1", "CURRENT", f"{base}/v2.1/", version="2.96", min_version="2.1")
        if not words:
            return 200, render({"versions": [version]}), ""
        if words == ["v2.1"]:
            return 200, render({"version": version}), ""
        if words[1:2] == ["servers"] and words[2:] in ([], ["detail"]):
            return 200, fleet.page(query, "/".join([base, *words])), ""
        if words[1:2] == ["servers"] and words[2] in fleet.at:
            return 200, b'{"server": ' + (fleet.rows[fleet.at[words[2]]] or b"{}") + b"}", ""
        if words[1:2] == ["flavors"]:
            return 200, b'{"flavors": []}' if "marker" in query else self._fixed["flavors"], ""
        return 404, b'{"itemNotFound": {"message": "not in the stub", "code": 404}}', ""

    def _images(self, fleet: Fleet, words: list[str], query: Query, base: str) -> Found:
        if not words:
            return 300, render({"versions": [_version("v2.17", "CURRENT", f"{base}/v2/")]}), ""
        if words[1:] == ["images"]:
            return 200, b'{"images": []}' if "marker" in query else self._fixed["images"], ""
        return 404, b"{}", ""

    def _networks(self, fleet: Fleet, words: list[str], query: Query, base: str) -> Found:
        if not words:
            return 200, render({"versions": [_version("v2.0", "CURRENT", f"{base}/v2.0/")]}), ""
        if words[1:] == ["networks"]:
            return 200, self._fixed["networks"], ""
        if words[1:] == ["ports"] and self.ports:
            return 200, b'{"ports": [' + b", ".join(_ports(fleet)) + b"]}", ""
        if len(words) == 2:
            return 200, render({words[1].replace("-", "_"): []}), ""
        return 200, b'{"resources": []}', ""


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _version(ident: str, status: str, link: str, **more: object) -> dict[str, object]:
    updated = "2025-01-01T00:00:00Z"
    return {"id": ident, "status": status, "updated": updated, "links": [{"rel": "self", "href": link}], **more}


def _flavor(flavor: dict[str, Any]) -> dict[str, object]:
    more = {"OS-FLV-DISABLED:disabled": False, "OS-FLV-EXT-DATA:ephemeral": 0, "os-flavor-access:is_public": True}
    return {**flavor, **more, "swap": 0, "rxtx_factor": 1.0, "description": None, "links": []}


def _image(image: dict[str, Any], owner: str) -> dict[str, object]:
    return {
        **image,
        "status": "active",
        "visibility": "public",
        "size": 2**31,
        "min_disk": 0,
        "min_ram": 0,
        "disk_format": "qcow2",
        "container_format": "bare",
        "checksum": "d" * 32,
        "owner": owner,
        "protected": False,
        "os_hidden": False,
        "tags": [],
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-01T00:00:00Z",
        "file": f"/v2/images/{image['id']}/file",
    }


def _network(number: int, owner: str) -> dict[str, object]:
    return {
        "id": f"net-{number}",
        "name": f"tenant-net-{number:02d}",
        "status": "ACTIVE",
        "admin_state_up": True,
        "shared": False,
        "router:external": False,
        "subnets": [],
        "project_id": owner,
        "mtu": 1450,
    }


def _ports(fleet: Fleet) -> Iterator[bytes]:
    """One port for each server: the fields that a client asks for, as it asks for them."""
    for number, ident in enumerate(fleet.ids):
        if fleet.rows[number] is not None:
            low = f"{number >> 8 & 255}.{number & 255}"
            yield (
                b'{"id": "p-%s", "device_id": "%s", "device_owner": "compute:az%d", "status": "ACTIVE", '
                b'"network_id": "net-%d", "mac_address": "fa:16:3e:00:00:00", "security_groups": [], '
                b'"fixed_ips": [{"subnet_id": "s", "ip_address": "10.%d.%s"}]}'
                % (ident.encode(), ident.encode(), number % 3, number % 40, number >> 16 & 255, low.encode())
            )
