"""What the program knows of SSH without speaking it: hops, host keys, and the seams that `tui.remote` fills."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
from collections.abc import Mapping
from enum import Enum
from typing import Protocol

import msgspec

PORT = 22
_HOST = re.compile(r"[A-Za-z0-9_.:%\[\]][A-Za-z0-9_.:%\[\]-]*")
_USER = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.@\\$-]*")


class Hop(msgspec.Struct, frozen=True):
    """One machine on the way. What is empty comes from `~/.ssh/config`, by the host as its alias."""

    host: str
    """Alias, name or address; IPv6 without brackets."""
    port: int = 0
    """0: what the configuration says, else 22."""
    user: str = ""
    key: str = ""
    """Path of the private key's file; empty: the configuration's, the agent's and the usual ones."""

    @property
    def label(self) -> str:
        """As a person writes it: `user@host:port` without what is not said."""
        host = f"[{self.host}]" if ":" in self.host and self.port else self.host
        return f"{self.user}@" * bool(self.user) + host + f":{self.port}" * bool(self.port)


Said = str | Mapping[str, object]
"""One or more hops as settings say them: `a`, `me@a:2222,b`, or `{host, user, port, key}`."""


def hops(said: Said | list[Said] | tuple[Said, ...]) -> tuple[Hop, ...]:
    """Read a chain of hops, the nearest first. Raises ValueError saying what is wrong with which part."""
    if isinstance(said, str):
        return tuple(_hop(part.strip()) for part in said.split(",") if part.strip())
    if isinstance(said, Mapping):
        return (_named(said),)
    return tuple(hop for part in said for hop in hops(part))


def _hop(text: str) -> Hop:
    user, at, rest = text.rpartition("@")
    host, port = rest, ""
    if found := re.fullmatch(r"\[([^\]]*)\](?::(.*))?", rest):
        host, port = found[1], found[2] or ""
    elif rest.count(":") == 1:
        host, _, port = rest.partition(":")
    if at and not user:
        raise ValueError(f"«{text}»: the user before @ is empty")
    return _checked(Hop(host, _port(port, text) if port else 0, user), text)


def _named(said: Mapping[str, object]) -> Hop:
    text = str(dict(said))
    if unknown := sorted(set(said) - {"host", "user", "port", "key"}):
        raise ValueError(f"«{unknown[0]}»: a hop has host, user, port and key")
    host, user, key = (str(said.get(name) or "") for name in ("host", "user", "key"))
    return _checked(Hop(host, _port(said["port"], text) if said.get("port") else 0, user, key), text)


def _port(said: object, text: str) -> int:
    try:
        port = int(str(said))
    except ValueError:
        port = 0
    if not 0 < port < 65_536:
        raise ValueError(f"«{text}»: {said} is no port (1 to 65535)")
    return port


def _checked(hop: Hop, text: str) -> Hop:
    # An allow-list: these end in the argument list of `ssh`, where a leading dash would be an option.
    if not _HOST.fullmatch(hop.host):
        raise ValueError(f"«{text}»: «{hop.host}» is no host")
    if hop.user and not _USER.fullmatch(hop.user):
        raise ValueError(f"«{text}»: «{hop.user}» is no user")
    return hop


class HostKey(msgspec.Struct, frozen=True):
    """A public host key as known_hosts has it."""

    algorithm: str
    """Such as `ssh-ed25519`."""
    blob: str
    """The key, in base64."""

    @property
    def fingerprint(self) -> str:
        """`SHA256:…` as OpenSSH prints it."""
        digest = hashlib.sha256(base64.b64decode(self.blob)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


class Dialer(Protocol):
    """Where connections to a cloud's APIs come from, when not from this machine: `tui.remote` tunnels."""

    @property
    def label(self) -> str:
        """What a person reads: the name of the bastion."""
        ...

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """Return a stream socket that ends at host:port; the name is looked up at the far end.

        `timeout` in seconds, from the bastion on. Raises TroubleError naming the bastion and why: nothing was sent.
        """
        ...

    def up(self) -> str:
        """Connect to the bastion if need be and return who answered: `user@host:port`. Raises TroubleError."""
        ...

    def again(self) -> None:
        """Allow another try after a refusal: somebody asked for it. Returns at once."""
        ...


class Trust(Enum):
    """What a person says of a host key."""

    ONCE = "once"
    """For this connection only."""
    KEEP = "keep"
    """Write it to known_hosts."""
    NO = "no"


class Asker(Protocol):
    """How `tui.remote` asks a person, from its own thread; it waits for the answer, the screen does not."""

    def secret(self, title: str, what: str) -> str | None:
        """Return a passphrase or password; None: the person gave up, or there is nobody to ask."""
        ...

    def trust(self, hop: Hop, key: HostKey) -> Trust:
        """Return what to do with the key of a hop that is not in known_hosts; NO where nobody can be asked."""
        ...
