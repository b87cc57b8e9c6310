"""The HTTP side of the demo clouds: takes requests, lets the faults have their way, hands them to the services."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from email.utils import formatdate

from aiohttp import web

from tui.demo.cinder.storing import Storing
from tui.demo.control import Control
from tui.demo.faults import Fault, FaultBoard, segments
from tui.demo.glance import ImageService
from tui.demo.keystone.identity import Identity
from tui.demo.mischief import compress, refusal_for, spoil
from tui.demo.neutron.networking import Networking
from tui.demo.nova.compute import Compute
from tui.demo.octavia.balancing import Balancing
from tui.demo.rest import Answer, Call, Refusal, Service
from tui.demo.tally import READING, Tally
from tui.demo.tokens import Token, TokenStore
from tui.demo.world import Cloud, Region, World

LOG = logging.getLogger(__name__)

BACKLOG = 512
PIECES = 20
"""Pieces a second in which a throttled body comes."""

UNEXPECTED = "Unexpected API Error. Please report this at http://bugs.launchpad.net/nova/ and attach the Nova API log."


class DemoServer:
    """Answers for every cloud on one port."""

    def __init__(self, world: World, faults: FaultBoard, latency: float = 0.0) -> None:
        self.world = world
        self.faults = faults
        self.latency = latency
        self.tokens = TokenStore()
        self.tally = Tally()
        self.identity: Service = Identity(self.tokens)
        self.services: dict[str, Service] = {
            s.kind: s for s in (Compute(), ImageService(), Networking(), Storing(), Balancing())
        }
        self.control = Control(world, faults, self.tally, self.tokens)
        self._runner: web.ServerRunner | None = None

    async def start(self, port: int, tls: ssl.SSLContext | None = None) -> str:
        """Bind to loopback and begin to answer; the URL of all services."""
        self._runner = web.ServerRunner(web.Server(self.handle), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port, ssl_context=tls, backlog=BACKLOG)
        await site.start()
        bound = self._runner.addresses[0][1]
        self.world.base_url = f"{'https' if tls else 'http'}://127.0.0.1:{bound}"
        return self.world.base_url

    async def stop(self) -> None:
        """Stop answering."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request."""
        path = request.rel_url.raw_path
        raw = await request.read() if request.can_read_body else b""
        if path.startswith("/_demo/"):
            return _respond(self.control.answer(request.method, path, raw), None)
        parts = segments(path)
        hits = self.faults.hitting(parts)
        call, service = self._call(request, path, raw)
        self.tally.count(request.method, path, parts, call)
        await self._delay(hits)
        if any(fault.kind == "drop" for fault in hits):
            return _drop(request)
        if any(fault.kind == "hang" for fault in hits):
            await asyncio.Event().wait()
        answer = self._answer(call, service, hits)
        if request.method not in READING and any(fault.kind == "unanswered" for fault in hits):
            await asyncio.Event().wait()
        spoiled = compress(spoil(answer, hits), hits, request.headers.get("Accept-Encoding", ""))
        cut = any(fault.kind == "truncate" for fault in hits)
        length = len(spoiled.body) // 2 if cut else len(spoiled.body)
        self.tally.answered(length, gzipped="Content-Encoding" in spoiled.headers)
        rate = next((fault.value for fault in hits if fault.kind == "throttle"), 0.0)
        if cut or rate:
            return await _send(request, spoiled, length, rate)
        return _respond(spoiled, _skew(call))

    async def _delay(self, hits: list[Fault]) -> None:
        wait = self.latency + sum(fault.value for fault in hits if fault.kind == "latency")
        if wait > 0:
            await asyncio.sleep(wait)

    def _call(self, request: web.BaseRequest, path: str, raw: bytes) -> tuple[Call | None, Service | None]:
        """What a path is about: the cloud, the region, the service and the rest of it."""
        parts = path.strip("/").split("/")
        cloud = self.world.clouds.get(parts[0])
        if cloud is None or len(parts) < 2:
            return None, None
        region: Region | None = None
        if parts[1] == "identity":
            service, used = self.identity, 2
        else:
            region = cloud.regions.get(parts[1])
            found = self.services.get(parts[2]) if region is not None and len(parts) > 2 else None
            if found is None:
                return None, None
            service, used = found, 3
        root = "/".join([self.world.base_url, *parts[:used]])
        rest = "/" + "/".join(parts[used:]) + ("/" if path.endswith("/") and len(parts) > used else "")
        query = list(request.rel_url.query.items())
        token = self._token(cloud, request.headers.get("X-Auth-Token"))
        call = Call(
            self.world, cloud, region, request.method, rest, root, query, request.headers, raw, token, self.faults
        )
        return call, service

    def _token(self, cloud: Cloud, ident: str | None) -> Token | None:
        return self.tokens.find(cloud, ident) if ident else None

    def _answer(self, call: Call | None, service: Service | None, hits: list[Fault]) -> Answer:
        if call is None or service is None:
            return Answer(404, b"404: Not Found", "text/plain; charset=utf-8")
        refusal = refusal_for(call, hits, self.tokens)
        if refusal is None:
            try:
                return service.answer(call)
            except Exception:
                LOG.exception("%s %s", call.method, call.path)
                refusal = Refusal(500, UNEXPECTED)
        answer = service.unauthorized(call) if refusal.status == 401 else service.refuse(call, refusal)
        answer.headers.update(refusal.headers)
        service.dress(call, answer)
        return answer


def _skew(call: Call | None) -> str | None:
    """The Date header of a place whose clock is off."""
    if call is None:
        return None
    skew = call.region.skew if call.region is not None else call.cloud.skew
    return formatdate(call.cloud.now() - call.cloud.skew + skew, usegmt=True) if skew else None


def _respond(answer: Answer, date: str | None) -> web.Response:
    response = web.Response(status=answer.status, body=answer.body)
    if answer.body or answer.status not in (204, 202):
        response.headers["Content-Type"] = answer.content_type
    for name, value in answer.headers.items():
        response.headers[name] = value
    if date is not None:
        response.headers["Date"] = date
    return response


def _drop(request: web.BaseRequest) -> web.Response:
    """Close the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _send(request: web.BaseRequest, answer: Answer, length: int, rate: float = 0.0) -> web.StreamResponse:
    """Send so much of a body, in `rate` bytes a second if given, and close the connection as if it were whole."""
    response = web.StreamResponse(status=answer.status)
    response.headers["Content-Type"] = answer.content_type
    response.headers["Connection"] = "close"
    for name, value in answer.headers.items():
        response.headers[name] = value
    response.content_length = length
    response.force_close()
    await response.prepare(request)
    step = max(int(rate / PIECES), 1) if rate else max(length, 1)
    for start in range(0, length, step):
        await response.write(answer.body[start : min(start + step, length)])
        if rate:
            await asyncio.sleep(1 / PIECES)
    return response


async def serve(
    server: DemoServer, ended: Awaitable[object], when_up: Callable[[str], None], port: int, tls: ssl.SSLContext | None
) -> None:
    """Answer until `ended` comes true."""
    url = await server.start(port, tls)
    try:
        when_up(url)
        await ended
    finally:
        with suppress(asyncio.CancelledError):
            await server.stop()
