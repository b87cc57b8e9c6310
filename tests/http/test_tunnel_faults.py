"""A tunnel that is cut, killed, frozen and flooded: it heals by itself, and no socket suffers for another."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.http.conftest import Loader
from tests.http.stage import Answer, Seen, Stage
from tests.sshd import Sshd
from tests.tunnelled import Echo
from tests.waiting import wait_until
from tui.cloud import Clouds
from tui.config.settings import Settings, Ssh, Timeouts
from tui.live.tunnels import Line, Tunnels
from tui.model.ssh import Hop, Trust
from tui.model.trouble import Cause, TroubleError
from tui.model.tunnel import Phase
from tui.remote.asking import Desk
from tui.remote.pump import HELD, WINDOW
from tui.resources.registry import KINDS

pytestmark = pytest.mark.usefixtures("ssh_home")

HEALED = 30.0
"""Seconds in which a tunnel must be back, whatever happened to it."""
HOP = Hop("bastion")


@pytest.fixture
def line(bastion: Sshd, tunnels: Tunnels) -> Line:
    """The way through the bastion."""
    return tunnels.dial((HOP,))


@pytest.fixture
def clouds(bastion: Sshd, stage: Stage, load: Loader, tunnels: Tunnels) -> Clouds:
    """One cloud behind it, with one server."""
    stage.servers({"id": "s1", "name": "web", "status": "ACTIVE"})
    times = Timeouts(connect=2.0, list=60.0, other=60.0)
    return load({"a": stage.entry(ssh_tunnel="bastion")}, dial=tunnels.dial, settings=Settings(timeouts=times))


def listed(clouds: Clouds) -> int:
    """List the servers, once."""
    kind = KINDS["server"]
    return len(clouds.api(clouds.scopes[0]).page(kind.read, kind.row).rows)


def answers(clouds: Clouds) -> bool:
    """List the servers; whether that went well."""
    try:
        return listed(clouds) == 1
    except TroubleError:
        return False


def pair(line: Line, echo: Echo) -> tuple[socket.socket, socket.socket]:
    """A socket through the tunnel, and the far end that it leads to."""
    number = len(echo.taken)
    near = line.connect("127.0.0.1", echo.port, 10)
    near.settimeout(30)
    far = wait_until(lambda: echo.taken[number:], "the connection arrives", 20)[0]
    far.settimeout(30)
    return near, far


def read_all(found: socket.socket) -> bytes:
    """Read to the end."""
    parts = []
    while data := found.recv(1 << 16):
        parts.append(data)
    return b"".join(parts)


# -- losses ----------------------------------------------------------------------------------------------------------


def abort(bastion: Sshd, tunnels: Tunnels) -> None:
    tunnel = tunnels.dial((HOP,))._tunnel
    assert tunnel is not None
    tunnel.abort()


def cut(bastion: Sshd, tunnels: Tunnels) -> None:
    bastion.cut()


def restart(bastion: Sshd, tunnels: Tunnels) -> None:
    bastion.stop()
    bastion.start()


@pytest.mark.parametrize("loss", [abort, cut, restart])
def test_the_next_request_brings_it_back(
    loss: Callable[[Sshd, Tunnels], None], bastion: Sshd, clouds: Clouds, stage: Stage, tunnels: Tunnels
) -> None:
    assert listed(clouds) == 1
    for number in range(2, 5):
        loss(bastion, tunnels)
        assert listed(clouds) == 1, "a reading request does not even fail"
        assert tunnels.standings[0].connects == number
    assert stage.sign_ins == 1, "the token outlives the tunnel"


def test_a_frozen_bastion_is_found_out_and_replaced(bastion: Sshd, clouds: Clouds, tunnels: Tunnels) -> None:
    assert listed(clouds) == 1
    session = bastion.pids()
    started = time.monotonic()
    for pid in session:
        os.kill(pid, 19)  # only what serves the connection: the server itself takes new ones, as after a lost link
    assert listed(clouds) == 1, "the request that hung goes through the next connection"
    took = time.monotonic() - started
    assert tunnels.standings[0].connects == 2
    assert took <= HEALED + 15, f"{took:.0f} s"  # the machine may be busy


def test_a_bastion_that_is_away_is_told_and_comes_back(bastion: Sshd, clouds: Clouds, tunnels: Tunnels) -> None:
    assert listed(clouds) == 1
    bastion.stop()
    wait_until(lambda: tunnels.standings[0].phase is Phase.DOWN, "it is noticed without a request", 20)
    with pytest.raises(TroubleError) as caught:
        listed(clouds)
    assert (caught.value.trouble.retries, caught.value.trouble.short) == (True, "refused")
    assert tunnels.standings[0].trouble == caught.value.trouble or tunnels.standings[0].trouble is not None
    bastion.start()
    wait_until(lambda: answers(clouds), "it is back", 30, step=0.2)


def test_many_who_come_at_once_bring_one_connection(bastion: Sshd, line: Line, echo: Echo) -> None:
    found: list[socket.socket] = []
    threads = [
        threading.Thread(target=lambda: found.append(line.connect("127.0.0.1", echo.port, 20)), daemon=True)
        for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(found) == 50, "all are connected", 30)
    assert (line.standing.connects, line.standing.sockets) == (1, 50)
    for one in found:
        one.close()
    wait_until(lambda: line.standing.sockets == 0, "nothing of them is left", 20)


def test_one_who_gives_up_takes_the_tunnel_from_nobody(bastion: Sshd, line: Line, echo: Echo) -> None:
    line.up()
    session = bastion.pids()
    for pid in session:
        os.kill(pid, 19)
    with pytest.raises(TroubleError) as caught:
        line.connect("127.0.0.1", echo.port, 0.3)
    assert (caught.value.trouble.cause, "0.3 s" in caught.value.trouble.title) == (Cause.TIMEOUT, True)
    for pid in session:
        os.kill(pid, 18)
    wait_until(lambda: line.standing.sockets == 0, "what was given up is closed", 20)
    near, far = pair(line, echo)
    near.sendall(b"hello")
    assert far.recv(5) == b"hello"
    assert line.standing.connects == 1
    near.close()


# -- sockets ---------------------------------------------------------------------------------------------------------


def test_halves_close_on_their_own(line: Line, echo: Echo) -> None:
    near, far = pair(line, echo)
    near.sendall(b"question")
    near.shutdown(socket.SHUT_WR)
    assert read_all(far) == b"question"
    far.sendall(b"answer" * 100_000)
    far.shutdown(socket.SHUT_WR)
    assert read_all(near) == b"answer" * 100_000
    near.close()
    near, far = pair(line, echo)
    far.shutdown(socket.SHUT_WR)
    assert near.recv(1) == b""
    near.sendall(b"more")
    near.shutdown(socket.SHUT_WR)
    assert read_all(far) == b"more"
    near.close()
    wait_until(lambda: line.standing.sockets == 0, "both are gone", 20)


def test_a_socket_that_is_closed_is_closed_at_the_far_end(line: Line, echo: Echo) -> None:
    near, far = pair(line, echo)
    near.sendall(b"x")
    assert far.recv(1) == b"x"
    near.close()
    assert far.recv(1) == b""
    wait_until(lambda: line.standing.sockets == 0, "nothing is left, though the far end closed nothing", 20)


def test_the_far_end_that_drops_a_connection_is_noticed(line: Line, echo: Echo) -> None:
    near, far = pair(line, echo)
    far.close()
    assert near.recv(1) == b""
    near.close()
    wait_until(lambda: line.standing.sockets == 0, "nothing is left", 20)


def test_a_slow_reader_stalls_its_own_socket_alone(line: Line, echo: Echo) -> None:
    near, far = pair(line, echo)
    data = os.urandom(1 << 20) * 24
    sent = 0
    far.setblocking(False)

    def push() -> bool:
        """Send what goes; whether nothing goes any more."""
        nonlocal sent
        try:
            sent += far.send(data[sent : sent + (1 << 16)])
        except BlockingIOError:
            return True
        return False

    wait_until(lambda: push() and _stays(lambda: sent), "the sender has to wait", 30, step=0)
    # What is on the way: our window and buffers, sshd's, and those of four sockets.
    assert sent < WINDOW + HELD + (12 << 20)
    other, end = pair(line, echo)
    for _ in range(20):
        end.sendall(b"ping")
        assert other.recv(4) == b"ping"
    far.settimeout(30)
    writer = threading.Thread(target=lambda: (far.sendall(data[sent:]), far.shutdown(socket.SHUT_WR)), daemon=True)
    writer.start()
    assert hashlib.sha256(read_all(near)).digest() == hashlib.sha256(data).digest()
    near.close()
    other.close()


def _stays(value: Callable[[], int]) -> bool:
    """Whether a value has come to rest: the kernel empties its buffers a moment after a send would block."""
    before, since = value(), time.monotonic()
    while time.monotonic() - since < 0.3:
        if value() != before:
            return False
    return True


def test_a_far_end_that_does_not_read_holds_the_writer(line: Line, echo: Echo) -> None:
    near, far = pair(line, echo)
    data = os.urandom(1 << 20) * 24
    done = threading.Event()

    def write() -> None:
        near.sendall(data)
        near.shutdown(socket.SHUT_WR)
        done.set()

    threading.Thread(target=write, daemon=True).start()
    assert not done.wait(1), "24 MB do not fit into any buffer on the way"
    assert hashlib.sha256(read_all(far)).digest() == hashlib.sha256(data).digest()
    wait_until(done.is_set, "the writer is done", 20)
    near.close()


def test_many_sockets_at_once_keep_their_bytes_apart(line: Line, echo: Echo) -> None:
    pairs = [pair(line, echo) for _ in range(20)]
    blobs = [os.urandom(200_000) * 3 for _ in pairs]

    def send(far: socket.socket, blob: bytes) -> None:
        far.sendall(blob)
        far.shutdown(socket.SHUT_WR)

    for (_, far), blob in zip(pairs, blobs, strict=True):
        threading.Thread(target=send, args=(far, blob), daemon=True).start()
    for (near, _), blob in zip(reversed(pairs), reversed(blobs), strict=True):
        assert read_all(near) == blob
        near.close()


def test_a_body_that_broke_off_is_no_answer(bastion: Sshd, clouds: Clouds, stage: Stage) -> None:
    cuts = []

    def breaks(seen: Seen) -> Answer:
        cuts.append(1)
        threading.Timer(0.2, bastion.cut).start()
        return Answer(b'{"servers": [', length=1000) if len(cuts) < 3 else Answer({"servers": []})

    stage.on("GET", "/compute/v2.1/servers/detail", breaks)
    with pytest.raises(TroubleError) as caught:
        listed(clouds)
    assert caught.value.trouble.cause in {Cause.NETWORK, Cause.NONSENSE}
    wait_until(lambda: answers(clouds) or len(cuts) > 3, "it goes on", 30)


# -- questions -------------------------------------------------------------------------------------------------------


def test_answers_are_given_once_and_wrong_ones_dropped() -> None:
    desk = Desk()
    visit = desk.visit()
    assert visit.secret("bastion", "Passphrase of k") is None
    question = visit.question
    assert question is not None
    assert (question.title, question.what, question.again) == ("bastion", "Passphrase of k", False)
    desk.answer(question, "")
    assert desk.questions == (question,), "nothing typed is no answer"
    desk.answer(question, "wrong")
    assert (desk.questions, visit.question) == ((), None)
    visit = desk.visit()
    assert visit.secret("bastion", "Passphrase of k") == "wrong"
    assert visit.secret("bastion", "Passphrase of k") is None, "asked twice: it was not right"
    assert visit.question is not None
    assert visit.question.again is True
    desk.answer(visit.question, "right")
    for _ in range(3):
        assert desk.visit().secret("bastion", "Passphrase of k") == "right", "kept for the next connection"
    assert desk.visit().secret("other", "Passphrase of k") is None, "and given to nobody else"
    assert "right" not in f"{desk!r} {desk.questions!r}"


@pytest.mark.parametrize("what", ["Verification code", "One-time password (OATH) for me", "Duo passcode", "Token"])
def test_a_code_is_good_once(what: str) -> None:
    desk = Desk()
    visit = desk.visit()
    visit.secret("bastion", what)
    assert visit.question is not None
    desk.answer(visit.question, "123456")
    visit = desk.visit()
    assert visit.secret("bastion", what) == "123456"
    visit = desk.visit()
    assert (visit.secret("bastion", what), visit.question is not None and visit.question.again) == (None, False)


def test_no_leaves_a_host_key_open(bastion: Sshd, ssh_home: Path) -> None:
    (ssh_home / "config").write_text(bastion.ssh_config("bastion").replace("known_hosts", "none_yet"))
    tunnels = Tunnels(Ssh())
    hops = (HOP,)
    assert (tunnels.try_up(hops).phase, tunnels.question(hops) is None) == (Phase.DOWN, False)
    question = tunnels.question(hops)
    assert question is not None
    assert question.key is not None
    tunnels.answer(question, Trust.NO)
    assert tunnels.question(hops) == question
    tunnels.answer(question, Trust.ONCE)
    assert tunnels.question(hops) is None
    assert tunnels.try_up(hops).phase is Phase.UP
    bastion.cut()
    wait_until(lambda: tunnels.standing(hops).phase is Phase.DOWN, "the loss is noticed", 20)
    assert tunnels.try_up(hops).phase is Phase.UP, "trusted until the program ends"
    tunnels.close()
