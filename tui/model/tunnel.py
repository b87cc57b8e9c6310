"""How a tunnel stands, and what it wants a person to say: what the screen and `doctor` show of it."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from tui.model.ssh import Hop, HostKey
from tui.model.trouble import Trouble

Hops = tuple[Hop, ...]


class Phase(StrEnum):
    """What a tunnel is doing."""

    IDLE = "idle"
    """Nobody has needed it yet."""
    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"


class Standing(msgspec.Struct, frozen=True):
    """A tunnel as it is now. Replaced, never changed."""

    hops: Hops
    phase: Phase = Phase.IDLE
    since: float = 0.0
    """Epoch seconds since when it is so."""
    trouble: Trouble | None = None
    """Why it is down."""
    connects: int = 0
    """How often it came up."""
    sockets: int = 0
    """Connections that go through it now."""
    peer: str = ""
    """Who answered, as `user@host:port`; with ProxyJump all of them, the nearest first."""

    @property
    def label(self) -> str:
        """The jump hosts as the settings name them, the nearest first."""
        return label_of(self.hops)


def short_of(hops: Hops) -> str:
    """Return the hosts alone, for narrow places."""
    return " › ".join(hop.host for hop in hops)


def label_of(hops: Hops) -> str:
    """Return how people call a chain of hops: the nearest first."""
    return " › ".join(hop.label for hop in hops)


class Question(msgspec.Struct, frozen=True):
    """What a tunnel waits for: a text to be typed, or (with a key) whether to trust a host key."""

    title: str
    """Label of the hop that asks."""
    what: str
    """«Passphrase of /home/me/.ssh/id_ed25519», or the server's own words: hostile text."""
    key: HostKey | None = None
    again: bool = False
    """The last answer was not the right one."""
