"""What another client changes shows within 5 s of the service knowing it; what Nova does not tell within 30 s."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contract.conftest import Target
from tests.rig import Rig
from tui.model.place import Scope
from tui.resources.registry import KINDS
from tui.resources.server import fixed, floating, groups

SOON = 5.0
MOVING = 2.0
COMPLETED = 30.0
SLACK = 5.0
"""For a busy machine."""


def reaches(target: Target, ident: str, status: str) -> Callable[[], bool]:
    """Tell whether the service itself knows the status."""
    return lambda: bool(target.actor.compute.get_server(ident).status == status)


def status(rig: Rig, ident: str) -> str:
    entry = rig.row(ident)
    return entry.status.word if entry else ""


def test_create_rename_stop_start_delete(rig: Callable[..., Rig], target: Target, scope: Scope) -> None:
    dashboard = rig()
    dashboard.show([scope])
    dashboard.until_complete()
    before = datetime.now(UTC) - timedelta(minutes=5)
    ident = target.boot().id
    # Nova tells of it as a change once it has been scheduled, which a busy machine takes its time for.
    dashboard.until(lambda: any(ident == each.id for each in changed(target, before)), "the service lists it", 60)
    dashboard.until(lambda: dashboard.row(ident), "the new server shows", SOON + SLACK)
    follow(dashboard, target, ident, "ACTIVE")

    target.actor.compute.update_server(ident, name=f"{target.name}-new")
    dashboard.until(lambda: f"{target.name}-new" in dashboard.names(), "the new name shows", SOON + SLACK)

    target.actor.compute.stop_server(ident)
    follow(dashboard, target, ident, "SHUTOFF")
    target.actor.compute.start_server(ident)
    follow(dashboard, target, ident, "ACTIVE")

    target.actor.compute.delete_server(ident)
    known = dashboard.until(lambda: gone(target, ident), "the service has deleted it", 30)
    assert known
    dashboard.until(lambda: dashboard.row(ident) is None, "the deleted server goes", SOON + SLACK)


def changed(target: Target, since: datetime) -> Iterator[Any]:
    """What has changed, as the service tells another client."""
    return target.actor.compute.servers(changes_since=since.isoformat())


def follow(dashboard: Rig, target: Target, ident: str, word: str) -> None:
    """See a transition through: once it shows, its end shows within 2 s of the service knowing it."""
    saw_moving = False
    knows = reaches(target, ident, word)
    while not knows():
        dashboard.frame()
        entry = dashboard.row(ident)
        saw_moving |= entry is not None and bool(entry.row.task)  # type: ignore[attr-defined]
    limit = (MOVING if saw_moving else SOON) + SLACK
    dashboard.until(lambda: status(dashboard, ident) == word, f"{word} shows (moving: {saw_moving})", limit)


def gone(target: Target, ident: str) -> bool:
    return target.actor.compute.find_server(ident, ignore_missing=True) is None


def test_addresses_floating_ips_groups_and_tags(rig: Callable[..., Rig], target: Target, scope: Scope) -> None:
    actor = target.actor
    server = actor.compute.wait_for_server(actor.compute.get_server(target.boot().id), wait=240)
    dashboard = rig()
    dashboard.show([scope])
    dashboard.until(lambda: row(dashboard, server.id) and fixed(row(dashboard, server.id)), "its address shows", 20)

    outside = next(network for network in actor.network.networks(is_router_external=True))
    port = next(iter(actor.network.ports(device_id=server.id)))
    address = actor.network.create_ip(floating_network_id=outside.id, port_id=port.id)
    group = actor.network.create_security_group(name=f"{target.name}-group")
    try:
        actor.compute.add_security_group_to_server(server.id, group.name)
        actor.compute.put(f"/servers/{server.id}/tags/{target.name}", microversion="2.26").raise_for_status()
        attached = actor.compute.create_server_interface(server.id, net_id=target.network())
        more = {attached.fixed_ips[0]["ip_address"]}

        def complete() -> bool:
            entry = dashboard.row(server.id)
            return (
                entry is not None
                and address.floating_ip_address in floating(row(dashboard, server.id))
                and more.issubset(fixed(row(dashboard, server.id)))
                and group.name in groups(entry)
                and target.name in (row(dashboard, server.id).tags or ())
            )

        dashboard.until(complete, "floating IP, second address, group and tag show", COMPLETED + SLACK)
    finally:
        actor.network.delete_ip(address.id)
        actor.compute.delete_server(server.id)
        actor.compute.wait_for_delete(server, wait=120)
        actor.network.delete_security_group(group.id)


def row(dashboard: Rig, ident: str) -> Any:
    entry = dashboard.row(ident)
    return entry.row if entry else None


def test_kinds_without_changes_since_follow_too(rig: Callable[..., Rig], target: Target, scope: Scope) -> None:
    dashboard = rig(KINDS["network"])
    dashboard.show([scope])
    dashboard.until_complete()
    network = target.actor.network.create_network(name=target.name)
    try:
        dashboard.until(lambda: target.name in dashboard.names(), "the new network shows", SOON + SLACK)
        target.actor.network.update_network(network.id, name=f"{target.name}-new")
        dashboard.until(lambda: f"{target.name}-new" in dashboard.names(), "its new name shows", SOON + SLACK)
    finally:
        target.actor.network.delete_network(network.id)
    dashboard.until(lambda: f"{target.name}-new" not in dashboard.names(), "the network goes", SOON + SLACK)
