"""Builds the servers of a region: who runs what where, and in what plight."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tui.demo.catalogue import DETAILS, FAULTS, FILLER, LAYOUT, ROLES, SPECIALS, WEIGHTS, Role
from tui.demo.clock import seeded_uuid
from tui.demo.network import give_floating, plug
from tui.demo.records import Attachment, Fault, Flavor, Image, InstanceAction, Project, SecurityGroup, Server
from tui.demo.ssh_keys import BLOCK_TWICE, NO_BLOCK, WORD, WRONG_KEY
from tui.demo.states import POWER
from tui.demo.world import Region

MINUTE, HOUR, DAY = 60, 3_600, 86_400

Sketch = tuple[str, Role, str]
"""Name, role and plight of a server to be."""

_SETTLED = {
    "rescue": "rescued",
    "verify-resize": "resized",
    "shelved-offloaded": "shelved_offloaded",
    "paused": "paused",
    "suspended": "suspended",
    "shutoff": "stopped",
}
_TASKS = {"hard-reboot": "rebooting_hard", "stuck-deleting": "deleting", "migrating": "migrating"}
_AGES = (
    3 * HOUR + 12 * MINUTE,
    2 * DAY,
    6 * DAY,
    12 * DAY,
    19 * DAY,
    41 * DAY,
    88 * DAY,
    128 * DAY,
    214 * DAY,
    399 * DAY,
)
_ROLES = {role.name: role for role in ROLES}

ODD_GUESTS = {2: WRONG_KEY, 5: NO_BLOCK, 6: BLOCK_TWICE}
"""What is odd about the host keys of a region's second, fifth and sixth server with a floating IP."""


def plan(seed: int) -> dict[tuple[str, str], list[Sketch]]:
    """The default fleet: which server stands in which region. Names count through over all regions."""
    rng = random.Random(f"{seed}/plan")  # noqa: S311
    sketches: dict[tuple[str, str], list[Sketch]] = {(c, r): [] for c, regions in LAYOUT.items() for r in regions}
    taken = {special.name for special in SPECIALS}
    for special in SPECIALS:
        sketches[special.cloud, special.region].append((special.name, _ROLES[special.role], special.plight))
    places = list(sketches)
    weights = [WEIGHTS[region] for _, region in places]
    for role in ROLES:
        for number in range(1, role.many + 1):
            name = f"{role.name}-{number:02d}"
            place = rng.choices(places, weights)[0]
            plight = "shutoff" if rng.random() < 0.04 else "floating" if rng.random() < 0.08 else "fine"
            if name not in taken:
                sketches[place].append((name, role, plight))
    return sketches


def populate(region: Region, sketches: Sequence[Sketch], wanted: int | None) -> None:
    """Build a region's fleet: what the plan says, cut or filled up to `wanted` when that is given."""
    chosen = list(sketches if wanted is None else sketches[:wanted])
    builder = Builder(region)
    for name, role, plight in chosen:
        builder.server(name, role, plight)
    for number in range(len(chosen), wanted or 0):
        role = ROLES[number % len(ROLES)] if number % 3 else FILLER
        plight = "shutoff" if number % 47 == 0 else "no-host" if number % 997 == 0 else "fine"
        builder.server(f"{role.name}-{number + 100:05d}", role, plight)


class Builder:
    """Makes servers of one region, with what it looks up again and again at hand."""

    def __init__(self, region: Region) -> None:
        self.region = region
        self.rng = region.rng
        self.now = region.now()
        self.flavors: dict[str, Flavor] = {f.name: f for f in region.flavors.values()}
        self.images: dict[str, Image] = {i.name: i for i in region.images.values() if i.name}
        self.projects: dict[str, Project] = {p.name: p for p in region.cloud.projects.values()}
        self.groups: dict[str, list[SecurityGroup]] = {
            p.id: [g for g in region.groups.values() if g.project_id == p.id and g.name in ("default", "web")]
            for p in region.cloud.projects.values()
        }
        user = region.cloud.user_named("mira")
        self.user_id = user.id if user else ""
        self.count = 0

    def server(self, name: str, role: Role, plight: str) -> Server:
        """One server of a role, in a plight, old or young as the plight demands."""
        rng, region = self.rng, self.region
        self.count += 1
        project = self._project(role)
        created = self.now - self._age(plight)
        server = Server(
            seeded_uuid(rng),
            region.number(),
            name,
            project.id,
            self.user_id,
            "" if plight == "volume-booted" else self.images[role.image].id,
            self.flavors[role.flavor],
            created,
            created + 9,
        )
        server.launched = created + 8
        server.host = region.hosts[rng.randrange(len(region.hosts))]
        server.zone = region.zone_of(server.host)
        server.key_name = "mira-2026" if rng.random() < 0.7 or plight in FAULTS else None
        server.description = name if rng.random() < 0.3 else None
        server.metadata = {"role": role.name, "team": role.project} if rng.random() < 0.4 else {}
        server.tags = [role.project] if rng.random() < 0.2 else []
        server.history.append(
            InstanceAction(
                "create",
                f"req-{seeded_uuid(rng)}",
                created,
                self.user_id,
                project.id,
                created + 9,
                event="conductor_schedule_and_build_instances"
                if plight == "no-host"
                else "compute__do_build_and_run_instance",
            )
        )
        self._suffer(server, plight)
        if plight == "newborn":
            server.history.clear()
            server.created = server.updated = self.now
            server.launched = server.host = None
            server.zone = ""
        elif server.vm_state not in ("error", "building") and plight != "shelved-offloaded":
            network = region.network(project.id)
            plug(region, rng, server, network, self.groups[project.id], self.now)
        region.add(server)
        if plight == "floating":
            give_floating(region, rng, server, self.now)
            if odd := ODD_GUESTS.get(len(region.floating)):
                server.metadata = {**server.metadata, WORD: odd}
        return server

    def _project(self, role: Role) -> Project:
        if self.region.cloud.name != "lab":
            return self.projects[role.project]
        # One in six belongs to somebody else, so that a plain member has something it may not see.
        return self.projects["staff" if self.count % 6 == 5 else "data" if self.count % 6 == 4 else "sandbox"]

    def _age(self, plight: str) -> int:
        if plight == "spawning":
            return 40
        if plight == "no-host":
            return 5 * MINUTE
        if plight in ("no-network", "no-volume", "rebuild-failed"):
            return 80 * MINUTE
        return _AGES[self.rng.randrange(len(_AGES))] + self.rng.randrange(HOUR)

    def _suffer(self, server: Server, plight: str) -> None:
        """Put a new server into its plight."""
        now = self.now
        if plight in FAULTS:
            fail(self.region, server, plight, server.created + 12)
        elif plight in _SETTLED:
            server.vm_state = _SETTLED[plight]
            server.power_state = POWER[server.vm_state]
            server.updated = max(server.updated, now - 2 * HOUR)
        elif plight in _TASKS:
            server.task_state = _TASKS[plight]
            server.updated = now - (7 * HOUR if plight == "stuck-deleting" else 12)
        if plight == "spawning":
            server.vm_state, server.task_state, server.power_state = "building", "spawning", 0
            server.launched, server.updated = None, now - 38
        elif plight == "shelved-offloaded":
            server.host = None
        elif plight == "verify-resize":
            server.old_flavor, server.flavor = self.flavors["r5.large"], self.flavors["r5.2xlarge"]
        elif plight == "locked":
            server.locked_by, server.locked_reason = "owner", "holds the unseal keys, ask mira first"
        elif plight == "volume-booted":
            server.volumes = [
                Attachment(seeded_uuid(self.rng), seeded_uuid(self.rng), device, attached=server.created)
                for device in ("/dev/vda", "/dev/vdb")
            ]
        elif plight == "unreachable-host":
            server.host = self.region.hosts[-1]
            self.region.down_hosts.add(server.host)


def fail(region: Region, server: Server, cause: str, when: int) -> None:
    """Send a server to ERROR with the fault that Nova would record; a cause it has no words for is the words."""
    code, message = FAULTS.get(cause, (500, "{text}"))
    text = message.format(id=server.id, other=seeded_uuid(region.rng), text=cause)
    server.fault = Fault(code, text, when, DETAILS)
    server.vm_state, server.task_state, server.power_state = "error", None, 0
    server.updated = max(server.updated, when)
    if (
        server.launched is not None
        and server.launched >= server.created
        and cause in ("no-host", "no-network", "no-volume")
    ):
        server.launched = None
    if cause == "no-host":
        server.host, server.zone = None, ""
    if server.history and not server.history[-1].events:
        server.history[-1].message = "Error" if cause == "no-host" else None
