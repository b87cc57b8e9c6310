"""The fence around a restricted session: it starts no program, and no file of this machine is read or written for it.

Whoever is let in by `stackdeck --restricted` (sshd's ForceCommand, `stackdeck serve`) is given a dashboard, not an
account. What would leave the dashboard is off where it is offered; this is what stands behind, should one place forget:
an audit hook of the interpreter (PEP 578), which cannot be taken away again. It fences our own code in, not code that
somebody else runs in this process: nobody else's does.
"""

from __future__ import annotations

import errno
import os
import signal
import site
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
from platformdirs import site_config_dir, user_cache_dir, user_config_dir

from tui.config.paths import cache_dir, config_dir, state_dir

NO_FILE = "a restricted session reads no file of this machine"
NO_WRITE = "a restricted session writes no file"
NO_PROGRAM = "a restricted session starts no program"
NO_LISTENING = "a restricted session opens no port"

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_DEVICES = frozenset({"/dev/null", "/dev/tty", "/dev/zero", "/dev/urandom", "/dev/random"})
_SYSTEM = (
    "/usr", "/lib", "/lib64", "/System", "/Library/Frameworks", "/sys",
    "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/etc/openstack", "/etc/hosts", "/etc/resolv.conf",
    "/etc/nsswitch.conf", "/etc/os-release", "/etc/localtime", "/etc/timezone", "/etc/mime.types",
    "/etc/ssh/ssh_config", "/etc/ssh/ssh_known_hosts", "/etc/terminfo",
    "/proc/self", "/proc/version", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat",
)  # fmt: skip
"""What Python and its libraries look at by themselves, none of it private to anybody."""
_VARIABLES = (
    "OS_CLIENT_CONFIG_FILE", "OS_CLIENT_SECURE_FILE", "OS_CLIENT_VENDOR_FILE", "OS_CACERT", "OS_CERT", "OS_KEY",
    "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""Environment variables that name a file of the configuration."""
_CLOUDS = ("clouds", "secure", "clouds-public")
"""Files that openstacksdk reads in the working directory, as .yaml, .yml, .json."""

_PROGRAMS = frozenset({
    "subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.fork", "os.forkpty", "pty.spawn",
    "os.startfile", "webbrowser.open",
})  # fmt: skip
_CHANGES: dict[str, tuple[int, ...]] = {
    "os.remove": (0,), "os.rmdir": (0,), "os.mkdir": (0,), "os.chmod": (0,), "os.chown": (0,), "os.truncate": (0,),
    "os.utime": (0,), "os.rename": (0, 1), "os.link": (0, 1), "os.symlink": (1,), "os.chflags": (0,),
    "os.setxattr": (0,), "os.removexattr": (0,), "shutil.rmtree": (0,), "shutil.move": (0, 1),
}  # fmt: skip
"""Event → which of its arguments are paths that change. Source: Python's audit events table."""
_READS = frozenset({"os.listdir", "os.scandir", "os.getxattr", "os.listxattr"})
_STOPS = frozenset({signal.SIGSTOP, signal.SIGTSTP})

_raised = False


def fenced() -> bool:
    """Tell whether this process is a restricted session."""
    return _raised


def raise_fence(writable: Iterable[Path] = (), readable: Iterable[Path] = ()) -> None:
    """Fence this process in, for good. Beyond its state and cache it may write to `writable` and read `readable`.

    Raises OSError where state and cache cannot be made.
    """
    global _raised
    own = (state_dir(), cache_dir(), *writable)
    fence = _Fence(_real(own), _real((*own, *readable, *_known())))
    sys.dont_write_bytecode = True
    # ctypes looks for libraries by way of a temporary file, when asyncssh is imported.
    tempfile.tempdir = str(cache_dir())
    _raised = True
    sys.addaudithook(fence.check)


def typed_file(typed: str) -> Path:
    """Return the file of this machine that a person names, ~ expanded.

    Raises PermissionError in a restricted session, RuntimeError for the home of nobody.
    """
    if _raised:
        raise PermissionError(errno.EACCES, NO_FILE, typed)
    return Path(typed).expanduser()


def _known() -> list[Path]:
    """Return what may be read: code, settings, clouds files, what belongs to the system."""
    package = Path(__file__).resolve().parents[2]
    code: list[str | Path] = [
        sys.prefix,
        sys.base_prefix,
        sys.exec_prefix,
        package,
        *site.getsitepackages(),
        site.getusersitepackages(),
    ]
    code += [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages", ".zip"))]
    home = Path.home()
    own = [config_dir(), home / ".config" / "openstack", home / ".ssh", Path(user_cache_dir("python-entrypoints"))]
    own += [Path(user_config_dir("openstack")), *map(Path, site_config_dir("openstack", multipath=True).split(":"))]
    own += [Path.cwd() / f"{name}.{end}" for name in _CLOUDS for end in ("yaml", "yml", "json")]
    own += [Path(os.environ[name]) for name in _VARIABLES if os.environ.get(name)]
    return [*map(Path, code), *own, *map(Path, _SYSTEM)]


def _real(paths: Iterable[Path]) -> tuple[str, ...]:
    """Return them as they really are, links resolved; never the root, which would be everything."""
    found = {os.path.realpath(path) for path in paths}
    return tuple(sorted(found - {os.sep}))


class _Fence(msgspec.Struct, frozen=True):
    """The hook. Whatever it raises comes out of the call that was going to do it."""

    writable: Sequence[str]
    readable: Sequence[str]

    def check(self, event: str, given: tuple[Any, ...]) -> None:
        """Raise PermissionError for what a restricted session does not do. Called by the interpreter."""
        if event == "open":
            writes = isinstance(given[2], int) and bool(given[2] & _WRITES)
            (self._write if writes else self._read)(given[0])
        elif event in _PROGRAMS:
            _refuse(NO_PROGRAM)
        elif event in _CHANGES:
            for place in _CHANGES[event]:
                self._write(given[place])
        elif event in _READS:
            self._read("." if given[0] is None else given[0])
        elif event == "socket.bind" and _listens(given[1]):
            _refuse(NO_LISTENING)
        elif event == "os.kill" and given[1] in _STOPS:
            _refuse("a restricted session is not suspended")

    def _read(self, path: object) -> None:
        if not _within(path, self.readable):
            _refuse(NO_FILE, path)

    def _write(self, path: object) -> None:
        if not _within(path, self.writable):
            _refuse(NO_WRITE, path)


def _within(path: object, allowed: Sequence[str]) -> bool:
    if not isinstance(path, (str, bytes, os.PathLike)):
        return True  # a descriptor that is open already
    name = os.path.realpath(os.fsdecode(path))
    return name in _DEVICES or any(name == each or name.startswith(each + os.sep) for each in allowed)


def _listens(address: object) -> bool:
    """Whether a port of one's choice is taken; urllib3 binds to any to see whether there is IPv6."""
    return not (isinstance(address, tuple) and len(address) > 1 and address[1] == 0)


def _refuse(why: str, path: object = None) -> None:
    raise PermissionError(errno.EACCES, why, path if isinstance(path, (str, bytes)) else None)
