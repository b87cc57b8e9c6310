"""Handing the real terminal to a program and getting it back, whatever way the program ends.

Textual's loop stands still meanwhile, on purpose: whatever it painted would go to a writer that has stopped, and its
queue of 30 would hold the loop for ever once full. Nothing is awaited and nothing raised inside `suspend`: a body that
raises is never resumed from (Textualize/textual#6692).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Any

from textual.app import App, SuspendNotSupported

FAILED = 255
"""What `ssh` returns for an error of its own (ssh(1), «EXIT STATUS»): its last words are shown until a key."""

SETTLE = (
    "\x1b[!p"  # soft reset: insert and origin mode, margins, character sets
    "\x1b[?1l\x1b>"  # cursor keys and keypad as usual
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1004l\x1b[?2004l"
    "\x1b[=0u"  # kitty's keyboard modes off
    "\x1b(B\x0f\x1b[m\x1b[?7h\x1b[?25h\x1b[?1049l"
)
"""What a program that was killed may have left on: it could not take it back."""

_SAME_STOP = 1.0
"""Seconds after a ^Z in which the program's own stop is the same one."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How it went."""

    status: int | None = None
    """Exit status; negative: the signal that ended it; None: it was never started."""
    error: str = ""
    """Why it was not started, or why nobody knows how it ended."""
    seconds: float = 0.0
    told: int = 0
    """The signal that stackdeck itself was sent meanwhile, 0 for none."""


def run_in_terminal(app: App[Any], arguments: Sequence[str], before: str) -> Ended:
    """Run a program in the foreground of the terminal; `before` is printed first (inert). Blocks; never raises."""
    ended = Ended(error="the terminal cannot be handed over here")
    with contextlib.suppress(SuspendNotSupported), app.batch_update(), app.suspend():
        try:
            ended = _run(arguments, before)
        except BaseException as error:  # nothing may leave `suspend` as an exception
            ended = Ended(error=f"{type(error).__name__}: {error}")
    if ended.told:
        os.kill(os.getpid(), ended.told)
    return ended


def _run(arguments: Sequence[str], before: str) -> Ended:
    terminal = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
    modes = _modes(terminal)
    _print(f"\r\n{before}\r\n")
    began = time.monotonic()
    child: subprocess.Popen[bytes] | None = None
    with _signals() as told:
        try:
            child = subprocess.Popen(list(arguments))  # noqa: S603 - a list of checked parts, no shell
            told.child = child
            ended = Ended(_wait(child, terminal, modes, told), seconds=time.monotonic() - began)
        except OSError as error:
            ended = Ended(error=f"{arguments[0]} cannot be started: {error.strerror or error}")
        finally:
            if child is not None and child.poll() is None:
                child.kill()
                child.wait()
            _restore(terminal, modes)
            _print(SETTLE)
            with contextlib.suppress(termios.error):
                # What was typed for the program is not for the dashboard.
                termios.tcflush(terminal, termios.TCIFLUSH)
        if ended.status == FAILED and not told.number:
            _pause(terminal, told)
    return Ended(ended.status, ended.error, ended.seconds, told.number)


class _Told:
    """The signal that came, and who is to be told of it."""

    def __init__(self) -> None:
        self.number = 0
        self.child: subprocess.Popen[bytes] | None = None
        self.resumed = -1.0
        """Monotonic seconds at which a stop by ^Z was over."""

    def heard(self, number: int, frame: FrameType | None) -> None:
        """Pass an end on to the program: it has the terminal, and stackdeck waits for it."""
        self.number = self.number or number
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()

    def ignored(self, number: int, frame: FrameType | None) -> None:
        """Leave ^C and ^\\ to the program: a handler, since being ignored would be inherited by it."""

    def stopped(self, number: int, frame: FrameType | None) -> None:
        """^Z while the terminal is not raw stops the program and us: go on with it."""
        os.kill(os.getpid(), signal.SIGSTOP)
        self.resumed = time.monotonic()


@contextlib.contextmanager
def _signals() -> Iterator[_Told]:
    told = _Told()
    handlers = {
        signal.SIGINT: told.ignored,
        signal.SIGQUIT: told.ignored,
        signal.SIGTERM: told.heard,
        signal.SIGHUP: told.heard,
        signal.SIGTSTP: told.stopped,
    }
    kept = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield told
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def _wait(child: subprocess.Popen[bytes], terminal: int, modes: list[Any] | None, told: _Told) -> int | None:
    """Wait for the end; a program that stops itself (`~^Z`) takes stackdeck with it, where a shell can go on."""
    while True:
        try:
            pid, status = os.waitpid(child.pid, os.WUNTRACED)
        except ChildProcessError:
            return child.poll()
        if pid and os.WIFSTOPPED(status):
            its = _modes(terminal)
            _restore(terminal, modes)
            if _has_job_control() and time.monotonic() - told.resumed > _SAME_STOP:
                os.kill(os.getpid(), signal.SIGSTOP)
            _restore(terminal, its)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGCONT)
            continue
        child.returncode = os.waitstatus_to_exitcode(status)
        return child.returncode


def _has_job_control() -> bool:
    """Whether a shell started us as a job: nobody else would wake us up again."""
    parent = os.getppid()
    try:
        return os.getsid(parent) == os.getsid(0) and os.getpgid(parent) != os.getpgrp()
    except OSError:
        return False


def _pause(terminal: int, told: _Told) -> None:
    """Leave the program's last words on the screen until a key, ^C or the end of the terminal."""
    _print("\r\nssh ended with an error, see above. Enter goes back to stackdeck. ")
    with contextlib.suppress(termios.error, OSError, ValueError):
        termios.tcflush(terminal, termios.TCIFLUSH)
        while not told.number:
            if select.select([terminal], [], [], 0.2)[0]:
                os.read(terminal, 1024)
                break


def _modes(terminal: int) -> list[Any] | None:
    try:
        return termios.tcgetattr(terminal)
    except termios.error:
        return None


def _restore(terminal: int, modes: list[Any] | None) -> None:
    if modes is not None:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(terminal, termios.TCSADRAIN, modes)


def _print(text: str) -> None:
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.write(2, text.encode("utf-8", "replace"))
