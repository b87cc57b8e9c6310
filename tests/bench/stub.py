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
import http.client
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.bench.fleet_data import render
from tests.bench.stub_world import World

ROOT = Path(__file__).resolve().parents[2]
_REASONS = {200: "OK", 201: "Created", 300: "Multiple Choices", 401: "Unauthorized", 404: "Not Found"}
_SMALLEST = 860
"""Bytes below which nothing is compressed, as front ends do."""


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
        for end in (self.process.stdin, self.process.stdout):
            if end is not None:
                end.close()
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
    gzip: bool = False,
    ports: bool = False,
    seed: int = 5,
) -> Stub:
    """Start a stub in a process of its own and wait until it answers.

    `servers` are those of each of `clouds` x `regions` places, `latency` seconds come before every answer, `gzip`
    compresses for who asks for it, `ports` gives every server a port in Neutron's list.
    """
    command = [sys.executable, "-m", "tests.bench.stub", "--lifeline"]
    command += ["--servers", str(servers), "--regions", str(regions)]
    command += ["--latency", str(latency), "--clouds", str(clouds), "--seed", str(seed)]
    command += [name for name, wanted in (("--gzip", gzip), ("--ports", ports)) if wanted]
    # It ends when its input does: with this process, however that ends.
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=ROOT, start_new_session=True)
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


async def _serve(options: Any) -> None:
    world = World(options)
    server = await asyncio.get_running_loop().create_server(
        lambda: _Talk(world), "127.0.0.1", options.port, backlog=512
    )
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    if options.lifeline:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), server.close)
    with contextlib.suppress(asyncio.CancelledError):
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
    parser.add_argument("--lifeline", action="store_true", help="end with the input")
    parser.add_argument("--gzip", action="store_true")
    parser.add_argument("--ports", action="store_true")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
