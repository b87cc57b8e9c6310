"""One dashboard in a pty of its own: the process of a session of `stackdeck serve`, on a running event loop."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading
from collections.abc import Callable, Mapping, Sequence

CHUNK = 32_768
GRACE = 2.0
"""Seconds between asking a process to end and ending it."""
MOST_INPUT = 65_536
"""Bytes of keys that wait for the process; what comes then waits in the client."""
MOST_LINE = 262_144
"""Bytes of one line of the audit log."""
_MOST_CELLS = 1000


class Pty:
    """Starts the process. `output` and `line` are called in the loop, `ended` once, with the exit code, after both.

    The pty is read only while `hold` is not called: a process whose output nobody takes stands still, and costs no
    memory here.
    """

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        size: tuple[int, int],
        output: Callable[[bytes], None],
        line: Callable[[bytes], None],
        ended: Callable[[int], None],
    ) -> None:
        """`command` gets `--served N` behind it: the descriptor for its audit log. `size`: columns, rows.

        Raises OSError where no process can be started.
        """
        self._loop = asyncio.get_running_loop()
        self._output, self._line, self._on_end = output, line, ended
        self._input = bytearray()
        self._lines = bytearray()
        self._held = False
        self._code: int | None = None
        self._parent, child = pty.openpty()
        log, log_end = os.pipe()
        self._log = log
        try:
            self.resize(*size)
            self.process = subprocess.Popen(  # noqa: S603 - the server's own program
                [*command, "--served", str(log_end)],
                stdin=child,
                stdout=child,
                stderr=child,
                env=dict(environ),
                cwd="/",
                start_new_session=True,
                pass_fds=(log_end,),
            )
        except BaseException:
            os.close(self._parent)
            os.close(log)
            raise
        finally:
            os.close(child)
            os.close(log_end)
        os.set_blocking(self._parent, False)
        os.set_blocking(log, False)
        self._loop.add_reader(self._parent, self._readable)
        self._loop.add_reader(log, self._log_readable)
        threading.Thread(target=self._wait, name="session", daemon=True).start()

    @property
    def waiting(self) -> int:
        """Bytes of keys that the process has not taken yet."""
        return len(self._input)

    def resize(self, columns: int, rows: int) -> None:
        """Tell the process the terminal's size; nonsense is cut to what a terminal can be."""
        columns, rows = (max(1, min(number, _MOST_CELLS)) for number in (columns, rows))
        if self._parent >= 0:
            fcntl.ioctl(self._parent, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def write(self, data: bytes) -> None:
        """Hand over keys; what the process does not take yet waits."""
        self._input += data
        self._writable()

    def hold(self, held: bool) -> None:
        """Stop reading the pty, or go on."""
        if held != self._held and self._parent >= 0:
            self._held = held
            if held:
                self._loop.remove_reader(self._parent)
            else:
                self._loop.add_reader(self._parent, self._readable)

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask the process to end, and end it if it does not within two seconds. SIGHUP: its terminal is gone."""
        self._signal(number)
        if number == signal.SIGHUP:
            self._close_terminal()
        self._loop.call_later(GRACE, self.kill)

    def kill(self) -> None:
        """End the process at once."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._code is None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, number)

    def _readable(self) -> None:
        try:
            data = os.read(self._parent, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""  # Linux: every process has closed its end
        if data:
            self._output(data)
        else:
            self._close_terminal()
            self._maybe_ended()

    def _writable(self) -> None:
        while self._input and self._parent >= 0:
            try:
                written = os.write(self._parent, self._input[:4096])
            except BlockingIOError:
                self._loop.add_writer(self._parent, self._writable)
                return
            except OSError:
                self._input.clear()
                return
            del self._input[:written]
        if self._parent >= 0:
            self._loop.remove_writer(self._parent)

    def _log_readable(self) -> None:
        try:
            data = os.read(self._log, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._lines += data
        *whole, rest = self._lines.split(b"\n")
        self._lines = bytearray(rest)
        for each in whole:
            self._line(bytes(each))
        if not data or len(self._lines) > MOST_LINE:
            self._close_log()
            self._maybe_ended()

    def _wait(self) -> None:
        code = self.process.wait()
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._exited, code)

    def _exited(self, code: int) -> None:
        self._code = code
        # What it wrote last may still be on the way; a held terminal is not waited for.
        self._loop.call_later(0 if self._held else GRACE, self._finish)
        self._maybe_ended()

    def _finish(self) -> None:
        self._close_terminal()
        self._close_log()
        self._maybe_ended()

    def _maybe_ended(self) -> None:
        if self._code is not None and self._parent < 0 and self._log < 0:
            code, on_end = self._code, self._on_end
            self._on_end = _nothing
            on_end(code if code >= 0 else 128 - code)

    def _close_terminal(self) -> None:
        if self._parent >= 0:
            self._loop.remove_reader(self._parent)
            self._loop.remove_writer(self._parent)
            os.close(self._parent)
            self._parent = -1

    def _close_log(self) -> None:
        if self._log >= 0:
            self._loop.remove_reader(self._log)
            os.close(self._log)
            self._log = -1


def _nothing(code: int) -> None:
    """It was told already."""
