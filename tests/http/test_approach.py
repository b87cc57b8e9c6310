"""What is gathered of a server before it is entered: image, log, addresses, keys; and what is remembered then."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.http.conftest import Loader
from tests.http.stage import Answer, Stage
from tests.pure.console_keys import Block, log
from tests.pure.fleet_rows import entry
from tests.sshd import Start, free_port, make_key, public
from tests.waiting import wait_until
from tui.cloud import Clouds
from tui.config.settings import CloudSettings, Settings, Ssh, Timeouts
from tui.live.approach import Approach
from tui.live.feeds import Feeds
from tui.live.host_keys import Case
from tui.live.key_care import Care
from tui.live.reach import read_image
from tui.live.ssh_command import Login, command
from tui.model.entry import Entry
from tui.model.events import Done, Event
from tui.model.ssh import Hop, HostKey, Trust
from tui.remote.loop import Loop
from tui.resources.server_row import Address, Ref, Server

WAIT = 60.0


class Nobody:
    """Answers no question."""

    def secret(self, title: str, what: str) -> str | None:
        """Nothing."""
        return None

    def trust(self, hop: Hop, key: HostKey) -> Trust:
        """No."""
        return Trust.NO


class Inbox:
    """A sink whose events are handled at once, one at a time."""

    def __init__(self) -> None:
        self._lock = threading.RLock()

    def put(self, event: Event | Done) -> None:
        """Do as the screen's loop does."""
        if isinstance(event, Done):
            with self._lock:
                event.then(event.value, event.trouble)


def _server(clouds: Clouds, **more: Any) -> Entry:
    net = [Address("127.0.0.1", 4, "floating"), Address("127.0.0.2", 4, "fixed")]
    return entry(clouds.scopes[0], Server(**{"id": "s1", "name": "web-1", "told_addresses": {"net": net}, **more}))


@pytest.fixture
def clouds(load: Loader, stage: Stage) -> Clouds:
    return load({"a": stage.entry()})


@pytest.mark.parametrize(
    ("raw", "user", "source"),
    [
        ({"name": "x", "os_admin_user": "boss"}, "boss", "os_admin_user"),
        ({"name": "x", "os_admin_user": "-oProxyCommand=x", "image_original_user": "u"}, "u", "image_original_user"),
        ({"name": "x", "os_admin_user": 3, "os_distro": "Ubuntu"}, "", ""),
        ({"name": "x", "os_admin_user": "a b"}, "", ""),
    ],
)
def test_the_image_names_the_user(stage: Stage, clouds: Clouds, raw: dict[str, Any], user: str, source: str) -> None:
    stage.on("GET", "/image/v2/images/i1", Answer(raw))
    stage.on("GET", "/image/images/i1", Answer(raw))
    found = read_image(clouds.api(clouds.scopes[0]), _server(clouds, image=Ref("i1")))
    assert (found.user, found.user_property) == (user, source)
    assert found.name == "x"


def test_a_volume_keeps_what_its_image_said(stage: Stage, clouds: Clouds) -> None:
    stage.services["block-storage"] = "/volume/v3"
    kept = {"image_name": "Rocky", "os_distro": "rocky"}
    stage.on("GET", "/volume/v3/volumes/v1", Answer({"volume": {"id": "v1", "volume_image_metadata": kept}}))
    found = read_image(clouds.api(clouds.scopes[0]), _server(clouds, image="", volumes=(Ref("v1"),)))
    assert (found.name, found.distro) == ("Rocky", "rocky")


@pytest.mark.parametrize("status", [403, 404, 500])
def test_an_image_that_cannot_be_read_is_no_trouble(stage: Stage, clouds: Clouds, status: int) -> None:
    stage.on("GET", "/image/images/i1", Answer({}, status=status))
    assert read_image(clouds.api(clouds.scopes[0]), _server(clouds, image=Ref("i1"))).user == ""


class Table:
    """Everything that an approach needs, with a genuine server to go to."""

    def __init__(self, stage: Stage, clouds: Clouds, home: Path, sshd: Start) -> None:
        self.stage, self.clouds = stage, clouds
        self.sshd = sshd()
        self.keys = tuple(HostKey(*public(path).split()) for path in self.sshd.host_keys)
        cloud = CloudSettings(ssh_port=self.sshd.port, ssh_user=self.sshd.user, ssh_key=str(self.sshd.key))
        ssh = Ssh(known_hosts=str(home / "known_hosts"), timeout=20.0)
        self.settings = Settings(ssh=ssh, clouds={"a": cloud}, timeouts=Timeouts(connect=2.0, list=5.0, other=5.0))
        self.inbox = Inbox()
        self.feeds = Feeds(clouds, self.inbox, self.settings)
        self.loop = Loop()
        self.open: list[Approach] = []

    def says(self, text: str) -> None:
        """Let the console log say this."""
        self.stage.on("POST", "/compute/v2.1/servers/s1/action", Answer({"output": text}))

    def approach(self, kind: type[Approach] = Approach) -> Any:
        """Begin one."""
        server = _server(self.clouds)
        found = kind(server, self.settings, self.feeds, self.loop, Nobody(), self.inbox)
        self.open.append(found)
        found.begin(lambda: None)
        return found

    def looked(self, approach: Approach) -> Any:
        """Look at the server and wait for the verdict."""
        wait_until(lambda: approach.way is not None, "the way is known", WAIT)
        login = Login("127.0.0.1", self.sshd.port, self.sshd.user, str(self.sshd.key))

        def found() -> Any:
            approach.look(login)
            return approach.looks.get(login)

        return wait_until(found, "the server was looked at", WAIT)

    def accepted(self, approach: Approach, look: Any, *, keep: bool, replace: bool = False) -> Any:
        """Say yes and return the files."""
        got: list[Any] = []
        approach.accept(look, keep=keep, replace=replace, then=lambda value, trouble: got.append((value, trouble)))
        files, trouble = wait_until(lambda: got, "it is written", WAIT)[0]
        assert trouble is None
        return files

    def close(self) -> None:
        """End all."""
        for one in self.open:
            one.close()
        self.feeds.stop()


@pytest.fixture
def table(stage: Stage, clouds: Clouds, home: Path, sshd: Start) -> Iterator[Table]:
    found = Table(stage, clouds, home, sshd)
    yield found
    found.close()


def test_a_first_yes_is_remembered_and_needs_no_log_then(table: Table) -> None:
    table.says(log(Block(table.keys).lines()))
    approach = table.approach()
    look = table.looked(approach)
    assert look.verdict.case is Case.GOOD
    files = table.accepted(approach, look, keep=True)
    assert str(files.known_hosts) in " ".join(command(look.login, files))
    assert set(approach.known_hosts.keys("127.0.0.1", table.sshd.port)) == set(table.keys)
    # Now the cloud hangs: what is remembered is enough.
    hung = threading.Event()

    def hang(seen: Any) -> Answer:
        hung.wait(WAIT)
        return Answer({"output": ""})

    table.stage.on("POST", "/compute/v2.1/servers/s1/action", hang)
    again = table.approach()
    wait_until(lambda: again.pin is not None, "the memory was read", WAIT)
    assert table.looked(again).verdict.case is Case.KNOWN
    assert again.log is None
    hung.set()


def test_a_log_that_cannot_be_read_vouches_for_nothing(table: Table) -> None:
    table.stage.on("POST", "/compute/v2.1/servers/s1/action", Answer({"conflictingRequest": {}}, status=409))
    approach = table.approach()
    look = table.looked(approach)
    assert look.verdict.case is Case.NONE
    assert approach.log is not None
    assert approach.log.trouble is not None


def test_a_rebuilt_server_is_told_and_its_keys_replaced(table: Table) -> None:
    table.says(log(Block(table.keys).lines()))
    approach = table.approach()
    table.accepted(approach, table.looked(approach), keep=True)
    table.sshd.stop()
    for path in table.sshd.host_keys:
        path.unlink()
        Path(f"{path}.pub").unlink()
    for path, name in zip(table.sshd.host_keys, ("ed25519", "rsa"), strict=True):
        make_key(path, name)
    table.sshd.start()
    fresh = tuple(HostKey(*public(path).split()) for path in table.sshd.host_keys)
    # As long as the log has scrolled away nothing speaks for the new keys.
    table.says("")
    assert table.looked(table.approach()).verdict.case is Case.WRONG
    table.says(log(Block(fresh).lines()))
    rebuilt = table.approach()
    look = table.looked(rebuilt)
    assert look.verdict.case is Case.REBUILT
    assert look.verdict.why_replace
    table.accepted(rebuilt, look, keep=True, replace=True)
    assert set(rebuilt.known_hosts.keys("127.0.0.1", table.sshd.port)) == set(fresh)
    assert table.looked(table.approach()).verdict.case is Case.KNOWN


def test_once_leaves_nothing_behind(table: Table) -> None:
    table.says(log(Block(table.keys).lines()))
    approach = table.approach()
    files = table.accepted(approach, table.looked(approach), keep=False)
    assert files.known_hosts.name.startswith("once-")
    assert approach.memory.get(approach.entry.scope.place, "s1") is None
    assert approach.known_hosts.keys("127.0.0.1", table.sshd.port) == ()


def test_care_shows_all_keys_and_forgets(table: Table) -> None:
    table.says(log(Block(table.keys).lines()))
    approach = table.approach()
    table.accepted(approach, table.looked(approach), keep=True)
    care = table.approach(Care)
    wait_until(lambda: care.way is not None, "the way is known", WAIT)
    care.read_kept()
    kept = wait_until(lambda: care.kept, "the files were read", WAIT)
    assert kept.pin is not None
    assert any(kept.known.values())
    got: list[Any] = []
    care.show_all(Login("127.0.0.1", table.sshd.port), lambda value, trouble: got.append(value))
    wait_until(lambda: got, "the server was asked", WAIT)
    assert set(got[0]) == set(table.keys)
    care.remove_known(lambda value, trouble: got.append(trouble))
    care.forget(lambda value, trouble: got.append(trouble))
    wait_until(lambda: len(got) == 3 and care.kept.pin is None and not any(care.kept.known.values()), "gone", WAIT)


def test_who_hangs_up_at_once_has_shown_no_key(table: Table) -> None:
    care = table.approach(Care)
    got: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as held:

        def hang_up() -> None:
            with contextlib.suppress(OSError):
                while True:
                    held.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        care.show_all(Login("127.0.0.1", held.getsockname()[1]), lambda value, trouble: got.append((value, trouble)))
        keys, trouble = wait_until(lambda: got, "it was asked", WAIT)[0]
        held.shutdown(socket.SHUT_RDWR)
    assert keys is None
    assert "hung up" in trouble.title


def test_an_alias_is_no_path(table: Table) -> None:
    approach = table.approach()
    approach.entry = entry(table.clouds.scopes[0], Server(id="../../etc/x", name="x"))
    assert "/" not in approach.alias
    assert "." not in approach.alias


def test_a_silent_server_is_told(table: Table) -> None:
    table.says("")
    approach = table.approach()
    wait_until(lambda: approach.way is not None and approach.log is not None, "all is known", WAIT)
    login = Login("127.0.0.1", free_port())
    approach.look(login)
    look = wait_until(lambda: approach.looks.get(login), "it was tried", WAIT)
    assert look.verdict is None
    assert look.trouble is not None


def test_an_address_is_knocked_at_once(clouds: Clouds) -> None:
    inbox, settings = Inbox(), Settings()
    feeds = Feeds(clouds, inbox, settings)
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        server = _server(clouds)
        approach = Approach(server, settings, feeds, Loop(), Nobody(), inbox)
        approach.knock(["127.0.0.1"], port, ())
        approach.knock(["127.0.0.1"], port, ())
        assert list(approach.probes.values()) == [None]
        held.accept()[0].close()
        found = wait_until(lambda: approach.probes["127.0.0.1", port, ()], "it was knocked at", WAIT)
    assert not found.open
    approach.close()
    feeds.stop()
