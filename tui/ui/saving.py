"""Dialogs that save into a new private file: a table as CSV, JSON or YAML, or a text."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO, get_args

from textual.message import Message

from tui.config.fence import NO_WRITE, fenced
from tui.live.saving import Style, write_table
from tui.model.amount import count
from tui.model.column import Column
from tui.model.entry import Entry
from tui.model.text import inert
from tui.ui.dialog import Dialog, Hints, prose
from tui.ui.editing import Edit
from tui.ui.line import Span, Spans
from tui.ui.spans import on

STYLES: tuple[Style, ...] = get_args(Style)
SLICE = 500
"""Rows between two looks at whether the dialog was closed."""


def offered() -> bool:
    """Tell whether files can be saved: a restricted session has nowhere to put them."""
    return not fenced()


class CancelledError(Exception):
    """The dialog was closed while the file was written."""


def free_name(path: Path) -> Path:
    """Return the path, or one like it that nothing has yet: `x.csv`, `x-2.csv` …"""
    number = 2
    wanted = path
    while os.path.lexists(wanted):
        wanted = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return wanted


def open_new(path: Path) -> TextIO:
    """Open a file for writing that nobody else may read and that must not exist yet, not even as a link."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    return os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", errors="backslashreplace", newline="")


class FileDialog(Dialog[str | None]):
    """Asks for a path and writes the file in a thread of its own. Result: one sentence to show, or None."""

    wanted = 84

    class Written(Message, bubble=False):
        """The thread has ended: with a sentence, or with what went wrong."""

        def __init__(self, done: str, wrong: str = "") -> None:
            super().__init__()
            self.done = done
            self.wrong = wrong

    def __init__(self, heading: str, path: Path) -> None:
        super().__init__()
        self.heading = heading
        self.edit = Edit(f"./{free_name(path)}" if not path.is_absolute() else str(free_name(path)))
        self._wrong = ""
        self._writing = False
        self._cancelled = threading.Event()

    def write(self, stream: TextIO, path: Path) -> str:
        """Write it (in the thread); return what was written in words: «1,284 servers»."""
        raise NotImplementedError

    def explanation(self) -> list[str | Spans]:
        """Return what the dialog says over the field."""
        raise NotImplementedError

    def body(self, width: int) -> list[Spans]:
        """What is saved, and what went wrong."""
        wrong = [(), (Span("✗ ", "bad"), Span(self._wrong))] if self._wrong else []
        writing: list[Spans] = [(), (Span("◐ writing", "move"),)] if self._writing else []
        return prose([*self.explanation(), *wrong, *writing], width)

    def foot(self, width: int) -> list[Spans]:
        """The path."""
        return [(), on((Span(" "), *self.edit.paint(width - 2)), width, "field")]

    def hints(self) -> Hints:
        """The keys."""
        return (("enter", "save"), ("esc", "close"))

    def pasted(self, text: str) -> None:
        """Take a paste into the path."""
        self.edit.insert(text)
        self.redraw()

    def pressed(self, key: str, character: str | None) -> bool:
        """Edit the path, save, close."""
        if key in {"escape", "ctrl+c"}:
            self._cancelled.set()
            self.dismiss(None)
        elif self._writing:
            return False
        elif key == "enter":
            self._start()
        elif self.edit.key(key, character):
            self._wrong = ""
            self.redraw()
        else:
            return False
        return True

    def _start(self) -> None:
        if not self.edit.text.strip():
            return
        if fenced():
            self.fail(NO_WRITE)
            return
        path = Path(self.edit.text.strip()).expanduser()
        if path.is_dir():
            self.fail(f"{inert(path)} is a directory")
            return
        self._writing, self._wrong = True, ""
        self.redraw()
        threading.Thread(target=self._work, args=(path,), name="save", daemon=True).start()

    def _work(self, path: Path) -> None:
        try:
            stream = open_new(path)
        except FileExistsError:
            self.post_message(self.Written("", "exists"))
            return
        except OSError as error:
            self.post_message(self.Written("", f"{inert(path)}: {error.strerror}"))
            return
        try:
            with stream:
                words = self.write(stream, path)
        except (OSError, CancelledError) as error:
            # A part of a table looks like a whole one.
            path.unlink(missing_ok=True)
            self.post_message(self.Written("", f"{inert(path)}: {getattr(error, 'strerror', None) or 'not written'}"))
            return
        self.post_message(self.Written(f"✓ {words} saved in {inert(path)}, readable by you alone"))

    def stop_if_closed(self) -> None:
        """Raise CancelledError when the dialog was closed meanwhile."""
        if self._cancelled.is_set():
            raise CancelledError

    def on_file_dialog_written(self, message: Written) -> None:
        """Close, or say what went wrong and what to do."""
        if message.done:
            self.dismiss(message.done)
        elif message.wrong == "exists":
            old = self.edit.text.strip()
            self.edit.set(str(free_name(Path(old).expanduser())))
            self.fail(f"{inert(old)} exists and is not overwritten. Enter saves under the name below.")
        else:
            self.fail(message.wrong)

    def fail(self, sentence: str) -> None:
        """Stay open and say why."""
        self._writing, self._wrong = False, sentence
        self.redraw()


class SaveDialog(FileDialog):
    """Saves a table with all its columns; the format is that of the extension, Tab changes it."""

    def __init__(self, plural: str, columns: Sequence[Column], entries: Sequence[Entry], at: float) -> None:
        """`plural` names the rows («servers»); `entries` are saved in this order; `at` dates the file's name."""
        stamp = time.strftime("%Y%m%d-%H%M", time.localtime(at))
        name = plural.replace(" ", "-")
        self.plural = plural.removesuffix("s") if len(entries) == 1 else plural
        super().__init__(f"Save {count(len(entries))} {self.plural}", Path(f"stackdeck-{name}-{stamp}.csv"))
        self.columns = columns
        self.entries = list(entries)

    @property
    def style(self) -> Style:
        """The format that the path's extension names; CSV when it names none."""
        suffix = Path(self.edit.text).suffix.lower().lstrip(".")
        suffix = "yaml" if suffix == "yml" else suffix
        return next((style for style in STYLES if style == suffix), "csv")

    def explanation(self) -> list[str | Spans]:
        """What goes into the file."""
        chosen: list[Span] = [Span("Format  ", "dim")]
        for style in STYLES:
            chosen.append(Span(f"{style.upper()}  ", "strong" if style == self.style else "dim"))
        return [
            f"All {len(self.columns)} columns, those that are not shown too. Passwords and user data stay hidden.",
            (),
            tuple(chosen),
        ]

    def hints(self) -> Hints:
        """Tab changes the format."""
        return (("tab", "format"), *super().hints())

    def pressed(self, key: str, character: str | None) -> bool:
        """Change the format by Tab; else as every file dialog."""
        if key in {"tab", "shift+tab"} and not self._writing:
            step = 1 if key == "tab" else -1
            style = STYLES[(STYLES.index(self.style) + step) % len(STYLES)]
            text = self.edit.text
            known = Path(text).suffix.lower() in {".csv", ".json", ".yaml", ".yml"}
            self.edit.set(f"{text.rpartition('.')[0] if known else text}.{style}")
            self.redraw()
            return True
        return super().pressed(key, character)

    def write(self, stream: TextIO, path: Path) -> str:
        """Write the rows."""
        number = write_table(self.style, self.columns, self._until_closed(), stream)
        return f"{count(number)} {self.plural}"

    def _until_closed(self) -> Iterator[Entry]:
        for number, entry in enumerate(self.entries):
            if number % SLICE == 0:
                self.stop_if_closed()
            yield entry


class SaveText(FileDialog):
    """Saves the lines of a text view."""

    def __init__(self, name: str, texts: Sequence[str], suffix: str = ".txt") -> None:
        """`name` begins the file's name."""
        safe = "".join(char if char.isalnum() or char in "-_." else "-" for char in inert(name)).strip(".-") or "text"
        super().__init__("Save the text", Path(f"stackdeck-{safe[:80]}-{time.strftime('%Y%m%d-%H%M')}{suffix}"))
        self.texts = texts

    def explanation(self) -> list[str | Spans]:
        """How much it is."""
        return [f"{count(len(self.texts))} lines. What is hidden on the screen is hidden in the file."]

    def write(self, stream: TextIO, path: Path) -> str:
        """Write the lines."""
        for number, text in enumerate(self.texts):
            if number % SLICE == 0:
                self.stop_if_closed()
            stream.write(f"{text}\n")
        return f"{count(len(self.texts))} lines"
