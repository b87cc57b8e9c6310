"""Tokens kept between runs in the user's cache directory, 0600, named by a salted digest."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import time
from pathlib import Path
from typing import Any

import msgspec

from tui.config.paths import is_private, private_dir, tokens_dir, write_private

_SALT = "salt"


class Kept(msgspec.Struct):
    """One token as it is kept. Times are epoch seconds of our own clock."""

    state: str
    """What keystoneauth's `get_auth_state` gave."""
    until: float
    found: dict[str, str] = {}
    """What its services were asked about themselves: version documents, as `Signer.note` was told."""


_KEPT = msgspec.json.Decoder(Kept)


class TokenCache:
    """Reads and writes tokens. Every failure means «nothing kept»: the worst outcome is one more sign-in."""

    def __init__(self, directory: Path | None = None, *, writes: bool = True) -> None:
        """Without `writes` tokens stay as they are: for a process beside the one that signs in."""
        self._directory = directory
        self._writes = writes
        self._salt: bytes | None = None

    def name(self, *parts: Any) -> str:
        """Return the name under which a credential's token is kept; without the salt nobody can guess back from it."""
        text = msgspec.json.encode([str(part) for part in parts])
        return hmac.new(self._salted(), text, hashlib.sha256).hexdigest()

    def load(self, name: str) -> Kept | None:
        """Return the token kept under a name, unless it ran out or its file is not ours alone."""
        try:
            path = self._home() / f"{name}.json"
            if not is_private(path) or not is_private(path.parent):
                return None
            kept = _KEPT.decode(path.read_bytes())
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None
        if kept.until <= time.time():
            self.drop(name)
            return None
        return kept

    def store(self, name: str, kept: Kept) -> None:
        """Keep a token, and throw out those that ran out."""
        if not self._writes:
            return
        with contextlib.suppress(OSError):
            write_private(self._home() / f"{name}.json", msgspec.json.encode(kept))
            self._sweep()

    def drop(self, name: str) -> None:
        """Forget a token."""
        if not self._writes:
            return
        with contextlib.suppress(OSError):
            (self._home() / f"{name}.json").unlink(missing_ok=True)

    def _home(self) -> Path:
        if self._directory is None:
            self._directory = tokens_dir()
        return private_dir(self._directory)

    def _salted(self) -> bytes:
        if self._salt is None:
            try:
                path = self._home() / _SALT
                if not is_private(path) or len(path.read_bytes()) != 32:
                    write_private(path, secrets.token_bytes(32))
                self._salt = path.read_bytes()
            except OSError:
                self._salt = secrets.token_bytes(32)
        return self._salt

    def _sweep(self) -> None:
        now = time.time()
        with os.scandir(self._home()) as files:
            for file in files:
                if not file.name.endswith(".json") or not file.is_file(follow_symlinks=False):
                    continue
                with contextlib.suppress(OSError, msgspec.MsgspecError, UnicodeDecodeError):
                    if _KEPT.decode(Path(file.path).read_bytes()).until <= now:
                        Path(file.path).unlink()
