"""Servers on and off: start, stop, reboot, pause, suspend, shelve and the ways back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tui.model.entry import Entry
from tui.resources.action import Action, End, Sent, Tier, Values
from tui.resources.command import openstack
from tui.resources.server_off import ADMIN, only
from tui.resources.server_witness import restarted

if TYPE_CHECKING:
    from tui.cloud import Connection

GROUP = "Power"

_REBOOTING = frozenset(
    {
        "rebooting",
        "reboot_pending",
        "reboot_started",
        "rebooting_hard",
        "resuming",
        "unpausing",
        "pausing",
        "suspending",
    }
)
"""Tasks that a hard reboot may cut short (Nova `task_states.ALLOW_REBOOT`)."""


def settled(*statuses: str) -> Callable[[Mapping[str, Any]], bool]:
    """Return whether a re-read server rests, in one of the statuses where some are given."""

    def reached(raw: Mapping[str, Any]) -> bool:
        return not raw.get("OS-EXT-STS:task_state") and (not statuses or raw.get("status") in statuses)

    return reached


def plain(method: str) -> Callable[[Connection, Entry | None, Values], Sent]:
    """Return a `run` that calls a method of the SDK's compute proxy with the server's id alone."""

    def run(connection: Connection, entry: Entry | None, values: Values) -> Sent:
        getattr(connection.compute, method)(ident(entry))
        return Sent()

    return run


def words(*before: str, version: str = "") -> Callable[[Entry | None, Values], str]:
    """Return a `command` of fixed words followed by the server's id."""
    return lambda entry, values: openstack(entry, *before, ident(entry), version=version)


def ident(entry: Entry | None) -> str:
    """Return the id of the server that is acted on."""
    if entry is None:
        raise ValueError("a server's action needs a server")
    return entry.id


def _reboot(kind: str) -> Callable[[Connection, Entry | None, Values], Sent]:
    def run(connection: Connection, entry: Entry | None, values: Values) -> Sent:
        connection.compute.reboot_server(ident(entry), kind)
        return Sent()

    return run


_NOT_RUNNING = {"SHUTOFF": "it is not running"}

START = Action(
    id="server.start",
    letter="s",
    title="Start",
    group=GROUP,
    off=only("SHUTOFF", says={"ACTIVE": "it is running already", "ERROR": "it is in ERROR: reboot it hard"}),
    run=plain("start_server"),
    command=words("server", "start"),
    end=End.INSTANCE_ACTION,
    deadline=180,
    reached=settled("ACTIVE"),
    aim="ACTIVE",
    verb="Start",
    done="started",
)
STOP = Action(
    id="server.stop",
    letter="S",
    title="Stop",
    group=GROUP,
    help="shut down, hard after a minute",
    tier=Tier.DISRUPTIVE,
    off=only("ACTIVE", "ERROR", says=_NOT_RUNNING),
    run=plain("stop_server"),
    command=words("server", "stop"),
    end=End.INSTANCE_ACTION,
    deadline=300,
    reached=settled("SHUTOFF"),
    aim="SHUTOFF",
    verb="Stop",
    done="stopped",
)
REBOOT = Action(
    id="server.reboot",
    letter="r",
    title="Reboot",
    group=GROUP,
    help="soft: the system inside is asked",
    off=only("ACTIVE", says={**_NOT_RUNNING, "ERROR": "it is in ERROR: reboot it hard"}),
    run=_reboot("SOFT"),
    witness=restarted,
    command=words("server", "reboot", "--soft"),
    end=End.INSTANCE_ACTION,
    deadline=300,
    reached=settled("ACTIVE"),
    aim="ACTIVE",
    verb="Reboot",
    done="rebooted",
)
REBOOT_HARD = Action(
    id="server.reboot_hard",
    letter="R",
    title="Reboot hard",
    group=GROUP,
    help="like pulling the plug",
    tier=Tier.DISRUPTIVE,
    off=only("ACTIVE", "SHUTOFF", "PAUSED", "SUSPENDED", "ERROR", "REBOOT", "HARD_REBOOT", busy=_REBOOTING),
    run=_reboot("HARD"),
    witness=restarted,
    command=words("server", "reboot", "--hard"),
    end=End.INSTANCE_ACTION,
    deadline=300,
    reached=settled("ACTIVE"),
    aim="ACTIVE",
    verb="Reboot hard",
    done="rebooted hard",
)
PAUSE = Action(
    id="server.pause",
    letter="p",
    title="Pause",
    group=GROUP,
    help="stands still, stays in memory",
    tier=Tier.DISRUPTIVE,
    off=only("ACTIVE", says={**_NOT_RUNNING, "PAUSED": "it is paused already"}),
    run=plain("pause_server"),
    command=words("server", "pause"),
    end=End.INSTANCE_ACTION,
    deadline=120,
    reached=settled("PAUSED"),
    aim="PAUSED",
    verb="Pause",
    done="paused",
)
UNPAUSE = Action(
    id="server.unpause",
    letter="P",
    title="Unpause",
    group=GROUP,
    off=only("PAUSED", otherwise="it is not paused"),
    run=plain("unpause_server"),
    command=words("server", "unpause"),
    end=End.INSTANCE_ACTION,
    deadline=120,
    reached=settled("ACTIVE"),
    aim="ACTIVE",
    verb="Unpause",
    done="unpaused",
)
SUSPEND = Action(
    id="server.suspend",
    letter="z",
    title="Suspend",
    group=GROUP,
    help="memory goes to disk",
    tier=Tier.DISRUPTIVE,
    off=only("ACTIVE", says={**_NOT_RUNNING, "SUSPENDED": "it is suspended already"}),
    run=plain("suspend_server"),
    command=words("server", "suspend"),
    end=End.INSTANCE_ACTION,
    deadline=300,
    reached=settled("SUSPENDED"),
    aim="SUSPENDED",
    verb="Suspend",
    done="suspended",
)
RESUME = Action(
    id="server.resume",
    letter="Z",
    title="Resume",
    group=GROUP,
    off=only("SUSPENDED", otherwise="it is not suspended"),
    run=plain("resume_server"),
    command=words("server", "resume"),
    end=End.INSTANCE_ACTION,
    deadline=300,
    reached=settled("ACTIVE"),
    aim="ACTIVE",
    verb="Resume",
    done="resumed",
)
SHELVE = Action(
    id="server.shelve",
    letter="h",
    title="Shelve",
    group=GROUP,
    help="kept as an image, leaves its host",
    tier=Tier.DISRUPTIVE,
    off=only(
        "ACTIVE",
        "SHUTOFF",
        "PAUSED",
        "SUSPENDED",
        says={"SHELVED": "it is shelved already", "SHELVED_OFFLOADED": "it is shelved already"},
    ),
    run=plain("shelve_server"),
    command=words("server", "shelve"),
    end=End.INSTANCE_ACTION,
    deadline=1800,
    reached=settled("SHELVED", "SHELVED_OFFLOADED"),
    aim="SHELVED_OFFLOADED",
    verb="Shelve",
    done="shelved",
)
OFFLOAD = Action(
    id="server.offload",
    letter="H",
    title="Offload",
    group=GROUP,
    help="a shelved server leaves its host",
    tier=Tier.DISRUPTIVE,
    admin=True,
    off=only(
        "SHELVED",
        says={"SHELVED_OFFLOADED": "it is offloaded already"},
        otherwise="it is not shelved",
        least=ADMIN,
        rule="shelveOffload",
    ),
    run=plain("shelve_offload_server"),
    # `server shelve --offload` passes over servers that are shelved already (python-openstackclient 10.5).
    command=lambda entry, values: "# python-openstackclient has no command that offloads a shelved server",
    end=End.INSTANCE_ACTION,
    deadline=600,
    reached=settled("SHELVED_OFFLOADED"),
    aim="SHELVED_OFFLOADED",
    verb="Offload",
    done="offloaded",
)
UNSHELVE = Action(
    id="server.unshelve",
    letter="u",
    title="Unshelve",
    group=GROUP,
    help="back on a host",
    off=only("SHELVED", "SHELVED_OFFLOADED", otherwise="it is not shelved"),
    run=plain("unshelve_server"),
    command=words("server", "unshelve"),
    end=End.INSTANCE_ACTION,
    deadline=1800,
    reached=settled("ACTIVE", "SHUTOFF"),
    aim="ACTIVE",
    verb="Unshelve",
    done="unshelved",
)

POWER_ACTIONS = (
    START,
    STOP,
    REBOOT,
    REBOOT_HARD,
    PAUSE,
    UNPAUSE,
    SUSPEND,
    RESUME,
    SHELVE,
    OFFLOAD,
    UNSHELVE,
)
