"""Keys of the demo's guests: the host keys that each one has, what its console log says of them, and who may log in."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tui.demo.records import Server

WORD = "demo_ssh"
"""The metadata key that makes a guest's SSH odd; its values:"""

WRONG_KEY = "wrong-key"
"""It answers with other keys than its console log told."""
NO_BLOCK = "no-block"
"""Its console log tells no keys."""
BLOCK_TWICE = "block-twice"
"""Something behind the login prompt printed a second block with other keys."""
SILENT = "silent"
"""It takes connections and never says a word."""

_Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class Key:
    """A key pair."""

    kind: str
    """As cloud-init names it: ECDSA, ED25519."""
    public: str
    """As authorized_keys and known_hosts have it, without a comment."""
    private: bytes
    """In OpenSSH's own format, without a passphrase."""

    @property
    def fingerprint(self) -> str:
        """The SHA-256 digest in base64, without the word SHA256."""
        digest = hashlib.sha256(base64.b64decode(self.public.split()[1])).digest()
        return base64.b64encode(digest).decode().rstrip("=")


def told(server: Server) -> tuple[Key, ...]:
    """The host keys that a server made on its first boot, and told its console."""
    return _seeded(f"{server.id}{server.disk or ''}")


def shown(server: Server) -> tuple[Key, ...]:
    """The host keys that a server answers with."""
    return others(server) if server.metadata.get(WORD) == WRONG_KEY else told(server)


def others(server: Server) -> tuple[Key, ...]:
    """Keys that are not the server's own."""
    return _seeded(f"{server.id}{server.disk or ''}/other")


def bastion(seed: int) -> Key:
    """The host key of the bastion."""
    return _seeded(f"bastion/{seed}")[1]


def fresh() -> Key:
    """A new key pair, for whoever logs in."""
    return _key("ED25519", ed25519.Ed25519PrivateKey.generate())


@lru_cache(maxsize=512)
def _seeded(what: str) -> tuple[Key, ...]:
    """The same keys for the same thing, every time."""
    seed = hashlib.sha256(b"demo" + what.encode()).digest()
    number = int.from_bytes(hashlib.sha256(seed).digest(), "big") % (1 << 255) + 1
    return (
        _key("ECDSA", ec.derive_private_key(number, ec.SECP256R1())),
        _key("ED25519", ed25519.Ed25519PrivateKey.from_private_bytes(seed)),
    )


def _key(kind: str, key: _Private) -> Key:
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    return Key(kind, public, key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
