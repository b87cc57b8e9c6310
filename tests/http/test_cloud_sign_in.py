"""Signing in: one token for all threads, every auth type, what is typed, what is kept and what is not."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.http.conftest import Loader
from tests.http.stage import Answer, Seen, Stage, unauthorized
from tui.cloud import Clouds
from tui.demo.process import DemoCloud
from tui.model.trouble import Cause, Trouble, TroubleError

LIMITS = "/compute/v2.1/limits"


def in_threads(count: int, call: Callable[[], Any]) -> list[Any]:
    """Call it in many threads at once and return values and troubles."""
    start, found = threading.Barrier(count), []

    def one() -> None:
        start.wait()
        try:
            found.append(call())
        except TroubleError as error:
            found.append(error.trouble)

    threads = [threading.Thread(target=one, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def ask(clouds: Clouds, index: int = 0) -> int:
    """Make one request in a scope."""
    return clouds.api(clouds.scopes[index]).get("compute", "/limits").status


def trouble(call: Callable[[], Any]) -> Trouble:
    """The trouble that a call ends in."""
    with pytest.raises(TroubleError) as caught:
        call()
    return caught.value.trouble


@pytest.fixture
def nova(stage: Stage) -> Stage:
    """A stage whose Nova answers something."""
    stage.on("GET", LIMITS, Answer({"limits": {}}))
    return stage


def test_twenty_threads_in_two_regions_sign_in_once(nova: Stage, load: Loader) -> None:
    nova.regions = ["r1", "r2"]
    clouds = load({"a": nova.entry(region_name="r1"), "b": nova.entry(region_name="r2")})
    turns = iter(range(20))
    assert in_threads(20, lambda: ask(clouds, next(turns) % 2)) == [200] * 20
    assert nova.sign_ins == 1


def test_a_revoked_token_is_renewed_once_for_all_threads(nova: Stage, load: Loader) -> None:
    clouds = load({"a": nova.entry()})
    ask(clouds)
    arrived = threading.Barrier(12)

    def late(seen: Seen) -> Answer:
        # All twelve go out with the old token before the first is told that it is no good.
        return Answer({"limits": {}})

    nova.on("GET", LIMITS, late)
    nova.tokens.clear()
    original = nova.answer

    def held(seen: Seen) -> Answer:
        if seen.path == LIMITS and seen.token == "token-1":
            arrived.wait(60)
        return original(seen)

    nova.answer = held  # type: ignore[method-assign]
    assert in_threads(12, lambda: ask(clouds)) == [200] * 12
    assert nova.sign_ins == 2


def test_a_token_is_renewed_before_it_ends(nova: Stage, load: Loader) -> None:
    nova.lifetime = 60.0
    clouds = load({"a": nova.entry()})
    ask(clouds)
    assert nova.sign_ins == 1
    nova.lifetime = 3600.0
    scope = clouds.scopes[0]
    signer = clouds.way(scope).signer
    assert signer is not None
    signer._tried = -1e9
    ask(clouds)
    ask(clouds)
    assert nova.sign_ins == 2
    assert {seen.token for seen in nova.seen if seen.path == LIMITS} == {"token-1", "token-2"}


def test_a_keystone_whose_clock_is_wrong_is_not_asked_all_the_time(nova: Stage, load: Loader) -> None:
    nova.skew = -7200.0
    clouds = load({"a": nova.entry()})
    for _ in range(3):
        ask(clouds)
    assert nova.sign_ins == 1


def test_a_wrong_password_is_sent_once(nova: Stage, load: Loader) -> None:
    clouds = load({"a": nova.entry(auth_password="wrong")})
    found = in_threads(10, lambda: ask(clouds))
    assert {each.cause for each in found} == {Cause.SIGN_IN}
    assert nova.sign_ins == 1
    assert not found[0].retries
    assert found[0].title == "Keystone does not accept your password"
    assert found[0].said == "The request you have made requires authentication."
    assert (found[0].status, found[0].where, found[0].as_whom) == (401, "a r1", "ann")
    assert found[0].source == "clouds.yaml line 2"
    assert clouds.entry("a").trouble == clouds.entry("a").trouble is not None
    assert trouble(lambda: ask(clouds)).cause is Cause.SIGN_IN
    assert nova.sign_ins == 1
    clouds.try_again(clouds.scopes[0])
    nova.password = "wrong"
    assert ask(clouds) == 200


def test_the_next_entry_of_a_scope_stands_in_for_one_that_cannot_sign_in(nova: Stage, load: Loader) -> None:
    clouds = load({"a": nova.entry(auth_password="wrong"), "b": nova.entry(auth_username="bob")})
    assert [scope.clouds for scope in clouds.scopes] == [("a", "b")]
    assert ask(clouds) == 200
    assert ask(clouds) == 200
    assert nova.sign_ins == 2
    assert clouds.known_identity(clouds.scopes[0]) is not None


def test_an_unreachable_keystone_is_named_as_the_culprit(stage: Stage, load: Loader) -> None:
    clouds = load({"a": stage.entry(auth_auth_url="http://127.0.0.1:1/v3")})
    found = trouble(lambda: ask(clouds))
    assert (found.cause, found.service, found.where) == (Cause.NETWORK, "identity", "a r1")
    assert found.title == "Keystone does not answer: 127.0.0.1:1 refuses connections"
    assert found.retries


def test_a_password_is_asked_for_and_kept_in_memory_only(nova: Stage, load: Loader, home: Path) -> None:
    clouds = load({"a": nova.entry(auth_password=None)})
    assert [(p.name, p.label, p.secret) for p in clouds.entry("a").prompts] == [("password", "Password of ann", True)]
    assert trouble(lambda: ask(clouds)).cause is Cause.ASK
    assert nova.seen == []
    clouds.provide("a", {"password": "wr0ng-typed"})
    assert trouble(lambda: ask(clouds)).cause is Cause.SIGN_IN
    assert clouds.entry("a").prompts, "after a refusal it is asked for again"
    nova.password = "typed-secret"
    clouds.provide("a", {"password": "typed-secret"})
    assert ask(clouds) == 200
    assert clouds.entry("a").prompts == ()
    assert clouds.entry("a").trouble is None
    written = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert b"typed-secret" not in written


def test_a_user_name_is_asked_for_in_the_open(stage: Stage, load: Loader) -> None:
    clouds = load({"a": stage.entry(auth_username=None, auth_password=None)})
    assert [(prompt.name, prompt.secret) for prompt in clouds.entry("a").prompts] == [
        ("username", False),
        ("password", True),
    ]


def test_application_credentials_tokens_and_the_system(nova: Stage, load: Loader) -> None:
    auth = {"auth_url": f"{nova.url}/identity/v3"}
    credential = {**auth, "application_credential_id": "c1", "application_credential_secret": "s"}
    system = {**nova.entry()["auth"], "system_scope": "all"}
    del system["project_name"], system["project_domain_name"]
    token = {**auth, "token": "old", "project_name": "web", "project_domain_name": "Default"}
    clouds = load(
        {
            "app": {"auth_type": "v3applicationcredential", "auth": credential, "region_name": "r1"},
            "tok": {"auth_type": "token", "auth": token, "region_name": "r1"},
            "sys": {"auth": system, "region_name": "r1"},
        }
    )
    assert [ask(clouds, index) for index in range(3)] == [200] * 3
    sent = [seen.body["auth"] for seen in nova.seen if seen.method == "POST"]
    assert [body["identity"]["methods"] for body in sent] == [["application_credential"], ["token"], ["password"]]
    assert [body.get("scope", {}).keys() for body in sent] == [set(), {"project"}, {"system"}]
    assert [clouds.identity(scope).system for scope in clouds.scopes] == [False, False, True]
    assert clouds.merge_same(), "the application credential and the token lead to the same project"
    assert [scope.clouds for scope in clouds.scopes] == [("app", "tok"), ("sys",)]


def test_a_one_time_passcode_is_asked_for_at_every_sign_in(nova: Stage, load: Loader) -> None:
    def totp(seen: Seen) -> Answer:
        given = seen.body["auth"]["identity"].get("totp", {}).get("user", {}).get("passcode")
        return nova.token(seen) if given == str(100 + nova.issued) else unauthorized()

    nova.on("POST", "/identity/v3/auth/tokens", totp)
    clouds = load({"a": nova.entry(auth_type="v3totp", auth_password=None)})
    assert [prompt.label for prompt in clouds.entry("a").prompts] == ["One-time passcode of ann"]
    clouds.provide("a", {"passcode": "100"})
    assert ask(clouds) == 200
    nova.tokens.clear()
    assert trouble(lambda: ask(clouds)).cause is Cause.ASK
    assert nova.sign_ins == 1, "a used passcode is not sent again"
    clouds.provide("a", {"passcode": "101"})
    assert ask(clouds) == 200


def _two_factors(stage: Stage) -> Callable[[Seen], Answer]:
    """Keystone with a rule that wants password and passcode: it answers a lone password with a receipt."""

    def answer(seen: Seen) -> Answer:
        identity = seen.body["auth"]["identity"]
        if identity.get("password", {}).get("user", {}).get("password", stage.password) != stage.password:
            return unauthorized()
        passcode = identity.get("totp", {}).get("user", {}).get("passcode")
        if passcode == "123456" and ("password" in identity or seen.headers.get("openstack-auth-receipt") == "rec"):
            return stage.token(seen)
        if passcode:
            return unauthorized()
        receipt = {
            "methods": ["password"],
            "expires_at": "2099-01-01T00:00:00.000000Z",
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "user": {"id": "u1", "name": "ann", "domain": {"id": "default", "name": "Default"}},
        }
        body = {"receipt": receipt, "required_auth_methods": [["password", "totp"]]}
        return Answer(body, 401, {"Openstack-Auth-Receipt": "rec"})

    return answer


def test_a_second_factor_that_keystone_asks_for(nova: Stage, load: Loader) -> None:
    nova.on("POST", "/identity/v3/auth/tokens", _two_factors(nova))
    clouds = load({"a": nova.entry()})
    assert clouds.entry("a").prompts == ()
    found = trouble(lambda: ask(clouds))
    assert (found.cause, found.title) == (Cause.ASK, "Keystone wants a passcode")
    assert [prompt.name for prompt in clouds.entry("a").prompts] == ["passcode"]
    clouds.provide("a", {"passcode": "000000"})
    assert trouble(lambda: ask(clouds)).cause is Cause.SIGN_IN
    assert [prompt.name for prompt in clouds.entry("a").prompts] == ["passcode"]
    clouds.provide("a", {"passcode": "123456"})
    assert ask(clouds) == 200
    assert nova.seen[-2].headers["openstack-auth-receipt"] == "rec"


def test_an_entry_of_type_multifactor(nova: Stage, load: Loader) -> None:
    nova.on("POST", "/identity/v3/auth/tokens", _two_factors(nova))
    entry = nova.entry(auth_type="v3multifactor", auth_methods=["v3password", "v3totp"])
    clouds = load({"a": entry})
    assert [prompt.name for prompt in clouds.entry("a").prompts] == ["passcode"]
    clouds.provide("a", {"passcode": "123456"})
    assert ask(clouds) == 200
    assert nova.sign_ins == 1


def test_a_factor_that_cannot_be_given_is_said_so(nova: Stage, load: Loader) -> None:
    receipt = {"methods": ["password"], "expires_at": "2099-01-01T00:00:00.000000Z"}
    body = {"receipt": receipt, "required_auth_methods": [["password", "smartcard"]]}
    nova.on("POST", "/identity/v3/auth/tokens", Answer(body, 401, {"Openstack-Auth-Receipt": "rec"}))
    found = trouble(lambda: ask(load({"a": nova.entry()})))
    assert found.title == "Keystone wants factors that stackdeck cannot give: password + smartcard"


def test_entries_without_keystone(nova: Stage, load: Loader) -> None:
    nova.tokens.update({"notused", "static"})
    clouds = load(
        {
            "none": {"auth_type": "none", "auth": {"endpoint": f"{nova.url}/compute/v2.1"}, "region_name": "r1"},
            "fixed": {
                "auth_type": "admin_token",
                "auth": {"endpoint": f"{nova.url}/compute/v2.1", "token": "static"},
                "region_name": "r1",
            },
        }
    )
    assert [entry.trouble for entry in clouds.entries] == [None, None]
    assert [ask(clouds, index) for index in range(len(clouds.scopes))] == [200] * len(clouds.scopes)
    assert nova.sign_ins == 0


@pytest.mark.parametrize("read_only", [False, True])
def test_an_identity_provider_is_asked_even_when_read_only(read_only: bool, nova: Stage, load: Loader) -> None:
    federated = "/identity/v3/OS-FEDERATION/identity_providers/corp/protocols/openid/auth"
    nova.on("POST", "/identity/idp/token", Answer({"access_token": "at"}))
    unscoped = {"methods": ["openid"], "user": {"id": "u1", "name": "ann", "domain": {"id": "d", "name": "D"}}}
    times = {"issued_at": "2026-01-01T00:00:00.000000Z", "expires_at": "2099-01-01T00:00:00.000000Z"}
    nova.on("POST", federated, Answer({"token": {**unscoped, **times}}, 201, {"X-Subject-Token": "unscoped"}))
    options = {
        "auth_identity_provider": "corp",
        "auth_protocol": "openid",
        "auth_client_id": "c",
        "auth_client_secret": "s",
        "auth_access_token_endpoint": f"{nova.url}/identity/idp/token",
        "auth_user_domain_name": None,
    }
    clouds = load({"a": nova.entry(auth_type="v3oidcpassword", **options)}, read_only=read_only)
    assert ask(clouds) == 200
    assert [seen.path for seen in nova.seen if seen.method == "POST"] == [
        "/identity/idp/token",
        federated,
        "/identity/v3/auth/tokens",
    ]


def _kept(home: Path) -> list[Path]:
    return sorted((home / "cache" / "stackdeck" / "tokens").glob("*.json"))


def test_a_kept_token_saves_the_next_sign_in(nova: Stage, load: Loader, home: Path) -> None:
    ask(load({"a": nova.entry()}))
    (kept,) = _kept(home)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert b"secret" not in kept.read_bytes()
    clouds = load({"another name": nova.entry()})
    assert clouds.known_identity(clouds.scopes[0]).project == "web"  # type: ignore[union-attr]
    ask(clouds)
    assert nova.sign_ins == 1
    ask(load({"a": nova.entry(auth_project_name="p1")}))
    assert nova.sign_ins == 2, "another project is another token"


@pytest.mark.parametrize("harm", ["corrupt", "foreign", "readable by all", "expired", "a link", "salt lost"])
def test_a_kept_token_that_is_not_to_be_trusted_is_ignored(harm: str, nova: Stage, load: Loader, home: Path) -> None:
    ask(load({"a": nova.entry()}))
    (kept,) = _kept(home)
    content = json.loads(kept.read_bytes())
    if harm == "corrupt":
        kept.write_bytes(b'{"state": "{')
    elif harm == "foreign":
        kept.write_text(json.dumps({"state": json.dumps({"auth_token": "x", "body": {"nothing": 1}}), "until": 9e9}))
    elif harm == "readable by all":
        kept.chmod(0o644)
    elif harm == "expired":
        kept.write_text(json.dumps({**content, "until": time.time() - 1}))
    elif harm == "a link":
        kept.rename(home / "elsewhere")
        kept.symlink_to(home / "elsewhere")
    else:
        (kept.parent / "salt").unlink()
    assert ask(load({"a": nova.entry()})) == 200
    assert nova.sign_ins == 2
    assert [path.stat().st_mode & 0o777 for path in _kept(home)] == [0o600] * len(_kept(home))


def test_a_kept_token_that_was_revoked_is_replaced(nova: Stage, load: Loader, home: Path) -> None:
    ask(load({"a": nova.entry()}))
    nova.tokens.clear()
    assert ask(load({"a": nova.entry()})) == 200
    assert nova.sign_ins == 2
    assert "token-2" in _kept(home)[0].read_text()


def test_without_the_cache_nothing_is_written(nova: Stage, load: Loader, home: Path) -> None:
    for _ in range(2):
        ask(load({"a": nova.entry()}, token_cache=False))
    assert nova.sign_ins == 2
    assert _kept(home) == []


def test_a_cache_directory_that_cannot_be_made_costs_only_the_cache(
    nova: Stage, load: Loader, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "file"))
    assert ask(load({"a": nova.entry()})) == 200


def test_switching_the_project(nova: Stage, load: Loader) -> None:
    nova.projects += [
        {"id": "p2", "name": "data", "domain_id": "default", "enabled": True},
        {"id": "p3", "name": "twice", "domain_id": "one", "enabled": True},
        {"id": "p4", "name": "twice", "domain_id": "two", "enabled": True},
    ]
    clouds = load({"a": nova.entry()})
    old = clouds.scopes[0]
    assert [project.name for project in clouds.projects(old)] == ["data", "twice", "twice", "web"]
    clouds.switch_project(["a"], "data")
    (new,) = clouds.scopes
    assert (new.project, new.key == old.key) == ("data", False)
    assert clouds.identity(new).project_id == "p2"
    assert clouds.entry("a").project == "data"
    assert "2 projects are called twice" in trouble(lambda: clouds.switch_project(["a"], "twice")).title
    missing = trouble(lambda: clouds.switch_project(["a"], "dat"))
    assert (missing.title, missing.hint) == ("ann has no project called dat", "Nearest: data.")
    clouds.switch_project(["a"], "p4")
    assert clouds.identity(clouds.scopes[0]).project_id == "p4"


def test_an_entry_without_a_project_says_so_and_may_choose_one(nova: Stage, load: Loader) -> None:
    nova.default_project = ""
    clouds = load({"a": nova.entry(auth_project_name=None, auth_project_domain_name=None)})
    found = trouble(lambda: ask(clouds))
    assert found.cause is Cause.NO_SERVICE
    assert found.title.endswith("the entry names no project, and without one Keystone gives no catalog")
    assert ":project" in found.hint
    clouds.switch_project(["a"], "web")
    assert ask(clouds) == 200


def test_an_application_credential_stays_in_its_project(nova: Stage, load: Loader) -> None:
    auth = {
        "auth_url": f"{nova.url}/identity/v3",
        "application_credential_id": "c1",
        "application_credential_secret": "s",
    }
    entry = {"auth_type": "v3applicationcredential", "auth": auth, "region_name": "r1"}
    found = trouble(lambda: load({"a": entry}).switch_project(["a"], "web"))
    assert found.title == "The project of a cannot be switched: an application credential is bound to its project"
    clouds = load({"a": entry, "b": nova.entry()}, project="web")
    assert "bound to its project" in clouds.entry("a").trouble.title  # type: ignore[union-attr]
    assert clouds.identity(clouds.scopes[0]).project == "web"


def test_secrets_show_nowhere(nova: Stage, load: Loader, caplog: pytest.LogCaptureFixture) -> None:
    nova.password = "hunter2-secret"
    clouds = load({"a": nova.entry(auth_password="hunter2-secret"), "b": nova.entry(auth_password="wrong-secret")})
    with caplog.at_level(0):
        ask(clouds)
        connection = clouds.api(clouds.scopes[0]).connection()
        connection.session.post(f"{nova.url}{LIMITS}", json={"adminPass": "pw-secret"}, raise_exc=False)
    way = clouds.way(clouds.scopes[0])
    shown = repr((clouds.entries, clouds.scopes, clouds, way, way.signer and way.signer.credential)) + caplog.text
    assert "secret" not in shown
    assert "token-1" not in shown


def test_short_lived_tokens_are_shared_too(nova: Stage, load: Loader) -> None:
    nova.lifetime = 60.0
    clouds = load({"a": nova.entry()})
    assert in_threads(12, lambda: ask(clouds)) == [200] * 12
    assert nova.sign_ins == 1


def test_a_token_that_cannot_be_renewed_is_used_to_its_end(nova: Stage, load: Loader) -> None:
    nova.lifetime = 60.0
    clouds = load({"a": nova.entry()})
    ask(clouds)
    nova.on("POST", "/identity/v3/auth/tokens", Answer({"error": {"message": "Down."}}, 500))
    signer = clouds.way(clouds.scopes[0]).signer
    assert signer is not None
    signer._tried = -1e9
    assert ask(clouds) == 200
    assert nova.sign_ins == 2


def test_a_keystone_that_hangs_holds_up_nobody_who_only_looks(nova: Stage, load: Loader) -> None:
    arrived, release = threading.Event(), threading.Event()

    def hang(seen: Seen) -> Answer:
        arrived.set()
        release.wait(60)
        return nova.token(seen)

    nova.on("POST", "/identity/v3/auth/tokens", hang)
    clouds = load({"a": nova.entry()})
    scope = clouds.scopes[0]
    worker = threading.Thread(target=lambda: ask(clouds), daemon=True)
    worker.start()
    assert arrived.wait(60)
    before = time.monotonic()
    assert clouds.known_identity(scope) is None
    assert clouds.entries[0].trouble is None
    clouds.provide("a", {"password": "secret"})
    clouds.try_again(scope)
    assert clouds.merge_same() is False
    clouds.close()
    assert time.monotonic() - before < 4.0, "it hangs for five seconds"
    release.set()
    worker.join(60)
    assert clouds.known_identity(scope) is not None


def test_a_keystone_elsewhere_than_its_address_says_is_found_by_asking(nova: Stage, load: Loader) -> None:
    link = [{"rel": "self", "href": f"{nova.url}/identity/v3/"}]
    version = {"id": "v3.14", "status": "stable", "links": link, "updated": "2020-04-07T00:00:00Z"}
    nova.on("GET", "/identity/keys", Answer({"versions": {"values": [version]}}, 300))
    assert ask(load({"a": nova.entry(auth_auth_url=f"{nova.url}/identity/keys")})) == 200


def test_the_demo_clouds_tokens(demo: DemoCloud, load: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(demo.clouds_file))
    clouds = load()
    identity = clouds.identity(clouds.scopes[0])
    assert identity.user
    assert identity.project_id
    assert identity.expires_at > time.time()
    names = {project.name for project in clouds.projects(clouds.scopes[0])}
    assert identity.project in names
