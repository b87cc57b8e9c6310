"""Files that one connection of the system's `ssh` stands on, in the state directory, 0600."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
from collections.abc import Sequence
from pathlib import Path

from tui.config.paths import private_dir, state_dir, write_private
from tui.config.settings import Settings
from tui.live.host_keys import known_hosts_text
from tui.live.ssh_command import Files, Login, config_text
from tui.model.ssh import HostKey

ONCE = "once-"
"""What names of files begin with that are for one connection only."""


class SshFiles:
    """Writes them. A kept connection's have a name that stays, so that its command can be copied and used again."""

    def __init__(self, settings: Settings, folder: Path | None = None) -> None:
        """`folder` stands in for the state directory."""
        self._settings = settings
        self._folder = folder

    def write(self, alias: str, login: Login, keys: Sequence[HostKey], *, keep: bool) -> Files:
        """Write known_hosts with these keys and no others, and a configuration for jump hosts where there are any.

        Raises OSError and ValueError.
        """
        folder = private_dir(self._ssh_dir())
        files = self._named(folder, alias if keep else f"{ONCE}{os.getpid()}-{secrets.token_hex(4)}", alias, login)
        write_private(files.known_hosts, known_hosts_text(alias, keys).encode())
        if files.config is not None:
            said = self._settings.ssh.known_hosts
            text = config_text(login, Path.home(), Path(said).expanduser() if said else None)
            write_private(files.config, text.encode("utf-8", "surrogateescape"))
        return files

    def kept(self, alias: str, login: Login) -> Files:
        """Return where the files of a kept connection are, or will be. Raises OSError."""
        return self._named(self._ssh_dir(), alias, alias, login)

    def _ssh_dir(self) -> Path:
        return self._folder or state_dir() / "ssh"

    @staticmethod
    def _named(folder: Path, stem: str, alias: str, login: Login) -> Files:
        needs = bool(login.hops) or Path.home() != _own_home()
        return Files(folder / f"{stem}.known_hosts", alias, folder / f"{stem}.config" if needs else None)


def forget_files(files: Files) -> None:
    """Take files away that were for one connection only; those that are kept stay."""
    if files.known_hosts.name.startswith(ONCE):
        for path in (files.known_hosts, files.config):
            if path is not None:
                with contextlib.suppress(OSError):
                    path.unlink()


def _own_home() -> Path:
    """The home that `ssh` looks for: it asks the system, not HOME."""
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        return Path.home()
