"""Step-by-step checks of one scope for `stackdeck doctor`: each step stands on the one before it."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from tui.cloud.api import Api
from tui.cloud.clouds import Clouds
from tui.cloud.errors import NAMES, trouble_of
from tui.cloud.reply import Reply
from tui.model.place import Scope
from tui.model.ssh import Dialer
from tui.model.trouble import Cause, Trouble, TroubleError

SERVICES = ("compute", "image", "network")
"""Services that the dashboard's kinds need."""
_PROBES = {"compute": "/flavors?limit=1", "image": "/images?limit=1", "network": "/networks?limit=1"}
SKEW = 60.0
"""Seconds that two clocks may differ before it is worth a word."""


@dataclass(frozen=True, slots=True)
class Check:
    """One step's outcome. `ok` None: not applicable, or a warning in `text`. Text may hold a cloud's words."""

    name: str
    ok: bool | None
    text: str
    hint: str = ""


def check(clouds: Clouds, scope: Scope, report: Callable[[Check], None]) -> bool:
    """Run config, DNS, TCP, TLS, auth, catalog, microversions, latency and clock; returns whether all is well.

    Blocking; each step is reported as soon as it is known; never raises.
    """
    well = True
    for step in _steps(clouds, scope):
        report(step)
        well = well and step.ok is not False
    return well


def _steps(clouds: Clouds, scope: Scope) -> Iterator[Check]:
    way = clouds.way(scope)
    user = f" as {way.user}" if way.user else ""
    yield Check("config", True, f"{way.source}: {' and '.join(scope.clouds)}{user}")
    url = urlsplit(scope.place.auth_url)
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    line = _Line(host, port, way.route.connect, way.dialer)
    reached = yield from (_reach(line) if way.dialer is None else _reach_through(line, way.dialer))
    if not reached:
        return
    if url.scheme == "https":
        yield _tls(line, way.route.verify)
    else:
        yield Check("TLS", None, "the address is http: nothing is encrypted")
    kept = "a kept token" if clouds.known_identity(scope) else ""
    try:
        start = time.monotonic()
        identity = clouds.identity(scope)
        took = time.monotonic() - start
    except TroubleError as error:
        yield _failed("auth", error.trouble)
        return
    roles = ", ".join(sorted(identity.roles)) or "no roles"
    where = "the system" if identity.system else f"project {identity.project or scope.project or '–'}"
    yield Check(
        "auth",
        True,
        f"{identity.user or way.user or 'no user'} in {where} ({roles}), {kept or f'{took * 1000:.0f} ms'}",
    )
    yield from _services(clouds.api(scope))


@dataclass(frozen=True, slots=True)
class _Line:
    """Where Keystone is, and how to get there."""

    host: str
    port: int
    timeout: float
    dialer: Dialer | None

    def socket(self) -> socket.socket:
        """Return a socket to it. Raises OSError, and TroubleError where jump hosts stand between."""
        if self.dialer is not None:
            return self.dialer.connect(self.host, self.port, self.timeout)
        return socket.create_connection((self.host, self.port), timeout=self.timeout)


def _reach_through(line: _Line, dialer: Dialer) -> Generator[Check, None, bool]:
    """The tunnel, then Keystone's address from its far end: there is no DNS of ours in it."""
    try:
        start = time.monotonic()
        peer = dialer.up()
        yield Check("tunnel", True, f"through {peer}, {(time.monotonic() - start) * 1000:.0f} ms")
    except TroubleError as error:
        yield _failed("tunnel", error.trouble)
        return False
    try:
        start = time.monotonic()
        line.socket().close()
    except TroubleError as error:
        yield _failed("TCP", error.trouble)
        return False
    took = (time.monotonic() - start) * 1000
    yield Check("TCP", True, f"{line.host} port {line.port} from there, {took:.0f} ms")
    return True


def _reach(line: _Line) -> Generator[Check, None, bool]:
    host, port, timeout = line.host, line.port, line.timeout
    try:
        start = time.monotonic()
        found = sorted({str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)})
    except (OSError, UnicodeError) as error:
        yield Check("DNS", False, f"{host} is not known: {error}", "Check auth_url and the resolver.")
        return False
    yield Check("DNS", True, f"{host} is {', '.join(found[:4])}, {(time.monotonic() - start) * 1000:.0f} ms")
    try:
        start = time.monotonic()
        with line.socket():
            took = time.monotonic() - start
    except OSError as error:
        why = f"no answer in {timeout:g} s" if isinstance(error, TimeoutError) else error.strerror or str(error)
        hint = "A proxy may still lead there: HTTPS_PROXY is honoured for requests, not for this check."
        yield Check("TCP", False, f"{host} port {port}: {why}", hint)
        return False
    yield Check("TCP", True, f"{host} port {port}, {took * 1000:.0f} ms")
    return True


def _tls(line: _Line, verify: bool | str) -> Check:
    if verify is False:
        return Check("TLS", None, "verify: false, the certificate is not checked", "Give cacert: instead.")
    try:
        import certifi

        bundle = verify if isinstance(verify, str) else certifi.where()
        context = ssl.create_default_context(cafile=bundle)
        with (
            line.socket() as raw,
            context.wrap_socket(raw, server_hostname=line.host) as secure,
        ):
            until = str((secure.getpeercert() or {}).get("notAfter") or "")
            version = secure.version() or "TLS"
    except ssl.SSLCertVerificationError as error:
        hint = "Give cacert: in clouds.yaml when the cloud has its own CA."
        return Check("TLS", False, f"the certificate does not verify: {error.verify_message}", hint)
    except TroubleError as error:
        return _failed("TLS", error.trouble)
    except (OSError, ValueError) as error:
        return Check("TLS", False, f"no TLS: {error}")
    left = (ssl.cert_time_to_seconds(until) - time.time()) / 86_400 if until else 0.0
    if until and left < 14:
        return Check("TLS", None, f"{version}, the certificate ends in {left:.0f} days")
    return Check("TLS", True, f"{version}, certificate good until {until}")


def _services(api: Api) -> Iterator[Check]:
    present = []
    for service in SERVICES:
        try:
            endpoint = api.endpoint(service)
        except TroubleError as error:
            yield _failed("catalog", error.trouble)
        else:
            present.append(service)
            yield Check("catalog", True, f"{NAMES[service]} at {endpoint}")
    replies = []
    for service in present:
        reply = yield from _service(api, service)
        replies += [reply] if reply else []
    dated = next((reply for reply in replies if reply.headers.get("date")), None)
    yield _clock(dated) if dated else Check("clock", None, "no service sends a date")


def _service(api: Api, service: str) -> Generator[Check, None, Reply | None]:
    name = NAMES[service]
    try:
        least, newest = api.microversions(service)
    except TroubleError as error:
        yield _failed("versions", error.trouble)
    else:
        if newest:
            yield Check("versions", True, f"{name} {least} to {newest}")
    path, _, query = _PROBES[service].partition("?")
    key, _, value = query.partition("=")
    try:
        start = time.monotonic()
        reply = api.get(service, path, ((key, value),))
        took = time.monotonic() - start
    except TroubleError as error:
        trouble = error.trouble
        if trouble.cause is Cause.FORBIDDEN:
            # It answers and knows us: what policy shows to whom is no ailment of the place.
            yield Check("latency", None, f"{name} answers that this role may not list: {trouble.said}", trouble.hint)
        else:
            yield _failed("latency", trouble)
        return None
    except Exception as error:
        yield _failed("latency", trouble_of(error, scope=api.scope, service=service))
        return None
    yield Check("latency", True, f"{name} answers in {took * 1000:.0f} ms")
    return reply


def _clock(reply: Reply) -> Check:
    server = None
    with contextlib.suppress(ValueError, TypeError, IndexError):
        server = parsedate_to_datetime(str(reply.headers.get("date") or ""))
    if server is None:
        return Check("clock", None, "the services send no date that can be read")
    if server.tzinfo is None:
        server = server.replace(tzinfo=datetime.UTC)
    skew = server.timestamp() - time.time()
    if abs(skew) <= SKEW:
        return Check("clock", True, f"the cloud's clock and ours agree to {max(abs(skew), 1):.0f} s")
    ahead = "ahead of" if skew > 0 else "behind"
    return Check("clock", None, f"the cloud's clock is {abs(skew):.0f} s {ahead} ours", "Set the clocks: NTP.")


def _failed(name: str, trouble: Trouble) -> Check:
    said = f" ({trouble.said[:300]})" if trouble.said and trouble.said not in trouble.title else ""
    return Check(name, False, trouble.title + said, trouble.hint)
