"""Regular expressions that people type: which text is one, and whether it may run on 50,000 rows."""

from __future__ import annotations

import re
import warnings

import msgspec

LONGEST = 200
"""Characters of the longest expression that is compiled."""

MOST_REPEATS = 4
"""Unbounded repeats in one expression: each further one multiplies the time on a text that does not match."""

META = frozenset("\\^$*+?{}[]|()")
"""Characters that make a term an expression. The dot alone does not: addresses and host names have dots."""

_BIG = 10
_COUNTED = re.compile(r"\{(\d*)(,?)(\d*)\}")
_ALTERNATIVES = re.compile(r"[\w@:.-]+(?:\|[\w@:.-]+)+")
_REFERENCE = re.compile(r"\(\?P=|\(\?\(|\\[1-9]")
_KEPT_OR_UPPER = re.compile(r"\\.|[^\\]", re.DOTALL)


class Pattern(msgspec.Struct, frozen=True):
    """A checked expression: `lower` searches lower-case text fast, `any_case` finds the spans in shown text."""

    source: str
    lower: re.Pattern[str]
    any_case: re.Pattern[str]
    words: tuple[str, ...] = ()
    """The alternatives, lower-case, where the expression is just `a|b|c`: plain search is faster then."""


class _Group(msgspec.Struct):
    varies: bool = False
    """Whether the text it matches may be parted in several ways: it holds a repeat or a choice."""


def looks_like_one(text: str) -> bool:
    """Whether a term is meant as a regular expression."""
    return not META.isdisjoint(text)


def checked(text: str) -> Pattern:
    """Return the expression ready for use. Raises ValueError with the reason, to follow «searched as plain text:»."""
    if len(text) > LONGEST:
        raise ValueError(f"the expression is longer than {LONGEST} characters")
    if _REFERENCE.search(text):
        raise ValueError("back references are too slow for a live filter")
    try:
        any_case = _compiled(text, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"not a regular expression ({error})") from error
    if _explodes(text):
        raise ValueError(f"repeats within repeats, or over {MOST_REPEATS} of them, can take forever")
    words = tuple(text.lower().split("|")) if _ALTERNATIVES.fullmatch(text) else ()
    return Pattern(text, _lowered(text) or any_case, any_case, words)


def _compiled(text: str, flags: int = 0) -> re.Pattern[str]:
    with warnings.catch_warnings():
        # «Possible nested set» on stderr would land on the screen.
        warnings.simplefilter("ignore")
        return re.compile(text, flags | re.MULTILINE)


def _lowered(text: str) -> re.Pattern[str] | None:
    """Compile for lower-case text without IGNORECASE, which costs several times as much; escapes keep their case."""
    lowered = _KEPT_OR_UPPER.sub(lambda found: found[0] if found[0][0] == "\\" else found[0].lower(), text)
    try:
        return _compiled(lowered)
    except (re.error, OverflowError, RecursionError):
        return None


def _explodes(text: str) -> bool:
    """Whether matching could take exponential time: a repeated group that varies inside, or too many repeats.

    A scan, not a proof: it refuses some harmless expressions and no common ones.
    """
    groups = [_Group()]
    closed: _Group | None = None
    repeats = 0
    index = 0
    while index < len(text):
        char = text[index]
        size, repeat = _quantifier(text, index)
        if size:
            if repeat and closed is not None and closed.varies:
                return True
            repeats += repeat
            groups[-1].varies = True
            index += size
            closed = None
            continue
        closed = None
        if char == "\\":
            index += 1
        elif char == "[":
            index = _class_end(text, index)
        elif char == "(":
            groups.append(_Group())
            index += 1 if text.startswith("(?", index) else 0
        elif char == ")" and len(groups) > 1:
            closed = groups.pop()
            groups[-1].varies |= closed.varies
        elif char == "|":
            groups[-1].varies = True
        index += 1
    return repeats > MOST_REPEATS


def _quantifier(text: str, index: int) -> tuple[int, bool]:
    """Return the length of the quantifier that starts here (0: none) and whether it repeats often."""
    char = text[index]
    if char in "*+":
        size, repeat = 1, True
    elif char == "?":
        size, repeat = 1, False
    elif char == "{" and (found := _COUNTED.match(text, index)):
        least, comma, most = found[1] or "0", found[2], found[3]
        size, repeat = len(found[0]), (int(most or least) if most or not comma else _BIG + 1) > _BIG or bool(comma)
    else:
        return 0, False
    following = text[index + size : index + size + 1]
    return size + (following in {"?", "+"}), repeat


def _class_end(text: str, index: int) -> int:
    """Return the index of the bracket that closes the character class opened at `index`."""
    at = index + 1
    if text.startswith("^", at):
        at += 1
    if text.startswith("]", at):
        at += 1
    while at < len(text) and text[at] != "]":
        at += 2 if text[at] == "\\" else 1
    return at
