"""The last known rows: what is kept of them, what comes back, and that they are old until their place has answered."""

from __future__ import annotations

import os
import secrets
import stat
import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http.conftest import Loader
from tests.rig import Rig
from tests.terminal.trials import break_it, mend_it
from tests.waiting import wait_until
from tui.cloud import Clouds
from tui.config.cache import ROWS, Store
from tui.demo.process import DemoCloud
from tui.live.keeping import RowKeeper
from tui.live.recalling import Recalling
from tui.live.row_cache import FIRST, RowCache
from tui.model.events import Recalled
from tui.model.place import Place, Scope
from tui.model.status import Health
from tui.resources.registry import KINDS
from tui.resources.server_row import Fault, Server

SERVER = KINDS["server"]
SCOPE = Scope("key", Place("http://keystone", "r1"), ("lab",))
MOST = 64_000_000


class Nobody:
    """Knows no names."""

    def get(self, kind: str, ident: str) -> str | None:
        return None


def store(home: Path) -> Store:
    return Store(ROWS, MOST, home / "rows")


def keep(cache: RowCache, rows: list[Server], at: float = 1_000.0, name: str = "name") -> bool:
    return cache.keep(
        name, SERVER, rows, all_projects=False, at=at, origin="http://nova/v2.1", project="p", names=Nobody()
    )


def names(cache: RowCache, name: str = "name") -> list[str]:
    """Return the names that come back, in the order in which they come."""
    found = cache.recall(name, SERVER, SCOPE, all_projects=False)
    if found is None or (first := found.first()) is None:
        return []
    return [SERVER.name(entry.row) for event in (first, *found.rest()) for entry in event.upserts]


def servers(number: int) -> list[Server]:
    return [Server(id=f"id-{n}", name=f"web-{n}", status="ACTIVE", tenant_id="p") for n in range(number)]


def test_rows_come_back_the_first_by_name_first(home: Path) -> None:
    cache = RowCache(MOST, store(home))
    assert keep(cache, servers(FIRST + 450)[::-1])
    assert names(cache) == [f"web-{n}" for n in range(FIRST + 450)]
    found = cache.recall("name", SERVER, SCOPE, all_projects=False)
    assert found is not None
    first = found.first()
    assert first is not None
    assert len(first.upserts) == FIRST, "the first frame decodes no more"
    assert (first.at, first.project) == (1_000.0, "p")
    assert first.upserts[0].key == "http://nova/v2.1|id-0"


def test_other_names_kinds_and_reaches_are_other_views(home: Path) -> None:
    cache = RowCache(MOST, store(home))
    keep(cache, servers(1))
    assert cache.recall("other", SERVER, SCOPE, all_projects=False) is None
    assert cache.recall("name", SERVER, SCOPE, all_projects=True) is None
    assert cache.recall("name", KINDS["image"], SCOPE, all_projects=False) is None
    assert cache.recall("", SERVER, SCOPE, all_projects=False) is None, "nothing can be kept where there is no name"


def test_what_may_hold_a_secret_is_not_kept(home: Path) -> None:
    row = Server(
        id="1",
        name="vault",
        status="ERROR",
        told_metadata={"admin_pass": "s3cret-a", "plain": "s3cret-b"},
        description="password=s3cret-c",
        fault=Fault(message="could not log in to https://me:s3cret-d@host/"),
    )
    other = Server(id="2", name="web", status="ERROR", description="the front door", fault=Fault(message="No host"))
    cache = RowCache(MOST, store(home))
    assert keep(cache, [row, other])
    for file in (home / "rows").iterdir():
        assert b"s3cret" not in file.read_bytes()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert names(cache) == ["vault", "web"]
    found = cache.recall("name", SERVER, SCOPE, all_projects=False)
    first = found.first() if found else None
    assert first is not None
    kept = [entry.row for entry in first.upserts if isinstance(entry.row, Server)]
    assert kept[1].description == "the front door"
    assert kept[1].fault == Fault(message="No host")
    assert row.metadata == {"admin_pass": "s3cret-a", "plain": "s3cret-b"}, "the row in use stays as it is"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_damage_is_an_error(home: Path, data: st.DataObject) -> None:
    cache = RowCache(MOST, store(home))
    assert keep(cache, servers(3))
    (file,) = [path for path in (home / "rows").iterdir() if path.name != "salt"]
    good = file.read_bytes()
    start = data.draw(st.integers(0, len(good)))
    junk = data.draw(st.binary(max_size=40))
    file.write_bytes(good[:start] + junk + good[start + len(junk) * data.draw(st.booleans()) :])
    found = names(cache)
    assert found == [] or len(found) <= 3 or junk
    assert keep(cache, servers(2))
    assert names(cache) == ["web-0", "web-1"]


def test_two_that_begin_at_once_agree_on_the_names(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[str] = []
    random_bytes = secrets.token_bytes

    def meanwhile(number: int) -> bytes:
        monkeypatch.undo()
        named.append(store(home).name("a view"))
        return random_bytes(number)

    monkeypatch.setattr(secrets, "token_bytes", meanwhile)
    assert store(home).name("a view") == store(home).name("a view")
    assert named == [store(home).name("a view")]


def test_another_version_layout_or_time_is_not_there(home: Path) -> None:
    for field, value in ((0, 0), (1, "0.0.1"), (2, "other fields"), (3, time.time() + 9_999.0)):
        cache = RowCache(MOST, store(home))
        keep(cache, servers(2))
        (file,) = [path for path in (home / "rows").iterdir() if path.name != "salt"]
        head, chunks = msgspec.msgpack.decode(file.read_bytes())
        head[field] = value
        file.write_bytes(msgspec.msgpack.encode([head, chunks]))
        assert names(cache) == [], field


def test_open_linked_and_foreign_files_are_not_read(home: Path) -> None:
    cache = RowCache(MOST, store(home))
    keep(cache, servers(1))
    (file,) = [path for path in (home / "rows").iterdir() if path.name != "salt"]
    file.chmod(0o640)
    assert names(cache) == []
    file.chmod(0o600)
    assert names(cache) == ["web-0"]
    file.rename(home / "aside")
    file.symlink_to(home / "aside")
    assert names(cache) == []
    file.unlink()
    os.mkfifo(file, 0o600)
    assert names(cache) == [], "and it does not wait for a writer"


def test_the_room_is_kept_and_the_least_used_goes(home: Path) -> None:
    cache = RowCache(MOST, store(home))
    keep(cache, servers(50))
    size = sum(path.stat().st_size for path in (home / "rows").iterdir() if path.name != "salt")
    cache = RowCache(size * 3 + size // 2, Store(ROWS, size * 3 + size // 2, home / "rows"))
    for number in range(5):
        assert keep(cache, servers(50), name=f"view {number}")
        # Files are told apart by their time: as if they had been written a minute apart.
        for path in (home / "rows").iterdir():
            found = path.stat()
            os.utime(path, (found.st_atime, found.st_mtime - 60))
    left = [number for number in range(5) if names(cache, f"view {number}")]
    assert left == [2, 3, 4]
    assert not keep(RowCache(100, Store(ROWS, 100, home / "rows")), servers(50)), "larger than all the room"


def test_what_killed_writers_left_behind_goes(home: Path) -> None:
    cache = RowCache(MOST, store(home))
    keep(cache, servers(1))
    old, young = home / "rows" / ".x.old", home / "rows" / ".x.young"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    keep(cache, servers(2))
    assert not old.exists()
    assert young.exists(), "it may be another stackdeck's, just being written"


def test_a_directory_that_cannot_be_written_is_done_without(home: Path) -> None:
    (home / "rows").write_text("a file where the directory would be")
    cache = RowCache(MOST, store(home))
    assert not keep(cache, servers(1))
    assert names(cache) == []
    assert store(home).holding().files == 0


# -- in the fleet ------------------------------------------------------------------------------------------------------


@pytest.fixture
def clouds(demo: DemoCloud, load: Loader) -> Clouds:
    return load(demo.clouds_file.read_text())


@pytest.fixture
def primed(clouds: Clouds, home: Path) -> tuple[Clouds, RowCache]:
    """Clouds of which an earlier run kept all servers."""
    cache = RowCache(MOST)
    with Rig(clouds) as rig:
        keeper = RowKeeper(cache, clouds)
        rig.feeds._asker.keeper = keeper
        rig.show()
        complete(rig)
        wait_until(lambda: all(kept(cache, clouds, scope) for scope in clouds.scopes), "all places are kept")
        keeper.flush()
    return clouds, cache


def kept(cache: RowCache, clouds: Clouds, scope: Scope) -> bool:
    """Whether the servers of a scope are kept."""
    return cache.recall(clouds.row_name(scope), KINDS["server"], scope, all_projects=False) is not None


def complete(rig: Rig) -> None:
    """Wait until every place has told all its rows: one that a busy machine let time out is asked again."""
    rig.until(lambda: all(state.complete for state in rig.states()), "all places are in", 60)


def recall(rig: Rig, cache: RowCache) -> int:
    """Let a fleet know what an earlier run knew; returns how many rows that are."""
    recalling = Recalling(cache)
    number = 0
    for scope in rig.clouds.scopes:
        event = recalling.recall(rig.clouds.row_name(scope), rig.kind, scope, all_projects=False)
        assert event is not None, scope.label
        number += len(event.upserts)
        rig.view.apply(rig.fleet.apply(event))
        assert recalling.recall(rig.clouds.row_name(scope), rig.kind, scope, all_projects=False) is None, "once"
    rig.view.set_scopes(scope.key for scope in rig.clouds.scopes)
    return number


def test_recalled_rows_are_old_until_their_place_has_named_them(primed: tuple[Clouds, RowCache]) -> None:
    clouds, cache = primed
    with Rig(clouds) as rig:
        recall(rig, cache)
        rows = list(rig.view.rows)
        assert rows
        assert all(rig.fleet.stale(entry) for entry in rows)
        assert set(rig.fleet.counts(rig.kind, clouds.scopes)) == {Health.UNKNOWN}
        assert all(rig.fleet.shown_status(entry, time.time()).task.endswith("ago") for entry in rows)
        assert all(state.is_memory for state in rig.states())
        keys = [entry.key for entry in rows]
        rig.show()
        complete(rig)
        assert not any(rig.fleet.stale(entry) for entry in rig.view.rows)
        assert not any(state.recalled or state.is_memory for state in rig.states())
        assert [entry.key for entry in rig.view.rows if entry.key in keys] == keys, "the same rows in the same order"
        assert all(entry in rig.view.rows for entry in rows), "entries stay, so that cursor and marks do"


def test_rows_that_are_gone_go_when_the_list_is_in(primed: tuple[Clouds, RowCache]) -> None:
    clouds, cache = primed
    with Rig(clouds) as rig:
        recall(rig, cache)
        scope = clouds.scopes[0]
        gone = Server(id="gone", name="aaa-gone", status="ACTIVE")
        sample = rig.view.rows[0]
        entry = type(sample)(f"{sample.key.split('|')[0]}|gone", scope, gone, sample.status, sample.names, order="aaa")
        rig.view.apply(rig.fleet.apply(Recalled("server", scope, 5.0, [entry])))
        assert "aaa-gone" in rig.names()
        rig.show()
        complete(rig)
        assert "aaa-gone" not in rig.names()


def test_a_place_that_does_not_answer_keeps_them_with_their_time(
    primed: tuple[Clouds, RowCache], demo: DemoCloud, load: Loader
) -> None:
    clouds, cache = primed
    with Rig(clouds) as rig:
        recall(rig, cache)
        scope = clouds.scopes[0]
        at = rig.state(scope).answered_at
        break_it(demo, f"error:{scope.cloud}/{scope.region}")
        try:
            rig.show()
            rig.until(lambda: rig.trouble(scope), "the failure")
        finally:
            mend_it(demo)
        assert rig.state(scope).answered_at == at
        old = [entry for entry in rig.view.rows if entry.scope.key == scope.key]
        assert old
        assert all(rig.fleet.stale(entry) for entry in old)
        others = [entry for entry in rig.view.rows if entry.scope.place != scope.place]
        rig.until(lambda: not any(rig.fleet.stale(entry) for entry in others), "the others are live")
        rig.feeds.refresh()
        rig.until(lambda: not rig.trouble(scope) and rig.state(scope).complete, "it is back")
        assert not any(rig.fleet.stale(entry) for entry in rig.view.rows)


def test_what_comes_too_late_changes_nothing(primed: tuple[Clouds, RowCache]) -> None:
    clouds, cache = primed
    with Rig(clouds) as rig:
        rig.show()
        complete(rig)
        before = rig.names()
        scope = clouds.scopes[0]
        found = cache.recall(clouds.row_name(scope), rig.kind, scope, all_projects=False)
        first = found.first() if found else None
        assert first is not None
        changes = rig.fleet.apply(first)
        assert not changes.added | changes.changed | changes.removed
        rig.view.apply(changes)
        assert rig.names() == before
        assert not any(rig.fleet.stale(entry) for entry in rig.view.rows)


def test_the_name_of_a_view_tells_credentials_apart_and_not_clouds(demo: DemoCloud, load: Loader) -> None:
    text = demo.clouds_file.read_text()

    def named(text: str) -> dict[str, str]:
        clouds = load(text)
        return {scope.label: clouds.row_name(scope) for scope in clouds.scopes}

    first = named(text)
    assert len(set(first.values())) == len(first)
    assert sorted(named(text.replace("  prod-eu:", "  renamed:")).values()) == sorted(first.values())
    assert set(named(text.replace("password: demo", "password: other")).values()).isdisjoint(first.values())
    assert set(named(text.replace("username: mira", "username: mara")).values()).isdisjoint(first.values())
