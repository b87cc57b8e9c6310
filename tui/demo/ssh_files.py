"""What a client needs to reach the demo's guests: settings, a key made for the run, the bastion's host key."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from tui.demo import ssh_keys
from tui.demo.clouds_file import PREFIX
from tui.demo.ssh_guests import Guests

SETTINGS = "settings.toml"
KEY = "id_ed25519"
KNOWN_HOSTS = "known_hosts"

JUMPED = ("prod-us", "lab")
"""Clouds whose servers are reached through the bastion even where their addresses can be."""
TUNNELLED = "lab"
"""The cloud whose APIs are reached through it too."""


class SshFiles:
    """The files of one run, 0600, in a directory that only their owner can enter."""

    def __init__(self, guests: Guests, directory: Path | None) -> None:
        """Write them. Raises OSError."""
        self._own = directory is None
        self.directory = directory or Path(tempfile.mkdtemp(prefix=PREFIX))
        bastion = ssh_keys.bastion(guests.world.seed)
        name = f"[{guests.bastion}]:{guests.port}"
        self._write(KEY, guests.login.private)
        self._write(f"{KEY}.pub", f"{guests.login.public} stackdeck demo\n".encode())
        self._write(KNOWN_HOSTS, f"{name} {bastion.public}\n".encode())
        self._write(SETTINGS, self._settings(guests).encode())

    @property
    def settings(self) -> Path:
        """The settings in the way of stackdeck's own."""
        return self.directory / SETTINGS

    def remove(self) -> None:
        """Take them away; the directory too where it was made for them."""
        for path in self.directory.glob(f"{KNOWN_HOSTS}*"):
            with suppress(OSError):
                path.unlink()
        for name in (KEY, f"{KEY}.pub", SETTINGS):
            with suppress(OSError):
                (self.directory / name).unlink()
        if self._own:
            with suppress(OSError):
                self.directory.rmdir()

    def _write(self, name: str, content: bytes) -> None:
        path = self.directory / name
        with suppress(FileNotFoundError):
            path.unlink()
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)

    def _settings(self, guests: Guests) -> str:
        """TOML; strings are written as JSON, which TOML reads."""
        key = json.dumps(str(self.directory / KEY))
        lines = ["# Written by `stackdeck demo-cloud`, gone with it.", "[ssh]"]
        lines.append(f"known_hosts = {json.dumps(str(self.directory / KNOWN_HOSTS))}")
        for cloud in guests.world.clouds.values():
            lines += ["", f"[clouds.{cloud.name}]", f"ssh_port = {guests.port}", f"ssh_key = {key}"]
            if guests.direct and cloud.name not in JUMPED:
                continue
            for region in cloud.regions:
                # Fixed addresses are the same in every region: the user says in which one the bastion looks.
                jump = f'host = "{guests.bastion}", port = {guests.port}, user = "{region}", key = {key}'
                way = "ssh_tunnel" if cloud.name == TUNNELLED else "ssh_jump"
                lines += [f"[clouds.{cloud.name}.regions.{region}]", f"{way} = {{{jump}}}"]
        return "\n".join(lines) + "\n"
