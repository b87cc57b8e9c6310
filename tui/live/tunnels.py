"""The tunnels of all clouds: one for each chain of jump hosts, made when it is first needed, with what they ask."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tui.config.settings import Ssh
from tui.model.ssh import Hop, Trust
from tui.model.trouble import Cause, TroubleError
from tui.model.tunnel import Hops, Phase, Question, Standing, label_of
from tui.remote.asking import Desk

if TYPE_CHECKING:
    from tui.remote.loop import Loop
    from tui.remote.tunnel import Tunnel


class Tunnels:
    """Gives `Clouds.load` its `dial`. Thread-safe; asyncssh is imported by the first connection."""

    def __init__(self, settings: Ssh, changed: Callable[[], None] = lambda: None) -> None:
        """`changed` is called, from any thread, whenever a tunnel stands otherwise than before."""
        self.changed = changed
        self._settings = settings
        self._loop: Loop | None = None
        self._desk = Desk()
        self._lines: dict[Hops, Line] = {}
        self._lock = threading.Lock()

    @property
    def loop(self) -> Loop:
        """The thread in which everything of SSH runs; others may use it too."""
        with self._lock:
            if self._loop is None:
                # asyncio comes with it, which `get` would otherwise not need.
                from tui.remote.loop import Loop

                self._loop = Loop()
            return self._loop

    def dial(self, hops: Hops) -> Line:
        """Return the way through these jump hosts; the same one for the same hops. Connects nothing yet."""
        with self._lock:
            return self._lines.setdefault(hops, Line(hops, self._make))

    def standing(self, hops: Hops) -> Standing:
        """Return how a tunnel is now."""
        return self.dial(hops).standing

    @property
    def standings(self) -> tuple[Standing, ...]:
        """All tunnels, in the order of their first use."""
        with self._lock:
            return tuple(line.standing for line in self._lines.values())

    def question(self, hops: Hops) -> Question | None:
        """Return what a person must say before a tunnel can come up; None while nothing is asked."""
        return self.dial(hops).question

    def answer(self, question: Question, answer: str | Trust) -> None:
        """Take what was said, and let all tunnels that waited for it try again. Returns at once."""
        if not self._desk.answer(question, answer):
            return
        with self._lock:
            lines = list(self._lines.values())
        for line in lines:
            trouble = line.standing.trouble
            if trouble is not None and trouble.cause is Cause.ASK:
                line.again()

    def try_up(self, hops: Hops) -> Standing:
        """Connect if need be and say how it went. Blocking."""
        line = self.dial(hops)
        with contextlib.suppress(TroubleError):  # it stands in what is returned
            line.up()
        return line.standing

    def close(self) -> None:
        """End all; returns at once even while a jump host hangs."""
        with self._lock:
            lines = list(self._lines.values())
        for line in lines:
            line.close()

    def _make(self, hops: Hops) -> Tunnel:
        from tui.remote.tunnel import Tunnel

        known = self._settings.known_hosts
        return Tunnel(
            self.loop,
            hops,
            self._desk,
            known_hosts=Path(known).expanduser() if known else None,
            timeout=self._settings.timeout,
            changed=lambda standing: self.changed(),
        )


class Line:
    """Implements `tui.model.ssh.Dialer`: a tunnel that is made by its first use."""

    def __init__(self, hops: tuple[Hop, ...], make: Callable[[Hops], Tunnel]) -> None:
        self.hops = hops
        self._make = make
        self._tunnel: Tunnel | None = None
        self._lock = threading.Lock()

    @property
    def label(self) -> str:
        """The jump hosts."""
        return label_of(self.hops)

    @property
    def standing(self) -> Standing:
        """How the tunnel is now."""
        return self._tunnel.standing if self._tunnel is not None else Standing(self.hops)

    @property
    def question(self) -> Question | None:
        """What a person has to say first."""
        return self._tunnel.question if self._tunnel is not None else None

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """Return a socket through the tunnel. Raises TroubleError."""
        return self._made().connect(host, port, timeout)

    def up(self) -> str:
        """Connect and return who answered. Blocking; raises TroubleError."""
        return self._made().up()

    def again(self) -> None:
        """Allow another try."""
        if self._tunnel is not None:
            self._tunnel.again()

    def close(self) -> None:
        """Say goodbye."""
        if self._tunnel is not None and self._tunnel.standing.phase in {Phase.UP, Phase.CONNECTING}:
            self._tunnel.close()

    def _made(self) -> Tunnel:
        with self._lock:
            if self._tunnel is None:
                self._tunnel = self._make(self.hops)
            return self._tunnel
