"""Console logs with host keys in them, made as cloud-init and the things around it print them."""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass

from tui.model.ssh import HostKey


def _blob(*fields: bytes) -> str:
    return base64.b64encode(b"".join(struct.pack(">I", len(field)) + field for field in fields)).decode()


def _bytes(seed: str, size: int) -> bytes:
    return b"".join(hashlib.sha256(f"{seed}{n}".encode()).digest() for n in range(size // 32 + 1))[:size]


def ed25519(seed: str = "ours") -> HostKey:
    """A key of the right shape; nobody has its private half."""
    return HostKey("ssh-ed25519", _blob(b"ssh-ed25519", _bytes(seed, 32)))


def ecdsa(seed: str = "ours") -> HostKey:
    """The same, of another algorithm."""
    point = b"\x04" + _bytes(seed, 64)
    return HostKey("ecdsa-sha2-nistp256", _blob(b"ecdsa-sha2-nistp256", b"nistp256", point))


def rsa(seed: str = "ours", size: int = 256) -> HostKey:
    """The same; `size` of the modulus in bytes."""
    return HostKey("ssh-rsa", _blob(b"ssh-rsa", b"\x01\x00\x01", b"\x00" + _bytes(seed, size)))


OURS = (ecdsa(), ed25519(), rsa())
WRONG = (ed25519("wrong"),)

BOOT = (
    "[    0.000000] Linux version 6.1.0-18-cloud-amd64",
    "[  OK  ] Started Cloud-init",
    "ci-info: +++++++Authorized keys from /home/debian/.ssh/authorized_keys for user debian+++++++",
    "ci-info: | ssh-ed25519 | 09:08:72 | - | ops@dash |",
)
LOGIN = ("Debian GNU/Linux 12 web-1 ttyS0", "", "web-1 login: ")
EC2 = "<14>Apr  9 22:06:30 ec2: "


@dataclass(frozen=True)
class Block:
    """What `write-ssh-key-fingerprints` prints."""

    keys: tuple[HostKey, ...] = OURS
    prints_of: tuple[HostKey, ...] | None = None
    """Whose fingerprints it names, when not the keys'; empty: no such block."""
    ended: bool = True

    def lines(self, prefix: str = EC2, key_prefix: str = "") -> list[str]:
        """Return the lines; the keys' lines mostly come without the prefix."""
        printed = self.keys if self.prints_of is None else self.prints_of
        head = ["#" * 61, "-----BEGIN SSH HOST KEY FINGERPRINTS-----"]
        head += [f"256 {key.fingerprint} root@web-1 ({key.algorithm})" for key in printed]
        head += ["-----END SSH HOST KEY FINGERPRINTS-----", "#" * 61]
        body = ["-----BEGIN SSH HOST KEY KEYS-----", *(f"{k.algorithm} {k.blob} root@web-1" for k in self.keys)]
        body += ["-----END SSH HOST KEY KEYS-----"] * self.ended
        return [*(prefix + line for line in head if printed), *(key_prefix + line for line in body)]


def log(*parts: list[str] | tuple[str, ...], end: str = "\r\n") -> str:
    """Join a boot, what the parts say, and a login prompt."""
    return end.join([*BOOT, *(line for part in parts for line in part), *LOGIN])
