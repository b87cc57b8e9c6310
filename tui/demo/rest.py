"""The shape of a request and its answer, and how a service finds who answers it. Knows no HTTP library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

import msgspec

from tui.demo.clock import request_id
from tui.demo.records import Json
from tui.demo.tokens import Token
from tui.demo.world import Cloud, Region, World

if TYPE_CHECKING:
    from tui.demo.faults import FaultBoard

ADMIN_ROLE = "admin"


class Refusal(Exception):
    """The service says no: a status and the words that go into its error body."""

    def __init__(self, status: int, message: str, kind: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        """The name of the error where the service's body has one (Neutron)."""
        self.headers = dict(headers or {})


@dataclass(slots=True)
class Answer:
    """What goes back to the client."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Call:
    """A request, read as far as every service needs it."""

    world: World
    cloud: Cloud
    region: Region | None
    method: str
    path: str
    """The path below the service's root, e.g. `/v2.1/servers/detail`."""
    root: str
    """The URL of the service's root, without a slash at its end."""
    query: Sequence[tuple[str, str]]
    headers: Mapping[str, str]
    raw: bytes
    token: Token | None = None
    faults: FaultBoard | None = None
    params: dict[str, str] = field(default_factory=dict)
    id: str = field(default_factory=request_id)
    microversion: int = 1
    """The minor number of the microversion asked for (Nova)."""

    @property
    def place(self) -> Region:
        """The region; every service but Keystone has one."""
        if self.region is None:
            raise Refusal(404, "The resource could not be found.")
        return self.region

    @property
    def scope(self) -> Token:
        """The token, which the service has checked before."""
        if self.token is None:
            raise Refusal(401, "The request you have made requires authentication.")
        return self.token

    @property
    def admin(self) -> bool:
        """Does the token carry the admin role?"""
        return self.token is not None and ADMIN_ROLE in self.token.roles

    def first(self, name: str, default: str | None = None) -> str | None:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every value of a query parameter."""
        return [value for key, value in self.query if key == name]

    def json(self) -> Json:
        """The body as an object."""
        try:
            body = msgspec.json.decode(self.raw)
        except msgspec.DecodeError as error:
            raise Refusal(400, "Malformed request body: not valid JSON") from error
        if not isinstance(body, dict):
            raise Refusal(400, "Malformed request body: an object is needed")
        return body


Handler = Callable[[Call], Answer]


def reply(body: Any, status: int = 200, **headers: str) -> Answer:
    """A JSON answer."""
    return Answer(status, msgspec.json.encode(body), headers={k.replace("_", "-"): v for k, v in headers.items()})


def page(call: Call, title: str, text: str, status: int) -> Answer:
    """An error as webob words it, for services that leave errors to it: JSON to who asks for it, else HTML."""
    if "application/json" in call.headers.get("Accept", ""):
        return reply({"message": f"{text}<br /><br />\n\n\n", "code": f"{status} {title}", "title": title}, status)
    body = (
        f"<html>\n <head>\n  <title>{status} {title}</title>\n </head>\n <body>\n"
        f"  <h1>{status} {title}</h1>\n  {text}<br /><br />\n\n\n\n </body>\n</html>\n"
    )
    return Answer(status, body.encode(), "text/html; charset=UTF-8")


REASONS = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Routes:
    """Finds the handler of a path. A part in braces matches anything and is handed over as a parameter."""

    def __init__(self) -> None:
        self._table: dict[tuple[str, int], list[tuple[tuple[str, ...], Handler]]] = {}
        self._paths: set[tuple[str, ...]] = set()

    def add(self, method: str, pattern: str, handler: Handler) -> None:
        """Let a handler answer a method on a path; earlier ones win."""
        parts = tuple(pattern.strip("/").split("/")) if pattern.strip("/") else ()
        self._table.setdefault((method, len(parts)), []).append((parts, handler))
        self._paths.add(parts)

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
        """The handler of a path and its parameters."""
        parts = [unquote(part) for part in path.strip("/").split("/")] if path.strip("/") else []
        for pattern, handler in self._table.get((method, len(parts)), ()):
            params = _match(pattern, parts)
            if params is not None:
                return handler, params
        return None

    def knows(self, path: str) -> bool:
        """Is there such a path under any method?"""
        parts = [unquote(part) for part in path.strip("/").split("/")]
        return any(len(p) == len(parts) and _match(p, parts) is not None for p in self._paths)


def _match(pattern: Sequence[str], parts: Sequence[str]) -> dict[str, str] | None:
    params: dict[str, str] = {}
    for want, part in zip(pattern, parts, strict=True):
        if want.startswith("{"):
            params[want[1:-1]] = part
        elif want != part:
            return None
    return params


class Service:
    """One API: its routes, and how it words what goes wrong."""

    kind = ""
    """The service type in the catalog."""
    unguarded: frozenset[str] = frozenset()
    """Paths that need no token."""

    def __init__(self) -> None:
        self.routes = Routes()

    def prepare(self, call: Call) -> None:
        """Read what this service's headers add to a call (microversions)."""

    def answer(self, call: Call) -> Answer:
        """Answer a call: find the handler, check the token, dress up what comes back."""
        try:
            self.prepare(call)
            found = self.routes.find(call.method, call.path)
            if found is None:
                answer = self.unknown(call)
            elif call.token is None and not self.open_to_all(call):
                answer = self.unauthorized(call)
            else:
                handler, call.params = found
                self.admit(call)
                answer = handler(call)
        except Refusal as refusal:
            answer = self.refuse(call, refusal)
            answer.headers.update(refusal.headers)
        self.dress(call, answer)
        return answer

    def admit(self, call: Call) -> None:
        """Refuse a token whose scope this service has no use for."""

    def open_to_all(self, call: Call) -> bool:
        """Does this path need no token?"""
        return call.path.rstrip("/") in self.unguarded

    def refuse(self, call: Call, refusal: Refusal) -> Answer:
        """The service's own error body."""
        raise NotImplementedError

    def unauthorized(self, call: Call) -> Answer:
        """The 401 of keystonemiddleware, which stands before every service."""
        answer = reply(
            {
                "error": {
                    "code": 401,
                    "title": "Unauthorized",
                    "message": "The request you have made requires authentication.",
                }
            },
            401,
        )
        answer.headers["WWW-Authenticate"] = f'Keystone uri="{identity_url(call.world, call.cloud)}"'
        return answer

    def unknown(self, call: Call) -> Answer:
        """The answer to a path that does not exist."""
        if self.routes.knows(call.path):
            return self.refuse(call, Refusal(405, "The method specified is not allowed for this resource."))
        return page(call, "Not Found", "The resource could not be found.", 404)

    def dress(self, call: Call, answer: Answer) -> None:
        """Add the headers that every answer of the service has."""
        answer.headers.setdefault("x-openstack-request-id", call.id)


def identity_url(world: World, cloud: Cloud) -> str:
    """The root of a cloud's Keystone."""
    return f"{world.base_url}/{cloud.name}/identity"


def service_url(world: World, region: Region, service: str) -> str:
    """The root of a region's service."""
    return f"{world.base_url}/{region.cloud.name}/{region.name}/{service}"


def next_link(call: Call, url: str, marker: str, **more: str) -> str:
    """The URL of another page: the same question from a marker on, its parameters in order."""
    pairs = [(k, v) for k, v in call.query if k not in ("marker", *more)]
    pairs += [("marker", marker), *more.items()]
    return f"{url}?{urlencode(sorted(pairs))}"
