"""The audit log: who did what where, one line of JSON before each change is sent and one after. No secrets."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from tui.config.fence import typed_file
from tui.config.paths import private_dir, state_dir
from tui.model.secret import HIDDEN, is_secret_key, without_secrets
from tui.resources.action import Action, Input, Values

Line = Mapping[str, Any]
"""One line: `at` (ISO 8601, UTC), `what` (intent, result), `operation`, `action`, `user`, `cloud`, `region`, `project`,
`kind`, `id`, `name`, `values`, `command`; of a result also `outcome`, `request_id`, `status`, `said`, `seconds`."""

MOST = 5_000_000
"""Bytes of one file."""
FILES = 5
NAME = "audit.jsonl"

_HELD_BACK = frozenset({Input.SECRET, Input.FILE, Input.LINES})
"""Inputs whose values are never written: passwords, and what is long enough to hold one (user data, keys)."""
_LONGEST_PATH = 4096
_READ = 100_000
"""Bytes of a file in which secrets are looked for: more than Nova takes as user data."""
_LEAST = 4
"""Shorter pieces of a secret are not looked for in other texts: they are in every one."""


class Audit:
    """Appends to `audit.jsonl` in the state directory, 0600, 5 files of 5 MB. Thread-safe; never raises."""

    def __init__(self, path: Path | None = None, most: int = MOST, also: int = -1) -> None:
        """`also`: a descriptor that takes the same lines, for whoever serves this session; -1: none."""
        self._path = path
        self._most = most
        self._also = also
        self._lock = threading.Lock()
        self._trouble = ""

    @property
    def trouble(self) -> str:
        """Why the last line could not be written; «» when it could."""
        return self._trouble

    def check(self) -> str:
        """Return why a line could not be written now, «» when it could: asked before a dialog opens."""
        try:
            with self._lock, self._opened():
                self._trouble = ""
        except OSError as error:
            self._trouble = _why(error)
        return self._trouble

    def write(self, line: Line) -> bool:
        """Append a line; returns whether it was written."""
        data = _encoded(line)
        try:
            with self._lock, self._opened() as file:
                if file.tell() and file.tell() + len(data) > self._most:
                    self._rotate()
                    with self._opened(locked=False) as fresh:
                        _append(fresh, data)
                else:
                    _append(file, data)
                if self._also >= 0:
                    _send(self._also, data)
                self._trouble = ""
        except OSError as error:
            self._trouble = _why(error)
            return False
        return True

    @contextlib.contextmanager
    def _opened(self, *, locked: bool = True) -> Iterator[Any]:
        """Open the file at its end; other dashboards wait meanwhile. Raises OSError."""
        path = self._path or state_dir() / NAME
        private_dir(path.parent)
        with contextlib.ExitStack() as stack:
            if locked:
                guard = os.open(path.with_name(f".{path.name}.lock"), _FLAGS | os.O_RDWR, 0o600)
                stack.callback(os.close, guard)
                fcntl.flock(guard, fcntl.LOCK_EX)
            file = stack.enter_context(os.fdopen(os.open(path, _FLAGS | os.O_WRONLY, 0o600), "ab", buffering=0))
            if os.fstat(file.fileno()).st_mode & 0o077:
                os.fchmod(file.fileno(), 0o600)
            file.seek(0, os.SEEK_END)
            yield file

    def _rotate(self) -> None:
        """audit.jsonl becomes audit.1.jsonl, that one audit.2.jsonl …; the oldest goes."""
        path = self._path or state_dir() / NAME
        files = _files(path)
        files[-1].unlink(missing_ok=True)
        for older, newer in zip(reversed(files), reversed(files[:-1]), strict=False):
            with contextlib.suppress(FileNotFoundError):
                newer.replace(older)


_FLAGS = os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW


def read_audit(limit: int = 1000, path: Path | None = None) -> Sequence[Line]:
    """Return the newest lines of all files, newest first; what is no JSON object is left out. Never raises."""
    found: list[Line] = []
    try:
        files = _files(path or state_dir() / NAME)
    except OSError:
        return found
    for file in files:
        try:
            lines = file.read_bytes().splitlines()
        except OSError:
            continue
        for text in reversed(lines):
            if len(found) >= limit:
                return found
            with contextlib.suppress(ValueError, RecursionError):
                line = json.loads(text)
                if isinstance(line, dict):
                    found.append(line)
    return found


class Discretion:
    """Knows the secrets among an operation's values, and takes them out of whatever is to be written or shown."""

    def __init__(self, action: Action, values: Values) -> None:
        fields = action.form.fields if action.form is not None else ()
        self._own = frozenset(field.key for field in fields if field.input in _HELD_BACK)
        self._paths: set[str] = set()
        pieces: set[str] = set()
        for field in fields:
            content = _file(values.get(field.key)) if field.input is Input.FILE else None
            if content is not None:
                self._paths.add(field.key)
                pieces |= _pieces(content)
        for key, value in values.items():
            if key not in self._paths and is_secret_key(key, self._own):
                pieces |= _pieces(value)
        self._pieces = re.compile("|".join(map(re.escape, sorted(pieces, key=len, reverse=True)))) if pieces else None

    def values(self, values: Values) -> Mapping[str, Any]:
        """Return values that may be written: of a file its path, of what is secret nothing."""
        paths = {key: str(values[key]) for key in self._paths if key in values}
        plain = {str(key): value for key, value in values.items() if key not in self._paths}
        held = {key: HIDDEN if key in self._own and value else value for key, value in plain.items()}
        shown = without_secrets(held, self._own)
        return (
            {**{key: self._cleaned(value) for key, value in shown.items()}, **paths} if isinstance(shown, dict) else {}
        )

    def text(self, text: str) -> str:
        """Return a text (a command, what a cloud said) without the secrets that were typed."""
        return self._pieces.sub(HIDDEN, text) if self._pieces else text

    def _cleaned(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._cleaned(held) for key, held in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self._cleaned(each) for each in value]
        return value if isinstance(value, (int, float, bool)) or value is None else self.text(str(value))


def _file(value: object) -> str | None:
    """The content of the file that a field names; None where the value is no path but the text itself."""
    if not isinstance(value, str) or not value or len(value) > _LONGEST_PATH or "\n" in value:
        return None
    try:
        path = typed_file(value)
        return path.read_bytes()[:_READ].decode("utf-8", "replace") if path.is_file() else None
    except (OSError, ValueError, RuntimeError):
        return None


def _pieces(value: Any) -> set[str]:
    """Texts by which a secret may come back: itself, its lines, and as JSON, URLs, base64 and repr write it."""
    if isinstance(value, Mapping):
        return set().union(*(_pieces(held) for held in value.values()))
    if isinstance(value, (list, tuple, set, frozenset)):
        return set().union(*(_pieces(each) for each in value))
    if value is None or isinstance(value, bool):
        return set()
    value = str(value)
    found: set[str] = set()
    lines = {value, *value.splitlines(), *value.split("\n")}
    for part in lines | {line.strip() for line in lines}:
        found |= {part, json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1], repr(part)[1:-1]}
        raw = part.encode("utf-8", "surrogatepass")
        found |= {quote(raw), quote(raw, safe=""), quote_plus(raw), base64.b64encode(raw).decode()}
    return {piece for piece in found if len(piece) >= _LEAST}


def _files(path: Path) -> list[Path]:
    """The newest first."""
    return [path, *(path.with_name(f"{path.stem}.{number}{path.suffix}") for number in range(1, FILES))]


def _encoded(line: Line) -> bytes:
    """One line of ASCII: nothing in a cloud's name can act on a terminal that the file is shown on."""
    text = json.dumps(line, ensure_ascii=True, default=str, separators=(",", ":"))
    return text.replace("\x7f", "\\u007f").encode() + b"\n"


def _append(file: Any, data: bytes) -> None:
    written = file.write(data)
    if written != len(data):
        # A disk that fills up takes a part: what is there must not run into the next line.
        with contextlib.suppress(OSError):
            file.write(b"\n")
        raise OSError(28, os.strerror(28))


def _send(descriptor: int, data: bytes) -> None:
    """Write all of it into a pipe. Raises OSError when nobody reads it any more."""
    while data:
        data = data[os.write(descriptor, data) :]


def _why(error: OSError) -> str:
    return f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
