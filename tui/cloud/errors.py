"""One mapping from every error of requests, keystoneauth, the SDK, sockets and decoding to a Trouble."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import msgspec
from msgspec import structs

from tui.cloud import said
from tui.model.place import Scope
from tui.model.trouble import Cause, Trouble, TroubleError

NAMES = {
    "compute": "Nova",
    "image": "Glance",
    "network": "Neutron",
    "identity": "Keystone",
    "block-storage": "Cinder",
    "load-balancer": "Octavia",
    "object-store": "Swift",
    "orchestration": "Heat",
    "dns": "Designate",
    "key-manager": "Barbican",
    "placement": "Placement",
    "baremetal": "Ironic",
    "shared-file-system": "Manila",
    "container-infrastructure-management": "Magnum",
}
"""Service type → the project's name, as operators call it (service-types authority)."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked, by whom: everything of a Trouble that does not depend on the error."""

    where: str = ""
    service: str = ""
    asked: str = ""
    as_whom: str = ""
    source: str = ""
    connect: float = 0.0
    """Seconds allowed for the connection."""
    read: float = 0.0
    """Seconds allowed between two reads."""

    @property
    def name(self) -> str:
        """The project's name of the service."""
        return NAMES.get(self.service, self.service or "The service")

    def trouble(
        self,
        cause: Cause,
        title: str,
        *,
        short: str,
        words: str = "",
        hint: str = "",
        status: int = 0,
        request_id: str = "",
        retry_after: float = 0.0,
    ) -> Trouble:
        """Make the Trouble."""
        return Trouble(
            cause=cause,
            title=title,
            short=short,
            said=words[: said.MOST],
            hint=hint,
            status=status,
            request_id=request_id,
            retry_after=retry_after,
            where=self.where,
            service=self.service,
            asked=self.asked,
            as_whom=self.as_whom,
            source=self.source,
        )


def trouble_of(
    error: BaseException, *, scope: Scope | None = None, service: str = "", asked: str = "", as_whom: str = ""
) -> Trouble:
    """Say in a person's words what an error means. `said` keeps the server's own words verbatim (hostile text)."""
    return explain(
        error, Asked(where=scope.label if scope else "", service=service, asked=safe_url(asked), as_whom=as_whom)
    )


def explain(error: BaseException, ask: Asked) -> Trouble:
    """Like `trouble_of`, with all that is known about the request."""
    for link in _chain(error):
        if isinstance(link, TroubleError):
            found = link.trouble
            return structs.replace(found, where=found.where or ask.where, source=found.source or ask.source)
        response = getattr(link, "response", None)
        if response is not None and getattr(response, "status_code", None):
            content = response.content if isinstance(response.content, bytes) else b""
            if 200 <= response.status_code < 300:
                return nonsense(response.headers, content, ValueError("not what was asked for"), ask)
            return of_answer(response.status_code, response.headers, content, ask)
    return _of_tls(error, ask) or _of_network(error, ask) or _of_other(error, ask)


def of_answer(status: int, headers: Mapping[str, str], body: bytes, ask: Asked) -> Trouble:
    """Explain an answer with an error status. `headers` must be case-insensitive."""
    spoken = said.words(body, str(headers.get("content-type") or ""))
    wait = said.retry_after(headers)
    cause, title, hint = _verdict(status, ask, wait)
    if status == 403 and spoken.lower().startswith("quota exceeded"):
        # Nova tells so of quotas with the status that says «your role may not» elsewhere.
        cause, title = Cause.REFUSED, f"{ask.name} refuses: over quota (403)"
    return ask.trouble(
        cause,
        title,
        short=str(status),
        words=spoken,
        hint=hint,
        status=status,
        request_id=said.request_id(headers),
        retry_after=wait,
    )


def _verdict(status: int, ask: Asked, wait: float) -> tuple[Cause, str, str]:
    name = ask.name
    if status == 401:
        if ask.service == "identity":
            return Cause.SIGN_IN, "Keystone does not accept your credentials", "Check the entry in clouds.yaml."
        return Cause.SERVER, f"{name} does not accept Keystone's token (401)", ""
    if status == 403:
        return Cause.FORBIDDEN, f"Your role may not do this in {name} (403)", ""
    if status == 404:
        return Cause.NOT_FOUND, f"{name} has nothing there (404)", ""
    if status == 413 and not wait:
        return Cause.REFUSED, f"{name} refuses: over quota or too large (413)", ""
    if status in {413, 429}:
        # Old Nova answers 413 with Retry-After where others answer 429.
        return Cause.SLOW_DOWN, f"{name} asks us to slow down ({status})", ""
    if status == 409:
        return Cause.REFUSED, f"{name} refuses: in conflict with its state (409)", ""
    if status == 503:
        return Cause.SLOW_DOWN, f"{name} is not available (503)", ""
    if status >= 500:
        return Cause.SERVER, f"{name} failed ({status})", ""
    if status >= 400:
        return Cause.REFUSED, f"{name} refuses the request ({status})", ""
    return Cause.NONSENSE, f"{name} answers with status {status}", ""


def nonsense(headers: Mapping[str, str], body: bytes, error: Exception, ask: Asked, status: int = 200) -> Trouble:
    """Explain an answer with a good status whose body is not what was asked for."""
    kind = str(headers.get("content-type") or "")
    fields = {"status": status, "request_id": said.request_id(headers)}
    if said.is_html(body, kind):
        return ask.trouble(
            Cause.NONSENSE,
            f"{ask.name} answers with a web page instead of JSON",
            short="HTML",
            words=said.words(body, kind),
            hint="Something other than the service answers at this address: a proxy, a portal, a wrong endpoint.",
            **fields,  # type: ignore[arg-type]
        )
    what = "an empty answer" if not body.strip() else "JSON that breaks off" if "truncated" in str(error) else ""
    return ask.trouble(
        Cause.NONSENSE,
        f"{ask.name} sends {what or 'an answer that cannot be read'}",
        short="bad JSON",
        words=body[:300].decode("utf-8", "replace").strip(),
        hint=f"{len(body):,} bytes of {kind or 'no content type'}: {error}.",
        **fields,  # type: ignore[arg-type]
    )


def safe_url(text: str) -> str:
    """Return «METHOD URL» without user info and without values of a query that may be secret."""
    text = re.sub(r"//[^/@\s]*@", "//", text)
    return re.sub(r"(?i)([?&](?:[^=&\s]*(?:token|secret|signature|password|passcode)[^=&\s]*)=)[^&\s]*", r"\1…", text)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and everything it came from; requests and urllib3 also wrap by `args` and `reason`."""
    queue, seen = [error], set[int]()
    while queue:
        link = queue.pop(0)
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        queue += [link.__cause__, link.__context__, getattr(link, "reason", None)]
        queue += [arg for arg in link.args if isinstance(arg, BaseException)]


def _of_tls(error: BaseException, ask: Asked) -> Trouble | None:
    for link in _chain(error):
        if isinstance(link, ssl.SSLCertVerificationError):
            why = link.verify_message or str(link)
            hint = "Give cacert: in clouds.yaml when the cloud has its own CA."
            return ask.trouble(
                Cause.TLS, f"The certificate of {ask.name} does not verify: {why}", short="TLS", words=why, hint=hint
            )
    for link in _chain(error):
        if isinstance(link, ssl.SSLError):
            why = (link.reason or str(link)).replace("_", " ").lower()
            return ask.trouble(Cause.TLS, f"No TLS connection to {ask.name}: {why}", short="TLS", words=str(link))
    if any("ssl" in type(link).__name__.lower() for link in _chain(error)):
        return ask.trouble(Cause.TLS, f"No TLS connection to {ask.name}", short="TLS", words=str(error))
    for link in _chain(error):
        # requests says so before it connects: a cacert: that is not there.
        if isinstance(link, OSError) and "TLS CA certificate bundle" in str(link):
            return ask.trouble(Cause.CONFIG, str(link)[:300], short="cacert")
    return None


def _of_network(error: BaseException, ask: Asked) -> Trouble | None:
    names = {type(link).__name__ for link in _chain(error)}
    host = urlsplit(ask.asked.split(" ")[-1]).netloc or "the host"
    if (
        names & {"ConnectTimeoutError", "ConnectTimeout"}
        and "ReadTimeoutError" not in names
        and "ReadTimeout" not in names
    ):
        took = f" after {ask.connect:g} s" if ask.connect else ""
        return ask.trouble(
            Cause.TIMEOUT,
            f"{ask.name} does not answer: no connection to {host}{took}",
            short=f"timeout {ask.connect:g}s"[:12] if ask.connect else "timeout",
        )
    if names & {"ReadTimeoutError", "ReadTimeout", "TimeoutError", "timeout"}:
        took = f": timed out after {ask.read:g} s" if ask.read else ""
        short = f"timeout {ask.read:g}s"[:12] if ask.read else "timeout"
        return ask.trouble(Cause.TIMEOUT, f"{ask.name} does not answer{took}", short=short)
    for link in _chain(error):
        if isinstance(link, socket.gaierror) or type(link).__name__ == "NameResolutionError":
            return ask.trouble(
                Cause.NETWORK, f"The name of {host} is not known (DNS)", short="DNS", words=_cause_words(error)
            )
    if names & {"ProxyError"}:
        return ask.trouble(
            Cause.NETWORK, f"The proxy does not let us to {host}", short="proxy", words=_cause_words(error)
        )
    return _of_socket(error, names, host, ask)


_REFUSALS = {
    errno.ECONNREFUSED: ("{name} does not answer: {host} refuses connections", "refused"),
    errno.EHOSTUNREACH: ("There is no way to {host}", "no route"),
    errno.ENETUNREACH: ("There is no way to {host}", "no route"),
}


def _of_socket(error: BaseException, names: set[str], host: str, ask: Asked) -> Trouble | None:
    for link in _chain(error):
        if isinstance(link, OSError) and link.errno in _REFUSALS:
            title, short = _REFUSALS[link.errno]
            title = title.format(name=ask.name, host=host)
            return ask.trouble(Cause.NETWORK, title, short=short, words=_cause_words(error))
    if names & {"IncompleteRead", "ChunkedEncodingError", "ContentDecodingError"}:
        title = f"{ask.name} broke off in the middle of its answer"
        return ask.trouble(Cause.NETWORK, title, short="cut off", words=_cause_words(error))
    if names & {"ConnectionResetError", "RemoteDisconnected", "ProtocolError", "BrokenPipeError", "BadStatusLine"}:
        title = f"{ask.name} dropped the connection without an answer"
        return ask.trouble(Cause.NETWORK, title, short="dropped", words=_cause_words(error))
    if names & {"ConnectionError", "ConnectFailure", "ConnectionFailure", "NewConnectionError", "MaxRetryError"}:
        return ask.trouble(Cause.NETWORK, f"No connection to {host}", short="network", words=_cause_words(error))
    return None


def _of_other(error: BaseException, ask: Asked) -> Trouble:
    names = {type(link).__name__ for link in _chain(error)}
    text = _last_words(error)
    if names & {"EndpointNotFound", "EmptyCatalog", "CatalogException", "ServiceDisabledException"}:
        return no_service(ask)
    if names & {"MissingRequiredOptions", "OptionError", "NoMatchingPlugin", "ConfigException", "MissingAuthPlugin"}:
        return ask.trouble(Cause.CONFIG, f"The entry cannot be used: {text}", short="config", words=text)
    if names & {"InvalidURL", "InvalidSchema", "MissingSchema", "LocationParseError"}:
        return ask.trouble(Cause.CONFIG, f"The address cannot be used: {text}", short="address", words=text)
    if names & {"DiscoveryFailure", "VersionNotAvailable"}:
        return ask.trouble(Cause.NONSENSE, f"{ask.name} does not tell its versions", short="versions", words=text)
    if isinstance(error, msgspec.MsgspecError):
        return ask.trouble(
            Cause.NONSENSE, f"{ask.name} sends an answer that cannot be read", short="bad JSON", words=text
        )
    return ask.trouble(
        Cause.SERVER, f"{ask.name} could not be asked: {type(error).__name__}", short="failed", words=text
    )


def no_service(ask: Asked, why: str = "", hint: str = "") -> Trouble:
    """Explain that there is no such service here."""
    title = f"This cloud has no {ask.service} service" + (f": {why}" if why else "")
    return ask.trouble(Cause.NO_SERVICE, title, short="no service", hint=hint)


def _cause_words(error: BaseException) -> str:
    """What the system said at the bottom of an error: «Connection refused», without the wrapping of three libraries."""
    links = list(_chain(error))
    for link in links:
        if isinstance(link, OSError) and link.errno and link.strerror:
            return str(link.strerror)[:300]
    inner = [link for link in links if not link.args or not any(isinstance(arg, BaseException) for arg in link.args)]
    return _last_words(inner[-1] if inner else error)[:300]


def _last_words(error: BaseException) -> str:
    """The text of the error, without the noise that wrapping adds; never with a URL's secrets."""
    return safe_url(re.sub(r" object at 0x[0-9a-f]+", "", str(error)))[: said.MOST]
