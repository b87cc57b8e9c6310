"""Whether a host key is trusted: every combination of what is shown, printed, remembered and in known_hosts."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from tests.pure.console_keys import OURS, WRONG, Block, log
from tui.live.host_keys import Case, Evidence, Memory, Pin, judge, known_hosts_text, pin_of
from tui.model.host_keys import Printed, printed
from tui.model.place import Place

ED = OURS[1]
OTHER = WRONG[0]
GOOD = printed(log(Block().lines()))
WEAK = printed(log(Block(prints_of=()).lines()))
CONFLICT = printed(log(Block().lines()) + "\r\n" + "\r\n".join(Block(WRONG).lines()))
NONE = Printed()
PRINTS = Printed(fingerprints=frozenset({ED.fingerprint}))
PIN = pin_of(OURS, 1_700_000_000.0, "console log", "web-1")
OLD_PIN = pin_of(WRONG, 1_700_000_000.0, "console log", "web-1", ("10.0.0.1",))
BASE = Evidence(ED, GOOD, "10.0.0.1", now=1_700_000_100.0)


@pytest.mark.parametrize(
    ("evidence", "case", "accepted"),
    [
        (BASE, Case.GOOD, OURS),
        (replace(BASE, printed=WEAK), Case.WEAK, (ED,)),
        (replace(BASE, printed=CONFLICT), Case.CONFLICT, (ED,)),
        (replace(BASE, printed=NONE), Case.NONE, (ED,)),
        (replace(BASE, printed=PRINTS), Case.WEAK, (ED,)),
        # A key that the log does not name is wrong, whatever else speaks for it.
        (replace(BASE, shown=OTHER), Case.WRONG, ()),
        (replace(BASE, shown=OTHER, printed=WEAK), Case.WRONG, ()),
        (replace(BASE, shown=OTHER, printed=CONFLICT), Case.WRONG, ()),
        (replace(BASE, shown=OTHER, printed=PRINTS), Case.WRONG, ()),
        (replace(BASE, shown=OTHER, known=(OTHER,)), Case.WRONG, ()),
        (replace(BASE, revoked=True), Case.WRONG, ()),
        (replace(BASE, revoked=True, pin=PIN), Case.WRONG, ()),
        # What is remembered counts more than a log that has scrolled away.
        (replace(BASE, pin=PIN, printed=NONE), Case.KNOWN, OURS),
        (replace(BASE, pin=PIN, printed=CONFLICT), Case.KNOWN, OURS),
        (replace(BASE, pin=OLD_PIN), Case.REBUILT, OURS),
        (replace(BASE, pin=OLD_PIN, printed=WEAK), Case.WRONG, ()),
        (replace(BASE, pin=OLD_PIN, printed=NONE), Case.WRONG, ()),
        (replace(BASE, pin=OLD_PIN, printed=NONE, known=(ED,)), Case.WRONG, ()),
        # known_hosts: what a person trusted before is trusted, unless the log speaks against it.
        (replace(BASE, printed=NONE, known=(ED,)), Case.KNOWN, (ED,)),
        (replace(BASE, printed=CONFLICT, known=(ED,)), Case.CONFLICT, (ED,)),
        (replace(BASE, printed=NONE, known=(OTHER,)), Case.WRONG, ()),
        (replace(BASE, printed=WEAK, known=(OTHER,)), Case.WRONG, ()),
        (replace(BASE, printed=NONE, known=(OTHER,), owner=("id-2", OLD_PIN)), Case.NONE, (ED,)),
        (replace(BASE, known=(OTHER,)), Case.GOOD, OURS),
    ],
)
def test_a_key_is_judged(evidence: Evidence, case: Case, accepted: tuple[object, ...]) -> None:
    verdict = judge(evidence)
    assert (verdict.case, verdict.keys) == (case, accepted)
    assert verdict.reasons
    assert evidence.shown in verdict.keys or case is Case.WRONG


def test_an_address_that_moved_says_whose_it_was() -> None:
    verdict = judge(replace(BASE, known=(OTHER,), owner=("0123456789", OLD_PIN)))
    assert verdict.case is Case.GOOD
    assert verdict.replaces == (OTHER,)
    assert "web-1 (01234567)" in verdict.why_replace


def test_an_entry_of_unknown_origin_is_replaced_only_for_a_proven_key() -> None:
    assert judge(replace(BASE, known=(OTHER,))).replaces == (OTHER,)
    assert judge(replace(BASE, known=(OTHER,), pin=PIN)).replaces == (OTHER,)
    assert judge(replace(BASE, known=(OTHER, ED), pin=PIN)).replaces == ()


def test_a_refusal_names_the_key_that_mends_it() -> None:
    # `d` of the view of keys is for known_hosts, `f` for what is remembered.
    assert judge(replace(BASE, printed=NONE, known=(OTHER,))).reasons[-1].endswith("K on the server, then d.")
    assert "then f, and d for" in judge(replace(BASE, pin=OLD_PIN, printed=NONE)).reasons[-1]


def test_a_rebuilt_server_always_asks_twice() -> None:
    assert judge(replace(BASE, pin=OLD_PIN)).why_replace


PLACE, ELSEWHERE = Place("https://keystone", "r1"), Place("https://keystone", "r2")


def test_the_memory_is_by_place_and_server(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "state" / "host_keys.json")
    assert memory.get(PLACE, "a") is None
    memory.put(PLACE, "a", PIN)
    assert Memory(memory.path).get(PLACE, "a") == PIN
    assert memory.get(ELSEWHERE, "a") is None
    assert stat.S_IMODE(memory.path.stat().st_mode) == 0o600
    memory.forget(PLACE, "a")
    assert memory.get(PLACE, "a") is None


def test_a_name_in_known_hosts_belongs_to_one_server(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "host_keys.json")
    memory.put(PLACE, "a", pin_of(OURS, 1.0, "console log", "a", ("10.0.0.1", "10.0.0.2")))
    assert memory.owner("10.0.0.1", but="a") is None
    assert memory.owner("10.0.0.1") is not None
    memory.put(ELSEWHERE, "b", pin_of(WRONG, 2.0, "console log", "b", ("10.0.0.1",)))
    found = memory.owner("10.0.0.1", but="a")
    assert found is not None
    assert found[0] == "b"
    kept = memory.get(PLACE, "a")
    assert kept is not None
    assert kept.hosts == ("10.0.0.2",)


@pytest.mark.parametrize("junk", [b"", b"[]", b"\xff", b'{"a": {"b": {"keys": 3}}}'])
def test_a_broken_memory_is_an_empty_one(tmp_path: Path, junk: bytes) -> None:
    memory = Memory(tmp_path / "host_keys.json")
    memory.path.write_bytes(junk)
    assert memory.get(PLACE, "a") is None
    memory.put(PLACE, "a", PIN)
    assert memory.get(PLACE, "a") == PIN


def test_a_pin_keeps_the_names_of_the_one_before() -> None:
    again = pin_of(OURS, 2.0, "console log", "web-1", ("10.0.0.2",), before=OLD_PIN)
    assert again.hosts == ("10.0.0.1", "10.0.0.2")
    assert isinstance(again, Pin)


def test_files_for_ssh_have_these_keys_and_no_others() -> None:
    assert known_hosts_text("alias", [ED]) == f"alias ssh-ed25519 {ED.blob}\n"
