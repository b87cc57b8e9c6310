"""What came of knocking at an address of a server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of knocking at an address."""

    said: str = ""
    """The server's identification (`OpenSSH_9.2p1`), hostile text; empty when it did not speak SSH."""
    why: str = ""
    """Why it cannot be used, in words; empty when it can."""
    seconds: float = 0.0
    """From the knock to the answer."""

    @property
    def open(self) -> bool:
        """Whether an SSH server answered."""
        return not self.why
