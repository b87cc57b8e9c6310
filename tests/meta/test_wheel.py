"""The built wheel alone, in an empty virtual environment, is the whole product."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.terminal.harness import Term, environment

TOP = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(TOP)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


def test_the_wheel_holds_the_package_and_its_styles(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"tui"}
    styles = {f"tui/styles/{path.name}" for path in (TOP / "styles").glob("*.tcss")}
    assert styles
    assert styles <= set(names)
    assert "tui/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_alone_shows_the_demo(wheel: Path, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, str(wheel)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    where = subprocess.run(
        [str(venv / "bin" / "python"), "-c", "import tui; print(tui.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env=environment(tmp_path, {"PYTHONPATH": ""}),
    )
    assert where.stdout.startswith(str(venv)), "the wheel, not this checkout"
    with Term(
        "--demo", home=tmp_path, command=(str(venv / "bin" / "stackdeck"),), env={"PYTHONPATH": ""}, columns=120
    ) as term:
        term.wait_for("ACTIVE", timeout=60)
        assert "servers" in term.text().lower()
