"""A server's inside: snapshot, rebuild, rescue, password, console. Passwords are shown once and kept nowhere."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.cloud import trouble_of
from tui.model.entry import Entry
from tui.resources.action import Action, Desk, End, Field, Form, Input, Option, Sent, Tier, Values
from tui.resources.command import openstack
from tui.resources.server_change import named
from tui.resources.server_consequences import of_lock, of_rebuild
from tui.resources.server_off import only
from tui.resources.server_options import images, of_target
from tui.resources.server_power import ident, plain, settled, words
from tui.resources.server_row import server_of
from tui.resources.server_witness import imaged

if TYPE_CHECKING:
    from tui.cloud import Connection

GROUP = "Change"
PASSWORD = "admin password"  # noqa: S105 - a label
_FROM_ENVIRONMENT = ' --password "$ADMIN_PASS"'
"""A command with a password leaves it to the shell: no secret is copied, logged or kept in a history."""


def fresh_password() -> str:
    """Return a password for a server: 96 bits that can be typed on a console."""
    return secrets.token_urlsafe(12)


def _snapshot(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    name = named(values["name"], entry)
    # The proxy's create_server_image reads every image of the cloud afterwards; the resource's own call does not.
    server = connection.compute.get_server(ident(entry))
    image = server.create_image(connection.compute, name, dict(values.get("properties") or {}) or None)
    return Sent(ident=str(image), said=f"image {name}")


def _snapshot_command(entry: Entry | None, values: Values) -> str:
    pairs = [w for key, value in (values.get("properties") or {}).items() for w in ("--property", f"{key}={value}")]
    return openstack(entry, "server", "image", "create", "--name", named(values["name"], entry), *pairs, ident(entry))


SNAPSHOT = Action(
    id="server.snapshot",
    letter="I",
    title="Snapshot",
    group=GROUP,
    help="an image of its disk",
    off=only("ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED", lock=False),
    form=Form(
        (
            Field(
                key="name",
                label="image name",
                required=True,
                initial=lambda desk: "{name}-snapshot",
                help="{name} is the server's",
                remember=True,
            ),
            Field(key="properties", label="properties", input=Input.PAIRS),
        )
    ),
    run=_snapshot,
    witness=imaged,
    command=_snapshot_command,
    end=End.INSTANCE_ACTION,
    deadline=3600,
    reached=settled(),
    verb="Take a snapshot of",
    done="snapshot taken",
)


def _rebuild(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    more = {"preserve_ephemeral": True} if values.get("preserve_ephemeral") else {}
    if values.get("password"):
        more["admin_password"] = values["password"]
    image = values.get("image") or (server_of(entry).image_id if entry else "")
    server = connection.compute.rebuild_server(ident(entry), image, **more)
    told = str(getattr(server, "admin_password", "") or "")
    return Sent(secret=(PASSWORD, told) if told and not values.get("password") else None)


def _rebuild_command(entry: Entry | None, values: Values) -> str:
    image = values.get("image") or (server_of(entry).image_id if entry else "")
    more = ["--preserve-ephemeral"] if values.get("preserve_ephemeral") else []
    # From 2.93 Nova writes a boot volume anew; the command wants that said.
    boots = entry is not None and server_of(entry).image is not None and not server_of(entry).image_id
    more += ["--reimage-boot-volume"] if boots else []
    line = openstack(entry, "server", "rebuild", "--image", image, *more, ident(entry), version="2.93" if boots else "")
    return line + (_FROM_ENVIRONMENT if values.get("password") else "")


REBUILD = Action(
    id="server.rebuild",
    letter="i",
    title="Rebuild",
    group=GROUP,
    help="its disk made anew from an image",
    tier=Tier.DESTRUCTIVE,
    off=only("ACTIVE", "SHUTOFF", "ERROR"),
    form=Form(
        (
            Field(
                key="image",
                label="image",
                input=Input.CHOICE,
                options=images,
                initial=of_target(lambda row: row.image_id),
                help="empty: each its own",
            ),
            Field(key="password", label=PASSWORD, input=Input.SECRET, help="empty: Nova makes one, shown once"),
            Field(key="preserve_ephemeral", label="keep the ephemeral disk", input=Input.BOOL),
        )
    ),
    run=_rebuild,
    command=_rebuild_command,
    end=End.INSTANCE_ACTION,
    deadline=1200,
    reached=settled("ACTIVE", "SHUTOFF"),
    aim="ACTIVE",
    consequences=of_rebuild,
    verb="Rebuild",
    done="rebuilt",
)


def _rescue(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    # The SDK drops the password that Nova would make, so ours is sent.
    given = values.get("password") or ""
    password = given or fresh_password()
    connection.compute.rescue_server(ident(entry), admin_pass=password, image=values.get("image") or None)
    return Sent(secret=None if given else (PASSWORD, password))


def _rescue_command(entry: Entry | None, values: Values) -> str:
    image = ["--image", values["image"]] if values.get("image") else []
    boots = entry is not None and server_of(entry).image is not None and not server_of(entry).image_id
    line = openstack(entry, "server", "rescue", *image, ident(entry), version="2.87" if boots else "")
    return line + _FROM_ENVIRONMENT


RESCUE = Action(
    id="server.rescue",
    letter="e",
    title="Rescue",
    group=GROUP,
    help="boots another image beside its disk",
    tier=Tier.DESTRUCTIVE,
    off=only("ACTIVE", "SHUTOFF", "ERROR", says={"RESCUE": "it is in rescue mode already"}),
    form=Form(
        (
            Field(key="image", label="rescue image", input=Input.CHOICE, options=images, help="empty: its own"),
            Field(key="password", label=PASSWORD, input=Input.SECRET, help="empty: one is made, shown once"),
        )
    ),
    run=_rescue,
    command=_rescue_command,
    end=End.INSTANCE_ACTION,
    deadline=600,
    reached=settled("RESCUE"),
    aim="RESCUE",
    consequences=of_lock,
    verb="Rescue",
    done="in rescue mode",
)
UNRESCUE = Action(
    id="server.unrescue",
    letter="E",
    title="Unrescue",
    group=GROUP,
    help="boots from its own disk again",
    tier=Tier.DISRUPTIVE,
    off=only("RESCUE", otherwise="it is not in rescue mode"),
    run=plain("unrescue_server"),
    command=words("server", "unrescue"),
    end=End.INSTANCE_ACTION,
    deadline=600,
    reached=settled("ACTIVE"),
    aim="ACTIVE",
    verb="Unrescue",
    done="out of rescue mode",
)


def _password(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    given = values.get("password") or ""
    password = given or fresh_password()
    connection.compute.change_server_password(ident(entry), password)
    return Sent(secret=None if given else (PASSWORD, password))


SET_PASSWORD = Action(
    id="server.password",
    letter="W",
    title="Set password",
    group=GROUP,
    help="of its administrator, where the image can",
    tier=Tier.DESTRUCTIVE,
    off=only("ACTIVE"),
    form=Form((Field(key="password", label=PASSWORD, input=Input.SECRET, help="empty: one is made, shown once"),)),
    run=_password,
    command=lambda entry, values: openstack(entry, "server", "set", ident(entry)) + _FROM_ENVIRONMENT,
    end=End.INSTANCE_ACTION,
    deadline=120,
    reached=settled("ACTIVE"),
    aim="ACTIVE",
    consequences=of_lock,
    verb="Set the password of",
    done="given a new password",
)

CONSOLES = {
    "novnc": ("noVNC", "--novnc"),
    "spice-html5": ("SPICE", "--spice"),
    "serial": ("serial", "--serial"),
    "webmks": ("MKS", "--mks"),
    "rdp-html5": ("RDP", "--rdp"),
}
_ABSENT = frozenset({400, 404, 409, 501})
"""How Nova says that it has no such console (Compute API reference, «Create Console»)."""


def _consoles(desk: Desk) -> Sequence[Option]:
    return [Option(kind, name) for kind, (name, _) in CONSOLES.items()]


def _console(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    """Nova tells which consoles it has only when one is asked for: they are tried in turn."""
    wanted = [values["type"]] if values.get("type") else ["novnc", "spice-html5", "serial"]
    for kind in wanted[:-1]:
        try:
            return _address(connection, entry, kind)
        except Exception as error:
            if trouble_of(error).status not in _ABSENT:
                raise
    return _address(connection, entry, wanted[-1])


def _address(connection: Connection, entry: Entry | None, kind: str) -> Sent:
    console = connection.compute.create_console(ident(entry), kind) or {}
    return Sent(secret=(f"{CONSOLES[kind][0]} console", str(console.get("url") or "")))


CONSOLE = Action(
    id="server.console",
    letter="L",
    title="Console address",
    group="Look",
    help="who has it is at the console",
    many=False,
    off=only(
        "ACTIVE",
        "PAUSED",
        "RESCUE",
        "VERIFY_RESIZE",
        "REBOOT",
        "HARD_REBOOT",
        lock=False,
        busy=None,
        says={"SHUTOFF": "it is not running"},
    ),
    form=Form(
        (
            Field(
                key="type",
                label="console",
                input=Input.CHOICE,
                options=_consoles,
                help="empty: the first of noVNC, SPICE and serial that is there",
            ),
        )
    ),
    run=_console,
    command=lambda entry, values: openstack(
        entry, "console", "url", "show", CONSOLES[values.get("type") or "novnc"][1], ident(entry)
    ),
    verb="Open the console of",
    done="given a console address",
)

MEND_ACTIONS = (SNAPSHOT, REBUILD, RESCUE, UNRESCUE, SET_PASSWORD)
LOOK_ACTIONS = (CONSOLE,)
