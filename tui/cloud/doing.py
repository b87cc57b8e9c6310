"""Doing something in a cloud: a change is sent once, and what became of it is known even when nobody answers.

`act` runs SDK calls and records each mutating request of its thread: its request-ids lead to Nova's instance actions,
and a request that went out without an answer is told apart from one that was refused. None of these is sent twice.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

import msgspec
from msgspec import structs

from tui.cloud import guard
from tui.cloud.errors import NAMES, safe_url, trouble_of
from tui.model.trouble import Trouble, TroubleError

if TYPE_CHECKING:
    from openstack.connection import Connection
    from requests import Response

    from tui.cloud.api import Api

Result = TypeVar("Result")

READING = frozenset({"GET", "HEAD", "OPTIONS"})
_ID_HEADERS = ("x-compute-request-id", "x-openstack-request-id")
"""Nova sends both with the same id; Neutron, Cinder and Glance the second (Compute API guide, «Faults»)."""
_ASK_AGAIN = frozenset({401})
"""Answers after which keystoneauth rightly sends again: nothing was done, and it fetches another token."""
_BY_PROXY = frozenset({502, 504})
"""Said by what stands before the service, which cannot tell whether the service went on (RFC 9110, 15.6.3 and .5)."""
_UNSENT = ("NewConnectionError", "ConnectTimeoutError", "NameResolutionError", "ProxyError", "SSLError")
"""Errors of urllib3 that come before the request does."""


class Sending(msgspec.Struct, frozen=True):
    """One mutating request as it went out. Its body is not kept: it may hold secrets."""

    method: str
    url: str
    """Without secrets."""
    at: float
    """Epoch seconds, before it was sent."""
    status: int = 0
    """0: no answer."""
    request_ids: tuple[str, ...] = ()
    sent: bool = True
    """Whether it may have reached the service; False when no connection came about."""

    @property
    def unanswered(self) -> bool:
        """Whether it may have been done although nobody says so."""
        return self.sent and (self.status == 0 or self.status in _BY_PROXY)

    @property
    def accepted(self) -> bool:
        """Whether the service took it."""
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Done(Generic[Result]):
    """What became of a deed: a value, or a trouble; and all that was sent on the way."""

    value: Result | None = None
    trouble: Trouble | None = None
    sendings: tuple[Sending, ...] = ()

    @property
    def unknown(self) -> bool:
        """Whether some request may have been done without our knowing: look before doing it again."""
        return any(sending.unanswered for sending in self.sendings)

    @property
    def accepted(self) -> bool:
        """Whether the service took the last request, though something afterwards may have failed."""
        return bool(self.sendings) and self.sendings[-1].accepted

    @property
    def request_id(self) -> str:
        """Request-id of the first request that was taken, of the last one where none was: instance actions have it."""
        taken = [sending for sending in self.sendings if sending.accepted] or self.sendings[-1:]
        return next((ident for sending in taken[:1] for ident in sending.request_ids), "")


@dataclass(slots=True)
class _Record:
    """The mutating requests of one deed; `last` remembers how each distinct one ended, so that none goes out twice."""

    sendings: list[Sending] = field(default_factory=list)
    last: dict[tuple[str, str, bytes], tuple[Response | None, BaseException | None]] = field(default_factory=dict)


_thread = threading.local()


def act(api: Api, deed: Callable[[Connection], Result]) -> Done[Result]:
    """Run `deed` with the SDK's Connection in this thread. Blocking; raises nothing of what the cloud may do.

    The caller decides what `unknown` means for it; nothing is tried again here.
    """
    with _recording() as record:
        value: Result | None = None
        trouble: Trouble | None = None
        try:
            value = deed(api.connection())
        except TroubleError as error:
            trouble = error.trouble
        except Exception as error:
            trouble = _explained(api, record, error)
    return Done(value, trouble, tuple(record.sendings))


def once(method: str, url: str, body: bytes | str | None, send: Callable[[], Response]) -> Response:
    """Send a request for the transport. Within `act` a mutating one is recorded, and its like is not sent again.

    What comes again after a failure gets the error or the answer of before: a retry of a POST must not act twice.
    """
    record: _Record | None = getattr(_thread, "record", None)
    if record is None or method in READING or guard.is_signing_in() or url.rstrip("/").endswith("/auth/tokens"):
        return send()
    key = (method, url, body.encode() if isinstance(body, str) else body or b"")
    if key in record.last:
        response, error = record.last[key]
        if error is not None:
            raise error
        if response is not None and response.status_code >= 400 and response.status_code not in _ASK_AGAIN:
            return response
    sending = Sending(method=method, url=safe_url(url), at=time.time())
    try:
        response = send()
    except BaseException as error:
        record.sendings.append(structs.replace(sending, sent=_went_out(error)))
        record.last[key] = None, error
        raise
    ids = dict.fromkeys(response.headers.get(name, "") for name in _ID_HEADERS)
    record.sendings.append(
        structs.replace(sending, status=response.status_code, request_ids=tuple(ident for ident in ids if ident))
    )
    record.last[key] = response, None
    return response


@contextlib.contextmanager
def _recording() -> Iterator[_Record]:
    before = getattr(_thread, "record", None)
    record = _thread.record = _Record()
    try:
        yield record
    finally:
        _thread.record = before


def _went_out(error: BaseException) -> bool:
    """Whether a request may have reached the service before this error."""
    if isinstance(error, TroubleError):
        return False
    seen: set[int] = set()
    queue: list[object] = [error]
    while queue:
        link = queue.pop()
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        if type(link).__name__ in _UNSENT:
            return False
        queue += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]
    return True


def _explained(api: Api, record: _Record, error: Exception) -> Trouble:
    last = record.sendings[-1] if record.sendings else None
    asked = f"{last.method} {last.url}" if last else ""
    found = trouble_of(error, scope=api.scope, service=_service(api, last.url) if last else "", asked=asked)
    ident = last.request_ids[0] if last and last.request_ids else ""
    return structs.replace(found, request_id=found.request_id or ident)


def _service(api: Api, url: str) -> str:
    """The service that a URL belongs to; empty where the catalog does not tell."""
    for name in NAMES:
        with contextlib.suppress(TroubleError):
            if api.has(name) and url.startswith(api.endpoint(name)):
                return name
    return ""
