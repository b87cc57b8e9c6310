"""The genuine SSH server of the tests itself: it lets in, it refuses, it freezes and it comes back."""

from __future__ import annotations

import subprocess

from tests.sshd import Start, alive, make_key
from tests.waiting import wait_until


def test_a_client_runs_a_command(sshd: Start) -> None:
    """The user's key is let in."""
    server = sshd()
    answer = subprocess.run([*server.ssh(), "--", server.host, "echo hello; exit 7"], capture_output=True, text=True)
    assert (answer.stdout, answer.returncode) == ("hello\n", 7), answer.stderr


def test_another_key_is_refused(sshd: Start) -> None:
    """Only the one in authorized_keys."""
    server = sshd()
    server.key = make_key(server.directory / "other")
    answer = subprocess.run([*server.ssh(), "--", server.host, "true"], capture_output=True, text=True)
    assert answer.returncode == 255
    assert "Permission denied (publickey)" in answer.stderr


def test_lines_of_configuration_count(sshd: Start) -> None:
    """Plain ones and a block for a user."""
    server = sshd("AllowTcpForwarding no", f"Match User {'*'}\n  ForceCommand echo forced")
    answer = subprocess.run([*server.ssh(), "--", server.host, "echo asked"], capture_output=True, text=True)
    assert answer.stdout == "forced\n"


def test_connections_are_frozen_cut_and_restarted(sshd: Start) -> None:
    """What tests of tunnels lean on."""
    server = sshd()
    client = subprocess.Popen(
        [*server.ssh(), "--", server.host, "cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    assert client.stdin is not None
    assert client.stdout is not None
    client.stdin.write(b"one\n")
    assert client.stdout.read(4) == b"one\n"
    pids = server.pids()
    server.freeze()
    client.stdin.write(b"two\n")
    server.thaw()
    assert client.stdout.read(4) == b"two\n"
    server.cut()
    assert client.wait(60) == 255
    wait_until(lambda: not any(map(alive, pids)), "the connection's processes are gone")
    port = server.port
    server.stop()
    server.start()
    assert server.port == port
    assert subprocess.run([*server.ssh(), "--", server.host, "true"]).returncode == 0
