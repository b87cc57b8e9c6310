"""One scope's API: typed lists, single resources and the SDK's Connection, all on one guarded session."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import structs

from tui.cloud import errors, said
from tui.cloud.reply import Page, Reply, read_page
from tui.config.settings import Timeouts
from tui.model.place import Scope
from tui.model.read import Params, Read
from tui.model.trouble import Cause, TroubleError

if TYPE_CHECKING:
    from openstack.connection import Connection

    from tui.cloud.way import Door, Way

Row = TypeVar("Row", bound=msgspec.Struct)
Range = tuple[str, str]

_WITHOUT = frozenset({"image", "network", "identity", "object-store", "dns", "orchestration"})
"""Services without microversions; some answer 404 where others tell their versions."""


class Microversions:
    """What each endpoint offers, learnt once for all scopes of a place."""

    def __init__(self) -> None:
        self._known: dict[str, Range] = {}
        self._lock = threading.Lock()

    def get(self, url: str) -> Range | None:
        """Return (least, newest) of an endpoint, None while it is not known."""
        return self._known.get(url)

    def put(self, url: str, found: Range) -> None:
        """Keep what an endpoint offers."""
        with self._lock:
            self._known[url] = found


class Api:
    """The services of one scope. Thread-safe; blocking; every failure is a TroubleError."""

    def __init__(self, door: Door, timeouts: Timeouts, offers: Microversions, *, all_projects: bool = False) -> None:
        self._door = door
        self._timeouts = timeouts
        self._offers = offers
        self._all_projects = all_projects

    @property
    def scope(self) -> Scope:
        """The scope it asks."""
        return self._door.scope

    def get(
        self,
        service: str,
        path: str,
        params: Params = (),
        *,
        microversion: str = "",
        timeout: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """GET `path` (leading slash) under the service's versioned endpoint. `timeout` is the read time-out in seconds.

        `microversion` is the newest one wanted («latest» too); what was sent is in the reply. A place that is too old
        for it is asked which it has, and then gets its newest.
        """
        way = self._door.open()
        url = way.url(service)
        wanted = self._capped(way, service, url, microversion)
        try:
            return self._send(way, service, url + path, params, wanted, timeout, headers)
        except TroubleError as error:
            if error.trouble.status != 406 or not wanted:
                raise
            lower = _older(wanted, self.microversions(service)[1])
            if lower == wanted:
                raise
            return self._send(way, service, url + path, params, lower, timeout, headers)

    def endpoint(self, service: str) -> str:
        """Return the service's versioned endpoint without project and trailing slash: it tells rows of places apart."""
        url = self._door.open().url(service)
        return _without_project(url)

    def origin(self, service: str) -> str:
        """Return what tells rows of a service from those of others: its endpoint, and the jump hosts on the way."""
        via = self._door.scope.place.via
        return self.endpoint(service) + (f" via {via}" if via else "")

    def has(self, service: str) -> bool:
        """Tell whether the catalog has the service, signing in if need be. Raises TroubleError when that fails."""
        try:
            self._door.open().url(service)
        except TroubleError as error:
            if error.trouble.cause is Cause.NO_SERVICE:
                return False
            raise
        return True

    def microversions(self, service: str) -> tuple[str, str]:
        """Return (least, newest) of the service at this place; ("", "") where it has none. Cached per endpoint."""
        way = self._door.open()
        root = _without_project(way.url(service))
        known = self._offers.get(root)
        if known is None:
            known = "", ""
            if service not in _WITHOUT:
                reply = self._send(way, service, f"{root}/", (), "", None, None)
                known = _offered(reply.body, root)
            self._offers.put(root, known)
            if way.signer is not None:
                way.signer.note(f"newest of {root}", known[1])
        return known

    def page(self, read: Read, row_type: type[Row], params: Params = (), *, timeout: float | None = None) -> Page[Row]:
        """Return one page of a list; `params` come on top of the read's own (limit, marker, changes-since …).

        `timeout` is the read time-out in seconds, where a list's usual one is too long.
        """
        reply = self.list(read, params, timeout=timeout)
        try:
            return read_page(reply, read, row_type, dict(params).get("marker", ""))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise self._nonsense(read.service, reply, error) from error

    def list(self, read: Read, params: Params = (), *, timeout: float | None = None) -> Reply:
        """Return the answer that `page` decodes."""
        every = read.all_projects if self._all_projects else ()
        asked = dict((*read.params, *every, *params))
        usual = self._door.way.own_timeout or self._timeouts.list
        return self.get(
            read.service,
            read.path,
            tuple(asked.items()),
            microversion=read.microversion,
            timeout=min(timeout or usual, usual),
        )

    def item(self, read: Read, ident: str) -> dict[str, Any]:
        """Return the whole resource as the service sent it, at the read's item microversion."""
        path = (read.item_path or f"{read.path}/{{id}}").replace("{id}", quote(ident, safe=""))
        reply = self.get(read.service, path, microversion=read.item_microversion or read.microversion)
        return self.decoded(read.service, reply, read.item_key)

    def decoded(self, service: str, reply: Reply, key: str = "") -> dict[str, Any]:
        """Decode a reply that is one JSON object, or the object under `key` in it. Raises TroubleError (NONSENSE)."""
        try:
            value = msgspec.json.decode(reply.body)
            if key:
                value = value[key]
            if not isinstance(value, dict):
                raise msgspec.ValidationError(f"expected an object, got {type(value).__name__}")
        except (msgspec.MsgspecError, UnicodeDecodeError, KeyError, TypeError, RecursionError) as error:
            raise self._nonsense(service, reply, error) from error
        return value

    def connection(self) -> Connection:
        """Return the SDK's Connection on the same session, made on first use."""
        return self._door.connection()

    def _send(
        self,
        way: Way,
        service: str,
        url: str,
        params: Params,
        microversion: str,
        timeout: float | None,
        headers: Mapping[str, str] | None,
    ) -> Reply:
        read = timeout or way.route.read
        ask = way.asked(service, f"GET {_shown(url, params)}", where=self.scope.label, read=read)
        options: dict[str, Any] = {"headers": {"Accept": "application/json", **(headers or {})}}
        if microversion:
            options |= {"microversion": microversion, "microversion_service_type": service}
        try:
            response = way.session.request(
                url, "GET", params=params, raise_exc=False, timeout=(way.route.connect, read), **options
            )
        except Exception as error:
            trouble = errors.explain(error, ask)
            raise TroubleError(trouble) from error
        if response.status_code >= 400:
            trouble = errors.of_answer(response.status_code, response.headers, response.content, ask)
            if response.status_code == 401 and way.signer is None:
                trouble = structs.replace(trouble, cause=Cause.SIGN_IN, title=f"{ask.name} does not accept your token")
            raise TroubleError(trouble)
        return Reply(
            status=response.status_code,
            body=response.content,
            headers=response.headers,
            url=response.url,
            request_id=said.request_id(response.headers),
            sent_microversion=microversion,
        )

    def _capped(self, way: Way, service: str, url: str, wanted: str) -> str:
        if not wanted:
            return ""
        if cap := way.cap(service):
            wanted = _older(wanted, cap)
        root = _without_project(url)
        known = self._offers.get(root)
        # What an earlier run found out saves a 406; if that is wrong by now, a 406 has it found out anew.
        newest = known[1] if known else way.signer.found(f"newest of {root}") if way.signer is not None else ""
        return _older(wanted, newest) if newest else wanted

    def _nonsense(self, service: str, reply: Reply, error: Exception) -> TroubleError:
        ask = self._door.way.asked(service, f"GET {reply.url}", where=self.scope.label)
        return TroubleError(errors.nonsense(reply.headers, reply.body, error, ask, reply.status))


def _older(first: str, second: str) -> str:
    """Return the older of two microversions; «latest» is newer than any, an empty second one says nothing."""
    if not second or second == "latest":
        return first
    if first == "latest":
        return second
    return min(first, second, key=_number)


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


def _without_project(url: str) -> str:
    """Cut what follows the version: old catalogs have the project's id there."""
    head, slash, tail = url.rpartition("/")
    return head if slash and tail and _looks_like_version(head.rpartition("/")[2]) else url


def _looks_like_version(part: str) -> bool:
    return part[:1] == "v" and part[1:].replace(".", "").isdecimal()


def _offered(body: bytes, root: str) -> Range:
    """Read (least, newest) from a version document; services differ in `version` and `max_version`."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return "", ""
    if not isinstance(document, dict):
        return "", ""
    versions = document.get("versions") or [document.get("version")]
    wanted = root.rpartition("/")[2].split(".")[0]
    for version in versions if isinstance(versions, list) else ():
        if isinstance(version, dict) and str(version.get("id", "")).split(".")[0] == wanted:
            newest = version.get("version") or version.get("max_version") or ""
            return str(version.get("min_version") or ""), str(newest)
    return "", ""


def _shown(url: str, params: Params) -> str:
    return url + ("?" + "&".join(f"{key}={value}" for key, value in params) if params else "")
