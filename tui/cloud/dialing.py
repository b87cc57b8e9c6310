"""Sockets that do not come from this machine: urllib3 connections on sockets of a `Dialer`, TLS and all else as ever.

Imported late: it pulls in urllib3.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any, cast

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from tui.config.settings import Settings
from tui.model.ssh import Dialer, Hop, Said, hops

Dial = Callable[[tuple[Hop, ...]], Dialer]
"""Returns the way through jump hosts, the nearest first; the same one for the same hops. Sends nothing yet."""

NAME = "ssh_tunnel"
"""What the setting is called, in settings.toml and in clouds.yaml."""
_SECONDS = 30.0


def tunnel_of(settings: Settings, entry: str, region: str, config: Mapping[str, Any]) -> tuple[Hop, ...]:
    """Return the jump hosts of an entry in a region: the settings' word counts more than clouds.yaml's.

    Raises ValueError saying what is wrong with which part.
    """
    said = settings.region(entry, region).ssh_tunnel or config.get(NAME) or ""
    if not isinstance(said, str | Mapping | list | tuple):
        raise ValueError(f"{NAME}: «{str(said)[:100]}» names no host")
    try:
        return hops(cast(Said, said))
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f"{NAME}: {error}") from error


def pools(dialer: Dialer) -> dict[str, type[HTTPConnectionPool]]:
    """Return urllib3's pools by scheme, with connections through `dialer`. They raise TroubleError naming its label.

    `_new_conn` and `pool_classes_by_scheme` are semi-private in urllib3 2; tests/http/test_tunnel.py would notice.
    """

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _dialled(dialer, self)

    class Tls(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _dialled(dialer, self)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    return {"http": PlainPool, "https": TlsPool}


def _dialled(dialer: Dialer, connection: HTTPConnection) -> socket.socket:
    timeout = connection.timeout if isinstance(connection.timeout, int | float) else _SECONDS
    return dialer.connect(connection.host.strip("[]"), connection.port or connection.default_port, timeout)
