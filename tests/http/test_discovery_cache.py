"""What services told of themselves is kept with the token: a warm start asks for the list and nothing else."""

from __future__ import annotations

import pytest

from tests.http.conftest import Loader
from tests.http.stage import Answer, Seen, Stage
from tui.model.read import Read
from tui.resources.server_row import Server

SERVERS = Read(service="compute", path="/servers/detail", key="servers", microversion="2.47")
DETAIL = "/servers/detail"
WORDS = "Version 2.47 is not supported by the API. Minimum is 2.1 and maximum is 2.25."


def asked(stage: Stage, load: Loader, **entry: object) -> list[tuple[str, str]]:
    """Return the requests of one more start that reads the list of servers."""
    before = len(stage.seen)
    clouds = load({"a": stage.entry(**entry)})
    api = clouds.api(clouds.scopes[0])
    assert api.page(SERVERS, Server).count == 1
    return [(seen.method, seen.path) for seen in stage.seen[before:]]


@pytest.fixture
def unversioned(stage: Stage) -> Stage:
    """A Nova whose endpoint in the catalog names no version."""
    stage.services["compute"] = "/nova"
    link = [{"rel": "self", "href": f"{stage.url}/nova/v2.1/"}]
    version = {"id": "v2.1", "status": "CURRENT", "version": "2.90", "min_version": "2.1", "links": link}
    for path in ("/nova", "/nova/"):
        stage.on("GET", path, Answer({"versions": [version]}))
    stage.on("GET", f"/nova/v2.1{DETAIL}", Answer({"servers": [{"id": "1"}]}))
    return stage


def test_two_requests_cold_and_one_warm(stage: Stage, load: Loader) -> None:
    stage.services["compute"] = "/compute/v2.1"
    stage.on("GET", f"/compute/v2.1{DETAIL}", Answer({"servers": [{"id": "1"}]}))
    cold, warm = asked(stage, load), asked(stage, load)
    assert [method for method, _ in cold] == ["POST", "GET"]
    assert warm == [("GET", f"/compute/v2.1{DETAIL}")]


def test_a_version_document_is_read_once_for_all_starts(unversioned: Stage, load: Loader) -> None:
    cold, warm = asked(unversioned, load), asked(unversioned, load)
    assert len(cold) > 2
    assert warm == [("GET", f"/nova/v2.1{DETAIL}")]


def test_without_the_token_cache_it_is_read_anew(unversioned: Stage, load: Loader) -> None:
    asked(unversioned, load)
    before = len(unversioned.seen)
    clouds = load({"a": unversioned.entry()}, token_cache=False)
    clouds.api(clouds.scopes[0]).page(SERVERS, Server)
    assert len(unversioned.seen) - before > 2


def old_nova(newest: list[str]) -> object:
    """Return a list that refuses microversions newer than the one in `newest`."""

    def listing(seen: Seen) -> Answer:
        sent = seen.headers.get("openstack-api-version", "compute 2.1").split()[1]
        if float(sent.split(".")[1]) > float(newest[0].split(".")[1]):
            return Answer({"computeFault": {"code": 406, "message": WORDS}}, 406)
        return Answer({"servers": [{"id": "1"}]})

    return listing


def test_an_old_nova_is_not_refused_twice_and_an_upgrade_is_noticed(stage: Stage, load: Loader) -> None:
    stage.services["compute"] = "/compute/v2.1"
    newest = ["2.25"]
    stage.on("GET", f"/compute/v2.1{DETAIL}", old_nova(newest))  # type: ignore[arg-type]

    def version(seen: Seen) -> Answer:
        return Answer({"version": {"id": "v2.1", "version": newest[0], "min_version": "2.1"}})

    stage.on("GET", "/compute/v2.1/", version)
    assert len(asked(stage, load)) == 4, "sign-in, refused, which versions, list"
    assert asked(stage, load) == [("GET", f"/compute/v2.1{DETAIL}")]
    newest[0] = "2.10"
    assert len(asked(stage, load)) == 3, "refused although kept, which versions, list"
    assert asked(stage, load) == [("GET", f"/compute/v2.1{DETAIL}")]


def test_a_token_that_is_refused_takes_it_along(unversioned: Stage, load: Loader) -> None:
    asked(unversioned, load)
    refused: list[Seen] = []

    def listing(seen: Seen) -> Answer:
        if not refused:
            refused.append(seen)
            return Answer({"error": {"code": 401, "message": "no"}}, 401)
        return Answer({"servers": [{"id": "1"}]})

    unversioned.on("GET", f"/nova/v2.1{DETAIL}", listing)
    found = asked(unversioned, load)
    assert ("POST", "/identity/v3/auth/tokens") in found
    assert asked(unversioned, load)[-1] == ("GET", f"/nova/v2.1{DETAIL}")
