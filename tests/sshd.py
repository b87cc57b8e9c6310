"""A genuine OpenSSH server for tests: on a high loopback port, with host keys, authorized keys and a log of its own.

    def test_it(sshd: Start) -> None:
        server = sshd("AllowTcpForwarding no")
        subprocess.run([*server.ssh(), "--", server.host, "true"], check=True)

It runs as whoever runs the tests, so the only user it lets in is that one (`USER`).
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.waiting import wait_until

PROGRAM = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or ""
USER = pwd.getpwuid(os.getuid()).pw_name
NONE_HERE = "there is no OpenSSH server here"
SFTP = next((str(p) for p in map(Path, ("/usr/lib/openssh/sftp-server", "/usr/libexec/sftp-server")) if p.exists()), "")

_CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
{host_keys}
PidFile none
AuthorizedKeysFile {authorized}
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
PermitRootLogin prohibit-password
PermitUserEnvironment no
LogLevel VERBOSE
MaxStartups 100:30:200
"""


class Sshd:
    """One server. Everything of it lies in `directory`."""

    host = "127.0.0.1"
    user = USER

    def __init__(self, directory: Path, *config: str, algorithms: tuple[str, ...] = ("ed25519", "rsa")) -> None:
        """Make keys and configuration; `config`: lines of sshd_config(5), put before the usual ones (the first wins).

        A `Match` block must come as one string and last: it goes to the end of the file.
        """
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        self.key = directory / "id_ed25519"
        """The private key of the one user; `authorized_keys` holds its public half."""
        self.authorized_keys = directory / "authorized_keys"
        self.host_keys = [directory / f"ssh_host_{name}_key" for name in algorithms]
        make_key(self.key)
        self.authorized_keys.write_text(public(self.key) + "\n")
        for path, name in zip(self.host_keys, algorithms, strict=True):
            make_key(path, name)
        self._lines = config
        self._process: subprocess.Popen[bytes] | None = None
        self._config = directory / "sshd_config"
        self._log = directory / "sshd.log"
        self.port = 0

    def start(self) -> None:
        """Start it, on the same port again if it had one. Raises AssertionError with its log when it does not."""
        for _ in range(5):
            port = self.port or free_port()
            if self._started(port):
                self.port = port
                return
        raise AssertionError(f"sshd did not start:\n{self.log}")

    def stop(self) -> None:
        """End it with all its connections; nothing of it is left."""
        if self._process is None:
            return
        for pid in [*self.pids(), self._process.pid]:
            for number in (signal.SIGCONT, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
        self._process.wait(60)
        self._process = None

    def freeze(self) -> None:
        """Stand still with all connections, as a dead link does: nothing is answered, nothing is closed."""
        for pid in [*self.pids(), *self._own()]:
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on after `freeze`."""
        for pid in [*self._own(), *self.pids()]:
            os.kill(pid, signal.SIGCONT)

    def cut(self) -> None:
        """Kill what serves the connections; the server itself goes on listening."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def pids(self) -> list[int]:
        """Return the processes of all connections, and what they run, parents first."""
        return [] if self._process is None else descendants(self._process.pid)

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def known_hosts(self) -> str:
        """Lines for a known_hosts file, by the name `[127.0.0.1]:port`."""
        return "".join(f"[{self.host}]:{self.port} {public(path)}\n" for path in self.host_keys)

    def known_hosts_file(self) -> Path:
        """Write these lines to a file and return it."""
        path = self.directory / "known_hosts"
        path.write_text(self.known_hosts)
        return path

    def options(self) -> list[str]:
        """Return options for ssh, sftp and scp that let this user in and nothing of the machine's own in."""
        said = {
            "UserKnownHostsFile": self.known_hosts_file(),
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "IdentitiesOnly": "yes",
            "IdentityFile": self.key,
            "BatchMode": "yes",
            "User": self.user,
            "Port": self.port,
        }
        return ["-F", "none", *(part for name, value in said.items() for part in ("-o", f"{name}={value}"))]

    def ssh(self, *more: str) -> list[str]:
        """Return the arguments of a client, `more` options included; `--`, the host and a command follow."""
        return ["ssh", *self.options(), *more]

    def ssh_config(self, alias: str = "bastion", *lines: str) -> str:
        """Return a `Host` block of ssh_config(5) for this server."""
        own = (
            f"HostName {self.host}",
            f"Port {self.port}",
            f"User {self.user}",
            f"IdentityFile {self.key}",
            f"UserKnownHostsFile {self.known_hosts_file()}",
            "IdentitiesOnly yes",
        )
        return "\n".join([f"Host {alias}", *(f"  {line}" for line in (*lines, *own))]) + "\n"

    def _started(self, port: int) -> bool:
        plain = [line for line in self._lines if not line.lstrip().lower().startswith("match ")]
        matches = [line for line in self._lines if line not in plain]
        usual = _CONFIG.format(
            port=port,
            host_keys="\n".join(f"HostKey {path}" for path in self.host_keys),
            authorized=self.authorized_keys,
        )
        self._config.write_text("\n".join([*plain, usual, *matches]) + "\n")
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, parents=True, exist_ok=True)
        self._process = subprocess.Popen(
            [PROGRAM, "-D", "-f", str(self._config), "-E", str(self._log)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(lambda: answers(self.host, port) or self._ended(), "sshd listens", 20)
        if self._ended():
            self._process = None
            return False
        return True

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _own(self) -> list[int]:
        return [] if self._process is None else [self._process.pid]


class Start(Protocol):
    """The fixture: start a server with these lines of sshd_config(5)."""

    def __call__(self, *config: str) -> Sshd:
        """Start one; it ends with the test."""
        ...


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Start]:
    """Starts genuine OpenSSH servers; all of them end with the test."""
    if not PROGRAM:
        pytest.skip(NONE_HERE)
    started: list[Sshd] = []

    def start(*config: str) -> Sshd:
        server = Sshd(tmp_path / f"sshd{len(started)}", *config)
        started.append(server)
        server.start()
        return server

    yield start
    for server in started:
        server.stop()


def make_key(path: Path, algorithm: str = "ed25519", passphrase: str = "", comment: str = "test") -> Path:
    """Make a key pair with ssh-keygen, as a user has it; `path` holds the private half."""
    size = ["-b", "2048"] if algorithm == "rsa" else []
    subprocess.run(
        ["ssh-keygen", "-q", "-t", algorithm, *size, "-N", passphrase, "-C", comment, "-f", str(path)],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return path


def public(path: Path) -> str:
    """Return the public half as `algorithm base64`."""
    return " ".join(Path(f"{path}.pub").read_text().split()[:2])


def fingerprint(path: Path) -> str:
    """Return `SHA256:…` as ssh-keygen prints it."""
    answer = subprocess.run(["ssh-keygen", "-lf", f"{path}.pub"], check=True, capture_output=True, text=True)
    return answer.stdout.split()[1]


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(host: str, port: int) -> bool:
    """Tell whether something listens there."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=2):
        return True
    return False


def descendants(pid: int) -> list[int]:
    """Return the pids of all children of a process and of theirs, parents first."""
    answer = subprocess.run(["ps", "-axo", "pid=,ppid="], check=True, capture_output=True, text=True)
    pairs = [tuple(map(int, line.split())) for line in answer.stdout.splitlines()]
    found = [pid]
    for parent in found:
        found += [child for child, above in pairs if above == parent]
    return found[1:]


def alive(pid: int) -> bool:
    """Tell whether a process is there and no zombie."""
    answer = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], check=False, capture_output=True, text=True)
    return bool(answer.stdout.strip()) and not answer.stdout.lstrip().startswith("Z")
