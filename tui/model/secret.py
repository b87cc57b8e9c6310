"""What is secret: in a resource, hidden until someone asks to see it; and what this run was told or given."""

from __future__ import annotations

import re
from collections.abc import Mapping

HIDDEN = "«hidden»"

_KEY = re.compile(
    r"user_?data|admin_?pass|pass(?:word|wd|phrase|code)|secret|token|private_?key|credential|api_?key|access_?key"
    r"|personality|injected_?files",
    re.IGNORECASE,
)
_INSIDE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\bgAAAAA[\w=-]{20}"
    r"|\beyJ[\w-]{10,}\.[\w-]{10,}\."
    r"|://[^/\s:@]+:[^@/\s]+@"
    r"|(?i:(?:pass(?:word|wd|phrase)|secret|token|api_?key)\w*=\S)"
    r"|(?i:[?&](?:temp_url_sig|sig|signature|X-Amz-Signature)=\S)",
)
"""Private keys, Keystone's Fernet and JWS tokens, URLs with a password, `password=…`, signed URLs."""

_MARKS = ("=", "://", "gAAAAA", "eyJ", "PRIVATE KEY")
"""One of these is in every text that the expression above finds."""


SHORTEST = 6
"""Letters from which on a secret is looked for in other texts: a shorter one would be found in ordinary words."""
_MOST = 1000

_known: dict[str, None] = {}


def remember(*secrets: object) -> None:
    """Note passwords, passphrases and tokens of this run, for the last look over what it says when it breaks."""
    for secret in secrets:
        if isinstance(secret, str) and len(secret) >= SHORTEST:
            _known[secret] = None
    while len(_known) > _MOST:
        _known.pop(next(iter(_known)), None)


def remembered() -> tuple[str, ...]:
    """Return them, the longest first: one may be a part of another."""
    return tuple(sorted(_known, key=len, reverse=True))


def is_secret_key(key: object, own: frozenset[str] = frozenset()) -> bool:
    """Whether a value with this key is secret; `own` are further keys that a kind declares."""
    return isinstance(key, str) and (key in own or _KEY.search(key) is not None)


def without_secrets(value: object, own: frozenset[str] = frozenset(), word: str = HIDDEN) -> object:
    """Return JSON-like data with every secret value, in any depth, replaced by `word`; None, yes, no and empty stay."""
    if isinstance(value, Mapping):
        named = is_secret_key(value.get("key") or value.get("name"), own)
        return {
            key: word
            if (is_secret_key(key, own) or (named and key == "value")) and _holds_something(held)
            else without_secrets(held, own, word)
            for key, held in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [without_secrets(each, own, word) for each in value]
    # The marks are looked for first: most texts have none, and a plain search costs a tenth of the expression.
    if isinstance(value, str) and any(mark in value for mark in _MARKS) and _INSIDE.search(value):
        return word
    return value


def _holds_something(value: object) -> bool:
    return value is not None and not isinstance(value, bool) and value not in ("", [], {}, ())
