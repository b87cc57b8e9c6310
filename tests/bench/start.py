"""Start and stop: from the process's first moment to a row on the pty, and from «quit» to its end.

Peers run in turns with ours: an empty Textual application, and `openstack server list` on the same cloud.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from tests.bench.row import Row
from tests.terminal.harness import COMMAND, environment
from tests.waiting import wait_until
from tui.demo.process import DemoCloud

RUNS = 5
SERVERS = 100
LIMIT = 60.0
"""Seconds after which a screen that never shows what is waited for is given up."""
QUIT_LIMIT = 0.5
LIVE = re.compile(rb"live ")
FIRST_OF_PEER = "an empty application"

_PEER = f"""
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        yield Static({FIRST_OF_PEER!r})
Empty().run()
"""


class Seen:
    """A program on a pty of 120x40 that answers no query, as seen by its bytes."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        self._parent, child = pty.openpty()
        fcntl.ioctl(child, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self._bytes = bytearray()
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            list(command), stdin=child, stdout=child, stderr=child, env=dict(env), cwd=cwd, start_new_session=True
        )
        os.close(child)

    def until(self, wanted: re.Pattern[bytes], least: int = 0) -> float:
        """Return the seconds from the start of the process until something was written. Raises TimeoutError."""
        while not wanted.search(self._bytes, least):
            if time.monotonic() - self.began > LIMIT or self.process.poll() is not None:
                raise TimeoutError(f"{wanted.pattern!r} never came")
            self._read()
        return time.monotonic() - self.began

    def settle(self, seconds: float) -> None:
        """Read on for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._read()

    def quit(self, number: int | None = None) -> float:
        """Ask it to end, by key or signal; return the seconds until it did. Raises TimeoutError."""
        began = time.monotonic()
        if number is None:
            os.write(self._parent, b":quit!\r")
        else:
            self.process.send_signal(number)
        while self.process.poll() is None:
            if time.monotonic() - began > LIMIT:
                raise TimeoutError("it does not end")
            self._read(0.002)
        return time.monotonic() - began

    def close(self) -> None:
        """End it whatever it does."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        with contextlib.suppress(OSError):
            os.close(self._parent)

    def _read(self, wait: float = 0.05) -> None:
        with contextlib.suppress(OSError):
            if select.select([self._parent], [], [], wait)[0]:
                self._bytes += os.read(self._parent, 65536)


@contextlib.contextmanager
def _shown(command: Sequence[str], env: Mapping[str, str], cwd: Path) -> Iterator[Seen]:
    seen = Seen(command, env, cwd)
    try:
        yield seen
    finally:
        seen.close()


@contextlib.contextmanager
def _one_place(*args: str) -> Iterator[tuple[DemoCloud, Path, Path]]:
    """A demo cloud, a clouds.yaml with one region of it, and a home."""
    with DemoCloud.start("--still", "--servers", str(SERVERS), *args) as demo, tempfile.TemporaryDirectory() as top:
        home = Path(top)
        clouds = yaml.safe_load(demo.clouds_file.read_text())["clouds"]
        file = home / "clouds.yaml"
        file.write_text(yaml.safe_dump({"clouds": {"lab": clouds["lab"]}}))
        wait_until(lambda: time.time() - file.stat().st_ctime > 0.2, "a file old enough for the cache to trust it")
        yield demo, file, home


def _median(measure: Callable[[], float], runs: int) -> float:
    return statistics.median(measure() for _ in range(runs))


def starts() -> list[Row]:
    """Measure the first frame and the live table, cold and warm."""
    with _one_place() as (_, file, home):
        env = environment(home, {"OS_CLIENT_CONFIG_FILE": str(file)})
        name = _some_name(env, home)
        peer, frame, warm, cold, listing = [], [], [], [], []
        _prime(env, home)
        for _ in range(RUNS):
            with _shown([sys.executable, "-c", _PEER], env, home) as seen:
                peer.append(seen.until(re.compile(FIRST_OF_PEER.encode())))
            with _shown(COMMAND, env, home) as seen:
                frame.append(seen.until(re.compile(re.escape(name))))
                warm.append(seen.until(LIVE))
                seen.settle(0.3)
                seen.quit()
        for _ in range(RUNS):
            # What stevedore keeps there of installed plugins is every OpenStack program's: the peer finds it too.
            for part in ("cache/stackdeck", "state"):
                shutil.rmtree(home / part, ignore_errors=True)
            with _shown(COMMAND, env, home) as seen:
                cold.append(max(seen.until(re.compile(re.escape(name))), seen.until(LIVE)))
            listing.append(_openstack(env, home))
    empty, table = statistics.median(peer), statistics.median(listing)
    said, listed = f"empty Textual app {empty * 1000:.0f} ms", f"openstack server list {table:.2f} s"
    return [
        _row("process start → cached row readable", statistics.median(frame), said, empty, 1.15),
        _row("process start → live table of 100 servers, warm", statistics.median(warm), listed, table, 0.20),
        _row("process start → live table of 100 servers, cold", statistics.median(cold), listed, table, 0.35),
    ]


def quits() -> list[Row]:
    """Measure the end while every request hangs, the sign-in too; by key and by signal."""
    found: dict[str, list[float]] = {"key": [], "SIGTERM": []}
    with _one_place("--fault", "hang:*") as (_, file, home):
        env = environment(home, {"OS_CLIENT_CONFIG_FILE": str(file)})
        for _ in range(3):
            for way, number in (("key", None), ("SIGTERM", signal.SIGTERM)):
                with _shown(COMMAND, env, home) as seen:
                    seen.until(re.compile(b"asking"))
                    seen.settle(1.0)
                    found[way].append(seen.quit(number))
    worst = max(statistics.median(times) for times in found.values())
    said = ", ".join(f"{way} {statistics.median(times) * 1000:.0f} ms" for way, times in found.items())
    return [Row("quit while calls hang", said, "", None, f"≤ {QUIT_LIMIT * 1000:.0f} ms", worst <= QUIT_LIMIT)]


def _prime(env: Mapping[str, str], home: Path) -> None:
    """Start once and quit, so that everything is kept."""
    with _shown(COMMAND, env, home) as seen:
        seen.until(LIVE)
        seen.settle(1.5)
        seen.quit()


def _some_name(env: Mapping[str, str], home: Path) -> bytes:
    """Return the name of a server that stands near the top of the table."""
    done = subprocess.run(
        [*COMMAND, "get", "server", "-o", "csv", "--columns", "name", "--sort", "name"],
        env=dict(env), cwd=home, capture_output=True, check=True,
    )  # fmt: skip
    names = [line for line in done.stdout.split() if re.fullmatch(rb"[a-z0-9-]{5,16}", line)]
    return names[4]


def _openstack(env: Mapping[str, str], home: Path) -> float:
    command = Path(sys.executable).parent / "openstack"
    began = time.monotonic()
    subprocess.run([command, "--os-cloud", "lab", "server", "list"], env=dict(env), cwd=home, check=True,
                   stdout=subprocess.DEVNULL)  # fmt: skip
    return time.monotonic() - began


def _row(name: str, ours: float, peer: str, its: float, most: float) -> Row:
    ratio = ours / its
    return Row(name, f"{ours * 1000:.0f} ms", peer, ratio, f"≤ {most:g}", ratio <= most)
