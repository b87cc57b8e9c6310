"""The kept configuration: without secrets, good while nothing has changed, the SDK's in every doubt."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http.conftest import CloudsFile, Loader
from tests.http.stage import Stage
from tests.waiting import wait_until
from tui.cloud.config_cache import ConfigCache, without_doubt
from tui.cloud.region import Region
from tui.demo.process import DemoCloud
from tui.model.trouble import TroubleError

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
from tui.cloud import Clouds
from tui.config.settings import Settings
clouds = Clouds.load(settings=Settings())
for scope in clouds.scopes:
    api = clouds.api(scope)
    print(scope.label, len(api.get("compute", "/servers/detail", (("limit", "5"),), microversion="2.47").body) > 20)
clouds.keep()
names = [name for name in ("openstack", "yaml", "stevedore") if name in sys.modules]
print("imported:", *names)
"""


def run(home: Path, file: Path, code: str = PROGRAM, **env: str) -> str:
    """Run code in a process of its own, as another start."""
    keep = {name: value for name, value in os.environ.items() if name.startswith("XDG_") or name == "PATH"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=home,
        env={**keep, "HOME": str(home), "PYTHONPATH": str(ROOT), "OS_CLIENT_CONFIG_FILE": str(file), **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def old(home: Path, demo: DemoCloud) -> Path:
    """A clouds.yaml of the demo cloud that was written long ago: a file just written may be written again unnoticed."""
    path = home / "mine.yaml"
    path.write_text(demo.clouds_file.read_text())
    aged(path)
    return path


def aged(path: Path) -> None:
    """Wait until a file's last change is old enough to be trusted."""
    wait_until(lambda: time.time() - path.stat().st_ctime > 0.2, "the file is old enough")


def kept_files(home: Path) -> list[Path]:
    found = (home / "cache" / "stackdeck").rglob("*")
    return [path for path in found if path.is_file()]


def test_a_second_start_imports_no_sdk_and_asks_the_same(home: Path, old: Path) -> None:
    first, second = run(home, old), run(home, old)
    assert "imported: openstack" in first
    assert second.splitlines()[-1] == "imported:", "neither SDK nor YAML nor plugin search"
    assert first.splitlines()[:-1] == second.splitlines()[:-1]


def test_another_login_asks_no_sdk_again(home: Path, old: Path) -> None:
    run(home, old, XDG_SESSION_ID="7")
    assert run(home, old, XDG_SESSION_ID="8").splitlines()[-1] == "imported:"


def test_no_secret_is_kept_and_nobody_else_can_read(home: Path, stage: Stage) -> None:
    path = home / "mine.yaml"
    path.write_text(
        f"""
clouds:
  plain:
    auth: {{auth_url: {stage.url}/v3, username: u, password: s3cret-one, project_name: p, user_domain_name: Default,
            project_domain_name: Default}}
    region_name: r1
  app:
    auth_type: v3applicationcredential
    auth: {{auth_url: {stage.url}/v3, application_credential_id: abc, application_credential_secret: s3cret-two}}
    region_name: r1
"""
    )
    aged(path)
    code = "from tui.cloud import Clouds\nfrom tui.config.settings import Settings\n"
    code += "c = Clouds.load(settings=Settings())\nc.keep()\nprint([e.trouble for e in c.entries])"
    run(home, path, code, OS_PASSWORD="s3cret-three", OS_AUTH_URL=f"{stage.url}/v3", OS_USERNAME="u")
    assert len(kept_files(home)) >= 2
    for file in kept_files(home):
        assert b"s3cret" not in file.read_bytes(), file
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("what", ["content", "secure", "vendor", "environment", "directory", "linked"])
def test_any_change_asks_the_sdk_again(home: Path, old: Path, what: str) -> None:
    run(home, old)
    assert run(home, old).splitlines()[-1] == "imported:"
    env: dict[str, str] = {}
    where = home
    if what == "content":
        old.write_text(old.read_text().replace("prod-eu:", "prod-xx:", 1))
    elif what == "secure":
        (home / "secure.yaml").write_text("clouds: {}\n")
    elif what == "vendor":
        (home / "clouds-public.yaml").write_text("public-clouds: {}\n")
    elif what == "environment":
        env["OS_INTERFACE"] = "public"
    elif what == "directory":
        where = home / "elsewhere"
        where.mkdir()
    elif what == "linked":
        other = home / "other.yaml"
        other.write_text(old.read_text())
        os.replace(other, old)
    assert "imported: openstack" in run(where, old, **env), what


def test_same_size_and_time_but_other_content_is_noticed(home: Path, old: Path) -> None:
    run(home, old)
    before = old.stat()
    text = old.read_text()
    old.write_text(text.replace("mira", "mora"))
    os.utime(old, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (old.stat().st_size, old.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    code = "from tui.cloud import Clouds\nfrom tui.config.settings import Settings\n"
    code += "print({entry.user for entry in Clouds.load(settings=Settings()).entries})"
    assert run(home, old, code).strip() == "{'mora'}"


@pytest.mark.parametrize("damage", ["junk", "empty", "cut", "open", "directory", "link", "huge"])
def test_damaged_or_foreign_files_are_replaced(home: Path, old: Path, damage: str) -> None:
    run(home, old)
    (file,) = [path for path in kept_files(home) if path.parent.name == "config" and path.name != "salt"]
    good = file.read_bytes()
    if damage == "junk":
        file.write_bytes(os.urandom(500))
    elif damage == "empty":
        file.write_bytes(b"")
    elif damage == "cut":
        file.write_bytes(good[: len(good) // 2])
    elif damage == "open":
        file.chmod(0o644)
    elif damage == "directory":
        file.unlink()
        file.mkdir()
    elif damage == "link":
        file.rename(file.with_name("aside"))
        file.symlink_to("aside")
    elif damage == "huge":
        file.write_bytes(b"\xdf\xff\xff\xff\xff" * 2_000_000)
    first, second = run(home, old), run(home, old)
    assert "imported: openstack" in first
    assert first.splitlines()[:-1] == second.splitlines()[:-1]
    if damage != "directory":
        assert second.splitlines()[-1] == "imported:", "it was replaced"


def test_a_cache_that_cannot_be_written_is_done_without(home: Path, old: Path) -> None:
    blocked = home / "blocked"
    blocked.write_text("a file where the directory would be")
    for _ in range(2):
        assert "imported: openstack" in run(home, old, XDG_CACHE_HOME=str(blocked))


def test_an_expired_token_signs_in_with_the_secrets_of_the_files(home: Path, old: Path) -> None:
    run(home, old)
    for file in (home / "cache" / "stackdeck" / "tokens").glob("*.json"):
        file.unlink()
    again = run(home, old)
    assert "True" in again
    assert "imported: openstack" in again, "the secrets come from the files, which the SDK reads"


def test_without_the_token_cache_nothing_is_kept(home: Path, demo: DemoCloud, load: Loader) -> None:
    clouds = load(demo.clouds_file.read_text(), token_cache=False)
    clouds.identity(clouds.scopes[0])
    clouds.keep()
    assert [path for path in kept_files(home) if path.name != "salt"] == []


def test_a_broken_entry_stays_broken_and_the_others_work(home: Path, demo: DemoCloud) -> None:
    path = home / "mine.yaml"
    path.write_text(demo.clouds_file.read_text() + "  broken:\n    auth: {auth_url: 'ftp://x'}\n    region_name: r\n")
    aged(path)
    code = (
        "from tui.cloud import Clouds\nfrom tui.config.settings import Settings\nc = Clouds.load(settings=Settings())\n"
    )
    code += "print([(e.name, e.trouble.title if e.trouble else '', e.source) for e in c.entries])\nc.keep()"
    first, second = run(home, path, code), run(home, path, code)
    assert first == second
    assert "auth_url is no http address" in second


def test_regions_that_the_catalog_told_are_known_at_the_next_start(home: Path, demo: DemoCloud) -> None:
    path = home / "mine.yaml"
    lines = demo.clouds_file.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if "regions:" not in line and not line.strip().startswith("- ")))
    aged(path)
    code = """
from tui.cloud import Clouds
from tui.config.settings import Settings
import sys
c = Clouds.load(settings=Settings())
print(sorted(s.label for s in c.scopes))
for e in c.entries:
    c.discover(e.name)
c.keep()
print(sorted(s.label for s in c.scopes), "openstack" in sys.modules, sorted(s.label for s in c.outline().scopes))
"""
    first, second, third = run(home, path, code), run(home, path, code), run(home, path, code)
    assert "prod-eu fra1" not in first.splitlines()[0]
    assert "prod-eu fra1" in second.splitlines()[0], "the kept token's catalog tells them without a request"
    assert first.splitlines()[1].split("]")[0] == third.splitlines()[1].split("]")[0]
    assert "False" in third


def test_a_secret_in_an_unusual_place_keeps_the_entry_out() -> None:
    plain = {"auth_type": "password", "auth": {"auth_url": "https://k/v3", "username": "u", "password": "x"}}
    assert without_doubt(plain) == {"auth_type": "password", "auth": {"auth_url": "https://k/v3", "username": "u"}}
    assert without_doubt({**plain, "compute_endpoint_override": "https://me:pw@nova/v2.1"}) is None
    assert without_doubt({**plain, "auth_type": "v3oidcpassword"}) is None
    assert without_doubt({**plain, "profile": "https://vendor.example"}) is None
    assert "secret_thing" not in (without_doubt({**plain, "secret_thing": "x"}) or {})


WORDS = st.sampled_from(["", "public", "internal", "2", "2.1", "3", "latest", "r1", "https://x.example/v2", "nova"])
SERVICES = (
    "compute",
    "network",
    "image",
    "identity",
    "block-storage",
    "volume",
    "volumev3",
    "load-balancer",
    "made-up",
)
KEYS = st.sampled_from(
    [
        f"{service.replace('-', '_')}{key}"
        for service in SERVICES
        for key in (
            "_api_version",
            "_default_microversion",
            "_service_type",
            "_service_name",
            "_endpoint_override",
            "_endpoint",
            "_region_name",
            "_interface",
        )
    ]
    + ["region_name", "interface", "verify", "insecure", "cacert", "cert", "key", "auth_type", "profile"]
)
AUTH = st.dictionaries(st.sampled_from(["auth_url", "endpoint", "project_name", "username", "system_scope"]), WORDS)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(KEYS, WORDS | st.booleans() | st.none(), max_size=8), AUTH, st.sampled_from(SERVICES))
@pytest.mark.filterwarnings("ignore")
def test_settings_read_as_the_sdk_reads_them(config: dict[str, object], auth: dict[str, str], service: str) -> None:
    from openstack.config.cloud_region import CloudRegion

    whole = {**config, "auth": auth}
    theirs, ours = CloudRegion(name="x", config=dict(whole)), Region(whole)
    assert ours.region_name() == (theirs.get_region_name() or "")
    assert ours.region_name(service) == (theirs.get_region_name(service) or "")
    for mine, its in (
        (ours.service_type, theirs.get_service_type),
        (ours.service_name, theirs.get_service_name),
        (ours.endpoint, theirs.get_endpoint),
        (ours.default_microversion, theirs.get_default_microversion),
        (ours.interface, theirs.get_interface),
        (ours.api_version, theirs.get_api_version),
    ):
        assert outcome(mine, service) == outcome(its, service), (mine, whole)
    assert outcome(ours.verify_args) == outcome(lambda: (as_verify(theirs.get_requests_verify_args()[0]),
                                                         theirs.get_requests_verify_args()[1]))  # fmt: skip


def as_verify(value: object) -> object:
    return True if value is None else value


def outcome(ask: object, *args: object) -> object:
    """What a function answers, «» for None; or that it refuses."""
    try:
        value = ask(*args)  # type: ignore[operator]
    except Exception:
        return "refused"
    return value or ""


def test_a_clouds_yaml_that_breaks_later_is_said_as_ever(home: Path, old: Path, clouds_file: CloudsFile) -> None:
    run(home, old)
    old.write_text("clouds:\n  lab:\n    auth: {auth_url: [}\n")
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(old)
    from tui.cloud import Clouds
    from tui.config.settings import Settings

    with pytest.raises(TroubleError) as caught:
        Clouds.load(settings=Settings())
    assert "mine.yaml line 3" in caught.value.trouble.title
    assert ConfigCache().load() is None


def test_loaders_of_common_auth_types_are_those_that_stevedore_finds() -> None:
    from keystoneauth1 import loading

    from tui.cloud import source

    assert source._COMMON
    for name in source._COMMON:
        assert source._own_loader(name) is type(loading.get_plugin_loader(name))
    assert source._own_loader("of nobody") is None
