"""Painter and driver stand on private parts of Textual: which, as of which release, and a notice when they change."""

from __future__ import annotations

import hashlib
import inspect
import logging
from collections.abc import Callable
from typing import Any

import pytest
import textual
from textual._compositor import ChopsUpdate, Compositor, LayoutUpdate
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen
from textual.strip import Strip

from tui.ui.painter import Painted
from tui.ui.painter.hooks import KNOWN, strangers

READ_IN = "8.2.8"
"""The release whose source was read when the digests below were taken."""

SOURCES: tuple[tuple[Callable[..., Any], str], ...] = (
    (App._display, "4b78dff6669a"),
    (LayoutUpdate.render_segments, "ff329c722506"),
    (ChopsUpdate.render_segments, "4c1cdb567e0b"),
    (Compositor.render_full_update, "ce99ccda4d24"),
    (Screen._compositor_refresh, "7a40efe56381"),
    (Strip.render_ansi, "08043dedb90d"),
    (Strip.render_style, "749d890bb5c4"),
    (LinuxDriver.start_application_mode, "7c41f5ba11a8"),
    (LinuxDriver.stop_application_mode, "9a7e99c8d4bd"),
    (LinuxDriver.disable_input, "6154c5a7c174"),
    (LinuxDriver._enable_mouse_support, "cf01052c1f34"),
    (WriterThread.run, "314021aab4f5"),
    (XTermParser.parse, "a5834ad1def8"),
)


def digest(function: Callable[..., Any]) -> str:
    """Return a short digest of a function's source."""
    return hashlib.sha256(inspect.getsource(function).encode()).hexdigest()[:12]


@pytest.mark.parametrize(("function", "expected"), SOURCES, ids=lambda value: getattr(value, "__qualname__", ""))
def test_the_parts_of_textual_that_painter_and_driver_stand_on_are_as_they_were_read(
    function: Callable[..., Any], expected: str
) -> None:
    assert digest(function) == expected, (
        f"{function.__qualname__} of Textual {textual.__version__} is not what it was in {READ_IN}: read the change, "
        "mend tui/ui/painter or tui/ui/driver.py if it matters, then renew this digest"
    )


def test_the_release_is_one_the_painter_knows() -> None:
    assert textual.__version__.startswith(KNOWN)
    assert list(strangers()) == []


def test_another_textual_is_left_to_itself(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def display(self: Any, screen: Any, renderable: Any, region: Any) -> None:
        """Be a hook of a later release."""

    monkeypatch.setattr(App, "_display", display)
    with caplog.at_level(logging.WARNING):
        app: Painted[None] = Painted()
    assert app._painter is None
    assert "App._display" in caplog.text


def test_other_updates_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def init(self: Any, rows: Any) -> None:
        """Be an update of a later release."""

    monkeypatch.setattr(LayoutUpdate, "__init__", init)
    assert list(strangers()) == ["LayoutUpdate.__init__"]
