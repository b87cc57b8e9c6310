"""What tests of tunnels share: a home with an SSH configuration of its own, and somebody who answers questions."""

from __future__ import annotations

import contextlib
import datetime
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tui.model.ssh import Hop, HostKey, Trust
from tui.remote.loop import Loop


@pytest.fixture
def ssh_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own with an empty ~/.ssh, and no agent; returns the ~/.ssh."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    found = tmp_path / ".ssh"
    found.mkdir(mode=0o700)
    return found


@dataclass
class Person:
    """An `Asker` with ready answers; what was asked is in `asked`."""

    secrets: list[str] = field(default_factory=list)
    trusts: Trust = Trust.NO
    asked: list[str] = field(default_factory=list)
    keys: list[HostKey] = field(default_factory=list)

    def secret(self, title: str, what: str) -> str | None:
        """Give the next answer."""
        self.asked.append(f"{title}: {what}")
        return self.secrets.pop(0) if self.secrets else None

    def trust(self, hop: Hop, key: HostKey) -> Trust:
        """Say the same of every key."""
        self.keys.append(key)
        return self.trusts


class Echo:
    """A server behind a bastion that answers what a test tells it to: one connection a time to `serve`."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._listener.getsockname()[1])
        self.taken: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.taken.append(self._listener.accept()[0])

    def close(self) -> None:
        """End it and all its connections."""
        for one in [self._listener, *self.taken]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    """A plain TCP server: a test reads and writes the accepted sockets itself."""
    found = Echo()
    yield found
    found.close()


class Inside(asyncssh.SSHServer):
    """A bastion that knows names which nobody else knows: `*.inside` is this machine."""

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked

    def begin_auth(self, username: str) -> bool:
        """Let everybody in."""
        return False

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> Any:
        """Forward to names of the inside alone."""
        self._asked.append(dest_host)
        if not dest_host.endswith(".inside"):
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "Name or service not known")

        async def forward() -> asyncssh.SSHTCPSession[bytes]:
            return await self._connection.forward_connection("127.0.0.1", dest_port)

        return forward()

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Remember the connection."""
        self._connection = conn


@dataclass
class Bastion:
    """Such a bastion, running."""

    hop: Hop
    known_hosts: Path
    asked: list[str]
    """Names that it was asked for."""


@pytest.fixture
def inside(tmp_path: Path) -> Iterator[Bastion]:
    """A bastion behind which `api.inside` and `other.inside` are this machine."""
    loop, asked = Loop(), list[str]()
    key = asyncssh.generate_private_key("ssh-ed25519")

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen("127.0.0.1", 0, server_factory=lambda: Inside(asked), server_host_keys=[key])

    server = loop.run(start(), 20)
    port = int(server.get_port())
    known = tmp_path / "inside_known_hosts"
    known.write_text(f"[127.0.0.1]:{port} {key.export_public_key().decode()}")
    yield Bastion(Hop("127.0.0.1", port, "me"), known, asked)

    async def stop() -> None:
        server.close()

    loop.run(stop(), 20)


def certificate(directory: Path, *names: str) -> Path:
    """Make a certificate of its own for these DNS names; the file has its key too, for servers, and serves as CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = directory / "certificate.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


class Watched:
    """Every connection and name lookup of this process while it is entered: (host or address, port)."""

    def __init__(self) -> None:
        self.connects: list[tuple[Any, ...]] = []
        self.lookups: list[str] = []
        self._on = False
        sys.addaudithook(self._hook)

    def __enter__(self) -> Watched:
        self._on = True
        return self

    def __exit__(self, *error: object) -> None:
        self._on = False

    def _hook(self, event: str, given: tuple[Any, ...]) -> None:
        if self._on and event == "socket.connect" and isinstance(given[1], tuple):
            self.connects.append(given[1][:2])
        elif self._on and event == "socket.getaddrinfo":
            self.lookups.append(str(given[0]))
