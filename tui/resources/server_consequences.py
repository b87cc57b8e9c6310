"""What else happens when servers go: volumes, addresses, ports, pools, groups, locks. Looked up, never guessed.

Each question that fails becomes a line that says so and raises the tier; a service that a cloud does not have is no
failure. Source of what Nova takes along: its `compute/api.py` and `network/neutron.py` (ports made by hand are kept).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tui.cloud import Api
from tui.model.amount import epoch, gibibytes
from tui.model.entry import Entry
from tui.model.read import Params
from tui.model.status import Health
from tui.model.trouble import Cause, TroubleError
from tui.resources.action import Consequence, Desk
from tui.resources.server_off import is_admin
from tui.resources.server_row import server_of

Raw = Mapping[str, Any]

BATCH = 50
"""Ids in one question to Neutron: its query stays well below 8 kB."""
SIZED = 40
"""Volumes whose sizes are looked up one by one; beyond it only their number is told."""
POOLS = 200
"""Pools whose members are read."""
NAMED = 4
"""Names in the evidence of a line."""


@dataclass(slots=True)
class Look:
    """What is known of the servers that go."""

    desk: Desk
    gone: list[Entry] = field(default_factory=list)
    """Not there any more."""
    spared: list[tuple[Entry, Raw]] = field(default_factory=list)
    """Locked: Nova will refuse."""
    doomed: list[tuple[Entry, Raw]] = field(default_factory=list)
    lines: list[Consequence] = field(default_factory=list)

    @property
    def api(self) -> Api:
        """Whom to ask."""
        return self.desk.api

    def add(self, health: Health, number: int, one: str, many: str, evidence: str = "", raises: bool = False) -> None:
        """Add a line if there is something to count."""
        if number:
            text = one if number == 1 else many
            self.lines.append(Consequence(health, number, text, evidence, raises, (one, many)))

    def failed(self, what: str, error: TroubleError, number: int = 0) -> None:
        """Add the line of a question that nobody answered."""
        said = error.trouble.said or error.trouble.title
        self.lines.append(
            Consequence(Health.UNKNOWN, number, f"{what} could not be looked up", said[:200], raises=True)
        )


def of_delete(desk: Desk) -> Sequence[Consequence]:
    """Return what happens when the desk's servers are deleted, worst first. Blocking."""
    look = _looked(desk)
    look.add(Health.BROKEN, len(look.doomed), "server is deleted", "servers are deleted")
    _locks(look)
    _ask(look, "volumes", _volumes)
    ports = _ask(look, "ports", _ports) or []
    _ask(look, "floating IPs", lambda found: _floating(found, ports))
    _ask(look, "load balancers", _members)
    _ask(look, "server groups", _groups)
    look.add(Health.OFF, len(look.gone), "server is gone already", "servers are gone already", _names(look.gone))
    return sorted(look.lines, key=lambda line: line.health)


def of_rebuild(desk: Desk) -> Sequence[Consequence]:
    """Return what happens when the desk's servers are rebuilt. Blocking."""
    look = _looked(desk)
    number = len(look.doomed)
    look.add(
        Health.BROKEN, number, "server loses its root disk", "servers lose their root disks", "made anew from the image"
    )
    own = sum(1 for _, raw in look.doomed if not raw.get("image") and _attached(raw))
    look.add(Health.BROKEN, own, "boots from a volume that is overwritten", "boot from volumes that are overwritten")
    kept = sum(len(_attached(raw)) for _, raw in look.doomed) - own
    look.add(Health.OFF, kept, "other volume stays as it is", "other volumes stay as they are")
    _locks(look)
    look.add(Health.OFF, len(look.gone), "server is gone already", "servers are gone already", _names(look.gone))
    return sorted(look.lines, key=lambda line: line.health)


def of_lock(desk: Desk) -> Sequence[Consequence]:
    """Return only which servers are locked, for deeds that touch nothing else. Blocking."""
    look = _looked(desk)
    _locks(look)
    look.add(Health.OFF, len(look.gone), "server is gone already", "servers are gone already", _names(look.gone))
    return sorted(look.lines, key=lambda line: line.health)


def _looked(desk: Desk) -> Look:
    """Read every server anew. 2.73 tells the reason of a lock, 2.71 the groups, 2.3 what goes with it."""
    look = Look(desk)
    missed: list[Entry] = []
    first: TroubleError | None = None
    for entry in desk.entries:
        try:
            reply = look.api.get("compute", f"/servers/{entry.id}", microversion="2.73")
            raw = look.api.decoded("compute", reply, "server")
        except TroubleError as error:
            if error.trouble.cause is Cause.NOT_FOUND:
                look.gone.append(entry)
            else:
                missed.append(entry)
                first = first or error
            continue
        locked = bool(raw.get("locked")) and not is_admin(desk.identity)
        (look.spared if locked else look.doomed).append((entry, raw))
    if first is not None:
        look.failed("servers" if len(missed) > 1 else "server", first, len(missed))
    return look


def _ask(look: Look, what: str, question: Callable[[Look], Any]) -> Any:
    """Ask one question of those that go."""
    if not look.doomed:
        return None
    try:
        return question(look)
    except TroubleError as error:
        if error.trouble.cause not in {Cause.NO_SERVICE, Cause.NOT_FOUND}:
            look.failed(what, error)
        return None


def _locks(look: Look) -> None:
    spared = [_reason(entry, raw) for entry, raw in look.spared]
    look.add(Health.ATTENTION, len(spared), "server is locked, skipped", "servers are locked, skipped", _some(spared))
    forced = [_reason(entry, raw) for entry, raw in look.doomed if raw.get("locked")]
    one, many = (
        "server is locked, and an admin's call goes through",
        "servers are locked, and an admin's call goes through",
    )
    look.add(Health.ATTENTION, len(forced), one, many, _some(forced), raises=True)


def _reason(entry: Entry, raw: Raw) -> str:
    reason = raw.get("locked_reason")
    return f'{_name(entry)}: "{reason}"' if reason else _name(entry)


def _attached(raw: Raw) -> list[Raw]:
    found = raw.get("os-extended-volumes:volumes_attached")
    return [volume for volume in found if isinstance(volume, dict)] if isinstance(found, list) else []


def _volumes(look: Look) -> None:
    going: list[str] = []
    staying: list[str] = []
    unclear = 0
    for _, raw in look.doomed:
        for volume in _attached(raw):
            along = volume.get("delete_on_termination")
            if along is None:
                unclear += 1
            else:
                (going if along else staying).append(str(volume.get("id")))
    sizes = _sizes(look.api, [*going, *staying])
    goes, stays = _sized(going, sizes), _sized(staying, sizes)
    look.add(Health.BROKEN, len(going), "volume goes with it", "volumes go with them", f"{goes}delete_on_termination")
    look.add(Health.OFF, len(staying), "volume stays", "volumes stay", f"{stays}available afterwards")
    one, many = "volume: whether it goes is not told", "volumes: whether they go is not told"
    look.add(Health.UNKNOWN, unclear, one, many, "this Nova is older than 2.3", raises=True)


def _sizes(api: Api, idents: Sequence[str]) -> dict[str, int]:
    """Sizes in GiB of the volumes that Cinder tells; they are evidence, so what fails is left out."""
    found: dict[str, int] = {}
    try:
        if len(idents) > SIZED or not idents or not api.has("block-storage"):
            return {}
        for ident in idents:
            raw = api.decoded("block-storage", api.get("block-storage", f"/volumes/{ident}"), "volume")
            found[ident] = int(raw.get("size") or 0)
    except (TroubleError, ValueError):
        return {}
    return found


def _sized(idents: Sequence[str], sizes: Mapping[str, int]) -> str:
    known = [sizes[ident] for ident in idents if ident in sizes]
    return f"{gibibytes(sum(known))}, " if known else ""


def _ports(look: Look) -> list[Raw]:
    """Ports that Nova made go with the server; those made by hand stay, unbound."""
    servers = {entry.id: raw for entry, raw in look.doomed}
    ports = _neutron(look.api, "/ports", "ports", "device_id", list(servers))
    hand = [port for port in ports if _by_hand(look.api, port, servers.get(str(port.get("device_id")), {}))]
    look.add(Health.OFF, len(ports) - len(hand), "port goes with it", "ports go with them")
    names = [str(port.get("name") or str(port.get("id"))[:8]) for port in hand]
    look.add(
        Health.OFF, len(hand), "port made by hand stays, unbound", "ports made by hand stay, unbound", _some(names)
    )
    return ports


def _by_hand(api: Api, port: Raw, server: Raw) -> bool:
    """Nova names no port, and makes its own while it builds a server or attaches an interface, not before or after."""
    if port.get("name"):
        return True
    made, began = epoch(port.get("created_at")), epoch(server.get("created"))
    launched = epoch(server.get("OS-SRV-USG:launched_at"))
    if not made or not began:
        return False
    if made < began:
        return True
    if not launched or made <= launched:
        return False
    reply = api.get("compute", f"/servers/{server.get('id')}/os-instance-actions", microversion="2.58")
    actions = api.decoded("compute", reply).get("instanceActions")
    plugged = [act for act in actions or () if isinstance(act, dict) and act.get("action") == "attach_interface"]
    return not any(epoch(act.get("start_time")) <= made <= _end(act) for act in plugged)


def _end(action: Raw) -> float:
    return epoch(action.get("updated_at")) or epoch(action.get("start_time")) + 60


def _floating(look: Look, ports: Sequence[Raw]) -> None:
    idents = [str(port.get("id")) for port in ports]
    found = _neutron(look.api, "/floatingips", "floatingips", "port_id", idents)
    addresses = sorted(str(one.get("floating_ip_address")) for one in found)
    look.add(Health.OFF, len(found), "floating IP stays", "floating IPs stay", _some(addresses))


def _neutron(api: Api, path: str, key: str, by: str, idents: Sequence[str]) -> list[Raw]:
    found: list[Raw] = []
    for start in range(0, len(idents), BATCH):
        params: Params = tuple((by, ident) for ident in idents[start : start + BATCH])
        found += _rows(api, "network", path, key, params)
    return found


def _members(look: Look) -> None:
    """Octavia tells members by address alone."""
    if not look.api.has("load-balancer"):
        return
    addresses = {address for _, raw in look.doomed for address in _addresses(raw)}
    pools = [pool for pool in _rows(look.api, "load-balancer", "/lbaas/pools", "pools") if pool.get("members")]
    hits: list[str] = []
    number = 0
    for pool in pools[:POOLS]:
        members = _rows(look.api, "load-balancer", f"/lbaas/pools/{pool.get('id')}/members", "members")
        lost = [member for member in members if member.get("address") in addresses]
        if lost:
            number += len(lost)
            stay = len(members) - len(lost)
            hits.append(f"pool {pool.get('name') or str(pool.get('id'))[:8]}: {stay} of {len(members)} stay")
    look.add(Health.ATTENTION, number, "pool member is lost", "pool members are lost", _some(hits))
    rest = len(pools) - POOLS
    look.add(Health.UNKNOWN, max(rest, 0), "pool was not looked at", "pools were not looked at", raises=True)


def _addresses(raw: Raw) -> list[str]:
    found = raw.get("addresses")
    lists = found.values() if isinstance(found, dict) else ()
    return [str(one.get("addr")) for each in lists for one in each or () if isinstance(one, dict)]


def _groups(look: Look) -> None:
    by_group: dict[str, list[Entry]] = {}
    for entry, raw in look.doomed:
        for ident in raw.get("server_groups") or ():
            by_group.setdefault(str(ident), []).append(entry)
    hits = []
    for ident, leaving in by_group.items():
        reply = look.api.get("compute", f"/os-server-groups/{ident}", microversion="2.64")
        group = look.api.decoded("compute", reply, "server_group")
        members = group.get("members") or ()
        rest = len(members) - len(leaving)
        hits.append(f"{group.get('name')} ({group.get('policy')}): {rest} of {len(members)} stay")
    number = sum(map(len, by_group.values()))
    look.add(Health.OFF, number, "server leaves its group", "servers leave their groups", _some(hits))


def _rows(api: Api, service: str, path: str, key: str, params: Params = ()) -> list[Raw]:
    found = api.decoded(service, api.get(service, path, params)).get(key)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _name(entry: Entry) -> str:
    return server_of(entry).name or entry.id[:8]


def _names(entries: Iterable[Entry]) -> str:
    return _some([_name(entry) for entry in entries])


def _some(texts: Sequence[str]) -> str:
    more = f", {len(texts) - NAMED} more" if len(texts) > NAMED else ""
    return ", ".join(texts[:NAMED]) + more
