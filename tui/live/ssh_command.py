"""The command line of the system's `ssh`: an argument list, never a shell; hosts and users by an allow-list."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from tui.model.ssh import PORT, Hop, hops
from tui.remote.known_hosts import name_of

_ALIAS = re.compile(r"[A-Za-z0-9_.:\[\]-]+")


@dataclass(frozen=True, slots=True)
class Login:
    """What was chosen in the dialog, checked."""

    host: str
    port: int = PORT
    user: str = ""
    """Empty: what ssh itself says."""
    key: str = ""
    """Path of the private key; empty: ssh's usual ones and the agent."""
    hops: tuple[Hop, ...] = ()

    @property
    def name(self) -> str:
        """How known_hosts calls the host."""
        return name_of(self.host, self.port)

    @property
    def label(self) -> str:
        """`user@host:port`, for people."""
        return Hop(self.host, self.port if self.port != PORT else 0, self.user).label


def checked(host: str, port: str, user: str, key: str, chain: str) -> Login:
    """Return what was typed, as it may become arguments. Raises ValueError saying what is wrong with which part."""
    host, user, key = host.strip(), user.strip(), key.strip()
    if not host:
        raise ValueError("no address is chosen")
    if not port.strip().isascii() or not port.strip().isdigit() or not 0 < int(port.strip()) < 65_536:
        raise ValueError(f"«{port.strip()}» is no port (1 to 65535)")
    if "\0" in key:
        raise ValueError("the key is no path")
    target = hops({"host": host, "user": user})[0]
    return Login(target.host, int(port.strip()), target.user, key, hops(chain))


def chain_text(chain: tuple[Hop, ...]) -> str:
    """Return jump hosts as they are typed; keys of single ones do not show."""
    return ", ".join(hop.label for hop in chain)


def with_keys(typed: tuple[Hop, ...], said: tuple[Hop, ...]) -> tuple[Hop, ...]:
    """Return typed jump hosts with the keys that the settings name for them."""
    keys = {hop.label: hop.key for hop in said}
    return tuple(Hop(hop.host, hop.port, hop.user, keys.get(hop.label, "")) for hop in typed)


@dataclass(frozen=True, slots=True)
class Files:
    """Files that a connection stands on."""

    known_hosts: Path
    """Has the keys of this server and no others, by its alias."""
    alias: str
    """`HostKeyAlias`: the server's id, since addresses move."""
    config: Path | None = None
    """Configuration that leads to the jump hosts and then to the user's own; None where there are none."""


def command(login: Login, files: Files, connect_timeout: float = 10.0) -> list[str]:
    """Return the arguments. Only the keys in `files` are accepted, whatever else the configuration says.

    Options: ssh_config(5). Those that could lead round the check are switched off: a shared connection (ControlPath),
    keys from elsewhere (KnownHostsCommand, DNS), keys that the server adds by itself (UpdateHostKeys).
    """
    if not _ALIAS.fullmatch(files.alias) or files.alias.startswith("-"):
        raise ValueError(f"«{files.alias}» is no name of a server")
    options = {
        "IgnoreUnknown": "KnownHostsCommand,UpdateHostKeys",
        "UserKnownHostsFile": _quoted(files.known_hosts),
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "HostKeyAlias": files.alias,
        "CheckHostIP": "no",
        "UpdateHostKeys": "no",
        "VerifyHostKeyDNS": "no",
        "KnownHostsCommand": "none",
        "ControlMaster": "no",
        "ControlPath": "none",
        "ForwardAgent": "no",
        "ForwardX11": "no",
        "ClearAllForwardings": "yes",
        "PermitLocalCommand": "no",
        "ConnectTimeout": str(max(round(connect_timeout), 1)),
        "ServerAliveInterval": "15",
        "ServerAliveCountMax": "4",
    }
    arguments = ["ssh"]
    if files.config is not None:
        arguments += ["-F", str(files.config)]
    for name, value in options.items():
        arguments += ["-o", f"{name}={value}"]
    arguments += ["-p", str(login.port)]
    if login.user:
        arguments += ["-l", login.user]
    if login.key:
        arguments += ["-i", str(Path(login.key).expanduser()), "-o", "IdentitiesOnly=yes"]
    if login.hops:
        arguments += ["-J", ",".join(_jump(hop) for hop in login.hops)]
    else:
        # The way must be the one that was looked at: straight to the address.
        arguments += ["-o", "ProxyJump=none", "-o", "ProxyCommand=none"]
    return [*arguments, "--", login.host]


def shown(arguments: list[str]) -> str:
    """Return the command as it can be pasted into a shell."""
    return shlex.join(arguments)


def config_text(login: Login, home: Path, known_hosts: Path | None = None) -> str:
    """Return a configuration for the jump hosts: what `-J` cannot say, then the user's and the system's own files.

    `home` is the directory of `.ssh`; `known_hosts` stands in for the user's own file.
    """
    lines = ["# Made by stackdeck for one connection; the first value of each option counts."]
    for hop in login.hops:
        if not _ALIAS.fullmatch(hop.host):
            raise ValueError(f"«{hop.host}» is no host")
        lines.append(f"Host {hop.host}")
        if hop.key:
            lines.append(f"  IdentityFile {_quoted(Path(hop.key).expanduser())}")
        lines.append(f"  UserKnownHostsFile {_quoted(known_hosts)}" if known_hosts else "")
        lines += ["  ForwardAgent no", "  ForwardX11 no"]
    lines += ["Match all", f"Include {_quoted(home / '.ssh' / 'config')}", "Include /etc/ssh/ssh_config", ""]
    return "\n".join(line for line in lines if line) + "\n"


def _jump(hop: Hop) -> str:
    host = f"[{hop.host}]" if ":" in hop.host else hop.host
    return f"{hop.user}@" * bool(hop.user) + host + f":{hop.port}" * bool(hop.port)


def _quoted(path: Path) -> str:
    """Return a path as a configuration takes it: `%` begins a token there, a quote ends the word."""
    text = str(path)
    if any(char in text for char in '"\n\r\0'):
        raise ValueError(f"ssh cannot take a path with quotes or line ends: {path}")
    return '"' + text.replace("%", "%%") + '"'
