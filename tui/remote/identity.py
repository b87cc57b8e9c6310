"""With which keys a machine is asked to let us in: the agent's, those of files, and those behind a passphrase."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from tui.model.trouble import Cause, Trouble, TroubleError
from tui.remote.ssh_config import Machine


@dataclass(slots=True)
class Identities:
    """Keys for one login, in the order in which they are offered."""

    machine: Machine
    plain: list[asyncssh.SSHKeyPair] = field(default_factory=list)
    """Of files that need no passphrase."""
    locked: list[Path] = field(default_factory=list)
    """Files that need one."""
    odd: list[str] = field(default_factory=list)
    """Why files that are there cannot be used."""
    _blobs: set[bytes] = field(default_factory=set)
    _agent: asyncssh.SSHAgentClient | None = None

    @classmethod
    def of(cls, machine: Machine) -> Identities:
        """Read the files. Raises TroubleError (CONFIG) when the one that the settings name is not there."""
        found = cls(machine)
        for path in machine.keys:
            found._read(path)
        return found

    def _read(self, path: Path) -> None:
        if public := _public(path):
            self._blobs.add(public)
        try:
            self.plain += asyncssh.load_keypairs([str(path)], None, self.certificates)
        except FileNotFoundError:
            if self.machine.hop.key:
                title = f"{self.machine.hop.label}: there is no key file {path}"
                raise TroubleError(Trouble(Cause.CONFIG, title, short="key file")) from None
        except (asyncssh.KeyEncryptionError, asyncssh.KeyImportError) as error:
            if "passphrase must" in str(error).lower():
                self.locked.append(path)
            else:
                self.odd.append(f"{path}: {error}")
        except (OSError, ValueError) as error:
            self.odd.append(f"{path}: {error}")

    @property
    def certificates(self) -> list[str]:
        """Files of certificates."""
        return [str(path) for path in self.machine.certificates]

    async def ready(self) -> list[asyncssh.SSHKeyPair]:
        """Return the keys that need no passphrase: the agent's that are named, those of files, the agent's others.

        A server counts every key that is offered (`MaxAuthTries`), so that those named come first.
        """
        held: list[asyncssh.SSHKeyPair] = []
        if self.machine.agent:
            # An agent that is gone or speaks nonsense is as good as none.
            with contextlib.suppress(OSError, asyncssh.Error, ValueError):
                self._agent = await asyncssh.connect_agent(self.machine.agent)
                held = list(await self._agent.get_keys())
        own = self._blobs | {pair.public_data for pair in self.plain}
        named = [pair for pair in held if pair.public_data in own]
        others = [] if self.machine.only_these else [pair for pair in held if pair.public_data not in own]
        in_agent = {pair.public_data for pair in named}
        self.locked = [path for path in self.locked if _public(path) not in in_agent]
        return [*named, *(pair for pair in self.plain if pair.public_data not in in_agent), *others]

    def close(self) -> None:
        """Let the agent go."""
        if self._agent is not None:
            self._agent.close()
            self._agent = None


def unlocked(path: Path, passphrase: str, certificates: list[str]) -> list[asyncssh.SSHKeyPair] | None:
    """Return the keys of a file behind a passphrase; None when it is the wrong one. Slow on purpose: bcrypt."""
    try:
        return list(asyncssh.load_keypairs([str(path)], passphrase, certificates))
    except (asyncssh.KeyEncryptionError, asyncssh.KeyImportError):
        return None


def _public(path: Path) -> bytes | None:
    """The public half beside a private key's file, where there is one."""
    with contextlib.suppress(OSError, ValueError, asyncssh.Error):
        return asyncssh.read_public_key(f"{path}.pub").public_data
    return None
