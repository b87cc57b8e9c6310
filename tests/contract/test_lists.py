"""What a list of each kind shows is what the SDK lists; pages and changes come together as one list."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from msgspec import structs

from tests.contract.conftest import Target
from tests.rig import Rig
from tests.waiting import wait_until
from tui.cloud import Clouds
from tui.live.find import Hit, find
from tui.live.listing import pages
from tui.live.reading import read_all
from tui.live.threads import Workers
from tui.model.place import Scope
from tui.model.trouble import Trouble
from tui.resources.registry import KINDS
from tui.resources.server import SERVER

LISTS: dict[str, Callable[[Target], list[str]]] = {
    "server": lambda target: [server.id for server in target.actor.compute.servers()],
    "image": lambda target: [image.id for image in target.actor.image.images()],
    "flavor": lambda target: [flavor.id for flavor in target.actor.compute.flavors()],
    "network": lambda target: [network.id for network in target.actor.network.networks()],
}


@pytest.mark.parametrize("kind", list(LISTS))
def test_a_kind_shows_what_another_client_lists(clouds: Clouds, target: Target, scope: Scope, kind: str) -> None:
    expected = sorted(LISTS[kind](target))
    shown = read_all(clouds, KINDS[kind], [scope])
    assert sorted(entry.id for entry in shown) == expected
    assert expected


def test_identity_is_who_the_other_client_is(clouds: Clouds, target: Target, scope: Scope) -> None:
    assert clouds.identity(scope).project_id == target.actor.current_project_id


@pytest.mark.parametrize("kind", list(LISTS))
def test_small_pages_make_the_same_list(clouds: Clouds, scope: Scope, kind: str) -> None:
    declared = KINDS[kind]
    api = clouds.api(scope)
    whole = [row.id for page in pages(api, declared.read, declared.row) for row in page.rows]
    read = structs.replace(declared.read, most=2)
    found = list(pages(api, read, declared.row, first=2))
    assert [row.id for page in found for row in page.rows] == whole
    assert all(len(page.rows) <= 2 for page in found) or not read.limit
    assert len(found) >= len(whole) // 2 or not read.limit


def test_changes_since_tells_what_changed_and_what_was_deleted(clouds: Clouds, target: Target, scope: Scope) -> None:
    api = clouds.api(scope)
    kept, gone = target.boot(f"{target.name}-kept"), target.boot(f"{target.name}-gone")
    target.actor.compute.wait_for_server(target.actor.compute.get_server(gone.id), wait=240)
    target.actor.compute.wait_for_server(target.actor.compute.get_server(kept.id), wait=240)
    created = target.actor.compute.get_server(kept.id).created_at
    target.actor.compute.delete_server(gone.id)
    target.actor.compute.wait_for_delete(target.actor.compute.get_server(gone.id), wait=120)
    asked = (("changes-since", created),)
    rows = {row.id: row for page in pages(api, SERVER.read, SERVER.row, asked, first=0) for row in page.rows}
    assert rows[kept.id].status == "ACTIVE"
    assert rows[gone.id].status == "DELETED"


def test_every_server_shows_once_and_every_scope_is_polled_once(clouds: Clouds, rig: Callable[..., Rig]) -> None:
    dashboard = rig()
    dashboard.show()
    dashboard.until_complete()
    dashboard.until(lambda: all(len(dashboard.deltas(s)) >= 2 or dashboard.trouble(s) for s in clouds.scopes), "polls")
    keys = [entry.key for entry in dashboard.view.rows]
    assert len(keys) == len(set(keys))

    def alike() -> bool:
        # Servers of other tests come and go meanwhile: the two agree at some moment, not at every one.
        listed: set[str] = set()
        for scope in clouds.scopes:
            if dashboard.trouble(scope) is None:
                found = pages(clouds.api(scope), SERVER.read, SERVER.row)
                listed.update(row.id for page in found for row in page.rows)
        shown = {entry.id for entry in dashboard.view.rows}
        return bool(shown) and shown == listed

    dashboard.until(alike, "the rows shown are the servers listed")
    places = [(scope.place, clouds.identity(scope).project_id, scope.reach) for scope in clouds.scopes]
    assert len(places) == len(set(places)), "two scopes are the same place and project"
    entries = {name for scope in clouds.scopes for name in scope.clouds}
    assert entries == {entry.name for entry in clouds.entries}


def test_names_are_shown_for_ids(clouds: Clouds, target: Target, scope: Scope) -> None:
    server = target.boot()
    entry = next(entry for entry in read_all(clouds, SERVER, [scope]) if entry.id == server.id)
    columns = {column.key: column for column in SERVER.columns}
    image = target.actor.image.get_image(target.actor.compute.get_server(server.id).image.id)
    assert columns["image"].value(entry) == image.name
    assert columns["project"].value(entry) == target.actor.identity.get_project(target.actor.current_project_id).name


def test_finding_by_name_id_and_address(clouds: Clouds, target: Target, scope: Scope) -> None:
    server = target.actor.compute.wait_for_server(target.actor.compute.get_server(target.boot().id), wait=240)
    port = next(iter(target.actor.network.ports(device_id=server.id)))
    workers = Workers()
    for text in (server.name, server.id, port.fixed_ips[0]["ip_address"]):
        hits, failures = search(clouds, workers, text)
        found = [hit for hit in hits if hit.id == server.id]
        assert len(found) == 1, (text, hits, failures)
        assert found[0].entry is not None
        assert found[0].name == server.name
    workers.close()


def search(clouds: Clouds, workers: Workers, text: str) -> tuple[list[Hit], Sequence[tuple[Scope, Trouble]]]:
    hits: list[Hit] = []
    outcome: list[Sequence[tuple[Scope, Trouble]]] = []
    find(clouds, workers, tuple(KINDS.values()), text, hits.append, outcome.append)
    wait_until(lambda: outcome, f"the search for {text} ends", 20)
    return hits, outcome[0]
