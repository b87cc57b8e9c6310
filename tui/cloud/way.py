"""A way into a place: one entry's settings in one region with its credential; and the door that has several ways.

Imported late: it pulls in keystoneauth1.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from keystoneauth1 import exceptions as ks_errors
from keystoneauth1.access import AccessInfo
from keystoneauth1.session import Session
from msgspec import structs

from tui.cloud import lean
from tui.cloud.errors import Asked, explain, no_service, safe_url
from tui.cloud.region import Region, all_types
from tui.cloud.signer import Signer
from tui.cloud.transport import Route
from tui.model.place import Identity, Scope
from tui.model.ssh import Dialer
from tui.model.trouble import Cause, Trouble, TroubleError

if TYPE_CHECKING:
    from openstack.connection import Connection

_VERSION = re.compile(r"/v(\d+)(?:\.\d+)?(?=/|$)")
_SUFFIXES = {"network": "/v2.0", "image": "/v2", "identity": "/v3"}
"""Version paths of services that every living cloud has in one major version only, so that an unversioned endpoint of
the catalog needs no discovery (API references of Neutron, Glance and Keystone, «API versions»)."""

FALLS_BACK = frozenset({Cause.SIGN_IN, Cause.ASK, Cause.CONFIG})
"""Troubles of one entry's sign-in after which the next entry of the same scope is tried."""


@dataclass(slots=True, eq=False)
class Way:
    """One entry in one region."""

    entry: str
    region: Region
    whole: Callable[[], Mapping[str, Any]]
    """Return the SDK's whole configuration of it."""
    signer: Signer | None
    """None for auth types without Keystone (none, admin_token, http_basic)."""
    session: Session
    route: Route
    dialer: Dialer | None = None
    """What gives its sockets, where it is reached through jump hosts."""
    seal: str = ""
    """Digest of the credential: what is kept of the way is named by it."""
    auth_url: str = ""
    source: str = ""
    user: str = ""
    _urls: dict[str, str] = field(default_factory=dict)
    _access: AccessInfo | None = None

    def access(self) -> AccessInfo | None:
        """Sign in if need be. Raises TroubleError."""
        if self.signer is None:
            return None
        access = self.signer.get_access(self.session)
        if access is not self._access:
            self._access, self._urls = access, {}
        return access

    def identity(self) -> Identity:
        """Who the token says we are. Raises TroubleError."""
        return _identity(self.access())

    def known_identity(self) -> Identity | None:
        """Who we are as far as is known without asking."""
        known = self.signer.known if self.signer else None
        return _identity(known) if known is not None else None

    def url(self, service: str) -> str:
        """Return the versioned endpoint of a service, without a trailing slash. Raises TroubleError (NO_SERVICE …)."""
        access = self.access()
        found = self._urls.get(service)
        if found is None:
            found = self._urls[service] = self._find(service, access).rstrip("/")
        return found

    @property
    def own_timeout(self) -> float:
        """Seconds that clouds.yaml allows every request (`api_timeout`); 0 where it says nothing."""
        return self.route.read if self.region.config.get("api_timeout") else 0.0

    def cap(self, service: str) -> str:
        """Return the newest microversion that the configuration allows; empty when it sets none."""
        return self.region.default_microversion(service)

    def asked(self, service: str, what: str, *, where: str = "", read: float = 0.0) -> Asked:
        """Return what an error's explanation needs to know about a request."""
        return Asked(
            where=where or f"{self.entry} {self.region.region_name()}".rstrip(),
            service=service,
            asked=safe_url(what),
            as_whom=self.user,
            source=self.source,
            connect=self.route.connect,
            read=read or self.route.read,
        )

    def connection(self) -> Connection:
        """Make the SDK's Connection on our session."""
        whole = self.whole()
        lean.whole(lean.SIGN_IN)
        lean.whole()
        from openstack.config.cloud_region import CloudRegion
        from openstack.connection import Connection

        # The SDK retries a POST like a GET; a change is sent once, and pacing is ours.
        config = {
            key: value for key, value in whole.items() if key not in {"auth", "_entry"} and not key.endswith("_retries")
        }
        name = self.region.region_name() or None
        return Connection(config=CloudRegion(name=self.entry, region_name=name, config=config, session=self.session))

    def _find(self, service: str, access: AccessInfo | None) -> str:
        for name in all_types(service):
            off = self.region.config.get(f"has_{name.replace('-', '_')}")
            if off is not None and str(off).lower() in {"false", "no", "0", "off"}:
                raise TroubleError(no_service(self.asked(service, ""), "switched off in clouds.yaml"))
        given = self.region.endpoint(service)
        if given:
            url = given.replace("%(project_id)s", (access and access.project_id) or "")
            url = url.replace("%(user_id)s", (access and access.user_id) or "")
        elif access is None:
            url = str(self.session.get_endpoint() or "")
        else:
            url = self._catalog_url(service, access)
        if not url:
            raise TroubleError(no_service(self.asked(service, "")))
        return self._versioned(service, url.rstrip("/"))

    def _catalog_url(self, service: str, access: AccessInfo) -> str:
        region = self.region.region_name(service) or None
        try:
            url = access.service_catalog.url_for(
                service_type=self.region.service_type(service),
                service_name=self.region.service_name(service),
                interface=self.region.interface(service) or "public",
                region_name=region,
            )
        except ks_errors.CatalogException:
            if service == "identity":
                # A restricted token's catalog may lack Keystone itself, which we have just talked to.
                return str(self.signer.auth_url if self.signer else "")
            raise TroubleError(no_service(self.asked(service, ""), *_why_missing(access, region))) from None
        return str(url)

    def _versioned(self, service: str, url: str) -> str:
        found = _VERSION.search(urlsplit(url).path)
        wanted = self.region.api_version(service).split(".")[0]
        if found and (not wanted or found[1] == wanted):
            return url
        if not found and service in _SUFFIXES and wanted in {"", _SUFFIXES[service][2]}:
            return url + _SUFFIXES[service]
        return self._discovered(service, url, wanted)

    def _discovered(self, service: str, url: str, wanted: str) -> str:
        """Ask the service which versions it has: for unversioned endpoints, and where another major one is wanted."""
        if self.signer is None:
            return url
        what = f"version {wanted} of {service} at {url}"
        if known := self.signer.found(what):
            return known
        interface = self.region.interface(service) or "public"
        try:
            data = self.signer.get_endpoint_data(
                self.session,
                endpoint_override=url if self.region.endpoint(service) else None,
                service_type=self.region.service_type(service),
                interface=interface if isinstance(interface, str) else interface[0],
                region_name=self.region.region_name(service) or None,
                min_version=f"{wanted}.0" if wanted else None,
                max_version=f"{wanted}.latest" if wanted else None,
            )
        except TroubleError:
            raise
        except Exception as error:
            raise TroubleError(explain(error, self.asked(service, f"GET {url}"))) from error
        found = str((data.url if data else None) or url)
        self.signer.note(what, found)
        return found


class Door:
    """All ways into one scope; the first that can sign in is used."""

    def __init__(self, scope: Scope, ways: Sequence[Way]) -> None:
        self.scope = scope
        self.ways = tuple(ways)
        self._chosen = 0
        self._connection: Connection | None = None
        self._lock = threading.Lock()

    def open(self) -> Way:
        """Return a way that is signed in. Raises TroubleError when none can: of an entry that asks, else the first."""
        ways, chosen = self.ways, self._chosen
        first: Trouble | None = None
        for index in sorted(range(len(ways)), key=lambda index: index != chosen):
            try:
                ways[index].access()
            except TroubleError as error:
                # What can be mended by typing it is told before what cannot.
                if first is None or (error.trouble.cause is Cause.ASK and first.cause is not Cause.ASK):
                    first = structs.replace(error.trouble, where=self.scope.label)
                if error.trouble.cause not in FALLS_BACK:
                    break
            else:
                if index != chosen and ways is self.ways:
                    self._chosen, self._connection = index, None
                return ways[index]
        if first is None:
            raise TroubleError(Trouble(cause=Cause.CONFIG, title="No entry leads there", where=self.scope.label))
        raise TroubleError(first)

    def become(self, scope: Scope, ways: Sequence[Way]) -> None:
        """Take the scope's new names and ways; the way in use stays when it is among them."""
        with self._lock:
            current = self.ways[self._chosen]
            ways = tuple(ways)
            if current not in ways:
                self._connection = None
            self.scope, self.ways, self._chosen = scope, ways, ways.index(current) if current in ways else 0

    @property
    def way(self) -> Way:
        """The way in use, signed in or not."""
        return self.ways[self._chosen]

    def connection(self) -> Connection:
        """Return the SDK's Connection of the way that is signed in."""
        way = self.open()
        with self._lock:
            if self._connection is None:
                self._connection = way.connection()
            return self._connection


def catalog_regions(access: AccessInfo) -> tuple[str, ...]:
    """Regions of a token's catalog, in its order; those with a compute service where there are such."""
    found = _services_by_region(access)
    return tuple([region for region, types in found.items() if "compute" in types] or found)


def _services_by_region(access: AccessInfo) -> dict[str, set[str]]:
    """Types of the services that a token's catalog lists in each region."""
    found: dict[str, set[str]] = {}
    for service in access.service_catalog.catalog or ():
        for endpoint in service.get("endpoints") or ():
            region = endpoint.get("region_id") or endpoint.get("region")
            if region:
                found.setdefault(str(region), set()).add(str(service.get("type")))
    return found


def _why_missing(access: AccessInfo, region: str | None) -> tuple[str, str]:
    """Why a catalog has no such service, and what to do about it."""
    if not access.service_catalog.catalog and not access.scoped:
        why = "the entry names no project, and without one Keystone gives no catalog"
        return why, "Give project_name in clouds.yaml, or choose one with :project."
    regions = list(_services_by_region(access))
    if region and regions and region not in regions:
        return f"its catalog has no region {region}", f"It has: {', '.join(regions[:10])}."
    return f"the catalog lists none in {region}" if region else "the catalog lists none", ""


def _identity(access: AccessInfo | None) -> Identity:
    if access is None:
        return Identity()
    return Identity(
        user=access.username or access.user_id or "",
        user_domain=getattr(access, "user_domain_name", "") or "",
        project_id=access.project_id or "",
        project=access.project_name or "",
        roles=frozenset(access.role_names or ()),
        system=bool(getattr(access, "system_scoped", False)),
        expires_at=access.expires.timestamp() if access.expires else 0.0,
    )
