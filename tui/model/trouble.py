"""What went wrong, for a person: one struct that every layer hands up unchanged."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Cause(StrEnum):
    """The sort of trouble; it decides whether and how fast it is tried again."""

    CONFIG = "config"
    """Broken configuration: not tried again by itself."""
    SIGN_IN = "sign-in"
    """Wrong password or expired credential: not tried again by itself, since that can lock an account."""
    ASK = "ask"
    """A password or passcode must be typed first."""
    NO_SERVICE = "no-service"
    """The catalog has no such service."""
    FORBIDDEN = "forbidden"
    """403: policy says no."""
    NOT_FOUND = "not-found"
    REFUSED = "refused"
    """400, 409, 413: the request itself was refused."""
    SLOW_DOWN = "slow-down"
    """429 or 503: tried again after `retry_after`."""
    SERVER = "server"
    """5xx."""
    NETWORK = "network"
    """DNS, TCP, dropped connections."""
    TIMEOUT = "timeout"
    TLS = "tls"
    NONSENSE = "nonsense"
    """HTML, broken JSON, a shape nobody expects."""
    READ_ONLY = "read-only"
    """stackdeck itself refused to send it."""


class Trouble(msgspec.Struct, frozen=True):
    """One failure in the words of LOOK.md's error screen. Holds nothing secret; `said` is verbatim and hostile text."""

    cause: Cause
    title: str
    """One sentence without the place: «Nova does not answer: timed out after 40 s»."""
    said: str = ""
    """The server's own words, at most 2,000 characters; never reworded."""
    status: int = 0
    """HTTP status, 0 when there was no answer."""
    short: str = ""
    """At most 12 cells for the side pane: «401», «timeout 40s», «TLS», «DNS»."""
    where: str = ""
    """cloud region."""
    service: str = ""
    asked: str = ""
    """Method and URL, without query secrets."""
    as_whom: str = ""
    source: str = ""
    """File and line of the configuration that led here."""
    request_id: str = ""
    retry_after: float = 0.0
    """Seconds that the server asked us to wait; 0 when it did not."""
    hint: str = ""
    """What to do next, one sentence."""

    @property
    def retries(self) -> bool:
        """Whether a feed may try again by itself."""
        return self.cause not in {Cause.CONFIG, Cause.SIGN_IN, Cause.ASK, Cause.READ_ONLY}


class TroubleError(Exception):
    """Carries a `Trouble` up from the layer that met it."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.title)
        self.trouble = trouble
