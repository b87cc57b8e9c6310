"""`known_hosts` read and kept: OpenSSH's file of host keys, changed one host at a time with everything else untouched.

The format is sshd(8), «SSH_KNOWN_HOSTS FILE FORMAT»: names (plain, `a,b`, patterns, or one hashed), algorithm, key.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import fcntl
import hmac
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tui.model.ssh import PORT, HostKey
from tui.model.trouble import Cause, Trouble, TroubleError

LOCK_WAIT = 5.0
"""Seconds that another program may hold the lock. OpenSSH takes none itself."""
_AGAIN = 0.05
_HASHED = b"|1|"


def usual_path() -> Path:
    """Return the user's own file, `~/.ssh/known_hosts`; it may not exist."""
    return Path.home() / ".ssh" / "known_hosts"


def name_of(host: str, port: int = PORT) -> str:
    """Return how known_hosts calls a host: `host`, or `[host]:port` where the port is not 22."""
    plain = host.lower()
    return plain if port in {0, PORT} else f"[{plain}]:{port}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line that names a host."""

    line: int
    """Its number in the file, from 1."""
    key: HostKey
    hashed: bool = False
    """The host's name cannot be read from it."""
    marker: str = ""
    """`@revoked` or `@cert-authority`; empty for most."""


class KnownHosts:
    """One file. Reading takes no lock and raises TroubleError (CONFIG) only for a file that cannot be read."""

    def __init__(self, path: Path | None = None, lock_wait: float = LOCK_WAIT) -> None:
        """`path` is the user's own file where none is given; `lock_wait` is in seconds."""
        self.path = path or usual_path()
        self._lock_wait = lock_wait

    def entries(self, host: str, port: int = PORT) -> tuple[Entry, ...]:
        """Return every line for a host, in the file's order; lines that cannot be read count for nothing."""
        name = name_of(host, port)
        found = []
        for number, raw in enumerate(self._read().splitlines(), start=1):
            line = _parsed(raw)
            if line is not None and _matches(line.names, name):
                key = HostKey(line.algorithm, line.blob)
                found.append(Entry(number, key, line.names.startswith(_HASHED), line.marker))
        return tuple(found)

    def keys(self, host: str, port: int = PORT) -> tuple[HostKey, ...]:
        """Return the keys that a host may show; authorities of certificates and revoked keys are none of them."""
        entries = self.entries(host, port)
        revoked = {entry.key for entry in entries if entry.marker == "@revoked"}
        return tuple(entry.key for entry in entries if not entry.marker and entry.key not in revoked)

    def revoked(self, host: str, port: int = PORT) -> frozenset[HostKey]:
        """Return the keys that a host must never show again."""
        return frozenset(entry.key for entry in self.entries(host, port) if entry.marker == "@revoked")

    def replace(self, host: str, port: int, keys: Sequence[HostKey]) -> tuple[HostKey, ...]:
        """Let a host have these keys and no others; return those that were there and went.

        Lines of other hosts, comments, patterns and `@` lines stay byte for byte; of `a,b` the other name stays. The
        new lines are hashed where the old ones were, else where the file has hashed ones. Written at once and whole,
        0600, the old file kept as `known_hosts.old`; a symbolic link stays one.

        Raises TroubleError (CONFIG): the file is locked by another program, or cannot be written.
        """
        name = name_of(host, port)
        path = Path(os.path.realpath(self.path))
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._locked(path):
                old = self._read()
                kept, gone, hashed = _without(old, name)
                new = kept + b"".join(_line(name, key, hashed=hashed) for key in keys)
                if gone or keys:
                    _write(path, old, new)
        except OSError as error:
            raise self._trouble(f"cannot be written: {error.strerror or error}", str(error)) from error
        had = tuple(dict.fromkeys(gone))
        return tuple(key for key in had if key not in keys)

    def remove(self, host: str, port: int = PORT) -> tuple[HostKey, ...]:
        """Forget a host; return its keys. Raises TroubleError (CONFIG) as `replace` does."""
        return self.replace(host, port, ())

    def _read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise self._trouble(f"cannot be read: {error.strerror or error}", str(error)) from error

    @contextlib.contextmanager
    def _locked(self, path: Path) -> Iterator[None]:
        """Hold `known_hosts.lock`; raises OSError, and TroubleError once the wait is over."""
        flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
        guard = os.open(path.with_name(path.name + ".lock"), flags, 0o600)
        try:
            until = time.monotonic() + self._lock_wait
            while True:
                try:
                    fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() >= until:
                        said = f"is locked by another program for over {self._lock_wait:g} s"
                        raise self._trouble(said, "", "Try again, or end that program.") from None
                    time.sleep(_AGAIN)
            yield
        finally:
            os.close(guard)

    def _trouble(self, what: str, said: str, hint: str = "") -> TroubleError:
        title = f"{self.path} {what}"
        return TroubleError(Trouble(Cause.CONFIG, title, said, short="known_hosts", source=str(self.path), hint=hint))


@dataclass(frozen=True, slots=True)
class _Line:
    names: bytes
    algorithm: str
    blob: str
    marker: str = ""


_ALGORITHM = re.compile(rb"[a-z0-9@.+-]+", re.IGNORECASE)


def _parsed(raw: bytes) -> _Line | None:
    """Read a line; None for comments, blanks and what has no shape of a key."""
    words = raw.split()
    marker = ""
    if words and words[0].startswith(b"@"):
        marker, words = words[0].decode("ascii", "replace"), words[1:]
    if len(words) < 3 or words[0].startswith(b"#") or not _ALGORITHM.fullmatch(words[1]):
        return None
    try:
        base64.b64decode(words[2], validate=True)
    except (binascii.Error, ValueError):
        return None
    return _Line(words[0], words[1].decode("ascii"), words[2].decode("ascii"), marker)


def _matches(names: bytes, name: str) -> bool:
    """Whether the first word of a line means a host: hashed, plain, with `*`, `?` and `!`."""
    if names.startswith(_HASHED):
        return _is_hash_of(names, name)
    found = False
    for pattern in names.decode("utf-8", "surrogateescape").lower().split(","):
        refused = pattern.startswith("!")
        if _fits(pattern.removeprefix("!"), name):
            if refused:
                return False
            found = True
    return found


def _fits(pattern: str, name: str) -> bool:
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in re.sub(r"\*+", "*", pattern))
    return re.fullmatch("".join(parts), name) is not None


def _is_hash_of(names: bytes, name: str) -> bool:
    parts = names.split(b"|")
    try:
        salt, digest = base64.b64decode(parts[2], validate=True), base64.b64decode(parts[3], validate=True)
    except (IndexError, binascii.Error, ValueError):
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode("utf-8", "surrogateescape"), "sha1").digest(), digest)


def _names(names: bytes, name: str) -> bool:
    """Whether a line has a host by this very name, not by a pattern."""
    return _is_hash_of(names, name) if names.startswith(_HASHED) else name.encode() in names.lower().split(b",")


def _without(data: bytes, name: str) -> tuple[bytes, list[HostKey], bool]:
    """Return the file without a host, its keys, and whether its new lines are to be hashed."""
    kept: list[bytes] = []
    gone: list[HostKey] = []
    ways: list[bool] = []
    any_hashed = False
    for raw in data.splitlines(keepends=True):
        line = _parsed(raw)
        hashed = line is not None and line.names.startswith(_HASHED)
        any_hashed |= hashed
        if line is None or line.marker or not _names(line.names, name):
            kept.append(raw)
            continue
        gone.append(HostKey(line.algorithm, line.blob))
        ways.append(hashed)
        others = [] if hashed else [one for one in line.names.split(b",") if one.lower() != name.encode()]
        if others:
            kept.append(raw.replace(line.names, b",".join(others), 1))
    if kept and not kept[-1].endswith(b"\n"):
        kept[-1] += b"\n"
    return b"".join(kept), gone, any(ways) if ways else any_hashed


def _line(name: str, key: HostKey, *, hashed: bool) -> bytes:
    shown = name
    if hashed:
        salt = os.urandom(20)
        digest = hmac.new(salt, name.encode(), "sha1").digest()
        shown = f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"
    return f"{shown} {key.algorithm} {key.blob}\n".encode()


def _write(path: Path, old: bytes, new: bytes) -> None:
    """Put the new file in the old one's place, and the old one beside it. Raises OSError."""
    if old:
        _put(path.with_name(path.name + ".old"), old)
    _put(path, new)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _put(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
