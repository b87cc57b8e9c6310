"""A stage for one test: a Keystone and services whose every answer the test writes itself, over real HTTP."""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Seen:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    """Lower-case names."""
    body: Any

    @property
    def token(self) -> str:
        """The token it came with."""
        return self.headers.get("x-auth-token", "")


@dataclass
class Answer:
    """What to send. A dict or list becomes JSON; `length` lies about the body's length; `drop` sends nothing at all."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    drop: bool = False


_TOP = frozenset({"auth_type", "auth_methods"})

Handler = Callable[[Seen], Answer]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away: tests make them do so."""


class Stage:
    """`on` sets the answer of a path; `seen` lists what came. Services other than Keystone ask for a good token."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.tokens: set[str] = set()
        self.password = "secret"
        self.lifetime = 3600.0
        self.skew = 0.0
        self.regions = ["r1"]
        self.services = {"compute": "/compute/v2.1", "image": "/image", "network": "/network"}
        self.projects = [{"id": "p1", "name": "web", "domain_id": "default", "enabled": True}]
        self.default_project = "web"
        """What a token is for that names no project; empty: for none."""
        self.issued = 0
        self._handlers: dict[tuple[str, str], Handler] = {}
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler_class(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.on("POST", "/identity/v3/auth/tokens", self.sign_in)
        self.on("GET", "/identity/v3/auth/projects", lambda seen: Answer({"projects": self.projects}))

    def __enter__(self) -> Stage:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def on(self, method: str, path: str, answer: Answer | Handler) -> None:
        """Set what a path answers."""
        self._handlers[method, path] = answer if callable(answer) else lambda seen: answer

    def servers(self, *rows: Any, key: str = "servers", **more: Any) -> None:
        """Let Nova list these servers."""
        self.on("GET", "/compute/v2.1/servers/detail", Answer({key: list(rows), **more}))

    def entry(self, **changes: Any) -> dict[str, Any]:
        """An entry of clouds.yaml that leads here; keys of `auth` are given as `auth_<key>`, None takes one out."""
        auth: dict[str, Any] = {
            "auth_url": f"{self.url}/identity/v3",
            "username": "ann",
            "password": "secret",
            "project_name": "web",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        }
        entry: dict[str, Any] = {"auth": auth, "region_name": "r1"}
        for key, value in changes.items():
            target, name = (auth, key[5:]) if key.startswith("auth_") and key not in _TOP else (entry, key)
            target[name] = value
            if value is None:
                del target[name]
        return entry

    def count(self, method: str, path: str) -> int:
        """How many such requests came."""
        return sum(seen.method == method and seen.path == path for seen in self.seen)

    @property
    def sign_ins(self) -> int:
        """How often somebody asked for a token."""
        return self.count("POST", "/identity/v3/auth/tokens")

    def sign_in(self, seen: Seen) -> Answer:
        """Answer as Keystone does: check the password, give out a token."""
        identity = seen.body["auth"]["identity"]
        given = identity.get("password", {}).get("user", {}).get("password", self.password)
        if given != self.password:
            return unauthorized()
        return self.token(seen)

    def token(self, seen: Seen) -> Answer:
        """A fresh token with the scope that was asked for."""
        with self._lock:
            self.issued += 1
            token = f"token-{self.issued}"
            self.tokens.add(token)
        scope = seen.body["auth"].get("scope", {})
        now = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=self.skew)
        until = now + datetime.timedelta(seconds=self.lifetime)
        body: dict[str, Any] = {
            "methods": seen.body["auth"]["identity"]["methods"],
            "user": {"id": "u1", "name": "ann", "domain": {"id": "default", "name": "Default"}},
            "roles": [{"id": "1", "name": "member"}],
            "issued_at": now.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
            "expires_at": until.strftime("%Y-%m-%dT%H:%M:%S.000000Z"),
            "catalog": self.catalog(),
        }
        if "system" in scope:
            body["system"] = {"all": True}
        else:
            asked = scope.get("project", {})
            wanted = asked.get("id") or asked.get("name") or self.default_project
            if not wanted:
                body["catalog"] = []
                return Answer({"token": body}, 201, {"X-Subject-Token": token})
            found = next((p for p in self.projects if wanted in (p["id"], p["name"])), None)
            if found is None:
                return unauthorized()
            body["project"] = {**found, "domain": {"id": "default", "name": "Default"}}
        return Answer({"token": body}, 201, {"X-Subject-Token": token, "Vary": "X-Auth-Token"})

    def catalog(self) -> list[dict[str, Any]]:
        """The services in all regions."""
        services = {"identity": "/identity", **self.services}
        return [
            {
                "type": kind,
                "name": kind,
                "id": kind,
                "endpoints": [
                    {"id": region, "interface": "public", "region": region, "region_id": region, "url": self.url + path}
                    for region in self.regions
                ],
            }
            for kind, path in services.items()
        ]

    def answer(self, seen: Seen) -> Answer:
        """Answer one request."""
        with self._lock:
            self.seen.append(seen)
        if not seen.path.startswith("/identity") and seen.token not in self.tokens:
            return unauthorized()
        handler = self._handlers.get((seen.method, seen.path))
        return handler(seen) if handler else Answer({"itemNotFound": {"code": 404, "message": "No such thing"}}, 404)


def unauthorized() -> Answer:
    """Keystone's 401."""
    words = "The request you have made requires authentication."
    return Answer({"error": {"code": 401, "message": words, "title": "Unauthorized"}}, 401)


def _handler_class(stage: Stage) -> type[BaseHTTPRequestHandler]:
    class OnStage(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        """Or the body waits for the acknowledgement of the headers, 40 ms."""

        def _any(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(raw) if raw[:1] in (b"{", b"[") else raw
            answer = stage.answer(Seen(self.command, parts.path, parse_qs(parts.query), headers, body))
            if answer.drop:
                self.close_connection = True
                return
            content = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response_only(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content) if answer.length is None else answer.length))
            self.end_headers()
            self.wfile.write(content)
            if answer.length is not None:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _any

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class calls it so
            """Say nothing."""

    return OnStage
