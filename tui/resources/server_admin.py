"""What admins do to servers: move them to other hosts, and set their state straight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tui.model.entry import Entry
from tui.resources.action import Action, Desk, End, Field, Form, Input, Option, Sent, Tier, Values
from tui.resources.command import openstack
from tui.resources.server_consequences import of_lock
from tui.resources.server_off import ADMIN, MANAGER, only
from tui.resources.server_options import hosts
from tui.resources.server_power import ident, settled

if TYPE_CHECKING:
    from tui.cloud import Connection

GROUP = "Move"
_HOST = Field(
    key="host", label="host", input=Input.CHOICE, options=hosts, free=True, help="empty: the scheduler chooses"
)


def _migrate(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    connection.compute.migrate_server(ident(entry), host=values.get("host") or None)
    return Sent()


def _migrate_command(entry: Entry | None, values: Values) -> str:
    host = ["--host", values["host"]] if values.get("host") else []
    return openstack(entry, "server", "migrate", *host, ident(entry), version="2.56" if host else "")


MIGRATE = Action(
    id="server.migrate",
    letter="1",
    title="Migrate",
    group=GROUP,
    help="cold: off while it moves, waits for confirm",
    tier=Tier.DISRUPTIVE,
    admin=True,
    off=only("ACTIVE", "SHUTOFF", least=MANAGER, rule="migrate"),
    form=Form((_HOST,)),
    run=_migrate,
    command=_migrate_command,
    end=End.INSTANCE_ACTION,
    deadline=1800,
    reached=settled("VERIFY_RESIZE", "ACTIVE", "SHUTOFF"),
    aim="VERIFY_RESIZE",
    verb="Migrate",
    done="migrated",
)

_BLOCK = {"": "as Nova sees fit", "yes": "yes: its disk is copied", "no": "no: its disk is shared"}


def _blocks(desk: Desk) -> Sequence[Option]:
    return [Option(value, text) for value, text in _BLOCK.items()]


def _live_migrate(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    block = {"yes": True, "no": False}.get(values.get("block") or "")
    connection.compute.live_migrate_server(ident(entry), host=values.get("host") or None, block_migration=block)
    return Sent()


def _live_migrate_command(entry: Entry | None, values: Values) -> str:
    more = ["--host", values["host"]] if values.get("host") else []
    more += {"yes": ["--block-migration"], "no": ["--shared-migration"]}.get(values.get("block") or "", [])
    return openstack(entry, "server", "migrate", "--live-migration", *more, ident(entry), version="2.30")


LIVE_MIGRATE = Action(
    id="server.live_migrate",
    letter="2",
    title="Live-migrate",
    group=GROUP,
    help="moves while it runs",
    tier=Tier.DISRUPTIVE,
    admin=True,
    off=only("ACTIVE", "PAUSED", says={"SHUTOFF": "it is not running: migrate it"}, least=MANAGER, rule="migrateLive"),
    form=Form((_HOST, Field(key="block", label="block migration", input=Input.CHOICE, options=_blocks))),
    run=_live_migrate,
    command=_live_migrate_command,
    end=End.INSTANCE_ACTION,
    deadline=3600,
    reached=settled("ACTIVE", "PAUSED"),
    aim="ACTIVE",
    verb="Live-migrate",
    done="live-migrated",
)


def _states(desk: Desk) -> Sequence[Option]:
    return [Option("active", "ACTIVE"), Option("error", "ERROR")]


def _reset(connection: Connection, entry: Entry | None, values: Values) -> Sent:
    connection.compute.reset_server_state(ident(entry), values.get("state") or "active")
    return Sent()


RESET_STATE = Action(
    id="server.reset_state",
    letter="3",
    title="Reset state",
    group="Destroy",
    help="tells Nova what to believe; nothing is mended",
    tier=Tier.DESTRUCTIVE,
    admin=True,
    off=only(busy=None, lock=False, least=ADMIN, rule="reset_state"),
    form=Form(
        (
            Field(
                key="state",
                label="state",
                input=Input.CHOICE,
                required=True,
                options=_states,
                initial=lambda desk: "active",
            ),
        )
    ),
    run=_reset,
    command=lambda entry, values: openstack(
        entry, "server", "set", "--state", values.get("state") or "active", "--auto-approve", ident(entry)
    ),
    consequences=of_lock,
    verb="Reset the state of",
    done="reset",
)

MOVE_ACTIONS = (MIGRATE, LIVE_MIGRATE)
STATE_ACTIONS = (RESET_STATE,)
