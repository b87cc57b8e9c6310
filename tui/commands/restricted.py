"""`stackdeck --restricted`: the dashboard for people who have no account on this machine, before it starts."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import signal
import sys
import termios
from collections.abc import MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from tui.config.fence import raise_fence
from tui.model.ssh import Said, hops
from tui.model.trouble import Cause, Trouble, TroubleError

if TYPE_CHECKING:
    from tui.config.settings import CloudSettings, RegionSettings, Settings

REFUSED = ("TEXTUAL_LOG", "TEXTUAL_DRIVER", "TEXTUAL_SCREENSHOT", "TEXTUAL_PRESS")
"""They make Textual write to a file, or run what somebody named."""
_DROPPED = frozenset({
    "VISUAL", "EDITOR", "PAGER", "BROWSER", "SHELL", "SSH_ORIGINAL_COMMAND", "SSH_ASKPASS",
})  # fmt: skip
"""What names a program. What the client asked sshd to run is not even looked at."""
_DROPPED_PREFIXES = ("TEXTUAL", "STACKDECK_")
_PR_SET_DUMPABLE = 4


def refuse(command: str, environ: MutableMapping[str, str]) -> None:
    """Raise TroubleError (CONFIG) for a command or an environment that a restricted session does not have."""
    if command:
        raise _trouble(f"--restricted is for the dashboard: {command} is off", "Run it without --restricted.")
    for name in REFUSED:
        if environ.get(name):
            raise _trouble(f"{name} is not taken in a restricted session", f"Unset {name}.")
    if {"debug", "devtools"} & set(environ.get("TEXTUAL", "").split(",")):
        raise _trouble("Textual's devtools are not taken in a restricted session", "Unset TEXTUAL.")


def clean(environ: MutableMapping[str, str]) -> None:
    """Take away what names programs and files, or turns on what is for developers."""
    for name in [name for name in environ if name in _DROPPED or name.startswith(_DROPPED_PREFIXES)]:
        del environ[name]


def harden() -> None:
    """No core files, no other process that reads this one's memory, no job control, nothing for others to read."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # From the terminal they can only come before the dashboard has it, or after.
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    signal.signal(signal.SIGQUIT, signal.SIG_IGN)
    not_dumpable()


def _take_terminal() -> None:
    """Make stdin's the controlling terminal, as a login does: its end and its size are told by signals then.

    The server that started this process waits for its own signals, and a child inherits that it holds them back.
    """
    with contextlib.suppress(OSError):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def not_dumpable() -> None:
    """Close /proc/PID/mem and ptrace to other processes of this user, where the system can. Source: prctl(2)."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def begin(command: str, served: int = -1) -> None:
    """Make this process a restricted session, as far as that can be before its settings are read.

    `served`: the descriptor that `stackdeck serve` gave it, -1 for sshd's.
    Raises TroubleError (CONFIG) for a `command` other than the dashboard, or an environment that is not taken.
    """
    if served >= 0:
        _take_terminal()
    refuse(command, os.environ)
    clean(os.environ)
    harden()


def fence_in(settings: Settings, writable: Sequence[Path] = ()) -> None:
    """Raise the fence; nothing that this process still needs from outside may come later. Raises TroubleError."""
    try:
        raise_fence(writable, (*writable, *_named(settings)))
    except OSError as error:
        said = f"{error.filename or 'the state directory'}: {error.strerror or error}"
        raise _trouble(f"A restricted session needs its state and cache: {said}", "") from error


def _named(settings: Settings) -> list[Path]:
    """Files that the settings name: keys and known hosts of the way to the clouds."""
    clouds = settings.clouds.values()
    parts: list[CloudSettings | RegionSettings] = [*clouds]
    parts += [region for cloud in clouds for region in cloud.regions.values()]
    said = [settings.ssh.known_hosts, *(part.ssh_key for part in parts)]
    said += [hop.key for part in parts for way in (part.ssh_tunnel, part.ssh_jump) for hop in hops(cast(Said, way))]
    return [Path(path).expanduser() for path in said if path]


def _trouble(title: str, hint: str) -> TroubleError:
    return TroubleError(Trouble(Cause.CONFIG, title, short="restricted", hint=hint))
