"""User data for cloud-init: read from a file or typed, and checked before Nova sees it."""

from __future__ import annotations

import base64

import yaml

from tui.config.fence import typed_file

MOST = 65_535
"""Characters of base64 that Nova takes. Source: Compute API, «Create Server», `user_data`."""

_HEADERS = (
    "#cloud-config",
    "#!",
    "#include",
    "#cloud-boothook",
    "#part-handler",
    "#cloud-config-archive",
    "## template:",
)
"""First lines that cloud-init knows. Source: cloud-init documentation, «User data formats»."""
_MIME = ("content-type:", "mime-version:")
_GZIP = b"\x1f\x8b"


def is_path(value: str) -> bool:
    """Whether a form's value is the path of a file rather than the text: user data begins with a header line."""
    return bool(value) and "\n" not in value and not value.startswith("#") and not value.lower().startswith(_MIME)


def read(value: str) -> bytes:
    """Return the user data of a form's value: a file's content, or the text itself. Raises OSError."""
    return typed_file(value).read_bytes() if is_path(value) else value.encode()


def encoded(value: str) -> str:
    """Return it as Nova wants it. Raises OSError."""
    return base64.b64encode(read(value)).decode("ascii")


def wrong(content: bytes) -> str:
    """Say what is wrong with user data, or «» where it is good or empty."""
    if not content:
        return ""
    size = len(base64.b64encode(content))
    if size > MOST:
        return f"it is {size:,} characters of base64, Nova takes {MOST:,}"
    if content.startswith(_GZIP):
        return "it is compressed: cloud-init takes it, but it cannot be checked; give the plain text"
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return "it is no UTF-8 text"
    first = text.split("\n", 1)[0].rstrip("\r")
    if first.lower().startswith(_MIME):
        return ""
    if first.startswith("\ufeff"):
        return "it begins with a byte order mark: cloud-init does not know its first line then"
    if not first.startswith(_HEADERS):
        return "its first line is no header of cloud-init: begin with #cloud-config or #!"
    if first.split()[0] == "#cloud-config":
        return _wrong_yaml(text)
    return ""


def wrong_value(value: str) -> str:
    """Say what is wrong with what a form holds; reads the file where it is a path."""
    try:
        return wrong(read(value))
    except OSError as error:
        return f"{value} cannot be read: {error.strerror}"
    except RuntimeError:
        return f"{value}: nobody knows where that home is"


def described(value: str) -> str:
    """Return size and sort of user data that is good: «1.8 kB of cloud-config»."""
    content = read(value)
    first = content.split(b"\n", 1)[0].decode("utf-8", "replace")
    sort = (
        "cloud-config" if first.startswith("#cloud-config") else "a script" if first.startswith("#!") else "user data"
    )
    return f"{len(content):,} bytes of {sort}"


def _wrong_yaml(text: str) -> str:
    if text.startswith("## template:"):
        return ""
    try:
        found = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        return f"{where}{error.problem or 'no YAML'}"
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        return f"no YAML: {error}"
    if found is not None and not isinstance(found, dict):
        return "cloud-config is a mapping: «packages: [nginx]»"
    return ""
