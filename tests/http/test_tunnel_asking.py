"""What a bastion may ask by itself: passwords, one-time codes, both after a key; hostile words of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from tests.tunnelled import Echo
from tests.waiting import wait_until
from tui.config.settings import Ssh
from tui.live.tunnels import Tunnels
from tui.model.ssh import Hop
from tui.model.trouble import Cause, Trouble
from tui.model.tunnel import Phase
from tui.remote.loop import Loop

pytestmark = pytest.mark.usefixtures("ssh_home")

ESCAPE = "\x1b]0;pwned\x07\x1b[31m[/x] Code:"


@dataclass
class Rules:
    """How the bastion lets people in, and what it was told."""

    password: str = ""
    prompts: Sequence[str] = ()
    codes: list[str] = field(default_factory=list)
    """The right answers, each good once."""
    tried: list[str] = field(default_factory=list)
    logins: int = 0


class Asking(asyncssh.SSHServer):
    """A bastion after its rules."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    def password_auth_supported(self) -> bool:
        """Whether it takes passwords."""
        return bool(self._rules.password)

    def validate_password(self, username: str, password: str) -> bool:
        """Check one."""
        self._rules.tried.append(password)
        right = password == self._rules.password
        self._rules.logins += right
        return right

    def kbdint_auth_supported(self) -> bool:
        """Whether it asks questions."""
        return bool(self._rules.prompts)

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
        """Ask."""
        return "", "", "", [(prompt, False) for prompt in self._rules.prompts]

    def validate_kbdint_response(self, username: str, responses: Sequence[str]) -> bool:
        """Check the answers: the last one is a code."""
        self._rules.tried += responses
        if responses and responses[-1] in self._rules.codes:
            self._rules.codes.remove(responses[-1])
            self._rules.logins += 1
            return True
        return False

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        """Lead everywhere."""
        return True


@dataclass
class Bastion:
    """It, running."""

    rules: Rules
    hops: tuple[Hop, ...]
    tunnels: Tunnels
    connections: list[asyncssh.SSHServerConnection]
    loop: Loop

    def cut(self) -> None:
        """Drop all connections."""

        async def drop() -> None:
            for one in self.connections:
                one.abort()
            self.connections.clear()

        self.loop.run(drop(), 20)
        wait_until(lambda: self.tunnels.standing(self.hops).phase is Phase.DOWN, "the loss is noticed", 20)


@pytest.fixture
def bastion(tmp_path: Path) -> Iterator[Bastion]:
    """A bastion whose rules the test sets, and tunnels that know its key."""
    loop, rules, key = Loop(), Rules(), asyncssh.generate_private_key("ssh-ed25519")
    connections: list[asyncssh.SSHServerConnection] = []

    class Noted(Asking):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            connections.append(conn)

    async def start() -> asyncssh.SSHAcceptor:
        return await asyncssh.listen("127.0.0.1", 0, server_factory=lambda: Noted(rules), server_host_keys=[key])

    server = loop.run(start(), 20)
    known = tmp_path / "known"
    known.write_text(f"[127.0.0.1]:{server.get_port()} {key.export_public_key().decode()}")
    tunnels = Tunnels(Ssh(known_hosts=str(known)))
    yield Bastion(rules, (Hop("127.0.0.1", server.get_port(), "me"),), tunnels, connections, loop)
    tunnels.close()

    async def stop() -> None:
        server.close()

    loop.run(stop(), 20)


def failure(bastion: Bastion) -> Trouble:
    """Fail to come up; return why."""
    found = bastion.tunnels.try_up(bastion.hops)
    assert (found.phase, found.trouble is None) == (Phase.DOWN, False)
    assert found.trouble is not None
    return found.trouble


def say(bastion: Bastion, text: str) -> None:
    """Answer what it asks now."""
    question = bastion.tunnels.question(bastion.hops)
    assert question is not None
    bastion.tunnels.answer(question, text)


def test_a_password_is_asked_for_kept_and_never_tried_twice_when_wrong(bastion: Bastion) -> None:
    bastion.rules.password = "right"
    found = failure(bastion)
    assert (found.cause, found.short, bastion.rules.tried) == (Cause.ASK, "password", [])
    assert "wants the password of me@127.0.0.1" in found.title
    say(bastion, "wrong")
    assert failure(bastion).cause is Cause.ASK
    for _ in range(3):
        failure(bastion)
    assert bastion.rules.tried == ["wrong"], "a second try by itself could lock the account"
    question = bastion.tunnels.question(bastion.hops)
    assert question is not None
    assert question.again is True
    say(bastion, "right")
    assert bastion.tunnels.try_up(bastion.hops).phase is Phase.UP
    bastion.cut()
    assert bastion.tunnels.try_up(bastion.hops).trouble is None
    assert bastion.rules.tried == ["wrong", "right", "right"], "it heals with what was typed"


def test_a_code_is_asked_for_each_time(bastion: Bastion, echo: Echo) -> None:
    bastion.rules.prompts, bastion.rules.codes = ["Password: ", "Verification code: "], ["111", "222"]
    assert failure(bastion).cause is Cause.ASK
    say(bastion, "secret")
    assert "verification code" in failure(bastion).title
    say(bastion, "111")
    assert bastion.tunnels.try_up(bastion.hops).phase is Phase.UP
    bastion.tunnels.dial(bastion.hops).connect("127.0.0.1", echo.port, 10).close()
    bastion.cut()
    assert "verification code" in failure(bastion).title, "the password is known, the code was good once"
    say(bastion, "222")
    assert bastion.tunnels.try_up(bastion.hops).phase is Phase.UP


def test_words_of_a_bastion_are_data(bastion: Bastion) -> None:
    bastion.rules.prompts = [ESCAPE, "x" * 10_000, "", "​‮"]
    found = failure(bastion)
    assert (found.cause, len(found.title) <= 500) == (Cause.ASK, True)
    question = bastion.tunnels.question(bastion.hops)
    assert question is not None
    assert question.what == ESCAPE.rstrip(":")
    for number in range(4):
        say(bastion, f"answer {number}")
        if number < 3:
            assert failure(bastion).cause is Cause.ASK
    assert failure(bastion).cause in {Cause.ASK, Cause.SIGN_IN}


def test_more_questions_than_anybody_answers_end(bastion: Bastion) -> None:
    bastion.rules.prompts = [f"Question {number}" for number in range(100)]
    assert failure(bastion).cause is Cause.ASK
    assert bastion.rules.logins == 0
