"""Security groups made and deleted, rules added and removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tui.model.entry import Entry
from tui.model.place import Identity
from tui.model.status import Health
from tui.model.trouble import Trouble
from tui.resources.action import (
    Action,
    Consequence,
    Desk,
    Field,
    Form,
    Input,
    Option,
    Preflight,
    Sent,
    Tier,
    Values,
    Verdict,
)
from tui.resources.boot_options import security_groups
from tui.resources.command import openstack
from tui.resources.looking import rows, together
from tui.resources.policy import cannot_change, cannot_create
from tui.resources.security_group_row import group_of, rule_values
from tui.resources.security_rules import EGRESS, EVERYWHERE, INGRESS, IPV4, IPV6, in_words, normal_cidr, port_range

if TYPE_CHECKING:
    from tui.cloud import Connection

GROUP = "Rules"
CUSTOM, BOTH = "custom", "both"
CONFLICT = 409

PRESETS: dict[str, tuple[str, tuple[dict[str, Any], ...]]] = {
    "ssh": ("SSH", ({"protocol": "tcp", "ports": "22"},)),
    "http": ("HTTP", ({"protocol": "tcp", "ports": "80"},)),
    "https": ("HTTPS", ({"protocol": "tcp", "ports": "443"},)),
    "web": ("HTTP and HTTPS", ({"protocol": "tcp", "ports": "80"}, {"protocol": "tcp", "ports": "443"})),
    "icmp": ("ICMP (ping)", ({"protocol": "icmp", "ports": ""},)),
    "rdp": ("RDP", ({"protocol": "tcp", "ports": "3389"},)),
}
"""What people open most: title, and the rules that it means."""

_PROTOCOLS = (
    Option("tcp", "TCP"),
    Option("udp", "UDP"),
    Option("icmp", "ICMP"),
    Option("any", "any protocol"),
)


def _text(values: Values, key: str) -> str:
    return str(values.get(key) or "")


def _ident(entry: Entry | None) -> str:
    if entry is None:
        raise ValueError("this needs a security group")
    return entry.id


def each_rule(values: Values) -> tuple[Values, ...]:
    """Split a form's values into one set for each rule: presets and «both» mean several."""
    preset = _text(values, "preset") or CUSTOM
    parts: tuple[dict[str, Any], ...] = PRESETS[preset][1] if preset in PRESETS else ({},)
    kinds = (IPV4, IPV6) if _text(values, "ethertype") == BOTH else (_text(values, "ethertype") or IPV4,)
    return tuple({**values, **part, "preset": CUSTOM, "ethertype": kind} for part in parts for kind in kinds)


def rule_attributes(group: str, values: Values) -> dict[str, Any]:
    """Return what `network.create_security_group_rule` takes for one rule. Raises ValueError with a sentence."""
    protocol, ethertype = _text(values, "protocol") or "any", _text(values, "ethertype") or IPV4
    found: dict[str, Any] = {
        "security_group_id": group,
        "direction": _text(values, "direction") or INGRESS,
        "ethertype": ethertype,
        "protocol": None if protocol == "any" else protocol,
    }
    if protocol == "icmp" and ethertype == IPV6:
        found["protocol"] = "ipv6-icmp"
    if values.get("ports") and protocol not in {"any", "icmp"}:
        found["port_range_min"], found["port_range_max"] = port_range(_text(values, "ports"))
    if values.get("remote_group"):
        found["remote_group_id"] = _text(values, "remote_group")
    else:
        found["remote_ip_prefix"] = normal_cidr(_text(values, "cidr")) if values.get("cidr") else EVERYWHERE[ethertype]
    if values.get("description"):
        found["description"] = _text(values, "description")
    return found


def _add_rule(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    """Send one POST for each rule; of several, those that are there already do not stop the others."""
    wanted = [rule_attributes(_ident(entry), one) for one in each_rule(values)]
    made: list[Any] = []
    refused: list[str] = []
    for attributes in wanted:
        try:
            made.append(connection.network.create_security_group_rule(**attributes))
        except Exception as error:
            if getattr(error, "status_code", 0) != CONFLICT or len(refused) + 1 == len(wanted):
                raise
            refused.append(f"{in_words(attributes)}: there already")
    said = [in_words(rule.to_dict(original_names=True)) for rule in made]
    return Sent(ident=str(made[0].id) if made else "", said="; ".join(said + refused))


def _add_command(entry: Entry | None, values: Values) -> str:
    return " && ".join(_rule_command(entry, one) for one in each_rule(values))


def _rule_command(entry: Entry | None, values: Values) -> str:
    found = rule_attributes(_ident(entry), values)
    words = [f"--{found['direction']}", "--ethertype", found["ethertype"]]
    words += ["--protocol", found["protocol"] or "any"]
    if "port_range_min" in found:
        words += ["--dst-port", f"{found['port_range_min']}:{found['port_range_max']}"]
    if "remote_group_id" in found:
        words += ["--remote-group", found["remote_group_id"]]
    else:
        words += ["--remote-ip", found["remote_ip_prefix"]]
    words += ["--description", found["description"]] if "description" in found else []
    return openstack(entry, "security", "group", "rule", "create", *words, _ident(entry))


def _presets(desk: Desk) -> Sequence[Option]:
    found = [Option(key, title, ", ".join(_shown(part) for part in parts)) for key, (title, parts) in PRESETS.items()]
    return (*found, Option(CUSTOM, "custom", "protocol, ports, source, direction"))


def _shown(part: Values) -> str:
    return " ".join(filter(None, (str(part["protocol"]).upper(), str(part["ports"]))))


def _directions(desk: Desk) -> Sequence[Option]:
    return Option(INGRESS, "in"), Option(EGRESS, "out")


def _ethertypes(desk: Desk) -> Sequence[Option]:
    return Option(IPV4, IPV4), Option(IPV6, IPV6), Option(BOTH, "both")


def _custom(values: Values) -> bool:
    return _text(values, "preset") in {"", CUSTOM}


def _wrong_ports(value: Any, values: Values) -> str:
    if not value or not _custom(values):
        return ""
    if _text(values, "protocol") in {"any", "icmp"}:
        return "ports belong to TCP and UDP"
    try:
        port_range(str(value))
    except ValueError as error:
        return str(error)
    return ""


def _wrong_cidr(value: Any, values: Values) -> str:
    if not value:
        return ""
    if values.get("remote_group"):
        return "either a network or a group"
    try:
        network = normal_cidr(str(value))
    except ValueError as error:
        return str(error)
    kind = _text(values, "ethertype") or IPV4
    if kind == BOTH or (":" in network) != (kind == IPV6):
        return f"{network} is {IPV6 if ':' in network else IPV4} alone: choose that"
    return ""


def _rules_of(desk: Desk) -> Sequence[Option]:
    if not desk.entries:
        return ()
    entry = desk.entries[0]
    names = {option.value: option.text for option in security_groups(desk)}
    return tuple(
        Option(rule.id, in_words(rule_values(rule), names.get(rule.remote_group_id or "", "")), rule.description or "")
        for rule in sorted(
            group_of(entry).rules or (), key=lambda rule: (rule.direction != INGRESS, in_words(rule_values(rule)))
        )
    )


def _before_adding(desk: Desk, values: Values) -> Sequence[Preflight]:
    """Say what a rule would mean: whom it lets in, and whether it is there already."""
    lines = []
    there = {_same(rule_values(rule)) for rule in group_of(desk.entries[0]).rules or ()}
    for one in each_rule(values):
        try:
            found = rule_attributes(desk.entries[0].id, one)
        except ValueError as error:
            return [Preflight(Verdict.BAD, f"{error}.")]
        said = in_words(found)
        if _same(found) in there:
            lines.append(Preflight(Verdict.BAD, f"{said}: there already.", "Neutron takes no rule twice."))
        elif found["direction"] == INGRESS and found.get("remote_ip_prefix") in EVERYWHERE.values():
            lines.append(Preflight(Verdict.ATTENTION, said, "The whole internet gets in there.", None, "cidr"))
        else:
            lines.append(Preflight(Verdict.GOOD, said))
    return lines


def _same(rule: Values) -> tuple[Any, ...]:
    prefix = rule.get("remote_ip_prefix")
    everywhere = prefix in EVERYWHERE.values() and not rule.get("remote_group_id")
    keys = ("direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_group_id")
    return (*(rule.get(key) for key in keys), None if everywhere else prefix)


def _create(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    made = connection.network.create_security_group(
        name=_text(values, "name"), description=_text(values, "description")
    )
    return Sent(ident=str(made.id))


def _delete(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    connection.network.delete_security_group(_ident(entry), ignore_missing=False)
    return Sent(ident=_ident(entry))


def _remove_rule(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    connection.network.delete_security_group_rule(_text(values, "rule"), ignore_missing=False)
    return Sent(ident=_text(values, "rule"))


def _off_delete(entry: Entry, identity: Identity) -> str:
    if said := cannot_change(entry, identity):
        return said
    return "every project keeps its group «default»" if group_of(entry).name == "default" else ""


def _off_remove(entry: Entry, identity: Identity) -> str:
    return cannot_change(entry, identity) or ("" if group_of(entry).rules else "it has no rules")


def _consequences(desk: Desk) -> Sequence[Consequence]:
    """Look up the ports that use the groups: Neutron deletes none that is in use."""
    found = [Consequence(Health.BROKEN, len(desk.entries), "security groups go, with their rules")]
    jobs: dict[str, Callable[[], Any]] = {entry.id: _users(desk, entry.id) for entry in desk.entries}
    used = 0
    for trouble_or_ports in together(jobs).values():
        if isinstance(trouble_or_ports, Trouble):
            said = trouble_or_ports.title
            return [*found, Consequence(Health.UNKNOWN, 0, "who uses them could not be looked up", said, raises=True)]
        used += len(trouble_or_ports)
    if used:
        found.append(Consequence(Health.ATTENTION, used, "ports use them: Neutron refuses while they do"))
    return found


def _users(desk: Desk, ident: str) -> Callable[[], Any]:
    params = (("security_groups", ident), ("fields", "id"))
    return lambda: rows(desk.api, "network", "/ports", "ports", params)


CREATE = Action(
    id="security_group.create",
    letter="b",
    key="b",
    title="Make a security group",
    group="Create",
    help="it lets everything out and nothing in",
    creates=True,
    many=False,
    off=cannot_create,
    form=Form(
        (
            Field(
                key="name",
                label="Name",
                required=True,
                check=lambda value, values: "«default» is there already" if value == "default" else "",
            ),
            Field(key="description", label="Description"),
        ),
        title="New security group",
    ),
    run=_create,
    command=lambda entry, values: openstack(
        None, "security", "group", "create", "--description", _text(values, "description"), _text(values, "name")
    ),
    verb="Make",
    done="made",
)
ADD_RULE = Action(
    id="security_group.add_rule",
    letter="r",
    title="Add a rule",
    group=GROUP,
    help="SSH, HTTP, ICMP, RDP or your own",
    many=False,
    off=cannot_change,
    form=Form(
        (
            Field(key="preset", label="Rule", input=Input.CHOICE, options=_presets, initial=lambda desk: "ssh"),
            Field(
                key="direction",
                label="Direction",
                input=Input.CHOICE,
                options=_directions,
                initial=lambda desk: INGRESS,
                shown=_custom,
            ),
            Field(
                key="protocol",
                label="Protocol",
                input=Input.CHOICE,
                free=True,
                options=lambda desk: _PROTOCOLS,
                initial=lambda desk: "tcp",
                shown=_custom,
            ),
            Field(key="ports", label="Ports", check=_wrong_ports, shown=_custom, help="22 or 8000-8080; none: all"),
            Field(key="ethertype", label="For", input=Input.CHOICE, options=_ethertypes, initial=lambda desk: IPV4),
            Field(key="cidr", label="Network", check=_wrong_cidr, help="10.0.0.0/8; none: anywhere"),
            Field(key="remote_group", label="or group", input=Input.CHOICE, options=security_groups),
            Field(key="description", label="Description"),
        ),
        _before_adding,
        "Add a rule",
    ),
    run=_add_rule,
    command=_add_command,
    verb="Add",
    done="added",
)
REMOVE_RULE = Action(
    id="security_group.remove_rule",
    letter="R",
    title="Remove a rule",
    group=GROUP,
    help="connections that it lets in may break",
    tier=Tier.DISRUPTIVE,
    many=False,
    off=_off_remove,
    form=Form(
        (Field(key="rule", label="Rule", input=Input.CHOICE, required=True, options=_rules_of),), title="Remove a rule"
    ),
    run=_remove_rule,
    command=lambda entry, values: openstack(entry, "security", "group", "rule", "delete", _text(values, "rule")),
    verb="Remove",
    done="removed",
)
DELETE = Action(
    id="security_group.delete",
    letter="",
    key="ctrl+d",
    title="Delete",
    group="Destroy",
    help="asks first",
    tier=Tier.DESTRUCTIVE,
    off=_off_delete,
    run=_delete,
    command=lambda entry, values: openstack(entry, "security", "group", "delete", _ident(entry)),
    consequences=_consequences,
    verb="Delete",
    done="deleted",
)
SECURITY_GROUP_ACTIONS = (CREATE, ADD_RULE, REMOVE_RULE, DELETE)
