"""What OpenSSH's configuration says of one machine, read with asyncssh's own parser of ssh_config(5)."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from asyncssh.config import ConfigParseError, SSHClientConfig
from msgspec import structs

from tui.model.ssh import PORT, Hop, hops
from tui.model.trouble import Cause, Trouble, TroubleError

DEEPEST = 8
"""Jumps that lead to each other; more of them are a circle."""
_FILES = ("~/.ssh/config", "/etc/ssh/ssh_config")
_KNOWN = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
_KNOWN_GLOBAL = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")
_KEYS = ("id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk")


class _Config(SSHClientConfig):
    """asyncssh's parser, with the options that it passes over and that must not be: they make trust stricter."""

    # Semi-private: tests/http/test_tunnel_hops.py says when a release of asyncssh changes it.
    _handlers = {  # noqa: RUF012 - the base class declares it so
        **SSHClientConfig._handlers,
        "revokedhostkeys": ("RevokedHostKeys", SSHClientConfig._set_string),
        "stricthostkeychecking": ("StrictHostKeyChecking", SSHClientConfig._set_string),
    }


@dataclass(frozen=True, slots=True)
class Machine:
    """One hop with all that the configuration says of it."""

    hop: Hop
    """As the settings have it; its label is what people are told."""
    host: str
    """Name or address to connect to."""
    port: int
    user: str
    name: str
    """How known_hosts calls it: the host, or `HostKeyAlias`."""
    keys: tuple[Path, ...]
    """Private keys that there are, in the order in which they are tried."""
    certificates: tuple[Path, ...]
    """`CertificateFile`: of these keys; one that lies beside its key needs no naming."""
    agent: str | None
    """Socket of the agent; None: none is used."""
    only_these: bool
    """`IdentitiesOnly`: of the agent's keys only these are offered."""
    known_hosts: tuple[Path, ...]
    """Files of known host keys, read in this order; the first is written to."""
    revoked: Path | None
    """`RevokedHostKeys`."""
    strict: bool
    """`StrictHostKeyChecking yes`: what is not known is refused without asking."""
    config: tuple[str, ...]
    """Files for asyncssh to read the rest from: ciphers, ProxyCommand …"""
    proxy_command: bool = False
    has_algorithms: bool = False
    """`HostKeyAlgorithms` is set."""

    @property
    def at(self) -> str:
        """`user@host:port` as it is asked, for people."""
        return structs.replace(
            self.hop, host=self.host, port=self.port if self.port != PORT else 0, user=self.user
        ).label


def machines(chain: tuple[Hop, ...], known_hosts: Path | None = None) -> tuple[Machine, ...]:
    """Return the machines on the way, the nearest first, those of `ProxyJump` before the first included.

    `known_hosts` stands in for the user's own file. Reads files, and runs what `Match exec` names: not for a loop's
    thread. Raises TroubleError (CONFIG) for a configuration that cannot be read or runs in a circle.
    """
    if not chain:
        raise _trouble("no jump host is named", "")
    return (*_with_jumps(chain[0], known_hosts, DEEPEST), *(_machine(hop, known_hosts)[0] for hop in chain[1:]))


def machine(hop: Hop, known_hosts: Path | None = None) -> Machine:
    """Return one machine without those before it. Raises as `machines` does."""
    return _machine(hop, known_hosts)[0]


def _with_jumps(hop: Hop, known_hosts: Path | None, deeper: int) -> tuple[Machine, ...]:
    if not deeper:
        raise _trouble(f"ProxyJump of {hop.host} runs in a circle", "Mend ProxyJump in ~/.ssh/config.")
    found, jump = _machine(hop, known_hosts)
    if not jump or jump.lower() == "none":
        return (found,)
    try:
        before = hops(jump.replace("ssh://", ""))
    except ValueError as error:
        raise _trouble(f"ProxyJump of {hop.host}: {error}", "") from error
    rest = tuple(_machine(one, known_hosts)[0] for one in before[1:])
    return (*_with_jumps(before[0], known_hosts, deeper - 1), *rest, found)


def _machine(hop: Hop, known_hosts: Path | None) -> tuple[Machine, str]:
    files = tuple(str(path) for name in _FILES if (path := Path(name).expanduser()).is_file())
    config = _read(hop, files)
    host = _text(config, "Hostname") or hop.host
    # What the configuration names for this very host counts beside the settings' file, which is written to.
    asked = (
        (known_hosts, *_paths(config, "UserKnownHostsFile", ()))
        if known_hosts
        else _paths(config, "UserKnownHostsFile", _KNOWN)
    )
    revoked = _text(config, "RevokedHostKeys")
    keys = (Path(hop.key).expanduser(),) if hop.key else _identities(config)
    found = Machine(
        hop=hop,
        host=host,
        port=int(cast(Any, config.get("Port")) or PORT),
        user=_text(config, "User") or getpass.getuser(),
        name=_text(config, "HostKeyAlias") or host,
        keys=keys,
        certificates=tuple(path for path in _paths(config, "CertificateFile", ()) if path.is_file()),
        agent=_agent(config),
        only_these=bool(config.get("IdentitiesOnly")),
        known_hosts=(*asked, *_paths(config, "GlobalKnownHostsFile", _KNOWN_GLOBAL)),
        revoked=Path(revoked).expanduser() if revoked and revoked.lower() != "none" else None,
        strict=_text(config, "StrictHostKeyChecking").lower() == "yes",
        config=files,
        proxy_command=bool(config.get("ProxyCommand")),
        has_algorithms=bool(config.get("HostKeyAlgorithms")),
    )
    return found, _text(config, "ProxyJump")


def _read(hop: Hop, files: tuple[str, ...]) -> SSHClientConfig:
    unset: Any = ()
    user, port = hop.user or unset, hop.port or unset

    def load(final: bool, last: SSHClientConfig | None = None) -> SSHClientConfig:
        args = (getpass.getuser(), user, hop.host, port)
        return cast(SSHClientConfig, _Config.load(last, list(files), last is not None, False, final, *args))

    try:
        config = load(False)
        return load(True, config) if config.has_match_final() else config
    except (ConfigParseError, OSError, ValueError) as error:
        raise _trouble(f"the SSH configuration cannot be read: {error}", f"Mend {' or '.join(files)}.") from error


def _identities(config: SSHClientConfig) -> tuple[Path, ...]:
    given = config.get("IdentityFile")
    if given is not None:
        return tuple(Path(str(name)).expanduser() for name in cast(list[str], given))
    return tuple(path for name in _KEYS if (path := Path("~/.ssh", name).expanduser()).is_file())


def _agent(config: SSHClientConfig) -> str | None:
    usual = os.environ.get("SSH_AUTH_SOCK") or None
    given = config.get("IdentityAgent", "SSH_AUTH_SOCK")
    if given is None:
        return None  # «none»
    return usual if given == "SSH_AUTH_SOCK" else str(Path(str(given)).expanduser())


def _paths(config: SSHClientConfig, option: str, usual: tuple[str, ...]) -> tuple[Path, ...]:
    given = config.get(option)
    return tuple(Path(name).expanduser() for name in (usual if given is None else cast(list[str], given)))


def _text(config: SSHClientConfig, option: str) -> str:
    return str(config.get(option) or "")


def _trouble(said: str, hint: str) -> TroubleError:
    title = said[:1].upper() + said[1:]
    return TroubleError(Trouble(Cause.CONFIG, title[:500], short="ssh config", said=said[:2000], hint=hint))
