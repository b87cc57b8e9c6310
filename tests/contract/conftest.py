"""The same tests on the demo cloud and, with `-m realcloud`, on a genuine one.

For the genuine one OS_CLIENT_CONFIG_FILE names the clouds.yaml; CONTRACT_CLOUD the entry that the tests change servers
with (`realcloud-demo`), a member of a project with a network.
"""

from __future__ import annotations

import functools
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openstack
import pytest
from openstack.connection import Connection
from openstack.exceptions import ConflictException, NotFoundException

from tests.rig import Rig
from tests.waiting import wait_until
from tui.cloud import Clouds
from tui.config.settings import Settings
from tui.demo.process import DemoCloud
from tui.model.place import Scope

_REAL_FILE = os.environ.get("OS_CLIENT_CONFIG_FILE", "")


@dataclass
class Target:
    """A cloud under test. `actor` is another client: the SDK as its users use it."""

    clouds_file: Path
    entry: str
    region: str
    actor: Connection
    name: str
    """Begins the names of all that the test makes."""
    servers: list[str] = field(default_factory=list)

    def boot(self, name: str = "", **options: Any) -> Any:
        """Create a small server and return it as the API answered; `options` are the SDK's, `networks` its own else."""
        images = [image for image in self.actor.image.images() if image.status == "active"]
        flavors = sorted(self.actor.compute.flavors(), key=lambda flavor: (flavor.ram, flavor.vcpus))
        image, flavor = next(
            (image, flavor)
            for flavor in flavors
            for image in images
            if image.min_disk <= flavor.disk and image.min_ram <= flavor.ram
        )
        options.setdefault("networks", [{"uuid": self.network()}])
        server = self.actor.compute.create_server(
            name=name or self.name, image_id=image.id, flavor_id=flavor.id, **options
        )
        self.servers.append(server.id)
        return server

    def network(self) -> str:
        """Return the id of a network of the project's own."""
        project = self.actor.current_project_id
        return str(next(n for n in self.actor.network.networks(project_id=project) if not n.is_router_external).id)

    def clean(self) -> None:
        """Delete the servers that were made."""
        for ident in self.servers:
            try:
                self.actor.compute.delete_server(ident, ignore_missing=True)
            except ConflictException:
                # Locked, and deleted by an admin a moment ago: Nova still has it for as long as it puts it away.
                wait_until(functools.partial(self._gone, ident), f"{ident} is gone", 30)

    def _gone(self, ident: str) -> bool:
        try:
            return bool(self.actor.compute.get_server(ident).status == "DELETED")
        except NotFoundException:
            return True


@pytest.fixture(scope="module")
def demo_cloud() -> Iterator[DemoCloud]:
    """A demo cloud in which nothing changes by itself."""
    with DemoCloud.start("--still") as cloud:
        yield cloud


@pytest.fixture(params=["demo", pytest.param("genuine", marks=pytest.mark.realcloud)])
def clouds_file(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The clouds.yaml of the cloud under test; nothing of the machine reaches the test otherwise."""
    if request.param == "demo":
        path = request.getfixturevalue("demo_cloud").clouds_file
    elif not _REAL_FILE:
        pytest.fail("OS_CLIENT_CONFIG_FILE must name the clouds.yaml of the genuine cloud")
    else:
        path = Path(_REAL_FILE)
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    for name in ("CONFIG", "CACHE", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
    return Path(path)


@pytest.fixture
def clouds(clouds_file: Path) -> Iterator[Clouds]:
    """Every entry of the file."""
    found = Clouds.load(settings=Settings(), token_cache=False)
    yield found
    found.close()


@pytest.fixture
def target(clouds_file: Path, clouds: Clouds) -> Iterator[Target]:
    """The cloud, with another client to change it."""
    entry = os.environ.get("CONTRACT_CLOUD", "realcloud-demo") if str(clouds_file) == _REAL_FILE else "prod-eu"
    scope = next(scope for scope in clouds.scopes if entry in scope.clouds)
    actor = openstack.connect(cloud=entry, region_name=scope.region)
    found = Target(clouds_file, entry, scope.region, actor, f"contract-{uuid.uuid4().hex[:8]}")
    yield found
    found.clean()


@pytest.fixture
def scope(clouds: Clouds, target: Target) -> Scope:
    """The scope that the other client changes."""
    return next(s for s in clouds.scopes if target.entry in s.clouds and s.region == target.region)


@pytest.fixture
def rig(clouds: Clouds) -> Iterator[Callable[..., Rig]]:
    """Make a dashboard's live half; it is stopped at the end."""
    made: list[Rig] = []

    def make(*args: Any, **options: Any) -> Rig:
        made.append(Rig(clouds, *args, **options))
        return made[-1]

    yield make
    for one in made:
        one.feeds.stop()
