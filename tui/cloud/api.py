"""One scope's API: typed lists, single resources and the SDK's Connection, all on one guarded session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tui.cloud.reply import Page, Reply
from tui.model.place import Scope
from tui.model.read import Params, Read

if TYPE_CHECKING:
    from openstack.connection import Connection

Row = TypeVar("Row", bound=msgspec.Struct)


class Api:
    """The services of one scope. Thread-safe; blocking; every failure is a TroubleError."""

    scope: Scope

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
        """GET `path` (leading slash) under the service's versioned endpoint. `timeout` is the read time-out in seconds."""
        raise NotImplementedError

    def endpoint(self, service: str) -> str:
        """Return the service's versioned endpoint without a trailing slash; it tells rows of different places apart."""
        raise NotImplementedError

    def has(self, service: str) -> bool:
        """Tell whether the catalog has the service (signs in if need be)."""
        raise NotImplementedError

    def microversions(self, service: str) -> tuple[str, str]:
        """Return (least, newest) of the service at this place; ("", "") where it has none. Cached per endpoint."""
        raise NotImplementedError

    def page(self, read: Read, row_type: type[Row], params: Params = ()) -> Page[Row]:
        """Return one page of a list; `params` come on top of the read's own (limit, marker, changes-since …)."""
        raise NotImplementedError

    def item(self, read: Read, ident: str) -> dict[str, Any]:
        """Return the whole resource as the service sent it, at the read's item microversion."""
        raise NotImplementedError

    def connection(self) -> Connection:
        """Return the SDK's Connection on the same session, made on first use."""
        raise NotImplementedError
