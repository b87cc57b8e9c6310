"""A session of `stackdeck serve`: a terminal with the dashboard in it, and nothing else that SSH could do."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any

import asyncssh

from tui.remote.serving_log import action, shown
from tui.remote.serving_pty import MOST_INPUT, Pty

BACKLOG = 512 * 1024
"""Bytes that may wait for one client in the sockets' buffers; beyond, the dashboard stands still."""
_LOOK_AGAIN = 0.1
"""Seconds until a full buffer is looked at again."""
_FAREWELL = 5.0
"""Seconds in which a client must have taken the last words."""

_TAKEN = re.compile(r"LANG|LC_[A-Z]{1,20}|COLORTERM|NO_COLOR|TZ")
_VALUE = re.compile(r"[A-Za-z0-9_.,@+:/-]{1,64}")
_TERM = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,39}")
_MOST_TAKEN = 24


class Who(asyncssh.SSHServer):
    """What a session needs of its connection; `tui.remote.serving_door.Door` is one."""

    user: str
    backlog: Callable[[], int]
    """Bytes that wait in the socket's buffer."""

    def note(self, event: str, **more: Any) -> bool:
        """Write a line into the log, with who it is."""
        raise NotImplementedError

    def begin(self, session: TerminalSession) -> str:
        """Say why the session cannot begin, or «» and count it."""
        raise NotImplementedError

    def end(self, session: TerminalSession) -> None:
        """Count it no more."""
        raise NotImplementedError

    def environ(self) -> Mapping[str, str]:
        """Return the environment of this user's dashboard, before what the client says."""
        raise NotImplementedError


def environment(said: Mapping[str, str], term: str) -> dict[str, str]:
    """Return what of a client's environment is taken: language, colours, time zone, TERM; nothing that names a file."""
    found: dict[str, str] = {}
    for name, value in said.items():
        odd = value.startswith("/") or ".." in value
        if len(found) < _MOST_TAKEN and _TAKEN.fullmatch(name) and _VALUE.fullmatch(value) and not odd:
            found[name] = value
    found["TERM"] = term if _TERM.fullmatch(term) and ".." not in term else "xterm"
    return found


class TerminalSession(asyncssh.SSHServerSession[bytes]):
    """One channel. Everything runs on the loop; the dashboard is a process of its own."""

    def __init__(self, who: Who, command: tuple[str, ...], idle: float) -> None:
        """`command` is the dashboard; `idle` in seconds, 0: for ever."""
        self._who = who
        self._command = command
        self._idle = idle
        self._term = ""
        self._size = (80, 24)
        self._pty: Pty | None = None
        self._begun = 0.0
        self._paused = self._lost = False
        self._last_words = ""
        self._timer: asyncio.TimerHandle | None = None
        self._again: asyncio.TimerHandle | None = None
        self._chan: asyncssh.SSHServerChannel[bytes]

    # -- what the client asks for -------------------------------------------------------------------------------------

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """The channel is open."""
        self._chan = chan

    def pty_requested(
        self, term_type: str, term_size: tuple[int, int, int, int], term_modes: Mapping[int, int]
    ) -> bool:
        """A terminal is what there is."""
        self._term, self._size = term_type, (term_size[0], term_size[1])
        return True

    def shell_requested(self) -> bool:
        """The dashboard, in a terminal."""
        if not self._term:
            return self._deny("a shell without a terminal")
        return True

    def exec_requested(self, command: str) -> bool:
        """No commands: what was asked for is written down and never looked at."""
        return self._deny("exec", shown(command))

    def subsystem_requested(self, subsystem: str) -> bool:
        """No sftp, nothing."""
        return self._deny("subsystem", shown(subsystem))

    def break_received(self, msec: int) -> bool:
        """Breaks mean nothing."""
        return True

    def signal_received(self, signal: str) -> None:
        """Signals are the terminal's business."""

    def session_started(self) -> None:
        """Start the dashboard."""
        if why := self._who.begin(self):
            self._who.note("denied", what="session", why=why)
            self._say(why)
            self._chan.exit(1)
            return
        environ = {**self._who.environ(), **environment(dict(self._chan.get_environment()), self._term)}
        try:
            self._pty = Pty(self._command, environ, self._size, self._out, self._acted, self._ended)
        except OSError as error:
            self._who.note("denied", what="session", why=f"the dashboard did not start: {error.strerror or error}")
            self._say("the dashboard did not start; the server's log says why")
            self._chan.exit(1)
            return
        self._begun = time.monotonic()
        self._who.note("session", term=shown(self._term), size=list(self._size))
        self._touch()

    # -- keys and size ------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Keys. A process that takes none makes the client wait."""
        self._touch()
        if self._pty is not None:
            self._pty.write(data)
            if self._pty.waiting > MOST_INPUT:
                self._chan.pause_reading()
                self._look_again()

    def eof_received(self) -> bool:
        """Nobody types any more; somebody may still look."""
        return True

    def terminal_size_changed(self, width: int, height: int, pixwidth: int, pixheight: int) -> None:
        """The window has another size."""
        if self._pty is not None:
            self._pty.resize(width, height)

    def _touch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._idle:
            self._timer = asyncio.get_running_loop().call_later(self._idle, self._was_idle)

    def _was_idle(self) -> None:
        self._who.note("idle", seconds=round(self._idle, 1))
        minutes = self._idle / 60
        self.leave(f"closed after {f'{minutes:g} minutes' if minutes >= 1 else f'{self._idle:g} s'} without a key")

    # -- what the dashboard draws -------------------------------------------------------------------------------------

    def _out(self, data: bytes) -> None:
        if not self._chan.is_closing():
            self._chan.write(data)
            self._pace()

    def pause_writing(self) -> None:
        """The client's window is full: the dashboard stands still until there is room."""
        self._paused = True
        self._pace()

    def resume_writing(self) -> None:
        """There is room again."""
        self._paused = False
        self._pace()

    def _pace(self) -> None:
        """Read the terminal only while the client takes what is drawn: its window, and the socket behind it.

        A client may open a window of gigabytes and never read its socket: only the buffer's size tells.
        """
        if self._pty is None:
            return
        full = self._who.backlog() > BACKLOG
        self._pty.hold(self._paused or full)
        if full:
            self._look_again()

    def _look_again(self) -> None:
        if self._again is None:
            self._again = asyncio.get_running_loop().call_later(_LOOK_AGAIN, self._looked)

    def _looked(self) -> None:
        self._again = None
        self._pace()
        if self._pty is not None:
            if self._pty.waiting > MOST_INPUT:
                self._look_again()
            elif not self._chan.is_closing():
                self._chan.resume_reading()

    # -- the end ------------------------------------------------------------------------------------------------------

    def leave(self, why: str) -> None:
        """End the dashboard kindly, then tell why on the terminal that it leaves behind."""
        self._last_words = why
        if self._pty is not None:
            self._pty.end(signal.SIGTERM)
        else:
            self._chan.close()

    def _acted(self, line: bytes) -> None:
        found = action(line)
        if not self._who.note("action", **({"line": found} if found is not None else {"nonsense": shown(repr(line))})):
            self.leave("the server's log cannot be written")  # one change may be missing there, not two

    def _ended(self, code: int) -> None:
        self._who.note("end", seconds=round(time.monotonic() - self._begun, 1), code=code, why=self._last_words)
        self._pty = None
        self._stop_timers()
        self._maybe_over()
        if not self._chan.is_closing():
            if self._last_words:
                self._say(self._last_words)
            self._chan.exit(min(code, 255))
            # A client that takes nothing would keep the channel open for ever.
            asyncio.get_running_loop().call_later(_FAREWELL, self._chan.abort)

    def _say(self, words: str) -> None:
        if not self._chan.is_closing():
            self._chan.write(f"stackdeck: {words}\r\n".encode("utf-8", "replace"))

    def _hang_up(self) -> None:
        self._stop_timers()
        if self._pty is not None:
            self._pty.end(signal.SIGHUP)

    def _stop_timers(self) -> None:
        for timer in (self._timer, self._again):
            if timer is not None:
                timer.cancel()
        self._timer = self._again = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The channel is gone, whatever way: so is the dashboard."""
        self._lost = True
        self._hang_up()
        self._maybe_over()

    def kill(self) -> None:
        """End its process at once."""
        if self._pty is not None:
            self._pty.kill()

    def _maybe_over(self) -> None:
        if self._lost and self._pty is None:
            self._who.end(self)

    def _deny(self, what: str, said: str = "") -> bool:
        self._who.note("denied", what=what, said=said)
        return False
