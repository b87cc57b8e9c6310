"""Rules of the house that no linter has."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
MODULES = sorted((TOP / "tui").rglob("*.py"))
LONGEST_MODULE = 400
LONGEST_FUNCTION = 60


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(TOP)))
def test_a_module_is_small_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module says what it is for"
    assert len(text.splitlines()) <= LONGEST_MODULE
    assert path.stem not in {"utils", "util", "helpers", "manager", "common_utils"}
    for function in _functions(tree):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        assert length <= LONGEST_FUNCTION, f"{function.name} has {length} lines"
        for decorator in function.decorator_list:
            assert not _is_ungrouped_worker(decorator), (
                f"{function.name}: exclusive workers without a group cancel others"
            )
    assert not re.search(r"#\s*noqa\s*$|#\s*type:\s*ignore\s*$", text, re.MULTILINE), "an exception names its rule"


def _is_ungrouped_worker(node: ast.expr) -> bool:
    if not (isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "work"):
        return False
    names = {keyword.arg for keyword in node.keywords}
    return "exclusive" in names and "group" not in names


def test_the_worker_rule_catches_what_it_is_for() -> None:
    bad, good = "@work(exclusive=True)\ndef f(): ...", "@work(exclusive=True, group='list')\ndef f(): ..."
    assert any(_is_ungrouped_worker(d) for f in _functions(ast.parse(bad)) for d in f.decorator_list)
    assert not any(_is_ungrouped_worker(d) for f in _functions(ast.parse(good)) for d in f.decorator_list)


def test_tests_wait_on_conditions() -> None:
    for path in (TOP / "tests").rglob("*.py"):
        # A benchmark's heartbeat and its churn are paced by a clock: that is what they measure.
        if path.name == "waiting.py" or path.parent.name == "bench":
            continue
        found = re.search(r"(?:time|asyncio)\.sleep\((?!0\))|pilot\.pause\([0-9.]+\)", path.read_text("utf-8"))
        assert not found or path == Path(__file__), f"{path.name} sleeps"


def test_colours_are_written_in_the_themes_alone() -> None:
    for path in [*(TOP / "tui" / "ui").rglob("*.py"), *(TOP / "styles").glob("*.tcss")]:
        if path.name == "themes.py":
            continue
        assert not re.search(r"#[0-9a-fA-F]{6}\b", path.read_text("utf-8")), f"{path.name} has a colour of its own"


def test_no_connection_trusts_every_host_key() -> None:
    for path in [*(TOP / "tui").rglob("*.py"), *(TOP / "tests").rglob("*.py")]:
        found = re.search(r"\bknown_hosts ?= ?None\b|StrictHostKeyChecking[= ]+no\b", path.read_text("utf-8"))
        assert not found or path == Path(__file__), f"{path.name} trusts every host key"
