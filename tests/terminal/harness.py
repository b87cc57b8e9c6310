"""Runs the installed command in a real pty and reads its screen, as a person at a terminal would.

The screen is pyte's; queries that programs send to a terminal are answered as xterm or kitty would. The environment is
clean: XDG directories of its own, no OS_* variables, a known TERM and locale.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import pyte

from tests.waiting import STEP, wait_until

COMMAND = (str(Path(sys.executable).parent / "stackdeck"),)
"""The installed command of this Python."""

MODULE = (sys.executable, "-m", "tui")

_SYNC_QUERY = b"\x1b[?2026$p"
_KITTY_QUERY = b"\x1b[?u"
_KITTY_ON = re.compile(rb"\x1b\[>(\d+)u")
_KITTY_OFF = re.compile(rb"\x1b\[<\d*u")
_ATTRIBUTES = re.compile(rb"\x1b\[0?c")
_POSITION = b"\x1b[6n"
_STATUS = b"\x1b[5n"
_TITLE = re.compile(rb"\x1b\][02];([^\x07\x1b]*)(?:\x07|\x1b\\)")
_CLIPBOARD = re.compile(rb"\x1b\]52;[a-z]*;([A-Za-z0-9+/=]*)(?:\x07|\x1b\\)")
_PRIVATE = re.compile(rb"\x1b\[[<>=][0-9;:]*[a-zA-Z]|\x1b\[\?[0-9;]*\$[a-z]|\x1b\[\?u")
"""Sequences that pyte would take for text or for others: kitty's keyboard protocol and mode queries."""
_PARTIAL = re.compile(rb"\x1b(?:\[[0-9;:<>=?$ ]*|\](?:[^\x07\x1b]|\x1b(?!\\))*\x1b?)?$")
_FRAME, _FRAME_END = b"\x1b[?2026h", b"\x1b[?2026l"
"""Around a frame: a terminal shows all of it or nothing (synchronized output)."""
_LONGEST_FRAME = 1 << 20
_UNREAD = 10.0
"""Seconds to wait for a program to read what it was sent: one that is stopped or hangs never does."""
_ACTED = 0.03
"""Seconds without wish for the processor after which a program has acted on a key."""
_ESCAPE = 0.3
"""Seconds after which an escape that was read was a key of its own."""
_BUSY = 3.0
"""Seconds to wait for that: some programs always have something to do."""
_RESTED = 0.3
"""Seconds in which a program that has nothing more to do does not want the processor."""


@dataclass(frozen=True)
class Cell:
    """One character of the screen with its style; colours as pyte names them, or six hex digits."""

    char: str
    fg: str
    bg: str
    bold: bool
    underline: bool
    reverse: bool


class Term:
    """A command running in a terminal of its own."""

    def __init__(
        self,
        *args: str,
        home: Path,
        columns: int = 120,
        rows: int = 40,
        env: Mapping[str, str] | None = None,
        command: Sequence[str] = COMMAND,
        kitty: bool = False,
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        answers: bool = True,
    ) -> None:
        """Start `command` with `args`. `stdin`, `stdout`, `stderr` replace the terminal there by a descriptor.

        `kitty`: a terminal that has kitty's keyboard protocol. `answers`: off for one that answers no query.
        """
        self.columns, self.rows = columns, rows
        self.kitty = kitty
        self.kitty_flags = 0
        """What the program asked of the keyboard protocol; 0: keys come in the legacy encoding."""
        self.titles: list[str] = []
        self.clipboard: list[bytes] = []
        """What was sent by OSC 52, in base64 as sent."""
        self.output_bytes = 0
        self.raw = bytearray()
        """Everything that was written, for looking at single sequences."""
        self._answers = answers
        self._rest = b""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._lock = threading.Lock()
        self._parent, child = pty.openpty()
        self._tty = os.ttyname(child)
        self._resized(child, columns, rows)
        self._escaped = False
        """The last key was an escape."""
        self._gone = threading.Event()
        self._ended = threading.Event()
        self.process = subprocess.Popen(
            [*command, *args],
            stdin=child if stdin is None else stdin,
            stdout=child if stdout is None else stdout,
            stderr=child if stderr is None else stderr,
            env=environment(home, env),
            cwd=home,
            start_new_session=True,
            preexec_fn=lambda: _take_terminal(child),
        )
        os.close(child)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    # what the person does

    def send(self, data: bytes | str) -> None:
        """Write to the terminal in one go, as keys or a paste arrive, once the last keys have been taken and acted on.

        A person looks before the next key. On a busy machine two writes would become one read else, in which keys
        behind a text are taken for a paste, and an escape with a letter behind it for another key.
        """
        self._settle()
        self._put(data)

    def rush(self, data: bytes | str) -> None:
        """Write as soon as the last keys have been read, whether or not anything came of them."""
        self.wait_read()
        self._put(data)

    def wait_read(self) -> None:
        """Wait until all that was written to the terminal has been read, if it ever is."""
        end = time.monotonic() + _UNREAD
        while self._unread() and self.process.poll() is None and time.monotonic() < end:
            self._gone.wait(STEP)

    def hang_up(self) -> None:
        """Close the terminal, as when its window is closed or the connection to it is lost."""
        self._gone.set()
        self._reader.join(10)
        with contextlib.suppress(OSError):
            os.close(self._parent)
        self._parent = -1

    def _put(self, data: bytes | str) -> None:
        raw = data.encode() if isinstance(data, str) else data
        self._escaped = raw.endswith(b"\x1b")
        self._write(raw)

    def _settle(self) -> None:
        self.wait_read()
        # An escape is one key only when nothing has followed it for a while; the program looks ten times a second.
        seconds, threads = (_ESCAPE, True) if self._escaped else (_ACTED, False)
        read = rested = time.monotonic()
        while self.process.poll() is None and (now := time.monotonic()) - read < _BUSY:
            if self._runs(threads=threads and now - read > _ESCAPE / 2):
                rested = now
            if now - read >= seconds and now - rested >= _ACTED:
                break
            self._gone.wait(STEP)

    def _write(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._parent, data) :]

    def paste(self, text: str) -> None:
        """Paste as a terminal in bracketed mode does."""
        self.send(b"\x1b[200~" + text.encode() + b"\x1b[201~")

    def resize(self, columns: int, rows: int) -> None:
        """Change the size; the program is told by SIGWINCH."""
        with self._lock:
            self.columns, self.rows = columns, rows
            self._screen.resize(rows, columns)
            self._resized(self._parent, columns, rows)

    def focus(self, has_it: bool) -> None:
        """Tell that the terminal got or lost the focus."""
        self.rush(b"\x1b[I" if has_it else b"\x1b[O")

    # what the person sees

    def lines(self) -> list[str]:
        """Return the lines of the screen, without blanks at their ends."""
        with self._lock:
            return [line.rstrip() for line in self._screen.display]

    def text(self) -> str:
        """Return the screen as one text."""
        return "\n".join(self.lines())

    def cell(self, column: int, row: int) -> Cell:
        """Return one cell, counted from 0."""
        with self._lock:
            char = self._screen.buffer[row][column]
        return Cell(char.data, char.fg, char.bg, char.bold, char.underscore, char.reverse)

    def find(self, text: str) -> tuple[int, int] | None:
        """Return column and row of the first place where a text stands."""
        for row, line in enumerate(self.lines()):
            if (column := line.find(text)) >= 0:
                return column, row
        return None

    def wait_for(self, wanted: str | Callable[[Term], object], timeout: float = 15.0) -> str:
        """Wait for a text on the screen, or for a condition; returns the screen. Shows it when it never comes."""
        condition = (lambda term: wanted in term.text()) if isinstance(wanted, str) else wanted
        what = repr(wanted) if isinstance(wanted, str) else getattr(wanted, "__name__", "a condition")
        try:
            wait_until(lambda: condition(self) or (self._ended.is_set() and not condition(self)), what, timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self._shown()}") from None
        if not condition(self):
            raise AssertionError(f"{what} never came: the command ended with {self.process.poll()}\n{self._shown()}")
        return self.text()

    def wait_quiet(self, seconds: float, timeout: float = 20.0) -> None:
        """Wait until nothing was written for so many seconds by a program that has read all keys and wants no more.

        One that waits for a processor is silent, too: on a busy machine silence alone says nothing.
        """
        seen = self.output_bytes
        since = rested = time.monotonic()

        def quiet() -> bool:
            nonlocal seen, since, rested
            now = time.monotonic()
            if self.output_bytes != seen:
                seen, since = self.output_bytes, now
            # Who has ended or is stopped reads no more.
            if self.process.poll() is None and self._state() != b"T" and (self._unread() or self._runs()):
                rested = now
            return now - since >= seconds and now - rested >= min(seconds, _RESTED)

        wait_until(quiet, f"{seconds:g} s without output", timeout)

    def wait_exit(self, timeout: float = 15.0) -> int:
        """Wait for the end of the command and of its output; returns the exit code."""
        try:
            wait_until(lambda: self.process.poll() is not None, "the end of the command", timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self._shown()}") from None
        self._reader.join(5)
        return self.process.returncode

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while it runs."""
        return self.process.poll()

    def output(self) -> str:
        """Return everything written, control sequences included."""
        return self.raw.decode(errors="replace")

    def close(self) -> None:
        """End the command and all that it started, and close the terminal."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        self._reader.join(5)
        if self._parent >= 0:
            self.hang_up()

    def __enter__(self) -> Term:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # the terminal's side

    def _unread(self) -> int:
        """Return how many bytes of what was sent the program has not read."""
        size = bytearray(4)
        with contextlib.suppress(OSError):
            line = os.open(self._tty, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                fcntl.ioctl(line, termios.FIONREAD, size)
            finally:
                os.close(line)
        return int.from_bytes(size, sys.byteorder)

    def _runs(self, *, threads: bool = False) -> bool:
        """Whether the program's main thread, or any, runs or waits for a processor; never where there is no /proc."""
        tasks = [""]
        if threads:
            with contextlib.suppress(OSError):
                tasks = os.listdir(f"/proc/{self.process.pid}/task")
        return any(self._state(task) in (b"R", b"D") for task in tasks)

    def _state(self, task: str = "") -> bytes:
        """Return the letter of a thread's state, the main one's unless told; empty where there is none or no /proc."""
        try:
            stat = Path(f"/proc/{self.process.pid}/task/{task or self.process.pid}/stat").read_bytes()
        except OSError:
            return b""
        return stat.rpartition(b")")[2].split()[0]

    def _shown(self) -> str:
        frame = "─" * self.columns
        return f"screen {self.columns}x{self.rows}:\n{frame}\n{self.text()}\n{frame}"

    @staticmethod
    def _resized(descriptor: int, columns: int, rows: int) -> None:
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def _read(self) -> None:
        while True:
            if self._gone.is_set():
                break
            try:
                ready, _, _ = select.select([self._parent], [], [], 0.2)
                data = os.read(self._parent, 65536) if ready else b""
            except (OSError, ValueError):
                break
            if ready and not data:
                break
            if data:
                self._take(data)
            elif self.process.poll() is not None:
                break
        with self._lock:
            self._show(self._rest)
            self._rest = b""
        self._ended.set()

    def _take(self, data: bytes) -> None:
        with self._lock:
            self.output_bytes += len(data)
            self.raw += data
            data = self._rest + data
            whole = self._whole(data)
            self._rest, data = data[whole:], data[:whole]
            self.titles += [found[1].decode(errors="replace") for found in _TITLE.finditer(data)]
            self.clipboard += [found[1] for found in _CLIPBOARD.finditer(data)]
            for found in _KITTY_ON.finditer(data):
                self.kitty_flags = int(found[1]) if self.kitty else 0
            if _KITTY_OFF.search(data):
                self.kitty_flags = 0
            self._show(data)
            answer = self._answer(data)
        if answer:
            with contextlib.suppress(OSError):
                self._write(answer)

    def _show(self, data: bytes) -> None:
        self._stream.feed(_PRIVATE.sub(b"", data))

    @staticmethod
    def _whole(data: bytes) -> int:
        """Return up to where frames and sequences are whole: what is behind waits for its end."""
        begun = data.rfind(_FRAME)
        if begun >= 0 and data.find(_FRAME_END, begun) < 0 and len(data) - begun < _LONGEST_FRAME:
            return begun
        partial = _PARTIAL.search(data)
        return partial.start() if partial and len(data) - partial.start() < 4096 else len(data)

    def _answer(self, data: bytes) -> bytes:
        if not self._answers:
            return b""
        answer = b"\x1b[?2026;2$y" * data.count(_SYNC_QUERY)
        if self.kitty:
            answer += (b"\x1b[?%du" % self.kitty_flags) * data.count(_KITTY_QUERY)
        answer += b"\x1b[?62;22c" * len(_ATTRIBUTES.findall(data))
        answer += b"\x1b[0n" * data.count(_STATUS)
        cursor = self._screen.cursor
        return answer + (b"\x1b[%d;%dR" % (cursor.y + 1, cursor.x + 1)) * data.count(_POSITION)


def _take_terminal(descriptor: int) -> None:
    """Make the pty the controlling terminal of the child, as a login does: /dev/tty and Ctrl+C work then."""
    with contextlib.suppress(OSError):
        fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)
    # Whoever runs the tests may ignore these (nohup, a job in the background), and a child inherits that.
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


def environment(home: Path, changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a clean environment whose files all live under `home`; a value of "" in `changes` unsets a name."""
    keep = ("PATH", "VIRTUAL_ENV", "PYTHONPATH", "TMPDIR", "COVERAGE_PROCESS_START")
    found = {name: os.environ[name] for name in keep if name in os.environ}
    found |= {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_DATA_HOME": str(home / "data"),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
    }
    found |= changes or {}
    return {name: value for name, value in found.items() if value != ""}


def run(
    *args: str, home: Path, env: Mapping[str, str] | None = None, timeout: float = 60, **more: object
) -> subprocess.CompletedProcess[str]:
    """Run the command without a terminal and return what it printed."""
    return subprocess.run(
        [*COMMAND, *args],
        env=environment(home, env),
        cwd=home,
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        check=False,
        **more,  # type: ignore[call-overload]
    )
