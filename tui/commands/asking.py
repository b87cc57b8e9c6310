"""What a terminal says of itself when it is asked: how wide a mark is, how far away it is, how much gets through.

The dashboard asks the same behind its first frames; `doctor` has the time to wait for the answers.
"""

from __future__ import annotations

import os
import random
import re
import select
import termios
import time
import tty
from collections.abc import Sequence
from dataclasses import dataclass

from tui.commands.terminal import Finding
from tui.config.options import SLOW_LINK

_QUERY = b"\x1b[6n"
_ANSWER = re.compile(rb"\x1b\[(\d{1,5});(\d{1,5})R")
_PATIENCE = 3.0
"""Seconds until an answer is given up."""
_LOAD = 400
"""Colours that are set to see how long they take: about 7 kB that nobody sees."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What was found out; 0: it was not."""

    mark: int = 0
    """Cells of `●`."""
    round_trip: float = 0.0
    """Seconds from a question to its answer."""
    rate: float = 0.0
    """Bytes a second, where they were measured."""


def ask(descriptor: int, *, remote: bool) -> Answers:
    """Ask a terminal, on the line that the cursor is on; `remote`: see how much gets through, too.

    A terminal that answers nothing takes 3 s.
    """
    try:
        if os.tcgetpgrp(descriptor) != os.getpgrp():
            # In the background, a change of the terminal would stop us.
            return Answers()
        before = termios.tcgetattr(descriptor)
        tty.setcbreak(descriptor)
    except (OSError, termios.error):
        return Answers()
    try:
        return _asked(descriptor, remote)
    except OSError:
        return Answers()
    finally:
        # What comes too late must not be typed into the shell.
        termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)


def _asked(descriptor: int, remote: bool) -> Answers:
    trip, column = _timed(descriptor, "\r●".encode())
    os.write(descriptor, b"\r\x1b[K")
    if not column:
        return Answers()
    rate = 0.0
    if remote:
        source = random.Random(1)  # noqa: S311 - only so that ssh -C has little to compress
        load = b"".join(b"\x1b[38;2;%d;%d;%dm" % tuple(source.randbytes(3)) for _ in range(_LOAD)) + b"\x1b[m"
        took, arrived = _timed(descriptor, load)
        rate = len(load) / max(took - trip, 1e-3) if arrived else len(load) / _PATIENCE
    return Answers(column - 1, trip, rate)


def _timed(descriptor: int, data: bytes) -> tuple[float, int]:
    """Write and ask; returns the seconds until the answer and the column that it tells, 0 without one."""
    started = time.monotonic()
    left = data + _QUERY
    while left:
        left = left[os.write(descriptor, left) :]
    said = b""
    while (rest := started + _PATIENCE - time.monotonic()) > 0 and len(said) < 4096:
        if select.select([descriptor], [], [], rest)[0]:
            said += os.read(descriptor, 256)
        if found := _ANSWER.search(said):
            return time.monotonic() - started, int(found[2])
    return 0.0, 0


def told(answers: Answers, *, remote: bool, ascii: bool, low_bandwidth: str) -> Sequence[Finding]:  # noqa: A002
    """Say in words what follows from the answers. `ascii`: chosen already; `low_bandwidth`: auto, on, off."""
    if not answers.mark:
        return (
            Finding("answers", "none", "the terminal does not say where its cursor is: nothing was measured", False),
        )
    found = []
    if ascii:
        pass
    elif answers.mark == 1:
        found.append(Finding("marks", "1 cell", "● is as wide as a letter"))
    else:
        why = "the terminal draws ● wider than a letter: ASCII is drawn instead"
        found.append(Finding("marks", f"{answers.mark} cells", why, good=False))
    text = f"{answers.round_trip * 1000:.0f} ms"
    if not remote:
        return (*found, Finding("round trip", text, "from a question to the terminal to its answer"))
    slow = answers.rate < SLOW_LINK
    text += f", about {answers.rate / 1000:,.0f} kB/s"
    why = {
        "on": "low bandwidth was asked for",
        "off": "low bandwidth is switched off",
        "auto": "slow: 256 colours, 10 frames a second, no mouse motion" if slow else "fast enough for all",
    }[low_bandwidth]
    return (*found, Finding("round trip", text, why, good=not slow or low_bandwidth != "off"))
