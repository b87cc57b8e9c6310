"""A text of many lines, edited in place or in the user's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult, SuspendNotSupported
from textual.screen import Screen
from textual.widgets import TextArea

from tui.config.fence import NO_PROGRAM, fenced, typed_file
from tui.config.paths import private_dir, state_dir
from tui.model.text import inert
from tui.ui.dialog import Confirm
from tui.ui.keys_line import hint_spans
from tui.ui.line import LineWidget, Span

MOST = 1_000_000
"""Bytes of a file that may be edited here."""
OUTSIDE = ("ctrl+o", "$EDITOR")
HINTS = (("ctrl+s", "keep"), OUTSIDE, ("esc", "leave"))


class Area(TextArea):
    """The text. Esc is the screen's: TextArea would only hand the focus on, to itself."""

    def on_key(self, event: events.Key) -> None:
        """Keep TextArea itself from taking it."""
        if event.key == "escape":
            event.prevent_default()


class Editor(Screen[str | None]):
    """Result: the text, or None when nothing is kept."""

    AUTO_FOCUS: ClassVar[str | None] = "Area"

    def __init__(self, title: str, text: str, *, path: str = "") -> None:
        """`path` names a file to start from; it is not written to."""
        super().__init__(id="editor")
        self.heading = inert(title)
        self._said = ""
        if path and not text:
            text, self._said = _content(path)
        self._text = text
        self.area = Area(text, id="editor-text", show_line_numbers=True, tab_behavior="indent", soft_wrap=False)
        self.area.cursor_blink = False  # nothing is written while nothing changes
        self.head = LineWidget(id="editor-head")
        self.keys = LineWidget(id="editor-keys")

    def compose(self) -> ComposeResult:
        """Head, text, keys."""
        yield self.head
        yield self.area
        yield self.keys

    def on_mount(self) -> None:
        """Write the lines around the text."""
        self._write()

    def _write(self) -> None:
        self.head.write(
            [Span("stackdeck", "key"), Span("  "), Span(self.heading, "strong"), Span(f"   {self._said}", "warn")]
        )
        self.keys.write(hint_spans([hint for hint in HINTS if hint != OUTSIDE or not fenced()]))

    def on_key(self, event: events.Key) -> None:
        """Keep, leave, or go to the user's editor; everything else is text."""
        if not self.is_active:
            return  # it waited in the queue while this was closed
        if event.key == "ctrl+s":
            self.dismiss(self.area.text)
        elif event.key in {"escape", "ctrl+c"}:
            self._leave()
        elif event.key == "ctrl+o":
            self._outside()
        else:
            return
        event.stop()
        event.prevent_default()

    def _leave(self) -> None:
        if self.area.text == self._text:
            self.dismiss(None)
            return
        dialog = Confirm("Leave the text?", ["What was typed is thrown away."], "Leave", "Stay")
        self.app.push_screen(dialog, self._left)

    def _left(self, yes: bool | None) -> None:
        if yes:
            self.dismiss(None)

    def _outside(self) -> None:
        """Give the terminal to $VISUAL or $EDITOR; the file is readable by the user alone and gone afterwards."""
        if fenced():
            self._said = NO_PROGRAM
            self._write()
            return
        wanted = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        folder = private_dir(state_dir())
        descriptor, name = tempfile.mkstemp(prefix="edit-", suffix=".txt", dir=folder)
        path = Path(name)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(self.area.text)
            with self.app.suspend():
                ended = subprocess.run([*shlex.split(wanted), str(path)], check=False)  # noqa: S603
            self.area.text = path.read_text("utf-8")
            self._said = f"{inert(wanted)} ended with {ended.returncode}" if ended.returncode else ""
        except SuspendNotSupported:
            self._said = "this terminal cannot be handed over"
        except (OSError, UnicodeDecodeError, ValueError) as error:
            self._said = f"{inert(wanted)}: {inert(getattr(error, 'strerror', None) or error)}"
        finally:
            with suppress(OSError):
                path.unlink()
        self._write()
        self.app.refresh(layout=True)


def _content(path: str) -> tuple[str, str]:
    """Return a file's text, and what is wrong where it cannot be had."""
    try:
        file = typed_file(path)
        if file.stat().st_size > MOST:
            return "", f"{inert(path)} is longer than a megabyte"
        return file.read_text("utf-8"), ""
    except OSError as error:
        return "", f"{inert(path)}: {error.strerror}"
    except UnicodeDecodeError:
        return "", f"{inert(path)} is no UTF-8 text"
    except RuntimeError:
        return "", f"{inert(path)}: nobody knows where that home is"
