"""What there is to choose from in the forms of a server's actions. Blocking; a list that is forbidden raises."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tui.model.amount import gibibytes, mebibytes
from tui.model.read import Params
from tui.resources.action import Desk, Option
from tui.resources.looking import label, number, rows
from tui.resources.server_row import Server, server_of

Raw = Mapping[str, Any]


def target(desk: Desk) -> Server | None:
    """Return the one server that the form is about; None where there are several."""
    return server_of(desk.entries[0]) if len(desk.entries) == 1 else None


def of_target(value: Callable[[Server], Any], several: Any = "") -> Callable[[Desk], Any]:
    """Return an `initial`: something of the one server, or what stands there for several."""

    def initial(desk: Desk) -> Any:
        row = target(desk)
        return several if row is None else value(row)

    return initial


def flavors(desk: Desk) -> Sequence[Option]:
    """Return all flavors, small ones first."""
    found = rows(desk.api, "compute", "/flavors/detail", "flavors", microversion="2.61", paged=True)
    found = sorted(found, key=lambda raw: (number(raw.get("ram")), number(raw.get("vcpus")), label(raw)))
    return [
        Option(
            str(raw.get("id")),
            label(raw),
            _size(raw),
            {name: number(raw.get(name)) for name in ("vcpus", "ram", "disk")},
        )
        for raw in found
        if not raw.get("OS-FLV-DISABLED:disabled")
    ]


def images(desk: Desk) -> Sequence[Option]:
    """Return the images that can be used, by name."""
    found = rows(desk.api, "image", "/images", "images", (("status", "active"), ("sort", "name:asc")), paged=True)
    return [
        Option(
            str(raw.get("id")),
            label(raw),
            str(raw.get("os_distro") or raw.get("disk_format") or ""),
            {name: number(raw.get(name)) for name in ("min_disk", "min_ram", "size")},
        )
        for raw in found
    ]


def free_volumes(desk: Desk) -> Sequence[Option]:
    """Return the volumes of the server's project that can be attached: available ones and those for several servers."""
    row = target(desk)
    project = row.project_id if row else ""
    foreign = bool(project) and project != desk.identity.project_id
    more: Params = (("all_tenants", "1"), ("project_id", project)) if foreign else ()
    found = rows(desk.api, "block-storage", "/volumes/detail", "volumes", more, paged=True)
    return [
        Option(
            str(raw.get("id")),
            label(raw),
            f"{gibibytes(number(raw.get('size')))}, {raw.get('volume_type') or 'no type'}",
        )
        for raw in found
        if raw.get("status") == "available" or (raw.get("multiattach") and raw.get("status") == "in-use")
    ]


def attached_volumes(desk: Desk) -> Sequence[Option]:
    """Return the volumes of the one server that can be detached: all but the one that it boots from."""
    found = _of_server(desk, "/os-volume_attachments", "volumeAttachments", "2.89")
    row = target(desk)
    # Nova tells no root device to members; every hypervisor calls the boot volume's …da.
    boots = row is not None and not row.image_id
    return [
        Option(str(raw.get("volumeId")), str(raw.get("volumeId")), str(raw.get("device") or ""))
        for raw in found
        if not (boots and str(raw.get("device") or "").endswith("da"))
    ]


def networks(desk: Desk) -> Sequence[Option]:
    """Return the networks that a server may be plugged into."""
    found = rows(desk.api, "network", "/networks", "networks")
    return [
        Option(str(raw.get("id")), label(raw), "shared" if raw.get("shared") else "")
        for raw in sorted(found, key=label)
        if not raw.get("router:external") or raw.get("shared")
    ]


def free_ports(desk: Desk) -> Sequence[Option]:
    """Return the ports that belong to nothing yet."""
    found = rows(desk.api, "network", "/ports", "ports", (("device_id", ""),))
    return [
        Option(str(raw.get("id")), label(raw), addresses(raw.get("fixed_ips")))
        for raw in sorted(found, key=label)
        if not raw.get("device_id") and not raw.get("device_owner")
    ]


def interfaces(desk: Desk) -> Sequence[Option]:
    """Return the interfaces of the one server."""
    return [
        Option(str(raw.get("port_id")), addresses(raw.get("fixed_ips")) or str(raw.get("port_id")), _state(raw))
        for raw in _of_server(desk, "/os-interface", "interfaceAttachments", "")
    ]


def security_groups(desk: Desk) -> Sequence[Option]:
    """Return the security groups of the servers' project."""
    projects = {server_of(entry).project_id for entry in desk.entries}
    params = tuple(("project_id", project) for project in sorted(projects) if project)
    found = rows(desk.api, "network", "/security-groups", "security_groups", params)
    return [
        Option(str(raw.get("id")), label(raw), str(raw.get("description") or "")) for raw in sorted(found, key=label)
    ]


def its_groups(desk: Desk) -> Sequence[Option]:
    """Return the security groups that some of the servers are in."""
    found: dict[str, Option] = {}
    for entry in desk.entries:
        for raw in rows(desk.api, "compute", f"/servers/{entry.id}/os-security-groups", "security_groups"):
            option = Option(str(raw.get("id")), label(raw), str(raw.get("description") or ""))
            found.setdefault(option.value, option)
    return sorted(found.values(), key=lambda option: option.text)


def hosts(desk: Desk) -> Sequence[Option]:
    """Return the compute hosts that a server may move to, its own left out."""
    row = target(desk)
    found = rows(desk.api, "compute", "/os-services", "services", (("binary", "nova-compute"),), microversion="2.11")
    return [
        Option(str(raw.get("host")), str(raw.get("host")), f"{raw.get('zone')}, {raw.get('state')} {raw.get('status')}")
        for raw in found
        if raw.get("host") != (row.host if row else None)
    ]


def addresses(found: object) -> str:
    """Return the addresses of a port in one text."""
    ips = found if isinstance(found, list) else ()
    return ", ".join(str(ip.get("ip_address")) for ip in ips if isinstance(ip, dict))


def _size(raw: Raw) -> str:
    ram, disk = mebibytes(number(raw.get("ram"))), gibibytes(number(raw.get("disk")))
    return f"{number(raw.get('vcpus'))} vCPU, {ram}, {disk}"


def _state(raw: Raw) -> str:
    return f"{raw.get('mac_addr') or ''} {raw.get('port_state') or ''}".strip()


def _of_server(desk: Desk, path: str, key: str, microversion: str) -> list[Raw]:
    if len(desk.entries) != 1:
        return []
    return rows(desk.api, "compute", f"/servers/{desk.entries[0].id}{path}", key, microversion=microversion)
