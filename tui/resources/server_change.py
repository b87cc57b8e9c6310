"""What a server is called and how it is: name, description, metadata, tags, lock, size, snapshot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tui.model.entry import Entry
from tui.resources.action import Action, Desk, End, Field, Form, Input, Preflight, Sent, Tier, Values, Verdict
from tui.resources.command import openstack
from tui.resources.server_off import only
from tui.resources.server_options import flavors, of_target, target
from tui.resources.server_power import ident, plain, settled, words
from tui.resources.server_row import Server, server_of

if TYPE_CHECKING:
    from tui.cloud import Connection

GROUP = "Change"
LONGEST = 255
"""Characters of a name, description, reason, metadata value (Compute API reference)."""


def named(template: str, entry: Entry | None) -> str:
    """Return a name with the server's own put in for «{name}»."""
    return template.replace("{name}", (server_of(entry).name or entry.id) if entry else "")


def _too_long(value: Any, values: Values) -> str:
    return f"longer than {LONGEST} characters" if len(str(value or "")) > LONGEST else ""


def _name_check(value: Any, values: Values) -> str:
    return "a name is needed" if not str(value or "").strip() else _too_long(value, values)


def _rename(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    connection.compute.update_server(ident(entry), name=values["name"])
    return Sent()


RENAME = Action(
    id="server.rename",
    letter="N",
    title="Rename",
    group=GROUP,
    many=False,
    off=only(busy=None, lock=False),
    form=Form(
        (Field(key="name", label="name", required=True, initial=of_target(lambda r: r.name or ""), check=_name_check),)
    ),
    run=_rename,
    command=lambda entry, values: openstack(entry, "server", "set", "--name", values["name"], ident(entry)),
    verb="Rename",
    done="renamed",
)


def _describe(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    connection.compute.update_server(ident(entry), description=values.get("description") or "")
    return Sent()


def _describe_command(entry: Entry | None, values: Values) -> str:
    text = values.get("description") or ""
    if not text:
        return openstack(entry, "server", "unset", "--description", ident(entry), version="2.19")
    return openstack(entry, "server", "set", "--description", text, ident(entry), version="2.19")


def needs(microversion: str, what: str) -> Any:
    """Return a preflight line's maker: this Nova is too old for something."""

    def look(desk: Desk, values: Values) -> Sequence[Preflight]:
        if not what or not values.get(what):
            return ()
        newest = desk.api.microversions("compute")[1]
        if newest and _number(newest) >= _number(microversion):
            return ()
        text = f"this Nova ({newest or 'without microversions'}) is too old for a {what}: it takes {microversion}"
        return (Preflight(Verdict.BAD, text, field=what),)

    return look


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())


DESCRIBE = Action(
    id="server.describe",
    letter="n",
    title="Description",
    group=GROUP,
    off=only(busy=None, lock=False),
    form=Form(
        (
            Field(
                key="description",
                label="description",
                initial=of_target(lambda row: row.description or ""),
                check=_too_long,
                help="empty takes it away",
            ),
        ),
        preflight=needs("2.19", "description"),
    ),
    run=_describe,
    command=_describe_command,
    verb="Describe",
    done="described",
)


def _pairs(row: Server) -> dict[str, str]:
    return dict(row.metadata or {})


def _changed(entry: Entry | None, pairs: Mapping[str, str]) -> dict[str, str]:
    """Pairs that differ from what the server has: what is as it was need not be sent."""
    before = (server_of(entry).metadata or {}) if entry else {}
    return {key: value for key, value in pairs.items() if before.get(key) != value}


def _metadata(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    changed, dropped = _changed(entry, values.get("set") or {}), tuple(values.get("unset") or ())
    if changed:
        connection.compute.set_server_metadata(ident(entry), **changed)
    if dropped:
        connection.compute.delete_server_metadata(ident(entry), dropped)
    return Sent(said="" if changed or dropped else "nothing to change")


def _metadata_command(entry: Entry | None, values: Values) -> str:
    changed, dropped = _changed(entry, values.get("set") or {}), tuple(values.get("unset") or ())
    lines = []
    if changed or not dropped:
        pairs = [word for key, value in changed.items() for word in ("--property", f"{key}={value}")]
        lines.append(openstack(entry, "server", "set", *pairs, ident(entry)))
    if dropped:
        keys = [word for key in dropped for word in ("--property", key)]
        lines.append(openstack(entry, "server", "unset", *keys, ident(entry)))
    return " && ".join(lines)


def _metadata_check(value: Any, values: Values) -> str:
    both = set(values.get("set") or {}) & set(values.get("unset") or ())
    return f"set and taken away at once: {', '.join(sorted(both))}" if both else ""


METADATA = Action(
    id="server.metadata",
    letter="M",
    title="Metadata",
    group=GROUP,
    # Nova's check_instance_state of update_instance_metadata.
    off=only("ACTIVE", "PAUSED", "SUSPENDED", "SHUTOFF", busy=None),
    form=Form(
        (
            Field(key="set", label="set", input=Input.PAIRS, initial=of_target(_pairs, {}), help="key=value, …"),
            Field(key="unset", label="take away", input=Input.WORDS, help="keys", check=_metadata_check),
        )
    ),
    run=_metadata,
    command=_metadata_command,
    verb="Change metadata of",
    done="changed",
)


def _tags(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    add, drop = _tag_changes(entry, values)
    for tag in add:
        connection.compute.add_tag_to_server(ident(entry), tag)
    for tag in drop:
        connection.compute.remove_tag_from_server(ident(entry), tag)
    return Sent(said="" if add or drop else "nothing to change")


def _tag_changes(entry: Entry | None, values: Values) -> tuple[list[str], list[str]]:
    before = set((server_of(entry).tags or ()) if entry else ())
    add = [tag for tag in dict.fromkeys(values.get("add") or ()) if tag not in before]
    return add, [tag for tag in dict.fromkeys(values.get("remove") or ()) if tag in before]


def _tags_command(entry: Entry | None, values: Values) -> str:
    add, drop = _tag_changes(entry, values)
    lines = []
    for verb, tags in (("set", add), ("unset", drop)):
        if tags or (verb == "set" and not drop):
            flags = [word for tag in tags for word in ("--tag", tag)]
            lines.append(openstack(entry, "server", verb, *flags, ident(entry), version="2.26"))
    return " && ".join(lines)


def _tag_check(value: Any, values: Values) -> str:
    bad = [tag for tag in value or () if len(tag) > 60 or "/" in tag]
    return f"no / and at most 60 characters: {bad[0]}" if bad else ""


TAGS = Action(
    id="server.tags",
    letter="T",
    title="Tags",
    group=GROUP,
    off=only(
        "ACTIVE",
        "PAUSED",
        "SUSPENDED",
        "SHUTOFF",
        busy=None,
        lock=False,
        more=lambda row: "this Nova has no tags (they came with 2.26)" if row.tags is None else "",
    ),
    form=Form(
        (
            Field(key="add", label="add", input=Input.WORDS, check=_tag_check),
            Field(key="remove", label="remove", input=Input.WORDS, check=_tag_check),
        )
    ),
    run=_tags,
    command=_tags_command,
    verb="Change tags of",
    done="changed",
)


def _lock(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    connection.compute.lock_server(ident(entry), locked_reason=values.get("reason") or None)
    return Sent()


def _lock_command(entry: Entry | None, values: Values) -> str:
    reason = values.get("reason")
    if not reason:
        return openstack(entry, "server", "lock", ident(entry))
    return openstack(entry, "server", "lock", "--reason", reason, ident(entry), version="2.73")


LOCK = Action(
    id="server.lock",
    letter="o",
    title="Lock",
    group=GROUP,
    help="nobody but admins changes it",
    off=only(busy=None, lock=False, more=lambda row: "it is locked already" if row.locked else ""),
    form=Form((Field(key="reason", label="reason", check=_too_long),), preflight=needs("2.73", "reason")),
    run=_lock,
    command=_lock_command,
    verb="Lock",
    done="locked",
)
UNLOCK = Action(
    id="server.unlock",
    letter="O",
    title="Unlock",
    group=GROUP,
    off=only(busy=None, lock=False, more=lambda row: "it is not locked" if row.locked is False else ""),
    run=plain("unlock_server"),
    command=words("server", "unlock"),
    verb="Unlock",
    done="unlocked",
)


def _resize(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    connection.compute.resize_server(ident(entry), values["flavor"])
    return Sent()


def _resize_look(desk: Desk, values: Values) -> Sequence[Preflight]:
    """What Nova or the hypervisor will say no to, told before it is asked."""
    chosen = next((option for option in flavors(desk) if option.value == values.get("flavor")), None)
    row = target(desk)
    if chosen is None or row is None or row.flavor is None:
        return ()
    if row.flavor.original_name == chosen.text or row.flavor.id == chosen.value:
        return (Preflight(Verdict.BAD, "it has this flavor already", field="flavor"),)
    before, after = row.flavor.disk or 0, chosen.facts["disk"]
    if after < before and row.image_id:
        text = f"the root disk shrinks from {before} to {after} GB: most hypervisors refuse that"
        return (Preflight(Verdict.ATTENTION, text, field="flavor"),)
    return ()


RESIZE = Action(
    id="server.resize",
    letter="w",
    title="Resize",
    group=GROUP,
    help="another flavor; waits for confirm",
    tier=Tier.DISRUPTIVE,
    off=only("ACTIVE", "SHUTOFF"),
    form=Form(
        (Field(key="flavor", label="flavor", input=Input.CHOICE, required=True, options=flavors),),
        preflight=_resize_look,
    ),
    run=_resize,
    command=lambda entry, values: openstack(entry, "server", "resize", "--flavor", values["flavor"], ident(entry)),
    end=End.INSTANCE_ACTION,
    deadline=1800,
    reached=settled("VERIFY_RESIZE", "ACTIVE", "SHUTOFF"),
    aim="VERIFY_RESIZE",
    verb="Resize",
    done="resized",
)
CONFIRM = Action(
    id="server.confirm",
    letter="c",
    title="Confirm resize",
    group=GROUP,
    help="the old one is thrown away",
    tier=Tier.DISRUPTIVE,
    off=only("VERIFY_RESIZE", otherwise="no resize waits"),
    run=plain("confirm_server_resize"),
    command=words("server", "resize", "confirm"),
    end=End.INSTANCE_ACTION,
    deadline=600,
    reached=settled("ACTIVE", "SHUTOFF"),
    aim="ACTIVE",
    verb="Confirm the resize of",
    done="confirmed",
)
REVERT = Action(
    id="server.revert",
    letter="C",
    title="Revert resize",
    group=GROUP,
    help="back to the old flavor",
    tier=Tier.DISRUPTIVE,
    off=only("VERIFY_RESIZE", otherwise="no resize waits"),
    run=plain("revert_server_resize"),
    command=words("server", "resize", "revert"),
    end=End.INSTANCE_ACTION,
    deadline=1200,
    reached=settled("ACTIVE", "SHUTOFF"),
    aim="ACTIVE",
    verb="Revert the resize of",
    done="reverted",
)

CHANGE_ACTIONS = (RENAME, DESCRIBE, METADATA, TAGS, LOCK, UNLOCK, RESIZE, CONFIRM, REVERT)
