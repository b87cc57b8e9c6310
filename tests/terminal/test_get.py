"""`stackdeck get` and `doctor`: the installed command over a demo cloud, for pipes and on a terminal."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from rich.cells import cell_len

from tests.terminal.harness import Term, run
from tui.demo.process import DemoCloud


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoCloud]:
    with DemoCloud.start("--still", "--seed", "7") as cloud:
        yield cloud


@pytest.fixture
def env(demo: DemoCloud) -> dict[str, str]:
    return {"OS_CLIENT_CONFIG_FILE": str(demo.clouds_file)}


def rows(home: Path, env: dict[str, str], *args: str) -> list[dict[str, object]]:
    done = run("get", *args, "-o", "json", home=home, env=env)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("kind", ["server", "images", "flavors", "net"])
def test_every_kind_comes_as_a_table(tmp_path: Path, env: dict[str, str], kind: str) -> None:
    done = run("get", kind, home=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    head, *lines = done.stdout.splitlines()
    assert head.startswith("NAME")
    assert "REGION" in head
    assert lines
    assert not done.stderr


def test_all_styles_hold_the_same_rows(tmp_path: Path, env: dict[str, str]) -> None:
    as_json = rows(tmp_path, env, "server")
    as_yaml = yaml.safe_load(run("get", "server", "-o", "yaml", home=tmp_path, env=env).stdout)
    as_csv = list(csv.DictReader(io.StringIO(run("get", "server", "-o", "csv", home=tmp_path, env=env).stdout)))
    ids = [row["id"] for row in as_json]
    assert len(ids) == len(set(ids)) > 50
    assert [row["id"] for row in as_yaml] == ids
    assert [row["id"] for row in as_csv] == ids
    assert set(as_csv[0]) == set(as_json[0]), "every column, also the hidden ones"


def test_filter_name_sort_and_columns(tmp_path: Path, env: dict[str, str]) -> None:
    broken = rows(tmp_path, env, "server", "--filter", "status:error")
    assert broken
    assert {row["status"] for row in broken} == {"ERROR"}
    one = rows(tmp_path, env, "server", str(broken[0]["id"]))
    assert [row["id"] for row in one] == [broken[0]["id"]]
    sized = rows(tmp_path, env, "server", "--sort", "ram:desc", "--columns", "ram,name")
    assert list(sized[0]) == ["ram", "name"]
    known = [row["ram"] for row in sized if row["ram"] is not None]
    assert known == sorted(known, reverse=True)  # type: ignore[type-var]


def test_places_are_chosen(tmp_path: Path, env: dict[str, str]) -> None:
    everywhere = rows(tmp_path, env, "server")
    cloud, region = everywhere[0]["cloud"], everywhere[0]["region"]
    here = rows(tmp_path, env, "server", "--cloud", str(cloud), "--region", str(region))
    assert {(row["cloud"], row["region"]) for row in here} == {(cloud, region)}
    assert len(here) < len(everywhere)


def test_a_name_that_is_not_there(tmp_path: Path, env: dict[str, str]) -> None:
    done = run("get", "server", "no-such-server", home=tmp_path, env=env)
    assert done.returncode == 1
    assert "There is no server called no-such-server" in done.stderr


def test_a_filter_that_was_not_understood_prints_no_rows(tmp_path: Path, env: dict[str, str]) -> None:
    done = run("get", "server", "--filter", "regoin:fra1", home=tmp_path, env=env)
    assert done.returncode == 2
    assert "did you mean region:fra1" in done.stderr
    assert not done.stdout


def test_a_region_that_is_not_there(tmp_path: Path, env: dict[str, str]) -> None:
    done = run("get", "server", "--region", "mars", home=tmp_path, env=env)
    assert done.returncode == 2
    assert "mars" in done.stderr
    assert "Traceback" not in done.stderr


def test_hostile_names_are_visible_on_a_terminal(tmp_path: Path, env: dict[str, str]) -> None:
    with Term("get", "server", "-o", "csv", home=tmp_path, env=env, columns=200) as term:
        assert term.wait_exit() == 0
        written = term.output().replace("\r\n", "\n")
    strange = {char for char in written if unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs"}} - {"\n"}
    assert not strange
    assert "[red]" in written, "markup is shown as it is"


@pytest.mark.parametrize("columns", [60, 80, 120, 200])
def test_a_table_fits_its_terminal(tmp_path: Path, env: dict[str, str], columns: int) -> None:
    with Term("get", "server", home=tmp_path, env=env, columns=columns, rows=50) as term:
        assert term.wait_exit() == 0
        lines = term.output().split("\r\n")
    assert len(lines) > 50
    assert max(map(cell_len, lines)) <= columns
    assert lines[0].startswith("NAME")


def test_a_failing_place_costs_the_others_nothing(tmp_path: Path) -> None:
    with DemoCloud.start("--still", "--fault", "error:prod-us/sjc2") as cloud:
        env = {"OS_CLIENT_CONFIG_FILE": str(cloud.clouds_file)}
        done = run("get", "server", "-o", "json", home=tmp_path, env=env)
    assert done.returncode == 1
    regions = {row["region"] for row in json.loads(done.stdout)}
    assert "fra1" in regions
    assert "sjc2" not in regions
    assert "prod-us sjc2" in done.stderr
    assert "Traceback" not in done.stderr


def test_doctor_finds_all_well(tmp_path: Path, env: dict[str, str]) -> None:
    done = run("doctor", home=tmp_path, env=env)
    assert done.returncode == 0, done.stdout
    for word in ("Terminal", "DNS", "TCP", "auth", "catalog", "latency", "clock"):
        assert word in done.stdout
    assert "All 5 places are well." in done.stdout


def test_doctor_names_the_step_that_fails(tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text(
        'clouds: {lab: {auth: {auth_url: "http://127.0.0.1:9/v3", username: u, password: hunter2, project_name: w,'
        " user_domain_name: Default, project_domain_name: Default}, region_name: r1}}\n"
    )
    done = run("doctor", home=tmp_path)
    assert done.returncode == 1
    failed = [line for line in done.stdout.splitlines() if "FAIL" in line]
    assert failed
    assert "TCP" in failed[0]
    assert "hunter2" not in done.stdout + done.stderr
