"""The fleet's own life: now and then something happens to a server, about as often as in a real one."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from tui.demo.catalogue import ROLES
from tui.demo.fleet import fail
from tui.demo.machine import DEEDS, HARD_REBOOT, SOFT_REBOOT, begin, build, delete, perform
from tui.demo.network import plug
from tui.demo.records import Server
from tui.demo.seeding import newcomer
from tui.demo.world import Region, World

FIRST, LEAST, MOST = 2.0, 3.0, 8.0
"""Seconds until the first event, and between two of them."""

PACE = 3.0
"""How much longer than a client's own deeds these take, so that one can watch them."""

RECOVERY = 60
"""Seconds after which somebody looks after a server that went bad."""

BORN_LIMIT = 12
"""How many newcomers a region holds at most before the oldest of them goes."""


UNDER_WAY = frozenset({"spawning", "rebooting_hard", "migrating"})
"""Tasks of the first fleet that are not stuck."""


class Life:
    """Lets things happen in the regions that somebody looks at, until stopped."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._rng = random.Random(f"{world.seed}/life")  # noqa: S311
        self._born: dict[str, list[Server]] = {}
        self._met: set[str] = set()
        self._ill: set[str] = set()
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(FIRST, self._tick)

    def stop(self) -> None:
        """Let nothing happen any more."""
        self._timer.cancel()

    def _tick(self) -> None:
        regions = [region for region in self.world.regions() if region.populated and region.servers]
        for region in regions:
            if region.key not in self._met:
                self._met.add(region.key)
                self._finish(region)
        if regions:
            self._happen(self._rng.choices(regions, [len(region.servers) for region in regions])[0])
        self._timer = self._loop.call_later(self._rng.uniform(LEAST, MOST), self._tick)

    def _finish(self, region: Region) -> None:
        """What was under way when the region came to be looked at comes to its end; what is stuck stays stuck."""
        for server in region.ordered():
            if server.task_state in UNDER_WAY:
                self._loop.call_later(self._rng.uniform(15, 45), self._settle, region, server, server.task_state)

    def _settle(self, region: Region, server: Server, task: str) -> None:
        if server.deleted or server.task_state != task:
            return
        server.task_state, server.vm_state, server.power_state = None, "active", 1
        server.launched = server.launched or region.now()
        if not server.ports:
            groups = [g for g in region.groups.values() if g.project_id == server.project_id and g.name == "default"]
            plug(region, region.rng, server, region.network(server.project_id), groups, region.now())
        region.touch(server)

    def _happen(self, region: Region) -> None:
        """One event in a region."""
        events: tuple[tuple[int, Callable[[Region], None]], ...] = (
            (5, self._reboot),
            (4, self._newcomer),
            (3, self._stop_or_start),
            (2, self._migrate),
            (1, self._go_bad),
            (2, self._recover),
        )
        chosen = self._rng.choices([event for _, event in events], [weight for weight, _ in events])[0]
        chosen(region)

    def _pick(self, region: Region, vm_state: str) -> Server | None:
        """A settled server that no client has touched; those with a story of their own keep it."""
        servers = region.ordered()
        for _ in range(20):
            server = servers[self._rng.randrange(len(servers))]
            if (
                server.vm_state == vm_state
                and server.task_state is None
                and not server.volatile
                and not server.locked_by
            ):
                return server
        return None

    def _leave(self, server: Server) -> None:
        """What life does is not a client's doing."""
        server.volatile = False

    def _reboot(self, region: Region) -> None:
        server = self._pick(region, "active")
        if server is not None:
            perform(region, server, HARD_REBOOT if self._rng.random() < 0.3 else SOFT_REBOOT, server.user_id, pace=PACE)
            self._leave(server)

    def _stop_or_start(self, region: Region) -> None:
        deed = "stop" if self._rng.random() < 0.4 else "start"
        server = self._pick(region, "active" if deed == "stop" else "stopped")
        if server is not None:
            perform(region, server, DEEDS[deed], server.user_id, pace=PACE)
            self._leave(server)

    def _migrate(self, region: Region) -> None:
        server = self._pick(region, "active")
        if server is not None:
            perform(region, server, DEEDS["live-migration"], server.user_id, pace=PACE)
            self._leave(server)

    def _newcomer(self, region: Region) -> None:
        born = self._born.setdefault(region.key, [])
        born[:] = [server for server in born if not server.deleted]
        if len(born) >= BORN_LIMIT:
            delete(region, born.pop(0), "")
            return
        role = self._rng.choice(ROLES)
        server = newcomer(region, role, f"{role.name}-{self._rng.randrange(100, 1000)}")
        record = begin(region, server, "create", server.user_id, event="conductor_server_build")
        groups = [g for g in region.groups.values() if g.project_id == server.project_id and g.name == "default"]
        doomed = "no-host" if self._rng.random() < 0.15 else ""
        if not doomed:
            plug(region, region.rng, server, region.network(server.project_id), groups, region.now())
        build(region, server, record, doomed, PACE)
        self._leave(server)
        born.append(server)

    def _go_bad(self, region: Region) -> None:
        bad = sum(1 for server in region.ordered() if server.vm_state == "error")
        server = self._pick(region, "active")
        if server is not None and bad < 4:
            self._ill.add(server.id)
            fail(region, server, "life", region.now())
            region.touch(server)

    def _recover(self, region: Region) -> None:
        """Somebody resets a server that went bad here; those of the first fleet stay as they are."""
        for server in region.ordered():
            if server.id in self._ill and server.vm_state == "error" and server.fault and not server.volatile:
                if region.now() - server.fault.created > RECOVERY:
                    self._ill.discard(server.id)
                    perform(region, server, HARD_REBOOT, server.user_id, pace=PACE)
                    self._leave(server)
                return
