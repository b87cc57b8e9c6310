"""Keypairs (Nova): public keys of a user, not of a project."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct, field

from tui.model.column import Column, Format
from tui.model.entry import Entry
from tui.model.read import Read
from tui.resources.common import NO_STATUS, Text, id_column, lines, name_column, sections, when
from tui.resources.kind import Kind, Raw, Section, Use
from tui.resources.server_row import server_of


class Inner(Struct, frozen=True, gc=False):
    """What Nova tells of a keypair in its list; `type` from 2.2."""

    name: Text = None
    fingerprint: Text = None
    type: Text = None
    public_key: Text = None


class Keypair(Struct, frozen=True, gc=False):
    """A keypair of «List Keypairs», where Nova wraps each in an object of its own, or of «Show Keypair», unwrapped.

    Nova knows it by its name alone.
    """

    keypair: Inner | None = None
    own_name: Text = field(name="name", default=None)
    own_fingerprint: Text = field(name="fingerprint", default=None)
    own_type: Text = field(name="type", default=None)
    own_public_key: Text = field(name="public_key", default=None)

    @property
    def inner(self) -> Inner:
        """What is inside, wrapped or not."""
        if self.keypair is not None:
            return self.keypair
        return Inner(self.own_name, self.own_fingerprint, self.own_type, self.own_public_key)

    @property
    def id(self) -> str:
        """The name: that is what Nova's paths take."""
        return self.inner.name or ""

    @property
    def name(self) -> str:
        """The name."""
        return self.inner.name or ""


def _row(entry: Entry) -> Keypair:
    return cast(Keypair, entry.row)


def _algorithm(entry: Entry) -> str | None:
    """Return what sort of key it is, from its public half: ed25519, rsa, ecdsa-sha2-nistp256; x509."""
    inner = _row(entry).inner
    if inner.type == "x509":
        return "x509"
    words = (inner.public_key or "").split()
    return words[0].removeprefix("ssh-") if words else None


def _comment(entry: Entry) -> str | None:
    words = (_row(entry).inner.public_key or "").split(None, 2)
    return words[2].strip() if len(words) > 2 else None


def _detail(entry: Entry) -> str:
    return "  ".join(part for part in (_algorithm(entry), _row(entry).inner.fingerprint, _comment(entry)) if part)


def _describe(entry: Entry, raw: Raw | None, extras: Mapping[str, Any]) -> tuple[Section, ...]:
    inner, more = _row(entry).inner, raw or {}
    return sections(
        Section(
            "Identity",
            lines(
                ("name", inner.name),
                ("type", inner.type),
                ("algorithm", _algorithm(entry)),
                ("fingerprint", inner.fingerprint),
                ("comment", _comment(entry)),
                ("user", more.get("user_id")),
                ("created", when(more.get("created_at"))),
            ),
        ),
        Section("Public key", lines(("", inner.public_key))) if inner.public_key else None,
    )


KEYPAIR = Kind(
    id="keypair",
    plural="keypairs",
    title="Keypairs",
    group="Compute",
    what="Your public keys that servers are booted with",
    aliases=("key", "keys", "kp"),
    row=Keypair,
    read=Read(
        service="compute",
        path="/os-keypairs",
        key="keypairs",
        # Pages come with 2.35, the type with 2.2; older clouds send the whole list at once, without it.
        microversion="2.35",
        item_path="/os-keypairs/{id}",
        item_key="keypair",
    ),
    columns=(
        name_column(40),
        Column(key="type", head="TYPE", value=lambda e: _row(e).inner.type, width=5, arrival=4),
        Column(key="algorithm", head="ALGORITHM", value=_algorithm, width=9, most=20, arrival=2),
        Column(
            key="fingerprint",
            head="FINGERPRINT",
            value=lambda e: _row(e).inner.fingerprint,
            format=Format.NAME,
            width=20,
            most=47,
            arrival=3,
        ),
        Column(key="comment", head="COMMENT", value=_comment, width=12, most=40, arrival=5),
        id_column(),
    ),
    status=lambda row: NO_STATUS,
    name=lambda row: row.name or "(no name)",
    describe=_describe,
    detail=_detail,
    uses=(
        Use(
            "servers",
            "server",
            lambda keypair, server: (
                server.scope.place == keypair.scope.place and server_of(server).key_name == keypair.id
            ),
        ),
    ),
    copies=(("public key", lambda e: _row(e).inner.public_key or ""),),
    deeds="tui.resources.keypair_actions:KEYPAIR_ACTIONS",
)
