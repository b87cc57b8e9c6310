"""The configuration as the `openstack` command reads it, and one clear line for all that can be wrong with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http.conftest import CloudsFile, Loader
from tests.http.stage import Stage
from tui.config.settings import CloudSettings, Settings
from tui.model.place import Reach
from tui.model.trouble import Cause, Trouble, TroubleError


def trouble(load: Loader, *args: object, **options: object) -> Trouble:
    """The trouble that loading ends in."""
    with pytest.raises(TroubleError) as caught:
        load(*args, **options)
    assert caught.value.trouble.cause is Cause.CONFIG
    return caught.value.trouble


def apart(home: Path, code: str, **env: str) -> str:
    """Run code in a process of its own with a home of its own: the SDK learns its search path when it is imported."""
    root = str(Path(__file__).parents[2])
    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=home,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONPATH": root, **env},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert process.stderr == ""
    return process.stdout


REPORT = """
from tui.cloud import Clouds
from tui.config.settings import Settings
from tui.model.trouble import TroubleError
try:
    clouds = Clouds.load(settings=Settings())
    for entry in clouds.entries:
        print(entry.name, entry.user, entry.auth_url, ",".join(entry.regions), entry.source, entry.trouble, sep="|")
except TroubleError as error:
    print(error.trouble.title, error.trouble.said, error.trouble.hint, sep="|")
"""


def test_seven_entries_of_two_regions_are_five_scopes(stage: Stage, load: Loader) -> None:
    stage.regions = ["r1", "r2"]
    both = stage.entry(regions=["r1", "r2"], region_name=None)
    system = stage.entry(auth_system_scope="all", auth_project_name=None, auth_project_domain_name=None)
    demo = {"auth_project_name": "demo", "auth_username": "demo"}
    clouds = load(
        {
            "admin": stage.entry(),
            "admin-r2": stage.entry(region_name="r2"),
            "admin-both": both,
            "demo": stage.entry(**demo),
            "demo-r2": stage.entry(region_name="r2", **demo),
            "demo-both": {**stage.entry(**demo), "regions": ["r1", "r2"]},
            "system": system,
        }
    )
    assert [(scope.clouds, scope.region, scope.project, scope.reach) for scope in clouds.scopes] == [
        (("admin", "admin-both"), "r1", "web", Reach.PROJECT),
        (("admin-r2", "admin-both"), "r2", "web", Reach.PROJECT),
        (("demo", "demo-both"), "r1", "demo", Reach.PROJECT),
        (("demo-r2", "demo-both"), "r2", "demo", Reach.PROJECT),
        (("system",), "r1", "system", Reach.SYSTEM),
    ]
    assert {scope.place.auth_url for scope in clouds.scopes} == {f"{stage.url}/identity"}
    assert clouds.entry("admin-both").scopes == (clouds.scopes[0], clouds.scopes[1])
    assert stage.seen == [], "loading sends nothing"
    again = load()
    assert [scope.key for scope in again.scopes] == [scope.key for scope in clouds.scopes]


def test_the_same_keystone_spelt_in_another_way_is_the_same_place(load: Loader) -> None:
    auth = {"username": "u", "password": "p", "project_name": "web", "user_domain_id": "default"}
    urls = [
        "https://Keys.Example:443/v3",
        "https://keys.example/v3/",
        "https://keys.example",
        "https://keys.example/v2.0",
    ]
    domains = [{"project_domain_id": "default"}, {"project_domain_name": "Default"}]
    clouds = load(
        {
            f"c{number}": {"auth": {**auth, "auth_url": url, **domains[number % 2]}, "region_name": "r"}
            for number, url in enumerate(urls)
        }
    )
    assert [scope.clouds for scope in clouds.scopes] == [("c0", "c1", "c2", "c3")]
    assert clouds.scopes[0].place.auth_url == "https://keys.example"


def test_one_broken_entry_takes_no_other_with_it(stage: Stage, load: Loader) -> None:
    clouds = load(
        {
            "nothing": {},
            "text": "auth",
            "no url": {"auth": {"username": "u", "password": "p", "project_name": "x"}},
            "odd url": stage.entry(auth_auth_url="ftp://x"),
            "odd type": stage.entry(auth_type="v9telepathy"),
            "odd regions": stage.entry(regions=[{"values": {}}], region_name=None),
            "odd timeout": stage.entry(api_timeout="soon"),
            "list": ["auth"],
            "null": None,
            "no mapping": {"auth": "none at all"},
            "good": stage.entry(),
        }
    )
    broken = {entry.name: entry.trouble for entry in clouds.entries if entry.trouble}
    assert set(broken) == {entry.name for entry in clouds.entries} - {"good"}
    assert [scope.clouds for scope in clouds.scopes] == [("good",)]
    assert {each.cause for each in broken.values()} == {Cause.CONFIG}
    assert "auth_url" in broken["no url"].title
    assert "v9telepathy" in broken["odd type"].title
    assert broken["odd url"].source == f"clouds.yaml line {_line('odd url')}"


def _line(name: str) -> int:
    return next(n for n, line in enumerate(Path("clouds.yaml").read_text().splitlines(), 1) if line == f"  {name}:")


def test_yaml_that_does_not_parse(load: Loader) -> None:
    found = trouble(load, "clouds:\n  a:\n    auth: {x: 1\n  b:\n    - c\n")
    assert found.title.startswith("clouds.yaml line 4 does not parse: ")
    tab = trouble(load, "clouds:\n  a:\n\t  auth: 1\n")
    assert tab.title.startswith("clouds.yaml line 3 does not parse: ")


@pytest.mark.parametrize("text", ["", "7", "- a\n", "clouds:\n", "clouds: {}\n", "clouds: [a]\n", "other: 1\n"])
def test_a_file_without_entries(text: str, load: Loader) -> None:
    found = trouble(load, text)
    assert "clouds.yaml" in found.title
    assert "\n" not in found.title


def test_an_unknown_cloud_offers_the_nearest(stage: Stage, load: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    entries: dict[str, object] = {"prod-eu": stage.entry(), "prod-us": stage.entry(), "lab": stage.entry()}
    found = trouble(load, entries, only=["prd-eu"])
    assert found.title == "There is no cloud called prd-eu"
    assert found.hint.startswith("Nearest: prod-eu")
    monkeypatch.setenv("OS_CLOUD", "zzz")
    assert trouble(load, entries).title == "There is no cloud called zzz (OS_CLOUD)"


def test_choosing_clouds_and_regions(stage: Stage, load: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    entries: dict[str, object] = {
        "a": {**stage.entry(), "regions": ["r1", "r2"]},
        "b": stage.entry(region_name="r2", auth_project_name="b"),
        "c": stage.entry(region_name=None, auth_project_name="c"),
    }

    def shown(**options: object) -> list[tuple[str, tuple[str, ...]]]:
        return [(entry.name, entry.regions) for entry in load(entries, **options).entries]

    assert shown() == [("a", ("r1", "r2")), ("b", ("r2",)), ("c", ())]
    assert shown(only=["b", "a"], regions=["r2"]) == [("a", ("r2",)), ("b", ("r2",))]
    assert shown(regions=["r1"]) == [("a", ("r1",)), ("c", ())]
    assert "No entry has the region r9" in trouble(load, entries, only=["b"], regions=["r9"]).title
    monkeypatch.setenv("OS_CLOUD", "a")
    assert shown() == [("a", ("r1", "r2"))]
    assert load(entries).narrowed == "OS_CLOUD=a"
    assert len(shown(only=["*"])) == 3
    monkeypatch.delenv("OS_CLOUD")
    monkeypatch.setenv("OS_REGION_NAME", "r1")
    assert shown() == [("a", ("r1",)), ("b", ("r2",)), ("c", ("r1",))]


def test_regions_of_an_entry_that_names_none_come_from_the_catalog(stage: Stage, load: Loader) -> None:
    stage.regions = ["east", "west"]
    clouds = load({"a": stage.entry(region_name=None), "b": stage.entry(region_name="west", auth_username="bob")})
    (open_ended, west) = clouds.scopes
    assert (clouds.entry("a").regions, open_ended.region) == ((), "")
    assert clouds.discover("a") is True
    assert clouds.entry("a").regions == ("east", "west")
    assert [(scope.region, scope.clouds) for scope in clouds.scopes] == [("east", ("a",)), ("west", ("a", "b"))]
    assert clouds.scopes[1].key == west.key
    assert clouds.api(open_ended).scope.region == "east", "who still holds the old scope is led on"
    assert clouds.discover("a") is False
    assert stage.sign_ins == 1
    narrowed = load(regions=["east"])
    narrowed.discover("a")
    assert [scope.region for scope in narrowed.scopes] == ["east"]


def test_projects_that_turn_out_to_be_one_are_joined(stage: Stage, load: Loader) -> None:
    clouds = load({"named": stage.entry(), "by id": stage.entry(auth_project_name=None, auth_project_id="p1")})
    first, second = clouds.scopes
    assert clouds.merge_same() is False
    api = clouds.api(first)
    for scope in (first, second):
        clouds.identity(scope)
    assert clouds.merge_same() is True
    assert [scope.clouds for scope in clouds.scopes] == [("named", "by id")]
    assert clouds.api(second) is clouds.api(first) is api
    assert api.scope.clouds == ("named", "by id")
    assert clouds.merge_same() is False


def test_values_of_one_region(stage: Stage, load: Loader) -> None:
    values = {
        "auth": {"project_name": "data", "auth_url": "http://elsewhere/v3"},
        "compute_default_microversion": "2.20",
    }
    entry = stage.entry(regions=["r1", {"name": "r2", "values": values}], region_name=None)
    clouds = load({"a": entry})
    assert [(scope.region, scope.project) for scope in clouds.scopes] == [("r1", "web"), ("r2", "data")]
    assert [scope.place.auth_url for scope in clouds.scopes] == [f"{stage.url}/identity", "http://elsewhere"]
    assert [clouds.way(scope).cap("compute") for scope in clouds.scopes] == ["", "2.20"]


def test_what_the_settings_say_of_an_entry(stage: Stage, load: Loader) -> None:
    chosen = Settings(clouds={"a": CloudSettings(protected=True, read_only=True, alias="A")})
    clouds = load({"a": stage.entry(), "b": stage.entry(auth_username="bob")}, settings=chosen)
    found = [(entry.name, entry.protected, entry.read_only, entry.alias) for entry in clouds.entries]
    assert found == [("a", True, True, "A"), ("b", False, False, "")]
    (both,) = clouds.scopes
    assert clouds.is_protected(both)
    assert clouds.is_read_only(both)


OPTIONS = ["auth", "auth_url", "username", "password", "project_name", "regions", "region_name", "name", "values"]
OPTIONS += ["auth_type", "verify", "profile", "interface", "networks", "user_domain_name", "api_timeout", "cacert"]

TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 99)
    | st.text(max_size=6)
    | st.sampled_from(["http://h/v3", "password"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(OPTIONS),
            inner,
            max_size=6,
        )
    ),
    max_leaves=16,
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tree=st.dictionaries(st.text(max_size=5), TREES, max_size=3))
def test_whatever_the_entries_are_they_are_shown(tree: dict[str, object], load: Loader) -> None:
    names = {*tree, "good"}
    good = {"auth": {"auth_url": "http://h/v3", "username": "u", "password": "p"}, "region_name": "r"}
    clouds = load({**tree, "good": good})
    assert {entry.name for entry in clouds.entries} == names
    assert clouds.entry("good").trouble is None
    for entry in clouds.entries:
        assert entry.trouble or entry.scopes


def test_certificates_time_outs_and_interfaces(stage: Stage, load: Loader) -> None:
    entries: dict[str, object] = {
        "plain": stage.entry(),
        "own": stage.entry(auth_project_name="x", cacert="~/ca.pem", cert="c.pem", key="k.pem", api_timeout=7),
        "insecure": stage.entry(auth_project_name="y", verify=False, interface="internal"),
    }
    clouds = load(entries)
    plain, own, insecure = (clouds.way(scope) for scope in clouds.scopes)
    assert (plain.route.verify, plain.route.cert) == (True, None)
    assert own.route.verify == str(Path.home() / "ca.pem")
    assert own.route.cert == ("c.pem", "k.pem")
    assert own.route.read == 7.0
    assert (insecure.route.verify, insecure.region.interface("compute")) == (False, "internal")


def test_no_clouds_yaml_at_all(home: Path) -> None:
    title, said, hint = apart(home, REPORT).strip().split("|")
    assert title == "No clouds.yaml was found"
    assert "~/.config/openstack/clouds.yaml" in said
    assert "/etc/openstack/clouds.yaml" in said
    assert "stackdeck --demo" in hint


def test_a_broken_file_in_the_search_path_is_not_passed_over(home: Path) -> None:
    config = home / ".config" / "openstack"
    config.mkdir(parents=True)
    (config / "clouds.yaml").write_text("clouds: {a: {auth: {auth_url: 'http://x'}}}\n")
    (home / "clouds.yaml").write_text("clouds:\n  a: [\n")
    assert apart(home, REPORT).startswith("clouds.yaml line 3 does not parse: ")
    (home / "clouds.yaml").unlink()
    assert apart(home, REPORT).startswith("a||http://x||~/.config/openstack/clouds.yaml line 1|None")


def test_the_environment_secure_yaml_and_vendor_files(home: Path) -> None:
    config = home / ".config" / "openstack"
    config.mkdir(parents=True)
    (config / "clouds.yaml").write_text(
        "clouds:\n  v:\n    profile: maker\n    auth: {username: ann}\n  b: {profile: nobody}\n"
    )
    (config / "secure.yaml").write_text("clouds:\n  v:\n    auth: {password: hidden}\n")
    profile = {"auth": {"auth_url": "http://maker/{region_name}"}, "regions": ["m1", "m2"]}
    (config / "clouds-public.yaml").write_text(json.dumps({"public-clouds": {"maker": profile}}))
    env = {"OS_AUTH_URL": "http://env/v3", "OS_USERNAME": "eve", "OS_PASSWORD": "x", "OS_REGION_NAME": "e1"}
    lines = apart(home, REPORT, **env, OS_IDENTITY_API_VERSION="3").splitlines()
    assert lines[0] == "v|ann|http://maker/m1|m1,m2|~/.config/openstack/clouds.yaml line 2|None"
    assert lines[1].startswith("b||||~/.config/openstack/clouds.yaml line 5|Trouble(")
    assert lines[2] == "envvars|eve|http://env/v3|e1|the OS_* environment|None"
    only_a_version = apart(home, REPORT, OS_IDENTITY_API_VERSION="3").splitlines()
    assert [line.split("|")[0] for line in only_a_version] == ["v", "b"], "no cloud is made of a lone setting"
    (config / "secure.yaml").write_text("clouds: [\n")
    assert apart(home, REPORT).startswith("~/.config/openstack/secure.yaml line 2 does not parse: ")


def test_a_missing_password_is_taken_from_the_environment_for_its_cloud(
    stage: Stage, load: Loader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLOUD", "a")
    monkeypatch.setenv("OS_PASSWORD", "secret")
    clouds = load({"a": stage.entry(auth_password=None)}, only=["a"])
    assert clouds.entry("a").prompts == ()
    assert clouds.identity(clouds.scopes[0]).user == "ann"


def test_importing_the_package_is_light(home: Path) -> None:
    heavy = "'openstack', 'keystoneauth1', 'requests', 'yaml'"
    assert apart(home, f"import sys, tui.cloud; print([n for n in ({heavy}) if n in sys.modules])") == "[]\n"


def test_a_json_file(stage: Stage, clouds_file: CloudsFile, load: Loader) -> None:
    clouds_file(json.dumps({"clouds": {"a": stage.entry()}}, indent=1), name="clouds.json")
    assert load().entry("a").source == "clouds.json line 3"
    clouds_file('{"clouds": {\n"a": }}', name="clouds.json")
    assert trouble(load).title.startswith("clouds.json line 2 does not parse")


def test_reading_the_configuration_imports_no_resource_classes_and_the_sdk_is_whole_after_it(home: Path) -> None:
    (home / "clouds.yaml").write_text("clouds: {a: {auth: {auth_url: 'http://x', username: u}, region_name: r}}\n")
    code = """
import sys
from tui.cloud import Clouds
from tui.config.settings import Settings
clouds = Clouds.load(settings=Settings())
print(clouds.scopes[0].region, [name for name in ("openstack.compute", "openstack.connection") if name in sys.modules])
from tui.cloud import Connection
import openstack
print(openstack.connection.Connection is Connection, callable(openstack.connect), callable(openstack.enable_logging))
"""
    assert apart(home, code) == "r []\nTrue True True\n"
