"""A home of its own for every test, a demo cloud for the session, and a stage on which answers are written by hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from tests.http.stage import Stage
from tests.sshd import Sshd, Start
from tui.cloud import Clouds
from tui.config.settings import Settings, Ssh, Timeouts
from tui.demo.process import DemoCloud
from tui.live.tunnels import Tunnels

CloudsFile = Callable[..., Path]
Loader = Callable[..., Clouds]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No setting, token or OS_* variable of the machine reaches a test."""
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)
    for name in ("CONFIG", "CACHE", "STATE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def demo() -> Iterator[DemoCloud]:
    """A demo cloud in which nothing changes by itself."""
    with DemoCloud.start("--still") as cloud:
        yield cloud


@pytest.fixture
def stage() -> Iterator[Stage]:
    """An empty stage with a Keystone."""
    with Stage() as found:
        yield found


@pytest.fixture
def clouds_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> CloudsFile:
    """Write a clouds.yaml and make it the one in use: `clouds_file({"a": {...}})`, or its text."""

    def write(clouds: dict[str, object] | str, name: str = "clouds.yaml") -> Path:
        path = home / name
        path.write_text(clouds if isinstance(clouds, str) else yaml.safe_dump({"clouds": clouds}, sort_keys=False))
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(path))
        return path

    return write


@pytest.fixture
def load(clouds_file: CloudsFile) -> Iterator[Loader]:
    """Write a clouds.yaml and load it: `load({"a": {...}}, read_only=True)`."""
    opened: list[Clouds] = []

    def open_clouds(clouds: dict[str, object] | str | None = None, **options: object) -> Clouds:
        if clouds is not None:
            clouds_file(clouds)
        settings = options.pop("settings", Settings(timeouts=Timeouts(connect=5.0, list=10.0, other=10.0)))
        found = Clouds.load(settings=settings, **options)  # type: ignore[arg-type]
        opened.append(found)
        return found

    yield open_clouds
    for found in opened:
        found.close()


@pytest.fixture
def bastion(sshd: Start, ssh_home: Path) -> Sshd:
    """A genuine sshd under the alias `bastion`."""
    server = sshd()
    (ssh_home / "config").write_text(server.ssh_config("bastion"))
    return server


@pytest.fixture
def tunnels() -> Iterator[Tunnels]:
    """Tunnels as a run of the program has them."""
    found = Tunnels(Ssh())
    yield found
    found.close()
