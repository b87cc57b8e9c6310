"""A stub cloud that costs next to nothing to ask: Keystone, Nova, Glance and Neutron from text rendered beforehand.

    with start(servers=10_000, regions=1, latency=0.0) as stub:
        stub.clouds_file            # a clouds.yaml; its entries are stub.clouds ("stub", or "c1", "c2" …)
        stub.change(5)              # five servers of the first place get another status, and a newer `updated`
        stub.requests()             # [{"method", "path", "bytes", "at"}] since stub.forget()

It has real pagination (limit, marker, links), `changes-since`, single servers, deletions, ports, and can be slow, hang
or compress. What it answers is 2.7 kB a server as Nova's own at 2.96; it has no cost of Nova's, so that figures taken
against it are the client's. It runs in a process of its own: `python -m tests.bench.stub --servers 100`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import http.client
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.bench.fleet_data import STATUSES, Maker, render

ROOT = Path(__file__).resolve().parents[2]
_SERVICES = {
    "identity": "identity/v3",
    "compute": "compute/v2.1",
    "image": "image",
    "network": "network",
    "placement": "placement",
    "volumev3": "volume/v3",
}
_REASONS = {200: "OK", 201: "Created", 300: "Multiple Choices", 401: "Unauthorized", 404: "Not Found"}
_MOST = 1000
_SMALLEST = 860
"""Bytes below which nothing is compressed, as front ends do."""
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
            since = datetime.fromisoformat(query["changes-since"]).timestamp()
            told = [text for when, text in reversed(self.changed.values()) if when >= since]
            return b'{"servers": [' + b", ".join(told[:_MOST]) + b"]}"
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


class Stub:
    """A running stub; a context manager."""

    def __init__(self, process: subprocess.Popen[str], url: str, clouds: list[str], regions: list[str]) -> None:
        self.process = process
        self.url = url
        self.clouds = clouds
        self.regions = regions
        self._directory = tempfile.TemporaryDirectory(prefix="stackdeck-stub-")
        self.clouds_file = Path(self._directory.name) / "clouds.yaml"
        self.clouds_file.write_text(json.dumps({"clouds": {name: self._entry(name) for name in clouds}}))

    def __enter__(self) -> Stub:
        return self

    def __exit__(self, *raised: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._directory.cleanup()

    def environment(self, cloud: str = "") -> dict[str, str]:
        """Return the variables that lead any client there."""
        return {
            "OS_CLIENT_CONFIG_FILE": str(self.clouds_file),
            "OS_CLOUD": cloud or self.clouds[0],
            "OS_REGION_NAME": self.regions[0],
        }

    def servers_url(self, cloud: str = "", region: str = "") -> str:
        """Return where a place's servers are listed, for clients that need no Keystone."""
        return f"{self.url}/{cloud or self.clouds[0]}/{region or self.regions[0]}/compute/v2.1/servers/detail"

    def change(self, count: int, *, cloud: str = "", region: str = "", **values: Any) -> list[str]:
        """Change servers of a place, always the next ones; `values` instead of another status. Returns their ids."""
        found: list[str] = self._ask("change", {"count": count, "cloud": cloud, "region": region, **values})
        return found

    def replace(self, count: int, *, cloud: str = "", region: str = "") -> list[str]:
        """Delete servers of a place and make as many new ones; returns the ids of these."""
        found: list[str] = self._ask("replace", {"count": count, "cloud": cloud, "region": region})
        return found

    def set(self, **values: Any) -> None:
        """Set `latency` in seconds, or `hanging`: a list of regions that answer nothing from now on."""
        self._ask("set", values)

    def requests(self) -> list[dict[str, Any]]:
        """Return what was asked."""
        found: list[dict[str, Any]] = self._ask("log", {})
        return found

    def forget(self) -> None:
        """Forget what was asked."""
        self._ask("forget", {})

    def _entry(self, name: str) -> dict[str, object]:
        auth = {
            "auth_url": f"{self.url}/{name}/identity/v3",
            "username": "admin",
            "password": "secret",
            "project_name": "admin",
            "user_domain_id": "default",
            "project_domain_id": "default",
        }
        where = {"region_name": self.regions[0]} if len(self.regions) == 1 else {"regions": self.regions}
        return {"auth": auth, "identity_api_version": "3", **where}

    def _ask(self, deed: str, body: dict[str, Any]) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        with contextlib.closing(connection):
            connection.request("POST", f"/_stub/{deed}", json.dumps(body))
            return json.loads(connection.getresponse().read())


def start(
    servers: int = 10_000,
    regions: int = 1,
    latency: float = 0.0,
    *,
    clouds: int = 1,
    gzip: bool = False,  # noqa: A002 - it is called so
    ports: bool = False,
    seed: int = 5,
) -> Stub:
    """Start a stub in a process of its own and wait until it answers.

    `servers` are those of each of `clouds` x `regions` places, `latency` seconds come before every answer, `gzip`
    compresses for who asks for it, `ports` gives every server a port in Neutron's list.
    """
    command = [sys.executable, "-m", "tests.bench.stub", "--servers", str(servers), "--regions", str(regions)]
    command += ["--latency", str(latency), "--clouds", str(clouds), "--seed", str(seed)]
    command += [name for name, wanted in (("--gzip", gzip), ("--ports", ports)) if wanted]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True)
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        process.wait()
        raise RuntimeError(f"the stub ended with {process.returncode}")
    names = ["stub"] if clouds == 1 else [f"c{number}" for number in range(1, clouds + 1)]
    return Stub(process, line.strip(), names, [f"r{number}" for number in range(1, regions + 1)])


class _Talk(asyncio.Protocol):
    """One connection: HTTP/1.1, kept alive, answered in order."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._held = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._held += data
        while (end := self._held.find(b"\r\n\r\n")) >= 0:
            lines = self._held[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            whole = end + 4 + int(headers.get("content-length", 0))
            if len(self._held) < whole:
                return
            body, self._held = self._held[end + 4 : whole], self._held[whole:]
            method, target, _ = lines[0].split(" ", 2)
            self._one(method, target, headers, body)

    def _one(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        world = self._world
        if target.startswith("/_stub/"):
            self._send(200, render(world.control(target.rpartition("/")[2], json.loads(body or b"{}"))), "")
            return
        status, text, more = world.answer(method, target, headers.get("host", ""))
        if world.gzip and "gzip" in headers.get("accept-encoding", "") and len(text) >= _SMALLEST:
            text, more = world.zipped(text), f"{more}Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n"
        world.log.append({"method": method, "path": target, "bytes": len(text), "at": time.time()})
        version = headers.get("openstack-api-version", "compute 2.1")
        more += f"OpenStack-API-Version: {version}\r\nx-openstack-request-id: req-{len(world.log)}\r\n"
        if any(f"/{region}/" in target for region in world.hanging):
            return
        if world.latency:
            asyncio.get_running_loop().call_later(world.latency, self._send, status, text, more)
        else:
            self._send(status, text, more)

    def _send(self, status: int, body: bytes, more: str) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        head = f"HTTP/1.1 {status} {_REASONS.get(status, 'Other')}\r\nContent-Type: application/json\r\n"
        head += f"Content-Length: {len(body)}\r\n{more}\r\n"
        self._transport.write(head.encode("latin-1"))
        self._transport.write(body)


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


async def _serve(options: Any) -> None:
    world = World(options)
    server = await asyncio.get_running_loop().create_server(
        lambda: _Talk(world), "127.0.0.1", options.port, backlog=512
    )
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--servers", type=int, default=100)
    parser.add_argument("--regions", type=int, default=1)
    parser.add_argument("--clouds", type=int, default=1)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--gzip", action="store_true")
    parser.add_argument("--ports", action="store_true")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
