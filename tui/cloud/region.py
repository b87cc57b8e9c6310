"""The settings of an entry in one region, read as openstacksdk reads them, from plain data that can be kept.

Source: openstacksdk, `openstack/config/cloud_region.py`; a test holds the two together.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from os_service_types import ServiceTypes

_SCOPES = frozenset({"domain_id", "domain_name", "project_id", "project_name", "system_scope"})


@cache
def _types() -> ServiceTypes:
    # Needed when a service is looked for, which the first frame does without.
    from os_service_types import ServiceTypes

    return ServiceTypes()


@cache
def all_types(service: str) -> tuple[str, ...]:
    """Return the official type of a service and its aliases."""
    return tuple(_types().get_all_types(service))


class Region:
    """Answers for each service what clouds.yaml says; `config` is the SDK's resolved mapping, maybe without secrets."""

    __slots__ = ("config",)

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config

    @property
    def auth(self) -> Mapping[str, Any]:
        """What stands under `auth:`."""
        found: Mapping[str, Any] = self.config.get("auth") or {}
        return found

    def region_name(self, service: str = "") -> str:
        """Return the region in which a service is looked for; empty when none is named."""
        value = self._of("region_name", service) if service else None
        value = self.config.get("region_name") if value is None else value
        return "" if value is None else str(value)

    def interface(self, service: str) -> Any:
        """Return the wanted interface (public, internal, admin) or interfaces, best first; None when none is named."""
        value = self._of("interface", service)
        value = self.config.get("interface") if value is None else value
        if value is None or isinstance(value, str | list):
            return value
        raise ValueError(f"interface is neither a name nor a list of names: {str(value)[:100]}")

    def api_version(self, service: str) -> str:
        """Return the wanted version as a number; empty for none, and for «latest»."""
        version = self._of("api_version", service)
        try:
            float(version)
        except (TypeError, ValueError):
            return ""
        return str(version) if version else ""

    def default_microversion(self, service: str) -> str:
        """Return the newest microversion that is allowed; empty when none is set."""
        value = self._of("default_microversion", service)
        return "" if value is None else str(value)

    def service_type(self, service: str) -> str:
        """Return the type under which the catalog is asked for a service."""
        official = _types().get_service_type(service) if _types().is_known(service) else None
        service = official or service
        value = self._of("service_type", service)
        return service if value is None else str(value)

    def service_name(self, service: str) -> str | None:
        """Return the name that the catalog must have for a service; None for any."""
        value = self._of("service_name", service)
        return None if value is None else str(value)

    def endpoint(self, service: str) -> str:
        """Return the address that replaces the catalog's; empty when none does."""
        value = self._of("endpoint_override", service) or self._of("endpoint", service)
        if not value and self.config.get("auth_type") == "none":
            value = self.auth.get("endpoint")
        if not value and service == "identity" and _SCOPES.isdisjoint(self.auth):
            value = self.auth.get("auth_url")
        official = _types().get_service_type(service) or service
        if value and self.config.get("profile") == "rackspace" and official == "block-storage":
            # Its catalog names version 1 alone.
            value = value + self.auth.get("project_id")
        return str(value) if value else ""

    def verify_args(self) -> tuple[bool | str, str | tuple[str, str] | None]:
        """Return what requests calls `verify` and `cert`."""
        verify = False if self.config.get("insecure") else self.config.get("verify", True)
        cacert, cert, key = (self.config.get(name) for name in ("cacert", "cert", "key"))
        if verify and cacert:
            verify = _expanded(cacert)
        if not cert:
            return True if verify is None else verify, cert
        return True if verify is None else verify, (_expanded(cert), _expanded(key)) if key else _expanded(cert)

    def _of(self, key: str, service: str) -> Any:
        config = self.config
        for name in all_types(service):
            value = config.get(f"{name.lower().replace('-', '_')}_{key}")
            if value is not None:
                return value
        return None


def _expanded(path: str) -> str:
    # As the SDK does: what else stands in the path stays as it is.
    return os.path.expanduser(path)
