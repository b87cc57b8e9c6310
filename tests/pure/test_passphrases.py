"""A passphrase is typed once for many servers; a wrong one is asked for anew; servers ask for nothing else."""

from __future__ import annotations

from tests.tunnelled import Person
from tui.model.ssh import Hop, HostKey, Trust
from tui.ui.many import Passphrases

WHAT = "Passphrase of /k"
KEY = HostKey("ssh-ed25519", "AAAA")


def test_it_is_typed_once_for_servers_and_jump_hosts() -> None:
    person = Person(["right"])
    shared = Passphrases(person)
    assert shared.jump().secret("bastion", WHAT) == "right"
    assert [shared.server().secret(f"web-{n}", WHAT) for n in range(20)] == ["right"] * 20
    assert len(person.asked) == 1


def test_a_wrong_one_is_asked_for_anew_by_one_and_taken_by_the_others() -> None:
    person = Person(["wrong", "right"])
    shared = Passphrases(person)
    visits = [shared.server() for _ in range(5)]
    assert [visit.secret("web", WHAT) for visit in visits] == ["wrong"] * 5
    assert [visit.secret("web", WHAT) for visit in visits] == ["right"] * 5
    assert len(person.asked) == 2


def test_who_gives_up_is_not_asked_again() -> None:
    person = Person()
    shared = Passphrases(person)
    assert [shared.server().secret("web", WHAT) for _ in range(3)] == [None] * 3
    assert len(person.asked) == 1


def test_servers_ask_for_no_password_and_are_not_trusted_and_jump_hosts_may() -> None:
    person = Person(["code"], Trust.ONCE)
    shared = Passphrases(person)
    assert shared.server().secret("web", "Password of me@web") is None
    assert shared.server().trust(Hop("web"), KEY) is Trust.NO
    assert person.asked == []
    assert shared.jump().secret("bastion", "Verification code") == "code"
    assert shared.jump().trust(Hop("bastion"), KEY) is Trust.ONCE
