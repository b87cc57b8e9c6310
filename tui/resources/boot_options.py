"""What a boot form offers to choose from, and the smallest flavor that will do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tui.config.fence import fenced
from tui.model.amount import bytes_, count, gibibytes, mebibytes, parse_amount
from tui.model.column import Format
from tui.model.trouble import TroubleError
from tui.resources.action import Desk, Option
from tui.resources.boot_values import AUTO, NO_NETWORK, PORT
from tui.resources.kind import Raw
from tui.resources.looking import absent, label, number, rows

SSH_FOLDER = Path("~/.ssh")


def images(desk: Desk) -> tuple[Option, ...]:
    """Images that can be booted: active ones, newest first."""
    found = rows(desk.api, "image", "/images", "images", (("status", "active"),), paged=True)
    found = sorted(found, key=lambda raw: str(raw.get("created_at") or ""), reverse=True)
    return tuple(
        Option(
            str(raw.get("id")),
            label(raw),
            _joined(bytes_(number(raw.get("size"))), _needs(raw), str(raw.get("visibility") or "")),
            {
                "min_disk": number(raw.get("min_disk")),
                "min_ram": number(raw.get("min_ram")),
                "size": number(raw.get("virtual_size") or raw.get("size")),
            },
        )
        for raw in found
        if not raw.get("os_hidden") and raw.get("status") == "active"
    )


def _needs(raw: Raw) -> str:
    disk, ram = number(raw.get("min_disk")), number(raw.get("min_ram"))
    return _joined(f"disk {gibibytes(disk)}" if disk else "", f"RAM {mebibytes(ram)}" if ram else "")


def flavors(desk: Desk) -> tuple[Option, ...]:
    """Flavors that may be used, smallest first: an admin's are all, private ones too (others' Nova picks itself)."""
    every = (("is_public", "None"),)
    found = rows(desk.api, "compute", "/flavors/detail", "flavors", every, microversion="2.61", paged=True)
    options = tuple(
        Option(str(raw.get("id")), label(raw), _flavor_note(raw), _flavor_facts(raw))
        for raw in found
        if not raw.get("OS-FLV-DISABLED:disabled")
    )
    return flavors_by(options, "ram")


def _flavor_facts(raw: Raw) -> dict[str, Any]:
    facts: dict[str, Any] = {key: number(raw.get(key)) for key in ("vcpus", "ram", "disk")}
    return facts | {"ephemeral": number(raw.get("OS-FLV-EXT-DATA:ephemeral"))}


def _flavor_note(raw: Raw) -> str:
    facts = _flavor_facts(raw)
    disk = gibibytes(facts["disk"]) if facts["disk"] else "no disk"
    specs = raw.get("extra_specs")
    return _joined(
        f"{count(facts['vcpus'])} vCPU",
        mebibytes(facts["ram"]),
        disk,
        " ".join(specs) if isinstance(specs, dict) else "",
    )


def flavors_by(options: Sequence[Option], key: str, *, min_ram: int = 0, min_disk: int = 0) -> tuple[Option, ...]:
    """Sort flavors by «vcpus», «ram» or «disk», or by «fit»: those that hold the image first, smallest first."""
    orders = {"vcpus": ("vcpus", "ram", "disk"), "disk": ("disk", "ram", "vcpus")}
    order = orders.get(key, ("ram", "vcpus", "disk"))

    def rank(option: Option) -> tuple[Any, ...]:
        short = key == "fit" and (_fact(option, "ram") < min_ram or _fact(option, "disk") < min_disk)
        return (short, *(_fact(option, name) for name in order), option.text)

    return tuple(sorted(options, key=rank))


_CPU = re.compile(r"(\d+)\s*(?:v?cpus?|v?cores?)\b")
_SIZE = re.compile(r"(?:\b(ram|memory|disk)\s*)?(\d+(?:\.\d+)?)\s*([mgt])i?b?\b(?:\s*(ram|memory|disk))?")


def smallest_flavor(options: Sequence[Option], wanted: str) -> Option | None:
    """Return the smallest flavor with at least what a text asks for: «at least 2 vCPU 4 GB», «8 gb ram 80 gb disk».

    A size without a word is RAM, a second one the disk. None where nothing is asked for or large enough.
    """
    least = _least(wanted.lower())
    if not least:
        return None
    fitting = [option for option in options if all(_fact(option, key) >= value for key, value in least.items())]
    return next(iter(flavors_by(fitting, "ram")), None)


def _least(text: str) -> dict[str, float]:
    least: dict[str, float] = {}
    for found in _CPU.finditer(text):
        least["vcpus"] = float(found[1])
    for found in _SIZE.finditer(_CPU.sub(" ", text)):
        word = found[1] or found[4] or ("disk" if "ram" in least else "ram")
        key, format_ = ("disk", Format.GIBIBYTES) if word == "disk" else ("ram", Format.MEBIBYTES)
        least[key] = parse_amount(f"{found[2]}{found[3]}b", format_)
    return least


def volumes(desk: Desk) -> tuple[Option, ...]:
    """Volumes that a server can boot from: bootable ones that are free."""
    found = rows(desk.api, "block-storage", "/volumes/detail", "volumes", (("bootable", "true"),), paged=True)
    return tuple(
        Option(str(raw.get("id")), label(raw), _joined(_size(raw), _image_of(raw)), _volume_facts(raw))
        for raw in found
        if raw.get("bootable") == "true" and (raw.get("status") == "available" or raw.get("multiattach"))
    )


def snapshots(desk: Desk) -> tuple[Option, ...]:
    """Volume snapshots that are available."""
    found = rows(desk.api, "block-storage", "/snapshots", "snapshots", paged=True)
    return tuple(
        Option(str(raw.get("id")), label(raw), _size(raw), _volume_facts(raw))
        for raw in found
        if raw.get("status") == "available"
    )


def _volume_facts(raw: Raw) -> dict[str, Any]:
    image = raw.get("volume_image_metadata")
    facts = (
        {key: number_of((image or {}).get(key)) for key in ("min_disk", "min_ram")} if isinstance(image, dict) else {}
    )
    return {"size": number(raw.get("size")), **facts}


def number_of(value: object) -> int:
    """Return a number that Cinder may write as text; 0 for anything else."""
    return int(value) if isinstance(value, str) and value.isdecimal() else number(value)


def _image_of(raw: Raw) -> str:
    image = raw.get("volume_image_metadata")
    return str(image.get("image_name") or "") if isinstance(image, dict) else ""


def volume_types(desk: Desk) -> tuple[Option, ...]:
    """Volume types; none where there is no Cinder."""
    try:
        found = rows(desk.api, "block-storage", "/types", "volume_types")
    except TroubleError as error:
        if absent(error.trouble):
            return ()
        raise
    return tuple(Option(label(raw), label(raw), str(raw.get("description") or "")) for raw in found)


def networks(desk: Desk) -> tuple[Option, ...]:
    """Networks, then ports that are free, then what Nova can do by itself. External ones come last of the networks."""
    subnets = {str(raw.get("id")): raw for raw in rows(desk.api, "network", "/subnets", "subnets")}
    found = rows(desk.api, "network", "/networks", "networks")
    mine = desk.identity.project_id
    found = sorted(found, key=lambda raw: (bool(raw.get("router:external")), raw.get("project_id") != mine, label(raw)))
    nets = [Option(str(raw.get("id")), label(raw), _network_note(raw, subnets), _network_facts(raw)) for raw in found]
    names = {option.value: option.text for option in nets}
    return (
        *nets,
        *free_ports(desk, names),
        Option(NO_NETWORK, "no network", "the server has no address"),
        Option(AUTO, "made by the cloud", "a network of the project, made if there is none"),
    )


def _network_note(raw: Raw, subnets: Mapping[str, Raw]) -> str:
    cidrs = [str(subnets[ident].get("cidr")) for ident in raw.get("subnets") or () if ident in subnets]
    return _joined(" ".join(cidrs) or "no subnet", "external" if raw.get("router:external") else "")


def _network_facts(raw: Raw) -> dict[str, Any]:
    return {"external": bool(raw.get("router:external")), "project_id": raw.get("project_id") or ""}


def free_ports(desk: Desk, names: Mapping[str, str]) -> list[Option]:
    """Ports that belong to nothing yet."""
    found = rows(desk.api, "network", "/ports", "ports", (("device_id", ""), ("project_id", desk.identity.project_id)))
    return [
        Option(f"{PORT}{raw.get('id')}", f"port {label(raw)}", _port_note(raw, names))
        for raw in found
        if not raw.get("device_id") and not raw.get("device_owner")
    ]


def _port_note(raw: Raw, names: Mapping[str, str]) -> str:
    fixed = [str(one.get("ip_address")) for one in raw.get("fixed_ips") or () if isinstance(one, dict)]
    return _joined(" ".join(fixed) or "no address", names.get(str(raw.get("network_id")), ""))


def external_networks(desk: Desk) -> tuple[Option, ...]:
    """Networks that floating IPs come from; none where clouds.yaml says there are no floating IPs."""
    if without_floating(desk):
        return ()
    found = rows(desk.api, "network", "/networks", "networks", (("router:external", "true"),))
    return tuple(Option(str(raw.get("id")), label(raw)) for raw in found if raw.get("router:external"))


def without_floating(desk: Desk) -> bool:
    """Whether clouds.yaml says `floating_ip_source: None` (openstacksdk, «Vendor support»)."""
    return str(desk.config.get("floating_ip_source", "neutron")).lower() in {"none", ""}


def security_groups(desk: Desk) -> tuple[Option, ...]:
    """Security groups of the project and those shared with it."""
    found = rows(desk.api, "network", "/security-groups", "security_groups")
    mine = [raw for raw in found if raw.get("project_id") == desk.identity.project_id or raw.get("shared")]
    return tuple(Option(str(raw.get("id")), label(raw), str(raw.get("description") or "")) for raw in mine)


def keypairs(desk: Desk) -> tuple[Option, ...]:
    """Your keypairs, then public keys in ~/.ssh that can be imported."""
    found = [raw["keypair"] for raw in keypair_rows(desk) if isinstance(raw.get("keypair"), dict)]
    known = {" ".join(str(raw.get("public_key")).split()[:2]) for raw in found}
    options = [Option(str(raw.get("name")), str(raw.get("name")), _key_note(raw)) for raw in found]
    for path, line in public_keys():
        if " ".join(line.split()[:2]) not in known:
            options.append(Option(str(path), str(path), f"import {line.split()[0]}"))
    return tuple(options)


def keypair_rows(desk: Desk) -> list[Raw]:
    """Your keypairs as Nova lists them, each in an object of its own (2.35 pages, 2.2 tells the type)."""
    return rows(desk.api, "compute", "/os-keypairs", "keypairs", microversion="2.35")


def _key_note(raw: Raw) -> str:
    public = str(raw.get("public_key") or "").split()
    return _joined(public[0].removeprefix("ssh-") if public else "", str(raw.get("fingerprint") or ""))


def public_keys() -> list[tuple[Path, str]]:
    """Public keys of this machine's user: path with ~, and the line; none in a restricted session."""
    found: list[tuple[Path, str]] = []
    if fenced():
        return found
    try:
        paths = sorted(SSH_FOLDER.expanduser().glob("*.pub"))
    except (OSError, RuntimeError):
        return []
    for path in paths:
        try:
            line = path.read_text("utf-8", "replace").strip()
        except OSError:
            continue
        if len(line.split()) >= 2 and "\n" not in line:
            found.append((SSH_FOLDER / path.name, line))
    return found


def zones(desk: Desk) -> tuple[Option, ...]:
    """Availability zones of Nova."""
    found = rows(desk.api, "compute", "/os-availability-zone", "availabilityZoneInfo")
    return tuple(
        Option(str(raw.get("zoneName")), str(raw.get("zoneName")), "" if zone_works(raw) else "not available")
        for raw in found
    )


def zone_works(raw: Raw) -> bool:
    """Whether an availability zone takes servers."""
    state = raw.get("zoneState")
    return bool(state.get("available", True)) if isinstance(state, dict) else True


def server_groups(desk: Desk) -> tuple[Option, ...]:
    """Server groups with their policy (2.64; below it a list of policies)."""
    found = rows(desk.api, "compute", "/os-server-groups", "server_groups", microversion="2.64")
    return tuple(
        Option(
            str(raw.get("id")),
            label(raw),
            _joined(
                str(raw.get("policy") or " ".join(raw.get("policies") or ())),
                f"{len(raw.get('members') or ())} members",
            ),
        )
        for raw in found
    )


def chosen(options: Sequence[Option], value: object) -> Option | None:
    """Return the option with a value or, where that is free text, a name."""
    return next((option for option in options if value and value in (option.value, option.text)), None)


def _fact(option: Option | None, name: str) -> float:
    return float(option.facts.get(name) or 0) if option else 0.0


def _size(raw: Raw) -> str:
    return gibibytes(number(raw.get("size")))


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)
