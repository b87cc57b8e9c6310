"""Logging in to the demo clouds: every method, every scope, several factors, tokens."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from tests.demo.conftest import Raw, connect
from tui.demo.keystone.login import passcodes
from tui.demo.people import CREDENTIAL_ID, CREDENTIAL_SECRET, PASSWORD, TOTP_SECRET
from tui.demo.process import DemoCloud

DOMAIN = {"user_domain_id": "default"}


def url(demo: DemoCloud, cloud: str = "prod-eu") -> str:
    return f"{demo.url}/{cloud}/identity/v3"


def test_version_documents(demo: DemoCloud) -> None:
    answer = requests.get(f"{demo.url}/lab/identity", timeout=60)
    assert answer.status_code == 300
    assert answer.json()["versions"]["values"][0]["id"] == "v3.14"
    assert requests.get(url(demo), timeout=60).json()["version"]["status"] == "stable"


def test_each_cloud_has_a_keystone_of_its_own(demo: DemoCloud) -> None:
    eu, us = Raw(demo), Raw(demo, "prod-us", "iad1")
    stolen = {"X-Auth-Token": str(eu.session.headers["X-Auth-Token"])}
    answer = requests.get(f"{us.base}/compute/v2.1/servers", headers=stolen, timeout=60)
    assert answer.status_code == 401
    assert answer.json()["error"]["title"] == "Unauthorized"
    assert answer.headers["WWW-Authenticate"].startswith("Keystone uri=")


def test_projects_can_be_switched(demo: DemoCloud) -> None:
    connection = connect(demo)
    names = {project.name for project in connection.identity.user_projects(connection.current_user_id)}
    assert names == {"web", "media", "ci", "ops", "data"}
    assert connect(demo, project_name="media").current_project.name == "media"
    assert len({s.project_id for s in connect(demo, project_name="media").compute.servers()}) == 1


def test_system_scope_is_for_admins(demo: DemoCloud) -> None:
    def login(cloud: str) -> Session:
        auth = v3.Password(url(demo, cloud), username="mira", password=PASSWORD, system_scope="all", **DOMAIN)
        return Session(auth)

    assert login("prod-eu").get(f"{url(demo)}/projects").status_code == 200
    with pytest.raises(Exception, match=r"401"):
        login("lab").get_token()


def test_application_credential(demo: DemoCloud) -> None:
    for cloud in ("prod-eu", "lab"):
        auth = v3.ApplicationCredential(url(demo, cloud), CREDENTIAL_SECRET, CREDENTIAL_ID)
        session = Session(auth)
        token = session.get(f"{url(demo, cloud)}/auth/tokens", headers={"X-Subject-Token": session.get_token()})
        assert token.json()["token"]["application_credential"]["name"] == "deck"
        assert "catalog" in token.json()["token"]
    with pytest.raises(Exception, match=r"401"):
        Session(v3.ApplicationCredential(url(demo), "wrong", CREDENTIAL_ID)).get_token()


def test_a_token_for_another_project(demo: DemoCloud) -> None:
    first = Session(v3.Password(url(demo), username="mira", password=PASSWORD, **DOMAIN))
    second = Session(v3.Token(url(demo), first.get_token(), project_name="ops", project_domain_id="default"))
    assert second.get_project_id()


def test_two_factors(demo: DemoCloud) -> None:
    user = {"user": {"name": "otto", "domain": {"id": "default"}, "password": PASSWORD}}
    scope = {"project": {"name": "web", "domain": {"id": "default"}}}
    half = Raw(demo).authenticate(user, scope)
    assert half.status_code == 401
    assert half.json()["required_auth_methods"] == [["password", "totp"]]
    assert half.json()["receipt"]["methods"] == ["password"]
    code = {"user": {"name": "otto", "domain": {"id": "default"}, "passcode": passcodes(TOTP_SECRET)[0]}}
    body: dict[str, Any] = {"auth": {"identity": {"methods": ["totp"], "totp": code}, "scope": scope}}
    headers = {"Openstack-Auth-Receipt": half.headers["Openstack-Auth-Receipt"]}
    whole = requests.post(f"{url(demo)}/auth/tokens", json=body, headers=headers, timeout=60)
    assert whole.status_code == 201
    assert set(whole.json()["token"]["methods"]) == {"password", "totp"}
    code["user"]["passcode"] = "000000" if code["user"]["passcode"] != "000000" else "000001"
    assert requests.post(f"{url(demo)}/auth/tokens", json=body, headers=headers, timeout=60).status_code == 401


def test_two_factors_at_once_through_keystoneauth(demo: DemoCloud) -> None:
    methods = [
        v3.PasswordMethod(username="otto", password=PASSWORD, **DOMAIN),
        v3.TOTPMethod(username="otto", passcode=passcodes(TOTP_SECRET)[0], **DOMAIN),
    ]
    auth = v3.Auth(url(demo), methods, project_name="web", project_domain_id="default")
    assert Session(auth).get_token()


@pytest.mark.parametrize(
    ("user", "password", "project"), [("mira", "wrong", "web"), ("ghost", PASSWORD, "web"), ("mira", PASSWORD, "ghost")]
)
def test_every_refusal_sounds_the_same(demo: DemoCloud, user: str, password: str, project: str) -> None:
    given = {"user": {"name": user, "domain": {"id": "default"}, "password": password}}
    answer = Raw(demo).authenticate(given, {"project": {"name": project, "domain": {"id": "default"}}})
    assert answer.status_code == 401
    assert answer.json()["error"]["message"] == "The request you have made requires authentication."


def test_malformed_logins(demo: DemoCloud) -> None:
    for data in (b"{", b"[]", b'{"auth": {}}'):
        answer = requests.post(f"{url(demo)}/auth/tokens", data=data, timeout=60)
        assert answer.status_code == 400
        assert answer.json()["error"]["title"] == "Bad Request"


def test_a_revoked_token_is_no_good(demo: DemoCloud) -> None:
    raw = Raw(demo)
    token = str(raw.session.headers["X-Auth-Token"])
    assert (
        raw.session.delete(f"{url(demo)}/auth/tokens", headers={"X-Subject-Token": token}, timeout=60).status_code
        == 204
    )
    assert raw.get("compute/v2.1/servers").status_code == 401


def test_unscoped_tokens_have_no_catalog(demo: DemoCloud) -> None:
    answer = Raw(demo).authenticate({"user": {"name": "mira", "domain": {"name": "Default"}, "password": PASSWORD}})
    assert answer.status_code == 201
    assert {"catalog", "roles", "project"}.isdisjoint(answer.json()["token"])
