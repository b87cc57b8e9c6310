"""The fleet's own life: now and then something happens to a server."""

from __future__ import annotations

from tui.demo.world import World


class Life:
    """Lets things happen until stopped."""

    def __init__(self, world: World) -> None:
        self.world = world

    def stop(self) -> None:
        """Let nothing happen any more."""
