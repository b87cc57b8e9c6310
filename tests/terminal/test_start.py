"""Starting where the dashboard cannot run: one clear line, the right exit code, no traceback."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.terminal.harness import COMMAND, Term, environment, run

CLOUDS = """\
clouds:
  lab:
    auth: {auth_url: "http://127.0.0.1:9/v3", username: u, password: p, project_name: w, user_domain_name: Default,
           project_domain_name: Default}
    region_name: r1
"""


def _calm(text: str) -> None:
    assert "Traceback" not in text
    assert "unexpected" not in text


def test_version_and_help(tmp_path: Path) -> None:
    version = run("--version", home=tmp_path)
    assert version.returncode == 0
    assert version.stdout.startswith("stackdeck ")
    shown = run("--help", home=tmp_path)
    assert "--demo" in shown.stdout
    assert "get" in shown.stdout


@pytest.mark.parametrize("command", [("get", "server"), ("doctor",)])
def test_no_clouds_yaml_says_where_it_looked(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = run(*command, home=tmp_path)
    assert done.returncode == 2
    assert "No clouds.yaml was found" in done.stderr
    assert "openstack/clouds.yaml" in done.stderr
    assert "stackdeck --demo" in done.stderr
    _calm(done.stderr)


def test_yaml_that_does_not_parse_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text("clouds:\n  lab:\n    auth: {auth_url: [}\n")
    done = run("get", "server", home=tmp_path)
    assert done.returncode == 2
    assert "clouds.yaml line 3" in done.stderr
    _calm(done.stderr)


def test_an_unknown_cloud_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text(CLOUDS)
    done = run("get", "server", "--cloud", "lap", home=tmp_path)
    assert done.returncode == 2
    assert "lap" in done.stderr
    assert "lab" in done.stderr
    _calm(done.stderr)


def test_settings_with_a_mistake_name_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "config" / "stackdeck").mkdir(parents=True)
    (tmp_path / "config" / "stackdeck" / "settings.toml").write_text('theme = "mono"\nmouze = true\n')
    done = run("get", "server", home=tmp_path)
    assert done.returncode == 2
    assert "settings.toml line 2" in done.stderr
    _calm(done.stderr)


@pytest.mark.parametrize("args", [("get", "sever"), ("get", "server", "--sort", "nmae"), ("--view", "sever")])
def test_a_mistyped_word_names_the_nearest(tmp_path: Path, args: tuple[str, ...]) -> None:
    if args[0] == "--view":
        with Term(*args, home=tmp_path) as term:
            assert term.wait_exit() == 2
            assert "server" in term.text()
        return
    done = run(*args, home=tmp_path)
    assert done.returncode == 2
    assert "Did you mean" in done.stderr
    _calm(done.stderr)


def test_an_unreachable_keystone_is_a_trouble_of_its_place(tmp_path: Path) -> None:
    (tmp_path / "clouds.yaml").write_text(CLOUDS)
    done = run("get", "server", home=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("stackdeck: lab r1: Keystone does not answer")
    _calm(done.stderr)


def test_no_terminal_at_all(tmp_path: Path) -> None:
    done = run(home=tmp_path)
    assert done.returncode == 2
    assert "not a terminal" in done.stderr
    assert "stackdeck get" in done.stderr
    _calm(done.stderr)


@pytest.mark.parametrize(("stream", "named"), [("stdin", "stdin"), ("stdout", "stdout"), ("stderr", "stderr")])
def test_one_stream_that_is_no_terminal_is_named(tmp_path: Path, stream: str, named: str) -> None:
    target = os.open(tmp_path / "elsewhere", os.O_RDWR | os.O_CREAT)
    with Term(home=tmp_path, **{stream: target}) as term:  # type: ignore[arg-type]
        assert term.wait_exit() == 2
        shown = term.text()
    os.close(target)
    assert f"{named} is not a terminal" in shown, "told where the person looks"
    _calm(shown)


def test_a_dumb_terminal_is_refused(tmp_path: Path) -> None:
    with Term(home=tmp_path, env={"TERM": "dumb"}) as term:
        assert term.wait_exit() == 2
        assert "TERM=dumb" in term.text()
        assert "stackdeck get" in term.text()
        assert b"\x1b" not in term.raw, "nothing is drawn where nothing can be drawn"


def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    pipe = subprocess.run(
        ["sh", "-c", f"{COMMAND[0]} get server --demo | head -n 1"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert pipe.stdout.startswith("NAME")
    _calm(pipe.stderr)
    assert "BrokenPipe" not in pipe.stderr
