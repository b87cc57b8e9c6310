"""`stackdeck serve` for tests: the installed command with users of its own, or the server alone in this process."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.sshd import alive, descendants, make_key, public
from tests.terminal.harness import COMMAND, environment
from tests.waiting import wait_until
from tui.remote.loop import Loop
from tui.remote.serve import HOST_KEY, Server, prepare
from tui.remote.sessions import Serving

NOWHERE = """\
clouds:
  nowhere:
    auth: {auth_url: "http://127.0.0.1:1/v3", username: me, password: canary-password, project_name: web,
           user_domain_name: Default, project_domain_name: Default}
    region_name: r1
"""
"""A cloud that nobody answers for."""


class Users:
    """A directory of `stackdeck serve` and the keys of those who come."""

    host = "127.0.0.1"
    port = 0

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "serve"
        self.keys = directory / "keys"
        self.keys.mkdir(parents=True)
        prepare(self.directory)

    def home(self, name: str) -> Path:
        """Return a user's directory."""
        return self.directory / "users" / name

    def add(self, name: str, clouds: str | None = NOWHERE, options: str = "", key: Path | None = None) -> Path:
        """Make a user; returns the private key. `options` stand before the public one, `clouds` None: no file."""
        key = key or make_key(self.keys / name)
        self.home(name).mkdir(mode=0o700)
        self.authorize(name, f"{options} {public(key)}".strip())
        if clouds is not None:
            file = self.home(name) / "clouds.yaml"
            file.write_text(clouds)
            file.chmod(0o600)
        return key

    def authorize(self, name: str, *lines: str) -> None:
        """Write authorized_keys."""
        file = self.home(name) / "authorized_keys"
        file.write_text("".join(f"{line}\n" for line in lines))
        file.chmod(0o600)

    def ssh(self, name: str, *more: str, program: str = "ssh", key: Path | None = None, **said: object) -> list[str]:
        """Return the arguments of a client up to the options; `--`, the host and a command follow."""
        known = self.keys / "known_hosts"
        known.write_text(f"[{self.host}]:{self.port} {self.host_key}\n")
        options = {
            "UserKnownHostsFile": known,
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "IdentitiesOnly": "yes",
            "IdentityFile": key or self.keys / name,
            "BatchMode": "yes",
            "User": name,
            "Port": self.port,
            **said,
        }
        return [program, "-F", "none", *(f"-o{name}={value}" for name, value in options.items()), *more]

    def run(self, name: str, *more: str, command: str = "", **said: Any) -> subprocess.CompletedProcess[str]:
        """Run a client without a terminal."""
        words = [*self.ssh(name, *more, **said), "--", self.host, *([command] if command else [])]
        return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=200, check=False)

    @property
    def host_key(self) -> str:
        """The server's public key as `algorithm base64`."""
        found = subprocess.run(
            ["ssh-keygen", "-y", "-f", str(self.directory / HOST_KEY)], capture_output=True, text=True, check=True
        )
        return " ".join(found.stdout.split()[:2])

    def log(self, event: str = "") -> list[dict[str, Any]]:
        """Return the lines of the server's log, of one event where one is named."""
        try:
            text = (self.directory / "audit.jsonl").read_text("ascii")
        except FileNotFoundError:
            return []
        found = [json.loads(line) for line in text.splitlines()]
        return [line for line in found if not event or line["event"] == event]

    def wait_log(self, event: str, number: int = 1, **wanted: object) -> list[dict[str, Any]]:
        """Wait for so many lines of an event that say what is wanted."""

        def found() -> list[dict[str, Any]]:
            lines = [line for line in self.log(event) if all(line.get(key) == held for key, held in wanted.items())]
            return lines if len(lines) >= number else []

        try:
            return wait_until(found, f"{number} {event} with {wanted} in the log", 40)
        except AssertionError as error:
            raise AssertionError(f"{error}\n" + "\n".join(map(str, self.log()))) from None


class Served(Users):
    """The installed command, serving."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._process: subprocess.Popen[bytes] | None = None
        self._out = directory / "out"

    def start(self, *options: str, env: Mapping[str, str] | None = None) -> None:
        """Start it, on the same port again if it had one."""
        home = self.directory.parent
        with self._out.open("wb") as errors:
            self._process = subprocess.Popen(
                [
                    *COMMAND,
                    "serve",
                    "--directory",
                    str(self.directory),
                    "--listen",
                    f"{self.host}:{self.port}",
                    *options,
                ],
                env=environment(home, env),
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        line = self._first_line().decode()
        if f"on {self.host}:" not in line:
            raise AssertionError(f"it does not serve: {line}{self._out.read_text()}")
        self.port = int(line.split(f"on {self.host}:")[1].split(",")[0])

    def _first_line(self) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        found = b""
        while b"\n" not in found:
            ready, _, _ = select.select([self._process.stdout], [], [], 40)
            piece = os.read(self._process.stdout.fileno(), 4096) if ready else b""
            if not piece:
                break
            found += piece
        return found

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._process is not None
        return self._process.pid

    def sessions(self) -> list[int]:
        """Return the processes of all dashboards."""
        return descendants(self.pid)

    def signal(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end; returns the exit code."""
        assert self._process is not None
        os.kill(self.pid, number)
        code = self._process.wait(60)
        self._process = None
        return code

    def stop(self) -> None:
        """End it, whatever way."""
        if self._process is None:
            return
        children = self.sessions()
        self.signal(signal.SIGKILL)
        wait_until(lambda: not any(map(alive, children)), "the dashboards are gone", 30)


class Alone(Users):
    """The server in this process, with a small program in the place of the dashboard: for its limits."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._loop = Loop()
        self.server: Server | None = None

    def start(self, program: str = "import sys; sys.stdin.read()", **limits: Any) -> Server:
        """Serve a program of Python; `limits` are those of `Serving`."""
        command = (sys.executable, "-u", "-c", program)
        serving = Serving(directory=self.directory, port=0, command=command, **limits)
        self.server = Server(serving, {"PATH": "/usr/bin:/bin"})
        self._loop.run(self.server.start(), 30)
        self.port = self.server.port
        return self.server

    def stop(self) -> None:
        """End it."""
        if self.server is not None:
            self._loop.run(self.server.stop(), 30)
            self.server = None
