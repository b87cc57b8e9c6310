"""Host keys out of a console log: what cloud-init prints once, at the first boot, and how sure one may be of it.

cloud-init's `write-ssh-key-fingerprints` prints a block of fingerprints and one of keys, through `logger`, to the
console; the lines come with several prefixes, wrapped, with kernel messages between and inside them. The log is
written by the guest: whoever may write to its console can print a block too. Hence the first block counts, printed
before any login prompt, confirmed by the fingerprints; what differs from it later is a conflict, never a choice.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tui.model.ssh import HostKey


class Sure(StrEnum):
    """How far a console log vouches for the keys in it."""

    GOOD = "good"
    WEAK = "weak"
    """The block is cut off, comes after a login prompt, lacks fingerprints, or the log's beginning is missing."""
    CONFLICT = "conflict"
    """A later block differs from the first, or keys and fingerprints do not belong together."""
    NONE = "none"
    """No key is in the log."""


@dataclass(frozen=True, slots=True)
class Printed:
    """What a console log says of its server's host keys."""

    keys: tuple[HostKey, ...] = ()
    """Those of the first block, one of each algorithm."""
    sure: Sure = Sure.NONE
    reasons: tuple[str, ...] = ()
    """Why it is not `GOOD`, in sentences."""
    fingerprints: frozenset[str] = frozenset()
    """`SHA256:…` of the first block of fingerprints."""
    others: tuple[HostKey, ...] = ()
    """Keys of later blocks that contradict the first."""
    blocks: int = 0
    truncated: bool = False
    """The log does not begin with the boot: what stood before is gone."""

    def has(self, key: HostKey) -> bool:
        """Whether the first block names a key."""
        return key in self.keys


ALGORITHMS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
"""Algorithms that are read; DSA is none, and RSA under 2,048 bits is not either."""

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|\x1b[@-Z\\-_]")
_PREFIX = re.compile(
    r"^(?:(?:\[\s{0,9}\d{1,9}\.\d{1,9}\]\s)?(?:[A-Z][a-z]{2}\s{1,2}\d{1,2}\s[\d:]{8}\s\S{1,255}\s)?cloud-init\[\d{1,9}\]:\s)?"
    r"(?:<\d{1,3}>(?:[A-Z][a-z]{2}\s{1,2}\d{1,2}\s[\d:]{8}\s(?:\S{1,255}\s)?|\d\s\S{1,64}\s\S{1,255}\s)?"
    r"(?:ec2|cloud-init|root)(?:\[\d{1,9}\])?(?::|\s-\s-\s?-?)\s?)?"
)
"""What logger and the journal write before a line: `<14>Apr  9 22:06:30 ec2: `, `[  115.600243] cloud-init[1097]: `."""
_KERNEL = re.compile(r"(?:<\d>)?\[ {0,9}\d{1,9}\.\d{6}\] ")
"""What the kernel begins a message with; it may begin in the middle of another line."""
_STARTED = re.compile(r"\[ {0,9}0\.0{6}\]|Linux version \d|SeaBIOS|^GRUB|BdsDxe:|UEFI|cloud-init\[\d+\]: Cloud-init v")
_KEY = re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, ALGORITHMS))}) (AAAA[0-9A-Za-z+/]{{1,4096}}={{0,2}})(?:\s|$)")
_FINGERPRINT = re.compile(r"\d{3,5} (SHA256:[A-Za-z0-9+/]{43})")
_LOGIN = re.compile(r"^\S{1,255} login: |^.{0,64}\blogin: ?$")
_KEYS, _KEYS_END = "-----BEGIN SSH HOST KEY KEYS-----", "-----END SSH HOST KEY KEYS-----"
_PRINTS, _PRINTS_END = "-----BEGIN SSH HOST KEY FINGERPRINTS-----", "-----END SSH HOST KEY FINGERPRINTS-----"
_MOST_PIECES = 12
"""Lines that one key may be wrapped over: 80 columns of an RSA key of 4,096 bits need ten."""
_LEAST_RSA = 256
"""Bytes of the modulus."""


@dataclass(slots=True)
class _Block:
    """One block of keys as it stands in the log."""

    after_login: bool
    lines: list[str]
    ended: bool = False


def printed(log: str) -> Printed:
    """Read a whole console log, or its end; never raises."""
    text = _ANSI.sub("", log).replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    blocks, fingerprints, started = _gathered(text.split("\n"))
    read = [(block, keys) for block in blocks if (keys := _keys(block.lines))]
    truncated = bool(text.strip()) and not started
    if not read:
        reason = _why_none(blocks, fingerprints)
        return Printed((), Sure.NONE, (reason,), frozenset(fingerprints), blocks=len(blocks), truncated=truncated)
    first, keys = read[0]
    others = tuple(
        dict.fromkeys(key for _, later in read[1:] for name, key in later.items() if name in keys and keys[name] != key)
    )
    found = Printed(
        tuple(keys.values()), Sure.GOOD, (), frozenset(fingerprints), others, blocks=len(read), truncated=truncated
    )
    return _judged(found, first)


def _gathered(lines: Sequence[str]) -> tuple[list[_Block], set[str], bool]:
    """Return the blocks of keys, the first block of fingerprints, and whether a boot's beginning is in the log."""
    blocks: list[_Block] = []
    prints: list[list[str]] = []
    keys_open = prints_open = login = started = False
    for raw in lines:
        kernel = _KERNEL.search(raw)
        whole = kernel is not None and kernel.start() == 0 and "cloud-init[" not in raw[:40]
        glued = kernel is not None and kernel.start() > 0 and "cloud-init[" not in raw[: kernel.end() + 20]
        line = raw[: kernel.start()] if kernel is not None and glued else raw
        line = _PREFIX.sub("", line.strip(), count=1).strip()
        started = started or (not blocks and _STARTED.search(raw) is not None)
        login = login or _LOGIN.search(raw) is not None
        if _PRINTS in line:
            prints.append([])
            prints_open = True
        elif _PRINTS_END in line:
            prints_open = False
        elif _KEYS in line:
            blocks.append(_Block(login, []))
            keys_open, prints_open = True, False
        elif _KEYS_END in line:
            if keys_open:
                blocks[-1].ended = True
            keys_open = False
        else:
            if prints_open:
                prints[-1].append(line)
            if keys_open and line and not whole:
                blocks[-1].lines.append(line)
    first = "".join(prints[0]) if prints else ""
    return blocks, set(_FINGERPRINT.findall(first)), started


def _keys(lines: Sequence[str]) -> dict[str, HostKey]:
    """Return the sound keys of a block by their algorithm; wrapped ones are joined."""
    found: dict[str, HostKey] = {}
    at = 0
    while at < len(lines):
        text, used = lines[at], 1
        while (key := _key(text)) is None and _goes_on(text, lines, at + used, used):
            text += lines[at + used]
            used += 1
        if key is not None:
            found.setdefault(key.algorithm, key)
        at += used if key is not None else 1
    return found


def _goes_on(text: str, lines: Sequence[str], following: int, used: int) -> bool:
    return (
        text.startswith(ALGORITHMS)
        and used <= _MOST_PIECES
        and following < len(lines)
        and not lines[following].startswith(ALGORITHMS)
    )


def _key(text: str) -> HostKey | None:
    match = _KEY.search(text)
    return HostKey(match[1], match[2]) if match is not None and is_sound(match[1], match[2]) else None


def is_sound(algorithm: str, blob: str) -> bool:
    """Whether a key holds together: it names its own algorithm, and all of its lengths add up (RFC 4253, 6.6)."""
    try:
        data = base64.b64decode(blob, validate=True)
    except (binascii.Error, ValueError):
        return False
    fields: list[bytes] = []
    at = 0
    while at + 4 <= len(data):
        size = struct.unpack_from(">I", data, at)[0]
        at += 4
        if size > len(data) - at:
            return False
        fields.append(data[at : at + size])
        at += size
    if at != len(data) or not fields or fields[0] != algorithm.encode("ascii", "replace"):
        return False
    if algorithm == "ssh-ed25519":
        return len(fields) == 2 and len(fields[1]) == 32
    if algorithm == "ssh-rsa":
        return len(fields) == 3 and len(fields[2]) >= _LEAST_RSA
    return algorithm in ALGORITHMS and len(fields) == 3 and fields[1] == algorithm.removeprefix("ecdsa-sha2-").encode()


def _why_none(blocks: Sequence[_Block], fingerprints: set[str]) -> str:
    if blocks:
        return "The log has a block of host keys, but none is whole and strong enough (RSA from 2,048 bits, no DSA)."
    if fingerprints:
        return "The log has fingerprints but not the keys: their block is cut off."
    return "The log has no block of host keys: it is printed once, at the first boot, and may have scrolled away."


def _judged(found: Printed, first: _Block) -> Printed:
    """Add how sure it is, and why not surer."""
    clash: list[str] = []
    if found.others:
        clash.append("A later block names other keys: the server was rebuilt, or somebody printed keys of their own.")
    if found.fingerprints and (strange := [k for k in found.keys if k.fingerprint not in found.fingerprints]):
        names = ", ".join(key.algorithm for key in strange)
        clash.append(f"The fingerprints printed with the keys do not fit: {names}.")
    weak: list[str] = []
    if first.after_login:
        weak.append("The block comes after a login prompt: anybody who can log in may have printed it.")
    if not first.ended:
        weak.append("The block is cut off at its end.")
    if not found.fingerprints:
        weak.append("No fingerprints are printed with the keys that could confirm them.")
    sure = Sure.CONFLICT if clash else Sure.WEAK if weak else Sure.GOOD
    if sure is Sure.GOOD and found.truncated:
        # What came before the block is unknown: «before any login» cannot be told of it.
        weak.append("The log's beginning is gone: what came before the block cannot be seen.")
        sure = Sure.WEAK
    return Printed(found.keys, sure, (*clash, *weak), found.fingerprints, found.others, found.blocks, found.truncated)
