"""Keypairs: imported, or made by Nova up to microversion 2.91, which then tells the private key once."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tui.demo.clock import micro
from tui.demo.nova.quota import limits_of
from tui.demo.records import Json, Keypair
from tui.demo.rest import Answer, Call, Refusal, Routes, reply

_NAME = re.compile(r"[_\- a-zA-Z0-9]+")
_NAME_92 = re.compile(r"[@._\- a-zA-Z0-9]+")


def add_routes(routes: Routes, base: str) -> None:
    """Let the paths be found."""
    routes.add("GET", f"{base}/os-keypairs", keypairs)
    routes.add("GET", f"{base}/os-keypairs/{{name}}", keypair)
    routes.add("POST", f"{base}/os-keypairs", create)
    routes.add("DELETE", f"{base}/os-keypairs/{{name}}", delete)


def _keypair(call: Call, it: Keypair, full: bool) -> Json:
    body: Json = {"name": it.name, "public_key": it.public_key, "fingerprint": it.fingerprint}
    if call.microversion >= 2:
        body["type"] = it.type
    if full:
        stamps: Json = {"created_at": micro(it.created), "deleted": False, "deleted_at": None, "updated_at": None}
        body |= {"user_id": it.user_id, "id": it.number, **stamps}
    return body


def keypairs(call: Call) -> Answer:
    """`GET /os-keypairs`: the user's own."""
    rows = [{"keypair": _keypair(call, k, full=False)} for k in call.place.keypairs if k.user_id == call.scope.user.id]
    return reply({"keypairs": rows})


def _find(call: Call) -> Keypair:
    for it in call.place.keypairs:
        if it.name == call.params["name"] and it.user_id == call.scope.user.id:
            return it
    raise Refusal(404, f"Keypair {call.params['name']} not found for user {call.scope.user.id}")


def keypair(call: Call) -> Answer:
    """`GET /os-keypairs/{name}`."""
    return reply({"keypair": _keypair(call, _find(call), full=True)})


def create(call: Call) -> Answer:
    """`POST /os-keypairs`: imports a public key, or makes a pair; from 2.92 on only the first."""
    wanted = call.json().get("keypair")
    if not isinstance(wanted, dict):
        raise Refusal(400, "'keypair' is a required property")
    name, public = _checked(call, wanted)
    own = [k for k in call.place.keypairs if k.user_id == call.scope.user.id]
    limit = limits_of(call, call.scope.project_id or "")["key_pairs"]
    if 0 <= limit <= len(own):
        raise Refusal(403, "Quota exceeded, too many key pairs.")
    if any(k.name == name for k in own):
        raise Refusal(409, f"Key pair '{name}' already exists.")
    private = ""
    if not public:
        private, public = _make()
    made = Keypair(
        name, call.scope.user.id, public, fingerprint(public), call.place.now(), len(call.place.keypairs) + 1
    )
    call.place.keypairs.append(made)
    body = _keypair(call, made, full=False) | {"user_id": made.user_id}
    if private:
        body["private_key"] = private
    return reply({"keypair": body}, 201 if call.microversion >= 2 else 200)


def _checked(call: Call, wanted: Json) -> tuple[str, str]:
    for key in wanted:
        known = {"name", "public_key"} | ({"type"} if call.microversion >= 2 else set())
        if key not in known | ({"user_id"} if call.microversion >= 10 else set()):
            extra = f"Additional properties are not allowed ('{key}' was unexpected)"
            raise Refusal(400, f"Invalid input for field/attribute keypair. Value: {wanted}. {extra}")
    for key in ("name", "public_key"):
        if key not in wanted and (key == "name" or call.microversion >= 92):
            raise Refusal(
                400, f"Invalid input for field/attribute keypair. Value: {wanted}. '{key}' is a required property"
            )
    name, public = str(wanted["name"]), str(wanted.get("public_key") or "")
    pattern = _NAME_92 if call.microversion >= 92 else _NAME
    if not pattern.fullmatch(name):
        shown = pattern.pattern.replace("\\", "\\\\")
        raise Refusal(
            400, f"Invalid input for field/attribute name. Value: {name}. '{name}' does not match '^{shown}$'"
        )
    if public:
        fingerprint(public)
    return name, public


def fingerprint(public: str) -> str:
    """The MD5 fingerprint that Nova shows. Refuses what is no SSH key."""
    try:
        kind, body = public.split()[:2]
        blob = base64.b64decode(body, validate=True)
        length = int.from_bytes(blob[:4], "big")
        if blob[4 : 4 + length].decode("ascii") != kind:
            raise ValueError(kind)
    except (ValueError, binascii.Error) as error:
        raise Refusal(400, "Keypair data is invalid: failed to generate fingerprint") from error
    digest = hashlib.md5(blob).hexdigest()  # noqa: S324 - what Nova shows
    return ":".join(digest[i : i + 2] for i in range(0, 32, 2))


def _make() -> tuple[str, str]:
    """A private key and its public one, as Nova makes them: RSA of 2048 bits, unencrypted PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private.decode(), f"{public.decode()} Generated-by-Nova"


def delete(call: Call) -> Answer:
    """`DELETE /os-keypairs/{name}`."""
    call.place.keypairs.remove(_find(call))
    return Answer(204 if call.microversion >= 2 else 202)
