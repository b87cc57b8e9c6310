"""The README says what the code does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.meta.docs import README, renewed
from tui.cli import KIND_NAMES
from tui.resources.registry import KINDS

TOP = README.parent


def test_generated_parts_are_current() -> None:
    text = README.read_text("utf-8")
    assert text == renewed(text), "python -m tests.meta.docs --write"


def test_the_first_screen_has_picture_and_both_commands() -> None:
    first = "\n".join(README.read_text("utf-8").splitlines()[:45])
    assert "screenshots/" in first
    assert "stackdeck --demo" in first
    assert "pytest" in first
    assert "clouds.yaml" in first
    assert "python3-venv" in first


def test_pictures_and_files_named_in_the_documents_exist() -> None:
    for document in ("README.md", "CONTRIBUTING.md"):
        text = (TOP / document).read_text("utf-8")
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            assert "://" in target or (TOP / target).exists(), f"{document} names {target}"


def test_the_changelog_knows_the_version() -> None:
    from tui import __version__

    text = (TOP / "CHANGELOG.md").read_text("utf-8")
    assert f"[{__version__}]" in text or "[Unreleased]" in text


def test_ci_runs_the_readmes_test_command() -> None:
    command = re.search(r"^(python3 -m venv .*pytest)$", README.read_text("utf-8"), re.MULTILINE)
    assert command, "the README has one line that sets all up and passes the tests"
    assert Path(TOP / ".ci" / "run").read_text("utf-8").count("README.md"), ".ci/run takes it from the README"


def test_no_addresses_of_registries_and_no_paths_of_machines() -> None:
    for path in [*TOP.glob("*.md"), TOP / "pyproject.toml", TOP / ".ci" / "run"]:
        text = path.read_text("utf-8")
        assert not re.search(r"pypi\.org|/root/|/home/\w", text), path.name


def test_every_skip_reason_is_listed() -> None:
    listed = _listed()
    for path in (TOP / "tests").rglob("*.py"):
        for reason in _skips(path):
            assert reason in listed, f"{path.name} skips with a reason that CONTRIBUTING.md does not list: {reason}"


def _skips(path: Path) -> Iterator[str]:
    """Reasons of `skip`, `skipif` and `importorskip`, by name or as what `skip` is called with."""
    for call in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(call, ast.Call) and (name := ast.unparse(call.func)).endswith(("skip", "skipif")):
            given = [word.value for word in call.keywords if word.arg == "reason"]
            given += call.args[:1] if name.endswith("pytest.skip") else []
            yield from (each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str))


def test_skips_are_found_however_they_are_written(tmp_path: Path) -> None:
    found = tmp_path / "test_some.py"
    found.write_text(
        'pytest.skip("one")\nskipif(not Path("/x").exists(), reason="two")\npytest.importorskip("x", reason="3")'
    )
    assert sorted(_skips(found)) == ["3", "one", "two"]


def _listed() -> set[str]:
    text = (TOP / "CONTRIBUTING.md").read_text("utf-8")
    part = text.partition("<!-- skips -->")[2].partition("<!-- end of skips -->")[0]
    return set(re.findall(r"^- `([^`]+)`", part, re.MULTILINE))


def test_the_command_line_offers_the_themes_that_exist() -> None:
    from tui.config.theme import THEMES as OFFERED
    from tui.ui.themes import THEMES

    assert {theme.name for theme in THEMES} == set(OFFERED)


def test_the_help_names_every_kind() -> None:
    assert ", ".join(KINDS) == KIND_NAMES
