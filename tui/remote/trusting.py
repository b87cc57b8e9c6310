"""Which host keys of one machine are trusted, and what it showed instead."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import asyncssh

from tui.model.ssh import PORT, HostKey
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.remote.ssh_config import Machine

_KRL = b"SSHKRL\n\0"
"""How a binary revocation list begins (OpenSSH's PROTOCOL.krl); asyncssh cannot read one."""

_FIRST = ("ssh-ed25519", *(f"ecdsa-sha2-nistp{size}" for size in (256, 384, 521)), "rsa-sha2-512", "rsa-sha2-256")

_Keys = list[asyncssh.SSHKey]


@dataclass(slots=True)
class Trusting:
    """What known_hosts says of a machine, and the key that it showed in the last connection."""

    machine: Machine
    trusted: _Keys
    authorities: _Keys
    revoked: _Keys
    seen: HostKey | None = field(default=None)

    @classmethod
    def of(cls, machine: Machine, once: Collection[tuple[str, HostKey]]) -> Trusting:
        """Read the files. Raises TroubleError (CONFIG) for a revocation list that cannot be honoured."""
        name = machine.name if machine.port == PORT else f"[{machine.name}]:{machine.port}"
        found = cls(machine, [], [], _revoked(machine))
        for path in machine.known_hosts:
            for line in _lines(path):
                with contextlib.suppress(ValueError, asyncssh.Error):
                    # As OpenSSH does: the name with its port and nothing else. asyncssh would go on without the port.
                    keys, authorities, revoked, *_ = asyncssh.import_known_hosts(line).match(name.lower(), "", None)
                    found.trusted += keys
                    found.authorities += authorities
                    found.revoked += revoked
        found.trusted += [_imported(key) for known, key in once if known == machine.name]
        return found

    def with_key(self, key: HostKey) -> Trusting:
        """Return it with one more key that is trusted."""
        return replace(self, trusted=[*self.trusted, _imported(key)], seen=None)

    def known(self, host: str, addr: str, port: int | None) -> Sequence[Sequence[Any]]:
        """Return what asyncssh asks for: trusted keys, authorities, revoked keys."""
        return self.trusted, self.authorities, self.revoked

    def saw(self, key: asyncssh.SSHKey) -> None:
        """Take note of a key that is not trusted."""
        algorithm, blob, *_ = key.export_public_key("openssh").decode("ascii", "replace").split()
        self.seen = HostKey(algorithm, blob)

    @property
    def algorithms(self) -> Any:
        """Kinds of keys to ask for: of a machine that is not known the one that people compare; else as asyncssh does.

        asyncssh asks a known one for the kinds that are known; the configuration's `HostKeyAlgorithms` counts more.
        """
        return () if self.trusted or self.authorities or self.machine.has_algorithms else _FIRST

    @property
    def unknown(self) -> HostKey | None:
        """The key that was shown by a machine of which nothing is known yet: somebody may be asked about it."""
        return None if self.trusted or self.authorities else self.seen


def _imported(key: HostKey) -> asyncssh.SSHKey:
    return asyncssh.import_public_key(f"{key.algorithm} {key.blob}")


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []


def _revoked(machine: Machine) -> _Keys:
    """Keys of `RevokedHostKeys`: as with OpenSSH, a file that cannot be read revokes everything (ssh_config(5))."""
    path = machine.revoked
    if path is None:
        return []
    try:
        data = path.read_bytes()
        if data.startswith(_KRL):
            raise ValueError("it is a binary list, which asyncssh does not read")
        lines = [line for line in data.decode().splitlines() if line.strip() and not line.lstrip().startswith("#")]
        return [asyncssh.import_public_key(line) for line in lines]
    except (OSError, ValueError, asyncssh.Error) as error:
        raise TroubleError(
            Trouble(
                Cause.CONFIG,
                f"{machine.hop.label}: RevokedHostKeys {path} cannot be honoured: {error}"[:500],
                said=str(error)[:2000],
                short="revoked keys",
                hint="List public keys there, one in a line, or use @revoked in known_hosts.",
            )
        ) from error
