"""Signing in: one credential, its token, shared by every region and thread that uses it.

Imported late: it pulls in keystoneauth1.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from keystoneauth1 import exceptions as ks_errors
from keystoneauth1.access import AccessInfo
from keystoneauth1.session import Session
from msgspec import structs

from tui.cloud import guard, lean
from tui.cloud.entry import Prompt
from tui.cloud.errors import Asked, explain
from tui.cloud.tokens import Kept, TokenCache
from tui.model.secret import is_secret_key, remember
from tui.model.trouble import Cause, Trouble, TroubleError

lean.prepare(lean.SIGN_IN)
from keystoneauth1.identity.base import BaseIdentityPlugin  # noqa: E402

RENEW_BEFORE = 120.0
"""Seconds before its end at which a token is renewed."""
RENEW_PAUSE = 30.0
"""Seconds between two attempts to renew a token that is still good."""
ONE_TIME = frozenset({"passcode"})
"""Answers that are good for one sign-in only."""


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """What a sign-in is made of, from the configuration. It may hold secrets: never shown, logged or compared."""

    auth_type: str
    auth_url: str
    options: Mapping[str, Any]
    """As far as they are known without reading the configuration again."""
    secrets: Callable[[], tuple[Mapping[str, Any], Any]]
    """Return all options, secrets included, and keystoneauth1's loader of the auth type; asked at a sign-in only."""
    user: str = ""
    source: str = ""
    """File and line."""
    prompts: tuple[Prompt, ...] = ()
    """What must be typed first."""

    def __repr__(self) -> str:
        """Leave the options out."""
        return f"Credential({self.auth_type}, {self.auth_url}, {self.user})"


class Signer(BaseIdentityPlugin):
    """A keystoneauth plugin around another: it signs in once for all threads, remembers refusals, keeps the token.

    A password that was refused is not sent again until something new is typed or `again` is called: a second try by
    itself could lock the account.
    """

    MIN_TOKEN_LIFE_SECONDS = int(RENEW_BEFORE)
    connect_timeout = 5.0
    read_timeout = 30.0

    def __init__(self, credential: Credential, cache: TokenCache | None, cache_parts: tuple[str, ...]) -> None:
        super().__init__(auth_url=credential.auth_url)
        self.credential = credential
        self.auth_ref: AccessInfo | None = None
        self._cache = cache
        self._cache_parts = cache_parts
        self._cache_read = False
        self._answers: dict[str, str] = {}
        self._receipt = ""
        self._extra: tuple[Prompt, ...] = ()
        self._failure: Trouble | None = None
        self._tries = 0
        self._until = 0.0
        self._tried = 0.0
        self._mine = threading.local()
        self._found: dict[str, str] = {}

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """What must still be typed before this credential can sign in."""
        asked = (*self.credential.prompts, *self._extra)
        return tuple(prompt for prompt in asked if prompt.name not in self._answers)

    @property
    def failure(self) -> Trouble | None:
        """Why the last sign-in failed; None when it did not."""
        return self._failure

    @property
    def known(self) -> AccessInfo | None:
        """The token at hand, if it is good; sends nothing, waits for nobody, but looks into the cache once."""
        if self.auth_ref is None and not self._cache_read and self._lock.acquire(blocking=False):
            try:
                self._recall()
            finally:
                self._lock.release()
        return self.auth_ref if self._fresh(0.0) else None

    @property
    def lasts(self) -> bool:
        """Whether there is a token that needs no renewal now; sends nothing."""
        return self.known is not None and self._will_do()

    def found(self, what: str) -> str:
        """Return what was found out about a service with this credential, in an earlier run too; empty for nothing."""
        return self._found.get(what, "")

    def note(self, what: str, value: str) -> None:
        """Keep what was found out about a service: with the token, and as long."""
        if self._found.get(what) != value:
            self._found = {**self._found, what: value}
            self._keep()

    def provide(self, answers: Mapping[str, str]) -> None:
        """Take typed secrets; they stay in memory only."""
        # No lock: whoever types must not wait for a sign-in that hangs.
        remember(*answers.values())
        self._answers = {**self._answers, **{name: text for name, text in answers.items() if text}}
        self._failure = None

    def again(self) -> None:
        """Allow another try after a refusal."""
        self._failure = None

    def get_access(self, session: Session, **_kwargs: Any) -> AccessInfo:
        """Return the token with its catalog, signing in or renewing if need be. Raises TroubleError."""
        ref = self.auth_ref
        if ref is not None and self._will_do():
            return ref
        before = self._tries
        with self._lock:
            if self.auth_ref is None:
                self._recall()
            if self.auth_ref is not None and self._will_do():
                return self.auth_ref
            if self._failure and (self._tries != before or not self._failure.retries):
                # Somebody else tried while we waited for the lock, or trying again could do harm.
                raise TroubleError(self._failure)
            return self._renew(session)

    def get_auth_ref(self, session: Session) -> AccessInfo:
        """Sign in, whatever is at hand."""
        ref: AccessInfo = self._plugin().get_auth_ref(session)
        return ref

    def get_token(self, session: Session) -> str:
        """Return a good token, remembering which one this thread sends."""
        token = self.get_access(session).auth_token or ""
        self._mine.token = token
        return token

    def invalidate(self) -> bool:
        """Drop the token that this thread sent and got a 401 for, unless another thread has replaced it already."""
        with self._lock:
            if self.auth_ref is not None and self.auth_ref.auth_token == getattr(self._mine, "token", None):
                self.auth_ref = None
                self._failure = None
                self._found = {}
                if self._cache:
                    self._cache.drop(self._cache.name(*self._cache_parts))
        return True

    def _fresh(self, margin: float) -> bool:
        return self.auth_ref is not None and time.time() + margin < self._until

    def _will_do(self) -> bool:
        """Whether the token needs no renewal now: it lasts, or it is good still and renewing was just tried."""
        return self._fresh(RENEW_BEFORE) or (self._fresh(0.0) and self._tried + RENEW_PAUSE > time.monotonic())

    def _renew(self, session: Session) -> AccessInfo:
        self._tried = time.monotonic()
        try:
            ref = self._sign_in(session)
        except TroubleError as error:
            self._tries += 1
            if self.auth_ref is not None and self._fresh(0.0):
                return self.auth_ref
            self.auth_ref = None
            self._failure = error.trouble
            raise
        self._tries += 1
        self._failure, self._receipt, self._extra = None, "", ()
        self._answers = {name: text for name, text in self._answers.items() if name not in ONE_TIME}
        remember(ref.auth_token)
        self.auth_ref = ref
        self._until = time.time() + _life(ref)
        self._keep()
        return ref

    def _keep(self) -> None:
        if self._cache and self.reauthenticate and self.auth_ref is not None and (state := self.get_auth_state()):
            kept = Kept(state=state, until=self._until, found=self._found)
            self._cache.store(self._cache.name(*self._cache_parts), kept)

    def _sign_in(self, session: Session) -> AccessInfo:
        if missing := self.prompts:
            raise TroubleError(self._ask(missing))
        used = self._answers
        try:
            with guard.signing_in():
                try:
                    return self.get_auth_ref(session)
                except ks_errors.NotFound:
                    ref: AccessInfo = self._plugin(session).get_auth_ref(session)
                    return ref
        except ks_errors.MissingAuthMethods as error:
            raise TroubleError(self._another_factor(error)) from error
        except TroubleError:
            raise
        except Exception as error:
            trouble = self._blame(explain(error, self._asked()))
            if trouble.cause is Cause.SIGN_IN and self._answers is used:
                self._answers = {}
            raise TroubleError(trouble) from error

    def _plugin(self, discover: Session | None = None) -> Any:
        lean.whole(lean.SIGN_IN)
        from keystoneauth1.identity import generic, v3

        credential = self.credential
        given, loader = credential.secrets()
        options = {**given, **self._answers}
        remember(*(value for name, value in options.items() if is_secret_key(name)))
        factor = {name: options.pop(name) for name in ONE_TIME & set(options) if self._extra}
        plugin = loader.load_from_options(**options)
        if (
            isinstance(plugin, generic.Password | generic.Token)
            and discover is None
            and "/v2.0" not in credential.auth_url
        ):
            # The generic plugin would first ask which versions there are; everything alive has v3 (saves a request).
            plugin = plugin.create_plugin(Session(), (3, 0), credential.auth_url) or plugin
        if factor and isinstance(plugin, v3.Auth):
            user = {
                k: options[k] for k in ("user_id", "username", "user_domain_id", "user_domain_name") if options.get(k)
            }
            plugin.add_method(v3.TOTPMethod(passcode=factor["passcode"], **user))
            if self._receipt:
                plugin.add_method(v3.ReceiptMethod(receipt=self._receipt))
        return plugin

    def _another_factor(self, error: Any) -> Trouble:
        """Keystone wants more than the password (API reference, «Multi-Factor Authentication», 401 with a receipt)."""
        rules = error.required_auth_methods
        if not any("totp" in rule for rule in rules):
            wanted = " or ".join(" + ".join(rule) for rule in rules)
            return self._asked().trouble(
                Cause.SIGN_IN,
                f"Keystone wants factors that stackdeck cannot give: {wanted}",
                short="factors",
                status=401,
            )
        self._receipt = error.receipt or ""
        self._extra = (Prompt("passcode", f"One-time passcode of {self.credential.user}"),)
        self._answers = {name: text for name, text in self._answers.items() if name not in ONE_TIME}
        return self._ask(self.prompts)

    def _ask(self, missing: tuple[Prompt, ...]) -> Trouble:
        what = " and ".join(prompt.name for prompt in missing)
        return structs.replace(
            self._asked().trouble(Cause.ASK, f"Keystone wants a {what}", short=what[:12]),
            hint=f"Type the {what} of {self.credential.user or 'this entry'}.",
        )

    def _blame(self, trouble: Trouble) -> Trouble:
        """Name what was refused, as far as we know what was sent."""
        if trouble.cause is not Cause.SIGN_IN:
            return trouble
        kinds = (
            ("application", "application credential"),
            ("totp", "passcode"),
            ("multi", "factors"),
            ("token", "token"),
        )
        what = next((word for part, word in kinds if part in self.credential.auth_type), "password")
        return structs.replace(trouble, title=f"Keystone does not accept your {what}", hint="")

    def _asked(self) -> Asked:
        base = self.credential.auth_url.rstrip("/")
        url = f"{base}/auth/tokens" if base.endswith("/v3") else f"{base}/v3/auth/tokens"
        return Asked(
            service="identity",
            asked=f"POST {url}",
            as_whom=self.credential.user,
            source=self.credential.source,
            connect=self.connect_timeout,
            read=self.read_timeout,
        )

    def _recall(self) -> None:
        """Take the token of an earlier run, once."""
        if self._cache_read or self._cache is None:
            return
        self._cache_read = True
        kept = self._cache.load(self._cache.name(*self._cache_parts))
        if kept is None:
            return
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError, ks_errors.ClientException):
            self.set_auth_state(kept.state)
            remember(self.auth_ref.auth_token if self.auth_ref is not None else None)
            self._until, self._found = kept.until, kept.found
            return
        self.auth_ref = None


def _life(ref: AccessInfo) -> float:
    """Seconds that a token just received is good for, by Keystone's clock alone: ours may be wrong."""
    with contextlib.suppress(TypeError, AttributeError, ValueError):
        if ref.expires and ref.issued:
            return max((ref.expires - ref.issued).total_seconds(), 0.0)
    return 3_600.0


def digest(value: Any) -> str:
    """Return a stable digest of plain data; secrets may go in, they do not come out (salt it before storing)."""
    import hashlib

    return hashlib.sha256(msgspec.json.encode(value, enc_hook=str, order="sorted")).hexdigest()
