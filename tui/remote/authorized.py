"""Who is let in by `stackdeck serve`: one directory a user, with authorized_keys and clouds.yaml, strictly checked.

    DIRECTORY/users/NAME/authorized_keys     public keys, as sshd(8) has them; from="…" and expiry-time="…" are honoured
    DIRECTORY/users/NAME/clouds.yaml         what the user sees
    DIRECTORY/users/NAME/stackdeck/settings.toml   optional

What others could change, or what asks for something that cannot be kept, lets nobody in.
"""

from __future__ import annotations

import datetime
import os
import re
import stat
from pathlib import Path

import asyncssh

USERS = "users"
KEYS = "authorized_keys"
CLOUDS = "clouds.yaml"
STEERING = ("stackdeck/settings.toml", ".ssh/config", ".ssh/known_hosts")
"""Files that need not be there; whoever writes to them chooses which way a user's requests and passwords go."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}")
_LONGEST = 1_000_000
"""Bytes of an authorized_keys that are read."""
_OBEYED = frozenset({"from", "expiry-time"})
"""In small letters, as asyncssh knows it: «FROM» would let in from everywhere, so it lets nobody in."""
_HARMLESS = frozenset({
    "restrict", "pty", "no-pty", "no-port-forwarding", "no-agent-forwarding", "no-x11-forwarding", "no-user-rc",
})  # fmt: skip
"""Options that are kept by never doing what they forbid; a terminal is all that there is here."""
_EXPIRY = re.compile(r"([0-9]{8})(?:([0-9]{4})([0-9]{2})?)?([Zz])?")
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def home_of(directory: Path, user: str) -> Path | None:
    """Return the directory of a user; None for a name that is none."""
    return directory / USERS / user if _NAME.fullmatch(user) else None


def unsafe(path: Path, *, secret: bool = False) -> str:
    """Say why a file or directory cannot be relied on, or «»: others could change it, or read it if it is secret.

    Every directory above it counts too; one that anybody may write to must be sticky, as /tmp is.
    """
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            return f"{path} is a link"
        if found.st_uid not in (0, os.geteuid()):
            return f"{path} belongs to another user"
        if found.st_mode & _OTHERS_WRITE:
            return f"{path} can be written by others: chmod go-w"
        if secret and found.st_mode & (stat.S_IROTH | stat.S_IXOTH):
            return f"{path} can be read by others: chmod o-rwx"
        for above in path.resolve().parents:
            seen = above.stat()
            if seen.st_uid not in (0, os.geteuid()):
                return f"{above} belongs to another user"
            if seen.st_mode & _OTHERS_WRITE and not seen.st_mode & stat.S_ISVTX:
                return f"{above} can be written by others: chmod go-w"
    except OSError as error:
        return f"{path}: {error.strerror}"
    return ""


def refusal(directory: Path, user: str, key: asyncssh.SSHKey, address: str) -> str:
    """Say why a key does not let a user in from an address, or «» where it does. For the log, not for the client."""
    home = home_of(directory, user)
    if home is None:
        return "no such name is possible"
    file = home / KEYS
    if not os.path.lexists(file):
        return "there is no such user"
    if why := unsafe(file):
        return why
    try:
        with file.open("rb") as stream:
            text = stream.read(_LONGEST).decode("utf-8", "replace")
    except OSError as error:
        return f"{file}: {error.strerror}"
    return _judged(text, key, address)


def _judged(text: str, key: asyncssh.SSHKey, address: str) -> str:
    blob = key.export_public_key().decode("ascii").split()[1]
    why = "the key is not in authorized_keys"
    for line in text.split("\n"):
        if len(line.splitlines()) > 1:
            continue  # asyncssh would take what stands behind a separator for a line of its own, sshd would not
        try:
            # Names would have to be looked up, and whoever owns an address answers for them: addresses alone count.
            options = asyncssh.import_authorized_keys(line).validate(key, address, address)
        except (ValueError, TypeError, AttributeError, asyncssh.KeyImportError):
            continue  # empty, a comment, no key, an option with and without a value: it lets nobody in
        if options is None:
            why = f"its line in authorized_keys does not let it in from {address}" if blob in line else why
            continue
        unknown = sorted(name for name in options if name not in _OBEYED and name.lower() not in _HARMLESS)
        late = _expired(options.get("expiry-time", []))
        if not unknown and not late:
            return ""
        why = f"the key has an option that is not kept here: {unknown[0]}" if unknown else late
    return why


def _expired(said: object) -> str:
    """Say which `expiry-time` keeps a key out by now, or «»: YYYYMMDD[HHMM[SS]][Z], without Z in this machine's zone.

    Source: sshd(8). What cannot be read keeps it out too.
    """
    for value in said if isinstance(said, list) else [said]:
        found = _EXPIRY.fullmatch(value) if isinstance(value, str) else None
        try:
            if found is None:
                raise ValueError(value)
            digits = f"{found[1]}{found[2] or '0000'}{found[3] or '00'}"
            until = datetime.datetime.strptime(f"{digits}+0000", "%Y%m%d%H%M%S%z")
            if not found[4]:
                until = until.replace(tzinfo=None).astimezone()
        except (ValueError, OverflowError):
            return f"its expiry-time is no date: {value}"
        if until < datetime.datetime.now(datetime.UTC):
            return f"the key has expired: {value}"
    return ""
