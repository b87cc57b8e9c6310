"""Read-only mode: the list of what may still be sent."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import msgspec

from tui.model.trouble import Cause, Trouble, TroubleError

_SAFE_METHODS = frozenset({"GET", "HEAD"})
_READING_ACTIONS = frozenset({"os-getConsoleOutput"})
"""Server actions that change nothing (Nova API reference, «Show Console Output»)."""


def allows(method: str, path: str, body: bytes | str | None) -> bool:
    """Tell whether a request changes nothing: GET, HEAD, signing in, and reading a console log."""
    verb = method.upper()
    if verb in _SAFE_METHODS:
        return True
    if verb != "POST":
        return False
    trimmed = path.rstrip("/")
    if trimmed.endswith(("/v3/auth/tokens", "/v2.0/tokens")):
        return True
    if not trimmed.endswith("/action"):
        return False
    try:
        action = msgspec.json.decode(body or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, RecursionError):
        return False
    return isinstance(action, dict) and len(action) == 1 and set(action) <= _READING_ACTIONS


_thread = threading.local()


@contextlib.contextmanager
def signing_in() -> Iterator[None]:
    """Mark this thread's requests as a sign-in: identity providers are asked by POST at addresses of their own.

    Only `Signer` enters it, around one call of an auth plugin; nothing else runs inside.
    """
    _thread.signing = True
    try:
        yield
    finally:
        _thread.signing = False


def is_signing_in() -> bool:
    """Tell whether this thread is inside `signing_in`."""
    return bool(getattr(_thread, "signing", False))


def refuse(method: str, url: str) -> TroubleError:
    """Return the error that is raised instead of sending."""
    return TroubleError(
        Trouble(
            cause=Cause.READ_ONLY,
            title="Not sent: stackdeck is read-only here",
            short="read-only",
            asked=f"{method} {url}",
            hint="Start without --read-only, or take read_only out of settings.toml.",
        )
    )
