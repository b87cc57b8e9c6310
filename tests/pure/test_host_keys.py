"""Host keys out of console logs: every way in which they are printed, cut, mixed and forged."""

from __future__ import annotations

import base64
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.pure.console_keys import BOOT, EC2, LOGIN, OURS, WRONG, Block, ed25519, log, rsa
from tui.model.host_keys import Printed, Sure, is_sound, printed

CLOUD_INIT = "<14>May 10 22:18:34 cloud-init: "
BLOCK = Block().lines()
KEY_AT = next(number for number, line in enumerate(BLOCK) if line.startswith("ssh-rsa"))
KERNEL = "[   23.456789] random: crng init done"


def _wrapped(text: str) -> str:
    return "\n".join(
        piece for line in text.split("\r\n") for piece in ([line[n : n + 80] for n in range(0, len(line), 80)] or [""])
    )


def _glued() -> list[str]:
    key = BLOCK[KEY_AT]
    return [*BLOCK[:KEY_AT], key[:120] + KERNEL, key[120:], *BLOCK[KEY_AT + 1 :]]


WHOLE = log(BLOCK)
HEAD_GONE = WHOLE[WHOLE.index("BEGIN SSH HOST KEY KEYS") + 40 :]
TAIL_GONE = WHOLE[: WHOLE.index(OURS[2].blob[100:140])]
ONLY_PRINTS = log([line for line in BLOCK if "KEY KEYS" not in line and not line.startswith(("ssh-", "ecdsa"))])
COLOURED = log(["\x1b[0;32m" + line + "\x1b[0m" for line in BLOCK])
NOISE = random.Random(1).randbytes(100_000).decode("latin-1")

VARIANTS = {
    "ec2 prefix, CRLF": (WHOLE, 3, Sure.GOOD),
    "keys prefixed too": (log(Block().lines(CLOUD_INIT, CLOUD_INIT)), 3, Sure.GOOD),
    "journal prefix": (
        log(Block().lines(*[f"[  115.600243] cloud-init[1097]: {CLOUD_INIT}"] * 2)),
        3,
        Sure.GOOD,
    ),
    "host in the prefix": (log(Block().lines(*["<14>Oct  2 09:28:03 web-1 cloud-init: "] * 2)), 3, Sure.GOOD),
    "kernel line between keys": (log([*BLOCK[:KEY_AT], KERNEL, *BLOCK[KEY_AT:]]), 3, Sure.GOOD),
    "kernel line inside a key": (log(_glued()), 3, Sure.GOOD),
    "wrapped at 80 columns": (_wrapped(WHOLE), 3, Sure.GOOD),
    "end cut off": (TAIL_GONE, 2, Sure.WEAK),
    "beginning cut off": (HEAD_GONE, 0, Sure.NONE),
    "fingerprints only": (ONLY_PRINTS, 0, Sure.NONE),
    "coloured": (COLOURED, 3, Sure.GOOD),
    "another block after the login": (log(BLOCK) + "\r\n" + "\r\n".join(Block(WRONG).lines()), 3, Sure.CONFLICT),
    "only a block after the login": (log() + "\r\n" + "\r\n".join(Block(WRONG).lines()), 1, Sure.WEAK),
    "others' keys after our fingerprints": (log(Block(WRONG, prints_of=OURS).lines()), 1, Sure.CONFLICT),
    "the same block twice": (log(BLOCK, BLOCK), 3, Sure.GOOD),
    "empty": ("", 0, Sure.NONE),
    "noise": (NOISE, 0, Sure.NONE),
}
"""The 17 logs of the research, with how many keys and how much trust each deserves."""


@pytest.mark.parametrize("name", VARIANTS)
def test_a_log_is_read_for_what_it_is_worth(name: str) -> None:
    text, number, sure = VARIANTS[name]
    found = printed(text)
    assert (len(found.keys), found.sure) == (number, sure), found.reasons
    assert bool(found.reasons) == (sure is not Sure.GOOD)


def test_keys_and_fingerprints_are_those_printed() -> None:
    found = printed(WHOLE)
    assert found.keys == OURS
    assert found.fingerprints == {key.fingerprint for key in OURS}
    assert not found.truncated


def test_the_first_block_counts_and_the_other_keys_are_told() -> None:
    found = printed(VARIANTS["another block after the login"][0])
    assert found.keys == OURS
    assert found.others == WRONG


def test_a_block_without_fingerprints_is_weak_as_cirros_prints_it() -> None:
    found = printed(log(["=== sshd host keys ===", *Block(prints_of=()).lines()]))
    assert found.sure is Sure.WEAK
    assert found.keys == OURS


def test_the_short_keys_of_old_cirros_are_none() -> None:
    # CirrOS 0.3 makes RSA keys of 1,040 bits and DSA ones (dropbear's default then).
    block = Block((rsa(size=130),), prints_of=()).lines()
    found = printed(log(["=== sshd host keys ===", *block[:-1], "ssh-dss AAAAB3NzaC1kc3MAAACB root@cirros", block[-1]]))
    assert found.sure is Sure.NONE
    assert "strong enough" in found.reasons[0]


def test_a_log_whose_beginning_is_gone_is_weak_at_best() -> None:
    found = printed("\n".join([*BLOCK, *LOGIN]))
    assert found.truncated
    assert found.sure is Sure.WEAK
    assert "beginning" in found.reasons[0]


@pytest.mark.parametrize("log_of", [OURS[0], OURS[1], OURS[2]], ids=lambda key: key.algorithm)
def test_a_key_must_hold_together(log_of: object) -> None:
    key = next(key for key in OURS if key is log_of)
    assert is_sound(key.algorithm, key.blob)
    data = base64.b64decode(key.blob)
    for size in range(0, len(data), 7):
        assert not is_sound(key.algorithm, base64.b64encode(data[:size]).decode())
    assert not is_sound("ssh-ed25519" if key.algorithm != "ssh-ed25519" else "ssh-rsa", key.blob)


def test_a_short_rsa_key_is_none() -> None:
    assert not is_sound("ssh-rsa", rsa(size=128).blob)


def _mutated(text: str, edits: Sequence[tuple[int, str]]) -> str:
    chars = list(text)
    for where, what in edits:
        at = where % len(chars)
        if what == "":
            del chars[at]
        else:
            chars[at] = what
    return "".join(chars)


_EDIT = st.tuples(st.integers(0, 10**6), st.sampled_from(["", *"\r\n\x1b[ <14>A=+/\0é", "BEGIN", BLOCK[1], KERNEL]))


@given(st.lists(_EDIT, max_size=40))
def test_a_damaged_log_never_vouches_for_a_key_that_is_not_ours(edits: list[tuple[int, str]]) -> None:
    found = printed(_mutated(WHOLE, edits))
    if found.sure is Sure.GOOD:
        assert set(found.keys) <= set(OURS)


@given(st.text(max_size=2000))
def test_any_text_is_read(text: str) -> None:
    found = printed("\n".join([*BOOT, text, *BLOCK]))
    assert isinstance(found, Printed)


@given(st.lists(st.sampled_from([*BLOCK, *Block((ed25519("evil"),)).lines(), KERNEL, *LOGIN, EC2, ""]), max_size=40))
def test_lines_in_any_order_never_make_two_keys_of_one_kind(lines: list[str]) -> None:
    found = printed("\n".join(lines))
    assert len({key.algorithm for key in found.keys}) == len(found.keys)
    if found.sure is Sure.GOOD:
        assert all(key.fingerprint in found.fingerprints for key in found.keys)


def test_a_long_hostile_log_is_read_in_a_moment() -> None:
    # Each would take a wrong pattern hours: the test's time-out is the assertion.
    for text in (
        "ssh-rsa " + "A" * 200_000,
        "[" * 200_000,
        "ssh-rsa AAAA\n" * 20_000,
        "<14>" * 50_000,
        "\x1b]" * 50_000,
    ):
        assert not printed("-----BEGIN SSH HOST KEY KEYS-----\n" + text).keys
