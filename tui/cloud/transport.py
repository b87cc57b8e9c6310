"""Sockets and sessions: one pool of connections per transport, guarded, with two time-outs.

Imported late: it pulls in requests and keystoneauth1.
"""

from __future__ import annotations

import logging
import socket
import time
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests
import urllib3
from keystoneauth1 import session as ks_session
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection

from tui import __version__
from tui.cloud import doing, guard
from tui.cloud.compressing import Lines, accepted, is_compressed
from tui.cloud.dialing import Dial, pools
from tui.cloud.errors import safe_url
from tui.model.ssh import Dialer, Hop

POOL = 64
"""Connections kept to one host: more than the threads of all its places."""

AGENT = f"stackdeck/{__version__}"

_KEEPALIVE = [
    *HTTPConnection.default_socket_options,
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *(
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
        if hasattr(socket, name)
    ),
]

requests.models.CONTENT_CHUNK_SIZE = 1 << 16
# Read at once: with the 10 kB of requests a page of 1,000 servers (2.7 MB) costs 4.2 ms of CPU instead of 2.9.

_QUIET = ("keystoneauth", "keystoneauth1", "openstack", "urllib3", "requests", "stevedore", "charset_normalizer")


class Route(msgspec.Struct, frozen=True):
    """What makes two transports different."""

    verify: bool | str = True
    """Whether certificates are checked, or the path of the CA bundle."""
    cert: str | tuple[str, str] | None = None
    """Client certificate, or it and its key."""
    connect: float = 5.0
    read: float = 30.0
    read_only: bool = False
    tunnel: tuple[Hop, ...] = ()
    """Jump hosts, the nearest first; empty: straight from this machine."""


class GuardedAdapter(HTTPAdapter):
    """The last step before the socket: nothing, neither the SDK nor a redirect, reaches the network around it."""

    def __init__(self, route: Route, dialer: Dialer | None = None) -> None:
        """`dialer` gives the sockets of a route with a tunnel."""
        self.route = route
        self._dialer = dialer
        super().__init__(pool_connections=POOL, pool_maxsize=POOL)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Keep idle connections alive, so that a firewall's silent drop is noticed."""
        super().init_poolmanager(*args, **{**kwargs, "socket_options": _KEEPALIVE})
        if self._dialer is not None:
            self.poolmanager.pool_classes_by_scheme = pools(self._dialer)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: dict[str, str] | None = None,
    ) -> requests.Response:
        """Refuse what a read-only route may not send; send the rest, a reading request twice if its connection died.

        Raises TroubleError (READ_ONLY) and what requests raises.
        """
        method, url = request.method or "", request.url or ""
        allowed = not self.route.read_only or guard.allows(method, urlsplit(url).path, _body(request))
        if not allowed and not (method == "POST" and guard.is_signing_in()):
            raise guard.refuse(method, safe_url(url))
        if self._dialer is not None:
            # A proxy of this machine does not stand before a host that is only known behind the jump host.
            proxies = {}
        if not isinstance(timeout, tuple):
            timeout = (self.route.connect, timeout or self.route.read)
        return doing.once(
            method, url, _body(request), lambda: self._try(request, stream, timeout, verify, cert, proxies)
        )

    def _try(self, request: requests.PreparedRequest, *options: Any) -> requests.Response:
        try:
            return super().send(request, *options)
        except requests.exceptions.ConnectionError as error:
            # A kept connection that the server closed meanwhile; urllib3 sees it only when it writes (RFC 9112, 9.3.1).
            if request.method not in {"GET", "HEAD"} or not _died(error):
                raise
            return super().send(request, *options)


class GuardedSession(requests.Session):
    """A requests session without cookies and without a way to swap its guarded adapters."""

    def __init__(self, route: Route, dialer: Dialer | None = None) -> None:
        super().__init__()
        self._sealed = False
        self._lines = Lines()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = GuardedAdapter(route, dialer)
        self.mount("https://", adapter)
        self.mount("http://", adapter)
        self._sealed = True

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send, asking for a compressed answer where that pays. Raises TroubleError and what requests raises."""
        line = self._lines.to(request.url or "")
        request.headers["Accept-Encoding"] = accepted(line)
        started = time.monotonic()
        response = super().send(request, **options)
        if not options.get("stream"):
            seconds = time.monotonic() - started - response.elapsed.total_seconds()
            wire = response.raw.tell()
            line.note(len(response.content), wire, seconds, compressed=is_compressed(response.headers))
        return response

    def mount(self, prefix: str, adapter: Any) -> None:
        """Mount an adapter; once made, a session takes none that is not guarded."""
        if getattr(self, "_sealed", False) and not isinstance(adapter, GuardedAdapter):
            return
        super().mount(prefix, adapter)


class Transports:
    """The pools of all routes in use."""

    def __init__(self, dial: Dial | None = None) -> None:
        """`dial` opens tunnels; without it no route may have one."""
        self._pools: dict[Route, GuardedSession] = {}
        self._dial = dial
        quieten()

    def dialer(self, route: Route) -> Dialer | None:
        """Return what gives the sockets of a route; None: this machine. Raises ValueError where tunnels cannot be."""
        if not route.tunnel:
            return None
        if self._dial is None:
            # Never straight ahead instead: the address may belong to somebody else here.
            raise ValueError("ssh_tunnel: there is nothing here that could open it")
        return self._dial(route.tunnel)

    def session(self, route: Route, auth: Any) -> ks_session.Session:
        """Return a keystoneauth session for one credential on the shared pool of its route."""
        pool = self._pools.get(route)
        if pool is None:
            pool = self._pools.setdefault(route, GuardedSession(route, self.dialer(route)))
        return ks_session.Session(
            auth=auth,
            session=pool,
            verify=route.verify,
            cert=route.cert,
            user_agent=AGENT,
        )

    def close(self) -> None:
        """Drop idle connections; requests under way keep theirs until they end."""
        for pool in self._pools.values():
            pool.close()


def quieten() -> None:
    """Keep the libraries' logs off the terminal and their bodies (tokens, adminPass, user_data) out of every log."""
    for name in _QUIET:
        logger = logging.getLogger(name)
        if not any(isinstance(handler, logging.NullHandler) for handler in logger.handlers):
            logger.addHandler(logging.NullHandler())
        logger.setLevel(logging.WARNING)
        logger.propagate = False
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)


def _body(request: requests.PreparedRequest) -> bytes | str | None:
    return request.body if isinstance(request.body, bytes | str) else None


def _died(error: BaseException) -> bool:
    names = set()
    link: BaseException | None = error
    while link is not None:
        names.add(type(link).__name__)
        inner = link.args[0] if link.args and isinstance(link.args[0], BaseException) else None
        link = inner or link.__cause__ or link.__context__
        if len(names) > 20:
            break
    return bool(names & {"RemoteDisconnected", "ConnectionResetError", "BrokenPipeError"}) and not names & {
        "NewConnectionError",
        "ReadTimeoutError",
        "ConnectTimeoutError",
    }
