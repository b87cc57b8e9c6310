"""The last resort: an unexpected error becomes a short report, without the values that a traceback may show."""

from __future__ import annotations

import json
import logging
import os
import platform
import re
import sys
import threading
import traceback
from urllib.parse import quote

from tui import __version__
from tui.model.secret import SHORTEST, remembered
from tui.model.text import inert

HIDDEN = "«hidden»"

_SECRETS = (
    re.compile(r"gAAAAA[\w-]{20,}={0,2}"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
    re.compile(
        r"(?i)((?:password|passwd|adminpass|secret|passcode|token|user_data|temp_url_sig|x-auth-token|x-subject-token)"
        r"""[\w-]*["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s,;&)}\]]+)"""
    ),
)
"""Fernet tokens; credentials within a URL; anything named like a secret, up to the end of its value."""

_FRAMES = 6


def scrubbed(text: str) -> str:
    """Return a text with all hidden that looks like a secret, is one of this run's, or a secret variable's value."""
    named = [value for name, value in os.environ.items() if re.search(r"(?i)pass|secret|token", name)]
    known = {value for value in (*remembered(), *named) if len(value) >= SHORTEST}
    spelt = {
        spelling
        for value in known
        for spelling in (value, repr(value)[1:-1], json.dumps(value)[1:-1], quote(value, safe="", errors="replace"))
    }
    # All are looked for in the text as it is: hiding one could take away what tells another, «secret» in «secret=…».
    found = [match.span() for each in spelt for match in re.finditer(re.escape(each), text)]
    found += [match.span(match.lastindex or 0) for pattern in _SECRETS for match in pattern.finditer(text)]
    parts, end = [], 0
    for start, stop in sorted(found):
        if start >= end:
            parts += [text[end:start], HIDDEN]
        end = max(end, stop)
    return "".join(parts) + text[end:]


def report(error: BaseException) -> str:
    """Return what to print: what happened, where in the code, no locals, nothing secret."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    where = "\n".join(f"  {_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)
    said = inert(scrubbed(str(error)))[:500]
    return (
        f"stackdeck: unexpected {type(error).__name__}: {said}\n{where}\n"
        f"stackdeck {__version__}, Python {platform.python_version()}, {platform.system()}\n"
        "This is a bug in stackdeck. The lines above hold no secrets: report them as they are.\n"
    )


def guard() -> None:
    """Have all that Python prints by itself hide secrets too: errors of threads and destructors, logs nobody takes."""
    threading.excepthook = _in_thread
    sys.unraisablehook = _in_destructor
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    handler.setFormatter(_Scrubbing("%(message)s"))
    logging.lastResort = handler


class _Scrubbing(logging.Formatter):
    """Formats whole, then hides: arguments and the text of an error are in the record's other parts."""

    def format(self, record: logging.LogRecord) -> str:
        return scrubbed(super().format(record))


def _in_thread(said: threading.ExceptHookArgs) -> None:
    if said.exc_value is not None and not isinstance(said.exc_value, SystemExit):
        _print(report(said.exc_value))


def _in_destructor(said: sys.UnraisableHookArgs) -> None:
    if said.exc_value is not None:
        _print(report(said.exc_value))


def _print(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text)


def _short(path: str) -> str:
    """Return a path from its package on: where it is installed says who the user is."""
    for mark in ("site-packages" + os.sep, os.sep + "tui" + os.sep, os.sep + "lib" + os.sep):
        head, found, tail = path.rpartition(mark)
        if found and head:
            return ("tui" + os.sep if mark.strip(os.sep) == "tui" else "") + tail
    return os.path.basename(path)
