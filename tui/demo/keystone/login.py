"""Logging in: passwords, passcodes, tokens, application credentials, several factors, and the scopes one can have."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from typing import Any

from tui.demo.clock import micro
from tui.demo.keystone.catalog import catalog_of
from tui.demo.records import Json, Project, User
from tui.demo.rest import Answer, Call, Refusal, reply
from tui.demo.tokens import Token, TokenStore

DOMAIN = {"id": "default", "name": "Default"}
METHODS = ["external", "password", "token", "oauth1", "mapped", "application_credential", "ec2credential", "totp"]


def denied() -> Refusal:
    """The one answer to every failed login: it must not tell what was wrong."""
    return Refusal(401, "The request you have made requires authentication.")


class Login:
    """Issues, shows and revokes tokens."""

    def __init__(self, store: TokenStore) -> None:
        self.store = store

    def log_in(self, call: Call) -> Answer:
        """`POST /v3/auth/tokens`."""
        auth = self._auth(call)
        identity = auth["identity"]
        user, methods, project_id, credential = self._prove(call, identity)
        receipt_id = call.headers.get("Openstack-Auth-Receipt")
        if receipt_id is not None:
            receipt = self.store.receipts.get(receipt_id)
            if receipt is None or receipt.user is not user or receipt.expires < call.cloud.now():
                raise denied()
            methods = [*methods, *(m for m in receipt.methods if m not in methods)]
        if (
            user.totp_secret
            and not {"application_credential", "token"} & set(methods)
            and set(methods) != {"password", "totp"}
        ):
            return self._half_way(call, user, methods)
        token = self.store.issue(call.cloud, user, methods)
        token.credential_id = credential
        try:
            self._scope(call, token, auth.get("scope"), project_id)
        except Refusal:
            self.store.revoke(token.id)
            raise
        answer = reply({"token": describe(call, token, "nocatalog" not in dict(call.query))}, 201)
        answer.headers["X-Subject-Token"] = token.id
        return answer

    def show(self, call: Call) -> Answer:
        """`GET /v3/auth/tokens`: what the token in X-Subject-Token is."""
        token = self._subject(call)
        answer = reply({"token": describe(call, token, "nocatalog" not in dict(call.query))})
        answer.headers["X-Subject-Token"] = token.id
        return answer

    def revoke(self, call: Call) -> Answer:
        """`DELETE /v3/auth/tokens`."""
        self.store.revoke(self._subject(call).id)
        return Answer(204)

    def _subject(self, call: Call) -> Token:
        if call.token is None:
            raise denied()
        subject = call.headers.get("X-Subject-Token")
        if subject is None:
            raise Refusal(404, "No token in the request")
        token = self.store.find(call.cloud, subject)
        if token is None:
            raise Refusal(404, "Could not find token: .")
        return token

    def _auth(self, call: Call) -> Json:
        try:
            body = call.json()
        except Refusal as refusal:
            raise Refusal(
                400,
                "Expecting to find valid JSON in request body. The server could not comply with the request since it "
                "is either malformed or otherwise incorrect. The client is assumed to be in error.",
            ) from refusal
        auth = body.get("auth")
        if not isinstance(auth, dict) or not isinstance(auth.get("identity"), dict):
            raise Refusal(400, "'identity' is a required property")
        return auth

    def _prove(self, call: Call, identity: Json) -> tuple[User, list[str], str | None, str | None]:
        """Who it is, by which methods, the project that comes with them, and the application credential used."""
        methods = identity.get("methods") or []
        found: User | None = None
        project_id: str | None = None
        credential_id: str | None = None
        for method in methods:
            given = identity.get(method)
            if method not in METHODS or not isinstance(given, dict):
                raise Refusal(401, "Attempted to authenticate with an unsupported method.")
            user: User | None
            if method == "application_credential":
                user, project_id, credential_id = self._by_credential(call, given)
            elif method == "token":
                token = self.store.find(call.cloud, str(given.get("id", "")))
                user = token.user if token else None
            else:
                user = self._by_secret(call, method, given.get("user") or {})
            if user is None or (found is not None and user is not found):
                raise denied()
            found = user
        if found is None:
            raise denied()
        return found, list(methods), project_id, credential_id

    def _by_secret(self, call: Call, method: str, given: Json) -> User | None:
        user = _user(call, given)
        if user is None:
            return None
        if method == "password":
            wrong = call.faults is not None and call.faults.hit("bad-password", (call.cloud.name, "identity"))
            return user if not wrong and hmac.compare_digest(str(given.get("password")), user.password) else None
        return user if method == "totp" and str(given.get("passcode")) in passcodes(user.totp_secret) else None

    def _by_credential(self, call: Call, given: Json) -> tuple[User | None, str | None, str | None]:
        for credential in call.cloud.credentials.values():
            named = credential.id == given.get("id")
            if not named and given.get("name") == credential.name:
                user = _user(call, given.get("user") or {})
                named = user is not None and user.id == credential.user_id
            if named and hmac.compare_digest(str(given.get("secret")), credential.secret):
                return call.cloud.users[credential.user_id], credential.project_id, credential.id
        return None, None, None

    def _half_way(self, call: Call, user: User, methods: list[str]) -> Answer:
        """401 with a receipt: some factors are still missing."""
        receipt = self.store.hand_receipt(call.cloud, user, methods)
        answer = reply(
            {
                "receipt": {
                    "methods": methods,
                    "user": {"id": user.id, "name": user.name, "domain": DOMAIN},
                    "expires_at": micro(int(receipt.expires), "Z"),
                    "issued_at": micro(int(receipt.issued), "Z"),
                },
                "required_auth_methods": [["password", "totp"]],
            },
            401,
        )
        answer.headers["Openstack-Auth-Receipt"] = receipt.id
        return answer

    def _scope(self, call: Call, token: Token, scope: Any, project_id: str | None) -> None:
        """Bind a token to what was asked for, or to what its application credential is for."""
        if project_id is not None:
            self._enter(token, project_id)
        elif scope == "unscoped" or not scope:
            return
        elif "system" in scope:
            token.system, token.roles = True, token.user.roles.get("system", ())
            if not token.roles:
                raise denied()
        elif "project" in scope:
            self._enter(token, _project(call, scope["project"]).id)
        else:
            raise denied()

    def _enter(self, token: Token, project_id: str) -> None:
        token.roles = token.user.roles.get(project_id, ())
        token.project_id = project_id
        if not token.roles:
            raise denied()


def _user(call: Call, given: Json) -> User | None:
    if "id" in given:
        return call.cloud.users.get(str(given["id"]))
    domain = given.get("domain") or {}
    if domain.get("id", "default") != "default" or domain.get("name", "Default").lower() != "default":
        return None
    return call.cloud.user_named(str(given.get("name")))


def _project(call: Call, given: Json) -> Project:
    project = call.cloud.projects.get(str(given.get("id"))) or call.cloud.project_named(str(given.get("name")))
    if project is None:
        raise denied()
    return project


def describe(call: Call, token: Token, with_catalog: bool = True) -> Json:
    """A token as Keystone shows it."""
    user = token.user
    body: Json = {
        "methods": token.methods,
        "user": {"domain": DOMAIN, "id": user.id, "name": user.name, "password_expires_at": None},
        "audit_ids": [token.audit_id],
        "expires_at": micro(int(token.expires), "Z"),
        "issued_at": micro(int(token.issued), "Z"),
    }
    if token.project_id is not None:
        project = call.cloud.projects[token.project_id]
        body["project"] = {"domain": DOMAIN, "id": project.id, "name": project.name}
        body["is_domain"] = False
    if token.system:
        body["system"] = {"all": True}
    if token.roles:
        body["roles"] = [{"id": call.cloud.roles[name], "name": name} for name in token.roles]
        if with_catalog:
            body["catalog"] = catalog_of(call, token)
    if token.credential_id is not None:
        credential = call.cloud.credentials[token.credential_id]
        body["application_credential"] = {"id": credential.id, "name": credential.name, "restricted": True}
    return body


def passcodes(secret: str) -> list[str]:
    """The passcodes (RFC 6238) that are good now: this half minute's and the one before."""
    if not secret:
        return []
    key = base64.b32decode(secret)
    step = int(time.time()) // 30
    return [_passcode(key, step), _passcode(key, step - 1)]


def _passcode(key: bytes, step: int) -> str:
    digest = hmac.new(key, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
