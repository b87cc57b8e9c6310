"""Tokens and login receipts: who somebody is, and in which scope."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from tui.demo.records import User
from tui.demo.world import Cloud

LIFETIME = 24 * 3_600
"""Seconds that a token lives, as in a fresh Keystone."""

RECEIPT_LIFETIME = 300


@dataclass(slots=True)
class Token:
    """A token, its scope and what it allows."""

    id: str
    cloud: Cloud
    user: User
    methods: list[str]
    issued: float
    expires: float
    project_id: str | None = None
    system: bool = False
    roles: tuple[str, ...] = ()
    audit_id: str = ""
    credential_id: str | None = None
    uses: int = 0
    """How many requests came with it; what the fault `expire` counts."""


@dataclass(slots=True)
class Receipt:
    """Proof that part of a multi-factor login went well."""

    id: str
    user: User
    methods: list[str]
    issued: float
    expires: float


@dataclass(slots=True)
class TokenStore:
    """All living tokens of all clouds."""

    tokens: dict[str, Token] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)

    def issue(self, cloud: Cloud, user: User, methods: list[str]) -> Token:
        """A new token without a scope yet."""
        now = cloud.now()
        token = Token("gAAAAAB" + secrets.token_urlsafe(96), cloud, user, methods, now, now + LIFETIME)
        token.audit_id = secrets.token_urlsafe(16)
        self.tokens[token.id] = token
        return token

    def find(self, cloud: Cloud, ident: str) -> Token | None:
        """A token that is still good in this cloud."""
        token = self.tokens.get(ident)
        if token is None or token.cloud is not cloud:
            return None
        if token.expires <= cloud.now():
            del self.tokens[ident]
            return None
        return token

    def revoke(self, ident: str) -> None:
        """End a token."""
        self.tokens.pop(ident, None)

    def hand_receipt(self, cloud: Cloud, user: User, methods: list[str]) -> Receipt:
        """Note that a user has given some, but not all, of the factors."""
        now = cloud.now()
        receipt = Receipt("gAAAAAB" + secrets.token_urlsafe(64), user, methods, now, now + RECEIPT_LIFETIME)
        self.receipts[receipt.id] = receipt
        return receipt
