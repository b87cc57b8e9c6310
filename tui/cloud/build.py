"""From entries of the configuration to ways and scopes.

Imported late: it pulls in keystoneauth1.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from msgspec import structs

from tui.cloud.dialing import tunnel_of
from tui.cloud.entry import CloudEntry, Prompt
from tui.cloud.errors import Asked, explain
from tui.cloud.region import Region
from tui.cloud.settled import Configuration, Settled
from tui.cloud.signer import Credential, Signer, digest
from tui.cloud.tokens import TokenCache
from tui.cloud.transport import Route, Transports
from tui.cloud.way import Way
from tui.config.settings import Settings
from tui.model.place import Place, Reach, Scope
from tui.model.trouble import Cause, Trouble
from tui.model.tunnel import label_of

_WITHOUT_KEYSTONE = frozenset({"none", "admin_token", "http_basic", "noauth"})
BOUND = {
    "application": "an application credential is bound to its project",
    "none": "the entry signs in without Keystone",
    "admin_token": "the entry signs in without Keystone",
    "http_basic": "the entry signs in without Keystone",
}
"""Part of the auth type → why the project cannot be switched."""


@dataclass(slots=True, eq=False)
class Entry:
    """One entry while it is in use."""

    name: str
    source: str
    settings: Any
    named: bool = True
    """Whether the configuration (or the catalog, meanwhile) names its regions."""
    regions: tuple[str, ...] = ()
    ways: tuple[Way, ...] = ()
    trouble: Trouble | None = None
    auth_type: str = ""
    auth_url: str = ""
    project: str = ""
    user: str = ""

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """What must be typed before it can sign in."""
        return next((way.signer.prompts for way in self.ways if way.signer), ())

    def shown(self, scopes: Sequence[Scope], read_only: bool) -> CloudEntry:
        """Return it as the side pane shows it."""
        failure = next((way.signer.failure for way in self.ways if way.signer and way.signer.failure), None)
        return CloudEntry(
            name=self.name,
            regions=self.regions,
            scopes=tuple(scope for scope in scopes if self.name in scope.clouds),
            trouble=self.trouble or failure,
            prompts=self.prompts,
            source=self.source,
            user=self.user,
            project=self.project,
            auth_type=self.auth_type,
            auth_url=self.auth_url,
            protected=self.settings.protected,
            read_only=read_only or self.settings.read_only,
            alias=self.settings.alias,
            tunnels=tuple(dict.fromkeys(way.route.tunnel for way in self.ways if way.route.tunnel)),
        )


class Record(Protocol):
    """Takes note of what the configuration said."""

    def note(self, name: str, named: tuple[str, ...] | None, region: str, settled: Settled, seal: str) -> None:
        """An entry's settings in a region; `named` are the regions that it names itself, None if others were meant."""
        ...


@dataclass(slots=True, eq=False)
class Builder:
    """Makes ways of entries; entries with the same credential share a Signer, those with the same route its pool."""

    source: Configuration
    settings: Settings
    read_only: bool
    cache: TokenCache | None
    record: Record | None = None
    """Notes what the configuration said, for the next start."""
    transports: Transports = field(default_factory=Transports)
    names: dict[str, str] = field(default_factory=dict)
    """Project id → name, of projects switched to."""
    _signers: dict[str, Signer] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def entry(self, name: str, regions: Sequence[str] | None = None) -> Entry:
        """Make an entry with its ways; one that cannot be used comes with its trouble. `regions` replace its own."""
        entry = Entry(name=name, source=self.source.where(name), settings=self.settings.cloud(name))
        try:
            with self._lock:
                self._fill(entry, regions)
        except Exception as error:
            ask = Asked(where=name, source=entry.source, as_whom=entry.user)
            entry.trouble = _config_trouble(error, ask)
            entry.ways = ()
        return entry

    def _fill(self, entry: Entry, regions: Sequence[str] | None) -> None:
        known = self.source.regions(entry.name) if regions is None else tuple(regions)
        entry.named, entry.regions = bool(known), known
        ways: list[Way] = []
        for region_name in known or ("",):
            settled = self.source.settle(entry.name, region_name)
            if not entry.regions and (own := settled.region.region_name()):
                entry.named, entry.regions = True, (own,)
            seen = self._described(entry, settled.region)
            if not ways:
                entry.auth_type, entry.auth_url, entry.user, entry.project = seen
            seal = self._seal(settled)
            ways.append(self._way(entry, settled, seen, seal))
            if self.record is not None and not self.source.is_pointed(entry.name):
                self.record.note(entry.name, known if regions is None else None, region_name, settled, seal)
        entry.ways = tuple(ways)

    def _described(self, entry: Entry, region: Region) -> tuple[str, str, str, str]:
        """Auth type, auth URL, user and project of an entry in a region; a region may have its own of each."""
        auth = region.auth
        auth_type = str(region.config.get("auth_type") or "none")
        auth_url = str(auth.get("auth_url") or auth.get("endpoint") or "")
        names = ("username", "user_id", "application_credential_name", "application_credential_id")
        user = next((str(auth[name]) for name in names if auth.get(name)), "")
        if not auth_url and not region.endpoint("compute"):
            raise ValueError("the entry has no auth_url")
        if auth_url and urlsplit(auth_url).scheme not in {"http", "https"}:
            raise ValueError(f"auth_url is no http address: {auth_url[:200]}")
        return auth_type, auth_url, user, _project_part(auth, self.names)[1]

    def _seal(self, settled: Settled) -> str:
        """Return a digest of everything that a token depends on. Only one with this user's salt in it may be kept."""
        if settled.seal:
            return settled.seal
        verify, cert = settled.region.verify_args()
        parts = digest(
            {
                "type": str(settled.region.config.get("auth_type") or "none"),
                "options": dict(settled.region.auth),
                "verify": str(verify),
                "cert": str(cert),
            }
        )
        return self.cache.name("seal", parts) if self.cache else parts

    def _way(self, entry: Entry, settled: Settled, seen: tuple[str, str, str, str], seal: str) -> Way:
        auth_type, auth_url, user, _ = seen
        region = settled.region
        route = self._route(entry, region)
        seal = _behind(seal, route)
        credential = Credential(
            auth_type=auth_type,
            auth_url=auth_url,
            options=dict(region.auth),
            secrets=settled.secrets,
            user=user,
            source=entry.source,
            prompts=settled.prompts,
        )
        signer = None if auth_type in _WITHOUT_KEYSTONE else self._signer(credential, route, seal)
        return Way(
            entry=entry.name,
            region=region,
            whole=settled.whole,
            signer=signer,
            session=self.transports.session(route, signer or settled.plugin()),
            route=route,
            dialer=self.transports.dialer(route),
            seal=seal,
            auth_url=auth_url,
            source=entry.source,
            user=user,
        )

    def _route(self, entry: Entry, region: Region) -> Route:
        verify, cert = region.verify_args()
        times = self.settings.timeouts
        given = region.config.get("api_timeout")
        return Route(
            verify=verify,
            cert=cert,
            connect=times.connect,
            read=_seconds(given) if given else times.other,
            read_only=self.read_only or entry.settings.read_only,
            tunnel=tunnel_of(self.settings, entry.name, region.region_name(), region.config),
        )

    def _signer(self, credential: Credential, route: Route, seal: str) -> Signer:
        key = f"{seal} {route.read_only} {route.connect} {route.read}"
        signer = self._signers.get(key)
        if signer is None:
            signer = Signer(credential, self.cache, cache_parts(credential.auth_url, credential.options, seal))
            signer.connect_timeout, signer.read_timeout = route.connect, route.read
            self._signers[key] = signer
        return signer

    def scopes(self, entries: Iterable[Entry], joined: Mapping[str, str]) -> dict[str, tuple[Scope, tuple[Way, ...]]]:
        """Merge the ways of all entries into scopes: key → scope and its ways, in the order of the configuration.

        `joined` names scopes that turned out to be another one: key → the other's key.
        """
        found: dict[str, tuple[Scope, tuple[Way, ...]]] = {}
        for entry in entries:
            for way in entry.ways:
                scope = self._scope(entry, way)
                key = joined.get(scope.key, scope.key)
                if key not in found:
                    found[key] = (structs.replace(scope, key=key), (way,))
                    continue
                first, ways = found[key]
                names = first.clouds if entry.name in first.clouds else (*first.clouds, entry.name)
                # A second way with the same credential opens no other door.
                more = ways if any(way.signer and way.signer is known.signer for known in ways) else (*ways, way)
                found[key] = (structs.replace(first, clouds=names), more)
        return found

    def _scope(self, entry: Entry, way: Way) -> Scope:
        part, project = _project_part(way.region.auth, self.names)
        place = Place(
            auth_url=normal_url(way.auth_url), region=way.region.region_name(), via=label_of(way.route.tunnel)
        )
        via = (place.via,) if place.via else ()
        text = "\n".join((place.auth_url, place.region, part or f"open:{way.user}:{entry.auth_type}", *via))
        return Scope(
            key=hashlib.sha256(text.encode()).hexdigest()[:16],
            place=place,
            clouds=(entry.name,),
            project=project,
            reach=Reach.SYSTEM if part == "system" else Reach.PROJECT,
        )


def normal_url(url: str) -> str:
    """Return an auth URL in the one form that tells Keystones apart: lower-case host, no default port, no version."""
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}.get(parts.scheme)
    try:
        port = "" if parts.port in {None, default} else f":{parts.port}"
    except ValueError:
        port = ""
    path = parts.path.rstrip("/")
    for version in ("/v3", "/v2.0"):
        path = path.removesuffix(version).rstrip("/")
    return f"{parts.scheme}://{host}{port}{path}"


def _project_part(auth: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, str]:
    """What of a credential says which project it reaches: (text for the scope's key, name to show)."""

    def text(key: str) -> str:
        return str(auth.get(key) or "")

    if text("system_scope"):
        return "system", "system"
    if credential := text("application_credential_id") or text("application_credential_name"):
        return f"application:{credential}:{text('username') or text('user_id')}", ""
    if project := text("project_id") or text("tenant_id"):
        return f"id:{project}", names.get(project, project)
    if project := text("project_name") or text("tenant_name"):
        domain = text("project_domain_name") or text("project_domain_id") or text("default_domain_name")
        domain = domain or text("default_domain_id") or text("domain_name") or text("domain_id")
        # The first domain of every Keystone is called Default and has the id default.
        return f"name:{project}@{'default' if domain.lower() in {'', 'default'} else domain}", project
    if trust := text("trust_id"):
        return f"trust:{trust}", ""
    if domain := text("domain_id") or text("domain_name"):
        return f"domain:{domain}", ""
    return "", ""


def _behind(seal: str, route: Route) -> str:
    """Tell sign-ins behind different jump hosts apart: the same private address is another Keystone there."""
    if not route.tunnel:
        return seal
    return digest({"seal": seal, "tunnel": [(hop.host, hop.port, hop.user) for hop in route.tunnel]})


def cache_parts(auth_url: str, options: Mapping[str, Any], seal: str) -> tuple[str, ...]:
    """What is kept is named by: never the cloud's name, always everything that it depends on (design, «Safety»)."""
    users = ("username", "user_id", "application_credential_name", "application_credential_id")
    user = next((str(options[name]) for name in users if options.get(name)), "")
    domain = options.get("user_domain_id") or options.get("user_domain_name") or ""
    project = _project_part(options, {})[0]
    system = str(options.get("system_scope") or "")
    return (normal_url(auth_url), user, str(domain), project, system, seal)


def _seconds(given: object) -> float:
    try:
        return float(str(given))
    except ValueError:
        raise ValueError(f"api_timeout is no number of seconds: {str(given)[:100]}") from None


def _config_trouble(error: Exception, ask: Asked) -> Trouble:
    trouble = explain(error, ask)
    if trouble.cause is Cause.CONFIG:
        return structs.replace(trouble, source=ask.source)
    said = str(error) or type(error).__name__
    return ask.trouble(Cause.CONFIG, f"The entry cannot be used: {said[:300]}", short="config", words=said)
