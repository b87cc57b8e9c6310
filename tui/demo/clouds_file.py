"""Writes the clouds.yaml that leads a client to the demo clouds."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from tui.demo.people import DEFAULT_PROJECT, PASSWORD
from tui.demo.world import World

MARK = "# Written by `stackdeck demo-cloud`; the clouds in it live as long as that command runs.\n"


PREFIX = "stackdeck-demo-"
"""How files and directories begin that are made where temporary ones belong."""


class ForeignFileError(Exception):
    """There is a file already that the demo cloud has not written."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} exists and was not written by the demo cloud; name another file or remove it")


def check_target(path: Path) -> None:
    """Refuse a file that somebody else wrote."""
    try:
        with path.open(encoding="utf-8") as file:
            if file.read(len(MARK)) != MARK:
                raise ForeignFileError(path)
    except FileNotFoundError:
        return
    except UnicodeDecodeError as error:
        raise ForeignFileError(path) from error


def contents(world: World, verify: bool = True) -> str:
    """The file's text: one entry for each cloud."""
    lines = [MARK, "clouds:\n"]
    for cloud in world.clouds.values():
        names = list(cloud.regions)
        lines += [
            f"  {cloud.name}:\n",
            "    auth:\n",
            f"      auth_url: {world.base_url}/{cloud.name}/identity/v3\n",
            "      username: mira\n",
            f"      password: {PASSWORD}\n",
            f"      project_name: {DEFAULT_PROJECT[cloud.name]}\n",
            "      user_domain_name: Default\n",
            "      project_domain_name: Default\n",
            "    identity_api_version: '3'\n",
        ]
        if len(names) == 1:
            lines.append(f"    region_name: {names[0]}\n")
        else:
            lines += ["    regions:\n", *(f"      - {name}\n" for name in names)]
        if not verify:
            lines.append("    verify: false\n")
    return "".join(lines)


def forget(path: Path, ours: bool) -> None:
    """Remove a file that leads nowhere any more, when the place for it was ours to choose."""
    private = path.parent.name.startswith(PREFIX)
    if not ours and not private:
        return
    with suppress(OSError):
        path.unlink(missing_ok=True)
        if private:
            (path.parent / "log").unlink(missing_ok=True)
            path.parent.rmdir()


def write(world: World, path: Path | None) -> Path:
    """Write the file, readable by its owner only; into the directory for temporary files when no path is given."""
    text = contents(world).encode()
    if path is None:
        descriptor, name = tempfile.mkstemp(prefix=PREFIX, suffix=".yaml")
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
        return Path(name)
    check_target(path)
    descriptor, name = tempfile.mkstemp(prefix=".clouds-", dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
    os.replace(name, path)
    return path
