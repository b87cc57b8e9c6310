"""One demo cloud for all tests that leave it as they find it, and fresh ones for those that break things."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openstack
import pytest
import requests
from openstack.connection import Connection

from tui.demo.process import DemoCloud

PASSWORD = "demo"


@pytest.fixture(scope="session")
def demo() -> Iterator[DemoCloud]:
    """A demo cloud in which nothing happens by itself."""
    with DemoCloud.start("--still") as cloud:
        yield cloud


@pytest.fixture
def fresh() -> Iterator[Callable[..., DemoCloud]]:
    """Starts demo clouds with any options; all of them end with the test."""
    started: list[DemoCloud] = []

    def start(*args: str) -> DemoCloud:
        started.append(DemoCloud.start(*args))
        return started[-1]

    yield start
    for cloud in started:
        cloud.stop()


def connect(
    demo: DemoCloud, cloud: str = "prod-eu", region: str = "fra1", user: str = "mira", **options: Any
) -> Connection:
    """A connection through the real SDK."""
    return openstack.connect(
        auth_url=f"{demo.url}/{cloud}/identity/v3",
        username=user,
        password=PASSWORD,
        project_name=options.pop("project_name", "sandbox" if cloud == "lab" else "web"),
        user_domain_name="Default",
        project_domain_name="Default",
        region_name=region,
        load_yaml_config=False,
        load_envvars=False,
        **options,
    )


def control(demo: DemoCloud, method: str, path: str, body: Any = None) -> Any:
    """A request to the control endpoint."""
    answer = requests.request(method, f"{demo.url}/_demo/{path}", json=body, timeout=60)
    answer.raise_for_status()
    return answer.json()


def add_fault(demo: DemoCloud, fault: str) -> None:
    """Break something at run time."""
    control(demo, "POST", "faults", {"fault": fault})


class Raw:
    """Requests with a token and without an SDK between."""

    def __init__(self, demo: DemoCloud, cloud: str = "prod-eu", region: str = "fra1", user: str = "mira") -> None:
        self.base = f"{demo.url}/{cloud}/{region}"
        self.identity = f"{demo.url}/{cloud}/identity"
        self.session = requests.Session()
        self.session.headers["X-Auth-Token"] = self.login(user, "sandbox" if cloud == "lab" else "web")

    def login(self, user: str, project: str) -> str:
        """A token for a project."""
        scope = {"project": {"name": project, "domain": {"id": "default"}}}
        answer = self.authenticate({"user": {"name": user, "domain": {"id": "default"}, "password": PASSWORD}}, scope)
        assert answer.status_code == 201, answer.text
        return answer.headers["X-Subject-Token"]

    def authenticate(self, password: dict[str, Any], scope: Any = None) -> requests.Response:
        """Log in with a password, whatever comes of it."""
        identity = {"methods": ["password"], "password": password}
        body = {"auth": {"identity": identity, **({"scope": scope} if scope else {})}}
        return requests.post(f"{self.identity}/v3/auth/tokens", json=body, timeout=60)

    def get(self, path: str, microversion: str = "2.1", **params: Any) -> requests.Response:
        """A GET below the region's root, e.g. `compute/v2.1/servers`."""
        headers = {"OpenStack-API-Version": f"compute {microversion}"}
        return self.session.get(f"{self.base}/{path}", params=params, headers=headers, timeout=60)

    def servers(self, microversion: str = "2.96", **params: Any) -> list[dict[str, Any]]:
        """The rows of a detailed list."""
        answer = self.get("compute/v2.1/servers/detail", microversion, **params)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()["servers"]
        return rows


@pytest.fixture(scope="session")
def raw(demo: DemoCloud) -> Raw:
    """Requests to the first region as an admin."""
    return Raw(demo)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty home directory for commands."""
    return tmp_path_factory.mktemp("home")
