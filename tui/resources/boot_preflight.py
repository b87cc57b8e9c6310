"""What is found out about a boot before it is sent. Every lookup may fail by itself; then its line says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tui.model.amount import bytes_, gibibytes, mebibytes
from tui.model.trouble import Trouble
from tui.resources import user_data
from tui.resources.action import Desk, Option, Preflight, Values, Verdict
from tui.resources.boot_networks import of_groups, of_networks
from tui.resources.boot_options import chosen, flavors, images, keypair_rows, snapshots, volumes, zone_works
from tui.resources.boot_values import (
    IMAGE,
    MOST,
    SNAPSHOT,
    VOLUME,
    is_key_file,
    names,
    new_volume,
    number_or,
    source,
    text,
)
from tui.resources.looking import absent, rows, together
from tui.resources.quota import compute_quotas, floating_quota, quota_line, storage_quotas
from tui.resources.wiring import look

Lines = list[Preflight]
_GIB = 1024**3


def preflight(desk: Desk, values: Values) -> Sequence[Preflight]:
    """Look everything up side by side and say what it means, worst first. Blocking; raises nothing of the cloud's."""
    api, project = desk.api, desk.identity.project_id
    where = source(values)
    jobs: dict[str, Callable[[], Any]] = {
        "flavors": lambda: flavors(desk),
        "compute quota": lambda: compute_quotas(api),
        "sources": lambda: {IMAGE: images, VOLUME: volumes, SNAPSHOT: snapshots}[where](desk),
        "wires": lambda: look(api),
        "groups": lambda: rows(api, "network", "/security-groups", "security_groups"),
        "ports": lambda: rows(api, "network", "/ports", "ports", (("device_id", ""), ("project_id", project))),
        "names": lambda: taken(desk, values),
    }
    if new_volume(values):
        jobs["storage quota"] = lambda: storage_quotas(api)
    if values.get("floating"):
        jobs["floating quota"] = lambda: floating_quota(api, project)
    if values.get("zone"):
        jobs["zones"] = lambda: rows(api, "compute", "/os-availability-zone", "availabilityZoneInfo")
    if values.get("keypair"):
        jobs["keypairs"] = lambda: keypair_rows(desk)
    found = together(jobs)
    lines = [
        *of_quotas(values, found),
        *of_size(values, found["sources"], found["flavors"]),
        *of_networks(values, found["wires"], found["ports"]),
        *of_groups(values, found["groups"], found["ports"], found["wires"], project),
        *of_names(values, found["names"]),
        *of_zone(values, found.get("zones")),
        *of_keypair(values, found.get("keypairs")),
        *of_user_data(values),
    ]
    order = {Verdict.BAD: 0, Verdict.ATTENTION: 1, Verdict.GOOD: 2}
    return sorted(lines, key=lambda line: (line.gauge is None, order[line.verdict]))


def unknown(what: str, trouble: Trouble, field: str = "") -> Preflight:
    """Say that something could not be looked up, and why."""
    return Preflight(Verdict.ATTENTION, f"{what} could not be looked up.", trouble.title, None, field)


def of_quotas(values: Values, found: Mapping[str, Any]) -> Lines:
    """What is left of each quota after this."""
    count = min(max(number_or(values, "count", 1), 1), MOST)
    flavor = None if isinstance(found["flavors"], Trouble) else chosen(found["flavors"], values.get("flavor"))
    facts: Mapping[str, Any] = flavor.facts if flavor else {}
    lines: Lines = []
    compute = found["compute quota"]
    if isinstance(compute, Trouble):
        lines.append(unknown("The quota of servers", compute))
    else:
        takes = {
            "instances": (1, "count"),
            "vCPU": (facts.get("vcpus", 0), "flavor"),
            "RAM": (facts.get("ram", 0), "flavor"),
        }
        for what, (each, field) in takes.items():
            if what in compute:
                lines.append(quota_line(what, compute[what], each * count, field))
    lines += _of_storage(values, found.get("storage quota"), count)
    floating = found.get("floating quota")
    if isinstance(floating, Trouble):
        lines.append(unknown("The quota of floating IPs", floating, "floating"))
    elif floating is not None:
        lines.append(quota_line("floating IPs", floating, count, "floating"))
    return lines


def _of_storage(values: Values, storage: Any, count: int) -> Lines:
    if storage is None:
        return []
    if isinstance(storage, Trouble):
        if absent(storage):
            return [Preflight(Verdict.BAD, "This cloud has no volumes.", storage.title, None, "new_volume")]
        return [unknown("The quota of volumes", storage, "volume_size")]
    takes = {"volumes": count, "storage": count * number_or(values, "volume_size", 0)}
    return [quota_line(what, storage[what], more, "volume_size") for what, more in takes.items() if what in storage]


def of_size(values: Values, sources: Any, sizes: Any) -> Lines:
    """Whether the image fits: its minimum disk and RAM against the flavor, or against the volume."""
    where = source(values)
    if isinstance(sources, Trouble):
        return [unknown(f"The {where}", sources, where)]
    if isinstance(sizes, Trouble):
        return [unknown("The flavor", sizes, "flavor")]
    boots, flavor = chosen(sources, values.get(where)), chosen(sizes, values.get("flavor"))
    lines: Lines = []
    if values.get(where) and boots is None:
        why = "Only active images boot." if where == IMAGE else "It must be available and, for a volume, bootable."
        lines.append(Preflight(Verdict.BAD, f"There is no such {where} to boot from.", why, None, where))
    if values.get("flavor") and flavor is None:
        lines.append(Preflight(Verdict.BAD, "There is no such flavor.", "", None, "flavor"))
    if boots is None or flavor is None:
        return lines
    return lines + (_too_small(values, boots, flavor) or [Preflight(Verdict.GOOD, f"The {where} fits the flavor.")])


def _too_small(values: Values, boots: Option, flavor: Option) -> Lines:
    """Source: nova `compute/api.py`, `_validate_flavor_image_nostatus`."""
    lines: Lines = []
    min_ram, ram = boots.facts.get("min_ram") or 0, flavor.facts.get("ram") or 0
    if ram < min_ram:
        text_ = f"{boots.text} needs {mebibytes(min_ram)} of RAM, {flavor.text} has {mebibytes(ram)}."
        lines.append(Preflight(Verdict.BAD, text_, "Pick a larger flavor.", None, "flavor"))
    if source(values) == VOLUME:
        return lines
    if new_volume(values):
        return lines + _small_volume(values, boots)
    disk, min_disk, size = (
        (flavor.facts.get("disk") or 0),
        (boots.facts.get("min_disk") or 0),
        boots.facts.get("size") or 0,
    )
    if not disk:
        more = "Most clouds want a volume then: turn on «new volume»."
        lines.append(Preflight(Verdict.ATTENTION, f"{flavor.text} has no disk of its own.", more, None, "new_volume"))
    elif disk < min_disk:
        text_ = f"{boots.text} needs a disk of {gibibytes(min_disk)}, {flavor.text} has {gibibytes(disk)}."
        lines.append(Preflight(Verdict.BAD, text_, "Pick a larger flavor or a new volume.", None, "flavor"))
    elif disk * _GIB < size:
        text_ = f"{boots.text} is {bytes_(size)}, the disk of {flavor.text} {gibibytes(disk)}."
        lines.append(Preflight(Verdict.BAD, text_, "Pick a larger flavor or a new volume.", None, "flavor"))
    return lines


def _small_volume(values: Values, boots: Option) -> Lines:
    size = number_or(values, "volume_size", 0)
    if source(values) == SNAPSHOT:
        least = boots.facts.get("size") or 0
        if size and size < least:
            text_ = f"The snapshot is of a volume of {gibibytes(least)}."
            return [Preflight(Verdict.BAD, text_, "A new volume cannot be smaller.", None, "volume_size")]
        return []
    least = boots.facts.get("min_disk") or 0
    if not size:
        return [Preflight(Verdict.BAD, "The new volume needs a size.", "", None, "volume_size")]
    if size < least or size * _GIB < (boots.facts.get("size") or 0):
        needs = gibibytes(least) if least else bytes_(boots.facts.get("size") or 0)
        return [Preflight(Verdict.BAD, f"{boots.text} needs {needs}.", "Make the volume larger.", None, "volume_size")]
    return []


def taken(desk: Desk, values: Values) -> list[str]:
    """Return the wanted names that servers of the project have already. Blocking; raises TroubleError.

    Nova takes `name` as a regular expression of its database, but none with alternatives: it escapes | (nova
    `db/main/api.py`, `_safe_regex_mysql`). So several names are asked for by their common beginning.
    """
    wanted = set(names(text(values, "name"), min(number_or(values, "count", 1), MOST))) - {""}
    known = {str(getattr(entry.row, "name", "")) for entry in desk.all_of("server")} & wanted
    rest = sorted(wanted - known)
    if rest:
        same = next((n for n, (a, b) in enumerate(zip(rest[0], rest[-1], strict=False)) if a != b), len(rest[0]))
        query = f"^{_literal(rest[0][:same])}" + ("$" if len(rest) == 1 else "")
        found = rows(desk.api, "compute", "/servers", "servers", (("name", query),), paged=True)
        known |= {str(raw.get("name")) for raw in found} & wanted
    return sorted(known)


def _literal(name: str) -> str:
    return "".join(f"[{char}]" if char in ".*+?()|{}$" else "." if char in "[]^\\" else char for char in name)


def of_names(values: Values, found: Any) -> Lines:
    """Whether a name is taken: Nova allows it, people stumble over it."""
    if not text(values, "name"):
        return []
    if isinstance(found, Trouble):
        return [unknown("Whether the name is taken", found, "name")]
    if found:
        which = ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
        more = "Nova lets servers share a name; commands by name will not."
        return [Preflight(Verdict.ATTENTION, f"There is a server {which} already.", more, None, "name")]
    return [Preflight(Verdict.GOOD, "The name is free.")]


def of_zone(values: Values, found: Any) -> Lines:
    """Whether the availability zone exists. Admins may write zone:host:node."""
    zone = text(values, "zone").split(":")[0]
    if not zone or found is None:
        return []
    if isinstance(found, Trouble):
        return [unknown("The availability zone", found, "zone")]
    state = next((raw for raw in found if raw.get("zoneName") == zone), None)
    if state is None:
        there = ", ".join(str(raw.get("zoneName")) for raw in found) or "none"
        return [Preflight(Verdict.BAD, f"There is no availability zone {zone}.", f"There are: {there}.", None, "zone")]
    if not zone_works(state):
        return [Preflight(Verdict.ATTENTION, f"Zone {zone} is not available now.", "", None, "zone")]
    return [Preflight(Verdict.GOOD, f"Zone {zone} is available.")]


def of_keypair(values: Values, found: Any) -> Lines:
    """Whether the keypair is yours: keypairs belong to users, so a colleague's does not count."""
    name = text(values, "keypair")
    if not name:
        if values.get("user_data") or values.get("admin_password"):
            return []
        more = "Without one, a password or user data nobody can sign in to most images."
        return [Preflight(Verdict.ATTENTION, "No keypair is chosen.", more, None, "keypair")]
    if isinstance(found, Trouble):
        return [unknown("The keypair", found, "keypair")]
    mine = {str(raw["keypair"].get("name")) for raw in found if isinstance(raw.get("keypair"), dict)}
    if is_key_file(values):
        return [Preflight(Verdict.GOOD, f"{name} is imported as a keypair first.")]
    if name not in mine:
        more = "Keypairs belong to users, not to projects."
        return [Preflight(Verdict.BAD, f"You have no keypair {name} here.", more, None, "keypair")]
    return [Preflight(Verdict.GOOD, "Keypair is yours.")]


def of_user_data(values: Values) -> Lines:
    """Whether cloud-init will understand the user data."""
    value = text(values, "user_data")
    if not value:
        return []
    wrong = user_data.wrong_value(value)
    if wrong:
        return [Preflight(Verdict.BAD, f"User data: {wrong}.", "", None, "user_data")]
    return [Preflight(Verdict.GOOD, f"User data: {user_data.described(value)}.")]
