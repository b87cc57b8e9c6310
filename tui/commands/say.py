"""What `get`, `doctor` and the start say to people, on a stream that may be a terminal, a pipe or closed."""

from __future__ import annotations

import sys
from typing import TextIO

from tui.model.text import inert
from tui.model.trouble import Cause, Trouble

NAME = "stackdeck"


def usable(stream: TextIO) -> TextIO:
    """Let a stream take any text: what its encoding lacks becomes an escape instead of an exception."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    return stream


def is_utf8(stream: TextIO) -> bool:
    """Whether marks and arrows can be written there."""
    return (stream.encoding or "").lower().replace("-", "") == "utf8"


def complain(text: str, hint: str = "", stream: TextIO | None = None) -> None:
    """Say in one line what is wrong, and in a second one how to mend it."""
    _write(stream or sys.stderr, [f"{NAME}: {inert(text)}", *([f"  {inert(hint)}"] if hint else [])])


def tell(trouble: Trouble, stream: TextIO | None = None) -> None:
    """Say one trouble: place and sentence, what the server said, who was asked, what to do."""
    _write(stream or sys.stderr, [f"{NAME}: {sentence(trouble)}", *(f"  {line}" for line in details(trouble))])


def sentence(trouble: Trouble) -> str:
    """Return place and title, and where in the configuration it comes from: «lab muc1: … (clouds.yaml line 31)»."""
    where = f"{trouble.where}: " if trouble.where and not trouble.title.startswith(trouble.where) else ""
    source = f" ({trouble.source})" if trouble.source and trouble.source not in trouble.title else ""
    return inert(f"{where}{trouble.title}{source}")


def details(trouble: Trouble) -> list[str]:
    """Return what helps with a trouble, a line each: verbatim words, request, next step."""
    lines = []
    if trouble.said and trouble.said not in trouble.title:
        status = f"{trouble.status} " if trouble.status and str(trouble.status) not in trouble.said[:4] else ""
        lines.append(trouble.said if trouble.cause is Cause.CONFIG else f"said {status}{trouble.said}")
    if trouble.asked:
        request = f" (request {trouble.request_id})" if trouble.request_id else ""
        lines.append(f"asked {trouble.asked}{request}")
    if trouble.hint:
        lines.append(trouble.hint)
    return [inert(line) for line in lines]


def _write(stream: TextIO, lines: list[str]) -> None:
    try:
        usable(stream).write("\n".join(lines) + "\n")
        stream.flush()
    except (OSError, ValueError):
        return
