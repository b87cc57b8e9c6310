"""Layers point down, and nothing heavy is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]


def loaded(code: str) -> set[str]:
    """Run code in a fresh interpreter and return the top names of what it imported."""
    program = f"import sys\n{code}\nsys.stderr.write('\\n'.join(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=TOP, check=True)
    return set(done.stderr.split())


def test_version_is_light() -> None:
    names = loaded("from tui.cli import main\ntry:\n    main(['--version'])\nexcept SystemExit:\n    pass")
    heavy = {"textual", "openstack", "keystoneauth1", "asyncssh", "aiohttp", "requests", "asyncio", "msgspec", "yaml"}
    assert "tui.cli" in names
    assert not heavy & names


@pytest.mark.parametrize("module", ["tui.commands.get", "tui.commands.doctor", "tui.live.feeds", "tui.live.view"])
def test_commands_and_what_is_under_them_know_no_textual(module: str) -> None:
    names = loaded(f"import {module}")
    assert module in names
    assert "textual" not in names


@pytest.mark.parametrize("module", ["tui.commands.get", "tui.commands.doctor", "tui.ui.app", "tui.cloud"])
def test_the_sdk_is_not_imported_before_the_clouds_are_loaded(module: str) -> None:
    names = loaded(f"import {module}")
    assert module in names
    assert not {"openstack", "keystoneauth1", "requests"} & names


@pytest.mark.parametrize("module", ["tui.commands.get", "tui.ui.app", "tui.live.tunnels", "tui.cloud.build"])
def test_asyncssh_is_not_imported_before_a_tunnel_is_needed(module: str) -> None:
    names = loaded(f"import {module}")
    assert module in names
    assert "asyncssh" not in names


def test_the_frame_drawn_ahead_waits_for_nothing_heavy() -> None:
    names = loaded("import tui.config.ahead")
    assert not {"textual", "rich", "msgspec", "openstack", "keystoneauth1", "requests", "asyncio", "yaml"} & names


def test_the_first_frame_does_without_what_acts_and_asks() -> None:
    names = loaded("import tui.ui.app")
    late = {
        "tui.ui.acting",
        "tui.ui.form",
        "tui.live.feeds",
        "tui.live.operations",
        "tui.cloud.api",
        "yaml",
        "asyncssh",
    }
    assert "tui.ui.app" in names
    assert not late & names


def test_widgets_that_nothing_uses_are_not_imported_and_are_there_all_the_same() -> None:
    unused = {"textual.widgets._tree", "textual.widgets._directory_tree", "textual.widgets._placeholder"}
    names = loaded("from tui.ui import lean\nlean.prepare()\nimport tui.ui.app")
    assert "textual.types" in names, "Textual has another way to its aliases: tui.ui.lean is of no use"
    assert not unused & names
    names = loaded(
        "from tui.ui import lean\nlean.prepare()\n"
        "import tui.ui.app\n"
        "from textual.types import DirEntry, InputValidationOn, PlaceholderVariant, UnusedParameter\n"
        "from textual.widgets import DirectoryTree\n"
        "from textual.widgets._directory_tree import DirEntry as Genuine\n"
        "assert DirEntry is Genuine"
    )
    assert unused <= names


def test_get_runs_without_textual() -> None:
    code = "from tui.cli import main\nmain(['get', 'server', '--cloud', 'none'])"
    assert "textual" not in loaded(code)


def test_layers() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        capture_output=True,
        text=True,
        cwd=TOP,
        check=False,
    )
    assert done.returncode == 0, done.stdout
