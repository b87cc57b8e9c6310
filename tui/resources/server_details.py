"""What describe says of a server, fault first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tui.model.entry import Entry
from tui.model.status import Health
from tui.resources.common import lines, mapping_section, sections, when, yes_no
from tui.resources.kind import Line, Raw, Section
from tui.resources.server_row import (
    POWER,
    fixed,
    flavor_name,
    floating,
    groups,
    image_name,
    network_names,
    server_of,
)


def detail(entry: Entry) -> str:
    """Return the line under the table: full id, image, flavor, zone, key, volumes, groups."""
    row = server_of(entry)
    parts = [row.id, image_name(entry) or "", flavor_name(entry) or "", row.zone or ""]
    if row.key_name:
        parts.append(f"key {row.key_name}")
    if row.volumes:
        parts.append(f"{len(row.volumes)} volume{'s' if len(row.volumes) > 1 else ''}")
    if floating(row):
        parts.append("floating " + " ".join(floating(row)))
    if groups(entry):
        parts.append("groups " + ", ".join(groups(entry)))
    return "  ".join(part for part in parts if part)


def describe(entry: Entry, raw: Raw | None, extras: Mapping[str, Any]) -> tuple[Section, ...]:
    """Return the sections of a server; `raw` and `extras` come a moment later than the entry."""
    return sections(
        _fault(entry, raw, extras),
        _identity(entry, raw),
        _state(entry, raw),
        _addresses(entry, extras),
        _made_of(entry, raw),
        _volumes(entry, extras),
        _groups(entry, extras),
        mapping_section("Metadata", server_of(entry).metadata),
        Section("Tags", lines(("tags", ", ".join(server_of(entry).tags or ())))) if server_of(entry).tags else None,
        _actions(extras),
    )


def _fault(entry: Entry, raw: Raw | None, extras: Mapping[str, Any]) -> Section | None:
    fault = server_of(entry).fault
    if fault is None or entry.status.health is not Health.BROKEN:
        if entry.status.why:
            return Section("Attention", (Line("", entry.status.why, "warn"),))
        return None
    found = [Line("", fault.message or "The cloud gives no reason.", "bad")]
    at = when(fault.created)
    found.append(Line("when", f"{at}  code {fault.code}" if fault.code else at))
    failed = next((action for action in extras.get("actions") or () if action.get("message")), None)
    if failed is not None:
        found.append(Line("while", f"{failed.get('action')}: {failed.get('message')}"))
    request = failed or next(iter(extras.get("actions") or ()), None)
    if request is not None:
        found.append(Line("request", str(request.get("request_id"))))
    details = ((raw or {}).get("fault") or {}).get("details")
    if details:
        found.append(Line("details", str(details).strip().splitlines()[-1], "dim"))
    return Section("Fault", tuple(found))


def _identity(entry: Entry, raw: Raw | None) -> Section:
    row = server_of(entry)
    more = raw or {}
    return Section(
        "Identity",
        lines(
            ("id", row.id),
            ("name", row.name),
            ("project", f"{entry.label('project', row.project_id)}  {row.project_id}".strip()),
            ("created", when(row.created)),
            ("host", row.host),
            ("zone", row.zone),
            ("keypair", row.key_name),
            *((("description", row.description),) if row.description else ()),
            *((("host name", more["OS-EXT-SRV-ATTR:hostname"]),) if more.get("OS-EXT-SRV-ATTR:hostname") else ()),
        ),
    )


def _state(entry: Entry, raw: Raw | None) -> Section:
    row = server_of(entry)
    more = raw or {}
    locked = yes_no(row.locked)
    if row.locked and more.get("locked_reason"):
        locked = f"yes: {more['locked_reason']}"
    return Section(
        "State",
        lines(
            ("vm, task", f"{more.get('OS-EXT-STS:vm_state') or (row.status or '').lower()}, {row.task or '–'}"),
            ("power", POWER.get(row.power, str(row.power)) if row.power is not None else None),
            ("locked", locked),
            ("updated", when(row.updated)),
            *((("host status", more["host_status"]),) if more.get("host_status") else ()),
        ),
    )


def _addresses(entry: Entry, extras: Mapping[str, Any]) -> Section:
    row = server_of(entry)
    found = [Line("floating", " ".join(floating(row)))] if floating(row) else []
    interfaces: Sequence[Raw] = extras.get("interfaces") or ()
    for port in interfaces:
        ips = " ".join(str(ip.get("ip_address")) for ip in port.get("fixed_ips") or ())
        network = entry.label("network", str(port.get("net_id") or ""))
        found.append(Line(network, f"{ips}  {port.get('mac_addr') or ''}  {port.get('port_state') or ''}".strip()))
    if not interfaces:
        if fixed(row):
            found.append(Line("fixed", " ".join(fixed(row))))
        found.extend(Line("network", name) for name in network_names(entry))
    if not found:
        found.append(Line("", "no port was made", "warn" if entry.status.health is Health.BROKEN else "dim"))
    return Section("Addresses", tuple(found), len(fixed(row)) + len(floating(row)))


def _made_of(entry: Entry, raw: Raw | None) -> Section:
    row = server_of(entry)
    flavor = (raw or {}).get("flavor") or {}
    sizes = "  ".join(
        part
        for part in (
            f"{row.flavor.vcpus} vCPU" if row.flavor and row.flavor.vcpus is not None else "",
            f"{row.flavor.ram:,} MB" if row.flavor and row.flavor.ram is not None else "",
            f"disk {row.flavor.disk} GB" if row.flavor and row.flavor.disk is not None else "",
        )
        if part
    )
    specs = flavor.get("extra_specs") or {}
    return Section(
        "Flavor and image",
        lines(
            ("flavor", f"{flavor_name(entry) or '–'}  {sizes}".strip()),
            *(("extra", f"{key} = {value}") for key, value in sorted(specs.items())),
            ("image", image_name(entry)),
            *((("image id", row.image_id),) if row.image_id else ()),
        ),
    )


def _volumes(entry: Entry, extras: Mapping[str, Any]) -> Section | None:
    attached: Sequence[Raw] = extras.get("volumes") or ()
    if not attached:
        ids = [volume.id or "" for volume in server_of(entry).volumes or ()]
        return Section("Volumes", tuple(Line("volume", ident) for ident in ids), len(ids)) if ids else None
    found = []
    for one in attached:
        goes = one.get("delete_on_termination")
        fate = "" if goes is None else ("goes when deleted" if goes else "stays when deleted")
        found.append(
            Line(str(one.get("device") or "–").removeprefix("/dev/"), f"{one.get('volumeId')}  {fate}".strip())
        )
    return Section("Volumes", tuple(found), len(found))


def _groups(entry: Entry, extras: Mapping[str, Any]) -> Section | None:
    known: Sequence[Raw] = extras.get("groups") or ()
    if not known:
        names = groups(entry)
        return Section("Security groups", tuple(Line(name, "") for name in names), len(names)) if names else None
    return Section(
        "Security groups",
        tuple(Line(str(group.get("name")), _rules(group.get("rules") or ())) for group in known),
        len(known),
    )


def _rules(rules: Sequence[Raw]) -> str:
    """Tell ingress rules as Nova's proxy lists them, ports of one source together: «in tcp 22, 80 from 10.0.0.0/8»."""
    ports: dict[tuple[str, str], list[str]] = {}
    for rule in rules:
        source = (rule.get("ip_range") or {}).get("cidr") or (rule.get("group") or {}).get("name") or "anywhere"
        its = ports.setdefault((str(rule.get("ip_protocol") or "all"), str(source)), [])
        low, high = rule.get("from_port"), rule.get("to_port")
        if low is not None and low != -1:
            its.append(f"{low}" if low == high else f"{low}-{high}")
    return (
        "; ".join(
            f"in {' '.join((protocol, ', '.join(its))).strip()} from {source}"
            for (protocol, source), its in ports.items()
        )
        or "no rule lets anything in"
    )


def _actions(extras: Mapping[str, Any]) -> Section | None:
    known: Sequence[Raw] = extras.get("actions") or ()
    found = []
    for action in known[:10]:
        failed = bool(action.get("message"))
        at = when(action.get("start_time"))
        text = f"{action.get('action')}  {action.get('request_id')}" + (f"  {action['message']}" if failed else "")
        found.append(Line(at, text, "bad" if failed else "text"))
    return Section("Last actions", tuple(found), len(known)) if found else None
