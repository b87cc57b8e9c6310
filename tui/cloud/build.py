"""From entries of the configuration to ways and scopes.

Imported late: it pulls in openstacksdk.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from openstack.config.cloud_region import CloudRegion

from tui.cloud.entry import CloudEntry, Prompt
from tui.cloud.errors import Asked, explain
from tui.cloud.signer import Credential, Signer, digest
from tui.cloud.source import Source
from tui.cloud.tokens import TokenCache
from tui.cloud.transport import Route, Transports
from tui.cloud.way import Way
from tui.config.settings import Settings
from tui.model.place import Place, Reach, Scope
from tui.model.trouble import Cause, Trouble

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
        )


@dataclass(slots=True, eq=False)
class Builder:
    """Makes ways of entries; entries with the same credential share a Signer, those with the same route its pool."""

    source: Source
    settings: Settings
    read_only: bool
    cache: TokenCache | None
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
        given = self.source.cloud_config["clouds"].get(entry.name)
        if not isinstance(given, dict):
            plain = f": {given[:100]}" if isinstance(given, str) else ""
            said = f"it is no mapping of settings{plain}" if given is not None else "it is empty"
            raise ValueError(said)
        _check_shape(given)
        known = self.source.regions(entry.name) if regions is None else tuple(regions)
        entry.named, entry.regions = bool(known), known
        ways: list[Way] = []
        for region_name in known or ("",):
            region, prompts = self.source.region(entry.name, region_name)
            if not entry.regions and region.get_region_name():
                entry.named, entry.regions = True, (str(region.get_region_name()),)
            seen = self._described(entry, region)
            if not ways:
                entry.auth_type, entry.auth_url, entry.user, entry.project = seen
            ways.append(self._way(entry, region, prompts, seen))
        entry.ways = tuple(ways)

    def _described(self, entry: Entry, region: CloudRegion) -> tuple[str, str, str, str]:
        """Auth type, auth URL, user and project of an entry in a region; a region may have its own of each."""
        auth = region.get_auth_args()
        auth_type = str(region.config.get("auth_type") or "none")
        auth_url = str(auth.get("auth_url") or auth.get("endpoint") or "")
        names = ("username", "user_id", "application_credential_name", "application_credential_id")
        user = next((str(auth[name]) for name in names if auth.get(name)), "")
        if not auth_url and not region.get_endpoint("compute"):
            raise ValueError("the entry has no auth_url")
        if auth_url and urlsplit(auth_url).scheme not in {"http", "https"}:
            raise ValueError(f"auth_url is no http address: {auth_url[:200]}")
        return auth_type, auth_url, user, _project_part(auth, self.names)[1]

    def _way(
        self, entry: Entry, region: CloudRegion, prompts: tuple[Prompt, ...], seen: tuple[str, str, str, str]
    ) -> Way:
        auth_type, auth_url, user, _ = seen
        route = self._route(entry, region)
        credential = Credential(
            auth_type=auth_type,
            auth_url=auth_url,
            options=dict(region.get_auth_args()),
            loader=self.source.loader(region),
            user=user,
            source=entry.source,
            prompts=prompts,
        )
        signer = None if auth_type in _WITHOUT_KEYSTONE else self._signer(credential, route)
        return Way(
            entry=entry.name,
            region=region,
            signer=signer,
            session=self.transports.session(route, signer or region.get_auth()),
            route=route,
            auth_url=auth_url,
            source=entry.source,
            user=user,
        )

    def _route(self, entry: Entry, region: CloudRegion) -> Route:
        verify, cert = region.get_requests_verify_args()
        times = self.settings.timeouts
        given = region.config.get("api_timeout")
        return Route(
            verify=True if verify is None else verify,
            cert=cert,
            connect=times.connect,
            read=_seconds(given) if given else times.other,
            read_only=self.read_only or entry.settings.read_only,
        )

    def _signer(self, credential: Credential, route: Route) -> Signer:
        parts = {
            "type": credential.auth_type,
            "options": credential.options,
            "verify": str(route.verify),
            "cert": str(route.cert),
        }
        key = digest({**parts, "read_only": route.read_only, "connect": route.connect, "read": route.read})
        signer = self._signers.get(key)
        if signer is None:
            signer = Signer(credential, self.cache, _cache_parts(credential, parts))
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
                    found[key] = (replace(scope, key=key), (way,))
                    continue
                first, ways = found[key]
                names = first.clouds if entry.name in first.clouds else (*first.clouds, entry.name)
                # A second way with the same credential opens no other door.
                more = ways if any(way.signer and way.signer is known.signer for known in ways) else (*ways, way)
                found[key] = (replace(first, clouds=names), more)
        return found

    def _scope(self, entry: Entry, way: Way) -> Scope:
        part, project = _project_part(way.region.get_auth_args(), self.names)
        place = Place(auth_url=normal_url(way.auth_url), region=str(way.region.get_region_name() or ""))
        text = "\n".join((place.auth_url, place.region, part or f"open:{way.user}:{entry.auth_type}"))
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


def _cache_parts(credential: Credential, parts: Mapping[str, Any]) -> tuple[str, ...]:
    """What a kept token is named by: never the cloud's name, always everything that the token depends on."""
    options = credential.options
    domain = options.get("user_domain_id") or options.get("user_domain_name") or ""
    project = _project_part(options, {})[0]
    system = str(options.get("system_scope") or "")
    return (normal_url(credential.auth_url), credential.user, str(domain), project, system, digest(parts))


def _check_shape(given: Mapping[str, Any]) -> None:
    """Say of what the SDK would stumble over, or take letter by letter, that it has the wrong shape."""
    if not isinstance(given.get("auth") or {}, dict):
        # What stands there is not told: it may be a password.
        raise ValueError("auth is no mapping of settings")
    regions = given.get("regions") or []
    if not isinstance(regions, list):
        raise ValueError(f"regions is no list (write region_name for a single one): {str(regions)[:100]}")
    for number, region in enumerate(regions, 1):
        named = isinstance(region, dict) and isinstance(region.get("name"), str)
        if not (named and isinstance(region.get("values") or {}, dict)) and not isinstance(region, str):
            raise ValueError(f"region {number} of its list is neither a name nor a name with values")


def _seconds(given: object) -> float:
    try:
        return float(str(given))
    except ValueError:
        raise ValueError(f"api_timeout is no number of seconds: {str(given)[:100]}") from None


def _config_trouble(error: Exception, ask: Asked) -> Trouble:
    trouble = explain(error, ask)
    if trouble.cause is Cause.CONFIG:
        return replace(trouble, source=ask.source)
    said = str(error) or type(error).__name__
    return ask.trouble(Cause.CONFIG, f"The entry cannot be used: {said[:300]}", short="config", words=said)
