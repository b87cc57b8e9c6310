"""Whether the private parts of Textual that the painter stands on are as it knows them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any

from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.strip import Strip

KNOWN = "8.2"
"""Releases of Textual whose source was read for this; `tests/ui/test_painter_hooks.py` holds them to it."""

_ARGUMENTS: tuple[tuple[Callable[..., Any], tuple[str, ...]], ...] = (
    (LayoutUpdate.__init__, ("self", "strips", "region")),
    (ChopsUpdate.__init__, ("self", "chops", "spans", "chop_ends")),
    (CompositorUpdate.render_segments, ("self", "console")),
    (Strip.render_ansi, ("style", "color_system")),
)
_APP_STATE = frozenset(
    {"_batch_count", "_running", "_closed", "_driver", "_sync_available", "_previous_cursor_position"}
)


def strangers() -> Iterator[str]:
    """Say what is not as expected; nothing if all is well. Takes microseconds: it runs before the first frame."""
    if sys.platform == "win32":
        yield "Windows consoles"
    display = getattr(App, "_display", None)
    if display is None or tuple(inspect.signature(display).parameters) != ("self", "screen", "renderable"):
        yield "App._display"
    elif unknown := _APP_STATE - set(display.__code__.co_names) - {"_sync_available"}:
        yield f"App._display without {', '.join(sorted(unknown))}"
    for function, arguments in _ARGUMENTS:
        if tuple(inspect.signature(function).parameters) != arguments:
            yield function.__qualname__
