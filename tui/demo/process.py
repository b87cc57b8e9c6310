"""A handle to a demo cloud in a process of its own. Imports no HTTP server library."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType


class DemoCloudError(Exception):
    """The demo cloud did not come up; the text is what it said."""


class DemoCloud:
    """A running demo cloud. It ends with `stop`, or by itself when this process ends in any way."""

    def __init__(self, process: subprocess.Popen[bytes], clouds_file: Path, url: str, directory: Path) -> None:
        self.process = process
        self._directory = directory
        self.clouds_file = clouds_file
        """The clouds.yaml that leads to it."""
        self.url = url
        """Scheme, host and port of all its services, and of its control endpoint."""
        self.settings_file = directory / "settings.toml"
        """Settings with which its servers are reached by SSH; missing where no port was free."""

    @classmethod
    def start(cls, *args: str, timeout: float = 60) -> DemoCloud:
        """Start one with options as on the command line, and wait until it answers."""
        directory = Path(tempfile.mkdtemp(prefix="stackdeck-demo-"))
        clouds_file = directory / "clouds.yaml"
        command = [sys.executable, "-P", "-m", "tui.demo", "--parent-pipe", "--ssh-dir", str(directory), *args]
        if "--clouds-file" in args:
            clouds_file = Path(args[args.index("--clouds-file") + 1])
        else:
            command += ["--clouds-file", str(clouds_file)]
        log = directory / "log"
        with log.open("wb") as errors:
            process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *_search_path()])},
            )
        try:
            url = _first_line(process, log, timeout)
        except DemoCloudError:
            _end(process)
            _forget(directory)
            raise
        return cls(process, clouds_file, url, directory)

    def stop(self) -> None:
        """End it, and remove the file that led to it."""
        _end(self.process)
        with contextlib.suppress(OSError):
            self.clouds_file.unlink()
        _forget(self._directory)

    def __enter__(self) -> DemoCloud:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _search_path() -> list[str]:
    return [part for part in os.environ.get("PYTHONPATH", "").split(os.pathsep) if part]


def _first_line(process: subprocess.Popen[bytes], log: Path, timeout: float) -> str:
    """Wait for the line that says where the cloud answers."""
    end = time.monotonic() + timeout
    out = process.stdout
    if out is None:
        raise DemoCloudError("the demo cloud has no output")
    text = b""
    while b"\n" not in text:
        left = end - time.monotonic()
        if left <= 0 or not select.select([out], [], [], left)[0]:
            raise DemoCloudError(f"the demo cloud did not answer within {timeout:g} s")
        piece = os.read(out.fileno(), 4096)
        if not piece:
            said = log.read_text(errors="replace").strip()
            raise DemoCloudError(said or "the demo cloud ended at once")
        text += piece
    words = text.decode().split()
    return next((word.rstrip(".") for word in words if word.startswith(("http://", "https://"))), "")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a child: kindly, then firmly."""
    with contextlib.suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    process.terminate()
    try:
        process.wait(timeout=2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _forget(directory: Path) -> None:
    with contextlib.suppress(OSError):
        for file in directory.iterdir():
            file.unlink()
        directory.rmdir()
