"""Jump hosts on genuine sshd: configuration, keys, agent, passphrases, host keys, and the words for what goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sshd import Sshd, Start, fingerprint, free_port, make_key, public
from tests.tunnelled import Person
from tests.waiting import wait_until
from tui.model.ssh import Hop, HostKey, Trust
from tui.model.trouble import Cause, Trouble, TroubleError
from tui.remote.hops import open_chain
from tui.remote.ssh_config import machines

pytestmark = pytest.mark.usefixtures("ssh_home")

Once = set[tuple[str, HostKey]]


def opened(*hops: Hop, person: Person | None = None, known: Path | None = None, once: Once | None = None) -> str:
    """Connect; return who answered, the nearest first."""

    async def work() -> str:
        chain = await open_chain(hops, person or Person(), known_hosts=known, once=once)
        try:
            assert chain.alive
            return " ".join(machine.at for machine in chain.machines)
        finally:
            chain.abort()

    return asyncio.run(work())


def refused(*hops: Hop, person: Person | None = None, known: Path | None = None, timeout: float = 10.0) -> Trouble:
    """Fail to connect; return why."""

    async def work() -> None:
        chain = await open_chain(hops, person or Person(), known_hosts=known, timeout=timeout)
        chain.abort()

    with pytest.raises(TroubleError) as caught:
        asyncio.run(work())
    return caught.value.trouble


def hop_to(server: Sshd) -> Hop:
    """The server by its address with its own key."""
    return Hop(server.host, server.port, server.user, str(server.key))


# -- configuration ---------------------------------------------------------------------------------------------------


def test_an_alias_of_the_configuration(sshd: Start, ssh_home: Path) -> None:
    server = sshd()
    (ssh_home / "config").write_text(server.ssh_config("bastion"))
    assert opened(Hop("bastion")) == f"{server.user}@{server.host}:{server.port}"


def test_included_files_and_match_blocks(sshd: Start, ssh_home: Path) -> None:
    server = sshd()
    (ssh_home / "more").write_text(server.ssh_config("bastion"))
    (ssh_home / "config").write_text("Include more\nMatch host other\n  Port 1\n")
    assert opened(Hop("bastion")).endswith(str(server.port))


def test_proxy_jump_and_hops_of_the_settings_make_the_same_way(sshd: Start, ssh_home: Path) -> None:
    first, second = sshd(), sshd()
    (ssh_home / "config").write_text(first.ssh_config("near") + second.ssh_config("far", "ProxyJump near"))
    way = f"{first.user}@{first.host}:{first.port} {second.user}@{second.host}:{second.port}"
    assert opened(Hop("far")) == way
    assert len(first.log.split("Accepted publickey")) == 2
    (ssh_home / "config").write_text(first.ssh_config("near") + second.ssh_config("far"))
    assert opened(Hop("near"), Hop("far")) == way
    # The second one was reached from the first, not from here: its log names the first one's address, and its own port.
    assert "Accepted publickey" in second.log


def test_a_proxy_command_of_the_configuration(sshd: Start, ssh_home: Path, tmp_path: Path) -> None:
    server, relay = sshd(), tmp_path / "relay.py"
    relay.write_text(
        "import os, socket, sys, threading\n"
        "end = socket.create_connection((sys.argv[1], int(sys.argv[2])))\n"
        "def up():\n"
        "    while data := os.read(0, 65536): end.sendall(data)\n"
        "threading.Thread(target=up, daemon=True).start()\n"
        "while data := end.recv(65536): os.write(1, data)\n"
    )
    lines = server.ssh_config("bastion", f"ProxyCommand {sys.executable} {relay} 127.0.0.1 {server.port}")
    (ssh_home / "config").write_text(lines.replace("HostName 127.0.0.1", "HostName nowhere.invalid"))
    known = tmp_path / "known"
    known.write_text(server.known_hosts.replace("127.0.0.1", "nowhere.invalid"))
    assert opened(Hop("bastion"), known=known) == f"{server.user}@nowhere.invalid:{server.port}"


def test_jumps_in_a_circle_end(ssh_home: Path) -> None:
    (ssh_home / "config").write_text("Host a\n ProxyJump b\nHost b\n ProxyJump a\n")
    found = refused(Hop("a"))
    assert (found.cause, "circle" in found.title) == (Cause.CONFIG, True)


def test_a_configuration_that_does_not_parse_names_its_line(ssh_home: Path) -> None:
    (ssh_home / "config").write_text("Host a\n Port many\n")
    found = refused(Hop("a"))
    assert (found.cause, "config line 2" in found.title) == (Cause.CONFIG, True)


@given(st.text(max_size=200))
def test_no_configuration_breaks_the_reading(text: str) -> None:
    file = Path(os.environ["HOME"]) / ".ssh" / "config"
    file.parent.mkdir(exist_ok=True)
    file.write_text(re.sub(r"(?i)match|include", "", text), "utf-8", "replace")
    with contextlib.suppress(TroubleError):
        found = machines((Hop("a"),))
        assert found[-1].hop == Hop("a")


# -- host keys -------------------------------------------------------------------------------------------------------


def test_an_unknown_key_is_asked_about_and_kept_or_not(sshd: Start, ssh_home: Path) -> None:
    server = sshd()
    no = Person()
    found = refused(hop_to(server), person=no)
    assert (found.cause, found.short) == (Cause.ASK, "host key")
    assert fingerprint(server.host_keys[0]) in found.title
    assert no.keys[0].fingerprint == fingerprint(server.host_keys[0])
    once: Once = set()
    opened(hop_to(server), person=Person(trusts=Trust.ONCE), once=once)
    assert not (ssh_home / "known_hosts").exists()
    assert opened(hop_to(server), once=once), "for this run it is trusted"
    keep = Person(trusts=Trust.KEEP)
    opened(hop_to(server), person=keep)
    file = ssh_home / "known_hosts"
    assert (oct(file.stat().st_mode)[-3:], file.read_text().count("\n")) == ("600", 1)
    assert opened(hop_to(server)), "known from now on"
    assert (
        subprocess.run(["ssh-keygen", "-F", f"[127.0.0.1]:{server.port}", "-f", str(file)], check=False).returncode == 0
    )


def test_a_changed_key_is_refused_and_nobody_is_asked(sshd: Start, tmp_path: Path) -> None:
    server = sshd()
    known = tmp_path / "known"
    known.write_text(f"[127.0.0.1]:{server.port} {public(make_key(tmp_path / 'other'))}\n")
    person = Person(trusts=Trust.KEEP)
    before = known.read_text()
    found = refused(hop_to(server), person=person, known=known)
    assert (found.cause, found.short, person.keys) == (Cause.CONFIG, "key changed", [])
    assert "ssh-keygen" in found.hint
    assert known.read_text() == before


def test_a_key_of_the_same_host_at_another_port_is_no_key_of_this_one(sshd: Start, tmp_path: Path) -> None:
    server, known = sshd(), tmp_path / "known"
    known.write_text(f"127.0.0.1 {public(make_key(tmp_path / 'other'))}\n")
    assert refused(hop_to(server), known=known).cause is Cause.ASK


@pytest.mark.parametrize("hashed", [False, True])
def test_known_hosts_as_openssh_writes_it(sshd: Start, hashed: bool) -> None:
    server = sshd()
    known = server.known_hosts_file()
    known.write_text("# a comment\nnonsense here\n\xff\xfe bad\n" + known.read_text(), "latin-1")
    if hashed:
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", str(known)], check=False, capture_output=True)
    assert opened(hop_to(server), known=known)


def test_a_certified_host_needs_no_key_of_its_own(sshd: Start, tmp_path: Path) -> None:
    server = sshd()
    authority = make_key(tmp_path / "authority")
    sign = ["ssh-keygen", "-q", "-s", str(authority), "-I", "b", "-h", "-n", "127.0.0.1", f"{server.host_keys[0]}.pub"]
    subprocess.run(sign, check=True)
    server.stop()
    server._lines = (f"HostCertificate {server.host_keys[0]}-cert.pub",)
    server.start()
    known = tmp_path / "known"
    known.write_text(f"@cert-authority [127.0.0.1]:{server.port} {public(authority)}\n")
    assert opened(hop_to(server), known=known)


def test_revoked_keys_are_honoured(sshd: Start, ssh_home: Path, tmp_path: Path) -> None:
    server, revoked = sshd(), tmp_path / "revoked"
    (ssh_home / "config").write_text(server.ssh_config("bastion", f"RevokedHostKeys {revoked}"))
    assert refused(Hop("bastion")).short == "revoked keys", "a list that is not there revokes everything"
    revoked.write_text("# none\n")
    assert opened(Hop("bastion"))
    revoked.write_text("".join(f"{public(key)}\n" for key in server.host_keys))
    assert refused(Hop("bastion")).short == "key revoked"
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", str(revoked), f"{server.host_keys[0]}.pub"], check=True)
    found = refused(Hop("bastion"))
    assert (found.cause, "binary list" in found.title) == (Cause.CONFIG, True)
    plain = hop_to(server)
    known = server.known_hosts_file()
    known.write_text(known.read_text() + f"@revoked * {public(server.host_keys[0])}\n")
    (ssh_home / "config").unlink()
    assert refused(plain, known=known).short == "key revoked"


def test_strict_checking_asks_nobody(sshd: Start, ssh_home: Path) -> None:
    server = sshd()
    (ssh_home / "config").write_text("Host *\n StrictHostKeyChecking yes\n")
    person = Person(trusts=Trust.KEEP)
    assert refused(hop_to(server), person=person).cause is Cause.CONFIG
    assert person.keys == []


# -- who we are ------------------------------------------------------------------------------------------------------


def test_a_key_that_is_not_authorized(sshd: Start, tmp_path: Path) -> None:
    server = sshd()
    other = make_key(tmp_path / "other")
    found = refused(Hop(server.host, server.port, server.user, str(other)), known=server.known_hosts_file())
    assert (found.cause, found.short) == (Cause.SIGN_IN, "tunnel auth")
    missing = refused(Hop(server.host, server.port, key="/nowhere/key"), known=server.known_hosts_file())
    assert (missing.cause, "/nowhere/key" in missing.title) == (Cause.CONFIG, True)


@pytest.mark.parametrize("algorithm", ["ed25519", "rsa"])
def test_a_passphrase_is_asked_for_and_asked_again(algorithm: str, sshd: Start, tmp_path: Path) -> None:
    server = sshd()
    key = make_key(tmp_path / "locked", algorithm, passphrase="open sesame")
    server.authorized_keys.write_text(public(key) + "\n")
    hop, known = Hop(server.host, server.port, server.user, str(key)), server.known_hosts_file()
    nobody = Person()
    found = refused(hop, person=nobody, known=known)
    assert (found.cause, found.short, len(nobody.asked)) == (Cause.ASK, "passphrase", 1)
    person = Person(["wrong", "open sesame"])
    assert opened(hop, person=person, known=known)
    assert person.asked == [f"{hop.label}: Passphrase of {key}"] * 2


@pytest.mark.parametrize("passphrase", ["", "open sesame"])
def test_a_certificate_of_the_user(passphrase: str, sshd: Start, ssh_home: Path, tmp_path: Path) -> None:
    authority, key = make_key(tmp_path / "authority"), make_key(tmp_path / "mine", passphrase=passphrase)
    server = sshd(f"TrustedUserCAKeys {authority}.pub")
    server.authorized_keys.write_text("")
    sign = ["ssh-keygen", "-q", "-s", str(authority), "-I", "me", "-n", server.user, f"{key}.pub"]
    subprocess.run(sign, check=True)
    person = Person([passphrase] * 3)
    hop, known = Hop(server.host, server.port, server.user, str(key)), server.known_hosts_file()
    assert opened(hop, person=person, known=known)
    (tmp_path / "mine-cert.pub").rename(tmp_path / "elsewhere.pub")
    assert refused(hop, person=person, known=known).cause is Cause.SIGN_IN
    (ssh_home / "config").write_text(f"Host *\n CertificateFile {tmp_path}/elsewhere.pub\n CertificateFile /nowhere\n")
    assert opened(hop, person=person, known=known)


@pytest.fixture
def agent(ssh_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A genuine ssh-agent."""
    where = ssh_home / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(where)], stdout=subprocess.DEVNULL)
    wait_until(where.exists, "the agent listens")
    monkeypatch.setenv("SSH_AUTH_SOCK", str(where))
    yield where
    process.terminate()
    process.wait(60)


def test_keys_of_the_agent(sshd: Start, agent: Path, tmp_path: Path) -> None:
    server = sshd()
    known = server.known_hosts_file()
    others = [make_key(tmp_path / f"other{number}") for number in range(7)]
    locked = make_key(tmp_path / "locked", passphrase="open sesame")
    subprocess.run(["ssh-add", "-q", *map(str, [*others, server.key])], check=True, capture_output=True)
    plain = Hop(server.host, server.port, server.user)
    # Seven keys come before the right one in the agent, and the server takes six: those that are named come first.
    assert opened(Hop(server.host, server.port, server.user, str(server.key)), known=known)
    (Path(os.environ["HOME"]) / ".ssh" / "config").write_text(
        f"Host *\n IdentityFile {server.key}\n IdentitiesOnly yes\n"
    )
    assert opened(plain, known=known)
    server.authorized_keys.write_text(public(locked) + "\n")
    person = Person(["open sesame"])
    assert opened(Hop(server.host, server.port, server.user, str(locked)), person=person, known=known)
    assert len(person.asked) == 1


def test_a_locked_key_that_the_agent_holds_is_not_asked_for(sshd: Start, agent: Path, tmp_path: Path) -> None:
    server = sshd()
    key = tmp_path / "key"
    make_key(key)
    subprocess.run(["ssh-add", "-q", str(key)], check=True, capture_output=True)
    subprocess.run(
        ["ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", str(key)], check=True, capture_output=True
    )
    server.authorized_keys.write_text(public(key) + "\n")
    assert opened(Hop(server.host, server.port, server.user, str(key)), known=server.known_hosts_file())


def test_an_agent_that_is_gone_is_as_good_as_none(sshd: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    server = sshd()
    monkeypatch.setenv("SSH_AUTH_SOCK", "/nowhere/agent")
    assert opened(hop_to(server), known=server.known_hosts_file())


# -- the way ---------------------------------------------------------------------------------------------------------


def test_words_for_what_cannot_be_reached(sshd: Start, ssh_home: Path) -> None:
    closed = refused(Hop("127.0.0.1", free_port()))
    assert (closed.cause, closed.short, "refuses connections" in closed.title) == (Cause.NETWORK, "refused", True)
    unknown = refused(Hop("nosuch.invalid"))
    assert (unknown.cause, unknown.short) == (Cause.NETWORK, "DNS")
    first, second = sshd("AllowTcpForwarding no"), sshd()
    (ssh_home / "config").write_text(first.ssh_config("near") + second.ssh_config("far"))
    found = refused(Hop("near"), Hop("far"))
    assert (found.cause, found.short) == (Cause.NETWORK, "prohibited")
    assert found.title.startswith("Jump host near forbids forwarding"), "the one that forbids it is named"


def test_a_jump_host_that_hangs(sshd: Start, tmp_path: Path) -> None:
    server = sshd()
    wait_until(lambda: not server.pids(), "nobody is connected", 20)
    server.freeze()
    try:
        found = refused(hop_to(server), known=server.known_hosts_file(), timeout=1.0)
    finally:
        server.thaw()
    assert (found.cause, "does not answer" in found.title) == (Cause.TIMEOUT, True)


def test_no_connection_is_left_open_by_failures(sshd: Start) -> None:
    server = sshd()
    known = server.known_hosts_file()
    for _ in range(3):
        refused(hop_to(server))
        opened(hop_to(server), known=known)
    wait_until(lambda: not server.pids(), "all connections are closed", 20)
